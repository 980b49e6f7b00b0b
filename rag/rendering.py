"""An answer, or the passages found, as a person reads them in a terminal, and as JSON by the contract of docs/architecture.md."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from rag.records import Answer, Citation, Document, Hit, Passage

Around = tuple[Sequence[Passage], Sequence[Passage]]
"""The passages before one, and those after it."""

_PARTS = {"vector": "语义", "terms": "词语", "coverage": "覆盖", "proximity": "同句", "phrase": "连写", "reading": "阅读"}
"""What the parts of a score are called."""


def as_text(answer: Answer) -> str:
    """The answer as a person reads it in a terminal: a follow-up as understood, statements, then each cited paragraph, the quote marked."""
    lines = [f"（理解为：{answer.understood}）"] if answer.understood else []
    lines.append(answer.text if not answer.refused else f"无法回答：{answer.reason}")
    if not answer.refused and answer.reason:
        lines.append(f"（{answer.reason}）")
    lines += [f"（{note}）" for note in (*answer.conflicts, answer.note) if note]
    if answer.refused and answer.nearest:
        lines += ["", "最接近的段落："]
    for citation in answer.citations:
        lines += ["", *_citation(citation)]
    return "\n".join(lines)


def hits_as_text(hits: Sequence[Hit], around: Sequence[Around] = ()) -> str:
    """The passages found, each with what made its score, its copies, and the paragraphs `around` it (before, after) where given."""
    lines: list[str] = []
    for hit, (before, after) in zip(hits, around or [((), ())] * len(hits), strict=True):
        parts = "  ".join(f"{_PARTS.get(name, name)} {value:.3f}" for name, value in hit.parts.items())
        lines += [f"{hit.rank}. {_about(hit.document, hit.passage)}", f"    {_place(hit.document, hit.passage)}"]
        lines.append(f"    得分 {hit.score:.3f}（{parts}）" + (f"，另有{len(hit.copies)}段文字相同" if hit.copies else ""))
        lines += [f"    ┊ {_indented(passage.text, '    ┊ ')}" for passage in before]
        lines.append(f"    {_indented(hit.passage.text)}")
        lines += [f"    ┊ {_indented(passage.text, '    ┊ ')}" for passage in after]
        lines.append("")
    return "\n".join(lines).rstrip() or "没有找到任何段落。"


def hits_as_json(question: str, hits: Sequence[Hit], around: Sequence[Around] = ()) -> dict[str, Any]:
    """The passages found by the contract in docs/architecture.md."""
    listed = [_hit(hit) | _stands(hit.document, hit.passage) for hit in hits]
    for one, (before, after) in zip(listed, around, strict=False):
        one["before"], one["after"] = [passage.text for passage in before], [passage.text for passage in after]
    return {"question": question, "hits": listed}


def _hit(hit: Hit) -> dict[str, Any]:
    return {
        "passage_id": hit.passage.id,
        "document_id": hit.document.id,
        "score": round(hit.score, 6),
        "parts": {name: round(value, 6) for name, value in hit.parts.items()},
        "copies": [passage.id for passage in hit.copies],
        "text": hit.passage.text,
    }


def _stands(document: Document, passage: Passage) -> dict[str, Any]:
    """Where a passage stands."""
    return {
        "source": document.source,
        "title": document.title,
        "paragraph": passage.number,
        "pages": list(passage.pages),
        "lines": list(passage.lines),
    }


def _about(document: Document, passage: Passage) -> str:
    about = (f"《{document.title}》", document.byline, document.date, passage.heading, f"第{passage.number}段")
    return " · ".join(part for part in about if part)


def _indented(text: str, margin: str = "    ") -> str:
    return text.replace("\n", f"\n{margin}")


def _citation(citation: Citation) -> list[str]:
    passage, document = citation.passage, citation.document
    marked = f"{passage.text[: citation.start]}【{citation.quote}】{passage.text[citation.end :]}"
    return [f"[{citation.marker}] {_about(document, passage)}", f"    {_place(document, passage)}", f"    {_indented(marked)}"]


def _place(document: Document, passage: Passage) -> str:
    """Where the paragraph stands, as editors and terminals open it: path:first-last line; relative below the working folder.

    In a file of pages it is the page, which is what a person turns to.
    """
    source, (first, last) = Path(document.source), passage.lines
    here = Path.cwd()
    shown = source.relative_to(here) if source.is_relative_to(here) else source
    if pages := passage.pages:
        return f"{shown} 第{pages[0]}{f'–{pages[-1]}' if len(pages) > 1 else ''}页"
    return f"{shown}:{first}-{last}"


def as_json(answer: Answer) -> dict[str, Any]:
    """The answer by the contract in docs/architecture.md."""
    return {
        "question": answer.question,
        "understood": answer.understood,
        "answer": answer.text,
        "short": answer.short,
        "support": round(answer.support, 4),
        "refused": answer.refused,
        "reason": answer.reason,
        "statements": [{"text": s.text, "citations": [c.marker for c in s.citations]} for s in answer.statements],
        "nearest": [citation.marker for citation in answer.nearest],
        "citations": [
            {"marker": c.marker, "passage_id": c.passage.id, "document_id": c.document.id}
            | _stands(c.document, c.passage)
            | {"start": c.start, "end": c.end, "quote": c.quote, "text": c.passage.text}
            for c in answer.citations
        ],
        "conflicts": list(answer.conflicts),
        "writer": answer.writer,
        "note": answer.note,
        "hits": [_hit(hit) for hit in answer.hits],
        "seconds": {name: round(value, 4) for name, value in answer.seconds.items()},
    }
