"""A bounded pool of threads for an event loop: so many jobs at once, so many waiting, and no more; knows nothing of what they do."""

import asyncio
import threading
from collections.abc import AsyncIterator, Awaitable, Callable, Generator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import closing, suppress
from typing import Any, TypeVar

T = TypeVar("T")

_END = object()
"""Comes behind the last item of a stream."""


class Busy(Exception):
    """As many jobs are waiting as may."""


class Abandoned(Exception):
    """Nobody waits any more for what a job gives."""


class Workers:
    """Runs jobs in threads, `at_once` of them at the same time, with at most `waiting` more in line.

    A job takes its place until its thread is done with it, whether or not anybody still waits for what it gives: what is
    bounded is the work.
    """

    def __init__(self, at_once: int, waiting: int) -> None:
        self._pool = ThreadPoolExecutor(at_once, thread_name_prefix="answering")
        self._places = threading.Semaphore(at_once + waiting)

    async def run(self, job: Callable[[], T], gone: Callable[[], Awaitable[None]] | None = None) -> T:
        """What `job` returns. Raises Busy at once where there is no place.

        `gone` returns when nobody waits any more: Abandoned is raised, and a job that has not begun by then never does.
        """
        future = asyncio.wrap_future(self._submit(job))
        if gone is None:
            return await future
        leaving = asyncio.ensure_future(gone())
        both: set[asyncio.Future[Any]] = {future, leaving}
        try:
            await asyncio.wait(both, return_when=asyncio.FIRST_COMPLETED)
            if not future.done():
                raise Abandoned
            return await future
        finally:
            future.cancel()
            leaving.cancel()

    def stream(self, job: Callable[[Callable[[], bool]], Generator[T, None, None]]) -> AsyncIterator[T]:
        """The items that `job` yields, as they come, and behind them what it raises. Raises Busy at once where there is no place.

        The job goes at its own pace, so that who reads slowly holds up no thread. When the stream is closed the job is closed at its
        next item; the function that it is given says, on the way there, whether anybody still listens.
        """
        loop = asyncio.get_running_loop()
        items: asyncio.Queue[Any] = asyncio.Queue()
        closed = threading.Event()

        def put(item: object) -> None:
            with suppress(RuntimeError):  # the loop has ended, and with it whoever listened
                loop.call_soon_threadsafe(items.put_nowait, item)

        def work() -> None:
            with closing(job(lambda: not closed.is_set())) as made:
                for item in made:
                    if closed.is_set():
                        return
                    put(item)

        future = self._submit(work)
        future.add_done_callback(lambda _: put(_END))

        async def follow() -> AsyncIterator[T]:
            try:
                while (item := await items.get()) is not _END:
                    yield item
                await asyncio.wrap_future(future)
            finally:
                closed.set()
                future.cancel()

        return follow()

    async def close(self) -> None:
        """Let the jobs that have begun come to their end, and drop those that have not."""
        await asyncio.to_thread(self._pool.shutdown, wait=True, cancel_futures=True)

    def _submit(self, job: Callable[[], T]) -> Future[T]:
        if not self._places.acquire(blocking=False):
            raise Busy
        future = self._pool.submit(job)
        future.add_done_callback(lambda _: self._places.release())
        return future
