"""Scores citations as ALCE and LongBench-Cite define it, by whatever says that passages carry a sentence."""

import re
from collections.abc import Callable, Iterator, Sequence
from decimal import Decimal

from rag.chinese import figures
from rag.chinese.dates import moments
from rag.chinese.quantities import quantities
from rag.chinese.scripts import fold
from rag.records import Answer, Citation, Statement

Carries = Callable[[str, Sequence[Citation]], bool]
"""Whether the passages of the citations, together, carry a sentence."""

_SENTENCE = re.compile("[^。！？；]*[。！？；]?")
_EQUATION = re.compile("([^：；]*[－＋÷＞＜][^：；]*?)[＝≈]([^；。]+)")
_ROUNDED = Decimal("0.01")


def pieces(answer: Answer) -> list[Statement]:
    """The sentences of an answer, each with the citations of the statement it stands in; split at 。！？；."""
    return [
        Statement(match[0], statement.citations)
        for statement in answer.statements
        for match in _SENTENCE.finditer(statement.text)
        if re.search(r"\w", match[0])
    ]


def recall(answer: Answer, carries: Carries) -> list[bool]:
    """ALCE's citation recall: of each sentence, whether its citations together carry it; one that cites nothing is not carried."""
    return [bool(piece.citations) and carries(piece.text, piece.citations) for piece in pieces(answer)]


def precision(answer: Answer, carries: Carries, unresolved: int = 0) -> list[bool]:
    """ALCE's citation precision: a citation is wrong only if it alone does not carry the sentence and the others still do.

    One whose sentence is not carried at all is wrong, and so is each of the `unresolved` markers that lead nowhere.
    """
    verdicts = [False] * unresolved
    for piece in pieces(answer):
        together = bool(piece.citations) and carries(piece.text, piece.citations)
        for citation in piece.citations:
            others = [other for other in piece.citations if other is not citation]
            needless = bool(others) and not carries(piece.text, [citation]) and carries(piece.text, others)
            verdicts.append(together and not needless)
    return verdicts


def lengths(answer: Answer) -> list[int]:
    """LongBench-Cite's citation length: the characters of each citation's quote; shorter is better."""
    return [len(citation.quote) for citation in answer.citations]


def is_computed(text: str) -> bool:
    """Whether a statement shows arithmetic or puts values in order: "相差3.5亿元：21.9亿元－18.4亿元＝3.5亿元。"."""
    return re.search("[－＋÷＞＜]|早于|晚于|相同，都是", text) is not None


def is_right(text: str, quotes: Sequence[str]) -> bool:
    """Whether a computed statement is: each figure that it starts from stands in a quote, and its arithmetic holds."""
    there = fold("\n".join(quotes))
    shown = text.partition("：")[2] or text
    if any(sign in shown for sign in "＞＜"):
        values = [amount for part in re.split("[＞＜＝]", shown.rstrip("。")) for amount in _values(part)]
        order = sorted(values, reverse="＞" in shown)
        return values == order and all(fold(part) in there for part in re.split("[＞＜＝]", shown.rstrip("。")))
    equations = list(_EQUATION.finditer(shown))
    made: list[str] = []
    for equation in equations:
        operands = [part.strip("（）") for part in re.split("[－＋÷]", equation[1])]
        if not all(fold(part) in there or part in made or part.isdecimal() for part in operands if part):
            return False
        if not _holds(equation[1], equation[2]):
            return False
        made.append(equation[2].strip())
    return bool(equations) or _in_order(shown, there)


def _in_order(shown: str, there: str) -> bool:
    parts = re.split("早于|晚于", shown.rstrip("。"))
    days = [(m.year or 0, m.month or 0, m.day or 0) for part in parts for m in moments(part)[:1]]
    order = sorted(days, reverse="晚于" in shown)
    return all(fold(part) in there for part in parts) and (len(days) < len(parts) or days == order)


def _holds(left: str, right: str) -> bool:
    numbers = [value for part in re.split("[－＋÷（）]", left) for value in _values(part)]
    signs = re.findall("[－＋÷]", left)
    if not numbers:
        return False
    total = numbers[0]
    for sign, value in zip(signs, numbers[1:], strict=False):
        total = total - value if sign == "－" else total + value if sign == "＋" else total / value
    (wanted, *_) = [*_values(right), Decimal("NaN")]
    if "%" in fold(right) and "÷" in left:
        total *= 100
    scale = max(Decimal(1), abs(wanted))
    return bool(abs(total - wanted) <= _ROUNDED * scale)


def _values(part: str) -> Iterator[Decimal]:
    folded = fold(part)
    found = quantities(folded)
    if found:
        yield from (quantity.value for quantity in found)
    elif listed := figures.figures(folded):
        yield from (figure.value for figure in listed)
