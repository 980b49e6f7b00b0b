"""Runs a model pack with tokenizers and ONNX Runtime alone; neither is loaded before an encoder is made."""

import os
from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from rag.errors import ModelError
from rag.models.encoder import Vectors
from rag.models.pack import Pack

BATCH_TOKENS = 4096
"""The most tokens, padding counted, that go through the model at once: about 150 MB of working memory."""

TOKENISED_AT_ONCE = 1024
CHARACTERS_PER_TOKEN = 32
"""No piece is longer: characters past this many for each token a model takes cannot reach it, and are not tokenised."""


class PackEncoder:
    """An Encoder over a pack. Safe to use from several threads.

    Activations are quantised by the batch, so a passage's vector differs in its third digit with the company it is encoded in.
    """

    def __init__(self, pack: Pack, *, threads: int = 0) -> None:
        """Load the pack; `threads` of 0 means one for each core the process may use. Raises ModelError when it cannot be loaded."""
        import onnxruntime
        from tokenizers import Tokenizer

        # The graph was optimised when the pack was built, and its weights are mapped rather than read: both make for a quick start.
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads or usable_cores()
        options.log_severity_level = 4
        options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL
        options.add_session_config_entry("session.disable_prepacking", "1")
        try:
            self._tokenizer = Tokenizer.from_file(str(pack.folder / "tokenizer.json"))
            self._session = onnxruntime.InferenceSession(str(pack.folder / "model.onnx"), options, providers=["CPUExecutionProvider"])
        except Exception as error:
            raise ModelError(
                f"the model pack in {pack.folder} cannot be loaded; remove it to build it again: rm -r {pack.folder}"
            ) from error
        self._pack = pack

    @property
    def name(self) -> str:
        """The model's name and the first 12 hexadecimal digits of the pack's fingerprint, joined by "@"."""
        return f"{self._pack.name}@{self._pack.fingerprint[:12]}"

    @property
    def dimension(self) -> int:
        """How many numbers a vector has."""
        return self._pack.dimension

    def encode_passages(self, texts: Sequence[str]) -> Vectors:
        """Vectors of passages: shape (len(texts), dimension), float32, each of length 1. Longer texts count as far as the model reads."""
        return self._encode(self._pack.passage, texts)

    def encode_question(self, text: str) -> Vectors:
        """The vector of a question: shape (dimension,), float32, of length 1."""
        vector: Vectors = self._encode(self._pack.query, [text])[0]
        return vector

    def _encode(self, prompt: str, texts: Sequence[str]) -> Vectors:
        vectors = np.empty((len(texts), self.dimension), np.float32)
        tokens = self._tokenise(prompt, texts)
        for batch in batches([len(ids) for ids in tokens], BATCH_TOKENS):
            width = max(len(tokens[i]) for i in batch)
            ids = np.full((len(batch), width), self._pack.pad_id, np.int64)
            mask = np.zeros_like(ids)
            for row, i in enumerate(batch):
                ids[row, : len(tokens[i])] = tokens[i]
                mask[row, : len(tokens[i])] = 1
            vectors[batch] = self._session.run(None, {"input_ids": ids, "attention_mask": mask})[0]
        return vectors

    def _tokenise(self, prompt: str, texts: Sequence[str]) -> list[NDArray[np.int32]]:
        longest = CHARACTERS_PER_TOKEN * self._pack.max_tokens
        tokens: list[NDArray[np.int32]] = []
        for start in range(0, len(texts), TOKENISED_AT_ONCE):
            some = [prompt + text[:longest] for text in texts[start : start + TOKENISED_AT_ONCE]]
            tokens.extend(np.array(encoding.ids, np.int32) for encoding in self._tokenizer.encode_batch_fast(some))
        return tokens


def batches(lengths: Sequence[int], budget: int) -> Iterator[list[int]]:
    """Positions of texts in batches of like length, each padded to its longest within `budget` tokens, or one text alone."""
    batch: list[int] = []
    for i in sorted(range(len(lengths)), key=lambda i: lengths[i]):
        if batch and (len(batch) + 1) * lengths[i] > budget:
            yield batch
            batch = []
        batch.append(i)
    if batch:
        yield batch


def usable_cores() -> int:
    """How many cores this process may use: at least 1."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
