"""Puts the hits that were read in the order in which they seem to answer."""

import math
from collections.abc import Sequence
from dataclasses import replace

from rag.models.reader import Reading
from rag.records import Hit

READING = "reading"
"""The part of a hit's score that the reader gives: near 1 where the passage answers, near 0 where it does not."""

WEIGHT, SOFTNESS = 0.15, 3.0
"""What that part counts beside the score of search, which counts 1, and what the reader's log-odds are divided by before they become a
part: of two passages that surely answer one may still do so more surely. Chosen from the table that benchmarks/calibrate_answers.py
prints."""


def reread(hits: Sequence[Hit], readings: Sequence[Reading]) -> list[tuple[Hit, Reading | None]]:
    """All hits with their readings, best first, ranked anew; `readings` are those of the first of them, the others count as no answer."""
    read = [(_scored(hit, reading), reading) for hit, reading in zip(hits, readings, strict=False)]
    unread = [(_scored(hit, None), None) for hit in hits[len(readings) :]]
    ranked = sorted([*read, *unread], key=lambda one: (-one[0].score, one[0].rank))
    return [(replace(hit, rank=rank), reading) for rank, (hit, reading) in enumerate(ranked, 1)]


def part(verdict: float) -> float:
    """The part of the score, in [0, 1], of a passage that answers with so much log-odds."""
    return 1 / (1 + math.exp(-max(-100.0, min(100.0, verdict / SOFTNESS))))


def _scored(hit: Hit, reading: Reading | None) -> Hit:
    """The hit with the reading in its score, which stays in [0, 1]."""
    if reading is None:
        return replace(hit, score=hit.score / (1 + WEIGHT))
    value = part(reading.verdict)
    return replace(hit, parts={**hit.parts, READING: value}, score=(hit.score + WEIGHT * value) / (1 + WEIGHT))
