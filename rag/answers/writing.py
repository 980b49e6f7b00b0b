"""Lets a language model write an answer out of the passages that answer, and shows of it only what they carry.

The extractive answer stays what is known: a statement that cannot be verified gives way to it, and what is missing is added from it.
"""

import logging
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace

from rag.answers.claims import content_words
from rag.answers.prompt import NOTHING, prompt
from rag.answers.quoting import BRIEF, LONG
from rag.answers.verification import Verifier
from rag.answers.written import Written, statements
from rag.chinese.quantities import Quantity, carries, quantities
from rag.chinese.scripts import fold
from rag.chinese.sentences import sentences
from rag.errors import ModelError
from rag.models.language import LanguageModel
from rag.records import Answer, Citation, Hit, Statement

SILENT = "语言模型没有写成回答，以上是原文。"
NONE_PROVEN = "语言模型写的话都不能由引文证实，以上是原文。"
SOME_UNPROVEN = "语言模型写的话有{}句不能由引文证实，已换成原文或略去。"

MOST_WRITTEN = 512
"""Tokens that a model may write."""

_ALL, _MOST = 0.95, 0.9
"""The share of a statement's words that are said already when it adds nothing; and of a quotation's, when it need not be added."""

_ON_TOPIC = 0.5
"""A statement of another passage belongs to the answer when it holds so much of the question's words."""

_ADDS = 0.15
"""Another sentence is part of what is cited when it holds so much more of the statement."""

_ELSEWHERE = 3
"""Passages that are tried for a statement whose markers lead nowhere."""

_ENDS = frozenset("。！？!?…”」』）")

log = logging.getLogger(__name__)


class Writer:
    """Writes with a language model and verifies each statement before it is shown. Safe to use from several threads."""

    def __init__(self, model: LanguageModel, verifier: Verifier, *, budget: int = 4096, seconds: float = 120.0) -> None:
        """`budget` is in tokens, for what the model reads and writes for one answer; after so many `seconds` it writes no more."""
        self._model = model
        self._verifier = verifier
        self._budget = budget
        self._seconds = seconds

    def write(self, answer: Answer) -> Iterator[Answer]:
        """The extractive `answer` as the model writes it, as it grows; the last one is whole, and nothing is taken back on the way.

        What refuses, tells of a conflict or of what is missing, or is not quoted but computed or told from a document's data, stays as
        it is. So does the answer when the model fails, with a `note` on it.
        """
        if not _may_be_written(answer):
            yield answer
            return
        began = time.monotonic()
        draft = _Draft(answer, self._verifier)
        shown = 0
        note = ""
        try:
            for sentence in self._sentences(answer, draft):
                draft.take(sentence)
                if len(draft.said) > shown:
                    shown = len(draft.said)
                    yield replace(answer, statements=tuple(draft.said), writer=self._model.name if draft.written else answer.writer)
                if draft.full or time.monotonic() - began > self._seconds:
                    break
        except ModelError as error:
            log.warning("%s", error)
            note = SILENT
        draft.complete()
        if draft.written:
            note = note or (SOME_UNPROVEN.format(draft.unproven) if draft.unproven else "")
            yield replace(answer, statements=tuple(draft.said), writer=self._model.name, note=note)
        else:
            yield replace(answer, statements=tuple(draft.said), note=note or (NONE_PROVEN if draft.unproven else SILENT))

    def _sentences(self, answer: Answer, draft: "_Draft") -> Iterator[Written]:
        """What the model writes to the question, until it repeats itself."""
        most = min(MOST_WRITTEN, self._budget // 4)
        cited = [citation for statement in answer.statements for citation in statement.citations]
        asked = prompt(draft.question, answer.hits[: self._model.passages], cited, self._model.count, self._budget - most)
        draft.hits = asked.hits
        if not asked.hits:
            return
        seen: set[str] = set()
        pieces = self._model.stream(asked.messages, most)
        for sentence in statements(pieces):
            if sentence.text in seen:
                return
            seen.add(sentence.text)
            yield sentence


def _may_be_written(answer: Answer) -> bool:
    quoted = all(statement.citations and statement.text == statement.citations[0].quote for statement in answer.statements)
    return not (answer.refused or answer.conflicts or answer.nearest) and bool(answer.statements) and quoted


@dataclass(slots=True)
class _Draft:
    """The answer that is being written: what is `said`, what of the extractive answer is `left`, what waits until it is to the point."""

    answer: Answer
    verifier: Verifier
    hits: tuple[Hit, ...] = ()
    said: list[Statement] = field(default_factory=list)
    left: list[Statement] = field(default_factory=list)
    waiting: list[Statement] = field(default_factory=list)
    unproven: int = 0
    written: int = 0

    def __post_init__(self) -> None:
        self.left = list(self.answer.statements)

    @property
    def question(self) -> str:
        """The whole question."""
        return self.answer.understood or self.answer.question

    @property
    def room(self) -> int:
        """Characters that the answer may have."""
        extractive = sum(len(statement.text) for statement in self.answer.statements)
        return BRIEF if self.answer.short and extractive <= BRIEF else max(LONG, extractive)

    @property
    def full(self) -> bool:
        """Whether nothing more can be added."""
        return sum(len(statement.text) for statement in self.said) >= self.room

    def take(self, sentence: Written) -> None:
        """Add a sentence if what it cites carries it; else what the extractive answer has in its place."""
        # What only announces (有以下几点：) says nothing.
        if NOTHING in sentence.text or not sentence.ended or sentence.text.endswith(("：", ":")):
            return
        cited = self._carrying(sentence)
        if not cited:
            self.unproven += 1
            self._mend(sentence)
            return
        text = sentence.text if sentence.text[-1] in _ENDS else f"{sentence.text.rstrip('，,；;、')}。"
        statement = Statement(text, tuple(_citation(sentence.text, hit) for hit in cited))
        if not self._is_on_topic(statement) or _share(sentence.text, self._text) >= _ALL:
            return
        self.waiting.append(statement)
        # A figure that was asked for is given before anything is said about it.
        if self._missing() and not self._missing(statement.text):
            self._say(self.waiting)
        elif not self._missing():
            self._say(self.waiting[-1:])

    def complete(self) -> None:
        """Add what the extractive answer says and is not said yet."""
        for statement in self.left:
            if not self._is_covered(statement):
                self.said.append(self._numbered(statement))

    @property
    def _text(self) -> str:
        return "".join(statement.text for statement in self.said)

    def _carrying(self, sentence: Written) -> list[Hit]:
        """The hits that carry a sentence: as few as do of those it names, else one of the others; none where no one does."""
        named = [self.hits[number - 1] for number in sentence.numbers if 1 <= number <= len(self.hits)]
        for hit in named:
            if self._passes(sentence.text, [hit]):
                return [hit]
        if len(named) > 1 and self._passes(sentence.text, named):
            for hit in list(named):
                rest = [other for other in named if other is not hit]
                if len(rest) > 1 and self._passes(sentence.text, rest):
                    named = rest
            return named
        others = sorted((hit for hit in self.hits if hit not in named), key=lambda hit: -_share(sentence.text, hit.passage.text))
        return next(([hit] for hit in others[:_ELSEWHERE] if self._passes(sentence.text, [hit])), [])

    def _passes(self, text: str, cited: Sequence[Hit]) -> bool:
        return self.verifier.verify(text, cited, self.question).passes

    def _missing(self, *more: str) -> list[str]:
        """The parts of the short answer that stand nowhere in what is said, or in `more` and what waits."""
        there = fold(self._text + "".join(more) + ("".join(statement.text for statement in self.waiting) if more else ""))
        return [part for part in self.answer.short.split("；") if part and fold(part) not in there]

    def _is_on_topic(self, statement: Statement) -> bool:
        cited = {citation.passage.id for extractive in self.answer.statements for citation in extractive.citations}
        return any(c.passage.id in cited for c in statement.citations) or _share(self.question, statement.text) >= _ON_TOPIC

    def _say(self, added: Sequence[Statement]) -> None:
        for statement in list(added):
            if sum(len(said.text) for said in self.said) + len(statement.text) <= self.room or not self.said:
                self.said.append(self._numbered(statement))
                self.written += 1
        self.waiting.clear()

    def _mend(self, sentence: Written) -> None:
        """Say what the extractive answer has of a passage that the sentence names, if it is not said."""
        named = {self.hits[number - 1].passage.id for number in sentence.numbers if 1 <= number <= len(self.hits)}
        place = next((i for i, left in enumerate(self.left) if any(c.passage.id in named for c in left.citations)), -1)
        # What stands before it is said first: the extractive answer has an order.
        for statement in self.left[: place + 1]:
            if not self._is_covered(statement):
                self.said.append(self._numbered(statement))
        self.left = self.left[place + 1 :]

    def _is_covered(self, statement: Statement) -> bool:
        """Whether what an extractive statement tells is said: the parts of the short answer in it, or else most of its words."""
        missing = self._missing()
        parts = [part for part in self.answer.short.split("；") if part and fold(part) in fold(statement.text)]
        # What stands in the question is said of anything: 明圣 of 明圣王后.
        if parts and not any(fold(part) in fold(self.question) for part in parts):
            return not any(part in missing for part in parts)
        return _share(statement.text, self._text) >= _MOST

    def _numbered(self, statement: Statement) -> Statement:
        """The statement with the markers that its citations have here: one for each stretch that is quoted."""
        known = {(c.passage.id, c.start, c.end): c.marker for said in self.said for c in said.citations}
        numbered = []
        for citation in statement.citations:
            key = (citation.passage.id, citation.start, citation.end)
            numbered.append(replace(citation, marker=known.setdefault(key, len(known) + 1)))
        return replace(statement, citations=tuple(numbered))


def _share(text: str, there: str) -> float:
    """The share, in [0, 1], of the words and figures of a text that stand in another; 1 for a text without any."""
    wanted, folded = fold(text), fold(there)
    words = list(content_words(wanted, 0, len(wanted)))
    amounts: list[Quantity] = quantities(wanted)
    found = quantities(folded) if amounts else []
    held = sum(word in folded for word in words) + sum(any(carries(one, amount) for one in found) for amount in amounts)
    return held / (len(words) + len(amounts)) if words or amounts else 1.0


def _citation(text: str, hit: Hit) -> Citation:
    """The citation of the sentences of a passage that hold the statement: the run of those that hold most of it."""
    passage = hit.passage.text
    ranges = sentences(passage) or [(0, len(passage))]
    first = last = max(range(len(ranges)), key=lambda place: _share(text, passage[slice(*ranges[place])]))
    held = _share(text, passage[slice(*ranges[first])])
    grown = True
    while grown:
        grown = False
        for low, high in ((first - 1, last), (first, last + 1)):
            if low >= 0 and high < len(ranges) and (more := _share(text, passage[ranges[low][0] : ranges[high][1]])) >= held + _ADDS:
                first, last, held, grown = low, high, more, True
                break
    return Citation(0, hit.document, hit.passage, ranges[first][0], ranges[last][1])
