"""The training code: what it may see, what it makes of a passage, that it can be stopped and gone on with, and that its product fits."""

import json
import random
from pathlib import Path

import numpy as np
import pytest

from rag.errors import ModelError
from rag.models.adapter import add_adapter
from training import encoder, lowrank
from training.data import COLLECTIONS, corpus, examples, kept_apart

TRIPLES = [
    encoder.Triple("cmrc", f"d{i}", f"第{i}家公司的会议？", f"公司{i}的会议在市里开了{i}天。", f"供水管网{i}个小区。") for i in range(8)
]


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    """Steps of two questions, each kept."""
    monkeypatch.setattr(encoder, "BATCH", 2)
    monkeypatch.setattr(encoder, "SAVED", 1)


def matrices(work: Path) -> dict[str, "np.ndarray[tuple[int, ...], np.dtype[np.float16]]"]:
    from safetensors.numpy import load_file

    return load_file(work / "adapter.safetensors")


@pytest.mark.parametrize("collection", COLLECTIONS)
def test_nothing_that_is_kept_apart_is_seen(shared: Path, collection: str) -> None:
    rows = {row["id"]: row for row in corpus(collection)}
    asked = examples(collection)
    assert len(asked) > 500
    assert all(name in rows for example in asked for name in example.gold)
    if collection == "drcd":
        assert not any(kept_apart(row["title"]) for row in rows.values())
    if collection == "stard":
        file = shared / "data" / "stard" / "queries.jsonl"
        apart = {row["question"] for row in map(json.loads, file.read_text(encoding="utf-8").splitlines()) if kept_apart(row["id"])}
        assert apart
        assert not apart & {example.question for example in asked}


def test_a_passage_is_cut_at_sentences_around_the_answer() -> None:
    text = "".join(f"这是第{i}句，说的是别的事情。" for i in range(40)) + "总投资八百亿元。" + "后来呢。" * 60
    for seed in range(20):
        read = encoder._read("题目", text, ("八百亿",), random.Random(seed))
        body = read.removeprefix("题目\n")
        assert "总投资八百亿元。" in body
        assert body in text
        assert len(body) <= encoder.WINDOW


def test_training_that_was_stopped_goes_on_to_the_same_end(
    small: None, tiny_model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    straight, halting = tmp_path / "straight", tmp_path / "halting"
    straight.mkdir()
    halting.mkdir()
    encoder.train(tiny_model, TRIPLES, straight)
    encoded, calls = encoder._encoded, 0

    def stopping(*arguments: object) -> object:
        nonlocal calls
        calls += 1
        if calls == 5:  # in the third step
            raise KeyboardInterrupt
        return encoded(*arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(encoder, "_encoded", stopping)
    with pytest.raises(KeyboardInterrupt):
        encoder.train(tiny_model, TRIPLES, halting)
    monkeypatch.setattr(encoder, "_encoded", encoded)
    encoder.train(tiny_model, TRIPLES, halting)
    one, other = matrices(straight), matrices(halting)
    assert one.keys() == other.keys()
    for name in one:
        np.testing.assert_allclose(
            one[name].astype(np.float32), other[name].astype(np.float32), atol=1e-5 if name.endswith(".up") else 5e-4
        )
    assert any(np.abs(one[name]).max() > 0 for name in one if name.endswith(".up"))


def test_the_merged_model_gives_the_vectors_of_the_one_that_was_trained(tiny_model: Path, tmp_path: Path) -> None:
    import torch
    from sentence_transformers import SentenceTransformer

    texts = ["公司的会议在市里开了两天。", "供水管网"]
    trained = SentenceTransformer(str(tiny_model), device="cpu").eval()
    before = trained.encode(texts)
    layers = lowrank.insert(trained, encoder.TARGETS, rank=4, scale=2.0)
    assert len(layers) == 2 * 6
    torch.manual_seed(1)
    with torch.no_grad():
        for layer in layers.values():
            layer.up.normal_(std=0.2)
    lowrank.save(layers, tmp_path / "adapter.safetensors")
    merged = SentenceTransformer(str(tiny_model), device="cpu").eval()
    add_adapter(merged, tmp_path / "adapter.safetensors")
    assert np.abs(trained.encode(texts) - before).max() > 0.05
    np.testing.assert_allclose(merged.encode(texts), trained.encode(texts), atol=5e-3)


@pytest.mark.parametrize("content", [b"", b"no such thing", None])
def test_an_adapter_that_does_not_fit_is_refused_in_one_line(tiny_model: Path, tmp_path: Path, content: bytes | None) -> None:
    from safetensors.numpy import save_file
    from sentence_transformers import SentenceTransformer

    file = tmp_path / "other.safetensors"
    if content is None:
        save_file({"encoder.layer.9.output.dense.down": np.ones((2, 4)), "encoder.layer.9.output.dense.up": np.ones((4, 2))}, file)
    else:
        file.write_bytes(content)
    with pytest.raises(ModelError, match=r"^other.safetensors does not fit [^\n]+: pip install --force-reinstall wenju$"):
        add_adapter(SentenceTransformer(str(tiny_model), device="cpu"), file)
