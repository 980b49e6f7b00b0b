"""Damaged marks are mended on damaged pages, and nothing is touched elsewhere."""

import json
import time
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rag.documents.founder import carrier, repairs

DAMAGED = (
    "提高产量遥 今年全县种植小麦面积比去年增加两成，\n合作社添置了收割机尧播种机袁农民不再为农时发愁遥\n"
    "据介绍，机械化率达到 92豫，明年还要提高。\n仓库渊新建冤也投入使用。\n"
)


def mended(text: str) -> str:
    for edit in reversed(repairs(text)):
        text = text[: edit.start] + edit.repaired + text[edit.end :]
    return text


def test_the_carriers_follow_from_the_character_set() -> None:
    assert [carrier(mark) for mark in "。，、（）％：；“”《》"] == list("遥袁尧渊冤豫院曰野冶叶曳")
    with pytest.raises(ValueError, match="中"):
        carrier("中")


def test_a_damaged_page_is_mended() -> None:
    assert mended(DAMAGED) == (
        "提高产量。 今年全县种植小麦面积比去年增加两成，\n合作社添置了收割机、播种机，农民不再为农时发愁。\n"
        "据介绍，机械化率达到 92%，明年还要提高。\n仓库（新建）也投入使用。\n"
    )


@pytest.mark.parametrize(
    "genuine",
    [
        "袁小梅坐在门口择菜。",
        "记者袁志明从现场发回报道。",
        "遥控器放在桌上，遥感图挂在墙上。",
        "学校离家只有一步之遥。",
        "他讲起尧舜禹的故事。",
        "书法家王尧写了一幅字。",
        "车牌是豫A的那辆车停在路边。",
        "他深知其中的渊源，也知道那是一桩冤案。",
        "他在比赛中遥遥领先。",
    ],
)
def test_the_real_characters_stay_on_a_damaged_page(genuine: str) -> None:
    assert mended(DAMAGED + genuine + "\n").endswith(genuine + "\n")


@pytest.mark.parametrize(
    "sign", ["农民不再发愁遥 今年还要扩大面积。", "参展企业超过 92豫。", "新建仓库渊一期冤完工。", "袁先生说,他在家。———完"]
)
def test_one_kind_of_sign_is_not_enough(sign: str) -> None:
    assert repairs(sign) == []


def test_damage_elsewhere_in_the_file_opens_no_other_page() -> None:
    clean = "农民不再为农时发愁,今年———明年。\n"
    assert mended(DAMAGED + "\f" + clean).endswith(clean)
    assert mended(DAMAGED + clean).endswith("农民不再为农时发愁，今年——明年。\n")


def test_a_half_width_bracket_closes_a_damaged_one() -> None:
    kinds = [(edit.repaired, edit.kind) for edit in repairs(DAMAGED + "他笑着说完就走了。渊周小满)\n")][-2:]
    assert kinds == [("（", "founder"), ("）", "halfwidth_paren")]


def test_words_are_read_over_line_ends() -> None:
    assert "收割机、\n播种机，\n农民" in mended(DAMAGED.replace("机尧播种机袁农", "机尧\n播种机袁\n农"))


@settings(deadline=None)
@given(st.text(alphabet="袁遥尧渊冤豫的在我们工作9 ()，。\n\f—,", max_size=200))
def test_edits_are_in_order_apart_and_keep_the_length_but_for_the_dash(text: str) -> None:
    reached = 0
    for edit in repairs(text):
        assert reached <= edit.start < edit.end
        assert len(edit.repaired) == edit.end - edit.start or edit.kind == "dash3"
        reached = edit.end


def test_ten_times_the_text_takes_about_ten_times_as_long() -> None:
    def seconds(text: str) -> float:
        start = time.process_time()
        repairs(text)
        return time.process_time() - start

    seconds(DAMAGED)
    assert seconds(DAMAGED * 2000) < 30 * max(seconds(DAMAGED * 200), 0.02)


def test_clean_news_is_never_touched(shared: Path) -> None:
    with (shared / "data" / "news" / "corpus.jsonl").open(encoding="utf-8") as lines:
        assert [line for line in lines if repairs(json.loads(line)["text"])] == []


def test_clean_news_is_not_touched_as_one_long_text(shared: Path) -> None:
    with (shared / "data" / "news" / "corpus.jsonl").open(encoding="utf-8") as lines:
        assert repairs("\n".join(json.loads(line)["text"] for line, _ in zip(lines, range(5000), strict=False))) == []


def test_every_repair_of_the_gold_page_is_made_and_no_other(shared: Path) -> None:
    text = (shared / "gold" / "page.txt").read_text(encoding="utf-8")
    gold = json.loads((shared / "gold" / "page_gold.json").read_text(encoding="utf-8"))["repairs"]
    wanted = {(r["line"], r["col"], r["repaired"]) for r in gold}
    needed = {(r["line"], r["col"], r["repaired"]) for r in gold if not r["optional"]}
    made = {(text.count("\n", 0, e.start) + 1, e.start - text.rfind("\n", 0, e.start), e.repaired) for e in repairs(text)}
    assert needed <= made <= wanted


def test_the_computed_carriers_agree_with_the_published_table(shared: Path) -> None:
    pairs = json.loads((shared / "gold" / "founder_map.json").read_text(encoding="utf-8"))["pairs"]
    assert [pair for pair in pairs if carrier(pair["intended"]) != pair["garbled"]] == []
