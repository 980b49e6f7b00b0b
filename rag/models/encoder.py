"""The seam between texts and vectors: what every encoder can do."""

from collections.abc import Sequence
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

Vectors = NDArray[np.float32]


class Encoder(Protocol):
    """Turns questions and passages into vectors of length 1 that lie near each other when one answers the other."""

    @property
    def name(self) -> str:
        """Names the model and the version of its pack: two encoders of one name give the same vectors."""

    @property
    def dimension(self) -> int:
        """How many numbers a vector has."""

    def encode_passages(self, texts: Sequence[str]) -> Vectors:
        """Vectors of passages: shape (len(texts), dimension), float32, each of length 1."""

    def encode_question(self, text: str) -> Vectors:
        """The vector of a question: shape (dimension,), float32, of length 1."""
