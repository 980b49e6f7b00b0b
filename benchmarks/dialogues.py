"""How many follow-ups of made conversations are understood and answered as they should be: python -m benchmarks.dialogues.

The conversations are over the pages in examples/. Those of the half "seen" were in view while the rules of rag/answers/conversation.py
were made; those of the half "unseen" were written after the last change of a rule, and no rule was changed for them.
"""

import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from benchmarks.shared import ROOT, keep, rows
from rag.assistant import Assistant, examples
from rag.ingest import ingest
from rag.records import Answer, Turn
from rag.scoring import plain

DIALOGUES = ROOT / "benchmarks" / "dialogues.jsonl"
"""A conversation a line: its `half`, and its `turns`.

A turn has its `question`; `whole`, the same asked as a whole one, or "unchanged" where it is whole; what the question as understood
`holds` (a list within it gives alternatives) and `lacks`; and the strings of a right `answer`, null where a refusal is right.
"""

UNCHANGED = "unchanged"

HALVES = ("seen", "unseen")


@dataclass(frozen=True, slots=True)
class Asked:
    """A follow-up, how it was understood, whether rightly, and whether its answer was right: in the conversation and asked whole."""

    half: str
    turn: Mapping[str, Any]
    understood: str
    is_understood: bool
    is_answered: bool
    is_answered_whole: bool


def main() -> None:
    """Hold the conversations, print and keep the tables."""
    with tempfile.TemporaryDirectory() as folder:
        ingest(examples(), folder)
        with Assistant.open(folder) as assistant:
            found = [asked for dialogue in rows(DIALOGUES) for asked in held(assistant, dialogue)]
    keep("dialogues", _table(found))


def held(assistant: Assistant, dialogue: Mapping[str, Any]) -> list[Asked]:
    """The follow-ups of a conversation, each asked with what the turns before it were understood as and answered."""
    history: list[Turn] = []
    found: list[Asked] = []
    for turn in dialogue["turns"]:
        answer = assistant.answer(turn["question"], history=history)
        understood = answer.understood or answer.question
        if history:
            whole = answer if turn["whole"] == UNCHANGED and not answer.understood else assistant.answer(_asked_whole(turn))
            found.append(
                Asked(dialogue["half"], turn, understood, is_understood(turn, understood), _is_right(turn, answer), _is_right(turn, whole))
            )
        history.append(answer.turn)
    return found


def is_understood(turn: Mapping[str, Any], understood: str) -> bool:
    """Whether the question as understood is the one meant: it is untouched, or it holds and lacks what it should."""
    if turn["whole"] == UNCHANGED:
        return understood == str(turn["question"])
    text = plain(understood)
    groups = ([part] if isinstance(part, str) else part for part in turn["holds"])
    return all(any(plain(part) in text for part in group) for group in groups) and not any(
        plain(part) in text for part in turn.get("lacks", ())
    )


def _asked_whole(turn: Mapping[str, Any]) -> str:
    return str(turn["question"] if turn["whole"] == UNCHANGED else turn["whole"])


def _is_right(turn: Mapping[str, Any], answer: Answer) -> bool:
    if turn["answer"] is None or answer.refused:
        return answer.refused and turn["answer"] is None
    text = plain("".join(statement.text for statement in answer.statements))
    return all(plain(part) in text for part in turn["answer"])


def _table(found: list[Asked]) -> str:
    lines = ["| follow-ups | number | understood | answered rightly | answered rightly when asked whole |", "|---|---|---|---|---|"]
    for half in HALVES:
        of_half = [asked for asked in found if asked.half == half]
        lines.append(_row(half, of_half))
        lines.append(_row("– whole questions among them", [asked for asked in of_half if asked.turn["whole"] == UNCHANGED]))
    lines += [_row("all", found), "", "Asked for: 85 %. Not understood, or not rightly answered:", ""]
    lines += ["| half | question | understood as | meant | understood | answered |", "|---|---|---|---|---|---|"]
    for asked in found:
        if not (asked.is_understood and asked.is_answered):
            verdicts = " | ".join("yes" if verdict else "no" for verdict in (asked.is_understood, asked.is_answered))
            lines.append(f"| {asked.half} | {asked.turn['question']} | {asked.understood} | {_asked_whole(asked.turn)} | {verdicts} |")
    return "\n".join(lines)


def _row(name: str, found: list[Asked]) -> str:
    if not found:
        return f"| {name} | 0 | – | – | – |"
    counts = (
        sum(asked.is_understood for asked in found),
        sum(asked.is_answered for asked in found),
        sum(asked.is_answered_whole for asked in found),
    )
    return f"| {name} | {len(found)} | " + " | ".join(f"{count} ({count / len(found):.0%})" for count in counts) + " |"


if __name__ == "__main__":
    main()
