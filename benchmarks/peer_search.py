"""Indexes a question set with one of the search libraries this project is compared with, and asks it: peer_search.py WORK.json

Runs in that library's own environment and imports nothing of this project there; "wenju", the project itself, runs in the project's.
Prints lines of JSON: how long indexing took, then what each question found, how long that took and the most memory held so far. The
vectors come from a file, since all the libraries are given the same model: what is measured is their search, not the encoder.

Tuned for Chinese, a library fuses its halves as it did best on training questions of CMRC 2018 among the ways that it documents, both
halves weighed alike.
"""

import hashlib
import importlib.metadata
import json
import re
import resource
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

FOUND = 10
"""How many passages are asked for."""

DEPTH = 50
"""How many each half finds before they are fused, in the form tuned for Chinese."""

PASSAGE, QUESTION = "passage: ", "query: "
"""The model's prompts; as they come, none of the libraries puts them before a text by itself."""

MARK = "\x1e"
"""Begins the lines that are read: some libraries print lines of their own."""

Search = Callable[[str], list[str]]
"""The ids of the passages found for a question, best first."""


def whole(row: dict[str, str]) -> str:
    """A passage as it is given: under its title, where it has one."""
    return f"{row['title']}\n{row['text']}" if row["title"] else row["text"]


def prompts(*, tuned: bool) -> tuple[str, str]:
    """What the model reads before a passage, and before a question."""
    return (PASSAGE, QUESTION) if tuned else ("", "")


def plain(text: str, *, tuned: bool) -> str:
    """What of a text the model reads: tuned for Chinese, its simplified characters."""
    if not tuned:
        return text
    converted: str = _converter().convert(text)
    return converted


def key(text: str) -> str:
    """The name under which the vector of an encoded text is kept."""
    return hashlib.sha256(text.encode()).hexdigest()


class Vectors:
    """Vectors computed beforehand, found by the text that the library hands to what it takes for an encoder.

    Tuned for Chinese, that is the text cut into words, though the model read it whole.
    """

    def __init__(self, path: Path) -> None:
        """Open `path`.npy and `path`.json, which tells the row of each encoded text."""
        import numpy as np

        self._array = np.load(f"{path}.npy", mmap_mode="r")
        self._kept: dict[str, int] = json.loads(Path(f"{path}.json").read_text(encoding="utf-8"))["rows"]
        self._rows: dict[str, int] = {}
        self.dimension = int(self._array.shape[1])

    def admit(self, given: str, text: str) -> None:
        """Let `given` stand for the encoded text. KeyError where that has no vector."""
        self._rows[given] = self._kept[key(text)]

    def of(self, texts: Sequence[str]) -> Any:
        """Float32 of shape (len(texts), dimension). KeyError for a text that was not admitted."""
        return self._array[[self._rows[text] for text in texts]]


class Work:
    """A question set and the form in which it is given: as it comes, or tuned for Chinese."""

    def __init__(self, path: Path) -> None:
        """Read the file that the benchmark wrote."""
        content = json.loads(path.read_text(encoding="utf-8"))
        self.library: str = content["library"]
        self.tuned: bool = content["tuned"]
        self.folder = Path(content["folder"])
        self.corpus = Path(content["corpus"])
        self.questions: list[dict[str, str]] = content["questions"]
        self.depth = DEPTH if self.tuned else FOUND
        self.begun = 0.0
        self._passage, self._question = prompts(tuned=self.tuned)
        self._vectors = Vectors(Path(content["vectors"])) if content["vectors"] else None

    @property
    def vectors(self) -> Vectors:
        """The vectors; only this project itself is given none."""
        if self._vectors is None:
            raise ValueError(f"{self.library} was given no vectors")
        return self._vectors

    def begin(self) -> list[tuple[str, str]]:
        """Start the clock, now that the library is loaded, and prepare the passages: their ids and texts."""
        with self.corpus.open(encoding="utf-8") as file:
            passages = [json.loads(line) for line in file]
        for row in self.questions:
            self._admitted(row["question"], self._question)
        self.begun = time.perf_counter()
        return [(row["id"], self._admitted(whole(row), self._passage)) for row in passages]

    def given(self, text: str) -> str:
        """The text as the library gets it; tuned for Chinese, its words, simplified, lower case, with spaces between and no marks."""
        return _words(plain(text, tuned=True)) if self.tuned else text

    def _admitted(self, text: str, prompt: str) -> str:
        read = plain(text, tuned=self.tuned)
        given = _words(read) if self.tuned else read
        self.vectors.admit(prompt + given, prompt + read)
        return given

    def passage_vectors(self, texts: Sequence[str]) -> Any:
        """The vectors of prepared passages."""
        return self.vectors.of([self._passage + text for text in texts])

    def question_vector(self, text: str) -> Any:
        """The vector of a prepared question."""
        return self.vectors.of([self._question + text])[0]


def txtai(work: Work) -> Search:
    """`Embeddings(hybrid=True, content=True)`. It looks ten times as deep as it is asked, in either form."""
    from txtai import Embeddings

    def transform(texts: list[str]) -> Any:
        return work.vectors.of(texts)

    config: dict[str, Any] = {"method": "external", "transform": transform, "hybrid": True, "content": True}
    if work.tuned:
        config["instructions"] = {"query": QUESTION, "data": PASSAGE}
        config["scoring"] = {"method": "bm25", "terms": True, "normalize": "bayes", "tokenizer": {"whitespace": True}}
    embeddings = Embeddings(config)
    embeddings.index((id_, text, None) for id_, text in work.begin())

    def search(question: str) -> list[str]:
        return [str(found["id"]) for found in embeddings.search(question, limit=FOUND)]

    return search


def llama_index(work: Work) -> Search:
    """`QueryFusionRetriever` over `VectorStoreIndex` and `BM25Retriever`, the question as it is asked."""
    from llama_index.core import VectorStoreIndex
    from llama_index.core.base.embeddings.base import BaseEmbedding
    from llama_index.core.llms import MockLLM
    from llama_index.core.retrievers import QueryFusionRetriever
    from llama_index.core.schema import TextNode
    from llama_index.retrievers.bm25 import BM25Retriever

    class Lookup(BaseEmbedding):  # type: ignore[misc]
        def _get_text_embedding(self, text: str) -> list[float]:
            return self._get_text_embeddings([text])[0]

        def _get_text_embeddings(self, texts: list[str]) -> list[list[float]]:
            vectors: list[list[float]] = work.passage_vectors(texts).tolist()
            return vectors

        def _get_query_embedding(self, query: str) -> list[float]:
            vector: list[float] = work.question_vector(query).tolist()
            return vector

        async def _aget_query_embedding(self, query: str) -> list[float]:
            return self._get_query_embedding(query)

    index = VectorStoreIndex([TextNode(id_=id_, text=text) for id_, text in work.begin()], embed_model=Lookup())
    words = {"language": "zh", "skip_stemming": True, "token_pattern": r"\S+"} if work.tuned else {}
    mode = "dist_based_score" if work.tuned else "reciprocal_rerank"
    halves = [
        index.as_retriever(similarity_top_k=work.depth),
        BM25Retriever.from_defaults(docstore=index.docstore, similarity_top_k=work.depth, **words),
    ]
    # With one query no language model is asked, but the retriever wants to hold one.
    retriever = QueryFusionRetriever(halves, llm=MockLLM(), mode=mode, similarity_top_k=FOUND, num_queries=1)

    def search(question: str) -> list[str]:
        return [found.node.node_id for found in retriever.retrieve(question)]

    return search


def haystack(work: Work) -> Search:
    """A pipeline of `InMemoryBM25Retriever`, `InMemoryEmbeddingRetriever` and `DocumentJoiner`."""
    from haystack import Document, Pipeline, component
    from haystack.components.joiners import DocumentJoiner
    from haystack.components.retrievers.in_memory import InMemoryBM25Retriever, InMemoryEmbeddingRetriever
    from haystack.document_stores.in_memory import InMemoryDocumentStore

    @component
    class Lookup:
        @component.output_types(embedding=list[float])  # type: ignore[untyped-decorator]
        def run(self, text: str) -> dict[str, list[float]]:
            return {"embedding": work.question_vector(text).tolist()}

    passages = work.begin()
    store = InMemoryDocumentStore(**({"bm25_tokenization_regex": r"\S+"} if work.tuned else {}))
    vectors = work.passage_vectors([text for _, text in passages])
    store.write_documents(
        [Document(id=id_, content=text, embedding=vector.tolist()) for (id_, text), vector in zip(passages, vectors, strict=True)]
    )
    mode = "distribution_based_rank_fusion" if work.tuned else "reciprocal_rank_fusion"
    pipeline = Pipeline()
    pipeline.add_component("embedder", Lookup())
    pipeline.add_component("vectors", InMemoryEmbeddingRetriever(store, top_k=work.depth))
    pipeline.add_component("terms", InMemoryBM25Retriever(store, top_k=work.depth))
    pipeline.add_component("joiner", DocumentJoiner(join_mode=mode, top_k=FOUND))
    pipeline.connect("embedder", "vectors")
    pipeline.connect("terms", "joiner")
    pipeline.connect("vectors", "joiner")

    def search(question: str) -> list[str]:
        return [found.id for found in pipeline.run({"embedder": {"text": question}, "terms": {"query": question}})["joiner"]["documents"]]

    return search


def langchain(work: Work) -> Search:
    """`EnsembleRetriever` over `BM25Retriever` and `FAISS`, half and half, by weighted reciprocal rank."""
    from langchain_classic.retrievers import EnsembleRetriever
    from langchain_community.retrievers import BM25Retriever
    from langchain_community.vectorstores import FAISS
    from langchain_core.documents import Document
    from langchain_core.embeddings import Embeddings

    class Lookup(Embeddings):  # type: ignore[misc]
        def embed_documents(self, texts: list[str]) -> list[list[float]]:
            vectors: list[list[float]] = work.passage_vectors(texts).tolist()
            return vectors

        def embed_query(self, text: str) -> list[float]:
            vector: list[float] = work.question_vector(text).tolist()
            return vector

    documents = [Document(page_content=text, metadata={"id": id_}) for id_, text in work.begin()]
    vectors = FAISS.from_documents(documents, Lookup()).as_retriever(search_kwargs={"k": work.depth})
    # It parts words at white space, so that text already cut into words needs no other preprocess_func.
    retriever = EnsembleRetriever(retrievers=[BM25Retriever.from_documents(documents, k=work.depth), vectors], weights=[0.5, 0.5])

    def search(question: str) -> list[str]:
        return [found.metadata["id"] for found in retriever.invoke(question)]

    return search


def lancedb(work: Work) -> Search:
    """A table with a full-text index, searched with `query_type="hybrid"`."""
    import lancedb as library
    from lancedb.embeddings import EmbeddingFunction, register
    from lancedb.index import FTS
    from lancedb.pydantic import LanceModel, Vector
    from lancedb.rerankers import LinearCombinationReranker, RRFReranker

    @register("lookup")
    class Lookup(EmbeddingFunction):  # type: ignore[misc]
        def compute_source_embeddings(self, texts: Any, *_: Any, **__: Any) -> list[Any]:
            return list(work.passage_vectors(self.sanitize_input(texts)))

        def compute_query_embeddings(self, query: str, *_: Any, **__: Any) -> list[Any]:
            return [work.question_vector(query)]

        def ndims(self) -> int:
            return work.vectors.dimension

    # A text without a vector is an error at once, not one to try again for minutes.
    function = Lookup.create(max_retries=0)

    class Passage(LanceModel):  # type: ignore[misc]
        id: str
        text: str = function.SourceField()
        vector: Vector(function.ndims()) = function.VectorField()  # type: ignore[valid-type]

    passages = work.begin()
    table = library.connect(work.folder / "lancedb").create_table("passages", schema=Passage)
    table.add([{"id": id_, "text": text} for id_, text in passages])
    words = {"base_tokenizer": "whitespace", "stem": False, "remove_stop_words": False} if work.tuned else {}
    table.create_index("text", config=FTS(**words))

    reranker = LinearCombinationReranker(weight=0.5) if work.tuned else RRFReranker()

    def search(question: str) -> list[str]:
        found = table.search(question, query_type="hybrid").rerank(reranker).limit(work.depth)
        return [row["id"] for row in found.to_list()]

    return search


def chromadb(work: Work) -> Search:
    """A collection, by vectors alone: on a machine of one's own it has no other ranking."""
    import chromadb as library
    from chromadb.api.types import EmbeddingFunction

    class Lookup(EmbeddingFunction[list[str]]):  # type: ignore[misc]
        def __init__(self) -> None:
            pass

        def __call__(self, input: list[str]) -> Any:  # noqa: A002 (it is called by this name)
            return list(work.passage_vectors(input))

        def embed_query(self, input: list[str]) -> Any:  # noqa: A002
            return [work.question_vector(text) for text in input]

        @staticmethod
        def name() -> str:
            return "lookup"

        def get_config(self) -> dict[str, Any]:
            return {}

        @staticmethod
        def build_from_config(_: dict[str, Any]) -> "Lookup":
            return Lookup()

    client = library.PersistentClient(str(work.folder / "chromadb"))
    passages = work.begin()
    collection = client.create_collection("passages", embedding_function=Lookup())
    most = client.get_max_batch_size()
    for start in range(0, len(passages), most):
        ids, texts = zip(*passages[start : start + most], strict=True)
        collection.add(ids=list(ids), documents=list(texts))

    def search(question: str) -> list[str]:
        ids: list[str] = collection.query(query_texts=[question], n_results=FOUND)["ids"][0]
        return ids

    return search


def wenju(work: Work) -> Search:
    """This project: `rag.ingest`, then `Assistant.search`; it encodes by itself, within the times that are printed."""
    from rag.assistant import Assistant
    from rag.ingest import ingest

    work.begun = time.perf_counter()
    report = ingest([work.corpus], work.folder / "index")
    if report.failed:
        raise ValueError(report.failed[0][1])
    assistant = Assistant.open(work.folder / "index")

    def search(question: str) -> list[str]:
        # A document may be found by several of its passages; what reads as another passage does comes behind that one.
        hits = assistant.search(question, limit=3 * FOUND)
        return [name for hit in hits for name in (hit.document.id, *(copy.document_id for copy in hit.copies))]

    return search


@dataclass(frozen=True, slots=True)
class Library:
    """How a library is searched and what pip installs for it; the first of the requirements is the library, whose version is told."""

    search: Callable[[Work], Search]
    requirements: tuple[str, ...]
    note: str = ""


CHINESE = ("jieba==0.42.*", "opencc>=1.2,<2")
"""What the form tuned for Chinese needs beside each library."""

PEERS = {
    "txtai": Library(txtai, ("txtai==9.14.*", *CHINESE)),
    "llama-index": Library(llama_index, ("llama-index-core==0.14.*", "llama-index-retrievers-bm25==0.8.*", *CHINESE)),
    "haystack": Library(haystack, ("haystack-ai==3.4.*", *CHINESE)),
    "langchain": Library(
        langchain,
        ("langchain==1.5.*", "langchain-classic==1.*", "langchain-community==0.4.*", "rank_bm25==0.2.*", "faiss-cpu==1.15.*", *CHINESE),
    ),
    "lancedb": Library(lancedb, ("lancedb==0.40.*", *CHINESE)),
    "chromadb": Library(chromadb, ("chromadb==1.5.*", *CHINESE), "vectors alone"),
}


@cache
def _converter() -> Any:
    import opencc

    return opencc.OpenCC("t2s")


@cache
def _jieba() -> Any:
    import jieba

    jieba.setLogLevel("ERROR")
    jieba.initialize()
    return jieba


def _words(text: str) -> str:
    words = (word for word in _jieba().cut(text) if any(character.isalnum() for character in word))
    return " ".join(words).lower() or text  # a question of marks alone is no error of the library's


def _peak_megabytes() -> float:
    """The most memory held so far, by Linux's count of this program; getrusage counts what the parent held when it forked."""
    status = Path("/proc/self/status")
    if status.exists() and (found := re.search(r"VmHWM:\s+(\d+) kB", status.read_text())):
        return int(found[1]) / 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def _say(**content: Any) -> None:
    print(MARK + json.dumps(content), flush=True)


def main() -> None:
    """Index, then ask every question."""
    work = Work(Path(sys.argv[1]))
    if work.library == "wenju":
        search, version = wenju(work), ""
    else:
        library = PEERS[work.library]
        search = library.search(work)
        version = importlib.metadata.version(library.requirements[0].split("=")[0])
    _say(index_seconds=time.perf_counter() - work.begun, version=version, peak=_peak_megabytes())
    for row in work.questions:
        started = time.perf_counter()
        # A set may have a question without a word in it, which some libraries refuse: it finds nothing with any of them.
        found = search(work.given(row["question"])) if row["question"].strip() else []
        seconds = time.perf_counter() - started
        _say(id=row["id"], found=list(dict.fromkeys(found))[:FOUND], seconds=seconds, peak=_peak_megabytes())


if __name__ == "__main__":
    main()
