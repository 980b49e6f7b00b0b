"""Scores held against figures that were worked out by hand; the sums stand beside them."""

import math
import sys

import pytest

from rag.errors import RagError
from rag.scoring import (
    RANKING,
    cited_documents,
    cited_texts,
    contains,
    exact,
    longest_run,
    mean,
    overlap,
    percentile,
    plain,
    ranking,
    refusals,
    required,
    tokens,
)


def test_rankings_are_scored_as_by_hand() -> None:
    gold = {"first": {"a"}, "third": {"b"}, "two": {"c", "d"}, "beyond": {"e"}, "nothing": {"f"}}
    found = {
        "first": ["a", "x"],
        "third": ["x", "y", "b"],
        "two": ["x", "c", "y", "d"],
        "beyond": [*"ghijklmnop", "e"],  # the eleventh
    }
    scores = ranking(gold, found)
    assert list(scores) == list(RANKING)
    two = (1 / math.log2(3) + 1 / math.log2(5)) / (1 + 1 / math.log2(3))
    assert scores == pytest.approx(
        {
            "R@1": 1 / 5,
            "R@3": 3 / 5,
            "R@5": 3 / 5,
            "R@10": 3 / 5,
            "MRR@10": (1 + 1 / 3 + 1 / 2) / 5,
            "nDCG@10": (1 + 1 / math.log2(4) + two) / 5,
        }
    )


def test_each_cutoff_counts_its_own_ranks() -> None:
    ranks = {"1": 1, "3": 3, "5": 5, "10": 10}
    found = {question: [*(f"x{place}" for place in range(rank - 1)), "gold"] for question, rank in ranks.items()}
    scores = ranking({question: ["gold"] for question in ranks}, found)
    assert [scores[name] for name in ("R@1", "R@3", "R@5", "R@10")] == [0.25, 0.5, 0.75, 1.0]
    assert scores["MRR@10"] == pytest.approx((1 + 1 / 3 + 1 / 5 + 1 / 10) / 4)


def test_the_order_found_counts_and_not_that_of_the_ids() -> None:
    assert ranking({"q": ["m"]}, {"q": ["z", "m", "a"]})["MRR@10"] == 0.5
    assert ranking({"q": ["m"]}, {"q": ["a", "m", "z"]})["MRR@10"] == 0.5


def test_a_gold_document_given_twice_counts_once() -> None:
    assert ranking({"q": ["a", "a"]}, {"q": ["a"]})["nDCG@10"] == 1.0


def test_nothing_found_is_0_and_nothing_to_find_is_none() -> None:
    assert ranking({"q": ["a"]}, {}) == dict.fromkeys(RANKING, 0.0)
    assert ranking({}, {"q": ["a"]}) == dict.fromkeys(RANKING)


def test_without_the_library_the_error_ends_with_what_installs_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "ir_measures", None)
    with pytest.raises(RagError, match=r"ir_measures.*; install it: pip install 'wenju\[evaluate\]'$"):
        ranking({"q": ["a"]}, {"q": ["a"]})


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("净利润为2.5%，iPhone 15。", ["净", "利", "润", "为", "2.5", "%", "iphone", "15"]),
        ("（２０２２年）", ["2022", "年"]),
        ("1,200元，3,45", ["1200", "元", "3", "45"]),
        ("第1.章 A.B v2.0", ["第", "1", "章", "a", "b", "v2.0"]),
        ("《——……》 \n", []),
        ("C++ ¥5 30℃", ["c", "¥", "5", "30", "°", "c"]),
    ],
)
def test_text_is_cut_as_cmrc_does(text: str, expected: list[str]) -> None:
    assert tokens(text) == expected


def test_em_takes_no_account_of_marks_width_and_case_but_of_every_figure() -> None:
    assert exact("“岭下茶厂” ", ["岭下茶厂。"]) == 1
    assert exact("ＡＢ公司", ["ab公司"]) == 1
    assert exact("860公斤", ["520公斤", "860公斤"]) == 1
    assert exact("2.5", ["25"]) == 0
    assert exact("5%", ["5"]) == 0
    assert exact("860公斤茶", ["860公斤"]) == 0
    assert exact("", ["860公斤"]) == 0
    assert exact("。", ["！"]) == 0
    assert exact("860公斤", []) == 0


@pytest.mark.parametrize(
    ("first", "second", "length"),
    [
        ("abcde", "bcd", 3),
        ("abxcd", "abcd", 2),  # a subsequence of four, but no run
        ("xab", "aby", 2),
        ("aab", "ab", 2),
        ("aaa", "aa", 2),
        ("abc", "xyz", 0),
        ("", "abc", 0),
        ("abc", "", 0),
    ],
)
def test_the_longest_run_is_unbroken(first: str, second: str, length: int) -> None:
    assert longest_run(first, second) == length
    assert longest_run(second, first) == length


def test_f1_is_that_of_the_longest_run() -> None:
    # 炒制新茶860公斤 has 7 tokens, 新茶860公斤 5, which all stand in it: P = 5/7, R = 1.
    assert overlap("炒制新茶860公斤", ["新茶860公斤"]) == pytest.approx(2 * (5 / 7) * 1 / (5 / 7 + 1))
    # 新茶 公斤 and 新茶 860 公斤: the run is of 2, P = 2/4, R = 2/5.
    assert overlap("新茶公斤", ["新茶860公斤"]) == pytest.approx(2 * 0.5 * 0.4 / 0.9)
    # A figure is one token: 86 is not most of 860.
    assert overlap("86", ["860"]) == 0
    assert overlap("岭下茶厂", ["岭下茶厂。"]) == 1


def test_f1_is_that_of_the_best_alternative() -> None:
    assert overlap("茶厂", ["图书馆", "岭下茶厂", "厂"]) == pytest.approx(2 * 1 * 0.5 / 1.5)
    assert overlap("", ["茶厂"]) == 0
    assert overlap("茶厂", ["。", ""]) == 0
    assert overlap("茶厂", []) == 0


def test_alternatives_and_requirements_are_told_apart() -> None:
    assert required(["a", "b"]) == [["a", "b"]]
    assert required([["a", "b"], "c"]) == [["a", "b"], ["c"]]
    assert required([["a", "b"]]) == [["a", "b"]]
    assert required([]) == []


def test_an_answer_contains_an_alternative_or_all_that_is_required() -> None:
    said = "今年春天，岭下茶厂炒制新茶 1,860 公斤，坡上茶厂520公斤。"
    assert contains(said, ["2000公斤", "１８６０公斤"])
    assert not contains(said, ["2000公斤", "1866公斤"])
    assert contains(said, [["1860公斤", "一千八百六十公斤"], "520公斤"])
    assert not contains(said, [["1860公斤", "一千八百六十公斤"], "521公斤"])
    assert not contains(said, [["2000公斤"], "520公斤"])
    assert contains("ＡＢ公司", ["ab公司"])
    assert not contains(said, [])
    assert not contains(said, [" ", "，"])


def test_plain_text_is_folded() -> None:
    assert plain("ＧＤＰ 1，234.5\n亿元") == "gdp1234.5亿元"


def test_refusals_are_counted_as_by_hand() -> None:
    # Of 5 unanswerable 3 are refused, of 4 answerable 1.
    outcomes = [(False, True)] * 3 + [(False, False)] * 2 + [(True, True)] + [(True, False)] * 3
    assert refusals(outcomes) == {"precision": 3 / 4, "recall": 3 / 5, "false": 1 / 4}
    assert refusals([(True, False)]) == {"precision": None, "recall": None, "false": 0.0}
    assert refusals([(False, True)]) == {"precision": 1.0, "recall": 1.0, "false": None}
    assert refusals([]) == {"precision": None, "recall": None, "false": None}


def test_cited_documents_are_held_against_gold() -> None:
    assert cited_documents(["a", "b", "b"], {"a", "c", "d", "e"}) == (1 / 2, 1 / 4)
    assert cited_documents(["a"], ["a"]) == (1, 1)
    assert cited_documents(["b"], ["a"]) == (0, 0)
    assert cited_documents([], ["a"]) == (0, 0)


def test_cited_texts_are_held_against_references() -> None:
    paragraph = "今年春天，岭下茶厂炒制新茶860公斤。厂长说，明年还要添两口锅。"
    references = ["岭下茶厂炒制新茶 860 公斤", "藏书12万册，在县里是最多的。"]
    contains_one = ("厂长说，明年还要添两口锅。", paragraph)
    stands_in_one = ("藏书12万册", "望河镇图书馆藏书12万册。")
    neither = ("四月开放", "新馆四月开放。")
    assert cited_texts([contains_one], references) == (1, 1 / 2)
    assert cited_texts([contains_one, contains_one, neither], references) == (2 / 3, 1 / 2)
    assert cited_texts([contains_one, stands_in_one, neither, neither], references) == (2 / 4, 1)
    assert cited_texts([neither], references) == (0, 0)
    assert cited_texts([], references) == (0, 0)


def test_blank_quotes_and_references_stand_for_nothing() -> None:
    assert cited_texts([(" ", "新馆四月开放。")], ["藏书12万册"]) == (0, 0)
    assert cited_texts([("四月开放", "新馆四月开放。")], [" ", "藏书12万册"]) == (0, 0)
    assert cited_texts([("四月开放", "新馆四月开放。")], ["，"]) == (0, 0)


def test_percentiles_are_values_that_were_measured() -> None:
    hundred = [float(value) for value in range(100, 0, -1)]
    assert [percentile(hundred, percent) for percent in (50, 95, 99, 100)] == [50, 95, 99, 100]
    assert [percentile([3.0, 1.0, 2.0], percent) for percent in (50, 95, 99)] == [2, 3, 3]
    assert percentile([7.0], 50) == 7
    assert percentile([], 50) is None


def test_the_mean_of_nothing_is_none() -> None:
    assert mean([]) is None
    assert mean([True, False, False, False]) == 0.25
