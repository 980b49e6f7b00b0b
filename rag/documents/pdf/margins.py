"""Tells running heads, running feet and page numbers from the text of pages: what repeats in the margin, but for pages' figures."""

import re
from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from itertools import combinations, pairwise
from statistics import median

from rag.documents.pdf.columns import rows
from rag.documents.pdf.glyphs import Atom

_MARGIN = 0.12
"""The part of a page's height at its top and its bottom in which running heads and feet stand."""
_LINES = 3
_APART, _SMALLER = 1.2, 1.05
"""How many times the usual distance of lines a running head stands off the text, or how many times as large the text's type is."""
_LARGER, _HEADING = 1.12, 1.35
"""How many times as large as the text's the type of a heading is, which no running head is set in, and that of numbers of chapters."""
_ROWS_OF_COLUMNS = 5
_ALONE = re.compile(
    r"[-–—·•.~～〜|\[(（【]*\s*(?:第\s*)?(?:\d{1,4}|[ivxlcIVXLC]{1,7}|[一二三四五六七八九十百〇○]{1,5})\s*(?:页|頁)?"
    r"(?:\s*[/／,，]?\s*(?:共|of|／|/)?\s*\d{1,4}\s*(?:页|頁)?)?\s*[-–—·•.~～〜|\])）】]*"
    r"|[Pp]age\s*\d{1,4}(?:\s*(?:of|/)\s*\d{1,4})?"
)
"""A page number alone: 3, - 3 -, 第 3 页, 第 3 页 共 9 页, 3/9, iv, 十二, Page 3 of 9."""
_NUMERAL = re.compile(r"[一二三四五六七八九十百〇○]{1,5}")
_OF_THE_TEXT = re.compile(r"附件(?!#)|附表(?!#)|附图(?!#)|[表图]\s*\d|第[\s\d一二三四五六七八九十百千〇○零两]+[章节条天课回讲部分]")
"""What begins a part of the text, and is numbered as pages are."""
_FIRST_FIGURE = re.compile(r"[-–—·•.~|\[(（【第]*(\d{1,4})(?!\d)")
_LAST_FIGURE = re.compile(r"(?<!\d)(\d{1,4})[页頁]?(?:[/／,，]?(?:共|of)?\d{1,4}[页頁]?)?[-–—·•.~|\])）】]*$")
_SHEET = re.compile(
    r"[A-Z]\d{1,2}(?:\s+\S|\s*版).*|\d{1,3}\s+[\u4e00-\u9fff]{2,6}(?P<latin>\s+[A-Z][A-Za-z&\s]+)?|.*第\s*[A-Z]?\d{1,3}\s*版.*"
)
"""A newspaper's first line: 6 产经 Industries, A3 要闻, 第 8 版."""


@dataclass(frozen=True, slots=True)
class _Candidate:
    """A line in the margin: `apart` says that it stands off the next line, or is set smaller; `size` is its type's, the text's being 1.

    `keys` are what it may have in common with those of other pages: its text, and its text with the figures that count pages masked.
    """

    at_top: bool
    text: str
    row: Sequence[Atom]
    apart: bool
    size: float
    keys: frozenset[str]


def without_margins(pages: Sequence[Sequence[Atom]], heights: Sequence[float], newspaper: bool | None = None) -> list[list[Atom]]:
    """The atoms of each page without its running heads and feet and its number.

    A newspaper's first line, which names the section, stays; `newspaper` says whether this is one, None that it is to be judged.
    """
    body = _body(pages)
    candidates = [_candidates(atoms, height, number, body) for number, (atoms, height) in enumerate(zip(pages, heights, strict=True), 1)]
    seen = Counter(key for of_page in candidates for key in {(line.at_top, key) for line in of_page for key in line.keys})
    enough = 2 if len(pages) <= 5 else 3
    kept = []
    for atoms, of_page in zip(pages, candidates, strict=True):
        dropped: set[int] = set()
        for at_top in (True, False):
            here = [candidate for candidate in of_page if candidate.at_top == at_top]
            count = 0
            while count < len(here) and _may_go(here[count], seen, enough):
                if at_top and _is_sheet(here[count].text, newspaper, atoms):
                    break
                count += 1
            # What stands as close to the text as its lines do is text, even if every page begins with it.
            while count and not here[count - 1].apart and not _ALONE.fullmatch(here[count - 1].text):
                count -= 1
            dropped.update(id(atom) for candidate in here[:count] for atom in candidate.row)
        if len(pages) > 1 or len(dropped) < len(atoms):
            kept.append([atom for atom in atoms if id(atom) not in dropped])
        else:
            kept.append(list(atoms))
    return kept


def _may_go(candidate: _Candidate, seen: Counter[tuple[bool, str]], enough: int) -> bool:
    if candidate.size >= _LARGER:
        # The number of a page may be drawn large; any other line that is large is a heading, and so is a large number above the text.
        if not _ALONE.fullmatch(candidate.text) or _NUMERAL.fullmatch(candidate.text):
            return False
        return not candidate.at_top or (candidate.size < _HEADING and any(seen[True, key] >= enough for key in candidate.keys))
    if _OF_THE_TEXT.search(candidate.text):
        # Books repeat the name of the chapter over its pages: word for word with its own number, and in small type.
        of_the_part = (key for key in candidate.keys if _OF_THE_TEXT.search(key))
        return candidate.size * _SMALLER < 1 and any(seen[candidate.at_top, key] >= 3 for key in of_the_part)
    return any(seen[candidate.at_top, key] >= enough for key in candidate.keys) or _ALONE.fullmatch(candidate.text) is not None


def _is_sheet(text: str, newspaper: bool | None, atoms: Sequence[Atom]) -> bool:
    """Whether a page's first line is a newspaper's; a chapter's number and name look like it, too."""
    sheet = _SHEET.fullmatch(text)
    if newspaper is False or not sheet:
        return False
    if newspaper or sheet["latin"] or text[0].isalpha() or "版" in text:
        return True
    return sum(len(row) > 1 for row in rows(atoms)) >= _ROWS_OF_COLUMNS


def _body(pages: Sequence[Sequence[Atom]]) -> float:
    """The size of the type that half of the characters are not larger than."""
    characters: Counter[float] = Counter()
    for atoms in pages:
        for atom in atoms:
            characters[atom.size] += len(atom.text)
    left = characters.total() / 2
    for size in sorted(characters):
        left -= characters[size]
        if left <= 0:
            return max(size, 0.1)
    return 1.0


def _candidates(atoms: Sequence[Atom], height: float, number: int, body: float) -> list[_Candidate]:
    """The lines in the margins of page `number` from the outside in."""
    found = rows(atoms)
    bases = [row[0].base for row in found]
    pitch = median(after - before for before, after in pairwise(bases)) if len(bases) > 1 else 0.0
    here: list[tuple[bool, Sequence[Atom], bool]] = []
    for at_top, ordered in ((True, found), (False, found[::-1])):
        for row, after in zip(ordered[:_LINES], [*ordered[1 : _LINES + 1], None], strict=False):
            if row[0].top >= _MARGIN * height if at_top else row[0].bottom <= (1 - _MARGIN) * height:
                break
            apart = after is None or _ALONE.fullmatch(_text(after)) is not None
            if after and not apart:
                apart = abs(after[0].base - row[0].base) > _APART * pitch or after[0].size > _SMALLER * row[0].size
            here.append((at_top, row, apart))
    printed = {int(figure[0]) for _, row, _ in here if _ALONE.fullmatch(_text(row)) and (figure := re.search(r"\d{1,4}", _text(row)))}
    return [
        _Candidate(at_top, text, row, apart, min(atom.size for atom in row) / body, _keys(text, number, printed | {number}))
        for at_top, row, apart in here
        for text in [_text(row)]
    ]


def _text(row: Sequence[Atom]) -> str:
    return " ".join(atom.text for atom in sorted(row, key=lambda atom: atom.left))


def _bare(text: str) -> str:
    return re.sub(r"\s", "", text)


def _keys(text: str, page: int, printed: Collection[int]) -> frozenset[str]:
    """The text without its blanks, and with one or two figures masked that may count the pages.

    They do where they are the page's number, or stand at the edge of the line and grow with the pages.
    """
    bare = _bare(text)
    masks = {match.span(): "#" for match in re.finditer(r"\d{1,4}", bare) if int(match[0]) in printed}
    for match in (_FIRST_FIGURE.match(bare), _LAST_FIGURE.search(bare)):
        if match:
            masks[match.span(1)] = f"#{int(match[1]) - page}"
    keys = {bare}
    for chosen in (chosen for count in (1, 2) for chosen in combinations(sorted(masks), count)):
        masked = bare
        for start, end in reversed(chosen):
            masked = masked[:start] + masks[start, end] + masked[end:]
        keys.add(masked)
    return frozenset(keys)
