"""Finds the articles of printed pages, whose headlines are known by their type; without the signs of a newspaper, a file is one report."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from itertools import groupby

from rag.documents.layout import newspaper, typeset
from rag.documents.layout.articles import Article, signed, with_leading_title
from rag.documents.layout.lines import Block, Line, is_sentence_end, joined, width
from rag.documents.layout.newspaper import Segment
from rag.documents.layout.typeset import Headline

_LESSER = 0.6
"""The part of the largest headline's size below which large type within an article is a sub-head."""
_RUNNING_LINES = 3
"""Lines of running text below a headline, at least, that make it one of an article."""
_FIRST_BLOCKS = 6
"""Blocks of a report among which its title stands."""


def printed_articles(text: str, lines: Sequence[Line], layout: str | None = None) -> list[Article]:
    """The articles that printed `lines` hold, in order; all have a `setting`. `layout` as in `Options`."""
    closings = newspaper.closings(text, lines) if layout != "plain" else {}
    pages = [list(page) for _, page in groupby(lines, key=lambda line: line.page)]
    headers = [newspaper.header(text, page, bool(closings) or layout == "newspaper") for page in pages] if layout != "plain" else []
    heads = {page[0].number for page, header in zip(pages, headers, strict=False) if header}
    segments = list(newspaper.segments(text, [line for line in lines if line.number not in heads], closings))
    if not segments:
        return []
    blocks = typeset.blocks(text, [line for segment in segments for line in segment.lines])
    if layout == "plain" or not (layout or closings or heads or _has_articles_side_by_side(text, blocks)):
        return [_report(text, blocks)]
    found = _with_text(article for segment, own in _by_segment(segments, blocks) for article in _articles(text, segment, own))
    of_page = {page[0].page: header for page, header in zip(pages, headers, strict=True) if header}
    return [_under(of_page.get(_first_page(article)), article) for article in found]


def _by_segment(segments: Sequence[Segment], blocks: Sequence[Block]) -> Iterator[tuple[Segment, list[Block]]]:
    """The blocks of each segment; one that runs from one into the next is parted."""
    owners = {line.number: i for i, segment in enumerate(segments) for line in segment.lines}
    own: defaultdict[int, list[Block]] = defaultdict(list)
    for block in blocks:
        for i, lines in groupby(block.lines, key=lambda line: owners[line.number]):
            own[i].append(replace(block, lines=tuple(lines)))
    for i, segment in enumerate(segments):
        yield segment, own[i]


def _articles(text: str, segment: Segment, blocks: Sequence[Block]) -> Iterator[Article]:
    """The articles between two bylines: one, or as many as there are headlines; the byline is that of the last."""
    heads = _main(blocks, typeset.headlines(blocks))
    if heads and all(block.heading for block in blocks[: heads[0][0].first]):
        heads[0][0] = replace(heads[0][0], first=0)
    ends = [*(parts[0].first for parts in heads), len(blocks)]
    if ends[0] and not (heads and _is_page_head(text, blocks[: ends[0]])):
        before = Article("", (), "", (), tuple(blocks[: ends[0]]))
        yield _finished(text, with_leading_title(text, before), segment if not heads else None)
    for parts, end in zip(heads, ends[1:], strict=True):
        main = [part.main for part in parts]
        first, last = parts[0].first, parts[-1].last
        # What stands around the headline in larger type, its kicker and deck, says something too: it is kept as text.
        around = [replace(block, heading=False) for n, block in enumerate(blocks[first:last], first) if n not in main]
        title = "".join(joined(text, blocks[n]) for n in main)
        title_lines = tuple(line for n in main for line in blocks[n].lines)
        article = Article(title, title_lines, "", (), (*around, *blocks[last:end]))
        yield _finished(text, article, segment if end == len(blocks) else None)


def _is_page_head(text: str, blocks: Sequence[Block]) -> bool:
    """Whether blocks above the first headline are what a newspaper prints over its pages: its name, the day, the page."""
    contents = [joined(text, block) for block in blocks]
    return len(blocks) <= _FIRST_BLOCKS and all(width(c) <= newspaper.WIDEST_HEADER and not is_sentence_end(c) for c in contents)


def _main(blocks: Sequence[Block], heads: Sequence[Headline]) -> list[list[Headline]]:
    """The headlines that begin articles, each with its further parts where a column broke it."""
    sizes = {head: setting.size for head in heads if (setting := blocks[head.main].lines[0].setting)}
    kept: list[list[Headline]] = []
    for head in heads:
        if sizes[head] < _LESSER * max(sizes.values()):
            continue
        if kept and kept[-1][-1].last == head.first and sizes[kept[-1][-1]] == sizes[head]:
            kept[-1].append(head)
        else:
            kept.append([head])
    return kept


def _finished(text: str, article: Article, segment: Segment | None) -> Article:
    """The article with its byline, in brackets behind it or as a line of its own below the headline, and its sub-heads from level 1 on."""
    if segment and segment.byline:
        article = replace(article, byline=segment.byline, byline_lines=tuple(segment.byline_lines))
    elif article.blocks and len(article.blocks) > 1 and not article.byline:
        first = article.blocks[0]
        if len(first.lines) == 1 and (names := signed(text, first.lines[0])):
            article = replace(article, byline=" ".join(names), byline_lines=first.lines, blocks=article.blocks[1:])
    return replace(article, blocks=_levelled(article.blocks))


def _levelled(blocks: Sequence[Block]) -> tuple[Block, ...]:
    levels = sorted({block.level for block in blocks if block.heading})
    return tuple(replace(block, level=levels.index(block.level) + 1) if block.heading else block for block in blocks)


def _under(header: newspaper.Header | None, article: Article) -> Article:
    return replace(article, section=header.section, page=header.page, date=header.date) if header else article


def _first_page(article: Article) -> int | None:
    first = next((line for block in article.blocks for line in block.lines), None)
    return min((line.page for line in (first, *article.title_lines) if line and line.page), default=None)


def _report(text: str, blocks: Sequence[Block]) -> Article:
    """The whole file as one document, under the heading at its beginning that is like no other."""
    first = next((i for i, block in enumerate(blocks[:_FIRST_BLOCKS]) if block.heading), None)
    if first is None or len(blocks) == 1:
        return Article("", (), "", (), tuple(blocks))
    last = first
    while last < len(blocks) and blocks[last].heading and blocks[last].level == blocks[first].level:
        last += 1
    if last == len(blocks) or any(block.heading and block.level <= blocks[first].level for block in blocks[last:]):
        return Article("", (), "", (), tuple(blocks))
    title_lines = tuple(line for block in blocks[first:last] for line in block.lines)
    title = " ".join(joined(text, block) for block in blocks[first:last])
    return _finished(text, Article(title, title_lines, "", (), (*blocks[:first], *blocks[last:])), None)


def _with_text(found: Iterable[Article]) -> list[Article]:
    """The articles; the headline of one without text is put before the text of the next, or else behind that of the last."""
    kept: list[Article] = []
    waiting: tuple[Block, ...] = ()
    for article in found:
        if article.blocks:
            kept.append(replace(article, blocks=(*waiting, *article.blocks)))
            waiting = ()
        else:
            waiting += tuple(Block(lines, heading=False, column=1.0) for lines in (article.title_lines, article.byline_lines) if lines)
    if waiting and kept:
        kept[-1] = replace(kept[-1], blocks=(*kept[-1].blocks, *waiting))
    elif waiting:
        kept.append(Article("", (), "", (), waiting))
    return kept


def _has_articles_side_by_side(text: str, blocks: Sequence[Block]) -> bool:
    """Whether a page of several columns has several headlines over running text, as only newspapers do."""
    columns: defaultdict[int | None, set[tuple[float, float]]] = defaultdict(set)
    for block in blocks:
        for line in block.lines:
            assert line.setting is not None
            columns[line.page].add(line.setting.column)
    heads = typeset.headlines(blocks)
    ends = [*(head.first for head in heads[1:]), len(blocks)]
    over_text = [
        blocks[head.main].lines[0].page
        for head, end in zip(heads, ends, strict=False)
        if sum(typeset.is_running(text, line) for block in blocks[head.last : end] for line in block.lines) >= _RUNNING_LINES
    ]
    return any(over_text.count(page) >= 2 and _apart(found) for page, found in columns.items())


def _apart(columns: set[tuple[float, float]]) -> bool:
    return any(one[1] <= other[0] for one in columns for other in columns)
