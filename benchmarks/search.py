"""What vectors, terms and their weighted sum find, by the share of each: python -m benchmarks.search."""

import argparse
import hashlib
import random
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.shared import entry, keep, rows, shared
from rag.chinese.scripts import simplified
from rag.chinese.terms import terms
from rag.models import Encoder, Vectors, open_encoder
from rag.search import VECTOR_WEIGHT, fused
from rag.settings import Settings
from rag.storage import Store, open_store

SHARES = (0.0, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 1.0)


@dataclass(frozen=True, slots=True)
class Collection:
    """Passages and questions of one public set; `fitted` says whether the share may be chosen on it."""

    name: str
    fitted: bool
    corpus: Sequence[dict[str, Any]]
    queries: Sequence[dict[str, Any]]


def main() -> None:
    """Print and keep R@1 and R@10 of every set for every share of the vectors."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--passages", type=int, default=400, help="the most passages of a set that are indexed")
    parser.add_argument("--questions", type=int, default=600, help="the most questions of a set that are asked")
    options = parser.parse_args()
    settings = Settings.load()
    encoder = open_encoder(settings.model, settings.cache, threads=settings.threads)
    collections = _collections(options.passages, options.questions)
    head = "| set | passages | questions | " + " | ".join(f"{share:.1f}" for share in SHARES) + " |"
    lines = [
        f"R@1 / R@10 by the share of the vectors in the sum: 0.0 is BM25 alone, 1.0 the vectors alone; the code has {VECTOR_WEIGHT}.",
        "",
        head,
        "|---" * (3 + len(SHARES)) + "|",
    ]
    for collection in collections:
        found = _measured(collection, encoder)
        name = collection.name + ("" if collection.fitted else " (kept out)")
        cells = " | ".join(f"{first:.3f} / {ten:.3f}" for first, ten in found)
        lines.append(f"| {name} | {len(collection.corpus)} | {len(collection.queries)} | {cells} |")
    keep("search", "\n".join(lines))


def _collections(most_passages: int, most_questions: int) -> list[Collection]:
    data = shared() / "data"
    return [
        _sampled("CMRC 2018, training part", data / "cmrc_train", True, most_passages, most_questions),
        _sampled("DRCD, training part", data / "drcd_dev", True, most_passages, most_questions),
        _sampled("percent4", data / "percent4", False, most_passages + 100, most_questions),
    ]


def _sampled(name: str, folder: Path, fitted: bool, most_passages: int, most_questions: int) -> Collection:
    """A part of a set: passages drawn by a fixed seed, and questions whose gold passages are all among them."""
    chosen = random.Random(1)
    corpus = list(rows(folder / "corpus.jsonl"))
    if folder.name == "drcd_dev":
        corpus = [row for row in corpus if int(hashlib.sha256(row["title"].encode()).hexdigest(), 16) % 5 != 0]
    corpus = chosen.sample(corpus, min(most_passages, len(corpus)))
    ids = {row["id"] for row in corpus}
    queries = [row for row in rows(folder / "queries.jsonl") if row["gold"] and ids.issuperset(row["gold"])]
    return Collection(name, fitted, corpus, chosen.sample(queries, min(most_questions, len(queries))))


def _measured(collection: Collection, encoder: Encoder) -> list[tuple[float, float]]:
    """R@1 and R@10 for every share: the part of the questions with a gold passage among the first 1 and 10."""
    with tempfile.TemporaryDirectory() as folder, open_store(folder, model=encoder.name, dimension=encoder.dimension, create=True) as store:
        for row in collection.corpus:
            store.replace(row["id"], [entry(row, encoder)])
        store.flush()
        vectors = [encoder.encode_question(simplified(row["question"])) for row in collection.queries]
        return [_recall(store, collection, vectors, share) for share in SHARES]


def _recall(store: Store, collection: Collection, vectors: Sequence[Vectors], share: float) -> tuple[float, float]:
    first = ten = 0
    for row, vector in zip(collection.queries, vectors, strict=True):
        hits = fused(store, vector, terms(row["question"]), limit=10, vector_weight=share)
        places = [hit.rank for hit in hits if hit.document.source in row["gold"]]
        first += bool(places) and places[0] == 1
        ten += bool(places)
    return first / len(vectors), ten / len(vectors)


if __name__ == "__main__":
    main()
