"""Reads a PDF: its characters put into lines and columns by where they stand, and its scanned pages recognised."""

import re
import shlex
import threading
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any, NoReturn

import pypdfium2
import pypdfium2.raw as pdfium

from rag.chinese.width import is_han
from rag.documents.layout.lines import Setting
from rag.documents.layout.pages import Pages
from rag.documents.pdf import ocr
from rag.documents.pdf.columns import PrintedLine, in_columns
from rag.documents.pdf.glyphs import Atom, Glyphs, glyphs
from rag.documents.pdf.margins import without_margins
from rag.errors import DocumentError
from rag.settings import Options

HEAD = 1024
"""Bytes within which a PDF says that it is one."""
_FEW_ATOMS = 10
"""Atoms on a page that do not tell how wide a usual page is."""
_NO_TITLE = re.compile(
    r"(?i).*\.(docx?|wps|pptx?|xlsx?|pdf|html?|indd|txt|qxd|fbd|fit|cdr)\W*$|untitled.*|.*无标题.*|about:.*|https?:.*|document\d*|文档\s*\d*"
)
_MOST_NAMED = 6
_FEW_CHARACTERS = 10
"""Characters of a page that may be no more than a stamp on a scan."""
_OUTLINES = 50
"""Drawings on a page without characters that may be characters drawn as outlines."""
_MOST_DOTS = 4000
LOCK = threading.Lock()
"""PDFium is not made for threads: whoever calls it holds this."""


@dataclass(slots=True)
class _Sheets:
    """The pages of a document; the numbers, from 0, of the scans whose characters are not known, and of pages that cannot be opened."""

    pages: list[Glyphs]
    scans: list[int]
    broken: list[int]


def read_pages(path: Path, options: Options) -> Pages:
    """What a PDF says, page by page, in the order of reading and without running heads and page numbers.

    Raises DocumentError where the file is no PDF, is broken or locked, or holds nothing but scans that cannot be recognised here.
    """
    with path.open("rb") as file:
        head = file.read(HEAD)
    if not head:
        raise DocumentError(f"{path.name} is empty; see how large it is: ls -l {shlex.quote(str(path))}", reason="文件是空的")
    with LOCK:
        # Without the fonts of the system, whose glyphs are not needed, text in fonts that are not embedded is read four times as fast.
        pdfium.FPDF_SetSystemFontInfo(None)
        try:
            pages = _pages_of(path, head, options, fonts=False)
        finally:
            pdfium.FPDF_SetSystemFontInfo(pdfium.FPDF_GetDefaultSystemFontInfo())
        pages = pages or _pages_of(path, head, options, fonts=True)
    assert pages is not None
    return pages


def _pages_of(path: Path, head: bytes, options: Options, fonts: bool) -> Pages | None:
    """What a PDF says; None where characters would be lost without the fonts of the system."""
    document = opened(path, head)
    try:
        sheets = _sheets(document, fonts)
        return _understood(path, document, sheets, options) if sheets else None
    finally:
        document.close()


def opened(path: Path, head: bytes) -> Any:
    """The document of pypdfium2 in a file that begins with `head`; DocumentError where it is no PDF, is broken or locked."""
    quoted = shlex.quote(str(path))
    try:
        return pypdfium2.PdfDocument(path)
    except pypdfium2.PdfiumError as error:
        if error.err_code in (pdfium.FPDF_ERR_PASSWORD, pdfium.FPDF_ERR_SECURITY):
            plain = shlex.quote(str(path.with_stem(path.stem + "-decrypted")))
            raise DocumentError(
                f"{path.name} is encrypted with a password; decrypt it: qpdf --decrypt --password=PASSWORD {quoted} {plain}",
                reason="PDF 有密码，请先去掉密码",
            ) from error
        if b"%PDF-" not in head:
            raise DocumentError(
                f"{path.name} is no PDF, although it is named like one; see what it is: file {quoted}", reason="不是 PDF 文件，请检查后缀"
            ) from error
        mended = shlex.quote(str(path.with_stem(path.stem + "-mended")))
        raise DocumentError(
            f"{path.name} is a broken PDF, or has no pages; try to mend it: qpdf {quoted} {mended}",
            reason="PDF 已损坏或没有页，请重新获取",
        ) from error


def _sheets(document: Any, fonts: bool) -> _Sheets | None:
    """Every page of a document; None where characters are lost, which without the `fonts` of the system may be."""
    sheets = _Sheets([], [], [])
    for number in range(len(document)):
        try:
            page = document[number]
        except pypdfium2.PdfiumError:
            sheets.pages.append(Glyphs((), 0, False, True, (1.0, 1.0)))
            sheets.broken.append(number)
            continue
        try:
            read = glyphs(page, fonts)
            if read is None:
                return None
            sheets.pages.append(read)
            if _is_scan(page, read):
                sheets.scans.append(number)
        finally:
            page.close()
    return sheets


def _recognise(document: Any, sheets: _Sheets) -> None:
    """Puts recognised characters onto the pages that are scans."""
    recognizer = ocr.Recognizer()
    for number in sheets.scans:
        page = document[number]
        width, height = page.get_size()
        # A sheet as large as a newspaper is recognised at a lower resolution: its dots must fit in memory.
        scale = min(ocr.DOTS_PER_INCH / 72, _MOST_DOTS / max(width, height, 1.0))
        atoms = recognizer.atoms(page.render(scale=scale).to_numpy()[:, :, :3], 72 * scale)
        page.close()
        sheets.pages[number] = Glyphs(tuple(atoms), 0, False, True, (width, height))
    sheets.scans.clear()


def _understood(path: Path, document: Any, sheets: _Sheets, options: Options) -> Pages:
    pages = sheets.pages
    if sheets.scans and ocr.is_available():
        _recognise(document, sheets)
    if not any(page.atoms for page in pages):
        _refuse(path, sheets)
    newspaper = {"newspaper": True, "plain": False}.get(options.layout or "")
    heights = [page.size[0 if page.turn % 2 else 1] for page in pages]
    kept = without_margins([page.atoms for page in pages], heights, newspaper)
    usual = _usual_edges(kept)
    texts: list[str] = []
    settings: list[Setting] = []
    gutters: list[float] = []
    for page, atoms in zip(pages, kept, strict=True):
        edges = usual if page.turn == 0 and len(atoms) < _FEW_ATOMS else None
        lines = [line for line in in_columns(atoms, edges, gutters if page.turn == 0 else None) if line.text.strip()]
        texts.append("\n".join(line.text.strip() for line in lines))
        settings += [_setting(page, line) for line in lines]
    metadata = {"pages": str(len(pages))}
    return Pages("\n\f".join(texts), settings, title=_title(document), warnings=tuple(_warnings(sheets)), metadata=metadata)


def _refuse(path: Path, sheets: _Sheets) -> NoReturn:
    quoted, count = shlex.quote(str(path)), len(sheets.pages)
    if len(sheets.broken) == count:
        mended = shlex.quote(str(path.with_stem(path.stem + "-mended")))
        raise DocumentError(
            f"{path.name} is a broken PDF, none of its pages can be opened; try to mend it: qpdf {quoted} {mended}",
            reason="PDF 已损坏，所有的页都打不开，请重新获取",
        )
    if sheets.scans:
        raise DocumentError(
            f"{path.name} holds {'a scanned page' if count == 1 else f'{count} scanned pages'} and no text; "
            'install what recognises characters: pip install "rapidocr>=3.10,<4"',
            reason="PDF 是扫描件，这里认不了图片里的字，请上传带文字的 PDF",
        )
    raise DocumentError(f"{path.name} holds no text that could be read; look at it: xdg-open {quoted}", reason="PDF 里没有能读出的文字")


def _warnings(sheets: _Sheets) -> Iterator[str]:
    if images := [n for n in sheets.scans if sheets.pages[n].readable]:
        yield f'{_named(images)}是图像，其中的文字没有读出；要识别，请安装：pip install "rapidocr>=3.10,<4"'
    if garbled := [n for n, page in enumerate(sheets.pages) if not page.readable]:
        yield f"{_named(garbled)}的字体没有说明字符是什么字，读出的文字可能有误"
    if vertical := [n for n, page in enumerate(sheets.pages) if page.vertical]:
        yield f"{_named(vertical)}是竖排，已从右到左逐行读出，请核对顺序"
    if sheets.broken:
        yield f"{_named(sheets.broken)}已损坏，没有读出"


def _is_scan(page: Any, read: Glyphs) -> bool:
    """Whether what the page shows is not in its text: it has marks but no characters, or characters without a meaning."""
    if not read.readable:
        return True
    return sum(len(a.text) for a in read.atoms) < _FEW_CHARACTERS and _shows_more(page)


def _shows_more(page: Any) -> bool:
    """Whether there are images or drawings that could be of type."""
    kinds = Counter(
        pdfium.FPDFPageObj_GetType(pdfium.FPDFPage_GetObject(page.raw, i)) for i in range(min(pdfium.FPDFPage_CountObjects(page.raw), 5000))
    )
    return kinds[pdfium.FPDF_PAGEOBJ_IMAGE] > 0 or kinds[pdfium.FPDF_PAGEOBJ_FORM] > 0 or kinds[pdfium.FPDF_PAGEOBJ_PATH] >= _OUTLINES


def _usual_edges(pages: Sequence[Sequence[Atom]]) -> tuple[float, float] | None:
    """Where the type begins and ends on the page with the median edges, None where no page holds enough."""
    full = [atoms for atoms in pages if len(atoms) >= _FEW_ATOMS]
    if not full:
        return None
    return median(min(a.left for a in atoms) for atoms in full), median(max(a.right for a in atoms) for atoms in full)


def _setting(page: Glyphs, line: PrintedLine) -> Setting:
    left, top, right, bottom = (round(edge, 1) for edge in page.box(line.box))
    column = page.box((line.column[0], line.box[1], line.column[1], line.box[3]))
    first, last = (column[1], column[3]) if page.turn % 2 else (column[0], column[2])
    return Setting((left, top, right, bottom), round(line.size, 1), line.bold, (round(first, 1), round(last, 1)), page.turn)


def _title(document: Any) -> str:
    """The title that the file's properties give, unless a program wrote its own or the file's name there."""
    title = " ".join(document.get_metadata_value("Title").split())
    title = re.sub(r"^Microsoft (?:Word|PowerPoint|Excel) - ", "", title)
    return title if any(map(is_han, title)) and not _NO_TITLE.fullmatch(title) else ""


def _named(numbers: Sequence[int]) -> str:
    """第 1、2、5 页, for a warning, of pages counted from 0."""
    named = "、".join(str(number + 1) for number in numbers[:_MOST_NAMED])
    return f"第 {named} 页等 {len(numbers)} 页" if len(numbers) > _MOST_NAMED else f"第 {named} 页"
