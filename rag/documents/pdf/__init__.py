"""Reads PDF files; the libraries that it takes are loaded when there is one to read."""

from collections.abc import Iterator
from pathlib import Path

from rag.records import Document
from rag.settings import Options


def parse(path: Path, options: Options) -> Iterator[Document]:
    """The articles of a PDF, in order.

    The raw text is the lines in the order of reading, without running heads and page numbers; offsets count its characters.
    Raises DocumentError where the file is no PDF, is broken or locked, or holds nothing but scans that cannot be recognised here.
    """
    from rag.documents.layout.pages import documents
    from rag.documents.pdf.reader import read_pages

    return documents(path, read_pages(path, options), options)


def raw_text(path: Path, options: Options) -> str:
    """The lines in the order of reading, which raw offsets count in."""
    from rag.documents.pdf.reader import read_pages

    return read_pages(path, options).raw
