"""The numbers of the answer models, made by `python -m benchmarks.calibrate_answers` from CMRC 2018's training part (CC BY-SA 4.0)."""

import math

WEIGHTS = {
    "bias": -34.52,
    "coverage": -0.33,
    "context_coverage": 4.90,
    "focus": 2.88,
    "focus_in_context": -2.78,
    "names": 1.33,
    "fits": 1.15,
    "cosine": 56.78,
    "passage_cosine": -26.90,
    "passage_gap": -5.64,
}
"""Of the features of rag.answers.selection: their sum is the log-odds that a sentence answers."""

SUPPORT_SLOPE, SUPPORT_BIAS = 1.0, 2.0
"""From the best sentence's log-odds to those that the question is answered (Platt scaling)."""

SUPPORT_THRESHOLD = 0.27
"""An answer of less support is refused: so that one in twenty of the answerable questions is."""


def support(score: float) -> float:
    """The probability, in [0, 1], that the best sentence answers, from its log-odds."""
    return 1 / (1 + math.exp(-(SUPPORT_SLOPE * score + SUPPORT_BIAS)))
