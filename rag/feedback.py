"""Makes a test set of what people thought of the chat's answers: `python -m rag.feedback DIR`, for `python -m rag.evaluate DIR`."""

import argparse
import json
import shlex
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from rag.chat.history import History, Kept
from rag.console import run
from rag.errors import RagError
from rag.settings import Settings, default_history


def test_set(judged: Iterable[Kept], folder: Path) -> int:
    """Write corpus.jsonl and queries.jsonl into `folder`, which is made; the number of questions.

    A good answer says which passages are right, and a good refusal that there is none. Of an answer that was not good nobody knows what
    would have been: its question is there with the passages found, and nothing is said to be right.
    """
    corpus: dict[str, dict[str, str]] = {}
    questions: list[dict[str, Any]] = []
    for number, turn in enumerate((turn for turn in judged if turn.answer), start=1):
        answer = dict(turn.answer or {})
        for hit in answer["hits"]:
            corpus[hit["passage_id"]] = {"id": hit["passage_id"], "text": hit["text"]}
        for cited in answer["citations"]:
            corpus[cited["passage_id"]] = {"id": cited["passage_id"], "text": cited["text"], "title": cited["title"]}
        said = {marker for statement in answer["statements"] for marker in statement["citations"]}
        gold = [cited["passage_id"] for cited in answer["citations"] if cited["marker"] in said] if turn.good else []
        right = {"answers": [answer["short"]] if answer["short"] else [], "answerable": not answer["refused"]} if turn.good else {}
        asked = answer["understood"] or answer["question"]
        questions.append({"id": f"q{number}", "question": asked, "gold": list(dict.fromkeys(gold)), **right, "good": turn.good})
    folder.mkdir(parents=True, exist_ok=True)
    for name, rows in (("corpus", list(corpus.values())), ("queries", questions)):
        lines = "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)
        (folder / f"{name}.jsonl").write_text(lines, encoding="utf-8")
    return len(questions)


def main(arguments: Sequence[str] | None = None) -> int:
    """The command line; returns 2 after an error (one line on stderr)."""
    parser = argparse.ArgumentParser(
        prog="python -m rag.feedback", description="Make a test set for rag.evaluate of the answers that were judged in the chat."
    )
    parser.add_argument("folder", type=Path, metavar="DIR", help="the folder to write corpus.jsonl and queries.jsonl into")
    parser.add_argument("--history", type=Path, metavar="FILE", help="the chat's conversations (default: RAG_HISTORY, or the user's own)")
    options = parser.parse_args(arguments)
    return run(lambda: _made(options))


def _made(options: argparse.Namespace) -> int:
    path = Settings.load(history=options.history).history or default_history()
    if not path.is_file():
        raise RagError(f"no conversations are kept in {path}; have some: python ui.py --history {shlex.quote(str(path))}")
    count = test_set(History(path).judged(), options.folder)
    if not count:
        raise RagError(f"nobody has judged an answer in {path} yet; judge some in the chat: python ui.py")
    print(f"{count} questions in {options.folder}; ask them: python -m rag.evaluate {shlex.quote(str(options.folder))}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
