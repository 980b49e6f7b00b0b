"""Asks the question before again of another year, line, edition, person, place or measure: "那2021年呢？"."""

import re
from collections.abc import Callable

from rag.answers.question import MARKS, NAMES, OFFICE, Kind, parse, without_years
from rag.answers.topic import carried, ends_in_what_something_has, names_another, names_its_own, thing, topic, whole_words
from rag.chinese import figures
from rag.chinese.names import is_person, persons
from rag.chinese.scripts import fold
from rag.chinese.terms import is_known, tagged

_SWAP = re.compile(r"(?P<what>.*?)(?:的)?(?:又|又是|是|有|为)?(?P<how>呢|多少呢?)[\s?？。!！]*$")
_YEAR_OF = re.compile("[今去前明]年|现在|目前|如今")
_WHEN_IT_DID = re.compile("^[一-鿿]{1,4}?(?:之?时|的时候|以前|之前)")
"""What dates a year further: (2014年)成立时."""
_PLACE = re.compile("全国|[一-鿿]{1,6}[市县省区镇村]")
_PLACE_FIRST = re.compile("^[一-鿿]{2,4}?[市县省区镇村](?![民长委场级])")
_SUPERLATIVE = re.compile("最[高低多少大小长短早晚快慢]")
_APART = re.compile("分别|各(?=是|有|为)")
_WHO = re.compile(f"(?:{OFFICE}|[主副]任|经理|[作记]者|设计[者师]|负责人|创始人|领导)$")
_YEARLY = re.compile("[产价总估]值|产量|利润|收入|营收|销[量售]|产能|[额量率]$|[增降][速幅]|占比|比[例重]|成本|人口")
_LISTED = re.compile("(?:客户|产品|措施|做法|特点|功能|用途|优点|缺点)$")
_COUNTED = re.compile("(?:[职员]工|[座席]位|藏[书品]|车站|站点)$")
_WHERE = re.compile("(?:地址|位置|地点|总部)$")
_WHEN = re.compile("(?:时间|日期|年份)$")


def swapped(asked: str, before: str, *, last: bool = True) -> str:
    """The question `before` with what `asked` names in the place of what is of its kind there; "" where that does not go.

    `asked` is a follow-up that names one thing and asks nothing of its own: "2021年呢", "4号线呢？", "建筑面积呢". `last` says whether
    `before` is the question just before it.
    """
    found = _SWAP.match(asked)
    what = MARKS.sub("", found["what"]) if found else ""
    if not what or len(what) > 20:
        return ""
    for rule in _rules(what, alone=found is not None and found["how"] == "呢", last=last):
        if made := rule(what, before):
            if rule is _measure and found and found["how"] != "呢":
                made = made.removesuffix("是多少").removesuffix("有多少") + asked[found.end("what") :]
            return f"{made.rstrip('?？。 ')}？" if made != before else ""
    return ""


def _rules(what: str, *, alone: bool, last: bool) -> tuple[Callable[[str, str], str], ...]:
    """The rules that may hold, in order, for words that stand `alone` ("馆员呢") or ask for a number themselves ("馆员有多少")."""
    if not last:
        return (_numbered,)  # farther back only what bears a number is surely meant
    if alone:
        return (_year, _numbered, _figure, _person, _measure, _alike, _place, _named, _counted_noun)
    if names_its_own(what):
        return (_year, _numbered, _figure, _alike, _place)
    return (_year, _numbered, _figure, _person, _measure, _alike, _place)


def _year(what: str, before: str) -> str:
    spans = figures.year_spans(what)
    relative = _YEAR_OF.fullmatch(fold(what))
    if not relative and (not spans or MARKS.sub("", without_years(what)).strip("那年的和与及")):
        return ""
    asked = next(iter(parse(before)), None)
    if asked is None or (asked.kind is Kind.TIME and asked.unit == "年"):
        return ""
    if old := figures.year_spans(before):
        behind = _WHEN_IT_DID.sub("", before[old[-1][1] :]) if relative else before[old[-1][1] :]
        return f"{before[: old[0][0]]}{what}{behind if len(old) == 1 else _APART.sub('', behind)}"
    if old_relative := _YEAR_OF.search(fold(before)):
        return f"{before[: old_relative.start()]}{what}{before[old_relative.end() :]}"
    return f"{what}{before}"


def _numbered(what: str, before: str) -> str:
    """3号线 for 4号线, 第三届 for 第二届; with the words around it where `what` has more than the number."""
    for named in (figures.numbered, figures.ordinals):
        new, old = named(what), named(before)
        if len(new) != 1:
            continue
        ((_, noun), written), *_ = new.items()
        same = [other for (_, counted), other in old.items() if counted == noun]
        if same and len(what) - len(written) <= 1:
            beyond = what[what.find(written) + len(written) :]  # 第二季度, of which 第二季 is the number
            behind = before[before.find(same[0]) + len(same[0]) :]
            return before.replace(same[0], what.removesuffix(beyond) if beyond and behind.startswith(beyond) else what)
    return ""


def _figure(what: str, before: str) -> str:
    """70岁以上 for 80岁以上: a figure of the same unit that is no year, with the words behind it that both have."""
    new = [figure for figure in figures.figures(what) if figure.unit and figure.unit != "年"]
    if len(new) != 1:
        return ""
    same = [figure for figure in figures.figures(before) if figure.normal_unit == new[0].normal_unit]
    if len(same) != 1 or what[: new[0].start]:
        return ""
    rest, behind = what[new[0].end :], before[same[0].end :]
    shared = next((length for length in range(len(rest), -1, -1) if behind.startswith(rest[:length])), 0)
    if shared < len(rest):
        return ""
    return f"{before[: same[0].start]}{what}{behind[shared:]}"


def _person(what: str, before: str) -> str:
    old = persons(before) or [asked.person for asked in parse(before) if asked.person]
    name = fold(what)
    named = persons(what) == [what] or (2 <= len(name) <= 4 and not is_known(name) and is_person(name))
    return before.replace(old[0], what) if old and named else ""


def _measure(what: str, before: str) -> str:
    """Another measure, office or belonging of the thing."""
    if not ends_in_what_something_has(what) and not _SUPERLATIVE.fullmatch(fold(what)):
        return ""
    about = carried(before, what)
    if not about or names_another(what):
        return ""
    folded = fold(what)
    asking = "是谁" if _WHO.search(folded) else "在哪里" if _WHERE.search(folded) else "是什么时候" if _WHEN.search(folded) else ""
    asking = asking or ("有哪些" if _LISTED.search(folded) else "有多少" if _COUNTED.search(folded) else "是多少")
    spans = figures.year_spans(before)
    # A measure is asked for of the same year, as far as it is one that years have.
    year = before[slice(*spans[0])] if asking == "是多少" and len(spans) == 1 and _YEARLY.search(folded) and not figures.years(what) else ""
    return f"{about}{'' if year in about else year}{what}{asking}"


def _alike(what: str, before: str) -> str:
    """A word for one that ends as it does: 市级 for 国家级, 旧馆 for 新馆, 禾泽县 for 岚溪县."""
    words = tagged(what)
    if not words or any(tag.startswith("m") or (tag.startswith("v") and len(word) > 1) for word, tag in words):
        return ""
    folded, end, run, run_on = fold(before), 0, 0, False
    for word, tag in whole_words(folded):
        start = folded.find(word, end)
        is_name = tag.startswith(("n", "b", "j", "s", "z", "f", "x"))
        if not is_name or start != end or not run_on:
            run = start  # where the nouns before it begin
        run_on, end = is_name, start + len(word)
        if is_name and len(word) > 1 and start > run and fold(what) != word and fold(what).endswith(word):
            return f"{before[:run]}{what}{before[end:]}"  # 虹桥机场 for 浦东 机场
        if is_name and len(word) > 1 and word[-1] == fold(what)[-1] and not fold(what).endswith(word):
            # A name that is cut (火车 东站) is replaced whole.
            return f"{before[: run if end - run <= len(what) + 1 else start]}{what}{before[end:]}"
    return ""


def _place(what: str, before: str) -> str:
    if persons(what) or not (_PLACE.fullmatch(fold(what)) or all(tag in ("ns", "nrfg", "nr") for _, tag in tagged(what))):
        return ""
    if everywhere := re.search("全[国省市县镇村区]", fold(before)):
        return f"{before[: everywhere.start()]}{what}{before[everywhere.end() :]}"
    if first := _PLACE_FIRST.search(fold(before)):
        return f"{what}{before[first.end() :]}"
    folded, end = fold(before), 0
    for word, tag in tagged(folded):
        start = folded.find(word, end)
        end = start + len(word)
        if tag == "ns":
            end += folded[end : end + 1] in ("市", "县", "省")
            return f"{before[:start]}{what}{before[end:]}"
    return ""


def _named(what: str, before: str) -> str:
    """Another of the names for the thing, where that bears one: 宁德时代 for 比亚迪, and never for a person."""
    about = thing(before)
    if not about or not before.startswith(about) or bool(persons(what)) != bool(persons(about)):
        return ""
    names = [tagged(words)[0][1] in NAMES and not figures.numbered(words) for words in (what, about)]
    return f"{what}{before[len(about) :]}" if all(names) else ""


def _counted_noun(what: str, before: str) -> str:
    """What is counted, for another: 玉米 for 小麦 of "小麦种了多少亩" and "有多少亩小麦"."""
    words = tagged(what)
    if len(words) > 2 or not all(tag.startswith("n") for _, tag in words):
        return ""
    asked = next(iter(parse(before)), None)
    if asked is None or asked.kind is not Kind.FIGURE or topic(before) == thing(before) == "":
        return ""
    counted = re.search("(?:多少|几)(?P<unit>[家个座条人户册辆名位台套]|[亩吨斤克升])?(?P<noun>[一-鿿]{2,6})[？?]?$", fold(before))
    if counted and all(tag.startswith("n") for _, tag in tagged(counted["noun"])):
        unit = counted["unit"] or ""
        return f"{before[: counted.start()]}多少{unit if unit in '亩吨斤克升' else ''}{what}{before[counted.end('noun') :]}"
    noun = re.search("([一-鿿]+)(?:有|是|为)?(?:多少|几)", fold(before))
    last = tagged(noun[1])[-1:] if noun else []
    if noun and last and last[0][1].startswith("n") and not ends_in_what_something_has(last[0][0]):
        start = noun.start(1) + noun[1].rfind(last[0][0])
        return f"{before[:start]}{what}{before[start + len(last[0][0]) :]}"
    return ""
