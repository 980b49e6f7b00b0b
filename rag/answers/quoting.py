"""Cuts what is quoted out of a passage: the sentences that answer and those they lean on, as long as an answer may be."""

from collections.abc import Iterable
from dataclasses import dataclass

from rag.answers import evidence
from rag.answers.question import Kind
from rag.answers.selection import Candidate, Finding
from rag.chinese.scripts import fold
from rag.chinese.sentences import clauses
from rag.records import Citation, Hit

BRIEF, LONG = 120, 240
"""Characters of an answer to a plain question, and to one that asks why, how, which ones, or several things at once."""

LONG_KINDS = frozenset({Kind.REASON, Kind.MANNER, Kind.LIST})

_RUN = 1.5
"""A sentence goes along with the best one beside it when its log-odds are at most so much lower."""

_LEAD = 16
"""A sentence of so few characters is a lead (快，首先快在审批。): what it announces stands in the next one."""

_LEANS_BACK = (
    "其中",
    "这",
    "此",
    "该",
    "他",
    "她",
    "它",
    "当时",
    "同时",
    "据介绍",
    "对此",
    "因此",
    "后者",
    "前者",
    "其",
    "同一",
    "两者",
    "上述",
)
"""Openings that point at the sentence before, without which the statement does not stand alone."""


@dataclass(frozen=True, slots=True)
class Quote:
    """A stretch of a hit's passage, `hit.passage.text[start:end]`, that goes into the answer."""

    hit: Hit
    start: int
    end: int


def add(quotes: list[Quote], finding: Finding, budget: int) -> None:
    """Add to `quotes` the sentences that answer, as long as `budget` allows; what is quoted already is extended, not repeated."""
    best = finding.candidates[0]
    beside = {c.place: c for c in finding.candidates if c.hit.passage.id == best.hit.passage.id}
    first = last = best.place
    already = next((q for q in quotes if q.hit.passage.id == best.hit.passage.id and q.start <= best.start and best.end <= q.end), None)
    if already is not None:
        budget += already.end - already.start

    def length(low: int, high: int) -> int:
        return beside[high].end - beside[low].start

    def fits(place: int) -> bool:
        return place in beside and length(min(first, place), max(last, place)) <= budget

    # What the sentence points back to comes first; then what it announces, what the reader's span runs over, and the kind of thing
    # asked for where only the next sentence has it; then, where more than a figure is asked for, whatever goes on with it.
    if fits(first - 1) and best.text.lstrip("“").startswith(_LEANS_BACK):
        first -= 1
    if fits(last + 1) and (
        best.end - best.start <= _LEAD
        or (best.features["fits"] < 0.5 and beside[last + 1].features["fits"] > best.features["fits"])
        or (best.span is not None and best.span.end > beside[last + 1].start)
    ):
        last += 1
    if finding.question.kind in LONG_KINDS or finding.question.kind is Kind.OTHER or already is not None:
        while options := [
            (beside[place].score, place) for place in (first - 1, last + 1) if fits(place) and beside[place].score >= best.score - _RUN
        ]:
            _, taken = max(options)
            first, last = min(first, taken), max(last, taken)
    start, end = beside[first].start, beside[last].end
    if end - start > budget:
        start, end = _shortened(finding, best, budget)
    joined(quotes, Quote(best.hit, start, end))


def joined(quotes: list[Quote], new: Quote) -> None:
    """Add a quote; what is quoted already is extended, never said twice."""
    for quote in [q for q in quotes if q.hit.passage.id == new.hit.passage.id and q.start < new.end and new.start < q.end]:
        new = Quote(quote.hit, min(new.start, quote.start), max(new.end, quote.end))
        quotes.remove(quote)
    quotes.append(new)


def of_sentence(finding: Finding, candidate: Candidate, budget: int) -> Quote:
    """The sentence as a quote, or the clauses of it that hold most of what was asked where it is longer than `budget` characters."""
    if candidate.end - candidate.start <= budget:
        return Quote(candidate.hit, candidate.start, candidate.end)
    return Quote(candidate.hit, *_shortened(finding, candidate, budget))


def cited(quotes: Iterable[Quote], first: int = 1) -> tuple[Citation, ...]:
    """The citations of the quotes, numbered from `first`."""
    return tuple(Citation(n, q.hit.document, q.hit.passage, q.start, q.end) for n, q in enumerate(quotes, start=first))


def _shortened(finding: Finding, candidate: Candidate, budget: int) -> tuple[int, int]:
    """The run of clauses of the sentence, at most `budget` characters, that holds most of what was asked; one at the least.

    It holds the reader's span where it can.
    """
    text, span = candidate.hit.passage.text, candidate.span
    parts = clauses(text, candidate.start, candidate.end)
    best: tuple[float, int, int] | None = None
    for i, (first, _) in enumerate(parts):
        for _, last in parts[i:]:
            if last - first > budget and last != parts[i][1]:
                break
            folded = fold(text[first:last])
            over = max(0, last - first - budget)
            value = (
                evidence.coverage(finding.weights, folded) + evidence.fits(finding.question, folded) + (last - first) / 10_000 - over / 100
            )
            if span is not None and first <= span.start and span.end <= last:
                value += 1
            if best is None or value > best[0]:
                best = value, first, last
    return (best[1], best[2]) if best is not None else (candidate.start, candidate.end)
