"""Lets one process at a time write to an index and names it to the others; knows nothing of what is written."""

import json
import os
import shlex
import sys
from contextlib import suppress
from datetime import datetime
from pathlib import Path

from rag.errors import IndexInUse, RagError

_COMMAND_SHOWN = 80


class WriterLock:
    """The right to write to the index in `folder`. The kernel takes it back when its holder dies, however it dies."""

    def __init__(self, folder: Path) -> None:
        from filelock import FileLock

        self._folder = folder
        self._holder = folder / "writer.json"
        # Not bound to a thread: a server may open a store in one and close it in another.
        self._lock = FileLock(folder / "writer.lock", thread_local=False)

    def acquire(self, patience: float = 0.0) -> None:
        """Take the lock, waiting at most `patience` seconds. Raises IndexInUse, naming the holder, or RagError without permission."""
        from filelock import Timeout

        try:
            self._lock.acquire(timeout=patience)
        except Timeout:
            raise IndexInUse(self._in_use()) from None
        except OSError as error:
            where = shlex.quote(str(self._folder))
            reason = f"the index {self._folder} cannot be written to ({error.strerror})"
            raise RagError(f"{reason}; give yourself the right: chmod u+w {where}") from error
        command = " ".join(shlex.join(sys.orig_argv).split())[:_COMMAND_SHOWN]
        about = {"pid": os.getpid(), "command": command, "since": datetime.now().astimezone().isoformat(timespec="seconds")}
        with suppress(OSError):  # a courtesy to others; without it the lock holds as well
            self._holder.write_text(json.dumps(about, ensure_ascii=False), encoding="utf-8")

    def try_acquire(self) -> bool:
        """Take the lock if that can be done at once; False where somebody has it, or where this user may not write."""
        try:
            self.acquire()
        except RagError:
            return False
        return True

    def release(self) -> None:
        """Give the lock back; no error when it is not held."""
        self._lock.release()

    def _in_use(self) -> str:
        try:
            holder = json.loads(self._holder.read_text(encoding="utf-8"))
            pid, command, since = int(holder["pid"]), str(holder["command"]), str(holder["since"])
        except (OSError, ValueError, KeyError, TypeError):
            # The holder has the lock but has not written its name yet.
            return f"the index {self._folder} is being written to by another process; wait for it: sleep 10"
        return f"the index {self._folder} is being written to by process {pid} ({command}) since {since}; wait for it to end: ps -p {pid}"
