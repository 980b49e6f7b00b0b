"""Finds out which part of a web page is its text: the article, without what is hidden and what is there to find one's way."""

import re
from bisect import bisect_left
from collections.abc import Iterator
from dataclasses import dataclass

from rag.documents.formats.markup import BLOCKS, Node, Tree
from rag.documents.formats.outline import Inline, Raw

_NEVER = frozenset(
    "script style template noscript nav select button input textarea head iframe object svg canvas audio video noembed "
    "noframes xmp dialog datalist rp rt".split()
)
_ROLES = frozenset("navigation search menu menubar dialog alert toolbar".split())
_ASIDE = frozenset("aside footer complementary contentinfo form".split())
"""Elements and roles of what stands beside the text, which may say something all the same."""
_NAMED = frozenset("nav navbar navigation menu breadcrumb breadcrumbs crumbs crumb sidebar footer copyright pagination".split())
_HIDDEN = re.compile(r"display\s*:\s*none|visibility\s*:\s*hidden", re.IGNORECASE)
_CONTAINERS = frozenset("div section article main center td tbody table tr form body html fieldset".split())
_WRAPPER_SHARE = 0.5
_DESCEND_SHARE = 0.85
_ARTICLE_SHARE, _ARTICLE_LENGTH = 0.5, 200
_LINKS_SHARE, _LINKS, _MANY_LINKS = 0.7, 3, 10
_MOSTLY_LINKS = 0.5
_EVERYWHERE_LENGTH = 300
_CELL_LENGTH, _CELL_PARAGRAPHS = 400, 3
_ANCHORS = "#¶§"
"""What stands beside a sub-head to be linked to."""
_STOPS = re.compile("[。！？]")
_EVERYWHERE = re.compile("版权|免责|声明|备案|许可证|ICP|转载|责任编辑|举报|客服|Copyright|浏览器|登录|注册", re.IGNORECASE)
_LINKED = frozenset("ul ol div table section dl p".split())
HEADS = {f"h{level}": level for level in range(1, 7)}
"""The elements of sub-heads and their levels."""


SITE = re.compile(
    r"\s*[_|｜]\s*|\s+[-–—·»]\s+|(?<=[^-\s])-(?=[^-\s]{1,14}(?:网|报|网站|频道|新闻|中心|门户|局|委员会|政府|百科|官网|在线|博客|论坛)$)"
)
"""What stands between a page's title and the name of its site."""


@dataclass(slots=True)
class _Weight:
    """What a node holds, hidden text left out: characters, those of links, links, ends of sentences."""

    text: int = 0
    linked: int = 0
    links: int = 0
    stops: int = 0


class Page:
    """The text of a page; with `whole` nothing is left out as decoration: the file is all text, such as a chapter of a book."""

    def __init__(self, tree: Tree, raw: Raw, *, offset: int = 0, whole: bool = False) -> None:
        self._tree, self._raw, self._offset = tree, raw, offset
        self._whole = whole
        nodes = tree.nodes
        self._gone = [False] * len(nodes)
        self._inside = [False] * len(nodes)
        self._table = [-1] * len(nodes)
        self._layout: set[int] = set()
        self._weights = [_Weight() for _ in nodes]
        self._texts: dict[int, str] = {}
        self._doubtful: list[int] = []
        self._look()
        body = next((i for i, node in enumerate(nodes) if node.tag == "body"), 0)
        self._weigh()
        if self._doubtful:
            self._judge(body)
            self._weigh()
        self.main = body if whole else self._main(body)

    @property
    def whole(self) -> bool:
        """Whether all of the file is text."""
        return self._whole

    def heads(self) -> list[tuple[int, str]]:
        """The sub-heads that show text, in no other one, and what they say; those of gone parts too."""
        found: list[tuple[int, str]] = []
        stop = 0
        for index, node in enumerate(self._tree.nodes):
            if node.tag in HEADS and index >= stop:
                stop = node.stop
                if index not in self._texts:
                    self._texts[index] = self.text(index)
                if self._texts[index]:
                    found.append((index, self._texts[index]))
        return found

    def dominates(self, index: int) -> bool:
        """Whether a list of links is most of the main text."""
        return self._weights[index].links > _MANY_LINKS and 2 * self._weights[index].text > self._weights[self.main].text

    def links(self, index: int) -> int:
        """How many links a node holds."""
        return self._weights[index].links

    def text(self, index: int) -> str:
        """The text of a node on one line."""
        inline = Inline(self._raw)
        self.gather(index, inline)
        return "".join(stretch.text for stretch in inline.take())

    def gather(self, index: int, inline: Inline) -> None:
        """Adds what a node holds, blocks in it separated by a space."""
        nodes = self._tree.nodes
        at, stop = index + (1 if nodes[index].tag else 0), nodes[index].stop
        while at < stop:
            node = nodes[at]
            if self._gone[at] and not self._gone[index]:
                at = max(node.stop, at + 1)
                continue
            if node.tag in BLOCKS or node.tag == "br":
                inline.space(node.start + self._offset, node.start + self._offset, False)
            elif not node.tag:
                self.add(node, inline)
            at += 1

    def add(self, node: Node, inline: Inline) -> None:
        """Adds a stretch of text."""
        start, end = node.start + self._offset, node.end + self._offset
        if node.text is None:
            inline.add(start, end)
        elif node.text.isspace():
            inline.space(start, end, False)
        else:
            inline.put(self._raw.standing_for(" ".join(node.text.split()), start, end))

    def is_gone(self, index: int) -> bool:
        """Whether a node is no text of the page: hidden, a script, or there to find one's way."""
        return self._gone[index]

    def is_links(self, index: int) -> bool:
        """Whether a node is a list of links to other pages."""
        weight, node = self._weights[index], self._tree.nodes[index]
        return node.tag in _LINKED and weight.links >= _LINKS and weight.linked > _LINKS_SHARE * weight.text and not weight.stops

    def is_data(self, index: int) -> bool:
        """Whether a table holds data, and is no frame for the layout of the page."""
        return index not in self._layout

    def _look(self) -> None:
        """What is hidden, what is inside an article, and which tables hold tables or whole texts."""
        nodes = self._tree.nodes
        for index, node in enumerate(nodes[1:], 1):
            above = node.parent
            self._inside[index] = (
                self._inside[above] or node.tag in ("article", "main", "section", "div") or node.attributes.get("role") == "main"
            )
            self._gone[index] = self._gone[above] or (node.tag != "" and self._is_gone(node))
            if node.tag and not self._gone[index] and not self._whole and self._is_doubtful(node, self._inside[above]):
                self._doubtful.append(index)
            self._table[index] = index if node.tag == "table" else self._table[above]
            if not node.tag and nodes[above].tag == "a" and node.end - node.start == 1 and self._tree.source[node.start] in _ANCHORS:
                self._gone[index] = True
            if self._table[above] >= 0 and (node.tag == "table" or node.tag in HEADS):
                self._layout.add(self._table[above])

    def _is_gone(self, node: Node) -> bool:
        attributes = node.attributes
        if "hidden" in attributes or attributes.get("aria-hidden", "").lower() == "true" or _HIDDEN.search(attributes.get("style", "")):
            return node.tag not in ("body", "html", "main", "article")
        return node.tag in _NEVER or (not self._whole and attributes.get("role", "").lower() in _ROLES)

    def _is_doubtful(self, node: Node, inside: bool) -> bool:
        """Whether a node may be there only to find one's way: it is called so."""
        if node.tag in ("body", "html", "main", "article"):
            return False
        role = node.attributes.get("role", "").lower()
        if node.tag in _ASIDE or role in _ASIDE or (not inside and _is_header(node)):
            return True
        return not _NAMED.isdisjoint(f"{node.attributes.get('class', '')} {node.attributes.get('id', '')}".lower().split())

    def _judge(self, body: int) -> None:
        """Leaves out the doubtful parts that say nothing: lists of links, words without a sentence, what stands on every page."""
        nodes = self._tree.nodes
        site = {"".join(name.split()) for name in self._site_names()}
        own = [index for index, text in self.heads() if not self._gone[index] and "".join(text.split()) not in site]
        ways = [index for index, node in enumerate(nodes) if node.tag == "nav" or node.attributes.get("role") == "navigation"]
        half = _WRAPPER_SHARE * self._prose(body)
        judged = 0
        for index in self._doubtful:
            stop, weight = nodes[index].stop, self._weights[index]
            if index < judged:
                continue
            linked = weight.linked > _MOSTLY_LINKS * weight.text
            if _is_header(nodes[index]):
                gone = (linked or _any_in(ways, index, stop)) and not _any_in(own, index, stop)
            else:
                everywhere = (
                    weight.text <= _EVERYWHERE_LENGTH and stop - index < _EVERYWHERE_LENGTH and _EVERYWHERE.search(self.text(index))
                )
                # Old sites wrap the whole page in a form, others in something called by such a name.
                gone = bool(everywhere) or linked or (not weight.stops and self._prose(index) < half)
            if gone:
                judged = stop
                self._gone[index:stop] = [True] * (stop - index)

    def _site_names(self) -> Iterator[str]:
        """What the page calls its site: behind its own title, or in so many words."""
        for index, node in enumerate(self._tree.nodes):
            if node.tag == "title":
                yield from SITE.split(self._tree.text(index))[1:]
            elif node.tag == "meta" and node.attributes.get("property", "").lower() == "og:site_name":
                yield node.attributes.get("content", "")

    def _weigh(self) -> None:
        nodes, source = self._tree.nodes, self._tree.source
        linked = [False] * len(nodes)
        self._weights = [_Weight() for _ in nodes]
        cells: dict[int, int] = {}
        for index, node in enumerate(nodes[1:], 1):
            linked[index] = linked[node.parent] or node.tag == "a"
            weight = self._weights[index]
            if self._gone[index]:
                continue
            if not node.tag:
                text = node.text if node.text is not None else source[node.start : node.end]
                weight.text = len("".join(text.split()))
                weight.linked = weight.text if linked[index] else 0
                weight.stops = len(_STOPS.findall(text))
            elif node.tag == "a" and "href" in node.attributes:
                weight.links = 1
            elif node.tag == "p" and self._table[index] >= 0:
                cells[node.parent] = cells.get(node.parent, 0) + 1
        for index in range(len(nodes) - 1, 0, -1):
            weight, above = self._weights[index], self._weights[nodes[index].parent]
            above.text += weight.text
            above.linked += weight.linked
            above.links += weight.links
            above.stops += weight.stops
            if nodes[index].tag in ("td", "th") and (weight.text > _CELL_LENGTH or cells.get(index, 0) >= _CELL_PARAGRAPHS):
                self._layout.add(self._table[index])

    def _prose(self, index: int) -> int:
        return self._weights[index].text - self._weights[index].linked

    def _main(self, body: int) -> int:
        nodes = self._tree.nodes
        named = [
            index
            for index, node in enumerate(nodes)
            if not self._gone[index] and (node.tag in ("article", "main") or node.attributes.get("role", "").lower() in ("main", "article"))
        ]
        if named:
            best = max(named, key=self._prose)
            # Of those one in the other, the innermost that holds nearly all.
            inner = [i for i in named if best <= i < nodes[best].stop and self._prose(i) >= _DESCEND_SHARE * self._prose(best)]
            best = inner[-1] if inner else best
            if self._prose(best) >= _ARTICLE_SHARE * self._prose(body) or self._prose(best) >= _ARTICLE_LENGTH:
                return best
        return self._densest(body)

    def _densest(self, body: int) -> int:
        """The smallest container that holds nearly all the text that is no link, and leaves no sentence beside it."""
        nodes, whole = self._tree.nodes, self._prose(body)
        at = body
        while True:
            # Its heaviest container below, reached through any wrapping that has no text of its own.
            below = max((i for i in self._children(at) if nodes[i].tag in _CONTAINERS and not self._gone[i]), key=self._prose, default=-1)
            if below < 0 or self._prose(below) < _DESCEND_SHARE * whole or any(map(self._is_said, self._beside(at, below))):
                return at
            at = below

    def _beside(self, index: int, chosen: int) -> Iterator[int]:
        return (i for i in self._children(index) if i != chosen and not self._gone[i] and self._weights[i].stops)

    def _is_said(self, index: int) -> bool:
        """Whether sentences stand here that are not what every page of a site says."""
        return not self.is_links(index) and not _EVERYWHERE.search(self.text(index))

    def _children(self, index: int) -> Iterator[int]:
        at = index + 1
        while at < self._tree.nodes[index].stop:
            yield at
            at = max(self._tree.nodes[at].stop, at + 1)

    @property
    def tree(self) -> Tree:
        """The page's nodes."""
        return self._tree

    @property
    def raw(self) -> Raw:
        """The page's source."""
        return self._raw

    @property
    def offset(self) -> int:
        """Where the page begins in the source."""
        return self._offset


def _is_header(node: Node) -> bool:
    return node.tag == "header" or node.attributes.get("role", "").lower() == "banner"


def _any_in(places: list[int], start: int, stop: int) -> bool:
    """Whether one of these, in order, is in the range."""
    at = bisect_left(places, start)
    return at < len(places) and places[at] < stop
