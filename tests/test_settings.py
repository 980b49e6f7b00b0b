"""Settings: which source wins, and what is said of values of no use."""

from pathlib import Path

import pytest

from rag.errors import SettingsError
from rag.settings import DEFAULT_MODEL, Settings


def test_flags_win_over_the_environment_which_wins_over_the_file(tmp_path: Path) -> None:
    toml = tmp_path / "rag.toml"
    toml.write_text('model = "from-file"\nlimit = 3\nthreads = 1\n', encoding="utf-8")
    settings = Settings.load(toml=toml, environ={"RAG_LIMIT": "4", "RAG_THREADS": "2"}, threads=5, model=None)
    assert (settings.model, settings.limit, settings.threads) == ("from-file", 4, 5)


def test_without_anything_said_the_defaults_hold(tmp_path: Path) -> None:
    settings = Settings.load(toml=tmp_path / "none.toml", environ={})
    assert (settings.model, settings.limit, settings.index.name, settings.keys) == (DEFAULT_MODEL, 10, "index", None)


@pytest.mark.parametrize(
    "text",
    [
        "limit = [",
        "modell = 'x'",
        "limit = 0",
        "limit = 3.7",
        "limit = true",
        "threads = 'many'",
        "index = 3",
        "keys = true",
        "index = '~nobody-here/x'",
    ],
)
def test_a_bad_file_is_one_clear_line(tmp_path: Path, text: str) -> None:
    toml = tmp_path / "rag.toml"
    toml.write_text(text, encoding="utf-8")
    with pytest.raises(SettingsError) as error:
        Settings.load(toml=toml, environ={})
    assert "\n" not in str(error.value)


def test_the_file_of_keys_is_a_path_like_any_other() -> None:
    assert Settings.load(environ={"RAG_KEYS": "~/wenju.keys"}).keys == Path("~/wenju.keys").expanduser()


def test_an_unknown_flag_is_named() -> None:
    with pytest.raises(SettingsError, match="colour"):
        Settings.load(environ={}, colour="red")
