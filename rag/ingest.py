"""Reads files into an index: what is new or changed is read, what is unchanged is left alone; `python -m rag.ingest PATH…`."""

import argparse
import glob
import hashlib
import json
import shlex
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from rag.chinese.scripts import simplified
from rag.console import FAILED, Bar, run
from rag.errors import DocumentError, IndexCorrupt, IndexMissing, RagError
from rag.settings import DEFAULTS, LAYOUTS, Options, Settings

if TYPE_CHECKING:
    from rag.models.encoder import Encoder
    from rag.records import Document, Passage
    from rag.storage import Entry, LocalStore

Progress = Callable[[str, int, int], None]
"""Called with what is being done, how much of it is done, and of how much."""

Told = Callable[[str, str, RagError | None], None]
"""Called as soon as it is known what becomes of a file: its path, its fate as in Report ("added" …), and why it failed."""

READING = "读取文档"
EMBEDDING = "计算向量"

_SLICE = 64
"""Passages that are encoded at a time, and between two words of progress."""

_READING_VERSION = 2
"""Raised when files are to be read anew, because they are understood otherwise than before."""


@dataclass(frozen=True, slots=True)
class Report:
    """What became of the files: their paths by fate; `failed` has the reason of each, and `warnings` what of a file was not read well.

    `documents` and `passages` count the index.
    """

    added: tuple[str, ...] = ()
    updated: tuple[str, ...] = ()
    unchanged: tuple[str, ...] = ()
    removed: tuple[str, ...] = ()
    failed: tuple[tuple[str, str], ...] = ()
    warnings: tuple[tuple[str, str], ...] = ()
    documents: int = 0
    passages: int = 0


def ingest(
    paths: Iterable[str | Path],
    index_dir: str | Path | None = None,
    on_progress: Progress | None = None,
    *,
    prune: bool = False,
    rebuild: bool = False,
    options: Options = DEFAULTS,
    settings: Settings | None = None,
    encoder: "Encoder | None" = None,
    on_file: Told | None = None,
) -> Report:
    """Read files, folders and globs into the index, which is made where it is missing.

    A file that fails keeps what the index had of it; the others are read all the same. With `prune`, what was read earlier
    from below a given folder and no longer exists is removed. With `rebuild`, what the index holds is embedded anew with the
    model of the settings; a catalogue that cannot be read is set aside and a new one made from the paths. `options` say what
    need not be guessed of the files. `encoder` is the model of the settings, where it is open already.

    Raises RagError when the index cannot be written to, or was built with another model and is not to be rebuilt. A path that
    leads to no file that can be read is no error but a failure in the report.
    """
    settings = settings or Settings.load(index=Path(index_dir) if index_dir is not None else None)
    report = on_progress or no_progress
    tell = on_file or _tell_nobody
    added: list[str] = []
    updated: list[str] = []
    unchanged: list[str] = []
    removed: list[str] = []
    failed: list[tuple[str, str]] = []
    warnings: list[tuple[str, str]] = []
    folders: list[Path] = []
    files = list(_files([str(path) for path in paths], folders, failed))
    counts = (0, 0)
    with ExitStack() as stack:
        index = _Index(settings, report, stack, encoder)
        if rebuild:
            index.rebuild(has_paths=bool(files))
        # What an index holds is looked at only when there is something to compare it with: a mistyped path costs no model.
        known = index.sources() if files or folders else {}
        for done, path in enumerate(files):
            report(READING, done, len(files))
            source = path.as_posix()
            try:
                digest = _digest(path, options)
                if known.get(source) == digest:
                    unchanged.append(source)
                    tell(source, "unchanged", None)
                    continue
                documents = _read(path, options)
                index.refuse_taken(source, documents)
            except DocumentError as error:
                failed.append((str(path), str(error)))
                tell(str(path), "failed", error)
                continue
            index.store.replace(source, _entries(documents, index.encoder, report), digest)
            (updated if source in known else added).append(source)
            tell(source, "updated" if source in known else "added", None)
            warnings += ((source, warning) for warning in dict.fromkeys(w for document in documents for w in document.warnings))
        if files:
            report(READING, len(files), len(files))
        if prune:
            for source in known:
                if not Path(source).exists() and any(Path(source).is_relative_to(folder) for folder in folders):
                    index.store.remove(source)
                    removed.append(source)
        if index.opened:
            counts = (index.store.document_count(), len(index.store))
    return Report(tuple(added), tuple(updated), tuple(unchanged), tuple(removed), tuple(failed), tuple(warnings), *counts)


def embedded_text(document: "Document", passage: "Passage") -> str:
    """What of a passage is embedded, in simplified characters: a question in either script lies equally near.

    Title and sub-head give a paragraph the subject that it may not name itself; a record's id that stands in for its title gives none.
    """
    return simplified("\n".join(part for part in (document.headline, passage.heading, passage.text) if part))


class _Index:
    """The index that is written to, its model and its store each opened when first needed."""

    def __init__(self, settings: Settings, report: Progress, stack: ExitStack, encoder: "Encoder | None") -> None:
        self._settings, self._report, self._stack = settings, report, stack
        self._encoder = encoder
        self._store: LocalStore | None = None

    @property
    def encoder(self) -> "Encoder":
        if self._encoder is None:
            from rag.models import open_encoder

            self._encoder = open_encoder(
                self._settings.model, self._settings.cache, threads=self._settings.threads, on_progress=self._report
            )
        return self._encoder

    @property
    def store(self) -> "LocalStore":
        """The store, made where there is none: for the first file that can be read, so that a failure leaves nothing behind."""
        if self._store is None:
            from rag.storage import open_store

            opened = open_store(self._settings.index, model=self.encoder.name, dimension=self.encoder.dimension, write=True, create=True)
            self._store = self._stack.enter_context(opened)
        return self._store

    @property
    def opened(self) -> bool:
        return self._store is not None

    def refuse_taken(self, source: str, documents: "Sequence[Document]") -> None:
        """DocumentError where a document of `source` has the id of one that was read from another file (.jsonl files give their own)."""
        for document in documents:
            try:
                other = self.store.document(document.id).source
            except KeyError:
                continue
            if other != source:
                raise DocumentError(
                    f"{source}: the id {document.id!r} is that of a document of {other}; give one of them another: grep -n "
                    f"{shlex.quote(document.id)} {shlex.quote(source)} {shlex.quote(other)}",
                    reason="文档的 id 与另一个文件里的相同，请改掉其中一个",
                )

    def sources(self) -> dict[str, str]:
        return self.store.sources() if (self._settings.index / "catalogue.sqlite").exists() else {}

    def rebuild(self, *, has_paths: bool) -> None:
        from rag.storage import open_store, set_aside

        folder = self._settings.index
        try:
            with open_store(folder, write=True) as store:
                store.reembed(
                    self.encoder.encode_passages,
                    embedded_text,
                    model=self.encoder.name,
                    dimension=self.encoder.dimension,
                    on_progress=lambda done, total: self._report(EMBEDDING, done, total),
                )
        except IndexMissing:
            if not has_paths:
                raise
        except IndexCorrupt:
            if not has_paths:
                where = shlex.quote(str(folder))
                raise IndexCorrupt(
                    f"the catalogue of {folder} cannot be read, so the files are needed again: "
                    f"python -m rag.ingest PATH… --rebuild --index {where}"
                ) from None
            set_aside(folder)


def _entries(documents: "Sequence[Document]", encoder: "Encoder", report: Progress) -> "Iterator[Entry]":
    """The documents with their passages and vectors; the short ones are encoded together, so that every core has something to do."""
    from rag.passages import passages

    waiting: list[tuple[Document, list[Passage]]] = []
    for done, document in enumerate(documents):
        waiting.append((document, passages(document)))
        if sum(len(found) for _, found in waiting) >= _SLICE:
            if len(documents) > _SLICE:
                report(EMBEDDING, done, len(documents))
            yield from _encoded(waiting, encoder, report)
            waiting = []
    yield from _encoded(waiting, encoder, report)


def _encoded(group: "Sequence[tuple[Document, list[Passage]]]", encoder: "Encoder", report: Progress) -> "Iterator[Entry]":
    import numpy as np

    texts = [embedded_text(document, passage) for document, found in group for passage in found]
    vectors = [encoder.encode_passages(texts[:_SLICE])]
    for start in range(_SLICE, len(texts), _SLICE):
        # A book takes minutes: whoever waits sees it move.
        report(EMBEDDING, start, len(texts))
        vectors.append(encoder.encode_passages(texts[start : start + _SLICE]))
    of_all = np.concatenate(vectors)
    place = 0
    for document, found in group:
        yield document, found, of_all[place : place + len(found)]
        place += len(found)


def _files(paths: Sequence[str], folders: list[Path], failed: list[tuple[str, str]]) -> Iterator[Path]:
    """The files that the paths lead to, resolved, each once; folders that hold any are noted in `folders`.

    A folder without a file is noted as failed and never pruned: more often than emptied it is not mounted.
    """
    from rag.documents import REFUSED, SUFFIXES, check_name

    seen: set[Path] = set()
    for given in paths:
        path = Path(given).expanduser()
        if path.is_dir():
            found = sorted(
                file
                for file in path.rglob("*")
                if file.suffix.lower() in SUFFIXES | REFUSED and file.is_file() and not _hidden(file, path) and not _is_program(file)
            )
            if found:
                folders.append(path.resolve())
            else:
                known = " ".join(sorted(suffix for suffix in SUFFIXES if suffix))
                failed.append((given, f"{given} holds no file that can be read ({known}); look into it: ls -l {shlex.quote(given)}"))
        elif path.exists():
            found = [path]
        else:
            found = sorted(Path(match) for match in glob.glob(str(path), recursive=True) if Path(match).is_file())  # noqa: PTH207 (a pattern may be absolute)
            if not found:
                failed.append((given, f"{given} does not exist; see what is there: ls -l {shlex.quote(str(path.parent))}"))
        for file in found:
            resolved = file.resolve()
            try:
                check_name(resolved)
            except DocumentError as error:
                failed.append((str(file).encode("utf-8", "replace").decode("utf-8"), str(error)))
                continue
            if resolved not in seen:
                seen.add(resolved)
                yield resolved


def _hidden(file: Path, folder: Path) -> bool:
    """Whether a file is hidden, or what Word keeps beside one that is open."""
    return any(part.startswith((".", "~$")) for part in file.relative_to(folder).parts)


def _is_program(file: Path) -> bool:
    """Whether a file without a suffix is none of text: nobody means it to be read who names its folder."""
    if file.suffix:
        return False
    try:
        with file.open("rb") as opened:
            return b"\x00" in opened.read(1024)
    except OSError:
        return False


def _digest(path: Path, options: Options) -> str:
    """What the file held and how it was read: the same digest means the same documents."""
    try:
        with path.open("rb") as file:
            digest = hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise DocumentError(
            f"{path} cannot be read ({error.strerror}); see whose it is: ls -l {shlex.quote(str(path))}",
            reason="文件打不开，可能没有读取权限",
        ) from error
    return ":".join((str(_READING_VERSION), options.encoding or "", options.layout or "", digest))


def is_unchanged(path: Path, digest: str) -> bool:
    """Whether a file still holds what it held when it was read, and its store was given `digest`; False where it cannot be opened."""
    try:
        return _digest(path, DEFAULTS).rpartition(":")[2] == digest.rpartition(":")[2]
    except DocumentError:
        return False


def _read(path: Path, options: Options) -> "list[Document]":
    from rag.documents import read

    return read(path, options)


def no_progress(step: str, done: int, total: int) -> None:
    """Whoever did not ask for progress hears of none."""


def _tell_nobody(path: str, fate: str, error: RagError | None) -> None:
    """Nobody asked what becomes of each file."""


def main(arguments: Sequence[str] | None = None) -> int:
    """The command line; returns 0 when all went well, 1 when some files failed, 2 when nothing could be read or written."""
    parser = argparse.ArgumentParser(
        prog="python -m rag.ingest",
        description="Read files, folders and globs into an index: new and changed files are read, unchanged ones left alone.",
        epilog="exit codes: 0 all read, 1 some files failed, 2 error",
    )
    parser.add_argument("paths", nargs="*", metavar="PATH", help="a file, a folder (read to its depth) or a glob")
    parser.add_argument("--index", type=Path, metavar="DIR", help="the index to write to (default: RAG_INDEX, or the checkout's index/)")
    parser.add_argument("--prune", action="store_true", help="remove what was read from a given folder and is no longer there")
    parser.add_argument(
        "--rebuild", action="store_true", help="embed what the index holds anew, with the model now set; mends a broken index"
    )
    parser.add_argument("--encoding", metavar="NAME", help="read text files with this codec (utf-8, gb18030, big5 …) and guess nothing")
    parser.add_argument("--layout", choices=LAYOUTS, help="read files as plain text, or as newspaper pages, and guess nothing")
    parser.add_argument("--json", action="store_true", help="print the report as JSON")
    options = parser.parse_args(arguments)
    if not options.paths and not options.rebuild:
        parser.error("name a file, a folder or a glob to read, for instance: python -m rag.ingest examples")
    return run(lambda: _ingest(options))


def _ingest(options: argparse.Namespace) -> int:
    with Bar() as bar:
        how = Options(options.encoding, options.layout)
        report = ingest(options.paths, options.index, bar, prune=options.prune, rebuild=options.rebuild, options=how)
    done = len(report.added) + len(report.updated) + len(report.unchanged) + len(report.removed)
    if report.failed and not done and len(report.failed) == 1 and not options.json:
        raise RagError(report.failed[0][1])
    print(json.dumps(_as_json(report), ensure_ascii=False) if options.json else _as_text(report))
    if not report.failed:
        return 0
    return 1 if done else FAILED


def _as_json(report: Report) -> dict[str, object]:
    failed = [{"path": path, "reason": reason} for path, reason in report.failed]
    return asdict(report) | {"failed": failed, "warnings": [{"path": path, "warning": warning} for path, warning in report.warnings]}


def _as_text(report: Report) -> str:
    fates = {"新增": report.added, "更新": report.updated, "未变": report.unchanged, "移除": report.removed, "失败": report.failed}
    lines = ["，".join(f"{name} {len(files)}" for name, files in fates.items())]
    lines += [f"  失败 {reason}" for _, reason in report.failed]
    lines += [f"  注意 {Path(path).name}：{warning}" for path, warning in report.warnings]
    lines.append(f"索引现有文档 {report.documents} 篇，段落 {report.passages} 个")
    return "\n".join(lines)


if __name__ == "__main__":
    sys.exit(main())
