"""The records that pass between the parts: frozen, slotted, and ignorant of every library.

Offsets count characters (Unicode code points); ranges are half open; lines, pages, columns and paragraph numbers start at 1.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import PurePath

Box = tuple[float, float, float, float]
"""Left, top, right and bottom of a stretch of print, in points (1/72 inch) from the top left corner of its page."""


@dataclass(frozen=True, slots=True)
class Origin:
    """A stretch of a document's clean text and the raw characters it was read from.

    `document.text[start:end]` comes from the raw text's `[raw_start:raw_end]`, which begins on raw line `line`, and in a file of
    pages from `box` on page `page`. Where both are equally long they match character by character, white space being one space and a
    repaired mark its carrier; where they are not (a dash of three cells made two, &amp; read as &) the stretch stands for the raw
    one as a whole.
    """

    start: int
    end: int
    raw_start: int
    raw_end: int
    line: int
    page: int | None = None
    box: Box | None = None


@dataclass(frozen=True, slots=True)
class Repair:
    """One change made to the raw text: `raw` at `line`, `column` of the file was read as `repaired`; `kind` names the rule."""

    line: int
    column: int
    raw: str
    repaired: str
    kind: str


@dataclass(frozen=True, slots=True)
class Heading:
    """A sub-head: `document.text[start:end]`, of level 1 (a chapter) or deeper (a section within it)."""

    start: int
    end: int
    level: int = 1


@dataclass(frozen=True, slots=True)
class Document:
    """An article as its author laid it out.

    `text` holds one paragraph, sub-head, list item or table row a line (joined by "\\n"); `headings` are the sub-heads in it, and
    `runs` the ranges of lists and tables, whose lines are short and belong together. `origins` are ordered by `start` and cover
    every character of `text` but the line ends. `date` is ISO 8601. `warnings` say, in Chinese, what of the file could not be read
    as it was laid out. The id is made from the source's path and the headline, so it survives another article being put before
    this one.
    """

    id: str
    source: str
    title: str
    text: str
    byline: str = ""
    section: str = ""
    date: str = ""
    headings: tuple[Heading, ...] = ()
    runs: tuple[tuple[int, int], ...] = ()
    origins: tuple[Origin, ...] = ()
    repairs: tuple[Repair, ...] = ()
    warnings: tuple[str, ...] = ()
    metadata: Mapping[str, str] = field(default_factory=dict)

    @property
    def headline(self) -> str:
        """The title, "" where a record's id stands in for it: what the text is about, and a reader may be asked."""
        return "" if self.title == self.id else self.title


@dataclass(frozen=True, slots=True)
class Passage:
    """A paragraph of a document, or a run of its list items or table rows: `document.text[start:end] == text`.

    `number` counts the document's paragraphs; `heading` is the path of sub-heads it stands under (第二章 › 第一节). `lines` are its
    first and last raw line. The id is a fingerprint of the normalised text within its document: unchanged paragraphs keep
    theirs when a file is read again.
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


_DATE = re.compile(r"\d{4}(-\d\d(-\d\d)?)?")


@dataclass(frozen=True, slots=True)
class Where:
    """Which documents are searched: those that meet everything given here; all of them where nothing is.

    `source` is a part of the file's path, or a pattern for it where it holds one of `*?[`; `title` and `section` are parts of
    the document's, in either script; `since` and `until` are the first and the last day, month or year ("2023", "2023-06",
    "2023-06-12"), which no document without a date meets; `document` is an id. With `by_end`, `source` is held against what end_of_path
    leaves of the path, for those who may not learn the rest. ValueError for a date of another form.
    """

    source: str = ""
    title: str = ""
    section: str = ""
    since: str = ""
    until: str = ""
    document: str = ""
    by_end: bool = field(default=False, kw_only=True)

    def __post_init__(self) -> None:
        for date in (self.since, self.until):
            if date and not _DATE.fullmatch(date):
                raise ValueError(f"a date is written as 2023, 2023-06 or 2023-06-12, not {date!r}")

    def __bool__(self) -> bool:
        """Whether anything is asked for."""
        return any((self.source, self.title, self.section, self.since, self.until, self.document))


def end_of_path(source: str) -> str:
    """The file and the folder it lies in, which tells files of one name apart: what a server hands out of a path."""
    path = PurePath(source)
    return "/".join(part for part in path.parts[-2:] if part != path.anchor)


def as_pattern(source: str) -> str:
    """What `Where.source` has to be for one file: its name and folder, where what a pattern has a use for stands for itself."""
    return re.sub(r"([*?[])", r"[\1]", end_of_path(source))


EVERYWHERE = Where()
"""Every document is searched."""


@dataclass(frozen=True, slots=True)
class Holding:
    """What an index holds of one source: how many documents and passages, and when it was read, in ISO 8601.

    `since` and `until` are the first and the last date of its documents, "" where none has one; `warnings` are those of all of them.
    """

    source: str
    documents: int
    passages: int
    since: str = ""
    until: str = ""
    added: str = ""
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Hit:
    """A passage found for a question; higher `score` is better, `rank` starts at 1, `parts` says what the score is made of.

    `copies` are passages that read the same: the same news in another paper, a paragraph printed twice.
    """

    passage: Passage
    document: Document
    score: float
    rank: int
    parts: Mapping[str, float] = field(default_factory=dict)
    copies: tuple[Passage, ...] = ()

    @property
    def headings(self) -> str:
        """What stands over the passage, a line each: the document's headline and the sub-heads; "" for neither."""
        return "\n".join(part for part in (self.document.headline, self.passage.heading) if part)


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

    @property
    def boxes(self) -> tuple[tuple[int, Box], ...]:
        """Where the quoted characters are printed: page and box of each line they touch; none in a file without pages."""
        start, end = self.passage.start + self.start, self.passage.start + self.end
        touched = (o for o in self.document.origins if o.end > start and o.start < end)
        return tuple(dict.fromkeys((o.page, o.box) for o in touched if o.page is not None and o.box is not None))


@dataclass(frozen=True, slots=True)
class Statement:
    """One thing an answer says, and the citations that carry it."""

    text: str
    citations: tuple[Citation, ...]


@dataclass(frozen=True, slots=True)
class Turn:
    """One question of a conversation, whole or as it was asked, and what was said to it as plain text; "" where it was refused."""

    question: str
    answer: str = ""


@dataclass(frozen=True, slots=True)
class Answer:
    """What the documents say to a question, or that they do not say it.

    A refused answer has no statements; `reason` says why in Chinese and `nearest` cites what came closest. `support` in [0, 1]
    is how surely the documents answer. `short` is the figure, name or date asked for, where one could be singled out. `understood` is
    the whole question that a follow-up was made into from the conversation; "" where it was asked as a whole one. `writer` is
    "extractive", or the language model that wrote the statements; `note` says, in Chinese, what had to be done about what it wrote.
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
    understood: str = ""
    note: str = ""
    seconds: Mapping[str, float] = field(default_factory=dict)

    @property
    def text(self) -> str:
        """The answer as one runs it together: each statement followed by its markers."""
        return "".join(s.text + "".join(f"[{c.marker}]" for c in s.citations) for s in self.statements)

    @property
    def turn(self) -> Turn:
        """The answer as a turn of a conversation: what a follow-up is made whole from."""
        return Turn(self.understood or self.question, "".join(statement.text for statement in self.statements))

    @property
    def citations(self) -> tuple[Citation, ...]:
        """Every citation of the statements and of `nearest`, once each, in the order of the markers."""
        found = {c.marker: c for s in self.statements for c in s.citations} | {c.marker: c for c in self.nearest}
        return tuple(found[marker] for marker in sorted(found))
