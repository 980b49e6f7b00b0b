"""How many questions on one real newspaper page are answered, cited and refused as they should be: python -m benchmarks.page_questions."""

import json
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from benchmarks.shared import keep, shared
from rag.assistant import Assistant
from rag.ingest import ingest
from rag.models import open_encoder
from rag.models.reader import PackReader
from rag.records import Answer
from rag.scoring import plain
from rag.settings import Settings
from rag.storage import open_store

LONG_TYPES = frozenset({"why", "how", "list", "multi", "compare", "compare_multi_paragraph"})
"""Types of question whose answers may be 260 characters long; the others 130 (../shared/README.md)."""


def main() -> None:
    """Ask, print and keep the table."""
    keep("page_questions", _table(*asked()))


def asked(reader: PackReader | None = None) -> tuple[list[dict[str, Any]], list[Answer], list[str]]:
    """The page's questions, each with what a new index of the page answers and what is to be said of that; with another `reader`."""
    settings = Settings.load()
    encoder = open_encoder(settings.model, settings.cache, threads=settings.threads)
    reader = reader or PackReader(threads=settings.threads)
    gold = shared() / "gold"
    questions: list[dict[str, Any]] = json.loads((gold / "page_questions.json").read_text(encoding="utf-8"))
    with tempfile.TemporaryDirectory() as folder:
        ingest([gold / "page.txt"], folder)
        store = open_store(Path(folder), model=encoder.name, dimension=encoder.dimension)
        with Assistant(settings, store, encoder, reader) as assistant:
            answers = [assistant.answer(question["q"]) for question in questions]
    paragraphs = paragraph_ids(gold / "page_gold.json")
    verdicts = [verdict(question, answer, paragraphs) for question, answer in zip(questions, answers, strict=True)]
    return questions, answers, verdicts


def paragraph_ids(path: Path) -> dict[str, str]:
    """The gold ids of the paragraphs, by their text."""
    articles = json.loads(path.read_text(encoding="utf-8"))["articles"]
    return {plain(paragraph["text"]): paragraph["id"] for article in articles for paragraph in article["paragraphs"]}


def verdict(question: Mapping[str, Any], answer: Answer, paragraphs: Mapping[str, str]) -> str:
    """ "right", or what is wrong with the answer."""
    if not question["answerable"]:
        return "right" if answer.refused else "answered"
    if answer.refused:
        return "refused"
    text = "".join(statement.text for statement in answer.statements)
    if len(text) > (260 if question["type"] in LONG_TYPES else 130):
        return "too long"
    if not all(any(plain(alternative) in plain(text) for alternative in group) for group in question["answer_groups"]):
        return "not in the answer"
    cited = {paragraphs.get(plain(citation.passage.text)) for citation in answer.citations}
    gold = set(question["gold_paragraphs"])
    return "right" if (gold <= cited if question["match"] == "all" else gold & cited) else "not cited"


def _table(questions: list[dict[str, Any]], answers: list[Answer], verdicts: list[str]) -> str:
    answerable = [v for q, v in zip(questions, verdicts, strict=True) if q["answerable"]]
    unanswerable = [v for q, v in zip(questions, verdicts, strict=True) if not q["answerable"]]
    seconds = sorted(answer.seconds["total"] for answer in answers)
    lines = [
        "| questions | right | share | asked for |",
        "|---|---|---|---|",
        _row("answerable: answered and cited", answerable, "right", "92 %"),
        _row("unanswerable: refused", unanswerable, "right", "80 %"),
        _row("answerable, but refused", answerable, "refused", "5 %"),
        "",
        f"Seconds an answer, in one warm process: median {seconds[len(seconds) // 2]:.2f}, longest {seconds[-1]:.2f}.",
        "",
        "Not right:",
        "",
        "| question | type | verdict | support |",
        "|---|---|---|---|",
    ]
    for question, answer, verdict in zip(questions, answers, verdicts, strict=True):
        if verdict != "right":
            lines.append(f"| {question['id']} | {question['type']} | {verdict} | {answer.support:.2f} |")
    return "\n".join(lines)


def _row(name: str, verdicts: list[str], verdict: str, asked_for: str) -> str:
    count, share = verdicts.count(verdict), verdicts.count(verdict) / len(verdicts)
    return f"| {name} | {count} of {len(verdicts)} | {share:.1%} | {asked_for} |"


if __name__ == "__main__":
    main()
