"""Files of every format, made at test time by programs that people make such files with; what they say was written for these tests."""

import csv
import json
import shutil
import subprocess
from collections.abc import Callable
from datetime import date
from pathlib import Path

import docx
import openpyxl
import pypandoc
import xlsxwriter
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from msoffcrypto.format.ooxml import OOXMLFile

MARKDOWN = """# 河湾镇水厂年报

开春以后，水厂修好了三条管道，总长十二公里，**漏水**的地方少了一半。

## 一、管道

老管道用了四十年，换下来的铁管重达六十吨，全部卖给了镇上的铸造厂。

- 东街管道，三月完工
- 西街管道，五月完工

## 二、产量

| 月份 | 产量 | 说明 |
|------|------|------|
| 三月 | 2634吨 | 新管道 |
| 四月 | 2817吨 | |

### 小结

全年供水三万吨，比上年多两成。
"""
PARAGRAPHS = (
    "开春以后，水厂修好了三条管道，总长十二公里，漏水的地方少了一半。",
    "老管道用了四十年，换下来的铁管重达六十吨，全部卖给了镇上的铸造厂。",
    "全年供水三万吨，比上年多两成。",
)
ITEMS = ("东街管道，三月完工", "西街管道，五月完工")
ROWS = ("月份：三月；产量：2634吨；说明：新管道", "月份：四月；产量：2817吨")
HEADINGS = (("一、管道", 1), ("二、产量", 1), ("小结", 2))
TABLE = (("月份", "产量", "说明"), ("三月", "2634吨", "新管道"), ("四月", "2817吨", ""))


def markdown(folder: Path) -> Path:
    path = folder / "水厂.md"
    path.write_text(MARKDOWN, encoding="utf-8")
    return path


def html_by_pandoc(folder: Path) -> Path:
    return _by_pandoc(folder / "水厂.html", "html", "--standalone", "--metadata", "pagetitle=河湾镇水厂年报")


def markdown_by_pandoc(folder: Path) -> Path:
    return _by_pandoc(folder / "水厂.markdown", "gfm")


def word_by_pandoc(folder: Path) -> Path:
    return _by_pandoc(folder / "水厂甲.docx", "docx")


def book_by_pandoc(folder: Path) -> Path:
    return _by_pandoc(folder / "水厂甲.epub", "epub", "--metadata", "title=河湾镇水厂年报")


def word(folder: Path) -> Path:
    """A report with a title, heads, a list and a table, by python-docx."""
    made = docx.Document()
    made.core_properties.author = "韩松"
    made.add_paragraph("河湾镇水厂年报", style="Title")
    made.add_paragraph(PARAGRAPHS[0])
    made.add_heading("一、管道", 1)
    made.add_paragraph(PARAGRAPHS[1])
    for item in ITEMS:
        made.add_paragraph(item, style="List Bullet")
    made.add_heading("二、产量", 1)
    table = made.add_table(rows=0, cols=3)
    for row in TABLE:
        for cell, text in zip(table.add_row().cells, row, strict=True):
            cell.text = text
    made.add_heading("小结", 2)
    made.add_paragraph(PARAGRAPHS[2])
    path = folder / "水厂.docx"
    made.save(str(path))
    return path


def revised_word(folder: Path) -> Path:
    """A paragraph with a deleted, an inserted and a hidden run, and a header and a footer."""
    made = docx.Document()
    paragraph = made.add_paragraph("水厂有")
    for tag, text in (("w:del", "二十"), ("w:ins", "三十")):
        change, run, words = OxmlElement(tag), OxmlElement("w:r"), OxmlElement("w:delText" if tag == "w:del" else "w:t")
        words.text = text
        run.append(words)
        change.append(run)
        paragraph._p.append(change)
    paragraph.add_run("名工人。")
    paragraph.add_run("（内部数字）").font.hidden = True
    made.sections[0].header.paragraphs[0].text = "页眉文字"
    made.sections[0].footer.paragraphs[0].text = "页脚文字"
    path = folder / "修订.docx"
    made.save(str(path))
    return path


def numbered_word(folder: Path) -> Path:
    """Articles of a rule whose numbers Word draws: 第一条, 第二条."""
    made = docx.Document()
    numbering = made.part.numbering_part.element
    abstract = OxmlElement("w:abstractNum")
    abstract.set(qn("w:abstractNumId"), "90")
    level = OxmlElement("w:lvl")
    level.set(qn("w:ilvl"), "0")
    for tag, value in (("w:start", "1"), ("w:numFmt", "chineseCounting"), ("w:lvlText", "第%1条")):
        child = OxmlElement(tag)
        child.set(qn("w:val"), value)
        level.append(child)
    abstract.append(level)
    numbering.insert(0, abstract)
    number = numbering.add_num(90)
    for text in ("水费每月十日前交清。", "逾期按日加收千分之一。"):
        properties = made.add_paragraph(text)._p.get_or_add_pPr().get_or_add_numPr()
        properties.get_or_add_numId().val = number.numId
        properties.get_or_add_ilvl().val = 0
    path = folder / "规定.docx"
    made.save(str(path))
    return path


def workbook(folder: Path) -> Path:
    """Two sheets and a hidden one, with days, percentages and a formula that was never computed, by openpyxl."""
    made = openpyxl.Workbook()
    sheet = made.active
    assert sheet is not None
    sheet.title = "产量"
    sheet.append(("地区", "产值", "占比", "日期"))
    sheet.append(("临港", 2634, 0.215, date(2023, 6, 12)))
    sheet.append(("青浦", 1200.5, 0.1, date(2023, 7, 1)))
    for number in (2, 3):
        sheet.cell(number, 3).number_format = "0.0%"
    sheet.cell(4, 1).value = "合计"
    sheet.cell(4, 2).value = "=SUM(B2:B3)"
    other = made.create_sheet("人员")
    for person in (("姓名", "岗位"), ("李娟", "化验员"), ("韩松", "电工")):
        other.append(person)
    secret = made.create_sheet("底稿")
    secret.append(("不可见", "内容"))
    secret.sheet_state = "hidden"
    path = folder / "产量.xlsx"
    made.save(path)
    return path


def workbook_by_xlsxwriter(folder: Path) -> Path:
    """One sheet with a title merged across it, a cell merged downwards, and a text of two formats."""
    path = folder / "产量甲.xlsx"
    with xlsxwriter.Workbook(str(path)) as made:
        sheet = made.add_worksheet("产量")
        sheet.merge_range(0, 0, 0, 2, "河湾镇水厂产量表")
        for column, name in enumerate(("街道", "月份", "产量")):
            sheet.write(1, column, name)
        sheet.merge_range(2, 0, 3, 0, "东街")
        for row, (month, amount) in enumerate((("三月", 2634), ("四月", 2817)), 2):
            sheet.write(row, 1, month)
            sheet.write(row, 2, amount)
        sheet.write(4, 0, "西街")
        sheet.write_rich_string(4, 1, made.add_format({"bold": True}), "五", "月")
        sheet.write_formula(4, 2, "=1+1", None, 2)
    return path


def table(folder: Path, separator: str = ",", encoding: str = "utf-8", name: str = "产量.csv") -> Path:
    path = folder / name
    with path.open("w", encoding=encoding, newline="") as file:
        writer = csv.writer(file, delimiter=separator)
        writer.writerows((*TABLE, ("五月", "二千九百吨，\n含库存", '写作"毛重"')))
    return path


def tabbed_table(folder: Path) -> Path:
    return table(folder, "\t", "utf-8-sig", "产量.tsv")


def records(folder: Path) -> Path:
    path = folder / "水厂.jsonl"
    made = [
        {"id": f"w{number}", "title": title, "text": "\n".join(text), "date": "2023年6月12日", "source": "镇报", "pages": 3}
        for number, (title, text) in enumerate((("管道", PARAGRAPHS[:2]), ("小结", PARAGRAPHS[2:])))
    ]
    path.write_text("".join(json.dumps(record, ensure_ascii=number > 0) + "\n" for number, record in enumerate(made)), encoding="utf-8")
    return path


def book(folder: Path) -> Path:
    """A book of two chapters with a table of contents, an author and a day, by pandoc."""
    chapters = (("第一章 管道", PARAGRAPHS[:2]), ("第二章 小结", PARAGRAPHS[2:]))
    text = "\n\n".join(f"# {title}\n\n" + "\n\n".join(paragraphs) for title, paragraphs in chapters)
    about = {"title": "河湾镇水厂年报", "author": "韩松", "date": "2023-06-12", "lang": "zh"}
    return written_by_pandoc(folder / "水厂.epub", text, "epub", "--toc", *(f"--metadata={key}={value}" for key, value in about.items()))


def by_office(source: Path, kind: str) -> Path:
    """The file as LibreOffice converts it; only where `has_office`."""
    out = source.parent / "office"
    profile = f"-env:UserInstallation={(source.parent / 'profile').as_uri()}"
    command = ["soffice", profile, "--headless", "--convert-to", kind, "--outdir", str(out), str(source)]
    subprocess.run(command, check=True, capture_output=True, timeout=180)
    return out / f"{source.stem}.{kind.partition(':')[0]}"


def has_office() -> bool:
    return shutil.which("soffice") is not None


def locked_word(folder: Path) -> Path:
    """The report, locked with a password as Office does it."""
    path = folder / "加密.docx"
    with word(folder).open("rb") as plain, path.open("wb") as file:
        OOXMLFile(plain).encrypt("password", file)
    return path


def noted_word(folder: Path) -> Path:
    """A paragraph with a footnote."""
    path = folder / "脚注.docx"
    pypandoc.convert_text("水厂有三条管道[^1]。\n\n[^1]: 不含支管。\n", "docx", "markdown", outputfile=str(path))
    return path


def _by_pandoc(path: Path, kind: str, *arguments: str) -> Path:
    return written_by_pandoc(path, MARKDOWN, kind, *arguments)


def written_by_pandoc(path: Path, markdown: str, kind: str, *arguments: str) -> Path:
    """The text as pandoc converts it."""
    pypandoc.convert_text(markdown, kind, "markdown", outputfile=str(path), extra_args=list(arguments))
    return path


Maker = Callable[[Path], Path]
"""Makes a file in a folder and says where."""

MAKERS: tuple[Maker, ...] = (
    markdown,
    markdown_by_pandoc,
    html_by_pandoc,
    word,
    word_by_pandoc,
    revised_word,
    numbered_word,
    workbook,
    workbook_by_xlsxwriter,
    table,
    tabbed_table,
    records,
    book,
    book_by_pandoc,
)
