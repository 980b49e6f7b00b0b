"""What a language model does to answers, unverified and verified: python -m benchmarks.writers --work DIR [--parts NAME…] [--model NAME].

Each part is kept as soon as it is done. DIR, outside the repository, holds indexes and every answer, a line each, for labelling by hand
(--label). The model is the one of the settings, or the small one that runs here.
"""

import argparse
import difflib
import hashlib
import json
import random
import statistics
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from benchmarks import citations, page_questions
from benchmarks.question_sets import COLLECTIONS, index
from benchmarks.shared import ROOT, entry, keep_part, rows, shared
from rag.answers.prompt import NOTHING, prompt
from rag.answers.verification import Verifier
from rag.answers.writing import MOST_WRITTEN, Writer
from rag.answers.written import statements
from rag.assistant import Assistant
from rag.ingest import ingest
from rag.models import Encoder, open_encoder, open_language_model
from rag.models.language import LanguageModel, Message
from rag.models.reader import PackReader
from rag.records import Answer, Citation, Document, Hit, Passage, Statement
from rag.scoring import contains, overlap, plain
from rag.settings import LOCAL, Settings
from rag.storage import Entry, open_store
from rag.storage.memory import MemoryStore

WAYS = ("none", "unverified", "verified")
SEED = 7
OF_CMRC, OF_RGB, OF_TYPE = 100, 40, 20
"""Questions of cmrc_trial, of rgb_dev's development half, and of each type of dragonball's."""

AMONG = 5
NOISE = (0.0, 0.2, 0.4, 0.6, 0.8, 1.0)
FOUND = 0.6
"""A keypoint is found when a statement has so much of it, in F1 of characters."""

NEARLY = 0.9
"""An answer is there but for a few letters when so much of its characters is, in order."""

LABELS = ROOT / "benchmarks" / "labels.jsonl"
"""Statements judged by hand: part, question, a fingerprint of the statement, whether its citations carry it. None of their text."""


class Remembering:
    """A language model that is asked each thing once: what it wrote is kept in a file."""

    def __init__(self, model: LanguageModel, path: Path) -> None:
        self._model, self._path = model, path
        self._written = {row["asked"]: row["written"] for row in rows(path)} if path.exists() else {}
        self.name, self.passages, self.count, self.close = model.name, model.passages, model.count, model.close

    def stream(self, messages: Sequence[Message], most: int) -> Iterator[str]:
        """What the model writes, or wrote."""
        said = "\n".join(f"{message.role}: {message.content}" for message in messages)
        key = hashlib.sha256(f"{self.name} {most} {said}".encode()).hexdigest()
        if key not in self._written:
            self._written[key] = "".join(self._model.stream(messages, most))
            with self._path.open("a", encoding="utf-8") as file:
                file.write(json.dumps({"asked": key, "written": self._written[key]}, ensure_ascii=False) + "\n")
        yield from self._written[key]


@dataclass(frozen=True, slots=True)
class Bench:
    """What the parts are measured with."""

    settings: Settings
    encoder: Encoder
    reader: PackReader
    model: LanguageModel
    work: Path

    @property
    def verifier(self) -> Verifier:
        return Verifier(self.reader)

    def ways(self, answer: Answer) -> dict[str, tuple[Answer, int]]:
        """The extractive answer as each way makes it, and how many markers in it lead nowhere."""
        *_, verified = Writer(self.model, self.verifier, budget=self.settings.llm_budget, seconds=600).write(answer)
        return {"none": (answer, 0), "unverified": self.unverified(answer), "verified": (verified, 0)}

    def unverified(self, answer: Answer) -> tuple[Answer, int]:
        """What the model writes of the passages found, taken at its word; it alone says whether they answer."""
        cited = [citation for statement in answer.statements for citation in statement.citations]
        most = min(MOST_WRITTEN, self.settings.llm_budget // 4)
        hits = answer.hits[: self.model.passages]
        asked = prompt(answer.question, hits, cited, self.model.count, self.settings.llm_budget - most)
        said: dict[str, Statement] = {}
        nowhere = 0
        for sentence in statements(self.model.stream(asked.messages, most)):
            named = [asked.hits[number - 1] for number in sentence.numbers if 1 <= number <= len(asked.hits)]
            nowhere += len(sentence.numbers) - len(named)
            said.setdefault(sentence.text, Statement(sentence.text, tuple(_whole(hit, asked.hits) for hit in named)))
        declined = not said or any(NOTHING in text for text in said)
        made = () if declined else tuple(said.values())
        return replace(answer, statements=made, refused=declined, short="", nearest=(), conflicts=()), nowhere


def _whole(hit: Hit, hits: Sequence[Hit]) -> Citation:
    return Citation(hits.index(hit) + 1, hit.document, hit.passage, 0, len(hit.passage.text))


@dataclass(frozen=True, slots=True)
class Asked:
    """A question with its extractive answer; `key` names it, `group` is what it is told apart by."""

    part: str
    key: str
    group: str
    row: Mapping[str, Any]
    answer: Answer


def main() -> None:
    """Measure the parts one after the other, or label."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--work", type=Path, required=True, help="a folder outside the repository")
    parser.add_argument("--parts", nargs="+", choices=PARTS, default=list(PARTS))
    parser.add_argument("--label", action="store_true", help="print statements that nobody has judged, with what they cite")
    options = parser.parse_args()
    options.work.mkdir(parents=True, exist_ok=True)
    if options.label:
        _print_unlabelled(options.work)
        return
    settings = Settings.load()
    settings = settings if settings.llm_url or settings.llm_model else replace(settings, llm_model=LOCAL)
    model = open_language_model(settings)
    assert model is not None
    encoder = open_encoder(settings.model, settings.cache, threads=settings.threads)
    bench = Bench(
        settings, encoder, PackReader(threads=settings.threads), Remembering(model, options.work / "written.remembered"), options.work
    )
    for name in options.parts:
        section = f"## {name}\n\n" + "\n".join(PARTS[name](bench))
        keep_part("writers", f"{__doc__.split(':')[0]}; the model is {model.name}.", PARTS, name, section)
    model.close()


def _measured(bench: Bench, part: str, asked: Iterable[Asked]) -> list[tuple[Asked, dict[str, tuple[Answer, int]]]]:
    """Each question with its answers by way; all of them are kept in the work folder."""
    found = []
    with (bench.work / f"{part}.jsonl").open("w", encoding="utf-8") as file:
        for one in asked:
            began = time.monotonic()
            ways = bench.ways(one.answer)
            found.append((one, ways))
            for way, (answer, nowhere) in ways.items():
                file.write(json.dumps(_kept(one, way, answer, nowhere), ensure_ascii=False) + "\n")
            if len(found) % 20 == 0:
                file.flush()
                print(f"{part}: {len(found)}, the last in {time.monotonic() - began:.1f} s", flush=True)
    return found


def _kept(one: Asked, way: str, answer: Answer, nowhere: int) -> dict[str, Any]:
    listed = [{"text": s.text, "cited": [_kept_citation(citation) for citation in s.citations]} for s in answer.statements]
    return {
        "part": one.part,
        "key": one.key,
        "way": way,
        "question": answer.question,
        "refused": answer.refused,
        "writer": answer.writer,
        "note": answer.note,
        "nowhere": nowhere,
        "statements": listed,
    }


def _kept_citation(citation: Citation) -> dict[str, str]:
    document, passage = citation.document, citation.passage
    return {
        "title": document.title,
        "byline": document.byline,
        "section": document.section,
        "date": document.date,
        "heading": passage.heading,
        "text": passage.text,
        "quote": citation.quote,
    }


def _cited(kept: Mapping[str, str]) -> Hit:
    """The passage of a kept citation as it was found."""
    text = kept["text"]
    document = Document("", "", kept["title"], text, kept["byline"], section=kept["section"], date=kept["date"])
    return Hit(Passage("", "", 1, kept["heading"], text, 0, len(text), (1, 1)), document, 1.0, 1)


def page(bench: Bench) -> Iterator[str]:
    """The newspaper page's questions."""
    folder = bench.work / "page-index"
    gold = shared() / "gold"
    if not folder.exists():
        ingest([gold / "page.txt"], folder)
    questions = json.loads((gold / "page_questions.json").read_text(encoding="utf-8"))
    paragraphs = page_questions.paragraph_ids(gold / "page_gold.json")
    with Assistant(bench.settings, _opened(bench, folder), bench.encoder, bench.reader) as assistant:
        asked = [Asked("page", one["id"], one["type"], one, assistant.answer(one["q"])) for one in questions]
    found = _measured(bench, "page", asked)
    yield "The newspaper page's 55 questions (benchmarks.page_questions)."
    yield ""
    yield "| way | right, of 40 answerable | refused, of 15 unanswerable | refused, of 40 answerable | seconds added |"
    yield "|---|---|---|---|---|"
    for way in WAYS:
        verdicts = [(one.row["answerable"], page_questions.verdict(one.row, ways[way][0], paragraphs)) for one, ways in found]
        counts = Counter(verdicts)
        yield f"| {way} | {counts[True, 'right']} | {counts[False, 'right']} | {counts[True, 'refused']} | {_seconds(found, way)} |"
    yield from _of_citations(bench, found)


def cmrc(bench: Bench) -> Iterator[str]:
    """CMRC's trial questions over the pooled passages."""
    corpus, questions = COLLECTIONS["cmrc"]()
    answers = {row["id"]: row["answers"] for row in rows(shared() / "data" / "cmrc_trial" / "queries.jsonl")}
    chosen = random.Random(SEED).sample([row for row in questions if row["question"].strip()], OF_CMRC)
    with index("cmrc", corpus, bench.encoder, bench.work) as store, _asking(bench, store) as assistant:
        asked = [Asked("cmrc", row["id"], "", row, assistant.answer(row["question"])) for row in chosen]
    found = _measured(bench, "cmrc", asked)
    yield f"{OF_CMRC} questions of cmrc_trial over the {len(corpus):,} pooled passages: is the answer in what is said, as printed; and is"
    yield f"{NEARLY} of its characters there in their order (出生于 for 生于)."
    yield ""
    yield "| way | contained | but for a few letters | refused |"
    yield "|---|---|---|---|"
    for way in WAYS:
        said = [(_said(ways[way][0]), answers[one.key], ways[way][0].refused) for one, ways in found]
        contained = statistics.mean(any(plain(a) in plain(text) for a in right) for text, right, _ in said)
        nearly = statistics.mean(any(_in_order(plain(a), plain(text)) >= NEARLY for a in right) for text, right, _ in said)
        yield f"| {way} | {contained:.3f} | {nearly:.3f} | {statistics.mean(refused for *_, refused in said):.3f} |"
    yield from _of_citations(bench, found)


def _in_order(answer: str, said: str) -> float:
    """The share of an answer's characters that stand in what is said, in their order."""
    blocks = difflib.SequenceMatcher(None, answer, said, autojunk=False).get_matching_blocks()
    return sum(block.size for block in blocks) / len(answer) if answer else 1.0


def rgb(bench: Bench) -> Iterator[str]:
    """RGB's development half, over a few passages of which a share is noise."""
    data = shared() / "data" / "rgb_dev"
    corpus = {row["id"]: row for row in rows(data / "corpus.jsonl")}
    half = [row for number, row in enumerate(rows(data / "queries.jsonl")) if number % 2 == 0]
    chosen = random.Random(SEED)
    asked: list[Asked] = []
    for row in chosen.sample(half, OF_RGB):
        gold = list(dict.fromkeys(row["gold"]))
        negatives = [one for one in dict.fromkeys(row["negatives"]) if one not in gold]
        made: dict[str, Entry] = {}
        for share in NOISE:
            count = min(round(share * AMONG), len(negatives))
            store = MemoryStore(bench.encoder.dimension)
            for one in chosen.sample(gold, min(AMONG - count, len(gold))) + chosen.sample(negatives, count):
                made[one] = made.get(one) or entry(corpus[one], bench.encoder)
                store.replace(one, [made[one]])
            answer = _asking(bench, store).answer(row["question"])
            asked.append(Asked("rgb", f"{row['id']}-{share:g}", f"{share:g}", row, answer))
    found = _measured(bench, "rgb", asked)
    yield f"{OF_RGB} questions of rgb_dev's development half (its even ones), each over {AMONG} passages; right when all required is said."
    yield ""
    yield "| way | " + " | ".join(f"noise {share:g}" for share in NOISE[:-1]) + " | all noise: refused |"
    yield "|---|" + "---|" * len(NOISE)
    for way in WAYS:
        cells = []
        for share in NOISE:
            of_it = [(ways[way][0], one.row["answers"]) for one, ways in found if one.group == f"{share:g}"]
            right = [answer.refused if share == 1 else contains(_said(answer), answers) for answer, answers in of_it]
            cells.append(f"{statistics.mean(right):.3f}")
        yield f"| {way} | " + " | ".join(cells) + " |"
    yield from _of_citations(bench, found)


def dragonball(bench: Bench) -> Iterator[str]:
    """DragonBall's questions on company reports: keypoints found, references cited, unanswerable ones refused."""
    data = shared() / "data" / "dragonball_finance"
    by_type: dict[str, list[dict[str, Any]]] = {}
    for row in rows(data / "queries.jsonl"):
        by_type.setdefault(row["type"], []).append(row)
    chosen = random.Random(SEED)
    picked = [row for listed in by_type.values() for row in chosen.sample(listed, OF_TYPE)]
    folder = bench.work / "dragonball-index"
    if not folder.exists():
        ingest([data / "corpus.jsonl"], folder)
    with Assistant(bench.settings, _opened(bench, folder), bench.encoder, bench.reader) as assistant:
        asked = [Asked("dragonball", row["id"], row["type"], row, assistant.answer(row["question"])) for row in picked]
    found = _measured(bench, "dragonball", asked)
    yield f"{len(picked)} questions of dragonball_finance, {OF_TYPE} of each type, over the 39 reports. A keypoint is found when a"
    yield f"statement has {FOUND} of it in F1; a reference is cited when a cited passage holds it."
    yield ""
    yield "| way | keypoints found | references cited | unanswerable refused | answerable refused |"
    yield "|---|---|---|---|---|"
    for way in WAYS:
        answerable = [(one, ways[way][0]) for one, ways in found if one.row["answerable"]]
        refused = [ways[way][0].refused for one, ways in found if not one.row["answerable"]]
        points = [value for one, answer in answerable for value in _keypoints(one.row["keypoints"], answer)]
        references = [value for one, answer in answerable for value in _references(one.row["references"], answer)]
        yield (
            f"| {way} | {statistics.mean(points):.3f} | {statistics.mean(references):.3f} | {statistics.mean(refused):.3f} | "
            f"{statistics.mean(answer.refused for _, answer in answerable):.3f} |"
        )
    yield ""
    yield "| keypoints found, by type | " + " | ".join(WAYS) + " |"
    yield "|---|" + "---|" * len(WAYS)
    for kind in by_type:
        if any(one.group == kind and one.row["answerable"] for one, _ in found):
            cells = [
                statistics.mean(
                    value for one, ways in found if one.group == kind for value in _keypoints(one.row["keypoints"], ways[way][0])
                )
                for way in WAYS
            ]
            yield f"| {kind} | " + " | ".join(f"{cell:.3f}" for cell in cells) + " |"
    yield from _of_citations(bench, found)


def _keypoints(keypoints: Sequence[str], answer: Answer) -> list[bool]:
    return [any(overlap(s.text, [point]) >= FOUND for s in answer.statements) for point in keypoints]


def _references(references: Sequence[str], answer: Answer) -> list[bool]:
    cited = [plain(citation.passage.text) for statement in answer.statements for citation in statement.citations]
    return [any(plain(reference) in passage for passage in cited) for reference in references]


def _of_citations(bench: Bench, found: Sequence[tuple[Asked, dict[str, tuple[Answer, int]]]]) -> Iterator[str]:
    """ALCE's two figures with the verifier's verdict as entailment, and how long citations are."""
    yield ""
    yield "| way | ALCE citation recall | ALCE citation precision | sentences | characters a citation | answers written by the model |"
    yield "|---|---|---|---|---|---|"
    for way in WAYS:
        carried: list[bool] = []
        needed: list[bool] = []
        long: list[int] = []
        for _, ways in found:
            answer, nowhere = ways[way]
            carries = _carrying(bench.verifier, answer)
            carried += citations.recall(answer, carries)
            needed += citations.precision(answer, carries, nowhere)
            long += citations.lengths(answer)
        written = sum(ways[way][0].writer != "extractive" or way == "unverified" for _, ways in found if ways[way][0].statements)
        cells = [f"{statistics.mean(values):.3f}" if values else "–" for values in (carried, needed)]
        yield f"| {way} | {' | '.join(cells)} | {len(carried)} | {statistics.mean(long) if long else 0:.0f} | {written} |"


def _carrying(verifier: Verifier, answer: Answer) -> citations.Carries:
    known: dict[tuple[str, tuple[int, ...]], bool] = {}

    def carries(text: str, cited: Sequence[Citation]) -> bool:
        key = (text, tuple(id(citation) for citation in cited))
        if key not in known:
            if citations.is_computed(text):
                known[key] = citations.is_right(text, [citation.quote for citation in cited])
            else:
                known[key] = verifier.verify(text, [Hit(c.passage, c.document, 1.0, 1) for c in cited], answer.question).faultless
        return known[key]

    return carries


def _seconds(found: Sequence[tuple[Asked, dict[str, tuple[Answer, int]]]], way: str) -> str:
    spent = [ways[way][0].seconds.get("write", 0.0) for _, ways in found]
    return f"{statistics.mean(spent):.1f}" if any(spent) else "–"


def _said(answer: Answer) -> str:
    return "".join(statement.text for statement in answer.statements)


def _asking(bench: Bench, store: Any) -> Assistant:
    return Assistant(bench.settings, store, bench.encoder, bench.reader)


def _opened(bench: Bench, folder: Path) -> Any:
    return open_store(folder, model=bench.encoder.name, dimension=bench.encoder.dimension)


def fingerprint(text: str) -> str:
    """What a labelled statement is known by."""
    return hashlib.sha256(plain(text).encode()).hexdigest()[:16]


def labels(bench: Bench) -> Iterator[str]:
    """What was judged by hand: how often the verifier agrees, and how much of what was shown is not carried."""
    judged = {(row["part"], row["key"], row["statement"]): row["carried"] for row in rows(LABELS)}
    counts: Counter[tuple[bool, bool, bool]] = Counter()
    for row, statement in _of_model(bench.work).values():
        carried = judged.get((row["part"], row["key"], fingerprint(statement["text"])))
        if carried is not None:
            cited = [_cited(kept) for kept in statement["cited"]]
            counts[row["way"] == "verified", carried, bench.verifier.verify(statement["text"], cited, row["question"]).passes] += 1
    yield f"{sum(counts.values())} statements in words of the model judged by hand by what they cite (benchmarks/labels.jsonl);"
    yield "of those not shown most were, before the verifier wanted that a statement follows what it cites."
    yield ""
    yield "| statements | judged | carried by what they cite | verifier agrees |"
    yield "|---|---|---|---|"
    for shown, name in ((True, "shown, verified"), (False, "not shown")):
        of_it = {key[1:]: count for key, count in counts.items() if key[0] is shown}
        total = max(1, sum(of_it.values()))
        carried = sum(count for (right, _), count in of_it.items() if right)
        agreed = sum(count for (right, passes), count in of_it.items() if right is passes)
        yield f"| {name} | {sum(of_it.values())} | {carried} ({carried / total:.1%}) | {agreed} ({agreed / total:.1%}) |"


def _print_unlabelled(work: Path, count: int = 100) -> None:
    known = {(row["part"], row["key"], row["statement"]) for row in rows(LABELS)} if LABELS.exists() else set()
    for row, statement in drawn(work, count):
        key = (row["part"], row["key"], fingerprint(statement["text"]))
        if key not in known:
            print(f"{row['part']}\t{row['key']}\t{key[2]}\t{row['way']}\n  问：{row['question']}\n  说：{statement['text']}")
            for cited in statement["cited"]:
                print(f"  据：《{cited['title']}》{cited['text'][:400]}")


def drawn(work: Path, count: int) -> list[tuple[dict[str, Any], dict[str, Any]]]:
    """Statements of the model's own that cite something, by chance: half of them not shown, if there are so many, the others shown."""
    found = _of_model(work)
    chosen = random.Random(SEED)
    mine = [key for key, (row, _) in sorted(found.items(), key=lambda pair: pair[0]) if row["way"] == "verified"]
    theirs = [key for key in sorted(found) if key not in set(mine)]
    theirs = chosen.sample(theirs, min(count // 2, len(theirs)))
    return [found[key] for key in (*chosen.sample(mine, min(count - len(theirs), len(mine))), *theirs)]


def _of_model(work: Path) -> dict[tuple[str, str, str], tuple[dict[str, Any], dict[str, Any]]]:
    """The rows and statements, by part, question and fingerprint, of which no cited passage has the words as they are."""
    found: dict[tuple[str, str, str], tuple[dict[str, Any], dict[str, Any]]] = {}
    for path in sorted(work.glob("*.jsonl")):
        for row in rows(path):
            for statement in row["statements"]:
                verbatim = any(plain(statement["text"]) in plain(cited["text"]) for cited in statement["cited"])
                if not statement["cited"] or verbatim or citations.is_computed(statement["text"]) or row["way"] == "none":
                    continue
                key = (row["part"], row["key"], fingerprint(statement["text"]))
                if key not in found or row["way"] == "verified":
                    found[key] = (row, statement)
    return found


PARTS: Mapping[str, Callable[[Bench], Iterable[str]]] = {
    "page": page,
    "cmrc": cmrc,
    "rgb": rgb,
    "dragonball": dragonball,
    "labels": labels,
}
"""What is measured, by name."""

if __name__ == "__main__":
    main()
