"""The seam between what is stored and whoever searches it: `Store`, what it is given, and what it may count on."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from rag.records import EVERYWHERE, Document, Holding, Passage, Where

Vectors = NDArray[np.float32]

Entry = tuple[Document, Sequence[Passage], Vectors]
"""A document, its passages, and one vector of length 1 for each: shape (passages, dimension)."""


class Store(Protocol):
    """Documents with their passages, found by vector and by terms. Scores: higher is better.

    What one call returns was true at one moment; a passage it names may be gone by the next call, where another process writes.
    """

    def replace(self, source: str, entries: Iterable[Entry], digest: str = "") -> None:
        """Put the documents of `source` in the place of those it had, whole or not at all; `digest` is its file's fingerprint.

        ValueError for an entry that is of another source, whose vectors do not fit, or whose ids are taken.
        """

    def remove(self, source: str) -> None:
        """Forget a source and everything read from it; a source that is not there is no error."""

    def sources(self) -> dict[str, str]:
        """Every source with its digest."""

    def holdings(self) -> list[Holding]:
        """What is held of every source, in the order of their names."""

    def entries(self, source: str) -> tuple[list[Entry], str]:
        """What `replace` would have to be given for things to stay as they are: entries and digest; KeyError for an unknown source."""

    def nearest(self, vector: Vectors, k: int, where: Where = EVERYWHERE) -> list[tuple[str, float]]:
        """The ids of the `k` passages of the greatest inner product with `vector` (dimension,), best first, with it."""

    def matching(self, terms: Mapping[str, float], k: int, where: Where = EVERYWHERE) -> list[tuple[str, float]]:
        """The ids of the `k` passages of the greatest BM25 score for `terms`, best first, with it; none where no term stands.

        Each term's score is multiplied with its weight. A passage's score is that of its text, to which those of its title and
        its heading are added with the weights of rag.storage.terms.FIELDS.
        """

    def similarities(self, vector: Vectors, passage_ids: Sequence[str]) -> list[float]:
        """The inner product of `vector` with each of these passages' vectors; KeyError for an id that is not there."""

    def term_scores(self, terms: Mapping[str, float], passage_ids: Sequence[str]) -> list[float]:
        """The BM25 score of each of these passages, as `matching` gives it: 0 where no term stands, or for an id that is not there."""

    def passage(self, passage_id: str) -> Passage:
        """The passage of this id; KeyError when there is none."""

    def read(self, passage_ids: Sequence[str]) -> list[Passage]:
        """These passages, in this order; those that are gone are left out."""

    def document(self, document_id: str) -> Document:
        """The document of this id; KeyError when there is none."""

    def documents(self, offset: int = 0, limit: int | None = None) -> list[Document]:
        """Every document from the `offset`-th on, in the order of source and place; at most `limit` of them."""

    def latest(self, limit: int) -> list[Document]:
        """The documents that were stored last, the last one first; at most `limit`."""

    def document_count(self) -> int:
        """How many documents are stored."""

    def passages(self, document_id: str) -> list[Passage]:
        """The passages of a document, in order; KeyError when there is no such document."""

    def frequency(self, term: str) -> int:
        """In how many passages the term stands: in the text, not in its title or heading."""

    def __len__(self) -> int:
        """How many passages are stored."""

    def close(self) -> None:
        """Let go of files and locks; what was acknowledged is kept."""


def checked(source: str, entries: Iterable[Entry], dimension: int) -> Iterator[Entry]:
    """The entries one by one as they come, each found fit to be stored; ValueError for the first that is not."""
    for document, passages, vectors in entries:
        if document.source != source:
            raise ValueError(f"the document {document.id} is of {document.source!r} and cannot be stored under {source!r}")
        if any(passage.document_id != document.id for passage in passages):
            raise ValueError(f"a passage given with the document {document.id} belongs to another")
        if passages and np.shape(vectors) != (len(passages), dimension):
            raise ValueError(f"{len(passages)} passages want vectors of shape {(len(passages), dimension)}, not {np.shape(vectors)}")
        yield document, passages, vectors
