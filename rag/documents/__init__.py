"""Reads files as documents: a table of parsers, one a format, from the suffix of a file's name to the function that reads it.

A new format is a function `path, options -> Iterator[Document]` and its line in the table.
"""

import shlex
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from rag.documents import pdf
from rag.documents.formats import epub, json_lines, markdown, refused, sheets, text, web, word, workbook
from rag.errors import DocumentError
from rag.records import Box, Document
from rag.settings import DEFAULTS, Options

Parser = Callable[[Path, Options], Iterator[Document]]

PARSERS: dict[str, Parser] = {
    ".txt": text.parse,
    ".text": text.parse,
    "": text.parse,
    ".pdf": pdf.parse,
    ".md": markdown.parse,
    ".markdown": markdown.parse,
    ".html": web.parse,
    ".htm": web.parse,
    ".xhtml": web.parse,
    ".docx": word.parse,
    ".xlsx": workbook.parse,
    ".csv": sheets.parse,
    ".tsv": sheets.parse,
    ".jsonl": json_lines.parse,
    ".epub": epub.parse,
}
RAW_TEXTS: dict[str, Callable[[Path, Options], str]] = {
    ".txt": text.raw_text,
    ".text": text.raw_text,
    "": text.raw_text,
    ".pdf": pdf.raw_text,
    ".md": text.raw_text,
    ".markdown": text.raw_text,
    ".html": web.raw_text,
    ".htm": web.raw_text,
    ".xhtml": web.raw_text,
    ".csv": text.raw_text,
    ".tsv": text.raw_text,
    ".jsonl": text.raw_text,
}
"""What gives the raw text that offsets count in, for the formats that have lines."""

SUFFIXES = frozenset(PARSERS)
"""The suffixes of the files that can be read, in lower case with their dot; "" stands for a name without one."""
REFUSED = refused.REFUSED
"""The suffixes of the files that hold documents and are not read before they are unpacked or converted."""


def read(path: Path, options: Options = DEFAULTS) -> list[Document]:
    """The documents a file holds, in order; at least one. `options` say what need not be guessed.

    Raises DocumentError, one line that ends with the command that helps, where the file is missing, unreadable, empty, broken or
    of another format.
    """
    suffix = path.suffix.lower()
    parser = refused.parse if suffix in REFUSED else PARSERS.get(suffix)
    if parser is None and path.is_file():
        known = " ".join(sorted(suffix for suffix in SUFFIXES if suffix))
        quoted, renamed = shlex.quote(str(path)), shlex.quote(f"{path}.txt")
        raise DocumentError(
            f"{path.name}: {path.suffix} files are not read, only {known} and names without a suffix; "
            f"if it is text, read it under a name that says so: cp {quoted} {renamed} && python -m rag.show {renamed}",
            reason=f"这种格式（{path.suffix}）读不了，请另存为 PDF、.docx 或 .txt",
        )
    with _readable(path):
        if parser is None:
            raise FileNotFoundError
        return list(parser(path, options))


def raw_text(path: Path, options: Options = DEFAULTS) -> str:
    """The text that the raw offsets and lines of a file's documents count in; DocumentError where its format has none."""
    reader = RAW_TEXTS.get(path.suffix.lower())
    if reader is None and path.is_file():
        quoted = shlex.quote(str(path))
        raise DocumentError(
            f"{path.name} is no text of lines to compare with; look at how it is read: python -m rag.show {quoted}",
            reason="这种格式没有可以逐行对照的原文",
        )
    with _readable(path):
        if reader is None:
            raise FileNotFoundError
        return reader(path, options)


def picture(path: Path, page: int, boxes: Sequence[Box] = (), *, longest: int = 1600) -> bytes:
    """A page of a PDF, counted from 1, as a WebP picture with `boxes` marked on it, its longer side at most `longest` pixels.

    Boxes are those of `Origin.box`; what of them is off the page is left out. Raises DocumentError, one line that ends with the command
    that helps, where the file is missing, unreadable, locked, broken or of another format, or has no such page.
    """
    # Under another name than its module's, which importing that sets in its package.
    from rag.documents.pdf.picture import picture as rendered

    if path.suffix.lower() != ".pdf" and path.is_file():
        quoted = shlex.quote(str(path))
        raise DocumentError(
            f"{path.name} is no PDF and has no pages to show; look at how it is read: python -m rag.show {quoted}",
            reason="文件不是 PDF，没有页面可显示",
        )
    with _readable(path):
        return rendered(path, page, boxes, longest=longest)


@contextmanager
def _readable(path: Path) -> Iterator[None]:
    check_name(path)
    quoted, folder = shlex.quote(str(path)), shlex.quote(str(path.parent))
    try:
        yield
    except FileNotFoundError as error:
        raise DocumentError(f"{path} does not exist; see what is there: ls -l {folder}", reason="找不到这个文件") from error
    except IsADirectoryError as error:
        raise DocumentError(f"{path} is a folder; read one of its files: ls -l {quoted}", reason="这是文件夹，请上传里面的文件") from error
    except OSError as error:
        raise DocumentError(
            f"{path} cannot be read ({error.strerror or error}); see whose it is: ls -l {quoted}", reason="文件打不开，可能没有读取权限"
        ) from error


def check_name(path: Path) -> None:
    """DocumentError where the name of a file is not UTF-8, as those out of old Chinese archives are: nothing could cite it."""
    try:
        str(path.resolve()).encode("utf-8")
    except UnicodeEncodeError as error:
        folder = shlex.quote(str(path.parent))
        raise DocumentError(
            f"the name of {path} is not UTF-8; rename it: convmv -r -f gb18030 -t utf8 --notest {folder}",
            reason="文件名是乱码，请重新命名",
        ) from error
