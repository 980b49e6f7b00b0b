"""Questions that an empty chat suggests: about documents that are there, so that each has its answer."""

from collections.abc import Iterable

from rag.records import Document

MOST = 4
"""How many are suggested."""

_LONGEST_TITLE = 24
"""Characters of a title that is asked about: a button has one line on a phone."""

_FORMS = ("《{}》讲了什么？", "《{}》是谁写的？")


def suggested(documents: Iterable[Document]) -> list[str]:
    """Questions about the newest documents that bear a title; who wrote one only where that is known."""
    titled = [document for document in documents if document.headline and len(document.headline) <= _LONGEST_TITLE]
    titled.sort(key=lambda document: document.date, reverse=True)
    told, written = _FORMS
    found = [told.format(document.headline) for document in titled]
    by_author = next((written.format(document.headline) for document in titled if document.byline), None)
    return list(dict.fromkeys([*found[: MOST - bool(by_author)], *([by_author] if by_author else [])]))
