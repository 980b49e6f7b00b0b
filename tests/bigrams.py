"""An encoder that hashes Chinese character bigrams: without a model, texts that share words lie near each other; and made documents."""

from collections.abc import Sequence
from zlib import crc32

import numpy as np

from rag.models.encoder import Encoder, Vectors
from rag.records import Document, Origin, Passage
from rag.storage.store import Entry


class BigramEncoder:
    """An Encoder of `dimension` numbers: one is raised for every two neighbouring characters; the same everywhere and always."""

    def __init__(self, dimension: int = 64, name: str = "bigrams") -> None:
        self.name = name
        self.dimension = dimension

    def encode_passages(self, texts: Sequence[str]) -> Vectors:
        return np.stack([self.encode_question(text) for text in texts]) if texts else np.zeros((0, self.dimension), np.float32)

    def encode_question(self, text: str) -> Vectors:
        vector = np.zeros(self.dimension, np.float32)
        for first, second in zip(text, text[1:] + "。", strict=True):
            vector[crc32((first + second).encode()) % self.dimension] += 1
        length = float(np.linalg.norm(vector))
        return vector / np.float32(length) if length else vector


def entry(source: str, title: str, paragraphs: Sequence[str], encoder: Encoder | None = None) -> Entry:
    """A document of `source` with these paragraphs as its passages, and their vectors."""
    encoder = encoder or BigramEncoder()
    document_id = f"{source}#{title}"
    passages, start = [], 0
    for number, text in enumerate(paragraphs, 1):
        repeated = paragraphs[:number].count(text)
        name = f"{document_id}/{crc32(text.encode()):08x}-{repeated}"
        passages.append(Passage(name, document_id, number, "", text, start, start + len(text), (number, number), (1,)))
        start += len(text) + 1
    document = Document(
        id=document_id,
        source=source,
        title=title,
        text="\n".join(paragraphs),
        origins=tuple(Origin(p.start, p.end, p.start, p.end, p.number, 1) for p in passages),
        metadata={"版": "一"},
    )
    return document, passages, encoder.encode_passages(list(paragraphs))
