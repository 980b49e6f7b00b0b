"""Makes the numbers of rag/answers/weights.py from questions that the reader was not trained on: python -m benchmarks.calibrate_answers.

They are those of the titles of CMRC 2018 and DRCD that training/data.py leaves to calibration. Each question is asked of a pool of
paragraphs: as it is; with the sentences that answer it taken out of their paragraph; with the whole paragraph taken away; and as a near
miss of itself (training/near_misses.py). The last three are questions that the pool does not answer, though it holds much that is near.
Each is asked as people ask (training.questions.asked): in a sentence, in keywords, with a slip of the hand. The figures of each quarter of
the questions are by numbers fitted to the other three; those that are kept are fitted to all.
"""

import argparse
import math
import random
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from benchmarks.regression import logistic, signed
from benchmarks.shared import auc, entry, keep
from rag.answers import evidence
from rag.answers.question import parse
from rag.answers.rereading import reread
from rag.answers.selection import RIVAL, candidates
from rag.answers.weights import WEIGHTS
from rag.assistant import READ_FOR_ANSWER
from rag.chinese.scripts import fold, simplified
from rag.chinese.sentences import sentences
from rag.models import Encoder, open_encoder
from rag.models.reader import FOLDER, PackReader, Reading
from rag.records import Hit
from rag.scoring import plain
from rag.search import inverse_frequency, search
from rag.settings import Settings
from rag.storage import Store, open_store
from training.data import Example, corpus, examples, for_calibration
from training.near_misses import Answered, NearMisses, names_of
from training.questions import asked

AS_IT_IS, SENTENCE_OUT, PARAGRAPH_OUT, NEAR_MISS = WAYS = ("as it is", "sentence out", "paragraph out", "near miss")
NAMES = tuple(name for name in WEIGHTS if name != "bias")
PARTS = 4
FALSE_REFUSALS = 0.05
"""The share of answerable questions that the threshold may refuse."""
SEED = 1


@dataclass(frozen=True, slots=True)
class Case:
    """A question asked in one of the ways: its sentences' features, shape (sentences, NAMES), and which of them answer it.

    `part` is the quarter of the questions that it belongs to. `unmet` are the sentences about another year or edition than the one asked
    for; `passages` are those read, shape (passages, 3): score of search, log-odds of the reader, and whether it answers.
    """

    way: str
    part: int
    passages: NDArray[np.float64]
    features: NDArray[np.float64]
    answers: NDArray[np.bool_]
    unmet: NDArray[np.bool_]

    def refused(self, scores: NDArray[np.float64], bound: float) -> bool:
        """Whether it is refused: no sentence of `bound` or more answers, those set aside that do not meet the constraints."""
        meeting = scores[~self.unmet]
        return not len(meeting) or meeting.max() < max(scores.max() - RIVAL, bound)


@dataclass(frozen=True, slots=True)
class Numbers:
    """What is fitted: `weights` of the bias and NAMES, and `platt`, bias and slope from the best sentence's log-odds to the question's."""

    weights: NDArray[np.float64]
    platt: NDArray[np.float64]

    def scores(self, case: Case) -> NDArray[np.float64]:
        """The log-odds that each sentence answers."""
        scores: NDArray[np.float64] = case.features @ self.weights[1:] + self.weights[0]
        return scores

    def best(self, case: Case) -> tuple[float, bool]:
        """The log-odds that the likeliest sentence answers, and whether it does."""
        scores = self.scores(case)
        return float(scores.max()), bool(case.answers[scores.argmax()])

    def support(self, score: float) -> float:
        """The probability that the best sentence answers."""
        return 1 / (1 + math.exp(-(self.platt[0] + self.platt[1] * score)))

    def bound(self, threshold: float) -> float:
        """The log-odds whose support is the threshold."""
        return float((math.log(threshold / (1 - threshold)) - self.platt[0]) / self.platt[1])


class Asking:
    """What questions are asked with: a store of paragraphs, and a reader that remembers what it has read."""

    def __init__(self, store: Store, encoder: Encoder, reader: PackReader, chosen: random.Random) -> None:
        self.store, self.encoder, self._reader = store, encoder, reader
        self.near_misses = NearMisses([name for row in corpus("cmrc")[:200] for name in names_of(row["text"])], chosen)
        self.chosen = chosen
        self._read: dict[tuple[str, str, str], Reading] = {}

    def readings(self, question: str, hits: Sequence[Hit]) -> list[Reading]:
        """What the reader makes of each hit."""
        keys = [(question, hit.headings, hit.passage.text) for hit in hits]
        new = list(dict.fromkeys(key for key in keys if key not in self._read))
        self._read.update(zip(new, self._reader.read(question, [key[1:] for key in new]), strict=True))
        return [self._read[key] for key in keys]


def main() -> None:
    """Fit, print the numbers for weights.py, and keep the figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--paragraphs", type=int, default=300, help="how many paragraphs of other titles lie beside those asked about")
    parser.add_argument("--questions", type=int, default=600, help="how many questions are asked")
    parser.add_argument("--reader", type=Path, default=FOLDER, help="the pack of another reader, whose figures are printed but not kept")
    options = parser.parse_args()
    cases = list(asked_cases(options.reader, options.paragraphs, options.questions))
    others = [_fitted([case for case in cases if case.part != part]) for part in range(PARTS)]
    report = _report(_fitted(cases), others, cases) + _ranking([case.passages for case in cases if case.way == AS_IT_IS])
    if options.reader == FOLDER:
        keep("calibrate_answers", report)
    else:
        print(report)


def asked_cases(reader: Path, paragraphs: int, questions: int) -> Iterator[Case]:
    """Ask the questions of a store of the paragraphs, with the product's own parts."""
    chosen = random.Random(SEED)
    pool, every_example = [], []
    for collection in ("cmrc", "drcd"):
        every = [row | {"id": f"{collection}-{row['id']}"} for row in corpus(collection)]
        about = {row["id"] for row in every if for_calibration(row["title"])}
        others = [row for row in every if row["id"] not in about]
        pool += [row for row in every if row["id"] in about] + chosen.sample(others, min(paragraphs // 2, len(others)))
        found = [replace(example, gold=tuple(f"{collection}-{gold}" for gold in example.gold)) for example in examples(collection)]
        every_example += [example for example in found if about.issuperset(example.gold) and len(parse(example.question)) == 1]
    settings = Settings.load()
    encoder = open_encoder(settings.model, settings.cache, threads=settings.threads)
    with tempfile.TemporaryDirectory() as index, open_store(index, model=encoder.name, dimension=encoder.dimension, create=True) as store:
        for row in pool:
            store.replace(row["id"], [entry(row, encoder)])
        store.flush()
        asking = Asking(store, encoder, PackReader(reader, threads=settings.threads), chosen)
        for number, example in enumerate(chosen.sample(every_example, min(questions, len(every_example)))):
            yield from _asked(asking, example, number % PARTS)


def _asked(asking: Asking, example: Example, part: int) -> Iterator[Case]:
    typed = _typed(example.question, asking.chosen)
    hits = _hits(asking, typed)
    others = [hit for hit in hits if hit.document.source not in example.gold]
    if len(others) == len(hits):
        return
    elsewhere = plain("".join(hit.passage.text for hit in others))
    contradicted = any(plain(answer) in elsewhere for answer in example.answers)  # another paragraph may answer
    ways: dict[str, tuple[str, list[Hit]]] = {AS_IT_IS: (typed, hits)}
    if not contradicted:
        without = [hit if hit in others else _without(hit, example.answers) for hit in hits]
        ways[SENTENCE_OUT] = (typed, [hit for hit in without if hit.passage.text])
        ways[PARAGRAPH_OUT] = (typed, others)
        if miss := _near_miss(asking, example, hits):
            ways[NEAR_MISS] = (miss, _hits(asking, miss))
    for way, (question, found) in ways.items():
        (parsed,) = parse(question)
        weights = evidence.weigh(parsed, lambda term: inverse_frequency(len(asking.store), asking.store.frequency(term)))
        readings = asking.readings(question, found[:READ_FOR_ANSWER])
        passages = np.array(
            [(hit.score, reading.verdict, hit.document.source in example.gold) for hit, reading in zip(found, readings, strict=False)]
        )
        read = [(hit, reading) for hit, reading in reread(found, readings) if reading is not None]
        scored = candidates(parsed, weights, read)
        answers = [
            way == AS_IT_IS and c.hit.document.source in example.gold and _overlaps(c.hit, c.start, c.end, example.answers) for c in scored
        ]
        if scored and (any(answers) or way != AS_IT_IS):
            features = np.array([[c.features[name] for name in NAMES] for c in scored])
            yield Case(way, part, passages, features, np.array(answers), np.array([bool(c.unmet) for c in scored]))


def _hits(asking: Asking, question: str) -> list[Hit]:
    return search(asking.store, question, asking.encoder.encode_question(simplified(question)), limit=READ_FOR_ANSWER + 3)


def _near_miss(asking: Asking, example: Example, hits: Sequence[Hit]) -> str:
    """A near miss of the question by the paragraph that answers it; "" where none can be made."""
    for hit in hits:
        text = fold(hit.passage.text)
        start = text.find(fold(example.answers[0]))
        if hit.document.source in example.gold and start >= 0:
            answered = Answered(fold(example.question), fold(hit.document.title), text, start, start + len(example.answers[0]))
            misses = [miss for miss in asking.near_misses.of(answered) if len(parse(miss.question)) == 1]
            if not misses:
                return ""
            miss = asking.chosen.choice(misses)
            typed = _typed(miss.question, asking.chosen)
            return typed if miss.swapped in typed else miss.question
    return ""


def _typed(question: str, chosen: random.Random) -> str:
    """The question as it might be typed."""
    typed = asked(question, chosen)
    return typed if len(parse(typed)) == 1 else question


def _overlaps(hit: Hit, start: int, end: int, answers: Sequence[str]) -> bool:
    places = [(hit.passage.text.find(answer), len(answer)) for answer in answers]
    return any(at >= 0 and at < end and at + length > start for at, length in places)


def _without(hit: Hit, answers: Sequence[str]) -> Hit:
    """The hit with the sentences that hold an answer, or a part of one, taken out of its passage."""
    text = hit.passage.text
    left = "".join(text[start:end] for start, end in sentences(text) if not _overlaps(hit, start, end, answers))
    return replace(hit, passage=replace(hit.passage, text=left))


def _fitted(cases: Sequence[Case]) -> Numbers:
    """The numbers that fit the cases best; in those of Platt answerable and unanswerable questions weigh alike."""
    signs = np.array([-1.0 if name.endswith("_gap") else 1.0 for name in NAMES])
    weights = signed(np.vstack([case.features for case in cases]), np.concatenate([case.answers for case in cases]), signs)
    of_sentences = Numbers(weights, np.array([0.0, 1.0]))
    answerable = [case for case in cases if case.way == AS_IT_IS]
    unanswerable = [case for case in cases if case.way != AS_IT_IS]
    chosen = answerable + unanswerable[:: max(1, round(len(unanswerable) / len(answerable)))]
    scores, right = zip(*(of_sentences.best(case) for case in chosen), strict=True)
    return replace(of_sentences, platt=logistic(np.array(scores)[:, None], np.array(right)))


def _report(numbers: Numbers, others: Sequence[Numbers], cases: Sequence[Case]) -> str:
    """The `numbers`, and what each part is worth by those of the `others`, at its place the ones that were not fitted to it."""
    best = [others[case.part].best(case) for case in cases]
    support = np.array([others[case.part].support(score) for case, (score, _) in zip(cases, best, strict=True)])
    right = np.array([hit for _, hit in best])
    way = np.array([case.way for case in cases])
    as_it_is = way == AS_IT_IS
    threshold = float(np.quantile(support[as_it_is], FALSE_REFUSALS))
    lines = ["Numbers for rag/answers/weights.py:", "", "```python"]
    lines += ["WEIGHTS = {", *(f'    "{name}": {value:.3f},' for name, value in zip(("bias", *NAMES), numbers.weights, strict=True)), "}"]
    lines += [f"SUPPORT_BIAS, SUPPORT_SLOPE = {numbers.platt[0]:.3f}, {numbers.platt[1]:.3f}"]
    lines += [f"SUPPORT_THRESHOLD = {threshold:.3f}", "```", ""]
    lines += [f"On {int(as_it_is.sum())} questions, each by numbers that were not fitted to it:", "", "| figure | value |", "|---|---|"]
    lines.append(f"| the best sentence answers, questions as they are | {right[as_it_is].mean():.3f} |")
    lines += [f"| AUC, as it is against {name} | {auc(support[as_it_is], support[way == name]):.3f} |" for name in WAYS[1:]]
    refused = np.array([case.refused(numbers.scores(case), numbers.bound(threshold)) for case in cases for numbers in [others[case.part]]])
    lines += [f"| refused at the threshold, {name}, constraints heeded | {refused[way == name].mean():.3f} |" for name in WAYS]
    lines += ["", "| threshold on support | false refusals | sentence out, refused | paragraph out, refused | near miss, refused |"]
    lines.append("|---|---|---|---|---|")
    for at in (0.1, 0.15, 0.2, 0.25, 0.3, 0.4, 0.5):
        lines.append(f"| {at:.2f} | " + " | ".join(f"{(support[way == name] < at).mean():.3f}" for name in WAYS) + " |")
    # Answerable and unanswerable questions count alike, as they do in the fit.
    counts = np.where(as_it_is, 1.0, as_it_is.sum() / (~as_it_is).sum())
    lines += ["", *_reliability(support, right, counts)]
    return "\n".join(lines) + "\n"


def _reliability(support: NDArray[np.float64], right: NDArray[np.bool_], counts: NDArray[np.float64]) -> Iterator[str]:
    """How often the best sentence answers where the support says so, in ten bins; and the expected calibration error."""
    bins = np.minimum((support * 10).astype(int), 9)
    error = 0.0
    yield "| support | share of questions | mean support | the best sentence answers | |"
    yield "|---|---|---|---|---|"
    for number in range(10):
        of_it = bins == number
        if not of_it.any():
            continue
        share = counts[of_it].sum() / counts.sum()
        mean, hit = (float(np.average(values[of_it], weights=counts[of_it])) for values in (support, right))
        error += share * abs(mean - hit)
        yield f"| {number / 10:.1f}–{(number + 1) / 10:.1f} | {share:.3f} | {mean:.3f} | {hit:.3f} | `{'█' * round(20 * hit):20}` |"
    yield ""
    yield f"Expected calibration error: {error:.3f} (asked for: at most .05)."


def _ranking(passages: Sequence[NDArray[np.float64]]) -> str:
    """R@1 of the passages read, by the score of search plus `weight` times the part that the reader's log-odds make."""
    lines = ["", f"R@1 of the {len(passages)} questions as they are, by what a reading counts (WEIGHT) and how soft it is (SOFTNESS):", ""]
    weights = (0.0, 0.1, 0.15, 0.2, 0.3, 0.5, 1.0, 3.0)
    lines += ["| softness | " + " | ".join(f"{weight:g}" for weight in weights) + " |", "|---|" + "---|" * len(weights)]
    for softness in (1.0, 2.0, 3.0, 5.0):
        shares = []
        for weight in weights:
            firsts = [one[(one[:, 0] + weight / (1 + np.exp(-one[:, 1] / softness))).argmax(), 2] for one in passages]
            shares.append(float(np.mean(firsts)))
        lines.append(f"| {softness:g} | " + " | ".join(f"{share:.3f}" for share in shares) + " |")
    return "\n".join(lines)


if __name__ == "__main__":
    main()
