"""Language models: the small one in this process, a real server asked the way any is, and servers that fail."""

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from rag.assistant import Assistant
from rag.errors import ModelError, SettingsError
from rag.models import open_language_model
from rag.models.language import Endpoint, Message
from rag.models.local_language import NAME, LocalModel
from rag.settings import Settings

ASKED = [Message("user", "问题：水在标准大气压下多少度沸腾？")]


@pytest.fixture(scope="module")
def local(cache: Path) -> Iterator[LocalModel]:
    model = LocalModel(cache)
    yield model
    model.close()


def test_the_small_model_writes_chinese_and_counts_its_tokens(local: LocalModel) -> None:
    said = "".join(local.stream(ASKED, 24))
    assert any("一" <= character <= "鿿" for character in said)
    assert 0 < local.count("水" * 100) <= 110


def test_a_server_is_asked_by_address_and_key_and_its_one_model_found(local: LocalModel) -> None:
    model = Endpoint(local.url, key=local.key, timeout=60)
    assert "gemma" in model.name
    assert "".join(model.stream(ASKED, 12))
    assert model.count("水" * 100) == local.count("水" * 100)


def test_a_wrong_key_is_one_line_that_says_so(local: LocalModel) -> None:
    with pytest.raises(ModelError, match=r"HTTP 401.*curl ") as raised:
        list(Endpoint(local.url, "any", key="wrong", retries=0).stream(ASKED, 8))
    assert "\n" not in str(raised.value)


def test_a_stream_that_nobody_reads_on_stops_the_server_writing(local: LocalModel) -> None:
    stream = local.stream(ASKED, 2000)
    next(stream)
    stream.close()  # type: ignore[attr-defined]
    assert "".join(local.stream(ASKED, 8))  # the one slot is free again


def test_an_assistant_answers_with_it_and_shows_nothing_unproven(examples_index: Path, cache: Path) -> None:
    with Assistant.open(examples_index, llm_model="local") as assistant:
        answer = assistant.answer("3号线总投资多少？")
        *_, streamed = assistant.stream("3号线总投资多少？")
    assert "198亿元" in answer.text
    assert answer.citations
    assert answer.writer in (NAME, "extractive")
    assert answer.seconds["write"] > 0
    assert streamed.short == answer.short


class Handler(BaseHTTPRequestHandler):
    """Answers as the test has told it to."""

    told: Any

    def do_GET(self) -> None:
        self.told(self)

    do_POST = do_GET  # noqa: N815

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def server() -> Iterator[tuple[str, type[Handler]]]:
    handler = type("Told", (Handler,), {})
    served = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    threading.Thread(target=served.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{served.server_port}/v1", handler
    served.shutdown()
    served.server_close()


def as_json(status: int, body: object) -> Any:
    def answer(handler: Handler) -> None:
        content = json.dumps(body).encode()
        handler.send_response(status)
        handler.send_header("Content-Type", "application/json")
        handler.send_header("Content-Length", str(len(content)))
        handler.end_headers()
        handler.wfile.write(content)

    return answer


def pieces(*texts: str, broken: bool = False) -> Any:
    def answer(handler: Handler) -> None:
        handler.send_response(200)
        handler.send_header("Content-Type", "text/event-stream")
        handler.end_headers()
        for text in texts:
            chunk = {
                "id": "1",
                "object": "chat.completion.chunk",
                "created": 0,
                "model": "m",
                "choices": [{"index": 0, "delta": {"content": text}}],
            }
            handler.wfile.write(f"data: {json.dumps(chunk)}\n\n".encode())
            handler.wfile.flush()
        if broken:
            handler.wfile.write(b"data: {not json\n\n")
        else:
            handler.wfile.write(b"data: [DONE]\n\n")

    return answer


def test_pieces_come_as_the_server_sends_them(server: tuple[str, type[Handler]]) -> None:
    url, handler = server
    handler.told = staticmethod(pieces("桥长", "", "1240米"))
    assert list(Endpoint(url, "m").stream(ASKED, 8)) == ["桥长", "1240米"]


@pytest.mark.parametrize(
    ("told", "says"),
    [
        (as_json(500, {"error": {"message": "out of\nmemory"}}), "HTTP 500: out of memory"),
        (as_json(404, {"error": {"message": "no model m"}}), "HTTP 404: no model m"),
        (as_json(429, "busy"), "HTTP 429"),
        (pieces("桥长", broken=True), "failed"),
    ],
)
def test_what_a_server_says_of_an_error_is_told(server: tuple[str, type[Handler]], told: Any, says: str) -> None:
    url, handler = server
    handler.told = staticmethod(told)
    with pytest.raises(ModelError, match=says) as raised:
        list(Endpoint(url, "m", retries=0).stream(ASKED, 8))
    assert "\n" not in str(raised.value)


def test_a_request_that_fails_is_sent_again(server: tuple[str, type[Handler]]) -> None:
    url, handler = server
    answers = [as_json(503, {}), as_json(503, {}), pieces("桥")]
    handler.told = staticmethod(lambda one: answers.pop(0)(one))
    assert list(Endpoint(url, "m", retries=2).stream(ASKED, 8)) == ["桥"]


def test_a_model_that_reasons_is_asked_in_its_own_way(server: tuple[str, type[Handler]]) -> None:
    url, handler = server
    bodies: list[dict[str, Any]] = []

    def told(one: Handler) -> None:
        bodies.append(json.loads(one.rfile.read(int(one.headers["Content-Length"]))))
        unsupported = {"message": "Unsupported parameter: 'max_tokens'. Use 'max_completion_tokens' instead.", "param": "max_tokens"}
        (as_json(400, {"error": unsupported}) if "max_tokens" in bodies[-1] else pieces("桥"))(one)

    handler.told = staticmethod(told)
    model = Endpoint(url, "m", retries=0)
    assert [list(model.stream(ASKED, 8)) for _ in range(2)] == [["桥"], ["桥"]]
    assert ["max_tokens" in body for body in bodies] == [True, False, False]
    assert all("temperature" not in body and body["max_completion_tokens"] > 8 for body in bodies[1:])


def test_a_server_that_does_not_answer_is_not_waited_for(server: tuple[str, type[Handler]]) -> None:
    url, handler = server
    waiting = threading.Event()
    handler.told = staticmethod(lambda _: waiting.wait(20))
    try:
        with pytest.raises(ModelError, match="no answer in time"):
            list(Endpoint(url, "m", timeout=0.2, retries=0).stream(ASKED, 8))
    finally:
        waiting.set()


def test_a_server_that_counts_no_tokens_is_asked_once_and_the_estimate_lies_above(
    server: tuple[str, type[Handler]], local: LocalModel
) -> None:
    url, handler = server
    asked: list[str] = []

    def told(one: Handler) -> None:
        asked.append(one.path)
        as_json(404, {"error": "no such page"})(one)

    handler.told = staticmethod(told)
    model = Endpoint(url, "m")
    for text in ("临港新能源产值2634亿元。" * 20, "The bridge is 1,240 metres long."):
        assert model.count(text) >= local.count(text)
    assert asked == ["/tokenize"]


def test_of_several_models_one_has_to_be_named(server: tuple[str, type[Handler]]) -> None:
    url, handler = server
    listed = {"object": "list", "data": [{"id": name, "object": "model", "created": 0, "owned_by": ""} for name in ("qwen", "glm")]}
    handler.told = staticmethod(as_json(200, listed))
    with pytest.raises(ModelError, match=r"2 models \(qwen, glm\).*RAG_LLM_MODEL=qwen"):
        _ = Endpoint(url).name


@pytest.mark.parametrize("url", ["127.0.0.1:11434", "ftp://here", "http://", "本机"])
def test_an_address_of_no_use_is_told(url: str) -> None:
    with pytest.raises(ModelError, match="RAG_LLM_URL"):
        Endpoint(url)


def test_an_unreachable_server_costs_the_prose_and_not_the_answer(examples_index: Path) -> None:
    with Assistant.open(examples_index, llm_url="http://127.0.0.1:9/v1", llm_model="m", llm_retries=0) as assistant:
        answer = assistant.answer("3号线总投资多少？")
    assert "198亿元" in answer.text
    assert answer.writer == "extractive"
    assert answer.note


def test_without_a_setting_no_model_is_opened(tmp_path: Path) -> None:
    assert open_language_model(Settings(index=tmp_path, cache=tmp_path)) is None


def test_a_model_without_an_address_is_the_small_one_or_an_error() -> None:
    with pytest.raises(SettingsError, match="RAG_LLM_URL"):
        Settings.load(environ={"RAG_LLM_MODEL": "qwen3"})
    assert Settings.load(environ={"RAG_LLM_MODEL": "local"}).llm_model == "local"


def test_the_key_is_not_printed() -> None:
    assert "s3cret" not in repr(Settings.load(environ={"RAG_LLM_KEY": "s3cret"}))


def test_a_file_that_is_no_model_is_one_line_with_the_command_that_mends_it(tmp_path: Path) -> None:
    folder = tmp_path / "language"
    folder.mkdir()
    (folder / f"{NAME}.gguf").write_bytes(b"no model")
    with pytest.raises(ModelError, match=r"could not be loaded.*rm ") as raised:
        LocalModel(tmp_path)
    assert "\n" not in str(raised.value)
