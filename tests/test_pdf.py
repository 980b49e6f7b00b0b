"""PDF pages are read column by column, their lines put together by how they were set, and what cannot be read is said."""

import contextlib
import random
import re
import resource
import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from benchmarks.printed import PrintedArticle, PrintedPage, printed
from rag.documents import pdf
from rag.documents.layout.lines import Block, joined, read_lines
from rag.documents.layout.typeset import blocks, headlines
from rag.documents.pdf import ocr
from rag.documents.pdf.glyphs import usual
from rag.documents.pdf.reader import read_pages
from rag.errors import DocumentError
from rag.settings import DEFAULTS, Options
from tests import made_pdf
from tests.made_pdf import OTHERS, PARAGRAPHS, Drawn

HYDROLOGY = PrintedArticle("河口水文站告别雨夜划船", PARAGRAPHS, "本报记者 沈文舟", {2: "村庄早得警报"})
LIBRARY = PrintedArticle("图书馆晚上也开门", OTHERS)
PAGES = [
    PrintedPage("one", [HYDROLOGY, LIBRARY]),
    PrintedPage("two", [HYDROLOGY, LIBRARY], 2, indent=False, header="6 产经 Industries"),
    PrintedPage("three", [HYDROLOGY, LIBRARY], 3, numbered=True, size=9),
    PrintedPage("within", [HYDROLOGY, LIBRARY], 3, across=False, justified=False, gutter=1.2),
    PrintedPage("beside", [HYDROLOGY, LIBRARY], 2, beside=True, sans=True),
    PrintedPage("long", [replace(HYDROLOGY, paragraphs=PARAGRAPHS * 6, subheads={})], 2, running="水利年鉴 第三卷", numbered=True, size=11),
]


@pytest.fixture(scope="session")
def printed_pages(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    if not any(map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))):
        pytest.skip("there is no Chromium here to print pages with")
    return {path.stem: path for path in printed(PAGES, tmp_path_factory.mktemp("printed"))}


def understood(path: Path, options: Options = DEFAULTS) -> tuple[str, list[Block]]:
    pages = read_pages(path, options)
    return pages.raw, blocks(pages.raw, read_lines(pages.raw, pages.settings))


def texts(path: Path) -> list[str]:
    raw, found = understood(path)
    return [re.sub(r"\s", "", joined(raw, block)) for block in found]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_printed_pages_are_read_in_order_and_paragraph_by_paragraph(page: PrintedPage, printed_pages: dict[str, Path]) -> None:
    assert texts(printed_pages[page.name]) == [re.sub(r"\s", "", text) for text, _ in page.blocks()]


@pytest.mark.parametrize("name", ["one", "three", "within"])
def test_headlines_and_sub_heads_are_told_from_text(name: str, printed_pages: dict[str, Path]) -> None:
    raw, found = understood(printed_pages[name])
    levels = {joined(raw, block): block.level for block in found if block.heading}
    assert levels == {HYDROLOGY.title: 1, "村庄早得警报": 2, LIBRARY.title: 1}
    assert [joined(raw, found[headline.main]) for headline in headlines(found)] == [HYDROLOGY.title, LIBRARY.title]


def test_every_line_stands_in_its_box(printed_pages: dict[str, Path]) -> None:
    pages = read_pages(printed_pages["three"], DEFAULTS)
    lines = read_lines(pages.raw, pages.settings)
    edges = {line.setting.column for line in lines if line.setting and line.setting.size == 9}
    assert len(edges) == 3
    for line in lines:
        assert line.setting is not None
        left, top, right, bottom = line.setting.box
        assert 0 <= left < right <= 596
        assert 0 <= top < bottom <= 842
        assert line.setting.column[0] <= left + 1
        assert right <= line.setting.column[1] + 1


def test_a_document_comes_of_a_file(printed_pages: dict[str, Path]) -> None:
    documents = list(pdf.parse(printed_pages["one"], DEFAULTS))
    assert documents[0].title == HYDROLOGY.title
    assert PARAGRAPHS[0] in documents[0].text


def column(paragraphs: tuple[str, ...] = PARAGRAPHS) -> list[Drawn]:
    return made_pdf.wrapped(paragraphs, 40, 80, 100)


def test_running_heads_and_numbers_are_left_out(tmp_path: Path) -> None:
    pages = [
        [
            Drawn("内河水运志", 80, 40, 9),
            *made_pdf.wrapped([f"第{n}节记一事。" + PARAGRAPHS[n % 6]], 40, 80, 100),
            Drawn(f"第 {n} 页 共 6 页", 270, 810, 9),
        ]
        for n in range(1, 7)
    ]
    raw = read_pages(made_pdf.drawn(tmp_path / "heads.pdf", pages), DEFAULTS).raw
    assert raw.count("\f") == 5
    assert "内河水运志" not in raw
    assert "共" not in raw.replace("共 6 页", "共")


@pytest.mark.parametrize(
    ("heads", "size"),
    [
        (["附件1", "附件2"], 10.5),
        (["附件", "附件"], 9.0),
        (["附件1", "附件2", "附件3"], 9.0),
        (["第1天看码头", "第2天看码头", "第3天看码头"], 16.0),
        (["第1课码头", "第2课码头", "第3课码头"], 10.5),
        (["一", "二", "三"], 16.0),
        (["1", "2", "3"], 20.0),
        (["水闸检查表", "水闸检查表"], 16.0),
        (["2022年水位", "2024年水位"], 10.5),
    ],
)
def test_what_heads_a_part_of_the_text_stays(heads: list[str], size: float, tmp_path: Path) -> None:
    pages = [[Drawn(head, 80, 60, size), *column(PARAGRAPHS[n : n + 2])] for n, head in enumerate(heads)]
    raw = read_pages(made_pdf.drawn(tmp_path / "parts.pdf", pages), DEFAULTS).raw
    assert [page.split("\n")[0] for page in raw.split("\n\f")] == heads


@pytest.mark.parametrize(
    "heads",
    [
        ["水运志 7", "水运志 8", "水运志 9"],
        ["12 水运志", "卷二 13", "14 水运志", "卷二 15"],
        ["2023年水运志 第1页 共3页", "2023年水运志 第2页 共3页", "2023年水运志 第3页 共3页"],
        ["第三章 水闸"] * 3,
        ["第三章 水闸 41", "第三章 水闸 42", "第三章 水闸 43"],
    ],
)
def test_heads_with_the_number_of_the_page_are_left_out(heads: list[str], tmp_path: Path) -> None:
    pages = [[Drawn(head, 80, 60, 9), *column(PARAGRAPHS[n : n + 2])] for n, head in enumerate(heads)]
    raw = read_pages(made_pdf.drawn(tmp_path / "numbered.pdf", pages), DEFAULTS).raw
    assert not any(head in raw for head in heads)


@pytest.mark.parametrize("number", ["3", "- 3 -", "第 3 页 共 9 页", "3/9", "· 12 ·", "iv"])
def test_the_number_of_a_single_page_is_left_out(number: str, tmp_path: Path) -> None:
    path = made_pdf.drawn(tmp_path / "number.pdf", [[*column(PARAGRAPHS[:2]), Drawn(number, 290, 815, 9)]])
    assert texts(path) == list(PARAGRAPHS[:2])


def test_a_figure_alone_in_the_text_stays(tmp_path: Path) -> None:
    assert texts(made_pdf.drawn(tmp_path / "figure.pdf", [[Drawn("2024", 80, 400), Drawn("年度数字如下。", 80, 440)]]))[0] == "2024"


def test_a_paragraph_goes_on_over_the_page(tmp_path: Path) -> None:
    lines = column(PARAGRAPHS[:2])
    cut = len(lines) - 2
    over = [replace(line, y=100 + 17 * i) for i, line in enumerate(lines[cut:])]
    assert texts(made_pdf.drawn(tmp_path / "over.pdf", [lines[:cut], [*over, *made_pdf.wrapped(PARAGRAPHS[2:4], 40, 80, 134)]])) == list(
        PARAGRAPHS[:4]
    )


def test_characters_drawn_twice_are_read_once(tmp_path: Path) -> None:
    doubled = [piece for line in column() for piece in (line, replace(line, x=line.x + 0.3))]
    assert texts(made_pdf.drawn(tmp_path / "bold.pdf", [doubled])) == list(PARAGRAPHS)


def test_the_order_of_drawing_does_not_matter(tmp_path: Path) -> None:
    lines = column()
    random.Random(7).shuffle(lines)
    assert texts(made_pdf.drawn(tmp_path / "shuffled.pdf", [lines])) == list(PARAGRAPHS)


def test_rows_of_tables_stay_rows(tmp_path: Path) -> None:
    rows = [("水文站", "水位", "流量"), ("河口", "3.2", "118"), ("石桥", "2.7", "96"), ("柳湾", "4.1", "203"), ("杨渡", "3.8", "171")]
    cells = [Drawn(cell, 100 + 130 * j, 420 + 20 * i) for i, row in enumerate(rows) for j, cell in enumerate(row)]
    raw, found = understood(made_pdf.drawn(tmp_path / "table.pdf", [[*column(PARAGRAPHS[:2]), *cells]]))
    assert [joined(raw, block) for block in found[2:]] == ["\t".join(row) for row in rows]
    assert all(block.item for block in found[2:])


@pytest.mark.parametrize("degrees", [90, 180, 270])
def test_turned_pages_are_read_as_they_are_shown_or_written(degrees: int, tmp_path: Path) -> None:
    upright = made_pdf.drawn(tmp_path / "upright.pdf", [column()])
    assert texts(made_pdf.turned(upright, tmp_path / "turned.pdf", degrees)) == list(PARAGRAPHS)
    height = 842.0 if degrees == 180 else 595.0
    for setting in read_pages(tmp_path / "turned.pdf", DEFAULTS).settings:
        assert 0 <= setting.box[0] < setting.box[2]
        assert 0 <= setting.box[1] < setting.box[3] <= height


def test_characters_drawn_one_by_one_are_all_read(tmp_path: Path) -> None:
    pieces = [replace(line, text=c, x=line.x + i * line.size) for line in column() for i, c in enumerate(line.text)]
    assert texts(made_pdf.drawn(tmp_path / "single.pdf", [pieces])) == list(PARAGRAPHS)


def test_lines_that_are_alike_are_all_read(tmp_path: Path) -> None:
    lines = [Drawn("每小时记录一次水位。", 80, 60 + 18 * i) for i in range(12)]
    raw = read_pages(made_pdf.drawn(tmp_path / "alike.pdf", [lines] * 3), DEFAULTS).raw
    assert raw.split() == ["每小时记录一次水位。"] * 36


def test_slanting_watermarks_are_no_text(tmp_path: Path) -> None:
    assert texts(made_pdf.drawn(tmp_path / "mark.pdf", [[Drawn("内部资料", 150, 600, 60, 45), *column()]])) == list(PARAGRAPHS)


def test_vertical_text_is_read_from_right_to_left_and_named(tmp_path: Path) -> None:
    rows = ["河口水文站去年更换了全", "部水位计，观测员不必再", "在雨夜划船去读标尺了。"]
    pieces = [Drawn(c, 500 - 20 * j, 100 + 12 * i) for j, row in enumerate(rows) for i, c in enumerate(row)]
    pages = read_pages(made_pdf.drawn(tmp_path / "vertical.pdf", [pieces]), DEFAULTS)
    assert pages.raw.split("\n") == rows
    assert "竖排" in pages.warnings[0]
    left, top, right, bottom = pages.settings[0].box
    assert right - left < 15 < 100 < bottom - top
    assert [joined(pages.raw, b) for b in blocks(pages.raw, read_lines(pages.raw, pages.settings))] == ["".join(rows)]


def test_what_is_cropped_away_is_not_read(tmp_path: Path) -> None:
    whole = made_pdf.drawn(tmp_path / "whole.pdf", [[Drawn("裁切线外的说明文字", 80, 30), *column()]])
    assert texts(made_pdf.cropped(whole, tmp_path / "cropped.pdf", (20, 20, 580, 790))) == list(PARAGRAPHS)


def test_radicals_and_ligatures_become_usual_characters() -> None:
    assert "".join(map(usual, "⼀⽔⻓⻔⻢⾦金ﬁ一水，①Ａ")) == "一水长门马金金fi一水，①Ａ"


def test_the_title_of_the_properties_serves_where_no_line_does(tmp_path: Path) -> None:
    assert read_pages(made_pdf.drawn(tmp_path / "a.pdf", [column()], title="河口水文站报告"), DEFAULTS).title == "河口水文站报告"
    assert not read_pages(made_pdf.drawn(tmp_path / "b.pdf", [column()], title="Microsoft Word - 报告终稿.docx"), DEFAULTS).title


def error(path: Path) -> str:
    with pytest.raises(DocumentError) as raised:
        list(pdf.parse(path, DEFAULTS))
    message = str(raised.value)
    assert "\n" not in message
    assert path.name in message
    return message


def test_a_password_is_asked_for_only_where_one_is_needed(tmp_path: Path) -> None:
    plain = made_pdf.drawn(tmp_path / "plain.pdf", [column()])
    assert "qpdf --decrypt --password=" in error(made_pdf.encrypted(plain, tmp_path / "locked.pdf", "kai"))
    assert texts(made_pdf.encrypted(plain, tmp_path / "open.pdf", "")) == list(PARAGRAPHS)


@pytest.mark.parametrize(
    ("content", "said"),
    [(b"", "empty"), (b"%PDF-1.7\n", "broken"), (b"\x00\xff" * 500, "no PDF"), ("河口水文站。".encode(), "no PDF")],
    ids=["empty", "only a head", "binary", "text"],
)
def test_what_is_no_pdf_is_said_so(content: bytes, said: str, tmp_path: Path) -> None:
    path = tmp_path / "wrong.pdf"
    path.write_bytes(content)
    assert said in error(path)


def test_files_without_pages_or_text_are_refused(tmp_path: Path) -> None:
    made_pdf.joined([], tmp_path / "none.pdf")
    assert "no pages" in error(tmp_path / "none.pdf")
    assert "no text" in error(made_pdf.drawn(tmp_path / "blank.pdf", [[], []]))


def test_scans_without_a_recognizer_are_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ocr, "is_available", lambda: False)
    plain = made_pdf.drawn(tmp_path / "plain.pdf", [column()])
    scan = made_pdf.scanned(plain, tmp_path / "scan.pdf", 72)
    assert error(scan).endswith('pip install "rapidocr>=3.10,<4"')
    mixed = read_pages(made_pdf.joined([plain, scan, plain], tmp_path / "mixed.pdf"), DEFAULTS)
    assert "第 2 页" in mixed.warnings[0]
    assert mixed.raw.count("\f") == 2


def test_scans_are_recognised_without_a_network(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("rapidocr")
    monkeypatch.setattr("socket.socket.connect", lambda *_: pytest.fail("it reached for the network"))
    columns = [*made_pdf.wrapped(PARAGRAPHS[:1], 18, 60, 100, 12), *made_pdf.wrapped(OTHERS[:1], 18, 300, 100, 12)]
    scan = made_pdf.scanned(made_pdf.drawn(tmp_path / "plain.pdf", [columns]), tmp_path / "scan.pdf", 200)
    assert texts(scan) == [PARAGRAPHS[0], OTHERS[0]]
    assert not read_pages(scan, DEFAULTS).warnings


def test_a_thousand_pages_are_read_in_bounded_memory(tmp_path: Path) -> None:
    pages = [[*column(PARAGRAPHS[n % 6 :] + PARAGRAPHS[: n % 6]), Drawn(f"- {n} -", 290, 815, 9)] for n in range(1, 1001)]
    path = made_pdf.drawn(tmp_path / "thousand.pdf", pages)
    held = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    read = read_pages(path, DEFAULTS)
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - held <= 200_000
    assert read.raw.count("\f") == 999
    assert "- 7 -" not in read.raw


def test_damaged_files_are_read_or_refused_and_nothing_else(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ocr, "is_available", lambda: False)
    whole = made_pdf.drawn(tmp_path / "whole.pdf", [column()] * 3, compressed=False).read_bytes()
    path = tmp_path / "damaged.pdf"
    for seed in range(150):
        choice = random.Random(seed)
        damaged = bytearray(whole)
        if seed % 3 == 0:
            del damaged[choice.randrange(len(damaged)) :]
        elif seed % 3 == 1:
            for _ in range(40):
                damaged[choice.randrange(len(damaged))] = choice.randrange(256)
        else:
            at = choice.randrange(len(damaged))
            del damaged[at : at + choice.randint(1, 1500)]
        path.write_bytes(damaged)
        with contextlib.suppress(DocumentError):
            understood(path)
