"""Reads passages for a question: whether each answers it, where, and how surely; run by tokenizers and ONNX Runtime alone.

The reader is a model of this project's own (wenju-reader.md), which training/reader.py makes.
"""

import shlex
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from rag.chinese.scripts import fold
from rag.errors import ModelError
from rag.models.onnx import usable_cores

FOLDER = Path(__file__).parent / "wenju-reader"
MOST_SPANS = 4
"""How many stretches of a passage are told of, at the most: the likeliest, none within another."""
LONGEST_QUESTION = 160
"""Characters of a question that are read: the passage has the rest of what the model takes."""
LONGEST_SPAN = 80
"""Tokens of the longest stretch."""
_EDGES = " \t\n\u3000，。、；：,.;:！？!?"
_CLOSED_BY = {"“": "”", "「": "」", "《": "》", "（": "）", "(": ")", '"': '"', "『": "』", "‘": "’"}
_OPENED_BY = {closer: opener for opener, closer in _CLOSED_BY.items()}


@dataclass(frozen=True, slots=True)
class Span:
    """A stretch `text[start:end]` of a passage; `score` is its log-odds against there being no answer."""

    start: int
    end: int
    score: float


@dataclass(frozen=True, slots=True)
class Reading:
    """What a reader makes of a passage for a question: `verdict` is the log-odds that it answers, `spans` say where, best first."""

    verdict: float
    spans: tuple[Span, ...]


class PackReader:
    """Reads with the pack in a folder. Safe to use from several threads; each passage goes through the model alone."""

    def __init__(self, folder: Path = FOLDER, *, threads: int = 0) -> None:
        """Load the pack; `threads` of 0 means one for each core. Raises ModelError when it cannot be loaded."""
        import onnxruntime
        from tokenizers import Tokenizer

        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = 1
        options.log_severity_level = 4
        options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL
        try:
            self._tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
            self._tokenizer.encode_special_tokens = True  # "</s>" in a text is text
            self._session = onnxruntime.InferenceSession(str(folder / "model.onnx"), options, providers=["CPUExecutionProvider"])
        except Exception as error:
            reason = f"the reader in {shlex.quote(str(folder))} cannot be loaded"
            raise ModelError(f"{reason}; install Wenju again: pip install --force-reinstall wenju") from error
        # One pool for all who ask at the same time: as many passages are read at once as there are threads, however many ask.
        self._pool = ThreadPoolExecutor(threads or usable_cores(), "reader")

    def read(self, question: str, passages: Sequence[tuple[str, str]]) -> list[Reading]:
        """A reading for each (heading, text); what is too long for the model is read as far as it goes."""
        asked = fold(question[:LONGEST_QUESTION])
        # The longest first, so that no thread is left with one at the end.
        order = sorted(range(len(passages)), key=lambda place: -len(passages[place][1]))
        found = list(self._pool.map(lambda place: self._read(asked, *passages[place]), order))
        readings = dict(zip(order, found, strict=True))
        return [readings[place] for place in range(len(passages))]

    def _read(self, asked: str, heading: str, text: str) -> Reading:
        lead = f"{fold(heading)}\n" if heading else ""
        encoding = self._tokenizer.encode(asked, lead + fold(text))
        ids = np.array(encoding.ids, np.int64)[None]
        where, verdict = self._session.run(None, {"input_ids": ids, "attention_mask": np.ones_like(ids)})
        offsets = [(place, *encoding.offsets[place]) for place, of in enumerate(encoding.sequence_ids) if of == 1]
        tokens = [(place, start - len(lead), end - len(lead)) for place, start, end in offsets if start >= len(lead)]
        return Reading(float(verdict[0]), _spans(where[0], tokens, text) if tokens else ())


def _spans(where: NDArray[np.float32], tokens: Sequence[tuple[int, int, int]], text: str) -> tuple[Span, ...]:
    """The likeliest spans; `where` are logits of beginning and end (tokens, 2), `tokens` those of the passage: place, start, end."""
    places = np.array([place for place, _, _ in tokens])
    begins, ends = where[places, 0] - where[0, 0], where[places, 1] - where[0, 1]
    count = len(places)
    scores = begins[:, None] + ends[None, :]
    apart = np.arange(count)[None, :] - np.arange(count)[:, None]
    scores[(apart < 0) | (apart >= LONGEST_SPAN)] = -np.inf
    found: list[Span] = []
    while len(found) < MOST_SPANS and np.isfinite(best := float(scores.max())):
        first, last = (int(place) for place in np.unravel_index(int(scores.argmax()), scores.shape))
        start, end = _trimmed(text, tokens[first][1], tokens[last][2])
        if start < end:
            found.append(Span(start, end, best))
        # What overlaps it says the same.
        scores[: last + 1, first:] = -np.inf
    return tuple(found)


def _trimmed(text: str, start: int, end: int) -> tuple[int, int]:
    """The range without marks at its edges, but for those that belong together: 《…》 stays, a quotation mark without its pair goes."""
    while start < end:
        inside = text[start:end]
        if inside[0] in _EDGES or (inside[0] in _CLOSED_BY and _CLOSED_BY[inside[0]] not in inside[1:]):
            start += 1
        elif inside[-1] in _EDGES or (inside[-1] in _OPENED_BY and _OPENED_BY[inside[-1]] not in inside[:-1]):
            end -= 1
        else:
            break
    return start, end
