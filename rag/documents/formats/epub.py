"""Reads e-books (.epub): a document a chapter, in the order of reading.

Raw offsets and lines count within the chapter's file, which `metadata` names; "\\n" its line ends.
"""

import html
import posixpath
import re
import shlex
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from urllib.parse import unquote
from xml.etree.ElementTree import Element

from rag.chinese.dates import dateline, iso_date
from rag.documents.encoding import decode
from rag.documents.formats.archive import Archive, attribute, broken, local, resolved
from rag.documents.formats.outline import Facts, Raw, document
from rag.documents.formats.web import read_page
from rag.errors import DocumentError
from rag.records import Document
from rag.settings import Options

_TEXTS = frozenset({"application/xhtml+xml", "text/html", "text/x-oeb1-document", "application/x-dtbook+xml"})
_FONTS = ("http://www.idpf.org/2008/embedding", "http://ns.adobe.com/pdf/enc#RC")
"""How fonts are obfuscated: this locks nobody out of the text."""
_SKIPPED = frozenset("toc cover copyright-page titlepage title-page landmarks index".split())
_LONGEST_LABEL = 80
_TITLE = re.compile(r"<title[^<>]*>([^<]*)</title", re.IGNORECASE)
_GENERIC = re.compile(
    r"(?:untitled|unknown|no title|无标题|未命名|chapter|part|section|text|split|index|[\s\d_.-])+(?:\.x?html?)?", re.IGNORECASE
)
_NEAR = 3


@dataclass(slots=True)
class _Book:
    """What a book says of itself, and its chapters: names of parts, and the names that its table of contents gives them."""

    title: str = ""
    creators: list[str] = field(default_factory=list)
    date: str = ""
    chapters: list[str] = field(default_factory=list)
    labels: dict[str, str] = field(default_factory=dict)


def parse(path: Path, options: Options) -> Iterator[Document]:
    """The chapters of a book that hold text; DocumentError where it is broken, locked, or another kind of file."""
    with Archive.opened(path, ".epub") as archive:
        _check_locks(archive)
        book = _book(archive)
        seen: Counter[str] = Counter()
        found = False
        called = Counter(_title(_chapter(archive, part, options)) for part in book.chapters if part not in book.labels)
        for part in book.chapters:
            raw = Raw(_chapter(archive, part, options))
            reading = read_page(raw, xml=True, whole=True)
            if not reading.pieces:
                reading = read_page(raw, xml=True, whole=True, keep_title=True)
            if all(piece.text in (book.title, *book.creators) or dateline(piece.text) for piece in reading.pieces):
                # A cover, or a page for the title.
                continue
            label = book.labels.get(part, "")
            title = label or reading.title or book.title or path.stem
            if not label and (called[title] > 1 or title == book.title or _GENERIC.fullmatch(title)):
                title = label = next((piece.text for piece in reading.pieces[:_NEAR] if piece.level), "") or title
            pieces = [piece for i, piece in enumerate(reading.pieces) if i or piece.text != label]
            seen[title] += 1
            facts = Facts(
                title=title,
                byline="、".join(book.creators),
                date=book.date,
                nth=seen[title],
                metadata={"book": book.title, "chapter": part},
            )
            made = document(path, pieces or reading.pieces, facts)
            if made.text:
                found = True
                yield made
    if not found:
        raise DocumentError(
            f"{path.name} shows no text; see what it holds: unzip -l {shlex.quote(str(path))}",
            reason="电子书里没有文字",
        )


def _chapter(archive: Archive, part: str, options: Options) -> str:
    try:
        return decode(archive.read(part), options.encoding)[0]
    except DocumentError as error:
        raise broken(archive.path, f"its chapter {part} is no text") from error


def _title(text: str) -> str:
    """What the head of a chapter calls it; converters often write the book's name into every one."""
    match = _TITLE.search(text)
    return " ".join(html.unescape(match[1]).split()) if match else ""


def _check_locks(archive: Archive) -> None:
    """DocumentError where the chapters are encrypted for one reading program."""
    root = archive.xml("META-INF/encryption.xml")
    for element in root.iter() if root is not None else ():
        if local(element.tag) == "EncryptionMethod" and attribute(element, "Algorithm") not in _FONTS:
            path = archive.path
            raise DocumentError(
                f"{path.name} is locked by its seller (DRM); get a copy without a lock and read that: "
                f"python -m rag.show {shlex.quote(str(path))}",
                reason="电子书加了版权锁（DRM），请换没有锁的版本",
            )


def _book(archive: Archive) -> _Book:
    container = archive.xml("META-INF/container.xml")
    places = [attribute(e, "full-path") for e in (container.iter() if container is not None else ()) if local(e.tag) == "rootfile"]
    place = next((unquote(place) for place in places if unquote(place) in archive), "")
    root = archive.xml(place)
    if root is None:
        raise broken(archive.path, "it has no table of its parts (OPF)")
    book = _Book()
    folder = PurePosixPath(place).parent
    parts: dict[str, tuple[str, str, str]] = {}
    spine: list[Element] = []
    contents = ""
    skipped: set[str] = set()
    for element in root.iter():
        name = local(element.tag)
        text = " ".join((element.text or "").split())
        if name == "title" and not book.title:
            book.title = text
        elif name == "creator" and text:
            book.creators.append(text)
        elif name == "date" and not book.date:
            book.date = iso_date(text)
        elif name == "item":
            target = resolved(folder, unquote(attribute(element, "href")))
            parts[attribute(element, "id")] = (target, attribute(element, "media-type"), attribute(element, "properties"))
        elif name == "itemref":
            spine.append(element)
        elif name == "spine":
            contents = attribute(element, "toc")
        elif name == "reference" and attribute(element, "type").lower() in _SKIPPED:
            skipped.add(resolved(folder, unquote(attribute(element, "href")).partition("#")[0]))
    navigation = next((target for target, _, properties in parts.values() if "nav" in properties.split()), "")
    book.labels = _ncx_labels(archive, parts[contents][0]) if contents in parts else {}
    if navigation:
        book.labels = _nav_labels(archive, navigation) | book.labels
    for element in spine:
        target, kind, _ = parts.get(attribute(element, "idref"), ("", "", ""))
        if kind in _TEXTS and target in archive and target != navigation and target not in skipped:
            book.chapters.append(target)
    return book


def _ncx_labels(archive: Archive, part: str) -> dict[str, str]:
    """The names of chapters in a table of contents of EPUB 2; a part named several times goes by its first."""
    found: dict[str, str] = {}
    root = archive.xml(part)
    for point in root.iter() if root is not None else ():
        if local(point.tag) == "navPoint":
            label = next((" ".join("".join(e.itertext()).split()) for e in point if local(e.tag) == "navLabel"), "")
            target = next((attribute(e, "src") for e in point if local(e.tag) == "content"), "")
            _name(found, part, target, label)
    return found


def _nav_labels(archive: Archive, part: str) -> dict[str, str]:
    """The names of chapters in a table of contents of EPUB 3, whose lists of pages and landmarks come after it."""
    found: dict[str, str] = {}
    root = archive.xml(part)
    for link in root.iter() if root is not None else ():
        if local(link.tag) == "a":
            _name(found, part, attribute(link, "href"), " ".join("".join(link.itertext()).split()))
    return found


def _name(found: dict[str, str], part: str, target: str, label: str) -> None:
    place = posixpath.normpath(posixpath.join(posixpath.dirname(part), unquote(target).partition("#")[0]))
    if label and len(label) <= _LONGEST_LABEL:
        found.setdefault(place, label)
