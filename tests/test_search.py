"""Search: both halves count, and the order is that of their sum; over the reference store and an encoder without a model."""

import pytest

from rag.chinese.terms import terms
from rag.search import fused, search
from rag.storage import MemoryStore
from tests.bigrams import BigramEncoder, entry

PARAGRAPHS = [
    "岭下茶厂今年炒制新茶八百六十公斤。",
    "县图书馆新馆九月一日开放，夜里不关灯。",
    "三号线八月二十八日通车，共设二十一座车站。",
    "Model Y 的车身在一号车间压铸。",
]


@pytest.fixture
def store() -> MemoryStore:
    encoder = BigramEncoder()
    store = MemoryStore(encoder.dimension)
    store.replace("page.txt", [entry("page.txt", "题", PARAGRAPHS, encoder)])
    return store


@pytest.mark.parametrize(
    ("question", "text"),
    [
        ("茶厂炒制多少新茶", PARAGRAPHS[0]),
        ("圖書館新館開放", PARAGRAPHS[1]),
        ("三号线通车", PARAGRAPHS[2]),
        ("ＭＯＤＥＬ Y", PARAGRAPHS[3]),
    ],
)
def test_the_passage_that_answers_comes_first(store: MemoryStore, question: str, text: str) -> None:
    hits = search(store, BigramEncoder(), question)
    assert hits[0].passage.text == text
    assert [hit.rank for hit in hits] == list(range(1, len(hits) + 1))
    assert [hit.score for hit in hits] == sorted((hit.score for hit in hits), reverse=True)
    assert hits[0].document.title == "题"


def test_the_shares_of_the_halves_decide_what_counts(store: MemoryStore) -> None:
    encoder = BigramEncoder()
    vector = encoder.encode_question(PARAGRAPHS[0])
    by_vector = fused(store, vector, terms("图书馆"), vector_weight=1.0)
    by_terms = fused(store, vector, terms("图书馆"), vector_weight=0.0)
    assert by_vector[0].passage.text == PARAGRAPHS[0]
    assert by_terms[0].passage.text == PARAGRAPHS[1]
    assert by_terms[0].parts["terms"] > 0 == by_vector[0].parts["terms"]


def test_a_limit_holds_and_a_limit_larger_than_the_store_is_no_error(store: MemoryStore) -> None:
    assert len(search(store, BigramEncoder(), "茶", limit=2)) == 2
    assert len(search(store, BigramEncoder(), "茶", limit=100)) == len(PARAGRAPHS)


def test_an_empty_store_finds_nothing() -> None:
    assert search(MemoryStore(64), BigramEncoder(), "茶") == []


def test_a_passage_taken_out_between_two_looks_is_left_out(store: MemoryStore, monkeypatch: pytest.MonkeyPatch) -> None:
    gone = search(store, BigramEncoder(), "茶厂新茶")[0].passage.id
    passage = store.passage

    def missing(passage_id: str) -> object:
        if passage_id == gone:
            raise KeyError(passage_id)
        return passage(passage_id)

    monkeypatch.setattr(store, "passage", missing)
    hits = search(store, BigramEncoder(), "茶厂新茶")
    assert gone not in [hit.passage.id for hit in hits]
    assert len(hits) == len(PARAGRAPHS) - 1
