"""Repairs the marks that Founder fonts wrote as Han characters: 遥 for 。, 袁 for ，, 尧 for 、, 渊…冤 for （…）, 豫 for %.

Newspaper pages extracted from such PDFs carry each symbol of rows 1–9 of GB2312 as the character 49 rows further on. The carriers
are real characters too (袁 is a surname, 遥远 a word), so a page is touched only where it shows several kinds of this damage, and a
character only where the words around it read better with the mark. All edits but one (——— to ——) keep the length of the text.
"""

import math
import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterator
from dataclasses import dataclass
from enum import IntEnum
from functools import lru_cache

from rag.chinese.names import SURNAMES
from rag.chinese.width import is_han
from rag.documents.bylines import names


@dataclass(frozen=True, slots=True)
class Edit:
    """`text[start:end]` is to be read as `repaired`; `kind` is founder, halfwidth_paren, halfwidth_comma or dash3."""

    start: int
    end: int
    repaired: str
    kind: str


def carrier(mark: str) -> str:
    """The Han character that Founder fonts write for a mark of GB2312: lead byte + 0x31, same trail byte (。 → 遥).

    Raises ValueError where the mark is not of rows 1 to 9.
    """
    # GBK has the symbols of GB2312 at the same places, with the code points in use for · and — today.
    lead, trail = mark.encode("gbk")
    if not 0xA1 <= lead <= 0xA9:
        raise ValueError(f"{mark} is no symbol of GB2312")
    return bytes((lead + 0x31, trail)).decode("gbk")


_STOPS = {carrier(mark): mark for mark in "，。、"}
_OPEN, _CLOSE, _PERCENT = carrier("（"), carrier("）"), carrier("％")
_CARRIERS = frozenset({*_STOPS, _OPEN, _CLOSE, _PERCENT})
_STOP = re.compile(f"[{''.join(_STOPS)}]")

# The longest span in brackets, and the longest whose closing bracket came out half-width.
_LONGEST_PAIR, _LONGEST_HALF_PAIR = 60, 20
_INSIDE = f"[^{_OPEN}{_CLOSE}（）()\f]"
_PAIR = re.compile(f"{_OPEN}{_INSIDE}{{1,{_LONGEST_PAIR}}}(?={_CLOSE})|{_OPEN}{_INSIDE}{{1,{_LONGEST_HALF_PAIR}}}(?=\\))")
# 豫A·12345 is a number plate and 3豫剧 a theatre: no such thing follows a percentage.
_PERCENTAGE = re.compile(rf"(?<=[0-9０-９])\s{{0,3}}({_PERCENT})(?![A-Za-zＡ-Ｚ0-9剧菜])")
_HALF_COMMA = re.compile("(?<=[\u4e00-\u9fff]),(?=\\s{0,3}[\u4e00-\u9fff])")
_LINE_END = re.compile(r"[^\S\n]*(?:\n|\Z)")
_DASH = re.compile("(?<!—)———(?!—)")

_REACH = 4_000
"""Characters on either side within which signs count for one page, where no form feed ends it sooner."""
_CONTEXT = 10
"""Han characters on either side that are read for the words around a carrier."""
_DICTIONARY_TOTAL = 60_101_967
"""The sum of the word frequencies in the segmenter's dictionary."""
_MARK_COST = {"，": 3.0, "。": 4.0, "、": 4.0}
"""-log of the share of the tokens of running text that are this mark."""
_GAIN = 2.0
"""How much better, in nats, the words around must read with the mark than with the character."""
_MARKS = frozenset("，。、；：！？…—,.;:!?)）]】》〉%％")
_OPENERS = frozenset("“‘（(《〈【[「『")
_CLOSERS = frozenset("”’）)》〉】]」』%％")
# Words of one character that begin a clause; any other single character after 袁 may be a given name.
_CLAUSE_STARTERS = frozenset(
    "在是也又还都已被把让从对为以而但并将该其此这那不有使与和由据经按因如若则却更再就才能可要会用到向我他她它们各每两给请先后另比至均只即仅最既当自及近随除故需应经曾未没无靠凭沿朝今昨"
)
_FORMS_OF_ADDRESS = frozenset(
    ("先生", "女士", "老师", "爷爷", "奶奶", "教授", "院士", "同志", "小姐", "主任", "局长", "经理", "律师", "医生", "书记")
)
_NAME_KINDS = frozenset(("nr", "ns", "nrt", "nrfg"))
_COMMA_CARRIER = carrier("，")
_STAND_INS = frozenset("某甲乙丙丁")
"""What court records write in the place of given names: 王某尧李某 is a list."""
_NUMERALS = frozenset("一二三四五六七八九十")


@dataclass(frozen=True, slots=True)
class _Candidate:
    """A place that may be damaged: `kinds` are the kinds of evidence for the page that it is."""

    edits: tuple[Edit, ...]
    kinds: tuple[str, ...]
    verdict: "_Verdict"


class _Verdict(IntEnum):
    """How surely a character is a mark: with a damaged mark next to it, on any damaged page, or so that it shows the page is damaged."""

    BESIDE_DAMAGE = 1
    ON_DAMAGED_PAGE = 2
    SURE = 3


def repairs(text: str) -> list[Edit]:
    """The edits that mend `text`, in order and apart from each other; none where no page shows sure signs of the damage.

    `text` has "\n" line ends; a form feed begins a page. Linear in the length of the text.
    """
    if _CARRIERS.isdisjoint(text):
        return []
    candidates = sorted((*_brackets(text), *_percentages(text), *_stops(text)), key=lambda candidate: candidate.edits[0].start)
    damaged = _DamagedPages(text, candidates)
    candidates = [candidate for candidate in candidates if candidate.edits[0].start in damaged]
    at = {edit.start for candidate in candidates for edit in candidate.edits}
    edits = [
        edit
        for c in candidates
        if c.verdict > _Verdict.BESIDE_DAMAGE or _has_damaged_neighbour(text, c.edits[0].start, at)
        for edit in c.edits
    ]
    if edits:
        edits += [Edit(m.start(), m.end(), "，", "halfwidth_comma") for m in _HALF_COMMA.finditer(text) if m.start() in damaged]
        edits += [Edit(m.start(), m.end(), "——", "dash3") for m in _DASH.finditer(text) if m.start() in damaged]
    return sorted(edits, key=lambda edit: edit.start)


class _DamagedPages:
    """The positions near which at least two kinds of sure evidence stand; one kind alone may be a person called 袁 or 尧."""

    def __init__(self, text: str, candidates: list[_Candidate]) -> None:
        self._page_ends = [match.start() for match in re.finditer("\f", text)]
        self._sure: dict[str, list[int]] = {}
        for candidate in candidates:
            if candidate.verdict is _Verdict.SURE:
                for kind in candidate.kinds:
                    self._sure.setdefault(kind, []).append(candidate.edits[0].start)

    def __contains__(self, position: int) -> bool:
        page = bisect_left(self._page_ends, position)
        first = max(position - _REACH, self._page_ends[page - 1] if page else 0)
        last = min(position + _REACH, self._page_ends[page] if page < len(self._page_ends) else position + _REACH)
        return sum(bisect_left(places, first) < bisect_right(places, last) for places in self._sure.values()) >= 2


def _brackets(text: str) -> Iterator[_Candidate]:
    for match in _PAIR.finditer(text):
        close = match.end()
        opening = Edit(match.start(), match.start() + 1, "（", "founder")
        closing = Edit(close, close + 1, "）", "founder" if text[close] == _CLOSE else "halfwidth_paren")
        # A name between the two at the end of a line, as bylines stand, is a sign of its own.
        if _LINE_END.match(text, close + 1) and names(text[match.start() + 1 : close]):
            yield _Candidate((opening, closing), (_OPEN, "byline"), _Verdict.SURE)
        elif not _in_word(text, match.start()) and not (text[close] == _CLOSE and _in_word(text, close)):
            yield _Candidate((opening, closing), (_OPEN,), _Verdict.SURE)


def _percentages(text: str) -> Iterator[_Candidate]:
    for match in _PERCENTAGE.finditer(text):
        yield _Candidate((Edit(match.start(1), match.end(1), "%", "founder"),), (_PERCENT,), _Verdict.SURE)


def _stops(text: str) -> Iterator[_Candidate]:
    for match in _STOP.finditer(text):
        verdict = _verdict(text, match.start())
        if verdict is not None:
            yield _Candidate((Edit(match.start(), match.end(), _STOPS[match[0]], "founder"),), (match[0],), verdict)


def _verdict(text: str, position: int) -> _Verdict | None:
    """How surely the carrier there is a mark; None where it is the Han character."""
    before, after = _nearest(text, position, -1), _nearest(text, position, 1)
    if not before or before in _MARKS - _CLOSERS or before in _OPENERS or after in _MARKS - _CLOSERS:
        return None
    # Two stops never stand side by side: 遥遥领先 has none.
    if before in _STOPS or after in _STOPS:
        return None
    left, right = _words(text, position)
    character = text[position]
    if _gain(left, character, right) < _GAIN:
        return None
    return {"，": _comma, "。": _full_stop, "、": _enumeration}[_STOPS[character]](left, right, before, after)


def _comma(left: list[str], right: list[str], before: str, after: str) -> _Verdict | None:
    """袁 is the surname of many: what follows must not be a given name or a form of address."""
    follows = right[0] if right else after
    if not follows or follows in _FORMS_OF_ADDRESS:
        return None
    if not is_han(follows[0]):
        return _Verdict.BESIDE_DAMAGE if follows in _OPENERS or follows.isalnum() else None
    if len(follows) >= 2:
        return _Verdict.SURE if _ends_word(left, before) and not _is_name(follows) else _Verdict.BESIDE_DAMAGE
    return _Verdict.BESIDE_DAMAGE if follows in _CLAUSE_STARTERS or not _is_name(_COMMA_CARRIER + "".join(right)) else None


def _full_stop(left: list[str], right: list[str], before: str, after: str) -> _Verdict | None:
    """遥 ends given names, follows 之, and counts rockets (遥七)."""
    if _ends_name(left) or (left and left[-1].endswith("之")):
        return None
    if (right and right[0] in _NUMERALS) or (after.isdecimal() and before in "号型丁"):
        return None
    if _ends_word(left, before) and _begins_word(right, after):
        return _Verdict.SURE
    # 遥 as a word of its own stands before a verb: before a figure or a quotation it is none.
    return _Verdict.BESIDE_DAMAGE if right or not after else _Verdict.ON_DAMAGED_PAGE


def _enumeration(left: list[str], right: list[str], before: str, after: str) -> _Verdict | None:
    """尧 ends given names: neither 王尧 nor 王世尧 has a mark at its end."""
    if _ends_name(left) or not after:
        return None
    return _Verdict.SURE if _ends_word(left, before) and _begins_word(right, after) else _Verdict.BESIDE_DAMAGE


def _ends_name(words: list[str]) -> bool:
    """Whether the words end with a surname, or a surname and one more character, that a carrier could complete to a name."""
    if not words or len(words[-1]) > 1 or words[-1] in _STAND_INS:
        return False
    return words[-1] in SURNAMES or (len(words) >= 2 and words[-2] in SURNAMES)


def _ends_word(left: list[str], before: str) -> bool:
    return len(left[-1]) >= 2 if left else before in _CLOSERS or before.isalnum()


def _begins_word(right: list[str], after: str) -> bool:
    return len(right[0]) >= 2 if right else after in _OPENERS or after.isalnum()


def _is_name(text: str) -> bool:
    """Whether `text` begins with a name, as far as the segmenter can tell (袁某 and words it has never met count as names)."""
    import rjieba

    word, kind = next(iter(rjieba.tag(text)))
    return kind in _NAME_KINDS or text[1:2] == "某" or (kind == "x" and len(word) > 1)


def _nearest(text: str, position: int, step: int) -> str:
    """The nearest character that is no white space, before (-1) or after (1) a position; "" where the page ends first."""
    for _ in range(_CONTEXT):
        position += step
        if not 0 <= position < len(text) or text[position] == "\f":
            return ""
        if not text[position].isspace():
            return text[position]
    return ""


def _words(text: str, position: int) -> tuple[list[str], list[str]]:
    """The words of Han characters next to a position, on the left and on the right, over line ends, as far as the next carrier."""
    left = _split(_run(text, position, -1)[::-1])
    right = _split(_run(text, position, 1))
    kept_left = next((i for i in range(len(left), 0, -1) if left[i - 1] in _CARRIERS), 0)
    kept_right = next((i for i, word in enumerate(right) if word in _CARRIERS), len(right))
    return left[kept_left:], right[:kept_right]


def _run(text: str, position: int, step: int) -> str:
    """Up to `_CONTEXT` Han characters next to a position, nearest first; white space between them is passed over."""
    run: list[str] = []
    for _ in range(3 * _CONTEXT):
        position += step
        if not 0 <= position < len(text) or len(run) == _CONTEXT:
            break
        character = text[position]
        if is_han(character):
            run.append(character)
        elif not character.isspace() or character == "\f":
            break
    return "".join(run)


def _split(text: str) -> list[str]:
    import rjieba

    return list(rjieba.cut(text, False)) if text else []


@lru_cache(maxsize=65536)
def _cost(word: str) -> float:
    """-log of the word's share of the dictionary's counts; a word it does not know costs twenty times the rarest."""
    import rjieba

    known = rjieba.has_word(word)
    return math.log(_DICTIONARY_TOTAL / max(rjieba.suggest_freq(word), 1)) if known else math.log(_DICTIONARY_TOTAL * 20)


def _gain(left: list[str], character: str, right: list[str]) -> float:
    """How many nats fewer the words cost with a mark in the place of `character`."""
    with_character = sum(map(_cost, _split("".join(left) + character + "".join(right))))
    return with_character - sum(map(_cost, left)) - sum(map(_cost, right)) - _MARK_COST[_STOPS[character]]


def _in_word(text: str, position: int) -> bool:
    """Whether the character there belongs to a word of the dictionary with what surrounds it."""
    before = _run(text, position, -1)[::-1]
    reached = 0
    for word in _split(before + text[position] + _run(text, position, 1)):
        reached += len(word)
        if reached > len(before):
            return len(word) > 1
    return False


def _has_damaged_neighbour(text: str, position: int, damaged: set[int]) -> bool:
    """Whether the nearest mark on either side, as far as a clause may reach, is a damaged one."""
    for step in (-1, 1):
        place = position
        for _ in range(6 * _CONTEXT):
            place += step
            if not 0 <= place < len(text):
                break
            if place in damaged:
                return True
            # The point of 2.5 and the sign of 95% end no clause.
            if text[place] in _MARKS and not text[place - 1 : place].isdecimal():
                break
    return False
