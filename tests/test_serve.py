"""`python -m rag.serve` as its clients meet it: a real process, the real `openai` package; slow or failing assistants in a thread."""

import asyncio
import hashlib
import json
import os
import re
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx
import openai
import pytest
import uvicorn

from rag.answers.conversation import LOOKED_AT
from rag.assistant import Assistant
from rag.errors import IndexCorrupt, SettingsError
from rag.records import EVERYWHERE, Answer, Citation, Document, Passage, Statement, Turn, Where, end_of_path
from rag.rendering import as_json, hits_as_json
from rag.serving import openai_api, schemas
from rag.serving.app import build
from rag.serving.gate import LARGEST
from rag.serving.keys import Keys
from rag.serving.work import Abandoned, Busy, Workers
from rag.storage.filters import admits
from tests.awaiting import awaited

ROOT = Path(__file__).resolve().parent.parent
ASKED = "临港新能源产值?"


def start(*arguments: str, **environment: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "rag.serve", "--port", "0", *arguments],
        cwd=ROOT,
        env=os.environ | environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        preexec_fn=_heed_interrupts,
    )


def _heed_interrupts() -> None:
    """A process that a script starts in the background is told to ignore Ctrl+C, and would hand that on."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


def address(process: subprocess.Popen[str]) -> str:
    """Where the process says that it listens, without /v1."""
    assert process.stdout is not None
    line = process.stdout.readline()
    found = re.search(r"(http://\S+)/v1", line)
    assert found, line + (process.stderr.read() if process.stderr and process.poll() is not None else "")
    return found[1]


@contextmanager
def served(*arguments: str) -> Iterator[str]:
    process = start(*arguments)
    try:
        yield address(process)
    finally:
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=60)


@pytest.fixture(scope="module")
def server(examples_index: Path) -> Iterator[str]:
    with served("--index", str(examples_index)) as where:
        yield where


@pytest.fixture(scope="module")
def assistant(examples_index: Path) -> Iterator[Assistant]:
    with Assistant.open(examples_index) as assistant:
        yield assistant


def client(server: str, key: str = "any") -> openai.OpenAI:
    return openai.OpenAI(base_url=f"{server}/v1", api_key=key, max_retries=0, timeout=120)


def user(content: str | list[dict[str, Any]]) -> Any:
    return {"role": "user", "content": content}


def complete(server: str, question: str) -> str:
    return client(server).chat.completions.create(model="wenju", messages=[user(question)]).choices[0].message.content or ""


# Answers, as OpenAI's clients and ours ask for them


def test_an_openai_client_reads_the_answer_and_each_marker_leads_to_its_passage(server: str) -> None:
    completion = client(server).chat.completions.create(model="any-name", messages=[user(ASKED)], temperature=0.3, seed=7)
    (choice,) = completion.choices
    message = choice.message
    assert (completion.model, completion.object, choice.finish_reason, message.role) == ("any-name", "chat.completion", "stop", "assistant")
    assert message.content is not None
    assert "2634亿元" in message.content
    assert message.annotations
    (annotation,) = message.annotations
    cited = annotation.url_citation
    assert message.content[cited.start_index : cited.end_index] == "[1]"
    assert cited.title == "滩涂之上 临港开出新能源汽车城"
    page, _, passage_id = cited.url.partition("#")
    (passage,) = (one for one in httpx.get(page).json()["passages"] if one["passage_id"] == passage_id)
    (citation,) = message.model_extra["wenju"]["citations"]  # type: ignore[index]
    assert passage["text"][citation["start"] : citation["end"]] == citation["quote"] == message.content[: cited.start_index]
    assert citation["marker"] == annotation.model_extra["marker"]  # type: ignore[index]
    assert citation["source"] == "examples/page-06-industry.txt"
    assert completion.usage is not None
    assert completion.usage.total_tokens == len(ASKED) + len(message.content)


def test_a_stream_says_the_role_first_the_same_words_and_the_citations_last(server: str) -> None:
    ask: dict[str, Any] = {"model": "wenju", "messages": [user(ASKED)]}
    whole = client(server).chat.completions.create(**ask).choices[0].message
    chunks = list(client(server).chat.completions.create(**ask, stream=True, stream_options={"include_usage": True}))
    deltas = [chunk.choices[0].delta for chunk in chunks[:-1]]
    assert deltas[0].role == "assistant"
    assert len(deltas) > 4
    assert "".join(delta.content or "" for delta in deltas) == whole.content
    assert [chunk.choices[0].finish_reason for chunk in chunks[:-1]] == [None] * (len(chunks) - 2) + ["stop"]
    assert deltas[-2].model_extra is not None
    assert whole.annotations
    assert deltas[-2].model_extra["annotations"] == [one.model_dump() for one in whole.annotations]
    said = deltas[-2].model_extra["wenju"]
    assert said | {"seconds": {}} == whole.model_extra["wenju"] | {"seconds": {}}
    assert (chunks[-1].choices, len({chunk.id for chunk in chunks})) == ([], 1)
    assert chunks[-1].usage is not None
    assert chunks[-1].usage.completion_tokens == len(whole.content or "")


def test_the_raw_stream_is_events_that_end_with_done(server: str) -> None:
    with httpx.stream("POST", f"{server}/v1/chat/completions", json={"stream": True, "messages": [user(ASKED)]}, timeout=60) as response:
        assert response.headers["content-type"].startswith("text/event-stream")
        events = "".join(response.iter_text()).split("\n\n")
    assert events[-2:] == ["data: [DONE]", ""]
    assert all("usage" not in json.loads(event.removeprefix("data: ")) for event in events[:-2])


def test_a_refusal_is_a_message_like_any_other_and_says_that_it_is_one(server: str) -> None:
    message = client(server).chat.completions.create(model="wenju", messages=[user("火星上有多少只企鹅？")]).choices[0].message
    assert message.content is not None
    assert message.content.startswith("无法回答：文档里没有找到答案")
    assert message.annotations == []
    assert message.model_extra["wenju"]["refused"] is True  # type: ignore[index]
    assert message.model_extra["wenju"]["nearest"] == [1]  # type: ignore[index]
    with client(server).chat.completions.create(model="wenju", messages=[user("火星上有多少只企鹅？")], stream=True) as chunks:
        assert "".join(chunk.choices[0].delta.content or "" for chunk in chunks) == message.content


def test_a_filter_leaves_other_documents_out(server: str) -> None:
    ask: dict[str, Any] = {"model": "wenju", "messages": [user(ASKED)]}
    refused = client(server).chat.completions.create(**ask, extra_body={"where": {"since": "2999"}}).choices[0].message
    assert refused.content == "无法回答：没有符合筛选条件的文档，请放宽条件再问。"
    found = client(server).chat.completions.create(**ask, extra_body={"where": {"source": "page-06*"}}).choices[0].message
    assert "2634亿元" in (found.content or "")


def test_the_model_is_listed(server: str) -> None:
    assert [model.id for model in client(server).models.list()] == ["wenju"]
    assert client(server).models.retrieve("wenju").owned_by == "wenju"
    with pytest.raises(openai.NotFoundError, match="there is one model"):
        client(server).models.retrieve("gpt")


def test_our_own_answers_are_the_contract_of_the_command_line(server: str, assistant: Assistant) -> None:
    said = httpx.post(f"{server}/v1/answer", json={"question": ASKED}, timeout=60).json()
    expected = as_json(assistant.answer(ASKED))
    for citation in expected["citations"]:
        citation["source"] = end_of_path(citation["source"])
    assert said | {"seconds": {}} == expected | {"seconds": {}}


def test_passages_are_found_with_what_stands_around_them(server: str, assistant: Assistant) -> None:
    request = {"question": ASKED, "limit": 2, "neighbours": 1, "where": {"title": "滩涂"}}
    said = httpx.post(f"{server}/v1/search", json=request, timeout=60).json()
    hits = assistant.search(ASKED, 2, Where(title="滩涂"))
    expected = hits_as_json(ASKED, hits, [assistant.neighbours(hit.passage) for hit in hits])
    assert len(said["hits"]) == 2
    assert [hit | {"source": ""} for hit in said["hits"]] == [hit | {"source": ""} for hit in expected["hits"]]
    assert {hit["source"] for hit in said["hits"]} == {"examples/page-06-industry.txt"}
    assert httpx.post(f"{server}/v1/search", json={"question": ASKED, "where": {"since": "2999"}}, timeout=60).json()["hits"] == []


def test_documents_are_listed_page_by_page_and_given_whole(server: str, assistant: Assistant) -> None:
    first = httpx.get(f"{server}/v1/documents", params={"limit": 2}).json()
    rest = httpx.get(f"{server}/v1/documents", params={"offset": 2}).json()
    listed = first["documents"] + rest["documents"]
    assert [one["id"] for one in listed] == [document.id for document in assistant.documents()]
    assert first["total"] == len(listed)
    for one in listed:
        whole = httpx.get(f"{server}/v1/documents/{one['id']}").json()
        assert whole | {"passages": len(whole["passages"])} == one
        assert not Path(one["source"]).is_absolute()
    assert httpx.get(f"{server}/v1/documents/none").status_code == 404


def test_what_is_sent_is_what_the_description_says(server: str) -> None:
    described = httpx.get(f"{server}/openapi.json").json()
    assert set(described["paths"]) == {
        "/v1/chat/completions", "/v1/models", "/v1/models/{model}", "/v1/answer", "/v1/search", "/v1/documents",
        "/v1/documents/{document_id}", "/health",
    }  # fmt: skip
    assert "HTTPValidationError" not in described["components"]["schemas"]
    assert set(described["paths"]["/v1/chat/completions"]["post"]["responses"]["200"]["content"]) == {
        "application/json",
        "text/event-stream",
    }
    asked = {"question": ASKED}
    document = httpx.get(f"{server}/v1/documents").json()["documents"][0]["id"]
    sent: dict[type[schemas.Said], Any] = {
        schemas.Completion: httpx.post(f"{server}/v1/chat/completions", json={"messages": [user(ASKED)]}, timeout=60),
        schemas.AnswerBody: httpx.post(f"{server}/v1/answer", json=asked, timeout=60),
        schemas.HitsBody: httpx.post(f"{server}/v1/search", json=asked, timeout=60),
        schemas.DocumentsBody: httpx.get(f"{server}/v1/documents"),
        schemas.WholeDocumentBody: httpx.get(f"{server}/v1/documents/{document}"),
        schemas.ModelsBody: httpx.get(f"{server}/v1/models"),
        schemas.HealthBody: httpx.get(f"{server}/health"),
        schemas.ErrorBody: httpx.get(f"{server}/nowhere"),
    }
    for schema, response in sent.items():
        assert schema.__name__ in described["components"]["schemas"]
        assert undescribed(schema.model_validate(response.json(), strict=True)) == []


def undescribed(body: Any) -> list[str]:
    """The fields that a body has and its schema does not name."""
    if isinstance(body, list):
        return [name for one in body for name in undescribed(one)]
    if not isinstance(body, schemas.Said):
        return []
    return [*(body.model_extra or {}), *(name for field in type(body).model_fields for name in undescribed(getattr(body, field)))]


def test_no_page_loads_anything_from_elsewhere(server: str) -> None:
    assert [httpx.get(f"{server}{page}").status_code for page in ("/docs", "/redoc", "/")] == [404, 404, 404]


# What cannot be answered


@pytest.mark.parametrize(
    ("body", "param"),
    [
        ({}, "messages"),
        ({"messages": []}, "messages"),
        ({"messages": [{"role": "system", "content": "你好"}]}, "messages"),
        ({"messages": [user("  ")]}, "messages"),
        ({"messages": [user("长" * 2001)]}, "messages"),
        ({"messages": "你好"}, "messages"),
        ({"messages": [user([{"type": "image_url", "image_url": {"url": "data:,"}}])]}, "messages"),
        ({"messages": [user("产值?")], "where": {"since": "去年"}}, "where.since"),
        ({"messages": [user("产值?")], "where": {"author": "陆知行"}}, "where.author"),
    ],
)
def test_what_cannot_be_read_is_an_error_of_400_in_openais_shape(server: str, body: Any, param: str) -> None:
    response = httpx.post(f"{server}/v1/chat/completions", content=json.dumps(body), headers={"Content-Type": "application/json"})
    assert response.status_code == 400
    error = response.json()["error"]
    assert (error["type"], error["param"]) == ("invalid_request_error", param)
    assert "\n" not in error["message"]


def test_an_openai_client_raises_its_own_error_and_the_message_is_ours(server: str) -> None:
    with pytest.raises(openai.BadRequestError, match="the last message of the role user is the question"):
        client(server).chat.completions.create(model="wenju", messages=[])


@pytest.mark.parametrize("headers", [{"Content-Type": "application/json"}, {"Content-Type": "text/plain"}, {}])
def test_a_body_that_is_no_json_is_said_to_be_none(server: str, headers: dict[str, str]) -> None:
    content = "{" if headers.get("Content-Type") == "application/json" else json.dumps({"question": ASKED})
    response = httpx.post(f"{server}/v1/answer", content=content, headers=headers)
    assert response.status_code == 400
    assert "application/json" in response.json()["error"]["message"]


def test_a_body_that_is_too_large_is_not_read(server: str) -> None:
    def pieces() -> Iterator[bytes]:
        for _ in range(LARGEST // 10_000 + 2):
            yield b" " * 10_000

    for sent in (b" " * (LARGEST + 1), pieces()):
        response = httpx.post(f"{server}/v1/answer", content=sent, headers={"Content-Type": "application/json"})
        assert response.status_code == 413
        assert "fewer or shorter messages" in response.json()["error"]["message"]


# The conversation


def test_messages_become_the_question_and_the_turns_before_it() -> None:
    request = schemas.ChatRequest.model_validate(
        {
            "messages": [
                {"role": "system", "content": "你是海盗。"},
                {"role": "assistant", "content": "您好，请问。"},
                user("临港产值是多少？"),
                {"role": "assistant", "content": "2634亿元。[1]\n\n出处：\n[1] 《汽车城》第1段（pages/industry.txt 第1行）"},
                user("2021年呢？"),
                {"role": "assistant", "content": "无法回答：文档没有给出2021年的内容。"},
                user("在\ud800吗"),
                {"role": "user", "content": [{"type": "text", "text": "为什么"}, {"type": "text", "text": "增长？"}]},
                {"role": "assistant", "content": "因为"},
            ],
            "where": {"section": "产业"},
        }
    )
    asked = openai_api.asked(request)
    assert asked.question == "为什么\n增长？"
    assert asked.history == (Turn("临港产值是多少？", "2634亿元。"), Turn("2021年呢？"), Turn("在?吗"))
    assert asked.where == Where(section="产业", by_end=True)


def test_notes_and_markers_of_a_message_are_not_what_was_said() -> None:
    said = "由沈知微设计。[1]\n（另一处说由贺南亭设计。）"
    messages = [
        schemas.Message(role=role, content=text) for role, text in (("user", "谁设计的？"), ("assistant", said), ("user", "他多大？"))
    ]
    assert openai_api.asked(schemas.ChatRequest(messages=messages)).history[0].answer.strip() == "由沈知微设计。"


def test_a_filter_of_the_server_does_not_tell_of_the_path_it_keeps() -> None:
    meeting = {"pages/industry": True, "pages/*.txt": True, "*.txt": True, "someone": False, "/home/s*": False, "*one/*": False}
    for source, found in meeting.items():
        assert admits(schemas.Filter(source=source).where(), DOCUMENT) is found, source
    assert admits(schemas.Filter(source="someone").where(by_end=False), DOCUMENT)


def test_no_more_is_looked_back_to_than_a_conversation_is_made_whole_from() -> None:
    asked = openai_api.asked(schemas.ChatRequest(messages=[schemas.Message(role="user", content=f"第{n}问") for n in range(50)]))
    assert (asked.question, len(asked.history), asked.history[0].question) == ("第49问", LOOKED_AT, f"第{49 - LOOKED_AT}问")


# Assistants that are slow, or fail

TEXT = "产值2634亿元。同比增长。"
DOCUMENT = Document("a/b #1", "/home/someone/pages/industry.txt", "汽车城", TEXT)
PASSAGE = Passage("p", DOCUMENT.id, 1, "", TEXT, 0, len(TEXT), (1, 1))
ANSWER = Answer(
    "产值?",
    (
        Statement("产值2634亿元。", (Citation(1, DOCUMENT, PASSAGE, 0, 9),)),
        Statement("同比增长。", (Citation(2, DOCUMENT, PASSAGE, 9, 14), Citation(3, DOCUMENT, PASSAGE, 9, 13))),
    ),
    0.9,
    refused=False,
    conflicts=("另一处说法不同。",),
)


class Made:
    """An assistant with one answer. It waits until `go` is set, fails where asked to, and knows what it was asked and when it was left."""

    def __init__(self) -> None:
        self.go = threading.Event()
        self.left = threading.Event()
        self.begun = threading.Event()
        self.history: Sequence[Turn] = ()

    def answer(self, question: str, where: Where = EVERYWHERE, history: Sequence[Turn] = ()) -> Answer:
        self.history = history
        self.begun.set()
        if "慢" in question:
            assert self.go.wait(60)
        if "错" in question:
            raise IndexCorrupt("/secret/place is torn; rebuild it: rm it")
        if "崩" in question:
            raise RuntimeError("/secret/place broke")
        return ANSWER

    def stream(self, question: str, where: Where = EVERYWHERE, history: Sequence[Turn] = ()) -> Iterator[Answer]:
        try:
            yield replace(ANSWER, statements=(Statement("产值", ()),))
            if "久" in question:
                while True:
                    time.sleep(0.01)
                    yield replace(ANSWER, statements=(Statement("产值", ()),))
            yield self.answer(question, where, history)
        finally:
            self.left.set()


@contextmanager
def made(**options: Any) -> Iterator[tuple[Made, str]]:
    """An assistant of the kind above and the address where it is served, in this process."""
    assistant = Made()
    listener = socket.create_server(("127.0.0.1", 0))
    app = build(assistant, **options)  # type: ignore[arg-type]
    running = uvicorn.Server(uvicorn.Config(app, log_level="critical", timeout_graceful_shutdown=5))
    thread = threading.Thread(target=running.run, kwargs={"sockets": [listener]})
    thread.start()
    try:
        yield assistant, f"http://127.0.0.1:{listener.getsockname()[1]}"
    finally:
        assistant.go.set()
        running.should_exit = True
        thread.join(30)
        assert not thread.is_alive()


def test_every_marker_of_several_statements_is_annotated_and_what_is_said_beside_them_too() -> None:
    with made() as (_, server):
        message = client(server).chat.completions.create(model="wenju", messages=[user("产值?")]).choices[0].message
    assert message.content == "产值2634亿元。[1]同比增长。[2][3]\n（另一处说法不同。）"
    assert message.annotations
    cited = [one.url_citation for one in message.annotations]
    assert [message.content[one.start_index : one.end_index] for one in cited] == ["[1]", "[2]", "[3]"]
    assert cited[0].url == f"{server}/v1/documents/a%2Fb%20%231#p"
    assert message.model_extra["wenju"]["citations"][0]["source"] == "pages/industry.txt"  # type: ignore[index]


def test_a_client_that_shows_no_annotations_can_have_references_in_the_message() -> None:
    with made(references=True) as (_, server):
        message = client(server).chat.completions.create(model="wenju", messages=[user("产值?")]).choices[0].message
        chunks = client(server).chat.completions.create(model="wenju", messages=[user("产值?")], stream=True)
        assert "".join(chunk.choices[0].delta.content or "" for chunk in chunks) == message.content
    said, _, references = (message.content or "").partition(openai_api.REFERENCES)
    assert said == openai_api.content(ANSWER)
    assert references.splitlines() == [f"[{marker}] 《汽车城》第1段（pages/industry.txt 第1行）" for marker in (1, 2, 3)]
    assert message.annotations
    assert [said[one.url_citation.start_index : one.url_citation.end_index] for one in message.annotations] == ["[1]", "[2]", "[3]"]


def test_what_was_streamed_is_never_unsaid_and_the_annotations_fit_what_was_sent() -> None:
    request = schemas.ChatRequest(messages=[schemas.Message(role="user", content="产值?")], stream=True)
    states = [replace(ANSWER, statements=(Statement("产量", ()),)), ANSWER]
    deltas = [
        chunk["choices"][0]["delta"] for chunk in openai_api.chunks(request, openai_api.asked(request), states, "http://here/v1/documents/")
    ]
    said = "".join(delta.get("content", "") for delta in deltas)
    assert said == f"产量\n\n{openai_api.content(ANSWER)}"
    (annotations,) = (delta["annotations"] for delta in deltas if "annotations" in delta)
    assert [said[a["url_citation"]["start_index"] : a["url_citation"]["end_index"]] for a in annotations] == ["[1]", "[2]", "[3]"]


def test_the_conversation_reaches_the_assistant() -> None:
    with made() as (assistant, server):
        messages = [user("临港产值?"), {"role": "assistant", "content": "2634亿元。[1]"}, user("为什么?")]
        client(server).chat.completions.create(model="wenju", messages=messages)
        assert tuple(assistant.history) == (Turn("临港产值?", "2634亿元。"),)
        list(client(server).chat.completions.create(model="wenju", messages=messages[1:], stream=True))
        assert tuple(assistant.history) == ()
        httpx.post(f"{server}/v1/answer", json={"question": "为什么?", "history": [{"question": "临港产值?", "answer": "2634亿元"}]})
        assert tuple(assistant.history) == (Turn("临港产值?", "2634亿元"),)


@pytest.mark.parametrize("question", ["错", "崩"])
def test_an_error_of_the_servers_own_tells_no_stranger_anything(question: str) -> None:
    with made() as (_, server):
        with pytest.raises(openai.InternalServerError) as failure:
            client(server).chat.completions.create(model="wenju", messages=[user(question)])
        assert "secret" not in failure.value.response.text
        assert failure.value.body["type"] == "server_error"  # type: ignore[index]
        said = ""
        with pytest.raises(openai.APIError, match="could not be answered") as broken:  # noqa: PT012
            for chunk in client(server).chat.completions.create(model="wenju", messages=[user(question)], stream=True):
                said += chunk.choices[0].delta.content or ""
        assert said == "产值"
        assert "secret" not in str(broken.value)


def test_who_hangs_up_stops_the_stream() -> None:
    with made() as (assistant, server):
        chunks = client(server).chat.completions.create(model="wenju", messages=[user("久")], stream=True)
        assert next(iter(chunks)).choices[0].delta.role == "assistant"
        assert not assistant.left.is_set()
        chunks.close()
        assert assistant.left.wait(10)


def test_beyond_the_line_one_is_told_to_come_back_and_the_server_still_listens() -> None:
    with made(at_once=1, waiting=0) as (assistant, server), ThreadPoolExecutor(1) as pool:
        first = pool.submit(complete, server, "慢")
        assert assistant.begun.wait(10)
        for stream in (False, True):
            with pytest.raises(openai.InternalServerError) as busy:
                client(server).chat.completions.create(model="wenju", messages=[user("产值?")], stream=stream)
            assert busy.value.status_code == 503
            assert busy.value.response.headers["retry-after"] == "2"
            assert busy.value.code == "server_busy"
        assert httpx.get(f"{server}/health").json() == {"status": "ok"}
        assistant.go.set()
        assert first.result() == openai_api.content(ANSWER)
        assert complete(server, "产值?") == openai_api.content(ANSWER)


def test_who_leaves_the_line_makes_room_in_it() -> None:
    with made(at_once=1, waiting=1) as (assistant, server), ThreadPoolExecutor(2) as pool:
        first = pool.submit(complete, server, "慢")
        assert assistant.begun.wait(10)
        with pytest.raises(openai.APITimeoutError):
            client(server).with_options(timeout=1).chat.completions.create(model="wenju", messages=[user("产值?")])
        patient = client(server).with_options(max_retries=5)  # until it is noticed that the line is empty
        third = pool.submit(lambda: patient.chat.completions.create(model="wenju", messages=[user("产值?")]))
        assistant.go.set()
        assert third.result().choices[0].message.content == first.result() == openai_api.content(ANSWER)


def test_an_answer_that_nobody_waits_for_is_no_error(caplog: pytest.LogCaptureFixture) -> None:
    with made() as (assistant, server):
        chunks = client(server).chat.completions.create(model="wenju", messages=[user("慢")], stream=True)
        assert next(iter(chunks)).choices[0].delta.role == "assistant"
        assert assistant.begun.wait(10)
        chunks.close()
        time.sleep(0.3)
        assistant.go.set()
        assert assistant.left.wait(10)
    assert caplog.records == []


def test_several_clients_at_once_have_each_their_own_answer(server: str) -> None:
    questions = {ASKED: "2634亿元", "80岁以上的老人每餐补贴多少钱？": "5元", "在火车东站可以换乘什么？": "2号线"}
    with ThreadPoolExecutor(9) as pool:
        asked = [(wanted, pool.submit(complete, server, question)) for question, wanted in list(questions.items()) * 3]
        for wanted, completion in asked:
            assert wanted in completion.result()


def test_a_job_that_nobody_waits_for_is_not_begun() -> None:
    async def scene() -> None:
        workers = Workers(1, 1)
        go = threading.Event()
        first = asyncio.ensure_future(workers.run(lambda: go.wait(10)))
        begun: list[int] = []
        leave = asyncio.Event()

        async def gone() -> None:
            await leave.wait()

        second = asyncio.ensure_future(workers.run(lambda: begun.append(1), gone))
        await asyncio.sleep(0.05)
        with pytest.raises(Busy):
            await workers.run(lambda: None)
        leave.set()
        with pytest.raises(Abandoned):
            await second
        go.set()
        assert await first
        await workers.run(lambda: None)
        assert begun == []
        await workers.close()

    awaited(scene())


# Who may ask


def test_keys_are_compared_as_they_are_or_by_their_hash(tmp_path: Path) -> None:
    file = tmp_path / "wenju.keys"
    file.write_text(f"# ours\nfirst\n\nsha256:{hashlib.sha256(b'second').hexdigest()}\n密钥\n", encoding="utf-8")
    keys = Keys.read(file)
    assert [keys.allow(key) for key in ("first", "second", "密钥")] == [True] * 3
    refused = ("", "firs", "first ", "# ours", hashlib.sha256(b"second").hexdigest(), file.read_text(encoding="utf-8").splitlines()[3])
    assert not any(keys.allow(key) for key in refused)
    assert not Keys([]).allow("")


@pytest.mark.parametrize("text", [None, "", "# nothing\n", "sha256:12\n", b"\xff\xfe\x00"])
def test_a_file_without_keys_is_one_line_that_ends_with_the_mend(tmp_path: Path, text: str | bytes | None) -> None:
    file = tmp_path / "wenju.keys"
    if text is not None:
        file.write_bytes(text if isinstance(text, bytes) else text.encode())
    with pytest.raises(SettingsError, match=r": (python -c .* > wenju\.keys|grep -n sha256: \S+)$"):
        Keys.read(file)


def test_with_keys_only_who_has_one_is_answered(examples_index: Path, tmp_path: Path) -> None:
    file = tmp_path / "wenju.keys"
    file.write_text(f"sesame\nsha256:{hashlib.sha256(b'hashed').hexdigest()}\n", encoding="utf-8")
    with served("--index", str(examples_index), "--host", "0.0.0.0", "--keys", str(file)) as server:
        for wrong in ("sesam", "any"):
            with pytest.raises(openai.AuthenticationError, match="a key is needed") as refused:
                client(server, wrong).chat.completions.create(model="wenju", messages=[user(ASKED)])
            assert refused.value.code == "invalid_api_key"
        for right in ("sesame", "hashed"):
            assert [model.id for model in client(server, right).models.list()] == ["wenju"]
        for path in ("/v1/documents", "/openapi.json", "/nowhere"):
            assert httpx.get(f"{server}{path}").status_code == 401
        assert httpx.get(f"{server}/health").status_code == 200
        described = httpx.get(f"{server}/openapi.json", headers={"Authorization": "Bearer sesame", "Host": "wenju.example"}).json()
        assert described["components"]["securitySchemes"]["HTTPBearer"]["scheme"] == "bearer"


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "wenju.example", ""])
def test_nothing_is_opened_to_other_machines_without_keys(host: str) -> None:
    process = start("--host", host, RAG_KEYS="")
    out, err = process.communicate(timeout=60)
    assert (process.returncode, out) == (2, "")
    assert len(err.splitlines()) == 1
    assert re.search(r"make one: python -c .* > wenju\.keys && python -m rag\.serve --host \S+ --keys wenju\.keys$", err)


@pytest.mark.parametrize(
    "host", ["evil.example", "evil.example:8000", "localhost.evil.example", "127.0.0.1.evil.example", "[::1", "10.0.0.1", ""]
)
def test_a_name_that_is_not_this_machines_own_is_refused(server: str, host: str) -> None:
    response = httpx.post(f"{server}/v1/answer", json={"question": ASKED}, headers={"Host": host})
    assert response.status_code in (400, 421)
    assert "2634" not in response.text


def test_no_page_of_another_origin_is_let_in(server: str) -> None:
    asked = {"Origin": "https://evil.example", "Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": "content-type"}
    response = httpx.options(f"{server}/v1/answer", headers=asked)
    assert response.status_code == 405
    assert not [name for name in response.headers if name.startswith("access-control")]


@pytest.mark.parametrize(("sent", "code"), [(signal.SIGTERM, 0), (signal.SIGINT, 130)])
def test_a_signal_ends_the_server_cleanly_and_nothing_was_written(examples_index: Path, sent: signal.Signals, code: int) -> None:
    before = {path: path.read_bytes() for path in examples_index.rglob("*") if path.is_file()}
    process = start("--index", str(examples_index))
    server = address(process)
    client(server).chat.completions.create(model="wenju", messages=[user(ASKED)])
    with httpx.stream("POST", f"{server}/v1/chat/completions", json={"stream": True, "messages": [user(ASKED)]}) as response:
        process.send_signal(sent)
        assert "".join(response.iter_text()).endswith("data: [DONE]\n\n")
    out, err = process.communicate(timeout=30)
    assert (process.returncode, out, err) == (code, "", "")
    assert {path: path.read_bytes() for path in examples_index.rglob("*") if path.is_file()} == before


def test_an_index_that_is_not_there_is_one_line(tmp_path: Path) -> None:
    process = start("--index", str(tmp_path / "none"))
    out, err = process.communicate(timeout=60)
    assert (process.returncode, out, len(err.splitlines())) == (2, "", 1)
    assert "python -m rag.ingest" in err


def test_a_port_that_is_taken_or_none_is_one_line() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        process = start("--port", str(taken.getsockname()[1]))
        _, err = process.communicate(timeout=60)
    assert (process.returncode, len(err.splitlines())) == (2, 1)
    assert err.endswith("python -m rag.serve --port 0\n")
    process = start("--port", "65536")
    assert "'65536' is no port" in process.communicate(timeout=60)[1]
    assert process.returncode == 2
