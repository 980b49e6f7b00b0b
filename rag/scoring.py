"""Scores rankings, answers, refusals and citations by what a test set says is right; knows nothing of who found or wrote them.

Every score lies in [0, 1], higher is better. Where there is nothing to score it is None, which is not 0.
"""

import math
import re
import unicodedata
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any

from rag.errors import RagError

DEPTH = 10
"""How many documents of a ranking are looked at."""

RANKING = ("R@1", "R@3", "R@5", "R@10", "MRR@10", "nDCG@10")
"""The measures of a ranking, in the order in which they are shown."""

Answers = Sequence[str | Sequence[str]]
"""What an answer may say: texts are alternatives. Where any item is itself a list, every item is required, a list by one of its texts."""

_TOKEN = re.compile(r"[0-9a-z]+(?:(?<=[0-9])\.(?=[0-9])[0-9a-z]+)*|\S")
_THOUSANDS = re.compile(r"(?<=[0-9]),(?=[0-9]{3}(?![0-9]))")
_UNITS = frozenset("%‰")
"""Marks by their Unicode category, but part of a figure."""

_SIGNS = frozenset("^~`+=")
"""Symbols by their Unicode category, but left out as marks are in CMRC 2018's evaluation."""


def ranking(gold: Mapping[str, Collection[str]], found: Mapping[str, Sequence[str]]) -> dict[str, float | None]:
    """The measures of RANKING, each the mean over the questions of `gold`.

    `gold` has the ids of the documents that answer a question, by the id of the question; `found` the ids that were found for it,
    best first and each once. A question for which nothing was found scores 0. R@k is the share of questions with any gold document
    among the first k, which TREC calls Success@k; relevance is binary. ir_measures (https://ir-measur.es) computes them; RagError
    when it is not installed.
    """
    measures = load_ir_measures()
    if not gold:
        return dict.fromkeys(RANKING)
    success, mrr, ndcg = measures.Success, measures.RR, measures.nDCG
    computed_as = dict(zip(RANKING, (success @ 1, success @ 3, success @ 5, success @ 10, mrr @ DEPTH, ndcg @ DEPTH), strict=True))
    judged = [measures.Qrel(question, document, 1) for question, documents in gold.items() for document in set(documents)]
    # The rank becomes the score: equal scores would be put in an order of the library's own.
    ranked = [
        measures.ScoredDoc(question, document, float(-rank))
        for question in gold
        for rank, document in enumerate(found.get(question, ())[:DEPTH])
    ]
    values = measures.evaluator(list(computed_as.values()), judged).calc_aggregate(ranked)
    return {name: float(values[measure]) for name, measure in computed_as.items()}


def load_ir_measures() -> Any:
    """The library that scores rankings; RagError when it is not installed."""
    try:
        import ir_measures
    except ImportError as error:
        raise RagError("rankings are scored by ir_measures, which is not installed; install it: pip install 'wenju[evaluate]'") from error
    return ir_measures


def plain(text: str) -> str:
    """The form in which texts are looked for in one another: NFKC, no white space, no commas, lower case."""
    return re.sub(r"[\s,]", "", unicodedata.normalize("NFKC", text)).lower()


def required(answers: Answers) -> list[list[str]]:
    """The things an answer has to name, each with its alternatives: [a, b] → [[a, b]], [[a, b], c] → [[a, b], [c]], [] → []."""
    if any(not isinstance(item, str) for item in answers):
        return [[item] if isinstance(item, str) else list(item) for item in answers]
    return [[item for item in answers if isinstance(item, str)]] if answers else []


def contains(text: str, answers: Answers) -> bool:
    """Whether `text` names everything required, as `plain` has it. An alternative of white space alone is in no text."""
    said = plain(text)
    return bool(answers) and all(any(plain(one) and plain(one) in said for one in group) for group in required(answers))


def tokens(text: str) -> list[str]:
    """What EM and F1 count: a Han character each, a run of ASCII letters and digits as one; marks and white space are left out.

    "净利润为2.5%，iPhone 15" → 净 利 润 为 2.5 % iphone 15. As CMRC 2018's evaluation does (cmrc2018_evaluate.py in
    https://github.com/ymcui/cmrc2018), but that half-width marks are left out like full-width ones, and full-width figures and commas
    in thousands make no difference; on three sets its means and these were at most 0.003 apart.
    """
    folded = _THOUSANDS.sub("", unicodedata.normalize("NFKC", text).lower())
    return [token for token in _TOKEN.findall(folded) if not _is_mark(token[0])]


def _is_mark(character: str) -> bool:
    return character in _SIGNS or (unicodedata.category(character).startswith("P") and character not in _UNITS)


def exact(text: str, alternatives: Iterable[str]) -> float:
    """EM: 1 when the tokens of `text` are those of an alternative, else 0."""
    said = tokens(text)
    return float(bool(said) and any(said == tokens(one) for one in alternatives))


def overlap(text: str, alternatives: Iterable[str]) -> float:
    """F1 as CMRC 2018 has it, of the best alternative: with L the longest common run of tokens, P = L/|text|, R = L/|alternative|."""
    said = tokens(text)
    best = 0.0
    for one in alternatives:
        wanted = tokens(one)
        if common := longest_run(said, wanted):
            best = max(best, 2 * common / (len(said) + len(wanted)))
    return best


def longest_run(first: Sequence[str], second: Sequence[str]) -> int:
    """The length of the longest run of tokens that stands unbroken in both."""
    longest = 0
    before = [0] * (len(second) + 1)
    for token in first:
        ending = [0] * (len(second) + 1)
        for place, other in enumerate(second, 1):
            if token == other:
                ending[place] = before[place - 1] + 1
        longest = max(longest, *ending)
        before = ending
    return longest


def refusals(outcomes: Collection[tuple[bool, bool]]) -> dict[str, float | None]:
    """Refusal precision and recall and the share of false refusals, of (answerable, refused) for each question.

    Precision is the share of unanswerable questions among the refused, recall the share of refused among the unanswerable, false
    refusals the share of refused among the answerable.
    """
    return {
        "precision": mean(not answerable for answerable, refused in outcomes if refused),
        "recall": mean(refused for answerable, refused in outcomes if not answerable),
        "false": mean(refused for answerable, refused in outcomes if answerable),
    }


def cited_documents(cited: Iterable[str], gold: Collection[str]) -> tuple[float, float]:
    """Citation precision and recall of an answer by documents: the share of the cited that are gold, and of gold that is cited.

    `gold` is not empty. An answer that cites nothing has 0 of both.
    """
    documents, wanted = set(cited), set(gold)
    right = len(documents & wanted)
    return right / max(len(documents), 1), right / len(wanted)


def cited_texts(cited: Collection[tuple[str, str]], references: Collection[str]) -> tuple[float, float]:
    """Citation precision and recall of an answer by texts: the share of citations that are right, and of references they stand for.

    `cited` has the quote and the whole passage of each citation. A citation stands for a reference that its passage contains, or
    that contains its quote, both as `plain` has them; it is right if it stands for any. An answer that cites nothing has 0 of both.
    """
    wanted = {reference for reference in map(plain, references) if reference}
    stands_for = [{one for one in wanted if one in plain(passage) or (plain(quote) and plain(quote) in one)} for quote, passage in cited]
    return sum(map(bool, stands_for)) / max(len(cited), 1), len(set().union(*stands_for)) / max(len(wanted), 1)


def mean(values: Iterable[float]) -> float | None:
    """The arithmetic mean; None of no values."""
    listed = list(values)
    return sum(listed) / len(listed) if listed else None


def percentile(values: Iterable[float], percent: float) -> float | None:
    """The smallest of the values that `percent` in (0, 100] of them do not exceed (the nearest rank); None of no values."""
    ordered = sorted(values)
    return ordered[math.ceil(percent / 100 * len(ordered)) - 1] if ordered else None
