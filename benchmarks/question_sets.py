"""The question sets that search is compared on, whole: passages, the questions nothing was trained or fitted on, and those for that."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.shared import document, rows, shared
from rag.ingest import embedded_text
from rag.models import Encoder
from rag.passages import passages
from rag.storage import Entry, LocalStore, open_store
from training.data import kept_apart

Rows = list[dict[str, Any]]

_TOGETHER = 256


def percent4() -> tuple[Rows, Rows]:
    """433 passages without titles, 321 questions worded much as the passages are."""
    return _read("percent4")


def rgb() -> tuple[Rows, Rows]:
    """3,720 passages of news, 150 questions with several gold passages each; R@5 is the figure of this set."""
    return _read("rgb_dev")


def cmrc() -> tuple[Rows, Rows]:
    """2,659 passages of Wikipedia, those of the training part among them, and the 1,002 questions of the trial part."""
    train, _ = _read("cmrc_train")
    trial, questions = _read("cmrc_trial")
    pooled = [row | {"id": f"train-{row['id']}"} for row in train] + [row | {"id": f"trial-{row['id']}"} for row in trial]
    return pooled, [row | {"gold": [f"trial-{gold}" for gold in row["gold"]]} for row in questions]


def drcd() -> tuple[Rows, Rows]:
    """1,000 passages of Wikipedia in traditional characters, and the questions of the articles that are kept out."""
    corpus, questions = _read("drcd_dev")
    titles = {row["id"]: row["title"] for row in corpus}
    return corpus, [row for row in questions if kept_apart(titles[row["gold"][0]])]


def stard() -> tuple[Rows, Rows]:
    """57,791 statutes, and the lay questions that are kept out."""
    corpus, questions = _read("stard")
    return corpus, [row for row in questions if kept_apart(row["id"])]


COLLECTIONS: dict[str, Callable[[], tuple[Rows, Rows]]] = {
    "percent4": percent4,
    "rgb": rgb,
    "cmrc": cmrc,
    "drcd": drcd,
    "stard": stard,
}
"""The sets by name, the smallest first; each gives rows of "id", "title", "text" and rows of "id", "question", "gold"."""


def training_questions(name: str) -> Rows:
    """The questions on a set's passages that may be trained and fitted on: none of percent4 and rgb."""
    if name == "cmrc":
        return [row | {"gold": [f"train-{gold}" for gold in row["gold"]]} for row in _read("cmrc_train")[1]]
    if name in ("drcd", "stard"):
        kept = {row["id"] for row in COLLECTIONS[name]()[1]}
        return [row for row in _read({"drcd": "drcd_dev"}.get(name, name))[1] if row["id"] not in kept]
    return []


def index(name: str, corpus: Rows, encoder: Encoder, work: Path) -> LocalStore:
    """The index of a set's passages in `work`/`name`, open for reading; made where it is missing, whole or not at all."""
    folder = work / name
    with open_store(folder, model=encoder.name, dimension=encoder.dimension, create=True) as store:
        if not store.document_count():
            store.replace(name, _entries(name, corpus, encoder))
    return open_store(folder, model=encoder.name, dimension=encoder.dimension)


def _entries(name: str, corpus: Rows, encoder: Encoder) -> Iterator[Entry]:
    """Some hundred documents are encoded together, so that every core has something to do."""
    for start in range(0, len(corpus), _TOGETHER):
        made = [(one, passages(one)) for one in (document(row, name) for row in corpus[start : start + _TOGETHER])]
        vectors = iter(encoder.encode_passages([embedded_text(one, passage) for one, found in made for passage in found]))
        for one, found in made:
            yield one, found, np.stack([next(vectors) for _ in found])


def _read(name: str) -> tuple[Rows, Rows]:
    folder = shared() / "data" / name
    corpus = [{"id": row["id"], "title": row.get("title") or "", "text": row["text"]} for row in rows(folder / "corpus.jsonl")]
    return corpus, [{"id": row["id"], "question": row["question"], "gold": row["gold"]} for row in rows(folder / "queries.jsonl")]
