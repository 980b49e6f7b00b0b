"""What a question will not do without (a year, an edition, a plan), and whether the place that would answer is about it."""

from dataclasses import dataclass

from rag.answers.question import Question
from rag.chinese import figures
from rag.records import Hit


@dataclass(frozen=True, slots=True)
class Constraint:
    """Something the question names that a sentence is not about: `name` as a reader says it ("2021年"), `instead` what the text has."""

    name: str
    instead: tuple[str, ...] = ()


def unmet(question: Question, hit: Hit, start: int, end: int) -> tuple[Constraint, ...]:
    """The constraints that the sentence `hit.passage.text[start:end]` does not meet; none for most questions.

    A sentence is about the years (and the lines, halls … that bear a number) it names; one that names none is about those named before
    it in its paragraph, else those of its sub-head, title and date. Where none stands anywhere, nothing contradicts the question.
    """
    text, before = hit.passage.text[start:end], hit.passage.text[:start]
    about = f"{hit.passage.heading} {hit.document.headline} {hit.document.date}"
    found: list[Constraint] = []
    if question.years:
        named = figures.years(text) or figures.years(before) or figures.years(about)
        found += [
            Constraint(f"{year}年", tuple(f"{other}年" for other in sorted(named))) for year in sorted(question.years - named) if named
        ]
    if question.ordinals:
        scope = figures.ordinals(f"{hit.passage.text}\n{about}")
        for (number, noun), written in question.ordinals.items():
            if (number, noun) not in scope:
                found.append(Constraint(written, tuple(other for (_, counted), other in sorted(scope.items()) if counted == noun)))
    if question.numbered:
        scope = figures.numbered(text) or figures.numbered(before) or figures.numbered(about)
        for (number, noun), written in question.numbered.items():
            others = tuple(other for (_, counted), other in sorted(scope.items()) if counted == noun)
            if others and (number, noun) not in scope:
                found.append(Constraint(written, others))
    if question.plans:
        plans = figures.plans(hit.passage.text) | figures.plans(about)
        found += [Constraint(f"“{plan}”", tuple(f"“{other}”" for other in sorted(plans))) for plan in sorted(question.plans - plans)]
    return tuple(found)
