"""The numbers of the answer models, made by `python -m benchmarks.calibrate_answers` from CMRC 2018's training part (CC BY-SA 4.0)."""

import math

WEIGHTS = {
    "bias": -27.511,
    "coverage": -0.033,
    "context_coverage": 3.456,
    "focus": 2.765,
    "focus_in_context": -2.278,
    "names": 1.656,
    "fits": 0.948,
    "cosine": 45.335,
    "passage_cosine": -22.252,
    "passage_gap": -12.872,
}
"""Of the features of rag.answers.selection: their sum is the log-odds that a sentence answers."""

SUPPORT_BIAS, SUPPORT_SLOPE = 0.743, 0.982
"""From the best sentence's log-odds to those that the question is answered (Platt scaling)."""

SUPPORT_THRESHOLD = 0.164
"""An answer of less support is refused: so that one in ten of the answerable questions is."""


def support(score: float) -> float:
    """The probability, in [0, 1], that the best sentence answers, from its log-odds."""
    return 1 / (1 + math.exp(-(SUPPORT_SLOPE * score + SUPPORT_BIAS)))
