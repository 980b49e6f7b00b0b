"""Wenju as a retriever of LlamaIndex; needs `pip install 'wenju[llamaindex]'`."""

import asyncio

from llama_index.core.retrievers import BaseRetriever
from llama_index.core.schema import NodeWithScore, QueryBundle, TextNode

from rag.assistant import Assistant
from rag.integrations.metadata import about
from rag.records import EVERYWHERE, Hit, Where


class WenjuRetriever(BaseRetriever):
    """Finds passages as `Assistant.search` does, best first: at most `limit` (as the settings say where it is None), as in `where`.

    The metadata of each node is that of rag.integrations.metadata.about, of which a language model is shown what a reader needs to
    find the passage; its id is the passage's. Awaited, it searches in a thread.
    """

    def __init__(self, assistant: Assistant, limit: int | None = None, where: Where = EVERYWHERE) -> None:
        super().__init__()
        self._assistant = assistant
        self._limit = limit
        self._where = where

    def _retrieve(self, query_bundle: QueryBundle) -> list[NodeWithScore]:
        return [_node(hit) for hit in self._assistant.search(query_bundle.query_str, self._limit, self._where)]

    async def _aretrieve(self, query_bundle: QueryBundle) -> list[NodeWithScore]:
        return await asyncio.to_thread(self._retrieve, query_bundle)


def _node(hit: Hit) -> NodeWithScore:
    metadata = about(hit)
    unread = [name for name in metadata if name not in ("source", "title", "date", "paragraph", "pages")]
    node = TextNode(
        id_=hit.passage.id,
        text=hit.passage.text,
        metadata=metadata,
        excluded_llm_metadata_keys=unread,
        excluded_embed_metadata_keys=list(metadata),
        start_char_idx=hit.passage.start,
        end_char_idx=hit.passage.end,
    )
    return NodeWithScore(node=node, score=hit.score)
