"""How people ask: whole questions made terse, mistyped or half English, and questions made from what a text states."""

import random
import re
from collections.abc import Iterator
from dataclasses import dataclass

from rag.answers.question import parse
from rag.chinese import figures
from rag.chinese.scripts import fold
from rag.chinese.sentences import sentences
from rag.chinese.terms import tagged, words
from training.near_misses import names_of

TERSE, TYPO, ENGLISH = 0.3, 0.06, 0.04
"""The shares of questions that are asked in keywords, with a slip of the hand, and half in English."""

_ENGLISH = dict(
    pair.split("/")
    for pair in (
        "什么时候/when 何时/when 谁/who 哪里/where 多少/how-many 为什么/why 如何/how 怎么/how 什么/what 哪个/which 公司/company "
        "人口/population 面积/area 大学/university "
        "导演/director 作者/author 电影/movie 总统/president 出生/born 去世/died 成立/founded 收入/revenue 价格/price 城市/city "
        "国家/country 学校/school 医院/hospital "
        "游戏/game 音乐/music 专辑/album 球队/team 比赛/match 冠军/champion 高度/height 长度/length 温度/temperature 原因/reason "
        "名字/name 时间/time 地点/location "
        "项目/project 产品/product 市场/market 技术/technology 系统/system 手机/phone 汽车/car 利润/profit 增长/growth 发布/release "
        "总部/headquarters 员工/employees"
    ).split()
)
_CONFUSED = dict(
    pair.split("/")
    for pair in (
        "在/再 再/在 做/作 作/做 的/得 像/象 座/坐 账/帐 即/既 分/份 份/分 哪/那 需/须 振/震 震/振 公/工 工/公 立/力 力/利 元/圆 只/支 "
        "部/步 园/圆 长/常 期/其 年/念 "
        "建/健 健/建 设/社 会/汇 市/是 是/事 事/市 名/明 明/名 州/洲 洲/州 记/纪 纪/记 制/治 治/制 型/形 形/型 以/已 已/以 优/忧 气/汽 "
        "汽/气 副/付 付/副 帖/贴 贴/帖"
    ).split()
)
_BEFORE = re.compile("(?:大约|约|超过|超|(?<![附最临接])近|不到|不足|逾|最高|至少)$")
_AFTER = re.compile("以上|以下|左右|多|余")
_LEADS_TO = re.compile(
    "(?:达到了?|高达|达|共计|合计|总计|共有|共|约为|约|超过|超|近|为|是|有|至|到|实现|增至|升至|降至|仅有?|突破|了|的|将|已|则|可|并|也|还|均|都|：|:)+$"
)
_CLAUSE_END = re.compile(r"[，,；;：:。！？!?（）()]")
_DATE = re.compile(r"(?:\d{4}\s?年\s?)?(?<!\d)\d{1,2}\s?月份?(?:\s?\d{1,2}\s?日)?|(?<!\d)\d{4}\s?年(?!度)")
_CALENDAR = frozenset("年月日号")
_GOES_ON = frozenset("月小余多几个度-~—－至到")
_NO_EVENT = ("消息", "至", "到", "-", "—", "起")
_OF_SUBJECTS = frozenset(("n", "nr", "ns", "nt", "nz", "vn", "uj", "j", "f", "eng"))
_SAID = frozenset(("v", "d", "p"))
_NO_CLAIM = re.compile("不|没|是否|(?:说|称|示|为|出|时|后|前)$")
CLAIMED = 0.3
"""The share of clauses that are made into a question of whether they are so."""
_SHORTEST, _LONGEST = 4, 32
"""Characters of what a made question is about."""


@dataclass(frozen=True, slots=True)
class Made:
    """A question that was made from a text, in whose `text[start:end]` its answer stands."""

    question: str
    start: int
    end: int


def asked(question: str, chosen: random.Random) -> str:
    """The question as it might be typed: as it is, in keywords, with a slip, half in English."""
    if chosen.random() < TERSE:
        question = _terse(question, chosen)
    if chosen.random() < TYPO:
        question = _mistyped(question, chosen)
    if chosen.random() < ENGLISH:
        question = _half_english(question)
    return question.rstrip("？?") if chosen.random() < TERSE else question


def _terse(question: str, chosen: random.Random) -> str:
    """What the question is about, and now and then the word that asks: 临港新能源产值, 临港新能源产值多少."""
    contents = [part.content for part in parse(question)]
    asking = re.search("什么时候|为什么|多少|哪里|谁|如何|怎么|哪些|何时", question)
    about = "".join(contents).replace(" ", "") if chosen.random() < 0.6 else " ".join(contents)
    if not about:
        return question
    return about + (asking[0] if asking and chosen.random() < 0.6 else "")


def _mistyped(question: str, chosen: random.Random) -> str:
    """Two characters in the wrong order, one left out, or one mistaken for its like."""
    likes = [place for place, character in enumerate(question) if character in _CONFUSED]
    if likes and chosen.random() < 0.6:
        place = chosen.choice(likes)
        return question[:place] + _CONFUSED[question[place]] + question[place + 1 :]
    if len(question) < 6:
        return question
    place = chosen.randrange(1, len(question) - 2)
    swapped = question[place + 1] + question[place] if chosen.random() < 0.5 else question[place + 1]
    return question[:place] + swapped + question[place + 2 :]


def _half_english(question: str) -> str:
    for word, english in _ENGLISH.items():
        if word in question:
            question = question.replace(word, f" {english.replace('-', ' ')} ", 1)
    return " ".join(question.split())


def made_from(text: str, chosen: random.Random) -> Iterator[Made]:
    """Questions for the figures, the dates and the deeds that the text states, each by the words around it."""
    for start, end in sentences(text):
        sentence = fold(text[start:end])
        for made in (*_for_figures(sentence, chosen), *_for_dates(sentence, chosen), *_for_claims(sentence, chosen)):
            yield Made(made.question, start + made.start, start + made.end)


def _for_figures(sentence: str, chosen: random.Random) -> Iterator[Made]:
    """ "财报显示，总收入778亿元" → 总收入多少元, 总收入是多少？, 总收入."""
    found = figures.figures(sentence)
    for figure in found:
        written = sentence[figure.start : figure.end]
        following = sentence[figure.end : figure.end + 1]
        if not figure.unit or figure.unit in _CALENDAR or written.startswith(("一", "百", "千", "万")) or written.rstrip() != written:
            continue
        if sentence[: figure.start].rstrip().endswith("第") or following in _GOES_ON:
            continue
        opens = max((m.end() for m in _CLAUSE_END.finditer(sentence, 0, figure.start)), default=0)
        about = _subject(sentence[opens : figure.start])
        if _letters(about) < _SHORTEST and opens:
            before = max((m.end() for m in _CLAUSE_END.finditer(sentence, 0, opens - 1)), default=0)
            about = sentence[before : opens - 1] + about
        start, end = figure.start, figure.end
        if more := _BEFORE.search(sentence[:start]):
            start = more.start()
        if more := _AFTER.match(sentence, end):
            end = more.end()
        if chosen.random() < 0.5:
            about = _DATE.sub("", about)
        about = about.strip(" 、“”\"'")
        if about[-1:] in _GOES_ON:
            continue
        if not names_of(about) and not re.search("[a-z]{2}", about):
            continue  # about whom, only the text around it says
        if not _SHORTEST <= _letters(about) <= _LONGEST or any(other is not figure and _within(other, about, sentence) for other in found):
            continue
        unit = figure.unit if figure.unit != "%" else ""
        yield Made(
            _thinned(about, chosen) + chosen.choice([f"多少{unit}", f"有多少{unit}？", f"是多少{unit}？", "是多少", "多少？", "", ""]),
            start,
            end,
        )


def _for_dates(sentence: str, chosen: random.Random) -> Iterator[Made]:
    """ "8月16日，京东发布二季度财报。" → 京东发布二季度财报是什么时候？"""
    for match in _DATE.finditer(sentence):
        following = sentence[match.end() :].lstrip("，, ")
        closed = _CLAUSE_END.search(following)
        about = following[: closed.start()] if closed else following
        about = about.strip(" 、“”\"'")
        if _SHORTEST + 2 <= _letters(about) <= _LONGEST and not _DATE.search(about) and not about.startswith(_NO_EVENT):
            about = _thinned(about, chosen)
            form = chosen.choice(
                ["{}是什么时候？", "什么时候{}？", "{}的时间", "{}是哪一天？" if "日" in match[0] else "{}是哪年？", "{}何时"]
            )
            yield Made(form.format(about), match.start(), match.end())


def _for_claims(sentence: str, chosen: random.Random) -> Iterator[Made]:
    """ "京东集团将发布二季度财报。" → 京东集团是否将发布二季度财报？ The clause answers; one in few is asked about."""
    start = 0
    for end in (*(match.start() for match in _CLAUSE_END.finditer(sentence)), len(sentence)):
        clause, at = sentence[start:end], start
        start = end + 1
        if chosen.random() > CLAIMED or _letters(clause) > _LONGEST:
            continue
        place, named = 0, False
        for word, tag in tagged(clause):
            if tag not in _OF_SUBJECTS:
                break
            named = named or tag in ("nr", "ns", "nt", "nz")
            place = clause.find(word, place) + len(word)
        rest = clause[place:]
        subject = clause[:place].strip()
        if not named or subject.endswith("的") or tag not in _SAID or _letters(rest) < _SHORTEST or _NO_CLAIM.search(rest):
            continue
        yield Made(
            chosen.choice([f"{subject}是否{rest}？", f"{subject}有没有{rest}？", f"{subject}{rest}了吗？", f"{subject}{rest}吗"]), at, end
        )


def _subject(about: str) -> str:
    """The words before a figure, without those that lead over to it: 奖金总额达, 奖金总额约为 → 奖金总额."""
    return _LEADS_TO.sub("", _BEFORE.sub("", about))


def _within(figure: figures.Figure, about: str, sentence: str) -> bool:
    """Whether the words hold a second figure with a unit, and so ask of two things."""
    return bool(figure.unit) and figure.unit not in _CALENDAR and sentence[figure.start : figure.end] in about


def _thinned(about: str, chosen: random.Random) -> str:
    """The words, now and then without a few of them."""
    if chosen.random() < 0.5:
        return about
    named = {name for name, _ in names_of(about)}
    kept = [word for word in words(about) if word in named or chosen.random() > 0.2]
    return "".join(kept) if len("".join(kept)) >= _SHORTEST else about


def _letters(text: str) -> int:
    return sum(character.isalpha() for character in text)
