"""Recognises what newspaper pages have in common: the header of a page, and the bracketed byline that closes an article."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace

from rag.chinese.bylines import names
from rag.chinese.dates import days
from rag.chinese.figures import whole_number
from rag.documents.layout.lines import Line, is_label, is_sentence_end, width
from rag.documents.layout.reflow import is_wrapped


@dataclass(frozen=True, slots=True)
class Header:
    """What the first line of a page says: its section, the number printed on it, and the day (ISO 8601)."""

    section: str
    page: str
    date: str


@dataclass(frozen=True, slots=True)
class Closing:
    """The byline that closes an article, from the bracket at `start`, on the lines numbered `first` to `last`."""

    byline: str
    start: int
    first: int
    last: int


@dataclass(slots=True)
class Segment:
    """The lines of one article, without the byline, which stands on `byline_lines`."""

    lines: list[Line] = field(default_factory=list)
    byline: str = ""
    byline_lines: list[Line] = field(default_factory=list)


_BRACKETED = re.compile(r"[（(]([^（）()。！？]{2,40})[）)](?=[^\S\n]*(?:\n|\Z))")
_LINE_BREAK = re.compile(r"\s*\n\s*")
_WEEKDAY = re.compile(r"^\s*[（(]?(?:星期|周)[一二三四五六日天][）)]?")
_SHEET = re.compile(
    r"第?\s*([A-Z]?\d{1,3}|[一二三四五六七八九十]{1,3})\s*版\s*[:：]?\s*(.*)|(.*?)\s*第\s*([A-Z]?\d{1,3}|[一二三四五六七八九十]{1,3})\s*版"
)
_NUMBER_FIRST = re.compile(r"([A-Z]?\d{1,3})(\s*)(\D{2,24})")
_NUMBER_LAST = re.compile(r"(\D{2,24}?)\s+([A-Z]?\d{1,3})")
_SHORTEST_ARTICLE = 40
"""Characters of the shortest article that a byline closes."""
_LONG_PAGE = 40
"""Lines of a page on which a number and a word in the first are its header, whatever else there is."""
WIDEST_HEADER = 40
"""Cells of the longest line that may be the head of a page."""


def closings(text: str, lines: Sequence[Line], *, known: bool = False) -> dict[int, Closing]:
    """The closing bylines by the number of the line they begin on: names in brackets after a sentence or on their own.

    `known` says that this is a newspaper, whose news may be as short as they like.
    """
    found: dict[int, Closing] = {}
    at = closed = 0
    for match in _BRACKETED.finditer(text):
        while lines[at].end <= match.start():
            at += 1
        last = at
        while lines[last].end < match.end():
            last += 1
        before = text[lines[at].start : match.start()].rstrip()
        # What a name follows at once is a quotation, or a poem under its title.
        if match.start() - closed < _SHORTEST_ARTICLE and not known:
            continue
        if (not before or is_sentence_end(before)) and last - at <= 1 and (byline := names(_LINE_BREAK.sub("", match[1]))):
            closed = match.end()
            found[lines[at].number] = Closing(" ".join(byline), match.start(), lines[at].number, lines[last].number)
    return found


def header(text: str, page: Sequence[Line], newspaper: bool) -> Header | None:
    """What the first line of a page says, if it is a page header: number and section (6 产经 Industries), and perhaps the date."""
    content = text[page[0].start : page[0].end]
    if width(content) > WIDEST_HEADER or len(page) == 1:
        return None
    date = ""
    if day := next(days(content), None):
        date = day.iso
        content = (content[: day.start] + _WEEKDAY.sub("", content[day.end :], count=1)).strip()
        if not content:
            return Header("", "", date) if newspaper else None
    known, newspaper = newspaper, newspaper or is_wrapped(text, page)
    # 使用手册 第3版 is an edition, not a page, unless something else speaks of a newspaper.
    if (sheet := _SHEET.fullmatch(content)) and (newspaper or date):
        number = sheet[1] or sheet[4]
        return Header((sheet[2] or sheet[3] or "").strip(), str(whole_number(number) or number), date)
    number_first, number_last = _NUMBER_FIRST.fullmatch(content), _NUMBER_LAST.fullmatch(content)
    # 3月船价 is a headline; print may set the number close to the section, but then the day stands beside them.
    if number_first and not number_first[2] and not date:
        number_first = None
    if (not number_first and not number_last) or not is_label(content):
        return None
    number = number_first[1] if number_first else number_last[2] if number_last else ""
    section = number_first[3] if number_first else number_last[1] if number_last else ""
    # 2 安装说明 above a few lines is a heading of theirs.
    if newspaper and (known or (len(page) >= _LONG_PAGE and not _numbered_on(text, page, number))):
        return Header(re.sub(r"\s+", " ", section.strip()), number, date)
    return None


def _numbered_on(text: str, page: Sequence[Line], number: str) -> bool:
    """Whether a later line has the next number before it, so that the first is a heading and no page number."""
    return number.isdigit() and any(re.match(rf"{int(number) + 1}[\s.、]", text[line.start : line.end]) for line in page)


def segments(text: str, lines: Sequence[Line], closings: dict[int, Closing]) -> Iterator[Segment]:
    """The articles one after the other; text after the last byline is one more."""
    segment = Segment()
    closing: Closing | None = None
    for line in lines:
        closing = closings.get(line.number, closing)
        if closing is None:
            segment.lines.append(line)
            continue
        segment.byline, kept = closing.byline, text[line.start : max(closing.start, line.start)].rstrip()
        segment.byline_lines.append(line)
        if kept:
            segment.lines.append(replace(line, end=line.start + len(kept)))
        if line.number == closing.last:
            if segment.lines:
                yield segment
            segment, closing = Segment(), None
    if segment.lines:
        yield segment
