"""Whether a document is one of those that are to be searched; knows no store."""

from fnmatch import fnmatchcase

from rag.chinese.scripts import fold
from rag.records import Document, Where, end_of_path

_PATTERN = frozenset("*?[")


def admits(where: Where, document: Document) -> bool:
    """Whether `document` meets all that `where` asks for; only its id, source, title, section and date are looked at."""
    if where.document and where.document != document.id:
        return False
    if where.source and not _source_meets(where.source, end_of_path(document.source) if where.by_end else document.source):
        return False
    if any(fold(part) not in fold(whole) for part, whole in ((where.title, document.title), (where.section, document.section))):
        return False
    date = document.date
    if where.since and not (date and date >= where.since[: len(date)]):
        return False
    return not where.until or bool(date and date[: len(where.until)] <= where.until)


def _source_meets(wanted: str, source: str) -> bool:
    """A pattern is held against the whole path and against its last parts, as a shell's user means *.pdf or 2023/*.txt."""
    wanted, source = fold(wanted), fold(source)
    if not _PATTERN & set(wanted):
        return wanted in source
    return fnmatchcase(source, wanted) or fnmatchcase(source, f"*/{wanted}")
