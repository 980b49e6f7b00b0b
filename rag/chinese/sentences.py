"""Finds the sentences and the clauses of a text as ranges of it; a quotation stays whole with the words around it."""

_ENDS = frozenset("。！？!?…")
_PAUSES = frozenset("，；;：")
_OPENERS = {"“": "”", "「": "」", "『": "』", "（": "）", "《": "》"}
_CLOSERS = frozenset("”’」』）)】》〉")
_LONGEST_QUOTATION = 300
"""A quotation mark not closed within so many characters was never meant to be: sentences end inside it."""


def sentences(text: str) -> list[tuple[int, int]]:
    """The ranges of the sentences, in order, white space around them left out.

    A mark inside a quotation or bracket ends nothing, unless the quotation itself ends the sentence: “好。”他说。再见！ has two
    sentences, 他说：“好。”再见！ too.
    """
    ranges: list[tuple[int, int]] = []
    start = position = 0
    while position < len(text):
        character = text[position]
        if character == "\n":
            ranges.append((start, position))
            start = position = position + 1
            continue
        if character in _OPENERS and (closed := _closing(text, position)) is not None:
            # What was introduced (说：“…。”) ends with its quotation; what is quoted first (“…。”他说。) goes on.
            ends = text[closed - 1] in _ENDS and text[start:position].strip() != ""
            position = closed + 1
        else:
            ends = character in _ENDS
            position += 1
        if ends:
            while position < len(text) and (text[position] in _ENDS or text[position] in _CLOSERS):
                position += 1
            ranges.append((start, position))
            start = position
    ranges.append((start, len(text)))
    return _trimmed(text, ranges)


def clauses(text: str, start: int = 0, end: int | None = None) -> list[tuple[int, int]]:
    """The ranges of the stretches of `text[start:end]` that end in a pause or a stop; each keeps its closing mark."""
    end = len(text) if end is None else end
    ranges: list[tuple[int, int]] = []
    first = position = start
    while position < end:
        character = text[position]
        position += 1
        if character in _PAUSES or character in _ENDS:
            while position < end and (text[position] in _ENDS or text[position] in _CLOSERS):
                position += 1
            ranges.append((first, position))
            first = position
    ranges.append((first, end))
    return _trimmed(text, ranges)


def _closing(text: str, opened: int) -> int | None:
    opener, closer = text[opened], _OPENERS[text[opened]]
    depth = 0
    for position in range(opened, min(len(text), opened + _LONGEST_QUOTATION)):
        if text[position] == opener:
            depth += 1
        elif text[position] == closer:
            depth -= 1
            if depth == 0:
                return position
        elif text[position] == "\n":
            return None
    return None


def _trimmed(text: str, ranges: list[tuple[int, int]]) -> list[tuple[int, int]]:
    kept = []
    for start, end in ranges:
        while start < end and text[start].isspace():
            start += 1
        while end > start and text[end - 1].isspace():
            end -= 1
        if start < end:
            kept.append((start, end))
    return kept
