"""The numbers of the answer models, made by `python -m benchmarks.calibrate_answers` from CMRC 2018's training part (CC BY-SA 4.0)."""

import math

WEIGHTS = {
    "bias": -10.492,
    "coverage": 0.336,
    "context_coverage": 3.109,
    "focus": 2.751,
    "focus_in_context": -2.191,
    "names": 1.597,
    "fits": 1.265,
    "cosine": 10.185,
    "passage_cosine": -4.334,
    "passage_gap": -16.544,
}
"""Of the features of rag.answers.selection: their sum is the log-odds that a sentence answers."""

SUPPORT_BIAS, SUPPORT_SLOPE = 0.810, 1.003
"""From the best sentence's log-odds to those that the question is answered (Platt scaling)."""

SUPPORT_THRESHOLD = 0.159
"""An answer of less support is refused: so is one in ten of the answerable questions that the numbers were made from."""


def support(score: float) -> float:
    """The probability, in [0, 1], that the best sentence answers, from its log-odds."""
    return 1 / (1 + math.exp(-(SUPPORT_SLOPE * score + SUPPORT_BIAS)))
