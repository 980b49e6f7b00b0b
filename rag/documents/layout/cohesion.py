"""Tells by the words they share whether stretches of a page are about one thing (after Hearst, TextTiling, 1997)."""

import math
import re
from collections import Counter
from collections.abc import Sequence

_ENOUGH = 250
"""Pairs of Han characters on either side below which chance decides what is shared."""
_SAME = 0.03
"""Cosine from which two stretches are of one article: sections of one lie at .05 to .2, neighbouring articles below .025."""


def bigrams(text: str) -> list[str]:
    """Every two Han characters that stand side by side."""
    return re.findall("(?=([\u4e00-\u9fff]{2}))", text)


def beginnings(sections: Sequence[str]) -> list[int]:
    """The places, from 0, of the sections that begin something else than what stands before them; the first is one of them.

    Where too little is said on one side, a section is taken for what it looks like: a part of the article before it.
    """
    bags = [Counter(bigrams(section)) for section in sections]
    spread = Counter(bigram for bag in bags for bigram in bag)
    weight = {bigram: math.log((len(bags) + 1) / count) for bigram, count in spread.items()}
    found = [0]
    before = Counter(bags[0]) if bags else Counter()
    for i in range(1, len(bags)):
        after: Counter[str] = Counter()
        for bag in bags[i:]:
            after += bag
            if after.total() >= _ENOUGH:
                break
        if before.total() >= _ENOUGH <= after.total() and _likeness(before, after, weight) < _SAME:
            found.append(i)
            before = Counter()
        before += bags[i]
    return found


def _likeness(one: Counter[str], other: Counter[str], weight: dict[str, float]) -> float:
    first = {bigram: math.log(1 + count) * weight[bigram] for bigram, count in one.items()}
    second = {bigram: math.log(1 + count) * weight[bigram] for bigram, count in other.items()}
    norms = math.sqrt(sum(value**2 for value in first.values()) * sum(value**2 for value in second.values()))
    return sum(value * second.get(bigram, 0.0) for bigram, value in first.items()) / norms if norms else 0.0
