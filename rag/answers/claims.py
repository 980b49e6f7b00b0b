"""What a statement claims: its stretches with their words, figures, dates and names, each of which has to stand in what is cited."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

from rag.chinese import figures
from rag.chinese.dates import Moment, moments
from rag.chinese.names import SURNAMES, is_person
from rag.chinese.quantities import Quantity, quantities
from rag.chinese.scripts import fold
from rag.chinese.sentences import clauses, sentences
from rag.chinese.terms import FUNCTION_WORDS, is_known, tagged

_MARKER = re.compile(r"[\[［【]\s*\d+(?:\s*[,，、]\s*\d+)*\s*[\]］】]")
_FEWEST_WORDS = 2
"""A clause of fewer words that carry meaning and figures says nothing by itself, and goes with the next one, as one does that says
who speaks (方国柱说，)."""

_LIGHT = frozenset(
    (
        "具 具有 具备 拥有 共计 的话 "
        "据 据悉 介绍 表示 指出 说 称 认为 显示 表明 达到 达 为 共 共有 一共 总共 合计 有 位于 约 大约 左右 超过 超 近 逾 "
        "不足 以上 以下 其中 "
        "截至 截止 为止 目前 现有 已 已经 将 计划 打算 预计 拟 准备 要 须 应当 应 需 需要 可 可以 均 都 全部 分别 以及 并 "
        "并且 且 同时 此外 另外 还 "
        "还有 也 则 而 其 该 这 这个 这些 这是 此 每 各 年 月 日 元 没有 没 未 不 不得 并未 尚未 无 并非 还没 尚无 一名 一位 一个 一家 "
        "一种 一座 是 成为 作为 属于 进行 开始 给 对 向 往 在 从 自 由 于 至 到 以 因 因为 由于 所以 因此 前 后 前后 期间 "
        "当时 时 之后 之前 以后 以前 "
        "此前 此后 之间 之内 方面 情况 面积 数量 人数 总数 项目 包括 等 等等 多 余 来 起 了 的 地 得 着 过 个 至少 最多 "
        "上下 根据 按照 来自 用于 用 会 能 "
        "能够 只 只能 只有 仅 仅有 文中 文章 报道 提到 提及 资料 文档 材料 内容 记载 答案 回答 如下 问题 通过 使 让 把 "
        "将其 带来 后来 随后 也就是 "
        "就是 即 以来 底 末 初 上 下 中 内 里 外 眼下 如今 现在 当前 现 今 其余 总 一样 同样 那 那么 整个 本次 此次 同年 上年 当年 而成"
    ).split()
)
"""Words of statements that lead in, join or bound: what they do is seen to elsewhere or needs no evidence."""

_FIRST_TIME = (1, "次")
"""第一次 is no number of a thing: rag.chinese.polarity sees to it."""

_PHASE = re.compile("([一-鿿]{2})(?:之|以)?([前后])(?![方排台勤者期往来])")
_RATE = re.compile(
    "(?:[每]|平均)(?:(?P<weight>公?斤|吨|千克|克)|(?P<time>[天日周月年]|小时|分钟|秒|季度?)|(?P<head>[人户家名位]|人次)"
    "|(?P<area>亩|公顷|平方米|平方公里))"
)
_SAME_RATE = {"日": "天", "名": "人", "位": "人", "千克": "公斤"}
_NAMING = ("n", "vn", "a", "l", "j", "i", "s")
_PROPER = frozenset("nr nrt nrfg ns nt nz".split())
_LONG = 2
_WORK = re.compile("《([^《》]{1,40})》")
_QUOTED = re.compile('“([^“”]{2,60})”|「([^「」]{2,60})」|"([^"]{2,60})"')
_DOTTED = re.compile(r"[一-鿿]{1,6}(?:·[一-鿿]{1,6})+")
_STAGE = re.compile(r"(?<![\d第上下初中后前一二三四五六七八九十])[一二三四五六七八九十\d]{1,2}期(?![间望末货限待])")
_LATIN = re.compile(r"(?<![a-z0-9])[a-z][a-z0-9]*(?:[ \-.&+/][a-z0-9]+)*")
_PERSONS = ("nr", "nrt", "nrfg")
_PLACES = ("ns", "nt")
_PLACE_ENDS = frozenset("省 市 县 区 镇 乡 村 州 道 路 街 街道 大道 巷 桥 站 港 湖 山 河 江 岛 寺".split())
_FEWEST_OF_FOREIGN = 3
"""A foreign name of fewer characters that the dictionary has is a common word more often than not."""
_GLUED, _BEHIND_A_NAME = 3, frozenset("是的在也和与了说")
_GIVEN = ("n", "t", "nz", "ng", "a", "nr", "x")
_ACTS = ("v", "p", "d", "c", "u", "y", "x", "w")
_SAYS = "提议|建议|宣布|要求|回应|呼吁|说|表示|介绍|指出|认为|称|解释|坦言|透露|强调|告诉|答|回忆|估计|估算"
_AFTER_PERSON = re.compile(f"{_SAYS}|辞|是|任|出任|担任|主持|等|[,，。:：、；;()]|$")
_TITLED = re.compile(rf"(?:[长员师]|主任|书记|经理|教授|院士|主席|总裁|记者)([一-鿿]{{2,3}})(?=(?:{_SAYS}))")
_SPEECH = re.compile(f"(?:{_SAYS})(?:道|了)?[,，:：]?$")
_PLACE_SUFFIX = re.compile("(?<=..)(?:省|市|县|区|镇|乡|村|州|自治区|街道)$")
_COUNTRY = {"中国": ("全国", "我国", "国内", "中华", "中国"), "我国": ("全国", "中国", "国内"), "全国": ("我国", "中国", "国内")}


@dataclass(frozen=True, slots=True)
class Name:
    """A name in a text: `text[start:end]`, folded; `kind` is person, place, work, quotation, latin or number (3号线)."""

    start: int
    end: int
    name: str
    kind: str


@dataclass(frozen=True, slots=True)
class Claim:
    """The stretch `statement[start:end]` of one or a few clauses, and the `sentence` of the statement it stands in, as a range.

    Ranges of `quantities`, `moments` and `names` are those of the statement. `words` carry meaning; figures and dates are not among
    them. `nouns` are those of them that name things and qualities, `specific` those that name one, or much of what it is: 泰国, 救护车.
    """

    start: int
    end: int
    sentence: tuple[int, int]
    words: tuple[str, ...]
    nouns: tuple[str, ...]
    specific: tuple[str, ...]
    quantities: tuple[Quantity, ...]
    moments: tuple[Moment, ...]
    names: tuple[Name, ...]


def unmarked(statement: str) -> str:
    """The statement without the markers of its citations ([2], [1, 3]) and white space around it."""
    return _MARKER.sub("", statement).strip()


def claims(statement: str) -> list[Claim]:
    """What a statement claims, in order; none where it has no word, figure or name."""
    folded = fold(statement)
    amounts, dates, named = quantities(statement), moments(statement), names(statement)
    found = []
    for sentence in sentences(statement):
        for start, end in _stretches(statement, folded, sentence):
            carrying = list(content_words(folded, start, end))
            of_kind = [(word, tag) for word, tag in tagged(_without_figures(folded)[start:end]) if word in carrying]
            found.append(
                Claim(
                    start,
                    end,
                    sentence,
                    tuple(carrying),
                    tuple(word for word, tag in of_kind if tag.startswith(_NAMING)),
                    tuple(word for word, tag in of_kind if (tag in _PROPER and len(word) > 1) or (tag[:1] == "n" and len(word) > _LONG)),
                    tuple(q for q in amounts if start <= q.start < end),
                    tuple(m for m in dates if start <= m.start < end),
                    tuple(n for n in named if start <= n.start < end),
                )
            )
    return [claim for claim in found if claim.words or claim.quantities or claim.moments or claim.names]


def rates(folded: str) -> dict[str, set[str]]:
    """What a text says that something is for, by kind: "每斤115元" → {"weight": {"斤"}}."""
    found: dict[str, set[str]] = {}
    for match in _RATE.finditer(folded):
        for kind, unit in match.groupdict().items():
            if unit is not None:
                found.setdefault(kind, set()).add(_SAME_RATE.get(unit, unit))
    return found


def phases(folded: str) -> set[tuple[str, str]]:
    """Before and after what something is said to be: "修复前的142种" → {("修复", "前")}."""
    return {(match[1], match[2]) for match in _PHASE.finditer(folded)}


def content_words(folded: str, start: int, end: int) -> Iterator[str]:
    """The words of `folded[start:end]` that carry meaning, each once, without figures and dates."""
    position = start
    seen = set()
    for word, tag in tagged(_without_figures(folded)[start:end]):
        place = folded.find(word, position)
        position = place + len(word)
        if word in _LIGHT or word in FUNCTION_WORDS or word in seen or (tag == "m" and figures.figures(word)):
            continue
        seen.add(word)
        yield word


@lru_cache(maxsize=4096)
def _without_figures(folded: str) -> str:
    """The text with commas for its figures and dates, as long as before: 120台风机 is cut as 台风 otherwise."""
    characters = list(folded)
    spans = [(q.start, q.end) for q in quantities(folded)] + [(m.start, m.end) for m in moments(folded)]
    for start, end in spans:
        characters[start:end] = "," * (end - start)
    return "".join(characters)


def nouns(folded: str) -> list[str]:
    """The words of a text that name things and qualities."""
    return [word for word, tag in tagged(_without_figures(folded)) if tag.startswith(_NAMING) and word not in _LIGHT]


def names(text: str) -> list[Name]:
    """The names in a text, in order: of persons, places and bodies, works in 《》, quotations, Latin letters, and numbered things."""
    folded = fold(text)
    found = [Name(m.start(1), m.end(1), m[1], "work") for m in _WORK.finditer(folded)]
    for match in _QUOTED.finditer(folded):
        group = match.lastindex or 0
        found.append(Name(match.start(group), match.end(group), match[group], "quotation"))
    found += [Name(m.start(), m.end(), m[0], "number") for m in _STAGE.finditer(folded)]
    taken = {place for name in found for place in range(name.start, name.end)}
    found += [Name(m.start(), m.end(), m[0], "person") for m in _DOTTED.finditer(folded)]
    found += [Name(m.start(1), m.end(1), m[1], "person") for m in _TITLED.finditer(folded) if m[1][0] in SURNAMES]
    taken |= {place for name in found for place in range(name.start, name.end)}
    found += [Name(m.start(), m.end(), m[0], "latin") for m in _LATIN.finditer(folded) if m.start() not in taken]
    for written in (written for key, written in {**figures.numbered(folded), **figures.ordinals(folded)}.items() if key != _FIRST_TIME):
        place = folded.find(written)
        found.append(Name(place, place + len(written), written, "number"))
    return sorted([*found, *(name for name in _of_words(folded) if name.start not in taken)], key=lambda name: name.start)


def _of_words(folded: str) -> Iterator[Name]:
    """The names of persons, places and bodies; the segmenter parts many of them: 沈知 微, 方 国柱, 钟楼 街."""
    found: list[tuple[int, int, str]] = []
    position = 0
    for word, tag in tagged(_without_figures(folded)):
        place = folded.find(word, position)
        position = place + len(word)
        found.append((place, position, tag))
    last = (len(folded), len(folded), "")
    for (start, end, tag), (start2, end2, tag2), (start3, _, tag3) in zip(
        found, [*found[1:], last], [*found[2:], last, last], strict=False
    ):
        goes_on = start3 == end2 and not tag3.startswith(_ACTS) and not _AFTER_PERSON.match(folded, end2)
        word, beside = folded[start:end], folded[start2:end2] if start2 == end else ""
        both = word + beside
        if tag in _PERSONS and len(word) > 2 and word[-1] in _PLACE_ENDS and not is_person(word):
            yield Name(start, end, word, "place")
        elif beside in _PLACE_ENDS and len(word) > 1 and (tag.startswith("n") or tag == "j"):
            yield Name(start, end2, both, "place")
        elif (tag in _PLACES and len(word) > 1) or (tag == "nrt" and len(word) >= _FEWEST_OF_FOREIGN and is_known(word)):
            yield Name(start, end, word, "place")
        elif (tag in _PERSONS and len(word) == 2 and len(beside) == 1 and tag2 in _GIVEN and not goes_on and is_person(both)) or (
            word in SURNAMES
            and len(beside) == 2
            and (tag in _PERSONS or tag2 in _PERSONS or _AFTER_PERSON.match(folded, end2))
            and tag2.startswith("n")
        ):
            yield Name(start, end2, both, "person")
        elif tag in _PERSONS and len(word) == _GLUED and word[-1] in _BEHIND_A_NAME:
            yield Name(start, end - 1, word[:-1], "person")  # 苏筱是
        elif tag in _PERSONS and len(word) > 1 and is_person(word) and not (len(word) == 2 and is_known(word)):
            yield Name(start, end, word, "person")


def stands(name: Name, folded: str) -> bool:
    """Whether the folded text has the name: 安棠 for 安棠市 too, 全国 for 中国, 3号线 for 三号线, ModelY for Model Y."""
    if name.kind == "number":
        wanted = {**figures.numbered(name.name), **figures.ordinals(name.name)}.keys()
        return name.name in folded or bool(wanted & {**figures.numbered(folded), **figures.ordinals(folded)}.keys())
    if name.kind == "latin":
        return re.search(rf"(?<![a-z0-9]){re.escape(name.name)}(?![a-z0-9])", folded) is not None or (
            len(name.name) > 3 and name.name.replace(" ", "") in folded.replace(" ", "")
        )
    if name.kind == "quotation":
        return _letters(name.name) in _letters(folded)
    if "·" in name.name:
        # What stands before or behind the name may have been taken for part of it.
        return any(one in folded for one in re.findall(r"(?=([一-鿿]·[一-鿿]{2}))", name.name)) or name.name in folded
    if name.name in folded or any(other in folded for other in _COUNTRY.get(name.name, ())):
        return True
    return name.kind == "place" and bare_place(name.name) in folded


def bare_place(name: str) -> str:
    """The name of a place without what it is: 安棠市 → 安棠."""
    return _PLACE_SUFFIX.sub("", name)


def _letters(folded: str) -> str:
    return re.sub(r"[\W_]+", "", folded)


def _stretches(statement: str, folded: str, sentence: tuple[int, int]) -> Iterator[tuple[int, int]]:
    """The clauses of a sentence, those that say nothing by themselves joined to the next, or the last one to that before."""
    found: list[tuple[int, int]] = []
    begun: int | None = None
    for start, end in clauses(statement, *sentence):
        begun = start if begun is None else begun
        led_in = _SPEECH.search(folded[begun:end]) is not None
        amounts = sum(begun <= quantity.start < end for quantity in quantities(folded))
        if not led_in and len(list(content_words(folded, begun, end))) + amounts >= _FEWEST_WORDS:
            found.append((begun, end))
            begun = None
    if begun is not None:
        found = [*found[:-1], (found[-1][0], sentence[1])] if found else [(begun, sentence[1])]
    yield from found
