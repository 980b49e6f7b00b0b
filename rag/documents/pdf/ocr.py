"""Recognises the characters of scanned pages with RapidOCR, whose models are in its wheel: nothing is downloaded."""

import importlib.util
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import pairwise
from statistics import median
from typing import Any

import numpy as np
import numpy.typing as npt

from rag.chinese.width import is_han
from rag.documents.pdf.glyphs import ASCENT, DESCENT, Atom

DOTS_PER_INCH = 200
"""The resolution at which pages are recognised: 9-point type is 25 dots high."""
_CONTRAST = 80
"""Levels of grey, of 255, by which ink differs from the paper."""
_GUTTER, _GUTTER_AT_MARKS = 0.8, 1.3
"""Blanks in a line, in ems, that part two columns: between characters, and beside marks, which fill only a corner of their em."""
_LEAST_STEPS = 4
_MARK = 0.2
"""The part of the em by which a mark is taken to reach beyond its ink."""
_ALIKE = 1.15
"""Sizes that differ by less are one size, measured twice."""


def is_available() -> bool:
    """Whether RapidOCR is installed."""
    return importlib.util.find_spec("rapidocr") is not None


class Recognizer:
    """RapidOCR, loaded when it is made: some 2 seconds, and 1 GB while it reads; a full page takes 5 to 15 seconds on two cores."""

    def __init__(self) -> None:
        from rapidocr import RapidOCR

        self._engine: Any = RapidOCR(
            params={
                "Global.log_level": "critical",
                "Global.use_cls": False,
                "Global.return_word_box": True,
                "Global.return_single_char_box": True,
                "Det.use_dilation": False,
            }
        )

    def atoms(self, image: npt.NDArray[np.uint8], dots_per_inch: float = DOTS_PER_INCH) -> list[Atom]:
        """The characters in an image (height, width, 3 colours), in points from its top left corner; none where it shows no text."""
        result = self._engine(image)
        if result.boxes is None:
            return []
        grey = image.mean(axis=2)
        ink = abs(grey - np.median(grey)) > _CONTRAST
        read = list(zip(result.boxes, result.txts, result.word_results, strict=True))
        pitches = [(_pitch(characters), _height(box)) for box, _, characters in read]
        # Lines of a few characters have no pitch of their own: the others say how high a line is for its size.
        ratio = median([pitch / height for pitch, height in pitches if pitch] or [1.0])
        found = [
            atom
            for (box, text, characters), (pitch, height) in zip(read, pitches, strict=True)
            for atom in _atoms(box, text, characters, ink, pitch or ratio * height)
        ]
        scale = 72 / dots_per_inch
        return _of_alike_sizes(
            [replace(a, left=a.left * scale, right=a.right * scale, base=a.base * scale, size=a.size * scale) for a in found]
        )


def _pitch(characters: Sequence[Any]) -> float | None:
    """The distance in dots of a line's Han characters from one to the next, None where there are few."""
    steps = [_centre(b) - _centre(a) for a, b in pairwise(characters) if is_han(a[0]) and is_han(b[0])]
    return median(steps) if len(steps) >= _LEAST_STEPS and median(steps) > 0 else None


def _centre(character: Any) -> float:
    return float(character[2][0][0] + character[2][1][0]) / 2


def _height(box: Any) -> float:
    return max(float(box[2][1] + box[3][1] - box[0][1] - box[1][1]) / 2, 1.0)


def _atoms(box: Any, text: str, characters: Sequence[Any], ink: npt.NDArray[np.bool_], em: float) -> Iterator[Atom]:
    """The atoms of a recognised line, cut where a column ends and the next begins; positions in dots."""
    left, right = float(min(x for x, _ in box)), float(max(x for x, _ in box))
    top, bottom = float(box[0][1] + box[1][1]) / 2, float(box[2][1] + box[3][1]) / 2
    centres = [(str(c[0]), _centre(c)) for c in characters]
    base = (top + bottom) / 2 + (ASCENT - DESCENT) / 2 * em
    if not text.strip():
        return
    inked = np.flatnonzero(ink[max(int(top), 0) : int(bottom) + 1, max(int(left), 0) : int(right) + 1].any(axis=0)) + max(int(left), 0)
    if not len(inked) or not centres:
        yield Atom(text.strip(), left, right, base, em, False)
        return
    cuts = []
    for before, after in pairwise(inked):
        if after - before > _GUTTER * em:
            middle = (before + after) / 2
            beside = [c for c, x in sorted(centres, key=lambda one: abs(one[1] - middle))[:2]]
            if after - before > (_GUTTER if all(c.isalnum() for c in beside) else _GUTTER_AT_MARKS) * em:
                cuts.append((float(before), float(after)))
    edges = [float(inked[0]), *(x for cut in cuts for x in cut), float(inked[-1])]
    middles = [sum(cut) / 2 for cut in cuts]
    for part, (begin, end) in enumerate(zip(edges[::2], edges[1::2], strict=True)):
        inside = "".join(c for c, x in centres if sum(x > middle for middle in middles) == part) if cuts else text
        if inside.strip():
            yield Atom(inside.strip(), begin, end + (_MARK * em if inside.strip()[-1] in "，。、；：！？" else 0.0), base, em, False)


def _of_alike_sizes(atoms: Sequence[Atom]) -> list[Atom]:
    """The atoms with sizes that are as good as equal made equal: a size is only measured, and most of the type has one."""
    common = Counter[float]()
    for atom in atoms:
        common[round(atom.size, 1)] += len(atom.text)
    alike: dict[float, float] = {}
    for size, _ in common.most_common():
        if size not in alike:
            alike |= {other: size for other in common if other not in alike and max(size, other) < _ALIKE * min(size, other)}
    return [replace(atom, size=alike[round(atom.size, 1)]) for atom in atoms]
