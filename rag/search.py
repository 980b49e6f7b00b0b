"""Finds the passages for a question: by vector and by terms, joined by a normalised weighted sum; reads none of them."""

import math
from collections.abc import Sequence
from contextlib import suppress

from rag.chinese.scripts import simplified
from rag.chinese.terms import terms
from rag.models.encoder import Encoder, Vectors
from rag.records import Document, Hit
from rag.storage.store import Store

VECTOR_WEIGHT = 0.6
"""The share of the vector score in the sum; benchmarks/search.py prints what other shares give."""

_COSINE_FLOOR = 0.70
"""Cosines of multilingual-e5 between unrelated texts lie at about this; below it counts as nothing."""

_DEPTH = 50


def search(store: Store, encoder: Encoder, question: str, *, limit: int = 10) -> list[Hit]:
    """The `limit` best passages for `question`, best first; fewer when the store holds fewer.

    Both halves are brought to [0, 1] before they are summed (a convex combination; Bruch et al., 2023, arXiv 2210.11934): the
    cosine by its distance from that of unrelated texts, BM25 by the best score of the question. `Hit.parts` keeps both, as
    they were before the sum ("vector", "terms").
    """
    return fused(store, encoder.encode_question(simplified(question)), terms(question), limit=limit)


def fused(
    store: Store, vector: Vectors, question_terms: Sequence[str], *, limit: int = 10, vector_weight: float = VECTOR_WEIGHT
) -> list[Hit]:
    """`search` for a question that is encoded and cut into terms already; `vector_weight` is the vectors' share, in [0, 1]."""
    by_vector, by_terms = _found(store, vector, question_terms, max(_DEPTH, limit))
    best = max(by_terms.values(), default=0.0) or 1.0

    def score(passage_id: str) -> float:
        vector_score = max(0.0, (by_vector[passage_id] - _COSINE_FLOOR) / (1 - _COSINE_FLOOR))
        return vector_weight * vector_score + (1 - vector_weight) * by_terms.get(passage_id, 0.0) / best

    hits: list[Hit] = []
    documents: dict[str, Document] = {}
    for passage_id in sorted(by_vector, key=lambda passage_id: (-score(passage_id), passage_id)):
        if len(hits) == limit:
            break
        with suppress(KeyError):  # taken out by a writer since it was found
            passage = store.passage(passage_id)
            if passage.document_id not in documents:
                documents[passage.document_id] = store.document(passage.document_id)
            parts = {"vector": by_vector[passage_id], "terms": by_terms.get(passage_id, 0.0)}
            hits.append(Hit(passage, documents[passage.document_id], score(passage_id), len(hits) + 1, parts))
    return hits


def _found(store: Store, vector: Vectors, question_terms: Sequence[str], depth: int) -> tuple[dict[str, float], dict[str, float]]:
    """The cosine of every passage found by either half, and the BM25 score of those found by terms."""
    while True:
        by_terms = dict(store.matching(question_terms, depth))
        by_vector = dict(store.nearest(vector, depth))
        missing = [passage_id for passage_id in by_terms if passage_id not in by_vector]
        with suppress(KeyError):  # a writer took one out between the two looks: look again
            by_vector.update(zip(missing, store.similarities(vector, missing), strict=True))
            return by_vector, by_terms


def weight(store: Store, term: str) -> float:
    """How rare a term is in the store: the inverse document frequency of BM25."""
    count, holding = len(store), store.frequency(term)
    return math.log(1 + (count - holding + 0.5) / (holding + 0.5))
