"""The numbers of the answer models, made by `python -m benchmarks.calibrate_answers`, but for the threshold, chosen from its table.

From titles of CMRC 2018 (CC BY-SA 4.0) and DRCD (CC BY-SA 3.0) that nothing was trained on.
"""

import math

WEIGHTS = {
    "bias": -4.818,
    "coverage": 2.354,
    "focus": 0.281,
    "fits": 1.037,
    "verdict_gap": -0.388,
    "passage_gap": -16.617,
    "span": 0.332,
}
"""Of the features of rag.answers.selection: their sum is the log-odds that a sentence answers."""

SUPPORT_BIAS, SUPPORT_SLOPE = 1.129, 0.783
"""From the best sentence's log-odds to those that the question is answered (Platt scaling)."""

SUPPORT_THRESHOLD = 0.25
"""An answer of less support is refused. Chosen from the table in benchmarks/results/calibrate_answers.md: one in twelve of the answerable
questions is refused there, and of their near misses more than seven in ten are: a wrong answer costs more than a refusal."""


def support(score: float) -> float:
    """The probability, in [0, 1], that the best sentence answers, from its log-odds."""
    return 1 / (1 + math.exp(-(SUPPORT_SLOPE * score + SUPPORT_BIAS)))
