"""Gives a language model the documents by the Model Context Protocol, over standard input and output: `python -m rag.mcp_server`.

A command line of its own, since nothing that a server over HTTP is told (address, port, keys) has a meaning here: who starts it is
who asks it.
"""

import argparse
import json
import signal
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated
from urllib.parse import quote

from rag.console import Bar, run
from rag.errors import RagError

if TYPE_CHECKING:
    from mcp.server import MCPServer

    from rag.assistant import Assistant

INSTRUCTIONS = (
    "文据只依据用户的中文文档回答，句句有出处。事实问题用 ask：回答引自原文，[1] 等标记指向出处；"
    "refused 为真时文档没有答案，不要另行编造。"
    "要自己读原文时用 search。(Answers from the user's Chinese documents and from nothing else; what is refused, the documents do not say.)"
)
"""What a language model is told of the server as a whole."""

ASK = """依据文档回答问题：引用原文，每句话都有出处；文档没有的，说明原因并拒答。

Answers a question from the documents, every statement cited; refuses, with the reason, what they do not say."""

SEARCH = """查找与问题有关的段落，最相关的在前，附出处和得分的由来。

Finds the passages for a question, best first, each with where it stands and what makes its score."""

LISTED = "全部文档的标题、作者、日期、来源和地址 (every document's title, author, date, source and address)"
WHOLE = "一篇文档的全文，一行一段 (the text of a document, a paragraph a line)"


def main(arguments: Sequence[str] | None = None) -> int:
    """The command line; serves until its input ends, and returns 2 after an error (one line on stderr)."""
    parser = argparse.ArgumentParser(
        prog="python -m rag.mcp_server",
        description="Serve the documents of an index to a language model, by the Model Context Protocol over standard input and output.",
        epilog="tools: ask, search; resources: wenju://documents, wenju://documents/ID; nothing is written",
    )
    parser.add_argument("--index", type=Path, metavar="DIR", help="the index to ask (default: RAG_INDEX, or the checkout's index/)")
    options = parser.parse_args(arguments)
    return run(lambda: _serve(options))


def _serve(options: argparse.Namespace) -> int:
    try:
        import mcp  # noqa: F401
    except ImportError as error:
        raise RagError("the protocol is spoken by mcp, which is not installed; install it: pip install 'wenju[mcp]'") from error
    from rag.assistant import Assistant

    with Bar() as bar:
        assistant = Assistant.open(options.index, on_progress=bar)
    with assistant:
        # The thread that waits for input cannot be woken by an interrupt, and nothing is written that would have to be ended well.
        signal.signal(signal.SIGINT, signal.SIG_DFL)
        build(assistant).run("stdio")
    return 0


def build(assistant: "Assistant") -> "MCPServer[None]":
    """The server: the tools ask and search, and the documents as resources."""
    from mcp.server import MCPServer
    from mcp.server.mcpserver.exceptions import ResourceNotFoundError, ToolError
    from mcp_types import CallToolResult, TextContent, ToolAnnotations
    from pydantic import Field

    from rag.rendering import as_json, as_text, hits_as_json, hits_as_text
    from rag.serving.schemas import ANY, LONGEST, AnswerBody, Filter, HitsBody

    server: MCPServer[None] = MCPServer("wenju", title="文据", instructions=INSTRUCTIONS, log_level="WARNING")
    reads_only = ToolAnnotations(read_only_hint=True, destructive_hint=False, idempotent_hint=True, open_world_hint=False)

    @server.tool(title="问文档", description=ASK, annotations=reads_only)
    def ask(
        question: Annotated[str, Field(max_length=LONGEST, description="完整的问题，不依赖上文 (a whole question)")],
        where: Filter = ANY,
    ) -> Annotated[CallToolResult, AnswerBody]:
        try:
            answer = assistant.answer(question, where.where(by_end=False))
        except RagError as error:
            raise ToolError(str(error)) from error
        return CallToolResult(content=[TextContent(text=as_text(answer))], structured_content=as_json(answer))

    @server.tool(title="查段落", description=SEARCH, annotations=reads_only)
    def search(
        question: Annotated[str, Field(max_length=LONGEST, description="问题或关键词 (a question, or words)")],
        limit: Annotated[int, Field(ge=1, le=50, description="最多几段 (passages at most)")] = 10,
        neighbours: Annotated[int, Field(ge=0, le=10, description="前后各几段 (paragraphs before and after each)")] = 0,
        where: Filter = ANY,
    ) -> Annotated[CallToolResult, HitsBody]:
        try:
            hits = assistant.search(question, limit, where.where(by_end=False))
            around = [assistant.neighbours(hit.passage, neighbours) for hit in hits]
        except RagError as error:
            raise ToolError(str(error)) from error
        found = hits_as_json(question, hits, around)
        return CallToolResult(content=[TextContent(text=hits_as_text(hits, around))], structured_content=found)

    @server.resource("wenju://documents", title="文档目录", description=LISTED, mime_type="application/json")
    def documents() -> str:
        listed = [
            {
                "uri": f"wenju://documents/{quote(one.id, safe='')}",
                "title": one.title,
                "byline": one.byline,
                "section": one.section,
                "date": one.date,
                "source": one.source,
            }
            for one in assistant.documents()
        ]
        return json.dumps(listed, ensure_ascii=False)

    @server.resource("wenju://documents/{document_id}", title="文档全文", description=WHOLE, mime_type="text/plain")
    def document(document_id: str) -> str:
        try:
            return assistant.document(document_id).text
        except KeyError as error:
            raise ResourceNotFoundError(f"没有 id 为 {document_id} 的文档；目录见 wenju://documents") from error

    return server


if __name__ == "__main__":
    sys.exit(main())
