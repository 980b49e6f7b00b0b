"""Reads what a language model writes as statements: a sentence each, and the numbers of the passages it names for it."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from rag.chinese.sentences import sentences

_NUMBERS = r"\d{1,2}(?:\s*[-–~,，、;；]\s*\d{1,2})*"
_MARKER = re.compile(rf"\s*[\[［【]\s*(?:\^|段落|段|编号|来源|文档|资料)?\s*({_NUMBERS})\s*(?:†[^\]］】]*)?[\]］】]")
_MARKERS = re.compile(rf"(?:{_MARKER.pattern})+")
_MARKER_BEGINS = re.compile(r"\s*(?:[\[［【][^\]］】]{0,24})?$")
"""What may yet become a marker when more is written."""

_RANGE = re.compile(r"\s*[-–~]\s*")
_THINKING = re.compile(r"<think>.*?(?:</think>|$)", re.DOTALL)
_TAG_BEGINS = re.compile(r"<(?:t(?:h(?:i(?:n(?:k)?)?)?)?)?$")
_DECORATION = re.compile(r"^\s*(?:#+\s+|>\s*|[-*•·]\s+|\d{1,2}[.)、]\s*(?!\d))+|\*\*|__|`")
_LED_IN = re.compile(r"^(?:答案?|回答)[:：]\s*")
_OPENERS = {"“": "”", "「": "」", "『": "』", "《": "》", "（": "）"}
_LONGEST_QUOTATION = 300
LONGEST = 400
"""Characters after which a sentence is given up that has not ended: the model goes round in circles."""

_ENDS = frozenset("。！？!?…”」』）")


@dataclass(frozen=True, slots=True)
class Written:
    """A sentence that a model wrote, its markers taken out, and the numbers in them, each once.

    `ended` is false for one that breaks off.
    """

    text: str
    numbers: tuple[int, ...]
    ended: bool = True


def statements(pieces: Iterable[str]) -> Iterator[Written]:
    """The sentences of what is written piece by piece, each as soon as it is whole; thoughts and decoration are left out.

    What runs on for LONGEST without an end is not heard, nor anything behind it. A marker stands before the end of its sentence, or
    right behind it.
    """
    buffer = ""
    for piece in pieces:
        buffer = _THINKING.sub(lambda thought: "" if thought[0].endswith("</think>") else thought[0], buffer + piece)
        if "<think>" in buffer or _TAG_BEGINS.search(buffer):
            continue
        found, buffer = _cut(buffer)
        yield from found
        if len(buffer) > LONGEST:
            return
    found, rest = _cut(_THINKING.sub("", buffer))
    yield from found
    yield from _read(rest, ended=False)


def _cut(buffer: str) -> tuple[list[Written], str]:
    """The statements that are whole, and what is left."""
    found: list[Written] = []
    while (cut := _end_of_first(buffer)) is not None:
        found += _read(buffer[:cut], ended=True)
        buffer = buffer[cut:]
    return found, buffer


def _end_of_first(buffer: str) -> int | None:
    """Where the first statement ends; None while that is not sure."""
    ranges = sentences(buffer)
    if not ranges:
        return None
    end = ranges[0][1]
    newline = buffer.find("\n", ranges[0][0], end + 1)
    if newline < 0 and buffer[end - 1] not in _ENDS:
        return None
    if found := _MARKERS.match(buffer, end):
        end = found.end()
    rest = buffer[end:]
    if not rest or _MARKER_BEGINS.fullmatch(rest) or _is_open(buffer[:end]):
        return None
    return end


def _is_open(text: str) -> bool:
    """Whether a quotation or bracket has begun of which the end may be yet to come."""
    return any(
        (begun := text.rfind(opener)) > text.rfind(closer) and len(text) - begun < _LONGEST_QUOTATION for opener, closer in _OPENERS.items()
    )


def _read(text: str, *, ended: bool) -> Iterator[Written]:
    numbers = [number for found in _MARKER.finditer(text) for number in _numbers(found[1])]
    bare = _LED_IN.sub("", _DECORATION.sub("", _MARKER.sub("", text))).strip()
    if re.search(r"\w", bare):
        yield Written(bare, tuple(dict.fromkeys(numbers)), ended=ended or bare[-1] in _ENDS)


def _numbers(listed: str) -> Iterator[int]:
    for part in re.split(r"\s*[,，、;；]\s*", listed):
        first, *last = (int(number) for number in _RANGE.split(part))
        yield from range(first, max(first, *last) + 1) if last else (first,)
