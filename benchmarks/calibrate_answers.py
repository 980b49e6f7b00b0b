"""Makes the numbers of rag/answers/weights.py from CMRC 2018's training part: python -m benchmarks.calibrate_answers.

Each question is asked three times of a pool of paragraphs: as it is; with the sentences that answer it taken out of their
paragraph; and with the whole paragraph taken away. The last two are questions that the pool does not answer, though it holds
much that is near. A quarter of the questions is kept out of the fit, and the figures are printed on it.
"""

import argparse
import random
import tempfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmarks.shared import auc, entry, keep, rows, shared
from rag.answers import evidence
from rag.answers.question import parse
from rag.answers.selection import Vectors, candidates
from rag.answers.weights import WEIGHTS
from rag.assistant import READ_FOR_ANSWER
from rag.chinese.scripts import simplified
from rag.chinese.sentences import sentences
from rag.models import Encoder, open_encoder
from rag.records import Hit
from rag.scoring import plain
from rag.search import inverse_frequency, search
from rag.settings import Settings
from rag.storage import Store, open_store

AS_IT_IS, SENTENCE_OUT, PARAGRAPH_OUT = WAYS = ("as it is", "sentence out", "paragraph out")
NAMES = tuple(name for name in WEIGHTS if name != "bias")
FALSE_REFUSALS = 0.10
"""The share of answerable questions that the threshold may refuse."""


@dataclass(frozen=True, slots=True)
class Case:
    """A question asked in one of the ways: its sentences' features, shape (sentences, NAMES), and which of them answer it."""

    way: str
    held_out: bool
    features: NDArray[np.float64]
    answers: NDArray[np.bool_]


def main() -> None:
    """Fit, print the numbers for weights.py, and keep the figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--paragraphs", type=int, default=320, help="how many paragraphs of CMRC's training part make the pool")
    parser.add_argument("--questions", type=int, default=800, help="how many of the questions on them are asked")
    options = parser.parse_args()
    cases = list(_cases(options.paragraphs, options.questions))
    fitted = [case for case in cases if not case.held_out]
    weights = _logistic(np.vstack([case.features for case in fitted]), np.concatenate([case.answers for case in fitted]))
    best = [case.features @ weights[1:] + weights[0] for case in cases]
    scores = np.array([scored.max() for scored in best])
    right = np.array([bool(case.answers[scored.argmax()]) for case, scored in zip(cases, best, strict=True)])
    platt = _platt(scores, right, cases)
    keep("calibrate_answers", _report(weights, platt, cases, scores, right))


def _cases(paragraphs: int, questions: int) -> Iterator[Case]:
    """Ask the questions of a store of the paragraphs, with the product's own parts."""
    folder = shared() / "data" / "cmrc_train"
    chosen = random.Random(1)
    pool = chosen.sample(list(rows(folder / "corpus.jsonl")), paragraphs)
    chosen_ids = {row["id"] for row in pool}
    asked = [row for row in rows(folder / "queries.jsonl") if row["context"] in chosen_ids and len(parse(row["question"])) == 1]
    settings = Settings.load()
    encoder = open_encoder(settings.model, settings.cache, threads=settings.threads)
    encode = _cached(encoder)
    with tempfile.TemporaryDirectory() as index, open_store(index, model=encoder.name, dimension=encoder.dimension, create=True) as store:
        for row in pool:
            store.replace(row["id"], [entry(row, encoder)])
        store.flush()
        for number, row in enumerate(chosen.sample(asked, min(questions, len(asked)))):
            yield from _asked(row, number % 4 == 0, store, encoder, encode)


def _asked(
    row: dict[str, Any], held_out: bool, store: Store, encoder: Encoder, encode: Callable[[Sequence[str]], Vectors]
) -> Iterator[Case]:
    (question,) = parse(row["question"])
    weights = evidence.weigh(question, lambda term: inverse_frequency(len(store), store.frequency(term)))
    vector = encoder.encode_question(simplified(row["question"]))
    hits = search(store, row["question"], vector, limit=READ_FOR_ANSWER + 3)
    others = [hit for hit in hits if hit.document.source != row["context"]]
    if len(others) == len(hits):
        return
    elsewhere = plain("".join(hit.passage.text for hit in others))
    for way in WAYS:
        if way == PARAGRAPH_OUT:
            read = others
        else:
            read = [_without(hit, row["answers"]) if way == SENTENCE_OUT and hit not in others else hit for hit in hits]
        if way != AS_IT_IS and any(plain(answer) in elsewhere for answer in row["answers"]):
            continue  # another paragraph may answer
        found = candidates(question, weights, [hit for hit in read if hit.passage.text][:READ_FOR_ANSWER], vector, encode)
        answers = [way == AS_IT_IS and c.hit.document.source == row["context"] and _overlaps(c.hit, c.start, c.end, row) for c in found]
        if found and (any(answers) or way != AS_IT_IS):
            yield Case(way, held_out, np.array([[c.features[name] for name in NAMES] for c in found]), np.array(answers))


def _overlaps(hit: Hit, start: int, end: int, row: dict[str, Any]) -> bool:
    places = [(hit.passage.text.find(answer), len(answer)) for answer in row["answers"]]
    return any(at >= 0 and at < end and at + length > start for at, length in places)


def _without(hit: Hit, answers: Sequence[str]) -> Hit:
    """The hit with the sentences that hold an answer, or a part of one, taken out of its passage."""
    text = hit.passage.text
    row = {"answers": answers}
    left = "".join(text[start:end] for start, end in sentences(text) if not _overlaps(hit, start, end, row))
    return replace(hit, passage=replace(hit.passage, text=left))


def _cached(encoder: Encoder) -> Callable[[Sequence[str]], Vectors]:
    """Sentences come again and again: each is encoded once."""
    known: dict[str, Vectors] = {}

    def encode(texts: Sequence[str]) -> Vectors:
        new = list(dict.fromkeys(text for text in texts if text not in known))
        known.update(zip(new, encoder.encode_passages([simplified(text) for text in new]), strict=True))
        return np.stack([known[text] for text in texts])

    return encode


def _logistic(features: NDArray[np.float64], labels: NDArray[np.bool_]) -> NDArray[np.float64]:
    """Logistic regression with an L2 penalty of 1 on standardised features, by Newton's method; the bias comes first."""
    mean, spread = features.mean(axis=0), features.std(axis=0) + 1e-12
    inputs = np.hstack([np.ones((len(features), 1)), (features - mean) / spread])
    weights = np.zeros(inputs.shape[1])
    penalty = np.diag([0.0] + [1.0] * features.shape[1])
    for _ in range(30):
        probability = 1 / (1 + np.exp(-inputs @ weights))
        gradient = inputs.T @ (probability - labels) + penalty @ weights
        curvature = (inputs * (probability * (1 - probability))[:, None]).T @ inputs + penalty
        weights -= np.linalg.solve(curvature, gradient)
    plain_weights = weights[1:] / spread
    return np.concatenate([[weights[0] - plain_weights @ mean], plain_weights])


def _platt(scores: NDArray[np.float64], right: NDArray[np.bool_], cases: Sequence[Case]) -> NDArray[np.float64]:
    """Bias and slope from the best score to the log-odds that it answers; answerable and unanswerable questions weigh alike."""
    fitted = [i for i, case in enumerate(cases) if not case.held_out]
    answerable = [i for i in fitted if cases[i].way == AS_IT_IS]
    unanswerable = [i for i in fitted if cases[i].way != AS_IT_IS]
    chosen = np.array(answerable + unanswerable[:: max(1, round(len(unanswerable) / len(answerable)))])
    return _logistic(scores[chosen, None], right[chosen])


def _report(
    weights: NDArray[np.float64], platt: NDArray[np.float64], cases: Sequence[Case], scores: NDArray[np.float64], right: NDArray[np.bool_]
) -> str:
    support = 1 / (1 + np.exp(-(platt[0] + platt[1] * scores)))
    out = np.array([case.held_out for case in cases])
    way = np.array([case.way for case in cases])
    # One number needs no questions kept out, and all of them make it steadier.
    threshold = float(np.quantile(support[way == AS_IT_IS], FALSE_REFUSALS))
    lines = ["Numbers for rag/answers/weights.py:", "", "```python"]
    lines += ["WEIGHTS = {", *(f'    "{name}": {value:.3f},' for name, value in zip(("bias", *NAMES), weights, strict=True)), "}"]
    lines += [f"SUPPORT_BIAS, SUPPORT_SLOPE = {platt[0]:.3f}, {platt[1]:.3f}", f"SUPPORT_THRESHOLD = {threshold:.3f}", "```", ""]
    held = out & (way == AS_IT_IS)
    lines += [f"On the {int(held.sum())} questions kept out of the fit:", "", "| figure | value |", "|---|---|"]
    lines.append(f"| the best sentence answers, questions as they are | {right[held].mean():.3f} |")
    for name in (SENTENCE_OUT, PARAGRAPH_OUT):
        lines.append(f"| AUC, as it is against {name} | {auc(scores[held], scores[out & (way == name)]):.3f} |")
    lines.append(f"| refused at the threshold, as it is (false refusals) | {(support[held] < threshold).mean():.3f} |")
    lines += [f"| refused, {name} | {(support[out & (way == name)] < threshold).mean():.3f} |" for name in (SENTENCE_OUT, PARAGRAPH_OUT)]
    lines += ["", "| threshold on support | false refusals | sentence out, refused | paragraph out, refused |", "|---|---|---|---|"]
    for at in (0.1, 0.15, 0.2, 0.25, 0.3, 0.4, 0.5):
        shares = [(support[out & (way == name)] < at).mean() for name in WAYS]
        lines.append(f"| {at:.2f} | " + " | ".join(f"{share:.3f}" for share in shares) + " |")
    return "\n".join(lines)


if __name__ == "__main__":
    main()
