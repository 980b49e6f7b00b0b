"""`python -m rag.mcp_server` as a client of the Model Context Protocol meets it: the real package, a real process, over its input."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any, TypeVar

import pytest

from rag.assistant import Assistant
from rag.rendering import as_json, as_text, hits_as_json
from rag.settings import Settings
from tests.awaiting import awaited

mcp = pytest.importorskip("mcp", reason="needs the protocol's own package: pip install 'mcp>=2.3,<3'")

ROOT = Path(__file__).resolve().parent.parent
ASKED = "临港新能源产值?"
T = TypeVar("T")


def with_client(index: Path, scene: Callable[[Any], Awaitable[T]]) -> T:
    """What `scene` returns, given a client of a server of its own."""
    arguments = ["-m", "rag.mcp_server", "--index", str(index)]
    # A client hands on little of its environment.
    environment = {"RAG_CACHE": str(Settings.load().cache), "PYTHONPATH": str(ROOT)}
    server = mcp.StdioServerParameters(command=sys.executable, args=arguments, env=environment, cwd=ROOT)

    async def run() -> T:
        async with mcp.Client(mcp.stdio_client(server)) as client:
            return await scene(client)

    return awaited(run())


def test_the_tools_are_said_in_chinese_first_and_only_read(examples_index: Path) -> None:
    async def scene(client: Any) -> Any:
        return (await client.list_tools()).tools

    tools = {tool.name: tool for tool in with_client(examples_index, scene)}
    assert set(tools) == {"ask", "search"}
    assert tools["ask"].description.startswith("依据文档回答问题")
    assert tools["search"].description.startswith("查找与问题有关的段落")
    for tool in tools.values():
        assert tool.annotations.read_only_hint
        assert {"question", "where"} <= set(tool.input_schema["properties"])
        assert all("一" <= one["description"][0] <= "鿿" for name, one in tool.input_schema["properties"].items() if name != "where")
        assert tool.output_schema["properties"]


def test_an_answer_is_text_for_the_model_and_the_contract_for_the_client(examples_index: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async def scene(client: Any) -> Any:
        asked = await client.call_tool("ask", {"question": ASKED})
        return asked, await client.call_tool("ask", {"question": "火星上有水吗"})

    answered, refused = with_client(examples_index, scene)
    monkeypatch.chdir(ROOT)
    with Assistant.open(examples_index) as assistant:
        expected = assistant.answer(ASKED)
    assert not answered.is_error
    assert answered.content[0].text == as_text(expected)
    assert answered.structured_content | {"seconds": {}} == as_json(expected) | {"seconds": {}}
    assert not refused.is_error
    assert refused.structured_content["refused"]
    assert refused.content[0].text.startswith("无法回答：")


def test_passages_are_found_as_asked(examples_index: Path) -> None:
    request = {"question": ASKED, "limit": 2, "neighbours": 1, "where": {"source": "page-06*"}}

    async def scene(client: Any) -> Any:
        return await client.call_tool("search", request)

    found = with_client(examples_index, scene)
    with Assistant.open(examples_index) as assistant:
        hits = [hit for hit in assistant.search(ASKED, 10) if "page-06" in hit.document.source][:2]
        expected = hits_as_json(ASKED, hits, [assistant.neighbours(hit.passage) for hit in hits])
    assert [hit["passage_id"] for hit in found.structured_content["hits"]] == [hit["passage_id"] for hit in expected["hits"]]
    assert found.structured_content["hits"][0].keys() == expected["hits"][0].keys()
    assert "得分" in found.content[0].text


def test_what_cannot_be_done_is_an_error_of_the_tool(examples_index: Path) -> None:
    wrong: list[tuple[str, dict[str, Any]]] = [
        ("ask", {}),
        ("ask", {"question": "产值?", "where": {"since": "去年"}}),
        ("search", {"question": "产值?", "limit": 0}),
        ("write", {}),
    ]

    async def scene(client: Any) -> Any:
        return [await client.call_tool(tool, arguments) for tool, arguments in wrong]

    assert [result.is_error for result in with_client(examples_index, scene)] == [True] * len(wrong)


def test_the_documents_are_resources(examples_index: Path) -> None:
    async def scene(client: Any) -> Any:
        listed = json.loads((await client.read_resource("wenju://documents")).contents[0].text)
        texts = [(await client.read_resource(one["uri"])).contents[0].text for one in listed]
        with pytest.raises(mcp.MCPError, match="没有 id 为 none 的文档"):
            await client.read_resource("wenju://documents/none")
        return listed, texts

    listed, texts = with_client(examples_index, scene)
    with Assistant.open(examples_index) as assistant:
        documents = assistant.documents()
    assert [one["title"] for one in listed] == [document.title for document in documents]
    assert texts == [document.text for document in documents]


def test_an_interrupt_ends_it_at_once_and_so_does_the_end_of_its_input(examples_index: Path) -> None:
    command = [sys.executable, "-m", "rag.mcp_server", "--index", str(examples_index)]
    greeting = {"jsonrpc": "2.0", "id": 1, "method": "initialize"}
    about = {"protocolVersion": "2025-06-18", "capabilities": {}, "clientInfo": {"name": "test", "version": "1"}}
    process = subprocess.Popen(command, cwd=ROOT, env=os.environ, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    assert process.stdin is not None
    assert process.stdout is not None
    process.stdin.write(json.dumps(greeting | {"params": about}).encode() + b"\n")
    process.stdin.flush()
    assert b'"wenju"' in process.stdout.readline()
    process.send_signal(signal.SIGINT)
    assert process.wait(10) == -signal.SIGINT
    assert process.stderr is not None
    assert process.stderr.read() == b""
    ended = subprocess.run(command, cwd=ROOT, stdin=subprocess.DEVNULL, capture_output=True, timeout=60)
    assert (ended.returncode, ended.stdout, ended.stderr) == (0, b"", b"")


def test_an_index_that_is_not_there_is_one_line(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "rag.mcp_server", "--index", str(tmp_path / "none")]
    asked = subprocess.run(command, cwd=ROOT, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=60)
    assert (asked.returncode, asked.stdout, len(asked.stderr.splitlines())) == (2, "", 1)
