"""Everything that can be set, in one frozen record: defaults, then rag.toml, then RAG_* in the environment, then flags."""

import os
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any

from rag.errors import SettingsError

ROOT = Path(__file__).resolve().parent.parent
"""The folder that holds the package; a checkout has examples/ and pyproject.toml there."""

DEFAULT_MODEL = "wenju-e5-small"

LOCAL = "local"
"""The name, among language models, of the small one that runs in this process."""

LEAST_BUDGET = 2048
"""Tokens without which no language model has room for rules, a passage and an answer."""

LAYOUTS = ("plain", "newspaper")


@dataclass(frozen=True, slots=True)
class Options:
    """How files are to be read; what is not given is found out.

    `encoding` is the name of a codec, for files of text. `layout` is "plain" (a line, or a paragraph as the file marks it, is a
    paragraph; one document, nothing repaired) or "newspaper" (lines were broken by columns; the articles are told apart).
    """

    encoding: str | None = None
    layout: str | None = None

    def __post_init__(self) -> None:
        if self.layout not in (None, *LAYOUTS):
            raise ValueError(f"layout is one of {', '.join(LAYOUTS)}, not {self.layout!r}")


DEFAULTS = Options()
"""Everything is found out."""


@dataclass(frozen=True, slots=True)
class Settings:
    """What a user may choose; `Settings.load` says from where.

    `threads` of 0 means one for each core the process may use. `limit` is how many passages are found for a question. `keys` is
    the file with the keys of those who may ask a server; None where anybody on this machine may. `users` is the file of those who may
    sign in to the chat (default_users where it is None), who then have to on this machine too. `history` is where the chat keeps its
    conversations (default_history where it is None). `collections` is the folder of its other indexes (default_collections).

    `llm_url` is the address of a server with OpenAI's interface, `llm_model` the model there, or, without an address, the small one
    that runs here (LOCAL); where both are empty no language model writes. `llm_timeout` is in seconds, for a whole answer;
    `llm_retries` is how often a request that failed is sent again; `llm_budget` is in tokens, for what is read and written.
    """

    index: Path
    cache: Path
    model: str = DEFAULT_MODEL
    threads: int = 0
    limit: int = 10
    keys: Path | None = None
    users: Path | None = None
    history: Path | None = None
    collections: Path | None = None
    llm_url: str = ""
    llm_model: str = ""
    llm_key: str = field(default="", repr=False)
    llm_timeout: float = 120.0
    llm_retries: int = 2
    llm_budget: int = 4096

    @classmethod
    def load(cls, *, toml: Path | None = None, environ: Mapping[str, str] | None = None, **flags: Any) -> "Settings":
        """Gather the settings; a flag that is None counts as not given. Raises SettingsError for a name or value of no use."""
        environ = os.environ if environ is None else environ
        toml = Path("rag.toml") if toml is None else toml
        known = {f.name for f in fields(cls)}
        values: dict[str, Any] = {}
        if toml.is_file():
            values.update(_from_toml(toml, known))
        for name in known:
            if given := environ.get(f"RAG_{name.upper()}"):
                values[name] = given
        values.update({name: value for name, value in flags.items() if value is not None})
        if unknown := sorted(values.keys() - known):
            raise SettingsError(f"unknown setting {unknown[0]!r}; the settings are: {', '.join(sorted(known))}")
        return cls(
            index=_path("index", values.get("index") or default_index(), "folder"),
            cache=_path("cache", values.get("cache") or _user_folder("cache"), "folder"),
            model=str(values.get("model", DEFAULT_MODEL)),
            threads=_whole("threads", values.get("threads", 0), least=0),
            limit=_whole("limit", values.get("limit", 10), least=1),
            keys=_path("keys", values["keys"], "file") if values.get("keys") else None,
            users=_path("users", values["users"], "file") if values.get("users") else None,
            history=_path("history", values["history"], "file") if values.get("history") else None,
            collections=_path("collections", values["collections"], "folder") if values.get("collections") else None,
            llm_url=str(values.get("llm_url", "")),
            llm_model=_language_model(str(values.get("llm_model", "")), str(values.get("llm_url", ""))),
            llm_key=str(values.get("llm_key", "")),
            llm_timeout=float(_whole("llm_timeout", values.get("llm_timeout", 120), least=1)),
            llm_retries=_whole("llm_retries", values.get("llm_retries", 2), least=0),
            llm_budget=_whole("llm_budget", values.get("llm_budget", 4096), least=LEAST_BUDGET),
        )


def in_checkout() -> bool:
    """Whether this package runs from a checkout of the project, where examples/ lies beside it."""
    return (ROOT / "pyproject.toml").is_file() and (ROOT / "examples").is_dir()


def default_index() -> Path:
    """The index used when none is named: the checkout's index/, elsewhere a folder of the user's."""
    return ROOT / "index" if in_checkout() else _user_folder("data") / "index"


def default_users() -> Path:
    """The file of those who may sign in to the chat, when none is named."""
    return _user_folder("data") / "users.json"


def default_history() -> Path:
    """The file of the chat's conversations, when none is named."""
    return _user_folder("data") / "conversations.sqlite"


def default_collections() -> Path:
    """The folder whose subfolders are the collections that the chat can ask beside its index, when none is named."""
    return _user_folder("data") / "collections"


def _user_folder(kind: str) -> Path:
    import platformdirs

    return platformdirs.user_cache_path("wenju") if kind == "cache" else platformdirs.user_data_path("wenju")


def _from_toml(path: Path, known: set[str]) -> dict[str, Any]:
    try:
        values = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise SettingsError(f"{path} cannot be read ({error.strerror}); see whose it is: ls -l {path}") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise SettingsError(f"{path} is not valid TOML ({error}); mend it, or move it away: mv {path} {path}.old") from error
    if unknown := sorted(values.keys() - known):
        others = ", ".join(sorted(known))
        mend = f"sed -i '/^{unknown[0]}/d' {path}"
        raise SettingsError(f"{path} sets {unknown[0]!r}, which is none of the settings ({others}); take it out: {mend}")
    return values


def _path(name: str, value: Any, kind: str) -> Path:
    if not isinstance(value, str | Path):
        raise SettingsError(f"{name} is {value!r} and must be a {kind}; for instance: export RAG_{name.upper()}=~/wenju")
    try:
        return Path(value).expanduser()
    except RuntimeError as error:
        raise SettingsError(f"{name} is {value}, of a user who is not known; for instance: export RAG_{name.upper()}=~/wenju") from error


def _language_model(model: str, url: str) -> str:
    if model and not url and model != LOCAL:
        raise SettingsError(
            f"llm_model is {model!r}, and no server has an address; for instance: export RAG_LLM_URL=http://127.0.0.1:11434/v1"
        )
    return model


def _whole(name: str, value: Any, *, least: int) -> int:
    try:
        number = int(value) if isinstance(value, str | int) and not isinstance(value, bool) else least - 1
    except ValueError:
        number = least - 1
    if number < least:
        raise SettingsError(
            f"{name} is {value!r} and must be a whole number from {least}; for instance: export RAG_{name.upper()}={max(least, 1)}"
        )
    return number
