"""Questions that an empty chat suggests: about documents that are there, so that each has its answer."""

from collections.abc import Iterable
from typing import TYPE_CHECKING

from rag.records import Document

if TYPE_CHECKING:
    from rag.assistant import Assistant

MOST = 4
"""How many are suggested."""

AMONG = 100
"""How many documents are looked at for that."""

_LONGEST_TITLE = 24
"""Characters of a title that is asked about: a button has one line on a phone."""

_FORMS = ("《{}》讲了什么？", "《{}》是谁写的？")


def suggestions(assistant: "Assistant") -> list[str]:
    """Questions about the documents that were read last."""
    return suggested(assistant.latest(AMONG))


def suggested(documents: Iterable[Document]) -> list[str]:
    """Questions about the newest of these that bear a title; who wrote one only where that is known."""
    titled = [document for document in documents if document.headline and len(document.headline) <= _LONGEST_TITLE]
    titled.sort(key=lambda document: document.date, reverse=True)
    told, written = _FORMS
    found = [told.format(document.headline) for document in titled]
    by_author = next((written.format(document.headline) for document in titled if document.byline), None)
    return list(dict.fromkeys([*found[: MOST - bool(by_author)], *([by_author] if by_author else [])]))
