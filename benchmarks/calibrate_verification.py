"""Makes the numbers of rag/answers/verification_weights.py from the development statements: python -m benchmarks.calibrate_verification.

Support tells whether what is said is there at all; how it is said (the right year, no denial, no plan) is left to rules. So the
statements that are not carried are those that invent, swap the subject or cite the wrong passage, and every supported one with the
passages cited that stand beside the right ones.
"""

from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from benchmarks.regression import signed
from benchmarks.shared import auc, keep
from benchmarks.statements import Labelled, beside, labelled
from rag.answers.verification import Verifier
from rag.answers.verification_weights import WEIGHTS
from rag.models.reader import PackReader

NAMES = tuple(name for name in WEIGHTS if name != "bias")
SIGNS = np.array([-1.0 if name == "novel" else 1.0 for name in NAMES])
OF_SUPPORT = frozenset({"invented", "premise", "citation", "subject", "person", "place"})
"""Kinds of unsupported statements that say what is not there."""


def main() -> None:
    """Fit, print and keep the numbers."""
    features, labels = _cases(labelled("development"))
    weights = signed(features, labels, SIGNS)
    support = 1 / (1 + np.exp(-(weights[0] + features @ weights[1:])))
    lines = ["Numbers for rag/answers/verification_weights.py:", "", "```python", "WEIGHTS = {"]
    lines += [f'    "{name}": {value:.3f},' for name, value in zip(("bias", *NAMES), weights, strict=True)]
    lines += ["}", "```", "", f"Of {int(labels.sum())} carried and {int((~labels).sum())} not carried: "]
    lines[-1] += f"AUC {auc(support[labels], support[~labels]):.3f} (in the sample that they were fitted to)."
    lines += ["", "| threshold | carried, below | not carried, not below |", "|---|---|---|"]
    for at in (0.1, 0.15, 0.2, 0.25, 0.3, 0.4, 0.5):
        lines.append(f"| {at:.2f} | {(support[labels] < at).mean():.3f} | {(support[~labels] >= at).mean():.3f} |")
    keep("calibrate_verification", "\n".join(lines))


def _cases(statements: Sequence[Labelled]) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    """The features (cases, NAMES) and labels (cases,) of the statements that are not verbatim."""
    verifier = Verifier(PackReader())
    found = [(verifier.examine(one.statement, one.cited, one.question).features, one.supported) for one in _chosen(statements)]
    kept = [(features, supported) for features, supported in found if features]
    return np.array([[features[name] for name in NAMES] for features, _ in kept]), np.array([supported for _, supported in kept])


def _chosen(statements: Sequence[Labelled]) -> Iterator[Labelled]:
    for one in statements:
        if one.supported:
            yield one
            yield from beside(one)
        elif one.kind in OF_SUPPORT:
            yield one


if __name__ == "__main__":
    main()
