"""Lays other passages beside the one that answers: those that say the same strengthen it, those that do not are told of as a conflict."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal

from rag.answers import evidence
from rag.answers.question import Kind, Question
from rag.answers.selection import Candidate, Finding
from rag.answers.short import is_asked, singled_out
from rag.answers.weights import support
from rag.chinese import figures
from rag.chinese.dates import moments
from rag.chinese.polarity import planned
from rag.chinese.scripts import fold

_COMPARED = frozenset({Kind.FIGURE, Kind.TIME, Kind.PERSON})
"""What is asked for that is the same or another beyond doubt: a place may be written in many ways. A person only as who holds an office."""

_SURE, _SAYING_ALL = 0.5, 0.2
"""Another passage is laid beside the answer when it answers by itself as surely as this; the one where it has all the question's words."""

_ALL = 0.8
"""The share of their weight that is all of them."""

_DEPENDENT = 0.5
"""What the probability of another passage counts: two that read alike may be misread alike."""

_AS_NEAR = 0.1
"""A passage contradicts only where its sentence holds as much of the question's words as the answer's, but for so much."""

_MOST = 2
"""How many other values are shown beside an answer."""

_ROUND, _VERY_ROUND = Decimal("0.02"), Decimal("0.1")
"""Two figures that differ by such a share of the larger one are one figure, rounded; by the other, where one is said to be round."""

_SAID_ROUND = re.compile("约|近|超|逾|多|余|不足|不到|以上|以下|左右|上下")
_PART = re.compile("其中|[^当集]中[,，]|里面|之内")
"""What is said behind it is of a part."""

_NOW = re.compile("现有|目前|现在|如今|眼下|截至|截止|当前|在[册校岗职]")
"""What changes from year to year, and is said of the day."""

_DATE_UNITS = {"年": "年", "月": "月", "日": "日", "号": "日"}
_IN_OTHERS = {"成": (Decimal(10), "%"), "小时": (Decimal(60), "分钟")}


@dataclass(frozen=True, slots=True)
class Beside:
    """The sentences of other passages that agree with the answer, those that contradict it with what they say, and the support in all.

    `said` is what the answer's own sentence says, in the same form as theirs.
    """

    said: str
    agreeing: tuple[Candidate, ...]
    contradicting: tuple[tuple[Candidate, str], ...]
    support: float


def beside(finding: Finding, short: str) -> Beside:
    """What other passages say to what `finding` answers with `short`."""
    best, *others = finding.candidates
    seen = {best.hit.passage.id}
    agreeing: list[Candidate] = []
    contradicting: list[tuple[Candidate, str]] = []
    doubt, rivalry = 1 - finding.support, 1.0
    # Of persons only the holders of one office exclude each other.
    short = evidence.holder(finding.question.office, fold(best.text)) if finding.question.kind is Kind.PERSON else short
    for other in others if short and finding.question.kind in _COMPARED else ():
        says_all = other.features["coverage"] >= _ALL and other.features["fits"] == 1
        if other.hit.passage.id in seen or support(other.score) < (_SAYING_ALL if says_all else _SURE):
            continue
        seen.add(other.hit.passage.id)
        if finding.question.kind is Kind.PERSON:
            said = evidence.holder(finding.question.office, fold(other.text))
        else:
            said = singled_out(finding.question, other, finding.weights)
        same = _same(finding.question, short, said)
        if same:
            agreeing.append(other)
            doubt *= 1 - _DEPENDENT * support(other.score)
        elif same is False and _contradicts(finding.question, best, short, other, said):
            if len(contradicting) < _MOST and not any(_same(finding.question, said, known) for _, known in contradicting):
                contradicting.append((other, said))
            rivalry *= 1 - _DEPENDENT * support(other.score)
    return Beside(short, tuple(agreeing), tuple(contradicting), (1 - doubt) * rivalry)


def elsewhere(finding: Finding) -> list[Candidate]:
    """The sentences of other documents that list what is asked for too, the best of each, best first."""
    best, *others = finding.candidates
    found: dict[str, Candidate] = {best.hit.document.id: best}
    for other in others:
        as_near = other.features["coverage"] >= best.features["coverage"] - _AS_NEAR and not other.unmet
        if as_near and support(other.score) >= _SURE:
            found.setdefault(other.hit.document.id, other)
    return list(found.values())[1:]


def _same(question: Question, one: str, other: str) -> bool | None:
    """Whether two short answers say the same; None where they cannot be compared."""
    first, second = fold(one), fold(other)
    if question.kind is Kind.PERSON:
        return (first == second) if first and second else None
    if question.kind is Kind.TIME:
        parts, others = _parts_of_date(first), _parts_of_date(second)
        shared = parts.keys() & others.keys()
        return all(parts[unit] == others[unit] for unit in shared) if shared else None
    (value, unit), (value2, unit2) = _value(question, first), _value(question, second)
    if value is None or value2 is None or unit != unit2:
        return None
    round_ = _VERY_ROUND if _SAID_ROUND.search(first + second) else _ROUND
    return abs(value - value2) <= round_ * max(abs(value), abs(value2))


def _value(question: Question, folded: str) -> tuple[Decimal | None, str]:
    return next(_values(question, folded), (None, ""))


def _values(question: Question, folded: str) -> Iterator[tuple[Decimal, str]]:
    """The figures that are of what is asked for, in the unit that others of their kind are brought to."""
    for figure in figures.figures(folded):
        if is_asked(question, folded, figure):
            factor, unit = _IN_OTHERS.get(figure.unit, (Decimal(1), figure.normal_unit))
            yield figure.value * factor, unit


def _parts_of_date(folded: str) -> dict[str, Decimal]:
    return {_DATE_UNITS[f.unit]: f.value for f in reversed(figures.figures(folded)) if f.unit in _DATE_UNITS}


def _contradicts(question: Question, best: Candidate, short: str, other: Candidate, said: str) -> bool:
    """Whether the other sentence gives another value for the same thing at the same time: neither passage has the other's.

    A plan does not contradict a fact, nor a part the whole, nor what is the case now what was the case in another year.
    """
    if _holds(question, best, said) or _holds(question, other, short):
        return False
    if other.features["coverage"] < best.features["coverage"] - _AS_NEAR:
        return False
    if question.kind in (Kind.TIME, Kind.PERSON):
        return True
    ours, theirs = (fold(_as_far_as(*pair)) for pair in ((best, short), (other, said)))
    if planned(ours) != planned(theirs) or bool(_PART.search(ours)) != bool(_PART.search(theirs)):
        return False
    return _of_one_time(best, ours, other, theirs)


def _of_one_time(best: Candidate, ours: str, other: Candidate, theirs: str) -> bool:
    """Whether two sentences may be about one time: no other year, and within it no other month."""
    apart = bool(_months(ours) and _months(theirs)) and not _months(ours) & _months(theirs)
    named, others = _named_years(best), _named_years(other)
    if not (named or others or _NOW.search(ours) or _NOW.search(theirs)):
        return not apart
    # What changes is of the year of its document where it names none.
    mine, its = named or figures.years(best.hit.document.date), others or figures.years(other.hit.document.date)
    return not apart and (not mine or not its or bool(mine & its))


def _months(folded: str) -> set[int]:
    return {moment.month for moment in moments(folded) if moment.month is not None}


def _as_far_as(candidate: Candidate, said: str) -> str:
    """The sentence up to the value: what stands behind it is of something else."""
    place = candidate.text.find(said)
    return candidate.text[: place + len(said)] if place >= 0 else candidate.text


def _holds(question: Question, candidate: Candidate, said: str) -> bool:
    """Whether the passage gives that figure or day too."""
    passage = fold(candidate.hit.passage.text)
    if question.kind in (Kind.TIME, Kind.PERSON):
        return re.search(rf"(?<!\d){re.escape(fold(said))}", passage) is not None
    wanted = next(_values(question, fold(said)), None)
    return wanted is not None and wanted in _values(question, passage)


def _named_years(candidate: Candidate) -> set[int]:
    """The years that the sentence names, or those before it in its paragraph."""
    return figures.years(candidate.text) or figures.years(candidate.hit.passage.text[: candidate.start])
