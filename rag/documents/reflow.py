"""Puts the lines of a text back together: which of them make a paragraph, which are sub-heads, and where spaces are real.

A newspaper column breaks a paragraph wherever it is full; extraction adds blank lines that mean nothing and loses the indents. What
is left is how a line ends (T), how short it is (S) and whether the next one is short by a lost indent (F). Text that was never
wrapped is left alone: a line is a paragraph.
"""

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from rag.chinese.width import is_han


@dataclass(frozen=True, slots=True)
class Line:
    """A line that is not blank: `text[start:end]` without the white space around it; `number` and `page` start at 1.

    `indent` is the width in cells of the white space before it; `gap` says whether a blank line precedes it.
    """

    number: int
    start: int
    end: int
    page: int | None
    indent: float
    gap: bool


@dataclass(frozen=True, slots=True)
class Block:
    """A paragraph or, with `heading`, a sub-head: its lines, and the width in cells of the column that wrapped them (0: none did)."""

    lines: tuple[Line, ...]
    heading: bool
    column: float


@dataclass(frozen=True, slots=True)
class Stretch:
    """Clean characters and the raw ones they come from: `text` is `raw[start:end]`, or one space for the white space there."""

    text: str
    start: int
    end: int
    line: Line


_STOPS = frozenset("。！？!?…")
_CLOSERS = frozenset("”’」』）)】》〉\"'")
_OPENERS = frozenset("“‘「『（(【《〈")
_PAUSES = frozenset("，,、")
_NEVER_FIRST = frozenset("，。、；：！？…,;:!?)）]】》〉”’」』%％")
_HANGING = frozenset("，。、；：！？")
_MARKS = frozenset("，。；！？…,;!?")
_WHITE = re.compile(r"\s+")
_FIGURE_THEN_HAN = re.compile("[0-9]([ \u3000]*)[\u4e00-\u9fff]")
_MARKDOWN = re.compile(r"#{1,6}\s+")
_CHAPTER = re.compile("第[一二三四五六七八九十百0-9]{1,4}[章节篇部]")
_NUMBERED = re.compile(
    "第[一二三四五六七八九十百0-9]{1,4}[章节篇部]|[一二三四五六七八九十]{1,3}、|[（(][一二三四五六七八九十]{1,3}[)）]"
    "|[0-9]{1,2}(?:\\.[0-9]{1,2}){0,3}[.、 \u3000]"
)

_WINDOW, _STEP = 60, 16
"""Lines on either side that say how wide the column is, and how many lines share one measurement."""
_ENOUGH = 12
"""Lines that tell by themselves how wide their column is."""
_NARROWEST, _WIDEST = 8.0, 80.0
_FULL, _INDENT = 1.3, 3.6
"""Cells by which full lines differ in measured width, and the most that a lost indent makes a first line short."""
_LONGEST_HEADING, _SURE_HEADING = 0.8, 0.65
"""Shares of the full width up to which a line before an indent, or before any line, may be a sub-head."""
_HEADING_LINES = 3
_IMPOSSIBLE = -5.0


def width(text: str) -> float:
    """The width of a line in cells: a Han character or a full-width mark is 1, ASCII and quotes ½ (setters squeeze them), a space ¼."""
    ascii_characters = len(text.encode("ascii", "ignore"))
    spaces = text.count(" ") + text.count("\t")
    return len(text) - 0.5 * ascii_characters - 0.25 * spaces - 0.75 * text.count("\xa0") - 0.5 * sum(map(text.count, "“”‘’"))


def read_lines(text: str) -> list[Line]:
    """The lines of `text` that are not blank, in order; pages are counted where form feeds mark them."""
    found: list[Line] = []
    page = 1 if "\f" in text else None
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
    return found


def reflow(text: str, segments: Sequence[Sequence[Line]]) -> list[list[Block]]:
    """The paragraphs and sub-heads of each segment (an article's lines); whether lines are wrapped is judged on all of them.

    Linear in the number of lines.
    """
    whole = _Column(text, [line for segment in segments for line in segment])
    wrapped = _is_wrapped(whole)
    blocks: list[list[Block]] = []
    begin = 0
    for segment in segments:
        end = begin + len(segment)
        # A few lines do not tell how wide their column is; those around them do.
        column = _Column(text, segment, whole.widths[begin:end], whole.full[begin:end] if len(segment) < _ENOUGH else None)
        blocks.append(list(_unwrap(column) if wrapped else _keep(column)))
        begin = end
    return blocks


def is_wrapped(text: str, lines: Sequence[Line]) -> bool:
    """Whether the lines were broken by the width of a column: most that end in mid sentence are equally, and fully, wide."""
    return _is_wrapped(_Column(text, lines))


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
            ended = block.heading and width(text[previous.start : previous.end]) < block.column - _FULL
            if letters or (ended and before.isalnum() and after.isalnum()):
                yield Stretch(" ", previous.end, previous.end + 1, previous)
        start = line.start
        if block.heading and (mark := _MARKDOWN.match(text, start, line.end)):
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


def is_sentence_end(text: str) -> bool:
    """Whether the text ends as sentences do: with a stop, and closing brackets or quotes after it."""
    return text.rstrip("".join(_CLOSERS))[-1:] in _STOPS or text.endswith(("。", "！", "？"))


def is_label(text: str) -> bool:
    """Whether the text could be a headline: short, without a pause and without a stop at its end."""
    return 0 < width(text) <= 40 and _MARKS.isdisjoint(text[:-1].replace("？", "").replace("！", "")) and text[-1] not in "。，、；：,;:—"


def _is_letter(character: str) -> bool:
    return character.isalnum() and not is_han(character)


class _Column:
    """The lines of one column with their widths; `full[i]` is how wide a full line is around line i."""

    def __init__(
        self, text: str, lines: Sequence[Line], widths: Sequence[float] | None = None, full: Sequence[float] | None = None
    ) -> None:
        self.text = text
        self.lines = lines
        self.widths = widths or [line.indent + width(text[line.start : line.end]) for line in lines]
        self.full = full or _full_widths(self.widths)
        self.stretched = _stretched(self)
        self.indented = _indents_kept(self)
        self.gaps_count = _gaps_count(self)

    def content(self, i: int) -> str:
        return self.text[self.lines[i].start : self.lines[i].end]

    def short(self, i: int) -> float:
        """How many cells line i lacks of a full one; a line whose spaces were stretched lacks none."""
        lacks = self.full[i] - self.widths[i]
        return 0.0 if i in self.stretched and 0 < lacks < 0.25 * self.full[i] else lacks


def _stretched(column: _Column) -> frozenset[int]:
    """The lines that were stretched to the full width: those few with a space between a figure and the Han character after it."""
    spaces = {i: any(found) for i in range(len(column.lines)) if (found := _FIGURE_THEN_HAN.findall(column.content(i)))}
    stretched = frozenset(i for i, spaced in spaces.items() if spaced)
    # Where most figures are followed by a space, that is how the text is written.
    return stretched if len(stretched) <= 0.3 * len(spaces) else frozenset()


def _full_widths(widths: Sequence[float]) -> list[float]:
    """For each line the upper mode of the widths around it: the widest that is nearly as common as the commonest."""
    full: list[float] = []
    for begin in range(0, len(widths), _STEP):
        around = Counter(round(w) for w in widths[max(0, begin - _WINDOW) : begin + _STEP + _WINDOW] if w <= _WIDEST)
        near = {w: around[w - 1] + 2 * around[w] + around[w + 1] for w in around}
        most = max(near.values(), default=0)
        mode = max((w for w, count in near.items() if count >= 0.75 * most), default=0)
        full += [float(mode)] * len(widths[begin : begin + _STEP])
    return full


def _is_wrapped(column: _Column) -> bool:
    unfinished = [i for i in range(len(column.lines)) if not is_sentence_end(column.content(i))]
    full = [i for i in unfinished if abs(column.short(i)) <= _INDENT and column.full[i] >= _NARROWEST]
    # The items of a list may be equally long, but sentences run over the lines of a column, and their marks stand within them.
    running = sum(not _MARKS.isdisjoint(column.content(i)) for i in full)
    return len(full) >= 3 and len(full) >= 0.5 * len(unfinished) and len(full) >= 0.3 * len(column.lines) and running >= 0.25 * len(full)


def _indents_kept(column: _Column) -> bool:
    """Whether indents were kept, and so say where paragraphs begin."""
    begins = [i for i, line in enumerate(column.lines) if i and 0.5 <= line.indent <= 4]
    return (
        len(begins) >= 1
        and len(begins) <= 0.7 * len(column.lines)
        and 10 * sum(is_sentence_end(column.content(i - 1)) for i in begins) >= 7 * len(begins)
    )


def _gaps_count(column: _Column) -> bool:
    """Whether blank lines separate paragraphs: they follow the ends of sentences, and not nearly every line."""
    gaps = [i for i, line in enumerate(column.lines) if i and line.gap]
    return 2 <= len(gaps) <= 0.6 * len(column.lines) and 10 * sum(is_sentence_end(column.content(i - 1)) for i in gaps) >= 8 * len(gaps)


def _keep(column: _Column) -> Iterator[Block]:
    for i, line in enumerate(column.lines):
        yield Block((line,), _heads_next(column, i), column=0.0)


def _heads_next(column: _Column, i: int) -> bool:
    """Whether a line of unwrapped text is a sub-head: marked or numbered as one, or short, before a paragraph, after one."""
    content = column.content(i)
    if _MARKDOWN.match(content):
        return True
    if i + 1 == len(column.lines) or not is_label(content):
        return False
    longer = is_sentence_end(column.content(i + 1)) and column.widths[i + 1] > 1.5 * column.widths[i]
    if _CHAPTER.match(content):
        return longer or _NUMBERED.match(column.content(i + 1)) is not None
    if _NUMBERED.match(content):
        return longer and (i == 0 or not _NUMBERED.match(column.content(i - 1)) or is_sentence_end(column.content(i - 1)))
    plain = column.widths[i] <= 20 and not any(c.isdigit() or c in "：:-*•·●|、" for c in content)
    return longer and plain and (i == 0 or is_sentence_end(column.content(i - 1)))


def _unwrap(column: _Column) -> Iterator[Block]:
    begin, count = 0, len(column.lines)
    while begin < count:
        heading = _heading_length(column, begin)
        end = begin + max(heading, 1)
        if not heading:
            while end < count and not _parted(column, end - 1) and not _heading_length(column, end):
                end += 1
        yield Block(tuple(column.lines[begin:end]), heading > 0, column.full[begin])
        begin = end


def _heading_length(column: _Column, begin: int) -> int:
    """How many lines from `begin` make a sub-head, 0 if none: short ones without marks, after a sentence's end, before an indent."""
    if begin and not is_sentence_end(column.content(begin - 1)):
        return 0
    end, widest = begin, 0.0
    last = min(begin + _HEADING_LINES, len(column.lines) - 1)
    while end < last and is_label(column.content(end)) and column.widths[end] <= _LONGEST_HEADING * column.full[end]:
        widest = max(widest, column.widths[end] / column.full[end])
        end += 1
    if end > begin and (_starts(column, end) > 0 or (widest <= _SURE_HEADING and _starts(column, end) > _IMPOSSIBLE)):
        return end - begin
    return _wide_headline_length(column) if begin == 0 else 0


def _wide_headline_length(column: _Column) -> int:
    """How many of the first lines are a headline as wide as the column, or wider; what follows must be an indented first line."""
    for end in range(min(_HEADING_LINES, len(column.lines) - 1)):
        if not is_label(column.content(end)):
            return 0
        # A line that is short and ends in mid sentence is no last line, so an indent has shortened it.
        if _starts(column, end + 1) > 0 and not is_sentence_end(column.content(end + 1)):
            return end + 1
    return 0


def _parted(column: _Column, i: int) -> bool:
    """Whether a paragraph ends with line i."""
    gap = (3.0 if column.lines[i + 1].gap else -1.0) if column.gaps_count else 0.0
    return _ends(column.content(i)) + _shortness(column, i) + _starts(column, i + 1) + gap > 1


def _ends(content: str) -> float:
    """T: what the end of a line says for a paragraph's end."""
    last = content[-1]
    if is_sentence_end(content):
        return 2.0
    if last in "—：:":
        return 0.5
    if last in _PAUSES or last in _OPENERS:
        return -4.0
    return -2.5


def _shortness(column: _Column, i: int) -> float:
    """S: what the width of a line says for a paragraph's end."""
    short = column.short(i)
    if short > 0.4 * column.full[i]:
        return 2.5
    if short > 2.3:
        return 2.0
    return -0.5 if short < _FULL else 0.0


def _starts(column: _Column, i: int) -> float:
    """F: what the start and the width of a line say for a paragraph's beginning with it."""
    content, short = column.content(i), column.short(i)
    if content[0] in _NEVER_FIRST:
        return _IMPOSSIBLE
    if column.indented:
        return 4.0 if column.lines[i].indent >= 0.5 else -2.5
    # A mark at the end may hang over the edge, and quotes may have been squeezed or not: either way will do for an indent.
    if short + (0.5 if content[-1] in _HANGING else 0.0) >= _FULL and short - 0.5 * sum(map(content.count, "“”‘’")) <= _INDENT:
        return 1.5
    return -2.5 if short < _FULL else -0.5
