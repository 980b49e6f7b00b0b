"""A language model by script, for tests of what is done with what a model writes."""

from collections.abc import Iterator, Sequence

from rag.models.language import Message


class Script:
    """A language model that writes what it is told to, however it is asked, and fails behind that with `error`."""

    name, passages = "script", 8

    def __init__(self, text: str, error: Exception | None = None) -> None:
        self.text, self.error = text, error
        self.asked: list[Sequence[Message]] = []
        self.taken = 0

    def stream(self, messages: Sequence[Message], most: int) -> Iterator[str]:
        self.asked.append(messages)
        for character in self.text:
            self.taken += 1
            yield character
        if self.error:
            raise self.error

    def count(self, text: str) -> int:
        return len(text)

    def close(self) -> None:
        pass
