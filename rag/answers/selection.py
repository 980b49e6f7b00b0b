"""Scores the sentences of the hits as answers: a logistic regression over few features; its numbers are in weights.py."""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from rag.answers import constraints, evidence
from rag.answers.question import Question
from rag.answers.weights import SENTENCE_WEIGHTS
from rag.chinese.scripts import fold
from rag.chinese.sentences import sentences
from rag.records import Hit

Vectors = NDArray[np.float32]

ENCODED = 16
"""How many sentences are encoded for a question: those that hold most of its words; encoding is what an answer's time is spent on."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """The sentence `hit.passage.text[start:end]`, the `place`-th of its passage.

    `score` is the log-odds that it answers, `unmet` what the question asks for that it is not about.
    """

    hit: Hit
    place: int
    start: int
    end: int
    score: float
    unmet: tuple[constraints.Constraint, ...]

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
    sentences theirs, shape (n, dimension), all of length 1.
    """
    measured = sorted(_measured(question, weights, hits), key=lambda found: -log_odds(found[-1]))[:ENCODED]
    if not measured:
        return []
    cosines = encode([hit.passage.text[start:end] for hit, _, start, end, _ in measured]) @ vector
    found = [
        Candidate(hit, place, start, end, log_odds(features | {"cosine": float(cosine)}), constraints.unmet(question, hit, start, end))
        for (hit, place, start, end, features), cosine in zip(measured, cosines, strict=True)
    ]
    return sorted(found, key=lambda candidate: -candidate.score)


def _measured(
    question: Question, weights: Mapping[str, float], hits: Sequence[Hit]
) -> list[tuple[Hit, int, int, int, dict[str, float]]]:
    """Every sentence of the hits with the features that cost no encoding; its cosine is taken to be its passage's."""
    best = max((hit.score for hit in hits), default=0.0)
    found = []
    for hit in hits:
        text = hit.passage.text
        context = fold("\n".join((hit.document.title, hit.passage.heading, text)))
        of_passage = {"cosine": hit.parts["vector"], "passage_cosine": hit.parts["vector"], "passage_gap": best - hit.score}
        for place, (start, end) in enumerate(sentences(text)):
            found.append((hit, place, start, end, measure(question, weights, fold(text[start:end]), context) | of_passage))
    return found


def measure(question: Question, weights: Mapping[str, float], folded: str, context: str) -> dict[str, float]:
    """The features of a folded sentence that come from its words and those of its `context` (title, sub-head, paragraph)."""
    covered, kind = evidence.coverage(weights, folded), evidence.fits(question, folded)
    focus, names = evidence.focus(question), evidence.names(question)
    return {
        "coverage": covered,
        "context_coverage": evidence.coverage(weights, context),
        "focus": evidence.held(focus, folded) if focus else 1.0,
        "focus_in_context": evidence.held(focus, context) if focus else 1.0,
        "names": min((evidence.held(name, context) for name in names), default=1.0),
        "fits": kind,
        "fits_and_covers": kind * covered,
        "length": math.log(1 + len(folded)),
    }


def log_odds(features: Mapping[str, float]) -> float:
    """The log-odds that a sentence of these features answers its question."""
    return SENTENCE_WEIGHTS["bias"] + sum(SENTENCE_WEIGHTS[name] * value for name, value in features.items())
