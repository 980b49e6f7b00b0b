"""Reads workbooks (.xlsx): a document a sheet, a line a row as "name：value；name：value", values as the sheet shows them.

Raw offsets count the characters of the text as extracted; lines are the numbers of the rows. Formulas give the values that were
saved with them; charts, pictures and comments are left out.
"""

import re
import shlex
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from pathlib import Path
from xml.etree.ElementTree import Element

from rag.documents.formats.archive import Archive, attribute, local
from rag.documents.formats.outline import Facts, Piece, Stretch, document, on_one_line
from rag.documents.formats.sheets import Row, row_texts
from rag.documents.layout.pages import document_id
from rag.errors import DocumentError
from rag.records import Document
from rag.settings import Options

_DATE_FORMATS = frozenset([*range(14, 23), *range(27, 37), *range(45, 48), *range(50, 59)])
"""The built-in formats of dates and times, the Chinese ones (27–36, 50–58) included."""
_PERCENT_FORMATS = {9: 0, 10: 2}
_QUOTED = re.compile(r'"[^"]*"|\\.|\[(?!(?:h+|m+|s+)\])[^\]]*\]|_.|\*.')
_DATED = re.compile(r"[ymdhs年月日]", re.IGNORECASE)
_PERCENT = re.compile(r"[0#](?:\.([0#]+))?%")
_PLACE = re.compile(r"([A-Z]{1,3})(\d{1,7})")
_ESCAPE = re.compile(r"_x(?![dD][89a-fA-F])([0-9A-Fa-f]{4})_")
_NUMBER = re.compile(r"[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d{1,3})?")
_WIDEST = 16384
_MERGED = re.compile(rb'<(?:\w+:)?mergeCell ref="([A-Z]{1,3}(\d{1,7})):[A-Z]{1,3}(\d{1,7})"')
_MOST_MERGED = 10_000
_UNPACKED, _ROOM = 20, 10_000_000
"""How many characters, for a byte of a workbook's parts and beyond that, its cells may show: one text can stand in any number of them."""
_REPEATED, _REPEATED_ROOM = 4, 10_000
"""The same for what is repeated of merged cells, by the bytes of their sheet."""


@dataclass(frozen=True, slots=True)
class _Format:
    """How numbers are shown: as a day, or with so many decimals of a percentage, or (None) as they are."""

    dated: bool = False
    percent: int | None = None


@dataclass(slots=True)
class _Sheet:
    """What is found out while the rows of a sheet are read."""

    unsaved: int = 0
    merged: dict[tuple[int, int], int] = field(default_factory=dict)
    repeatable: int = _REPEATED_ROOM


def parse(path: Path, options: Options) -> Iterator[Document]:  # noqa: ARG001 - nothing in an .xlsx needs to be told
    """The sheets of a workbook that show rows, in order; DocumentError where it is broken, locked, empty or another kind of file."""
    with Archive.opened(path, ".xlsx") as archive:
        book = _Book(archive)
        read = [(name, *book.document(name, part)) for name, part in book.shown]
    found = [(name, pieces, warnings) for name, pieces, warnings in read if pieces]
    if not found:
        raise DocumentError(
            f"{path.name} holds no rows in its visible sheets; see what it holds: unzip -l {shlex.quote(str(path))}",
            reason="看得见的工作表里没有内容",
        )
    hidden = tuple(f"工作表“{name}”是隐藏的，没有读取" for name in book.hidden)
    seen: Counter[str] = Counter()
    for name, pieces, warnings in found:
        title = path.stem if len(found) == 1 else f"{path.stem} {name}"
        seen[name] += 1
        made = document(path, pieces, Facts(title=title, warnings=hidden + warnings, metadata={"sheet": name}))
        # The title depends on how many sheets there are, the id does not.
        yield replace(made, id=document_id(made.source, name, seen[name]))


class _Book:
    """The sheets of a workbook, the texts they share and how their numbers are shown."""

    def __init__(self, archive: Archive) -> None:
        self._archive = archive
        self._plain = _Format()
        self._room = _UNPACKED * archive.size() + _ROOM
        main = archive.main()
        root = archive.xml(main)
        related = archive.related(main)
        parts = dict(related.values())
        self._formats = _formats(archive.xml(parts.get("styles", "")))
        self._texts = list(_shared(archive, parts.get("sharedStrings", "")))
        self._epoch = datetime(1899, 12, 30)
        self.shown: list[tuple[str, str]] = []
        self.hidden: list[str] = []
        for element in root.iter() if root is not None else ():
            if local(element.tag) == "workbookPr" and attribute(element, "date1904") in ("1", "true"):
                self._epoch = datetime(1904, 1, 1)
            elif local(element.tag) == "sheet":
                kind, part = related.get(attribute(element, "id"), ("", ""))
                name = " ".join(attribute(element, "name").split())
                if attribute(element, "state") in ("hidden", "veryHidden"):
                    self.hidden.append(name)
                elif kind == "worksheet" and part in archive:
                    self.shown.append((name, part))

    def document(self, name: str, part: str) -> tuple[list[Piece], tuple[str, ...]]:
        """The rows of a sheet and what could not be read of it."""
        sheet = _Sheet(merged=_merged(self._archive, part), repeatable=_REPEATED * self._archive.size(part) + _REPEATED_ROOM)
        pieces: list[Piece] = []
        offset = 0
        for number, text in row_texts(self._rows(part, sheet)):
            pieces.append(Piece((Stretch(text, offset, offset + len(text), number),)))
            offset += len(text) + 1
        unsaved = f"工作表“{name}”有 {sheet.unsaved} 个公式没有保存计算结果，读作空白；请用办公软件打开并重新保存"
        return pieces, (unsaved,) if sheet.unsaved else ()

    def _rows(self, part: str, sheet: _Sheet) -> Iterator[Row]:
        """The rows that are not empty; cells merged downwards are in each row they are drawn in."""
        above: dict[int, tuple[str, int]] = {}
        before = 0
        for _, row in self._archive.events(part, "end"):
            if not row.tag.endswith("}row"):
                continue
            number = _integer(attribute(row, "r"), before + 1)
            before = number
            cells: list[str] = []
            for cell in row:
                column = _column(attribute(cell, "r"), len(cells))
                text = self._text(cell, sheet)
                self._spend(len(text) + max(column - len(cells), 0))
                cells += [""] * (column - len(cells))
                cells[column : column + 1] = [text]
                last = sheet.merged.get((number, column), 0)
                if text and last:
                    above[column] = (text, last)
            row.clear()
            if any(cells):
                self._continue(cells, number, above, sheet)
                yield number, cells

    def _continue(self, cells: list[str], number: int, above: dict[int, tuple[str, int]], sheet: _Sheet) -> None:
        """Puts what is merged downwards from `above` into the cells of a row, as long as the sheet may repeat it."""
        for column, (text, last) in list(above.items()):
            if number > last:
                del above[column]
            elif column >= len(cells) or not cells[column]:
                blank = max(column - len(cells), 0)
                sheet.repeatable -= len(text) + blank
                if sheet.repeatable < 0:
                    above.clear()
                    return
                self._spend(len(text) + blank)
                cells += [""] * blank
                cells[column : column + 1] = [text]

    def _spend(self, characters: int) -> None:
        """Takes note of characters that are shown; a small file that shows one text in thousands of cells would fill the memory."""
        self._room -= characters
        if self._room < 0:
            path = self._archive.path
            raise DocumentError(
                f"{path.name} repeats its texts in more cells than could be read; save the sheet that is needed as a table and read that: "
                f"soffice --headless --convert-to csv {shlex.quote(str(path))}",
                reason="重复的单元格太多，请把需要的工作表另存为 .csv",
            )

    def _text(self, cell: Element, sheet: _Sheet) -> str:
        kind = cell.get("t", "n")
        text, formula = "", False
        for part in cell:
            if part.tag.endswith("}v"):
                text = part.text or ""
            elif part.tag.endswith("}is"):
                text = _string(part)
            elif part.tag.endswith("}f"):
                formula = True
        if kind == "n":
            index = _integer(cell.get("s", ""), 0)
            text = self._number(text, self._formats[index] if index < len(self._formats) else self._plain) if text else ""
        elif kind == "s":
            index = _integer(text, -1)
            text = self._texts[index] if 0 <= index < len(self._texts) else ""
        elif kind == "b":
            text = {"1": "是", "0": "否"}.get(text, text)
        elif kind == "d":
            text = text.replace("T", " ").removesuffix(" 00:00:00")
        elif kind != "e":
            text = _unescaped(text)
        if formula and not text and kind != "str":
            sheet.unsaved += 1
        return text

    def _number(self, text: str, form: _Format) -> str:
        """A number as the sheet shows it: a day in ISO 8601, a percentage, or without the noise of binary fractions."""
        if not _NUMBER.fullmatch(text):
            return text
        number = float(text)
        if form.dated:
            return _moment(self._epoch, number) or text
        if form.percent is not None:
            return f"{number * 100:.{form.percent}f}%"
        if number.is_integer() and abs(number) < 1e15:
            return str(int(number))
        return f"{number:.15g}"


def _moment(epoch: datetime, number: float) -> str:
    """The day, the time, or both that a serial number stands for; "" where there is no such day."""
    try:
        moment = epoch + timedelta(seconds=round(number * 86400))
    except (OverflowError, ValueError):
        return ""
    if 0 <= number < 1:
        return moment.strftime("%H:%M:%S").removesuffix(":00")
    if moment.time() == datetime.min.time():
        return moment.date().isoformat()
    return moment.isoformat(" ").removesuffix(":00")


def _formats(root: Element | None) -> list[_Format]:
    """How each of the cell styles shows numbers."""
    codes: dict[int, str] = {}
    found: list[_Format] = []
    for element in root.iter() if root is not None else ():
        if local(element.tag) == "numFmt":
            codes[_integer(attribute(element, "numFmtId"), -1)] = attribute(element, "formatCode")
        elif local(element.tag) == "cellXfs":
            found = [_format(_integer(attribute(style, "numFmtId"), 0), codes) for style in element]
    return found


def _format(number: int, codes: dict[int, str]) -> _Format:
    if number not in codes:
        return _Format(number in _DATE_FORMATS, _PERCENT_FORMATS.get(number))
    # Of a format for positive, negative, zero and text the first tells what it shows.
    code = _QUOTED.sub("", codes[number].partition(";")[0])
    percent = _PERCENT.search(code)
    return _Format(percent is None and _DATED.search(code) is not None, len(percent[1] or "") if percent else None)


def _shared(archive: Archive, part: str) -> Iterator[str]:
    for _, element in archive.events(part, "end"):
        if local(element.tag) == "si":
            yield _unescaped(_string(element))
            element.clear()


def _string(element: Element) -> str:
    """The text of a string; how it is to be read aloud (rPh) is no part of it."""
    found: list[str] = []
    for part in element:
        if local(part.tag) == "t":
            found.append(part.text or "")
        elif local(part.tag) == "r":
            found += [inner.text or "" for inner in part if local(inner.tag) == "t"]
    return "".join(found)


def _merged(archive: Archive, part: str) -> dict[tuple[int, int], int]:
    """For the first cell (row, column) of what is merged over several rows, the last row.

    They are listed behind the rows they are needed for, so they are looked for in the bytes, without reading the sheet twice.
    """
    found: dict[tuple[int, int], int] = {}
    tail = b""
    with archive.open(part) as file:
        while chunk := file.read(1 << 18):
            for match in _MERGED.finditer(tail + chunk):
                first, last = match[1].decode(), int(match[3])
                if last > int(match[2]) and len(found) < _MOST_MERGED:
                    found[int(match[2]), _column(first, 0)] = last
            tail = chunk[-100:]
    return found


def _unescaped(text: str) -> str:
    return on_one_line(_ESCAPE.sub(lambda match: chr(int(match[1], 16)), text) if "_x" in text else text)


def _column(place: str, otherwise: int) -> int:
    """The number of the column of a cell's place, from 0: "C7" → 2."""
    match = _PLACE.fullmatch(place)
    if not match:
        return otherwise
    number = 0
    for letter in match[1]:
        number = number * 26 + ord(letter) - ord("A") + 1
    return min(number - 1, _WIDEST)


def _integer(text: str, otherwise: int) -> int:
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 10 else otherwise
