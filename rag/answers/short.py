"""Singles out what is asked for in a sentence, exactly as printed there; says nothing where it is not sure."""

import re
from collections.abc import Mapping

from rag.answers import evidence
from rag.answers.question import Kind, Question
from rag.answers.selection import Candidate
from rag.chinese import figures
from rag.chinese.scripts import fold

_DATE = re.compile(
    r"(?:\d{4}|[〇一二三四五六七八九]{4})年(?:\s*(?:\d{1,2}|[十一二三四五六七八九]+)月)?(?:\s*(?:\d{1,2}|[十一二三四五六七八九]+)日)?(?:[初中末底])?"
    r"|(?:\d{1,2}|[十一二三四五六七八九]+)月(?:\d{1,2}|[十一二三四五六七八九]+)日"
)
_RANK = re.compile(r"第(?:\d+|[一二三四五六七八九十百]+)[名位大]?")
_ASKS_RANK = re.compile("第几|排名|名次|排[^，]{0,4}几")
_BEFORE = re.compile("(?:超过|(?<![赶反])超|(?<!附)近|(?<![节条合])约|不到|不足|逾)$")
_AFTER = re.compile("以上|以下|左右|多|余(?!额)")
_STARTS_FROM = re.compile(r"(?:从|由|比|较)[^，；。到至]{0,8}$")
_SEGMENT_END = re.compile(r"[，,；;：:。！？!?、]|和|以及|及(?!其)")
_MORE_THAN_A_NAME = re.compile("[和与及、的等]")
_SURE = 1.25
"""The best of several must be so many times nearer to the question's words than the next, or nothing is singled out …"""

_CLEAR = 0.15
"""… unless its segment holds more of them; so much more, where the question names no unit."""


_LONGEST = {Kind.FIGURE: 24, Kind.TIME: 32, Kind.PERSON: 24, Kind.ROLE: 30, Kind.PLACE: 30, Kind.OTHER: 24}
"""Characters of the longest short answer, by what is asked for; the other kinds have none."""


_CHECKED = frozenset({Kind.FIGURE, Kind.TIME, Kind.PERSON})
"""What is told by its words whether it is the kind of thing asked for."""


def singled_out(question: Question, candidate: Candidate, weights: Mapping[str, float]) -> str:
    """The short answer in the sentence that was found: the reader's span, else the figure or date that the words single out.

    A span is no answer where a figure, a time or a person is asked for and it has none.
    """
    if question.person:
        role = evidence.role_of(question.person, fold(candidate.text))
        return candidate.text[slice(*role)] if role else ""
    span = candidate.span
    if span is not None and candidate.start <= span.start and span.end <= candidate.end:
        low, high = _whole(question, fold(candidate.text), span.start - candidate.start, span.end - candidate.start)
        read = candidate.text[low:high]
        if question.kind is Kind.PERSON:
            read = _name_in(read)
        told = question.kind not in _CHECKED or evidence.fits(question, fold(read)) == 1
        if told and len(read) <= _LONGEST.get(question.kind, 0):
            return read
    return short(question, candidate.text, weights)


def _name_in(read: str) -> str:
    """The one name in what was read for a person (沈知微 of 沈知微解释); all of it where there are several, or none, or more is said."""
    found = evidence.persons(fold(read))
    place = fold(read).find(found[0]) if len(found) == 1 else -1
    return read[place : place + len(found[0])] if place >= 0 and not _MORE_THAN_A_NAME.search(read) else read


def _whole(question: Question, folded: str, start: int, end: int) -> tuple[int, int]:
    """The range with the whole of the figures or the date that it cuts into, and what makes a figure more or less than it is."""
    if question.kind is Kind.FIGURE:
        cut = [(f.start, f.end) for f in figures.figures(folded) if f.start < end and start < f.end]
    else:
        cut = [m.span() for m in _DATE.finditer(folded) if m.start() < end and start < m.end()] if question.kind is Kind.TIME else []
    start, end = min([start, *(low for low, _ in cut)]), max([end, *(high for _, high in cut)])
    if question.kind is not Kind.FIGURE:
        return start, end
    if cut:
        first, _ = _rounded(folded, *min(cut))
        start = first if folded[start:first] in question.text else start  # 高41米 says no more than 41米 where 多高 is asked
    return _rounded(folded, start, end)


def _rounded(folded: str, start: int, end: int) -> tuple[int, int]:
    """The range of a figure with the words beside it that say it is a round one: 超过98%, 700家以上."""
    before, after = _BEFORE.search(folded[:start]), _AFTER.match(folded[end:])
    return before.start() if before else start, end + after.end() if after else end


def short(question: Question, sentence: str, weights: Mapping[str, float]) -> str:
    """The short answer in `sentence`, a stretch of it; "" where none can be singled out.

    Of several figures of the unit asked for, those of another year than the question's and those that a change starts from
    (由2006年的13.8亿…) are left out. The one in the segment that holds most of the question's words is taken, and of two in one
    segment the one nearer to them: in "从业人员占比75%，国际资质占比73.5%" 从业人员 takes 75%.
    """
    folded = fold(sentence)
    ranked = sorted(((*_nearness(span, folded, weights), span) for span in _spans(question, folded)), reverse=True)
    if not ranked:
        return ""
    held, close, (start, end) = ranked[0]
    if len(ranked) > 1 and held <= ranked[1][0] + _CLEAR * (not question.unit) and close < _SURE * ranked[1][1]:
        return ""
    if question.kind is Kind.FIGURE:
        start, end = _rounded(folded, start, end)
    return sentence[start:end]


def _spans(question: Question, folded: str) -> list[tuple[int, int]]:
    if question.kind is Kind.TIME:
        return [m.span() for m in _DATE.finditer(folded) if m[0] not in question.text]
    if question.kind is not Kind.FIGURE:
        return []
    if _ASKS_RANK.search(question.text):
        return [m.span() for m in _RANK.finditer(folded)]
    asked = [f for f in figures.figures(folded) if is_asked(question, folded, f)]
    if question.years:
        asked = [f for f in asked if _year(folded, f.start) in question.years | {None}]
    # "80岁以上的老人补贴多少" is answered where 80岁 stands, not by the figure for those of 70.
    named = {folded_figure for f in figures.figures(question.text) if (folded_figure := question.text[f.start : f.end]) in folded}
    for name in named:
        asked = [f for f in asked if name in folded[slice(*_segment(folded, f.start, f.end))]] or asked
    ends = [f for f in asked if not _STARTS_FROM.search(folded[: f.start])]
    return [(f.start, f.end) for f in ends or asked]


def is_asked(question: Question, folded: str, figure: figures.Figure) -> bool:
    """Whether a figure of the folded text is of the unit asked for, and neither a date, nor an article (一种), nor the question's own."""
    text = folded[figure.start : figure.end]
    calendar = (figure.unit in ("年", "月", "日", "号") and question.unit != figure.unit) or re.fullmatch(r"\d{4}年", text) is not None
    # "一种", "一个" are articles more often than figures.
    article = text.startswith("一") and len(text) == 2 and question.unit != figure.unit
    return (
        text not in question.text and not calendar and not article and bool(figure.unit) and evidence.unit_fits(question.unit, figure.unit)
    )


def _year(folded: str, position: int) -> int | None:
    """The year named last before a position: the one that a figure there is about."""
    named = re.findall(r"(\d{4})年", folded[:position])
    return int(named[-1]) if named else None


def _segment(folded: str, start: int, end: int) -> tuple[int, int]:
    """The stretch between the marks of pause around a range."""
    following = _SEGMENT_END.search(folded, end)
    return max((m.end() for m in _SEGMENT_END.finditer(folded, 0, start)), default=0), following.start() if following else len(folded)


def _nearness(span: tuple[int, int], folded: str, weights: Mapping[str, float]) -> tuple[float, float]:
    """The share of the question's words in the span's segment, and how near they stand to the span; behind it counts half."""
    start, end = _segment(folded, *span)
    close = 0.0
    for word, weight in weights.items():
        places = [m.start() for m in re.finditer(re.escape(word), folded)]
        near = [1 / (4 + span[0] - p - len(word)) if p < span[0] else 0.5 / (4 + p - span[1]) for p in places if not span[0] <= p < span[1]]
        close += weight * max(near, default=0.0)
    return round(evidence.coverage(weights, folded[start:end]), 3), close
