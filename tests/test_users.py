"""Who may sign in to the chat: the file of users, its command line, and what it does with what is wrong."""

import json
import multiprocessing
import os
import stat
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from rag.console import is_local
from rag.errors import RagError, SettingsError
from rag.users import SHORTEST, Users

ROOT = Path(__file__).resolve().parent.parent
GOOD = "暗号八个字以上吧"


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "folder" / "users.json"


def test_a_user_is_let_in_with_the_password_and_with_no_other(path: Path) -> None:
    users = Users(path)
    assert not users
    assert users.add("wang", GOOD)
    assert users.allow("wang", GOOD)
    assert not any(users.allow(*pair) for pair in (("wang", ""), ("wang", GOOD + " "), ("Wang", GOOD), ("li", GOOD), ("", "")))


def test_a_new_password_ends_the_old_one_and_removal_ends_both(path: Path) -> None:
    users = Users(path)
    users.add("wang", GOOD)
    assert not users.add("wang", "another one 2")
    assert (users.allow("wang", GOOD), users.allow("wang", "another one 2")) == (False, True)
    users.remove("wang")
    assert not users.allow("wang", "another one 2")
    assert users.names() == []


def test_no_password_stands_in_the_file_and_nobody_else_may_read_it(path: Path) -> None:
    users = Users(path)
    users.add("wang", GOOD)
    users.add("li", GOOD)
    content = path.read_text(encoding="utf-8")
    assert GOOD not in content
    assert len(set(json.loads(content).values())) == 2, "the same password has another hash for each"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


@pytest.mark.parametrize(
    ("name", "password"), [("", GOOD), ("王 五", GOOD), ("a/b", GOOD), ("w" * 65, GOOD), ("wang", GOOD[: SHORTEST - 1])]
)
def test_a_name_or_password_of_no_use_is_refused_and_nothing_is_written(path: Path, name: str, password: str) -> None:
    with pytest.raises(SettingsError, match=r"python -m rag\.users add"):
        Users(path).add(name, password)
    assert not path.exists()


@pytest.mark.parametrize("content", ["", "no json", "[]", '{"wang": "plain"}', '{"wang": 3}'])
def test_a_file_that_holds_something_else_lets_nobody_in_and_is_not_written_over(path: Path, content: str) -> None:
    path.parent.mkdir()
    path.write_text(content, encoding="utf-8")
    attempts: list[Callable[[], object]] = [
        lambda: Users(path).allow("wang", "plain"),
        lambda: Users(path).add("wang", GOOD),
        lambda: bool(Users(path)),
    ]
    for attempt in attempts:
        with pytest.raises(SettingsError, match="mv "):
            attempt()
    assert path.read_text(encoding="utf-8") == content


def test_a_place_that_cannot_be_written_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("", encoding="utf-8")
    with pytest.raises(RagError, match="RAG_USERS"):
        Users(tmp_path / "file" / "users.json").add("wang", GOOD)


def add(path: str, number: int) -> None:
    Users(Path(path)).add(f"user{number}", GOOD)


def test_users_added_at_the_same_time_are_all_there(path: Path) -> None:
    with multiprocessing.get_context("spawn").Pool(4) as pool:
        pool.starmap(add, [(str(path), number) for number in range(8)])
    assert len(Users(path).names()) == 8


def users(path: Path, *arguments: str, typed: str = "") -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "rag.users", *arguments]
    environment = os.environ | {"RAG_USERS": str(path)}
    return subprocess.run(command, input=typed, env=environment, capture_output=True, text=True, check=False, cwd=ROOT)


def test_the_command_line_adds_lists_and_removes(path: Path) -> None:
    assert users(path, "add", "wang", typed=f"{GOOD}\n").returncode == 0
    assert users(path, "list").stdout == "wang\n"
    assert Users(path).allow("wang", GOOD)
    assert users(path, "remove", "wang").returncode == 0
    gone = users(path, "remove", "wang")
    assert gone.returncode == 2
    assert gone.stderr == "error: there is no user wang; see who is there: python -m rag.users list\n"


def test_an_address_that_others_reach_wants_users(tmp_path: Path) -> None:
    command = [sys.executable, "ui.py", "--host", "0.0.0.0", "--users", str(tmp_path / "none.json")]
    refused = subprocess.run(command, capture_output=True, text=True, check=False, cwd=ROOT)
    assert refused.returncode == 2
    assert "python -m rag.users" in refused.stderr
    assert refused.stderr.count("\n") == 1


def test_what_is_local_and_what_is_not() -> None:
    assert all(is_local(host) for host in ("localhost", "LocalHost", "127.0.0.1", "127.8.8.8", "::1"))
    assert not any(is_local(host) for host in ("", "0.0.0.0", "::", "10.0.0.1", "localhost.example", "0"))
