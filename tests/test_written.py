"""What a language model writes, read as statements while it comes: markers, decoration, thoughts, what breaks off, what never ends."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag.answers.written import LONGEST, Written, statements


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("桥长1240米[1]。投资6.8亿元[1][2]。", [("桥长1240米。", (1,)), ("投资6.8亿元。", (1, 2))]),
        ("桥长1240米。[1]投资6.8亿元。[1,2]", [("桥长1240米。", (1,)), ("投资6.8亿元。", (1, 2))]),
        ("桥长1240米【2】。\n投资6.8亿元［3、4］！", [("桥长1240米。", (2,)), ("投资6.8亿元！", (3, 4))]),
        ("产值见[段落2]与[编号 3]。", [("产值见与。", (2, 3))]),
        ("三段都说到[1-3]。", [("三段都说到。", (1, 2, 3))]),
        ("出自【1†source】。", [("出自。", (1,))]),
        ("（2022）年有[2022]家。", [("（2022）年有[2022]家。", ())]),
        ("- **桥长**1240米[1]。\n- 投资6.8亿元[2]。", [("桥长1240米。", (1,)), ("投资6.8亿元。", (2,))]),
        ("1. 桥长1240米[1]。\n2. 投资6.8亿元[1]。", [("桥长1240米。", (1,)), ("投资6.8亿元。", (1,))]),
        ("- 桥长1240米[1]\n- 投资6.8亿元[2]\n", [("桥长1240米", (1,)), ("投资6.8亿元", (2,))]),
        ("1.5万人到场[1]。", [("1.5万人到场。", (1,))]),
        ("答：桥长1240米[1]。", [("桥长1240米。", (1,))]),
        ("<think>先看段落1。它说……</think>桥长1240米[1]。", [("桥长1240米。", (1,))]),
        ("“来得及。放心。”他说[1]。", [("“来得及。放心。”他说。", (1,))]),
        ("桥长1240米[1]。投资", [("桥长1240米。", (1,)), ("投资", ())]),
        ("", []),
        ("[1][2]。……\n\n", []),
    ],
)
def test_statements_and_the_numbers_they_name(text: str, expected: list[tuple[str, tuple[int, ...]]]) -> None:
    assert [(one.text, one.numbers) for one in statements([text])] == expected


@given(st.lists(st.sampled_from(["桥长", "1240米", "[1]", "[", "2]", "。", "“", "”", "\n", "<think>", "</think>", "**", "- ", "【3】"])))
def test_it_does_not_matter_in_which_pieces_the_text_comes(pieces: list[str]) -> None:
    whole = "".join(pieces)
    if len(whole) <= LONGEST:
        assert list(statements(whole)) == list(statements([whole]))


def test_a_sentence_comes_when_it_is_whole_and_not_at_the_end() -> None:
    heard: list[str] = []

    def pieces() -> list[str]:
        return ["桥长1240米", "[1]", "。", "投资"]

    def listened() -> object:
        for piece in pieces():
            heard.append(piece)
            yield piece

    assert next(statements(listened())) == Written("桥长1240米。", (1,))  # type: ignore[arg-type]
    assert heard == pieces()  # the piece behind it told that no other marker follows


def test_what_breaks_off_is_marked_so() -> None:
    assert [one.ended for one in statements(["桥长1240米。投资6.8"])] == [True, False]


def test_a_model_that_goes_round_in_circles_is_not_listened_to_for_ever() -> None:
    taken = 0

    def endless() -> object:
        nonlocal taken
        while True:
            taken += 1
            yield "电池板、"

    assert not list(statements(endless()))  # type: ignore[arg-type]
    assert taken < LONGEST
