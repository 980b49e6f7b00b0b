"""Makes a document of the pieces of a structured file: sub-heads, paragraphs, list items, table rows and lines of code.

Knows no format: a parser says which characters of the raw text a piece came from, and what belongs together.
"""

import re
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from rag.chinese.width import is_han
from rag.documents.formats import tables
from rag.documents.layout.pages import document_id
from rag.records import Document, Heading, Origin

_WHITE = re.compile(r"\s+")
_WORDS = re.compile(r"\S+(?: \S+)*")
"""Single spaces are kept within their stretch: most text is one stretch a line."""
_LONGEST_ITEM = 120
"""Characters of the longest item or row that belongs to its run; a longer one is a paragraph, and says enough alone."""
_TITLE_AFTER, _TITLE_AFTER_LENGTH = 3, 100
"""How many pieces, and characters of them, may stand above a title, no sentence: who publishes it, a number, a date."""
_UNSPACED = frozenset("，。、；：！？…—“”‘’（）《》〈〉【】「」『』％　")


@dataclass(frozen=True, slots=True)
class Stretch:
    """Clean characters and the raw ones they come from, `raw[start:end]`, which begin on raw line `line`.

    Where both are equally long they are the same characters. A stretch that was put in (the name of a column before its value)
    comes from no raw characters: start == end.
    """

    text: str
    start: int
    end: int
    line: int


@dataclass(frozen=True, slots=True)
class Piece:
    """What stands on a line of the document: a sub-head where `level` is 1 or more, else text.

    Pieces in succession with the same `run`, other than 0, are the items of one list, the rows of one table or the lines of one
    block of code.
    """

    stretches: tuple[Stretch, ...]
    level: int = 0
    run: int = 0

    @property
    def text(self) -> str:
        """The piece's clean text."""
        return "".join(stretch.text for stretch in self.stretches)

    @property
    def lines(self) -> tuple[int, int]:
        """The raw lines that its first and its last stretch begin on; the piece is not empty."""
        return self.stretches[0].line, self.stretches[-1].line


@dataclass(frozen=True, slots=True)
class Facts:
    """What is known of a document beside its pieces; `date` is ISO 8601, `nth` counts the documents of the file with this title.

    `title_lines` are the first and last raw line of the title, where it is not among the pieces.
    """

    title: str
    byline: str = ""
    section: str = ""
    date: str = ""
    nth: int = 1
    title_lines: tuple[int, int] | None = None
    warnings: tuple[str, ...] = ()
    metadata: Mapping[str, str] = field(default_factory=dict)


class Raw:
    """The raw text of a file, "\\n" its line ends, and where its lines begin."""

    def __init__(self, text: str) -> None:
        self.text = text
        self._starts = [0]
        at = text.find("\n")
        while at >= 0:
            self._starts.append(at + 1)
            at = text.find("\n", at + 1)

    def line(self, offset: int) -> int:
        """The number of the line that holds this character, from 1."""
        return bisect_right(self._starts, offset)

    def line_start(self, number: int) -> int:
        """Where line `number` begins; the end of the text where there are not so many."""
        return self._starts[number - 1] if number <= len(self._starts) else len(self.text)

    def exactly(self, start: int, end: int) -> Stretch:
        """`text[start:end]` as it stands."""
        return Stretch(self.text[start:end], start, end, self.line(start))

    def standing_for(self, text: str, start: int, end: int) -> Stretch:
        """`text`, read from `text[start:end]` as a whole."""
        if end - start == len(text) and self.text[start:end] != text:
            # Equal lengths would say that the characters are the same ones.
            end -= 1
        return Stretch(text, start, end, self.line(start))


class Inline:
    """Puts a piece together from characters and white space, of which a run becomes one space, or nothing in Chinese text."""

    def __init__(self, raw: Raw) -> None:
        self._raw = raw
        self._stretches: list[Stretch] = []
        self._white: tuple[int, int, bool] | None = None

    def __bool__(self) -> bool:
        return bool(self._stretches)

    @property
    def stretches(self) -> Sequence[Stretch]:
        """What was put together so far."""
        return self._stretches

    def add(self, start: int, end: int) -> None:
        """The characters `raw.text[start:end]`, white space folded."""
        text, at = self._raw.text, start
        for words in _WORDS.finditer(text, start, end):
            if words.start() > at:
                self.space(at, words.start(), "\n" in text[at : words.start()])
            self.put(self._raw.exactly(*words.span()))
            at = words.end()
        if end > at:
            self.space(at, end, "\n" in text[at:end])

    def space(self, start: int, end: int, broken: bool) -> None:
        """White space at `raw.text[start:end]`; `broken` where a line of the source ends in it."""
        if self._white:
            start, broken = min(start, self._white[0]), broken or self._white[2]
            end = max(end, self._white[1])
        self._white = (start, end, broken)

    def put(self, stretch: Stretch) -> None:
        """A stretch that is more than white space."""
        if self._white and self._stretches:
            start, end, broken = self._white
            if not broken or spaced(self._stretches[-1].text, stretch.text):
                exact = end - start != 1 or self._raw.text[start] == " "
                self._stretches.append(Stretch(" ", start, end if exact else start, self._raw.line(start)))
        self._white = None
        self._stretches.append(stretch)

    def take(self) -> tuple[Stretch, ...]:
        """What was put together, without white space at its ends; begins anew."""
        taken = tuple(self._stretches)
        self._stretches, self._white = [], None
        return taken


def spaced(before: str, after: str) -> bool:
    """Whether a line end between these is a space: between Chinese characters or marks it is nothing."""
    return not (before and after and _unspaced(before[-1]) and _unspaced(after[0]))


def on_one_line(text: str) -> str:
    """The text with its white space folded as in a paragraph."""
    text = text.strip()

    def folded(white: re.Match[str]) -> str:
        return " " if "\n" not in white[0] or spaced(text[white.start() - 1], text[white.end()]) else ""

    return _WHITE.sub(folded, text)


def _unspaced(character: str) -> bool:
    return is_han(character) or character in _UNSPACED


def inserted(text: str, at: Stretch) -> Stretch:
    """`text`, put in before `at`."""
    return Stretch(text, at.start, at.start, at.line)


def table_rows(rows: Sequence[Sequence[tables.Cell]], drawn: Sequence[Sequence[tuple[Stretch, ...]]]) -> Iterator[tuple[Stretch, ...]]:
    """The rows of a table as text, each cell under its name; `drawn` holds what each cell of `rows` was read from."""
    for _, fields in tables.read_rows(rows):
        row: list[Stretch] = []
        for cell in fields:
            stretches = drawn[cell.row][cell.index]
            before = (tables.BETWEEN if row else "") + (cell.name + tables.NAMED if cell.name else "")
            row += [inserted(before, stretches[0]), *stretches] if before else stretches
        yield tuple(row)


def document(path: Path, pieces: Iterable[Piece], facts: Facts) -> Document:
    """The document of these pieces; pieces without text are left out.

    Raises ValueError where a stretch holds a line end.
    """
    parts: list[str] = []
    origins: list[Origin] = []
    headings: list[Heading] = []
    runs: list[tuple[int, int]] = []
    length = run = 0
    for piece in pieces:
        text = piece.text
        if not text.strip():
            continue
        if "\n" in text:
            raise ValueError(f"a piece is one line, not {text!r}")
        start = length
        for stretch in piece.stretches:
            if stretch.text:
                end = length + len(stretch.text)
                origins.append(Origin(length, end, stretch.start, stretch.end, stretch.line))
                length = end
        if piece.level:
            headings.append(Heading(start, length, piece.level))
        joined = piece.run if len(text) <= _LONGEST_ITEM else 0
        if joined and joined == run:
            runs[-1] = (runs[-1][0], length)
        elif joined:
            runs.append((start, length))
        run = joined
        parts.append(text)
        length += 1
    source = path.resolve().as_posix()
    metadata = dict(facts.metadata)
    if facts.title_lines:
        metadata["title_lines"] = "{}-{}".format(*facts.title_lines)
    return Document(
        id=document_id(source, facts.title, facts.nth),
        source=source,
        title=facts.title,
        text="\n".join(parts),
        byline=facts.byline,
        section=facts.section,
        date=facts.date,
        headings=tuple(headings),
        runs=tuple(runs),
        origins=tuple(origins),
        warnings=facts.warnings,
        metadata=metadata,
    )


def titled(pieces: Sequence[Piece]) -> tuple[str, list[Piece]]:
    """The title that the pieces begin with, or "", and the other pieces, their sub-heads levelled.

    A title is the first sub-head where no other is as high and hardly anything stands above it.
    """
    at = title_at(pieces)
    return ("", levelled(pieces)) if at < 0 else (pieces[at].text, levelled([*pieces[:at], *pieces[at + 1 :]]))


def title_at(pieces: Sequence[Piece]) -> int:
    """Which piece is the title; -1 for none."""
    heads = [at for at, piece in enumerate(pieces) if piece.level]
    if not heads or pieces[heads[0]].level >= min((pieces[at].level for at in heads[1:]), default=99):
        return -1
    above = pieces[: heads[0]]
    said = "".join(piece.text for piece in above)
    return heads[0] if len(above) <= _TITLE_AFTER and len(said) < _TITLE_AFTER_LENGTH and "。" not in said else -1


def levelled(pieces: Sequence[Piece]) -> list[Piece]:
    """The pieces, their highest sub-heads at level 1."""
    above = min((piece.level for piece in pieces if piece.level), default=1) - 1
    return [replace(piece, level=piece.level - above) if piece.level else piece for piece in pieces]
