"""A language model makes follow-ups whole, of words of the conversation alone; a model by script."""

import pytest

from rag.answers.rewriting import leans, rewritten
from rag.errors import ModelError
from rag.records import Turn
from tests.script import Script

TURNS = [Turn("3号线哪天开通？", "3号线于8月28日开通。"), Turn("它全长多少公里？", "全长27.6公里。")]


@pytest.mark.parametrize(
    ("question", "made"),
    [
        ("那边停几站？", "3号线停几站？"),
        ("票价多少？", "3号线票价多少？"),
        ("开通那天呢？", "3号线8月28日开通那天呢？"),
    ],
)
def test_a_follow_up_is_made_whole(question: str, made: str) -> None:
    model = Script(made)
    assert rewritten(question, TURNS, model) == made
    content = model.asked[0][-1].content
    assert content.endswith(f"问：{question}")
    assert "8月28日" in content


@pytest.mark.parametrize(
    "made",
    [
        "",
        "5号线停几站？",
        "3号线停21站。",
        "3号线在2023年停几站？",
        "3号线全长多少公里？",
        "3号线停几站？\n答：21站。",
        "3号线停几站？它全长多少公里？总投资多少？",
        "站" * 1000,
    ],
)
def test_what_adds_or_loses_anything_is_not_taken(made: str) -> None:
    assert rewritten("那边停几站？", TURNS, Script(made)) == "那边停几站？"


@pytest.mark.parametrize("question", ["澜州图书馆新馆几点关门？", "2023年岚溪县出口了多少吨茶叶？"])
def test_a_question_that_leans_on_nothing_costs_no_model(question: str) -> None:
    model = Script("别的？")
    assert not leans(question)
    assert rewritten(question, TURNS, model) == question
    assert not model.asked


def test_without_turns_or_with_a_model_that_fails_the_question_stays() -> None:
    assert rewritten("那边停几站？", [], Script("3号线停几站？")) == "那边停几站？"
    assert rewritten("那边停几站？", TURNS, Script("", ModelError("no connection"))) == "那边停几站？"
