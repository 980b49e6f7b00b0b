"""The errors meant for a user's eyes: one line that says what happened and ends with the command that mends it."""


class RagError(Exception):
    """Base of every error of this package; `str(error)` is one line that any terminal can print, whatever a file is called."""

    def __init__(self, message: str = "") -> None:
        super().__init__(_one_line(message))


class DocumentError(RagError):
    """A file that could not be read as a document; `reason` is why, in a few Chinese words, for those who see no terminal."""

    def __init__(self, message: str = "", *, reason: str = "") -> None:
        super().__init__(message)
        self.reason = _one_line(reason)


class ModelError(RagError):
    """A model that could not be had, built or loaded."""


class IndexMissing(RagError):
    """No index where one was asked for."""


class IndexInUse(RagError):
    """Another process is writing to the index."""


class IndexCorrupt(RagError):
    """The index's catalogue cannot be read."""


class ModelMismatch(RagError):
    """The index was built with another embedding model."""


class SettingsError(RagError):
    """A setting with a value that cannot be used."""


def _one_line(text: str) -> str:
    return "\\n".join(text.encode("utf-8", "replace").decode("utf-8").splitlines())
