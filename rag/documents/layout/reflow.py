"""Puts the lines of a text back together: which of them make a paragraph, and which are sub-heads.

A newspaper column breaks a paragraph wherever it is full; extraction adds blank lines that mean nothing and loses the indents. What
is left is how a line ends (T), how short it is (S) and whether the next one is short by a lost indent (F). Text that was never
wrapped is left alone: a line is a paragraph.
"""

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from enum import Enum, auto

from rag.chinese.scripts import simplified
from rag.chinese.width import is_han
from rag.documents.layout.lines import FULL, MARKDOWN, MARKS, Block, Line, is_label, is_sentence_end, width

_OPENERS = frozenset("“‘「『（(【《〈")
_PAUSES = frozenset("，,、")
_NEVER_FIRST = frozenset("，。、；：！？…,;:!?)）]】》〉”’」』%％")
_HANGING = frozenset("，。、；：！？")
_QUOTE = re.compile("[“”‘’]")
_FIGURE_THEN_HAN = re.compile("[0-9]([ \u3000]*)[\u4e00-\u9fff]")
_UNBROKEN = re.compile("[“‘（(《【]?(?:[A-Za-z0-9.%+-]+|.)[，。、；：！？”’）》】]?")
"""What a setter does not break: a figure, a word of letters, a character with the marks that cling to it."""
CHAPTER = re.compile("第[一二三四五六七八九十百0-9]{1,4}[章节篇部回卷]")
"""What begins the headline of a chapter."""
_NUMBERED = re.compile(
    "第[一二三四五六七八九十百0-9]{1,4}[章节篇部回卷]|[一二三四五六七八九十]{1,3}、|[（(][一二三四五六七八九十]{1,3}[)）]"
    "|[0-9]{1,2}(?:\\.[0-9]{1,2}){0,3}[.、 \u3000]"
)

_ITEM = re.compile(
    r"[-*+•·●○■□◆▪◇]\s*(?![-*\s])|[0-9]{1,3}[.、)）](?![0-9])|[（(](?:[0-9]{1,3}|[一二三四五六七八九十]{1,3})[)）]|[①-⑳㈠-㈩]"
)

_WINDOW, _STEP = 60, 16
"""Lines on either side that say how wide the column is, and how many lines share one measurement."""
_ENOUGH = 12
"""Lines that tell by themselves how wide their column is."""
_NARROWEST, _WIDEST = 8.0, 80.0
_MOST_BREAKS, _AROUND = 400, 5
"""Line ends that are looked at for broken words, and characters on either side of each."""
_LEAST_BROKEN = 0.12
"""Share of line ends in mid sentence that break a word, at least, where the lines are a column's."""
_SHORT, _INDENT = 2.3, 3.6
"""Cells by which a line is surely short, and the most that a lost indent takes."""
_LONGEST_HEADING, _SURE_HEADING = 0.8, 0.65
"""Shares of the full width up to which a line before an indent, or before any line, may be a sub-head."""
_HEADING_LINES = 3
_IMPOSSIBLE = -5.0


def reflow(text: str, segments: Sequence[Sequence[Line]], wrapped: bool | None = None) -> list[list[Block]]:
    """The paragraphs and sub-heads of each segment (an article's lines); whether lines are wrapped is judged on all of them.

    `wrapped` says so where that is known; a newspaper's lines are taken for wrapped where they are as wide as each other. Linear in
    the number of lines.
    """
    whole = _Column(text, [line for segment in segments for line in segment])
    if wrapped is None:
        wrapped = _is_wrapped(whole)
    blocks: list[list[Block]] = []
    begin = 0
    for segment in segments:
        end = begin + len(segment)
        # A few lines do not tell how wide their column is; those around them do.
        column = _Column(text, segment, whole.widths[begin:end], whole.full[begin:end] if len(segment) < _ENOUGH else None)
        if column.indents is not _Indents.KEPT and (whole.indents is not _Indents.KEPT or any(line.indent >= 0.5 for line in segment)):
            column.indents = whole.indents
        blocks.append(list(_unwrap(column) if wrapped else _keep(column)))
        begin = end
    return blocks


def is_wrapped(text: str, lines: Sequence[Line]) -> bool:
    """Whether the lines were broken by the width of a column, on the evidence of the lines alone."""
    column = _Column(text, lines)
    return _is_wrapped(column) and _breaks_words(column)


class _Indents(Enum):
    """What became of the indents of first lines: they stand in the text, only shorten the line, or there were none."""

    KEPT = auto()
    LOST = auto()
    NONE = auto()
    UNKNOWN = auto()


class _Column:
    """The lines of one column with their widths; `full[i]` is how wide a full line is around line i."""

    def __init__(
        self, text: str, lines: Sequence[Line], widths: Sequence[float] | None = None, full: Sequence[float] | None = None
    ) -> None:
        self.text = text
        self.lines = lines
        self.widths = widths or _widths(text, lines)
        self.full = full or _full_widths(self.widths)
        self.stretched = _stretched(self)
        self.indents = _Indents.KEPT if _indents_kept(self) else _indents_lost(self)
        self.gaps_count = _gaps_count(self)

    def content(self, i: int) -> str:
        return self.text[self.lines[i].start : self.lines[i].end]

    def lacks(self, i: int) -> float:
        """How many cells line i lacks of a full one; a line whose spaces were stretched lacks none."""
        lacks = self.full[i] - self.widths[i]
        return 0.0 if i in self.stretched and 0 < lacks < 0.25 * self.full[i] else lacks

    def short(self, i: int) -> float:
        """How many cells line i lacks beyond those that the next line's first figure or word did not fit into."""
        lacks = self.lacks(i)
        return max(lacks - self.left_over(i), 0.0) if lacks > 1 else lacks

    def left_over(self, i: int) -> float:
        """How many cells of line i may be empty because the next line begins with what is not broken, beyond one."""
        whole = _UNBROKEN.match(self.text, self.lines[i + 1].start, self.lines[i + 1].end) if i + 1 < len(self.lines) else None
        return max(width(whole[0]) - 1, 0.0) if whole else 0.0


def _widths(text: str, lines: Sequence[Line]) -> list[float]:
    """The widths of the lines in cells; quotes count one each where that makes more of the lines that have them full."""
    widths = [line.indent + width(text[line.start : line.end]) for line in lines]
    quotes = [0.5 * len(_QUOTE.findall(text, line.start, line.end)) for line in lines]
    full = _full_widths(widths)
    quoted = [i for i, more in enumerate(quotes) if more and not is_sentence_end(text[lines[i].start : lines[i].end])]
    squeezed = sum(abs(full[i] - widths[i]) < 1 for i in quoted)
    whole = sum(abs(full[i] - widths[i] - quotes[i]) < 1 for i in quoted)
    return [w + more for w, more in zip(widths, quotes, strict=True)] if whole > squeezed else widths


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
    """Whether most lines that end in mid sentence are equally, and fully, wide, and few are wider."""
    unfinished = [i for i in range(len(column.lines)) if not is_sentence_end(column.content(i))]
    full = [i for i in unfinished if abs(column.short(i)) <= _INDENT and column.full[i] >= _NARROWEST]
    if sum(column.short(i) < -_INDENT for i in range(len(column.lines))) > 0.1 * len(column.lines):
        return False
    # The items of a list may be equally long, but sentences run over the lines of a column, and their marks stand within them.
    running = sum(not MARKS.isdisjoint(column.content(i)) for i in full)
    return len(full) >= 3 and len(full) >= 0.5 * len(unfinished) and len(full) >= 0.3 * len(column.lines) and running >= 0.25 * len(full)


def _breaks_words(column: _Column) -> bool:
    """Whether lines end within words, as only lines that were full do: two in five line ends of a column, none of a list or a poem."""
    full = [i for i in range(len(column.lines) - 1) if abs(column.short(i)) <= _INDENT and not is_sentence_end(column.content(i))]
    pairs = [(column.content(i)[-_AROUND:], column.content(i + 1)[:_AROUND]) for i in full[:_MOST_BREAKS]]
    between = [_is_broken(before, after) for before, after in pairs if is_han(before[-1]) and is_han(after[0])]
    letters = [after[0].islower() for before, after in pairs if before[-1].isascii() and before[-1].isalpha() and after[0].isascii()]
    return any(sum(broken) >= max(_LEAST_BROKEN * len(broken), 1) for broken in (between, letters))


def _is_broken(before: str, after: str) -> bool:
    """Whether a word stands on both sides of the line end between the two."""
    import rjieba

    reached = 0
    for word in rjieba.cut(simplified(before + after), False):
        reached += len(word)
        if reached >= len(before):
            return bool(reached > len(before))
    return False


def _indents_kept(column: _Column) -> bool:
    """Whether indents were kept, and so say where paragraphs begin."""
    begins = [i for i, line in enumerate(column.lines) if i and 0.5 <= line.indent <= 4]
    return (
        len(begins) >= 1
        and len(begins) <= 0.7 * len(column.lines)
        and 10 * sum(is_sentence_end(column.content(i - 1)) or column.short(i - 1) > _SHORT for i in begins) >= 7 * len(begins)
    )


def _indents_lost(column: _Column) -> _Indents:
    """What the lines behind the sure ends of paragraphs say: those short by an indent, or as wide as any."""
    begins = [i + 1 for i in range(len(column.lines) - 1) if is_sentence_end(column.content(i)) and column.short(i) > 0.25 * column.full[i]]
    shorts = [column.short(i) for i in begins if not is_sentence_end(column.content(i)) and column.short(i) <= _INDENT]
    short = sum(lacks >= FULL for lacks in shorts)
    if len(shorts) < 4:
        return _Indents.UNKNOWN
    return _Indents.LOST if short >= 0.7 * len(shorts) else _Indents.NONE if short <= 0.3 * len(shorts) else _Indents.UNKNOWN


def _gaps_count(column: _Column) -> bool:
    """Whether blank lines separate paragraphs: they follow the ends of sentences, and not nearly every line."""
    gaps = [i for i, line in enumerate(column.lines) if i and line.gap]
    return 2 <= len(gaps) <= 0.6 * len(column.lines) and 10 * sum(is_sentence_end(column.content(i - 1)) for i in gaps) >= 8 * len(gaps)


def _keep(column: _Column) -> Iterator[Block]:
    items = [_ITEM.match(column.content(i)) is not None for i in range(len(column.lines))]
    for i, line in enumerate(column.lines):
        heading = _heads_next(column, i)
        announces = not items[i] and i + 1 < len(items) and items[i + 1] and column.content(i)[-1] in "：:"
        yield Block((line,), heading, column=0.0, item=not heading and (items[i] or announces))


def _heads_next(column: _Column, i: int) -> bool:
    """Whether a line of unwrapped text is a sub-head: marked or numbered as one, or short, before a paragraph, after one."""
    content = column.content(i)
    if MARKDOWN.match(content):
        return True
    if i + 1 == len(column.lines) or not is_label(content):
        return False
    longer = is_sentence_end(column.content(i + 1)) and column.widths[i + 1] > 1.5 * column.widths[i]
    if CHAPTER.match(content):
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
            while end < count and not _parted(column, begin, end - 1) and not _heading_length(column, end):
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
    # What is short and ends in mid sentence is no part of a paragraph; at the beginning that is all there is to ask.
    sure = begin == 0 or widest <= _SURE_HEADING
    if end > begin and (_starts(column, end) > 0 or (sure and _starts(column, end) > _IMPOSSIBLE)):
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


def _parted(column: _Column, first: int, i: int) -> bool:
    """Whether a paragraph that begins with line `first` ends with line i."""
    gap = (3.0 if column.lines[i + 1].gap else -1.0) if column.gaps_count else 0.0
    return _ends(column.content(i)) + _shortness(column, i, first == i) + _starts(column, i + 1) + gap > 1


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


def _shortness(column: _Column, i: int, first: bool) -> float:
    """S: what the width of a line says for a paragraph's end; a `first` line may be short by its indent alone."""
    short = column.short(i) - (2 if first and column.indents is _Indents.LOST else 0)
    if short > 0.4 * column.full[i]:
        return 2.5
    if short > _SHORT:
        return 2.0
    return -0.5 if short < FULL else 0.0


def _starts(column: _Column, i: int) -> float:
    """F: what the start and the width of a line say for a paragraph's beginning with it."""
    content = column.content(i)
    if content[0] in _NEVER_FIRST:
        return _IMPOSSIBLE
    if column.indents is _Indents.KEPT:
        return 4.0 if column.lines[i].indent >= 0.5 else -2.5
    if column.indents is _Indents.NONE:
        return -0.5
    # A mark at the end may hang over the edge, and so make an indent seem smaller.
    if column.lacks(i) + (0.5 if content[-1] in _HANGING else 0.0) < FULL:
        return -2.5
    if column.short(i) > _INDENT:
        return -0.5
    if column.indents is not _Indents.LOST:
        return 1.5
    if is_sentence_end(content) and column.short(i) > _SHORT:
        return 0.0  # a last line too: its width says nothing of its beginning
    # Nothing but an indent shortens a line that breaks off between two characters.
    return 3.0 if is_han(content[-1]) and column.short(i) >= FULL else 1.0
