"""Scores how a text was cut into paragraphs against how it was made, whoever cut it: by the characters after which one ends."""

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass

from rapidfuzz.distance import Indel


@dataclass(slots=True)
class Score:
    """Counts of boundaries: those made, those found, those both; and of paragraphs: those made, and those found whole."""

    made: int = 0
    found: int = 0
    both: int = 0
    paragraphs: int = 0
    whole: int = 0

    def add(self, other: "Score") -> None:
        self.made += other.made
        self.found += other.found
        self.both += other.both
        self.paragraphs += other.paragraphs
        self.whole += other.whole

    @property
    def f1(self) -> float:
        return 2 * self.both / (self.made + self.found) if self.made + self.found else 1.0


def score(made: Sequence[str], found: Sequence[str]) -> Score:
    """How the units `found` in a page (in its order) part it, against the units it was `made` of (paragraphs, headlines, bylines).

    Letters, figures and Han characters count, not marks, white space and widths. A character that only one side has is passed
    over: what is lost costs the boundaries next to it and no others.
    """
    gold, other = [_solid(unit) for unit in made], [_solid(unit) for unit in found]
    gold, other = [unit for unit in gold if unit], [unit for unit in other if unit]
    ends = _ends(gold)
    stands = _aligned("".join(gold), "".join(other))
    # A boundary lies behind the last character of a unit that the page has too.
    reached = {stands[end] for end in _ends(other)} - {0}  # what stands before the page's beginning is nobody's
    both = set(ends) & reached
    whole = sum(
        {n for n in range(start, end + 1) if n in reached} | {0} == {0, start, end} for start, end in zip([0, *ends], ends, strict=False)
    )
    return Score(len(ends), len(reached), len(both), len(ends), whole)


def _solid(text: str) -> str:
    return "".join(filter(str.isalnum, unicodedata.normalize("NFKC", text)))


def _ends(units: Sequence[str]) -> list[int]:
    ends: list[int] = []
    for unit in units:
        ends.append((ends[-1] if ends else 0) + len(unit))
    return ends


def _aligned(gold: str, other: str) -> list[int]:
    """For each position of `other`, how much of `gold` stands before it."""
    stands = [0] * (len(other) + 1)
    for block in Indel.opcodes(gold, other):
        length = block.dest_end - block.dest_start
        for i in range(length):
            stands[block.dest_start + i + 1] = block.src_start + i + 1 if block.tag == "equal" else block.src_start
    return stands
