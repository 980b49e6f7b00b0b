"""Reads HTML as browsers do, tags in any disorder included, and knows where each character stood; what it means is not known here.

Every step goes forward: time and memory grow with the length of the page, however it is nested, and nothing recurses.
"""

import html
import re
from collections import Counter
from dataclasses import dataclass, field

_VOID = frozenset("area base br col embed hr img input link meta param source track wbr".split())
_RAW = frozenset("script style xmp iframe noembed noframes".split())
_ESCAPABLE = frozenset("title textarea".split())
_BLOCKS = frozenset(
    "address article aside blockquote center details dialog dir div dl fieldset figcaption figure footer form h1 h2 h3 h4 h5 h6 header "
    "hgroup hr main menu nav ol p pre section summary table ul".split()
)
BLOCKS = _BLOCKS | frozenset("body html head li dt dd tr td th thead tbody tfoot caption option legend".split())
"""The elements that begin and end a line."""
_HEADS = frozenset({"h1", "h2", "h3", "h4", "h5", "h6"})
_CLOSED_BY = {
    **dict.fromkeys(_BLOCKS, frozenset({"p"})),
    **dict.fromkeys(_HEADS, _HEADS | {"p"}),
    "li": frozenset({"li", "p"}),
    "dt": frozenset({"dt", "dd", "p"}),
    "dd": frozenset({"dt", "dd", "p"}),
    "td": frozenset({"td", "th", "p"}),
    "th": frozenset({"td", "th", "p"}),
    "tr": frozenset({"tr", "td", "th", "p"}),
    "thead": frozenset({"tr", "td", "th", "p", "thead", "tbody", "caption"}),
    "tbody": frozenset({"tr", "td", "th", "p", "thead", "tbody", "caption"}),
    "tfoot": frozenset({"tr", "td", "th", "p", "thead", "tbody", "caption"}),
    "option": frozenset({"option"}),
    "body": frozenset({"head", "title"}),
}
_INLINE = frozenset("a b i u s em strong font span small big sub sup code tt strike label mark".split())
_TABLE = frozenset("table caption thead tbody tfoot tr td th".split())
_ENDS = frozenset("table ul ol menu dl select body html".split())
"""What items and cells are never closed beyond."""
_LOOK_UP = 64
"""How many open elements are looked through for one that a new element closes."""

_NEXT = re.compile("[<&]")
_TAG_NAME = re.compile("[a-zA-Z][^\\s/>]*")
_ATTRIBUTE = re.compile("[\\s/]*([^\\s/>][^\\s/>=]*)(?:\\s*=\\s*(\"[^\"]*\"|'[^']*'|[^\\s>\"'][^\\s>]*)?)?")
_TAG_END = re.compile("[\\s/]*>")
_REFERENCE = re.compile("&(?:#[0-9]{1,8};?|#[xX][0-9a-fA-F]{1,8};?|[A-Za-z][A-Za-z0-9]{1,31};?)")
_MOST_ATTRIBUTES = 200


@dataclass(slots=True)
class Node:
    """An element, or with `tag` "" a stretch of text. Nodes are listed in the order of the page.

    `source[start:end]` is its opening tag, or the text; its descendants are the nodes before `stop`. `text` is given where it is not
    the source's characters: a character reference.
    """

    tag: str
    start: int
    end: int
    parent: int
    stop: int = 0
    attributes: dict[str, str] = field(default_factory=dict)
    text: str | None = None


class Tree:
    """The nodes of a page; the first is the page itself."""

    def __init__(self, source: str, *, xml: bool = False) -> None:
        self.source = source
        self._xml = xml
        self.nodes = [Node("#page", 0, 0, -1)]
        self._open = [0]
        self._open_tags: Counter[str] = Counter()
        # Where a ">" or "-->" stands for the last time: none is looked for behind it, over and over.
        self._last = {mark: source.rfind(mark) for mark in (">", "-->", "]]>")}
        self._read()
        while self._open:
            self._close()

    def text(self, index: int) -> str:
        """The text within a node, as it stands."""
        node = self.nodes[index]
        inner = self.nodes[index : node.stop] if node.tag else [node]
        return "".join(n.text if n.text is not None else self.source[n.start : n.end] for n in inner if not n.tag)

    def _read(self) -> None:
        source, at = self.source, 0
        while match := _NEXT.search(source, at):
            start = match.start()
            if start > at:
                self._text(at, start)
            if source[start] == "&":
                at = self._reference(start)
            elif source.startswith("!--", start + 1):
                # Browsers end a comment at its mark, or with the page; text lost to an unclosed one would be lost here too.
                at = self._past("-->", start + 4, len(source)) if source[start + 4 : start + 5] != ">" else start + 5
            elif source.startswith("![CDATA[", start + 1):
                end = source.find("]]>", start) if self._last["]]>"] > start else len(source)
                end = len(source) if end < 0 else end
                if self._xml:
                    self._text(start + 9, end)
                at = min(end + 3, len(source))
            elif source.startswith(("!", "?"), start + 1):
                at = self._past(">", start, start + 1)
            else:
                at = self._tag(start)
            if at == start + 1 and source[start] == "<":
                self._text(start, at)
        if at < len(source):
            self._text(at, len(source))

    def _past(self, mark: str, start: int, otherwise: int) -> int:
        if self._last[mark] < start:
            return otherwise
        return self.source.index(mark, start) + len(mark)

    def _text(self, start: int, end: int) -> None:
        last = self.nodes[-1]
        if not last.tag and last.end == start and last.text is None:
            # Of a page full of stray marks each would be a node.
            last.end = end
        elif end > start:
            self.nodes.append(Node("", start, end, self._open[-1], len(self.nodes) + 1))

    def _reference(self, start: int) -> int:
        match = _REFERENCE.match(self.source, start)
        end = match.end() if match else start + 1
        read = html.unescape(self.source[start:end])
        if read == self.source[start:end]:
            self._text(start, end)
        else:
            self.nodes.append(Node("", start, end, self._open[-1], len(self.nodes) + 1, text=read))
        return end

    def _tag(self, start: int) -> int:
        """Reads the tag that begins here; returns where it ends, or `start` + 1 where there is none."""
        closing = self.source.startswith("/", start + 1)
        match = _TAG_NAME.match(self.source, start + 1 + closing)
        if not match or self._last[">"] < start:
            return start + 1
        tag = match[0].lower().rpartition(":")[2] if self._xml else match[0].lower()
        end, attributes = self._attributes(match.end())
        if closing:
            self._end_tag(tag)
            return end
        itself = self.source.endswith("/>", start, end)
        self._close_before(tag)
        self.nodes.append(Node(tag, start, end, self._open[-1], 0, attributes))
        self._open.append(len(self.nodes) - 1)
        self._open_tags[tag] += 1
        if tag in _VOID or (self._xml and itself):
            self._close()
        elif tag in _RAW or tag in _ESCAPABLE:
            return self._raw_text(tag, end)
        return end

    def _attributes(self, at: int) -> tuple[int, dict[str, str]]:
        """The attributes from `at`, and where the tag ends."""
        found: dict[str, str] = {}
        while not (end := _TAG_END.match(self.source, at)):
            match = _ATTRIBUTE.match(self.source, at) if len(found) < _MOST_ATTRIBUTES else None
            if match is None or (match[2] is None and self.source.startswith(('"', "'"), match.end())):
                # A stray quote or one never closed, or more attributes than anybody writes: the tag ends at its bracket.
                return self._past(">", at, len(self.source)), found
            value = match[2] or ""
            found.setdefault(match[1].lower(), html.unescape(value[1:-1] if value[:1] in ('"', "'") else value))
            at = match.end()
        return end.end(), found

    def _raw_text(self, tag: str, start: int) -> int:
        """The text up to the end tag of an element that holds nothing else."""
        match = re.compile(f"</{tag}(?=[\\s/>])", re.IGNORECASE).search(self.source, start)
        end = match.start() if match else len(self.source)
        at = start
        while tag in _ESCAPABLE and (mark := self.source.find("&", at, end)) >= 0:
            self._text(at, mark)
            at = self._reference(mark)
        self._text(at, end)
        self._close()
        return self._past(">", end, len(self.source))

    def _end_tag(self, tag: str) -> None:
        if tag == "br":
            # Browsers read </br> as <br>.
            self.nodes.append(Node(tag, self.nodes[-1].end, self.nodes[-1].end, self._open[-1], len(self.nodes) + 1))
        if not self._open_tags[tag] or tag in ("body", "html"):
            return
        near = [self.nodes[index].tag for index in self._open[: -_LOOK_UP - 1 : -1]]
        if tag not in near:
            # A stray </b> ends no block far around it; a block's end is believed.
            if tag in _INLINE:
                return
        elif tag not in _TABLE and not _TABLE.isdisjoint(near[: near.index(tag)]):
            # Nor does anything end the cell it stands in.
            return
        while self.nodes[self._open[-1]].tag != tag:
            self._close()
        self._close()

    def _close_before(self, tag: str) -> None:
        """Closes what cannot hold an element of this tag: a paragraph before a block, an item before the next one."""
        closes = _CLOSED_BY.get(tag)
        if closes is None or not any(self._open_tags[name] for name in closes):
            return
        keep = len(self._open)
        for depth in range(len(self._open) - 1, max(len(self._open) - _LOOK_UP, 0), -1):
            name = self.nodes[self._open[depth]].tag
            if name in closes:
                keep = depth
            elif name not in _INLINE and (tag in _BLOCKS or name in _ENDS):
                break
        while len(self._open) > keep:
            self._close()

    def _close(self) -> None:
        node = self.nodes[self._open.pop()]
        node.stop = len(self.nodes)
        self._open_tags[node.tag] -= 1
