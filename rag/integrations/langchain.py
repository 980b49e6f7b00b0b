"""Wenju as a retriever of LangChain; needs `pip install 'wenju[langchain]'`."""

from langchain_core.callbacks import CallbackManagerForRetrieverRun
from langchain_core.documents import Document
from langchain_core.retrievers import BaseRetriever

from rag.assistant import Assistant
from rag.integrations.metadata import about
from rag.records import EVERYWHERE, Where


class WenjuRetriever(BaseRetriever):
    """Finds passages as `Assistant.search` does, best first: at most `limit` (as the settings say where it is None), as in `where`.

    The metadata of each is that of rag.integrations.metadata.about; its id is the passage's. Awaited, it searches in a thread.
    """

    assistant: Assistant
    limit: int | None = None
    where: Where = EVERYWHERE

    def _get_relevant_documents(self, query: str, *, run_manager: CallbackManagerForRetrieverRun) -> list[Document]:  # noqa: ARG002
        hits = self.assistant.search(query, self.limit, self.where)
        return [Document(hit.passage.text, id=hit.passage.id, metadata=about(hit)) for hit in hits]
