"""Reads files with one of the tools this project is compared with, in that tool's own environment: peer_readers.py TOOL FILE…

Prints one line of JSON a file: the units the tool cut it into, or why it could not. Imports nothing of this project.
"""

import json
import re
import sys
import time


def unstructured(path: str) -> list[str]:
    """The elements of `partition`, as it comes; PDF by its text layer."""
    from unstructured.partition.auto import partition

    strategy = {"strategy": "fast"} if path.endswith(".pdf") else {}
    return [str(element) for element in partition(filename=path, languages=["zho"], **strategy)]


def docling(path: str) -> list[str]:
    """The text items of the converted document, in reading order."""
    from docling.document_converter import DocumentConverter

    document = DocumentConverter().convert(path).document
    return [item.text for item, _ in document.iterate_items() if getattr(item, "text", "")]


def markitdown(path: str) -> list[str]:
    """The blocks of the Markdown it makes."""
    from markitdown import MarkItDown

    return _blocks(MarkItDown().convert(path).text_content)


def pymupdf4llm(path: str) -> list[str]:
    """The blocks of the Markdown it makes."""
    import pymupdf4llm as tool

    return _blocks(tool.to_markdown(path, show_progress=False))


def _blocks(markdown: str) -> list[str]:
    return [re.sub(r"^#+\s*|\*\*|^[-*] ", "", block) for block in re.split(r"\n\s*\n", markdown)]


def main() -> None:
    """Read every file named with the tool named."""
    tool = {"unstructured": unstructured, "docling": docling, "markitdown": markitdown, "pymupdf4llm": pymupdf4llm}[sys.argv[1]]
    for path in sys.argv[2:]:
        started = time.perf_counter()
        try:
            result = {"units": tool(path), "seconds": 0.0}
            result["seconds"] = time.perf_counter() - started
        except Exception as error:
            result = {"error": f"{type(error).__name__}: {error}"[:200].replace("\n", " ")}
        print("\x1e" + json.dumps(result), flush=True)


if __name__ == "__main__":
    main()
