"""The reader that is kept with the project: where it finds answers, what it takes for none, and what it does with odd input."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from rag.chinese.scripts import fold
from rag.errors import ModelError
from rag.models.reader import FOLDER, MOST_SPANS, PackReader

FACTORY = (
    "岭下茶厂建于1958年，坐落在云溪县东南的山脚下。去年全厂炒制新茶860公斤，产值达到3200万元，比前年多两成。"
    "厂长王建国说，主要得益于雨水充足。"
)
LIBRARY = "县图书馆新馆周一闭馆，其余日子早九点开门，晚八点关门。读者凭身份证办借书证，不收押金。"


@pytest.fixture(scope="module")
def reader() -> PackReader:
    return PackReader()


def test_it_is_small_enough_to_be_kept() -> None:
    assert sum(path.stat().st_size for path in FOLDER.iterdir()) <= 40_000_000


@pytest.mark.parametrize(
    ("question", "answer"),
    [
        ("岭下茶厂是哪一年建的？", "1958年"),
        ("岭下茶厂去年产值多少", "3200万元"),
        ("嶺下茶廠去年產值是多少？", "3200万元"),
        ("岭下茶厂的厂长是谁？", "王建国"),
        ("岭下茶厂炒制了多少新茶？", "860公斤"),
    ],
)
def test_the_likeliest_span_is_the_answer(reader: PackReader, question: str, answer: str) -> None:
    (reading,) = reader.read(question, [("", FACTORY)])
    assert answer in FACTORY[reading.spans[0].start : reading.spans[0].end]
    assert len(reading.spans) <= MOST_SPANS
    assert [span.score for span in reading.spans] == sorted((span.score for span in reading.spans), reverse=True)


def test_a_passage_that_answers_is_told_from_one_that_does_not(reader: PackReader) -> None:
    for question, right in (("岭下茶厂去年产值多少？", 0), ("图书馆几点开门？", 1), ("办借书证要押金吗？", 1)):
        readings = reader.read(question, [("", FACTORY), ("", LIBRARY)])
        assert readings[right].verdict > readings[1 - right].verdict + 2


def test_traditional_text_is_read_where_it_stands(reader: PackReader) -> None:
    text = "嶺下茶廠建於1958年，廠長是王建國。"
    (reading,) = reader.read("茶厂的厂长是谁？", [("", text)])
    assert text[reading.spans[0].start : reading.spans[0].end] == "王建國"
    assert len(fold(text)) == len(text)


@pytest.mark.parametrize("text", ["", " ", "。", "茶", "</s>[MASK]<pad>", "茶" * 20_000, "\n\n\n", "🍵" * 300])
@pytest.mark.parametrize("question", ["", "？", "茶" * 5_000, "厂长是谁？"])
def test_odd_input_is_read_without_harm(reader: PackReader, question: str, text: str) -> None:
    (reading,) = reader.read(question, [("题", text)])
    assert all(0 <= span.start < span.end <= len(text) for span in reading.spans)


def test_many_threads_read_alike(reader: PackReader) -> None:
    passages = [("", FACTORY), ("茶讯", LIBRARY), ("", FACTORY[:30])] * 3
    alone = [PackReader(threads=1).read("厂长是谁？", [passage])[0] for passage in passages]
    with ThreadPoolExecutor(4) as pool:
        for together in pool.map(lambda _: reader.read("厂长是谁？", passages), range(4)):
            assert together == alone
    assert reader.read("厂长是谁？", []) == []


def test_a_pack_that_cannot_be_loaded_is_an_error_that_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="pip install --force-reinstall wenju"):
        PackReader(tmp_path)
