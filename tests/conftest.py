"""What several tests share: the data beside the project, the model pack, an index of the examples."""

from pathlib import Path

import pytest

from rag.settings import Settings


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder of gold pages and public question sets next to the checkout; the test is skipped where there is none."""
    folder = Path(__file__).resolve().parents[1].parent / "shared"
    if not folder.is_dir():
        pytest.skip("needs the folder shared next to the checkout, which holds the gold page and the public sets")
    return folder


@pytest.fixture(scope="session")
def cache() -> Path:
    """The user's own cache (or RAG_CACHE), so that the default model's pack is built once and not with every run."""
    return Settings.load().cache


@pytest.fixture(scope="session")
def tiny_model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A sentence-transformers folder unlike the default model: random weights, 64 wide, cls pooling, its own prompts."""
    from tests.tiny_model import write_tiny_model

    return write_tiny_model(tmp_path_factory.mktemp("models") / "tiny")


@pytest.fixture(scope="session")
def examples_index(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An index of examples/, built with the default model's real pack; for reading only."""
    from rag.assistant import examples
    from rag.ingest import ingest

    folder = tmp_path_factory.mktemp("examples") / "index"
    report = ingest(examples(), folder)
    assert not report.failed
    return folder
