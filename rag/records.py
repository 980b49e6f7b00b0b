"""The records that pass between the parts: frozen, slotted, and ignorant of every library.

Offsets count characters (Unicode code points); ranges are half open; lines, pages, columns and paragraph numbers start at 1.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Origin:
    """A stretch of a document's clean text and the raw characters it was read from.

    `document.text[start:end]` comes from the decoded file's `[raw_start:raw_end]`, which lies on raw line `line`. Where both are
    equally long they match character by character; where they are not (a dash of three cells made two) the stretch stands for
    the raw one as a whole.
    """

    start: int
    end: int
    raw_start: int
    raw_end: int
    line: int
    page: int | None = None


@dataclass(frozen=True, slots=True)
class Repair:
    """One change made to the raw text: `raw` at `line`, `column` of the file was read as `repaired`; `kind` names the rule."""

    line: int
    column: int
    raw: str
    repaired: str
    kind: str


@dataclass(frozen=True, slots=True)
class Document:
    """An article as its author laid it out.

    `text` holds one paragraph or sub-head a line (joined by "\\n"); `headings` are the ranges of the sub-heads in it. `origins`
    are ordered by `start` and cover every character of `text` but the line ends. `date` is ISO 8601. The id is made from the
    source's path and the headline, so it survives another article being put before this one.
    """

    id: str
    source: str
    title: str
    text: str
    byline: str = ""
    section: str = ""
    date: str = ""
    headings: tuple[tuple[int, int], ...] = ()
    origins: tuple[Origin, ...] = ()
    repairs: tuple[Repair, ...] = ()
    metadata: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Passage:
    """A paragraph of a document: `document.text[start:end] == text`.

    `number` counts the document's paragraphs; `heading` is the sub-head it stands under. `lines` are its first and last raw
    line. The id is a fingerprint of the normalised text within its document: unchanged paragraphs keep theirs when a file is read again.
    """

    id: str
    document_id: str
    number: int
    heading: str
    text: str
    start: int
    end: int
    lines: tuple[int, int]
    pages: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Hit:
    """A passage found for a question; higher `score` is better, `rank` starts at 1, `parts` says what the score is made of."""

    passage: Passage
    document: Document
    score: float
    rank: int
    parts: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Citation:
    """The characters a statement stands on: `passage.text[start:end]`, shown under `[marker]`."""

    marker: int
    document: Document
    passage: Passage
    start: int
    end: int

    @property
    def quote(self) -> str:
        """The quoted characters, exactly as they stand in the passage."""
        return self.passage.text[self.start : self.end]


@dataclass(frozen=True, slots=True)
class Statement:
    """One thing an answer says, and the citations that carry it."""

    text: str
    citations: tuple[Citation, ...]


@dataclass(frozen=True, slots=True)
class Answer:
    """What the documents say to a question, or that they do not say it.

    A refused answer has no statements; `reason` says why in Chinese and `nearest` cites what came closest. `support` in [0, 1]
    is how surely the documents answer. `short` is the figure, name or date asked for, where one could be singled out.
    """

    question: str
    statements: tuple[Statement, ...]
    support: float
    refused: bool
    short: str = ""
    reason: str = ""
    nearest: tuple[Citation, ...] = ()
    conflicts: tuple[str, ...] = ()
    hits: tuple[Hit, ...] = ()
    writer: str = "extractive"
    seconds: Mapping[str, float] = field(default_factory=dict)

    @property
    def text(self) -> str:
        """The answer as one runs it together: each statement followed by its markers."""
        return "".join(s.text + "".join(f"[{c.marker}]" for c in s.citations) for s in self.statements)

    @property
    def citations(self) -> tuple[Citation, ...]:
        """Every citation of the statements and of `nearest`, once each, in the order of the markers."""
        found = {c.marker: c for s in self.statements for c in s.citations} | {c.marker: c for c in self.nearest}
        return tuple(found[marker] for marker in sorted(found))
