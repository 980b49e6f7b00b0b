"""Citation recall and precision are ALCE's: what is carried together, and which citation is needless; arithmetic is done again."""

from collections.abc import Sequence

import pytest

from benchmarks.citations import is_computed, is_right, lengths, pieces, precision, recall
from rag.records import Answer, Citation, Document, Passage, Statement


def cite(marker: int, text: str) -> Citation:
    return Citation(marker, Document(text, "页.txt", "", text, ""), Passage(text, text, 1, "", text, 0, len(text), (1, 1)), 0, len(text))


def answer(*statements: tuple[str, Sequence[Citation]]) -> Answer:
    return Answer("?", tuple(Statement(text, tuple(cited)) for text, cited in statements), 1.0, refused=False)


def holds(text: str, cited: Sequence[Citation]) -> bool:
    """Carried where each word between commas stands in what is cited."""
    return all(any(word in citation.quote for citation in cited) for word in text.rstrip("。；").split("，"))


BRIDGE, COST, OTHER = cite(1, "桥长三里"), cite(2, "花了五万"), cite(3, "下雨")


def test_each_sentence_is_judged_with_the_citations_of_its_statement() -> None:
    said = answer(("桥长三里。花了五万；下雨。", [BRIDGE, COST]))
    assert [piece.text for piece in pieces(said)] == ["桥长三里。", "花了五万；", "下雨。"]
    assert recall(said, holds) == [True, True, False]


def test_what_cites_nothing_is_not_carried() -> None:
    said = answer(("桥长三里。", []), ("花了五万。", [COST]))
    assert recall(said, holds) == [False, True]
    assert precision(said, holds) == [True]


@pytest.mark.parametrize(
    ("text", "cited", "verdicts"),
    [
        ("桥长三里，花了五万。", [BRIDGE, COST], [True, True]),  # neither does alone, both are needed
        ("桥长三里。", [BRIDGE, COST], [True, False]),  # the second is needless
        ("桥长三里。", [BRIDGE, cite(4, "听说桥长三里")], [True, True]),  # either does alone
        ("桥长九里。", [BRIDGE, COST], [False, False]),  # not carried: all are wrong
        ("桥长三里。", [OTHER], [False]),
    ],
)
def test_a_citation_is_needless_only_if_the_others_do_without_it_and_it_does_not_alone(
    text: str, cited: list[Citation], verdicts: list[bool]
) -> None:
    assert precision(answer((text, cited)), holds) == verdicts


def test_markers_that_lead_nowhere_are_wrong_citations() -> None:
    assert precision(answer(("桥长三里。", [BRIDGE])), holds, unresolved=2) == [False, False, True]


def test_the_length_of_citations_is_that_of_what_they_quote() -> None:
    assert lengths(answer(("桥长三里，花了五万。", [BRIDGE, COST]))) == [4, 4]


@pytest.mark.parametrize(
    ("text", "quotes", "right"),
    [
        ("相差3.5亿元：21.9亿元－18.4亿元＝3.5亿元。", ["产值21.9亿元", "产值18.4亿元"], True),
        ("相差3.6亿元：21.9亿元－18.4亿元＝3.6亿元。", ["产值21.9亿元", "产值18.4亿元"], False),
        ("相差3.5亿元：21.9亿元－18.4亿元＝3.5亿元。", ["产值21.9亿元", "产值17亿元"], False),
        ("合计6万人：2万人＋4万人＝6万人。", ["来了2万人，走了4万人"], True),
        ("平均约3.33万人：（2万人＋4万人＋4万人）÷3≈3.33万人。", ["2万人", "4万人"], True),
        ("增加1亿元：5亿元－4亿元＝1亿元；1亿元÷4亿元＝25%。", ["5亿元", "4亿元"], True),
        ("增加1亿元：5亿元－4亿元＝1亿元；1亿元÷4亿元＝20%。", ["5亿元", "4亿元"], False),
        ("甲厂更高：5亿元＞4亿元。", ["5亿元", "4亿元"], True),
        ("甲厂更高：4亿元＞5亿元。", ["5亿元", "4亿元"], False),
        ("甲厂更早：2018年早于2019年。", ["2018年建", "2019年建"], True),
        ("甲厂更早：2018年早于2019年。", ["2018年建"], False),
        ("甲厂更早：2019年早于2018年。", ["2018年建", "2019年建"], False),
    ],
)
def test_computed_statements_are_computed_again(text: str, quotes: list[str], *, right: bool) -> None:
    assert is_computed(text)
    assert is_right(text, quotes) is right


def test_a_plain_statement_is_not_computed() -> None:
    assert not is_computed("大桥全长3.86公里，比老桥长。")
