"""Shows how a file is understood: its documents, their passages with the lines they stand on, and the repairs made."""

import argparse
import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from rag.console import run
from rag.records import Document


def show(path: Path, encoding: str | None = None) -> dict[str, Any]:
    """What `--json` prints: `{"source", "documents": [...]}`, each document with its passages and its repairs.

    Raises DocumentError where the file cannot be read.
    """
    from rag.documents import read

    documents = read(path, encoding=encoding)
    return {"source": documents[0].source, "documents": [_described(document) for document in documents]}


def main(arguments: Sequence[str] | None = None) -> int:
    """The command line; returns the exit code: 0 shown, 2 error."""
    parser = argparse.ArgumentParser(
        prog="python -m rag.show",
        description="Show how a file is understood: documents with title, byline and section, their passages, and the repairs made.",
    )
    parser.add_argument("file", type=Path, metavar="FILE", help="a text file")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    parser.add_argument("--encoding", metavar="NAME", help="read the text with this codec (utf-8, gb18030, big5, …) and guess nothing")
    options = parser.parse_args(arguments)

    def command() -> int:
        shown = show(options.file, options.encoding)
        print(json.dumps(shown, ensure_ascii=False, indent=2) if options.json else _readable(shown))
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
        heading = ""
        for passage in document["passages"]:
            if passage["heading"] != heading:
                heading = passage["heading"]
                lines.append(f"  【{heading}】")
            first, last = passage["lines"]
            place = f"第 {first} 行" if first == last else f"第 {first}–{last} 行"
            lines.append(f"  段落 {passage['number']}（{place}）{passage['text']}")
        if document["repairs"]:
            lines.append(f"  修复 {len(document['repairs'])} 处")
            lines += [f"    第 {r['line']} 行第 {r['column']} 字：{r['raw']} → {r['repaired']}" for r in document["repairs"]]
    return "\n".join(lines)


if __name__ == "__main__":
    sys.exit(main())
