"""A page becomes its articles: headlines, bylines, sections, and every character traced to where it stands in the file."""

import itertools
import json
import os
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from rag.chinese.bylines import names
from rag.documents import SUFFIXES, read
from rag.errors import DocumentError
from rag.passages import passages
from rag.records import Document
from rag.settings import Options

BRIDGE = """修了三年的青龙桥上周通车了。
桥长四百二十米，两岸的村民从此不
用再坐渡船。
通车那天，摆渡的老杨把船拴在
岸边，自己也走上桥去看了看。他说，
撑了半辈子船，头一回从上面看江水，
心里说不出是什么滋味。"""
TEA = """谷雨前后，云雾山的茶园里到处
是采茶人。今年雨水足，茶芽比往年
早冒了一个星期。
茶厂的炒锅从清晨烧到半夜。制
茶师傅李大山说，炒茶的火候只能用
手去试，机器怎么也学不会。"""
HEADLINES = {"bridge": "青龙桥通车 渡船靠岸", "tea": "云雾山茶芽早 炒茶师傅忙"}


def document(folder: Path, text: str, name: str = "page.txt") -> list[Document]:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return read(path)


def assert_traced(document: Document, raw: str) -> None:
    """Every character but the line ends has an origin, which says the raw characters and their line."""
    reached = 0
    for origin in document.origins:
        assert document.text[reached : origin.start].strip("\n") == ""
        clean, there = document.text[origin.start : origin.end], raw[origin.raw_start : origin.raw_end]
        changed = {(r.raw, r.repaired) for r in document.repairs}
        if len(clean) == len(there):
            assert all(c == r or (c == " " and r.isspace()) or (r, c) in changed for c, r in zip(clean, there, strict=True))
        else:
            assert (there, clean) in changed
        assert raw.count("\n", 0, origin.raw_start) + 1 == origin.line
        reached = origin.end
    assert document.text[reached:] == ""
    for start, end in ((h.start, h.end) for h in document.headings):
        assert "\n" not in document.text[start:end]


def test_headlines_at_the_end_find_their_articles_in_any_order(tmp_path: Path) -> None:
    for order in itertools.permutations(HEADLINES):
        text = f"8 地方 Regions\n{BRIDGE}\n（杨 帆）\n{TEA}（记者 方小雨 周平）\n" + "".join(f"\n{HEADLINES[which]}\n" for which in order)
        bridge, tea = document(tmp_path, text)
        assert (bridge.title, bridge.byline) == (HEADLINES["bridge"], "杨帆")
        assert (tea.title, tea.byline) == (HEADLINES["tea"], "方小雨 周平")
        assert bridge.section == tea.section == "地方 Regions"
        assert bridge.metadata["page"] == "8"
        assert bridge.metadata["byline_lines"] == "9-9"


def test_a_headline_of_two_lines_stays_together(tmp_path: Path) -> None:
    text = f"{BRIDGE}（杨帆）\n{TEA}（方小雨）\n炒锅从清晨烧到半夜\n云雾山茶芽早冒\n青龙桥通车\n"
    assert [d.title for d in document(tmp_path, text)] == ["青龙桥通车", "炒锅从清晨烧到半夜 云雾山茶芽早冒"]


def test_headlines_may_stand_before_their_articles(tmp_path: Path) -> None:
    # The first lines lack two cells, as they do where an indent was lost.
    text = f"{HEADLINES['bridge']}\n{BRIDGE}（杨帆）\n{HEADLINES['tea']}\n本报记者 方小雨\n{TEA}\n"
    bridge, tea = document(tmp_path, text)
    assert (bridge.title, bridge.byline, bridge.metadata["title_lines"]) == (HEADLINES["bridge"], "杨帆", "1-1")
    assert (tea.title, tea.byline) == (HEADLINES["tea"], "方小雨")


def test_the_byline_is_no_part_of_the_last_paragraph(tmp_path: Path) -> None:
    for byline in ("（杨帆）", " (杨 帆)", "\n（杨帆）", "（本报记\n者 杨帆）"):
        first, _ = document(tmp_path, f"{BRIDGE}{byline}\n{TEA}（方小雨）\n")
        assert first.text.endswith("是什么滋味。")
        assert first.byline == "杨帆"


def test_a_bracket_that_is_no_byline_stays_text(tmp_path: Path) -> None:
    (only,) = document(tmp_path, "茶厂年产二十吨茶叶。（见左图）\n炒茶的火候只能用手去试。（全文完）\n")
    assert only.text.endswith("只能用手去试。（全文完）")
    assert only.byline == ""


def test_a_page_header_is_read_with_its_date(tmp_path: Path) -> None:
    (only,) = document(tmp_path, f"第12版：地方新闻 2024年3月5日 星期二\n{BRIDGE}（杨帆）\n青龙桥通车\n")
    assert (only.section, only.metadata["page"], only.date, only.title) == ("地方新闻", "12", "2024-03-05", "青龙桥通车")


def test_the_date_of_a_page_may_be_in_characters(tmp_path: Path) -> None:
    found = document(tmp_path, f"第三版：地方 二〇二三年六月十二日 星期一\n{BRIDGE}\n（杨 帆）\n青龙桥通车\n")
    assert [(d.section, d.metadata["page"], d.date) for d in found] == [("地方", "3", "2023-06-12")]


@pytest.mark.parametrize(
    "text",
    [
        "渡船靠岸\n发布时间：2023年6月12日 来源：河湾镇\n江上的渡船上周停了。\n",
        "关于渡船停航的通知\n江上的渡船自下周起停航。\n河湾镇政府\n2023年6月12日\n",
        "渡船靠岸\n（二〇二三年六月十二日）\n江上的渡船上周停了。\n",
    ],
)
def test_a_line_that_says_the_day_dates_its_document(tmp_path: Path, text: str) -> None:
    assert [d.date for d in document(tmp_path, text)] == ["2023-06-12"]


def test_a_day_within_the_text_is_not_the_day_of_the_text(tmp_path: Path) -> None:
    assert [d.date for d in document(tmp_path, "渡船靠岸\n桥在2023年6月12日那天通了车。\n")] == [""]
    assert [d.date for d in document(tmp_path, "桥通车了。\n", "河湾日报20230612.txt")] == ["2023-06-12"]


def test_the_layout_may_be_told(tmp_path: Path) -> None:
    text = f"{BRIDGE}\n（杨 帆）\n{TEA}（方小雨）\n"
    path = tmp_path / "page.txt"
    path.write_text(text, encoding="utf-8")
    assert len(read(path)) == 2
    (plain,) = read(path, Options(layout="plain"))
    assert plain.text == text.strip()
    short = tmp_path / "short.txt"
    short.write_text("摆渡的老杨，把船\n拴在岸边，走上\n桥去看了看江水。\n", encoding="utf-8")
    assert [p.text for p in passages(read(short)[0])] == ["摆渡的老杨，把船", "拴在岸边，走上", "桥去看了看江水。"]
    (newspaper,) = read(short, Options(layout="newspaper"))
    assert newspaper.text == "摆渡的老杨，把船拴在岸边，走上桥去看了看江水。"


def test_a_headline_over_two_indented_paragraphs_is_found(tmp_path: Path) -> None:
    def indented(text: str) -> str:
        return "\n".join(("\u3000\u3000" if i in (0, 3) else "") + line for i, line in enumerate(text.split("\n")))

    bridge, tea = HEADLINES["bridge"], HEADLINES["tea"]
    found = document(tmp_path, f"8 地方\n{bridge}\n{indented(BRIDGE)}\n（杨 帆）\n{tea}\n{indented(TEA)}\n（方小雨）\n")
    assert [(d.title, d.text.count("\n")) for d in found] == [(bridge, 1), (tea, 1)]


def test_the_items_of_a_list_are_one_passage_with_the_line_that_announces_them(tmp_path: Path) -> None:
    text = "摆渡须知\n乘客应当遵守：\n（一）排队上船。\n（二）抓好扶手。\n船家祝您平安。\n"
    assert [p.text for p in passages(document(tmp_path, text)[0])] == [
        "乘客应当遵守：\n（一）排队上船。\n（二）抓好扶手。",
        "船家祝您平安。",
    ]


def test_a_numbered_heading_is_no_page_header(tmp_path: Path) -> None:
    (only,) = document(tmp_path, "1 准备\n先把木料晾干，至少要放三个月。\n2 下料\n按图纸把木料锯成段，留出余量。\n")
    assert (only.section, only.title) == ("", "1 准备")


def test_an_edition_is_no_page_number(tmp_path: Path) -> None:
    (only,) = document(tmp_path, "木船制造手册 第3版\n先把木料晾干，至少要放三个月。\n按图纸把木料锯成段，留出余量。\n")
    assert (only.title, only.section) == ("木船制造手册 第3版", "")


def test_plain_text_is_one_document_under_its_first_line(tmp_path: Path) -> None:
    (only,) = document(tmp_path, "食堂供餐通知\n\n下周起早餐七点开始。\n\n晚餐延长到八点。\n")
    assert (only.title, only.text) == ("食堂供餐通知", "下周起早餐七点开始。\n晚餐延长到八点。")
    assert only.metadata == {"encoding": "utf-8", "title_lines": "1-1"}


def test_text_without_a_title_goes_under_the_name_of_its_file(tmp_path: Path) -> None:
    (only,) = document(tmp_path, "下周起早餐七点开始。\n晚餐延长到八点。\n", "通知.txt")
    assert (only.title, only.text) == ("通知", "下周起早餐七点开始。\n晚餐延长到八点。")


def test_pages_are_counted_at_form_feeds(tmp_path: Path) -> None:
    page = f"{BRIDGE}（杨帆）\n青龙桥通车\n"
    documents = document(tmp_path, f"3 地方\n{page}\f4 乡村\n{page}")
    assert [(d.section, d.metadata["page"], {o.page for o in d.origins}) for d in documents] == [("地方", "3", {1}), ("乡村", "4", {2})]


def test_ids_keep_when_another_article_comes_first_and_differ_for_equal_titles(tmp_path: Path) -> None:
    page = f"{BRIDGE}（杨帆）\n{HEADLINES['bridge']}\n"
    (alone,) = document(tmp_path, page)
    _, after = document(tmp_path, f"{TEA}（方小雨）\n{page}{HEADLINES['tea']}\n")
    assert alone.id == after.id
    twice = document(tmp_path, f"{page}\f{page}")
    assert twice[0].id == alone.id != twice[1].id


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("韩 松", ["韩松"]),
        ("本报记者 韩 松 李小梅", ["韩松", "李小梅"]),
        ("新华社记者张三、李四", ["张三", "李四"]),
        ("文/王小明", ["王小明"]),
        ("记者 焦文 张三", ["焦文", "张三"]),
        ("关文艳", ["关文艳"]),
        ("欧阳小华", ["欧阳小华"]),
        ("连载", []),
        ("资料图片", []),
        ("下转第三版", []),
    ],
)
def test_names_are_told_from_other_words(text: str, found: list[str]) -> None:
    assert names(text) == found


@pytest.mark.parametrize(
    ("name", "data", "ends"),
    [
        ("空.txt", b"", "head -c 300"),
        ("白.txt", " \n　\n\f".encode(), "head -c 300"),
        ("图.txt", b"%PDF-1.5", ".pdf"),
        ("数.txt", b"\x00\x01\x02", "数.txt"),
        ("码.txt", "他说今天的会在下午开。".encode("utf-16-le") + b"\n\x00", "--encoding utf-16-le"),
        ("码.txt", "他说今天的会在下午开。".encode("utf-16-be") + b"\x00\n", "--encoding utf-16-be"),
        ("字.txt", "目".encode("gb18030"), "--encoding gb18030"),
        ("书.epub", b"PK\x03\x04", "python -m rag.show"),
    ],
)
def test_what_cannot_be_read_says_so_in_one_line_and_what_helps(tmp_path: Path, name: str, data: bytes, ends: str) -> None:
    (tmp_path / name).write_bytes(data)
    with pytest.raises(DocumentError) as raised:
        read(tmp_path / name)
    message = str(raised.value)
    assert "\n" not in message
    assert ends in message.rsplit(": ", 1)[1]


def test_a_name_that_is_not_utf8_or_has_a_line_end_is_said_in_one_line(tmp_path: Path) -> None:
    old = Path(os.fsdecode(os.fsencode(tmp_path) + b"/\xd6\xd0.txt"))
    old.write_text("渡船靠岸了。\n", encoding="utf-8")
    with pytest.raises(DocumentError, match="convmv") as raised:
        read(old)
    assert str(raised.value).isprintable()
    with pytest.raises(DocumentError) as raised:
        read(tmp_path / "no\nsuch.txt")
    assert len(str(raised.value).splitlines()) == 1


@pytest.mark.parametrize(
    ("lines", "said"),
    [
        ("姓名,部门,电话\n张三,船厂,13800000000\n李四,茶厂,13900000000\n王五,学校,13700000000\n", "张三,船厂,13800000000"),
        (
            "渡口守则\n一、上船须排队依次而行，不得拥挤\n二、船开动以后须坐稳，不得站立\n三、靠岸须等船工示意，方可下船\n",
            "二、船开动以后须坐稳，不得站立",
        ),
        ("2024-03-05 10:20 张三\n今天下午的船改到几点\n2024-03-05 10:21 李四\n改到三点，在西边渡口\n", "改到三点，在西边渡口"),
        ("2024年3月5日 10点 例会\n\n张三说船修好了。\n", "张三说船修好了。"),
    ],
)
def test_plain_lines_stay_lines(tmp_path: Path, lines: str, said: str) -> None:
    (found,) = document(tmp_path, lines)
    assert said in found.text.split("\n")
    assert found.section == ""
    assert all(line in (found.title, *found.text.split("\n")) for line in lines.split("\n") if line)


def test_a_name_behind_a_quotation_or_under_a_title_closes_no_article(tmp_path: Path) -> None:
    poems = "渡口\n（韩松）\n船到江心水更平，\n回头不见岸边人。\n\n茶山\n（李小梅）\n谷雨前头采茶忙。\n"
    (found,) = document(tmp_path, poems)
    assert (found.title, found.byline) == ("渡口", "")
    assert "（李小梅）" in found.text
    (found,) = document(tmp_path, "名言\n船到江心才补漏，迟了。（韩松）\n茶要趁热喝，话要趁早说。（李小梅）\n")
    assert found.text.count("\n") == 1


def test_the_first_of_several_chapters_is_not_the_title(tmp_path: Path) -> None:
    (found,) = document(tmp_path, "第一回 渡口\n老杨把船拴在岸边，上了桥。\n第二回 茶山\n李大山说，火候只能用手去试。\n", "山乡.txt")
    assert found.title == "山乡"
    assert [found.text[h.start : h.end] for h in found.headings] == ["第一回 渡口", "第二回 茶山"]


def test_missing_files_and_folders_are_errors(tmp_path: Path) -> None:
    (tmp_path / "folder.txt").mkdir()
    for path in (tmp_path / "none.txt", tmp_path / "none.xyz", tmp_path / "folder.txt", tmp_path):
        with pytest.raises(DocumentError, match=": ls -l "):
            read(path)


def test_the_formats_are_listed() -> None:
    assert {".txt", ".text", ""} <= SUFFIXES


_PIECES = st.sampled_from(
    [
        BRIDGE,
        TEA,
        "（杨 帆）",
        "渊方小雨冤",
        "产量提高遥 今年",
        "机械化率 92豫。",
        "\n",
        "\n\n",
        "\f",
        " ",
        "8 地方\n",
        "青龙桥通车\n",
        "去看江———",
    ]
)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.one_of(_PIECES, st.text(max_size=30)), max_size=12).map("".join))
def test_any_text_is_traced_to_its_lines_or_refused(tmp_path: Path, text: str) -> None:
    path = tmp_path / "any.txt"
    try:
        path.write_bytes(text.encode("utf-8", "replace"))
        found = read(path)
    except DocumentError:
        return
    raw = path.read_bytes().decode().removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n")
    assert found
    assert len({d.id for d in found}) == len(found)
    for one in found:
        assert one.text.strip()
        assert_traced(one, raw)


def test_the_gold_page_is_understood_whole(shared: Path) -> None:
    path = shared / "gold" / "page.txt"
    gold = json.loads((shared / "gold" / "page_gold.json").read_text(encoding="utf-8"))
    found = read(path)
    assert [(d.title, d.byline, d.section, d.metadata["page"]) for d in found] == [
        (a["headline"], a["byline"], gold["section"], gold["page"]) for a in gold["articles"]
    ]
    for one, article in zip(found, gold["articles"], strict=True):
        assert_traced(one, path.read_text(encoding="utf-8"))
        assert [one.text[h.start : h.end] for h in one.headings] == article["subheads"]
        assert one.metadata["title_lines"] == "{}-{}".format(*article["headline_lines"])
        assert one.metadata["byline_lines"] == "{}-{}".format(*article["byline_lines"])
        wanted = [(p["text"], p["raw_lines"], p["subhead"] or "") for p in article["paragraphs"]]
        assert [(p.text, list(p.lines), p.heading) for p in passages(one)] == wanted
    made = {(r.line, r.column, r.raw, r.repaired, r.kind) for one in found for r in one.repairs}
    assert made == {(r["line"], r["col"], r["raw"], r["repaired"], r["kind"]) for r in gold["repairs"]}


@pytest.mark.parametrize("codec", ["gb18030", "utf-16", "utf-8-sig"])
def test_the_gold_page_is_the_same_in_another_encoding(shared: Path, tmp_path: Path, codec: str) -> None:
    page = (shared / "gold" / "page.txt").read_text(encoding="utf-8")
    same = tmp_path / "same.txt"
    same.write_bytes(page.replace("\n", "\r\n").encode(codec))
    plain = read(shared / "gold" / "page.txt")
    assert [(d.text, d.origins, d.repairs) for d in read(same)] == [(d.text, d.origins, d.repairs) for d in plain]
