"""What the parts of the reader's training are worth: python -m benchmarks.reader_ablations WORK, a folder outside the repository.

Readers that differ in one thing are trained equally long, from the same start and on the same groups but for what is left out, and are
asked the questions that nothing was trained on. WORK may be that of training.reader: what was mined
there is used. A run that was stopped goes on.
"""

import argparse
import statistics
from collections.abc import Iterator, Sequence
from pathlib import Path

from benchmarks.answers import read_given
from benchmarks.calibrate_answers import AS_IT_IS, NEAR_MISS, PARAGRAPH_OUT, SENTENCE_OUT, asked_cases
from benchmarks.shared import auc, keep
from rag.models.reader import PackReader
from training.reader import made
from training.reader_model import LAYERS

VARIANTS: dict[str, tuple[int, Sequence[str]]] = {
    "whole": (LAYERS, ()),
    "without what search mistakes": (LAYERS, ("hard",)),
    "without near misses": (LAYERS, ("near",)),
    "half the layers": (LAYERS // 2, ()),
}
"""The layers of each, and what its groups are without."""

STEPS = 400
QUESTIONS, PARAGRAPHS = 120, 100
"""Of the titles left to calibration."""


def main() -> None:
    """Train what is not trained yet, ask, print and keep the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("work", type=Path)
    parser.add_argument("--steps", type=int, default=STEPS)
    options = parser.parse_args()
    keep("reader_ablations", "\n".join(_table(options.work, options.steps)))


def _table(work: Path, steps: int) -> Iterator[str]:
    yield f"Readers of {steps} steps each. F1 of the likeliest span on DRCD, the part kept out, the passage given; and the AUC of the best"
    yield f"verdict on the passages found, {QUESTIONS} questions of titles left to calibration against the same ones without an answer."
    yield ""
    yield "| reader | DRCD F1 | sentence out | paragraph out | near miss |"
    yield "|---|---|---|---|---|"
    for number, (name, (layers, without)) in enumerate(VARIANTS.items()):
        pack = made(work, work / f"variant-{number}", steps, layers, without)
        f1 = statistics.mean(f1 for _, f1 in read_given(PackReader(pack), "drcd"))
        surest: dict[str, list[float]] = {}
        for case in asked_cases(pack, PARAGRAPHS, QUESTIONS):
            surest.setdefault(case.way, []).append(float(case.passages[:, 1].max()))
        told = (auc(surest[AS_IT_IS], surest[way]) for way in (SENTENCE_OUT, PARAGRAPH_OUT, NEAR_MISS))
        yield f"| {name} | {f1:.3f} | " + " | ".join(f"{value:.3f}" for value in told) + " |"


if __name__ == "__main__":
    main()
