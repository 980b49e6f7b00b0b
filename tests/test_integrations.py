"""The retrievers of LangChain and LlamaIndex, with the real packages on the examples; skipped where a package is not installed."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from rag.assistant import Assistant
from rag.integrations.metadata import about
from rag.records import Where
from tests.awaiting import awaited

ASKED = "临港新能源产值?"


@pytest.fixture(scope="module")
def assistant(examples_index: Path) -> Iterator[Assistant]:
    with Assistant.open(examples_index) as assistant:
        yield assistant


def test_what_is_told_of_a_passage_is_json_and_leads_to_it(assistant: Assistant) -> None:
    (hit,) = assistant.search(ASKED, 1)
    told = json.loads(json.dumps(about(hit)))
    assert {"source", "title", "paragraph", "lines", "pages", "score", "passage_id", "document_id"} <= set(told)
    first, last = told["lines"]
    lines = Path(told["source"]).read_text(encoding="utf-8").splitlines()[first - 1 : last]
    assert "2634" in "".join(lines)
    assert told["passage_id"] in [passage.id for passage in assistant.passages(told["document_id"])]


def test_langchain_retrieves_what_the_assistant_finds_awaited_or_not(assistant: Assistant) -> None:
    pytest.importorskip("langchain_core", reason="needs LangChain: pip install langchain-core")
    from langchain_core.runnables import RunnableLambda

    from rag.integrations.langchain import WenjuRetriever

    retriever = WenjuRetriever(assistant=assistant, limit=3)
    found = retriever.invoke(ASKED)
    hits = assistant.search(ASKED, 3)
    assert [(one.page_content, one.id, one.metadata) for one in found] == [(hit.passage.text, hit.passage.id, about(hit)) for hit in hits]
    assert awaited(retriever.ainvoke(ASKED)) == found
    assert retriever.batch([ASKED, ASKED]) == [found, found]
    chain = retriever | RunnableLambda(lambda documents: documents[0].metadata["title"])
    assert chain.invoke(ASKED) == "滩涂之上 临港开出新能源汽车城"
    assert WenjuRetriever(assistant=assistant, where=Where(since="2999")).invoke(ASKED) == []


def test_llama_index_retrieves_what_the_assistant_finds_awaited_or_not(assistant: Assistant) -> None:
    pytest.importorskip("llama_index.core", reason="needs LlamaIndex: pip install llama-index-core")
    from llama_index.core.schema import MetadataMode

    from rag.integrations.llama_index import WenjuRetriever

    retriever = WenjuRetriever(assistant, limit=3)
    found = retriever.retrieve(ASKED)
    hits = assistant.search(ASKED, 3)
    assert [(one.text, one.node_id, one.score, one.metadata) for one in found] == [
        (hit.passage.text, hit.passage.id, hit.score, about(hit)) for hit in hits
    ]
    assert [one.node_id for one in awaited(retriever.aretrieve(ASKED))] == [one.node_id for one in found]
    shown = found[0].node.get_content(MetadataMode.LLM)
    assert "滩涂之上" in shown
    assert "document_id" not in shown
    assert found[0].node.get_content(MetadataMode.EMBED) == found[0].text
    assert WenjuRetriever(assistant, where=Where(since="2999")).retrieve(ASKED) == []
