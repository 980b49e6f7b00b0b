"""Answers to be taken away: as plain text, as Markdown, and what they cite as references by GB/T 7714—2015."""

import re
from pathlib import PurePath

from rag.records import Answer, Citation

MOST_NAMED = 300
"""Characters that are shown of what a document calls itself, its writer or its parts: a line of millions may be marked as a title."""

_SPECIAL = re.compile(r"([\\`*_{}\[\]<>#+|~])")


def as_plain(answer: Answer) -> str:
    """The answer with its markers, and the references below: 产值达到2634亿元。[1]"""
    if answer.refused:
        return answer.reason
    said = [answer.text, *answer.conflicts, answer.reason, answer.note]
    return "\n".join([*(part for part in said if part), "", references(answer)])


def as_markdown(answer: Answer) -> str:
    """The answer as Markdown that shows what it holds and nothing else: the short answer in bold, footnotes for the citations."""
    if answer.refused:
        return _escaped(answer.reason)
    short = [f"**{_escaped(answer.short)}**", ""] if answer.short else []
    said = "".join(_escaped(s.text) + "".join(f"[^{c.marker}]" for c in s.citations) for s in answer.statements)
    notes = [part for note in (*answer.conflicts, answer.reason, answer.note) if note for part in ("", _footnoted(note))]
    cited = [f"[^{c.marker}]: {_escaped(reference(c))}：“{_escaped(_one_line(c.quote))}”" for c in answer.citations]
    return "\n".join([*short, said, *notes, "", *cited])


def references(answer: Answer) -> str:
    """The references of an answer's citations, one a line, by their markers."""
    return "\n".join(f"[{citation.marker}] {reference(citation)}" for citation in answer.citations)


def reference(citation: Citation) -> str:
    """A citation by GB/T 7714—2015: "许砚. 三号线开进城北[Z]. 日报.txt, 2024-09-01: 第3段."

    What kind of publication a file is nobody says, so it is [Z], other; the file stands for the publication.
    """
    document, passage = citation.document, citation.passage
    stands = f"第{'、'.join(map(str, passage.pages))}页" if passage.pages else f"第{passage.number}段"
    published = ", ".join(part for part in (PurePath(document.source).name, document.date) if part)
    author = f"{shortened(document.byline)}. " if document.byline else ""
    return f"{author}{shortened(_one_line(document.title))}[Z]. {published}: {stands}."


def shortened(name: str) -> str:
    """A title, a byline, a section or a sub-head, cut where it is far longer than any."""
    return name if len(name) <= MOST_NAMED else f"{name[:MOST_NAMED]}…"


def _footnoted(note: str) -> str:
    """A sentence of ours with its markers as footnotes."""
    return re.sub(r"\\\[(\d+)\\\]", r"[^\1]", _escaped(note))


def _escaped(text: str) -> str:
    return _SPECIAL.sub(r"\\\1", text)


def _one_line(text: str) -> str:
    return " ".join(text.split())
