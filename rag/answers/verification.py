"""Checks a statement against the passages it cites, before anybody reads it: each figure, date and name, what they are said of, and how.

It knows no other passages than those cited, and no facts of the world.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from rag.answers.about_documents import tellings
from rag.answers.claims import claims, unmarked
from rag.answers.examination import Examination
from rag.answers.faults import Fault, Problem
from rag.answers.following import follows
from rag.answers.grounds import grounds, rarity
from rag.answers.verification_weights import SUPPORT_THRESHOLD, support
from rag.chinese.polarity import limits
from rag.chinese.quantities import quantities
from rag.chinese.scripts import fold
from rag.chinese.sentences import sentences
from rag.models.reader import Reading
from rag.records import Hit

LONGEST = 1000
"""Characters of a statement that are checked; a longer one is none, and does not pass."""

_MOST_NOVEL = 3.0
"""So many things that are named nowhere in what is cited are as bad as more."""

_QUESTION = re.compile("[?？]$")
_SEMICOLON = re.compile("[;；]")
_ENDS = frozenset('。！？!?；;，,：:…\n“”「」『』"（）() 　')


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether a statement may be shown; its problems, if it may not; and in [0, 1] how surely what is cited carries it."""

    passes: bool
    problems: tuple[Problem, ...]
    support: float

    @property
    def faultless(self) -> bool:
        """Whether nothing was found to be wrong: it passes, or it is but said in other words than what is cited."""
        return all(problem.fault is Fault.FAR for problem in self.problems)


class Reads(Protocol):
    """The reader as it is needed here: rag.models.reader.PackReader is one."""

    def read(self, question: str, passages: Sequence[tuple[str, str]]) -> list[Reading]:
        """A reading for each (heading, text)."""


class Known:
    """Readings that were made before, in the place of a reader."""

    def __init__(self) -> None:
        """With none yet."""
        self._readings: dict[tuple[str, str], Reading] = {}

    def learn(self, read: Iterable[tuple[Hit, Reading]]) -> None:
        """Keep the readings of hits."""
        self._readings |= {(hit.headings, hit.passage.text): reading for hit, reading in read}

    def read(self, question: str, passages: Sequence[tuple[str, str]]) -> list[Reading]:  # noqa: ARG002
        """The reading of each of the passages, whatever was asked; KeyError for one that was not read."""
        return [self._readings[passage] for passage in passages]


@dataclass(frozen=True, slots=True)
class Examined:
    """What was found of a statement: its problems by rule, and the features that its support is made of (verification_weights.py).

    No features where every sentence stands in a cited passage as it is, or there is nothing to examine. `far` are the claims that follow
    no clause of what is cited: nothing may be wrong with them, but nobody can tell.
    """

    problems: tuple[Problem, ...]
    features: Mapping[str, float]
    far: tuple[Problem, ...] = ()


class Verifier:
    """Verifies statements with a reader. Holds no state; safe to use from several threads as far as the reader is."""

    def __init__(self, reader: Reads) -> None:
        self._reader = reader

    def verify(self, statement: str, cited: Sequence[Hit], question: str = "") -> Verdict:
        """Whether the passages `cited` carry the `statement`; `question` is what it answers, if it is known.

        Markers ([2]) in the statement are passed over. A statement each sentence of which stands in a cited passage as it is passes; any
        other has to follow the clauses of a passage (following.py), be free of the faults that rules find, and be carried as a whole.
        """
        examined = self.examine(statement, cited, question)
        if not examined.features:
            return Verdict(not examined.problems, examined.problems, 0.0 if examined.problems else 1.0)
        sure = support(examined.features)
        problems = examined.problems
        if not problems and sure < SUPPORT_THRESHOLD:
            problems = (Problem(Fault.SUPPORT, unmarked(statement)),)
        return Verdict(not (problems or examined.far), problems or examined.far, sure)

    def examine(self, statement: str, cited: Sequence[Hit], question: str = "") -> Examined:
        """The problems that the rules find in a statement, and its features, from which `verify` makes its verdict."""
        text = unmarked(statement)
        fault = _unexaminable(text, cited)
        if fault is not None:
            return Examined((Problem(fault, text[:LONGEST]),), {})
        if _says_nothing(text, cited, question):
            return Examined((Problem(Fault.EMPTY, text[:LONGEST]),), {})
        said = claims(text)
        if not said and not _stands_as_it_is(text, cited):
            return Examined((Problem(Fault.EMPTY, text[:LONGEST]),), {})
        left = [claim for claim in said if not _stands_as_it_is(text[slice(*claim.sentence)], cited)]
        if not left or _stands_as_it_is(text, cited):
            return Examined((), {})
        there = grounds(cited)
        weigh = rarity(there)
        examinations = [Examination(text, claim, there, weigh) for claim in left]
        problems = tuple(dict.fromkeys(problem for one in examinations for problem in one.problems()))
        readings = self._reader.read(question or text, [(hit.headings, hit.passage.text) for hit in cited])
        features = {
            "coverage": sum(one.coverage for one in examinations) / len(examinations),
            "novel": min(_MOST_NOVEL, sum(one.novel for one in examinations)),
            "reading": max(reading.verdict for reading in readings),
        }
        folded = fold(text)
        far = tuple(Problem(Fault.FAR, text[claim.start : claim.end]) for claim in left if not follows(folded, claim, there))
        return Examined(problems, features, far)


def _unexaminable(text: str, cited: Sequence[Hit]) -> Fault | None:
    if not re.search(r"[^\W_]", text):
        return Fault.EMPTY
    if len(text) > LONGEST:
        return Fault.TOO_LONG
    return None if cited else Fault.UNCITED


def _says_nothing(text: str, cited: Sequence[Hit], question: str) -> bool:
    """Whether a text is but questions, what was asked, or what stands over a passage.

    A question of a passage that has a figure (总面积873平方公里的临港，是如何发展的？) says that.
    """
    over = {_letters(line) for hit in cited for line in hit.headings.splitlines()} | {_letters(question)}
    said = [text[start:end] for start, end in sentences(text)]
    return all(_letters(one) in over or (_QUESTION.search(one) and not (quantities(one) and _stands_as_it_is(one, cited))) for one in said)


def _stands_as_it_is(stretch: str, cited: Sequence[Hit]) -> bool:
    """Whether a stretch stands in a cited passage, or is what is told of a document, from the beginning of a clause to the end of one.

    What a clause is bound by in its sentence (如果…，, 有人说，) is part of it.
    """
    wanted = fold(stretch).strip("".join(_ENDS))
    if not wanted:
        return False
    for text in (text for hit in cited for text in (hit.passage.text, *tellings(hit.document))):
        folded = fold(text)
        for match in re.finditer(re.escape(wanted), folded):
            before, after = folded[: match.start()][-1:], folded[match.end() :][:1]
            if (not before or before in _ENDS) and (not after or after in _ENDS) and not _is_bound(text, match.start(), match.end()):
                return True
    return False


def _is_bound(text: str, start: int, end: int) -> bool:
    """Whether the sentences that `text[start:end]` stands in bound it by what they have beside it, up to a semicolon."""
    around = [one for one in sentences(text) if one[0] < end and start < one[1]]
    first, last = min(one[0] for one in around), max(one[1] for one in around)
    first = max(first, *(m.end() for m in _SEMICOLON.finditer(text, first, start)), first)
    last = next((m.end() for m in _SEMICOLON.finditer(text, max(start, end - 1), last)), last)
    left_out = text[first:start] + text[end:last]
    return bool(limits(left_out) - limits(text[start:end]))


def _letters(text: str) -> str:
    return re.sub(r"[\W_]+", "", fold(text))
