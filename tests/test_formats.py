"""What each format says comes out as a reader would take it, and what cannot be read is refused with the command that mends it."""

import ast
import json
import os
import re
import subprocess
import sys
import zipfile
from pathlib import Path

import docx
import openpyxl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from openpyxl.utils import get_column_letter

import rag
from rag.documents import PARSERS, raw_text, read
from rag.documents.formats.outline import Facts, Piece, Raw, Stretch, document
from rag.documents.formats.refused import REFUSED
from rag.documents.formats.tables import Cell, read_rows
from rag.documents.formats.word_styles import counted
from rag.documents.pdf import ocr
from rag.errors import DocumentError
from rag.records import Document
from rag.settings import DEFAULTS, Options
from rag.show import difference
from tests import made_files as made
from tests import made_pdf
from tests.effort import lines_run


def page(tmp_path: Path, body: str, head: str = "", encoding: str = "utf-8") -> Document:
    path = tmp_path / "页.html"
    path.write_bytes(f"<html><head>{head}</head><body>{body}</body></html>".encode(encoding))
    return read(path)[0]


def note(tmp_path: Path, text: str) -> Document:
    path = tmp_path / "文.md"
    path.write_text(text, encoding="utf-8")
    return read(path)[0]


def headings(document: Document) -> tuple[tuple[str, int], ...]:
    return tuple((document.text[h.start : h.end], h.level) for h in document.headings)


def rows(*texts: str) -> list[list[Cell]]:
    return [[Cell(cell) for cell in text.split("|")] for text in texts]


def said(cells: list[list[Cell]]) -> list[str]:
    return [
        "；".join(f"{f.name}：{cells[f.row][f.index].text}" if f.name else cells[f.row][f.index].text for f in fields)
        for _, fields in read_rows(cells)
    ]


# Every format that has sub-heads, lists and tables says the same.


@pytest.mark.parametrize(
    "maker", [made.markdown, made.markdown_by_pandoc, made.html_by_pandoc, made.word, made.word_by_pandoc, made.book_by_pandoc]
)
def test_the_report_reads_the_same_in_every_format(maker: made.Maker, tmp_path: Path) -> None:
    check_report(read(maker(tmp_path)))


@pytest.mark.skipif(not made.has_office(), reason="LibreOffice is not installed: apt-get install libreoffice-writer-nogui")
@pytest.mark.parametrize("kind", ["docx", "html"])
def test_the_report_reads_the_same_from_libreoffice(kind: str, tmp_path: Path) -> None:
    check_report(read(made.by_office(made.word(tmp_path), kind)), titled=kind == "docx")


def check_report(documents: list[Document], titled: bool = True) -> None:
    (report,) = documents
    lines = report.text.split("\n")
    texts = [
        made.PARAGRAPHS[0],
        made.HEADINGS[0][0],
        made.PARAGRAPHS[1],
        *made.ITEMS,
        made.HEADINGS[1][0],
        *made.ROWS,
        "小结",
        made.PARAGRAPHS[2],
    ]
    assert [line for line in lines if line != "河湾镇水厂年报"] == texts
    assert headings(report) == made.HEADINGS
    assert [report.text[start:end].split("\n") for start, end in report.runs] == [list(made.ITEMS), list(made.ROWS)]
    if titled:
        assert report.title == "河湾镇水厂年报"


# Word.


def test_revisions_are_read_as_accepted_and_hidden_text_headers_and_footers_left_out(tmp_path: Path) -> None:
    assert read(made.revised_word(tmp_path))[0].text == "水厂有三十名工人。"


def test_a_footnote_follows_its_paragraph(tmp_path: Path) -> None:
    assert read(made.noted_word(tmp_path))[0].text == "水厂有三条管道。\n注：不含支管。"


def test_numbers_that_word_draws_are_part_of_the_text(tmp_path: Path) -> None:
    assert read(made.numbered_word(tmp_path))[0].text == "第一条 水费每月十日前交清。\n第二条 逾期按日加收千分之一。"


@pytest.mark.parametrize(
    ("number", "kind", "written"),
    [
        (12, "chineseCounting", "十二"), (20, "chineseCountingThousand", "二十"), (105, "chineseCounting", "一百零五"),
        (110, "chineseCounting", "一百一十"), (4, "lowerRoman", "iv"), (28, "upperLetter", "BB"), (3, "ideographTraditional", "丙"),
        (2, "decimalEnclosedCircle", "②"), (7, "decimalZero", "07"), (9, "no such way", "9"),
    ],
)  # fmt: skip
def test_numbers_are_written_as_word_does(number: int, kind: str, written: str) -> None:
    assert counted(number, kind) == written


def test_merged_cells_are_in_every_row_they_are_drawn_in(tmp_path: Path) -> None:
    report = docx.Document()
    table = report.add_table(rows=3, cols=2)
    for row, texts in zip(table.rows, (("街道", "月份"), ("东街", "三月"), ("", "四月")), strict=True):
        for cell, text in zip(row.cells, texts, strict=True):
            cell.text = text
    table.cell(1, 0).merge(table.cell(2, 0))
    report.save(str(tmp_path / "表.docx"))
    assert read(tmp_path / "表.docx")[0].text == "街道：东街；月份：三月\n街道：东街；月份：四月"


def test_the_author_is_who_wrote_it_and_no_program(tmp_path: Path) -> None:
    assert read(made.word(tmp_path))[0].byline == "韩松"
    assert read(made.revised_word(tmp_path))[0].byline == ""


def test_a_document_without_styles_shows_its_chapters_by_their_numbers(tmp_path: Path) -> None:
    report = docx.Document()
    for text in ("一、总体情况", made.PARAGRAPHS[0] * 2, "二、下一步", made.PARAGRAPHS[1] * 2, "二〇二三年六月十二日"):
        report.add_paragraph(text)
    report.save(str(tmp_path / "总结.docx"))
    document = read(tmp_path / "总结.docx")[0]
    assert headings(document) == (("一、总体情况", 1), ("二、下一步", 1))
    assert document.date == "2023-06-12"


# Tables.


def test_a_first_row_of_figures_is_no_header() -> None:
    assert said(rows("临港|2634", "青浦|1200")) == ["临港；2634", "青浦；1200"]


def test_years_are_the_names_of_columns() -> None:
    assert said(rows("地区|2021|2022", "临港|5|6")) == ["地区：临港；2021：5；2022：6"]


def test_a_form_is_read_in_pairs() -> None:
    assert said(rows("姓名|李娟|性别|女", "职务|化验员|电话|")) == ["姓名：李娟；性别：女", "职务：化验员；电话"]


def test_a_caption_and_two_rows_of_names() -> None:
    cells = [
        [Cell("水厂产量表", columns=3)],
        [Cell("街道", rows=2), Cell("产量", columns=2)],
        [Cell("三月"), Cell("四月")],
        [Cell("东街"), Cell("26"), Cell("28")],
    ]
    assert said(cells) == ["水厂产量表", "街道：东街；产量 三月：26；产量 四月：28"]


# Web pages.


def test_what_surrounds_an_article_is_left_out(tmp_path: Path) -> None:
    text = "".join(f"<p>{paragraph}</p>" for paragraph in made.PARAGRAPHS)
    around = "<nav><a href=/>首页</a></nav><div class=sidebar>热点新闻</div><aside>广告</aside>"
    links = "<ul>" + "".join(f"<li><a href=/{i}>别的新闻标题{i}</a>" for i in range(8)) + "</ul>"
    hidden = "<p style='display:none'>看不见</p><p hidden>看不见</p><script>document.write('<p>脚本</p>')</script><!-- 注释 -->"
    document = page(
        tmp_path,
        f"{around}<h1>水厂年报</h1><div id=x>{text}{hidden}{links}</div><footer>版权所有</footer>",
        "<title>水厂年报_河湾网</title>",
    )
    assert document.title == "水厂年报"
    assert document.text.split("\n") == list(made.PARAGRAPHS)


@pytest.mark.parametrize("between", ["</p><p>", "<br>", "<br><br>", "<p>", "</div><div>"])
def test_a_plain_page_loses_nothing(between: str, tmp_path: Path) -> None:
    paragraphs = [*made.PARAGRAPHS, "短句一。", made.PARAGRAPHS[0] * 30, "短句二。", "没有句号的一行"]
    assert page(tmp_path, between.join(paragraphs)).text.split("\n") == paragraphs


def test_a_page_laid_out_with_tables_keeps_its_text(tmp_path: Path) -> None:
    inner = "".join(f"<tr><td><p>{paragraph}</p></td></tr>" for paragraph in made.PARAGRAPHS)
    document = page(tmp_path, f"<table><tr><td>栏目<td><table>{inner}</table></table>")
    assert document.text.split("\n")[-3:] == list(made.PARAGRAPHS)


@pytest.mark.parametrize(
    ("head", "body", "date"),
    [
        ("<meta property='article:published_time' content='2023-06-12T08:00:00+08:00'>", "", "2023-06-12"),
        ('<script type=\'application/ld+json\'>{"datePublished": "2023-06-12"}</script>', "", "2023-06-12"),
        ("<meta name=PubDate content=20230612>", "", "2023-06-12"),
        ("", "<time datetime='2023-06-12'>昨天</time>", "2023-06-12"),
        ("", "<div>发布时间：2023年6月12日 10:20</div>", "2023-06-12"),
    ],
)
def test_the_day_a_page_appeared(head: str, body: str, date: str, tmp_path: Path) -> None:
    assert page(tmp_path, f"<h1>水厂</h1>{body}<p>{made.PARAGRAPHS[0]}</p>", head).date == date


@pytest.mark.parametrize("label", ["gb2312", "gbk", "utf-8", "big5", ""])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16"])
def test_a_page_is_decoded_by_its_bytes_where_its_label_is_wrong(label: str, encoding: str, tmp_path: Path) -> None:
    head = f"<meta http-equiv=Content-Type content='text/html; charset={label}'>" if label else ""
    assert page(tmp_path, "".join(f"<p>{p}</p>" for p in made.PARAGRAPHS), head, encoding).text.split("\n") == list(made.PARAGRAPHS)


def test_the_label_is_believed_where_the_bytes_do_not_say(tmp_path: Path) -> None:
    assert page(tmp_path, "<p>目录</p>", "<meta charset=gb2312>", "gb18030").text == "目录"
    path = tmp_path / "页.html"
    assert read(path, Options(encoding="gb18030"))[0].metadata["encoding"] == "gb18030"


def test_lines_of_chinese_are_joined_without_a_space_and_references_are_read(tmp_path: Path) -> None:
    assert page(tmp_path, "<p>水厂\n 修好了 A&amp;B\n  two\nwords&nbsp;完</p>").text == "水厂修好了 A&B two words 完"


TEXT = "".join(f"<p>{paragraph}</p>" for paragraph in made.PARAGRAPHS)


@pytest.mark.parametrize(
    ("body", "kept"),
    [
        (f"<header><h1>水厂年报</h1><p>2023年6月12日</p></header>{TEXT}", "2023年6月12日"),
        (f"<header><h1>水厂年报</h1><nav><a href=/>首页</a></nav><p>镇政府编。</p></header>{TEXT}", "镇政府编。"),
        (f"{TEXT}<section><header><h2>附录</h2></header><p>管道图见档案室。</p></section>", "附录"),
        (f"{TEXT}<aside><p>编者按：此文写于去年。</p></aside>", "编者按：此文写于去年。"),
        (f"{TEXT}<footer><p>本文的数字由镇水厂提供。</p></footer>", "本文的数字由镇水厂提供。"),
        (f"{TEXT}<div class=menu><p>红烧肉三十八元。</p></div>", "红烧肉三十八元。"),
        (f"<div class=sidebar>{TEXT}<p>旁边的话。</p></div>", "旁边的话。"),
        (f"{TEXT}<form><p>请在月底以前交表。</p><input></form>", "请在月底以前交表。"),
    ],
)
def test_parts_of_a_page_that_say_something_are_kept(body: str, kept: str, tmp_path: Path) -> None:
    document = page(tmp_path, body, "<title>水厂年报</title>")
    assert kept in document.text.split("\n")
    assert set(made.PARAGRAPHS) <= set(document.text.split("\n"))


@pytest.mark.parametrize(
    "around",
    [
        "<header><h1><a href=/>河湾网</a></h1><nav><a href=/a>新闻</a></nav></header>",
        "<header><a href=/>首页</a> <a href=/b>论坛</a></header>",
        "<footer>版权所有 河湾网。未经许可不得转载。</footer>",
        "<aside><a href=/1>镇上来了马戏团。</a><a href=/2>桥修好了。</a></aside>",
        "<form><label>用户名</label><input></form>",
        "<div class=sidebar><a href=/1>镇上来了马戏团。</a></div>",
    ],
)
def test_parts_of_a_page_that_are_on_every_page_are_left_out(around: str, tmp_path: Path) -> None:
    document = page(tmp_path, f"{around}<div><h1>水厂年报</h1>{TEXT}</div>", "<title>水厂年报_河湾网</title>")
    assert (document.title, document.text.split("\n")) == ("水厂年报", list(made.PARAGRAPHS))


def links(*names: str) -> str:
    return "<ul>" + "".join(f"<li><a href=/{name}>{name}</a>" for name in names) + "</ul>"


FILES = links("管道图纸", "用水统计表", "收费标准")


@pytest.mark.parametrize("before", ["<p>下列文件可供下载：</p>", "<p>下列文件可供下载。</p>", "<h2>文件</h2>", "<div><h2>文件</h2>"])
def test_links_that_the_text_leads_to_are_part_of_it(before: str, tmp_path: Path) -> None:
    assert page(tmp_path, f"<h1>水厂年报</h1>{TEXT}{before}{FILES}").text.split("\n")[-3:] == ["管道图纸", "用水统计表", "收费标准"]


@pytest.mark.parametrize("before", ["<h2>相关文件</h2>", "<p>更多</p>", "<div><b>推荐</b>"])
def test_links_to_other_pages_are_no_part_of_the_text(before: str, tmp_path: Path) -> None:
    assert "统计" not in page(tmp_path, f"<h1>水厂年报</h1>{TEXT}{before}{FILES}").text


def test_a_page_tells_where_its_title_stands(tmp_path: Path) -> None:
    assert page(tmp_path, f"\n<h1>水厂\n年报</h1>{TEXT}").metadata["title_lines"] == "2-3"
    assert page(tmp_path, TEXT, "\n\n<title>水厂年报_河湾网</title>").metadata["title_lines"] == "3-3"


@pytest.mark.parametrize(
    "body",
    [
        "<div>" * 100_000 + "水厂。",
        "<h1>水" * 20_000,
        "<h1><div>水" * 8_000,
        "<header><h2>水</h2>" * 8_000,
        "<aside>水。" * 8_000,
        "<p>" + "水厂修好了管道，" * 1_200_000,
        "<a " * 300_000 + ">水",
        "<" * 2_000_000 + "水",
        "<a b='" * 100_001 + "'>水",
    ],
    ids=["nested", "heads", "heads in blocks", "headers", "asides", "one line of 10 MB", "open tags", "brackets", "open quotes"],
)
def test_a_page_of_any_shape_is_read(body: str, tmp_path: Path) -> None:
    assert "水" in page(tmp_path, body).text


# Markdown.


def test_front_matter_says_title_author_and_day(tmp_path: Path) -> None:
    document = note(tmp_path, '---\ntitle: "年报"\nauthor: 韩松\ndate: 2023/6/12\n---\n\n正文一段。\n')
    assert (document.title, document.byline, document.date, document.text) == ("年报", "韩松", "2023-06-12", "正文一段。")
    assert document.origins[0].line == 7


def test_marks_are_taken_off_and_pictures_left_out(tmp_path: Path) -> None:
    document = note(tmp_path, "水厂**修好**了[三条](http://a.com/b_(1) '水厂')管道，\n共 `12` 公里![图说](a.png)。&lt;1&gt; \\*号\n")
    assert document.text == "水厂修好了三条管道，共 12 公里。<1> *号"
    assert all(o.end - o.start == o.raw_end - o.raw_start for o in document.origins if document.text[o.start : o.end].strip("<>*"))


def test_lists_are_runs_with_their_numbers_and_code_keeps_its_lines(tmp_path: Path) -> None:
    document = note(tmp_path, "1. 甲\n   - 乙\n2. 丙\n\n```python\ndef f():\n\n    return 1\n```\n")
    assert document.text.split("\n") == ["1. 甲", "乙", "2. 丙", "def f():", "    return 1"]
    assert [document.text[start:end].count("\n") for start, end in document.runs] == [2, 1]


def test_text_between_two_rules_is_no_front_matter(tmp_path: Path) -> None:
    document = note(tmp_path, "---\n# 周报\n\n本周完成三项工作。\n\n---\n\n下周计划如下。\n")
    assert (document.title, document.text) == ("周报", "本周完成三项工作。\n下周计划如下。")
    assert note(tmp_path, "---\n本周无事。\n***\n下周再说。\n---\n").text == "本周无事。\n下周再说。"
    assert note(tmp_path, "---\n# 说明\ntags:\n  - 水厂\n标题: 年报\n---\n正文。\n").title == "年报"


def test_footnotes_are_paragraphs_and_their_marks_taken_off(tmp_path: Path) -> None:
    document = note(tmp_path, "首都在北京[^1]。\n\n[^1]: 见《宪法》第一百四十三条。\n\n另见[^2]。\n\n[^二]: 甲\n    乙\n\n    丙 丁\n")
    assert document.text.split("\n") == ["首都在北京。", "注1：见《宪法》第一百四十三条。", "另见[^2]。", "注二：甲乙", "丙 丁"]
    placed = [o for o in document.origins if o.raw_end - o.raw_start == o.end - o.start]
    assert "".join(document.text[o.start : o.end] for o in placed).replace(" ", "").startswith("首都在北京。1见《宪法》")
    assert next(o.line for o in document.origins if document.text[o.start : o.end].startswith("见")) == 3


@pytest.mark.parametrize("mark", ["> ", "- ", "1. ", ">"])
@pytest.mark.parametrize("depth", [12, 60, 5000])
def test_text_nested_however_deep_is_kept(mark: str, depth: int, tmp_path: Path) -> None:
    document = note(tmp_path, f"首段。\n\n{mark * depth}甲\n\n末段。\n")
    assert [line.split()[-1] for line in document.text.split("\n")] == ["首段。", "甲", "末段。"]
    lines = "".join(f"{'  ' * level}- 第{level}层\n" for level in range(min(depth, 300)))
    assert [line.split()[-1] for line in note(tmp_path, lines).text.split("\n")] == [f"第{level}层" for level in range(min(depth, 300))]


def test_the_only_sub_head_is_the_title_only_where_the_text_begins(tmp_path: Path) -> None:
    for before in (made.PARAGRAPHS[0] * 3, "请先读本文。", "水厂年年修管道，" * 20):
        document = note(tmp_path, f"{before}\n\n## 附录\n\n联系电话见封底。\n")
        assert (document.title, headings(document)) == ("文", (("附录", 1),))
    assert note(tmp_path, "河湾镇水厂\n\n# 年报\n\n正文。\n").title == "年报"


def test_cells_behind_the_last_column_are_kept(tmp_path: Path) -> None:
    document = note(tmp_path, "|名称|数量|\n|---|---|\n|梨|**5**|多余|又|\n|桃|6|\n")
    assert document.text == "名称：梨；数量：5；多余；又\n名称：桃；数量：6"


def test_a_file_tells_where_its_title_stands(tmp_path: Path) -> None:
    assert note(tmp_path, "\n# 年报\n\n正文。\n").metadata["title_lines"] == "2-2"
    assert note(tmp_path, "---\nauthor: 韩松\ntitle: 年报\n---\n正文。\n").metadata["title_lines"] == "3-3"
    assert "title_lines" not in note(tmp_path, "正文。\n").metadata
    (tmp_path / "题.md").write_text("# 年报\n\n正文。\n", encoding="utf-8")
    assert difference(tmp_path / "题.md", Options()) == "- # 年报\n+ 年报\n  正文。"


# Sheets.


@pytest.mark.parametrize("separator", [",", ";", "\t", "|"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16"])
def test_a_table_of_any_separator_and_encoding(separator: str, encoding: str, tmp_path: Path) -> None:
    document = read(made.table(tmp_path, separator, encoding))[0]
    assert document.text.split("\n") == [*made.ROWS, '月份：五月；产量：二千九百吨，含库存；说明：写作"毛重"']
    assert [origin.line for origin in document.origins] == [2, 3, 4]
    assert document.runs == ()


def test_values_are_read_as_the_sheet_shows_them(tmp_path: Path) -> None:
    first, second = read(made.workbook(tmp_path))
    assert (
        first.text == "地区：临港；产值：2634；占比：21.5%；日期：2023-06-12\n地区：青浦；产值：1200.5；占比：10.0%；日期：2023-07-01\n合计"
    )
    assert (first.title, second.title) == ("产量 产量", "产量 人员")
    assert "底稿" in first.warnings[0]
    assert "1 个公式" in first.warnings[1]


def test_merged_and_formatted_cells(tmp_path: Path) -> None:
    texts = read(made.workbook_by_xlsxwriter(tmp_path))[0].text.split("\n")
    assert texts == [
        "河湾镇水厂产量表",
        "街道：东街；月份：三月；产量：2634",
        "街道：东街；月份：四月；产量：2817",
        "街道：西街；月份：五月；产量：2",
    ]


def test_a_headline_beside_the_title_of_the_front_matter_is_kept(tmp_path: Path) -> None:
    path = tmp_path / "年报.md"
    path.write_text("---\ntitle: 年报\ndate: 2023-06-12\n---\n# 河湾镇水厂\n\n管道修好了。\n", encoding="utf-8")
    (found,) = read(path)
    assert (found.title, found.date, found.text) == ("年报", "2023-06-12", "河湾镇水厂\n管道修好了。")
    path.write_text("---\ntitle: 年报\n---\n# 年报\n\n管道修好了。\n", encoding="utf-8")
    assert read(path)[0].text == "管道修好了。"


# Records and books.


def test_a_record_keeps_its_id_and_its_paragraphs(tmp_path: Path) -> None:
    first, second = read(made.records(tmp_path))
    assert (first.id, second.id, first.title, first.date) == ("w0", "w1", "管道", "2023-06-12")
    assert first.text.split("\n") == list(made.PARAGRAPHS[:2])
    assert first.metadata == {"source": "镇报", "pages": "3", "encoding": "utf-8"}


@pytest.mark.parametrize(
    ("lines", "told"),
    [
        ('{"id":"a","text":"甲"}\n{"id":"b","text":"乙"}\n{"id":"a","text":"丙"}', "lines 1 and 3"),
        ('{"id":"a","text":"甲"}\n[1]', "line 2"),
        ('{"id":"a","text":"甲"}\n\n{"id":"b"}', "line 3"),
        ('{"id":"a","text":"甲"', "line 1"),
        ('{"id":"a","text":"\\ud800"}', "line 1"),
    ],
)
def test_a_line_that_is_no_record_is_named(lines: str, told: str, tmp_path: Path) -> None:
    path = tmp_path / "坏.jsonl"
    path.write_text(lines, encoding="utf-8")
    with pytest.raises(DocumentError, match=told):
        read(path)


def test_paragraphs_written_with_escapes_have_places_of_their_own(tmp_path: Path) -> None:
    path = tmp_path / "转义.jsonl"
    texts = ['他说"好"。', "路径\\名😀", "好", "\t\u00a0尾 "]
    for ascii_only in (False, True):
        line = json.dumps({"kind": "text", "a": {"text": "好"}, "text": "\r\n".join(texts), "id": "甲"}, ensure_ascii=ascii_only)
        path.write_text("\n" + line, encoding="utf-8")
        (document,) = read(path)
        assert document.text.split("\n") == [text.strip() for text in texts]
        raw = path.read_text(encoding="utf-8")
        assert [json.loads(f'"{raw[o.raw_start : o.raw_end]}"') for o in document.origins] == document.text.split("\n")
        assert {o.line for o in document.origins} == {2}


def test_a_record_of_ten_times_as_many_paragraphs_with_escapes_takes_ten_times_the_work(tmp_path: Path) -> None:
    path = tmp_path / "长.jsonl"

    def work(paragraphs: int) -> int:
        path.write_text(json.dumps({"id": "a", "text": '他说"好"。\n' * paragraphs}, ensure_ascii=False), encoding="utf-8")
        return lines_run(lambda: read(path))

    once = work(400)
    assert work(4_000) < 12 * once


def test_chapters_that_share_a_title_are_called_by_their_sub_heads(tmp_path: Path) -> None:
    path = made.book(tmp_path)
    unnamed = path.with_stem("无目录")
    with zipfile.ZipFile(path) as old, zipfile.ZipFile(unnamed, "w") as new:
        for name in old.namelist():
            part = old.read(name).decode()
            part = re.sub("<navLabel>.*?</navLabel>|<nav.*?</nav>", "", part, flags=re.DOTALL)
            if "<body" in part:
                part = re.sub("<title>.*?</title>", "<title>书</title>", part).replace("h1>", "h2>")
            new.writestr(name, part)
    first, second = read(unnamed)
    assert (first.title, second.title) == ("第一章 管道", "第二章 小结")
    assert first.text.split("\n") == list(made.PARAGRAPHS[:2])


def test_the_chapters_of_a_book(tmp_path: Path) -> None:
    first, second = read(made.book(tmp_path))
    assert (first.title, second.title, first.byline, first.date) == ("第一章 管道", "第二章 小结", "韩松", "2023-06-12")
    assert first.text.split("\n") == list(made.PARAGRAPHS[:2])
    assert first.metadata["book"] == "河湾镇水厂年报"


# Ids.


def test_what_is_put_before_a_document_leaves_its_id(tmp_path: Path) -> None:
    path = made.records(tmp_path)
    ids = [document.id for document in read(path)]
    path.write_text(json.dumps({"id": "new", "text": "新的一篇。"}) + "\n" + path.read_text(encoding="utf-8"), encoding="utf-8")
    assert [document.id for document in read(path)] == ["new", *ids]
    sheet = made.workbook(tmp_path)
    ids = [document.id for document in read(sheet)]
    book = openpyxl.load_workbook(sheet)
    book.create_sheet("新表", 0).append(("一", "二"))
    book.save(sheet)
    assert [document.id for document in read(sheet)][1:] == ids
    before = note(tmp_path, "# 题\n\n旧段落。\n")
    after = note(tmp_path, "# 题\n\n新段落。\n\n旧段落。\n")
    assert before.id == after.id


# What is refused.


@pytest.mark.parametrize("suffix", sorted(REFUSED))
def test_formats_that_are_not_read_name_the_command_that_helps(suffix: str, tmp_path: Path) -> None:
    path = tmp_path / f"旧 文件{suffix}"
    path.write_bytes(b"\0")
    with pytest.raises(DocumentError, match=r": .*(unzip|unar|7z|tar|unxz|gunzip|bunzip2|soffice|rag\.show)") as error:
        read(path)
    assert "\n" not in str(error.value)
    with pytest.raises(DocumentError, match="does not exist"):
        read(tmp_path / f"没有{suffix}")


@pytest.mark.parametrize("suffix", sorted(set(PARSERS) - {".pdf"}))
def test_an_empty_file_is_refused(suffix: str, tmp_path: Path) -> None:
    path = tmp_path / f"空{suffix}"
    path.touch()
    with pytest.raises(DocumentError):
        read(path)


@pytest.mark.parametrize(
    ("maker", "suffix", "told"),
    [
        (made.word, ".txt", "zip archive"),
        (made.markdown, ".docx", "no .docx file"),
        (made.word, ".xlsx", "really a .docx"),
        (made.workbook, ".docx", "really a .xlsx"),
        (made.book, ".docx", "really a .epub"),
        (made.html_by_pandoc, ".docx", "really a .html"),
        (made.word, ".md", "zip archive"),
    ],
)
def test_a_wrong_suffix_is_told(maker: made.Maker, suffix: str, told: str, tmp_path: Path) -> None:
    path = maker(tmp_path)
    wrong = path.rename(path.with_suffix(suffix))
    with pytest.raises(DocumentError, match=told):
        read(wrong)


@pytest.mark.skipif(not made.has_office(), reason="LibreOffice is not installed: apt-get install libreoffice-writer-nogui")
def test_an_old_word_file_under_a_new_name_is_told_how_to_be_converted(tmp_path: Path) -> None:
    old = made.by_office(made.word(tmp_path), "doc")
    with pytest.raises(DocumentError, match=r"old \.doc file.*soffice --headless --convert-to docx"):
        read(old.rename(old.with_suffix(".docx")))


def test_a_file_locked_with_a_password_is_told(tmp_path: Path) -> None:
    with pytest.raises(DocumentError, match="locked with a password"):
        read(made.locked_word(tmp_path))


@pytest.mark.parametrize("maker", [made.word, made.workbook, made.book])
def test_entities_are_never_expanded(maker: made.Maker, tmp_path: Path) -> None:
    bomb = b'<?xml version="1.0"?><!DOCTYPE a [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;">]><a>&b;</a>'
    path = maker(tmp_path)
    changed = path.with_stem("实体")
    with zipfile.ZipFile(path) as old, zipfile.ZipFile(changed, "w") as new:
        for name in old.namelist():
            new.writestr(name, bomb if name.endswith(("document.xml", "sheet1.xml", ".opf")) else old.read(name))
    with pytest.raises(DocumentError, match="declares entities"):
        read(changed)


@pytest.mark.parametrize("maker", [made.word, made.workbook, made.book])
def test_an_archive_that_would_fill_the_disk_is_refused(maker: made.Maker, tmp_path: Path) -> None:
    path = maker(tmp_path)
    with zipfile.ZipFile(path, "a", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("bomb.xml", b" " * 250_000_000)
    with pytest.raises(DocumentError, match="would unpack to"):
        read(path)


def test_a_locked_book_is_refused(tmp_path: Path) -> None:
    path = made.book(tmp_path)
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr(
            "META-INF/encryption.xml",
            '<encryption xmlns:enc="http://www.w3.org/2001/04/xmlenc#"><enc:EncryptedData>'
            '<enc:EncryptionMethod Algorithm="http://www.w3.org/2001/04/xmlenc#aes128-cbc"/></enc:EncryptedData></encryption>',
        )
    with pytest.raises(DocumentError, match="locked by its seller"):
        read(path)


def why(path: Path, options: Options = DEFAULTS) -> str:
    """What is told of a file to those who see no terminal."""
    with pytest.raises(DocumentError) as raised:
        read(path, options)
    reason = raised.value.reason
    assert re.search("[一-鿿]", reason), str(raised.value)
    assert not re.search("[/\n。]|python -m", reason), reason
    return reason


def test_who_sees_no_terminal_is_told_why(tmp_path: Path) -> None:
    files: dict[str, tuple[bytes, str]] = {
        "空.txt": (b"", "没有文字"),
        "空.md": (b"\n", "没有文字"),
        "空.html": (b"<p></p>", "网页里没有文字"),
        "空.csv": (b"", "没有内容"),
        "空.jsonl": (b"", "没有文档"),
        "空.docx": (b"", "是空的"),
        "空.pdf": (b"", "是空的"),
        "数.txt": (b"abc\x00def", "不是文本"),
        "乱.txt": (bytes(range(1, 9)) * 20, "不是文本"),
        "版.txt": (b"%PDF-1.7\n", "后缀改为 .pdf"),
        "图.html": (b"\x89PNG\r\n", "图片"),
        "字.txt": ("目".encode("gb18030"), "可能是 gb18030"),
        "无标记.txt": ("他说今天的会在下午开。\n".encode("utf-16-le"), "utf-16-le"),
        "标记.txt": (b"\xef\xbb\xbf\xff", "utf-8-sig"),
        "别的.csv": (b"\xff\xff\xff", "另存为 UTF-8"),
        "甲.Xyz": (b"a", "（.Xyz）"),
        "甲.zip": (b"PK", "解开"),
        "甲.tar.gz": (b"\x1f\x8b", "解开"),
        "甲.doc": (b"\xd0\xcf\x11\xe0", "（.doc）读不了，请另存为 .docx"),
        "甲.ppt": (b"\xd0\xcf\x11\xe0", "另存为 .pdf"),
        "甲.ofd": (b"PK", "PDF"),
        "旧.xlsx": (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", ".xls 文件，请另存为 .xlsx"),
        "坏.docx": (b"PK\x03\x04", "损坏"),
        "坏.epub": (b"PK\x03\x04", "损坏"),
        "假.docx": (b"abc", "不是 .docx"),
        "网.docx": (b"<html>", ".html"),
        "坏.pdf": (b"%PDF-1.7\n", "损坏"),
        "假.pdf": (b"abc", "不是 PDF"),
        "行.jsonl": (b'{"id":"a","text":"a"}\n[1]', "第 2 行"),
        "重.jsonl": (b'{"id":"a/b","text":"a"}\n\n{"id":"a/b","text":"b"}', "第 3 行的 id 与第 1 行"),
        "缺.jsonl": (b'{"id":"a"}', "第 1 行"),
        "引号.csv": (b'a,b\nc,"' + b"b" * ((1 << 24) + 1), "第 2 行"),
    }
    for name, (data, told) in files.items():
        (tmp_path / name).write_bytes(data)
        assert told in why(tmp_path / name), name
    assert "不是 big5" in why(tmp_path / "别的.csv", Options(encoding="big5"))
    assert "找不到" in why(tmp_path / "没有.txt")
    (tmp_path / "夹.txt").mkdir()
    assert "文件夹" in why(tmp_path / "夹.txt")
    old = Path(os.fsdecode(os.fsencode(tmp_path) + b"/\xd6\xd0.txt"))
    old.touch()
    assert "文件名" in why(old)
    with pytest.raises(DocumentError) as raised:
        raw_text(made.word(tmp_path))
    assert "对照" in raised.value.reason


def test_who_sees_no_terminal_is_told_why_of_files_made_by_programs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ocr, "is_available", lambda: False)
    docx.Document().save(str(tmp_path / "空.docx"))
    assert "没有文字" in why(tmp_path / "空.docx")
    openpyxl.Workbook().save(tmp_path / "空.xlsx")
    assert "没有内容" in why(tmp_path / "空.xlsx")
    assert "密码" in why(made.locked_word(tmp_path))
    assert "其实是 .docx" in why(made.word(tmp_path).rename(tmp_path / "水厂.xlsx"))
    with zipfile.ZipFile(tmp_path / "包.docx", "w") as archive:
        archive.writestr("一.txt", "水厂")
    assert "压缩包" in why(tmp_path / "包.docx")
    plain = made_pdf.drawn(tmp_path / "文.pdf", [[made_pdf.Drawn("水厂", 80, 100)]])
    assert "PDF 有密码" in why(made_pdf.encrypted(plain, tmp_path / "锁.pdf", "kai"))
    assert "扫描" in why(made_pdf.scanned(plain, tmp_path / "扫.pdf", 72))
    assert "没有能读出的文字" in why(made_pdf.drawn(tmp_path / "白.pdf", [[]]))


def test_every_refusal_gives_a_reason() -> None:
    calls = [
        (file, node)
        for file in Path(rag.__file__).parent.rglob("*.py")
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8")))
        if isinstance(node, ast.Call) and ast.unparse(node.func).rpartition(".")[2] == "DocumentError"
    ]
    silent = [f"{file}:{node.lineno}" for file, node in calls if "reason" not in {keyword.arg for keyword in node.keywords}]
    assert calls
    assert not silent


def test_the_table_of_parsers_loads_no_heavy_library() -> None:
    code = "import sys, rag.documents; print([m for m in ('docx', 'lxml', 'markdown_it', 'openpyxl') if m in sys.modules])"
    assert subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True).stdout.strip() == "[]"


# The builder that they share.

WORDS = st.text(alphabet="水厂修好了 a1，。", max_size=12)
PIECES = st.lists(st.tuples(st.lists(WORDS, max_size=3), st.integers(0, 3), st.integers(0, 2)), max_size=12)


@given(pieces=PIECES)
def test_the_builder_places_every_character(pieces: list[tuple[list[str], int, int]]) -> None:
    raw = "\n".join("".join(words) for words, _, _ in pieces)
    laid: list[Piece] = []
    offset = 0
    for number, (words, level, run) in enumerate(pieces, 1):
        stretches = []
        for word in words:
            stretches.append(Stretch(word, offset, offset + len(word), number))
            offset += len(word)
        offset += 1
        laid.append(Piece(tuple(stretches), level, 0 if level else run))
    built = document(Path("x"), laid, Facts(title="题"))
    shown = [piece for piece in laid if piece.text.strip()]
    assert built.text.split("\n") == ([piece.text for piece in shown] or [""])
    assert [(built.text[h.start : h.end], h.level) for h in built.headings] == [(p.text, p.level) for p in shown if p.level]
    for origin in built.origins:
        assert built.text[origin.start : origin.end] == raw[origin.raw_start : origin.raw_end]
        assert raw.count("\n", 0, origin.raw_start) + 1 == origin.line
    in_runs = sum(built.text[start:end].count("\n") + 1 for start, end in built.runs)
    assert in_runs == sum(piece.run > 0 for piece in shown)
    assert all(a[1] < b[0] for a, b in zip(built.runs, built.runs[1:], strict=False))


def test_a_line_end_in_a_piece_is_an_error() -> None:
    with pytest.raises(ValueError, match="one line"):
        document(Path("x"), [Piece((Stretch("甲\n乙", 0, 3, 1),))], Facts(title="题"))


@given(text=st.text(alphabet="水\n a", max_size=40), data=st.data())
def test_raw_counts_lines_as_they_are(text: str, data: st.DataObject) -> None:
    raw = Raw(text)
    offset = data.draw(st.integers(0, len(text)))
    assert raw.line(offset) == text.count("\n", 0, offset) + 1
    assert raw.line_start(raw.line(offset)) == text.rfind("\n", 0, offset) + 1


# Sheets of difficult shapes.


def sheet(tmp_path: Path, rows: list[list[object]], merged: str = "", others: int = 0) -> list[Document]:
    book = openpyxl.Workbook()
    for page in [book.active, *(book.create_sheet(f"附页{n}") for n in range(others))]:
        for row in rows:
            page.append(row)
        for cells in merged.split():
            page.merge_cells(cells)
    book.save(tmp_path / "表.xlsx")
    return read(tmp_path / "表.xlsx")


def raw_sheet(tmp_path: Path, rows: str, after: str = "", shared: str = "") -> Path:
    """A workbook as small as they are written by hand."""
    relations = (
        '<Relationships><Relationship Id="a" Type="/worksheet" Target="s.xml"/><Relationship Id="b" Type="/sharedStrings" Target="t.xml"/>'
    )
    with zipfile.ZipFile(tmp_path / "大.xlsx", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("_rels/.rels", '<Relationships><Relationship Id="a" Type="/officeDocument" Target="xl/w.xml"/></Relationships>')
        archive.writestr("xl/w.xml", '<workbook xmlns:r="r"><sheets><sheet name="甲" r:id="a"/></sheets></workbook>')
        archive.writestr("xl/_rels/w.xml.rels", relations + "</Relationships>")
        archive.writestr("xl/t.xml", f"<sst><si><t>{shared}</t></si></sst>")
        archive.writestr("xl/s.xml", f'<worksheet xmlns="m"><sheetData>{rows}</sheetData>{after}</worksheet>')
    return tmp_path / "大.xlsx"


@pytest.mark.parametrize(
    "row", ['<row><c t="s"><v>0</v></c></row>', '<row><c r="XFD1" t="str"><v>水</v></c></row>'], ids=["text", "blanks"]
)
def test_a_small_workbook_that_says_much_is_refused(row: str, tmp_path: Path) -> None:
    with pytest.raises(DocumentError, match=r"repeats its texts.*soffice --headless --convert-to csv [^\n]*$"):
        read(raw_sheet(tmp_path, row * 20_000, shared="甲" * 32_000))


def test_cells_merged_over_a_whole_sheet_are_repeated_only_so_far(tmp_path: Path) -> None:
    columns = [get_column_letter(n + 1) for n in range(2_000)]
    rows = "".join(f'<c r="{c}1" t="str"><v>甲乙丙</v></c>' for c in columns)
    rows = f'<row r="1">{rows}</row>' + "".join(f'<row r="{n}"><c r="CZZ{n}"><v>1</v></c></row>' for n in range(2, 3_000))
    (found,) = read(raw_sheet(tmp_path, rows, "".join(f'<mergeCell ref="{c}1:{c}3000"/>' for c in columns)))
    assert found.text.count("甲") < 1_000_000


def test_cells_merged_downwards_in_the_last_column(tmp_path: Path) -> None:
    (found,) = sheet(tmp_path, [["街道", "人数", "站长"], ["东街", 3, "韩松"], ["西街", 4], ["北街", 5, "李小梅"]], "C2:C3")
    assert found.text.split("\n")[1] == "街道：西街；人数：4；站长：韩松"


@pytest.mark.parametrize("merged", ["A1:D1 A2:A3 B2:C2 D2:D3", ""])
def test_names_in_two_rows_between_a_title_and_remarks(merged: str, tmp_path: Path) -> None:
    head: list[list[object]] = [["站点人员表"], ["站点", "人员", None, "预算"], [None, "男", "女", None]]
    (found,) = sheet(tmp_path, [*head, ["东站", 5, 6, "8万"], ["制表人：韩松"]], merged)
    assert found.text.split("\n") == ["站点人员表", "站点：东站；人员 男：5；人员 女：6；预算：8万", "制表人：韩松"]


def test_a_column_without_a_name_is_no_group(tmp_path: Path) -> None:
    (found,) = sheet(tmp_path, [["站点", None, "站长"], ["东站", "码头", "韩松"], ["西站", "水闸", "李小梅"]])
    assert found.text.split("\n") == ["站点：东站；码头；站长：韩松", "站点：西站；水闸；站长：李小梅"]


def test_more_remarks_than_rows_do_not_hide_the_names(tmp_path: Path) -> None:
    (found,) = sheet(tmp_path, [["水位表"], ["站点", "水位", "时刻"], ["东站", 3, "早"], ["注：米"], ["制表人：韩松"]])
    assert found.text.split("\n") == ["水位表", "站点：东站；水位：3；时刻：早", "注：米", "制表人：韩松"]


def test_a_sheet_keeps_its_id_when_another_is_added(tmp_path: Path) -> None:
    rows: list[list[object]] = [["站点", "水位"], ["东站", 3]]
    (alone,), (first, second) = sheet(tmp_path, rows), sheet(tmp_path, rows, others=1)
    assert (alone.title, first.title, second.title) == ("表", "表 Sheet", "表 附页0")
    assert alone.id == first.id != second.id


# Word documents without styles, or with few.


def word(tmp_path: Path, *lines: str, centred: str = "", heads: tuple[str, ...] = ()) -> Document:
    report = docx.Document()
    report.core_properties.author = ""
    for line in lines:
        paragraph = report.add_heading(line, 1) if line in heads else report.add_paragraph(line)
        if line == centred:
            paragraph.alignment = 1
    report.save(str(tmp_path / "件.docx"))
    return read(tmp_path / "件.docx")[0]


def test_the_name_of_a_file_is_quoted_in_a_command(tmp_path: Path) -> None:
    docx.Document().save(str(tmp_path / "空 白.docx"))
    with pytest.raises(DocumentError, match=r"--convert-to pdf '[^']*空 白\.docx'$"):
        read(tmp_path / "空 白.docx")


def test_a_centred_first_line_is_the_title_and_a_late_heading_none(tmp_path: Path) -> None:
    lines = ("关于水厂检修的通知", "各车间：", "五月三日起检修三天。", "附件", "值班表")
    found = word(tmp_path, *lines, centred=lines[0], heads=("附件",))
    assert (found.title, found.text, headings(found)) == (lines[0], "\n".join(lines[1:]), (("附件", 1),))


def test_a_centred_picture_line_above_a_title_in_style_is_no_title(tmp_path: Path) -> None:
    found = word(tmp_path, "河湾镇水厂", "年度报告", "一切正常。", centred="河湾镇水厂", heads=("年度报告",))
    assert (found.title, found.text.split("\n")) == ("年度报告", ["河湾镇水厂", "一切正常。"])


@pytest.mark.parametrize(
    ("lines", "date"),
    [
        (("个人简历", "姓名：韩松", "出生日期：1990年5月6日", "证件有效期至2030年1月1日"), ""),
        (("水厂检修通知", "五月起检修。", "河湾镇水厂", "2024年4月20日"), "2024-04-20"),
        (("水厂检修通知", "发布时间：2024年4月20日", "五月起检修。"), "2024-04-20"),
        (("水厂检修通知", "五月起检修。", "二〇二四年四月二十日印发"), "2024-04-20"),
        (("2024年4月20日起停水", "请各户存水。"), ""),
    ],
)
def test_only_a_line_that_dates_the_document_does(lines: tuple[str, ...], date: str, tmp_path: Path) -> None:
    assert word(tmp_path, *lines).date == date
