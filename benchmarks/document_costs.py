"""What reading a file costs, each in a process of its own: seconds and memory for every format, at two sizes, against what is allowed."""

import csv
import json
import random
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Callable, Sequence
from pathlib import Path

import docx
import openpyxl
import pypandoc
from reportlab.lib.pagesizes import A4
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.cidfonts import UnicodeCIDFont
from reportlab.pdfgen.canvas import Canvas

from benchmarks.founder_pages import ALL, garbled
from benchmarks.made_pages import wrap

SIZES = (0.5, 4.0)
"""Megabytes of text, as UTF-8, in a file."""
_LINES_OF_A_PAGE, _CELLS = 50, 38
_WORDS = (
    "渡船 江水 镇上 船工 春天 水位 木料 龙骨 桐油 码头 账房 邻村 订单 工人 学徒 图纸 展览 游客 茶园 炒锅 清晨 半夜 机器 火候 师傅 山路 "
    "增长 修好 运往 打算 估计 超过 达到 看见 听说 发现 回到 送给 已经 正在 准备 仍然 大约 每年 去年 今年 第一 三条 两成 12公里 2634吨 37.5%"
).split()
_PROGRAM = """
import json, re, sys, time
from pathlib import Path
from rag.documents import read
started = time.perf_counter()
documents = read(Path(sys.argv[1]))
seconds = time.perf_counter() - started
# What getrusage calls the most is that of the process it was forked from.
memory = int(re.search(r"VmHWM:\\s*(\\d+)", Path("/proc/self/status").read_text())[1]) / 1000
print(json.dumps([seconds, memory, sum(len(document.text) for document in documents)]))
"""


def costs_table() -> str:
    """A row a format and size: what it took, and what may be taken."""
    lines = [
        "Allowed: 2 s and 10 s more for each MB of the file; 300 MB and 10 times its unpacked size.",
        "",
        "| format | file, MB | unpacked, MB | characters read | s | allowed | MB | allowed |",
        "|---|---|---|---|---|---|---|---|",
    ]
    with tempfile.TemporaryDirectory() as folder:
        for suffix, make in _MAKERS.items():
            for size in SIZES:
                path = Path(folder) / f"made{suffix}"
                make(path, _paragraphs(size))
                lines.append(_row(suffix, path))
    return "\n".join(lines)


def _row(suffix: str, path: Path) -> str:
    packed, unpacked = path.stat().st_size / 1e6, _unpacked(path) / 1e6
    done = subprocess.run([sys.executable, "-c", _PROGRAM, str(path)], capture_output=True, text=True, check=True)
    seconds, memory, characters = json.loads(done.stdout)
    return (
        f"| {suffix} | {packed:.2f} | {unpacked:.2f} | {characters} | {seconds:.1f} | {2 + 10 * packed:.1f} "
        f"| {memory:.0f} | {300 + 10 * unpacked:.0f} |"
    )


def _unpacked(path: Path) -> int:
    if not zipfile.is_zipfile(path):
        return path.stat().st_size
    with zipfile.ZipFile(path) as archive:
        return sum(entry.file_size for entry in archive.infolist())


def _paragraphs(megabytes: float) -> list[str]:
    rng = random.Random(7)
    found: list[str] = []
    size = 0
    while size < megabytes * 1e6:
        sentences = (
            "，".join("".join(rng.choices(_WORDS, k=rng.randint(3, 7))) for _ in range(rng.randint(1, 4))) for _ in range(rng.randint(1, 5))
        )
        found.append("。".join(sentences) + "。")
        size += len(found[-1].encode())
    return found


def _text(path: Path, paragraphs: Sequence[str]) -> None:
    path.write_text("\n".join(paragraphs) + "\n", encoding="utf-8")


def _newspaper(path: Path, paragraphs: Sequence[str]) -> None:
    lines = [line for paragraph in paragraphs for line in wrap(paragraph, 22, 2)]
    path.write_text(garbled("\n".join(lines) + "\n", 0.15, random.Random(7), ALL)[0], encoding="utf-8")


def _markdown(path: Path, paragraphs: Sequence[str]) -> None:
    path.write_text("\n\n".join(("## " + p[:8] + "\n\n" if i % 9 == 0 else "") + p for i, p in enumerate(paragraphs)), encoding="utf-8")


def _html(path: Path, paragraphs: Sequence[str]) -> None:
    body = "".join(f"<p>{paragraph}</p>\n" for paragraph in paragraphs)
    path.write_text(f"<!doctype html><meta charset=utf-8><title>镇志</title><main><h1>镇志</h1>{body}</main>", encoding="utf-8")


def _json_lines(path: Path, paragraphs: Sequence[str]) -> None:
    path.write_text(
        "".join(json.dumps({"id": str(i), "text": p}, ensure_ascii=False) + "\n" for i, p in enumerate(paragraphs)), encoding="utf-8"
    )


def _csv(path: Path, paragraphs: Sequence[str]) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(("编号", "事由", "经过"))
        writer.writerows((i, p[:8], p) for i, p in enumerate(paragraphs))


def _workbook(path: Path, paragraphs: Sequence[str]) -> None:
    book = openpyxl.Workbook(write_only=True)
    sheet = book.create_sheet("经过")
    sheet.append(("编号", "事由", "经过"))
    for i, paragraph in enumerate(paragraphs):
        sheet.append((i, paragraph[:8], paragraph))
    book.save(path)


def _word(path: Path, paragraphs: Sequence[str]) -> None:
    made = docx.Document()
    for i, paragraph in enumerate(paragraphs):
        if i % 9 == 0:
            made.add_heading(paragraph[:8], 2)
        made.add_paragraph(paragraph)
    made.save(str(path))


def _book(path: Path, paragraphs: Sequence[str]) -> None:
    chapters = (paragraphs[start : start + 200] for start in range(0, len(paragraphs), 200))
    text = "\n\n".join(f"# 第{number}章\n\n" + "\n\n".join(chapter) for number, chapter in enumerate(chapters, 1))
    pypandoc.convert_text(text, "epub", "markdown", outputfile=str(path), extra_args=["--metadata=title=镇志"])


def _pdf(path: Path, paragraphs: Sequence[str]) -> None:
    pdfmetrics.registerFont(UnicodeCIDFont("STSong-Light"))
    canvas = Canvas(str(path), pagesize=A4, pageCompression=1)
    lines = [("\u3000\u3000" if i == 0 else "") + line for p in paragraphs for i, line in enumerate(wrap(p, _CELLS, 2))]
    for start in range(0, len(lines), _LINES_OF_A_PAGE):
        canvas.setFont("STSong-Light", 12)
        for number, line in enumerate(lines[start : start + _LINES_OF_A_PAGE]):
            canvas.drawString(70, 770 - 14 * number, line)
        canvas.showPage()
    canvas.save()


_MAKERS: dict[str, Callable[[Path, Sequence[str]], None]] = {
    ".txt": _text,
    "-newspaper.txt": _newspaper,
    ".md": _markdown,
    ".html": _html,
    ".jsonl": _json_lines,
    ".csv": _csv,
    ".xlsx": _workbook,
    ".docx": _word,
    ".epub": _book,
    ".pdf": _pdf,
}
