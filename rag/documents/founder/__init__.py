"""Repairs the marks that Founder fonts wrote as Han characters: 遥 for 。, 袁 for ，, 尧 for 、, 渊…冤 for （…）, 豫 for %, and others.

Newspaper pages extracted from such PDFs carry each symbol of rows 1–9 of GB2312 as the character 49 rows further on. The carriers
are real characters too (袁 is a surname, 遥远 a word), so a page is touched only where it shows several kinds of this damage, and a
character only where the words around it read better with the mark. All edits but one (——— to ——) keep the length of the text.
"""

import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterator
from dataclasses import dataclass

from rag.chinese.bylines import names
from rag.documents.founder.marks import OTHERS, STOPS, Verdict, carrier, is_mark, stop
from rag.documents.founder.pairs import paired
from rag.documents.founder.surroundings import in_word

__all__ = ["Edit", "carrier", "repairs"]


@dataclass(frozen=True, slots=True)
class Edit:
    """`text[start:end]` is to be read as `repaired`; `kind` is founder, halfwidth_paren, halfwidth_comma or dash3."""

    start: int
    end: int
    repaired: str
    kind: str


_OPEN, _CLOSE, _PERCENT, _DASH = map(carrier, "（）％—")
_SIGNS = frozenset({*STOPS, _OPEN, _CLOSE, _PERCENT})
"""The carriers that may show that a page is damaged."""
_STOP = re.compile(f"[{''.join(STOPS)}]")
_OTHER = re.compile(f"[{''.join(OTHERS)}]")
# The longest span in brackets, and the longest whose closing bracket came out half-width.
_LONGEST_PAIR, _LONGEST_HALF_PAIR = 60, 20
_INSIDE = f"[^{_OPEN}{_CLOSE}（）()\f]"
_PAIR = re.compile(f"{_OPEN}{_INSIDE}{{1,{_LONGEST_PAIR}}}(?={_CLOSE})|{_OPEN}{_INSIDE}{{1,{_LONGEST_HALF_PAIR}}}(?=\\))")
# 豫A·12345 is a number plate and 3豫剧 a theatre: no such thing follows a percentage.
_PERCENTAGE = re.compile(rf"(?<=[0-9０-９])\s{{0,3}}({_PERCENT})(?![A-Za-zＡ-Ｚ剧菜]|[0-9](?![0-9]?月))")
# 要要 apart from words such as 需要要求, and 要 between figures or dates.
_LONG_DASH = re.compile(f"{_DASH}\\s?{_DASH}|(?<=[0-9]){_DASH}(?=[0-9])|(?<=[年月日]){_DASH}(?=(?:19|20)[0-9]{{2}}年)")
_DIGITS = {carrier(digit): digit for digit in "０１２３４５６７８９"}
_DIGIT = f"[{''.join(_DIGITS)}]"
# Two digits or more before a unit, or one between figures; 公园, 人员 and 来源 are everywhere.
_FIGURE = re.compile(f"{_DIGIT}{{2,6}}(?=\\s?[年月日时分元个万亿人名家户台米吨%％{_PERCENT}])|(?<=[0-9０-９]){_DIGIT}(?=[0-9０-９])")
_HALF_COMMA = re.compile("(?<=[\u4e00-\u9fff]),(?=\\s{0,3}[\u4e00-\u9fff])")
_LINE_END = re.compile(r"[^\S\n]*(?:\n|\Z)")
_TRIPLE_DASH = re.compile("(?<!—)———(?!—)")

_REACH = 4_000
"""Characters on either side within which signs count for one page, where no form feed ends it sooner."""
_MANY = 4
"""How many signs in different surroundings show damage where only one kind is sure; clean text never showed three within reach."""
_AMID_DAMAGE = 0.01
"""The share of damaged stops from which on the less sure signs are believed too."""


@dataclass(frozen=True, slots=True)
class _Sign:
    """Characters that may be marks, each position with its mark; `kinds` are the kinds of evidence for the page that they are."""

    marks: tuple[tuple[int, str], ...]
    kinds: tuple[str, ...]
    verdict: Verdict

    @property
    def position(self) -> int:
        return self.marks[0][0]


def repairs(text: str) -> list[Edit]:
    """The edits that mend `text`, in order and apart from each other; none where no page shows sure signs of the damage.

    `text` has "\n" line ends; a form feed begins a page. Linear in the length of the text.
    """
    if _SIGNS.isdisjoint(text):
        return []
    signs = [*_brackets(text), *_percentages(text), *_stops(text)]
    pages = _DamagedPages(text, signs)
    if not pages:
        return []
    found = {
        mark
        for sign in signs
        if sign.verdict > Verdict.AMID_DAMAGE or pages.rate(sign.position) >= _AMID_DAMAGE
        for mark in sign.marks
        if sign.position in pages
    }
    found.update(paired(text, pages.rate))
    found.update(_others(text, pages))
    edits = [Edit(position, position + 1, mark, "halfwidth_paren" if text[position] == ")" else "founder") for position, mark in found]
    edits += [Edit(m.start(), m.end(), "，", "halfwidth_comma") for m in _HALF_COMMA.finditer(text) if m.start() in pages]
    edits += [Edit(m.start(), m.end(), "——", "dash3") for m in _TRIPLE_DASH.finditer(text) if m.start() in pages]
    return sorted(edits, key=lambda edit: edit.start)


class _DamagedPages:
    """The positions near which two kinds of sure evidence stand, or many signs and a sure one: a few of one kind may be a person's name."""

    def __init__(self, text: str, signs: list[_Sign]) -> None:
        self._ends = [match.start() for match in re.finditer("\f", text)]
        self._sure: dict[str, list[int]] = {}
        for sign in sorted(signs, key=lambda sign: sign.position):
            if sign.verdict is Verdict.SURE:
                for kind in sign.kinds:
                    self._sure.setdefault(kind, []).append(sign.position)
        self._places = sorted((sign.position, text[sign.position - 1 : sign.position + 2]) for sign in signs)
        self._is_damaged = any(place in self for places in self._sure.values() for place in places)
        self._whole = [match.start() for match in re.finditer("[，。、]", text)] if self._is_damaged else []

    def __bool__(self) -> bool:
        return self._is_damaged

    def __contains__(self, position: int) -> bool:
        first, last = self._bounds(position)
        kinds = sum(bisect_left(places, first) < bisect_right(places, last) for places in self._sure.values())
        return kinds >= 2 or (kinds == 1 and self._are_many(first, last))

    def _are_many(self, first: int, last: int) -> bool:
        """Whether signs stand in enough different surroundings; so many that one is repeated a hundred times are not looked at."""
        start = bisect_left(self._places, (first, ""))
        return len({around for place, around in self._places[start : start + 100] if place <= last}) >= _MANY

    def rate(self, position: int) -> float:
        """The share of the stops around a position that are damaged for sure; 0 where no page is damaged."""
        if position not in self:
            return 0.0
        first, last = self._bounds(position)
        whole = bisect_right(self._whole, last) - bisect_left(self._whole, first)
        damaged = sum(bisect_right(places, last) - bisect_left(places, first) for kind, places in self._sure.items() if kind in STOPS)
        return (damaged + 1) / (whole + damaged + 20)

    def _bounds(self, position: int) -> tuple[int, int]:
        page = bisect_left(self._ends, position)
        first = max(position - _REACH, self._ends[page - 1] if page else 0)
        return first, min(position + _REACH, self._ends[page] if page < len(self._ends) else position + _REACH)


def _brackets(text: str) -> Iterator[_Sign]:
    for match in _PAIR.finditer(text):
        marks = ((match.start(), "（"), (match.end(), "）"))
        close = match.end()
        # A name between the two at the end of a line, as bylines stand, is a sign of its own.
        if _LINE_END.match(text, close + 1) and names(text[match.start() + 1 : close]):
            yield _Sign(marks, (_OPEN, "byline"), Verdict.SURE)
        elif not in_word(text, match.start()) and not (text[close] == _CLOSE and in_word(text, close)):
            yield _Sign(marks, (_OPEN,), Verdict.SURE)


def _percentages(text: str) -> Iterator[_Sign]:
    for match in _PERCENTAGE.finditer(text):
        yield _Sign(((match.start(1), "%"),), (_PERCENT,), Verdict.SURE)


def _stops(text: str) -> Iterator[_Sign]:
    for match in _STOP.finditer(text):
        verdict = stop(text, match.start())
        if verdict is not None:
            yield _Sign(((match.start(), STOPS[match[0]]),), (match[0],), verdict)


def _others(text: str, pages: _DamagedPages) -> Iterator[tuple[int, str]]:
    for match in _OTHER.finditer(text):
        if match.start() in pages and is_mark(text, match.start()):
            yield match.start(), OTHERS[match[0]]
    for match in _LONG_DASH.finditer(text):
        ends = {match.start(), match.end() - 1}
        if match.start() in pages and (len(ends) == 1 or not any(in_word(text, place) for place in ends)):
            yield from ((place, "—") for place in ends)
    for match in _FIGURE.finditer(text):
        places = range(match.start(), match.end())
        if match.start() in pages and not any(in_word(text, place) for place in places):
            yield from ((place, _DIGITS[text[place]]) for place in places)
            if text.startswith(_PERCENT, match.end()):
                yield match.end(), "%"
