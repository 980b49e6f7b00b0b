"""Puts the atoms of a page into lines and the lines into the order of reading: headlines, and the columns under them from left to right.

A page is cut where it is blank: across before a headline that stands over columns, and lengthwise along the gutters between
columns of running text; tables are left whole. What it does not know: rules and boxes that are drawn around an article.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from statistics import median

import numpy as np

from rag.documents.pdf.glyphs import Atom
from rag.records import Box

_NARROWEST_GUTTER = 0.75
"""The width of a gutter in ems of the text beside it, at least."""
_HEADLINE = 1.2
"""How many times as large as the text the type of a headline is."""
_BAND = 1.1
"""The height, in ems of the text, of the blank above a headline that begins another part of the page; lines are closer."""
_LEAST_LINES, _LEAST_WIDTH = 4, 5.0
"""Lines beside a gutter, and the ems that most of them are wide: less is the cell of a table."""
_TRIES = 12
_ROW = 3.0
"""The height in points of a row of the picture in which gutters are looked for; its columns are 1 point wide."""
_MOST_CELLS = 1600
_SAME_ROW = 0.45
"""By how much of their size the baselines of characters on one line differ, at most."""
_CELL_GAP = 1.6
"""The ems between the cells of a table's row."""
_FEW = 4
"""Lines that do not tell by themselves how wide their column is."""


@dataclass(frozen=True, slots=True)
class PrintedLine:
    """A line of a column: `column` is the left and the right edge of the column, in points as the box."""

    text: str
    box: Box
    size: float
    bold: bool
    column: tuple[float, float]


def in_columns(atoms: Sequence[Atom], edges: tuple[float, float] | None = None, gutters: list[float] | None = None) -> list[PrintedLine]:
    """The lines of a page in the order of reading; `edges` are those of the type of a usual page, for pages with little on them.

    `gutters` says where earlier pages have gutters, which a few lines are enough to show here, and those of this page are added.
    """
    if not atoms:
        return []
    left, right = min(a.left for a in atoms), max(a.right for a in atoms)
    if edges:
        left, right = min(left, edges[0]), max(right, edges[1])
    known = [] if gutters is None else gutters
    before = len(known)
    leaves = list(_cut(list(atoms), (left, right), known))
    if len(known) > before:
        # A gutter found at the foot of the page may part a few lines at its head, too.
        leaves = list(_cut(list(atoms), (left, right), known))
    return [line for leaf in _widened([_leaf(a, e) for a, e in leaves]) for line in leaf]


def _cut(atoms: list[Atom], edges: tuple[float, float], known: list[float]) -> Iterator[tuple[list[Atom], tuple[float, float]]]:
    """The parts of a region in the order of reading, each with the edges of its column."""
    size = _size(atoms)
    if not _side_by_side(atoms):
        yield atoms, edges
        return
    parts = _bands(atoms, size)
    if len(parts) > 1:
        for part in parts:
            yield from _cut(part, edges, known)
        return
    found = _gutter(atoms, size, known)
    if found is None:
        yield atoms, edges
        return
    at, top, bottom = found
    if not any(abs(at - gutter) < size for gutter in known):
        known.append(at)
    inside = [a for a in atoms if top <= (a.top + a.bottom) / 2 < bottom]
    left, right = [a for a in inside if a.right <= at], [a for a in inside if a.right > at]
    above, below = [a for a in atoms if (a.top + a.bottom) / 2 < top], [a for a in atoms if (a.top + a.bottom) / 2 >= bottom]
    if above:
        yield from _cut(above, edges, known)
    yield from _cut(left, (min(edges[0], min(a.left for a in left)), max(a.right for a in left)), known)
    yield from _cut(right, (min(a.left for a in right), edges[1]), known)
    if below:
        yield from _cut(below, edges, known)


def _size(atoms: Sequence[Atom]) -> float:
    """The size of the type of most characters."""
    sizes = sorted((a.size, len(a.text)) for a in atoms)
    half, reached = sum(count for _, count in sizes) / 2, 0
    for size, count in sizes:
        reached += count
        if reached >= half:
            return size
    return sizes[-1][0]


def _side_by_side(atoms: Sequence[Atom]) -> bool:
    """Whether any two atoms stand beside one another."""
    ordered = sorted(atoms, key=lambda a: a.top)
    lowest = -1e9
    for atom in ordered:
        if atom.top < lowest - 0.3 * atom.size:
            return True
        lowest = max(lowest, atom.bottom)
    return False


def _bands(atoms: Sequence[Atom], size: float) -> list[list[Atom]]:
    """The parts of a region, cut above headlines that have a blank band over the whole width above them, and below these headlines."""
    ordered = sorted(atoms, key=lambda a: a.top)
    parts: list[list[Atom]] = [[]]
    lowest = ordered[0].top
    for i, atom in enumerate(ordered):
        if parts[-1] and atom.top - lowest >= 0:
            beside = [a for a in ordered[i:] if a.top < atom.bottom]
            leftmost = min(beside, key=lambda a: a.left)
            headline = leftmost.size >= _HEADLINE * size
            over_all = all(a.size >= _HEADLINE * size for a in parts[-1]) and not _side_by_side(parts[-1])
            after_headline = over_all and not headline
            if (headline and atom.top - lowest >= _BAND * size) or after_headline:
                parts.append([])
        parts[-1].append(atom)
        lowest = max(lowest, atom.bottom)
    return parts


def _gutter(atoms: Sequence[Atom], size: float, known: Sequence[float]) -> tuple[float, float, float] | None:
    """The longest gutter between columns of running text: where it is, its top and its bottom, in points."""
    left, right = min(a.left for a in atoms), max(a.right for a in atoms)
    top, bottom = min(a.top for a in atoms), max(a.bottom for a in atoms)
    x_step, y_step = max(1.0, (right - left) / _MOST_CELLS), max(_ROW, (bottom - top) / _MOST_CELLS)
    columns, height = int((right - left) / x_step) + 2, int((bottom - top) / y_step) + 2
    ink = np.zeros((height, columns), dtype=bool)
    for a in atoms:
        ink[
            int((a.top - top) / y_step) : int((a.bottom - top) / y_step) + 1,
            int((a.left - left) / x_step) : int((a.right - left) / x_step) + 1,
        ] = True
    wide = max(2, round(_NARROWEST_GUTTER * size / x_step) - 1)
    if columns <= wide + 2:
        return None
    summed = np.cumsum(np.pad(ink, ((0, 0), (1, 0))), axis=1, dtype=np.int32)
    free = summed[:, wide:] == summed[:, :-wide]
    # longest[x] is the longest stretch of free rows seen so far at x, and end[x] the row after it.
    run = np.zeros(free.shape[1], dtype=np.int32)
    longest, end = run.copy(), run.copy()
    for y in range(height):
        run = np.where(free[y], run + 1, 0)
        longer = run > longest
        longest[longer] = run[longer]
        end[longer] = y + 1
    # The type must stand on both sides.
    longest[:1] = 0
    for _ in range(_TRIES):
        at = int(longest.argmax())
        length, last = int(longest[at]), int(end[at])
        if length * y_step < size:
            return None
        same = (longest == length) & (end == last)
        stop = at
        while stop + 1 < len(same) and same[stop + 1]:
            stop += 1
        begin, end_x = left + at * x_step, left + (stop + wide) * x_step
        gutter = next((x for x in known if begin <= x <= end_x), None)
        middle = (begin + end_x) / 2 if gutter is None else gutter
        stretch = top + (last - length) * y_step, top + last * y_step
        if _parts_text([a for a in atoms if stretch[0] <= (a.top + a.bottom) / 2 < stretch[1]], middle, size, gutter is not None):
            return middle, *stretch
        longest[at : stop + 1] = 0
    return None


def _parts_text(atoms: Sequence[Atom], at: float, size: float, known: bool) -> bool:
    """Whether running text stands on both sides of a gutter; one that is known from elsewhere need not part many lines."""
    left = _beside([a for a in atoms if a.right <= at], size, nearest_right=True)
    right = _beside([a for a in atoms if a.right > at], size, nearest_right=False)
    if not left or not right or any(a.left < at < a.right for a in atoms):
        return False
    if known:
        return max(*left, *right) >= _LEAST_WIDTH * size
    if len(left) + len(right) < _LEAST_LINES:
        return False
    return all(median(widths) >= _LEAST_WIDTH * size or max(widths) >= 2 * _LEAST_WIDTH * size for widths in (left, right))


def _beside(atoms: Sequence[Atom], size: float, nearest_right: bool) -> list[float]:
    """The widths of the pieces of lines next to a gutter, which is to their right or to their left."""
    widths = []
    for row in rows(atoms):
        ordered = sorted(row, key=lambda a: a.left, reverse=nearest_right)
        begin, end = ordered[0].left, ordered[0].right
        for atom in ordered[1:]:
            if (begin - atom.right if nearest_right else atom.left - end) > _NARROWEST_GUTTER * size:
                break
            begin, end = min(begin, atom.left), max(end, atom.right)
        widths.append(end - begin)
    return widths


def rows(atoms: Sequence[Atom]) -> list[list[Atom]]:
    """The atoms of each line, from the first line to the last; raised and lowered ones belong to the line that they overlap."""
    found: list[list[Atom]] = []
    for atom in sorted(atoms, key=lambda a: (a.base, a.left)):
        if found:
            main = max(found[-1], key=lambda a: a.size)
            larger = max(atom.size, main.size)
            if abs(atom.base - main.base) < _SAME_ROW * larger:
                found[-1].append(atom)
                continue
        found.append([atom])
    return found


def _leaf(atoms: Sequence[Atom], edges: tuple[float, float]) -> list[PrintedLine]:
    """The lines of a part without gutters."""
    lines_of_atoms = [_without_doubles(sorted(row, key=lambda a: a.left)) for row in rows(atoms)]
    size = _size(atoms)
    if len(lines_of_atoms) >= _FEW:
        lefts, rights = sorted(row[0].left for row in lines_of_atoms), sorted(row[-1].right for row in lines_of_atoms)
        few = len(lines_of_atoms) // 20
        edges = lefts[few], rights[-1 - few]
    spaced = [_most_apart(row) > _CELL_GAP * size for row in lines_of_atoms]
    lines = []
    for i, row in enumerate(lines_of_atoms):
        table = spaced[i] and (any(spaced[max(0, i - 1) : i]) or any(spaced[i + 1 : i + 2]))
        main = max(row, key=lambda a: len(a.text))
        box = row[0].left, min(a.top for a in row), row[-1].right, max(a.bottom for a in row)
        lines.append(PrintedLine(_text(row, table), box, main.size, main.bold, edges))
    return lines


def _without_doubles(row: Sequence[Atom]) -> list[Atom]:
    """The atoms of a line without those drawn a second time over the first."""
    kept: list[Atom] = []
    for atom in row:
        if kept and atom.text == kept[-1].text and atom.left - kept[-1].left < 0.3 * atom.size:
            kept[-1] = replace(kept[-1], bold=True)
        else:
            kept.append(atom)
    return kept


def _most_apart(row: Sequence[Atom]) -> float:
    return max((after.left - before.right for before, after in pairwise(row)), default=0.0)


def _text(row: Sequence[Atom], table: bool) -> str:
    """The text of a line; the cells of a table's row are parted by tabs."""
    text = row[0].text
    for before, after in pairwise(row):
        gap = (after.left - before.right) / min(before.size, after.size)
        text += "\t" if table and gap > _CELL_GAP / 2 else " " if gap > 0.3 else ""
        text += after.text
    return text


def _widened(leaves: Sequence[list[PrintedLine]]) -> list[list[PrintedLine]]:
    """The parts, where those of a few short lines are as wide as the others that begin at the same edge."""
    whole = [leaf[0].column for leaf in leaves if len(leaf) >= _FEW]
    if not whole:
        return list(leaves)
    usual = median(right - left for left, right in whole)
    farthest = max(right for _, right in whole)
    widened = []
    for leaf in leaves:
        left, right = leaf[0].column
        if len(leaf) < _FEW and right - left < 0.9 * usual:
            same = [other_right for other_left, other_right in whole if abs(other_left - left) < leaf[0].size]
            right = max(right, max(same) if same else min(left + usual, farthest))
        widened.append([replace(line, column=(left, right)) for line in leaf])
    return widened
