"""Stretches of a text in whole sentences: the one nearest to a question, and one as wide as chance has it."""

import random
from collections.abc import Sequence

from rag.chinese.sentences import sentences

Range = tuple[int, int]


def shared_pairs(question: str, text: str) -> int:
    """How many pairs of neighbouring characters of the question stand in the text."""
    return sum(pair in text for pair in {question[i : i + 2] for i in range(len(question) - 1)})


def likest(text: str, question: str) -> Range:
    """The range of the sentence that shares most pairs with the question: what makes a wrong passage look right."""
    return max(sentences(text), key=lambda one: shared_pairs(question, text[one[0] : one[1]]), default=(0, len(text)))


def widened(ranges: Sequence[Range], first: int, last: int, most: int, chosen: random.Random) -> Range:
    """The range from `ranges[first]` to `ranges[last]`, with sentences before and behind it taken in by chance, up to `most` characters."""
    while True:
        wider = [(low, high) for low, high in ((first - 1, last), (first, last + 1)) if low >= 0 and high < len(ranges)]
        wider = [(low, high) for low, high in wider if ranges[high][1] - ranges[low][0] <= most]
        if not wider:
            return ranges[first][0], ranges[last][1]
        first, last = chosen.choice(wider)
