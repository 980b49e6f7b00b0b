"""Twenty users of the chat at once, each asking over and over as a browser does: python -m benchmarks.chat_load."""

import argparse
import asyncio
import json
import random
import resource
import socket
import statistics
import subprocess
import sys
import tempfile
import threading
import time
import uuid
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import httpx
import numpy as np

from benchmarks.shared import ROOT, keep
from rag.assistant import examples
from rag.ingest import ingest

CONVERSATIONS = (
    ("澜州地铁3号线总投资是多少？", "什么时候开工的？", "4号线全长多少公里？"),
    ("柳荫街道给多少户独居老人装了呼叫器？", "楼道管家每月领多少津贴？", "养老院的床位有多少张？"),
    ("特斯拉为什么能在临港建得这么快？", "竣工验收用了几天？"),
    ("澜州市图书馆新馆的夜读区有多少座位？", "开到几点？", "图书馆的副馆长是谁？"),
    ("岚溪县怎样管住茶园里的农药？", "农药用量减少了多少？", "2022年出口茶叶多少吨？"),
    ("澄浦县给绿色工厂多少奖励？", "桐湾工业园的煤耗下降了多少？"),
    ("沅北市为服务外包正在做哪些事？", "沅北的企业最缺什么人？", "沅北市的市长是谁？"),
    ("禾泽县2024年计划种粮多少亩？", "其中夏粮呢？", "明天禾泽县会下雨吗？"),
)
"""Questions that the examples answer, that follow up others, or that nothing answers (in most conversations the last)."""

PARTS = 4
"""How many parts the questions of a user are told apart in, to see whether a long conversation is slower."""


@dataclass(frozen=True, slots=True)
class Event:
    """An event that the page sends: its number, the part that sets it off, and what its inputs hold at first."""

    number: int
    trigger: int | None
    inputs: Sequence[Any]


@dataclass(frozen=True, slots=True)
class Form:
    """What the page sends when it opens, for a question and after its answer; the places of the question and of the chat in that."""

    opened: Sequence[Event]
    submit: Event
    then: Event
    question: int
    chat: int


@dataclass(frozen=True, slots=True)
class Asked:
    """A question of a user, the `number`th: seconds until its first words and until the answer was whole, or what went wrong."""

    number: int
    first: float
    whole: float
    refused: bool = False
    error: str = ""


class Failed(Exception):
    """What a user would see as an error."""


def main() -> None:
    """Measure with people who read, and with nobody who reads, and print and keep a row for each."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.chat_load", description=__doc__)
    parser.add_argument("--users", type=int, default=20, help="how many ask at once (default: %(default)s)")
    parser.add_argument("--seconds", type=float, default=120, help="for how long they begin to ask (default: %(default)s)")
    parser.add_argument("--pause", type=float, default=10, help="seconds that an answer is read for, on average (default: %(default)s)")
    options = parser.parse_args()
    lines = [
        "| users, pause | questions | a second | errors | refused | first words s: p50 | p95 | p99 | max | whole s: p50 | p95 | p99 | max "
        "| server's CPU s a question, its start shared out |",
        "|---|---|---|---|---|---|---|---|---|---|---|---|---|---|",
    ]
    growth = [f"| median s until whole, of a user's questions | {' | '.join(f'{n + 1}/{PARTS}' for n in range(PARTS))} |"]
    growth += [f"|---|{'---|' * PARTS}"]
    errors: list[str] = []
    with tempfile.TemporaryDirectory() as folder:
        index = Path(folder) / "index"
        ingest(examples(), index)
        for pause in (options.pause, 0.0):
            name = f"{options.users}, " + (f"{pause / 2:g}–{pause * 1.5:g} s" if pause else "none")
            before = _cpu()
            with served(index) as address:
                asked, seconds = asyncio.run(_visited(address, options.users, options.seconds, pause))
            lines.append(_row(name, asked, seconds, _cpu() - before))
            growth.append(_growth(name, asked))
            errors += [one.error for one in asked if one.error]
    told = [f"Errors: {'; '.join(sorted(set(errors)))}."] if errors else []
    about = (
        f"Users have a session and a conversation each, and begin no question after {options.seconds:g} s. Who asks runs on the "
        "same cores as the server; what a browser takes to show the words is not in the figures."
    )
    keep("chat_load", "\n".join([*lines, "", *growth, "", about, *told]))


@contextmanager
def served(index: Path) -> Iterator[str]:
    """The address of `python ui.py` over an index, in a process of its own."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    # Nothing that another chat has kept is asked or added to.
    own = ["--history", str(index.parent / f"conversations-{port}.sqlite"), "--collections", str(index.parent / "collections")]
    command = [sys.executable, "ui.py", "--index", str(index), "--port", str(port), *own]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as server:
        try:
            stuck = threading.Timer(180, server.kill)
            stuck.start()
            assert server.stdout is not None
            line = server.stdout.readline()
            stuck.cancel()
            address = f"http://127.0.0.1:{port}"
            if address not in line:
                sys.exit(f"ui.py said {line!r} instead of its address")
            yield address
        finally:
            server.terminate()


async def _visited(address: str, users: int, seconds: float, pause: float) -> tuple[list[Asked], float]:
    """What the users asked, and how long it took until the last of them had an answer."""
    # A stream says something every 15 seconds. The server closes what was idle for 5 seconds: a request sent at that moment is lost,
    # which a browser mends unasked.
    timeout, limits = httpx.Timeout(60), httpx.Limits(max_connections=None, max_keepalive_connections=None, keepalive_expiry=2)
    async with httpx.AsyncClient(base_url=address, timeout=timeout, limits=limits, trust_env=False) as client:
        form = read_form((await client.get("/config")).raise_for_status().json())
        started = time.perf_counter()
        visits = [_visit(client, form, number, started + seconds, pause) for number in range(users)]
        asked = [one for visit in await asyncio.gather(*visits) for one in visit]
        return asked, time.perf_counter() - started


def read_form(config: dict[str, Any]) -> Form:
    """The form of the page that GET /config describes."""
    named = {part["props"].get("elem_id"): part["id"] for part in config["components"]}
    values = {part["id"]: part["props"].get("value") for part in config["components"]}
    # Those that run in the browser alone ask nothing of the server.
    events = [event for event in config["dependencies"] if event["backend_fn"]]

    def sent(event: dict[str, Any], trigger: int | None) -> Event:
        return Event(event["id"], trigger, [values[part] for part in event["inputs"]])

    box = named["question"]
    submit = next(event for event in events if [box, "submit"] in event["targets"])
    then = next(event for event in events if event["trigger_after"] == submit["id"])
    opened = [sent(event, target) for event in events for target, what in event["targets"] if what == "load"]
    places = submit["inputs"].index(box), submit["outputs"].index(named["chat"])
    return Form(opened, sent(submit, box), sent(then, box), *places)


async def _visit(client: httpx.AsyncClient, form: Form, user: int, until: float, pause: float) -> list[Asked]:
    """All that one user asks: the page is opened and stays open, a question asked, its answer read, and the next one asked."""
    chance = random.Random(user)
    session = uuid.uuid4().hex[:11]
    order = [question for i in range(len(CONVERSATIONS)) for question in CONVERSATIONS[(user + i) % len(CONVERSATIONS)]]
    asked: list[Asked] = []
    alive = asyncio.create_task(_stay(client, session))
    try:
        for event in form.opened:
            await _run(client, event, session)
        await asyncio.sleep(chance.uniform(0, pause))
        while time.perf_counter() < until:
            asked.append(await _ask(client, form, session, order[len(asked) % len(order)], len(asked) + 1))
            await asyncio.sleep(chance.uniform(pause / 2, pause * 1.5))
    finally:
        alive.cancel()
    return asked


async def _stay(client: httpx.AsyncClient, session: str) -> None:
    """Keep the page open: the server forgets a session whose heartbeat ends."""
    async with client.stream("GET", f"/gradio_api/heartbeat/{session}") as response:
        async for _ in response.aiter_raw():
            pass


async def _ask(client: httpx.AsyncClient, form: Form, session: str, question: str, number: int) -> Asked:
    """Ask a question, and see to what the page does once its answer is whole: without it the next question would not follow up."""
    started = time.perf_counter()
    first = whole = 0.0
    said, error = "", ""
    try:
        data = [*form.submit.inputs]
        data[form.question] = question
        await _post(client, "/gradio_api/queue/join", replace(form.submit, inputs=data), session)
        async for words in _words(client, form, session):
            said, whole = words, time.perf_counter() - started
            first = first or whole
        if 'class="answer"' not in said:  # that something went wrong is a note, not an answer
            raise Failed(said or "nothing was said")
        await _run(client, form.then, session)
    except (httpx.HTTPError, Failed) as failed:
        error = f"{type(failed).__name__}: {failed}"
    return Asked(number, first, whole, 'class="refusal"' in said, error)


async def _words(client: httpx.AsyncClient, form: Form, session: str) -> AsyncIterator[str]:
    """The HTML of the answer each time that it has grown; what stands in its place while it is waited for is no answer."""
    chat: Any = None
    async with client.stream("GET", "/gradio_api/queue/data", params={"session_hash": session}) as response:
        if response.status_code != httpx.codes.OK:
            raise Failed(f"status {response.status_code}")
        async for line in response.aiter_lines():
            if not line.startswith("data:"):
                continue
            message = json.loads(line.removeprefix("data:"))
            what = message["msg"]
            if what == "close_stream":
                return
            if what == "unexpected_error" or not message.get("success", True):
                raise Failed(f"{what}: {message.get('message') or message.get('output')}")
            if what == "process_generating" and chat is not None:
                chat = patched(chat, message["output"]["data"][form.chat])
            elif what in ("process_generating", "process_completed"):
                chat = message["output"]["data"][form.chat]
            else:
                continue
            said = "".join(part["text"] for part in chat[-1]["content"])
            if said and 'class="waiting"' not in said:
                yield said
    raise Failed("the stream ended early")


def patched(value: Any, edits: Sequence[tuple[str, list[Any], Any]]) -> Any:
    """`value` after edits, which Gradio sends in place of a whole new one."""
    for what, path, new in edits:
        if not path:
            value = value + new if what == "append" else new
            continue
        held = value
        for step in path[:-1]:
            held = held[step]
        last = path[-1]
        if what == "append":
            held[last] += new
        elif what == "delete":
            del held[last]
        elif what == "add" and isinstance(held, list):
            held.insert(last, new)
        else:
            held[last] = new
    return value


async def _run(client: httpx.AsyncClient, event: Event, session: str) -> None:
    """Send an event that does not wait in the queue."""
    await _post(client, "/gradio_api/run/predict", event, session)


async def _post(client: httpx.AsyncClient, path: str, event: Event, session: str) -> None:
    sent = {"data": event.inputs, "fn_index": event.number, "trigger_id": event.trigger}
    body = sent | {"event_data": None, "session_hash": session}
    response = await client.post(path, json=body)
    if response.status_code != httpx.codes.OK:
        raise Failed(f"{path} gave status {response.status_code}: {response.text[:200]}")


def _cpu() -> float:
    """Seconds that the processes which this one started, and which have ended, spent on a core."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def _row(name: str, asked: Sequence[Asked], seconds: float, cpu: float) -> str:
    good = [one for one in asked if not one.error]
    refused = sum(one.refused for one in good)
    counts = f"{len(asked)} | {len(asked) / seconds:.2f} | {len(asked) - len(good)} | {refused}"
    first, whole = (_spread(times) for times in ([one.first for one in good], [one.whole for one in good]))
    return f"| {name} | {counts} | {first} | {whole} | {cpu / len(asked):.2f} |"


def _spread(seconds: Sequence[float]) -> str:
    p50, p95, p99, most = np.percentile(seconds, (50, 95, 99, 100))
    return f"{p50:.2f} | {p95:.2f} | {p99:.2f} | {most:.2f}"


def _growth(name: str, asked: Sequence[Asked]) -> str:
    good = [one for one in asked if not one.error]
    most = max(one.number for one in good)
    parts = [[one.whole for one in good if (one.number - 1) * PARTS // most == part] for part in range(PARTS)]
    return f"| {name} | {' | '.join(f'{statistics.median(part):.2f}' if part else '–' for part in parts)} |"


if __name__ == "__main__":
    main()
