"""The picture of a page shows what is printed there, marked where the reader says that it stands."""

import math
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from io import BytesIO
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest
from PIL import Image
from pypdf import PdfReader, PdfWriter
from pypdf.generic import ArrayObject, DictionaryObject, NameObject, NullObject

from rag.documents import picture, raw_text, read
from rag.documents.pdf import reader
from rag.errors import DocumentError
from rag.records import Box
from tests import made_pdf
from tests.made_pdf import OTHERS, PARAGRAPHS, WIDTH, Drawn

Pixels = npt.NDArray[np.int16]
Mask = npt.NDArray[np.bool_]

AROUND = 3.5
"""Points around a box within which its mark and border end, and WebP's blur of them."""


@pytest.fixture
def plain(tmp_path: Path) -> Path:
    """Two columns of unlike height and width, so that no turn of the page is like another; the second page is blank."""
    columns = made_pdf.wrapped(PARAGRAPHS, 18, 110, 140) + made_pdf.wrapped(OTHERS, 16, 340, 200)
    return made_pdf.drawn(tmp_path / "plain.pdf", [columns, []])


def pixels(data: bytes) -> Pixels:
    """The colours of a WebP picture: (height, width, 3)."""
    image = Image.open(BytesIO(data))
    assert image.format == "WEBP"
    return np.asarray(image.convert("RGB")).astype(np.int16)


def coloured(shown: Pixels) -> Mask:
    mask: Mask = np.ptp(shown, axis=2) > 40
    return mask


def dark(shown: Pixels) -> Mask:
    mask: Mask = shown.max(axis=2) < 100
    return mask


def within(shown: Pixels, boxes: Sequence[Box], width: float, around: float = 0.0) -> Mask:
    """The pixels inside of boxes that are `around` points larger, on a page `width` points wide."""
    scale = shown.shape[1] / width
    mask = np.zeros(shown.shape[:2], np.bool_)
    for left, top, right, bottom in boxes:
        rows = slice(max(round((top - around) * scale), 0), max(round((bottom + around) * scale), 0))
        mask[rows, max(round((left - around) * scale), 0) : max(round((right + around) * scale), 0)] = True
    return mask


def lines(path: Path) -> list[Box]:
    """The boxes of the lines on the first page, as the reader gives them."""
    found = dict.fromkeys(o.box for document in read(path) for o in document.origins if o.page == 1 and o.box is not None)
    assert found
    return list(found)


def resized(source: Path, path: Path, width: float, height: float) -> Path:
    """A copy whose pages are that many points large."""
    writer = PdfWriter(clone_from=PdfReader(source))
    for page in writer.pages:
        for box in (page.mediabox, page.cropbox):
            box.lower_left, box.upper_right = (0, 0), (width, height)
    writer.write(path)
    return path


CROP = (90.0, 429.0, 560.0, 730.0)
"""Left, bottom, right and top, without the last lines."""


def cropped(source: Path, path: Path) -> Path:
    return made_pdf.cropped(source, path, CROP)


def cropped_and_turned(source: Path, path: Path) -> Path:
    return made_pdf.turned(cropped(source, path.with_stem("cropped")), path, 270)


def moved(source: Path, path: Path) -> Path:
    """A copy whose media box begins below and to the left of the origin, and whose crop box reaches beyond it."""
    writer = PdfWriter(clone_from=PdfReader(source))
    for page in writer.pages:
        page.mediabox.lower_left, page.mediabox.upper_right = (-60, -40), (580, 760)
        page.cropbox.lower_left, page.cropbox.upper_right = (-500, -500), (900, 900)
    writer.write(path)
    return path


MADE: dict[str, tuple[float, Callable[[Path, Path], Path]]] = {
    "plain": (WIDTH, lambda source, _: source),
    "turned right": (made_pdf.HEIGHT, lambda source, path: made_pdf.turned(source, path, 90)),
    "turned over": (WIDTH, lambda source, path: made_pdf.turned(source, path, 180)),
    "turned left": (made_pdf.HEIGHT, lambda source, path: made_pdf.turned(source, path, 270)),
    "cropped": (CROP[2] - CROP[0], cropped),
    "cropped and turned": (CROP[3] - CROP[1], cropped_and_turned),
    "moved": (640.0, moved),
}


@pytest.mark.parametrize("name", MADE)
def test_marks_stand_where_the_lines_are_printed(name: str, plain: Path, tmp_path: Path) -> None:
    width, make = MADE[name]
    path = make(plain, tmp_path / "made.pdf")
    boxes = lines(path)
    bare, shown = pixels(picture(path, 1)), pixels(picture(path, 1, boxes))
    assert not (dark(bare) & ~within(bare, boxes, width, 1.0)).any(), "all that is printed is in the boxes"
    assert not (coloured(shown) & ~within(shown, boxes, width, AROUND)).any()
    for box in (boxes[0], boxes[len(boxes) // 2], boxes[-1]):
        shown = pixels(picture(path, 1, [box]))
        inside = within(shown, [box], width)
        assert dark(shown)[inside].mean() > 0.05, "there is print in the mark"
        assert coloured(shown)[inside].mean() > 0.5, "the paper in it is tinted"
        assert not coloured(shown)[~within(shown, [box], width, AROUND)].any(), "and no other"
        assert dark(shown)[~within(shown, [box], width, AROUND)].any(), "the other lines are there"


def test_print_under_a_mark_stays_dark_and_paper_becomes_the_highlight(plain: Path) -> None:
    box = lines(plain)[0]
    bare, marked = pixels(picture(plain, 1, [])), pixels(picture(plain, 1, [box]))
    assert not coloured(bare).any()
    inside = within(bare, [box], WIDTH)
    paper = inside & (bare.min(axis=2) > 250)
    assert abs(np.median(marked[paper], axis=0) - (0xFF, 0xE6, 0x98)).max() <= 4
    assert dark(marked)[inside & (bare.max(axis=2) < 40)].all()


def test_a_mark_has_a_fine_border(plain: Path) -> None:
    left, top, right, bottom = box = (200.0, 20.0, 400.0, 60.0)  # Where nothing is printed.
    shown = pixels(picture(plain, 1, [box]))
    # WebP keeps how light a line is, and its colour only by and large.
    red = (shown[:, :, 1] < 120) & (shown[:, :, 0] - shown[:, :, 1] > 40)
    scale = shown.shape[1] / WIDTH
    for found, edges in ((red[round(40 * scale)], (left, right)), (red[:, round(300 * scale)], (top, bottom))):
        at = np.flatnonzero(found) / scale
        assert len(at) == 2
        assert at[0] == pytest.approx(edges[0] - 2, abs=1)
        assert at[1] == pytest.approx(edges[1] + 2, abs=1)


def test_marks_that_overlap_are_one(plain: Path) -> None:
    shown = pixels(picture(plain, 1, [(200, 20, 400, 50), (200, 45, 400, 75)]))
    inside = shown[within(shown, [(201, 21, 399, 74)], WIDTH)]
    assert abs(inside - np.array((0xFF, 0xE6, 0x98))).max() <= 12


def test_what_of_a_box_is_off_the_page_is_left_out(plain: Path) -> None:
    bare = picture(plain, 1, [])
    assert picture(plain, 1, [(700, 10, 900, 20), (-90, -90, -10, -10), (0, 900, 10, 1e300), (50, 50, 40, 40), (math.nan,) * 4]) == bare
    shown = pixels(picture(plain, 1, [(-1e300, 20, 50, 60)]))
    assert coloured(shown)[within(shown, [(0, 21, 49, 59)], WIDTH)].all()


def test_the_page_that_is_asked_for_is_shown(plain: Path) -> None:
    assert dark(pixels(picture(plain, 1))).any()
    assert not dark(pixels(picture(plain, 2))).any()


@pytest.mark.parametrize("longest", [1, 300, 1600])
@pytest.mark.parametrize("size", [(WIDTH, made_pdf.HEIGHT), (1_000_000, 1_000_000), (1_000_000, 1), (0.001, 1_000_000), (0.001, 0.001)])
def test_a_picture_is_no_longer_than_asked_for(size: tuple[float, float], longest: int, plain: Path, tmp_path: Path) -> None:
    path = resized(plain, tmp_path / "resized.pdf", *size)
    image = Image.open(BytesIO(picture(path, 1, [(0, 0, *size)], longest=longest)))
    assert max(image.size) == (longest if max(size) > 1 else 1)


def test_a_small_page_is_not_blown_up(plain: Path, tmp_path: Path) -> None:
    assert Image.open(BytesIO(picture(resized(plain, tmp_path / "small.pdf", 100, 50), 1))).size == (400, 200)


def test_a_picture_that_its_format_cannot_hold_is_not_made(plain: Path) -> None:
    for longest in (0, -1, 16_384):
        with pytest.raises(ValueError, match="16383"):
            picture(plain, 1, longest=longest)


def error(path: Path, page: int = 1) -> str:
    with pytest.raises(DocumentError) as raised:
        picture(path, page, [(0, 0, 10, 10)])
    assert raised.value.reason
    return str(raised.value)


def test_pages_that_cannot_be_shown_are_refused_with_the_command_that_mends_it(plain: Path, tmp_path: Path) -> None:
    for number in (-1, 0, 3):
        assert error(plain, number).endswith(f"it has 2; if it has changed, read it anew: python -m rag.ingest {plain}")
    writer = PdfWriter(clone_from=PdfReader(plain))
    writer.pages[1].cropbox.lower_left, writer.pages[1].cropbox.upper_right = (2000, 2000), (2100, 2100)
    tree = writer.root_object["/Pages"].get_object()
    assert isinstance(tree, DictionaryObject)
    tree[NameObject("/Kids")] = ArrayObject([NullObject(), writer.pages[1].indirect_reference])
    path = tmp_path / "no good.pdf"
    writer.write(path)
    assert error(path, 1).startswith("page 1 of no good.pdf is broken")
    assert error(path, 2).startswith("page 2 of no good.pdf has no area")
    for number in (1, 2):
        assert error(path, number).endswith(f"qpdf '{path}' '{tmp_path / 'no good-mended.pdf'}'")


def test_files_that_are_no_pdf_are_refused_with_the_command_that_mends_it(plain: Path, tmp_path: Path) -> None:
    text, note, broken, empty = (tmp_path / name for name in ("text.pdf", "note.txt", "broken.pdf", "empty.pdf"))
    text.write_text("not a PDF")
    note.write_text("not a PDF")
    broken.write_bytes(b"%PDF-1.7\n")
    empty.touch()
    assert error(text).endswith(f"no PDF, although it is named like one; see what it is: file {text}")
    assert error(empty).endswith(f"see what it is: file {empty}")
    assert error(note).endswith(f"python -m rag.show {note}")
    assert "broken" in error(broken)
    assert "--password=PASSWORD" in error(made_pdf.encrypted(plain, tmp_path / "locked.pdf", "kai"))
    assert error(tmp_path / "gone.pdf").endswith(f"does not exist; see what is there: ls -l {tmp_path}")
    assert error(tmp_path).endswith(f"is a folder; read one of its files: ls -l {tmp_path}")


def test_pages_are_drawn_one_at_a_time(plain: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    other = made_pdf.drawn(tmp_path / "other.pdf", [[Drawn("河口水文站", 100, 100, 40)]])
    expected = {path: picture(path, 1) for path in (plain, other)}
    assert expected[plain] != expected[other]
    drawing, overlapped = 0, False
    module = sys.modules["rag.documents.pdf.picture"]
    rendered = module.__dict__["_rendered"]

    def watched(path: Path, number: int, longest: int) -> object:
        nonlocal drawing, overlapped
        drawing += 1
        time.sleep(0.01)
        overlapped |= drawing > 1 or not reader.LOCK.locked()
        made: object = rendered(path, number, longest)
        drawing -= 1
        return made

    monkeypatch.setattr(module, "_rendered", watched)
    together = threading.Barrier(2)

    def draw(path: Path) -> list[bytes]:
        together.wait(10)
        return [picture(path, 1) for _ in range(5)]

    with ThreadPoolExecutor(2) as pool:
        drawn = pool.map(draw, expected)
        assert [set(pictures) for pictures in drawn] == [{data} for data in expected.values()]
    assert not overlapped


def test_a_page_is_drawn_with_the_fonts_of_the_system_while_another_is_read(plain: Path) -> None:
    expected = picture(plain, 1)
    with ThreadPoolExecutor(2) as pool:
        reading = pool.submit(lambda: [raw_text(plain) for _ in range(20)])
        pictures = [picture(plain, 1) for _ in range(4)]
        assert len(set(reading.result(60))) == 1
    assert set(pictures) == {expected}


def test_nothing_is_loaded_before_a_page_is_drawn() -> None:
    code = "import sys, rag.documents; rag.documents.picture; print([m for m in ('PIL', 'pypdfium2') if m in sys.modules])"
    assert subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True).stdout.strip() == "[]"
