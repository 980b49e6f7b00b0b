"""What a question will not do without (a year, an edition, a plan, an office), and whether the place that would answer is about it."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from rag.answers.question import OFFICE, Question
from rag.chinese import figures
from rag.chinese.scripts import fold
from rag.records import Hit


@dataclass(frozen=True, slots=True)
class Constraint:
    """Something the question names that a sentence is not about: `name` as a reader says it ("2021年"), `instead` what the text has."""

    name: str
    instead: tuple[str, ...] = ()


def unmet(question: Question, hit: Hit, ranges: Sequence[tuple[int, int]]) -> list[tuple[Constraint, ...]]:
    """The constraints that each of the sentences `hit.passage.text[start:end]` does not meet; none for most questions.

    A sentence is about the years (and the lines, halls … that bear a number) it names; one that names none is about those named before
    it in its paragraph, else those of its sub-head, title and date. Where none stands anywhere, nothing contradicts the question.
    """
    about = f"{hit.passage.heading} {hit.document.headline}"
    of_passage = tuple(_of_passage(question, hit, about))
    return [(*_of_sentence(question, hit, start, end, about), *of_passage) for start, end in ranges]


def _of_sentence(question: Question, hit: Hit, start: int, end: int, about: str) -> Iterator[Constraint]:
    text, before = hit.passage.text[start:end], hit.passage.text[:start]
    if question.years:
        # A report on 2021 is dated 2022: what its headline says goes before its date.
        named = figures.years(text) or figures.years(before) or figures.years(about) or figures.years(hit.document.date)
        if named and not named & question.years:
            instead = tuple(f"{other}年" for other in sorted(named))
            yield from (Constraint(f"{year}年", instead) for year in sorted(question.years))
    if question.numbered:
        scope = figures.numbered(text) or figures.numbered(before) or figures.numbered(about)
        for (number, noun), written in question.numbered.items():
            others = tuple(other for (_, counted), other in sorted(scope.items()) if counted == noun)
            if others and (number, noun) not in scope:
                yield Constraint(written, others)


def _of_passage(question: Question, hit: Hit, about: str) -> Iterator[Constraint]:
    if question.ordinals:
        scope = figures.ordinals(f"{hit.passage.text}\n{about}")
        for (number, noun), written in question.ordinals.items():
            if (number, noun) not in scope:
                yield Constraint(written, tuple(other for (_, counted), other in sorted(scope.items()) if counted == noun))
    if question.office and _is_of_another(fold(f"{hit.headings}\n{hit.passage.text}"), question.office):
        yield Constraint(f"“{question.office}”")
    if question.plans:
        plans = figures.plans(hit.passage.text) | figures.plans(about)
        yield from (Constraint(f"“{plan}”", tuple(f"“{other}”" for other in sorted(plans))) for plan in sorted(question.plans - plans))


def named(question: Question, text: str) -> bool:
    """Whether the text itself names a year that the question asks for."""
    return bool(question.years & figures.years(text))


def _is_of_another(folded: str, office: str) -> bool:
    """Whether the text names another office and not this one: a 董事长助理 is no 董事长, a 副会长 or 秘书长 no 会长."""
    itself = rf"(?<!副){re.escape(office)}(?!助理|秘书|办公室|候选人|单位|级|期|远|途)"
    return re.search(itself, folded) is None and re.search(f"{re.escape(office)}|{OFFICE}", folded) is not None
