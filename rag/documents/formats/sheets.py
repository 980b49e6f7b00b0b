"""Reads tables saved as text (.csv .tsv): a row a line of the document, as "name：value；name：value".

Raw offsets count the characters of the decoded file; a row stands for its characters as a whole. Lines are those of the file.
"""

import csv
import shlex
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from itertools import chain, islice
from pathlib import Path

from rag.documents.formats import tables
from rag.documents.formats.outline import Facts, Piece, Raw, Stretch, document, on_one_line
from rag.documents.formats.text import read_text
from rag.errors import DocumentError
from rag.records import Document
from rag.settings import Options

_SEPARATORS = ",\t;|，"
_SAMPLE_LINES = 50
_LONGEST_CELL = 1 << 24
Row = tuple[int, Sequence[str]]
"""The number of a row, and the text of its cells."""


def parse(path: Path, options: Options) -> Iterator[Document]:
    """The one document of a .csv or .tsv file; DocumentError where it cannot be decoded or holds no rows."""
    text, codec = read_text(path, options)
    raw = Raw(text)
    separator = "\t" if path.suffix.lower() == ".tsv" and "\t" in text else _separator(text)
    made = document(path, _pieces(path, raw, separator), Facts(title=path.stem, metadata={"encoding": codec}))
    if not made.text:
        raise DocumentError(
            f"{path.name} holds no rows; look at what it holds: head -c 300 {shlex.quote(str(path))}",
            reason="表格里没有内容",
        )
    yield made


def row_texts(rows: Iterable[Row]) -> Iterator[tuple[int, str]]:
    """The rows of a sheet that are no header, each its number and what it says: "地区：临港；产值：2634亿元".

    The first rows are looked at for one or two that name the columns; rows of few cells before them (a heading of the sheet) stand alone,
    and so does a row that has only its first cell.
    """
    rows = iter(rows)
    sample = list(islice(rows, _SAMPLE_LINES))
    widths = Counter(count for _, cells in sample if (count := sum(map(bool, cells))) > 1)
    width = widths.most_common(1)[0][0] if widths else 1
    names: list[str] | None = None
    first = 0
    while first < len(sample):
        cells = sample[first][1]
        filled = [cell for cell in cells if cell]
        following = [row for _, row in sample[first + 1 :]]
        if grouped := tables.grouped_names([cells, *following[:2]]):
            names, first = grouped, first + 2
            break
        if width <= 1 or first > 5 or len(filled) > max(1, width // 2):
            last = max((i for i, cell in enumerate(cells) if cell), default=-1)
            names = tables.column_names(cells[: last + 1], following)
            first += names is not None
            break
        if filled:
            yield sample[first][0], tables.BETWEEN.join(filled)
        first += 1
    for number, cells in chain(sample[first:], rows):
        text = tables.BETWEEN.join(_field(names, i, cell) for i, cell in enumerate(cells) if cell)
        if names and len(names) > 2 and cells and cells[0] and not any(cells[1:]):
            # A remark below the table, or between its parts.
            text = cells[0]
        if text:
            yield number, text


def _field(names: Sequence[str] | None, column: int, cell: str) -> str:
    return f"{names[column]}{tables.NAMED}{cell}" if names and column < len(names) and names[column] else cell


def _pieces(path: Path, raw: Raw, separator: str) -> Iterator[Piece]:
    places: dict[int, tuple[int, int]] = {}
    for number, text in row_texts(_rows(path, raw, separator, places)):
        start, end = places.pop(number)
        yield Piece((raw.standing_for(text, start, end),)) if end > start else Piece((Stretch(text, start, start, number),))


def _rows(path: Path, raw: Raw, separator: str, places: dict[int, tuple[int, int]]) -> Iterator[Row]:
    """The rows with the line each begins on; where they stand is put into `places`."""
    csv.field_size_limit(_LONGEST_CELL)
    reader = csv.reader(_lines(raw.text), delimiter=separator, doublequote=True, skipinitialspace=True)
    before = 0
    try:
        for cells in reader:
            start, end = raw.line_start(before + 1), raw.line_start(reader.line_num + 1)
            while end > start and raw.text[end - 1] == "\n":
                end -= 1
            places[before + 1] = (start, end)
            yield before + 1, [on_one_line(cell) for cell in cells]
            before = reader.line_num
    except csv.Error as error:
        raise DocumentError(
            f"{path.name}: the row from line {before + 1} is no row of a table ({error}); look at it: "
            f"sed -n {before + 1}p {shlex.quote(str(path))} | head -c 300",
            reason=f"表格从第 {before + 1} 行起读不了，请检查那里的引号是否成对",
        ) from error


def _lines(text: str) -> Iterator[str]:
    """The lines of a text with their ends, one after the other: a list of them all would be a second copy."""
    start = 0
    while start < len(text):
        end = text.find("\n", start) + 1 or len(text)
        yield text[start:end]
        start = end


def _separator(text: str) -> str:
    """The separator that cuts the first lines into the same number of cells, and into most."""
    sample = list(islice(_lines(text), _SAMPLE_LINES))
    best, best_score = ",", (0.0, 0.0)
    for separator in _SEPARATORS:
        try:
            widths = [len(row) for row in csv.reader(sample, delimiter=separator) if row]
        except csv.Error:
            continue
        width, often = Counter(widths).most_common(1)[0] if widths else (1, 0)
        score = (often / len(widths) if width > 1 else 0.0, float(width))
        if score > best_score:
            best, best_score = separator, score
    return best
