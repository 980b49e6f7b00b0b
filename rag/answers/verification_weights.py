"""The numbers of the support of a statement, made by `python -m benchmarks.calibrate_verification` from its development statements."""

import math
from collections.abc import Mapping

WEIGHTS = {
    "bias": -2.699,
    "coverage": 4.108,
    "novel": -0.767,
    "reading": 0.346,
}
"""Of the features that rag.answers.verification examines a statement for: their sum is the log-odds that it is carried."""

SUPPORT_THRESHOLD = 0.4
"""A statement of less support does not pass, though no rule finds fault with it."""


def support(features: Mapping[str, float]) -> float:
    """The probability, in [0, 1], that what is cited carries the statement."""
    score = WEIGHTS["bias"] + sum(WEIGHTS[name] * value for name, value in features.items())
    return 1 / (1 + math.exp(-score))
