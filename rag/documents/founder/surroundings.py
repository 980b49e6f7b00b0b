"""The words around a place in a text, read over line ends, and what they cost in a model of single words."""

import math
from functools import lru_cache

from rag.chinese.width import is_han

CONTEXT = 10
"""Han characters on either side that are read for the words around a place."""
_DICTIONARY_TOTAL = 60_101_967
"""The sum of the word frequencies in the segmenter's dictionary."""


def nearest(text: str, position: int, step: int) -> str:
    """The nearest character that is no white space, before (-1) or after (1) a position; "" where the page ends first."""
    for _ in range(CONTEXT):
        position += step
        if not 0 <= position < len(text) or text[position] == "\f":
            return ""
        if not text[position].isspace():
            return text[position]
    return ""


def words(text: str, position: int, stops: frozenset[str]) -> tuple[list[str], list[str]]:
    """The words of Han characters on the left and on the right of a position, as far as the next word of one character in `stops`."""
    left = split(run(text, position, -1)[::-1])
    right = split(run(text, position, 1))
    kept_left = next((i for i in range(len(left), 0, -1) if left[i - 1] in stops), 0)
    kept_right = next((i for i, word in enumerate(right) if word in stops), len(right))
    return left[kept_left:], right[:kept_right]


def run(text: str, position: int, step: int) -> str:
    """Up to `CONTEXT` Han characters next to a position, nearest first; white space between them is passed over."""
    found: list[str] = []
    for _ in range(3 * CONTEXT):
        position += step
        if not 0 <= position < len(text) or len(found) == CONTEXT:
            break
        character = text[position]
        if is_han(character):
            found.append(character)
        elif not character.isspace() or character == "\f":
            break
    return "".join(found)


def split(text: str) -> list[str]:
    import rjieba

    return list(rjieba.cut(text, False)) if text else []


def in_word(text: str, position: int) -> bool:
    """Whether the character there belongs to a word of the dictionary with what surrounds it."""
    before = run(text, position, -1)[::-1]
    reached = 0
    for word in split(before + text[position] + run(text, position, 1)):
        reached += len(word)
        if reached > len(before):
            return len(word) > 1
    return False


def is_word(text: str) -> bool:
    """Whether the dictionary has it as a word."""
    import rjieba

    return bool(rjieba.has_word(text))


def gain(left: list[str], character: str, right: list[str]) -> float:
    """How many nats fewer the words cost with nothing in the place of `character`."""
    return _costs(split("".join(left) + character + "".join(right))) - _costs(left) - _costs(right)


def _costs(found: list[str]) -> float:
    return sum(map(_cost, found))


@lru_cache(maxsize=65536)
def _cost(word: str) -> float:
    """-log of the word's share of the dictionary's counts; a word it does not know costs twenty times the rarest."""
    import rjieba

    known = rjieba.has_word(word)
    return math.log(_DICTIONARY_TOTAL / max(rjieba.suggest_freq(word), 1)) if known else math.log(_DICTIONARY_TOTAL * 20)
