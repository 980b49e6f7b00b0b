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
        "袁隆平的雕像立在试验田边，袁隆平的学生常来看他。",
        "像袁大庆这样的护林员不多，大家都说袁大庆是一本活地图。",
        "（李向前 袁志明 摄）",
        "遥远的山村通了公路，潜水员下到深渊。",
        "老人一辈子没有受过冤枉，最爱听豫剧。",
        "她在县医院、中医院和研究院都实习过，现在想进设计院。",
        "24日出院后，他直接去了院史陈列馆。",
        "信通院发布报告，信通院的专家作了解读。",
        "田野里开满野花，野生动物常来饮水。",
        "冶金厂旁边的树叶子落了，枝条在风中摇曳。",
        "叶文波说，叶家的老屋还在。",
        "先生曰：“温故而知新。”",
        "浴室的钥匙放在窗台上，公钥和密钥不要混用。",
        "不要去野浴，野浴很危险。",
        "需要要求各村按时上报，不要要求太高。",
        "窑洞冬暖夏凉，东边是一座砖窑。",
        "公园里的员工在圆桌旁等待源头活水。",
        "他噎着了，吃东西噎住最危险。",
    ],
)
def test_the_real_characters_stay_on_a_damaged_page(genuine: str) -> None:
    assert mended(DAMAGED + genuine + "\n").endswith(genuine + "\n")
    assert repairs(genuine * 5) == []


@pytest.mark.parametrize(
    ("garbled", "whole"),
    [
        ("他笑着说院“今年收成不错。”", "他笑着说：“今年收成不错。”"),
        ("工作人员介绍说院展览持续到月底。", "工作人员介绍说：展览持续到月底。"),
        ("开馆时间为9院30。", "开馆时间为9：30。"),
        ("东面是新建的仓库曰西面是老厂房。", "东面是新建的仓库；西面是老厂房。"),
        ("大家都来参加活动浴现场十分热闹。", "大家都来参加活动！现场十分热闹。"),
        ("这条路什么时候能修好钥村民们都在问。", "这条路什么时候能修好？村民们都在问。"),
        ("他想了很久噎噎最后同意了。", "他想了很久……最后同意了。"),
        ("这是一条新路要要从县城通到山里。", "这是一条新路——从县城通到山里。"),
        ("气温在15要20度之间。", "气温在15—20度之间。"),
        ("约翰窑史密斯参观了茶园。", "约翰·史密斯参观了茶园。"),
        ("村里办起了野流动课堂冶遥孩子们很高兴。", "村里办起了“流动课堂”。孩子们很高兴。"),
        ("村里办起了野流动课堂”，孩子们很高兴。", "村里办起了“流动课堂”，孩子们很高兴。"),
        ("村里办起了“流动课堂冶，孩子们很高兴。", "村里办起了“流动课堂”，孩子们很高兴。"),
        ("他出版了叶山村笔记曳一书。", "他出版了《山村笔记》一书。"),
        ("他出版了叶山村笔记》一书。", "他出版了《山村笔记》一书。"),
        ("他出版了《山村笔记曳一书。", "他出版了《山村笔记》一书。"),
        ("老街渊北段）已经封闭，新街（南段冤照常通行。", "老街（北段）已经封闭，新街（南段）照常通行。"),
        ("水稻面积增长源园豫。", "水稻面积增长４０%。"),
        ("近日袁大坪村来了一位客人。", "近日，大坪村来了一位客人。"),
        ("摄影是李明尧、王强和赵小军。", "摄影是李明尧、王强和赵小军。"),
        ("参加会议的有李明尧王强和赵小军。", "参加会议的有李明、王强和赵小军。"),
    ],
)
def test_every_kind_of_mark_is_restored_on_a_damaged_page_only(garbled: str, whole: str) -> None:
    assert mended(DAMAGED + garbled + "\n").endswith(whole + "\n")
    assert mended(DAMAGED + "\f" + garbled) == mended(DAMAGED) + "\f" + garbled


def test_an_opening_mark_without_its_partner_is_left_where_it_may_be_a_name() -> None:
    text = "记者叶文波、通讯员周小满报道，东京上野站前人来人往。\n"
    assert mended(DAMAGED + text).endswith(text)


def test_many_signs_of_one_kind_show_the_damage() -> None:
    text = "今年雨水充足袁合作社增加投入袁农民扩大种植袁干部深入田间袁专家现场指导袁产量超过去年。"
    assert mended(text) == text.replace("袁", "，")


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
@given(st.text(alphabet="袁遥尧渊冤豫野冶叶曳院曰浴钥噎要窑源园的在我们工作说9 ()，。“”《\n\f—,", max_size=200))
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
