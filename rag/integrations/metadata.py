"""What a framework is told of a passage beside its text; knows none of the frameworks."""

from typing import Any

from rag.records import Hit


def about(hit: Hit) -> dict[str, Any]:
    """Where the passage of a hit stands, and why it was found, in values that are JSON; "" or [] for what there is none of.

    `paragraph`, `lines` (first, last) and `pages` count from 1; `source` is the path of its file.
    """
    document, passage = hit.document, hit.passage
    return {
        "source": document.source,
        "title": document.title,
        "byline": document.byline,
        "section": document.section,
        "date": document.date,
        "heading": passage.heading,
        "paragraph": passage.number,
        "lines": list(passage.lines),
        "pages": list(passage.pages),
        "score": hit.score,
        "parts": dict(hit.parts),
        "passage_id": passage.id,
        "document_id": document.id,
    }
