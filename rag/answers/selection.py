"""Scores the sentences of the hits as answers: a logistic regression over what the reader says and few features of the words.

Its numbers are in weights.py.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from rag.answers import constraints, evidence
from rag.answers.question import Kind, Question, is_measure
from rag.answers.weights import SUPPORT_THRESHOLD, WEIGHTS, support
from rag.chinese.polarity import maybe_planned, planned
from rag.chinese.quantities import quantities
from rag.chinese.scripts import fold
from rag.chinese.sentences import sentences
from rag.models.reader import Reading, Span
from rag.records import Hit

RIVAL, NAMED = 0.5, 2.0
"""Where a sentence about another year or edition answers better by so much, the documents know of that one only; by so much more than one
that names the year itself."""

MEASURED = 2.0
"""A sentence that does not name the measure or the money asked for comes behind one that does and answers worse by so much."""

PLANNED = 1.5
"""A sentence of a plan comes behind one of a fact that answers worse by so much, unless it is a plan that is asked for."""

ALL, HELD = 0.8, 0.5
"""The share of the question's words that a sentence says all with, and of its last noun that it has it with."""

NO_SPAN = 2.0
"""A sentence without a span of its own is taken to be so much less likely than the least likely that the reader told of."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """The sentence `hit.passage.text[start:end]`, the `place`-th of its passage; `features` are what it is judged by.

    `span` is the likeliest answer that stands in it, or runs over it, if the reader told of any.
    """

    hit: Hit
    place: int
    start: int
    end: int
    features: Mapping[str, float]
    span: Span | None = None
    unmet: tuple[constraints.Constraint, ...] = ()

    @property
    def score(self) -> float:
        """The log-odds that the sentence answers."""
        return WEIGHTS["bias"] + sum(WEIGHTS[name] * value for name, value in self.features.items())

    @property
    def text(self) -> str:
        """The sentence as it stands in the passage."""
        return self.hit.passage.text[self.start : self.end]


@dataclass(frozen=True, slots=True)
class Finding:
    """What was found for one thing asked: the sentences, best first, and the probability that the best of them answers.

    `weights` are the question's words with theirs. `only_else` tells that the best sentence answers for another year, edition, line or
    office than the one asked for, and none does for that one.
    """

    question: Question
    candidates: tuple[Candidate, ...]
    weights: Mapping[str, float]
    support: float
    only_else: bool = False


def find(question: Question, read: Sequence[tuple[Hit, Reading]], weight: Callable[[str], float]) -> Finding:
    """The sentences for one thing asked; without those about another year or edition, unless the best ones are.

    `read` are the hits, each with what the reader makes of it; `weight` is a word's inverse document frequency.
    """
    weights = evidence.weigh(question, weight)
    found = candidates(question, weights, read)
    if not found:
        return Finding(question, (), weights, 0.0)
    meeting = [candidate for candidate in found if not candidate.unmet]
    # A sentence that names the year asked for itself, and has the kind of thing that is asked for, is about it, however the reader
    # was drawn to the one beside it; one that names neither the measure nor money gives another figure.
    meeting.sort(
        key=lambda candidate: (
            MEASURED * _gives_another(question, candidate)
            + PLANNED * (planned(candidate.text) and not maybe_planned(question.text))
            - candidate.score
            - NAMED * constraints.named(question, candidate.text) * candidate.features["fits"]
        )
    )
    elsewhere = next((candidate for candidate in found if candidate.unmet and _says_all(candidate)), None)
    if meeting and not (elsewhere and _lacks_measure(question, meeting[0])):
        named = constraints.named(question, meeting[0].text) and meeting[0].features["fits"] == 1
        if meeting[0].score >= found[0].score - (NAMED if named else RIVAL):
            sure = 0.0 if evidence.lacks_money(question, fold(meeting[0].text)) else support(meeting[0].score)
            return Finding(question, tuple(meeting), weights, sure)
    near = [c for c in meeting if c.score >= found[0].score - 2 * NAMED and not (elsewhere and _lacks_measure(question, c))]
    documented = any(candidate.features["fits"] == 1 and constraints.named(question, candidate.text) for candidate in near)
    first = elsewhere or found[0]
    told = elsewhere is not None or support(first.score) >= SUPPORT_THRESHOLD
    rest = (candidate for candidate in found if candidate is not first)
    return Finding(question, (first, *rest), weights, 0.0, only_else=not documented and told)


def _says_all(candidate: Candidate) -> bool:
    """Whether a sentence says all that is asked, but for the year or edition that it is not about."""
    return candidate.features["coverage"] >= ALL and candidate.features["focus"] == 1 and candidate.features["fits"] == 1


def _lacks_measure(question: Question, candidate: Candidate) -> bool:
    """Whether the question asks for a measure (产值) that the sentence does not name: what it gives is another figure."""
    return question.kind is Kind.FIGURE and is_measure(evidence.focus(question)) and candidate.features["focus"] < HELD


def _gives_another(question: Question, candidate: Candidate) -> bool:
    """Whether what the sentence gives is not the figure asked for: no money, or of another measure."""
    return _lacks_measure(question, candidate) or evidence.lacks_money(question, fold(candidate.text))


def _only_asks(folded: str) -> bool:
    """Whether a sentence is a question that tells no figure, and answers nothing: 主演有谁？"""
    return folded.endswith("?") and not quantities(folded)


def candidates(question: Question, weights: Mapping[str, float], read: Sequence[tuple[Hit, Reading]]) -> list[Candidate]:
    """The sentences of the hits that may answer, best first.

    `weights` are the question's words with their weights, `read` the hits with what the reader makes of each for it. `unmet` of each is
    what the question asks for that it is not about.
    """
    return sorted(_candidates(question, weights, read), key=lambda candidate: -candidate.score)


def _candidates(question: Question, weights: Mapping[str, float], read: Sequence[tuple[Hit, Reading]]) -> Iterator[Candidate]:
    best = max((hit.score for hit, _ in read), default=0.0)
    surest = max((reading.verdict for _, reading in read), default=0.0)
    focus = evidence.focus(question)
    for hit, reading in read:
        text = hit.passage.text
        folded = fold(text)
        least = min((span.score for span in reading.spans), default=0.0) - NO_SPAN
        of_passage = {"verdict_gap": surest - reading.verdict, "passage_gap": best - hit.score}
        ranges = sentences(text)
        raised = ""
        for place, ((start, end), unmet) in enumerate(zip(ranges, constraints.unmet(question, hit, ranges), strict=True)):
            span = next((span for span in reading.spans if span.start < end and start < span.end), None)
            sentence = folded[start:end]
            if _only_asks(sentence):
                # A question that a document asks itself is what the next sentence answers, and says the words that this one leaves out.
                raised += sentence
                continue
            raised, whole = "", raised + sentence
            of_sentence = {
                "coverage": evidence.coverage(weights, whole),
                "focus": evidence.held(focus, whole) if focus else 1.0,
                "fits": evidence.fits(question, sentence),
                "span": span.score if span else least,
            }
            yield Candidate(hit, place, start, end, of_passage | of_sentence, span, unmet)
