"""Makes newspaper pages with marks garbled as Founder fonts garble them, and counts which of the marks `repairs` restores."""

import random
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

from rag.chinese.width import is_han
from rag.documents.founder import Edit, carrier

MAIN = "，。、（）％"
ALL = MAIN + "“”：；《》！？—…·"
RATES = (0.05, 0.10, 0.15, 0.20, 0.30)
"""The bounds of the ranges of rates that results are given for."""
_TEXTS, _WIDTHS = (3, 6), (13, 40)
_SAME = str.maketrans("%()", "％（）")


@dataclass(frozen=True, slots=True)
class Page:
    """A page of text in lines; `marks` are the garbled ones by position."""

    text: str
    marks: dict[int, str]
    rate: float


@dataclass(slots=True)
class Counts:
    """By mark: how many were garbled, how many restored, and how many edits made another mark or changed a character of the text."""

    garbled: Counter[str] = field(default_factory=Counter)
    right: Counter[str] = field(default_factory=Counter)
    false: Counter[str] = field(default_factory=Counter)

    def add(self, other: "Counts") -> None:
        self.garbled += other.garbled
        self.right += other.right
        self.false += other.false

    def precision(self, mark: str | None = None) -> float:
        right, false = (self.right[mark], self.false[mark]) if mark else (self.right.total(), self.false.total())
        return right / (right + false) if right + false else 1.0

    def recall(self, mark: str | None = None) -> float:
        right, garbled = (self.right[mark], self.garbled[mark]) if mark else (self.right.total(), self.garbled.total())
        return right / garbled if garbled else 1.0


def garbled(text: str, rate: float, rng: random.Random, marks: str) -> tuple[str, dict[int, str]]:
    """The text with a share `rate` of the given marks written as their carriers, and the original marks by position.

    % counts as ％; a mark of two characters (—— and ……) is garbled whole or not at all.
    """
    # A line may end between the two.
    pattern = re.compile(f"—+(?:\\n—+)?|…+(?:\\n…+)?|[{re.escape(marks)}%]")
    found = [match.span() for match in pattern.finditer(text) if text[match.start()].translate(_SAME) in marks]
    chosen = rng.sample(found, min(len(found), round(rate * len(found))))
    places = (position for start, end in sorted(chosen) for position in range(start, end) if text[position] != "\n")
    originals = {position: text[position].translate(_SAME) for position in places}
    characters = list(text)
    for position, mark in originals.items():
        characters[position] = carrier(mark)
    return "".join(characters), originals


def wrapped(text: str, width: float) -> str:
    """The text in lines of `width` cells: a Han character or mark fills one, a character of ASCII half of one."""
    lines: list[str] = []
    for paragraph in text.split("\n"):
        start, cells = 0, 0.0
        for position, character in enumerate(paragraph):
            cell = 0.5 if character.isascii() else 1.0
            if cells + cell > width:
                lines.append(paragraph[start:position])
                start, cells = position, 0.0
            cells += cell
        lines.append(paragraph[start:])
    return "\n".join(lines)


def pages(texts: Sequence[str], rng: random.Random, marks: str) -> Iterator[Page]:
    """Pages of three to six texts each, every page with a width and a rate of its own."""
    start = 0
    while start < len(texts):
        end = start + rng.randint(*_TEXTS)
        rate = rng.uniform(RATES[0], RATES[-1])
        text, originals = garbled(wrapped("\n".join(texts[start:end]), rng.randint(*_WIDTHS)), rate, rng, marks)
        yield Page(text, originals, rate)
        start = end


def repair_counts(page: Page, edits: Iterable[Edit]) -> Counts:
    """What the edits of a page restored; an edit that turns a half-width mark into a full one is neither right nor wrong."""
    counts = Counts(garbled=Counter(page.marks.values()))
    for edit in edits:
        mark = edit.repaired.translate(_SAME)
        if page.marks.get(edit.start) == mark:
            counts.right[mark] += 1
        elif any(map(is_han, page.text[edit.start : edit.end])):
            counts.false[mark] += 1
    return counts


def counts_by_rate(results: Iterable[tuple[Page, Counts]]) -> dict[tuple[float, float], Counts]:
    """The counts of pages summed by the range of `RATES` that the page's rate lies in."""
    sums = {bounds: Counts() for bounds in pairwise(RATES)}
    for page, counts in results:
        for (low, high), total in sums.items():
            if low <= page.rate <= high:
                total.add(counts)
                break
    return sums
