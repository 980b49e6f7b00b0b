"""The conversations of the chat in one SQLite file, each its user's own, with what people thought of the answers."""

import json
import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from rag.errors import RagError

LONGEST_TITLE = 40
"""Characters of a conversation's name: its first question, cut."""

_SCHEMA = """
CREATE TABLE IF NOT EXISTS conversations (
  id INTEGER PRIMARY KEY AUTOINCREMENT, user TEXT NOT NULL, title TEXT NOT NULL, updated TEXT NOT NULL
);
CREATE TABLE IF NOT EXISTS turns (
  conversation INTEGER NOT NULL REFERENCES conversations(id) ON DELETE CASCADE,
  number INTEGER NOT NULL, question TEXT NOT NULL, reply TEXT NOT NULL, cards TEXT NOT NULL,
  past_question TEXT, past_answer TEXT, answer TEXT NOT NULL, good INTEGER,
  PRIMARY KEY (conversation, number)
);
CREATE INDEX IF NOT EXISTS of_user ON conversations (user, updated);
"""


@dataclass(frozen=True, slots=True)
class Kept:
    """A turn as it is kept: its HTML, what the next question may follow up, the answer as JSON, and what was thought of it.

    `past` is a question and what was said to it, None where the answer failed or was stopped; `answer` is by the contract of
    rag.rendering.as_json, empty then too; `good` is None where nobody said.
    """

    question: str
    reply: str
    cards: str = ""
    past: tuple[str, str] | None = None
    answer: Mapping[str, Any] | None = None
    good: bool | None = None


@dataclass(frozen=True, slots=True)
class Conversation:
    """A conversation in the list: its id, its name, and when it last went on, as ISO 8601."""

    id: int
    title: str
    updated: str


class History:
    """The conversations in a file. Safe to use from several threads and processes: each call opens the file for itself."""

    def __init__(self, path: Path) -> None:
        """Open the file, or make it, for its owner's eyes alone. Raises RagError when that cannot be."""
        self._path = path
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.touch(mode=0o600)
        except OSError as error:
            raise RagError(
                f"conversations cannot be kept in {path}: {error.strerror}; name another file: python ui.py --history FILE"
            ) from error
        with self._opened() as database:
            database.executescript(f"PRAGMA journal_mode=WAL;{_SCHEMA}")

    def conversations(self, user: str) -> list[Conversation]:
        """Those of a user, the latest first."""
        with self._opened() as database:
            rows = database.execute("SELECT id, title, updated FROM conversations WHERE user = ? ORDER BY updated DESC, id DESC", (user,))
            return [Conversation(*row) for row in rows]

    def turns(self, user: str, conversation: int) -> list[Kept]:
        """The turns of a user's conversation, in order; none where it is not theirs."""
        with self._opened() as database:
            rows = database.execute(
                "SELECT question, reply, cards, past_question, past_answer, answer, good FROM turns "
                "JOIN conversations ON id = conversation WHERE conversation = ? AND user = ? ORDER BY number",
                (conversation, user),
            )
            return [_kept(*row) for row in rows]

    def keep(self, user: str, conversation: int | None, turns: Sequence[Kept]) -> int:
        """Keep the last of the `turns` of a user's conversation; the conversation's id.

        They all become a new one where those before the last are not what is kept of it: it is not there any more, or went on elsewhere.
        """
        now = datetime.now(UTC).isoformat(timespec="milliseconds")
        *before, last = turns
        with self._opened() as database:
            database.execute("BEGIN IMMEDIATE")  # nobody goes on with it between the look and the writing
            rows = database.execute(
                "SELECT question FROM turns JOIN conversations ON id = conversation WHERE conversation = ? AND user = ? ORDER BY number",
                (conversation, user),
            )
            if conversation is not None and before and [question for (question,) in rows] == [turn.question for turn in before]:
                database.execute("UPDATE conversations SET updated = ? WHERE id = ?", (now, conversation))
                added = [(len(turns), last)]
            else:
                title = " ".join(turns[0].question.split())[:LONGEST_TITLE]
                cursor = database.execute("INSERT INTO conversations (user, title, updated) VALUES (?, ?, ?)", (user, title, now))
                conversation = int(cursor.lastrowid or 0)
                added = list(enumerate(turns, start=1))
            for number, turn in added:
                past, answer = turn.past or (None, None), json.dumps(turn.answer, ensure_ascii=False)
                row = (conversation, number, turn.question, turn.reply, turn.cards, *past, answer, turn.good)
                database.execute("INSERT INTO turns VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)", row)
        return conversation

    def judge(self, user: str, conversation: int, number: int, *, good: bool) -> bool:
        """Note what a user thinks of an answer; whether there was one of theirs."""
        with self._opened() as database:
            return bool(
                database.execute(
                    "UPDATE turns SET good = ? WHERE number = ? "
                    "AND conversation = (SELECT id FROM conversations WHERE id = ? AND user = ?)",
                    (good, number, conversation, user),
                ).rowcount
            )

    def remove(self, user: str, conversation: int) -> None:
        """Forget a conversation of a user's."""
        with self._opened() as database:
            database.execute("DELETE FROM conversations WHERE id = ? AND user = ?", (conversation, user))

    def judged(self) -> Iterator[Kept]:
        """The turns of all users that somebody judged, in the order in which they were asked."""
        with self._opened() as database:
            rows = database.execute(
                "SELECT question, reply, cards, past_question, past_answer, answer, good FROM turns "
                "WHERE good IS NOT NULL ORDER BY conversation, number"
            ).fetchall()
        yield from (_kept(*row) for row in rows)

    @contextmanager
    def _opened(self) -> Iterator[sqlite3.Connection]:
        """The database for one transaction, which is undone where an error leaves it."""
        try:
            with closing(sqlite3.connect(self._path, timeout=30)) as database, database:
                database.execute("PRAGMA foreign_keys=ON")
                yield database
        except sqlite3.DatabaseError as error:
            raise RagError(
                f"the conversations in {self._path} cannot be read: {error}; put the file aside: mv {self._path} {self._path}.bad"
            ) from error


def _kept(question: str, reply: str, cards: str, past_question: str | None, past_answer: str | None, answer: str, good: int | None) -> Kept:
    past = (past_question, past_answer or "") if past_question is not None else None
    return Kept(question, reply, cards, past, json.loads(answer), None if good is None else bool(good))
