"""The collections that a chat asks, each an index, and what people put into them and take out; knows nothing of pages or browsers."""

import hashlib
import logging
import re
import shutil
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from itertools import count
from pathlib import Path
from queue import SimpleQueue
from typing import TYPE_CHECKING, Any

from rag.console import log
from rag.errors import DocumentError, IndexInUse, RagError
from rag.ingest import EMBEDDING, ingest
from rag.records import Document, Holding, Passage
from rag.settings import default_index

if TYPE_CHECKING:
    from rag.assistant import Assistant
    from rag.storage import Entry

FILES, REMOVED = "files", "removed"
"""The folders in an index for the files that were put into it here, and for those whose removal may yet be undone."""

MOST_REMOVED = 20
"""How many removals of a collection can be undone."""

KEPT_FOR = 24 * 3600
"""Seconds after which a removed file is deleted that the process which removed it left behind."""

_NAMING = threading.Lock()
_LONGEST_NAME = 40
_NO_NAME = re.compile(r'[\x00-\x1f/\\:*?"<>|]|^[.~ ]|[. ]$')

IN_USE = "另一个程序正在写这个文档集，请稍后再试"
GONE = "文件已不在原处"
NO_ROOM = "服务器上存不下这个文件"
UNKNOWN = "读取时出了错，请看服务器的记录"
IS_BACK = "这个文件又在文档集里了，没有再放回"


@dataclass(frozen=True, slots=True)
class Reading:
    """A file on its way into a collection: its name, and how far it is.

    `fate` is "waiting", "reading", or, in the end, what a Report says of it; `done` of `total` passages have their vectors, where that
    takes long. `reason` says in Chinese why it failed. `holding` is what the index has of it then.
    """

    name: str
    fate: str = "waiting"
    reason: str = ""
    done: int = 0
    total: int = 0
    holding: Holding | None = None


@dataclass(frozen=True, slots=True)
class Removal:
    """A source that was taken out of a collection, and all that it takes to put it back."""

    key: str
    source: str
    entries: "list[Entry]"
    digest: str
    moved: Path | None


class Library:
    """The collections by name: the index of an assistant, and those in the subfolders of `folder`. Safe to use from several threads.

    With `fixed`, nothing can be changed. Closing it closes the assistants that it opened, and not the one it was given.
    """

    def __init__(self, assistant: "Assistant", folder: Path | None = None, *, fixed: bool = False) -> None:
        self.fixed = fixed
        self._folder = folder
        self._mutex = threading.RLock()
        self._writing = threading.Lock()
        index = assistant.settings.index
        self.first = "默认" if index == default_index() else index.resolve().name
        self._open: dict[str, Assistant] = {self.first: assistant}
        self._removed: dict[str, list[Removal]] = {}
        self._keys = count(1)
        if not fixed:
            _sweep(index)

    @property
    def names(self) -> list[str]:
        """The collections, the first one first, the others in the order of their names."""
        return [self.first, *sorted(name for name in self._folders() if name != self.first)]

    @property
    def grows(self) -> bool:
        """Whether new collections can be made."""
        return not self.fixed and self._folder is not None

    def assistant(self, name: str | None) -> "Assistant":
        """Who answers from a collection; from the first one where there is none of this name. Raises the errors of the store."""
        with self._mutex:
            if name and name not in self._open and (folder := self._folders().get(name)):
                self._open[name] = self._open[self.first].beside(folder)
                if not self.fixed:
                    _sweep(folder)
            return self._open.get(name or self.first, self._open[self.first])

    def create(self, name: str) -> str:
        """Make an empty collection; its name. Raises DocumentError, with a reason, where there can be none of that name."""
        from rag.storage import open_store

        name = " ".join(name.split())
        if self.fixed or self._folder is None:
            raise DocumentError("this library is fixed; serve one that is not: python ui.py", reason="这里不能新建文档集")
        if not name or len(name) > _LONGEST_NAME or _NO_NAME.search(name):
            raise DocumentError(
                f"{name!r} is no name for a folder; choose another: python ui.py",
                reason=f"名字要有 1 到 {_LONGEST_NAME} 个字，不含 / 等符号",
            )
        with self._mutex:
            if name in self.names:
                raise DocumentError(f"there is a collection {name!r}; choose another name: python ui.py", reason="已有这个名字的文档集")
            encoder = self._open[self.first].encoder
            open_store(self._folder / name, model=encoder.name, dimension=encoder.dimension, create=True).close()
        return name

    def holdings(self, name: str | None) -> list[Holding]:
        """What a collection holds, what was read last first."""
        return sorted(self.assistant(name).holdings(), key=lambda holding: holding.added, reverse=True)

    def source(self, name: str | None, key: str) -> str | None:
        """The source that has this `key_of`, None where there is none (any more)."""
        return next((holding.source for holding in self.assistant(name).holdings() if key_of(holding.source) == key), None)

    def understood(self, name: str | None, source: str) -> list[tuple[Document, list[Passage]]]:
        """How a source was understood: its documents with their passages; none where it is not there."""
        try:
            entries, _ = self.assistant(name).entries(source)
        except KeyError:
            return []
        return [(document, list(passages)) for document, passages, _ in entries]

    def add(self, name: str | None, uploads: Sequence[Path]) -> Iterator[list[Reading]]:
        """Put files into a collection, which keeps copies of them; how far each one is, again and again.

        The uploads are moved. One whose characters are there already is not kept twice; of two that differ and have one name the
        second is given another.
        """
        self._may_change()
        readings = [Reading(upload.name) for upload in uploads]
        yield list(readings)
        places: list[Path | None] = []
        for number, upload in enumerate(uploads):
            try:
                kept = _kept(upload, self._index(name) / FILES)
                twice = kept in places
                places.append(None if twice else kept)
                if twice:
                    readings[number] = replace(readings[number], fate="unchanged")
            except OSError as error:
                logging.getLogger(__name__).error("%s cannot be kept", upload, exc_info=error)
                places.append(None)
                readings[number] = replace(readings[number], fate="failed", reason=NO_ROOM)
        yield from self._read(name, places, readings)

    def reread(self, name: str | None, sources: Sequence[str]) -> Iterator[list[Reading]]:
        """Read files of a collection again, those that have changed; how far each one is, again and again."""
        readings = [Reading(Path(source).name) for source in sources]
        places: list[Path | None] = [Path(source) for source in sources]
        for number, place in enumerate(places):
            if place and not place.is_file():
                places[number] = None
                readings[number] = replace(readings[number], fate="failed", reason=GONE)
        yield from self._read(name, places, readings)

    def remove(self, name: str | None, source: str) -> Removal | None:
        """Take a source out of a collection, and the copy of its file, if the collection has one; None where it is not there.

        A file that lies elsewhere is left alone.
        """
        self._may_change()
        with self._writing:
            try:
                entries, digest = self.assistant(name).entries(source)
            except KeyError:
                return None
            with self._store(name) as store:
                store.remove(source)
            key, place, moved = str(next(self._keys)), Path(source), None
            if place.parent == self._index(name) / FILES and place.is_file():
                moved = self._index(name) / REMOVED / f"{time.time_ns()}-{place.name}"
                moved.parent.mkdir(exist_ok=True)
                place.rename(moved)
                moved.touch()  # _sweep goes by it
            removal = Removal(key, source, entries, digest, moved)
            with self._mutex:
                removed = self._removed.setdefault(name or self.first, [])
                removed.append(removal)
                while len(removed) > MOST_REMOVED:
                    _forget(removed.pop(0))
        return removal

    def removals(self, name: str | None) -> list[Removal]:
        """What can be put back into a collection, the last one first."""
        with self._mutex:
            return self._removed.get(name or self.first, [])[::-1]

    def restore(self, name: str | None, key: str) -> str | None:
        """Undo a removal: index and file are as they were; the source, None where there is nothing to undo.

        Raises DocumentError where the source is there again.
        """
        self._may_change()
        with self._writing, self._mutex:
            removed = self._removed.get(name or self.first, [])
            removal = next((one for one in removed if one.key == key), None)
            if removal is None:
                return None
            with self._store(name) as store:
                if removal.source in store.sources():
                    raise DocumentError(f"{removal.source} is there again; see what is held: python ui.py", reason=IS_BACK)
                if removal.moved and removal.moved.is_file() and not Path(removal.source).exists():
                    removal.moved.rename(removal.source)
                store.replace(removal.source, removal.entries, removal.digest)
            removed.remove(removal)
        return removal.source

    def close(self) -> None:
        """Close what was opened here, once what is being read is read, and delete what cannot be put back any more."""
        with self._writing, self._mutex:
            for removal in (removal for removed in self._removed.values() for removal in removed):
                _forget(removal)
            self._removed.clear()
            for name in [name for name in self._open if name != self.first]:
                self._open.pop(name).close()

    def _read(self, name: str | None, places: Sequence[Path | None], readings: list[Reading]) -> Iterator[list[Reading]]:
        """Read the files that have a place, one after another; `readings` again whenever one of them has changed."""
        self._may_change()
        numbers = {place.as_posix(): number for number, place in enumerate(places) if place}
        now = list(readings)
        yield list(now)
        for heard in _told(lambda tell: self._ingest(name, list(numbers), tell)):
            number, change = numbers.get(heard.pop("path"), -1), heard
            if number >= 0:
                now[number] = replace(now[number], **change)
            elif "reason" in change:  # nothing can be read, whatever the file
                now = [replace(one, **change) if one.fate in ("waiting", "reading") else one for one in now]
            yield list(now)
        held = {holding.source: holding for holding in self.assistant(name).holdings()}
        yield [replace(one, holding=held.get(place.as_posix()) if place else None) for one, place in zip(now, places, strict=True)]

    def _ingest(self, name: str | None, paths: Sequence[str], tell: Callable[[dict[str, Any]], None]) -> None:
        assistant = self.assistant(name)
        reached = iter(paths)
        current = ""

        def progress(step: str, done: int, total: int) -> None:
            nonlocal current
            if step == EMBEDDING:
                tell({"path": current, "done": done, "total": total})
            elif done < total:
                current = next(reached, "")
                tell({"path": current, "fate": "reading"})

        def fated(path: str, fate: str, error: RagError | None) -> None:
            reason = getattr(error, "reason", "") or UNKNOWN if error else ""
            tell({"path": Path(path).as_posix(), "fate": fate, "reason": reason})

        try:
            if paths:
                with self._writing:
                    try:
                        ingest(paths, on_progress=progress, settings=assistant.settings, encoder=assistant.encoder, on_file=fated)
                    finally:
                        self._discard(name, paths)
        except IndexInUse:
            tell({"path": "", "fate": "failed", "reason": IN_USE})
        except Exception as error:  # whoever waits for the files is told, whatever went wrong
            log(error)
            tell({"path": "", "fate": "failed", "reason": UNKNOWN})

    def _discard(self, name: str | None, paths: Sequence[str]) -> None:
        """Delete the copies of files that could not be read."""
        folder = self._index(name) / FILES
        copies = [path for path in map(Path, paths) if path.parent == folder]
        held = {holding.source for holding in self.assistant(name).holdings()} if copies else set()
        for path in copies:
            if path.as_posix() not in held:
                path.unlink(missing_ok=True)

    def _store(self, name: str | None) -> Any:
        from rag.storage import open_store

        return open_store(self._index(name), write=True)

    def _index(self, name: str | None) -> Path:
        return self.assistant(name).settings.index.resolve()

    def _folders(self) -> dict[str, Path]:
        """The indexes in the subfolders, by name."""
        if self._folder is None or not self._folder.is_dir():
            return {}
        return {found.parent.name: found.parent for found in self._folder.glob("*/catalogue.sqlite")}

    def _may_change(self) -> None:
        if self.fixed:
            raise DocumentError("this library is fixed; serve one that is not: python ui.py", reason="这里的文档不能改动")


def key_of(source: str) -> str:
    """A short name of a source for links, which gives nothing away of the server's folders."""
    return hashlib.sha256(source.encode("utf-8", "surrogatepass")).hexdigest()[:16]


def _told(work: Callable[[Callable[[dict[str, Any]], None]], None]) -> Iterator[dict[str, Any]]:
    """What `work` tells, as it does, from a thread of its own; it goes on to its end where nobody listens any more.

    Who stops listening is not made to wait: a server closes this on the thread that serves everybody.
    """
    told: SimpleQueue[dict[str, Any] | None] = SimpleQueue()

    def run() -> None:
        try:
            work(told.put)
        finally:
            told.put(None)

    thread = threading.Thread(target=run, name="reading")
    thread.start()
    while (heard := told.get()) is not None:
        yield heard


def _kept(upload: Path, folder: Path) -> Path:
    """Where the bytes of an upload lie in `folder`: there already, or moved there under its name or the next one that is free."""
    folder.mkdir(exist_ok=True)
    digest = _digest(upload)
    part = folder / f".{time.time_ns()}-{threading.get_ident()}.part"
    shutil.move(upload, part)
    with _NAMING:  # a renaming would take the place of a file that somebody else puts there between the look and it
        for number in count(1):
            place = folder / (upload.name if number == 1 else f"{upload.stem} ({number}){upload.suffix}")
            if not place.exists():
                part.rename(place)
                return place
            if _digest(place) == digest:
                part.unlink()
                return place
    raise AssertionError  # the numbers do not end


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _forget(removal: Removal) -> None:
    if removal.moved:
        with suppress(OSError):
            removal.moved.unlink()


def _sweep(index: Path) -> None:
    """Delete what processes that are no more had removed, or had not quite taken in."""
    for left in (*(index / REMOVED).glob("*"), *(index / FILES).glob(".*.part")):
        with suppress(OSError):
            if time.time() - left.stat().st_mtime > KEPT_FOR:
                left.unlink()
