"""Reads a test set, questions with what is right for them; knows nothing of who answers them, nor of scores.

It is a folder of corpus.jsonl, a document a line, {"id", "text", "title"?}, and queries.jsonl, a question a line: {"id", "question",
"gold": [ids], "answers": […], "answerable": bool} and, where there is more to say, "context": id and "references": [texts]. Other
keys are passed over.
"""

import json
import shlex
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rag.errors import RagError


@dataclass(frozen=True, slots=True)
class GoldQuestion:
    """A question, and what is right for it.

    `gold` are the ids of the documents that answer it; `context` is that of the document it is asked of, "" where it is asked of all.
    `answers` are alternatives; where any is a tuple, every item is required, a tuple by one of its texts. `references` are texts
    that the answer stands on. `answerable` is None where the set does not say.
    """

    id: str
    text: str
    gold: frozenset[str]
    context: str
    answers: tuple[str | tuple[str, ...], ...]
    references: tuple[str, ...]
    answerable: bool | None


def read(folder: Path) -> list[GoldQuestion]:
    """The questions of the test set in `folder`, in order; there is at least one.

    Raises RagError where a file or a line is not as it has to be, an id comes twice, or a question names a document that is not in
    the corpus. A document's text is not looked at.
    """
    if not folder.is_dir():
        raise RagError(
            f"{folder} is no folder; name one that holds corpus.jsonl and queries.jsonl: ls -l {shlex.quote(str(folder.parent))}"
        )
    documents = set(_rows(folder / "corpus.jsonl"))
    path = folder / "queries.jsonl"
    return [_question(path, number, row, documents) for number, row in _rows(path).values()]


def _question(path: Path, number: int, row: dict[str, Any], documents: set[str]) -> GoldQuestion:
    text, answerable, context = row.get("question"), row.get("answerable"), row.get("context")
    gold, answers, references = (row.get(name) or [] for name in ("gold", "answers", "references"))
    if not isinstance(text, str):
        raise _error(path, number, f'line {number} has no "question" that is a string')
    if answerable is not None and not isinstance(answerable, bool):
        raise _error(path, number, f'"answerable" of line {number} is neither true nor false')
    if not isinstance(gold, list) or not all(_is_id(one) for one in gold):
        raise _error(path, number, f'"gold" of line {number} is no list of ids')
    if context is not None and not _is_id(context):
        raise _error(path, number, f'"context" of line {number} is no id')
    if not _is_texts(references):
        raise _error(path, number, f'"references" of line {number} is no list of strings')
    if not isinstance(answers, list) or not all(isinstance(one, str) or (one and _is_texts(one)) for one in answers):
        raise _error(path, number, f'"answers" of line {number} is no list of strings, or of lists of them')
    named = [("gold", one) for one in gold] + ([("context", context)] if context is not None else [])
    for key, identity in named:
        if _id(identity) not in documents:
            raise _error(path, number, f'"{key}" of line {number} names {identity!r}, which is no document of corpus.jsonl')
    return GoldQuestion(
        id=_id(row["id"]),
        text=text,
        gold=frozenset(map(_id, gold)),
        context="" if context is None else _id(context),
        answers=tuple(one if isinstance(one, str) else tuple(one) for one in answers),
        references=tuple(references),
        answerable=answerable,
    )


def _rows(path: Path) -> dict[str, tuple[int, dict[str, Any]]]:
    """The objects of a .jsonl file and the numbers of their lines, by their ids."""
    where = shlex.quote(str(path))
    try:
        lines = path.read_text(encoding="utf-8-sig").split("\n")
    except OSError as error:
        mend = f"ls -l {shlex.quote(str(path.parent))}"
        raise RagError(f"{path} cannot be read ({error.strerror}), and a test set has that file; see what is there: {mend}") from error
    except UnicodeDecodeError as error:
        raise RagError(f"{path} is not in UTF-8; convert it: iconv -f gb18030 -t utf-8 {where} -o {where}.utf8") from error
    rows: dict[str, tuple[int, dict[str, Any]]] = {}
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        try:
            row = json.loads(line)
        except (ValueError, RecursionError) as error:
            raise _error(path, number, f"line {number} is no JSON object") from error
        if not isinstance(row, dict) or not _is_id(row.get("id")):
            raise _error(path, number, f'line {number} is no JSON object with an "id"')
        identity = _id(row["id"])
        if identity in rows:
            raise _error(path, number, f"lines {rows[identity][0]} and {number} have the same id {identity!r}")
        rows[identity] = (number, row)
    if not rows:
        raise RagError(f"{path} is empty; look at it: ls -l {where}")
    return rows


def _is_id(value: object) -> bool:
    """Whether a document's file may have this for an id: text that is not blank, or a whole number."""
    return (isinstance(value, str) and bool(value.strip())) or (isinstance(value, int) and not isinstance(value, bool))


def _id(value: str | int) -> str:
    """An id as a document of a .jsonl file gets it."""
    return str(value).strip()


def _is_texts(value: object) -> bool:
    return isinstance(value, list) and all(isinstance(one, str) for one in value)


def _error(path: Path, number: int, what: str) -> RagError:
    return RagError(f"{path}: {what}; look at it: sed -n {number}p {shlex.quote(str(path))}")
