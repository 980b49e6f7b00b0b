"""Wrapped lines become the paragraphs they were, and lines that were never wrapped stay."""

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rag.documents.layout.lines import Block, join, read_lines, width
from rag.documents.layout.reflow import is_wrapped, reflow
from tests.effort import lines_run

PARAGRAPHS = [
    "入冬以后，河湾镇的造船厂反而忙碌起来。老厂长说，今年接到的订单比去年多出一半，工人们分成两班轮流上岗，船台上的灯一直亮到深夜。",
    "厂里最年长的木匠已经七十一岁，他从十六岁开始学艺，亲手做过的渔船超过三百条。如今他每天教五个徒弟，从选料讲起，一道工序也不许省略。",
    "“船是要下水的，差一点都不行。”老木匠说，早年间有人为了省下两斤桐油，结果船走到半路就漏了水，这件事他讲给每个徒弟听。",
    "镇上打算在明年春天办一个小型展览，把旧船模、老工具和图纸都摆出来，让外地来的游客看看一条木船是怎样造成的。",
    "眼下，新船的龙骨已经装好，再过四十天就能刷漆。船主隔三差五跑来看，每次都要围着船台走上好几圈。",
]


def wrap(paragraph: str, cells: int, indent: int = 2, quote: float = 0.5) -> list[str]:
    """The paragraph as a column sets it, without the indent that shortened its first line.

    No mark begins a line, a figure is not broken, and quotes are `quote` cells wide.
    """
    lines: list[str] = []
    line, room = "", float(cells - indent)
    for token in re.findall(r"[0-9.]+|.", paragraph):
        wide = quote if token in "“”" else width(token)
        if wide > room and token not in "，。、；：！？”）":
            lines.append(line)
            line, room = "", float(cells)
        line += token
        room -= wide
    return [*lines, line]


def page(paragraphs: list[str], cells: int, blank: str = "\n") -> str:
    return blank.join(line for paragraph in paragraphs for line in wrap(paragraph, cells)) + "\n"


def blocks(text: str) -> list[Block]:
    return reflow(text, [read_lines(text)])[0]


def texts(text: str) -> list[str]:
    return ["".join(stretch.text for stretch in join(text, block)) for block in blocks(text)]


@pytest.mark.parametrize("cells", [*range(13, 41, 3)])
@pytest.mark.parametrize("blank", ["\n", "\n\n", "\n \n\n"])
def test_a_column_of_any_width_gives_its_paragraphs_back(cells: int, blank: str) -> None:
    # A paragraph has to fill a few lines of its column, or nothing tells the width of a full one.
    paragraphs = ["".join(PARAGRAPHS[(first + k) % 5] for k in range(cells // 10)) for first in range(10)]
    assert texts(page(paragraphs, cells, blank)) == paragraphs


@pytest.mark.parametrize("quote", [0.5, 1.0])
def test_the_width_of_quotes_is_found_out(quote: float) -> None:
    said = [f"“{paragraph[:24]}。”{paragraph[24:]}" for paragraph in PARAGRAPHS]
    lines = [line for paragraph in said for line in wrap(paragraph, 21, quote=quote)]
    assert texts("\n".join(lines)) == said


def test_a_line_that_a_long_figure_left_short_ends_no_paragraph() -> None:
    counted = "镇上的账房先生翻开旧账本，一笔一笔念给大家听，去年收木料的钱一共是1234567.89元，比前一年又多出不少。"
    for cells in (14, 17, 20, 26, 29, 32):
        paragraphs = ["".join(PARAGRAPHS[(first + k) % 5] + counted for k in range(cells // 10)) for first in range(10)]
        assert texts(page(paragraphs, cells)) == paragraphs


def test_a_paragraph_of_one_line_is_no_first_line_of_the_next() -> None:
    paragraphs = [PARAGRAPHS[0], PARAGRAPHS[1], "船主点了头。", PARAGRAPHS[2], PARAGRAPHS[3], "灯又亮了，照着船台。", PARAGRAPHS[4]]
    assert texts(page(paragraphs, 20)) == paragraphs


def test_blank_lines_at_random_mean_nothing() -> None:
    lines = [line for paragraph in PARAGRAPHS for line in wrap(paragraph, 20)]
    text = "".join(line + ("\n\n" if i % 3 else "\n") for i, line in enumerate(lines))
    assert texts(text) == PARAGRAPHS


def test_the_lines_of_a_paragraph_are_known() -> None:
    text = page(PARAGRAPHS, 20, "\n\n")
    numbers = [(block.lines[0].number, block.lines[-1].number) for block in blocks(text)]
    lengths = [len(wrap(paragraph, 20)) for paragraph in PARAGRAPHS]
    assert numbers == [(2 * sum(lengths[:i]) + 1, 2 * sum(lengths[: i + 1]) - 1) for i in range(len(lengths))]


def test_a_short_line_between_paragraphs_is_a_sub_head() -> None:
    lines = [*wrap(PARAGRAPHS[0], 20), "老木匠和五个徒弟", *wrap(PARAGRAPHS[1], 20), "展览开门", "迎接外地的游客", *wrap(PARAGRAPHS[3], 20)]
    text = "\n".join(lines)
    assert [block.heading for block in blocks(text)] == [False, True, False, True, False]
    assert texts(text) == [PARAGRAPHS[0], "老木匠和五个徒弟", PARAGRAPHS[1], "展览开门 迎接外地的游客", PARAGRAPHS[3]]


def test_indents_that_were_kept_say_where_paragraphs_begin() -> None:
    full = ["今天的会议从早上九点开到了下午五点。", "大家讨论了三件事情，都有了结果。"]
    text = "".join("　　" + "\n".join(wrap(paragraph, 20)) + "\n" for paragraph in [*PARAGRAPHS, *full])
    assert texts(text) == [*PARAGRAPHS, *full]


def test_blank_lines_that_follow_sentences_separate_paragraphs() -> None:
    text = "\n\n".join("\n".join(wrap(paragraph, 22, indent=0)) for paragraph in PARAGRAPHS)
    assert texts(text) == PARAGRAPHS


@pytest.mark.parametrize(
    "text",
    [
        "苹果\n香蕉\n橘子\n葡萄\n西瓜",
        "\n".join(PARAGRAPHS),
        "\n\n".join(PARAGRAPHS),
        "- 买三斤面粉\n- 给车加油\n- 下午四点去学校接孩子，顺便问问老师运动会的事\n- 打电话",
        "电话：12345678\n地址：河湾镇船台路9号\n\n每天早上八点开门，晚上六点关门。",
        "今天下雨。",
        "\n".join(f"{color}色的双层保温水壶" for color in "红橙黄绿青蓝紫"),
        "月亮出来了\n河水很安静\n我听见船\n轻轻碰着岸",
    ],
)
def test_lines_that_were_never_wrapped_stay_lines(text: str) -> None:
    assert not is_wrapped(text, read_lines(text))
    assert texts(text) == [line for line in text.split("\n") if line]


def test_marked_and_numbered_sub_heads_of_a_note_are_found_and_lists_are_left() -> None:
    text = "## 准备\n先把木料晾干，至少要放上三个月才能用。\n一、下料\n按图纸把木料锯成段，每段留出两指的余量。\n"
    text += "1. 锯子\n2. 刨子\n工具用完以后要擦干净再挂回墙上原来的位置。"
    assert [texts(text)[i] for i, block in enumerate(blocks(text)) if block.heading] == ["准备", "一、下料"]


@pytest.mark.parametrize(
    ("first", "second", "joined"),
    [
        ("自 2006 年起，", "产值增长 12%。", "自2006年起，产值增长12%。"),
        ("主题是“江河与海 船与人”，这", "次一共展出", "主题是“江河与海 船与人”，这次一共展出"),
        ("他开的是 Model", "Y 车型", "他开的是Model Y车型"),
        ("用了 Open Source 的", "软件", "用了Open Source的软件"),
        ("5G 基站与 AI", "算法", "5G基站与AI算法"),
        ("共有 3", "万人", "共有3万人"),
    ],
)
def test_spaces_are_kept_where_they_are_real(first: str, second: str, joined: str) -> None:
    text = f"{first}\n{second}"
    block = Block(tuple(read_lines(text)), heading=False, column=20)
    assert "".join(stretch.text for stretch in join(text, block)) == joined


def test_spaces_of_unwrapped_text_are_its_own() -> None:
    assert texts("IT 之家 8 月 16 日消息，新版本发布。") == ["IT 之家 8 月 16 日消息，新版本发布。"]


@settings(deadline=None)
@given(st.text(alphabet="船台上的灯。，”“（） \t　\n\f0a%#、", max_size=300))
def test_every_character_comes_from_where_it_says(text: str) -> None:
    lines = read_lines(text)
    seen = [line for block in blocks(text) for line in block.lines] if lines else []
    assert [line.number for line in seen] == [line.number for line in lines]
    for block in blocks(text) if lines else []:
        for stretch in join(text, block):
            raw = text[stretch.start : stretch.end]
            assert stretch.text == raw or (stretch.text == " " and raw.isspace())
            assert stretch.line in block.lines


@settings(deadline=None)
@given(st.text(alphabet="船台 \n\f\t　", max_size=100))
def test_line_numbers_and_pages_count_what_stands_before(text: str) -> None:
    for line in read_lines(text):
        assert line.number == text.count("\n", 0, line.start) + 1
        assert line.page == (text.count("\f", 0, line.start) + 1 if "\f" in text else None)
        assert text[line.start : line.end].strip() == text[line.start : line.end] != ""


@pytest.mark.parametrize("unit", ["船台\n", "船台上的灯一直亮到深夜，工人们分成两班轮\n", "船 ", "船台。\n\n"])
def test_ten_times_the_text_takes_about_ten_times_the_work(unit: str) -> None:
    once, ten_times = (lines_run(lambda count=count: texts(unit * count)) for count in (300, 3000))  # type: ignore[misc]
    assert ten_times < 12 * once
