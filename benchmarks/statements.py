"""The labelled statements of benchmarks/statements, with the passages they cite: what the verifier is fitted to and measured on.

All of it was written for this project. A passage is a line of passages.jsonl, or a paragraph of the examples, named by the file's
number, the article's and the paragraph's: 4.1.3.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cache

from benchmarks.shared import ROOT, rows
from rag.documents import read
from rag.passages import passages
from rag.records import Document, Hit, Origin, Passage

FOLDER = ROOT / "benchmarks" / "statements"
PARTS = ("development", "test")


@dataclass(frozen=True, slots=True)
class Labelled:
    """A statement over the `cited` passages and whether they carry it.

    `kind` is how it was made, `question` what it answers, if anything.
    """

    id: str
    statement: str
    cited: tuple[Hit, ...]
    question: str
    supported: bool
    kind: str


def labelled(part: str) -> list[Labelled]:
    """The statements of a part: development or test."""
    there = _passages()
    return [
        Labelled(
            row["id"],
            row["statement"],
            tuple(there[name] for name in row["cited"]),
            row.get("question", ""),
            row["supported"],
            row["kind"],
        )
        for row in rows(FOLDER / f"{part}.jsonl")
    ]


def beside(one: Labelled) -> list[Labelled]:
    """A supported statement cited to the passages of the same document before and behind the right ones: carried by neither."""
    cited = {hit.passage.id for hit in one.cited}
    document = one.cited[0].document.id
    there = [hit for hit in _passages().values() if hit.document.id == document]
    places = [place for place, hit in enumerate(there) if hit.passage.id in cited]
    beside = [there[place] for place in (min(places) - 1, max(places) + 1) if 0 <= place < len(there)]
    return [replace(one, cited=(hit,), supported=False, kind="beside") for hit in beside]


@cache
def _passages() -> dict[str, Hit]:
    return {name: Hit(passage, document, 1.0, 1) for name, document, passage in (*_of_examples(), *_made())}


def _of_examples() -> Iterator[tuple[str, Document, Passage]]:
    for path in sorted((ROOT / "examples").glob("page-*.txt")):
        page = int(re.findall(r"\d+", path.stem)[0])
        for number, document in enumerate(read(path), start=1):
            for passage in passages(document):
                yield f"{page}.{number}.{passage.number}", document, passage


def _made() -> Iterator[tuple[str, Document, Passage]]:
    for row in rows(FOLDER / "passages.jsonl"):
        text, end = row["text"], len(row["text"])
        document = Document(
            row["id"], "passages.jsonl", row["title"], text, row["byline"], date=row["date"], origins=(Origin(0, end, 0, end, 1),)
        )
        yield row["id"], document, Passage(row["id"], row["id"], 1, row["heading"], text, 0, end, (1, 1))
