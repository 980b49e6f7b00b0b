"""Asks the documents a question: `python -m rag.ask "临港新能源产值?"`."""

import argparse
import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from rag.console import Bar, run
from rag.records import Answer, Citation

ANSWERED, REFUSED = 0, 1


def main(arguments: Sequence[str] | None = None) -> int:
    """The command line; returns 0 when the question is answered, 1 when it is refused, 2 after an error (one line on stderr)."""
    parser = argparse.ArgumentParser(
        prog="python -m rag.ask",
        description="Answer a question from the documents of an index, every statement cited.",
        epilog="exit codes: 0 answered, 1 refused (the documents do not say), 2 error",
    )
    parser.add_argument("question", help='the question, for instance "临港新能源产值?"')
    parser.add_argument("--index", type=Path, metavar="DIR", help="the index to ask (default: RAG_INDEX, or the checkout's index/)")
    parser.add_argument("--json", action="store_true", help="print the answer as JSON")
    parser.add_argument("--stream", action="store_true", help="print the answer as it is written; with --json, a line for each state of it")
    options = parser.parse_args(arguments)
    return run(lambda: _ask(options))


def _ask(options: argparse.Namespace) -> int:
    from rag.assistant import Assistant

    with Bar() as bar:
        assistant = Assistant.open(options.index, on_progress=bar)
    with assistant:
        if options.stream:
            answer = _streamed(assistant, options)
        else:
            answer = assistant.answer(options.question)
            print(json.dumps(as_json(answer), ensure_ascii=False) if options.json else as_text(answer))
    return REFUSED if answer.refused else ANSWERED


def _streamed(assistant: Any, options: argparse.Namespace) -> Answer:
    printed = ""
    answer: Answer
    for answer in assistant.stream(options.question):
        if options.json:
            print(json.dumps(as_json(answer), ensure_ascii=False), flush=True)
        elif answer.text.startswith(printed):
            print(answer.text[len(printed) :], end="", flush=True)
            printed = answer.text
    if not options.json:
        print(("\n" if printed else "") + as_text(answer).removeprefix(printed).lstrip("\n"))
    return answer


def as_text(answer: Answer) -> str:
    """The answer as a person reads it in a terminal: statements, then each cited paragraph with the quoted words marked."""
    lines = [answer.text] if not answer.refused else [f"无法回答：{answer.reason}"]
    if not answer.refused and answer.reason:
        lines.append(f"（{answer.reason}）")
    if answer.refused and answer.nearest:
        lines += ["", "最接近的段落："]
    for citation in answer.citations:
        lines += ["", *_citation(citation)]
    return "\n".join(lines)


def _citation(citation: Citation) -> list[str]:
    passage, document = citation.passage, citation.document
    about = [f"《{document.title}》"]
    if document.byline:
        about.append(document.byline)
    if document.date:
        about.append(document.date)
    if passage.heading:
        about.append(passage.heading)
    about.append(f"第{passage.number}段")
    marked = f"{passage.text[: citation.start]}【{citation.quote}】{passage.text[citation.end :]}"
    return [f"[{citation.marker}] {' · '.join(about)}", f"    {_place(citation)}", f"    {marked}"]


def _place(citation: Citation) -> str:
    """Where the paragraph stands, as editors and terminals open it: path:first-last line; relative below the working folder."""
    source, (first, last) = Path(citation.document.source), citation.passage.lines
    here = Path.cwd()
    shown = source.relative_to(here) if source.is_relative_to(here) else source
    return f"{shown}:{first}-{last}"


def as_json(answer: Answer) -> dict[str, Any]:
    """The answer by the contract in docs/architecture.md."""
    return {
        "question": answer.question,
        "answer": answer.text,
        "short": answer.short,
        "support": round(answer.support, 4),
        "refused": answer.refused,
        "reason": answer.reason,
        "statements": [{"text": s.text, "citations": [c.marker for c in s.citations]} for s in answer.statements],
        "nearest": [citation.marker for citation in answer.nearest],
        "citations": [
            {
                "marker": c.marker,
                "passage_id": c.passage.id,
                "document_id": c.document.id,
                "source": c.document.source,
                "title": c.document.title,
                "paragraph": c.passage.number,
                "pages": list(c.passage.pages),
                "lines": list(c.passage.lines),
                "start": c.start,
                "end": c.end,
                "quote": c.quote,
                "text": c.passage.text,
            }
            for c in answer.citations
        ],
        "conflicts": list(answer.conflicts),
        "hits": [
            {
                "passage_id": hit.passage.id,
                "document_id": hit.document.id,
                "score": round(hit.score, 6),
                "parts": {name: round(value, 6) for name, value in hit.parts.items()},
                "text": hit.passage.text,
            }
            for hit in answer.hits
        ],
        "seconds": {name: round(value, 4) for name, value in answer.seconds.items()},
    }


if __name__ == "__main__":
    sys.exit(main())
