"""The numbers of the answer models, made by `python -m benchmarks.calibrate_answers` from CMRC 2018's training part (CC BY-SA 4.0)."""

import math

WEIGHTS = {
    "bias": -28.108,
    "coverage": -0.064,
    "context_coverage": 3.418,
    "focus": 2.776,
    "focus_in_context": -2.287,
    "names": 1.654,
    "fits": 1.100,
    "cosine": 45.658,
    "passage_cosine": -21.981,
    "passage_gap": -13.087,
}
"""Of the features of rag.answers.selection: their sum is the log-odds that a sentence answers."""

SUPPORT_BIAS, SUPPORT_SLOPE = 0.740, 0.986
"""From the best sentence's log-odds to those that the question is answered (Platt scaling)."""

SUPPORT_THRESHOLD = 0.148
"""An answer of less support is refused: so is one in ten of the answerable questions that the numbers were made from."""


def support(score: float) -> float:
    """The probability, in [0, 1], that the best sentence answers, from its log-odds."""
    return 1 / (1 + math.exp(-(SUPPORT_SLOPE * score + SUPPORT_BIAS)))
