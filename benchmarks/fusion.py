"""Makes the numbers of rag.search.FUSION from training questions of CMRC 2018, DRCD and STARD: python -m benchmarks.fusion --work DIR."""

import argparse
import random
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from benchmarks.question_sets import COLLECTIONS, index, training_questions
from benchmarks.shared import keep
from rag.chinese.scripts import simplified
from rag.models import Encoder, open_encoder
from rag.search import DEPTH, FUSION, PARTS, distinction, normalised, search
from rag.settings import Settings
from rag.storage import Store

SETS = ("cmrc", "drcd", "stard")
TRUSTS = (0.0, 0.5, 1.0, 2.0, 4.0, 8.0, 16.0)


class Case(NamedTuple):
    """A question's passages: their normalised parts, shape (passages, PARTS), and which are gold; how distinct its terms are."""

    parts: NDArray[np.float64]
    gold: NDArray[np.bool_]
    distinct: float


def main() -> None:
    """Fit the weights, print them, and keep them with what each set alone would have."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--work", type=Path, required=True, help="a folder for the indexes, which benchmarks.search uses too")
    parser.add_argument("--questions", type=int, default=500, help="the most questions of a set")
    options = parser.parse_args()
    settings = Settings.load()
    encoder = open_encoder(settings.model, settings.cache, threads=settings.threads)
    cases: dict[str, list[Case]] = {}
    for name in SETS:
        asked = training_questions(name)
        asked = random.Random(1).sample(asked, min(options.questions, len(asked)))
        with index(name, COLLECTIONS[name]()[0], encoder, options.work) as store:
            cases[name] = [case for row in asked if (case := _case(store, encoder, row))]
            print(name, len(cases[name]), flush=True)
    loss, weights, trust = best(list(cases.values()))
    named = ", ".join(f"{name}={value:.3f}" for name, value in zip(PARTS, weights, strict=True))
    lines = [
        f"Numbers for rag/search.py: `FUSION = Weights({named}, trust={trust:g})`.",
        f"The code has `{FUSION}`.",
        "",
        f"| fitted on | questions | loss | {' | '.join(PARTS)} | trust |",
        "|---" * (4 + len(PARTS)) + "|",
        _row("all three, their losses multiplied", sum(map(len, cases.values())), loss, weights, trust),
        *(_row(f"{name} alone", len(cases[name]), *best([cases[name]])) for name in SETS),
    ]
    keep("fusion", "\n".join(lines))


def _row(name: str, count: int, loss: float, weights: NDArray[np.float64], trust: float) -> str:
    return f"| {name} | {count:,} | {loss:.3f} | " + " | ".join(f"{value:.3f}" for value in weights) + f" | {trust:g} |"


def _case(store: Store, encoder: Encoder, row: dict[str, Any]) -> Case | None:
    """None where no gold passage was found, or nothing else: nothing can be learned from it."""
    hits = search(store, row["question"], encoder.encode_question(simplified(row["question"])), limit=2 * DEPTH)
    gold = np.array([hit.document.id in row["gold"] for hit in hits])
    if not gold.any() or gold.all():
        return None
    by_terms = sorted((hit.parts["terms"] for hit in hits), reverse=True)
    parts = [normalised(hit.parts, by_terms) for hit in hits]
    return Case(np.array([[of_one[name] for name in PARTS] for of_one in parts]), gold, distinction(by_terms))


def best(sets: Sequence[Sequence[Case]]) -> tuple[float, NDArray[np.float64], float]:
    """The least loss, the weights that have it, which sum to 1, and their trust."""
    found = [(*fitted(sets, trust), trust) for trust in TRUSTS]
    loss, weights, trust = min(found, key=lambda one: one[0])
    return loss, weights / weights.sum(), trust


def fitted(sets: Sequence[Sequence[Case]], trust: float) -> tuple[float, NDArray[np.float64]]:
    """The least loss with this trust, and its weights, none of them below 0.

    A set's loss is the mean negative logarithm of the probability that a softmax of the sums gives the gold passages. The losses
    of the sets are multiplied: in a sum, the set whose questions are hardest would outvote the others.
    """
    from scipy.optimize import minimize

    stacked = []
    for of_set in sets:
        counts = np.array([[1.0 if name == "vector" else 1 + trust * case.distinct for name in PARTS] for case in of_set])
        lengths = np.array([len(case.parts) for case in of_set])
        rows = np.concatenate([case.parts for case in of_set]) * np.repeat(counts, lengths, axis=0)
        stacked.append((rows, np.concatenate([case.gold for case in of_set]), lengths, np.cumsum(lengths) - lengths))

    def loss(weights: NDArray[np.float64]) -> tuple[float, NDArray[np.float64]]:
        total, slope = 1e-6 * float(weights @ weights), 2e-6 * weights
        for rows, gold, lengths, starts in stacked:
            scores = rows @ weights
            odds = np.exp(scores - np.repeat(np.maximum.reduceat(scores, starts), lengths))
            of_gold = odds * gold / np.repeat(np.add.reduceat(odds * gold, starts), lengths)
            share = np.add.reduceat(odds * gold, starts) / np.add.reduceat(odds, starts)
            mean = -float(np.log(share).mean())
            total += float(np.log(mean))
            slope = slope + rows.T @ (odds / np.repeat(np.add.reduceat(odds, starts), lengths) - of_gold) / len(lengths) / mean
        return total, slope

    found = minimize(loss, np.full(len(PARTS), 5.0), jac=True, method="L-BFGS-B", bounds=[(0, None)] * len(PARTS))
    return float(found.fun), found.x


if __name__ == "__main__":
    main()
