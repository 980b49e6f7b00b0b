"""The page of a PDF that a citation stands on, as a picture in HTML, its lines marked."""

import base64
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rag.errors import DocumentError
from rag.records import Citation

if TYPE_CHECKING:
    from rag.assistant import Assistant

GONE = "原文件已不在原处，看不到这一页。"
CHANGED = "原文件在读入之后变了，看不到当时的这一页。"


def sheet(name: str, cited: Mapping[str, Any], assistants: Iterable["Assistant"]) -> str:
    """The picture of the page of a citation, by the contract of rag.rendering.as_json, for the place called `name`.

    It is made for the first of the `assistants` whose index has the document; a sentence says why there is no picture.
    """
    for assistant in assistants:
        try:
            return _pictured(name, cited, assistant)
        except KeyError:
            continue
    return _note(name, GONE)


def _pictured(name: str, cited: Mapping[str, Any], assistant: "Assistant") -> str:
    from rag.documents import picture
    from rag.ingest import is_unchanged

    document = assistant.document(cited["document_id"])
    passage = next((one for one in assistant.passages(document.id) if one.id == cited["passage_id"]), None)
    path, digest = Path(document.source), assistant.digest(document.source)
    if not path.is_file():
        return _note(name, GONE)
    if passage is None or not is_unchanged(path, digest):
        return _note(name, CHANGED)
    boxes = Citation(cited["marker"], document, passage, cited["start"], cited["end"]).boxes
    page = boxes[0][0]
    try:
        held = base64.b64encode(picture(path, page, [box for number, box in boxes if number == page])).decode()
    except DocumentError as error:
        return _note(name, error.reason)
    return f'<div id="made-{name}"><img src="data:image/webp;base64,{held}" alt="第{page}页，引用的几行已标出"></div>'


def _note(name: str, said: str) -> str:
    return f'<div id="made-{name}"><p class="note">{said}</p></div>'
