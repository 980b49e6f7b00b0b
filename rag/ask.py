"""Asks the documents a question: `python -m rag.ask "临港新能源产值?"`."""

import argparse
import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from rag.console import Bar, run
from rag.records import Answer
from rag.rendering import as_json, as_text

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
        print(as_text(answer).removeprefix(printed))
    return answer


if __name__ == "__main__":
    sys.exit(main())
