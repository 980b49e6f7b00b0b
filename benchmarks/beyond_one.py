"""How questions over several facts and documents are answered: python -m benchmarks.beyond_one.

The documents and questions (benchmarks/beyond) are of our own. Those of the part "development" were in view while joint.py, together.py and
overview.py were written; those of the part "test" were written afterwards, and nothing was changed for them.
"""

import tempfile
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from benchmarks.shared import ROOT, keep, rows
from rag.assistant import Assistant
from rag.ingest import ingest
from rag.records import Answer
from rag.scoring import plain

FOLDER = ROOT / "benchmarks" / "beyond"
"""documents.jsonl; and questions.jsonl: what an answer `holds` (any of each group), which documents it `cites`, or that it is `refused`."""

PARTS = ("development", "test")


def main() -> None:
    """Ask, print and keep the table."""
    titles = {row["title"]: row["id"] for row in rows(FOLDER / "documents.jsonl")}
    asked = list(rows(FOLDER / "questions.jsonl"))
    with tempfile.TemporaryDirectory() as folder:
        report = ingest([FOLDER / "documents.jsonl"], Path(folder))
        assert not report.failed
        with Assistant.open(folder) as assistant:
            answers = [assistant.answer(one["question"]) for one in asked]
    verdicts = [verdict(one, answer, titles) for one, answer in zip(asked, answers, strict=True)]
    keep("beyond_one", "\n".join(_table(asked, answers, verdicts)))


def verdict(asked: Mapping[str, Any], answer: Answer, titles: Mapping[str, str]) -> str:
    """ "right", or what is wrong with the answer: every group is in it, every document cited, or it is refused where that is right."""
    if asked["refused"] or answer.refused:
        return "right" if asked["refused"] and answer.refused else "refused" if answer.refused else "answered"
    text = plain(answer.text + answer.reason)
    if not all(any(plain(alternative) in text for alternative in group) for group in asked["holds"]):
        return "not in the answer"
    cited = {titles.get(citation.document.title) for citation in answer.citations}
    return "right" if set(asked["cites"]) <= cited else "not cited"


def _table(asked: Sequence[Mapping[str, Any]], answers: Sequence[Answer], verdicts: Sequence[str]) -> Iterator[str]:
    yield "| kind | " + " | ".join(PARTS) + " |"
    yield "|---|" + "---|" * len(PARTS)
    for kind in (*dict.fromkeys(one["kind"] for one in asked), ""):
        cells = []
        for part in PARTS:
            of_it = [v for one, v in zip(asked, verdicts, strict=True) if one["part"] == part and kind in ("", one["kind"])]
            cells.append(f"{of_it.count('right')} of {len(of_it)}" if of_it else "–")
        yield f"| {kind or 'all'} | " + " | ".join(cells) + " |"
    yield ""
    yield "Not right:"
    yield ""
    yield "| part | kind | question | verdict | answer |"
    yield "|---|---|---|---|---|"
    for one, answer, said in zip(asked, answers, verdicts, strict=True):
        if said != "right":
            yield f"| {one['part']} | {one['kind']} | {one['question']} | {said} | {(answer.text or answer.reason)[:200]} |"


if __name__ == "__main__":
    main()
