"""Cuts text into the terms by which it is found: words as rjieba sees them, figures whole, also together with their unit."""

import re
from functools import cache
from typing import Any

from rag.chinese.scripts import fold

_FIGURE = re.compile(r"\d+(?:[.,:/]\d+)*%?")
_TOKEN = re.compile(r"[0-9a-z]+(?:[.,:/+\-&][0-9a-z]+)*%?|[^\W_]+", re.UNICODE)
_MEASURE = re.compile(
    r"(?:[十百千万亿]+)?(?:多|余)?(?:个百分点|百分点|平方公里|平方米|公里|千瓦时|美元|欧元|港元|万亿|亿元|万元|[年月日号元家人辆个倍吨%名位项次届成席篇座亩斤套台条])?"
)


@cache
def _segmenter() -> Any:
    import rjieba  # 0.1 s of dictionary; wait until somebody cuts

    return rjieba


def words(text: str) -> list[str]:
    """The words of the text in order, folded, punctuation left out: "临港新能源产值?" → 临港 新能源 产值."""
    return [token for token in _segmenter().cut(fold(text)) if _TOKEN.fullmatch(token)]


def tagged(text: str) -> list[tuple[str, str]]:
    """The words of the text with their part of speech (ICTCLAS tags: nr person, ns place, nt body, m number, t time …)."""
    return [(word, tag) for word, tag in _segmenter().tag(fold(text)) if _TOKEN.fullmatch(word)]


def terms(text: str) -> list[str]:
    """The terms of the text, repeated as often as they stand in it.

    A word is a term, and so is each shorter dictionary word inside a long one; a figure is a term alone and with its unit:
    "新能源产值2634亿元" → 能源 新能源 产值 2634 亿元 2634亿元.
    """
    folded = fold(text)
    found = [token for token in _segmenter().cut_for_search(folded) if _TOKEN.fullmatch(token)]
    for match in _FIGURE.finditer(folded):
        measure = _MEASURE.match(folded, match.end())
        if measure and measure.end() > match.end():
            found.append(folded[match.start() : measure.end()])
    return found
