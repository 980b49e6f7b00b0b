"""What vectors, terms and the parts of both together find on sets that nothing was fitted on: python -m benchmarks.search --work DIR."""

import argparse
import statistics
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from benchmarks.question_sets import COLLECTIONS, index
from benchmarks.shared import keep
from rag.chinese.scripts import simplified
from rag.models import Encoder, open_encoder
from rag.records import Hit
from rag.search import FUSION, Weights, search
from rag.settings import Settings
from rag.storage import Store

WAYS = {
    "vectors": Weights(1, 0, 0, 0, 0),
    "terms": Weights(0, 1, 0, 0, 0),
    "vectors + terms, halves": Weights(0.5, 0.5, 0, 0, 0),
    "as the product does": FUSION,
}
"""BM25 with the terms of rag.chinese.terms is "terms"; "vectors + terms" is the plain sum of both by halves."""

LIMIT = 40
"""Passages asked for, that ten different documents be among them."""

FOUND = 10


def main() -> None:
    """Print and keep R@1, R@5, R@10 and MRR@10 of each way on each set."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--work", type=Path, required=True, help="a folder outside the repository for the indexes")
    parser.add_argument("--sets", nargs="+", choices=COLLECTIONS, default=list(COLLECTIONS))
    options = parser.parse_args()
    settings = Settings.load()
    encoder = open_encoder(settings.model, settings.cache, threads=settings.threads)
    lines = [
        f"Model {encoder.name}; {FUSION}.",
        "R@k: a gold passage is among the first k. Nothing was trained or fitted on these questions.",
        "",
        "| set | passages | questions | way | R@1 | R@5 | R@10 | MRR@10 |",
        "|---|---|---|---|---|---|---|---|",
    ]
    for name in options.sets:
        corpus, questions = COLLECTIONS[name]()
        with index(name, corpus, encoder, options.work) as store:
            for way, places in measured(store, encoder, questions).items():
                shares = [sum(place <= k for place in places) / len(places) for k in (1, 5, 10)]
                mean = statistics.mean(1 / place if place <= FOUND else 0.0 for place in places)
                figures = " | ".join(f"{value:.4f}" for value in (*shares, mean))
                lines.append(f"| {name} | {len(corpus):,} | {len(questions):,} | {way} | {figures} |")
                print(lines[-1], flush=True)
    keep("search", "\n".join(lines))


def measured(store: Store, encoder: Encoder, questions: Sequence[dict[str, Any]]) -> dict[str, list[int]]:
    """By the way of searching, where the first gold document stands for each question, from 1; a large number where it was not found."""
    places: dict[str, list[int]] = {way: [] for way in WAYS}
    for row in questions:
        vector = encoder.encode_question(simplified(row["question"]))
        for way, weights in WAYS.items():
            places[way].append(place(search(store, row["question"], vector, limit=LIMIT, weights=weights), row["gold"]))
    return places


def place(hits: Sequence[Hit], gold: Sequence[str]) -> int:
    """Where the first gold document stands among the documents of the hits; the copies of a hit come behind it, each a place of its own."""
    documents: dict[str, None] = {}
    for hit in hits:
        documents.update(dict.fromkeys((hit.document.id, *(copy.document_id for copy in hit.copies))))
    return next((number for number, name in enumerate(documents, 1) if name in gold), 10**6)


if __name__ == "__main__":
    main()
