"""Reads files as documents: a table of parsers, one a format, from the suffix of a file's name to the function that reads it.

A new format is a function `path, encoding -> Iterator[Document]` and its line in the table.
"""

import shlex
from collections.abc import Callable, Iterator
from pathlib import Path

from rag.documents import text
from rag.errors import DocumentError
from rag.records import Document

Parser = Callable[[Path, str | None], Iterator[Document]]

PARSERS: dict[str, Parser] = {
    ".txt": text.parse,
    ".text": text.parse,
    "": text.parse,
}
SUFFIXES = frozenset(PARSERS)
"""The suffixes of the files that can be read, in lower case with their dot; "" stands for a name without one."""


def read(path: Path, *, encoding: str | None = None) -> list[Document]:
    """The documents a file holds, in order; at least one.

    `encoding` is the name of a codec, for a text file whose encoding cannot be told. Raises DocumentError, one line that ends with
    the command that helps, where the file is missing, unreadable, empty, binary or of another format.
    """
    quoted, folder = shlex.quote(str(path)), shlex.quote(str(path.parent))
    parser = PARSERS.get(path.suffix.lower())
    if parser is None and path.is_file():
        known = " ".join(sorted(suffix for suffix in SUFFIXES if suffix))
        renamed = shlex.quote(str(path.with_suffix(".txt")))
        raise DocumentError(
            f"{path.name}: {path.suffix} files are not read, only {known} and names without a suffix; "
            f"save it as text and read that: python -m rag.show {renamed}"
        )
    try:
        if parser is not None:
            return list(parser(path, encoding))
        raise FileNotFoundError
    except FileNotFoundError as error:
        raise DocumentError(f"{path} does not exist; see what is there: ls -l {folder}") from error
    except IsADirectoryError as error:
        raise DocumentError(f"{path} is a folder; read one of its files: ls -l {quoted}") from error
    except OSError as error:
        raise DocumentError(f"{path} cannot be read ({error.strerror or error}); see whose it is: ls -l {quoted}") from error
