"""An answer as a person reads it in a terminal, and as JSON by the contract of docs/architecture.md."""

from pathlib import Path
from typing import Any

from rag.records import Answer, Citation


def as_text(answer: Answer) -> str:
    """The answer as a person reads it in a terminal: statements, then each cited paragraph with the quoted words marked."""
    lines = [answer.text] if not answer.refused else [f"无法回答：{answer.reason}"]
    if not answer.refused and answer.reason:
        lines.append(f"（{answer.reason}）")
    if answer.refused and answer.nearest:
        lines += ["", "最接近的段落："]
    for citation in answer.citations:
        lines += ["", *_citation(citation)]
    return "\n".join(lines)


def _citation(citation: Citation) -> list[str]:
    passage, document = citation.passage, citation.document
    about = [f"《{document.title}》"]
    if document.byline:
        about.append(document.byline)
    if document.date:
        about.append(document.date)
    if passage.heading:
        about.append(passage.heading)
    about.append(f"第{passage.number}段")
    marked = f"{passage.text[: citation.start]}【{citation.quote}】{passage.text[citation.end :]}".replace("\n", "\n    ")
    return [f"[{citation.marker}] {' · '.join(about)}", f"    {_place(citation)}", f"    {marked}"]


def _place(citation: Citation) -> str:
    """Where the paragraph stands, as editors and terminals open it: path:first-last line; relative below the working folder.

    In a file of pages it is the page, which is what a person turns to.
    """
    source, (first, last) = Path(citation.document.source), citation.passage.lines
    here = Path.cwd()
    shown = source.relative_to(here) if source.is_relative_to(here) else source
    if pages := citation.passage.pages:
        return f"{shown} 第{pages[0]}{f'–{pages[-1]}' if len(pages) > 1 else ''}页"
    return f"{shown}:{first}-{last}"


def as_json(answer: Answer) -> dict[str, Any]:
    """The answer by the contract in docs/architecture.md."""
    return {
        "question": answer.question,
        "answer": answer.text,
        "short": answer.short,
        "support": round(answer.support, 4),
        "refused": answer.refused,
        "reason": answer.reason,
        "statements": [{"text": s.text, "citations": [c.marker for c in s.citations]} for s in answer.statements],
        "nearest": [citation.marker for citation in answer.nearest],
        "citations": [
            {
                "marker": c.marker,
                "passage_id": c.passage.id,
                "document_id": c.document.id,
                "source": c.document.source,
                "title": c.document.title,
                "paragraph": c.passage.number,
                "pages": list(c.passage.pages),
                "lines": list(c.passage.lines),
                "start": c.start,
                "end": c.end,
                "quote": c.quote,
                "text": c.passage.text,
            }
            for c in answer.citations
        ],
        "conflicts": list(answer.conflicts),
        "hits": [
            {
                "passage_id": hit.passage.id,
                "document_id": hit.document.id,
                "score": round(hit.score, 6),
                "parts": {name: round(value, 6) for name, value in hit.parts.items()},
                "text": hit.passage.text,
            }
            for hit in answer.hits
        ],
        "seconds": {name: round(value, 4) for name, value in answer.seconds.items()},
    }
