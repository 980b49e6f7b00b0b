"""Puts printed lines together by how they were typeset: indents, short lines, leading, and the size and weight of the type.

Where print does not tell, the text does, as in `reflow`. What it does not know: drop capitals, and notes that interrupt a column.
"""

import re
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from statistics import median

from rag.documents.layout.lines import Block, Line, Setting, is_label, is_sentence_end, width

_UNBROKEN = re.compile("[“‘（(《【]*(?:[A-Za-z0-9.,%+&/-]+[％℃°]?|——|……|.)[，。、；：！？”’）》】%)]*")
"""What a setter does not break: a figure, a word of letters, a character with the marks that cling to it."""
_NUMBERED = re.compile(
    "第[一二三四五六七八九十百0-9]{1,4}[章节条款篇部]|[一二三四五六七八九十]{1,3}、|[（(][一二三四五六七八九十0-9]{1,3}[)）]"
    r"|[0-9]{1,3}(?:\.[0-9]{1,2}){0,3}(?:[.、)）\s](?!\d))|[①-⑳㈠-㈩]|[-*+•·●○■□◆◇▪▲△★☆]\s*[^-*\s]"
)
_BULLET, _DASHED = re.compile(r"[•●■◆]\s*[^•●■◆\s]"), re.compile(r"[-·]\s*[^-·\s\d]")
_LABELLED = re.compile(r"[^\s，。、；：:,;（(《“]{1,8}\s*[：:]\s*[^\s：:]")
"""电话：13900000000, 邮箱：… and their like."""
_BRACKETED = re.compile(r"[（(].*[)）]")
_NEVER_FIRST = frozenset("，。、；：！？…,;:!?)）]】》〉”’」』%％")
_PAUSES = frozenset("，,、（(《“‘「『【")

_INDENT = (1.2, 6.0)
"""The least and the most, in ems, by which the first line of a paragraph is set in."""
_EXTRA = 0.3
"""Ems beyond the usual leading that are a space between paragraphs."""
_LARGER, _HEADLINE = 1.08, 1.35
"""How many times as large as the text's the type of a heading, and that of a headline of an article, is."""
_HEADING_LINES, _WIDEST_HEADING = 6, 80.0
_SHORT_HEADING = 0.65
"""The part of the column that a sub-head in the type of the text fills, at most."""
_SHORT_LINE, _RUNNING = 2.0, 8.0
"""Ems that stay free behind a line that is clearly not full; cells of the narrowest line of running text."""
_CENTRED = 1.5
"""Ems that stay free on both sides of a centred line, at least, and by which the sides differ, at most."""


@dataclass(frozen=True, slots=True)
class Headline:
    """A headline with what stands right above and below it in larger type: `blocks[first:last]`, the largest of which is `main`."""

    first: int
    main: int
    last: int


def blocks(text: str, lines: Sequence[Line]) -> list[Block]:
    """The paragraphs and headings that `lines`, all of which have a `setting`, make in the order given.

    The level of a heading is 1 for the largest type of a heading, 2 for the next. Linear in the number of lines.
    """
    printed = [_Printed(text[line.start : line.end], line, line.setting) for line in lines if line.setting]
    if len(printed) != len(lines):
        raise ValueError("some of the lines have no setting")
    if not printed:
        return []
    habits = _Habits.of(printed)
    groups: list[list[_Printed]] = [[printed[0]]]
    for line in printed[1:]:
        if _parted(groups[-1], line, habits):
            groups.append([line])
        else:
            groups[-1].append(line)
    found = [_block(groups, i, habits) for i in range(len(groups))]
    levels = headline_levels(found)
    return [replace(block, level=level) if level else block for block, level in zip(found, levels, strict=True)]


def headline_levels(found: Sequence[Block]) -> list[int]:
    """For each block 0 where it is no heading, else 1 for the largest type and weight of the headings, 2 for the next, and so on."""
    kinds = [_kind(block.lines[0]) if block.heading else None for block in found]
    ranked: list[tuple[float, bool]] = []
    for kind in sorted({kind for kind in kinds if kind}, reverse=True):
        # Sizes that differ by a rounding are one.
        if not ranked or ranked[-1][0] > 1.03 * kind[0] or ranked[-1][1] != kind[1]:
            ranked.append(kind)
    return [0 if kind is None else max(i for i, k in enumerate(ranked, 1) if k[0] >= kind[0] - 1e-6) for kind in kinds]


def headlines(found: Sequence[Block]) -> list[Headline]:
    """The headlines that begin the articles of a newspaper's page: headings much larger than the text, with their kickers."""
    sizes: Counter[float] = Counter()
    for block in found:
        sizes.update({_kind(line)[0]: line.end - line.start for line in block.lines})
    body = sizes.most_common(1)[0][0] if sizes else 0.0
    heads: list[Headline] = []
    i = 0
    while i < len(found):
        first = i
        while i < len(found) and found[i].heading and (i == first or _near(found[i - 1].lines[-1], found[i].lines[0])):
            i += 1
        if i > first:
            main = max(range(first, i), key=lambda n: _kind(found[n].lines[0])[0])
            if _kind(found[main].lines[0])[0] >= _HEADLINE * body:
                # A sub-head right below the headline is as large as the others, and stays with the text.
                last = next((n for n in range(main + 1, i) if _kind(found[n].lines[0])[0] < _LARGER * body), i)
                heads.append(Headline(first, main, last))
        i = max(i, first + 1)
    return heads


def is_running(text: str, line: Line) -> bool:
    """Whether a line with a `setting` is one of running text: it fills its column, and is no entry like 电话：…."""
    assert line.setting is not None
    printed = _Printed(text[line.start : line.end], line, line.setting)
    return printed.room <= _SHORT_LINE and width(printed.content) >= _RUNNING and not _LABELLED.match(printed.content)


class _Printed:
    """A line with its box as it stands when the page is turned for reading; lengths in points."""

    __slots__ = ("bold", "bottom", "content", "indent", "left", "line", "place", "room", "size", "top")

    def __init__(self, content: str, line: Line, setting: Setting) -> None:
        self.content = content
        self.line = line
        self.size = max(setting.size, 0.1)
        self.bold = setting.bold
        left, top, right, bottom = _turned(setting.box, setting.turn)
        first, last = setting.column if setting.turn in (0, 3) else (-setting.column[1], -setting.column[0])
        self.left, self.top, self.bottom = left, top, bottom
        self.indent = (left - first) / self.size
        """Ems by which the line is set in."""
        self.room = (last - right) / self.size
        """Ems that stay free behind it."""
        self.place = (line.page, setting.column, setting.turn)

    @property
    def ended(self) -> bool:
        return is_sentence_end(self.content)

    def spare(self, after: "_Printed") -> float:
        """Ems that stay free although what the next line begins with would have fitted: above 0 the line was ended on purpose."""
        unbroken = _UNBROKEN.match(after.content)
        return self.room - (width(unbroken[0]) if unbroken else 1.0)

    def leading(self, after: "_Printed") -> float | None:
        """The distance of the next line in ems, if it stands below this one in its column."""
        return (after.top - self.top) / self.size if after.place == self.place and after.top > self.top else None


def _turned(box: tuple[float, float, float, float], turn: int) -> tuple[float, float, float, float]:
    left, top, right, bottom = box
    if turn == 1:
        return -bottom, left, -top, right
    if turn == 2:
        return -right, -bottom, -left, -top
    if turn == 3:
        return top, -right, bottom, -left
    return box


@dataclass(frozen=True, slots=True)
class _Habits:
    """How a file is set: the size and weight of its text, whether it indents and spaces paragraphs, and its usual leading by size."""

    size: float
    bold: bool
    indented: bool
    spaced: bool
    leading: Callable[[_Printed], float]

    @staticmethod
    def of(lines: Sequence[_Printed]) -> "_Habits":
        kinds: Counter[tuple[float, bool]] = Counter()
        for line in lines:
            kinds[line.size, line.bold] += len(line.content)
        size, bold = kinds.most_common(1)[0][0]
        pairs = [(a, b) for a, b in pairwise(lines) if _same_type(a, b)]
        within: dict[object, list[float]] = {}
        for a, b in pairs:
            if (step := a.leading(b)) and not a.ended and a.spare(b) < 0.5:
                within.setdefault(a.place, []).append(step)
                within.setdefault(a.size, []).append(step)
        usual = {key: median(steps) for key, steps in within.items() if len(steps) >= 3 or key == size}
        over_all = usual.get(size, 1.7)

        def leading(line: _Printed) -> float:
            return usual.get(line.place, usual.get(line.size, over_all))

        ends = [(a, b) for a, b in pairs if a.ended and a.spare(b) > 1]
        indented = [b for _, b in ends if _INDENT[0] <= b.indent <= _INDENT[1]]
        steps = [(a, step) for a, b in ends if (step := a.leading(b))]
        spaced = [a for a, step in steps if step > leading(a) + _EXTRA]
        return _Habits(size, bold, 2 * len(indented) > len(ends), 2 * len(spaced) > len(steps), leading)


def _same_type(a: _Printed, b: _Printed) -> bool:
    return a.bold == b.bold and max(a.size, b.size) < _LARGER * min(a.size, b.size)


def _parted(group: Sequence[_Printed], after: _Printed, habits: _Habits) -> bool:
    """Whether a block ends before the line `after`."""
    before = group[-1]
    if "\t" in before.content or "\t" in after.content:
        return True
    if max(before.size, after.size) >= _LARGER * min(before.size, after.size):
        return True
    if _stands_alone(group, after):
        return True
    step = before.leading(after)
    if after.size >= _LARGER * habits.size and len(group) < _HEADING_LINES and not before.ended:
        return before.bold != after.bold or step is None or step > 2
    score = _ends(before) + _shortness(before, after) + _indent(group, after, habits)
    if before.bold != after.bold:
        score += 2.5
    if step is not None:
        extra = step > habits.leading(before) + _EXTRA
        score += (3.0 if habits.spaced else 1.5) if extra else (-2.0 if habits.spaced else 0.0)
    if _NUMBERED.match(after.content) and (before.ended or before.spare(after) > 0.5):
        score += 2.0
    return score > 1 and after.content[0] not in _NEVER_FIRST


def _stands_alone(group: Sequence[_Printed], after: _Printed) -> bool:
    """Whether the line `after` is an item, or it or the one before it is an entry on a line of its own."""
    before = group[-1]
    if _BULLET.match(after.content):
        return True
    runs_on = not before.ended and before.spare(after) <= 0.6
    if _DASHED.match(after.content):
        return not runs_on
    entry = len(group) == 1 and _LABELLED.match(before.content) is not None
    if entry and before.room > _SHORT_LINE and before.spare(after) > 0.6:
        return True
    if before.content[-1] in _PAUSES or not _LABELLED.match(after.content):
        return False
    return entry or (after.room > _SHORT_LINE and not (runs_on and after.ended))


def _ends(before: _Printed) -> float:
    """T: what the end of a line says for a paragraph's end."""
    if before.ended:
        return 1.0
    last = before.content[-1]
    if last in "—：:；;":
        return 0.0
    return -4.0 if last in _PAUSES else -2.5


def _shortness(before: _Printed, after: _Printed) -> float:
    """S: what the blank behind a line says for a paragraph's end."""
    spare = before.spare(after)
    if spare > 2:
        return 4.0
    if spare > 0.6:
        return 3.0
    return 0.5 if spare > 0.2 else -0.5


def _indent(group: Sequence[_Printed], after: _Printed, habits: _Habits) -> float:
    """F: what the beginning of a line says for a paragraph's beginning with it."""
    before = group[-1]
    same_place = before.place == after.place
    if _INDENT[0] <= after.indent:
        if same_place and abs(before.left - after.left) < 0.3 * after.size:
            # Two first lines, one of a paragraph of one line; or a quotation that is set in as a whole.
            return 1.5 if habits.indented and len(group) == 1 and before.ended else 0.0
        if after.indent > _INDENT[1]:
            return 1.0
        return 3.0 if habits.indented else 2.0
    if habits.indented:
        return -3.0 if after.indent < 0.5 else -1.0
    return -1.0 if same_place and before.indent >= _INDENT[0] else 0.0


def _block(groups: Sequence[Sequence[_Printed]], i: int, habits: _Habits) -> Block:
    group = groups[i]
    first = group[0]
    lines = tuple(line.line for line in group)
    if any("\t" in line.content for line in group):
        return Block(lines, heading=False, column=0.0, item=True)
    setting = lines[0].setting
    assert setting is not None
    cells = (setting.column[1] - setting.column[0]) / first.size
    return Block(lines, _is_heading(groups, i, habits, cells), max(cells, 1.0))


def _is_heading(groups: Sequence[Sequence[_Printed]], i: int, habits: _Habits, cells: float) -> bool:
    """Whether a group of lines is a heading: larger, bold, centred, or short between the end of a sentence and a paragraph."""
    group = groups[i]
    first, content = group[0], "".join(line.content for line in group)
    wide = width(content)
    if len(group) > _HEADING_LINES or wide > _WIDEST_HEADING or _BRACKETED.fullmatch(content) or not any(map(str.isalnum, content)):
        return False
    if first.size >= _LARGER * habits.size:
        return not (group[-1].ended and wide > 0.5 * _WIDEST_HEADING)
    if first.size * _LARGER <= habits.size or i + 1 == len(groups) or len(group) > 2 or not is_label(content):
        return False
    if first.bold and not habits.bold:
        return True
    after = groups[i + 1]
    begins_text = len(after) > 1 or after[-1].ended
    if (
        len(group) > 1
        or group[0].ended
        or not begins_text
        or (i > 0 and not groups[i - 1][-1].ended and not _starts_anew(groups[i - 1], habits))
    ):
        return False
    if min(first.indent, first.room) >= _CENTRED and abs(first.indent - first.room) <= _CENTRED:
        return True
    return first.indent <= _INDENT[1] and wide <= _SHORT_HEADING * cells and not any(c in content for c in "：:；;|")


def _starts_anew(group: Sequence[_Printed], habits: _Habits) -> bool:
    """Whether these lines are no running text: a heading in larger type, or a byline in brackets."""
    return group[0].size >= _LARGER * habits.size or _BRACKETED.fullmatch(group[-1].content) is not None


def _kind(line: Line) -> tuple[float, bool]:
    assert line.setting is not None
    return line.setting.size, line.setting.bold


def _near(before: Line, after: Line) -> bool:
    """Whether one heading stands right above the next."""
    assert before.setting is not None
    assert after.setting is not None
    gap = after.setting.box[1] - before.setting.box[3]
    return before.page == after.page and -1 <= gap <= 1.5 * max(before.setting.size, after.setting.size)
