"""Models as packs: any sentence-transformers model, built once, then run without torch. Importing this loads no heavy library."""

from pathlib import Path
from typing import TYPE_CHECKING

from rag.models.encoder import Encoder, Vectors
from rag.models.onnx import PackEncoder
from rag.models.pack import Pack, Progress, open_pack

if TYPE_CHECKING:
    from rag.models.language import LanguageModel
    from rag.settings import Settings

__all__ = ["Encoder", "Pack", "PackEncoder", "Progress", "Vectors", "open_encoder", "open_language_model", "open_pack"]


def open_encoder(name: str, cache: Path, *, threads: int = 0, on_progress: Progress | None = None) -> Encoder:
    """The encoder for a known model, a model of the hub or a local folder; its pack is built under `cache` when it is missing.

    `threads` of 0 means one for each core the process may use. `on_progress(step, done, total)` is called only while a pack is
    built. Raises ModelError when the model cannot be had, built or loaded.
    """
    return PackEncoder(open_pack(name, cache, on_progress=on_progress), threads=threads)


def open_language_model(settings: "Settings") -> "LanguageModel | None":
    """The language model that the settings name; None where they name none. Raises ModelError."""
    if settings.llm_url:
        from rag.models.language import Endpoint

        timeout, retries = settings.llm_timeout, settings.llm_retries
        return Endpoint(settings.llm_url, settings.llm_model, settings.llm_key, timeout=timeout, retries=retries)
    if settings.llm_model:
        from rag.models.local_language import LocalModel

        return LocalModel(settings.cache, threads=settings.threads, timeout=settings.llm_timeout)
    return None
