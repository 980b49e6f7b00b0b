"""What questions ask for, read from their words."""

import pytest

from rag.answers.question import Kind, parse


@pytest.mark.parametrize(
    ("text", "kind", "unit"),
    [
        ("茶厂产值?", Kind.FIGURE, "元"),
        ("三号线有多少座车站？", Kind.FIGURE, "座"),
        ("识别准确率是多少", Kind.FIGURE, "%"),
        ("新馆面积多大", Kind.FIGURE, "平方"),
        ("门票多少钱？", Kind.FIGURE, "元"),
        ("馆长是谁？", Kind.PERSON, ""),
        ("邱望舒是干什么的？", Kind.ROLE, ""),
        ("新馆在哪里？", Kind.PLACE, ""),
        ("三号线什么时候开通？", Kind.TIME, ""),
        ("开通日期", Kind.TIME, "日"),
        ("哪一年开通", Kind.TIME, "年"),
        ("为什么提前采茶？", Kind.REASON, ""),
        ("怎么办理借书证？", Kind.MANNER, ""),
        ("可以换乘哪些线路？", Kind.LIST, ""),
        ("茶好喝吗", Kind.OTHER, ""),
    ],
)
def test_the_kind_and_the_unit_asked_for(text: str, kind: Kind, unit: str) -> None:
    (question,) = parse(text)
    assert (question.kind, question.unit) == (kind, unit)


def test_a_traditional_question_asks_for_the_same_as_a_simplified_one() -> None:
    (traditional,), (simplified,) = parse("臨港產值是多少？"), parse("临港产值是多少？")
    assert (traditional.kind, traditional.content) == (simplified.kind, simplified.content)
    assert traditional.asked == "臨港產值是多少"


def test_a_question_of_two_sentences_asks_two_things() -> None:
    assert [question.asked for question in parse("哪一年开工？有多少座车站？")] == ["哪一年开工", "有多少座车站"]


def test_years_editions_and_plans_are_what_the_answer_has_to_be_about() -> None:
    (question,) = parse("“十四五”期间第三届茶会2021年卖了多少茶")
    assert question.years == {2021}
    assert list(question.ordinals.values()) == ["第三届"]
    assert question.plans == {"十四五"}


@pytest.mark.parametrize("text", ["", "？？", " 。 "])
def test_a_question_without_words_asks_nothing(text: str) -> None:
    assert parse(text) == []
