"""Finds keys by terms with tantivy's BM25; a cache of the catalogue's texts; says what of a passage is searched, knows no vectors."""

import json
import os
import secrets
import shutil
import tempfile
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from rag.chinese.terms import terms
from rag.records import Document, Passage
from rag.storage.catalogue import Keys, State, sync_folder

_VERSION = 2
"""Raised when texts are cut into terms, or put together, otherwise than before: caches of another version are made anew."""

_HEAP = 64_000_000

_STAMP = "stamp.json"


TEXT, TITLE, HEADING = "text", "title", "heading"

FIELDS = {TEXT: 1.0, TITLE: 0.2, HEADING: 0.2}
"""What of a passage can be found by its terms, and what a term counts there."""

Fields = Mapping[str, str]
"""The texts of a passage by the names of FIELDS."""


def indexed_fields(document: Document, passage: Passage) -> Fields:
    """What of a passage can be found by its terms: its text, its document's title, the sub-heads over it."""
    return {TEXT: passage.text, TITLE: document.headline, HEADING: passage.heading}


class TermCache:
    """Texts by the keys of their passages, as they were in `generation` of `lineage`, or since.

    The stamp that tells the generation is written after tantivy's own commit. A process killed between them leaves a cache that
    says less than it holds; `update` may then be given what is there already.
    """

    def __init__(self, index: Any, path: Path | None, state: State, generation: int) -> None:
        """Made by `load` and `build`."""
        self.lineage = state.lineage
        self.generation = generation
        self._index = index
        self._path = path
        self._schema = index.schema
        self._searcher = index.searcher()
        self._copy: tempfile.TemporaryDirectory[str] | None = None

    @classmethod
    def load(cls, folder: Path, state: State) -> "TermCache | None":
        """The cache in `folder`, perhaps of an earlier generation than `state`, or a later one; None where none can be read."""
        import tantivy

        path = _path(folder, state.lineage)
        generation = cls.saved(folder, state)
        if generation is None or not _whole(path):
            return None
        copy = None
        try:
            if not os.access(path, os.W_OK):
                # tantivy wants to write a lock even to read.
                copy = tempfile.TemporaryDirectory(prefix="wenju-terms-")
                path = shutil.copytree(path, Path(copy.name) / path.name, copy_function=shutil.copyfile, dirs_exist_ok=True)
                path.chmod(0o700)
            index = tantivy.Index.open(str(path))
            index.config_reader("manual")
            cache = cls(index, path, state, generation)
        except BaseException as error:
            if isinstance(error, (ValueError, OSError)) or _is_panic(error):
                return None
            raise
        cache._copy = copy
        return cache

    @classmethod
    def build(cls, folder: Path | None, state: State, texts: Iterable[tuple[int, Fields]]) -> "TermCache":
        """A new cache of these texts by key, in the place of the one in `folder`; without a folder it lives in memory.

        The caller holds the writer's lock, where there is a folder. Raises OSError where it cannot be written.
        """
        import tantivy

        new = None
        if folder:
            new = _path(folder, state.lineage).with_suffix(".new")
            shutil.rmtree(new, ignore_errors=True)
            new.mkdir()
        cache = cls(tantivy.Index(_schema(), path=str(new) if new else None), new, state, 0)
        cache._write((), texts, state.generation)
        if new is None or folder is None:
            return cache
        path = _path(folder, state.lineage)
        if path.exists():
            # Moved away first: what cannot be deleted at once, as when a reader's thread still looks into it, is so next time.
            path.rename(path.with_suffix(f".{secrets.token_hex(4)}"))
        new.rename(path)
        sync_folder(folder)
        for other in folder.glob("terms-*"):
            if other != path:
                shutil.rmtree(other, ignore_errors=True)
        return cls.load(folder, state) or cache

    @staticmethod
    def saved(folder: Path, state: State) -> int | None:
        """The generation of the cache in `folder`; None where there is none of this lineage."""
        stamp = _stamp(_path(folder, state.lineage))
        return None if stamp is None else int(stamp["generation"])

    def update(self, removed: Sequence[int], added: Iterable[tuple[int, Fields]], generation: int) -> bool:
        """Drop and add texts by key; the cache is of `generation` thereafter. The caller holds the writer's lock.

        False where tantivy cannot go on from what it finds; the cache is then of no more use, and is to be built anew.
        """
        try:
            self._write(removed, added, generation, again=True)
        except BaseException as error:
            if isinstance(error, OSError) or _is_panic(error):
                return False
            raise
        return True

    def search(self, wanted: Mapping[str, float], k: int, among: Keys | None = None) -> list[tuple[int, float]]:
        """The `k` keys of the greatest sum of the BM25 scores of the wanted terms, each times its weight and its field's, best first.

        Only `among` these keys, where given. k1 = 1.2, b = 0.75; lengths above 40 terms are rounded (tantivy stores each in a
        byte), and texts dropped since the cache was built count in its statistics until it is built anew.
        """
        import tantivy

        k = min(k, self.size)
        if k < 1 or not wanted:
            return []
        query = tantivy.Query.boolean_query(
            [
                (tantivy.Occur.Should, tantivy.Query.boost_query(self._term(term, field), weight * field_weight))
                for term, weight in wanted.items()
                for field, field_weight in FIELDS.items()
            ]
        )
        if among is not None:
            # The filter has to be met and adds nothing to the score.
            filtering = tantivy.Query.const_score_query(tantivy.Query.term_set_query(self._schema, "key", among.tolist()), 0.0)
            query = tantivy.Query.boolean_query([(tantivy.Occur.Must, query), (tantivy.Occur.Must, filtering)])
        hits = self._searcher.search(query, k, count=False).hits
        keys = self._searcher.fast_field_values("key", [address for _, address in hits])
        return [(key, score) for key, (score, _) in zip(keys, hits, strict=True)]

    def frequency(self, term: str) -> int:
        """In how many passages the term stands: in the text, not in its title or heading."""
        # Counted anew: the dictionary's own figure includes texts that were dropped.
        count: int = self._searcher.search(self._term(term, TEXT), 1).count
        return count

    @property
    def size(self) -> int:
        """How many texts there are."""
        return int(self._searcher.num_docs)

    @property
    def dropped(self) -> int:
        """How many texts were dropped and still count in the statistics."""
        return int(self._searcher.doc_freq("all", 1)) - self.size

    def _term(self, term: str, field: str) -> Any:
        import tantivy

        return tantivy.Query.term_query(self._schema, field, term, index_option="freq")

    def _write(self, removed: Sequence[int], added: Iterable[tuple[int, Fields]], generation: int, again: bool = False) -> None:
        try:
            self._commit(removed, added, again)
        except ValueError as error:  # all that tantivy has to say of files
            raise OSError(str(error)) from error
        if self._path:
            _write_stamp(self._path, generation)
        self._index.reload()
        self._searcher = self._index.searcher()
        self.generation = generation

    def _commit(self, removed: Sequence[int], added: Iterable[tuple[int, Fields]], again: bool) -> None:
        import tantivy

        writer = self._index.writer(heap_size=_HEAP, num_threads=1)
        # What a killed writer left behind bears the names that this one is about to use.
        writer.garbage_collect_files()

        def drop(key: int) -> None:
            # By query: deleting by term takes any number for a signed one, and so finds no key (tantivy-py 0.27).
            writer.delete_documents_by_query(tantivy.Query.term_query(self._schema, "key", key))

        for key in removed:
            drop(key)
        for key, fields in added:
            if again:
                drop(key)
            document = tantivy.Document()
            for field in FIELDS:
                document.add_text(field, " ".join(terms(fields[field])))
            document.add_unsigned("key", key)
            document.add_unsigned("all", 1)
            writer.add_document(document)
        writer.commit()
        writer.wait_merging_threads()


def _schema() -> Any:
    import tantivy

    builder = tantivy.SchemaBuilder()
    for field in FIELDS:
        builder.add_text_field(field, tokenizer_name="whitespace", index_option="freq")
    builder.add_unsigned_field("key", indexed=True, fast=True)
    # The same in every text, so that its frequency in the dictionary counts them all, dropped ones too.
    builder.add_unsigned_field("all", indexed=True)
    return builder.build()


def _path(folder: Path, lineage: str) -> Path:
    return folder / f"terms-{_VERSION}-{lineage}"


def _stamp(path: Path) -> dict[str, Any] | None:
    try:
        stamp = json.loads((path / _STAMP).read_text(encoding="utf-8"))
        return stamp if isinstance(stamp["generation"], int) and isinstance(stamp["sizes"], dict) else None
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _write_stamp(path: Path, generation: int) -> None:
    # tantivy keeps these two from other users, whatever the umask says; its lock it does not.
    mode = (path / ".tantivy-meta.lock").stat().st_mode & 0o666
    for name in (".managed.json", "meta.json"):
        (path / name).chmod(mode)
    sizes = {file.name: file.stat().st_size for file in path.iterdir() if file.suffix not in (".json", ".lock", ".new")}
    new = path / f"{_STAMP}.new"
    with new.open("w", encoding="utf-8") as file:
        json.dump({"generation": generation, "sizes": sizes}, file)
        file.flush()
        os.fsync(file.fileno())
    new.replace(path / _STAMP)


def _whole(path: Path) -> bool:
    """Whether no file was cut short: tantivy would not report it but abort the thread that reads it.

    A file that is not there may have been merged into another since the stamp; where it is missed, tantivy says so.
    """
    stamp = _stamp(path)
    if stamp is None:
        return False
    for name, size in stamp["sizes"].items():
        try:
            if (path / name).stat().st_size != size:
                return False
        except FileNotFoundError:
            continue
    return True


def _is_panic(error: BaseException) -> bool:
    """Whether Rust gave up; the class of its exception cannot be imported, and is no Exception."""
    return type(error).__name__ == "PanicException"
