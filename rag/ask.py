"""Asks the documents a question: `python -m rag.ask "临港新能源产值?"`."""

import argparse
import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from rag.console import Bar, positive, run
from rag.records import Answer, Where
from rag.rendering import as_json, as_text, hits_as_json, hits_as_text

if TYPE_CHECKING:
    from rag.assistant import Assistant

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
    shown = parser.add_argument_group("found passages instead of an answer")
    shown.add_argument("--hits", type=positive, nargs="?", const=0, metavar="N", help="print the N best passages, and what made them so")
    shown.add_argument(
        "--neighbours", type=positive, default=0, metavar="N", help="print the passages found, and the N paragraphs before and after each"
    )
    asked = parser.add_argument_group("only documents that meet all of these")
    asked.add_argument("--source", default="", metavar="PART", help="whose path holds this, or fits this pattern (2023/*.pdf)")
    asked.add_argument("--title", default="", metavar="PART", help="whose title holds this")
    asked.add_argument("--section", default="", metavar="PART", help="whose section holds this")
    asked.add_argument("--since", default="", metavar="DATE", help="of this day, month or year, or later (2023-06-12, 2023-06, 2023)")
    asked.add_argument("--until", default="", metavar="DATE", help="of this day, month or year, or earlier")
    options = parser.parse_args(arguments)
    try:
        where = Where(options.source, options.title, options.section, options.since, options.until)
    except ValueError as error:
        parser.error(f"{error}; for instance: --since 2023-06")
    return run(lambda: _ask(options, where))


def _ask(options: argparse.Namespace, where: Where) -> int:
    from rag.assistant import Assistant

    with Bar() as bar:
        assistant = Assistant.open(options.index, on_progress=bar)
    with assistant:
        if options.hits is not None or options.neighbours:
            return _hits(assistant, options, where)
        if options.stream:
            answer = _streamed(assistant, options, where)
        else:
            answer = assistant.answer(options.question, where)
            print(json.dumps(as_json(answer), ensure_ascii=False) if options.json else as_text(answer))
    return REFUSED if answer.refused else ANSWERED


def _hits(assistant: "Assistant", options: argparse.Namespace, where: Where) -> int:
    found = assistant.search(options.question, options.hits or None, where)
    around = [assistant.neighbours(hit.passage, options.neighbours) for hit in found]
    if options.json:
        print(json.dumps(hits_as_json(options.question, found, around), ensure_ascii=False))
    else:
        print(hits_as_text(found, around))
    return ANSWERED if found else REFUSED


def _streamed(assistant: "Assistant", options: argparse.Namespace, where: Where) -> Answer:
    printed = ""
    answer: Answer
    for answer in assistant.stream(options.question, where):
        if options.json:
            print(json.dumps(as_json(answer), ensure_ascii=False), flush=True)
        elif answer.text.startswith(printed):
            print(answer.text[len(printed) :], end="", flush=True)
            printed = answer.text
    if not options.json:
        print(as_text(answer).removeprefix(printed))
    return answer


if __name__ == "__main__":
    sys.exit(main())
