"""Reads web pages (.html .htm .xhtml): the article of the page, its title, author and date, without what surrounds it.

Raw offsets count the characters of the decoded page, its line ends "\\n".
"""

import re
import shlex
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from rag.chinese.dates import compact_date, dateline, iso_date
from rag.chinese.width import is_han
from rag.documents.encoding import decode
from rag.documents.formats.markup import Tree
from rag.documents.formats.outline import Facts, Piece, Raw, document, levelled
from rag.documents.formats.web_page import SITE, Page
from rag.documents.formats.web_text import page_pieces
from rag.errors import DocumentError
from rag.records import Document
from rag.settings import Options

_LABEL = re.compile(rb"<(?:meta\s[^>]{0,300}?charset|\?xml\s[^>]{0,100}?encoding)\s*=\s*[\"']?\s*([A-Za-z0-9_:.-]{2,40})", re.IGNORECASE)
_LABELLED_WITHIN = 4096
_CODECS = {
    **dict.fromkeys(
        ("gb2312", "gbk", "gb18030", "gb_2312-80", "x-gbk", "cp936", "windows-936", "hz-gb-2312", "gb_2312", "chinese"), "gb18030"
    ),
    **dict.fromkeys(("big5", "big5-hkscs", "cn-big5", "x-x-big5", "cp950"), "big5hkscs"),
    **dict.fromkeys(("utf-8", "utf8", "unicode-1-1-utf-8"), "utf-8"),
    **dict.fromkeys(("iso-8859-1", "latin1", "ascii", "us-ascii", "windows-1252"), "cp1252"),
}
_DATES = (
    *("article:published_time", "og:article:published_time", "og:published_time", "datepublished", "pubdate", "publishdate"),
    *("publish_date", "publishtime", "weibo:article:create_at", "bytedance:published_time", "dc.date.issued", "dc.date"),
    *("dcterms.created", "firstpublishedtime", "date"),
)
_AUTHORS = ("author", "article:author", "og:article:author", "weibo:article:author", "dc.creator", "byl")
_PUBLISHED = re.compile(r'"datePublished"\s*:\s*"([^"]{4,40})"')
_NEAR = 8
_LONGEST_DATELINE = 60
_DATE_WITHIN = 60


@dataclass(frozen=True, slots=True)
class Reading:
    """A page as read: what it says of itself ("" where nothing), and the pieces of its main text, without the title."""

    title: str
    byline: str
    date: str
    pieces: list[Piece]
    title_lines: tuple[int, int] | None = None


def parse(path: Path, options: Options) -> Iterator[Document]:
    """The one document of a web page; DocumentError where it cannot be decoded or shows no text."""
    text, codec = _decoded(path, options)
    xml = path.suffix.lower() == ".xhtml"
    reading = read_page(Raw(text), xml=xml)
    facts = Facts(
        title=reading.title or path.stem,
        byline=reading.byline,
        date=reading.date,
        title_lines=reading.title_lines,
        metadata={"encoding": codec},
    )
    made = document(path, reading.pieces, facts)
    if not made.text and reading.title:
        made = document(path, read_page(Raw(text), xml=xml, keep_title=True).pieces, replace(facts, title_lines=None))
    if not made.text:
        raise DocumentError(
            f"{path.name} shows no text (pages that scripts fill have to be saved from a browser); look at what it holds: "
            f"head -c 300 {shlex.quote(str(path))}",
            reason="网页里没有文字，请在浏览器里打开后再另存",
        )
    yield made


def raw_text(path: Path, options: Options) -> str:
    """The decoded page that raw offsets count in."""
    return _decoded(path, options)[0]


def read_page(raw: Raw, *, xml: bool = False, whole: bool = False, keep_title: bool = False) -> Reading:
    """What a page says. `xml` reads it as XHTML; `whole` leaves nothing out as decoration, for the chapters of books."""
    tree = Tree(raw.text, xml=xml)
    page = Page(tree, raw, whole=whole)
    pieces = page_pieces(page)
    metas, published = _metas(tree)
    head = _head(page, _said(metas))
    title = _title(page, metas, head)
    kept = [p for i, p in enumerate(pieces) if i >= _NEAR or _bare(p.text) != _bare(title)] if title and not keep_title else pieces
    cut = next((piece for piece in pieces[:_NEAR] if _bare(piece.text) == _bare(title)), None) if len(kept) < len(pieces) else None
    lines = cut.lines if cut else _title_lines(page, title)
    byline = next((metas[name] for name in _AUTHORS if metas.get(name) and "://" not in metas[name]), "")
    date = next((found for text in [*(metas.get(name, "") for name in _DATES), published] if (found := _date(text))), "")
    return Reading(title, byline, date or _shown_date(page, pieces, head), levelled(kept), None if keep_title else lines)


def _decoded(path: Path, options: Options) -> tuple[str, str]:
    """The text of the page and its codec: what it is told to be, unless its bytes plainly are something else."""
    data = path.read_bytes()
    try:
        if options.encoding:
            return decode(data, options.encoding)
        match = _LABEL.search(data[:_LABELLED_WITHIN])
        label = match[1].decode("ascii").lower() if match else ""
        told = found = None
        problem: DocumentError | None = None
        try:
            found = decode(data)
        except DocumentError as error:
            problem = error
        codec = _CODECS.get(label, label)
        if codec and not codec.startswith("utf-16") and not data.startswith((b"\xef\xbb\xbf", b"\xff\xfe", b"\xfe\xff")):
            try:
                told = decode(data, codec)
            except DocumentError:
                told = None
        if told and found and found[1] != told[1] and not found[0].isascii():
            # UTF-8 hardly ever fits by chance; between the Chinese codecs the evidence is of characters nobody writes.
            return found if any(map(is_han, found[0])) else told
        if told or found:
            return told or found or ("", "")
        raise problem or DocumentError(
            "it cannot be read; look at it: head -c 300 FILE", reason="网页的文字编码认不出来，请另存为 UTF-8 编码"
        )
    except DocumentError as error:
        raise DocumentError(f"{path.name}: {str(error).replace('FILE', shlex.quote(str(path)))}", reason=error.reason) from error


def _metas(tree: Tree) -> tuple[dict[str, str], str]:
    """What the page's meta elements say, by name, and when its data for search engines says it was published."""
    found: dict[str, str] = {}
    published = time = ""
    for index, node in enumerate(tree.nodes):
        if node.tag == "meta":
            name = node.attributes.get("property") or node.attributes.get("name") or node.attributes.get("itemprop") or ""
            found.setdefault(name.lower(), " ".join(node.attributes.get("content", "").split()))
        elif node.tag == "title" and "title" not in found:
            found["title"] = " ".join(tree.text(index).split())
        elif node.tag == "script" and not published and "ld+json" in node.attributes.get("type", ""):
            match = _PUBLISHED.search(tree.text(index))
            published = match[1] if match else ""
        elif node.tag == "time" and not time:
            time = node.attributes.get("datetime", "")
    return found, published or time


def _head(page: Page, said: str) -> int:
    """The node of the h1 that is the headline: the only one of the main text or the page, or the one the page is called by; else -1."""
    nodes = page.tree.nodes
    heads = [(index, text) for index, text in page.heads() if nodes[index].tag == "h1"]
    shown = [index for index, _ in heads if not page.is_gone(index)]
    inside = [index for index in shown if page.main <= index < nodes[page.main].stop]
    called = [index for index, text in heads if _bare(text) in _bare(said)]
    for among in (inside, shown, called):
        if len(among) == 1:
            return among[0]
    return -1


def _title_lines(page: Page, title: str) -> tuple[int, int] | None:
    """Where a title stands that is none of the text's pieces: in the head of the page, or a sub-head beside its text."""
    tree = page.tree
    heads = [index for index, text in page.heads() if _bare(text) == _bare(title)]
    for index in (*heads, *(i for i, node in enumerate(tree.nodes) if node.tag == "title" and title in " ".join(tree.text(i).split()))):
        texts = [node for node in tree.nodes[index : tree.nodes[index].stop] if not node.tag and tree.source[node.start : node.end].strip()]
        if texts:
            first, last = texts[0], texts[-1]
            start = first.start + len(tree.source[first.start : first.end]) - len(tree.source[first.start : first.end].lstrip())
            end = last.start + len(tree.source[last.start : last.end].rstrip()) - 1
            return page.raw.line(start + page.offset), page.raw.line(end + page.offset)
    return None


def _title(page: Page, metas: dict[str, str], head: int) -> str:
    heading = page.text(head) if head >= 0 else ""
    said = _said(metas)
    if heading and (_bare(heading) in _bare(said) or not metas.get("og:title")):
        return heading
    parts = [part for part in SITE.split(said) if part.strip()]
    return parts[0].strip() if parts else ""


def _said(metas: dict[str, str]) -> str:
    """The title that the page gives itself, still with the name of its site, where that is not told."""
    said = metas.get("og:title") or metas.get("title", "")
    site = metas.get("og:site_name", "")
    return said.removesuffix(site).rstrip(" -_|–—·") if site and said != site else said


def _shown_date(page: Page, pieces: list[Piece], head: int) -> str:
    """The date that stands under the headline."""
    for piece in pieces[:_NEAR]:
        if found := dateline(piece.text) or (iso_date(piece.text) if len(piece.text) <= _LONGEST_DATELINE else ""):
            return found
    nodes = page.tree.nodes
    after = range(nodes[head].stop, min(nodes[head].stop + _DATE_WITHIN, len(nodes))) if head >= 0 else ()
    near = "".join(page.tree.text(index) if not nodes[index].tag else " " for index in after if not page.is_gone(index))
    return iso_date(near[: 2 * _LONGEST_DATELINE])


def _date(text: str) -> str:
    return iso_date(text) or compact_date(text)


def _bare(text: str) -> str:
    return "".join(text.split())
