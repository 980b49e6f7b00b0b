"""Folds the ways of writing the same character, one character for one, so that offsets stay true."""

import unicodedata
from functools import lru_cache


@lru_cache(maxsize=65536)
def _narrow(character: str) -> str:
    folded = unicodedata.normalize("NFKC", character)
    return folded if len(folded) == 1 else character


def narrow(text: str) -> str:
    """Full-width letters, figures and marks as half-width ones; the length is kept: "２０２２％" → "2022%"."""
    return text if text.isascii() else "".join(map(_narrow, text))


def is_han(character: str) -> bool:
    """Whether this is a Han character (the unified ideographs, their extensions, and 〇)."""
    point = ord(character)
    return (
        0x4E00 <= point <= 0x9FFF
        or 0x3400 <= point <= 0x4DBF
        or 0x20000 <= point <= 0x323AF
        or point == 0x3007
        or 0xF900 <= point <= 0xFAFF
    )
