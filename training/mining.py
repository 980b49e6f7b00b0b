"""Chooses what the reader is trained on: questions with the passage that answers each, and passages that search mistakes for it."""

import json
import random
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from rag.chinese.scripts import fold
from rag.chinese.sentences import sentences
from rag.chinese.terms import question_terms
from rag.passages import passages
from rag.records import Document
from rag.storage.catalogue import State
from rag.storage.terms import TermCache, indexed_fields
from training.data import COLLECTIONS, Example, corpus, examples, for_calibration, news
from training.questions import made_from
from training.stretches import shared_pairs

NEWS = "news"
TEXTS, MADE = 3_000, 3
"""Texts of news that are read, and the most questions that are made from one."""
WRONG, DEPTH = 8, 30
"""How many wrong passages are kept of a question, of the DEPTH that BM25 finds."""
SEED = 7


@dataclass(frozen=True, slots=True)
class Pooled:
    """A passage that may be read for a question, folded, under the title of its document.

    One that is `apart` belongs to a document whose questions are left to calibration, and is read for no other question either.
    """

    document: str
    title: str
    text: str
    apart: bool


@dataclass(frozen=True, slots=True)
class Asked:
    """A question, folded, and the place in the pool of the passage that answers it: there `text[start:end]` is the answer.

    `start` is -1 where no stretch is known to be the answer (stard). `wrong` are the places of passages found for the question
    that do not answer it, best first.
    """

    collection: str
    question: str
    place: int
    start: int
    end: int
    wrong: tuple[int, ...]


def pool(collection: str) -> list[Pooled]:
    """The passages of a collection as the product cuts them, in an order that is always the same."""
    calibrated = collection in ("cmrc", "drcd")
    return [
        Pooled(document.id, fold(document.title), fold(passage.text), calibrated and for_calibration(document.title))
        for document in documents(collection)
        for passage in passages(document)
    ]


def mined(path: Path) -> Mapping[str, list[Asked]]:
    """The questions of every collection by its name, kept in a file at `path` once they are found."""
    if not path.exists():
        new = path.with_suffix(".new")
        with new.open("w", encoding="utf-8") as file:
            for collection in (*COLLECTIONS, NEWS):
                for asked in _mine(collection):
                    file.write(json.dumps(asdict(asked), ensure_ascii=False) + "\n")
        new.replace(path)
    found: dict[str, list[Asked]] = {}
    for line in path.read_text(encoding="utf-8").splitlines():
        content = json.loads(line)
        found.setdefault(content["collection"], []).append(Asked(**content | {"wrong": tuple(content["wrong"])}))
    return found


def documents(collection: str) -> list[Document]:
    """The texts of a collection as documents, white space made single."""
    if collection == NEWS:
        return [Document(f"n{place}", NEWS, "", text) for place, text in enumerate(news(TEXTS))]
    return [Document(row["id"], collection, row["title"], " ".join(row["text"].split())) for row in corpus(collection)]


def _mine(collection: str) -> Iterator[Asked]:
    pooled = pool(collection)
    cache = by_terms(collection)
    for question, place, start, end, right in _asked(collection, pooled):
        answer = pooled[place].text[start:end] if start >= 0 else ""
        found = (key for key, _ in cache.search(question_terms(question), DEPTH))
        others = [key for key in found if pooled[key].document not in right and not pooled[key].apart]
        wrong = [key for key in others if not (answer and answer in pooled[key].text)]
        yield Asked(collection, question, place, start, end, tuple(wrong[:WRONG]))


def by_terms(collection: str) -> TermCache:
    """The passages of a collection as BM25 finds them, by their places in its pool."""
    fields = [indexed_fields(document, passage) for document in documents(collection) for passage in passages(document)]
    return TermCache.build(None, State("", 0, "mining", 0), enumerate(fields))


def _asked(collection: str, pooled: Sequence[Pooled]) -> Iterator[tuple[str, int, int, int, frozenset[str]]]:
    """The questions with the place and the range that answer each, and the documents of which any passage may do so."""
    if collection == NEWS:
        chosen = random.Random(SEED)
        for place, passage in enumerate(pooled):
            made = list(made_from(passage.text, chosen))
            for one in chosen.sample(made, min(MADE, len(made))):
                yield one.question, place, one.start, one.end, frozenset({passage.document})
        return
    of_document: dict[str, list[int]] = {}
    for place, passage in enumerate(pooled):
        if not passage.apart:
            of_document.setdefault(passage.document, []).append(place)
    for example in examples(collection):
        places = [place for gold in example.gold for place in of_document.get(gold, ())]
        for place, start, end in _answering(pooled, places, example):
            yield fold(example.question), place, start, end, frozenset(example.gold)


def _answering(pooled: Sequence[Pooled], places: Iterable[int], example: Example) -> Iterator[tuple[int, int, int]]:
    """The place and range of the answer: of several, the one whose sentence shares most with the question; all places without an answer."""
    if not example.answers:
        yield from ((place, -1, -1) for place in places)
        return
    question, answer = fold(example.question), fold(example.answers[0])
    best: tuple[int, int, int] | None = None
    for place in places:
        text = pooled[place].text
        for match in re.finditer(re.escape(answer), text):
            around = "".join(text[start:end] for start, end in sentences(text) if start < match.end() and match.start() < end)
            shared = shared_pairs(question, around)
            if best is None or shared > best[0]:
                best = shared, place, match.start()
    if best is not None:
        yield best[1], best[2], best[2] + len(answer)
