"""Search: every part counts, in the order of their sum; over the reference store and an encoder without a model."""

from collections.abc import Sequence

import pytest

from rag.records import Hit, Where
from rag.search import FUSION, PARTS, Weights, distinction, longest_common, normalised, search, weighted
from rag.storage import MemoryStore
from tests.bigrams import BigramEncoder, entry

PARAGRAPHS = [
    "岭下茶厂今年炒制新茶八百六十公斤。",
    "县图书馆新馆九月一日开放，夜里不关灯。",
    "三号线八月二十八日通车，共设二十一座车站。",
    "Model Y 的车身在一号车间压铸。",
    "去年全县财政收入二百六十三亿四千万元，支出略少。",
]
ENCODER = BigramEncoder()


def made(*paragraphs: str, source: str = "page.txt") -> MemoryStore:
    store = MemoryStore(ENCODER.dimension)
    store.replace(source, [entry(source, "题", paragraphs, ENCODER)])
    return store


@pytest.fixture
def store() -> MemoryStore:
    return made(*PARAGRAPHS)


def found(store: MemoryStore, question: str, **options: object) -> list[Hit]:
    return search(store, question, ENCODER.encode_question(question or "。"), **options)  # type: ignore[arg-type]


def texts(hits: Sequence[Hit]) -> list[str]:
    return [hit.passage.text for hit in hits]


@pytest.mark.parametrize(
    ("question", "text"),
    [
        ("茶厂炒制多少新茶", PARAGRAPHS[0]),
        ("圖書館新館開放", PARAGRAPHS[1]),
        ("三号线通车", PARAGRAPHS[2]),
        ("3号线何时通车", PARAGRAPHS[2]),
        ("ＭＯＤＥＬ Y", PARAGRAPHS[3]),
        ("ModelY在哪压铸", PARAGRAPHS[3]),
        ("26340000000元", PARAGRAPHS[4]),
        ("图书管新馆什么时候开放", PARAGRAPHS[1]),
    ],
)
def test_the_passage_that_answers_comes_first(store: MemoryStore, question: str, text: str) -> None:
    hits = found(store, question)
    assert hits[0].passage.text == text
    assert [hit.rank for hit in hits] == list(range(1, len(hits) + 1))
    assert [hit.score for hit in hits] == sorted((hit.score for hit in hits), reverse=True)
    assert hits[0].document.title == "题"


def test_the_weights_of_the_parts_decide_what_counts(store: MemoryStore) -> None:
    vector = ENCODER.encode_question(PARAGRAPHS[0])
    by_vector = search(store, "图书馆", vector, weights=Weights(1, 0, 0, 0, 0))
    by_terms = search(store, "图书馆", vector, weights=Weights(0, 1, 0, 0, 0))
    assert by_vector[0].passage.text == PARAGRAPHS[0]
    assert by_terms[0].passage.text == PARAGRAPHS[1]
    assert by_terms[0].parts["terms"] > 0 == by_vector[0].parts["terms"]


def test_of_two_passages_with_the_same_words_the_one_that_has_them_in_one_sentence_comes_first() -> None:
    scattered = "县里今年修了路。茶厂换了机器。炒制照旧。新茶上市晚了几天。公斤数没有公布。"
    together = "县里今年修了路，天气不错。茶厂炒制新茶以公斤计。机器换了。上市晚了几天。数没有公布。"
    hits = found(made(scattered, together), "茶厂炒制新茶几公斤")
    assert texts(hits) == [together, scattered]
    assert hits[0].parts["proximity"] > hits[1].parts["proximity"] > 0


def test_coverage_is_of_the_passage_and_proximity_of_one_sentence() -> None:
    hits = found(made("茶厂停工。新茶炒制完毕！", "茶廠新茶炒製。"), "茶厂新茶炒制")
    whole, parted = hits[0].parts, hits[1].parts
    assert whole["proximity"] == whole["coverage"] > parted["coverage"] > parted["proximity"] > 0


def test_terms_that_stand_nowhere_count_for_nothing() -> None:
    (hit,) = found(made("茶厂炒制新茶。"), "茶厂鲸鱼")
    (plain,) = found(made("茶厂炒制新茶。"), "茶厂")
    assert hit.parts["coverage"] == plain.parts["coverage"] == 1.0


def test_the_longest_common_stretch() -> None:
    assert longest_common("新能源产值", "去年能源产值很高，产值") == 4
    assert longest_common("", "去年") == longest_common("去年", "") == longest_common("甲", "乙") == 0


def test_the_more_the_best_terms_stand_out_the_more_they_are_trusted() -> None:
    crowded, alone = distinction([9.0] * 20), distinction([9.0, 3.0, 1.0])
    assert (crowded, alone, distinction([]), distinction([0.0])) == (0.0, 1.0, 0.0, 0.0)
    assert distinction([10.0, 9.0, 9.0, 9.0, 9.0, 4.0]) == pytest.approx(0.6)
    by_vector = {"vector": 0.9, "terms": 1.0, "coverage": 0.2, "proximity": 0.2, "phrase": 0.1}
    by_words = {"vector": 0.7, "terms": 9.0, "coverage": 0.9, "proximity": 0.9, "phrase": 0.8}
    weights = Weights(0.9, 0.0, 0.1, 0.1, 0.1, trust=8.0)
    of = {distinct: [weighted(normalised(parts, [9.0]), weights, distinct) for parts in (by_vector, by_words)] for distinct in (0.0, 1.0)}
    assert of[1.0][1] - of[1.0][0] > of[0.0][1] - of[0.0][0]
    assert all(0 <= score <= 1 for scores in of.values() for score in scores)


def test_a_perfect_passage_scores_one() -> None:
    assert weighted(dict.fromkeys(PARTS, 1.0), FUSION, 0.7) == pytest.approx(1.0)
    assert weighted(dict.fromkeys(PARTS, 1.0), Weights(0, 0, 0, 0, 0), 0.7) == 0.0


def test_passages_that_read_the_same_are_shown_once_and_counted_as_copies() -> None:
    store = made(*PARAGRAPHS)
    again = PARAGRAPHS[0].replace("。", " 。")
    store.replace("other.txt", [entry("other.txt", "转载", [again, "无关的话。"], ENCODER)])
    hits = found(store, "茶厂炒制新茶")
    assert [hit.passage.text for hit in hits if "茶厂" in hit.passage.text] == [hits[0].passage.text]
    assert [copy.document_id for copy in hits[0].copies] + [hits[0].document.id] in (
        ["other.txt#转载", "page.txt#题"],
        ["page.txt#题", "other.txt#转载"],
    )
    assert len(found(store, "茶厂炒制新茶", limit=6)) == 6


def test_one_figure_apart_is_no_copy() -> None:
    paragraphs = [f"{year}年全县产茶{tons}吨。" for year, tons in ((2021, 310), (2022, 315))]
    assert [hit.copies for hit in found(made(*paragraphs), "全县产茶多少吨")] == [(), ()]


def test_a_limit_holds_and_a_limit_larger_than_the_store_is_no_error(store: MemoryStore) -> None:
    assert len(found(store, "茶", limit=2)) == 2
    assert len(found(store, "茶", limit=100)) == len(PARAGRAPHS)


@pytest.mark.parametrize("question", ["", "？？", "的", "asdf", "\x00", "茶" * 3000])
def test_a_question_without_sense_is_no_error(store: MemoryStore, question: str) -> None:
    assert len(found(store, question)) == len(PARAGRAPHS)


def test_an_empty_store_finds_nothing() -> None:
    assert found(MemoryStore(64), "茶") == []


def test_only_what_meets_the_filter_is_found(store: MemoryStore) -> None:
    store.replace("b.txt", [entry("b.txt", "别处", ["茶厂在山上。"], ENCODER)])
    assert texts(found(store, "茶厂炒制新茶", where=Where(source="b.txt"))) == ["茶厂在山上。"]
    assert found(store, "茶厂", where=Where(title="没有的题")) == []


def test_a_passage_taken_out_between_two_looks_is_left_out(store: MemoryStore, monkeypatch: pytest.MonkeyPatch) -> None:
    gone = found(store, "茶厂新茶")[0].passage.id
    read = store.read
    monkeypatch.setattr(store, "read", lambda names: read([name for name in names if name != gone]))
    hits = found(store, "茶厂新茶")
    assert gone not in [hit.passage.id for hit in hits]
    assert len(hits) == len(PARAGRAPHS) - 1
