"""Finds the word of a follow-up that points back (他, 该厂, 那里, 它) and what it points to in the turns before."""

import re
from collections.abc import Sequence

from rag.answers.question import OFFICE, QUOTED, Kind, parse, without_years
from rag.answers.topic import counted, ends_in_what_something_has, names_its_own, thing, topic
from rag.chinese.names import persons
from rag.chinese.scripts import fold
from rag.chinese.terms import tagged
from rag.records import Turn

_MEASURE_WORD = "[片家个座条项款台套所艘辆种类份篇位名次届块支]|部分"
_PLACES = "城市|土地|县城|地方|地区|市|县|省|区|镇|乡|村|街道|园区|港口?"
_BODIES = "公司|企业|集团|机构|单位|工厂|厂|银行|学校|大学|图书馆|馆|医院|局|部门|协会|组织"
_THINGS = (
    "项目|工程|线路|地铁|线|桥|路|装置|设备|系统|产品|车站|站|食堂|贷款|法规|条例|政策|办法|计划|规划|活动|会议|行业|产业|作物|茶园|园"
    "|老人|管家|人群|东西|事|车|书"
)
_PERSON = (
    "(?<![其吉])[他她](?![们人日乡国处])|[这那该]一?(?:[位名个])?(?:人|先生|女士|老师|教授|专家|官员|作者|负责人)(?![口们数员])"
    "|此人|[这那]位"
)
_MANY = "(?<!其)他们|她们|它们"
_THERE = "[这那][里儿边](?!程|的话)|当地|本地(?!化)|该地|此地"
_NAMED = f"(?:[这那]一?(?:{_MEASURE_WORD})?|[这那]些|该|本|此)(?P<noun>{_PLACES}|{_BODIES}|{_THINGS})"
_THING = (
    "(?<!其)它(?!们)|(?<![尤极与何莫耳])其(?![中他它余实次间后]|[一-鿿]妙)|此(?=[前后]?(?:是|有|为|什么|怎))"
    "|(?:^|(?<=，))[这那](?=是|有|要|在|花|占|比)"
)
_POINTING = re.compile(
    f"(?P<person>{_PERSON})|(?P<many>{_MANY})|(?P<there>{_THERE})|(?P<named>{_NAMED})|(?P<part>其中)|(?P<thing>{_THING})"
)
_WITHIN = re.compile(f"^(?P<noun>{_BODIES}|{_PLACES})(?=里|内|有|共|现|设|的|一共|什么|哪|多|怎)")
"""A noun that stands alone for the one spoken of: 街道有几家食堂."""
_ALONE = re.compile(f"(?P<noun>{_BODIES}|{_PLACES})")
_AND = re.compile("[和与及、]")
_PLACE_NAME = re.compile(f".*(?:{_PLACES})")


def points_back(question: str) -> bool:
    """Whether a word of the question points to something said before it; what is quoted does not."""
    return _pointing(question) is not None


def resolved(question: str, turns: Sequence[Turn]) -> str:
    """The question with the word that points back replaced by what it means in the turns, latest first; "" where nothing there fits."""
    found = _pointing(question)
    if found is None or names_its_own(question[: found.start()]):
        return ""
    for turn in turns:
        meant = _meant(found, turn)
        if not meant or fold(meant) in fold(question):
            continue
        if found.groupdict().get("part"):
            return f"{question[: found.start()]}{meant}{question[found.start() :]}"
        return f"{question[: found.start()]}{meant}{question[found.end() :]}"
    return ""


def _pointing(question: str) -> re.Match[str] | None:
    hidden = QUOTED.sub(lambda match: "□" * len(match[0]), fold(question))
    words = tagged(hidden)[:2]
    alone = len(words) == 2 and _ALONE.fullmatch(words[0][0]) is not None and words[1][1] == "v"
    return (_ALONE.match(hidden) if alone else _WITHIN.match(hidden)) or _POINTING.search(hidden)


def _meant(found: re.Match[str], turn: Turn) -> str:
    """What the word means in this turn; "" where nothing of its kind is spoken of there."""
    groups = found.groupdict()
    about = thing(turn.question)
    if groups.get("person"):
        return person_of(turn)
    if noun := groups.get("noun"):
        return _called(noun, turn, alone="named" not in groups)
    if groups.get("there"):
        return _place(turn, about, strictly=groups["there"].endswith("地"))
    if groups.get("many") and (noun := counted(turn.question)):
        return f"{about}{noun}"
    if groups.get("thing") and (persons(about) == [about] or _AND.search(about)):
        return ""  # 它 is one thing, and nobody
    return about


def person_of(turn: Turn) -> str:
    """The person whom a turn is about: of the question, else of its answer, else the office whose holder it asks for; "" for none."""
    if named := persons(turn.question):
        return named[0]
    said = persons(turn.answer)
    asked = parse(turn.question)
    if asked and asked[0].person:
        return asked[0].person
    if asked and asked[0].kind is Kind.PERSON:
        office = _role(turn.question)
        behind = turn.answer.partition(office)[2] if office else ""
        near = [name for name in said if behind.lstrip("，：:、 ").startswith(name)]
        if near or len(said) == 1:
            return (near or said)[0]
        return topic(turn.question) if office and ends_in_what_something_has(office) else ""
    return said[0] if len(said) == 1 else ""


def _role(question: str) -> str:
    """The word for what the person asked for is: 馆长 of 新馆馆长是谁."""
    about = topic(question)
    office = re.search(f"{OFFICE}$", fold(about))
    words = tagged(about)
    return office[0] if office else words[-1][0] if words else ""


def _called(noun: str, turn: Turn, *, alone: bool) -> str:
    """What bears the noun in its name in the turn: 棉舟纺织厂 for 厂; the turn's thing where that is of the noun's sort."""
    about = without_years(topic(turn.question))
    folded = fold(about)
    for end in (noun, noun[-1]) if not alone else (noun,):
        place = folded.rfind(end)
        if place > 0 and not (len(end) == 1 and folded[place + 1 : place + 2] in ("道", "长")):
            return about[: place + len(end)]
    if alone:
        return ""
    about = thing(turn.question)
    if not about or persons(about) == [about]:
        return ""
    is_place = _PLACE_NAME.fullmatch(fold(about)) is not None or (tagged(about)[-1:] or [("", "")])[0][1] == "ns"
    if re.fullmatch(_PLACES, noun):
        return _place(turn, about, strictly=True) if noun in ("地方", "地区", "城市", "土地") else ""
    return about if re.fullmatch(_THINGS, noun) or not is_place else ""


def _place(turn: Turn, about: str, *, strictly: bool) -> str:
    """The place a turn is about: its thing where that is one, else one that its question names; `strictly`, nothing but a place."""
    before, _, of_it = about.partition("的")
    if strictly and of_it and any(tag == "ns" for _, tag in tagged(before)):
        return before
    if _PLACE_NAME.search(fold(about)) or any(tag == "ns" for _, tag in tagged(about)):
        return about
    folded, end, named = fold(turn.question), 0, ""
    for word, tag in tagged(folded):
        start = folded.find(word, end)
        end = start + len(word)
        if tag == "ns":
            named = turn.question[start:end]
    return named or ("" if strictly or persons(about) == [about] else about)
