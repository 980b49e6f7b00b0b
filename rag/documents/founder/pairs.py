"""Tells by their partners whether Han characters stand for brackets, quotation marks and book-title marks."""

import math
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import pairwise

from rag.documents.founder.marks import BORDERS, MARKS, carrier, ends_name, is_name
from rag.documents.founder.surroundings import gain, nearest, words


@dataclass(frozen=True, slots=True)
class _Kind:
    """A kind of paired marks: its openers and closers (the first of each is what is restored), -log of the share of the tokens of
    running text that are the opener, and how many characters a pair commonly holds."""

    openers: str
    closers: str
    cost: float
    length: float


_KINDS = (_Kind("（(", "）)", 5.9, 20), _Kind("“", "”", 4.7, 60), _Kind("《", "》", 6.3, 40))
_UNMATCHED = 6.5
"""What a mark without a partner costs, in nats."""
_NAME = 2.0
"""What it costs to tear a name apart."""
_IN_NAMES = frozenset(map(carrier, "（“”《》"))
"""Only 冤 never stands in a name."""
_NEVER_BEFORE_CLOSERS = frozenset("、（“《(")
_QUOTE_END = carrier("”")
"""A quotation alone may end in a comma."""
_SURE = 3.0
"""The least log-odds for a repair."""
_NEVER = -1e9


@dataclass(frozen=True, slots=True)
class _Token:
    """A mark of a kind, or a character that may be one by the words around it: then `odds` is the logarithm of its odds."""

    position: int
    opens: bool
    odds: float | None


def paired(text: str, rate: Callable[[int], float]) -> Iterator[tuple[int, str]]:
    """The positions of carriers that are paired marks, each with its mark; a `)` that closes a repaired bracket is given as well.

    `rate` tells the share of marks that are damaged around a position, 0 where no page is. Pairs do not reach over a form feed.
    """
    for kind in _KINDS:
        opening, closing = carrier(kind.openers[0]), carrier(kind.closers[0])
        pattern = re.compile(f"[{re.escape(kind.openers + kind.closers)}{opening}{closing}\f]")
        page: list[_Token] = []
        for match in pattern.finditer(text):
            position, character = match.start(), match[0]
            if character == "\f":
                yield from _restored(text, kind, page)
                page = []
            elif character not in (opening, closing):
                page.append(_Token(position, character in kind.openers, None))
            elif share := rate(position):
                odds = _odds(text, position, character == opening)
                if odds is not None:
                    page.append(_Token(position, character == opening, odds - kind.cost + math.log(share)))
        yield from _restored(text, kind, page)


def _odds(text: str, position: int, opens: bool) -> float | None:
    """How many nats better the text around reads without the carrier; None where no mark of this side can stand."""
    character = text[position]
    before, after = nearest(text, position, -1), nearest(text, position, 1)
    if opens:
        is_legal = after not in MARKS and after != ""
    else:
        is_legal = before not in _NEVER_BEFORE_CLOSERS and before != "" and (before != "，" or character == _QUOTE_END)
    if not is_legal:
        return None
    left, right = words(text, position, BORDERS)
    better = gain(left, character, right)
    if character in _IN_NAMES:
        begins_name = opens and right and len(right[0]) == 1 and is_name(character + "".join(right))
        better -= _NAME * bool(begins_name or ends_name(left))
    return better


def _restored(text: str, kind: _Kind, tokens: list[_Token]) -> Iterator[tuple[int, str]]:
    if all(token.odds is None for token in tokens):
        return
    accepted = [token.odds is None or odds > _SURE for token, odds in zip(tokens, _posterior(kind, tokens), strict=True)]
    opened = False
    for token, is_accepted in zip(tokens, accepted, strict=True):
        if not is_accepted:
            continue
        if token.odds is not None:
            yield token.position, (kind.openers if token.opens else kind.closers)[0]
        elif opened and not token.opens and text[token.position] == ")":
            yield token.position, "）"
        opened = token.opens and token.odds is not None


def _posterior(kind: _Kind, tokens: list[_Token]) -> list[float]:
    """The log-odds that each token is a mark, given all others: forward-backward over two states, outside and inside a pair."""
    gaps = [0.0, *((b.position - a.position) / kind.length for a, b in pairwise(tokens)), 0.0]
    forward: list[tuple[float, float]] = []
    outside, inside = 0.0, -_UNMATCHED
    for token, gap in zip(tokens, gaps, strict=False):
        inside -= gap
        forward.append((outside, inside))
        outside, inside = _step(token, outside, inside)
    result: list[float] = []
    outside, inside = 0.0, -_UNMATCHED
    for token, gap, (before_outside, before_inside) in zip(reversed(tokens), reversed(gaps), reversed(forward), strict=False):
        inside -= gap
        if token.opens:
            as_mark = _add(before_outside, before_inside - _UNMATCHED) + inside
        else:
            as_mark = _add(before_inside, before_outside - _UNMATCHED) + outside
        odds = 0.0 if token.odds is None else token.odds
        result.append(odds + as_mark - _add(before_outside + outside, before_inside + inside))
        outside, inside = _step_back(token, outside, inside)
    return result[::-1]


def _step(token: _Token, outside: float, inside: float) -> tuple[float, float]:
    marked = (_NEVER, _add(outside, inside - _UNMATCHED)) if token.opens else (_add(inside, outside - _UNMATCHED), _NEVER)
    if token.odds is None:
        return marked
    return _add(outside, marked[0] + token.odds), _add(inside, marked[1] + token.odds)


def _step_back(token: _Token, outside: float, inside: float) -> tuple[float, float]:
    marked = (inside, inside - _UNMATCHED) if token.opens else (outside - _UNMATCHED, outside)
    if token.odds is None:
        return marked
    return _add(outside, marked[0] + token.odds), _add(inside, marked[1] + token.odds)


def _add(a: float, b: float) -> float:
    """log(exp(a) + exp(b))."""
    return max(a, b) + math.log1p(math.exp(-abs(a - b)))
