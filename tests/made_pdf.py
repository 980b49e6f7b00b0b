"""Makes PDF files as tests need them: drawn line by line, encrypted, turned, or as scans; and the sentences that stand in them."""

from collections.abc import Sequence
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path

import pypdfium2
from pypdf import PdfReader, PdfWriter
from reportlab.lib.utils import ImageReader
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.cidfonts import UnicodeCIDFont
from reportlab.pdfgen.canvas import Canvas

FONT = "STSong-Light"
WIDTH, HEIGHT = 595.0, 842.0

PARAGRAPHS = (
    "河口水文站去年更换了全部水位计，观测员不必再在雨夜划船去读标尺。新仪器每五分钟上报一次读数，误差不超过一厘米。",
    "站长介绍说，最难的不是安装，而是把三十年的旧记录抄进新系统。两名大学生利用暑假完成了其中的八成，剩下的部分因为字迹模糊，"
    "只能请退休的老观测员一页一页辨认。到十月底，最后一本记录簿也录入完毕。",
    "下游的五个村庄最早受益。今年七月的一次涨水中，警报比往年早到了两个小时，低处的粮食和牲畜都及时转移。",
    "镇里打算明年把同样的设备装到另外三条支流上，经费已经列入预算。",
    "也有人担心设备太依赖电力。对此，站里保留了两根木制标尺，并规定每周用人工读数核对一次；如果相差超过三厘米，当天就要查明原因。",
    "记者在值班室看到，墙上仍挂着一盏马灯。值班员说，它二十年没有点过了，但谁也不愿意把它取下来。",
)
OTHERS = (
    "县图书馆从本月起延长开放时间，晚上九点以后仍然可以借书。馆员分成两班，周末的读者比上半年增加了四成。",
    "少儿阅览室换上了矮书架，孩子们可以自己取书。馆里还把一间旧仓库改成录音室，请老人来讲过去的集市和码头。",
    "录音整理成文字以后，会放在二楼的专柜里供人查阅。",
)


@dataclass(frozen=True, slots=True)
class Drawn:
    """A piece of text and where its baseline begins, in points from the left and the top; `angle` in degrees counterclockwise."""

    text: str
    x: float
    y: float
    size: float = 10.5
    angle: float = 0.0


def drawn(path: Path, pages: Sequence[Sequence[Drawn]], title: str = "", compressed: bool = True) -> Path:
    """A PDF with these pieces of text on its pages, in a font that is not embedded."""
    pdfmetrics.registerFont(UnicodeCIDFont(FONT))
    canvas = Canvas(str(path), pagesize=(WIDTH, HEIGHT), pageCompression=int(compressed))
    canvas.setTitle(title)
    for page in pages:
        for piece in page:
            canvas.saveState()
            canvas.translate(piece.x, HEIGHT - piece.y)
            canvas.rotate(piece.angle)
            canvas.setFont(FONT, piece.size)
            canvas.drawString(0, 0, piece.text)
            canvas.restoreState()
        canvas.showPage()
    canvas.save()
    return path


def wrapped(paragraphs: Sequence[str], cells: int, x: float, y: float, size: float = 10.5, leading: float = 1.6) -> list[Drawn]:
    """Paragraphs set in a column `cells` wide, each with its first line two cells in; marks do not begin a line."""
    pieces = []
    for paragraph in paragraphs:
        rest, indent = paragraph, 2
        while rest:
            end = cells - indent
            while end < len(rest) and rest[end] in "，。；、：！？”）":
                end -= 1
            pieces.append(Drawn(rest[:end], x + indent * size, y, size))
            rest, indent, y = rest[end:], 0, y + leading * size
    return pieces


def encrypted(source: Path, path: Path, password: str) -> Path:
    """A copy that needs `password` to be opened; every reader opens it where that is empty."""
    writer = PdfWriter(clone_from=PdfReader(source))
    writer.encrypt(user_password=password, owner_password="owner", algorithm="RC4-128")
    writer.write(path)
    return path


def turned(source: Path, path: Path, degrees: int) -> Path:
    """A copy whose pages are shown turned clockwise."""
    writer = PdfWriter(clone_from=PdfReader(source))
    for page in writer.pages:
        page.rotate(degrees)
    writer.write(path)
    return path


def cropped(source: Path, path: Path, box: tuple[float, float, float, float]) -> Path:
    """A copy that only shows what is inside `box`: left, bottom, right and top."""
    writer = PdfWriter(clone_from=PdfReader(source))
    for page in writer.pages:
        page.cropbox.lower_left, page.cropbox.upper_right = box[:2], box[2:]
    writer.write(path)
    return path


def joined(sources: Sequence[Path], path: Path) -> Path:
    """The pages of some files in one."""
    writer = PdfWriter()
    for source in sources:
        writer.append(source)
    writer.write(path)
    return path


def scanned(source: Path, path: Path, dots_per_inch: int = 150) -> Path:
    """A copy whose pages are pictures of the pages."""
    document = pypdfium2.PdfDocument(source)
    canvas = Canvas(str(path))
    for page in document:
        width, height = page.get_size()
        picture = BytesIO()
        page.render(scale=dots_per_inch / 72).to_pil().convert("L").save(picture, "PNG")
        canvas.setPageSize((width, height))
        canvas.drawImage(ImageReader(picture), 0, 0, width, height)
        canvas.showPage()
    canvas.save()
    document.close()
    return path
