"""How well passages that contradict each other are told from those that only look so: python -m benchmarks.conflict_pairs.

A pair is two articles of our own and a question (benchmarks/conflicts/pairs.jsonl), of which each is made for several names and
figures. The pairs of the part "development" were in view while rag/answers/agreement.py was written; those of "test" were not.
"""

import json
import random
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.shared import ROOT, keep, rows
from rag.assistant import Assistant
from rag.ingest import ingest
from rag.records import Answer
from rag.scoring import plain

PAIRS = ROOT / "benchmarks" / "conflicts" / "pairs.jsonl"
"""Each with its part and kind, whether it is a conflict, the question, the articles a and b (date, title, text), and the values."""

PARTS = ("development", "test")
NAMES = "松岭 荷塘 云溪 石浦 青坪 柳河 丹霞 白鹤 金沙 玉泉 梅岭 沙河".split()
MADE = 6
"""How often each pair is made."""

SEED = 7


@dataclass(frozen=True, slots=True)
class Pair:
    """A pair with a name and figures in the place of what stood for them."""

    part: str
    kind: str
    conflict: bool
    question: str
    articles: tuple[tuple[str, str, str], ...]
    values: tuple[str, ...]


def main() -> None:
    """Read the articles in, ask, print and keep the table."""
    made = list(pairs())
    lines: list[str] = []
    answers: dict[int, Answer] = {}
    for part in PARTS:
        with tempfile.TemporaryDirectory() as folder:
            chosen = [(number, pair) for number, pair in enumerate(made) if pair.part == part]
            source = Path(folder) / "articles.jsonl"
            with source.open("w", encoding="utf-8") as file:
                for number, pair in chosen:
                    for place, (day, title, text) in enumerate(pair.articles):
                        entry = {"id": f"{number}-{place}", "title": title, "date": day, "text": text}
                        file.write(json.dumps(entry, ensure_ascii=False) + "\n")
            assert not ingest([source], Path(folder) / "index").failed
            with Assistant.open(Path(folder) / "index") as assistant:
                answers |= {number: assistant.answer(pair.question) for number, pair in chosen}
    for part in PARTS:
        lines += _table(part, [(pair, answers[number]) for number, pair in enumerate(made) if pair.part == part])
    keep("conflict_pairs", "\n".join(lines))


def pairs() -> Iterator[Pair]:
    """Every pair, MADE times, no name twice with the same words."""
    chosen = random.Random(SEED)
    for row in rows(PAIRS):
        for name in chosen.sample(NAMES, MADE):
            x = chosen.randint(21, 79)
            y = x + chosen.randint(5, 18)
            d = chosen.randint(11, 19)
            filled = {"n": name, "x": x, "y": y, "z": chosen.randint(1, 9), "q": x + 1, "d": d, "e": d + chosen.randint(2, 9)}
            articles = tuple((row[one][0], row[one][1].format(**filled), row[one][2].format(**filled)) for one in ("a", "b"))
            values = tuple(value.format(**filled) for value in row["values"])
            yield Pair(row["part"], row["kind"], row["conflict"], row["question"].format(**filled), articles, values)


def shown(pair: Pair, answer: Answer) -> bool:
    """Whether the answer shows the two values as a conflict; any conflict, where the values are the same."""
    told = plain("".join(answer.conflicts))
    return bool(told) and all(plain(value) in told for value in pair.values)


def _table(part: str, asked: Sequence[tuple[Pair, Answer]]) -> Iterator[str]:
    told = [(pair, answer, bool(answer.conflicts)) for pair, answer in asked]
    hits = sum(pair.conflict and shown(pair, answer) for pair, answer, _ in told)
    said, there = sum(was for *_, was in told), sum(pair.conflict for pair, *_ in told)
    yield f"## {part}"
    yield ""
    yield "| figure | value | asked for |"
    yield "|---|---|---|"
    yield f"| precision: conflicts shown that are some | {hits / max(1, said):.3f} ({hits} of {said}) | .95 |"
    yield f"| recall: conflicts that are shown | {hits / there:.3f} ({hits} of {there}) | .95 |"
    yield f"| questions refused | {sum(answer.refused for _, answer, _ in told)} of {len(told)} | – |"
    yield ""
    yield "| kind | conflict | pairs | right | refused |"
    yield "|---|---|---|---|---|"
    for kind, conflict in dict.fromkeys((pair.kind, pair.conflict) for pair, *_ in told):
        of_it: list[tuple[Pair, Answer, bool]] = [one for one in told if (one[0].kind, one[0].conflict) == (kind, conflict)]
        right = sum(shown(pair, answer) if conflict else not was for pair, answer, was in of_it)
        refused = sum(answer.refused for _, answer, _ in of_it)
        yield f"| {kind} | {'yes' if conflict else 'no'} | {len(of_it)} | {right} | {refused} |"
    yield ""
    yield "| wrong | question | answer |"
    yield "|---|---|---|"
    seen: set[Mapping[str, Any] | str] = set()
    for pair, answer, was in told:
        if (shown(pair, answer) if pair.conflict else not was) or (key := f"{pair.kind}{pair.question[2:]}") in seen:
            continue
        seen.add(key)
        said_so = (answer.text or answer.reason) + "".join(answer.conflicts)
        yield f"| {'not shown' if pair.conflict else 'shown'} | {pair.question} | {said_so[:160]} |"
    yield ""


if __name__ == "__main__":
    main()
