"""The questions and passages that may be trained on, read from ../shared/data; what its README keeps apart is left out here."""

import hashlib
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

DATA = Path(__file__).resolve().parents[2] / "shared" / "data"

COLLECTIONS = {"cmrc": "cmrc_train", "drcd": "drcd_dev", "stard": "stard"}
"""By the names used here, the folders that hold training data; licences: CC BY-SA 4.0, CC BY-SA 3.0, MIT."""

NEWS_APART, RUN = ("percent4", "rgb_dev"), 25

_LABEL = re.compile(r"^\d{4}-\d\d-\d\d[^，]{0,12}，正文：")


@dataclass(frozen=True, slots=True)
class Example:
    """A question, the ids of the passages that answer it, and the answers as they stand there (none in stard)."""

    question: str
    gold: tuple[str, ...]
    answers: tuple[str, ...]


def kept_apart(name: str) -> bool:
    """Whether a title of drcd or an id of stard belongs to the part that only measures."""
    return int(hashlib.sha256(name.encode()).hexdigest(), 16) % 5 == 0


def for_calibration(title: str) -> bool:
    """Whether the questions of a title are left to the numbers that are fitted on what a model makes of texts it was not trained on."""
    return int(hashlib.sha256(title.encode()).hexdigest(), 16) % 10 == 3


def corpus(collection: str) -> list[dict[str, Any]]:
    """The passages {"id", "text", "title"} of a collection: all statutes of stard, the training part of the others."""
    rows = list(_rows(DATA / COLLECTIONS[collection] / "corpus.jsonl"))
    return [row for row in rows if not kept_apart(row["title"])] if collection == "drcd" else rows


def examples(collection: str) -> list[Example]:
    """The training questions of a collection."""
    known = {row["id"] for row in corpus(collection)}
    rows: Iterator[Mapping[str, Any]] = _rows(DATA / COLLECTIONS[collection] / "queries.jsonl")
    if collection == "stard":
        rows = (row for row in rows if not kept_apart(row["id"]))
    return [Example(row["question"], tuple(row["gold"]), tuple(row["answers"])) for row in rows if known.issuperset(row["gold"])]


def news(most: int) -> list[str]:
    """The first `most` texts of news (Apache 2.0), without the line of date and label before them, white space made single.

    Those that share 2 * RUN - 1 characters in a row with a set of news that only measures are left out, many with fewer too.
    """
    apart = {text[i : i + RUN] for name in NEWS_APART for text in _texts(name) for i in range(0, len(text) - RUN + 1, RUN)}
    found: list[str] = []
    for text in _texts("news"):
        if len(found) == most:
            break
        if not any(text[i : i + RUN] in apart for i in range(len(text) - RUN + 1)):
            found.append(text)
    return found


def _texts(name: str) -> Iterator[str]:
    for row in _rows(DATA / name / "corpus.jsonl"):
        yield " ".join(_LABEL.sub("", row["text"]).split())


def _rows(path: Path) -> Iterator[dict[str, Any]]:
    with path.open(encoding="utf-8") as file:
        for line in file:
            yield json.loads(line)
