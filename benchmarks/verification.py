"""How well the verifier tells statements that their citations carry from others: python -m benchmarks.verification.

The development statements were in view while its rules were written and its numbers fitted; they hold five earlier test parts, which
were opened in turn. The test statements were written afterwards, and neither rules nor numbers were changed for them.
"""

from collections import Counter
from collections.abc import Iterator, Sequence

from benchmarks.shared import keep
from benchmarks.statements import PARTS, Labelled, labelled
from rag.answers.verification import Verdict, Verifier
from rag.models.reader import PackReader


def main() -> None:
    """Verify, print and keep the table."""
    verifier = Verifier(PackReader())
    lines = ["| figure | asked for | " + " | ".join(PARTS) + " |", "|---|---|" + "---|" * len(PARTS)]
    verified = {part: [(one, verifier.verify(one.statement, one.cited, one.question)) for one in labelled(part)] for part in PARTS}
    of_parts = [_figures(pairs) for pairs in verified.values()]
    for name, asked_for in _ROWS.items():
        lines.append(f"| {name} | {asked_for} | " + " | ".join(figures[name] for figures in of_parts) + " |")
    for part, pairs in verified.items():
        lines += ["", f"Of the {part} part, by how the statements were made:", "", *_kinds(pairs), "", *_wrong(pairs)]
    keep("verification", "\n".join(lines))


_ROWS = {
    "statements (carried + not carried)": "",
    "agreement with the labels": "",
    "precision of passing": "",
    "recall of passing": "",
    "not carried, but passed": "under 2 %",
    "carried, but failed": "under 15 %",
}


def _figures(pairs: Sequence[tuple[Labelled, Verdict]]) -> dict[str, str]:
    counts = Counter((one.supported, verdict.passes) for one, verdict in pairs)
    right, missed, passed, refused = counts[True, True], counts[True, False], counts[False, True], counts[False, False]
    values = (
        f"{right + missed} + {passed + refused}",
        f"{(right + refused) / len(pairs):.1%}",
        f"{right / max(1, right + passed):.1%}",
        f"{right / (right + missed):.1%}",
        f"{passed / (passed + refused):.1%} ({passed})",
        f"{missed / (right + missed):.1%} ({missed})",
    )
    return dict(zip(_ROWS, values, strict=True))


def _kinds(pairs: Sequence[tuple[Labelled, Verdict]]) -> Iterator[str]:
    yield "| made | carried | statements | wrong verdicts |"
    yield "|---|---|---|---|"
    for kind, supported in dict.fromkeys((one.kind, one.supported) for one, _ in pairs):
        verdicts = [verdict for one, verdict in pairs if one.kind == kind]
        wrong = sum(verdict.passes != supported for verdict in verdicts)
        yield f"| {kind} | {'yes' if supported else 'no'} | {len(verdicts)} | {wrong} |"


def _wrong(pairs: Sequence[tuple[Labelled, Verdict]]) -> Iterator[str]:
    yield "| wrong verdict | statement | what was found | support |"
    yield "|---|---|---|---|"
    for one, verdict in pairs:
        if verdict.passes != one.supported:
            found = "; ".join(f"{problem.fault}: {problem.stretch}" for problem in verdict.problems)
            yield f"| {'passed' if verdict.passes else 'failed'} | {one.statement} | {found} | {verdict.support:.2f} |"


if __name__ == "__main__":
    main()
