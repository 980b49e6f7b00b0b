"""Wenju (文据): answers questions from Chinese documents, every statement cited; loads no heavy library on import."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from rag.errors import RagError
from rag.records import Answer, Citation, Document, Hit, Passage, Statement, Where

if TYPE_CHECKING:
    from rag.assistant import Assistant

__all__ = ["Answer", "Assistant", "Citation", "Document", "Hit", "Passage", "RagError", "Statement", "Where"]


def __getattr__(name: str) -> Any:
    """Load the assistant only when somebody asks for it, so that records stay cheap to import."""
    if name == "Assistant":
        return import_module("rag.assistant").Assistant
    raise AttributeError(f"module 'rag' has no attribute {name!r}")
