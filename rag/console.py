"""What command lines and servers share: a bar, errors, exit codes, names of this machine, the log; knows nothing of what they do."""

import argparse
import ipaddress
import logging
import os
import re
import sys
from collections.abc import Callable
from typing import Any

from rag.errors import RagError

FAILED = 2
"""The exit code of a command that could not do what it was asked."""


def run(command: Callable[[], int]) -> int:
    """The exit code of `command`; a RagError is printed as its one line and becomes 2."""
    try:
        return command()
    except RagError as error:
        print(f"error: {error}", file=sys.stderr)
        return FAILED
    except OSError as error:
        if isinstance(error, BrokenPipeError):
            # Whoever read our output has gone (`| head`): leave quietly, and keep Python from flushing into the broken pipe at exit.
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            return 141
        print(f"error: {error.strerror or error}: {error.filename or ''}; see what is there and whose it is: ls -ld .", file=sys.stderr)
        return FAILED
    except KeyboardInterrupt:
        return 130


def log(error: Exception) -> None:
    """Put on record what a visitor of a server is not told: an error of ours in its one line, any other with its traceback."""
    logging.getLogger(__name__).error("%s", error, exc_info=None if isinstance(error, RagError) else error)


def is_local(host: str) -> bool:
    """Whether a name or an address is this machine's own, which no other machine reaches: localhost, 127.0.0.0/8, ::1."""
    if host.lower().rstrip(".") == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def is_called_locally(host: bytes) -> bool:
    """Whether a Host header calls a server by a name of this machine alone, with or without a port.

    A page of the web can have its own name lead to this machine, and then ask as if it came from here (DNS rebinding): where nothing
    else tells a stranger apart, the name does.
    """
    named = re.fullmatch(r"\[([0-9a-fA-F:.]+)\](?::[0-9]*)?|([^:\[\]]*)(?::[0-9]*)?", host.decode("latin-1"))
    return named is not None and is_local(named[1] or named[2] or "")


def positive(given: str) -> int:
    """The whole number from 1 that an argument gives, for argparse, which says what is wrong with another."""
    if not given.isdecimal() or int(given) == 0:
        raise argparse.ArgumentTypeError(f"{given!r} is no whole number from 1")
    return int(given)


class Bar:
    """Shows progress on stderr: a bar on a terminal, a line for each step elsewhere. Called with (step, done, total)."""

    def __init__(self) -> None:
        self._bar: Any = None
        self._step = ""

    def __call__(self, step: str, done: int, total: int) -> None:
        """Show that `done` of `total` is done of `step`."""
        if step != self._step:
            self.close()
            self._step = step
            if sys.stderr.isatty():
                from tqdm import tqdm

                self._bar = tqdm(total=total, desc=step, leave=False, file=sys.stderr)
            else:
                print(step if done >= total > 0 else f"{step} …", file=sys.stderr)
        if self._bar is not None:
            self._bar.total = total
            self._bar.n = done
            self._bar.refresh()

    def close(self) -> None:
        """Take the bar off the screen."""
        if self._bar is not None:
            self._bar.close()
            self._bar = None

    def __enter__(self) -> "Bar":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
