"""Measures search and answers on a test set: `python -m rag.evaluate DATASET`; knows what is measured, not how a score is computed."""

import argparse
import json
import random
import shlex
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rag.console import Bar, positive, run
from rag.errors import RagError
from rag.ingest import Progress, ingest, no_progress
from rag.records import Answer, Hit, Where
from rag.scoring import (
    DEPTH,
    RANKING,
    cited_documents,
    cited_texts,
    contains,
    exact,
    load_ir_measures,
    mean,
    overlap,
    percentile,
    ranking,
    refusals,
    required,
)
from rag.settings import Settings
from rag.testset import GoldQuestion, read

if TYPE_CHECKING:
    from rag.assistant import Assistant

ASKING = "asking"

PERCENTS = (50, 95, 99)

_PASSAGES = 30
"""How many passages are searched for: several may be of one document, and DEPTH documents are wanted."""


@dataclass(frozen=True, slots=True)
class _Outcome:
    """What came of a question: the documents found, best first, and the answer, if it was asked for; seconds of each."""

    question: GoldQuestion
    documents: tuple[str, ...]
    search_seconds: float
    answer: Answer | None = None
    answer_seconds: float = 0.0


def evaluate(
    folder: Path,
    index: Path | None = None,
    on_progress: Progress | None = None,
    *,
    questions: int | None = None,
    search_only: bool = False,
) -> dict[str, Any]:
    """Ask the questions of the test set in `folder`, or a fixed sample of `questions` of them, and score what comes back.

    `folder` is as rag.testset has it. Its corpus is read into `index`, which is kept, or into a temporary one. The result is what
    `--json` prints; a figure is None where no question bears on it, and a count of questions goes with each.

    - search: over the questions that have gold and are not unanswerable, all of them asked of the whole corpus. A document ranks
      where the first of its passages does, one that reads the same right after it; those of the 30 best passages count.
    - answers: over the questions that have answers and are not unanswerable; a question with a context is asked of that document
      alone. A refusal scores 0. EM and F1 judge the short answer or, where none was singled out, the statements; questions that
      require several things at once have neither. "contained" is the share of answers whose statements name what is required.
    - refusal: over the questions that say whether they are answerable.
    - citations: the mean over the answered questions that are not unanswerable and have references, or else gold. Against references,
      a citation is right whose passage contains one or whose quote stands in one; against gold, documents are counted. A question
      that is asked of one document cannot cite another, so its gold is not counted.
    - seconds: what a search for 30 passages and a whole answer took, in a process that has searched and answered before.

    Raises RagError for a folder or a line that is no such thing, and the errors of the index and the model.
    """
    load_ir_measures()  # before the corpus is read, which may take long
    report = on_progress or no_progress
    whole = read(folder)
    asked = whole
    if questions is not None and questions < len(whole):
        asked = [whole[place] for place in sorted(random.Random(0).sample(range(len(whole)), questions))]
    with ExitStack() as stack:
        settings = Settings.load(index=index or Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="wenju-evaluate-"))))
        _refuse_other_documents(settings.index, folder)
        collection = ingest([folder / "corpus.jsonl"], on_progress=report, settings=settings)
        if collection.failed:
            raise RagError(collection.failed[0][1])
        from rag.assistant import Assistant

        assistant = stack.enter_context(Assistant.open(settings.index, on_progress=report))
        outcomes = list(_asked(assistant, asked, report, search_only=search_only))
    about = {"dataset": folder.resolve().name, "model": settings.model, "documents": collection.documents, "passages": collection.passages}
    return about | {"questions": {"asked": len(asked), "of": len(whole)}} | _figures(outcomes)


def _asked(assistant: "Assistant", questions: Sequence[GoldQuestion], report: Progress, *, search_only: bool) -> Iterator[_Outcome]:
    # Dictionaries and caches load with the first question; what is timed comes after.
    assistant.search(questions[0].text, limit=_PASSAGES)
    if not search_only:
        _answer(assistant, questions[0])
    for done, question in enumerate(questions):
        report(ASKING, done, len(questions))
        started = time.perf_counter()
        hits = assistant.search(question.text, limit=_PASSAGES)
        searched = time.perf_counter()
        documents = _documents(hits)
        if search_only:
            yield _Outcome(question, documents, searched - started)
        else:
            answer = _answer(assistant, question)
            yield _Outcome(question, documents, searched - started, answer, time.perf_counter() - searched)
    report(ASKING, len(questions), len(questions))


def _documents(hits: Sequence[Hit]) -> tuple[str, ...]:
    """The documents of the hits, at most DEPTH; those of a hit's copies follow its own."""
    passages = (passage for hit in hits for passage in (hit.passage, *hit.copies))
    return tuple(dict.fromkeys(passage.document_id for passage in passages))[:DEPTH]


def _answer(assistant: "Assistant", question: GoldQuestion) -> Answer:
    return assistant.answer(question.text, where=Where(document=question.context))


def _figures(outcomes: Sequence[_Outcome]) -> dict[str, Any]:
    answered = [(o.question, o.answer) for o in outcomes if o.answer]
    judged = [(q.answerable, a.refused) for q, a in answered if q.answerable is not None]
    answerable = [(q, a) for q, a in answered if q.answerable is not False]
    to_find = {o.question.id: o.question.gold for o in outcomes if o.question.gold and o.question.answerable is not False}
    said = [(q, a) for q, a in answerable if q.answers]
    short = [(a.short or _text(a), required(q.answers)[0]) for q, a in said if len(required(q.answers)) == 1]
    cited = [score for q, a in answerable if not a.refused and (score := _citations(q, a))]
    refused = refusals(judged)
    return {
        "search": {"questions": len(to_find)} | ranking(to_find, {o.question.id: o.documents for o in outcomes}),
        "answers": {
            "questions": len(said),
            "EM": mean(exact(text, alternatives) for text, alternatives in short),
            "F1": mean(overlap(text, alternatives) for text, alternatives in short),
            "contained": mean(contains(_text(a), q.answers) for q, a in said),
            "EM_F1_questions": len(short),
        },
        "refusal": {
            "answerable": sum(answerable for answerable, _ in judged),
            "unanswerable": sum(not answerable for answerable, _ in judged),
            "refused": sum(refused for _, refused in judged),
            "precision": refused["precision"],
            "recall": refused["recall"],
            "false_refusals": refused["false"],
        },
        "citations": {
            "questions": len(cited),
            "precision": mean(precision for precision, _ in cited),
            "recall": mean(recall for _, recall in cited),
        },
        "seconds": {
            "search": _percentiles([o.search_seconds for o in outcomes]),
            "answer": _percentiles([o.answer_seconds for o in outcomes if o.answer]),
        },
    }


def _text(answer: Answer) -> str:
    """What the answer says, without the markers: a [1] is no figure. "" of a refusal."""
    return "".join(statement.text for statement in answer.statements)


def _citations(question: GoldQuestion, answer: Answer) -> tuple[float, float] | None:
    """Citation precision and recall of an answer that is no refusal; None where there is nothing to hold its citations against."""
    if question.references:
        return cited_texts([(c.quote, c.passage.text) for c in answer.citations], question.references)
    if question.gold and not question.context:
        return cited_documents([c.document.id for c in answer.citations], question.gold)
    return None


def _percentiles(seconds: Sequence[float]) -> dict[str, float | None]:
    return {f"p{percent}": percentile(seconds, percent) for percent in PERCENTS}


def _refuse_other_documents(index: Path, folder: Path) -> None:
    """RagError where an index holds anything else: it is the user's own, and the figures would be those of another collection."""
    if not (index / "catalogue.sqlite").exists():
        return
    from rag.storage import open_store

    with open_store(index) as store:
        others = sorted(store.sources().keys() - {(folder / "corpus.jsonl").resolve().as_posix()})
    if others:
        another = shlex.quote(f"{index}-{folder.resolve().name}")
        raise RagError(
            f"{index} holds {others[0]}, which is not of this test set; choose another index: "
            f"python -m rag.evaluate {shlex.quote(str(folder))} --index {another}"
        )


def main(arguments: Sequence[str] | None = None) -> int:
    """The command line; returns 0 when the test set was measured, 2 after an error (one line on stderr)."""
    parser = argparse.ArgumentParser(
        prog="python -m rag.evaluate",
        description="Measure search, answers, refusals, citations and their speed on a test set (corpus.jsonl and queries.jsonl).",
        epilog="exit codes: 0 measured, 2 error",
    )
    parser.add_argument("dataset", type=Path, metavar="DATASET", help="the folder that holds corpus.jsonl and queries.jsonl")
    parser.add_argument("--index", type=Path, metavar="DIR", help="read the corpus into this index and keep it (default: a temporary one)")
    parser.add_argument("--questions", type=positive, metavar="N", help="ask so many of the questions, the same ones every time")
    parser.add_argument("--search-only", action="store_true", help="measure search, and ask for no answers")
    parser.add_argument("--json", action="store_true", help="print the figures as JSON")
    options = parser.parse_args(arguments)
    return run(lambda: _evaluate(options))


def _evaluate(options: argparse.Namespace) -> int:
    with Bar() as bar:
        figures = evaluate(options.dataset, options.index, bar, questions=options.questions, search_only=options.search_only)
    print(json.dumps(_rounded(figures), ensure_ascii=False) if options.json else _as_text(figures))
    return 0


def _rounded(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _rounded(one) for name, one in value.items()}
    return round(value, 4) if isinstance(value, float) else value


def _as_text(figures: dict[str, Any]) -> str:
    search, answers, refusal, citations, seconds = (figures[name] for name in ("search", "answers", "refusal", "citations", "seconds"))
    asked = figures["questions"]
    rows = [
        *((name, search[name], search["questions"]) for name in RANKING),
        *((name, answers[name], answers["EM_F1_questions"]) for name in ("EM", "F1")),
        ("contained", answers["contained"], answers["questions"]),
        ("refusal precision", refusal["precision"], refusal["refused"]),
        ("refusal recall", refusal["recall"], refusal["unanswerable"]),
        ("false refusals", refusal["false_refusals"], refusal["answerable"]),
        ("citation precision", citations["precision"], citations["questions"]),
        ("citation recall", citations["recall"], citations["questions"]),
    ]
    return "\n".join(
        [
            f"{figures['dataset']}: {asked['asked']} of {asked['of']} questions, {figures['documents']} documents, "
            f"{figures['passages']} passages, {figures['model']}",
            "",
            f"{'':<20}{'value':>8}{'questions':>11}",
            *(f"{name:<20}{_shown(value):>8}{count:>11}" for name, value, count in rows),
            "",
            f"{'seconds':<20}" + "".join(f"{f'p{percent}':>8}" for percent in PERCENTS),
            *(f"{name:<20}" + "".join(f"{_shown(value):>8}" for value in times.values()) for name, times in seconds.items()),
        ]
    )


def _shown(value: float | None) -> str:
    return "–" if value is None else f"{value:.3f}"


if __name__ == "__main__":
    sys.exit(main())
