"""Passages: exact offsets, whole cover, ids that outlast other changes."""

from hypothesis import given
from hypothesis import strategies as st

from rag.passages import LONGEST, passages
from rag.records import Document, Origin


def document(text: str, headings: tuple[tuple[int, int], ...] = ()) -> Document:
    origins, position = [], 0
    for number, line in enumerate(text.split("\n"), start=1):
        if line:
            origins.append(Origin(position, position + len(line), position, position + len(line), number))
        position += len(line) + 1
    return Document("d", "page.txt", "题", text, headings=headings, origins=tuple(origins))


def test_a_paragraph_is_a_passage_with_its_number_its_sub_head_and_its_lines() -> None:
    found = passages(document("第一段。\n小标题\n第二段。", headings=((5, 8),)))
    assert [(p.number, p.heading, p.text, p.lines) for p in found] == [(1, "", "第一段。", (1, 1)), (2, "小标题", "第二段。", (3, 3))]


@given(st.lists(st.text(alphabet="甲乙丙。，“” a", max_size=3 * LONGEST), max_size=4))
def test_passages_stand_where_they_say_and_leave_nothing_out(paragraphs: list[str]) -> None:
    text = "\n".join(paragraphs)
    position = 0
    for passage in passages(document(text)):
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
