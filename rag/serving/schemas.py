"""What is sent and received, as pydantic models: the JSON contract of docs/architecture.md, for descriptions that clients can read.

Answers and hits are made by rag.rendering; these say what it makes, and let through what a later version adds.
"""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from rag.answers.conversation import LOOKED_AT
from rag.records import Turn, Where

LONGEST = 2000
"""Characters that a question may have."""

TURNS = LOOKED_AT
"""Turns of a conversation that are looked back to; older ones are passed over."""

Part = Annotated[str, Field(max_length=200)]
Day = Annotated[str, Field(pattern=r"^([0-9]{4}(-[0-9]{2}(-[0-9]{2})?)?)?$")]


class Given(BaseModel):
    """A part of a request; what it does not know is an error."""

    model_config = ConfigDict(extra="forbid")


class Filter(Given):
    """只问符合全部条件的文档 (only documents that meet all of these)."""

    source: Part = Field(default="", description="文件路径的一部分，或含 *?[ 的模式 (a part of the file's path, or a pattern for it)")
    title: Part = Field(default="", description="标题里的字 (a part of the title)")
    section: Part = Field(default="", description="版面或栏目里的字 (a part of the section)")
    since: Day = Field(default="", description="最早的日期：2023、2023-06 或 2023-06-12 (the first date)")
    until: Day = Field(default="", description="最晚的日期：2023、2023-06 或 2023-06-12 (the last date)")
    document: Part = Field(default="", description="文档的 id (a document's id)")

    def where(self, *, by_end: bool = True) -> Where:
        """The filter as the assistant takes it; `by_end` keeps those who ask from probing for the rest of a file's path."""
        return Where(**self.model_dump(), by_end=by_end)


ANY = Filter()
"""Every document."""


class TurnGiven(Given):
    """One question of the conversation before, and what was said to it: "" where it was refused."""

    question: str = Field(max_length=LONGEST)
    answer: str = Field(default="", max_length=100_000)

    def turn(self) -> Turn:
        """The turn as the assistant takes it."""
        return Turn(self.question, self.answer)


Question = Annotated[str, Field(max_length=LONGEST, description="问题 (the question)", examples=["临港新能源产值?"])]


class SearchRequest(Given):
    """A question whose passages are looked for."""

    question: Question
    limit: Annotated[int, Field(ge=1, le=100)] | None = Field(default=None, description="passages at most; by default as the settings say")
    where: Filter = ANY
    neighbours: int = Field(default=0, ge=0, le=10, description="paragraphs before and after each passage that are given too")


class AnswerRequest(Given):
    """A question to be answered, and the conversation before it, oldest turn first."""

    question: Question
    where: Filter = ANY
    history: list[TurnGiven] = []


class ContentPart(BaseModel):
    """A part of a message; only text is read."""

    type: str
    text: str | None = None


class Message(BaseModel):
    """A message of a conversation; those of other roles than user and assistant are ignored."""

    role: str
    content: str | list[ContentPart] | None = None


class StreamOptions(BaseModel):
    """What is streamed beside the answer."""

    include_usage: bool | None = False


class ChatRequest(BaseModel):
    """An OpenAI chat completion request; parameters that are not named here are ignored."""

    messages: list[Message]
    model: str = Field(default="wenju", max_length=200)
    stream: bool | None = False
    stream_options: StreamOptions | None = None
    where: Filter = Field(default=ANY, description="Wenju's own: only documents that meet all of this are asked")


class Said(BaseModel):
    """A part of a response; a later version may say more."""

    model_config = ConfigDict(extra="allow")


class StatementBody(Said):
    """One thing an answer says, and the markers of the citations that carry it."""

    text: str
    citations: list[int]


class Place(Said):
    """Where a passage stands: file, document, paragraph, pages (none in a file without) and first and last line, all from 1."""

    passage_id: str
    document_id: str
    source: str
    title: str
    paragraph: int
    pages: list[int]
    lines: list[int] = Field(min_length=2, max_length=2)


class CitationBody(Place):
    """The characters a statement stands on: `text[start:end] == quote`, counted in Unicode code points."""

    marker: int
    start: int
    end: int
    quote: str
    text: str


class HitBody(Said):
    """A passage that was found, and what its score is made of."""

    passage_id: str
    document_id: str
    score: float
    parts: dict[str, float]
    copies: list[str]
    text: str


class FoundBody(Place):
    """A passage that was found, with where it stands; `before` and `after` are the paragraphs around it, where asked for."""

    score: float
    parts: dict[str, float]
    copies: list[str]
    text: str
    before: list[str] = []
    after: list[str] = []


class SaidBody(Said):
    """An answer, or a refusal with its reason; `nearest` are the markers of what came closest."""

    question: str
    answer: str
    short: str
    support: float
    refused: bool
    reason: str
    statements: list[StatementBody]
    nearest: list[int]
    citations: list[CitationBody]
    conflicts: list[str]
    writer: str = Field(default="extractive", description="extractive, or the language model that wrote the statements")
    note: str = Field(default="", description="what had to be done about what a language model wrote")
    understood: str = Field(default="", description="the whole question that a follow-up was made into")
    seconds: dict[str, float]


class AnswerBody(SaidBody):
    """An answer with the passages that were found for it."""

    hits: list[HitBody]


class HitsBody(Said):
    """The passages found for a question, best first."""

    question: str
    hits: list[FoundBody]


class DocumentBody(Said):
    """A document; `source` is the end of its file's path, `date` is ISO 8601 or empty, `passages` is how many it has."""

    id: str
    title: str
    byline: str
    section: str
    date: str
    source: str
    passages: int


class DocumentsBody(Said):
    """Some of the documents, and how many there are in all."""

    total: int
    documents: list[DocumentBody]


class PassageBody(Said):
    """A paragraph of a document, under the path of sub-heads it stands under."""

    passage_id: str
    number: int
    heading: str
    text: str
    pages: list[int]
    lines: list[int] = Field(min_length=2, max_length=2)


class WholeDocumentBody(Said):
    """A document with its passages."""

    id: str
    title: str
    byline: str
    section: str
    date: str
    source: str
    passages: list[PassageBody]


class HealthBody(Said):
    """That the server listens."""

    status: Literal["ok"]


class ModelBody(Said):
    """What may be named as the model."""

    id: str
    object: Literal["model"]
    created: int
    owned_by: str


class ModelsBody(Said):
    """What may be named as the model."""

    object: Literal["list"]
    data: list[ModelBody]


class UrlCitation(Said):
    """A marker in the message, `content[start_index:end_index]`, and the address of the passage it points to."""

    start_index: int
    end_index: int
    title: str
    url: str


class Annotation(Said):
    """A marker in OpenAI's shape; `marker` is that of a citation in the message's `wenju`."""

    type: Literal["url_citation"]
    url_citation: UrlCitation
    marker: int


class AnswerMessage(Said):
    """The answer as a message; `wenju` is the same by Wenju's own contract, without the hits."""

    role: Literal["assistant"]
    content: str
    refusal: None
    annotations: list[Annotation]
    wenju: SaidBody


class Choice(Said):
    """The one answer there is."""

    index: Literal[0]
    message: AnswerMessage
    finish_reason: Literal["stop"]
    logprobs: None


class Usage(Said):
    """Characters, since no tokens are counted here: of the question and the turns looked back to, and of the answer."""

    prompt_tokens: int
    completion_tokens: int
    total_tokens: int


class Completion(Said):
    """An OpenAI chat completion."""

    id: str
    object: Literal["chat.completion"]
    created: int
    model: str
    choices: list[Choice]
    usage: Usage


class ErrorDetail(Said):
    """What went wrong: OpenAI's type and code, and the parameter it is about."""

    message: str
    type: str
    param: str | None
    code: str | None


class ErrorBody(Said):
    """An error in OpenAI's shape."""

    error: ErrorDetail
