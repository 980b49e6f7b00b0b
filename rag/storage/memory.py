"""The store in plain Python and NumPy, kept nowhere: the reference the others are held against, and enough for small collections."""

import math
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

import numpy as np

from rag.chinese.terms import terms as terms_of
from rag.records import EVERYWHERE, Document, Holding, Passage, Where
from rag.storage.filters import admits
from rag.storage.store import Entry, Vectors, checked
from rag.storage.terms import FIELDS, TEXT, indexed_fields

_K1 = 1.2
_B = 0.75


@dataclass(frozen=True, slots=True)
class _Stored:
    passage: Passage
    vector: Vectors
    terms: dict[str, Counter[str]]
    """By the field they stand in."""


class MemoryStore:
    """A Store that forgets everything on closing; vectors have `dimension` numbers. Every question walks through every passage."""

    def __init__(self, dimension: int) -> None:
        """An empty store."""
        self._dimension = dimension
        self._digests: dict[str, str] = {}
        self._added: dict[str, str] = {}
        self._documents: dict[str, list[Document]] = {}
        self._passages: dict[str, _Stored] = {}

    def replace(self, source: str, entries: Iterable[Entry], digest: str = "") -> None:
        """`Store.replace`."""
        gone = {document.id for document in self._documents.get(source, ())}
        passages = {name: stored for name, stored in self._passages.items() if stored.passage.document_id not in gone}
        taken = {document.id for documents in self._documents.values() for document in documents} - gone
        documents: list[Document] = []
        for document, found, vectors in checked(source, entries, self._dimension):
            if document.id in taken:
                raise ValueError(f"an id is there twice: {document.id}")
            taken.add(document.id)
            documents.append(document)
            for passage, vector in zip(found, vectors, strict=False):  # without passages the vectors may have any shape
                if passage.id in passages:
                    raise ValueError(f"an id is there twice: {passage.id}")
                # Rounded as the other stores round it.
                rounded = np.asarray(vector).astype(np.float16).astype(np.float32)
                fields = indexed_fields(document, passage)
                passages[passage.id] = _Stored(passage, rounded, {name: Counter(terms_of(text)) for name, text in fields.items()})
        self._documents.pop(source, None)  # what is stored last stands last
        self._digests[source], self._documents[source], self._passages = digest, documents, passages
        self._added[source] = datetime.now(UTC).isoformat(timespec="seconds")

    def remove(self, source: str) -> None:
        """`Store.remove`."""
        if self._digests.pop(source, None) is not None:
            gone = {document.id for document in self._documents.pop(source)}
            self._passages = {name: stored for name, stored in self._passages.items() if stored.passage.document_id not in gone}

    def sources(self) -> dict[str, str]:
        """`Store.sources`, in order."""
        return dict(sorted(self._digests.items()))

    def holdings(self) -> list[Holding]:
        """`Store.holdings`."""
        return [self._holding(source) for source in sorted(self._documents)]

    def _holding(self, source: str) -> Holding:
        documents = self._documents[source]
        dates = sorted(document.date for document in documents if document.date)
        passages = sum(len(self.passages(document.id)) for document in documents)
        warnings = tuple(dict.fromkeys(warning for document in documents for warning in document.warnings))
        since, until = (dates[0], dates[-1]) if dates else ("", "")
        return Holding(source, len(documents), passages, since, until, self._added[source], warnings)

    def entries(self, source: str) -> tuple[list[Entry], str]:
        """`Store.entries`."""
        found: list[Entry] = []
        for document in self._documents[source]:
            stored = [self._passages[passage.id] for passage in self.passages(document.id)]
            vectors = np.stack([one.vector for one in stored]) if stored else np.empty((0, self._dimension), dtype=np.float32)
            found.append((document, [one.passage for one in stored], vectors))
        return found, self._digests[source]

    def nearest(self, vector: Vectors, k: int, where: Where = EVERYWHERE) -> list[tuple[str, float]]:
        """`Store.nearest`; ValueError for a vector of another dimension."""
        admitted = self._admitted(where)
        return _best(dict(zip(admitted, self.similarities(vector, admitted), strict=True)), k)

    def matching(self, terms: Mapping[str, float], k: int, where: Where = EVERYWHERE) -> list[tuple[str, float]]:
        """`Store.matching`: over the fields and the terms, the sum of weights · ln(1 + (N − n + ½) / (n + ½)) · f · (k1 + 1) / (f + k1 ·
        (1 − b + b · l / L)).

        N passages, n of which hold the term in this field; it stands f times in this one's, which has l terms where the mean is L
        (Robertson and Zaragoza, 2009, with the idf of Lucene and tantivy, which is never negative).
        """
        scores: defaultdict[str, float] = defaultdict(float)
        admitted = self._admitted(where)
        for field, field_weight in FIELDS.items():
            lengths = {name: stored.terms[field].total() for name, stored in self._passages.items()}
            mean = sum(lengths.values()) / max(len(self), 1)
            for term, weight in terms.items():
                holding = sum(term in stored.terms[field] for stored in self._passages.values())
                idf = math.log(1 + (len(self) - holding + 0.5) / (holding + 0.5))
                for name in admitted:
                    if times := self._passages[name].terms[field][term]:
                        norm = _K1 * (1 - _B + _B * lengths[name] / mean)
                        scores[name] += field_weight * weight * idf * times * (_K1 + 1) / (times + norm)
        return _best(scores, k)

    def _admitted(self, where: Where) -> list[str]:
        documents = {document.id for documents in self._documents.values() for document in documents if admits(where, document)}
        return [name for name, stored in self._passages.items() if stored.passage.document_id in documents]

    def similarities(self, vector: Vectors, passage_ids: Sequence[str]) -> list[float]:
        """`Store.similarities`."""
        if np.shape(vector) != (self._dimension,):
            raise ValueError(f"a question's vector has shape {(self._dimension,)} here, not {np.shape(vector)}")
        return [float(self._passages[name].vector @ np.asarray(vector, dtype=np.float32)) for name in passage_ids]

    def term_scores(self, terms: Mapping[str, float], passage_ids: Sequence[str]) -> list[float]:
        """`Store.term_scores`."""
        scores = dict(self.matching(terms, len(self)))
        return [scores.get(name, 0.0) for name in passage_ids]

    def passage(self, passage_id: str) -> Passage:
        """`Store.passage`."""
        return self._passages[passage_id].passage

    def read(self, passage_ids: Sequence[str]) -> list[Passage]:
        """`Store.read`."""
        return [self._passages[name].passage for name in passage_ids if name in self._passages]

    def document(self, document_id: str) -> Document:
        """`Store.document`."""
        for documents in self._documents.values():
            for document in documents:
                if document.id == document_id:
                    return document
        raise KeyError(document_id)

    def documents(self, offset: int = 0, limit: int | None = None) -> list[Document]:
        """`Store.documents`."""
        every = [document for source in sorted(self._documents) for document in self._documents[source]]
        return every[offset:][:limit]

    def latest(self, limit: int) -> list[Document]:
        """`Store.latest`."""
        return [document for documents in self._documents.values() for document in documents][::-1][:limit]

    def document_count(self) -> int:
        """`Store.document_count`."""
        return sum(len(documents) for documents in self._documents.values())

    def passages(self, document_id: str) -> list[Passage]:
        """`Store.passages`."""
        document = self.document(document_id)
        return [stored.passage for stored in self._passages.values() if stored.passage.document_id == document.id]

    def frequency(self, term: str) -> int:
        """`Store.frequency`."""
        return sum(term in stored.terms[TEXT] for stored in self._passages.values())

    def __len__(self) -> int:
        """How many passages are stored."""
        return len(self._passages)

    def close(self) -> None:
        """Forget everything."""
        self._digests, self._added, self._documents, self._passages = {}, {}, {}, {}


def _best(scores: dict[str, float], k: int) -> list[tuple[str, float]]:
    return sorted(scores.items(), key=lambda item: -item[1])[: max(k, 0)]
