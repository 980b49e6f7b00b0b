"""Reads Markdown (.md .markdown): sub-heads, paragraphs, lists, tables and code; marks are taken off, pictures left out.

Raw offsets count the characters of the decoded file, line ends "\\n".
"""

import re
import shlex
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rag.chinese.dates import dateline, iso_date
from rag.documents.formats import tables
from rag.documents.formats.markup import Tree
from rag.documents.formats.outline import Facts, Inline, Piece, Raw, Stretch, document, inserted, levelled, table_rows, title_at
from rag.documents.formats.text import read_text
from rag.documents.formats.web_page import Page
from rag.documents.formats.web_text import page_pieces
from rag.errors import DocumentError
from rag.records import Document
from rag.settings import Options

if TYPE_CHECKING:
    from markdown_it.rules_block import StateBlock
    from markdown_it.rules_inline import StateInline
    from markdown_it.token import Token

_FRONT, _FRONT_END = re.compile(r"---[ \t]*"), re.compile(r"(?:---|\.\.\.)[ \t]*")
_FACT = re.compile(r"([A-Za-z_\u4e00-\u9fff][\w-]*)[ \t]*[:：][ \t]*(.*)")
_CALLED = {
    **dict.fromkeys(("title", "标题", "題目", "题目"), "title"),
    **dict.fromkeys(("author", "authors", "作者", "byline"), "byline"),
    **dict.fromkeys(("date", "日期", "published", "created", "时间"), "date"),
}
_AFTER_LINK = re.compile(r"\]\[[^\]]*\]|\]")
_PIPE = re.compile(r"(?<!\\)\|")
_NEAR = 4
_DEEPEST = 200
"""How deep quotes and lists are read; what is nested deeper is read line by line. Its parser recurses: two calls a level."""
_DEEPEST_INLINE = 20
_MARKS = re.compile(r"(?:[>\s]|[-+*#]+(?:\s|\Z)|\d+[.)](?:\s|\Z))*")
_NOTE = re.compile(r"\[\^([^\]\s]+)\](:?)")
_CONTENT = frozenset("paragraph_open heading_open fence code_block html_block table_open hr".split())
"""The tokens whose lines hold what others do not."""


def parse(path: Path, options: Options) -> Iterator[Document]:
    """The one document of a Markdown file; DocumentError where it cannot be decoded or holds no text."""
    text, codec = read_text(path, options)
    raw = Raw(text)
    said, begin = _front(raw)
    pieces = list(_Reader(raw, begin))
    at = title_at(pieces)
    headline = pieces[at].text if at >= 0 else ""
    title, title_lines = said.get("title", ("", 0))[0] or headline or path.stem, None
    if at >= 0 and headline == title:
        title_lines = pieces[at].lines
        pieces.pop(at)
    elif "title" in said:
        # A headline that is not the title which the file gives itself says something too.
        title_lines = (said["title"][1],) * 2
    pieces = levelled(pieces)
    near = [piece.text for piece in pieces[:_NEAR]]
    date = iso_date(said.get("date", ("", 0))[0]) or next(filter(None, map(dateline, near)), "")
    facts = Facts(title=title, byline=said.get("byline", ("", 0))[0], date=date, title_lines=title_lines, metadata={"encoding": codec})
    made = document(path, pieces, facts)
    if not made.text:
        # A headline alone is text too.
        made = document(path, list(_Reader(raw, begin)), Facts(title=title, metadata={"encoding": codec}))
    if not made.text:
        raise DocumentError(
            f"{path.name} holds no text; look at what it holds: head -c 300 {shlex.quote(str(path))}",
            reason="文件里没有文字",
        )
    yield made


def _front(raw: Raw) -> tuple[dict[str, tuple[str, int]], int]:
    """What the front matter says, by name, with the line it stands on; and where it ends, 0 where the file has none.

    Two rules with text between them are none: its lines are facts, and none is blank.
    """
    lines = raw.text[: raw.text.find("\n\n") + 1 or None].split("\n")
    end = next((n for n, line in enumerate(lines) if n and _FRONT_END.fullmatch(line)), 0)
    facts = [line for line in lines[1:end] if not line.lstrip().startswith("#")]
    if not end or not _FRONT.fullmatch(lines[0]) or not all(map(str.strip, lines[:end])) or not facts or not _FACT.fullmatch(facts[0]):
        return {}, 0
    said: dict[str, tuple[str, int]] = {}
    for number, line in enumerate(lines[1:end], 2):
        match = _FACT.fullmatch(line.strip())
        value = match[2].strip().strip("[]").strip("\"'") if match else ""
        if match and value and (name := _CALLED.get(match[1].lower())):
            said.setdefault(name, (value, number))
    return said, raw.line_start(end + 2)


def _note(state: "StateBlock", first: int, last: int, silent: bool) -> bool:
    """Reads the text of a footnote, [^1]: …, whose further paragraphs are indented by four."""
    begin = state.bMarks[first] + state.tShift[first]
    match = _NOTE.match(state.src, begin, state.eMarks[first])
    if not match or not match[2] or state.is_code_block(first):
        return False
    if silent:
        return True
    state.env.setdefault("notes", set()).add(match[1])
    state.push("note_open", "", 1).content = match[0]
    state.tokens[-1].map = [first, first + 1]
    kept = state.bMarks[first], state.tShift[first], state.sCount[first], state.parentType
    at = match.end()
    while at < state.eMarks[first] and state.src[at] in " \t":
        at += 1
    state.bMarks[first], state.tShift[first], state.sCount[first] = at, 0, state.blkIndent + 4
    state.blkIndent += 4
    state.parentType = "footnote"
    state.md.block.tokenize(state, first, last)
    state.blkIndent -= 4
    state.bMarks[first], state.tShift[first], state.sCount[first], state.parentType = kept
    state.push("note_close", "", -1)
    return True


def _note_mark(state: "StateInline", silent: bool) -> bool:
    """Reads the mark of a footnote that the file has, [^1]."""
    match = _NOTE.match(state.src, state.pos)
    if not match or match[1] not in state.env.get("notes", ()):
        return False
    end = match.end(1) + 1
    if not silent:
        state.push("note_mark", "", 0).content = state.src[state.pos : end]
    state.pos = end
    return True


class _Reader:
    """Walks the tokens of a file, each of which says which lines it stands on."""

    def __init__(self, raw: Raw, begin: int) -> None:
        from markdown_it import MarkdownIt

        self._raw = raw
        # The front matter's lines are kept, empty, so that tokens count lines as the file does. Joined to the text around them
        # (text_join), escaped characters could not be found in the file again.
        body = "\n" * raw.text.count("\n", 0, begin) + raw.text[begin:] if begin else raw.text
        parser = MarkdownIt("commonmark", {"maxNesting": _DEEPEST}).enable(["table", "strikethrough"]).disable("text_join")
        parser.block.ruler.before("reference", "note", _note, {"alt": ["paragraph", "reference"]})
        parser.inline.ruler.before("link", "note_mark", _note_mark)
        # Within a paragraph the usual depth is enough, and a deeper one slow.
        parser.core.ruler.before("inline", "shallow", lambda _: parser.options.update(maxNesting=_DEEPEST_INLINE))
        found: dict[str, Any] = {}
        self._tokens = parser.parse(body, found)
        self._missed = self._not_read(begin, found)
        self._runs = 0
        self._cursor = begin

    def __iter__(self) -> Iterator[Piece]:
        level, lists, at = 0, 0, 0
        label: tuple[int, int] | None = None
        note: tuple[int, int] | None = None
        run = 0
        while at < len(self._tokens):
            token = self._tokens[at]
            if token.map and token.type in _CONTENT:
                yield from self._missed_before(token.map[0])
            if token.type == "heading_open":
                level = int(token.tag[1:])
            elif token.type == "heading_close":
                level = 0
            elif token.type in ("bullet_list_open", "ordered_list_open"):
                if not lists:
                    self._runs += 1
                    run = self._runs
                lists += 1
            elif token.type in ("bullet_list_close", "ordered_list_close"):
                lists -= 1
                run = run if lists else 0
            elif token.type == "list_item_open":
                label = self._label(token)
            elif token.type == "inline":
                stretches = self._inline(token, *self._lines(token))
                if label and stretches:
                    number = self._raw.exactly(*label)
                    stretches = (number, inserted(" ", stretches[0]), *stretches)
                if note and stretches:
                    first = stretches[0]
                    stretches = (inserted("注", first), self._raw.exactly(*note), inserted("：", first), *stretches)
                    note = None
                label = None
                # Lines that the author broke by two spaces are lines of their own.
                for line in _broken(stretches):
                    yield Piece(line, level, 0 if level else run)
            elif token.type == "note_open":
                start, end = self._lines(token)
                start = self._raw.text.find(token.content, start, end) + 2
                note = (start, start + len(token.content) - 4)
                self._cursor = note[1]
            elif token.type == "note_close":
                note = None
            elif token.type in ("fence", "code_block"):
                yield from self._code(token, run)
            elif token.type == "html_block":
                start, end = self._lines(token)
                yield from page_pieces(Page(Tree(self._raw.text[start:end]), self._raw, offset=start, whole=True))
            elif token.type == "table_open":
                close = next(i for i in range(at, len(self._tokens)) if self._tokens[i].type == "table_close")
                yield from self._table(self._tokens[at:close])
                at = close
            at += 1
        yield from self._missed_before(len(self._raw.text))

    def _not_read(self, begin: int, found: dict[str, Any]) -> list[int]:
        """The lines, from 0 and last first, that no token stands for though they hold text: nested too deep."""
        read = [token.map for token in self._tokens if token.map and token.type in _CONTENT]
        read += [reference["map"] for reference in (*found.get("references", {}).values(), *found.get("duplicate_refs", ()))]
        lines = self._raw.text.split("\n")
        missed = set(range(self._raw.line(begin) - 1, len(lines))).difference(*(range(*lines_of) for lines_of in read))
        return sorted((number for number in missed if _MARKS.sub("", lines[number], count=1)), reverse=True)

    def _missed_before(self, number: int) -> Iterator[Piece]:
        while self._missed and self._missed[-1] < number:
            line = self._missed.pop()
            start, end = self._raw.line_start(line + 1), self._raw.line_start(line + 2)
            match = _MARKS.match(self._raw.text, start, end)
            inline = Inline(self._raw)
            inline.add(match.end() if match else start, end)
            yield Piece(inline.take())

    def _lines(self, token: "Token") -> tuple[int, int]:
        """Where the lines of a token begin and end in the raw text."""
        first, last = token.map or (0, 0)
        return self._raw.line_start(first + 1), self._raw.line_start(last + 1)

    def _label(self, item: "Token") -> tuple[int, int] | None:
        """Where the number of an item stands; None for a bullet."""
        if not item.info:
            return None
        start, end = self._lines(item)
        found = self._raw.text.find(f"{item.info}{item.markup}", max(start, self._cursor if self._cursor < end else start), end)
        return (found, found + len(item.info) + len(item.markup)) if found >= 0 else None

    def _inline(self, token: "Token", start: int, end: int) -> tuple[Stretch, ...]:
        """The text of an inline token, which stands somewhere in `raw[start:end]`; "\\n" in it where a line was broken on purpose.

        Each part is looked for behind the one before it; where one cannot be found the text stands for those lines as a whole.
        """
        raw, inline, at = self._raw, Inline(self._raw), max(start, min(self._cursor, end))
        for child in token.children or ():
            text = child.content
            if child.type == "softbreak":
                at = raw.text.find("\n", at, end) + 1 or at
                inline.space(at, at, True)
            elif child.type == "hardbreak":
                inline.put(Stretch("\n", at, at, raw.line(at)))
            elif child.type == "link_close" and child.markup not in ("linkify", "autolink"):
                at = self._past_link(at, end)
            elif child.type == "image":
                found = raw.text.find("![", at, end)
                at = self._past_link(found + 2, end, skip=text) if found >= 0 else at
            elif child.type == "note_mark":
                found = raw.text.find(text, at, end)
                at = found + len(text) if found >= 0 else at
            elif child.type == "html_inline":
                found = raw.text.find(text, at, end)
                at = found + len(text) if found >= 0 else at
                if text.lower().startswith("<br"):
                    inline.put(Stretch("\n", at, at, raw.line(at)))
            elif child.type in ("text", "text_special", "code_inline") and text:
                found = raw.text.find(text, at, end)
                length = len(text)
                if child.type == "text_special" and child.markup and (marked := raw.text.find(child.markup, at, end)) >= 0:
                    inline.put(raw.standing_for(" " if text.isspace() else text, marked, marked + len(child.markup)))
                    at = marked + len(child.markup)
                elif found >= 0:
                    inline.add(found, found + length)
                    at = found + length
                else:
                    return self._as_a_whole(token, start, end)
        self._cursor = at
        return inline.take()

    def _as_a_whole(self, token: "Token", start: int, end: int) -> tuple[Stretch, ...]:
        shown = [child for child in token.children or () if child.type not in ("image", "html_inline", "note_mark")]
        parts = (" " if child.type in ("softbreak", "hardbreak") else child.content for child in shown)
        text = " ".join("".join(parts).split())
        self._cursor = end
        return (self._raw.standing_for(text, start, max(end - 1, start)),) if text else ()

    def _past_link(self, at: int, end: int, skip: str = "") -> int:
        """The place behind the target of a link whose text ends before `at`."""
        from markdown_it.helpers import parseLinkDestination, parseLinkTitle

        text = self._raw.text
        close = text.find("]", at + len(skip), end) if skip else text.find("]", at, end)
        if close < 0:
            return at
        if not text.startswith("(", close + 1):
            match = _AFTER_LINK.match(text, close, end)
            return match.end() if match else at
        place = close + 2
        while place < end and text[place].isspace():
            place += 1
        target = parseLinkDestination(text, place, end)
        place = target.pos if target.ok else place
        while place < end and text[place].isspace():
            place += 1
        title = parseLinkTitle(text, place, end)
        place = title.pos if title.ok else place
        return text.find(")", place, end) + 1 or place

    def _code(self, token: "Token", run: int) -> Iterator[Piece]:
        """The lines of a block of code, as they stand."""
        if not run:
            self._runs += 1
            run = self._runs
        start, end = self._lines(token)
        for line in token.content.split("\n"):
            found = self._raw.text.find(line, start, end) if line else -1
            if line and found >= 0:
                yield Piece((self._raw.exactly(found, found + len(line)),), run=run)
                start = found + len(line)
            elif line.strip():
                yield Piece((self._raw.standing_for(line, start, end),), run=run)
        self._cursor = end

    def _table(self, tokens: Sequence["Token"]) -> Iterator[Piece]:
        rows: list[list[tables.Cell]] = []
        drawn: list[list[tuple[Stretch, ...]]] = []
        for token in tokens:
            if token.type == "tr_open":
                rows.append([])
                drawn.append([])
                self._cursor = self._lines(token)[0]
            elif token.type == "inline":
                start, end = self._lines(token)
                if drawn[-1] and (pipe := _PIPE.search(self._raw.text, self._cursor, end)):
                    self._cursor = pipe.end()
                stretches = tuple(s if s.text != "\n" else inserted(" ", s) for s in self._inline(token, start, end))
                drawn[-1].append(stretches)
                rows[-1].append(tables.Cell("".join(s.text for s in stretches), head=len(rows) == 1))
            elif token.type == "tr_close" and len(rows[-1]) == len(rows[0]) and len(rows) > 1:
                for stretches in self._further_cells():
                    drawn[-1].append(stretches)
                    rows[-1].append(tables.Cell("".join(s.text for s in stretches)))
        self._runs += 1
        run = self._runs
        for row in table_rows(rows, drawn):
            yield Piece(row, run=run)

    def _further_cells(self) -> Iterator[tuple[Stretch, ...]]:
        """The cells of a row behind its last column, which Markdown itself leaves out."""
        text = self._raw.text
        end = self._raw.line_start(self._raw.line(self._cursor) + 1)
        pipe = _PIPE.search(text, self._cursor, end)
        while pipe:
            following = _PIPE.search(text, pipe.end(), end)
            inline = Inline(self._raw)
            inline.add(pipe.end(), following.start() if following else end)
            if inline:
                yield inline.take()
            pipe = following


def _broken(stretches: Sequence[Stretch]) -> Iterator[tuple[Stretch, ...]]:
    line: list[Stretch] = []
    for stretch in stretches:
        if stretch.text == "\n":
            yield tuple(line)
            line = []
        else:
            line.append(stretch)
    yield tuple(line)
