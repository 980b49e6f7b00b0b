"""Scores the sentences of the hits as answers: a logistic regression over few features; its numbers are in weights.py."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from rag.answers import constraints, evidence
from rag.answers.question import Question
from rag.answers.weights import WEIGHTS
from rag.chinese.scripts import fold
from rag.chinese.sentences import sentences
from rag.records import Hit

Vectors = NDArray[np.float32]

ENCODED = 12
"""How many sentences are encoded for a question: the likeliest by everything else; encoding is what an answer's time is spent on."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """The sentence `hit.passage.text[start:end]`, the `place`-th of its passage; `features` are what it is judged by."""

    hit: Hit
    place: int
    start: int
    end: int
    features: Mapping[str, float]
    unmet: tuple[constraints.Constraint, ...] = ()

    @property
    def score(self) -> float:
        """The log-odds that the sentence answers."""
        return WEIGHTS["bias"] + sum(WEIGHTS[name] * value for name, value in self.features.items())

    @property
    def text(self) -> str:
        """The sentence as it stands in the passage."""
        return self.hit.passage.text[self.start : self.end]


def candidates(
    question: Question,
    weights: Mapping[str, float],
    hits: Sequence[Hit],
    vector: Vectors,
    encode: Callable[[Sequence[str]], Vectors],
) -> list[Candidate]:
    """The sentences of the hits that may answer, at most ENCODED of them, best first.

    `weights` are the question's words with their weights; `vector` is the question's, shape (dimension,); `encode` gives
    sentences theirs, shape (n, dimension), all of length 1. `unmet` of each is what the question asks for that it is not about.
    """
    likeliest = sorted(_unencoded(question, weights, hits), key=lambda candidate: -candidate.score)[:ENCODED]
    if not likeliest:
        return []
    cosines = encode([candidate.text for candidate in likeliest]) @ vector
    found = [
        replace(c, features={**c.features, "cosine": float(cosine)}, unmet=constraints.unmet(question, c.hit, c.start, c.end))
        for c, cosine in zip(likeliest, cosines, strict=True)
    ]
    return sorted(found, key=lambda candidate: -candidate.score)


def _unencoded(question: Question, weights: Mapping[str, float], hits: Sequence[Hit]) -> Iterator[Candidate]:
    """Every sentence of the hits with the features that cost no encoding; its cosine is taken to be its passage's."""
    best = max((hit.score for hit in hits), default=0.0)
    for hit in hits:
        text = hit.passage.text
        context = fold("\n".join((hit.document.headline, hit.passage.heading, text)))
        of_passage = {"cosine": hit.parts["vector"], "passage_cosine": hit.parts["vector"], "passage_gap": best - hit.score}
        for place, (start, end) in enumerate(sentences(text)):
            yield Candidate(hit, place, start, end, measure(question, weights, fold(text[start:end]), context) | of_passage)


def measure(question: Question, weights: Mapping[str, float], folded: str, context: str) -> dict[str, float]:
    """The features of a folded sentence that come from its words and those of its `context` (title, sub-head, paragraph)."""
    focus, names = evidence.focus(question), evidence.names(question)
    return {
        "coverage": evidence.coverage(weights, folded),
        "context_coverage": evidence.coverage(weights, context),
        "focus": evidence.held(focus, folded) if focus else 1.0,
        "focus_in_context": evidence.held(focus, context) if focus else 1.0,
        "names": min((evidence.held(name, context) for name in names), default=1.0),
        "fits": evidence.fits(question, folded),
    }
