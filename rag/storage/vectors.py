"""Finds keys by vector with FAISS; a cache of the catalogue's vectors that is saved whole; knows no passages."""

import os
from collections.abc import Iterable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np

from rag.storage.catalogue import Keys, State, sync_folder
from rag.storage.store import Vectors


class VectorCache:
    """Vectors (dimension,) by the keys of their passages, as they were in `generation` of `lineage`."""

    def __init__(self, state: State) -> None:
        """An empty cache for the catalogue that `state` is of, as it was before its first change."""
        import faiss

        self.lineage = state.lineage
        self.generation = 0
        # Every vector is looked at, as it is stored: exact, half the size of 32 bits, and nothing needs to be trained or tuned.
        halves = faiss.IndexScalarQuantizer(state.dimension, faiss.ScalarQuantizer.QT_fp16, faiss.METRIC_INNER_PRODUCT)
        self._index: Any = faiss.IndexIDMap2(halves)

    @classmethod
    def load(cls, folder: Path, state: State) -> "VectorCache | None":
        """The cache saved last in `folder`, perhaps of an earlier generation than `state`; None where none can be read."""
        import faiss

        generation = cls.saved(folder, state)
        if generation is None or generation > state.generation:
            return None
        try:
            index = faiss.read_index(str(_path(folder, state.lineage, generation)))
        except (RuntimeError, MemoryError):  # cut short, no index at all, or just removed by a writer who has saved a newer one
            return None
        if type(index) is not faiss.IndexIDMap2 or (index.d, index.metric_type) != (state.dimension, faiss.METRIC_INNER_PRODUCT):
            return None
        cache = cls(state)
        cache._index, cache.generation = index, generation
        return cache

    @staticmethod
    def saved(folder: Path, state: State) -> int | None:
        """The generation of the cache saved last in `folder`; None where there is none of this lineage."""
        names = (path.stem.rpartition("-")[2] for path in folder.glob(f"vectors-{state.lineage}-*.faiss"))
        return max((int(name) for name in names if name.isdecimal()), default=None)

    def update(self, removed: Sequence[int], added: Iterable[tuple[Keys, Vectors]], generation: int) -> None:
        """Drop and add vectors (n, dimension) by key; the cache is of `generation` thereafter."""
        if self.size:
            # IDMap2 would take a key a second time without a word, so what is added is dropped first, in one go:
            # dropping walks through the whole collection.
            added = list(added)
            dropped = np.concatenate([np.array(removed, dtype=np.int64), *(keys for keys, _ in added)])
            if len(dropped):
                self._index.remove_ids(dropped)
        for keys, vectors in added:
            self._index.add_with_ids(np.ascontiguousarray(vectors), keys)
        self.generation = generation

    def save(self, folder: Path) -> None:
        """Write the cache to `folder`, whole or not at all, and remove the older ones. The caller holds the writer's lock.

        Raises OSError where it cannot be written.
        """
        import faiss

        path = _path(folder, self.lineage, self.generation)
        new = path.with_suffix(".new")
        try:
            faiss.write_index(self._index, str(new))
        except RuntimeError as error:
            raise OSError(str(error)) from error
        with new.open("rb+") as file:
            os.fsync(file.fileno())
        new.replace(path)
        sync_folder(folder)
        for other in folder.glob("vectors-*"):
            if other != path:
                with suppress(FileNotFoundError):
                    other.unlink()

    def search(self, vector: Vectors, k: int, among: Keys | None = None) -> list[tuple[int, float]]:
        """The `k` keys of the greatest inner product with `vector` (dimension,), best first, with it; `among` these, where given."""
        import faiss

        k = min(k, self.size)
        if k < 1:
            return []
        # One question is one thread's work; given more, FAISS waits for them, on a busy machine ten times as long as it works.
        # The setting is the calling thread's own.
        faiss.omp_set_num_threads(1)
        # What the library takes here is written in its C++ part, where no type checker looks.
        parameters: Any = None if among is None else faiss.SearchParameters(sel=faiss.IDSelectorBatch(among))  # type: ignore[call-arg]
        scores, keys = self._index.search(np.ascontiguousarray(vector, dtype=np.float32)[None], k, params=parameters)
        # A key of -1 stands for nothing found, as where a product is not a number.
        return [(key, score) for key, score in zip(keys[0].tolist(), scores[0].tolist(), strict=True) if key != -1]

    @property
    def size(self) -> int:
        """How many vectors there are."""
        return int(self._index.ntotal)


def _path(folder: Path, lineage: str, generation: int) -> Path:
    return folder / f"vectors-{lineage}-{generation}.faiss"
