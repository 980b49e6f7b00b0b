"""Cuts a document into its passages, a paragraph each, with exact offsets; knows nothing of formats, models or stores."""

import hashlib
from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

from rag.chinese.scripts import fold
from rag.chinese.sentences import sentences
from rag.records import Document, Heading, Origin, Passage

LONGEST = 500
"""Characters of the longest passage: what an encoder of 512 tokens reads whole. A longer paragraph is cut at sentence ends."""
_LONGEST_RUN = 300
"""Characters up to which the items of a list or the rows of a table are joined: as long as a long paragraph, and about one thing."""
_PATH = " › "


def passages(document: Document) -> list[Passage]:
    """The passages of a document in order; together with their headings they hold every character of its text.

    The parts of a paragraph that had to be cut share its number, and follow each other; the items of a list and the rows of a
    table are joined as far as they are short.
    """
    found: list[Passage] = []
    seen: Counter[str] = Counter()
    origin_starts = [origin.start for origin in document.origins]
    for number, paragraph in enumerate(_paragraphs(document), 1):
        for start, end in _parts(document.text, paragraph.start, paragraph.end):
            text = document.text[start:end]
            fingerprint = _normalised(text)
            seen[fingerprint] += 1
            origins = _origins_of(document, origin_starts, start, end)
            found.append(
                Passage(
                    id=_id(document.id, fingerprint, seen[fingerprint]),
                    document_id=document.id,
                    number=number,
                    heading=paragraph.heading,
                    text=text,
                    start=start,
                    end=end,
                    lines=(min((o.line for o in origins), default=0), max((o.line for o in origins), default=0)),
                    pages=tuple(sorted({o.page for o in origins if o.page is not None})),
                )
            )
    return found


@dataclass(slots=True)
class _Paragraph:
    start: int
    end: int
    heading: str
    run: tuple[int, int] | None


class _Path:
    """The sub-heads that the text stands under, and which of them nothing has stood under so far."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._heads: list[Heading] = []
        self._bare = False

    def __str__(self) -> str:
        return _PATH.join(self._text[head.start : head.end] for head in self._heads)

    def used(self) -> None:
        """Something stands under the lowest sub-head."""
        self._bare = False

    def enter(self, heading: Heading | None) -> Iterator[_Paragraph]:
        """Go on under `heading`; a sub-head that is left with nothing under it is a paragraph itself, or nobody would find it."""
        lowest = self._heads[-1] if self._heads else None
        if self._bare and lowest and (heading is None or heading.level <= lowest.level):
            self._heads.pop()
            yield _Paragraph(lowest.start, lowest.end, str(self), None)
        if heading:
            self._heads = [above for above in self._heads if above.level < heading.level] + [heading]
            self._bare = True


def _paragraphs(document: Document) -> Iterator[_Paragraph]:
    """The lines that are not blank, those of a run joined as far as they are short; a sub-head goes with what stands under it."""
    headings = {heading.start: heading for heading in document.headings}
    runs = iter(document.runs)
    run = next(runs, None)
    path = _Path(document.text)
    waiting: _Paragraph | None = None
    start = 0
    for line in document.text.split("\n"):
        end = start + len(line)
        while run and run[1] <= start:
            run = next(runs, None)
        heading = headings.get(start)
        if heading and heading.end == end:
            if waiting:
                yield waiting
                waiting = None
            yield from path.enter(heading)
        elif line.strip():
            path.used()
            inside = run if run and run[0] <= start and end <= run[1] else None
            if waiting and inside and waiting.run == inside and end - waiting.start <= _LONGEST_RUN:
                waiting.end = end
            else:
                if waiting:
                    yield waiting
                waiting = _Paragraph(start, end, str(path), inside)
        start = end + 1
    if waiting:
        yield waiting
    yield from path.enter(None)


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
