"""Printed pages become articles under their headlines, and reports documents under their title."""

from pathlib import Path

from rag.documents import read
from rag.passages import passages
from rag.settings import Options
from tests.made_pdf import OTHERS, PARAGRAPHS, Drawn, drawn, wrapped

SIZE, LEADING = 10.5, 1.6


def lines_of(pieces: list[Drawn]) -> float:
    """Where the next line of a column stands, in points from the top."""
    return pieces[-1].y + LEADING * SIZE


def column(paragraphs: tuple[str, ...], x: float, y: float, byline: str = "", cells: int = 22) -> list[Drawn]:
    pieces = wrapped(paragraphs, cells, x, y)
    return [*pieces, Drawn(f"（{byline}）", x + 12 * SIZE, lines_of(pieces))] if byline else pieces


def test_articles_side_by_side_stand_under_their_headlines(tmp_path: Path) -> None:
    page = [
        Drawn("水文站换上新仪器", 50, 60, 20),
        *column(PARAGRAPHS[:3], 50, 90),
        Drawn("县图书馆夜里也借书", 310, 60, 20),
        *column(OTHERS, 310, 90),
    ]
    first, second = read(drawn(tmp_path / "page.pdf", [page]))
    assert (first.title, first.text.split("\n")) == ("水文站换上新仪器", list(PARAGRAPHS[:3]))
    assert (second.title, second.text.split("\n")) == ("县图书馆夜里也借书", list(OTHERS))
    (whole,) = read(tmp_path / "page.pdf", Options(layout="plain"))
    assert set(PARAGRAPHS[:3]) | set(OTHERS) <= set(whole.text.split("\n"))


def test_bylines_and_the_head_of_the_page_are_known(tmp_path: Path) -> None:
    left = [Drawn("水文站换上新仪器", 50, 90, 20), *column(PARAGRAPHS[:3], 50, 120, "韩松")]
    right = [Drawn("县图书馆夜里也借书", 310, 90, 20), *column(OTHERS, 310, 120, "记者 李小梅")]
    head = Drawn("6 地方 2023年6月12日 星期一", 50, 40)
    found = read(drawn(tmp_path / "page.pdf", [[head, *left, *right]]))
    assert [(d.title, d.byline, d.section, d.date, d.metadata["page"]) for d in found] == [
        ("水文站换上新仪器", "韩松", "地方", "2023-06-12", "6"),
        ("县图书馆夜里也借书", "李小梅", "地方", "2023-06-12", "6"),
    ]
    assert [d.text.split("\n") for d in found] == [list(PARAGRAPHS[:3]), list(OTHERS)]


def test_a_line_that_names_the_reporter_is_the_byline(tmp_path: Path) -> None:
    left = [Drawn("水文站换上新仪器", 50, 60, 20), Drawn("本报记者 韩松", 120, 85), *column(PARAGRAPHS[:3], 50, 110)]
    right = [Drawn("县图书馆夜里也借书", 310, 60, 20), Drawn("本报通讯员 李小梅", 380, 85), *column(OTHERS, 310, 110)]
    found = read(drawn(tmp_path / "page.pdf", [[*left, *right]]))
    assert [(d.title, d.byline) for d in found] == [("水文站换上新仪器", "韩松"), ("县图书馆夜里也借书", "李小梅")]
    assert found[0].text.split("\n") == list(PARAGRAPHS[:3])


def test_the_name_of_the_paper_is_no_article(tmp_path: Path) -> None:
    above = [Drawn("河口日报", 50, 30, 9), Drawn("总第八百期", 480, 30, 9)]
    left = [Drawn("水文站换上新仪器", 50, 70, 20), *column(PARAGRAPHS[:3], 50, 100, "韩松")]
    (found,) = read(drawn(tmp_path / "page.pdf", [[*above, *left]]))
    assert (found.title, found.text.split("\n")) == ("水文站换上新仪器", list(PARAGRAPHS[:3]))


def test_the_line_above_a_headline_is_kept_as_text(tmp_path: Path) -> None:
    left = [Drawn("雨夜不再划船", 50, 60, 14), Drawn("水文站换上新仪器", 50, 85, 20), *column(PARAGRAPHS[:3], 50, 112, "韩松")]
    (found,) = read(drawn(tmp_path / "page.pdf", [left]))
    assert (found.title, found.text.split("\n")[0]) == ("水文站换上新仪器", "雨夜不再划船")


def test_an_article_goes_on_over_columns(tmp_path: Path) -> None:
    pieces = column(PARAGRAPHS, 50, 120)
    half = len(pieces) // 2
    shift = pieces[half].y - 120
    right = [Drawn(piece.text, piece.x + 270, piece.y - shift) for piece in pieces[half:]]
    page = [Drawn("水文站换上新仪器\u3000警报早到两小时", 60, 80, 24), *pieces[:half], *right]
    (found,) = read(drawn(tmp_path / "page.pdf", [page], title="无标题"))
    assert found.title == "水文站换上新仪器 警报早到两小时"
    assert found.text.split("\n") == list(PARAGRAPHS)


def test_a_report_has_its_title_and_the_path_of_its_sub_heads(tmp_path: Path) -> None:
    y, page = 70.0, [Drawn("河口水文站年度报告", 180, 60, 22)]
    for size, head, paragraph in (
        (16.0, "一、设备", PARAGRAPHS[0]),
        (13.0, "（一）水位计", PARAGRAPHS[1]),
        (13.0, "（二）警报", PARAGRAPHS[2]),
        (16.0, "二、打算", PARAGRAPHS[3]),
    ):
        page.append(Drawn(head, 50, y + 35, size))
        pieces = column((paragraph,), 50, y + 60, cells=44)
        page += pieces
        y = pieces[-1].y
    (found,) = read(drawn(tmp_path / "report.pdf", [page]))
    assert found.title == "河口水文站年度报告"
    assert [(p.heading, p.text, p.pages) for p in passages(found)] == [
        ("一、设备", PARAGRAPHS[0], (1,)),
        ("一、设备 › （一）水位计", PARAGRAPHS[1], (1,)),
        ("一、设备 › （二）警报", PARAGRAPHS[2], (1,)),
        ("二、打算", PARAGRAPHS[3], (1,)),
    ]


def test_chapters_alike_are_no_title(tmp_path: Path) -> None:
    page: list[Drawn] = []
    y = 40.0
    for number, paragraph in enumerate(PARAGRAPHS[:3]):
        page.append(Drawn(f"第{'一二三'[number]}章\u3000水文", 50, y + 30, 16))
        pieces = column((paragraph,), 50, y + 55, cells=44)
        page += pieces
        y = pieces[-1].y
    (found,) = read(drawn(tmp_path / "年鉴.pdf", [page]))
    assert found.title == "年鉴"
    assert [p.heading for p in passages(found)] == ["第一章 水文", "第二章 水文", "第三章 水文"]


def test_garbled_marks_of_print_are_repaired(tmp_path: Path) -> None:
    garbled = tuple(p.replace("，", "袁").replace("。", "遥") for p in PARAGRAPHS[:3])
    (found,) = read(drawn(tmp_path / "page.pdf", [[Drawn("水文站换上新仪器", 50, 60, 20), *column(garbled, 50, 90, "韩松")]]))
    assert found.text.split("\n") == list(PARAGRAPHS[:3])
    assert found.repairs
    origin = found.origins[0]
    assert origin.page == 1
    assert origin.box is not None
    left, top, right, bottom = origin.box
    assert 50 < left < 75
    assert 75 < top < bottom < 100
    assert right < 50 + 23 * SIZE


def listed(size_and_text: list[tuple[float, str]], x: float, y: float) -> list[Drawn]:
    pieces = []
    for size, text in size_and_text:
        y += 2 * size
        pieces.append(Drawn(text, x, y, size))
    return pieces


def test_a_page_of_short_notes_in_columns_is_one_document(tmp_path: Path) -> None:
    left = [(15.0, "联系方式"), (10.5, "电话：13900000000"), (10.5, "邮箱：hansong@example.com"), (10.5, "住址：河口镇"), (15.0, "所长")]
    right = [(15.0, "经历"), (10.5, "在河口水文站做了八年观测员，管过三处水闸"), (15.0, "学校"), (10.5, "县水利学校　测量班")]
    page = [Drawn("韩松", 60, 60, 22), *listed([*left, (10.5, "会修水位计")], 60, 90), *listed(right, 300, 90)]
    (found,) = read(drawn(tmp_path / "简历.pdf", [page]))
    assert found.title == "韩松"
    assert [line for line in found.text.split("\n") if "：" in line] == [text for _, text in left if "：" in text]


def test_no_article_is_without_text(tmp_path: Path) -> None:
    left = [Drawn("河口人物", 50, 60, 28), Drawn("水文站换上新仪器", 50, 130, 20), *column(PARAGRAPHS[:3], 50, 160)]
    right = [Drawn("县图书馆夜里也借书", 310, 60, 20), *column(OTHERS, 310, 90), Drawn("下期再见", 310, 400, 20)]
    found = read(drawn(tmp_path / "page.pdf", [[*left, *right]]), Options(layout="newspaper"))
    assert [(d.title, d.text.split("\n")) for d in found] == [
        ("水文站换上新仪器", ["河口人物", *PARAGRAPHS[:3]]),
        ("县图书馆夜里也借书", [*OTHERS, "下期再见"]),
    ]


def test_items_and_labelled_lines_stand_alone(tmp_path: Path) -> None:
    lines = ["•第一项是换水位计", "•第二项是修水闸，", "■第三项", "站长：韩松", "电话：13900000000"]
    page = [*column(PARAGRAPHS[:1], 50, 60), *(Drawn(line, 50, 120 + 17 * n) for n, line in enumerate(lines))]
    (found,) = read(drawn(tmp_path / "items.pdf", [page]))
    assert found.text.split("\n") == [PARAGRAPHS[0], *lines]


def test_a_colon_in_the_last_line_of_a_paragraph_begins_nothing(tmp_path: Path) -> None:
    paragraph = "河口水文站今年要做的事情不多，站长在会上说了三个打算：换水位计；修水闸。"
    lines = wrapped([paragraph], 26, 50, 60)
    assert lines[-1].text.startswith("打算：")
    (found,) = read(drawn(tmp_path / "colon.pdf", [[*lines, *column(PARAGRAPHS[:3], 50, 110, cells=26)]]))
    assert found.text.split("\n") == [paragraph, *PARAGRAPHS[:3]]
