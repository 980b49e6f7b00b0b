"""Makes documents of the lines of pages: repair, find the articles, put their lines together, and keep where each character came from."""

import hashlib
import shlex
from bisect import bisect_left
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from rag.chinese.dates import compact_date, dateline, iso_date
from rag.documents.founder import Edit, repairs
from rag.documents.layout.articles import Article, articles
from rag.documents.layout.lines import Line, Setting, Stretch, join, read_lines
from rag.documents.layout.printed import printed_articles
from rag.errors import DocumentError
from rag.records import Document, Heading, Origin, Repair
from rag.settings import Options


@dataclass(frozen=True, slots=True)
class Pages:
    """What was taken out of a file of lines: `raw` has "\\n" line ends and a form feed before each page but the first.

    `settings` says how each line that is not blank was typeset, in order, where the file knows; `title`, `date` (ISO 8601) and
    `byline` are what the file itself says of a document that has none in its lines.
    """

    raw: str
    settings: Sequence[Setting] = ()
    title: str = ""
    date: str = ""
    byline: str = ""
    warnings: tuple[str, ...] = ()
    metadata: Mapping[str, str] = field(default_factory=dict)


def documents(path: Path, pages: Pages, options: Options) -> Iterator[Document]:
    """The articles of a file, in order; DocumentError where it holds no text."""
    raw = pages.raw
    edits = repairs(raw) if options.layout != "plain" else []
    text = _same_length(raw, edits)
    lines = read_lines(text, pages.settings)
    if not lines:
        raise DocumentError(
            f"{path.name} holds no text; look at what it holds: head -c 300 {shlex.quote(str(path))}",
            reason="文件里没有文字",
        )
    file = _File(path.resolve().as_posix(), pages, text, edits, [edit.start for edit in edits])
    seen: Counter[str] = Counter()
    found = printed_articles if pages.settings else articles
    for article in found(text, lines, options.layout):
        title = article.title or pages.title or path.stem
        seen[title] += 1
        yield _document(file, article, title, seen[title])


def document_id(source: str, title: str, nth: int = 1) -> str:
    """The id of the `nth` document of a source with this title."""
    return hashlib.sha256(f"{source}\n{title}{f'{chr(10)}{nth}' if nth > 1 else ''}".encode()).hexdigest()[:16]


@dataclass(frozen=True, slots=True)
class _File:
    """A file with its repairs: `text` is the raw text with those that keep its length; `edits` are all of them."""

    source: str
    pages: Pages
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
    headings: list[Heading] = []
    runs: list[tuple[int, int]] = []
    listed = False
    length = 0
    for block in article.blocks:
        if pieces:
            pieces.append("\n")
            length += 1
        start = length
        for stretch in (whole for joined in join(file.text, block) for whole in _split(file, joined)):
            end = length + len(stretch.text)
            line, box = stretch.line, stretch.line.setting.box if stretch.line.setting else None
            origins.append(Origin(length, end, stretch.start, stretch.end, line.number, line.page, box))
            pieces.append(stretch.text)
            length = end
        if block.heading:
            headings.append(Heading(start, length, block.level))
        if block.item:
            runs.append((runs.pop()[0] if listed else start, length))
        listed = block.item
    lines = [*article.title_lines, *(line for block in article.blocks for line in block.lines), *article.byline_lines]
    metadata = dict(file.pages.metadata)
    if article.page:
        metadata["page"] = article.page
    if article.title_lines:
        metadata["title_lines"] = _range(article.title_lines)
    if article.byline_lines:
        metadata["byline_lines"] = _range(article.byline_lines)
    return Document(
        id=document_id(file.source, title, nth),
        source=file.source,
        title=title,
        text="".join(pieces),
        byline=article.byline or file.pages.byline,
        section=article.section,
        date=article.date or file.pages.date or _date(file, article),
        headings=tuple(headings),
        runs=tuple(runs),
        origins=tuple(origins),
        repairs=tuple(_repairs(file, lines)),
        warnings=file.pages.warnings,
        metadata=metadata,
    )


def _date(file: _File, article: Article) -> str:
    """The day the article appeared: of a line among its first or last that says so, or of the name of its file."""
    stem = Path(file.source).stem
    edges = [*article.title_lines, *(line for block in (*article.blocks[:4], *article.blocks[:-4:-1]) for line in block.lines[:2])]
    stated = (dateline(file.text[line.start : line.end]) for line in edges)
    return next(filter(None, stated), "") or iso_date(stem) or compact_date(stem)


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
        line_start = file.pages.raw.rfind("\n", 0, line.start) + 1
        for edit in file.edits_in(line.start, line.end):
            yield Repair(line.number, edit.start - line_start + 1, file.pages.raw[edit.start : edit.end], edit.repaired, edit.kind)


def _range(lines: Sequence[Line]) -> str:
    return f"{lines[0].number}-{lines[-1].number}"
