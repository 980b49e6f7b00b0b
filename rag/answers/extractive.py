"""Writes an answer from hits without a language model: sentences that answer, verbatim and cited, or a refusal that says why."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from rag.answers import evidence, refusal
from rag.answers.question import Kind, Question, parse
from rag.answers.selection import Candidate, Vectors, candidates
from rag.answers.short import short
from rag.answers.weights import SUPPORT_THRESHOLD, support
from rag.chinese.scripts import fold
from rag.chinese.sentences import clauses
from rag.records import Answer, Citation, Hit, Statement

BRIEF, LONG = 120, 240
"""Characters of an answer to a plain question, and to one that asks why, how, which ones, or several things at once."""

MOST_PARTS = 4
"""How many things one question may ask; the rest is left with a word about it."""

_LONG_KINDS = frozenset({Kind.REASON, Kind.MANNER, Kind.LIST})

_RUN = 1.5
"""A sentence goes along with the best one beside it when its log-odds are at most so much lower."""

_LEAD = 16
"""A sentence of so few characters is a lead (快，首先快在审批。): what it announces stands in the next one."""

_RIVAL = 0.5
"""Where a sentence about another year or edition answers better by so much, the documents know of that one only."""

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
class _Finding:
    """What was found for one thing asked: the sentences, best first, and the probability that the best of them answers."""

    question: Question
    candidates: list[Candidate]
    weights: dict[str, float]
    support: float


@dataclass(frozen=True, slots=True)
class _Quote:
    """A stretch of a hit's passage, `hit.passage.text[start:end]`, that goes into the answer."""

    hit: Hit
    start: int
    end: int


def answer(
    question: str,
    hits: Sequence[Hit],
    encode_question: Callable[[str], Vectors],
    encode: Callable[[Sequence[str]], Vectors],
    weight: Callable[[str], float],
) -> Answer:
    """The answer of the `hits` to `question`.

    `encode_question` gives a question its vector, shape (dimension,), `encode` sentences theirs; `weight` is a word's inverse
    document frequency. A question that asks several things is answered part by part; parts without an answer are named in `reason`.
    """
    parts = parse(question)
    if not parts or not hits:
        return Answer(question, (), 0.0, refused=True, reason=refusal.NOTHING_STORED if parts else refusal.NOTHING_ASKED)
    left = parts[MOST_PARTS:]
    parts = parts[:MOST_PARTS]
    findings = [_find(part, hits, encode_question(part.asked if len(parts) > 1 else question), encode, weight) for part in parts]
    answered = [finding for finding in findings if finding.support >= SUPPORT_THRESHOLD]
    reasons = [refusal.reason(f.question, f.candidates, f.weights, whole=len(parts) == 1) for f in findings if f not in answered]
    if left:
        reasons.append(refusal.TOO_MANY)
    reason = "".join(dict.fromkeys(reasons))
    if not answered:
        closest = {(f.candidates[0].hit.passage.id, f.candidates[0].start): f.candidates[0] for f in findings}
        nearest = _cited(_Quote(c.hit, c.start, c.end) for c in closest.values())
        return Answer(question, (), max(f.support for f in findings), refused=True, reason=reason, nearest=nearest, hits=tuple(hits))
    budget = LONG if len(answered) > 1 or answered[0].question.kind in _LONG_KINDS else BRIEF
    quotes: list[_Quote] = []
    for done, finding in enumerate(answered):
        # Each part has its share, and what those before it left of theirs.
        spent = sum(quote.end - quote.start for quote in quotes)
        _add(quotes, finding, (budget - spent) // (len(answered) - done))
    return Answer(
        question,
        tuple(Statement(citation.quote, (citation,)) for citation in _cited(quotes)),
        min(f.support for f in answered),
        refused=False,
        short="；".join(dict.fromkeys(filter(None, (_short(finding, quotes) for finding in answered)))),
        reason=reason,
        hits=tuple(hits),
    )


def _short(finding: _Finding, quotes: Sequence[_Quote]) -> str:
    """The short answer in the sentence that was found, where the answer quotes it."""
    found = short(finding.question, finding.candidates[0].text, finding.weights)
    return found if any(found in quote.hit.passage.text[quote.start : quote.end] for quote in quotes) else ""


def _find(
    question: Question, hits: Sequence[Hit], vector: Vectors, encode: Callable[[Sequence[str]], Vectors], weight: Callable[[str], float]
) -> _Finding:
    """The sentences for one thing asked; without those about another year or edition, unless the best ones are."""
    weights = evidence.weigh(question, weight)
    found = candidates(question, weights, hits, vector, encode)
    meeting = [candidate for candidate in found if not candidate.unmet]
    if meeting and meeting[0].score >= found[0].score - _RIVAL:
        return _Finding(question, meeting, weights, support(meeting[0].score))
    return _Finding(question, found, weights, 0.0)


def _add(quotes: list[_Quote], finding: _Finding, budget: int) -> None:
    """Add to `quotes` the sentences that answer, as long as `budget` allows; what is quoted already is extended, not repeated."""
    best = finding.candidates[0]
    beside = {c.place: c for c in finding.candidates if c.hit.passage.id == best.hit.passage.id}
    first = last = best.place
    text = best.hit.passage.text
    already = next((q for q in quotes if q.hit.passage.id == best.hit.passage.id and q.start <= best.start and best.end <= q.end), None)
    if already is not None:
        budget += already.end - already.start

    def length(low: int, high: int) -> int:
        return beside[high].end - beside[low].start

    def fits(place: int) -> bool:
        return place in beside and length(min(first, place), max(last, place)) <= budget

    # What the sentence points back to comes first; then what it announces, and the kind of thing asked for where only the next
    # sentence has it; then, where more than a figure is asked for, whatever goes on with it.
    if fits(first - 1) and best.text.lstrip("“").startswith(_LEANS_BACK):
        first -= 1
    if fits(last + 1) and (
        best.end - best.start <= _LEAD or (best.features["fits"] < 0.5 and beside[last + 1].features["fits"] > best.features["fits"])
    ):
        last += 1
    if finding.question.kind in _LONG_KINDS or finding.question.kind is Kind.OTHER or already is not None:
        while options := [
            (beside[place].score, place) for place in (first - 1, last + 1) if fits(place) and beside[place].score >= best.score - _RUN
        ]:
            _, taken = max(options)
            first, last = min(first, taken), max(last, taken)
    start, end = beside[first].start, beside[last].end
    if end - start > budget:
        start, end = _shortened(finding, text, best.start, best.end, budget)
    for quote in [q for q in quotes if q.hit.passage.id == best.hit.passage.id and q.start < end and start < q.end]:
        # What is quoted already is extended, never said twice.
        start, end = min(start, quote.start), max(end, quote.end)
        quotes.remove(quote)
    quotes.append(_Quote(best.hit, start, end))


def _shortened(finding: _Finding, text: str, start: int, end: int, budget: int) -> tuple[int, int]:
    """The run of clauses of `text[start:end]`, at most `budget` characters, that holds most of what was asked; one at the least."""
    parts = clauses(text, start, end)
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
            if best is None or value > best[0]:
                best = value, first, last
    return (best[1], best[2]) if best is not None else (start, end)


def _cited(quotes: Iterable[_Quote]) -> tuple[Citation, ...]:
    return tuple(Citation(n, q.hit.document, q.hit.passage, q.start, q.end) for n, q in enumerate(quotes, start=1))
