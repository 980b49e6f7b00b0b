"""Kills `rag.ingest` with SIGKILL at a random moment, ten times, and asks the index each time: python -m benchmarks.kill_ingest."""

import json
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from benchmarks.shared import ROOT, keep

KILLS = 10
PAGES = 60


def main() -> None:
    """Print and keep a line for each kill: when it came, what the index held then, and whether it answered."""
    random.seed(20261122)
    lines = ["| kill | after s | sources | of them as changed last | opens | answers |", "|---|---|---|---|---|---|"]
    with tempfile.TemporaryDirectory() as folder:
        pages, index = Path(folder) / "pages", Path(folder) / "index"
        write_pages(pages, PAGES)
        ingest = [sys.executable, "-m", "rag.ingest", str(pages), "--index", str(index)]
        whole = _whole_run(ingest)
        for kill in range(1, KILLS + 1):
            changed = touch(pages, kill)
            while not kill_after(ingest, after := random.uniform(0.05, 1.0) * whole):
                changed = touch(pages, kill)  # it had ended before: that was no kill
            sources, opens, answers = inspect(index)
            done = fresh(index, changed)
            lines.append(f"| {kill} | {after:.2f} | {sources} | {done} | {'yes' if opens else 'NO'} | {'yes' if answers else 'NO'} |")
        subprocess.run(ingest, cwd=ROOT, check=True, capture_output=True)
        sources, opens, answers = inspect(index)
        lines += ["", f"An undisturbed run after the last kill: {sources} of {PAGES} pages, opens: {opens}, answers: {answers}."]
    keep("kill_ingest", "\n".join(lines))


def write_pages(folder: Path, count: int) -> None:
    """Write `count` small pages of our own, each with one figure that only it has."""
    folder.mkdir()
    for number in range(count):
        paragraphs = [f"第{number}号茶厂去年炒制春茶{1000 + number}公斤，全部卖到了邻县。", "厂里的老师傅说，火候比机器要紧。"] * 3
        (folder / f"page-{number:03}.txt").write_text("\n".join([f"{number}号茶厂的春天", *paragraphs]) + "\n", encoding="utf-8")


def touch(folder: Path, round_number: int) -> str:
    """Add a line to every page, so that the next run has as much to do as the first; returns the line."""
    line = f"第{round_number}轮改动，编号{random.randrange(10**9)}。"
    for path in sorted(folder.iterdir()):
        path.write_text(path.read_text(encoding="utf-8") + line + "\n", encoding="utf-8")
    return line


def kill_after(command: list[str], seconds: float) -> bool:
    """Start the command and kill it, and whatever it started, after so many seconds; False where it had ended by then."""
    process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True)
    time.sleep(seconds)
    struck = process.poll() is None
    if struck:
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    return struck


def fresh(index: Path, line: str) -> int:
    """How many documents of the index hold the line that was added last: those that were read again before the kill."""
    from rag.storage import open_store

    with open_store(index) as store:
        return sum(line in document.text for document in store.documents())


def inspect(index: Path) -> tuple[int, bool, bool]:
    """How many sources the index holds, whether it opens, and whether it answers about the first of them."""
    ask = [sys.executable, "-m", "rag.ask", "0号茶厂去年炒制春茶多少公斤?", "--index", str(index), "--json"]
    asked = subprocess.run(ask, cwd=ROOT, capture_output=True, text=True)
    if asked.returncode == 2:
        return 0, False, False
    return _sources(index), True, "1000公斤" in json.loads(asked.stdout)["answer"]


def _sources(index: Path) -> int:
    from rag.storage import open_store

    with open_store(index) as store:
        return len(store.sources())


def _whole_run(command: list[str]) -> float:
    """Seconds of an undisturbed first run, which also puts the first pages into the index."""
    started = time.perf_counter()
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True)
    return time.perf_counter() - started


if __name__ == "__main__":
    main()
