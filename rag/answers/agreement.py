"""Lays other passages beside the one that answers: those that say the same strengthen it, those that do not are told of as a conflict."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal

from rag.answers.question import Kind, Question
from rag.answers.selection import Candidate, Finding
from rag.answers.short import is_asked, singled_out
from rag.answers.weights import support
from rag.chinese import figures
from rag.chinese.scripts import fold

_COMPARED = frozenset({Kind.FIGURE, Kind.TIME})
"""What is asked for that is the same or another beyond doubt: a place or a name may be written in many ways."""

_SURE = 0.5
"""Another passage is laid beside the answer when it answers by itself as surely as this."""

_DEPENDENT = 0.5
"""What the probability of another passage counts: two that read alike may be misread alike."""

_AS_NEAR = 0.1
"""A passage contradicts only where its sentence holds as much of the question's words as the answer's, but for so much."""

_MOST = 2
"""How many other values are shown beside an answer."""

_ROUND, _VERY_ROUND = Decimal("0.02"), Decimal("0.1")
"""Two figures that differ by such a share of the larger one are one figure, rounded; by the other, where one is said to be round."""

_SAID_ROUND = re.compile("约|近|超|逾|多|余|不足|不到|以上|以下|左右|上下")
_DATE_UNITS = {"年": "年", "月": "月", "日": "日", "号": "日"}
_IN_OTHERS = {"成": (Decimal(10), "%"), "小时": (Decimal(60), "分钟")}


@dataclass(frozen=True, slots=True)
class Beside:
    """The sentences of other passages that agree with the answer, those that contradict it with what they say, and the support in all."""

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
    for other in others if short and finding.question.kind in _COMPARED else ():
        if other.hit.passage.id in seen or support(other.score) < _SURE:
            continue
        seen.add(other.hit.passage.id)
        said = singled_out(finding.question, other, finding.weights)
        same = _same(finding.question, short, said)
        if same:
            agreeing.append(other)
            doubt *= 1 - _DEPENDENT * support(other.score)
        elif same is False and _contradicts(finding.question, best, short, other, said):
            if len(contradicting) < _MOST and not any(_same(finding.question, said, known) for _, known in contradicting):
                contradicting.append((other, said))
            rivalry *= 1 - _DEPENDENT * support(other.score)
    return Beside(tuple(agreeing), tuple(contradicting), (1 - doubt) * rivalry)


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
    """Whether the other sentence gives another value for the same thing: neither passage has the other's, and no other year is meant."""
    if _holds(question, best, said) or _holds(question, other, short):
        return False
    if other.features["coverage"] < best.features["coverage"] - _AS_NEAR:
        return False
    if question.kind is Kind.TIME:
        return True
    return not _years(best) or not _years(other) or bool(_years(best) & _years(other))


def _holds(question: Question, candidate: Candidate, said: str) -> bool:
    """Whether the passage gives that figure or day too."""
    passage = fold(candidate.hit.passage.text)
    if question.kind is Kind.TIME:
        return re.search(rf"(?<!\d){re.escape(fold(said))}", passage) is not None
    wanted = next(_values(question, fold(said)), None)
    return wanted is not None and wanted in _values(question, passage)


def _years(candidate: Candidate) -> set[int]:
    before = candidate.hit.passage.text[: candidate.start]
    return figures.years(candidate.text) or figures.years(before) or figures.years(candidate.hit.document.date)
