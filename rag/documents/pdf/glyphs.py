"""Reads the characters of a PDF page from PDFium and strings them into atoms: characters on one baseline without a wide gap.

PDFium's own order of lines and its guessed spaces are not used: it knows nothing of columns, and takes justified type for spaced.
"""

import ctypes
import math
import unicodedata
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import pairwise
from statistics import median
from typing import Any

import pypdfium2.raw as pdfium

from rag.chinese.width import is_han
from rag.records import Box

ASCENT, DESCENT = 0.88, 0.12
"""The shares of the em above and below the baseline, as Han type is cut."""
_GAP = 0.6
"""A gap, in ems, that parts atoms: wider than justified type is ever spread, narrower than the space between two columns."""
_SPACE = (0.16, 0.2, 0.45)
"""Gaps, in ems, that are read as a space where none, one or both of the characters beside it are Han."""
_MOST_SPREAD, _MOST_SPREAD_EVENLY, _UNEVEN = 0.5, 2.0, 0.3
"""Ems by which the characters of a line are spread at most, with other gaps between them or all alike; and how alike these are."""
_SAMPLE = 64
_UNREADABLE = 0.3
"""The share of a page's characters without a known meaning from which the page counts as unreadable."""
_SUPPLEMENT = dict(
    zip(
        map(ord, "⺁⺟⺠⺬⻁⻄⻅⻆⻉⻋⻓⻔⻘⻙⻚⻛⻜⻝⻢⻣⻤⻥⻦⻧⻨⻩⻬⻮⻰⻳"),
        "厂母民示虎西见角贝车长门青韦页风飞食马骨鬼鱼鸟卤麦黄齐齿龙龟",
        strict=True,
    )
)
"""Radicals that fonts share with the characters they look like, and which Unicode does not count as their variants."""
_COMPATIBLE = ((0x2F00, 0x2FD5), (0xF900, 0xFAFF), (0xFB00, 0xFB06), (0x2E9F, 0x2E9F), (0x2EF3, 0x2EF3))
"""Radicals, compatibility characters and ligatures that a font may have written for the usual characters: NFKC restores those."""
_HYPHENS = "\x02\ufffe\xad"
_NOTHING = frozenset(
    [*range(0x21), *range(0x7F, 0xA1), *range(0x2000, 0x2010), *range(0x2028, 0x2030), 0x205F, 0x2060, 0x3000, 0xFEFF]
) - frozenset(map(ord, _HYPHENS))
"""Controls, marks without width, and spaces: these are told by the gaps."""
_BOLD = ("bold", "black", "heavy", "hei", "heiti", "xiaobiaosong", "dabiaosong", "黑", "粗", "标宋")
_BOLD_WEIGHT = 600
_FILLED_AND_STROKED = 2
_SLANT = 8.0
"""How many times longer than high a baseline is that counts as level."""
_OFF = 0.8
"""Points by which a character may stand off the baseline, or before the one that precedes it."""
_SAME = 0.12
"""The part of an em by which a character is shifted that is drawn twice."""
_LONG = "—…"
_HALF_BLANK = frozenset("，。、；：！？”’」』）》】〉")
_FLAT = 0.01
_DEEPEST, _MOST_OBJECTS = 8, 20_000
"""Forms within forms, and objects in each, that are looked at."""
_STEPS = 400
_BIGGEST, _FARTHEST = 1000.0, 1e5

_Pointer = ctypes.c_void_p


def _typed(function: Any, *arguments: Any) -> Callable[..., int]:
    """The function of PDFium called with plain addresses, three times as fast as with objects; it is called for every character."""
    address = ctypes.cast(function, _Pointer).value
    assert address is not None
    return ctypes.PYFUNCTYPE(ctypes.c_int, *arguments)(address)


_origin = _typed(pdfium.FPDFText_GetCharOrigin, _Pointer, ctypes.c_int, _Pointer, _Pointer)
_loose_box = _typed(pdfium.FPDFText_GetLooseCharBox, _Pointer, ctypes.c_int, _Pointer)


@dataclass(frozen=True, slots=True)
class Atom:
    """Characters on one baseline, in points from the top left of the page as it is turned for reading: `base` is the baseline."""

    text: str
    left: float
    right: float
    base: float
    size: float
    bold: bool

    @property
    def top(self) -> float:
        """The upper edge of the em."""
        return self.base - ASCENT * self.size

    @property
    def bottom(self) -> float:
        """The lower edge of the em."""
        return self.base + DESCENT * self.size


@dataclass(frozen=True, slots=True)
class Glyphs:
    """The atoms of a page of `size`: `turn` is by how many quarter turns clockwise it is turned for reading from left to right.

    `vertical` says that the characters stand upright below one another, `readable` that most of them have a known meaning.
    """

    atoms: tuple[Atom, ...]
    turn: int
    vertical: bool
    readable: bool
    size: tuple[float, float]

    def box(self, box: Box) -> Box:
        """A box of the turned page as one of the page that is shown."""
        left, top, right, bottom = box
        width, height = self.size
        if self.turn == 1:
            return top, height - right, bottom, height - left
        if self.turn == 2:
            return width - right, height - bottom, width - left, height - top
        if self.turn == 3:
            return width - bottom, left, width - top, right
        return box


def glyphs(page: Any, fonts: bool = True) -> Glyphs | None:
    """The atoms of a page of pypdfium2, in the order of its content; what is cropped away or runs in another direction is left out.

    Without the `fonts` of the system PDFium may leave characters out: where it has done so, there is no answer.
    """
    text_page = pdfium.FPDFText_LoadPage(page.raw)
    if not text_page:
        return Glyphs((), 0, False, True, page.get_size())
    try:
        if not fonts and _loses_characters(page, text_page):
            return None
        return _Reader(text_page, page).glyphs()
    finally:
        pdfium.FPDFText_ClosePage(text_page)


def _loses_characters(page: Any, text_page: Any) -> bool:
    count = min(pdfium.FPDFPage_CountObjects(page.raw), _MOST_OBJECTS)
    return any(_is_lost(pdfium.FPDFPage_GetObject(page.raw, i), text_page, _DEEPEST) for i in range(count))


def _is_lost(piece: Any, text_page: Any, depth: int) -> bool:
    """Whether a piece of text is missing: without its glyphs PDFium takes what is narrow for nothing, and what is alike for a double."""
    kind = pdfium.FPDFPageObj_GetType(piece)
    if kind == pdfium.FPDF_PAGEOBJ_TEXT:
        left, bottom, right, top = (ctypes.c_float() for _ in range(4))
        pdfium.FPDFPageObj_GetBounds(piece, left, bottom, right, top)
        if right.value - left.value >= _FLAT <= top.value - bottom.value:
            return False
        # Two bytes are the NUL that ends the text.
        return bool(pdfium.FPDFTextObj_GetText(piece, text_page, None, 0) <= 2)
    if kind == pdfium.FPDF_PAGEOBJ_FORM and depth:
        count = min(pdfium.FPDFFormObj_CountObjects(piece), _MOST_OBJECTS)
        return any(_is_lost(pdfium.FPDFFormObj_GetObject(piece, i), text_page, depth - 1) for i in range(count))
    return False


@cache
def usual(character: str) -> str:
    """The character, or the usual one that it is a compatibility form of; a hyphen for PDFium's marks of one."""
    code = ord(character)
    if character in _HYPHENS:
        return "-"
    if any(first <= code <= last for first, last in _COMPATIBLE):
        return unicodedata.normalize("NFKC", character)
    return _SUPPLEMENT.get(code, character)


class _Reader:
    """One text page, and how its coordinates become those of the page that is shown."""

    def __init__(self, text_page: Any, page: Any) -> None:
        self.text_page = text_page
        self.address = ctypes.cast(text_page, _Pointer).value
        self.size: tuple[float, float] = page.get_size()
        self.rotation = (page.get_rotation() // 90) % 4
        left, bottom, right, top = page.get_bbox()
        self.crop = (min(left, right), min(bottom, top), max(left, right), max(bottom, top))

    def glyphs(self) -> Glyphs:
        codes = self._codes()
        kept = [i for i, code in enumerate(codes) if code not in _NOTHING]
        if not kept:
            return Glyphs((), 0, False, True, self.size)
        sampled = kept[:: max(1, len(kept) // _SAMPLE)]
        direction = self._direction(sampled)
        kept, points = self._points(kept)
        placed = self._turned(points, direction)
        vertical = direction == self.rotation and _runs_down(placed)
        if vertical:
            direction = (direction + 3) % 4
            placed = self._turned(points, direction)
        unknown = sum(codes[i] == 0xFFFD or 0xE000 <= codes[i] <= 0xF8FF for i in kept)
        unmapped = sum(pdfium.FPDFText_HasUnicodeMapError(self.text_page, i) == 1 for i in sampled)
        readable = unknown <= _UNREADABLE * len(kept) and unmapped <= _UNREADABLE * len(sampled)
        turn = (direction - self.rotation) % 4
        atoms = [atom for run in _runs(kept, placed) for atom in self._atoms(codes, run, direction, vertical)]
        width, height = (self.size[1], self.size[0]) if turn % 2 else self.size
        inside = [a for a in atoms if -1 <= (a.left + a.right) / 2 <= width + 1 and -1 <= (a.top + a.bottom) / 2 <= height + 1]
        return Glyphs(tuple(inside), turn, vertical, readable, self.size)

    def _codes(self) -> Sequence[int]:
        count = max(pdfium.FPDFText_CountChars(self.text_page), 0)
        buffer = (ctypes.c_ushort * (count + 1))()
        written = pdfium.FPDFText_GetText(self.text_page, 0, count, buffer) - 1
        # Where PDFium leaves characters out of the text, or some need two units, units and characters do not correspond.
        if written == count and not any(0xD800 <= unit <= 0xDFFF for unit in buffer):
            return list(buffer[:count])
        codes = [pdfium.FPDFText_GetUnicode(self.text_page, i) for i in range(count)]
        for i, (high, low) in enumerate(pairwise(codes)):
            if 0xD800 <= high < 0xDC00 <= low <= 0xDFFF:
                codes[i], codes[i + 1] = 0x10000 + ((high - 0xD800) << 10) + (low - 0xDC00), 0
        return [0xFFFD if 0xD800 <= code <= 0xDFFF or code > 0x10FFFF else code for code in codes]

    def _points(self, numbers: Sequence[int]) -> tuple[list[int], list[tuple[float, float]]]:
        """The characters that stand somewhere near the page, and their origins from the left and bottom edge of the crop box."""
        x, y = ctypes.c_double(), ctypes.c_double()
        at_x, at_y = ctypes.addressof(x), ctypes.addressof(y)
        left, bottom = self.crop[:2]
        kept, points = [], []
        for i in numbers:
            # Comparisons with what is not a number are false.
            if _origin(self.address, i, at_x, at_y) and abs(x.value) < _FARTHEST and abs(y.value) < _FARTHEST:
                kept.append(i)
                points.append((x.value - left, y.value - bottom))
        return kept, points

    def _turned(self, points: Sequence[tuple[float, float]], turns: int) -> list[tuple[float, float]]:
        """The points from the top left of the page after that many quarter turns clockwise."""
        width, height = self.crop[2] - self.crop[0], self.crop[3] - self.crop[1]
        if turns == 1:
            return [(y, x) for x, y in points]
        if turns == 2:
            return [(width - x, y) for x, y in points]
        if turns == 3:
            return [(height - y, width - x) for x, y in points]
        return [(x, height - y) for x, y in points]

    def _matrix(self, i: int) -> tuple[float, float, int | None]:
        """The length of the em along the line and across it, in points, and where the line runs: quarter turns counterclockwise."""
        matrix = pdfium.FS_MATRIX()
        pdfium.FPDFText_GetMatrix(self.text_page, i, matrix)
        size = abs(pdfium.FPDFText_GetFontSize(self.text_page, i))
        along, across = size * math.hypot(matrix.a, matrix.b), size * math.hypot(matrix.c, matrix.d)
        if abs(matrix.a) >= _SLANT * abs(matrix.b):
            return along, across, 0 if matrix.a >= 0 else 2
        if abs(matrix.b) >= _SLANT * abs(matrix.a):
            return along, across, 1 if matrix.b > 0 else 3
        return along, across, None

    def _direction(self, sampled: Sequence[int]) -> int:
        """Where most of the sampled characters run; those that run elsewhere are watermarks and margin notes."""
        directions = Counter(self._matrix(i)[2] for i in sampled)
        best = directions.most_common(1)[0][0]
        return self.rotation if best is None else best

    def _bold(self, i: int) -> bool:
        name = ctypes.create_string_buffer(128)
        flags = ctypes.c_int()
        pdfium.FPDFText_GetFontInfo(self.text_page, i, name, len(name), flags)
        # The six letters before a plus sign only number the subsets of fonts.
        words = name.value.decode("utf-8", "replace").rpartition("+")[2].lower()
        if any(word in words for word in _BOLD) or pdfium.FPDFText_GetFontWeight(self.text_page, i) >= _BOLD_WEIGHT:
            return True
        text_object = pdfium.FPDFText_GetTextObject(self.text_page, i)
        return bool(text_object) and pdfium.FPDFTextObj_GetTextRenderMode(text_object) == _FILLED_AND_STROKED

    def _atoms(self, codes: Sequence[int], run: "_Run", direction: int, vertical: bool) -> Iterator[Atom]:
        """The atoms of a run of characters on one baseline; none where the run is set in another direction than the page."""
        numbers, xs, base = run
        first, last = self._matrix(numbers[0]), self._matrix(numbers[-1])
        if first[2] != (direction + 1 if vertical else direction) % 4:
            return
        half = len(numbers) // 2
        if len(numbers) > 1 and abs(first[1] - last[1]) > 0.05 * max(first[1], last[1]):
            # Type of two sizes on one line: halve until each part has one.
            yield from self._atoms(codes, (numbers[:half], xs[:half], base), direction, vertical)
            yield from self._atoms(codes, (numbers[half:], xs[half:], base), direction, vertical)
            return
        size, em = first[1], first[0]
        if not (0.5 < size < _BIGGEST and 0.5 < em < _BIGGEST):
            return
        bold = self._bold(numbers[half])
        base -= size * DESCENT if vertical else 0.0
        characters: list[str] = []
        edges: list[tuple[float, float]] = []
        for i, x in zip(numbers, xs, strict=True):
            code = codes[i]
            character = usual(chr(code))
            begin, end = (x, x + em) if 0x2E80 <= code < 0xFF61 or vertical or code >= 0xFFE0 else self._narrow(i, x, em, direction)
            if characters and character == characters[-1] and begin - edges[-1][0] < _SAME * em:
                continue  # Drawn twice, a little to the side, to look bold.
            if character in _LONG and end - begin > 1.7 * em:
                # One glyph for both halves of a dash: fonts have it, and their tables of characters only name one.
                characters.append(character)
                edges.append((begin, begin + em))
                begin += em
            characters.append(character)
            # The right half of these is blank and may hang over the edge of the column.
            edges.append((begin, begin + 0.5 * em if character in _HALF_BLANK and end - begin > 0.7 * em else end))
        gaps = [max(after[0] - before[1], 0.0) / em for before, after in pairwise(edges)]
        gaps = [max(gap - 0.5, 0.0) if c in _HALF_BLANK else gap for gap, c in zip(gaps, characters, strict=False)]
        # Justified type is spread between its characters: what counts is by how much a gap is wider than the others of the line.
        even = len(gaps) > 1 and max(gaps) - min(gaps) < _UNEVEN
        spread = min(median(gaps), _MOST_SPREAD_EVENLY if even else _MOST_SPREAD) if gaps else 0.0
        text, begun, done = "", edges[0][0], 0
        for n in [n for n, gap in enumerate(gaps, 1) if gap > _SPACE[0]]:
            gap, han = gaps[n - 1], is_han(characters[n - 1]) + is_han(characters[n])
            if gap - spread > _GAP:
                yield Atom(text + "".join(characters[done:n]), begun, edges[n - 1][1], base, size, bold)
                text, begun, done = "", edges[n][0], n
            elif gap - (spread if han == 2 else 0.0) > _SPACE[han]:
                text, done = text + "".join(characters[done:n]) + " ", n
        yield Atom(text + "".join(characters[done:]), begun, edges[-1][1], base, size, bold)

    def _narrow(self, i: int, x: float, em: float, direction: int) -> tuple[float, float]:
        """Where a character that is not as wide as the em begins and ends; those of a ligature only differ in their boxes."""
        box = pdfium.FS_RECTF()
        _loose_box(self.address, i, ctypes.addressof(box))
        left, bottom = self.crop[:2]
        corners = self._turned([(box.left - left, box.bottom - bottom), (box.right - left, box.top - bottom)], direction)
        edges = sorted(corner for corner, _ in corners)
        if not x - em < edges[0] <= edges[1] < x + 4 * em:
            return x, x + 0.5 * em
        return max(x, edges[0]), max(edges[1], x + 0.1 * em)


_Run = tuple[Sequence[int], Sequence[float], float]
"""Characters one after the other on a baseline: their numbers, where they begin, and the baseline."""


def _runs_down(placed: Sequence[tuple[float, float]]) -> bool:
    """Whether most characters stand below the one before."""
    steps = [(x - before_x, y - before_y) for (before_x, before_y), (x, y) in pairwise(placed[:_STEPS])]
    down = sum(abs(x) < 0.5 and 0 < y < 100 for x, y in steps)
    return down >= 3 and 2 * down > len(steps)


def _runs(kept: Sequence[int], placed: Sequence[tuple[float, float]]) -> Iterator[_Run]:
    """Cuts the characters where the next is not on the baseline, or is to the left of the one before."""
    begin = 0
    for i in range(1, len(kept) + 1):
        if i == len(kept) or abs(placed[i][1] - placed[i - 1][1]) > _OFF or placed[i][0] < placed[i - 1][0] - _OFF:
            yield kept[begin:i], [x for x, _ in placed[begin:i]], placed[begin][1]
            begin = i
