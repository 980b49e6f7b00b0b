"""Cuts a document into its passages, a paragraph each, with exact offsets; knows nothing of formats, models or stores."""

import hashlib
from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Iterator

from rag.chinese.scripts import fold
from rag.chinese.sentences import sentences
from rag.records import Document, Origin, Passage

LONGEST = 500
"""Characters of the longest passage: what an encoder of 512 tokens reads whole. A longer paragraph is cut at sentence ends."""


def passages(document: Document) -> list[Passage]:
    """The passages of a document in order; together they hold every character of its paragraphs.

    The parts of a paragraph that had to be cut share its number.
    """
    headings = set(document.headings)
    found: list[Passage] = []
    seen: Counter[str] = Counter()
    heading, number, line_start = "", 0, 0
    origin_starts = [origin.start for origin in document.origins]
    for line in document.text.split("\n"):
        start, end = line_start, line_start + len(line)
        line_start = end + 1
        if (start, end) in headings:
            heading = line
            continue
        if not line.strip():
            continue
        number += 1
        for part_start, part_end in _parts(document.text, start, end):
            text = document.text[part_start:part_end]
            fingerprint = _normalised(text)
            seen[fingerprint] += 1
            origins = _origins_of(document, origin_starts, part_start, part_end)
            found.append(
                Passage(
                    id=_id(document.id, fingerprint, seen[fingerprint]),
                    document_id=document.id,
                    number=number,
                    heading=heading,
                    text=text,
                    start=part_start,
                    end=part_end,
                    lines=(min((o.line for o in origins), default=0), max((o.line for o in origins), default=0)),
                    pages=tuple(sorted({o.page for o in origins if o.page is not None})),
                )
            )
    return found


def _parts(text: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    """Ranges of at most LONGEST characters that cover `text[start:end]`, cut at sentence ends where there are any."""
    if end - start <= LONGEST:
        yield start, end
        return
    first = start
    last = start
    for _, sentence_end in sentences(text[start:end]):
        reached = start + sentence_end
        if reached - first > LONGEST and last > first:
            yield first, last
            first = last
        while reached - first > LONGEST:
            yield first, first + LONGEST
            first += LONGEST
        last = reached
    if first < end:
        yield first, end


def _origins_of(document: Document, starts: list[int], start: int, end: int) -> list[Origin]:
    first = max(bisect_right(starts, start) - 1, 0)
    return [o for o in document.origins[first : bisect_left(starts, end)] if o.end > start and o.start < end]


def _normalised(text: str) -> str:
    return "".join(fold(text).split())


def _id(document_id: str, fingerprint: str, occurrence: int) -> str:
    return hashlib.sha256(f"{document_id}\n{occurrence}\n{fingerprint}".encode()).hexdigest()[:16]
