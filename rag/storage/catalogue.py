"""The truth about an index, in one SQLite file: documents, passages, vectors, and what changed when; knows nothing of searching."""

import json
import os
import secrets
import shlex
import sqlite3
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import count
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rag.errors import IndexCorrupt, IndexMissing, RagError
from rag.records import Document, Heading, Holding, Origin, Passage, Repair
from rag.storage.lock import WriterLock
from rag.storage.store import Entry, Vectors, checked

FILE = "catalogue.sqlite"

Keys = NDArray[np.int64]

_SCHEMA_VERSION = 2

# `key` numbers passages for the caches and is never given twice, nor are keys of a later generation ever smaller than those of an
# earlier one. Vectors have a table of their own: all of them are read at once, without the texts.
_SCHEMA = """
CREATE TABLE meta (schema INTEGER, model TEXT, dimension INTEGER, lineage TEXT, generation INTEGER);
CREATE TABLE sources (source TEXT PRIMARY KEY, digest TEXT, added TEXT);
CREATE TABLE documents (
    id TEXT PRIMARY KEY, source TEXT REFERENCES sources ON DELETE CASCADE, place INTEGER, title TEXT, text TEXT, byline TEXT,
    section TEXT, date TEXT, headings TEXT, runs TEXT, origins TEXT, repairs TEXT, warnings TEXT, metadata TEXT);
CREATE INDEX documents_of_source ON documents (source, place);
CREATE TABLE passages (
    key INTEGER PRIMARY KEY AUTOINCREMENT, generation INTEGER, place INTEGER, id TEXT UNIQUE,
    document_id TEXT REFERENCES documents ON DELETE CASCADE,
    number INTEGER, heading TEXT, text TEXT, start INTEGER, stop INTEGER, first_line INTEGER, last_line INTEGER, pages TEXT);
CREATE INDEX passages_of_document ON passages (document_id, place);
CREATE INDEX passages_of_generation ON passages (generation);
CREATE TABLE vectors (key INTEGER PRIMARY KEY REFERENCES passages ON DELETE CASCADE, vector BLOB);
CREATE TABLE removed (generation INTEGER, key INTEGER, PRIMARY KEY (generation, key)) WITHOUT ROWID;
"""

_DOCUMENT = "d.id, d.source, d.title, d.text, d.byline, d.section, d.date, d.headings, d.runs, d.origins, d.repairs, d.warnings, d.metadata"
_PASSAGE = "p.id, p.document_id, p.number, p.heading, p.text, p.start, p.stop, p.first_line, p.last_line, p.pages"

_AT_ONCE = 4096


@dataclass(frozen=True, slots=True)
class State:
    """What the catalogue is at one moment.

    `generation` counts its changes. `lineage` is a random name that stays while the log of changes tells the whole story: it is
    another one in a new catalogue and after all passages were embedded anew, so a cache of another lineage is of no use.
    """

    model: str
    dimension: int
    lineage: str
    generation: int


class Catalogue:
    """An open catalogue. Not safe for several threads at once; any number of processes may read while one writes."""

    def __init__(self, folder: Path, *, write: bool = False) -> None:
        """Open the catalogue in `folder`. Raises IndexMissing, or IndexCorrupt where there is one that cannot be read."""
        self._folder = folder
        self._path = folder / FILE
        self._write = write
        self._db = self._open()
        self._seen: tuple[object, ...] | None = self._fingerprint()

    @staticmethod
    def create(folder: Path, *, model: str, dimension: int) -> None:
        """Make an empty catalogue in `folder`. The caller holds the writer's lock."""
        path, new = folder / FILE, folder / f"{FILE}.new"
        _set_files_aside(folder, (f"{FILE}-wal", f"{FILE}-shm"))  # SQLite would read them into the new file
        new.unlink(missing_ok=True)
        db = sqlite3.connect(new, isolation_level=None)
        try:
            db.execute("PRAGMA journal_mode = WAL")
            db.executescript(f"BEGIN; {_SCHEMA} COMMIT;")
            db.execute("INSERT INTO meta VALUES (?, ?, ?, ?, 0)", (_SCHEMA_VERSION, model, dimension, secrets.token_hex(4)))
        finally:
            db.close()
        new.replace(path)
        sync_folder(folder)

    def close(self) -> None:
        """Close the file; a transaction that is under way is undone."""
        self._db.close()

    def follow(self) -> None:
        """Open the file anew where another one has taken its place, or where it could change unseen."""
        if self._fingerprint() != self._seen:
            self._db.close()
            # Where there is none to open now, the next one may look just as this one did: a file's number is soon given again.
            self._seen = None
            self._db = self._open()
            self._seen = self._fingerprint()

    @contextmanager
    def snapshot(self) -> Iterator[State]:
        """Within it every reading is of one moment, whoever writes meanwhile."""
        if self._db.in_transaction:
            yield self.state()
            return
        with self._translated():
            self._db.execute("BEGIN")
        try:
            yield self.state()
        finally:
            if self._db.in_transaction:
                self._db.execute("ROLLBACK")

    def state(self) -> State:
        """The recorded model, and how far the catalogue has come."""
        rows = self._rows("SELECT model, dimension, lineage, generation FROM meta")
        if len(rows) != 1:
            raise IndexCorrupt(_corrupt(self._folder, "it does not say what it holds"))
        return State(*rows[0])

    # Writing

    def replace(self, source: str, entries: Iterable[Entry], digest: str) -> int:
        """`Store.replace`, in one transaction; returns how many passages the caches have to add or remove.

        A passage that reads as before and has the same vector keeps its key, so that it costs the caches nothing.
        """
        with self._change() as state:
            before = {row[0]: row[1:] for row in self._rows(_PASSAGES_OF_SOURCE, source)}
            self._run("DELETE FROM sources WHERE source = ?", source)
            self._run("INSERT INTO sources VALUES (?, ?, ?)", source, digest, datetime.now(UTC).isoformat(timespec="seconds"))
            kept, new = set(), 0
            for place, (document, passages, vectors) in enumerate(checked(source, entries, state.dimension)):
                self._insert("INSERT INTO documents VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", _document_row(document, place))
                for number, passage in enumerate(passages):
                    vector = np.asarray(vectors[number], dtype="<f2").tobytes()
                    key, generation, *known = before.get(passage.id, (None, state.generation))
                    if known == [document.title, passage.heading, passage.text, vector]:
                        kept.add(key)
                    else:
                        key, generation, new = None, state.generation, new + 1
                    row = (key, generation, number, *_passage_row(passage))
                    key = self._insert("INSERT INTO passages VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", row)
                    self._run("INSERT INTO vectors VALUES (?, ?)", key, vector)
            gone = [row[0] for row in before.values() if row[0] not in kept]
            self._log_removed(state.generation, gone)
        return new + len(gone)

    def remove(self, source: str) -> int:
        """`Store.remove`, in one transaction; returns how many passages the caches have to remove."""
        if not self._rows("SELECT 1 FROM sources WHERE source = ?", source):
            return 0
        with self._change() as state:
            gone = [row[1] for row in self._rows(_PASSAGES_OF_SOURCE, source)]
            self._run("DELETE FROM sources WHERE source = ?", source)
            self._log_removed(state.generation, gone)
        return len(gone)

    def reembed(self, encode: Callable[[list[tuple[Document, Passage]]], Vectors], *, model: str, dimension: int) -> None:
        """Give every passage another vector and record another model, in one transaction.

        `encode` is given some passages with their documents and returns their vectors: shape (passages, dimension).
        """
        with self._change():
            for batch in self._batches(0):
                vectors = encode([(document, passage) for _, document, passage in batch])
                if vectors.shape != (len(batch), dimension):
                    raise ValueError(f"{len(batch)} passages want vectors of shape {(len(batch), dimension)}, not {vectors.shape}")
                halves = vectors.astype("<f2")
                with self._translated():
                    self._db.executemany(
                        "UPDATE vectors SET vector = ? WHERE key = ?",
                        [(half.tobytes(), key) for half, (key, _, _) in zip(halves, batch, strict=True)],
                    )
            self._run("DELETE FROM removed")
            self._run("UPDATE meta SET model = ?, dimension = ?, lineage = ?", model, dimension, secrets.token_hex(4))

    # What the caches ask

    def removed_since(self, generation: int) -> list[int]:
        """The keys of the passages removed after `generation`, among them some that were added after it."""
        return [key for (key,) in self._rows("SELECT key FROM removed WHERE generation > ?", generation)]

    def vectors_since(self, generation: int) -> Iterator[tuple[Keys, Vectors]]:
        """The keys (n,) and vectors (n, dimension) of the passages added after `generation`, some at a time, by key."""
        dimension = self.state().dimension
        last = self._last_key(generation)
        while rows := self._rows("SELECT key, vector FROM vectors WHERE key > ? ORDER BY key LIMIT ?", last, _AT_ONCE):
            keys = np.array([key for key, _ in rows], dtype=np.int64)
            yield keys, _vectors((vector for _, vector in rows), dimension)
            last = rows[-1][0]

    def passages_since(self, generation: int) -> Iterator[tuple[int, Document, Passage]]:
        """The passages added after `generation` with their keys and documents, by key."""
        for batch in self._batches(self._last_key(generation)):
            yield from batch

    def ids(self, keys: Sequence[int]) -> dict[int, str]:
        """The ids of these passages by key; those that are gone are left out."""
        return dict(self._rows("SELECT p.key, p.id FROM json_each(?) j JOIN passages p ON p.key = j.value", json.dumps(keys)))

    def keys_of(self, passage_ids: Sequence[str]) -> dict[int, str]:
        """The ids of these passages by key; those that are not there are left out."""
        sql = "SELECT p.key, p.id FROM json_each(?) j JOIN passages p ON p.id = j.value"
        return dict(self._rows(sql, json.dumps(passage_ids)))

    # What stores ask

    def sources(self) -> dict[str, str]:
        """`Store.sources`."""
        return dict(self._rows("SELECT source, digest FROM sources ORDER BY source"))

    def holdings(self) -> list[Holding]:
        """`Store.holdings`."""
        return [
            Holding(source, documents, passages, since, until, added, self._warnings(source))
            for source, documents, passages, since, until, added in self._rows(_HOLDINGS)
        ]

    def _warnings(self, source: str) -> tuple[str, ...]:
        rows = self._rows("SELECT warnings FROM documents WHERE source = ? AND warnings <> '[]' ORDER BY place", source)
        return tuple(dict.fromkeys(warning for (warnings,) in rows for warning in json.loads(warnings)))

    def entries(self, source: str) -> tuple[list[Entry], str]:
        """`Store.entries`."""
        digest = self.sources()[source]
        documents = [self.document(name) for (name,) in self._rows("SELECT id FROM documents WHERE source = ? ORDER BY place", source)]
        passages = [self.passages(document.id) for document in documents]
        vectors = [self.vectors([passage.id for passage in found]) for found in passages]
        return list(zip(documents, passages, vectors, strict=True)), digest

    def passage(self, passage_id: str) -> Passage:
        """`Store.passage`."""
        for row in self._rows(f"SELECT {_PASSAGE} FROM passages p WHERE p.id = ?", passage_id):
            return _passage(row)
        raise KeyError(passage_id)

    def read(self, passage_ids: Sequence[str]) -> list[Passage]:
        """`Store.read`."""
        sql = f"SELECT {_PASSAGE} FROM json_each(?) j JOIN passages p ON p.id = j.value ORDER BY j.key"
        return [_passage(row) for row in self._rows(sql, json.dumps(passage_ids))]

    def keys(self, admits: Callable[[Document], bool]) -> Keys:
        """The keys of the passages of the documents that `admits` holds of; it is shown id, source, title, section and date alone."""
        rows = self._rows("SELECT id, source, title, section, date FROM documents")
        shown = (Document(name, source, title, "", section=section, date=date) for name, source, title, section, date in rows)
        admitted = [document.id for document in shown if admits(document)]
        sql = "SELECT p.key FROM json_each(?) j JOIN passages p ON p.document_id = j.value"
        return np.array([key for (key,) in self._rows(sql, json.dumps(admitted))], dtype=np.int64)

    def document(self, document_id: str) -> Document:
        """`Store.document`."""
        for row in self._rows(f"SELECT {_DOCUMENT} FROM documents d WHERE d.id = ?", document_id):
            return _document(row)
        raise KeyError(document_id)

    def documents(self, offset: int = 0, limit: int | None = None) -> list[Document]:
        """`Store.documents`."""
        # The rows that are passed over are counted in the index, and their texts left alone.
        some = "SELECT rowid FROM documents ORDER BY source, place LIMIT ? OFFSET ?"
        sql = f"SELECT {_DOCUMENT} FROM documents d WHERE d.rowid IN ({some}) ORDER BY d.source, d.place"
        return [_document(row) for row in self._rows(sql, -1 if limit is None else limit, offset)]

    def latest(self, limit: int) -> list[Document]:
        """`Store.latest`."""
        return [_document(row) for row in self._rows(f"SELECT {_DOCUMENT} FROM documents d ORDER BY d.rowid DESC LIMIT ?", limit)]

    def document_count(self) -> int:
        """`Store.document_count`."""
        count: int = self._rows("SELECT count(*) FROM documents")[0][0]
        return count

    def passages(self, document_id: str) -> list[Passage]:
        """`Store.passages`."""
        rows = self._rows(f"SELECT {_PASSAGE} FROM passages p WHERE p.document_id = ? ORDER BY p.place", document_id)
        if not rows and not self._rows("SELECT 1 FROM documents WHERE id = ?", document_id):
            raise KeyError(document_id)
        return [_passage(row) for row in rows]

    def vectors(self, passage_ids: Sequence[str]) -> Vectors:
        """The stored vectors of these passages: shape (passage_ids, dimension); KeyError for an id that is not there."""
        found = dict(
            self._rows(
                "SELECT p.id, v.vector FROM json_each(?) j JOIN passages p ON p.id = j.value JOIN vectors v ON v.key = p.key",
                json.dumps(passage_ids),
            )
        )
        return _vectors((found[passage_id] for passage_id in passage_ids), self.state().dimension)

    def __len__(self) -> int:
        """How many passages there are."""
        # As many as there are vectors, whose table takes a thousand times as long to count.
        length: int = self._rows("SELECT count(*) FROM passages")[0][0]
        return length

    # SQLite

    def _open(self) -> sqlite3.Connection:
        if not self._path.exists():
            where = shlex.quote(str(self._folder))
            raise IndexMissing(f"there is no index in {self._folder}; build one: python -m rag.ingest PATH… --index {where}")
        db = self._connect("mode=rw")
        try:
            self._probe(db)
        except sqlite3.OperationalError as error:
            db.close()
            unwritable = _code(error) in (sqlite3.SQLITE_READONLY, sqlite3.SQLITE_CANTOPEN)
            if self._write or not unwritable:
                raise IndexCorrupt(_corrupt(self._folder, error)) from error
            return self._open_immutable(error)
        except (sqlite3.DatabaseError, ValueError) as error:
            db.close()
            raise IndexCorrupt(_corrupt(self._folder, error)) from error
        return db

    def _open_immutable(self, reason: Exception) -> sqlite3.Connection:
        """Open where neither the file nor its folder may be written to, not even SQLite's notes on who reads."""
        if self._has_log():
            # Opened as immutable the log would be passed over, and with it what was acknowledged last.
            where = shlex.quote(str(self._folder))
            raise IndexCorrupt(
                f"the index {self._folder} was not closed and this user may not write there ({reason}); "
                f"have one who may open it once: python -m rag.ask 你好 --index {where}"
            ) from reason
        db = self._connect("immutable=1")
        try:
            self._probe(db)
        except (sqlite3.DatabaseError, ValueError) as error:
            db.close()
            raise IndexCorrupt(_corrupt(self._folder, error)) from error
        return db

    def _connect(self, mode: str) -> sqlite3.Connection:
        # Threads take turns by the store's lock; SQLite itself is compiled to be safe for them.
        uri = f"{self._path.absolute().as_uri()}?{mode}"
        return sqlite3.connect(uri, uri=True, timeout=30, isolation_level=None, check_same_thread=False)

    def _probe(self, db: sqlite3.Connection) -> None:
        (version,) = db.execute("SELECT schema FROM meta").fetchone() or (None,)
        if version != _SCHEMA_VERSION:
            raise ValueError(f"its tables are of version {version}, not {_SCHEMA_VERSION}")
        db.execute("PRAGMA foreign_keys = ON")
        # A commit that was acknowledged outlives a power cut, not only a killed process.
        db.execute("PRAGMA synchronous = FULL")
        if not self._write:
            db.execute("PRAGMA query_only = ON")

    def _has_log(self) -> bool:
        log = self._folder / f"{FILE}-wal"
        return log.exists() and log.stat().st_size > 0

    def _fingerprint(self) -> tuple[object, ...]:
        """Tells another file from the one that was opened; where this user may not write, also another content."""
        try:
            about = self._path.stat()
        except FileNotFoundError:
            return ()
        if os.access(self._folder, os.W_OK):
            return (about.st_dev, about.st_ino)
        return (about.st_dev, about.st_ino, about.st_size, about.st_mtime_ns, self._has_log())

    @contextmanager
    def _translated(self) -> Iterator[None]:
        try:
            yield
        except sqlite3.DatabaseError as error:
            if _code(error) in (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB):
                raise IndexCorrupt(_corrupt(self._folder, error)) from error
            if _code(error) == sqlite3.SQLITE_FULL:
                where = shlex.quote(str(self._folder))
                raise RagError(f"there is no room to write the index {self._folder} ({error}); see what is left: df -h {where}") from error
            raise

    def _rows(self, sql: str, *values: Any) -> list[Any]:
        with self._translated():
            return self._db.execute(sql, values).fetchall()

    def _run(self, sql: str, *values: Any) -> None:
        with self._translated():
            self._db.execute(sql, values)

    def _insert(self, sql: str, row: tuple[Any, ...]) -> int:
        """Insert a row that carries an id of its own making and return the row's key."""
        try:
            with self._translated():
                return self._db.execute(sql, row).lastrowid or 0
        except sqlite3.IntegrityError as error:
            raise ValueError(f"an id is there twice: {error}") from error

    @contextmanager
    def _change(self) -> Iterator[State]:
        """A transaction that brings the next generation, or nothing at all; yields the state it leads to."""
        with self._translated():
            self._db.execute("BEGIN IMMEDIATE")
        try:
            self._run("UPDATE meta SET generation = generation + 1")
            yield self.state()
            with self._translated():
                self._db.execute("COMMIT")
        finally:
            if self._db.in_transaction:
                self._db.execute("ROLLBACK")

    def _log_removed(self, generation: int, keys: Iterable[int]) -> None:
        with self._translated():
            self._db.executemany("INSERT INTO removed VALUES (?, ?)", [(generation, key) for key in keys])

    def _last_key(self, generation: int) -> int:
        """A key that every passage of up to `generation` reaches at most, and every later one exceeds."""
        sql = "SELECT key FROM passages WHERE generation <= ? ORDER BY generation DESC, key DESC LIMIT 1"
        for (key,) in self._rows(sql, generation):
            return int(key)
        return 0

    def _batches(self, last: int) -> Iterator[list[tuple[int, Document, Passage]]]:
        """The passages whose key exceeds `last`, some at a time, by key."""
        documents: dict[str, Document] = {}
        sql = f"SELECT p.key, {_PASSAGE} FROM passages p WHERE p.key > ? ORDER BY p.key LIMIT 256"
        while rows := self._rows(sql, last):
            passages = [(key, _passage(row)) for key, *row in rows]
            wanted = {passage.document_id for _, passage in passages}
            documents = {name: documents.get(name) or self.document(name) for name in wanted}
            yield [(key, documents[passage.document_id], passage) for key, passage in passages]
            last = rows[-1][0]


# Passages are counted by the index of their documents, without a look at their texts.
_HOLDINGS = """
SELECT s.source, count(d.id), coalesce(sum((SELECT count(*) FROM passages p WHERE p.document_id = d.id)), 0),
  coalesce(min(nullif(d.date, '')), ''), coalesce(max(nullif(d.date, '')), ''), s.added
FROM sources s LEFT JOIN documents d ON d.source = s.source GROUP BY s.source ORDER BY s.source
"""

_PASSAGES_OF_SOURCE = """
SELECT p.id, p.key, p.generation, d.title, p.heading, p.text, v.vector
FROM documents d JOIN passages p ON p.document_id = d.id JOIN vectors v ON v.key = p.key WHERE d.source = ?
"""


def set_aside(folder: Path) -> list[Path]:
    """Rename the catalogue of `folder` to *.broken-1, or the next number that is free, so that a new one can be made there.

    Returns the new names; nothing is deleted. Raises IndexInUse while another process writes.
    """
    lock = WriterLock(folder)
    lock.acquire()
    try:
        # The log first: a catalogue without its log can still be read, a log beside a new catalogue would spoil it.
        return _set_files_aside(folder, (f"{FILE}-wal", f"{FILE}-shm", FILE))
    finally:
        lock.release()


def sync_folder(folder: Path) -> None:
    """Have the names of the folder's files written to disk."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _set_files_aside(folder: Path, names: Sequence[str]) -> list[Path]:
    present = [folder / name for name in names if (folder / name).exists()]
    taken = {path.suffix for path in folder.glob(f"{FILE}*.broken-*")}
    suffix = next(f".broken-{n}" for n in count(1) if f".broken-{n}" not in taken)
    return [path.rename(path.with_name(path.name + suffix)) for path in present]


def _corrupt(folder: Path, reason: object) -> str:
    where = shlex.quote(str(folder))
    return f"the index {folder} cannot be read ({reason}); build it anew: python -m rag.ingest PATH… --rebuild --index {where}"


def _code(error: sqlite3.Error) -> int:
    return getattr(error, "sqlite_errorcode", 0) & 0xFF  # the upper bits say more than is asked here


def _vectors(halves: Iterable[bytes], dimension: int) -> Vectors:
    return np.frombuffer(b"".join(halves), dtype="<f2").reshape(-1, dimension).astype(np.float32)


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def _document_row(document: Document, place: int) -> tuple[Any, ...]:
    origins = [(o.start, o.end, o.raw_start, o.raw_end, o.line, o.page, o.box) for o in document.origins]
    repairs = [(r.line, r.column, r.raw, r.repaired, r.kind) for r in document.repairs]
    fields = (document.title, document.text, document.byline, document.section, document.date)
    headings = [(h.start, h.end, h.level) for h in document.headings]
    lists = (headings, document.runs, origins, repairs, document.warnings, dict(document.metadata))
    return (document.id, document.source, place, *fields, *map(_json, lists))


def _document(row: Sequence[Any]) -> Document:
    name, source, title, text, byline, section, date, headings, runs, origins, repairs, warnings, metadata = row
    return Document(
        id=name,
        source=source,
        title=title,
        text=text,
        byline=byline,
        section=section,
        date=date,
        headings=tuple(Heading(*heading) for heading in json.loads(headings)),
        runs=tuple((start, end) for start, end in json.loads(runs)),
        origins=tuple(_origin(*origin) for origin in json.loads(origins)),
        repairs=tuple(Repair(*repair) for repair in json.loads(repairs)),
        warnings=tuple(json.loads(warnings)),
        metadata=json.loads(metadata),
    )


def _origin(start: int, end: int, raw_start: int, raw_end: int, line: int, page: int | None, box: list[float] | None) -> Origin:
    return Origin(start, end, raw_start, raw_end, line, page, (box[0], box[1], box[2], box[3]) if box else None)


def _passage_row(passage: Passage) -> tuple[Any, ...]:
    place = (passage.number, passage.heading, passage.text, passage.start, passage.end)
    return (passage.id, passage.document_id, *place, *passage.lines, _json(passage.pages))


def _passage(row: Sequence[Any]) -> Passage:
    name, document_id, number, heading, text, start, end, first_line, last_line, pages = row
    return Passage(name, document_id, number, heading, text, start, end, (first_line, last_line), tuple(json.loads(pages)))
