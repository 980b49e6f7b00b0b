"""Who may sign in to the chat: `python -m rag.users add NAME`; names and hashes of passwords in one file, never a password."""

import argparse
import base64
import getpass
import hashlib
import hmac
import json
import os
import re
import secrets
import shlex
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from rag.console import run
from rag.errors import RagError, SettingsError
from rag.settings import Settings, default_users

SHORTEST = 8
"""Characters that a password has at the least."""

_COST, _BLOCK, _PARALLEL = 2**14, 8, 1
"""Scrypt's cost, block size and parallelism: some 16 MB and 50 ms a guess."""

_NAME = re.compile(r"[\w.@-]{1,64}")


class Users:
    """The users in a file. Each question reads it anew: who was taken out is not let in any more."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def __bool__(self) -> bool:
        """Whether there is anybody."""
        return bool(self._hashes())

    def names(self) -> list[str]:
        """The names, in order. Raises SettingsError when the file cannot be read."""
        return sorted(self._hashes())

    def allow(self, name: str, password: str) -> bool:
        """Whether this is the password of that user; takes as long for a name that is not there."""
        known = self._hashes().get(name)
        right = _matches(password, known or _NOBODY)
        return right and known is not None

    def add(self, name: str, password: str) -> bool:
        """Let `name` sign in with a password, in the place of the one before; whether the name is new. SettingsError for one of no use."""
        if not _NAME.fullmatch(name):
            raise SettingsError(
                f"{name!r} is no name of a user: up to 64 letters, figures, and . @ _ -; for instance: python -m rag.users add wang"
            )
        if len(password) < SHORTEST:
            raise SettingsError(f"a password has at least {SHORTEST} characters; again: python -m rag.users add {name}")
        with self._changing() as hashes:
            new = name not in hashes
            hashes[name] = _hash(password)
        return new

    def remove(self, name: str) -> None:
        """Let `name` sign in no more. Raises SettingsError where there is none of that name."""
        with self._changing() as hashes:
            if name not in hashes:
                raise SettingsError(f"there is no user {name}; see who is there: python -m rag.users list")
            del hashes[name]

    def _hashes(self) -> dict[str, str]:
        try:
            content = self._path.read_text(encoding="utf-8")
        except FileNotFoundError:
            return {}
        except (OSError, UnicodeDecodeError) as error:
            raise SettingsError(f"{self._path} cannot be read ({error}); see whose it is: ls -l {shlex.quote(str(self._path))}") from error
        try:
            found = json.loads(content)
            if not isinstance(found, dict) or not all(isinstance(known, str) and _PARTS.fullmatch(known) for known in found.values()):
                raise ValueError("no hashes by name")
        except ValueError as error:
            aside = shlex.quote(f"{self._path}.old")
            raise SettingsError(
                f"{self._path} holds no users ({error}); move it away: mv {shlex.quote(str(self._path))} {aside}"
            ) from error
        return found

    @contextmanager
    def _changing(self) -> Iterator[dict[str, str]]:
        """The users to be changed; written whole or not at all, by one process at a time."""
        from filelock import FileLock

        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            with FileLock(f"{self._path}.lock"):
                hashes = self._hashes()
                yield hashes
                self._write(hashes)
        except OSError as error:
            raise RagError(
                f"{self._path} cannot be written ({error.strerror}); choose another place: export RAG_USERS=~/wenju-users.json"
            ) from error

    def _write(self, hashes: Mapping[str, str]) -> None:
        new = self._path.with_name(f"{self._path.name}.new")
        new.unlink(missing_ok=True)
        # Nobody else on the machine may read it, from its first byte on.
        with os.fdopen(os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as file:
            json.dump(hashes, file, ensure_ascii=False, indent=1, sort_keys=True)
            file.flush()
            os.fsync(file.fileno())
        new.replace(self._path)


_PARTS = re.compile(r"scrypt:(\d+):(\d+):(\d+):([A-Za-z0-9+/=]+):([A-Za-z0-9+/=]+)")


def _hash(password: str) -> str:
    salt = secrets.token_bytes(16)
    made = _scrypt(password, salt, _COST, _BLOCK, _PARALLEL)
    return f"scrypt:{_COST}:{_BLOCK}:{_PARALLEL}:{base64.b64encode(salt).decode()}:{base64.b64encode(made).decode()}"


def _matches(password: str, known: str) -> bool:
    match = _PARTS.fullmatch(known)
    assert match is not None
    cost, block, parallel = (int(part) for part in match.groups()[:3])
    made = _scrypt(password, base64.b64decode(match[4]), cost, block, parallel)
    return hmac.compare_digest(made, base64.b64decode(match[5]))


def _scrypt(password: str, salt: bytes, cost: int, block: int, parallel: int) -> bytes:
    return hashlib.scrypt(password.encode("utf-8", "surrogateescape"), salt=salt, n=cost, r=block, p=parallel, maxmem=2**27)


_NOBODY = _hash(secrets.token_urlsafe())
"""What the password is compared with where there is no such user."""


def main(arguments: Sequence[str] | None = None) -> int:
    """The command line; returns 2 after an error (one line on stderr)."""
    parser = argparse.ArgumentParser(prog="python -m rag.users", description="Say who may sign in to the chat (python ui.py).")
    parser.add_argument(
        "--users", type=Path, metavar="FILE", help="the file of users (default: RAG_USERS, or one in the user's data folder)"
    )
    commands = parser.add_subparsers(dest="command", required=True)
    for name, does in (("add", "let a user sign in, or give one a new password"), ("remove", "let a user sign in no more")):
        commands.add_parser(name, help=does).add_argument("name")
    commands.add_parser("list", help="print the names")
    options = parser.parse_args(arguments)
    return run(lambda: _done(options))


def _done(options: argparse.Namespace) -> int:
    path = Settings.load(users=options.users).users or default_users()
    users = Users(path)
    if options.command == "add":
        new = users.add(options.name, _asked_password())
        print(f"{options.name}：{'已加入' if new else '已换密码'}（{path}）")
    elif options.command == "remove":
        users.remove(options.name)
        print(f"{options.name}：已移除（{path}）")
    else:
        print("\n".join(users.names()) or f"还没有用户（{path}）")
    return 0


def _asked_password() -> str:
    """The password as it is typed, twice and unseen; of a pipe, its first line."""
    if not sys.stdin.isatty():
        return sys.stdin.readline().rstrip("\r\n")
    password = getpass.getpass("密码：")
    if getpass.getpass("再输一次：") != password:
        raise SettingsError("the two passwords are not the same; again: python -m rag.users add NAME")
    return password


if __name__ == "__main__":
    sys.exit(main())
