"""Finds the passages for a question: by vector, by terms, and by how many of the terms one sentence holds; answers nothing."""

import math
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from rag.chinese.figures import figures
from rag.chinese.scripts import fold
from rag.chinese.terms import question_terms
from rag.models.encoder import Vectors
from rag.records import EVERYWHERE, Document, Hit, Passage, Where
from rag.storage.store import Store

DEPTH = 50
"""How many passages each half finds, at the least; all of them are then weighed by every part."""

VECTOR, TERMS, COVERAGE, PROXIMITY, PHRASE = PARTS = ("vector", "terms", "coverage", "proximity", "phrase")


@dataclass(frozen=True, slots=True)
class Weights:
    """What each part of a score counts, and how much more those of words count where the question's words single passages out.

    Where the best BM25 score stands out from the sixth by the share `s` of it, all parts but the vector's count 1 + `trust` * s times.
    """

    vector: float
    terms: float
    coverage: float
    proximity: float
    phrase: float
    trust: float = 0.0


FUSION = Weights(vector=0.873, terms=0.0, coverage=0.041, proximity=0.059, phrase=0.028, trust=4.0)
"""Made by `python -m benchmarks.fusion` on training questions of CMRC 2018, DRCD and STARD alone."""

_CROWD = 5
"""So many passages may hold what is asked: how far the best stands out is seen from the next one."""

_SENTENCE = re.compile(r"[^。!?;…\n]+")
"""Of folded text."""

_COPY = 0.95
"""Two passages that share so much of their pairs of characters (Jaccard) are one that was printed twice."""


def search(
    store: Store, question: str, vector: Vectors, *, limit: int = 10, where: Where = EVERYWHERE, weights: Weights = FUSION
) -> list[Hit]:
    """The `limit` best passages for `question`, whose vector is `vector` (dimension,); best first, fewer where fewer are found.

    What either half finds is scored by several parts, each in [0, 1], and their weighted mean is the score: the cosine; BM25 by
    the question's best; the coverage, which is the share of the question's terms, by weight and rarity, that the passage holds; the
    proximity, the share that one of its sentences holds; and the phrase, the longest stretch of the question that stands in it.
    (A convex sum: Bruch et al., 2023, arXiv 2210.11934; its weights are the question's own, see Weights.) `Hit.parts` has them, BM25
    as it was found. A passage that reads as a better one does stands in that one's `Hit.copies`.
    """
    wanted = question_terms(question)
    parts = _found(store, vector, wanted, max(DEPTH, limit), where)
    passages = store.read(list(parts))
    rarity = _rarity(store, wanted)
    asked = fold(question)
    amounts = bool(figures(asked))
    by_terms = sorted((of_one[TERMS] for of_one in parts.values()), reverse=True)
    distinct = distinction(by_terms)
    scored: list[tuple[float, Passage, dict[str, float]]] = []
    for passage in passages:
        folded = fold(passage.text)
        coverage, proximity = _shares(rarity, folded, amounts)
        phrase = longest_common(asked, folded) / max(1, len(asked))
        known = {**parts[passage.id], COVERAGE: coverage, PROXIMITY: proximity, PHRASE: phrase}
        scored.append((weighted(normalised(known, by_terms), weights, distinct), passage, known))
    scored.sort(key=lambda one: (-one[0], one[1].id))
    return _hits(store, scored, limit)


def distinction(by_terms: Sequence[float]) -> float:
    """How far the best BM25 score stands out, in [0, 1]: by what share of it the sixth falls short; `by_terms` best first."""
    if not by_terms or by_terms[0] <= 0:
        return 0.0
    return 1 - (by_terms[_CROWD] if len(by_terms) > _CROWD else 0.0) / by_terms[0]


def normalised(parts: Mapping[str, float], by_terms: Sequence[float]) -> dict[str, float]:
    """The parts of a passage's score, each in [0, 1]; `by_terms` are the question's BM25 scores, best first."""
    best = by_terms[0] if by_terms and by_terms[0] > 0 else 1.0
    return {**parts, VECTOR: max(0.0, parts[VECTOR]), TERMS: parts[TERMS] / best}


def weighted(parts: Mapping[str, float], weights: Weights, distinct: float) -> float:
    """The weighted mean, in [0, 1], of the normalised parts for a question whose terms are so `distinct`."""
    trusted = 1 + weights.trust * distinct
    counts = {name: getattr(weights, name) * (1.0 if name == VECTOR else trusted) for name in PARTS}
    total = sum(counts.values())
    return sum(counts[name] * parts[name] for name in PARTS) / total if total else 0.0


def longest_common(one: str, other: str) -> int:
    """How long the longest stretch is that stands in both."""
    longest = 0
    for start in range(len(one)):
        while start + longest < len(one) and one[start : start + longest + 1] in other:
            longest += 1
    return longest


def _shares(rarity: Mapping[str, float], folded: str, amounts: bool) -> tuple[float, float]:
    """The share of the terms' weights that the text holds, and that its best sentence does.

    Where there are `amounts` among the terms, they count however the text writes them.
    """
    total = sum(rarity.values())
    if not total:
        return 0.0, 0.0
    written = [(figure.start, form) for figure in figures(folded) for form in (figure.number, figure.normal)] if amounts else []
    forms = {form for _, form in written}
    held = {term: weight for term, weight in rarity.items() if term in folded or term in forms}
    best = 0.0
    for match in _SENTENCE.finditer(folded):
        sentence = match[0]
        here = {form for start, form in written if match.start() <= start < match.end()}
        best = max(best, sum(weight for term, weight in held.items() if term in sentence or term in here))
    return sum(held.values()) / total, best / total


def inverse_frequency(count: int, holding: int) -> float:
    """How rare a term is that `holding` of `count` passages hold: the inverse document frequency of BM25."""
    return math.log(1 + (count - holding + 0.5) / (holding + 0.5))


def _rarity(store: Store, wanted: Mapping[str, float]) -> dict[str, float]:
    """The terms with their weights by their rarity; those that no passage holds are left out, as they tell none from another."""
    count = len(store)
    holding = {term: store.frequency(term) for term in wanted}
    return {term: weight * inverse_frequency(count, holding[term]) for term, weight in wanted.items() if holding[term]}


def _found(store: Store, vector: Vectors, wanted: Mapping[str, float], depth: int, where: Where) -> dict[str, dict[str, float]]:
    """The passages that either half finds, each with its cosine and its BM25 score."""
    while True:
        by_terms = dict(store.matching(wanted, depth, where))
        by_vector = dict(store.nearest(vector, depth, where))
        only_terms = [name for name in by_terms if name not in by_vector]
        only_vector = [name for name in by_vector if name not in by_terms]
        try:
            by_vector.update(zip(only_terms, store.similarities(vector, only_terms), strict=True))
        except KeyError:  # a writer took one out between the two looks: look again
            continue
        by_terms.update(zip(only_vector, store.term_scores(wanted, only_vector), strict=True))
        return {name: {VECTOR: by_vector[name], TERMS: by_terms[name]} for name in by_vector}


def _hits(store: Store, scored: Iterable[tuple[float, Passage, dict[str, float]]], limit: int) -> list[Hit]:
    """The first `limit` passages as hits; one that reads as an earlier one does becomes its copy."""
    chosen: list[tuple[float, Passage, dict[str, float], frozenset[str], list[Passage]]] = []
    for score, passage, parts in scored:
        pairs = _pairs(passage.text)
        if original := next((one for one in chosen if _alike(pairs, one[3])), None):
            original[4].append(passage)
        elif len(chosen) < limit:
            chosen.append((score, passage, parts, pairs, []))
        else:
            break
    documents: dict[str, Document] = {}
    hits: list[Hit] = []
    for score, passage, parts, _, copies in chosen:
        try:
            if passage.document_id not in documents:
                documents[passage.document_id] = store.document(passage.document_id)
        except KeyError:  # taken out by a writer since it was found
            continue
        hits.append(Hit(passage, documents[passage.document_id], score, len(hits) + 1, parts, tuple(copies)))
    return hits


def _pairs(text: str) -> frozenset[str]:
    bare = "".join(re.findall(r"\w", fold(text)))
    return frozenset(bare[i : i + 2] for i in range(len(bare) - 1)) or frozenset({bare})


def _alike(one: frozenset[str], other: frozenset[str]) -> bool:
    shorter, longer = sorted((len(one), len(other)))
    return shorter >= _COPY * longer and len(one & other) >= _COPY * len(one | other)
