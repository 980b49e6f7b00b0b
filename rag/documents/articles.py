"""Finds the articles of a newspaper page: its header, the bracketed byline that closes each, and the headlines, wherever they stand.

Text that shows none of the signs of a newspaper is one article under its first line.
"""

import math
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import groupby

from rag.documents.bylines import names
from rag.documents.reflow import Block, Line, is_label, is_sentence_end, is_wrapped, join, reflow, width


@dataclass(frozen=True, slots=True)
class Article:
    """An article as lines of the text: `title` is empty where none was found; `page` is the number printed on the page."""

    title: str
    title_lines: tuple[Line, ...]
    byline: str
    byline_lines: tuple[Line, ...]
    blocks: tuple[Block, ...]
    section: str = ""
    page: str = ""
    date: str = ""


@dataclass(frozen=True, slots=True)
class _Header:
    section: str
    page: str
    date: str


@dataclass(frozen=True, slots=True)
class _Closing:
    """The byline that closes an article, from the bracket at `start`, on the lines numbered `first` to `last`."""

    byline: str
    start: int
    first: int
    last: int


@dataclass(slots=True)
class _Segment:
    """The lines of one article, without the byline, which stands on `byline_lines`."""

    lines: list[Line] = field(default_factory=list)
    byline: str = ""
    byline_lines: list[Line] = field(default_factory=list)


_BRACKETED = re.compile(r"[（(]([^（）()。！？]{2,40})[）)](?=[^\S\n]*(?:\n|\Z))")
_LINE_BREAK = re.compile(r"\s*\n\s*")
_SIGNED = re.compile(
    "[□■●◆]?[ \u3000]*(?:本报|本刊|本网|新华社|中新社|特约|见习)*[\u4e00-\u9fff]{0,3}(?:记者|通讯员|撰稿|作者)[:： \u3000]*\\S"
)
_IMPRINT = re.compile("(?:本版|责任?编辑?|责编|美编|校对|版式|投稿|电子?邮箱|编辑|主编|值班)[^。]{0,40}[:：]")
_DATE = re.compile(r"([12]\d{3})\s*[年.\-/]\s*(\d{1,2})\s*[月.\-/]\s*(\d{1,2})\s*日?(?:\s*[（(]?星期[一二三四五六日天][）)]?)?")
_SHEET = re.compile(r"第?\s*([A-Z]?\d{1,3})\s*版\s*[:：]?\s*(.*)|(.*?)\s*第\s*([A-Z]?\d{1,3})\s*版")
_NUMBER_FIRST = re.compile(r"([A-Z]?\d{1,3})\s+(\D{2,24})")
_NUMBER_LAST = re.compile(r"(\D{2,24}?)\s+([A-Z]?\d{1,3})")
_WIDEST_HEADER, _WIDEST_TITLE = 40, 40
_MOST_MATCHED = 8
"""Articles of one page up to which every assignment of headlines is weighed; beyond it, they are taken in order of likeness."""
_LINES_OF_A_HEADLINE = 3


def articles(text: str, lines: Sequence[Line]) -> list[Article]:
    """The articles that `lines` of `text` hold, in order; at least one wherever there is a line."""
    closings = _closings(text, lines)
    pages = [list(page) for _, page in groupby(lines, key=lambda line: line.page)]
    headers = [_header(text, page, bool(closings)) for page in pages]
    if not closings and not any(headers):
        return [_plain(text, lines)] if lines else []
    found: list[Article] = []
    for page, header in zip(pages, headers, strict=True):
        found += _of_page(text, page[1:] if header else page, header, closings)
    # Bylines with nothing above them close no article.
    return found or [_plain(text, lines)]


def _closings(text: str, lines: Sequence[Line]) -> dict[int, _Closing]:
    """The closing bylines by the number of the line they begin on: names in brackets after a sentence or on their own."""
    found: dict[int, _Closing] = {}
    at = 0
    for match in _BRACKETED.finditer(text):
        while lines[at].end <= match.start():
            at += 1
        last = at
        while lines[last].end < match.end():
            last += 1
        before = text[lines[at].start : match.start()].rstrip()
        if (not before or is_sentence_end(before)) and last - at <= 1 and (byline := names(_LINE_BREAK.sub("", match[1]))):
            found[lines[at].number] = _Closing(" ".join(byline), match.start(), lines[at].number, lines[last].number)
    return found


def _header(text: str, page: Sequence[Line], newspaper: bool) -> _Header | None:
    """What the first line of a page says, if it is a page header: number and section (6 产经 Industries), and perhaps the date."""
    content = text[page[0].start : page[0].end]
    if width(content) > _WIDEST_HEADER or len(page) == 1:
        return None
    date = ""
    if dated := _DATE.search(content):
        date = "-".join((dated[1], dated[2].zfill(2), dated[3].zfill(2)))
        content = (content[: dated.start()] + content[dated.end() :]).strip()
        if not content:
            return _Header("", "", date) if newspaper else None
    # 使用手册 第3版 is an edition, not a page, unless something else speaks of a newspaper.
    newspaper = newspaper or bool(date)
    if (sheet := _SHEET.fullmatch(content)) and (newspaper or is_wrapped(text, page)):
        return _Header((sheet[2] or sheet[3] or "").strip(), sheet[1] or sheet[4], date)
    number_first, number_last = _NUMBER_FIRST.fullmatch(content), _NUMBER_LAST.fullmatch(content)
    if (not number_first and not number_last) or not is_label(content):
        return None
    number = number_first[1] if number_first else number_last[2] if number_last else ""
    section = number_first[2] if number_first else number_last[1] if number_last else ""
    if newspaper or (is_wrapped(text, page) and not _numbered_on(text, page, number)):
        return _Header(re.sub(r"\s+", " ", section.strip()), number, date)
    return None


def _numbered_on(text: str, page: Sequence[Line], number: str) -> bool:
    """Whether a later line has the next number before it, so that the first is a heading and no page number."""
    return number.isdigit() and any(re.match(rf"{int(number) + 1}[\s.、]", text[line.start : line.end]) for line in page)


def _plain(text: str, lines: Sequence[Line]) -> Article:
    """Text without the signs of a newspaper: one article under its first line, where that looks like a title."""
    blocks = reflow(text, [lines])[0]
    first = blocks[0]
    title = _content(text, first)
    alone = len(first.lines) == 1 and not first.column and is_label(title) and not re.search("[：:；;]|^[-*•·●]|^[0-9]+[.、]", title)
    if len(blocks) > 1 and (first.heading or alone):
        return Article(title, first.lines, "", (), tuple(blocks[1:]))
    return Article("", (), "", (), tuple(blocks))


def _of_page(text: str, lines: Sequence[Line], header: _Header | None, closings: dict[int, _Closing]) -> list[Article]:
    body, headlines = _without_trailing(text, lines, closings)
    segments = list(_segments(text, body, closings))
    blocks_of = reflow(text, [segment.lines for segment in segments])
    found = [
        Article("", (), segment.byline, tuple(segment.byline_lines), tuple(blocks))
        for segment, blocks in zip(segments, blocks_of, strict=True)
    ]
    titles = _match(text, headlines, ["".join(_content(text, block) for block in article.blocks) for article in found])
    for i, article in enumerate(found):
        if title_lines := titles.get(i):
            found[i] = replace(article, title=_content(text, Block(title_lines, True, math.inf)), title_lines=title_lines)
        else:
            found[i] = _with_leading_title(text, article)
    if header:
        found = [replace(article, section=header.section, page=header.page, date=header.date) for article in found]
    return found


def _without_trailing(text: str, lines: Sequence[Line], closings: dict[int, _Closing]) -> tuple[list[Line], list[Line]]:
    """The lines of the articles, and the headlines left over at the end of the page; the imprint is neither."""
    on_page = [closings[line.number].last for line in lines if line.number in closings]
    last_closed = max(on_page, default=0)
    at = len(lines)
    while at and lines[at - 1].number > last_closed and _may_trail(text[lines[at - 1].start : lines[at - 1].end]):
        at -= 1
    body = list(lines[:at])
    trailing = [line for line in lines[at:] if not _IMPRINT.match(text, line.start, line.end)]
    if not body:
        return list(lines), []
    unclosed = body[-1].number > last_closed
    if len(trailing) > _LINES_OF_A_HEADLINE * (len(on_page) + unclosed):
        return list(lines), []
    # Behind an article without a byline the lines may also be the rest of a paragraph that the page cut off.
    if unclosed and (not is_sentence_end(text[body[-1].start : body[-1].end]) or _fills_the_column(text, body, trailing)):
        return list(lines), []
    return body, trailing


def _may_trail(content: str) -> bool:
    unfinished = content[-1] in "。，、；：,;:—" or "。" in content
    return (not unfinished and width(content) <= _WIDEST_TITLE) or _IMPRINT.match(content) is not None


def _fills_the_column(text: str, body: Sequence[Line], trailing: Sequence[Line]) -> bool:
    """Whether all lines but the last are as wide as the wide ones of the body."""
    widths = sorted(width(text[line.start : line.end]) for line in body)
    full = widths[3 * len(widths) // 4]
    return len(trailing) >= 2 and all(abs(width(text[line.start : line.end]) - full) <= 1.3 for line in trailing[:-1])


def _segments(text: str, lines: Sequence[Line], closings: dict[int, _Closing]) -> Iterator[_Segment]:
    """The articles one after the other; text after the last byline is one more."""
    segment = _Segment()
    closing: _Closing | None = None
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
            segment, closing = _Segment(), None
    if segment.lines:
        yield segment


def _with_leading_title(text: str, article: Article) -> Article:
    """The article under the headline it begins with, if it does; a reporter's line below the headline is its byline."""
    blocks = article.blocks
    if not blocks or not blocks[0].heading or len(blocks) == 1:
        return article
    signed = tuple(line for line in blocks[0].lines[1:] if _SIGNED.match(text, line.start, line.end) and names(text[line.start : line.end]))
    headline = replace(blocks[0], lines=tuple(line for line in blocks[0].lines if line not in signed))
    byline, byline_lines = article.byline, article.byline_lines
    if signed and not byline:
        byline, byline_lines = " ".join(name for line in signed for name in names(text[line.start : line.end])), signed
    return replace(
        article,
        title=_content(text, headline),
        title_lines=headline.lines,
        byline=byline,
        byline_lines=byline_lines,
        blocks=blocks[1:],
    )


def _content(text: str, block: Block) -> str:
    return "".join(stretch.text for stretch in join(text, block))


def _match(text: str, headlines: Sequence[Line], bodies: Sequence[str]) -> dict[int, tuple[Line, ...]]:
    """The lines of the headline of each article, by its place in `bodies`.

    Headlines stand in any order, one to three lines each. Each line is likened to each article by the bigrams of Han characters
    they share, weighed by how few articles have them; the assignment with the highest sum is taken.
    """
    if not headlines or not bodies:
        return {}
    bags = [Counter(_bigrams(body)) for body in bodies]
    spread = Counter(bigram for bag in bags for bigram in bag)
    weight = {bigram: math.log(1 + len(bags) / count) for bigram, count in spread.items()}
    norms = [math.sqrt(sum((count * weight[bigram]) ** 2 for bigram, count in bag.items())) or 1.0 for bag in bags]
    likeness = [
        [
            # The later term only settles ties: where words do not tell, headlines stand in the order of the articles.
            sum(bag[bigram] * weight.get(bigram, 0.0) ** 2 for bigram in _bigrams(text[line.start : line.end])) / norm
            - 1e-6 * abs(i * len(bodies) - j * len(headlines))
            for j, (bag, norm) in enumerate(zip(bags, norms, strict=True))
        ]
        for i, line in enumerate(headlines)
    ]
    owners = _assign(likeness) if len(bodies) <= _MOST_MATCHED else _assign_greedily(likeness)
    return {j: tuple(line for line, owner in zip(headlines, owners, strict=True) if owner == j) for j in set(owners) if j >= 0}


def _bigrams(text: str) -> list[str]:
    return re.findall("(?=([\u4e00-\u9fff]{2}))", text)


def _assign(likeness: list[list[float]]) -> list[int]:
    """For each line the article it belongs to: runs of lines, each run another article, with the highest sum of likeness.

    There are at most three lines an article; every article gets one as far as there are enough of them.
    """
    lines, bodies = len(likeness), len(likeness[0])
    # States are (articles used, article of the run, length of the run); values the best sum and how it was reached.
    best: dict[tuple[int, int, int], tuple[float, list[int]]] = {(0, -1, 0): (0.0, [])}
    for i in range(lines):
        following: dict[tuple[int, int, int], tuple[float, list[int]]] = {}
        for (used, current, length), (total, owners) in best.items():
            choices = [(used | 1 << j, j, 1) for j in range(bodies) if not used >> j & 1]
            if current >= 0 and length < _LINES_OF_A_HEADLINE:
                choices.append((used, current, length + 1))
            for state in choices:
                reached = total + likeness[i][state[1]]
                if state not in following or following[state][0] < reached:
                    following[state] = (reached, [*owners, state[1]])
        best = following
    wanted = min(lines, bodies)
    enough = {state: value for state, value in best.items() if state[0].bit_count() == wanted} or best
    return max(enough.values(), key=lambda value: value[0])[1]


def _assign_greedily(likeness: list[list[float]]) -> list[int]:
    """For each line the article it is most like among those not yet taken by a line that is more like them; -1 if none is left."""
    owners = [-1] * len(likeness)
    pairs = sorted(((value, i, j) for i, row in enumerate(likeness) for j, value in enumerate(row)), key=lambda pair: -pair[0])
    taken: set[int] = set()
    for _, i, j in pairs:
        if owners[i] < 0 and j not in taken:
            owners[i] = j
            taken.add(j)
    return owners
