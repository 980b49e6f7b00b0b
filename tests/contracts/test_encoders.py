"""Every encoder: shapes, lengths, and the same vector for a text whatever it is encoded with."""

from pathlib import Path

import numpy as np
import pytest

from rag.models import Encoder, open_encoder
from rag.models.table import MODELS

TEXTS = [
    "水厂今年修好了三条管道。",
    "图书馆把开门时间延长到晚上九点。",
    "新买的十二辆电车下月上路，票价不变，末班车推迟到二十三点。",
    "果园收成比去年多两成。" * 12,
    "好",
]


@pytest.fixture(scope="module", params=["the default model", "another model"])
def encoder(request: pytest.FixtureRequest, cache: Path, tmp_path_factory: pytest.TempPathFactory) -> Encoder:
    if request.param == "the default model":
        return open_encoder(MODELS[0].name, cache, threads=2)
    return open_encoder(str(request.getfixturevalue("tiny_model")), tmp_path_factory.mktemp("cache"), threads=2)


def test_passages_become_rows_of_length_1(encoder: Encoder) -> None:
    vectors = encoder.encode_passages(TEXTS)
    assert vectors.shape == (len(TEXTS), encoder.dimension)
    assert vectors.dtype == np.float32
    np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-5)


def test_a_question_becomes_one_row_of_length_1(encoder: Encoder) -> None:
    vector = encoder.encode_question("图书馆几点关门？")
    assert vector.shape == (encoder.dimension,)
    assert vector.dtype == np.float32
    assert np.linalg.norm(vector) == pytest.approx(1, abs=1e-5)


def test_no_passages_become_no_rows(encoder: Encoder) -> None:
    vectors = encoder.encode_passages([])
    assert vectors.shape == (0, encoder.dimension)
    assert vectors.dtype == np.float32


@pytest.mark.parametrize("text", ["", " ", "\n\t\u3000", "\0", "🌾", "Ω≠ж", "𠮷野家"])
def test_a_text_without_words_still_has_a_vector(encoder: Encoder, text: str) -> None:
    for vector in (encoder.encode_passages([text])[0], encoder.encode_question(text)):
        assert np.linalg.norm(vector) == pytest.approx(1, abs=1e-5)


def test_a_vector_does_not_depend_on_its_company_or_place(encoder: Encoder) -> None:
    together = encoder.encode_passages(TEXTS)
    alone = np.concatenate([encoder.encode_passages([text]) for text in TEXTS])
    backwards = encoder.encode_passages(TEXTS[::-1])[::-1]
    np.testing.assert_array_equal(together, alone)
    np.testing.assert_array_equal(together, backwards)


def test_the_same_texts_give_the_same_vectors(encoder: Encoder) -> None:
    np.testing.assert_array_equal(encoder.encode_passages(TEXTS), encoder.encode_passages(TEXTS))


def test_a_very_long_text_is_read_as_far_as_the_model_goes(encoder: Encoder) -> None:
    long = "全市今年将改造老旧供水管网三百二十公里。" * 20_000
    vectors = encoder.encode_passages([long, long[:4000], TEXTS[0]])
    np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-5)
    assert vectors[0] @ vectors[1] > 0.999
    assert vectors[0] @ vectors[2] < 0.99


def test_the_name_names_the_model_and_its_version(encoder: Encoder) -> None:
    model, _, version = encoder.name.partition("@")
    assert model
    assert len(version) == 12
