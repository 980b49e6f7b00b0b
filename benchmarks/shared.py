"""Where the benchmarks find the data they measure on, and where they leave their results; the product itself reads neither."""

import json
import os
import platform
import sys
from collections.abc import Iterable, Iterator
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from rag.ingest import embedded_text
from rag.models import Encoder
from rag.passages import passages
from rag.records import Document, Origin
from rag.storage import Entry

ROOT = Path(__file__).resolve().parent.parent
RESULTS = ROOT / "benchmarks" / "results"


def shared() -> Path:
    """The folder of gold and public data beside the project; leaves with a clear line where it is absent."""
    folder = ROOT.parent / "shared"
    if not folder.is_dir():
        sys.exit("this benchmark needs the data in ../shared, beside the project; see ../shared/README.md")
    return folder


def rows(path: Path) -> Iterator[dict[str, Any]]:
    """The records of a .jsonl file."""
    with path.open(encoding="utf-8") as file:
        for line in file:
            yield json.loads(line)


def keep(name: str, text: str) -> None:
    """Print a result and keep it as benchmarks/results/NAME.md, with the day and the machine."""
    machine = f"{platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}"
    head = f"<!-- python -m benchmarks.{name} · {date.today().isoformat()} · {machine} -->\n"
    RESULTS.mkdir(parents=True, exist_ok=True)
    (RESULTS / f"{name}.md").write_text(head + "\n" + text.rstrip() + "\n", encoding="utf-8")
    print(text)


def keep_part(name: str, head: str, order: Iterable[str], part: str, section: str) -> None:
    """Keep a section "## PART…" of a result in its place under `head`, those of the other parts as they were kept before, in order."""
    path = RESULTS / f"{name}.md"
    before = path.read_text(encoding="utf-8").split("\n## ")[1:] if path.exists() else []
    sections = {kept.split("\n")[0].split(":")[0]: f"## {kept.rstrip()}" for kept in before} | {part: section}
    keep(name, "\n\n".join([head, *(sections[other] for other in order if other in sections)]))


def auc(above: ArrayLike, below: ArrayLike) -> float:
    """The chance that one of `above` is above one of `below`, equals counting half."""
    one, other = np.asarray(above)[:, None], np.asarray(below)[None, :]
    return float((one > other).mean() + (one == other).mean() / 2)


def document(row: dict[str, Any], source: str = "") -> Document:
    """A passage of a public set as a document of its own, named by its id: one paragraph, whatever line ends it has."""
    text = " ".join(row["text"].split())
    return Document(row["id"], source or row["id"], row.get("title") or "", text, origins=(Origin(0, len(text), 0, len(text), 1),))


def entry(row: dict[str, Any], encoder: Encoder) -> Entry:
    """Such a document with its passages and their vectors; a text too long for the model is cut as any paragraph is."""
    made = document(row)
    found = passages(made)
    return made, found, encoder.encode_passages([embedded_text(made, passage) for passage in found])
