"""Answers, hits and documents as the server hands them out: the JSON contract, with no more of a file's path than tells it apart."""

from collections.abc import Sequence
from typing import Any

from rag.records import Answer, Document, Hit, Passage, end_of_path
from rag.rendering import Around, as_json, hits_as_json


def served_answer(answer: Answer) -> dict[str, Any]:
    """The answer by the contract in docs/architecture.md; see end_of_path for its sources."""
    said = as_json(answer)
    return said | {"citations": [_placed(citation) for citation in said["citations"]]}


def served_hits(question: str, hits: Sequence[Hit], around: Sequence[Around]) -> dict[str, Any]:
    """The passages found by the contract in docs/architecture.md; see end_of_path for their sources."""
    found = hits_as_json(question, hits, around)
    return found | {"hits": [_placed(hit) for hit in found["hits"]]}


def served_document(document: Document, passages: Sequence[Passage], *, whole: bool) -> dict[str, Any]:
    """A document with the number of its passages, or, as a `whole`, with them."""
    about = {
        "id": document.id,
        "title": document.title,
        "byline": document.byline,
        "section": document.section,
        "date": document.date,
        "source": end_of_path(document.source),
    }
    return about | {"passages": [_passage(passage) for passage in passages] if whole else len(passages)}


def _placed(one: dict[str, Any]) -> dict[str, Any]:
    return one | {"source": end_of_path(one["source"])}


def _passage(passage: Passage) -> dict[str, Any]:
    return {
        "passage_id": passage.id,
        "number": passage.number,
        "heading": passage.heading,
        "text": passage.text,
        "pages": list(passage.pages),
        "lines": list(passage.lines),
    }
