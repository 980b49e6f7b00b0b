"""Finds the articles of a newspaper page: its header, the bracketed byline that closes each, and the headlines, wherever they stand.

Text that shows none of the signs of a newspaper is one article under its first line.
"""

import math
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import groupby, pairwise

from rag.chinese.bylines import names
from rag.documents.layout import newspaper
from rag.documents.layout.cohesion import beginnings
from rag.documents.layout.headlines import MOST_LINES, assigned
from rag.documents.layout.lines import Block, Line, is_label, is_sentence_end, joined, width
from rag.documents.layout.newspaper import Closing, Header, Segment
from rag.documents.layout.reflow import CHAPTER, is_wrapped, reflow


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


_SIGNED = re.compile(
    "[□■●◆]?[ \u3000]*(?:本报|本刊|本网|新华社|中新社|特约|见习)*[\u4e00-\u9fff]{0,3}(?:记者|通讯员|撰稿|作者)[:： \u3000]*\\S"
)
_IMPRINT = re.compile("(?:本版|责任?编辑?|责编|美编|校对|版式|投稿|电子?邮箱|编辑|主编|值班)[^。]{0,40}[:：]")
_WIDEST_TITLE = 40
_LONG = 200
"""Characters of an article, on the average, that bylines alone part from others where lines are not those of a column."""


def articles(text: str, lines: Sequence[Line], layout: str | None = None) -> list[Article]:
    """The articles that `lines` of `text` hold, in order; at least one wherever there is a line.

    `layout` as in `Options`: whether this is plain text or a newspaper's page, where that need not be found out.
    """
    closings = newspaper.closings(text, lines, known=layout == "newspaper") if layout != "plain" else {}
    if layout is None and not is_wrapped(text, lines) and len(text) < _LONG * len(closings):
        closings = {}  # a name in brackets is also what stands behind a quotation, or under the title of a poem
    pages = [list(page) for _, page in groupby(lines, key=lambda line: line.page)]
    headers = [newspaper.header(text, page, bool(closings) or layout == "newspaper") for page in pages] if layout != "plain" else []
    if layout != "newspaper" and not closings and not any(headers):
        return [_plain(text, lines, wrapped=False if layout else None)] if lines else []
    wrapped = True if layout else None
    found: list[Article] = []
    for page, header in zip(pages, headers, strict=True):
        found += _of_page(text, page[1:] if header else page, header, closings, wrapped)
    # Bylines with nothing above them close no article.
    return found or [_plain(text, lines, wrapped)]


def _plain(text: str, lines: Sequence[Line], wrapped: bool | None) -> Article:
    """Text without the signs of a newspaper: one article under its first line, where that looks like a title."""
    blocks = reflow(text, [lines], is_wrapped(text, lines) if wrapped is None else wrapped)[0]
    first = blocks[0]
    title = joined(text, first)
    alone = len(first.lines) == 1 and not first.column and is_label(title) and not re.search("[：:；;]|^[-*•·●]|^[0-9]+[.、]", title)
    # The first of several chapters is not the title of them all.
    chapters = CHAPTER.match(title) and any(block.heading and CHAPTER.match(joined(text, block)) for block in blocks[1:])
    if len(blocks) > 1 and (first.heading or alone) and not chapters:
        return Article(title, first.lines, "", (), tuple(blocks[1:]))
    return Article("", (), "", (), tuple(blocks))


def _of_page(text: str, lines: Sequence[Line], header: Header | None, closings: dict[int, Closing], wrapped: bool | None) -> list[Article]:
    body, headlines = _without_trailing(text, lines, closings)
    segments = list(newspaper.segments(text, body, closings))
    blocks_of = reflow(text, [segment.lines for segment in segments], wrapped)
    found = [article for segment, blocks in zip(segments, blocks_of, strict=True) for article in _of_segment(text, segment, blocks)]
    titles = assigned(text, headlines, ["".join(joined(text, block) for block in article.blocks) for article in found])
    for i, article in enumerate(found):
        if title_lines := titles.get(i):
            found[i] = replace(article, title=joined(text, Block(title_lines, True, math.inf)), title_lines=title_lines)
        else:
            found[i] = with_leading_title(text, article)
    if header:
        found = [replace(article, section=header.section, page=header.page, date=header.date) for article in found]
    return found


def _of_segment(text: str, segment: Segment, blocks: Sequence[Block]) -> Iterator[Article]:
    """The articles before a byline: one, unless the text below a heading shares no words with what stands above it."""
    starts = [0, *(i for i, block in enumerate(blocks) if i and block.heading and not blocks[i - 1].heading)]
    sections = ["".join(joined(text, block) for block in blocks[i:j]) for i, j in pairwise([*starts, len(blocks)])]
    begins = [starts[i] for i in beginnings(sections)]
    for begin, end in pairwise([*begins, len(blocks)]):
        last = end == len(blocks)
        yield Article("", (), segment.byline if last else "", tuple(segment.byline_lines) if last else (), tuple(blocks[begin:end]))


def _without_trailing(text: str, lines: Sequence[Line], closings: dict[int, Closing]) -> tuple[list[Line], list[Line]]:
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
    if len(trailing) > MOST_LINES * (len(on_page) + unclosed):
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


def with_leading_title(text: str, article: Article) -> Article:
    """The article under the headline it begins with, if it does; a reporter's line below the headline is its byline."""
    blocks = article.blocks
    if not blocks or not blocks[0].heading or len(blocks) == 1:
        return article
    reporters = tuple(line for line in blocks[0].lines[1:] if signed(text, line))
    headline = replace(blocks[0], lines=tuple(line for line in blocks[0].lines if line not in reporters))
    byline, byline_lines = article.byline, article.byline_lines
    if reporters and not byline:
        byline, byline_lines = " ".join(name for line in reporters for name in signed(text, line)), reporters
    return replace(
        article,
        title=joined(text, headline),
        title_lines=headline.lines,
        byline=byline,
        byline_lines=byline_lines,
        blocks=blocks[1:],
    )


def signed(text: str, line: Line) -> list[str]:
    """The reporters that a line of their own names (本报记者 韩松); none where it is no such line."""
    return names(text[line.start : line.end]) if _SIGNED.match(text, line.start, line.end) else []
