"""Keeps documents, their passages and vectors, and finds them again; knows nothing of files, models or questions."""

from rag.storage.catalogue import set_aside
from rag.storage.local import LocalStore, open_store
from rag.storage.memory import MemoryStore
from rag.storage.store import Entry, Store, Vectors

__all__ = ["Entry", "LocalStore", "MemoryStore", "Store", "Vectors", "open_store", "set_aside"]
