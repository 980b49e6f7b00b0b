"""Lines of a text: how wide they are, how they were set, and how those of a block read in one, with the spaces that are real."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from rag.chinese.width import is_han
from rag.records import Box


@dataclass(frozen=True, slots=True)
class Setting:
    """How a line was typeset: its box on the page, the size of most of its type in points, whether that is bold, and its column.

    `column` is the left and the right edge, in points, of the column of type the line stands in. Lines that run down or up the page
    are read after `turn` quarter turns clockwise; their column is its upper and lower edge.
    """

    box: Box
    size: float
    bold: bool
    column: tuple[float, float]
    turn: int = 0


@dataclass(frozen=True, slots=True)
class Line:
    """A line that is not blank: `text[start:end]` without the white space around it; `number` and `page` start at 1.

    `indent` is the width in cells of the white space before it; `gap` says whether a blank line precedes it. `setting` is how it
    was typeset, where the file says so.
    """

    number: int
    start: int
    end: int
    page: int | None
    indent: float
    gap: bool
    setting: Setting | None = None


@dataclass(frozen=True, slots=True)
class Block:
    """A paragraph or, with `heading`, a sub-head: its lines, and the width in cells of the column that wrapped them (0: none did).

    `item` says that it is a line of a list: an item, or the line that announces them.
    """

    lines: tuple[Line, ...]
    heading: bool
    column: float
    level: int = 1
    item: bool = False


@dataclass(frozen=True, slots=True)
class Stretch:
    """Clean characters and the raw ones they come from: `text` is `raw[start:end]`, or one space for the white space there."""

    text: str
    start: int
    end: int
    line: Line


_STOPS = frozenset("。！？!?…")
_CLOSERS = frozenset("”’」』）)】》〉\"'")
MARKS = frozenset("，。；！？…,;!?")
"""Marks that stand within running text, and in no headline."""
_WHITE = re.compile(r"\s+")
MARKDOWN = re.compile(r"#{1,6}\s+")
"""What marks a sub-head in notes."""
FULL = 1.3
"""Cells by which full lines differ in measured width."""


def width(text: str) -> float:
    """The width of a line in cells: a Han character or a full-width mark is 1, ASCII and quotes ½ (setters squeeze them), a space ¼."""
    ascii_characters = len(text.encode("ascii", "ignore"))
    spaces = text.count(" ") + text.count("\t")
    return len(text) - 0.5 * ascii_characters - 0.25 * spaces - 0.75 * text.count("\xa0") - 0.5 * sum(map(text.count, "“”‘’"))


def read_lines(text: str, settings: Sequence[Setting] = ()) -> list[Line]:
    """The lines of `text` that are not blank, in order; pages are counted where form feeds mark them.

    `settings` are those of these lines, or none. ValueError where there is not one for each.
    """
    found: list[Line] = []
    page = 1 if settings or "\f" in text else None
    start, gap = 0, False
    for number, raw in enumerate(text.split("\n"), 1):
        content = raw.strip()
        before = raw[: len(raw) - len(raw.lstrip())]
        if page is not None:
            page += before.count("\f")
        if content:
            first = start + len(before)
            found.append(Line(number, first, first + len(content), page, width(before.replace("\f", "")), gap))
            if page is not None:
                page += raw.count("\f", len(before))
        gap = not content
        start += len(raw) + 1
    if not settings:
        return found
    return [replace(line, setting=setting) for line, setting in zip(found, settings, strict=True)]


def join(text: str, block: Block) -> Iterator[Stretch]:
    """The characters of a block, run together: no space where Han meets Han, figure or letter; one between words of letters.

    In wrapped text a space within a line is the setter's unless it stands between two Han characters or two letters; the lines
    of a sub-head get a space between them, unless the column was too narrow for it.
    """
    for i, line in enumerate(block.lines):
        if i:
            previous = block.lines[i - 1]
            before, after = text[previous.end - 1], text[line.start]
            letters = before.isascii() and before.isalpha() and after.isascii() and after.isalnum()
            ended = block.heading and width(text[previous.start : previous.end]) < block.column - FULL
            if letters or (ended and before.isalnum() and after.isalnum()):
                yield Stretch(" ", previous.end, previous.end + 1, previous)
        start = line.start
        if block.heading and (mark := MARKDOWN.match(text, start, line.end)):
            start = mark.end()
        if not block.column:
            yield Stretch(text[start : line.end], start, line.end, line)
            continue
        for space in _WHITE.finditer(text, start, line.end):
            yield Stretch(text[start : space.start()], start, space.start(), line)
            before, after = text[space.start() - 1], text[space.end()]
            if (is_han(before) and is_han(after)) or (_is_letter(before) and _is_letter(after)):
                yield Stretch(" ", space.start(), space.start() + 1, line)
            start = space.end()
        yield Stretch(text[start : line.end], start, line.end, line)


def joined(text: str, block: Block) -> str:
    """The characters of a block as one text."""
    return "".join(stretch.text for stretch in join(text, block))


def is_sentence_end(text: str) -> bool:
    """Whether the text ends as sentences do: with a stop, and closing brackets or quotes after it."""
    return text.rstrip("".join(_CLOSERS))[-1:] in _STOPS or text.endswith(("。", "！", "？"))


def is_label(text: str) -> bool:
    """Whether the text could be a headline: short, without a pause and without a stop at its end."""
    return 0 < width(text) <= 40 and MARKS.isdisjoint(text[:-1].replace("？", "").replace("！", "")) and text[-1] not in "。，、；：,;:—"


def _is_letter(character: str) -> bool:
    return character.isalnum() and not is_han(character)
