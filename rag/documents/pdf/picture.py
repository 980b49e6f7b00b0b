"""Pictures of a PDF's pages with the lines marked that a citation stands on."""

import shlex
from collections.abc import Sequence
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING

import pypdfium2

from rag.documents.pdf.reader import HEAD, LOCK, opened
from rag.errors import DocumentError
from rag.records import Box

if TYPE_CHECKING:
    from PIL.Image import Image

HIGHLIGHT, BORDER = (0xFF, 0xE6, 0x98), (0xA3, 0x1F, 0x30)
_PADDING, _LINE = 1.5, 0.5
"""Points by which a mark is larger than its box on every side, and the width of its border, which is drawn outside of that."""
_FINEST = 4.0
"""Pixels a point at most: a small page would gain nothing from more."""
_MOST_PIXELS = 16_383
"""The longest side that WebP can have."""
_QUALITY = 80
_EFFORT = 2
"""Of 0 to 6."""


def picture(path: Path, page: int, boxes: Sequence[Box], *, longest: int = 1600) -> bytes:
    """The page, counted from 1, as a WebP picture with `boxes` marked on it, its longer side at most `longest` pixels.

    The boxes are in points, as `Origin.box` is; what of them is off the page is left out. Raises DocumentError where the file is no
    PDF, is broken or locked, or has no such page; OSError where it cannot be opened; ValueError for a `longest` that WebP does not have.
    """
    if not 1 <= longest <= _MOST_PIXELS:
        raise ValueError(f"a picture is 1 to {_MOST_PIXELS} pixels long, not {longest}")
    with LOCK:
        image, size = _rendered(path, page, longest)
    # PDFium is not needed from here on: the next page need not wait for this.
    written = BytesIO()
    _marked(image, size, boxes).save(written, "WEBP", quality=_QUALITY, method=_EFFORT)
    return written.getvalue()


def _rendered(path: Path, number: int, longest: int) -> tuple["Image", tuple[float, float]]:
    """The picture of a page, and the page's width and height in points; to be called under the lock."""
    with path.open("rb") as file:
        head = file.read(HEAD)
    quoted, mended = shlex.quote(str(path)), shlex.quote(str(path.with_stem(path.stem + "-mended")))
    document = opened(path, head)
    try:
        if not 1 <= number <= len(document):
            raise DocumentError(
                f"{path.name} has no page {number}, it has {len(document)}; if it has changed, read it anew: python -m rag.ingest {quoted}",
                reason=f"PDF 只有 {len(document)} 页，没有第 {number} 页",
            )
        try:
            page = document[number - 1]
        except pypdfium2.PdfiumError as error:
            raise DocumentError(
                f"page {number} of {path.name} is broken; try to mend it: qpdf {quoted} {mended}", reason=f"PDF 的第 {number} 页已损坏"
            ) from error
        # What the boxes are measured on: cropped and turned, without the unit that a file may count in.
        width, height = page.get_size()
        if not min(width, height) > 0:
            raise DocumentError(
                f"page {number} of {path.name} has no area to show; try to mend it: qpdf {quoted} {mended}",
                reason=f"PDF 的第 {number} 页没有可显示的内容",
            )
        # Sides are rounded up: half a pixel less keeps the longer one from becoming one more than allowed.
        scale = min(_FINEST, (longest - 0.5) / max(width, height))
        return page.render(scale=scale).to_pil(), (width, height)
    finally:
        # Closes its pages first.
        document.close()


def _marked(image: "Image", size: tuple[float, float], boxes: Sequence[Box]) -> "Image":
    """The image of a page of `size` points with the boxes marked, those that overlap as one: the paper is tinted, print stays dark."""
    from PIL import Image, ImageChops, ImageDraw

    across, down = image.width / size[0], image.height / size[1]
    line = max(1, round(_LINE * min(across, down)))
    tinted, edges = Image.new("L", image.size), Image.new("L", image.size)
    inner = []
    for box in boxes:
        left, right = (_pixel(edge, across, image.width) for edge in (box[0] - _PADDING, box[2] + _PADDING))
        top, bottom = (_pixel(edge, down, image.height) for edge in (box[1] - _PADDING, box[3] + _PADDING))
        if left < right and top < bottom:
            inner.append((left, top, right - 1, bottom - 1))
    for left, top, right, bottom in inner:
        ImageDraw.Draw(edges).rectangle((left - line, top - line, right + line, bottom + line), 255)
    for corners in inner:
        ImageDraw.Draw(edges).rectangle(corners, 0)
        ImageDraw.Draw(tinted).rectangle(corners, 255)
    image.paste(ImageChops.multiply(image, Image.new("RGB", image.size, HIGHLIGHT)), mask=tinted)
    image.paste(BORDER, (0, 0, *image.size), edges)
    return image


def _pixel(edge: float, scale: float, most: int) -> int:
    """The pixel that begins nearest to an edge in points, on the picture or at its edge."""
    return round(max(0.0, min(edge * scale, float(most))))
