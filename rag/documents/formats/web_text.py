"""Takes the text out of a web page: its sub-heads, paragraphs, list items, table rows and lines of code."""

import re
from collections.abc import Iterator

from rag.documents.formats import tables
from rag.documents.formats.markup import BLOCKS, Node
from rag.documents.formats.outline import Inline, Piece, Stretch, inserted, table_rows
from rag.documents.formats.web_page import HEADS, Page

_OTHERS = re.compile("相关|推荐|热门|热点|更多|上一[篇页]|下一[篇页]|猜你|延伸阅读|排行")
"""What heads links to the other pages of a site."""
_LEADS = re.compile("下列|以下|如下|下面|附件|下载|链接|参见|参考|资料|目录")
_HEAD, _LEAD, _FEW = 20, 40, 5


def page_pieces(page: Page) -> list[Piece]:
    """The pieces of a page's main text in order; lists of links only where there is nothing else."""
    return list(_Walk(page, decorated=not page.whole)) or list(_Walk(page, decorated=False))


class _Walk:
    """Goes once through the main text of a page; `decorated` leaves lists of links out."""

    def __init__(self, page: Page, *, decorated: bool) -> None:
        self._page, self._decorated = page, decorated
        self._inline = Inline(page.raw)
        self._open: list[int] = []
        self._lists: list[int] = []
        self._counts: list[int | None] = []
        self._label = ""
        self._levels: list[int] = []
        self._runs = 0
        self._said: Piece | None = None
        self._kept = 0

    def __iter__(self) -> Iterator[Piece]:
        page, nodes = self._page, self._page.tree.nodes
        at, stop = page.main, nodes[page.main].stop
        while at < stop:
            node = nodes[at]
            while self._open and nodes[self._open[-1]].stop <= at:
                yield from self._close(nodes[self._open.pop()])
            if at > page.main and (page.is_gone(at) or (self._decorated and at >= self._kept and self._is_decoration(at))):
                yield from self._flush() if node.tag in BLOCKS else ()
                at = max(node.stop, at + 1)
            elif node.tag == "pre":
                yield from self._flush()
                yield from self._code(at)
                at = node.stop
            elif node.tag == "table" and page.is_data(at):
                yield from self._flush()
                yield from self._table(at)
                at = node.stop
            else:
                yield from self._enter(at, node)
                at += 1
        while self._open:
            yield from self._close(nodes[self._open.pop()])
        yield from self._flush()

    def _is_decoration(self, index: int) -> bool:
        """Whether a node is a list of links that belongs to the site and not to the text.

        It belongs to the text below a sub-head of its own, after words that lead to it, and where it is short after any paragraph.
        """
        page, nodes = self._page, self._page.tree.nodes
        if not page.is_links(index):
            return False
        if page.dominates(index):
            return True
        stop = nodes[index].stop
        words = page.text(index)[:_HEAD]
        if _OTHERS.search(words):
            return True
        if not self._inline and any(nodes[at].tag in HEADS for at in range(index + 1, stop)):
            # Its parts are looked at one by one, each below its sub-head.
            return False
        before = "".join(s.text for s in self._inline.stretches) or (self._said.text if self._said else "")
        head = bool(self._said and self._said.level and not self._inline)
        if not before or _OTHERS.search(before if head or len(before) <= _HEAD else ""):
            return True
        if not (head or before[-1] in "：:" or _LEADS.search(before[-_LEAD:]) or page.links(index) <= _FEW):
            return True
        self._kept = stop
        return False

    def _enter(self, at: int, node: Node) -> Iterator[Piece]:
        if not node.tag:
            self._page.add(node, self._inline)
        elif node.tag == "br":
            if self._levels:
                self._inline.space(node.start + self._page.offset, node.end + self._page.offset, False)
            else:
                yield from self._flush()
        elif node.tag in BLOCKS:
            yield from self._flush()
            self._open.append(at)
            if node.tag in ("ul", "ol", "dl", "menu"):
                if not self._lists:
                    self._runs += 1
                self._lists.append(self._runs)
                start = node.attributes.get("start", "1")
                plain = node.tag != "ol" or "none" in node.attributes.get("style", "")
                self._counts.append(None if plain else int(start) if start.isascii() and start.isdecimal() and len(start) < 7 else 1)
            elif node.tag == "li":
                self._label = ""
                if self._counts and self._counts[-1] is not None:
                    self._label = f"{self._counts[-1]}. "
                    self._counts[-1] += 1
            elif node.tag in HEADS:
                self._levels.append(HEADS[node.tag])

    def _close(self, node: Node) -> Iterator[Piece]:
        yield from self._flush()
        if node.tag in ("ul", "ol", "dl", "menu"):
            self._lists.pop()
            self._counts.pop()
        elif node.tag in HEADS:
            self._levels.pop()
        elif node.tag == "li":
            self._label = ""

    def _flush(self) -> Iterator[Piece]:
        if self._inline:
            stretches = self._inline.take()
            if self._label:
                stretches = (inserted(self._label, stretches[0]), *stretches)
                self._label = ""
            level = self._levels[-1] if self._levels else 0
            self._said = Piece(stretches, level, self._lists[-1] if self._lists and not level else 0)
            yield self._said
        else:
            self._inline.take()

    def _code(self, index: int) -> Iterator[Piece]:
        """The lines of a block of code as they stand."""
        nodes, raw = self._page.tree.nodes, self._page.raw
        self._runs += 1
        run = self._lists[-1] if self._lists else self._runs
        line: list[Stretch] = []
        for at in range(index + 1, nodes[index].stop):
            node = nodes[at]
            if self._page.is_gone(at) or (node.tag and node.tag != "br"):
                continue
            start, end = node.start + self._page.offset, node.end + self._page.offset
            if node.tag == "br":
                yield Piece(tuple(line), run=run)
                line = []
            elif node.text is not None:
                line.append(raw.standing_for(node.text.replace("\n", " "), start, end))
            else:
                while (broken := raw.text.find("\n", start, end)) >= 0:
                    line.append(raw.exactly(start, broken))
                    yield Piece(tuple(line), run=run)
                    line, start = [], broken + 1
                line.append(raw.exactly(start, end))
        yield Piece(tuple(line), run=run)

    def _table(self, index: int) -> Iterator[Piece]:
        page, nodes = self._page, self._page.tree.nodes
        rows: list[list[tables.Cell]] = []
        drawn: list[list[tuple[Stretch, ...]]] = []
        at = index + 1
        while at < nodes[index].stop:
            node = nodes[at]
            if page.is_gone(at):
                at = max(node.stop, at + 1)
            elif node.tag == "tr" or (node.tag in ("td", "th") and not rows):
                rows.append([])
                drawn.append([])
                at += node.tag == "tr"
            elif node.tag in ("td", "th", "caption"):
                inline = Inline(page.raw)
                page.gather(at, inline)
                stretches = inline.take()
                if node.tag == "caption":
                    yield Piece(stretches)
                else:
                    text = "".join(stretch.text for stretch in stretches)
                    columns, down = (_span(node.attributes.get(name, "1")) for name in ("colspan", "rowspan"))
                    rows[-1].append(tables.Cell(text, columns, down, node.tag == "th"))
                    drawn[-1].append(stretches)
                at = node.stop
            else:
                at += 1
        self._runs += 1
        run = self._runs
        for row in table_rows(rows, drawn):
            yield Piece(row, run=0 if self._lists else run)


def _span(text: str) -> int:
    return min(max(int(text), 1), 100) if text.isascii() and text.isdecimal() and len(text) < 6 else 1
