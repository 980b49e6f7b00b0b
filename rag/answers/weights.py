"""The numbers of the answer models, made by `python -m benchmarks.calibrate_answers` from CMRC 2018's training part (CC BY-SA 4.0)."""

import math

WEIGHTS = {
    "bias": -28.201,
    "coverage": -0.038,
    "context_coverage": 3.425,
    "focus": 2.758,
    "focus_in_context": -2.286,
    "names": 1.637,
    "fits": 1.082,
    "misfit": -1.0,
    "cosine": 45.518,
    "passage_cosine": -21.729,
    "passage_gap": -12.411,
}
"""Of the features of rag.answers.selection: their sum is the log-odds that a sentence answers."""

SUPPORT_BIAS, SUPPORT_SLOPE = 0.740, 0.990
"""From the best sentence's log-odds to those that the question is answered (Platt scaling)."""

SUPPORT_THRESHOLD = 0.12
"""An answer of less support is refused: so that one in twenty of the answerable questions is."""


def support(score: float) -> float:
    """The probability, in [0, 1], that the best sentence answers, from its log-odds."""
    return 1 / (1 + math.exp(-(SUPPORT_SLOPE * score + SUPPORT_BIAS)))
