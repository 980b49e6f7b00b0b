"""The store on one machine: the catalogue, and the caches that follow it; knows where the files lie, not what their texts mean."""

import os
import shlex
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from threading import RLock
from types import TracebackType

import numpy as np

from rag.errors import IndexMissing, ModelMismatch, RagError
from rag.records import EVERYWHERE, Document, Holding, Passage, Where
from rag.storage.catalogue import FILE, Catalogue, Keys, State
from rag.storage.filters import admits
from rag.storage.lock import WriterLock
from rag.storage.store import Entry, Vectors
from rag.storage.terms import Fields, TermCache, indexed_fields
from rag.storage.vectors import VectorCache

_FLUSH_AFTER = 5_000
"""Changed passages after which a writer brings the caches up to date, or a twentieth of the collection where that is more."""

_DROPPED_AT_MOST = 0.5
"""Dropped texts, for each that is left, at which the terms are indexed anew: until then they count in BM25's statistics."""


def open_store(
    folder: str | Path,
    *,
    model: str | None = None,
    dimension: int | None = None,
    write: bool = False,
    create: bool = False,
    patience: float = 5.0,
) -> "LocalStore":
    """Open the index in `folder`, to read it or, with `write`, as its only writer.

    It must have been built with `model` of `dimension`, where these are given. `create` makes an index where there is none. A
    writer waits at most `patience` seconds for another to end. Raises IndexMissing, IndexCorrupt, IndexInUse or ModelMismatch.
    """
    folder = Path(folder)
    if create:
        if model is None or dimension is None:
            raise ValueError("an index is made for a model: give its name and its dimension")
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise RagError(
                f"no index can be made in {folder} ({error.strerror}); choose another place: export RAG_INDEX=~/wenju"
            ) from error
    elif not (folder / FILE).exists():
        where = shlex.quote(str(folder))
        raise IndexMissing(f"there is no index in {folder}; build one: python -m rag.ingest PATH… --index {where}")
    lock = WriterLock(folder)
    if write or create:
        lock.acquire(patience)
    try:
        if create and model is not None and dimension is not None and not (folder / FILE).exists():
            Catalogue.create(folder, model=model, dimension=dimension)
        return LocalStore(folder, lock, model=model, dimension=dimension, write=write or create)
    except BaseException:
        lock.release()
        raise


class LocalStore:
    """An index in a folder, as a Store, for any number of threads; opened by `open_store`.

    What `replace` and `remove` return from is committed, and outlives a kill. The caches of vectors and terms only ever follow
    the catalogue: at `flush`, at `close`, every few thousand passages, and whenever somebody opens an index whose writer died.

    A reader looks at every call whether there is a new generation. By vector it finds every committed passage at once; by terms
    too, unless a writer is at work: then those it has not flushed yet are missing. Neither ever finds a passage that is gone.
    """

    def __init__(self, folder: Path, lock: WriterLock, *, model: str | None, dimension: int | None, write: bool) -> None:
        """Open the catalogue in `folder`; a writer holds `lock` already and gives it back on closing."""
        self._folder = folder
        self._lock = lock
        self._model = model
        self._dimension = dimension
        self._write = write
        self._mutex = RLock()
        self._vectors: VectorCache | None = None
        self._terms: TermCache | None = None
        self._settled: State | None = None
        self._filtered: tuple[Where, State, Keys] | None = None
        self._unflushed = 0
        self._closed = False
        self._catalogue = Catalogue(folder, write=write)
        try:
            self._check_model(self._catalogue.state())
        except BaseException:
            self._catalogue.close()
            raise

    # Writing

    def replace(self, source: str, entries: Iterable[Entry], digest: str = "") -> None:
        """`Store.replace`: committed on return. The entries are taken one by one, so they may be made while they are stored."""
        with self._mutex:
            self._count(self._catalogue.replace(source, entries, digest))

    def remove(self, source: str) -> None:
        """`Store.remove`: committed on return."""
        with self._mutex:
            self._count(self._catalogue.remove(source))

    def reembed(
        self,
        encode: Callable[[list[str]], Vectors],
        compose: Callable[[Document, Passage], str],
        *,
        model: str,
        dimension: int,
        on_progress: Callable[[int, int], None] | None = None,
    ) -> None:
        """Give every passage a vector of another model, all or none: killed midway, the index is as before.

        `encode` is given what `compose` makes of some hundred passages and returns shape (texts, dimension), each of length 1.
        `on_progress` is told how many of how many passages are done.
        """
        with self._mutex:
            total, done = len(self._catalogue), 0

            def encoded(batch: list[tuple[Document, Passage]]) -> Vectors:
                nonlocal done
                vectors = encode([compose(document, passage) for document, passage in batch])
                done += len(batch)
                if on_progress:
                    on_progress(done, total)
                return vectors

            self._catalogue.reembed(encoded, model=model, dimension=dimension)
            self._model, self._dimension = model, dimension
            self.flush()

    def flush(self) -> None:
        """As the writer, bring the caches up to date with what is committed, on disk too. Raises RagError where there is no room."""
        with self._mutex, self._catalogue.snapshot() as state:
            try:
                self._bring_up_to_date(state)
            except OSError as error:
                reason = f"the caches of the index {self._folder} cannot be saved ({error}), though what was read is kept"
                raise RagError(f"{reason}; see what room is left: df -h {shlex.quote(str(self._folder))}") from error
            self._unflushed = 0

    # Reading

    @property
    def model(self) -> tuple[str, int]:
        """The name and the dimension of the model that the index was built with."""
        with self._now() as state:
            return state.model, state.dimension

    def sources(self) -> dict[str, str]:
        """`Store.sources`, in order."""
        with self._now():
            return self._catalogue.sources()

    def holdings(self) -> list[Holding]:
        """`Store.holdings`."""
        with self._now():
            return self._catalogue.holdings()

    def entries(self, source: str) -> tuple[list[Entry], str]:
        """`Store.entries`."""
        with self._now():
            return self._catalogue.entries(source)

    def nearest(self, vector: Vectors, k: int, where: Where = EVERYWHERE) -> list[tuple[str, float]]:
        """`Store.nearest`; ValueError for a vector of another dimension."""
        self._settle()
        with self._now() as state:
            _check_shape(vector, state)
            return self._with_ids(self._current_vectors(state).search(vector, k, self._keys(where, state)))

    def matching(self, terms: Mapping[str, float], k: int, where: Where = EVERYWHERE) -> list[tuple[str, float]]:
        """`Store.matching`."""
        self._settle()
        with self._now() as state:
            cache = self._current_terms(state)
            # Those that are gone may still be found, so as many more are asked for.
            gone = len(self._catalogue.removed_since(cache.generation)) if cache.generation != state.generation else 0
            return self._with_ids(cache.search(terms, k + gone, self._keys(where, state)))[: max(k, 0)]

    def similarities(self, vector: Vectors, passage_ids: Sequence[str]) -> list[float]:
        """`Store.similarities`, of the same stored values as `nearest`."""
        with self._now() as state:
            _check_shape(vector, state)
            products: list[float] = (self._catalogue.vectors(passage_ids) @ np.asarray(vector, dtype=np.float32)).tolist()
            return products

    def term_scores(self, terms: Mapping[str, float], passage_ids: Sequence[str]) -> list[float]:
        """`Store.term_scores`; while a writer is at work, as of its last flush."""
        self._settle()
        with self._now() as state:
            keys = self._catalogue.keys_of(passage_ids)
            found = self._current_terms(state).search(terms, len(keys), np.array(list(keys), dtype=np.int64))
            scores = {keys[key]: score for key, score in found}
            return [scores.get(name, 0.0) for name in passage_ids]

    def passage(self, passage_id: str) -> Passage:
        """`Store.passage`."""
        with self._now():
            return self._catalogue.passage(passage_id)

    def read(self, passage_ids: Sequence[str]) -> list[Passage]:
        """`Store.read`."""
        with self._now():
            return self._catalogue.read(passage_ids)

    def document(self, document_id: str) -> Document:
        """`Store.document`."""
        with self._now():
            return self._catalogue.document(document_id)

    def documents(self, offset: int = 0, limit: int | None = None) -> list[Document]:
        """`Store.documents`."""
        with self._now():
            return self._catalogue.documents(offset, limit)

    def latest(self, limit: int) -> list[Document]:
        """`Store.latest`."""
        with self._now():
            return self._catalogue.latest(limit)

    def document_count(self) -> int:
        """`Store.document_count`."""
        with self._now():
            return self._catalogue.document_count()

    def passages(self, document_id: str) -> list[Passage]:
        """`Store.passages`."""
        with self._now():
            return self._catalogue.passages(document_id)

    def frequency(self, term: str) -> int:
        """`Store.frequency`; while a writer is at work, as of its last flush."""
        self._settle()
        with self._now() as state:
            return self._current_terms(state).frequency(term)

    def __len__(self) -> int:
        """How many passages are stored."""
        with self._now():
            return len(self._catalogue)

    # Opening and closing

    def close(self) -> None:
        """Bring the caches up to date, as the writer, and let go of files and lock; closing twice is no error."""
        with self._mutex:
            try:
                if self._write and not self._closed:
                    self.flush()
            finally:
                self._let_go()

    def __enter__(self) -> "LocalStore":
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        if kind is None:
            self.close()
        else:
            # Whoever opens the index next brings the caches up to date; an error or Ctrl-C should not wait for it.
            self._let_go()

    def _let_go(self) -> None:
        self._closed = True
        self._vectors = self._terms = None
        self._catalogue.close()
        if self._write:
            self._lock.release()

    # Following the catalogue

    @contextmanager
    def _now(self) -> Iterator[State]:
        """One moment of the catalogue, for one thread at a time."""
        with self._mutex:
            self._catalogue.follow()
            with self._catalogue.snapshot() as state:
                self._check_model(state)
                yield state

    def _check_model(self, state: State) -> None:
        """Vectors of different models cannot be compared, and an index may be embedded anew while it is open."""
        if self._model not in (None, state.model) or self._dimension not in (None, state.dimension):
            where = shlex.quote(str(self._folder))
            raise ModelMismatch(
                f"the index {self._folder} was built with {state.model} ({state.dimension} numbers a vector) and not with {self._model} "
                f"({self._dimension}); embed it anew: python -m rag.ingest --rebuild --index {where}"
            )

    def _settle(self) -> None:
        """See to it that the saved caches are up to date, if nobody else is about to."""
        with self._mutex:
            with self._now() as state:
                if state == self._settled:
                    return
                if self._saved(state):
                    self._settled = state
                    return
            if self._write:
                self.flush()
            elif self._lock.try_acquire():
                try:
                    # A reader that cannot save answers from memory all the same.
                    with self._now() as state, suppress(OSError):  # the last word, now that nobody writes
                        self._bring_up_to_date(state)
                finally:
                    self._lock.release()

    def _saved(self, state: State) -> bool:
        return VectorCache.saved(self._folder, state) == TermCache.saved(self._folder, state) == state.generation

    def _bring_up_to_date(self, state: State) -> None:
        """Save what the caches lack. The writer's lock is held."""
        vectors = self._current_vectors(state)
        if VectorCache.saved(self._folder, state) != state.generation:
            vectors.save(self._folder)
        terms = TermCache.load(self._folder, state)
        if terms is not None and terms.generation < state.generation:
            since = terms.generation
            if not terms.update(self._catalogue.removed_since(since), self._texts_since(since), state.generation):
                terms = None
        whole = terms is not None and terms.generation == state.generation and terms.size == vectors.size
        if terms is None or not whole or terms.dropped > _DROPPED_AT_MOST * terms.size:
            terms = TermCache.build(self._folder, state, self._texts_since(0))
        self._terms = terms
        self._settled = state

    def _current_vectors(self, state: State) -> VectorCache:
        cache = self._vectors
        if cache is None or cache.lineage != state.lineage or cache.generation > state.generation:
            cache = VectorCache.load(self._folder, state) or VectorCache(state)
        if cache.generation != state.generation:
            since = cache.generation
            cache.update(self._catalogue.removed_since(since), self._catalogue.vectors_since(since), state.generation)
        if cache is not self._vectors and cache.size != len(self._catalogue):
            # A saved cache that is not what its name says.
            cache = VectorCache(state)
            cache.update((), self._catalogue.vectors_since(0), state.generation)
        self._vectors = cache
        return cache

    def _current_terms(self, state: State) -> TermCache:
        cache = self._terms if self._terms and self._terms.lineage == state.lineage else None
        if cache is None or cache.generation != state.generation:
            saved = TermCache.saved(self._folder, state)
            if cache is None or saved != cache.generation:
                cache = TermCache.load(self._folder, state) or cache
            # What nobody can save is made in memory, once.
            if cache is None or (cache.generation < state.generation and not os.access(self._folder, os.W_OK)):
                cache = TermCache.build(None, state, self._texts_since(0))
            self._terms = cache
        return cache

    def _texts_since(self, generation: int) -> Iterator[tuple[int, Fields]]:
        for key, document, passage in self._catalogue.passages_since(generation):
            yield key, indexed_fields(document, passage)

    def _keys(self, where: Where, state: State) -> Keys | None:
        """The keys of the passages that are to be searched, None for all; kept, since one question asks for them more than once."""
        if not where:
            return None
        if self._filtered is None or self._filtered[:2] != (where, state):
            self._filtered = (where, state, self._catalogue.keys(lambda document: admits(where, document)))
        return self._filtered[2]

    def _with_ids(self, found: list[tuple[int, float]]) -> list[tuple[str, float]]:
        ids = self._catalogue.ids([key for key, _ in found])
        return [(ids[key], score) for key, score in found if key in ids]

    def _count(self, changed: int) -> None:
        self._unflushed += changed
        if self._unflushed >= _FLUSH_AFTER and self._unflushed >= len(self._catalogue) // 20:
            self.flush()


def _check_shape(vector: Vectors, state: State) -> None:
    if np.shape(vector) != (state.dimension,):
        raise ValueError(f"a question's vector has shape {(state.dimension,)} here, not {np.shape(vector)}")
