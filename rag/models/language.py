"""Language models that write: any server that speaks OpenAI's way; the small one that runs here is in local_language.py."""

import re
import shlex
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

from rag.errors import ModelError

if TYPE_CHECKING:
    import openai
    from openai.types.chat import ChatCompletionChunk

_WIDE, _NARROW = 1.5, 0.5
"""Tokens of a Chinese character, and of a Latin one, where nothing counts them: more than the tokenizers of today make of them."""

_PASSAGES = 8
"""As many as are read for an answer."""

_THOUGHTS = 2048
"""Tokens that a model may think for before it writes, where it says that it counts them."""

_COUNTING_SECONDS = 5.0
_VERSION = re.compile(r"/v\d+$")


@dataclass(frozen=True, slots=True)
class Message:
    """One message to a model; `role` is system, user or assistant."""

    role: str
    content: str


class LanguageModel(Protocol):
    """Writes on from messages. Safe to use from several threads."""

    @property
    def name(self) -> str:
        """What the model is called."""

    @property
    def passages(self) -> int:
        """How many passages it can keep apart."""

    def stream(self, messages: Sequence[Message], most: int) -> Iterator[str]:
        """What the model writes, piece by piece, at most `most` tokens; ends early when it is closed. Raises ModelError."""

    def count(self, text: str) -> int:
        """How many tokens a text has, or somewhat more than it has where that cannot be known."""

    def close(self) -> None:
        """Let go of the model."""


class Endpoint:
    """A model on the server at `url` with OpenAI's interface: Ollama, vLLM, llama.cpp, DeepSeek, Qwen, …"""

    def __init__(
        self, url: str, model: str = "", key: str = "", *, timeout: float = 120.0, retries: int = 2, stop: Sequence[str] = ()
    ) -> None:
        """Speak to the server at `url` (http://127.0.0.1:11434/v1); nothing is sent before the model is used.

        Without `model` the server's one model is used. `timeout` is in seconds, for a connection and for each piece; a request that
        fails is sent again `retries` times. The model stops before any of the texts in `stop`. Raises ModelError for an address of
        no use, or when the package `openai` is missing.
        """
        try:
            import openai
        except ImportError as error:
            raise ModelError("a language model needs the package openai: pip install -e '.[llm]'") from error
        if not re.match(r"https?://[^/\s]", url):
            raise ModelError(f"{url!r} is no address of a server; for instance: export RAG_LLM_URL=http://127.0.0.1:11434/v1")
        self.url = url.rstrip("/")
        self._model = model
        self._stop = list(stop)
        # Servers on the same machine ask for no key; the package wants one.
        self._client = openai.OpenAI(base_url=self.url, api_key=key or "none", timeout=timeout, max_retries=retries)
        self._counts = True
        self._reasons = False

    @property
    def name(self) -> str:
        """What the model is called."""
        if not self._model:
            self._model = self._only_model()
        return self._model

    @property
    def passages(self) -> int:
        """How many passages it can keep apart."""
        return _PASSAGES

    def stream(self, messages: Sequence[Message], most: int) -> Iterator[str]:
        """What the model writes, piece by piece, at most `most` tokens, the likeliest each time. Raises ModelError."""
        import openai

        said: list[Any] = [{"role": message.role, "content": message.content} for message in messages]
        name = self.name
        try:
            with self._asked(name, said, most) as pieces:
                for piece in pieces:
                    if piece.choices and (text := piece.choices[0].delta.content):
                        yield text
        except (openai.OpenAIError, OSError, ValueError) as error:
            raise self._failed(error) from error

    def _asked(self, name: str, said: list[Any], most: int) -> "openai.Stream[ChatCompletionChunk]":
        """The stream of what is written; as models that reason want to be asked, where the server turns the usual way down."""
        import openai

        stop = self._stop or openai.omit
        create = self._client.chat.completions.create
        if not self._reasons:
            try:
                return create(model=name, messages=said, max_tokens=most, temperature=0, stop=stop, stream=True)
            except openai.BadRequestError as error:
                if "max_completion_tokens" not in str(error.body):
                    raise
                self._reasons = True
        # What they think counts among the tokens.
        return create(model=name, messages=said, max_completion_tokens=most + _THOUGHTS, stream=True)

    def count(self, text: str) -> int:
        """The tokens of a text by the server's own tokenizer where it lends it (llama.cpp, vLLM), else an estimate from above."""
        if self._counts:
            import openai

            body = {"content": text, "prompt": text, "model": self._model}
            address = f"{_VERSION.sub('', self.url)}/tokenize"
            client = self._client.with_options(max_retries=0, timeout=_COUNTING_SECONDS)
            try:
                counted = client.post(address, body=body, cast_to=object)
            except (openai.OpenAIError, OSError, ValueError):
                counted = None
            if isinstance(counted, dict) and isinstance(tokens := counted.get("tokens"), list):
                return len(tokens)
            self._counts = False
        wide = sum(not character.isascii() for character in text)
        return int(_WIDE * wide + _NARROW * (len(text) - wide)) + 1

    def close(self) -> None:
        """Close the connections."""
        self._client.close()

    def _only_model(self) -> str:
        import openai

        try:
            names = [model.id for model in self._client.models.list()]
        except (openai.OpenAIError, OSError, ValueError) as error:
            raise self._failed(error) from error
        if len(names) != 1:
            which = ", ".join(names[:8]) or "none"
            raise ModelError(
                f"{self.url} has {len(names)} models ({which}); name one: export RAG_LLM_MODEL={shlex.quote((names or ['…'])[0])}"
            )
        return names[0]

    def _failed(self, error: Exception) -> ModelError:
        import openai

        if isinstance(error, openai.APITimeoutError):
            what = "no answer in time"
        elif isinstance(error, openai.APIConnectionError):
            what = "no connection"
        elif isinstance(error, openai.APIStatusError):
            what = f"HTTP {error.status_code}: {_told(error)}"
        else:
            what = str(error)
        return ModelError(f"the language model at {self.url} failed ({what}); see what it has: curl {shlex.quote(self.url)}/models")


def _told(error: "openai.APIStatusError") -> str:
    """What the server says of an error, on one line."""
    body = error.body
    said = body.get("message") if isinstance(body, dict) else body
    return " ".join(str(said or error.message).split())[:200]
