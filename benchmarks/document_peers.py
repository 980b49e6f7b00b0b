"""Reads the same pages with other tools, each as it comes and in an environment of its own, and scores them all alike."""

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from benchmarks.boundaries import Score, score
from benchmarks.printed import PrintedPage, printed
from rag.documents import read

PACKAGES = {
    "unstructured": "unstructured[pdf]",
    "docling": "docling",
    "markitdown": "markitdown[pdf]",
    "pymupdf4llm": "pymupdf4llm<2",  # 2.0 is an empty wheel
}

_PREPARATIONS = {
    # It wants an English spaCy model, which it fetches from the net; a blank one does as well for Chinese and is taken from its folder.
    "unstructured": "import spacy; nlp = spacy.blank('en'); nlp.add_pipe('sentencizer'); nlp.to_disk('en_core_web_sm')",
}


def peers_table(folder: Path, made: Sequence[tuple[str, list[str]]], to_print: Sequence[PrintedPage]) -> str:
    """A row a tool: boundaries, whole paragraphs and time, on `made` pages of text (each with its units) and on printed ones."""
    lines = [
        f"{len(made)} made pages as text and {len(to_print)} printed ones, ten each in one, two and three columns; every tool as it comes.",
        "",
        "| tool | text: F1 | paragraphs whole | s a page | PDF: F1 | paragraphs whole | s a page |",
        "|---|---|---|---|---|---|---|",
    ]
    with tempfile.TemporaryDirectory() as temporary:
        texts = [_written(Path(temporary) / f"page-{i}.txt", text) for i, (text, _) in enumerate(made)]
        prints = printed(to_print, Path(temporary))
        units = [units for _, units in made]
        printed_units = [[text for text, _ in page.blocks() if text != page.header] for page in to_print]
        readers: dict[str, Callable[[Sequence[Path]], list[dict[str, Any]]]] = {"this project": _ours}
        for tool in PACKAGES:
            readers[tool] = _peer(folder, tool)
        for name, reader in readers.items():
            lines.append(f"| {name} | {_cells(units, reader(texts))} | {_cells(printed_units, reader(prints))} |")
    return "\n".join(lines)


def _written(path: Path, text: str) -> Path:
    path.write_text(text, encoding="utf-8")
    return path


def _ours(paths: Sequence[Path]) -> list[dict[str, Any]]:
    results = []
    for path in paths:
        started = time.perf_counter()
        found = read(path)
        seconds = time.perf_counter() - started
        units = []
        for document in found:
            if "title_lines" in document.metadata:
                units.append((int(document.metadata["title_lines"].split("-")[0]), document.title))
            lines = {origin.start: origin.line for origin in reversed(document.origins)}
            start = 0
            for text in document.text.split("\n"):
                units.append((lines.get(start, 0), text))
                start += len(text) + 1
            if "byline_lines" in document.metadata:
                units.append((int(document.metadata["byline_lines"].split("-")[0]), document.byline))
        results.append({"units": [text for _, text in sorted(units, key=lambda unit: unit[0])], "seconds": seconds})
    return results


def _peer(folder: Path, tool: str) -> Callable[[Sequence[Path]], list[dict[str, Any]]]:
    python = folder / tool / "bin" / "python"
    if not python.exists():
        subprocess.run([sys.executable, "-m", "venv", str(folder / tool)], check=True)
        subprocess.run([str(python), "-m", "pip", "install", "-q", PACKAGES[tool]], check=True)
    if tool in _PREPARATIONS:
        subprocess.run([str(python), "-c", _PREPARATIONS[tool]], cwd=folder / tool, check=True, capture_output=True)

    def reader(paths: Sequence[Path]) -> list[dict[str, Any]]:
        script = Path(__file__).with_name("peer_readers.py")
        environment = os.environ | {"HF_HUB_OFFLINE": "1", "PYTHONPATH": ""}
        command = [str(python), "-P", str(script), tool, *map(str, paths)]
        done = subprocess.run(command, capture_output=True, text=True, env=environment, cwd=folder / tool, check=False)
        results = [json.loads(line[1:]) for line in done.stdout.split("\n") if line.startswith("\x1e")]
        lost = {"error": (done.stderr.strip().splitlines() or ["it stopped"])[-1][:200]}
        return results + [lost] * (len(paths) - len(results))

    return reader


def _cells(made: Sequence[list[str]], results: Sequence[dict[str, Any]]) -> str:
    errors = [result["error"] for result in results if "error" in result]
    if len(errors) == len(results):
        return f"fails: {errors[0][:90].replace('|', '/')} | – | –"
    total = Score()
    for units, result in zip(made, results, strict=True):
        total.add(score(units, result.get("units", [])))
    seconds = sorted(result["seconds"] for result in results if "seconds" in result)
    failed = f" ({len(errors)} failed)" if errors else ""
    return f"{total.f1:.3f}{failed} | {total.whole / total.paragraphs:.3f} | {seconds[len(seconds) // 2]:.2f}"
