"""Folds traditional characters into simplified ones for comparing; what is shown to a person stays as it was written."""

from functools import cache
from typing import Any

from rag.chinese.width import narrow


@cache
def _converter() -> Any:
    import opencc  # loads its tables; wait until somebody compares text

    return opencc.OpenCC("t2s")


def simplified(text: str) -> str:
    """The text in simplified characters, as long as before, so that offsets stay true: "產值" → "产值"."""
    if text.isascii():
        return text
    converted: str = _converter().convert(text)
    if len(converted) == len(text):
        return converted
    return "".join(one if len(one) == 1 else character for character in text for one in (_converter().convert(character),))


def fold(text: str) -> str:
    """The form in which text is compared: narrow, simplified, lower case; as long as the original."""
    folded = simplified(narrow(text))
    lowered = folded.lower()
    return lowered if len(lowered) == len(folded) else folded
