"""Reads a text file as documents: decode, repair, find the articles, put their lines together, and keep where each character came from."""

import hashlib
import shlex
from bisect import bisect_left
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from rag.documents.articles import Article, articles
from rag.documents.encoding import decode
from rag.documents.founder import Edit, repairs
from rag.documents.reflow import Line, Stretch, join, read_lines
from rag.errors import DocumentError
from rag.records import Document, Origin, Repair


def parse(path: Path, encoding: str | None = None) -> Iterator[Document]:
    """The articles of a text file, in order.

    Raw offsets and columns count the characters of the decoded text: without its byte order mark, every line end one "\\\\n".
    Raises DocumentError where the file cannot be read as text.
    """
    try:
        raw, codec = decode(path.read_bytes(), encoding)
    except DocumentError as error:
        raise DocumentError(f"{path.name}: {str(error).replace('FILE', shlex.quote(str(path)))}") from error
    edits = repairs(raw)
    text = _same_length(raw, edits)
    lines = read_lines(text)
    if not lines:
        raise DocumentError(f"{path.name} holds no text; look at what it holds: head -c 300 {shlex.quote(str(path))}")
    file = _File(path.resolve().as_posix(), codec, raw, text, edits, [edit.start for edit in edits])
    seen: Counter[str] = Counter()
    for article in articles(text, lines):
        title = article.title or path.stem
        seen[title] += 1
        yield _document(file, article, title, seen[title])


@dataclass(frozen=True, slots=True)
class _File:
    """A decoded file: `text` is `raw` with the repairs that keep its length; `edits` are all of them."""

    source: str
    codec: str
    raw: str
    text: str
    edits: list[Edit]
    edit_starts: list[int]

    def edits_in(self, start: int, end: int) -> list[Edit]:
        """The repairs that begin in `raw[start:end]`."""
        return self.edits[bisect_left(self.edit_starts, start) : bisect_left(self.edit_starts, end)]


def _same_length(raw: str, edits: Sequence[Edit]) -> str:
    pieces: list[str] = []
    reached = 0
    for edit in edits:
        if len(edit.repaired) == edit.end - edit.start:
            pieces += raw[reached : edit.start], edit.repaired
            reached = edit.end
    return "".join([*pieces, raw[reached:]])


def _document(file: _File, article: Article, title: str, nth: int) -> Document:
    """The record of one article; `nth` counts the articles of the file with this title."""
    pieces: list[str] = []
    origins: list[Origin] = []
    headings: list[tuple[int, int]] = []
    length = 0
    for block in article.blocks:
        if pieces:
            pieces.append("\n")
            length += 1
        start = length
        for stretch in (whole for joined in join(file.text, block) for whole in _split(file, joined)):
            end = length + len(stretch.text)
            origins.append(Origin(length, end, stretch.start, stretch.end, stretch.line.number, stretch.line.page))
            pieces.append(stretch.text)
            length = end
        if block.heading:
            headings.append((start, length))
    lines = [*article.title_lines, *(line for block in article.blocks for line in block.lines), *article.byline_lines]
    metadata = {"encoding": file.codec}
    if article.page:
        metadata["page"] = article.page
    if article.title_lines:
        metadata["title_lines"] = _range(article.title_lines)
    if article.byline_lines:
        metadata["byline_lines"] = _range(article.byline_lines)
    return Document(
        id=hashlib.sha256(f"{file.source}\n{title}{f'{chr(10)}{nth}' if nth > 1 else ''}".encode()).hexdigest()[:16],
        source=file.source,
        title=title,
        text="".join(pieces),
        byline=article.byline,
        section=article.section,
        date=article.date,
        headings=tuple(headings),
        origins=tuple(origins),
        repairs=tuple(_repairs(file, lines)),
        metadata=metadata,
    )


def _split(file: _File, stretch: Stretch) -> Iterator[Stretch]:
    """The stretch itself, or its parts around repairs that change the length, each of which stands for the raw characters as a whole."""
    at = stretch.start
    for edit in file.edits_in(stretch.start, stretch.end):
        if len(edit.repaired) != edit.end - edit.start:
            if edit.start > at:
                yield Stretch(file.text[at : edit.start], at, edit.start, stretch.line)
            yield Stretch(edit.repaired, edit.start, edit.end, stretch.line)
            at = edit.end
    if at == stretch.start:
        yield stretch
    elif at < stretch.end:
        yield Stretch(file.text[at : stretch.end], at, stretch.end, stretch.line)


def _repairs(file: _File, lines: Sequence[Line]) -> Iterator[Repair]:
    """The repairs made on these lines, in the order of the file; a line that two articles share gives each its own part."""
    for line in sorted(set(lines), key=lambda line: line.start):
        line_start = file.raw.rfind("\n", 0, line.start) + 1
        for edit in file.edits_in(line.start, line.end):
            yield Repair(line.number, edit.start - line_start + 1, file.raw[edit.start : edit.end], edit.repaired, edit.kind)


def _range(lines: Sequence[Line]) -> str:
    return f"{lines[0].number}-{lines[-1].number}"
