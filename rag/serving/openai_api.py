"""OpenAI's way of asking and answering: a chat completion request to a question and its history, an answer to a completion or chunks."""

import re
import time
import uuid
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from rag.records import Answer, Citation, Turn, Where, end_of_path
from rag.serving.contract import served_answer
from rag.serving.errors import ApiError
from rag.serving.schemas import LONGEST, TURNS, ChatRequest, Message

MODEL = "wenju"
"""The name under which the documents are asked."""

REFUSED = "无法回答："
"""Begins a message that refuses: by it a refusal is known when a client sends the conversation back."""

REFERENCES = "\n\n出处：\n"
"""Stands before the references of a message: from there on, nothing is taken for what was said."""


_ADDED = re.compile(r"\[\d+\]|^（.*）$", re.MULTILINE)
"""What `content` adds to what is said: markers, and notes on a line of their own."""


@dataclass(frozen=True, slots=True)
class Asked:
    """What a request asks: the question, the turns before it, oldest first, and the documents it is asked of."""

    question: str
    history: tuple[Turn, ...]
    where: Where

    @property
    def characters(self) -> int:
        """How much there is to read."""
        return len(self.question) + sum(len(turn.question) + len(turn.answer) for turn in self.history)


def asked(request: ChatRequest) -> Asked:
    """The last message of the user as the question, and the messages before it as turns. ApiError (400) for what cannot be read.

    Messages of other roles than user and assistant are ignored: instructions do not change what documents say.
    """
    said = [(message.role, _text(message)) for message in request.messages if message.role in ("user", "assistant")]
    last = max((number for number, (role, _) in enumerate(said) if role == "user"), default=None)
    if last is None or not said[last][1].strip():
        raise ApiError(400, "messages holds no question: the last message of the role user is the question", param="messages")
    question = said[last][1]
    if len(question) > LONGEST:
        message = f"the question has {len(question)} characters and may have {LONGEST}"
        raise ApiError(400, message, param="messages", code="context_length_exceeded")
    return Asked(question, tuple(_turns(said[:last])[-TURNS:]), request.where.where())


def _text(message: Message) -> str:
    if isinstance(message.content, list):
        for part in message.content:
            if part.type != "text" or part.text is None:
                raise ApiError(400, f"a message holds a part of the type {part.type!r}; only text is read", param="messages")
        text = "\n".join(part.text or "" for part in message.content)
    else:
        text = message.content or ""
    return text.encode("utf-8", "replace").decode("utf-8")  # JSON can hold stray halves of characters


def _turns(said: Sequence[tuple[str, str]]) -> list[Turn]:
    turns: list[Turn] = []
    for role, text in said:
        if role == "user":
            turns.append(Turn(text[:LONGEST]))
        elif turns and not text.startswith(REFUSED):
            bare = _ADDED.sub("", text.partition(REFERENCES)[0])
            turns[-1] = Turn(turns[-1].question, "\n".join(part for part in (turns[-1].answer, bare) if part))
    return turns


def content(answer: Answer, *, references: bool = False) -> str:
    """The answer as a message: statements with their markers, then what has to be said with them; or why there is none.

    With `references` it ends with where each marker leads to, a line each.
    """
    if answer.refused:
        return REFUSED + answer.reason
    said = answer.text + "".join(f"\n（{note}）" for note in (answer.reason, *answer.conflicts, answer.note) if note)
    return said + REFERENCES + "\n".join(_reference(citation) for citation in answer.citations) if references else said


def _reference(citation: Citation) -> str:
    document, passage = citation.document, citation.passage
    first, last = passage.lines
    # In a file of pages nobody counts lines.
    stands = f"第{'、'.join(map(str, passage.pages))}页" if passage.pages else f"第{first}{f'–{last}' if last != first else ''}行"
    return f"[{citation.marker}] 《{document.title}》第{passage.number}段（{end_of_path(document.source)} {stands}）"


def annotations(answer: Answer, documents: str, begin: int = 0) -> list[dict[str, Any]]:
    """Each marker of `content` in OpenAI's shape, with the address of its passage; `content` begins at `begin` of the message.

    `documents` is the address of the server's documents, which ends with a slash. A file of the server has no address that a client
    could open, but the passage has one here: /v1/documents/{document}#{passage}.
    """
    listed: list[dict[str, Any]] = []
    end = begin
    for statement in answer.statements:
        end += len(statement.text)
        for citation in statement.citations:
            start, end = end, end + len(f"[{citation.marker}]")
            url = f"{documents}{quote(citation.document.id, safe='')}#{quote(citation.passage.id, safe='')}"
            marked = {"start_index": start, "end_index": end, "title": citation.document.title, "url": url}
            listed.append({"type": "url_citation", "url_citation": marked, "marker": citation.marker})
    return listed


def completion(request: ChatRequest, question: Asked, answer: Answer, documents: str, *, references: bool = False) -> dict[str, Any]:
    """The answer as a chat completion; see `content` for `references`, `annotations` for `documents`."""
    said = content(answer, references=references)
    message = {"role": "assistant", "content": said, "refusal": None, **_cited(answer, documents)}
    choice = {"index": 0, "message": message, "finish_reason": "stop", "logprobs": None}
    return {**_head(request, "chat.completion"), "choices": [choice], "usage": _usage(question, said)}


def chunks(
    request: ChatRequest, question: Asked, states: Iterable[Answer], documents: str, *, references: bool = False
) -> Iterator[dict[str, Any]]:
    """An answer as it grows as the chunks of a completion: the role, what is said, its citations, the end, and the usage if asked for."""
    usage = bool(request.stream_options and request.stream_options.include_usage)
    head = _head(request, "chat.completion.chunk")

    def chunk(delta: dict[str, Any], finish: str | None = None) -> dict[str, Any]:
        choice = {"index": 0, "delta": delta, "finish_reason": finish, "logprobs": None}
        return {**head, "choices": [choice], **({"usage": None} if usage else {})}

    yield chunk({"role": "assistant", "content": ""})
    said = ""
    answer: Answer | None = None
    for answer in states:
        # A state that takes back what was said is passed over: nothing that was sent can be unsaid, and the last state is whole.
        if not answer.refused and answer.text != said and answer.text.startswith(said):
            yield chunk({"content": answer.text[len(said) :]})
            said = answer.text
    if answer is None:  # nobody waited for the first one
        return
    whole = content(answer, references=references)
    if whole.startswith(said):
        begin, rest = 0, whole[len(said) :]
    else:
        begin, rest = len(said) + 2, f"\n\n{whole}"
    if rest:
        yield chunk({"content": rest})
    yield chunk(_cited(answer, documents, begin))
    yield chunk({}, "stop")
    if usage:
        yield {**head, "choices": [], "usage": _usage(question, said + rest if begin else whole)}


def models() -> dict[str, Any]:
    """The one model there is, as a list."""
    return {"object": "list", "data": [model()]}


def model() -> dict[str, Any]:
    """The one model there is."""
    return {"id": MODEL, "object": "model", "created": 0, "owned_by": MODEL}


def _cited(answer: Answer, documents: str, begin: int = 0) -> dict[str, Any]:
    own = served_answer(answer)
    del own["hits"]
    return {"annotations": annotations(answer, documents, begin), "wenju": own}


def _head(request: ChatRequest, kind: str) -> dict[str, Any]:
    return {"id": f"chatcmpl-{uuid.uuid4().hex}", "object": kind, "created": int(time.time()), "model": request.model}


def _usage(question: Asked, said: str) -> dict[str, int]:
    return {
        "prompt_tokens": question.characters,
        "completion_tokens": len(said),
        "total_tokens": question.characters + len(said),
    }
