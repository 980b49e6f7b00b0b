"""Reads a text file: its bytes are decoded, and its lines read as the pages of a newspaper or as plain text."""

import shlex
from collections.abc import Iterator
from pathlib import Path

from rag.documents.encoding import decode
from rag.documents.layout.pages import Pages, documents
from rag.errors import DocumentError
from rag.records import Document
from rag.settings import Options


def parse(path: Path, options: Options) -> Iterator[Document]:
    """The articles of a text file, in order.

    Raw offsets and columns count the characters of the decoded text: without its byte order mark, every line end one "\\\\n".
    Raises DocumentError where the file cannot be read as text.
    """
    raw, codec = read_text(path, options)
    return documents(path, Pages(raw, metadata={"encoding": codec}), options)


def raw_text(path: Path, options: Options) -> str:
    """The decoded text that raw offsets count in."""
    return read_text(path, options)[0]


def read_text(path: Path, options: Options) -> tuple[str, str]:
    """The text of a file and the codec it was read with; DocumentError, with the file's name, where there is none."""
    try:
        return decode(path.read_bytes(), options.encoding)
    except DocumentError as error:
        raise DocumentError(f"{path.name}: {str(error).replace('FILE', shlex.quote(str(path)))}", reason=error.reason) from error
