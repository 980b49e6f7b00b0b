"""Reads Word documents (.docx): sub-heads by style, numbers as Word draws them, tables as rows, revisions as if accepted.

Raw offsets count the characters of the text as extracted, a block a line; lines are the numbers of the blocks. Headers, footers,
comments, pictures, deleted and hidden text, and a table of contents are left out.
"""

import re
import shlex
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from xml.etree.ElementTree import Element

from rag.chinese.dates import dateline, days, iso_date
from rag.documents.formats import tables
from rag.documents.formats.archive import Archive, attribute, broken, local
from rag.documents.formats.outline import Facts, Piece, Stretch, document, levelled, title_at, titled
from rag.documents.formats.word_styles import Numbering, Styles, child, value
from rag.errors import DocumentError
from rag.records import Document
from rag.settings import Options

_DEEPEST = 60
_TRANSPARENT = frozenset("sdt sdtContent ins moveTo customXml smartTag hyperlink fldSimple dir bdo body footnote endnote".split())
_GONE = frozenset("del moveFrom rt pPr rPr sdtPr sdtEndPr tblPr instrText delText delInstrText".split())
_NOBODY = frozenset(
    {"", "python-docx", "administrator", "admin", "user", "windows user", "microsoft", "微软用户", "lenovo", "hp", "dell", "un-named"}
)
_TEMPLATE = "2013-12-23T23:15:00Z"
"""When the template was made that python-docx starts every document from."""
_CHAPTER = re.compile("第[一二三四五六七八九十百0-9]{1,4}[编篇章节]|[一二三四五六七八九十]{1,3}、|[（(][一二三四五六七八九十]{1,3}[)）]")
_OF_THE_TEXT = re.compile(rf"{_CHAPTER.pattern}|附件|附表|附录")
_BESIDE_DAY = re.compile(r"[\s（）()\[\]【】]|印发")
_LONGEST_HEAD = 40
_NEAR = 6


@dataclass(slots=True)
class _Block:
    """A line of the document: its text, and what it is."""

    text: str
    level: int = 0
    run: int = 0
    title: bool = False
    centred: bool = False


@dataclass(slots=True)
class _Paragraph:
    """What runs hold: lines, the notes referred to and the text boxes anchored there."""

    lines: list[str] = field(default_factory=lambda: [""])
    notes: list[tuple[str, str]] = field(default_factory=list)
    boxes: list[Element] = field(default_factory=list)


def parse(path: Path, options: Options) -> Iterator[Document]:  # noqa: ARG001 - nothing in a .docx needs to be told
    """The one document of a .docx file; DocumentError where it is broken, locked, or another kind of file."""
    with Archive.opened(path, ".docx") as archive:
        reader = _Reader(archive)
        blocks = [block for block in reader.blocks() if block.text.strip()]
        properties = _properties(archive)
    if not blocks:
        raise DocumentError(
            f"{path.name} holds no text (pictures of pages?); save it as PDF and read that: "
            f"soffice --headless --convert-to pdf {shlex.quote(str(path))}",
            reason="文档里没有文字，如果是图片，请另存为 PDF",
        )
    yield _document(path, blocks, properties)


class _Reader:
    """Walks the body of a document; lists count on from block to block."""

    def __init__(self, archive: Archive) -> None:
        self._path = archive.path
        self._body = child(archive.xml(archive.main()), "body")
        parts = dict(archive.related(archive.main()).values())
        self._styles = Styles(archive, parts.get("styles", ""))
        self._numbering = Numbering(archive, parts.get("numbering", ""))
        self._notes: dict[tuple[str, str], Element] = {}
        for kind in ("footnote", "endnote"):
            root = archive.xml(parts.get(f"{kind}s", ""))
            for note in root if root is not None else ():
                if attribute(note, "type") in ("", "normal"):
                    self._notes[kind, attribute(note, "id")] = note
        self._runs = 0

    def blocks(self) -> Iterator[_Block]:
        """The lines of the document in order."""
        if self._body is None:
            raise broken(self._path, "it has no body")
        yield from self._blocks(self._body, 0)

    def _blocks(self, container: Element, depth: int) -> Iterator[_Block]:
        if depth > _DEEPEST:
            raise broken(self._path, f"its parts are nested more than {_DEEPEST} deep")
        listed = ""
        for element in container:
            name = local(element.tag)
            if name == "p":
                made = list(self._paragraph(element, depth, listed))
                listed = self._styles.format(child(element, "pPr")).list_id
                yield from made
            elif name == "tbl":
                yield from self._table(element, depth)
                listed = ""
            elif name in _TRANSPARENT:
                yield from self._blocks(element, depth + 1)
            elif name == "AlternateContent":
                yield from self._blocks(_alternative(element), depth + 1)

    def _paragraph(self, element: Element, depth: int, listed: str) -> Iterator[_Block]:
        properties = child(element, "pPr")
        how = self._styles.format(properties)
        held = _Paragraph()
        self._read(element, held, depth)
        lines = [line for line in ("".join(held.lines).split("\n")) if line.strip()]
        if lines and not how.contents:
            label = self._numbering.label(how)
            if label and not label[-1].isalnum() and label[-1] not in ".)":
                lines[0] = label + lines[0].lstrip()
            elif label:
                lines[0] = f"{label} {lines[0].lstrip()}"
            item = self._numbering.is_item(how)
            if how.level or how.title or item:
                lines = [" ".join(line.strip() for line in lines)]
            if item and not how.level and how.list_id != listed:
                self._runs += 1
            centred = value(properties, "jc") == "center"
            for line in lines:
                text = line.strip()
                yield _Block(text, 0 if how.title else how.level, self._runs if item and not how.level else 0, how.title, centred)
        for box in held.boxes:
            yield from self._blocks(box, depth + 1)
        for note in held.notes:
            text = self._text(self._notes[note], depth) if note in self._notes else ""
            if text:
                yield _Block(f"注：{text}")

    def _read(self, element: Element, held: _Paragraph, depth: int) -> None:
        """Adds what the runs of a paragraph hold."""
        if depth > _DEEPEST:
            raise broken(self._path, f"its parts are nested more than {_DEEPEST} deep")
        for part in element:
            name = local(part.tag)
            if name == "t":
                held.lines.append((part.text or "").replace("\n", " "))
            elif name in ("tab", "ptab"):
                held.lines.append(" ")
            elif name in ("br", "cr"):
                held.lines.append("\n")
            elif name == "noBreakHyphen":
                held.lines.append("-")
            elif name in ("footnoteReference", "endnoteReference"):
                held.notes.append((name.removesuffix("Reference"), attribute(part, "id")))
            elif name == "txbxContent":
                held.boxes.append(part)
            elif name == "AlternateContent":
                self._read(_alternative(part), held, depth + 1)
            elif name == "r" and _is_on(child(child(part, "rPr"), "vanish")):
                continue
            elif name not in _GONE and len(part):
                self._read(part, held, depth + 1)

    def _text(self, element: Element, depth: int) -> str:
        """The text of what stands in a cell or a note, tables in it left out, on one line."""
        found: list[str] = []
        for part in element:
            name = local(part.tag)
            if name == "p":
                how = self._styles.format(child(part, "pPr"))
                held = _Paragraph()
                self._read(part, held, depth)
                boxes = [self._text(box, depth + 1) for box in held.boxes]
                notes = [
                    f"（注：{self._text(self._notes[note], depth + 1)}）" for note in held.notes if note in self._notes and depth < _DEEPEST
                ]
                found.append(" ".join([self._numbering.label(how) + "".join(held.lines), *boxes]) + "".join(notes))
            elif name in _TRANSPARENT:
                found.append(self._text(part, depth + 1))
            elif name == "AlternateContent":
                found.append(self._text(_alternative(part), depth + 1))
        return " ".join(" ".join(found).split())

    def _table(self, table: Element, depth: int) -> Iterator[_Block]:
        rows = list(_descend(table, "tr"))
        drawn = [list(_descend(row, "tc")) for row in rows]
        if all(len(row) <= 1 for row in drawn):
            # One column is a frame around text.
            for row in drawn:
                for cell in row:
                    yield from self._blocks(cell, depth + 1)
            return
        cells: list[list[tables.Cell]] = []
        reaching: dict[int, tuple[int, int]] = {}
        for row_element, row_cells in zip(rows, drawn, strict=True):
            made: list[tables.Cell] = []
            head = _is_on(child(child(row_element, "trPr"), "tblHeader"))
            column = 0
            for cell in row_cells:
                properties = child(cell, "tcPr")
                span = value(properties, "gridSpan")
                columns = min(max(int(span), 1), 100) if span.isascii() and span.isdecimal() and len(span) < 6 else 1
                merged = child(properties, "vMerge")
                if merged is not None and attribute(merged, "val") != "restart" and column in reaching:
                    above, index = reaching[column]
                    old = cells[above][index]
                    cells[above][index] = tables.Cell(old.text, old.columns, old.rows + 1, old.head)
                else:
                    if merged is not None:
                        reaching[column] = (len(cells), len(made))
                    made.append(tables.Cell(self._text(cell, depth + 1), columns, 1, head))
                column += columns
            cells.append(made)
        self._runs += 1
        run = self._runs
        for _, fields in tables.read_rows(cells):
            text = tables.BETWEEN.join(f"{f.name}{tables.NAMED if f.name else ''}{cells[f.row][f.index].text}" for f in fields)
            yield _Block(text, run=run)
        for row_cells in drawn:
            for cell in row_cells:
                for inner in _descend(cell, "tbl"):
                    yield from self._nested(inner, depth + 1)

    def _nested(self, table: Element, depth: int) -> Iterator[_Block]:
        if depth > _DEEPEST:
            raise broken(self._path, f"its tables are nested more than {_DEEPEST} deep")
        yield from self._table(table, depth)


def _document(path: Path, blocks: list[_Block], properties: dict[str, str]) -> Document:
    _find_title(blocks)
    if not any(block.level for block in blocks):
        _find_heads(blocks)
    offset = 0
    pieces: list[Piece] = []
    named = ""
    for number, block in enumerate(blocks, 1):
        stretch = Stretch(block.text, offset, offset + len(block.text), number)
        offset += len(block.text) + 1
        if block.title and not named and number <= _NEAR:
            named = block.text
            continue
        pieces.append(Piece((stretch,), block.level, block.run))
    headed, pieces = titled(pieces) if not named else ("", levelled(pieces))
    title = named or headed or properties.get("title", "") or path.stem
    first, last = ([block.text for block in part] for part in (blocks[:_NEAR], blocks[-_NEAR:]))
    date = next(filter(None, map(dateline, [*first, *last])), "") or next(filter(None, map(_signed, last)), "")
    author = properties.get("creator", "")
    created = properties.get("created", "")
    facts = Facts(
        title=title,
        byline="" if author.lower() in _NOBODY else author,
        date=date or ("" if created == _TEMPLATE else iso_date(created[:10])),
    )
    made = document(path, pieces, facts)
    if not made.text:
        # A title and nothing else is still something that a file says.
        made = document(path, [Piece((Stretch(blocks[0].text, 0, len(blocks[0].text), 1),))], facts)
    return made


def _signed(text: str) -> str:
    """The day that a line at the end of a letter or a notice names, and nothing else; "" for another line."""
    day = next(days(text), None)
    return day.iso if day and not _BESIDE_DAY.sub("", text[: day.start] + text[day.end :]) else ""


def _find_title(blocks: list[_Block]) -> None:
    """Marks the first line as the title where it is centred, unless a heading of its own follows such lines."""
    first = blocks[0]
    if any(block.title for block in blocks[:_NEAR]) or not first.centred or first.level or first.run or len(blocks) == 1:
        return
    if len(first.text) > _LONGEST_HEAD * 2 or first.text[-1] in "。；：！？":
        return
    centred = next((i for i, block in enumerate(blocks) if block.level or not block.centred), len(blocks))
    at = title_at([Piece((Stretch(block.text, 0, 0, 1),), block.level) for block in blocks])
    if at != centred or _OF_THE_TEXT.match(blocks[at].text):
        first.title = True


def _find_heads(blocks: list[_Block]) -> None:
    """Marks the sub-heads of a document that was set without styles: numbered, short, and followed by text."""
    ranks: list[str] = []
    for block, following in pairwise(blocks):
        match = _CHAPTER.match(block.text)
        if (
            match
            and not block.run
            and not block.title
            and len(block.text) <= _LONGEST_HEAD
            and block.text[-1] not in "。；：，！？"
            and (len(following.text) > _LONGEST_HEAD or following.text[-1] in "。；" or _CHAPTER.match(following.text))
        ):
            rank = re.sub("[一二三四五六七八九十百0-9]+", "", match[0])
            if rank not in ranks:
                ranks.append(rank)
            block.level = ranks.index(rank) + 1
    # A head over a head of its own rank holds nothing: those were the items of a list.
    for block, following in pairwise(blocks):
        if block.level and following.level and following.level <= block.level:
            block.level = 0


def _properties(archive: Archive) -> dict[str, str]:
    part = next((part for kind, part in archive.related("").values() if kind == "core-properties"), "")
    root = archive.xml(part)
    return {local(element.tag): " ".join((element.text or "").split()) for element in (root if root is not None else ())}


def _descend(element: Element, wanted: str) -> Iterator[Element]:
    """The nearest elements of this name below, through what only wraps them."""
    below = list(element)[::-1]
    while below:
        part = below.pop()
        name = local(part.tag)
        if name == wanted:
            yield part
        elif name in _TRANSPARENT:
            below += list(part)[::-1]


def _alternative(element: Element) -> Element:
    """The first of the alternatives of an element that old programs know another way."""
    return next((part for part in element if local(part.tag) in ("Choice", "Fallback")), element)


def _is_on(element: Element | None) -> bool:
    return element is not None and attribute(element, "val") not in ("0", "false", "off")
