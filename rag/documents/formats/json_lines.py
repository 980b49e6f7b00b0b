"""Reads .jsonl files of documents: one JSON object a line, `{"id", "text", "title"?, "byline"?, "section"?, "date"?, …}`.

The `id` is kept as the document's; line ends in `text` part its paragraphs. Raw offsets count the characters of the decoded file.
"""

import json
import re
import shlex
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

from rag.chinese.dates import iso_date
from rag.documents.formats.outline import Facts, Piece, Raw, document
from rag.documents.formats.text import read_text
from rag.errors import DocumentError
from rag.records import Document
from rag.settings import Options

_BETWEEN = " \t\r,:{"
_LINE = re.compile(r"[^\r\n]+")
_ESCAPE = re.compile(r"\\(?:u[dD][89abAB]..\\u[dD][c-fC-F]..|u....|.)")
_DECODER = json.JSONDecoder()
_OWN = frozenset({"id", "text", "title", "byline", "section", "date"})


def parse(path: Path, options: Options) -> Iterator[Document]:
    """The documents of a .jsonl file in order; other keys whose values are no lists or objects become metadata.

    Raises DocumentError, naming the line, where one is no such object or its id was there before.
    """
    text, codec = read_text(path, options)
    raw = Raw(text)
    lines_of: dict[str, int] = {}
    start = 0
    for number, line in enumerate(text.split("\n"), 1):
        if line.strip():
            record = _record(path, number, line)
            made = _document(path, raw, (start, start + len(line)), record, codec)
            if made.id in lines_of:
                before = lines_of[made.id]
                raise _error(path, f"lines {before} and {number} have the same id {made.id!r}", number, f"的 id 与第 {before} 行相同")
            if not made.text:
                raise _error(path, f'the "text" of line {number} is empty', number, "的 text 是空的")
            lines_of[made.id] = number
            yield made
        start += len(line) + 1
    if not lines_of:
        raise DocumentError(
            f"{path.name} holds no documents; look at what it holds: head -c 300 {shlex.quote(str(path))}",
            reason="文件里没有文档",
        )


def _record(path: Path, number: int, line: str) -> dict[str, object]:
    try:
        record = json.loads(line)
    except (ValueError, RecursionError) as error:
        raise _error(path, f"line {number} is no JSON object", number, "不是 JSON 对象") from error
    if not isinstance(record, dict):
        raise _error(path, f"line {number} is no JSON object", number, "不是 JSON 对象")
    for name in ("id", "text"):
        value = record.get(name)
        if not isinstance(value, str) and not (name == "id" and isinstance(value, int) and not isinstance(value, bool)):
            raise _error(path, f'line {number} has no "{name}" that is a string', number, f"没有写成字符串的 {name}")
    try:
        line_bytes = json.dumps(record, ensure_ascii=False).encode()
    except (ValueError, RecursionError) as error:
        raise _error(path, f"line {number} holds half of a character (a lone surrogate)", number, "有残缺的字符") from error
    if not str(record["id"]).strip() or not line_bytes:
        raise _error(path, f'the "id" of line {number} is empty', number, "的 id 是空的")
    return record


def _document(path: Path, raw: Raw, place: tuple[int, int], record: dict[str, object], codec: str) -> Document:
    text = str(record["text"])
    raw_place = _placed(raw.text, *_value(raw.text, *place))
    pieces: list[Piece] = []
    for line in _LINE.finditer(text):
        if paragraph := line[0].strip():
            begin = text.index(paragraph, line.start())
            start, end = raw_place(begin), raw_place(begin + len(paragraph))
            # Written with escapes (\u6587, \"), it stands for the characters as a whole.
            exact = end - start == len(paragraph)
            pieces.append(Piece((raw.exactly(start, end) if exact else raw.standing_for(paragraph, start, end),)))
    said = {name: value.strip() for name in _OWN if isinstance(value := record.get(name), str)}
    metadata = {name: _shown(value) for name, value in record.items() if name not in _OWN and isinstance(value, str | int | float)}
    identity = str(record["id"]).strip()
    facts = Facts(
        title=" ".join(said.get("title", "").split()) or identity,
        byline=said.get("byline", ""),
        section=said.get("section", ""),
        date=iso_date(said.get("date", "")),
        metadata=metadata | {"encoding": codec},
    )
    return replace(document(path, pieces, facts), id=identity)


def _value(text: str, start: int, end: int) -> tuple[int, int]:
    """Where the characters of the object's text begin and end, between their quotes."""
    found = (start, end)
    at = _past(_BETWEEN, text, start)
    while text.startswith('"', at):
        key, after = _DECODER.raw_decode(text, at)
        begin = _past(_BETWEEN[:-1], text, after)
        _, after = _DECODER.raw_decode(text, begin)
        at = _past(_BETWEEN[:-1], text, after)
        if key == "text":
            found = (begin + 1, after - 1)
    return found


def _past(characters: str, text: str, at: int) -> int:
    while at < len(text) and text[at] in characters:
        at += 1
    return at


def _placed(text: str, start: int, end: int) -> Callable[[int], int]:
    """Tells where in the file a character of the string in `text[start:end]` stands, asked for one after the other."""
    escapes = _ESCAPE.finditer(text, start, end)
    following = next(escapes, None)
    shift = start

    def place(offset: int) -> int:
        nonlocal following, shift
        while following and following.start() < offset + shift:
            shift += len(following[0]) - 1
            following = next(escapes, None)
        return offset + shift

    return place


def _shown(value: str | int | float) -> str:
    return value if isinstance(value, str) else json.dumps(value)


def _error(path: Path, what: str, number: int, why: str) -> DocumentError:
    return DocumentError(f"{path.name}: {what}; look at it: sed -n {number}p {shlex.quote(str(path))}", reason=f"第 {number} 行{why}")
