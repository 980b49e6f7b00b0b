"""Passages: exact offsets, whole cover, ids that outlast other changes."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag.passages import LONGEST, passages
from rag.records import Document, Heading, Origin


def document(text: str, headings: tuple[Heading, ...] = (), runs: tuple[tuple[int, int], ...] = ()) -> Document:
    origins, position = [], 0
    for number, line in enumerate(text.split("\n"), start=1):
        if line:
            origins.append(Origin(position, position + len(line), position, position + len(line), number))
        position += len(line) + 1
    return Document("d", "page.txt", "题", text, headings=headings, runs=runs, origins=tuple(origins))


def test_a_paragraph_is_a_passage_with_its_number_its_sub_head_and_its_lines() -> None:
    found = passages(document("第一段。\n小标题\n第二段。", headings=(Heading(5, 8),)))
    assert [(p.number, p.heading, p.text, p.lines) for p in found] == [(1, "", "第一段。", (1, 1)), (2, "小标题", "第二段。", (3, 3))]


def test_the_heading_is_the_path_of_sub_heads() -> None:
    text = "第一章\n第一节\n甲段。\n第二节\n乙段。\n第二章\n丙段。"
    headings = (Heading(0, 3), Heading(4, 7, 2), Heading(12, 15, 2), Heading(20, 23))
    assert [(p.heading, p.text) for p in passages(document(text, headings))] == [
        ("第一章 › 第一节", "甲段。"),
        ("第一章 › 第二节", "乙段。"),
        ("第二章", "丙段。"),
    ]


def test_a_sub_head_with_nothing_under_it_is_a_passage_itself() -> None:
    text = "第一章\n甲段。\n第二章\n第三章\n第一节\n联系电话 021"
    headings = (Heading(0, 3), Heading(8, 11), Heading(12, 15), Heading(16, 19, 2), Heading(20, 28, 2))
    assert [(p.number, p.heading, p.text) for p in passages(document(text, headings))] == [
        (1, "第一章", "甲段。"),
        (2, "", "第二章"),
        (3, "第三章", "第一节"),
        (4, "第三章", "联系电话 021"),
    ]


def test_the_lines_of_a_short_run_are_one_passage_and_those_of_a_long_one_several() -> None:
    text = "办法如下：\n一、登记。\n二、抽签。\n另起一段。"
    assert [(p.number, p.text) for p in passages(document(text, runs=((0, 17),)))] == [(1, text[:17]), (2, "另起一段。")]
    rows = [f"地区：第{n}区；产值：{n * 100}亿元；同比增长：{n}%" for n in range(10, 60)]
    long = "\n".join(rows)
    found = passages(document(long, runs=((0, len(long)),)))
    assert 3 < len(found) < len(rows) / 2
    assert [row for p in found for row in p.text.split("\n")] == rows
    assert found[0].lines[0] == 1
    assert found[-1].lines[1] == len(rows)


def test_two_runs_and_the_paragraphs_around_them_stay_apart() -> None:
    assert [p.text for p in passages(document("甲\n乙\n丙\n丁", runs=((0, 3), (4, 7))))] == ["甲\n乙", "丙\n丁"]


@given(st.lists(st.text(alphabet="甲乙丙。，“” a", max_size=3 * LONGEST), max_size=4))
@pytest.mark.parametrize("listed", [False, True])
def test_passages_stand_where_they_say_and_leave_nothing_out(listed: bool, paragraphs: list[str]) -> None:
    text = "\n".join(paragraphs)
    position = 0
    for passage in passages(document(text, runs=((0, len(text)),) if listed else ())):
        assert text[passage.start : passage.end] == passage.text
        assert not text[position : passage.start].strip()
        assert 0 < len(passage.text) <= LONGEST
        position = passage.end
    assert not text[position:].strip()


def test_a_long_paragraph_is_cut_at_sentence_ends_and_its_parts_share_a_number() -> None:
    found = passages(document("这句话刚好十个字吧。" * 120))
    assert len(found) > 1
    assert {p.number for p in found} == {1}
    assert all(p.text.endswith("。") for p in found)


def test_unchanged_paragraphs_keep_their_ids_when_others_change() -> None:
    before = {p.text: p.id for p in passages(document("甲段不变。\n乙段要改。\n丙段不变。"))}
    after = {p.text: p.id for p in passages(document("新添一段。\n甲段不变。\n乙段改了。\n丙段不变。"))}
    assert {text for text in before if before[text] == after.get(text)} == {"甲段不变。", "丙段不变。"}


def test_the_same_paragraph_twice_has_two_ids() -> None:
    first, second = passages(document("重复的话。\n重复的话。"))
    assert first.id != second.id
