"""Shows how a file is understood: its documents, their passages with the lines they stand on, and the repairs made."""

import argparse
import json
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from rag.console import run
from rag.records import Document
from rag.settings import DEFAULTS, LAYOUTS, Options


def show(path: Path, options: Options = DEFAULTS) -> dict[str, Any]:
    """What `--json` prints: `{"source", "documents": [...]}`, each document with its passages and its repairs.

    Raises DocumentError where the file cannot be read.
    """
    from rag.documents import read

    documents = read(path, options)
    return {"source": documents[0].source, "documents": [_described(document) for document in documents]}


def difference(path: Path, options: Options = DEFAULTS) -> str:
    """The raw lines of a file against what was made of them, in the order of the file, as `--diff` prints it.

    A line that was taken as it stands has a space before it, one that was changed or joined a "-" and what became of it a "+", one
    that is in no document (a page's number, an imprint) a "?". Raises DocumentError where the format has no lines.
    """
    from rag.documents import raw_text, read

    raw = raw_text(path, options).split("\n")
    made = sorted(((span, text) for document in read(path, options) for span, text in _made(document)), key=lambda one: one[0])
    printed: list[str] = []
    reached = 0
    for (first, last), text in made:
        printed += [f"? {line}" for line in raw[reached : first - 1] if line.strip()]
        lines = [line for line in raw[max(first - 1, reached) : last] if line.strip()]
        printed += [f"  {text}"] if lines == [text] else [*(f"- {line}" for line in lines), f"+ {text}"]
        reached = max(reached, last)
    return "\n".join([*printed, *(f"? {line}" for line in raw[reached:] if line.strip())])


def _made(document: Document) -> Iterator[tuple[tuple[int, int], str]]:
    """What a document has of a file, with the raw lines it was made of: title and byline, sub-heads, paragraphs."""
    for text, key in ((document.title, "title_lines"), (document.byline, "byline_lines")):
        if key in document.metadata:
            first, last = document.metadata[key].split("-")
            yield (int(first), int(last)), text
    start = 0
    origins = iter(document.origins)
    origin = next(origins, None)
    for line in document.text.split("\n"):
        end = start + len(line)
        stood: list[int] = []
        while origin and origin.start < end:
            stood.append(origin.line)
            origin = next(origins, None)
        if stood:
            yield (min(stood), max(stood)), line
        start = end + 1


def main(arguments: Sequence[str] | None = None) -> int:
    """The command line; returns the exit code: 0 shown, 2 error."""
    parser = argparse.ArgumentParser(
        prog="python -m rag.show",
        description="Show how a file is understood: documents with title, byline and section, their passages, and the repairs made.",
    )
    parser.add_argument("file", type=Path, metavar="FILE", help="a file of any format that is read")
    how = parser.add_mutually_exclusive_group()
    how.add_argument("--json", action="store_true", help="print one JSON object")
    how.add_argument("--diff", action="store_true", help="print the raw lines (-) against what was made of them (+); ? was left out")
    parser.add_argument("--encoding", metavar="NAME", help="read the text with this codec (utf-8, gb18030, big5, …) and guess nothing")
    parser.add_argument("--layout", choices=LAYOUTS, help="read it as plain text, or as a newspaper's page, and guess nothing")
    given = parser.parse_args(arguments)
    options = Options(given.encoding, given.layout)

    def command() -> int:
        if given.diff:
            print(difference(given.file, options))
        else:
            shown = show(given.file, options)
            print(json.dumps(shown, ensure_ascii=False, indent=2) if given.json else _readable(shown))
        sys.stdout.flush()
        return 0

    return run(command)


def _described(document: Document) -> dict[str, Any]:
    from rag.passages import passages

    return {
        "document_id": document.id,
        "title": document.title,
        "byline": document.byline,
        "section": document.section,
        "date": document.date,
        "metadata": dict(document.metadata),
        "warnings": list(document.warnings),
        "passages": [
            {"number": p.number, "heading": p.heading, "text": p.text, "lines": list(p.lines), "pages": list(p.pages)}
            for p in passages(document)
        ],
        "repairs": [{"line": r.line, "column": r.column, "raw": r.raw, "repaired": r.repaired, "kind": r.kind} for r in document.repairs],
    }


def _readable(shown: dict[str, Any]) -> str:
    documents = shown["documents"]
    lines = [f"来源 {shown['source']}", f"文档 {len(documents)} 篇"]
    for number, document in enumerate(documents, 1):
        lines += ["", f"文档 {number}：{document['title']}"]
        facts = {"作者": document["byline"], "版面": document["section"], "日期": document["date"]}
        lines += [f"  {label}：{value}" for label, value in facts.items() if value]
        lines += [f"  注意：{warning}" for warning in document["warnings"]]
        heading = ""
        for passage in document["passages"]:
            if passage["heading"] != heading:
                heading = passage["heading"]
                lines.append(f"  【{heading}】")
            first, last = passage["lines"]
            place = f"第 {first} 行" if first == last else f"第 {first}–{last} 行"
            if pages := passage["pages"]:
                place = (f"第 {pages[0]} 页" if len(pages) == 1 else f"第 {pages[0]}–{pages[-1]} 页") + f"，{place}"
            indented = passage["text"].replace("\n", "\n    ")
            lines.append(f"  段落 {passage['number']}（{place}）{indented}")
        if document["repairs"]:
            lines.append(f"  修复 {len(document['repairs'])} 处")
            lines += [f"    第 {r['line']} 行第 {r['column']} 字：{r['raw']} → {r['repaired']}" for r in document["repairs"]]
    return "\n".join(lines)


if __name__ == "__main__":
    sys.exit(main())
