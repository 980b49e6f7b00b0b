"""The numbers of the answer models, made by `python -m benchmarks.calibrate_answers` from CMRC 2018's training part (CC BY-SA 4.0)."""

import math

WEIGHTS = {
    "bias": -10.476,
    "coverage": 0.443,
    "context_coverage": 3.075,
    "focus": 2.702,
    "focus_in_context": -2.186,
    "names": 1.562,
    "fits": 1.308,
    "cosine": 10.090,
    "passage_cosine": -4.385,
    "passage_gap": -17.817,
}
"""Of the features of rag.answers.selection: their sum is the log-odds that a sentence answers."""

SUPPORT_BIAS, SUPPORT_SLOPE = 0.784, 0.963
"""From the best sentence's log-odds to those that the question is answered (Platt scaling)."""

SUPPORT_THRESHOLD = 0.166
"""An answer of less support is refused: so is one in ten of the answerable questions that the numbers were made from."""


def support(score: float) -> float:
    """The probability, in [0, 1], that the best sentence answers, from its log-odds."""
    return 1 / (1 + math.exp(-(SUPPORT_SLOPE * score + SUPPORT_BIAS)))
