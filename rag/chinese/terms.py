"""Cuts text into the terms by which it is found: words, pairs of characters, and figures in their one form; weighs a question's."""

import re
from collections import Counter
from functools import cache
from typing import Any

from rag.chinese.figures import figures
from rag.chinese.scripts import fold

LIGHT = 0.2
"""What a word that only asks or joins weighs beside one that carries meaning: little, and never nothing (谁 is a surname too)."""

FUNCTION_WORDS = frozenset(
    (
        "的 了 着 过 是 在 有 和 与 及 跟 对 于 从 到 把 被 给 为 以 之 其 这 那 个 也 都 又 就 还 各 说 会 能 要 可以 一个 "
        "该 它 他 她 我 你 我们 其中 吗 呢 吧 啊 里 中 上 下 前 后 时 并 而 但 或 所 由 分别 样子 这个 那个 那里 那篇 这篇 "
        "那次 这次 那台 那片 多少 什么 哪些 哪里 哪儿 哪个 谁 怎么 怎样 如何 为什么 为何 几 第几 多大 多高 请问 "
        "今年 去年 现在 目前 当前 最近 一共 总共 主要"
    ).split()
)
"""Words that say little of what a text is about."""

_TOKEN = re.compile(r"[0-9a-z]+(?:[.,:/+\-&][0-9a-z]+)*%?|[^\W_]+", re.UNICODE)
_HAN = re.compile(r"[〇\u3400-\u9fff\U00020000-\U000323af]{2,}")
_LATIN_PAIR = re.compile(r"(?<![0-9a-z])(?=([a-z]{1,12})[ \-·]([a-z]?\d{1,4}[a-z]?|[a-z])(?![0-9a-z.]))")
_ASKING = re.compile(
    "什么时(?:候|间)|什么地方|什么样|什么|哪些|哪里|哪儿|哪(?:一)?[个种位年天日月国家省市项条次]|哪|何[时地处人年日]|谁|怎么样?|怎样|如何|为什么|为何"
    "|多少|多[大高长远久]|几|是否|是不是|有没有|请问|吗|呢"
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


def is_known(word: str) -> bool:
    """Whether the segmenter's dictionary has the folded word; what it has not was guessed by the characters: a name, or a wrong cut."""
    known: bool = _segmenter().has_word(word)
    return known


def terms(text: str) -> list[str]:
    """The terms of the text, repeated as often as they stand in it.

    Words are terms, with the shorter dictionary words in them, and so are any two neighbouring characters: a name that no
    dictionary has, a word that was cut wrongly or has a typo still shares most of its pairs. A word of two characters is both, so it
    counts twice. A figure is a term in its one form, alone and with its unit: "二〇二二年产值2634亿" → … 2022 2022年 263400000000.
    What is written apart or together in Latin letters is also a term together: Model Y → model y modely.
    """
    folded = fold(text)
    found = [token for token in _segmenter().cut_for_search(folded) if _TOKEN.fullmatch(token)]
    for run in _HAN.findall(folded):
        found += [run[i : i + 2] for i in range(len(run) - 1)]
    for figure in figures(folded):
        # A plain number is a word already.
        if folded[figure.start : figure.end].rstrip() != figure.number:
            found += dict.fromkeys((figure.number, figure.normal))
    found += [first + second for first, second in _LATIN_PAIR.findall(folded)]
    return found


def question_terms(question: str) -> dict[str, float]:
    """The terms of a question with their weights: how often each stands there, words that only ask or join counting LIGHT.

    A term that is partly such a word (年是 in 哪一年是) weighs in between, by its characters: "产值是多少" → 产值 2, 是 0.2, 值是 0.6 …
    """
    folded = fold(question)
    light = [False] * len(folded)
    position = 0
    for token in _segmenter().cut(folded):
        if token in FUNCTION_WORDS:
            light[position : position + len(token)] = [True] * len(token)
        position += len(token)
    for match in _ASKING.finditer(folded):
        light[match.start() : match.end()] = [True] * len(match[0])

    def weight(term: str) -> float:
        start = folded.find(term)
        share = sum(light[start : start + len(term)]) / len(term) if start >= 0 else 0.0
        return 1 - (1 - LIGHT) * share

    return {term: count * weight(term) for term, count in Counter(terms(folded)).items()}
