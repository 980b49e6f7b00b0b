"""Tells running heads, running feet and page numbers from the text of pages: what stands in the margin and repeats but for its figures."""

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from statistics import median

from rag.documents.pdf.columns import rows
from rag.documents.pdf.glyphs import Atom

_MARGIN = 0.12
"""The part of a page's height at its top and its bottom in which running heads and feet stand."""
_LINES = 3
_APART, _OTHER_SIZE = 1.2, 1.05
"""How many times the usual distance of lines a running head stands off the text, or how many times as large its type is, or small."""
_ROWS_OF_COLUMNS = 5
_ALONE = re.compile(
    r"[-–—·•.~～〜|\[(（【]*\s*(?:第\s*)?(?:\d{1,4}|[ivxlcIVXLC]{1,7}|[一二三四五六七八九十百〇○]{1,5})\s*(?:页|頁)?"
    r"(?:\s*[/／,，]?\s*(?:共|of|／|/)?\s*\d{1,4}\s*(?:页|頁)?)?\s*[-–—·•.~～〜|\])）】]*"
    r"|[Pp]age\s*\d{1,4}(?:\s*(?:of|/)\s*\d{1,4})?"
)
"""A page number alone: 3, - 3 -, 第 3 页, 第 3 页 共 9 页, 3/9, iv, 十二, Page 3 of 9."""
_SHEET = re.compile(
    r"[A-Z]\d{1,2}(?:\s+\S|\s*版).*|\d{1,3}\s+[\u4e00-\u9fff]{2,6}(?P<latin>\s+[A-Z][A-Za-z&\s]+)?|.*第\s*[A-Z]?\d{1,3}\s*版.*"
)
"""A newspaper's first line: 6 产经 Industries, A3 要闻, 第 8 版."""


@dataclass(frozen=True, slots=True)
class _Candidate:
    """A line in the margin: `apart` says that it stands off the next line, or is set in another size."""

    at_top: bool
    text: str
    row: Sequence[Atom]
    apart: bool


def without_margins(pages: Sequence[Sequence[Atom]], heights: Sequence[float], newspaper: bool | None = None) -> list[list[Atom]]:
    """The atoms of each page without its running heads and feet and its number.

    A newspaper's first line, which names the section, stays; `newspaper` says whether this is one, None that it is to be judged.
    """
    candidates = [_candidates(atoms, height) for atoms, height in zip(pages, heights, strict=True)]
    seen = Counter(key for of_page in candidates for key in {(candidate.at_top, _key(candidate.text)) for candidate in of_page})
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


def _may_go(candidate: "_Candidate", seen: Counter[tuple[bool, str]], enough: int) -> bool:
    return seen[candidate.at_top, _key(candidate.text)] >= enough or _ALONE.fullmatch(candidate.text) is not None


def _is_sheet(text: str, newspaper: bool | None, atoms: Sequence[Atom]) -> bool:
    """Whether a page's first line is a newspaper's; a chapter's number and name look like it, too."""
    sheet = _SHEET.fullmatch(text)
    if newspaper is False or not sheet:
        return False
    if newspaper or sheet["latin"] or text[0].isalpha() or "版" in text:
        return True
    return sum(len(row) > 1 for row in rows(atoms)) >= _ROWS_OF_COLUMNS


def _candidates(atoms: Sequence[Atom], height: float) -> list[_Candidate]:
    """The lines in the margins from the outside in."""
    found = rows(atoms)
    bases = [row[0].base for row in found]
    pitch = median(after - before for before, after in pairwise(bases)) if len(bases) > 1 else 0.0
    candidates = []
    for at_top, ordered in ((True, found), (False, found[::-1])):
        for row, after in zip(ordered[:_LINES], [*ordered[1 : _LINES + 1], None], strict=False):
            if row[0].top >= _MARGIN * height if at_top else row[0].bottom <= (1 - _MARGIN) * height:
                break
            apart = after is None or _ALONE.fullmatch(_text(after)) is not None
            if after and not apart:
                small, large = sorted((row[0].size, after[0].size))
                apart = abs(after[0].base - row[0].base) > _APART * pitch or large > _OTHER_SIZE * small
            candidates.append(_Candidate(at_top, _text(row), row, apart))
    return candidates


def _text(row: Sequence[Atom]) -> str:
    return " ".join(atom.text for atom in sorted(row, key=lambda atom: atom.left))


def _key(text: str) -> str:
    return re.sub(r"\d+", "#", re.sub(r"\s", "", text))
