"""How far a stretch of text could be the answer: the words of the question it holds, and the kind of thing asked for."""

import re
from collections.abc import Callable, Mapping
from functools import lru_cache

from rag.answers.question import Kind, Question, is_measure
from rag.chinese import figures, names
from rag.chinese.terms import FUNCTION_WORDS, tagged, words

_PERCENT_UNITS = frozenset({"%", "‰", "成", "百分点", "个百分点", "倍", "折"})
_MONEY_UNITS = frozenset({"元", "美元", "欧元", "港元", "日元", "人民币", "英镑", "卢布", "韩元", "新台币", "块"})
_FREE = re.compile("免费|[免不]收|无偿|不要钱|不花钱|[元块角]")
_HEAD_UNITS = frozenset({"人", "名", "位", "人次"})
_SPANS_OF_TIME = frozenset({"年", "月", "天", "日", "周", "小时", "分钟", "秒"})
_REASONS = re.compile("因为|由于|因此|所以|得益于|为了|导致|原因|使得|以致|问题|缘于|源于|离不开|受制于|归功|旨在|有助于|有利于|不仅")
_MANNERS = re.compile("通过|采用|采取|推行|实行|实施|建立|设立|利用|运用|借助|依托|围绕|加快|加大|推动|引导|统筹|首先|其次|一方面|具体")
_ROLES = re.compile(
    "长|主任|书记|专员|经理|总裁|院士|研究员|教授|记者|助理|总监|负责人|代表|秘书|委员|部长|顾问|馆长|医生|工程师|主席|创始人|演员|歌手|作家"
)
_PLACED = re.compile(r"坐落|位于|地处|设在|落户|选址|定址|总部|[路街道巷]\d+号|在[^，。；]{2,14}(?:举行|举办|召开|开幕|出生|落地|成立)")
_NAMES_OF_KINDS = {
    Kind.TIME: frozenset("时间 时候 日期 日子 年份 年 月 日 天".split()),
    Kind.PLACE: frozenset("地点 地址 位置 地方 所在地".split()),
    Kind.PERSON: frozenset("人 人物 名字 姓名".split()),
    Kind.ROLE: frozenset("身份 职务 职位 职业".split()),
    Kind.REASON: frozenset("原因 理由 缘故".split()),
    Kind.MANNER: frozenset("方式 方法 办法".split()),
}
"""Words that say which kind of thing is asked for, and that an answer need not hold: 布林肯访华时间 is answered by "将于6月18日访华"."""
_SPLIT = 3
"""A word in Latin letters that is longer may be written in two."""
_PLACES = re.compile("省|市|县|区|镇|乡|村|路|街|州|国|岛|港|山|湖|河|馆|园|楼")
_TIMES = re.compile(
    r"\d+\s*(?:年|月|日|时|点)|[〇一二三四五六七八九十]+(?:年|月|日)|世纪|年代|日前|去年|今年|前年|上月|本月|昨[天日]|[初中末]期|期间|以来|时期"
)


def weigh(question: Question, weight: Callable[[str], float]) -> dict[str, float]:
    """The question's words that carry meaning, each with its weight (how rare it is: inverse document frequency)."""
    found = {word: weight(word) for word in _contents(question)}
    # One character says little, and is often half of a word that the segmenter broke.
    return {word: value * (0.4 if len(word) == 1 else 1.0) for word, value in found.items()} or {question.text: 1.0}


def focus(question: Question) -> str:
    """The word that what is asked hangs on, the last noun: 产值 in "临港2021年新能源汽车产值"; "" where there is none."""
    named = [word for word in _contents(question) if len(word) > 1 and not word[0].isdigit()]
    return named[-1] if named else ""


def _contents(question: Question) -> list[str]:
    """The words that say what is asked about, in order."""
    left_out = _NAMES_OF_KINDS.get(question.kind, frozenset())
    found = words(question.content)
    if question.years:  # constraints.py sees to them: the date of a text may tell its year
        left_out |= {"年", *map(str, question.years)}
        found = [word[1:] if word[0] == "年" and is_measure(word[1:]) else word for word in found]  # 2021年产值 is cut into 2021 年产值
    return [word for word in found if word not in FUNCTION_WORDS and word not in left_out]


def coverage(weights: Mapping[str, float], folded: str) -> float:
    """The share, in [0, 1], of the weight of the question's words that `folded` text holds; a word written otherwise counts in part."""
    total = sum(weights.values())
    return sum(weight * held(word, folded) for word, weight in weights.items()) / total if total else 0.0


def held(word: str, folded: str) -> float:
    """How far the text holds the word: 1 as it is, less by its pairs of characters (typos, other segmentations), 0 not at all."""
    if word.isascii():
        return float(_held_in_latin(word, folded))
    if word in folded:
        return 1.0
    if len(word) < 2:
        return 0.0
    pairs = [word[i : i + 2] for i in range(len(word) - 1)]
    by_pairs = sum(pair in folded for pair in pairs) / len(pairs)
    by_characters = sum(character in folded for character in word) / len(word)
    return 0.7 * by_pairs + 0.3 * by_characters * (len(word) <= 4)


def _held_in_latin(word: str, folded: str) -> bool:
    """ "15" does not stand in 2015; ModelY stands in "Model Y"."""
    if word[0].isdigit():
        return re.search(rf"(?<![\d.,]){re.escape(word)}(?![.,]?\d)", folded) is not None
    return word in folded or (len(word) > _SPLIT and word in folded.replace(" ", ""))


def fits(question: Question, folded: str) -> float:
    """How far the text holds the kind of thing asked for, in [0, 1]; 0.5 where the question does not say what it asks for."""
    match question.kind:
        case Kind.FIGURE:
            return _figure_fits(question, folded)
        case Kind.TIME:
            named = [m[0] for m in _TIMES.finditer(folded) if m[0] not in question.text]
            return 1.0 if any(_is_fine(name, question.unit) for name in named) else 0.4 if named else 0.0
        case Kind.PERSON:
            named = [holder(question.office, folded), *persons(folded)]
            return 1.0 if any(name and name not in question.text for name in named) else 0.0
        case Kind.ROLE:
            if question.person:
                return 1.0 if role_of(question.person, folded) else 0.0
            return 1.0 if _ROLES.search(folded) else 0.0
        case Kind.PLACE:
            if _PLACED.search(folded):
                return 1.0
            if any(place not in question.text for place in _tagged(folded, "ns")):
                return 0.8
            return 0.3 if _PLACES.search(folded) else 0.0
        case Kind.REASON:
            return 1.0 if _REASONS.search(folded) else 0.2
        case Kind.MANNER:
            return 1.0 if _MANNERS.search(folded) else 0.3
        case Kind.LIST:
            return min(1.0, (folded.count("、") + folded.count("；") + folded.count("“") / 2) / 2)
        case _:
            return 0.5


def unit_fits(asked: str, unit: str) -> bool:
    """Whether a figure of this unit answers a question for that one; any unit does where none was asked for."""
    if not asked:
        return True
    if not unit:
        return False
    for family in (_PERCENT_UNITS, _MONEY_UNITS, _HEAD_UNITS):
        if asked in family:
            return unit in family
    if asked == "平方":
        return unit.startswith("平方") or unit in ("亩", "公顷")
    return unit == asked or asked in unit


def lacks_money(question: Question, folded: str) -> bool:
    """Whether the question asks for money and the text names none: no amount (3200万 may be one), nor that nothing is to be paid."""
    if question.kind is not Kind.FIGURE or question.unit not in _MONEY_UNITS or _FREE.search(folded):
        return False
    return not any(f.unit in _MONEY_UNITS or re.search("[万亿千百角分毛]$", folded[f.start : f.end]) for f in figures.figures(folded))


def role_of(person: str, folded: str) -> tuple[int, int] | None:
    """Where the text says what the person is, right before the name or behind it: 街道办事处主任 in "街道办事处主任邱望舒说"."""
    office = f"[^，。；：、！？“”\\s]{{0,24}}(?:{_ROLES.pattern})"
    before = re.search(f"({office})[“《]?{re.escape(person)}", folded)
    behind = re.search(f"{re.escape(person)}(?:[，（]?(?:[男女]，)?[是为任]?)({office})(?=[，。；）]|$)", folded)
    found = before or behind
    return found.span(1) if found else None


def holder(office: str, folded: str) -> str:
    """Who holds an office, as the text says it: 赵立群 in "董事长赵立群说", "赵立群任董事长"; "" where it names nobody so, or several."""
    if not office:
        return ""
    found = {names.person_at(folded, match.end()) for match in re.finditer(f"(?<!副){re.escape(office)}", folded)}
    behind = f"(?:任|担任|出任|是|为)[^，。,]{{0,12}}(?<!副){re.escape(office)}"
    found |= {name for name in persons(folded) if re.search(f"{re.escape(name)}{behind}", folded)}
    found -= {""}
    return found.pop() if len(found) == 1 else ""


def persons(folded: str) -> list[str]:
    """The names of persons in the text, those with a dot (安德鲁·斯图尔特) among them."""
    return names.persons(folded) + re.findall(r"[一-鿿]+·[一-鿿]+", folded)


def _is_fine(time: str, unit: str) -> bool:
    """Whether a time is as fine as the one asked for: a day answers for a year, an hour of the day for neither."""
    if unit == "年":
        return "年" in time or "世纪" in time
    if unit == "日":
        return not time.endswith(("时", "点", "年", "世纪", "年代"))
    return True


def _figure_fits(question: Question, folded: str) -> float:
    best = 0.0
    for figure in figures.figures(folded):
        text = folded[figure.start : figure.end]
        if text in question.text:
            continue
        calendar = figure.unit in ("年", "月", "日", "号") and question.unit not in _SPANS_OF_TIME
        if figure.unit == "年" and len(text) == 5:
            calendar = True
        if unit_fits(question.unit, figure.unit) and not calendar:
            return 1.0
        best = max(best, 0.1 if calendar else 0.4)
    return best


@lru_cache(maxsize=4096)
def _tags(folded: str) -> tuple[tuple[str, str], ...]:
    return tuple(tagged(folded))


def _tagged(folded: str, *tags: str) -> list[str]:
    return [word for word, tag in _tags(folded) if tag in tags]
