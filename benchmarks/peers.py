"""This project's search beside that of the libraries people build with: python -m benchmarks.peers --peers DIR [--sets NAME…]

Each library runs twice, as it comes and tuned for Chinese, in a process and an environment of its own, over vectors of one model that
are computed once. DIR keeps the environments, the model and the vectors.
"""

import argparse
import hashlib
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from datetime import date
from multiprocessing import get_context
from pathlib import Path
from typing import Any

from benchmarks.peer_search import DEPTH, FOUND, MARK, PEERS, key, plain, prompts, whole
from benchmarks.question_sets import COLLECTIONS, Rows
from benchmarks.shared import ROOT, keep_part
from rag.scoring import percentile

FORMS = {"as it comes": False, "tuned": True}
"""The forms by name, and whether each is tuned for Chinese."""

TORCH = "torch==2.13.0"
"""Installed before anything else: left to pip, a library brings gigabytes for graphics processors."""

TOKENS = 512
"""The longest text that the model reads."""

SILENCE = {
    "ANONYMIZED_TELEMETRY": "False",
    "DO_NOT_TRACK": "1",
    "HAYSTACK_TELEMETRY_ENABLED": "False",
    "HF_HUB_OFFLINE": "1",
    "LANGSMITH_TRACING": "false",
    "TOKENIZERS_PARALLELISM": "false",
    "TRANSFORMERS_OFFLINE": "1",
    "TRANSFORMERS_VERBOSITY": "error",
}
"""Nothing is told to anybody, nothing fetched."""

HEAD = f"""| search | form | R@1 | R@5 | R@10 | MRR@{FOUND} | index s | query ms, p50 / p95 | peak MB |
|---|---|---|---|---|---|---|---|---|"""

EXPLAINED = f"""R@k is the share of questions with a gold passage among the first k; every library is asked for {FOUND}. A passage is
given whole, under its title. *As it comes* is the library's documented search by vectors and BM25 with its own settings, without the
model's prompts. *Tuned* has characters simplified, text cut into words by jieba for BM25, the prompts, {DEPTH} candidates from each half,
and the documented fusion that did best on training questions of CMRC 2018. The libraries are given vectors of one model, computed
beforehand by sentence-transformers in bfloat16: *index s* is that encoding + the library's own time, and a question costs the encoding
that stands above the table + the time in it. Wenju encodes by itself, and its figures have that in them: seconds, milliseconds, and the
memory of its model."""


@dataclass(frozen=True, slots=True)
class Limits:
    """What one process may use: seconds, and memory in MB."""

    seconds: float
    megabytes: float


@dataclass(frozen=True, slots=True)
class Encoding:
    """Vectors on disk (`path`.npy, `path`.json) and what they cost: seconds for the passages, milliseconds for a question."""

    path: Path
    seconds: float
    question_ms: tuple[float, float]


def main() -> None:
    """Measure the sets one after the other; each is kept as soon as it is done, in the place of what was kept of it before."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--peers", type=Path, required=True, metavar="DIR", help="where the environments of the libraries are, or are made")
    parser.add_argument("--sets", nargs="+", choices=COLLECTIONS, default=list(COLLECTIONS))
    parser.add_argument("--libraries", nargs="+", choices=[*PEERS, "wenju"], default=[*PEERS, "wenju"], help="fewer are not kept either")
    parser.add_argument("--questions", type=int, help="the most questions of a set that are asked")
    parser.add_argument("--passages", type=int, help="a trial with the first so many passages of a set, printed but not kept")
    parser.add_argument("--model", type=Path, help="a folder of sentence-transformers; by default this project's own model")
    parser.add_argument("--timeout", type=float, default=900, help="seconds a process may take")
    parser.add_argument("--memory", type=float, default=12_000, help="MB a process may hold")
    options = parser.parse_args()
    folder = options.peers.resolve()
    for name in options.libraries:
        if name in PEERS:
            _python(folder, name)
    if "wenju" in options.libraries:
        _apart(_build_pack)
    model = options.model.resolve() if options.model else folder / "model"
    if not (model / "modules.json").exists():
        _apart(_write_model, model)
    limits = Limits(options.timeout, options.memory)
    for name in options.sets:
        corpus, questions = _part(*COLLECTIONS[name](), options.passages, options.questions)
        section = _section(folder, name, corpus, questions, model, options.libraries, limits)
        if options.passages or options.model or len(options.libraries) <= len(PEERS):
            print(section)
        else:
            keep_part("peers", EXPLAINED, COLLECTIONS, name, section)


def _python(folder: Path, name: str) -> Path:
    """The interpreter of a library's environment, which is made where it is missing."""
    python = folder / name / "bin" / "python"
    if not python.exists():
        subprocess.run([sys.executable, "-m", "venv", str(folder / name)], check=True)
        for packages in ([TORCH], PEERS[name].requirements):
            subprocess.run([str(python), "-m", "pip", "install", "--quiet", *packages], check=True)
    return python


def _apart(function: Callable[..., Any], *arguments: Any) -> Any:
    """Call a function in a process of its own, which takes the memory of torch away with it."""
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
        return pool.submit(function, *arguments).result()


def _build_pack() -> None:
    """Make the model that this project encodes with, which its own process would be measured at otherwise."""
    from rag.models import open_encoder
    from rag.settings import Settings

    settings = Settings.load()
    open_encoder(settings.model, settings.cache)


def _write_model(folder: Path) -> None:
    """Write the model that this project searches with, its adapter included, as a folder of sentence-transformers."""
    from rag.models.pack import source_model
    from rag.settings import DEFAULT_MODEL

    with tempfile.TemporaryDirectory() as work:
        source_model(DEFAULT_MODEL, Path(work)).save(str(folder))


def _part(corpus: Rows, questions: Rows, most_passages: int | None, most_questions: int | None) -> tuple[Rows, Rows]:
    """The first passages and questions, no question without a gold passage among them."""
    corpus = corpus[:most_passages]
    ids = {row["id"] for row in corpus}
    return corpus, [row for row in questions if not ids.isdisjoint(row["gold"])][:most_questions]


def _section(folder: Path, name: str, corpus: Rows, questions: Rows, model: Path, libraries: Sequence[str], limits: Limits) -> str:
    """The set's heading, what encoding cost, and a row for each library and form."""
    encodings = {form: _encoding(folder, name, corpus, questions, model, tuned) for form, tuned in FORMS.items()}
    lines = []
    with tempfile.TemporaryDirectory() as temporary:
        path = Path(temporary) / "corpus.jsonl"
        path.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in corpus), encoding="utf-8")
        for library in libraries:
            for form, encoding in encodings.items() if library in PEERS else [("its own", None)]:
                # What encodes by itself has the time for that on top.
                seconds = limits.seconds + (0 if encoding else max(other.seconds for other in encodings.values()))
                ran = _run(folder, library, form, path, questions, encoding, Limits(seconds, limits.megabytes))
                lines.append(_row(library, form, questions, encoding, ran))
                print(lines[-1], file=sys.stderr, flush=True)
    cost = "; ".join(
        f"{form}, {encoding.seconds:.1f} s for the passages and {_two(encoding.question_ms)} ms for a question"
        for form, encoding in encodings.items()
    )
    return "\n".join(
        [
            f"## {name}: {len(corpus):,} passages, {len(questions):,} questions",
            "",
            f"Measured on {date.today().isoformat()}. Encoding (p50 / p95): {cost}.",
            "",
            HEAD,
            *lines,
        ]
    )


def _encoding(folder: Path, name: str, corpus: Rows, questions: Rows, model: Path, tuned: bool) -> Encoding:
    """The vectors of a set in one form; computed in a process of their own, unless they are those of an earlier run."""
    for_passage, for_question = prompts(tuned=tuned)
    passages = [for_passage + plain(whole(row), tuned=tuned) for row in corpus]
    asked = [for_question + plain(row["question"], tuned=tuned) for row in questions]
    with (model / "model.safetensors").open("rb") as file:
        read = [hashlib.file_digest(file, "sha256").hexdigest(), *passages, "", *asked]
    digest = key("\n".join(map(key, read)))
    path = folder / "vectors" / f"{name}-{digest[:12]}"
    about = path.with_suffix(".json")
    if not about.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        content = _apart(_encode, model, passages, asked, path.with_suffix(".npy"))
        about.write_text(json.dumps(content), encoding="utf-8")
    content = json.loads(about.read_text(encoding="utf-8"))
    return Encoding(path, content["seconds"], tuple(content["question_ms"]))


def _encode(model: Path, passages: Sequence[str], questions: Sequence[str], path: Path) -> dict[str, Any]:
    """Write the vectors of the texts and tell their rows and their cost: passages in batches by length, questions one by one."""
    os.environ.update(SILENCE)
    import numpy as np
    from sentence_transformers import SentenceTransformer
    from transformers.utils import logging

    logging.disable_progress_bar()  # type: ignore[no-untyped-call]
    # In bfloat16 it is three times as fast here, and the vectors the same (cosine 1.0000).
    encoder = SentenceTransformer(str(model), device="cpu", local_files_only=True).eval().bfloat16()
    encoder.max_seq_length = TOKENS

    def vectors(texts: Sequence[str]) -> Any:
        found = encoder.encode(list(texts), prompt="", convert_to_numpy=True, show_progress_bar=False).astype(np.float32)
        return found / np.linalg.norm(found, axis=1, keepdims=True)

    vectors(passages[:8])  # what is set up at first use, is
    started = time.perf_counter()
    of_passages = vectors(passages)
    seconds = time.perf_counter() - started
    of_questions, milliseconds = [], []
    for question in questions:
        started = time.perf_counter()
        of_questions.append(vectors([question]))
        milliseconds.append((time.perf_counter() - started) * 1000)
    np.save(path, np.concatenate([of_passages, *of_questions]))
    texts = [*passages, *questions]
    return {"seconds": seconds, "question_ms": _percentiles(milliseconds), "rows": {key(text): row for row, text in enumerate(texts)}}


def _run(folder: Path, library: str, form: str, corpus: Path, questions: Rows, encoding: Encoding | None, limits: Limits) -> dict[str, Any]:
    """What a process printed: "found" by question, "index_seconds", "seconds", "peak", "version"; with "error" where it did not end."""
    with tempfile.TemporaryDirectory() as temporary:
        work = Path(temporary) / "work.json"
        content = {
            "library": library,
            "tuned": FORMS.get(form, False),
            "folder": temporary,
            "corpus": str(corpus),
            "questions": [{"id": row["id"], "question": row["question"]} for row in questions],
            "vectors": str(encoding.path) if encoding else None,
        }
        work.write_text(json.dumps(content, ensure_ascii=False), encoding="utf-8")
        if library in PEERS:
            # Without -P, the modules beside the script would stand in for others of their names.
            command = [str(_python(folder, library)), "-P", str(Path(__file__).with_name("peer_search.py")), str(work)]
            place, environment = Path(temporary), os.environ | SILENCE | {"PYTHONPATH": ""}
        else:
            command = [sys.executable, "-m", "benchmarks.peer_search", str(work)]
            place, environment = ROOT, os.environ | SILENCE
        output, errors = Path(temporary) / "output", Path(temporary) / "errors"
        with output.open("wb") as out, errors.open("wb") as err:
            process = subprocess.Popen(command, cwd=place, env=environment, stdout=out, stderr=err)
            error = _watched(process, limits)
        lines = output.read_text(encoding="utf-8", errors="replace").split("\n")[:-1]  # of a process that was ended, the last is cut short
        said = [json.loads(line[1:]) for line in lines if line.startswith(MARK)]
        if error == "" and process.returncode:
            error = (errors.read_text(encoding="utf-8", errors="replace").strip().splitlines() or ["it stopped"])[-1]
    answers = [line for line in said if "found" in line]
    return {
        "error": error,
        "version": next((line["version"] for line in said if "version" in line), ""),
        "index_seconds": next((line["index_seconds"] for line in said if "index_seconds" in line), None),
        "found": {line["id"]: line["found"] for line in answers},
        "seconds": [line["seconds"] for line in answers],
        "peak": max((line["peak"] for line in said), default=0.0),
    }


def _watched(process: subprocess.Popen[bytes], limits: Limits) -> str:
    """Wait for a process, and end it where it takes too long or too much; says so then."""
    deadline = time.monotonic() + limits.seconds
    error = ""
    while process.poll() is None and not error:
        time.sleep(0.2)
        if time.monotonic() > deadline:
            error = f"ended after {limits.seconds:.0f} s"
        elif _megabytes(process.pid) > limits.megabytes:
            error = f"ended at {limits.megabytes:,.0f} MB"
    process.kill()
    process.wait()
    return error


def _megabytes(pid: int) -> float:
    """What a process holds now; 0 where the system does not tell, or it is over."""
    try:
        pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    except (OSError, IndexError):
        return 0.0
    return pages * os.sysconf("SC_PAGE_SIZE") / 2**20


def _row(library: str, form: str, questions: Rows, encoding: Encoding | None, ran: dict[str, Any]) -> str:
    note = f", {PEERS[library].note}" if library in PEERS and PEERS[library].note else ""
    start = f"| {library} {ran['version']}".rstrip() + f"{note} | {form} |"
    if ran["error"]:
        asked = f"with {len(ran['found']):,} of {len(questions):,} questions asked"
        error = f"{ran['error'][:120].replace('|', '/')}, {asked if ran['index_seconds'] is not None else 'while indexing'}"
        peak = f"{ran['peak']:,.0f}" if ran["peak"] else "–"
        return f"{start} – | – | – | – | {error} | – | {peak} |"
    places = [_place(ran["found"][row["id"]], row["gold"]) for row in questions]
    shares = [sum(place <= k for place in places) / len(places) for k in (1, 5, 10)]
    reciprocal = statistics.mean(1 / place if place <= FOUND else 0.0 for place in places)
    milliseconds = _two(_percentiles([second * 1000 for second in ran["seconds"]]))
    index = f"{encoding.seconds:.1f} + {ran['index_seconds']:.1f}" if encoding else f"{ran['index_seconds']:.1f}"
    cells = [*(f"{share:.3f}" for share in [*shares, reciprocal]), index, milliseconds, f"{ran['peak']:,.0f}"]
    return f"{start} " + " | ".join(cells) + " |"


def _place(found: Sequence[str], gold: Iterable[str]) -> int:
    """Where the first gold passage stands, from 1; behind all of them where none was found."""
    wanted = set(gold)
    return next((place for place, id_ in enumerate(found, 1) if id_ in wanted), sys.maxsize)


def _percentiles(values: Sequence[float]) -> tuple[float, float]:
    """The 50th and the 95th, of the values themselves; there is at least one."""
    found = [percentile(values, percent) for percent in (50, 95)]
    return found[0] or 0.0, found[1] or 0.0


def _two(percentiles: tuple[float, float]) -> str:
    return f"{percentiles[0]:.1f} / {percentiles[1]:.1f}"


if __name__ == "__main__":
    main()
