"""The HTTP application: routes to an Assistant, run in a bounded pool of threads; knows nothing of how answers are found."""

import json
import logging
from collections.abc import AsyncIterator, Callable, Generator, Iterable
from contextlib import asynccontextmanager
from itertools import takewhile
from typing import TYPE_CHECKING, Annotated, Any

from fastapi import FastAPI, Query, Request, Security
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, StreamingResponse
from fastapi.security import HTTPBearer
from starlette.exceptions import HTTPException

from rag.errors import RagError
from rag.records import Document
from rag.serving import openai_api, schemas
from rag.serving.contract import served_answer, served_document, served_hits
from rag.serving.errors import BUSY, FAILED, ApiError
from rag.serving.gate import Gate
from rag.serving.keys import Keys
from rag.serving.work import Abandoned, Busy, Workers

if TYPE_CHECKING:
    from rag.assistant import Assistant

AT_ONCE = 4
"""How many requests are worked on at the same time."""

WAITING = 32
"""How many more may wait for their turn."""

DESCRIPTION = "文据只依据文档回答，句句有出处。 Answers from your Chinese documents and from nothing else, every statement cited."

_log = logging.getLogger(__name__)


def build(
    assistant: "Assistant", keys: Keys | None = None, *, references: bool = False, at_once: int = AT_ONCE, waiting: int = WAITING
) -> FastAPI:
    """The application; with `keys`, everything but /health wants one of them, without, only localhost is answered.

    With `references`, chat messages end with where their markers lead to.
    """
    workers = Workers(at_once, waiting)

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        yield
        await workers.close()

    app = FastAPI(
        title="Wenju 文据",
        version="1",
        description=DESCRIPTION,
        # The pages that show a description load their scripts from a CDN.
        docs_url=None,
        redoc_url=None,
        lifespan=lifespan,
        responses={errors: {"model": schemas.ErrorBody, "description": "An error, in OpenAI's shape"} for errors in ("4XX", "5XX")},
        # Gate asks for the key; this says so in the description.
        dependencies=[Security(HTTPBearer(auto_error=False))] if keys else [],
    )
    app.add_middleware(Gate, keys=keys)
    _say_errors(app)
    _add_chat(app, assistant, workers, references)
    _add_questions(app, assistant, workers)
    _add_documents(app, assistant, workers)

    @app.get("/health", responses={200: {"model": schemas.HealthBody}}, summary="Whether the server listens; needs no key")
    async def health() -> JSONResponse:
        return JSONResponse({"status": "ok"})

    return app


def _add_chat(app: FastAPI, assistant: "Assistant", workers: Workers, references: bool) -> None:
    @app.post(
        "/v1/chat/completions",
        responses={200: {"model": schemas.Completion, "content": {"text/event-stream": {}}}},
        summary="Answer the last message of the user, as OpenAI's API does",
    )
    async def chat(body: schemas.ChatRequest, request: Request) -> Any:
        question = openai_api.asked(body)
        documents = f"{request.base_url}v1/documents/"
        if not body.stream:
            answer = await workers.run(
                lambda: assistant.answer(question.question, question.where, question.history), lambda: _gone(request)
            )
            return JSONResponse(openai_api.completion(body, question, answer, documents, references=references))

        def events(wanted: Callable[[], bool]) -> Generator[str, None, None]:
            states = takewhile(lambda _: wanted(), assistant.stream(question.question, question.where, question.history))
            return _events(openai_api.chunks(body, question, states, documents, references=references))

        return StreamingResponse(workers.stream(events), media_type="text/event-stream")

    @app.get("/v1/models", responses={200: {"model": schemas.ModelsBody}}, summary="The one model there is")
    async def models() -> JSONResponse:
        return JSONResponse(openai_api.models())

    @app.get("/v1/models/{model}", responses={200: {"model": schemas.ModelBody}}, summary="The model")
    async def model(model: str) -> JSONResponse:
        if model != openai_api.MODEL:
            raise ApiError(404, f"there is one model, {openai_api.MODEL}", param="model", code="model_not_found")
        return JSONResponse(openai_api.model())


def _add_questions(app: FastAPI, assistant: "Assistant", workers: Workers) -> None:
    @app.post("/v1/answer", responses={200: {"model": schemas.AnswerBody}}, summary="Answer a question, every statement cited")
    async def answer(body: schemas.AnswerRequest, request: Request) -> JSONResponse:
        history = [turn.turn() for turn in body.history[-schemas.TURNS :]]
        answered = await workers.run(lambda: assistant.answer(body.question, body.where.where(), history), lambda: _gone(request))
        return JSONResponse(served_answer(answered))

    @app.post("/v1/search", responses={200: {"model": schemas.HitsBody}}, summary="Find passages, and say what makes their scores")
    async def search(body: schemas.SearchRequest, request: Request) -> JSONResponse:
        def found() -> dict[str, Any]:
            hits = assistant.search(body.question, body.limit, body.where.where())
            around = [assistant.neighbours(hit.passage, body.neighbours) for hit in hits]
            return served_hits(body.question, hits, around)

        return JSONResponse(await workers.run(found, lambda: _gone(request)))


def _add_documents(app: FastAPI, assistant: "Assistant", workers: Workers) -> None:
    @app.get("/v1/documents", responses={200: {"model": schemas.DocumentsBody}}, summary="The documents, in the order of their files")
    async def documents(
        limit: Annotated[int, Query(ge=1, le=1000)] = 100, offset: Annotated[int, Query(ge=0, le=2**31)] = 0
    ) -> JSONResponse:
        def listed() -> dict[str, Any]:
            some = [_described(assistant, one, whole=False) for one in assistant.documents(offset, limit)]
            return {"total": assistant.document_count(), "documents": [one for one in some if one]}

        return JSONResponse(await workers.run(listed))

    @app.get(
        "/v1/documents/{document_id:path}",
        responses={200: {"model": schemas.WholeDocumentBody}},
        summary="A document with its passages",
    )
    async def document(document_id: str) -> JSONResponse:
        described = await workers.run(lambda: _named(assistant, document_id))
        if described is None:
            raise ApiError(404, "there is no document of this id; GET /v1/documents lists them", param="document_id", code="not_found")
        return JSONResponse(described)


def _named(assistant: "Assistant", document_id: str) -> dict[str, Any] | None:
    """The document of this id with its passages, or None where there is none."""
    try:
        return _described(assistant, assistant.document(document_id), whole=True)
    except KeyError:
        return None


def _described(assistant: "Assistant", document: Document, *, whole: bool) -> dict[str, Any] | None:
    """What is served of a document, or None where it is there no more."""
    try:
        return served_document(document, assistant.passages(document.id), whole=whole)
    except KeyError:
        return None


async def _gone(request: Request) -> None:
    """Returns when the client has gone away."""
    while (await request.receive())["type"] != "http.disconnect":
        pass


def _events(chunks: Iterable[dict[str, Any]]) -> Generator[str, None, None]:
    """The chunks as server-sent events; an error after the first of them can be nothing but an event itself."""
    try:
        for chunk in chunks:
            yield _event(chunk)
        yield "data: [DONE]\n\n"
    except Exception as error:
        _record(error)
        yield _event(FAILED.body)


def _event(chunk: dict[str, Any]) -> str:
    return f"data: {json.dumps(chunk, ensure_ascii=False)}\n\n"


def _record(error: Exception) -> None:
    """Put on record what a client is not told: an error of ours in its one line, any other with its traceback."""
    _log.error("%s", error, exc_info=None if isinstance(error, RagError) else error)


def _say_errors(app: FastAPI) -> None:
    """Have every error said in OpenAI's shape."""

    def said(error: ApiError) -> JSONResponse:
        return JSONResponse(error.body, error.status, error.headers)

    @app.exception_handler(ApiError)
    async def ours(_: Request, error: ApiError) -> JSONResponse:
        return said(error)

    @app.exception_handler(Busy)
    async def busy(_: Request, __: Busy) -> JSONResponse:
        return said(BUSY)

    @app.exception_handler(Abandoned)
    async def abandoned(_: Request, __: Abandoned) -> JSONResponse:
        return said(ApiError(499, "the client has gone away"))  # nobody reads it, and it is no failure to be put on record

    @app.exception_handler(RequestValidationError)
    async def invalid(_: Request, error: RequestValidationError) -> JSONResponse:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"][1:])
        if first["type"] == "json_invalid" or not where:
            return said(ApiError(400, "the body is no JSON object, or was not sent as Content-Type: application/json"))
        return said(ApiError(400, f"{where}: {first['msg']}", param=where))

    @app.exception_handler(HTTPException)
    async def refused(_: Request, error: HTTPException) -> JSONResponse:
        known = {404: "there is nothing at this address", 405: "this address is asked with another method"}
        said_so = f"{known[error.status_code]}; GET /openapi.json describes what there is" if error.status_code in known else error.detail
        return said(ApiError(error.status_code, said_so, headers=error.headers))

    @app.exception_handler(RagError)
    async def failed(_: Request, error: RagError) -> JSONResponse:
        _record(error)
        return said(FAILED)

    @app.exception_handler(Exception)
    async def broken(_: Request, __: Exception) -> JSONResponse:
        # What was raised goes on to the server, which puts it on record.
        return said(FAILED)
