"""Assigns headlines that stand apart from their articles, as extraction leaves them at the end of a page, by the words they share."""

import math
from collections import Counter
from collections.abc import Sequence

from rag.documents.layout.cohesion import bigrams
from rag.documents.layout.lines import Line, width

MOST_LINES = 3
"""Lines of a headline."""
_MOST_MATCHED = 8
"""Articles of one page up to which every assignment of headlines is weighed; beyond it, they are taken in order of likeness."""
_WIDEST_REST = 2.5
"""Cells up to which a line behind a full one is the rest of its headline, not a headline itself."""


def assigned(text: str, headlines: Sequence[Line], bodies: Sequence[str]) -> dict[int, tuple[Line, ...]]:
    """The lines of the headline of each article, by its place in `bodies`.

    Headlines stand in any order, one to three lines each. Each line is likened to each article by the bigrams of Han characters
    they share, weighed by how few articles have them; the assignment with the highest sum is taken.
    """
    if not headlines or not bodies:
        return {}
    bags = [Counter(bigrams(body)) for body in bodies]
    spread = Counter(bigram for bag in bags for bigram in bag)
    weight = {bigram: math.log(1 + len(bags) / count) for bigram, count in spread.items()}
    norms = [math.sqrt(sum((count * weight[bigram]) ** 2 for bigram, count in bag.items())) or 1.0 for bag in bags]
    likeness = [
        [
            # The later term only settles ties: where words do not tell, headlines stand in the order of the articles.
            sum(bag[bigram] * weight.get(bigram, 0.0) ** 2 for bigram in bigrams(text[line.start : line.end])) / norm
            - 1e-6 * abs(i * len(bodies) - j * len(headlines))
            for j, (bag, norm) in enumerate(zip(bags, norms, strict=True))
        ]
        for i, line in enumerate(headlines)
    ]
    continues = _continues([text[line.start : line.end] for line in headlines])
    owners = _assign(likeness, continues) if len(bodies) <= _MOST_MATCHED else _assign_greedily(likeness)
    return {j: tuple(line for line, owner in zip(headlines, owners, strict=True) if owner == j) for j in set(owners) if j >= 0}


def _continues(headlines: Sequence[str]) -> list[bool]:
    """Which lines are surely the rest of the headline before them: a character or two behind a line that is full."""
    full = max(map(width, headlines)) - 1
    return [i > 0 and width(line) <= _WIDEST_REST and width(headlines[i - 1]) >= full for i, line in enumerate(headlines)]


def _assign(likeness: list[list[float]], continues: Sequence[bool]) -> list[int]:
    """For each line the article it belongs to: runs of lines, each run another article, with the highest sum of likeness.

    There are at most three lines an article; every article gets one as far as there are enough of them. A line that `continues`
    the one before stays with it.
    """
    lines, bodies = len(likeness), len(likeness[0])
    # States are (articles used, article of the run, length of the run); values the best sum and how it was reached.
    best: dict[tuple[int, int, int], tuple[float, list[int]]] = {(0, -1, 0): (0.0, [])}
    for i in range(lines):
        following: dict[tuple[int, int, int], tuple[float, list[int]]] = {}
        for (used, current, length), (total, owners) in best.items():
            choices = [] if continues[i] else [(used | 1 << j, j, 1) for j in range(bodies) if not used >> j & 1]
            if current >= 0 and length < MOST_LINES:
                choices.append((used, current, length + 1))
            for state in choices:
                reached = total + likeness[i][state[1]]
                if state not in following or following[state][0] < reached:
                    following[state] = (reached, [*owners, state[1]])
        best = following
    wanted = min(lines - sum(continues), bodies)
    enough = {state: value for state, value in best.items() if state[0].bit_count() == wanted} or best
    return max(enough.values(), key=lambda value: value[0])[1]


def _assign_greedily(likeness: list[list[float]]) -> list[int]:
    """For each line the article it is most like among those not yet taken by a line that is more like them; -1 if none is left."""
    owners = [-1] * len(likeness)
    pairs = sorted(((value, i, j) for i, row in enumerate(likeness) for j, value in enumerate(row)), key=lambda pair: -pair[0])
    taken: set[int] = set()
    for _, i, j in pairs:
        if owners[i] < 0 and j not in taken:
            owners[i] = j
            taken.add(j)
    return owners
