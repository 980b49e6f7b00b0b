"""Wires the settings to the parts: opens an index, answers questions from it; what the chat and the command lines talk to."""

import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any

from rag.chinese.scripts import simplified
from rag.chinese.sentences import clauses
from rag.errors import IndexInUse, RagError
from rag.ingest import Progress, ingest, no_progress
from rag.records import EVERYWHERE, Answer, Document, Hit, Holding, Passage, Statement, Turn, Where
from rag.settings import ROOT, Settings, default_index, in_checkout

if TYPE_CHECKING:
    from rag.answers.writing import Writer
    from rag.models.encoder import Encoder
    from rag.models.language import LanguageModel
    from rag.models.reader import PackReader, Reading
    from rag.storage.store import Entry, Store

SETTING_UP = "还没有索引，先用 examples/ 里的示例文档建一个"
"""The step that `on_progress` hears of when the default index is made from examples/."""

_UNFINISHED = ".setting-up"
"""A file that lies in the default index while it is made from examples/: who is killed at that is followed by one who ends it."""

READ_FOR_ANSWER = 8
"""How many of the hits are read."""


class Assistant:
    """Answers questions from one index. Safe to use from several threads; use as a context manager, or `close` it."""

    def __init__(
        self, settings: Settings, store: "Store", encoder: "Encoder", reader: "PackReader", model: "LanguageModel | None" = None
    ) -> None:
        """Put the parts together; `Assistant.open` finds them. A language `model` writes the answers, if there is one."""
        self.settings = settings
        self._store = store
        self._encoder = encoder
        self._reader = reader
        self._model = model
        self._writer = _writer(model, reader, settings) if model else None
        self._shares = False

    @classmethod
    def open(cls, index_dir: str | Path | None = None, *, on_progress: Progress | None = None, **settings: Any) -> "Assistant":
        """Open the index in `index_dir`, or the default one; the other settings are those of rag.settings.Settings.

        The default index of a checkout is built from examples/ where it is missing, and `on_progress` hears of it. Raises
        IndexMissing for any other index that is not there, and the errors of the store and the model.
        """
        chosen = Settings.load(index=Path(index_dir) if index_dir is not None else None, **settings)
        report = on_progress or no_progress
        missing = not (chosen.index / "catalogue.sqlite").exists() or (chosen.index / _UNFINISHED).exists()
        if missing and in_checkout() and chosen.index == default_index():
            _set_up(chosen, report)
        from rag.models import open_encoder, open_language_model
        from rag.models.reader import PackReader
        from rag.storage import open_store

        if not (chosen.index / "catalogue.sqlite").exists():
            open_store(chosen.index).close()  # says what is missing before a model is built in vain
        with ThreadPoolExecutor(2) as pool:  # the other models are loaded beside the encoder
            loading = pool.submit(PackReader, threads=chosen.threads)
            writing = pool.submit(open_language_model, chosen)
            encoder = open_encoder(chosen.model, chosen.cache, threads=chosen.threads, on_progress=report)
            reader, model = loading.result(), writing.result()
        return cls(chosen, open_store(chosen.index, model=encoder.name, dimension=encoder.dimension), encoder, reader, model)

    def beside(self, index_dir: Path) -> "Assistant":
        """Another assistant, over the index in `index_dir`, with the models of this one, which has to be closed last.

        Raises the errors of the store, ModelMismatch among them.
        """
        from rag.storage import open_store

        store = open_store(index_dir, model=self._encoder.name, dimension=self._encoder.dimension)
        other = Assistant(replace(self.settings, index=index_dir), store, self._encoder, self._reader, self._model)
        other._shares = True
        return other

    @property
    def encoder(self) -> "Encoder":
        """The model that embeds questions and passages."""
        return self._encoder

    def search(self, question: str, limit: int | None = None, where: Where = EVERYWHERE) -> list[Hit]:
        """The passages for a question, best first: at most `limit`, by default as many as the settings say; of documents as in `where`.

        The first of them are read, and stand in the order in which they seem to answer: `Hit.parts` has "reading".
        """
        question = _readable(question)
        limit = self.settings.limit if limit is None else limit
        return [hit for hit, _ in self._found(question, limit, where)[:limit]]

    def neighbours(self, passage: Passage, count: int = 1) -> tuple[list[Passage], list[Passage]]:
        """The `count` passages before one in its document, and those after it, each in order; fewer at either end."""
        if count < 1:
            return [], []
        passages = self._passages(passage.document_id)
        place = next((i for i, other in enumerate(passages) if other.id == passage.id), None)
        if place is None:
            return [], []
        return passages[max(0, place - count) : place], passages[place + 1 : place + 1 + count]

    def answer(self, question: str, where: Where = EVERYWHERE, history: Sequence[Turn] = ()) -> Answer:
        """What the documents say to `question`, or a refusal that says why they do not; `seconds` tells where the time went.

        Only documents that meet `where` are asked. `history` are the turns before it, oldest first, their questions whole or as they
        were asked: a follow-up is made whole from them, and `understood` says how; `question` stays what was asked.
        """
        *_, whole = self._states(question, where, history)
        return whole

    def stream(self, question: str, where: Where = EVERYWHERE, history: Sequence[Turn] = ()) -> Iterator[Answer]:
        """The answer as it grows, clause by clause; the last one is whole. A statement bears its citations once it is complete."""
        shown = 0
        answer: Answer | None = None
        for answer in self._states(question, where, history):
            for count in range(shown, len(answer.statements)):
                text = answer.statements[count].text
                before = answer.statements[:count]
                for _, end in clauses(text)[:-1]:
                    yield replace(answer, statements=(*before, Statement(text[:end], ())))
                yield replace(answer, statements=answer.statements[: count + 1])
            shown = max(shown, len(answer.statements))
        assert answer is not None
        yield answer

    def _states(self, question: str, where: Where, history: Sequence[Turn]) -> Iterator[Answer]:
        """The answer, and before it, where a language model writes, as much of it as was written and verified."""
        extractive = self._extractive(question, where, history)
        if self._writer is None:
            yield extractive
            return
        started = time.perf_counter()
        for answer in self._writer.write(extractive):
            spent = time.perf_counter() - started
            seconds = dict(answer.seconds) | {"write": spent, "total": answer.seconds["total"] + spent}
            yield replace(answer, seconds=seconds)

    def _extractive(self, question: str, where: Where, history: Sequence[Turn]) -> Answer:
        """The answer without a language model."""
        from rag.answers import refusal
        from rag.answers.conversation import whole, whole_turns
        from rag.answers.extractive import answer

        question = _readable(question)
        started = time.perf_counter()
        turns = whole_turns([Turn(_readable(turn.question), _readable(turn.answer)) for turn in history])
        asked = whole(question, turns)
        if asked == question and turns and self._model:
            from rag.answers.rewriting import rewritten

            asked = rewritten(question, turns, self._model)
        seconds: dict[str, float] = {}
        hits: list[Hit] = []

        def found(part: str) -> "list[tuple[Hit, Reading]]":
            of_it = self._found(part, self.settings.limit, where, seconds)
            known = {hit.passage.id for hit in hits}
            hits.extend(hit for hit, _ in of_it[: self.settings.limit] if hit.passage.id not in known)
            return [(hit, reading) for hit, reading in of_it if reading is not None]

        written = answer(asked, found, self._weight, self._passages)
        if not hits and written.reason == refusal.NOTHING_STORED and len(self._store):
            written = replace(written, reason=refusal.NOTHING_MEETS)
        total = time.perf_counter() - started
        seconds |= {"answer": total - sum(seconds.values()), "total": total}
        hits.sort(key=lambda hit: -hit.score)
        return replace(
            written,
            question=question,
            understood=asked if asked != question else "",
            hits=tuple(replace(hit, rank=rank) for rank, hit in enumerate(hits, 1)),
            seconds=seconds,
        )

    def documents(self, offset: int = 0, limit: int | None = None) -> list[Document]:
        """The documents of the index from the `offset`-th on, in the order of their sources; at most `limit` of them."""
        return self._store.documents(offset, limit)

    def document_count(self) -> int:
        """How many documents the index has."""
        return self._store.document_count()

    def latest(self, limit: int) -> list[Document]:
        """The documents that were read last, the last one first; at most `limit`."""
        return self._store.latest(limit)

    def holdings(self) -> list[Holding]:
        """What the index holds of each source, in the order of their names."""
        return self._store.holdings()

    def digest(self, source: str) -> str:
        """What told the file of a source from others when it was read; "" where there is no such source."""
        return self._store.sources().get(source, "")

    def entries(self, source: str) -> "tuple[list[Entry], str]":
        """The documents of a source with their passages and vectors, and its file's digest; KeyError when there is no such source."""
        return self._store.entries(source)

    def document(self, document_id: str) -> Document:
        """The document of this id; KeyError when there is none."""
        return self._store.document(document_id)

    def passages(self, document_id: str) -> list[Passage]:
        """The passages of a document, in order; KeyError when there is no such document."""
        return self._store.passages(document_id)

    def close(self) -> None:
        """Let go of the index, and of the language model."""
        self._store.close()
        if self._model and not self._shares:
            self._model.close()

    def __enter__(self) -> "Assistant":
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()

    def _found(
        self, question: str, limit: int, where: Where, seconds: dict[str, float] | None = None
    ) -> "list[tuple[Hit, Reading | None]]":
        """The hits for a question, each with what the reader makes of it if it was read; adds to `seconds` where the time went."""
        from rag.answers.rereading import reread
        from rag.search import search

        times = [time.perf_counter()]
        vector = self._encoder.encode_question(simplified(question))
        times.append(time.perf_counter())
        hits = search(self._store, question, vector, limit=max(limit, READ_FOR_ANSWER), where=where)
        times.append(time.perf_counter())
        readings = self._reader.read(question, [(hit.headings, hit.passage.text) for hit in hits[:READ_FOR_ANSWER]])
        times.append(time.perf_counter())
        if seconds is not None:
            for name, began, ended in zip(("encode", "search", "read"), times, times[1:], strict=False):
                seconds[name] = seconds.get(name, 0.0) + ended - began
        return reread(hits, readings)

    def _passages(self, document_id: str) -> list[Passage]:
        try:
            return self._store.passages(document_id)
        except KeyError:  # a writer took the document out since it was found
            return []

    def _weight(self, term: str) -> float:
        from rag.search import inverse_frequency

        return inverse_frequency(len(self._store), self._store.frequency(term))


def _writer(model: "LanguageModel", reader: "PackReader", settings: Settings) -> "Writer":
    from rag.answers.verification import Verifier
    from rag.answers.writing import Writer

    return Writer(model, Verifier(reader), budget=settings.llm_budget, seconds=settings.llm_timeout)


def _readable(question: str) -> str:
    """The question without what is no character: a terminal of another encoding hands over stray halves of them."""
    return question.encode("utf-8", "replace").decode("utf-8")


def examples() -> list[Path]:
    """The pages that the default index of a checkout is built from."""
    return sorted((ROOT / "examples").glob("*.txt"))


def _set_up(settings: Settings, report: Progress) -> None:
    """Build the default index; where another process is at it already, wait until that one is done."""
    unfinished = settings.index / _UNFINISHED
    try:
        settings.index.mkdir(parents=True, exist_ok=True)
        if (settings.index / "catalogue.sqlite").exists() and _holds_more_than_examples(settings.index):
            unfinished.unlink(missing_ok=True)  # the user has read documents of their own into it since
            return
        unfinished.touch()
    except OSError as error:
        raise RagError(
            f"no index can be made in {settings.index} ({error.strerror}); choose another place: export RAG_INDEX=~/wenju"
        ) from error
    report(SETTING_UP, 0, 1)
    for last in (False,) * 120 + (True,):
        try:
            ingest(examples(), on_progress=report, settings=settings)
            break
        except IndexInUse:
            if last:
                raise
            time.sleep(1)
    unfinished.unlink(missing_ok=True)


def _holds_more_than_examples(index: Path) -> bool:
    from rag.storage import open_store

    with open_store(index) as store:
        return any(not Path(source).is_relative_to(ROOT / "examples") for source in store.sources())
