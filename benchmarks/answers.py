"""What the reader is worth: where the answer is, whether there is one, what it does for search and against noise, how fast it reads.

python -m benchmarks.answers --work DIR [--parts NAME…] [--reader DIR]. Each part is kept as soon as it is done, in the place of what was
kept of it before. DIR holds the indexes, as for benchmarks.search.
"""

import argparse
import random
import statistics
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any
from unittest.mock import patch

from benchmarks import page_questions
from benchmarks.question_sets import COLLECTIONS, index
from benchmarks.shared import auc, document, entry, keep_part, rows, shared
from rag.answers import constraints
from rag.answers.rereading import reread
from rag.assistant import Assistant
from rag.chinese.scripts import simplified
from rag.models import Encoder, open_encoder
from rag.models.reader import FOLDER, PackReader, Reading
from rag.passages import passages
from rag.records import Hit, Passage
from rag.scoring import contains, exact, overlap
from rag.search import search
from rag.settings import Settings
from rag.storage.memory import MemoryStore
from training.data import kept_apart

FALSE_REFUSALS = 0.10
"""The share of answerable questions that may be refused where refusals are told."""

CANDIDATES = 8
"""Passages of the pooled collection that are read for a question."""

ASKED = 1_500
"""Of cail's 6,000 questions, those that are asked: as many as a few minutes allow, chosen by chance."""

SEED = 7

AMONG = 5
"""Passages that a question of rgb_dev is asked over, as in its paper."""

NOISE = ((0.0, ".90"), (0.2, ".88"), (0.4, ".85"), (0.6, ".82"), (0.8, ".75"), (1.0, ".80"))
"""Shares of noise, and what is asked for."""


@dataclass(frozen=True, slots=True)
class Bench:
    """What the parts are measured with."""

    reader: PackReader
    encoder: Encoder
    work: Path


def main() -> None:
    """Measure the parts one after the other."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--work", type=Path, required=True, help="a folder outside the repository for the indexes")
    parser.add_argument("--parts", nargs="+", choices=PARTS, default=list(PARTS))
    parser.add_argument("--reader", type=Path, default=FOLDER, help="the pack of another reader, whose figures are printed but not kept")
    options = parser.parse_args()
    settings = Settings.load()
    reader = PackReader(options.reader, threads=settings.threads)
    bench = Bench(reader, open_encoder(settings.model, settings.cache, threads=settings.threads), options.work)
    for name in options.parts:
        section = f"## {name}\n\nMeasured on {date.today().isoformat()}.\n\n" + "\n".join(PARTS[name](bench))
        if options.reader == FOLDER:
            keep_part("answers", __doc__.split("\n")[0], PARTS, name, section)
        else:
            print(section)


def given(bench: Bench) -> Iterator[str]:
    """EM and F1 of the likeliest span of the passage that the question was asked of."""
    yield "The passage is given; the answer is the likeliest span. EM and F1 as CMRC 2018 has them, over characters."
    yield ""
    yield "| set | questions | EM | F1 | asked for |"
    yield "|---|---|---|---|---|"
    for name, collection, asked_for in (("cmrc_trial", "cmrc", ".42 / .76"), ("drcd_dev, kept out", "drcd", ".75 / .84")):
        scores = read_given(bench.reader, collection)
        em, f1 = (statistics.mean(values) for values in zip(*scores, strict=True))
        yield f"| {name} | {len(scores):,} | {em:.3f} | {f1:.3f} | {asked_for} |"


def read_given(reader: PackReader, collection: str) -> list[tuple[float, float]]:
    """EM and F1 of the reader on each question of cmrc's trial part or drcd's part kept out, the passage given."""
    folder, chosen = {"cmrc": ("cmrc_trial", None), "drcd": ("drcd_dev", kept_apart)}[collection]
    corpus = {row["id"]: row for row in rows(shared() / "data" / folder / "corpus.jsonl")}
    questions = [row for row in rows(shared() / "data" / folder / "queries.jsonl") if row["question"].strip()]
    questions = [row for row in questions if chosen is None or chosen(corpus[row["context"]].get("title") or "")]
    texts = [_best(reader, row["question"], corpus[row["context"]])[0] for row in questions]
    return [(exact(text, row["answers"]), overlap(text, row["answers"])) for text, row in zip(texts, questions, strict=True)]


def refusing(bench: Bench) -> Iterator[str]:
    """F1 of cail's spans, and how many of its unanswerable questions are refused where one in ten of the others is."""
    corpus = {row["id"]: row for row in rows(shared() / "data" / "cail_dev" / "corpus.jsonl")}
    questions = list(rows(shared() / "data" / "cail_dev" / "queries.jsonl"))
    questions = random.Random(SEED).sample(questions, ASKED)
    found = [_best(bench.reader, row["question"], corpus[row["context"]]) for row in questions]
    spans = [
        overlap(text, row["answers"])
        for (text, _), row in zip(found, questions, strict=True)
        if row["answerable"] and not {"YES", "NO"} & set(row["answers"])
    ]
    yield f"cail_dev, {ASKED:,} of 6,000 questions, each asked of its own case; F1 is over those whose answer is a span ({len(spans):,})."
    yield ""
    yield "| figure | value | asked for |"
    yield "|---|---|---|"
    yield f"| F1 of spans | {statistics.mean(spans):.3f} | .65 |"
    sure = [score for (_, score), row in zip(found, questions, strict=True) if row["answerable"]]
    unsure = [score for (_, score), row in zip(found, questions, strict=True) if not row["answerable"]]
    bound = sorted(sure)[int(FALSE_REFUSALS * len(sure))]
    yield f"| unanswerable refused, at {FALSE_REFUSALS:.0%} false refusals | {statistics.mean(s < bound for s in unsure):.3f} | .70 |"
    yield f"| AUC | {auc(sure, unsure):.3f} | – |"


def pooled(bench: Bench) -> Iterator[str]:
    """EM and F1 where no passage is given."""
    corpus, questions = COLLECTIONS["cmrc"]()
    answers = {row["id"]: row["answers"] for row in rows(shared() / "data" / "cmrc_trial" / "queries.jsonl")}
    scores = []
    with index("cmrc", corpus, bench.encoder, bench.work) as store:
        for row in (row for row in questions if row["question"].strip()):
            hits = search(store, row["question"], bench.encoder.encode_question(simplified(row["question"])), limit=CANDIDATES)
            read = bench.reader.read(row["question"], [(hit.headings, hit.passage.text) for hit in hits])
            both = zip(hits, read, strict=True)
            _, text = max((sureness(reading) + HIT_SCORE * hit.score, _text(reading, hit.passage.text)) for hit, reading in both)
            scores.append((exact(text, answers[row["id"]]), overlap(text, answers[row["id"]])))
    em, f1 = (statistics.mean(values) for values in zip(*scores, strict=True))
    yield f"CMRC trial over the {len(corpus):,} pooled passages, {CANDIDATES} read for a question."
    yield ""
    yield "| questions | EM | F1 | asked for |"
    yield "|---|---|---|---|"
    yield f"| {len(scores):,} | {em:.3f} | {f1:.3f} | F1 .72 |"


def ranking(bench: Bench) -> Iterator[str]:
    """R@1 and MRR of search, and of the same passages as the product ranks them once they are read."""
    yield f"R@1 and MRR@{CANDIDATES} of search, of the product's ranking (rag.answers.rereading), and of the reader's verdict alone."
    yield ""
    yield "| set | questions | search | read | verdict alone |"
    yield "|---|---|---|---|---|"
    for name, collection in COLLECTIONS.items():
        corpus, questions = collection()
        places: dict[str, list[int]] = {"search": [], "read": [], "verdict": []}
        with index(name, corpus, bench.encoder, bench.work) as store:
            for row in (row for row in questions if row["question"].strip()):
                hits = search(store, row["question"], bench.encoder.encode_question(simplified(row["question"])), limit=CANDIDATES)
                read = bench.reader.read(row["question"], [(hit.headings, hit.passage.text) for hit in hits])
                by_verdict = sorted(zip(hits, read, strict=True), key=lambda one: -one[1].verdict)
                rankings = {"search": hits, "read": [hit for hit, _ in reread(hits, read)], "verdict": [hit for hit, _ in by_verdict]}
                for way, ranked in rankings.items():
                    places[way].append(next((place for place, hit in enumerate(ranked, 1) if _is_gold(hit, row["gold"])), 0))
        shown = (
            f"{statistics.mean(p == 1 for p in of_way):.4f} / {statistics.mean(1 / p if p else 0 for p in of_way):.4f}"
            for of_way in places.values()
        )
        yield f"| {name} | {len(places['search']):,} | " + " | ".join(shown) + " |"


def _is_gold(hit: Hit, gold: Sequence[str]) -> bool:
    return not {hit.document.id, *(copy.document_id for copy in hit.copies)}.isdisjoint(gold)


def noise(bench: Bench) -> Iterator[str]:
    """Accuracy where a share of the passages that are searched is noise, and rejection where all of them are."""
    data = shared() / "data" / "rgb_dev"
    corpus = {row["id"]: row for row in rows(data / "corpus.jsonl")}
    questions = list(rows(data / "queries.jsonl"))
    chosen = random.Random(SEED)
    right: dict[float, list[bool]] = {}
    settings = Settings.load()
    for row in questions:
        gold = list(dict.fromkeys(row["gold"]))
        negatives = [one for one in dict.fromkeys(row["negatives"]) if one not in gold]
        vectors = {}
        for share, _ in NOISE:
            count = min(round(share * AMONG), len(negatives))
            taken = chosen.sample(gold, min(AMONG - count, len(gold))) + chosen.sample(negatives, count)
            store = MemoryStore(bench.encoder.dimension)
            for one in taken:
                if one not in vectors:
                    vectors[one] = entry(corpus[one], bench.encoder)
                store.replace(one, [vectors[one]])
            answer = Assistant(settings, store, bench.encoder, bench.reader).answer(row["question"])
            said = "".join(statement.text for statement in answer.statements)
            right.setdefault(share, []).append(answer.refused if share == 1 else contains(said, row["answers"]))
    yield f"rgb_dev, {len(questions)} questions, each over {AMONG} passages of its own: an answer is right when it holds what is required."
    yield ""
    yield "| share of noise | " + " | ".join(f"{share:g}" for share, _ in NOISE[:-1]) + " | all: refused |"
    yield "|---|" + "---|" * len(NOISE)
    yield "| right | " + " | ".join(f"{statistics.mean(values):.3f}" for values in right.values()) + " |"
    yield "| asked for | " + " | ".join(asked_for for _, asked_for in NOISE) + " |"


def constraining(bench: Bench) -> Iterator[str]:
    """The questions of the page with and without the constraints that an answer has to meet."""
    yield "The newspaper page's questions (benchmarks.page_questions), with the constraints of the question heeded and without."
    yield ""
    yield "| constraints | answered and cited, of 40 | refused, of 40 answerable | refused, of 15 unanswerable |"
    yield "|---|---|---|---|"
    for name, unmet in (("heeded", constraints.unmet), ("not heeded", _nothing_unmet)):
        with patch("rag.answers.selection.constraints.unmet", unmet):
            questions, _, verdicts = page_questions.asked(bench.reader)
        answerable = [v for q, v in zip(questions, verdicts, strict=True) if q["answerable"]]
        unanswerable = [v for q, v in zip(questions, verdicts, strict=True) if not q["answerable"]]
        yield f"| {name} | {answerable.count('right')} | {answerable.count('refused')} | {unanswerable.count('right')} |"


def _nothing_unmet(_: object, __: object, ranges: Sequence[tuple[int, int]]) -> list[tuple[constraints.Constraint, ...]]:
    return [()] * len(ranges)


def speed(bench: Bench) -> Iterator[str]:
    """Passages read in a second, beside what the encoder makes of the same texts."""
    texts = [text for row in rows(shared() / "data" / "drcd_dev" / "corpus.jsonl") for text in [row["text"][:390]] if len(text) == 390][:60]
    bench.reader.read("这是什么？", [("", text) for text in texts[:4]])
    began = time.perf_counter()
    bench.reader.read("这是什么？", [("", text) for text in texts])
    read = time.perf_counter() - began
    began = time.perf_counter()
    bench.encoder.encode_passages(texts)
    encoded = time.perf_counter() - began
    yield f"{len(texts)} passages of 390 characters (about 300 tokens), one warm process: {len(texts) / read:.1f} a second (asked for: 25);"
    yield f"the encoder takes {len(texts) / encoded:.1f} a second of the same."


PARTS: Mapping[str, Callable[[Bench], Iterable[str]]] = {
    "given": given,
    "refusing": refusing,
    "pooled": pooled,
    "ranking": ranking,
    "noise": noise,
    "constraining": constraining,
    "speed": speed,
}
"""What is measured, by name."""

HIT_SCORE = 5.0
"""What a passage's score counts beside the reader's log-odds where the answer is taken from one of several: not fitted on anything."""


def sureness(reading: Reading) -> float:
    """How sure a reader is of an answer: of there being one, and of where it is."""
    return reading.verdict + (reading.spans[0].score if reading.spans else 0.0) / 2


def _best(reader: PackReader, question: str, row: dict[str, Any]) -> tuple[str, float]:
    """The likeliest span of a document, cut into passages as the product does, and how sure it is."""
    made = document(row)
    parts: Sequence[Passage] = passages(made)
    read = reader.read(question, [(row.get("title") or "", part.text) for part in parts])
    score, text = max((sureness(reading), _text(reading, part.text)) for part, reading in zip(parts, read, strict=True))
    return text, score


def _text(reading: Reading, text: str) -> str:
    return text[reading.spans[0].start : reading.spans[0].end] if reading.spans else ""


if __name__ == "__main__":
    main()
