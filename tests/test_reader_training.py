"""What the reader is trained on is what it says it is, and its training can be stopped, gone on with, and made into a pack that reads."""

import json
import random
import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from rag.answers.question import Kind
from rag.chinese.scripts import fold
from rag.models.reader import PackReader, Reading
from training import data, mining, reader, reader_model
from training.data import Example, for_calibration
from training.near_misses import Answered, NearMisses
from training.questions import asked, made_from

TEXTS = {
    "河湾造船厂": "河湾造船厂成立于1958年，厂长王建国。2021年，该厂造船30艘，产值12亿元。"
    "2022年，该厂造船45艘，产值18.5亿元，比上年增长54%。第三届船模展在厂区举行。",
    "岭下茶厂": "岭下茶厂位于岭下镇东部，占地面积60亩。2020年，茶厂炒制新茶9200公斤，销售收入350万元。"
    "厂长李秀英说，明年还要再建两条生产线。",
    "松江桥": "松江桥全长1200米，1996年开工，1999年建成通车。总投资3.5亿元。桥面宽22米，双向四车道。桥的南侧是松江公园。",
}
QUESTIONS = [
    ("河湾造船厂", "河湾造船厂2022年产值多少？", "18.5亿元"),
    ("河湾造船厂", "河湾造船厂的厂长是谁？", "王建国"),
    ("岭下茶厂", "岭下茶厂的占地面积有多大？", "60亩"),
    ("岭下茶厂", "2020年岭下茶厂炒制新茶多少公斤？", "9200公斤"),
    ("松江桥", "松江桥哪一年建成通车？", "1999年"),
    ("松江桥", "松江桥全长多少米？", "1200米"),
]


def answered(title: str, question: str, answer: str) -> Answered:
    text = fold(TEXTS[title])
    start = text.index(fold(answer))
    return Answered(fold(question), title, text, start, start + len(answer))


@pytest.fixture
def made_data(monkeypatch: pytest.MonkeyPatch) -> None:
    """Three articles and six questions in the place of the public sets."""
    rows = [{"id": title, "title": title, "text": text} for title, text in TEXTS.items()]
    found = [Example(question, (title,), (answer,)) for title, question, answer in QUESTIONS]
    monkeypatch.setattr(mining, "corpus", lambda _: rows)
    monkeypatch.setattr(mining, "examples", lambda name: found if name != "stard" else [replace(one, answers=()) for one in found])
    monkeypatch.setattr(mining, "news", lambda _: ["8月16日，河湾镇举行龙舟赛。参赛队伍共有36支，奖金总额达20万元。"])
    monkeypatch.setattr(mining, "for_calibration", lambda title: title == "松江桥")
    monkeypatch.setattr(reader, "MIX", {"cmrc": 0.7, "stard": 0.15, "news": 0.15})


@pytest.mark.parametrize(
    ("title", "question", "answer", "way", "swapped"),
    [
        ("河湾造船厂", "河湾造船厂2022年产值多少？", "18.5亿元", "year", r"河湾造船厂(?!2022)\d{4}年产值"),
        ("河湾造船厂", "第三届船模展在哪里举行？", "厂区", "number", "第[一二四五六]届"),
        ("河湾造船厂", "河湾造船厂的厂长是谁？", "王建国", "name", "青浦造船厂"),
        ("河湾造船厂", "河湾造船厂的厂长是谁？", "王建国", "measure", "^$"),
        ("岭下茶厂", "岭下茶厂的校长是谁？", "李秀英", "office", "副校长|校长助理|前校长"),
        ("岭下茶厂", "茶厂炒制新茶多少公斤？", "9200公斤", "unit", "多少(?!公斤)"),
        ("松江桥", "松江桥哪一年开工？", "1996年", "measure", "^$"),
        ("岭下茶厂", "岭下茶厂2020年销售收入多少万元？", "350万元", "measure", "销售支出"),
    ],
)
def test_a_near_miss_swaps_what_its_way_says(title: str, question: str, answer: str, way: str, swapped: str) -> None:
    found = {miss.way: miss.question for miss in NearMisses([("青浦", "ns")], random.Random(1)).of(answered(title, question, answer))}
    if swapped == "^$":
        assert way not in found
    else:
        assert re.search(swapped, found[way])
        assert found[way] != fold(question)


def test_a_near_miss_that_another_sentence_answers_is_not_made() -> None:
    """2021年的产值 stands in the text too: swapping 2022 for 2021 makes a question that the passage answers."""
    one = answered("河湾造船厂", "河湾造船厂2022年产值多少？", "18.5亿元")
    for seed in range(30):
        found = {miss.way: miss.question for miss in NearMisses([], random.Random(seed)).of(one)}
        assert "2021" not in found.get("year", "")


def test_questions_are_made_from_figures_and_dates_with_their_answers() -> None:
    text = "8月16日，河湾镇举行龙舟赛。河湾镇奖金总额达20万元，比去年增长25%。"
    made = {text[one.start : one.end]: one.question for one in made_from(text, random.Random(3))}
    assert {"8月16日", "20万元"} <= made.keys()
    assert "奖金总额" in made["20万元"]
    assert "龙舟赛" in made["8月16日"]
    assert all(figure not in question for figure, question in made.items())


def test_questions_are_made_of_what_is_said_to_be_so() -> None:
    text = "据介绍，河湾镇政府已批准三号线工程。河湾镇没有批准四号线工程。该镇还建了桥。"
    made = {one.question for seed in range(40) for one in made_from(text, random.Random(seed))}
    assert {"河湾镇政府是否已批准三号线工程？", "河湾镇政府已批准三号线工程了吗？"} <= made
    assert not any("四号线" in question or "该镇" in question for question in made)


def test_why_and_how_are_asked_as_often_as_when(tmp_path: Path) -> None:
    rare = [mining.Asked("cmrc", "为什么停产?", 0, 0, 1, ())]
    often = [mining.Asked("cmrc", f"第{number}届何时举办?", 0, 0, 1, ()) for number in range(99)]
    kinds = reader._by_kind([*rare, *often])
    assert {kind: len(of_kind) for kind, of_kind in kinds.items()} == {Kind.REASON: 1, Kind.TIME: 99}


def test_what_is_left_without_the_answer_reads_on_over_the_gap() -> None:
    text = "".join(f"这是第{number}句话，说的是一件不相干的小事，与别的都没有关系。" for number in range(8))
    start = text.index("第4句话")
    rests = {reader._without_answer(text, start, start + 4, random.Random(seed)) for seed in range(40)}
    assert len(rests) == 3
    assert not any("第4句话" in rest for rest in rests)
    assert any("第3句话" in rest and "第5句话" in rest for rest in rests)


def test_a_question_can_be_asked_in_many_ways_and_is_never_empty() -> None:
    chosen = random.Random(5)
    forms = {asked("临港新能源产值是多少？", chosen) for _ in range(300)}
    assert {"临港新能源产值是多少？", "临港新能源产值"} <= forms
    assert any("how many" in form for form in forms)
    assert all(form.strip() for form in forms)


def test_what_is_left_to_calibration_is_not_trained_on(made_data: None, tmp_path: Path) -> None:
    found = mining.mined(tmp_path / "mined.jsonl")
    pool = mining.pool("cmrc")
    assert {pool[one.place].title for one in found["cmrc"]} == {"河湾造船厂", "岭下茶厂"}
    for one in found["cmrc"]:
        assert fold({fold(q): a for _, q, a in QUESTIONS}[one.question]) == pool[one.place].text[one.start : one.end]
        assert one.place not in one.wrong
        assert not any(pool[place].apart for place in one.wrong)
    assert found["stard"][0].start == -1
    assert mining.mined(tmp_path / "mined.jsonl") == found


def test_a_tenth_of_the_titles_is_left_to_calibration() -> None:
    share = sum(for_calibration(f"题目{number}") for number in range(2_000)) / 2_000
    assert 0.07 < share < 0.13


def test_a_group_has_an_answer_and_what_is_none_and_is_always_the_same(made_data: None, tmp_path: Path) -> None:
    groups = reader.Groups(tmp_path / "mined.jsonl")
    wrong_ways: set[tuple[bool, bool]] = set()
    for number in range(120):
        first, other = groups[number]
        assert first.answers
        assert first.start == -1 or 0 <= first.start < first.end <= len(first.text)
        assert not other.answers
        wrong_ways.add((other.question != first.question, other.text != first.text))
    assert wrong_ways >= {(True, False), (False, True)}
    assert [groups[number] for number in range(10)] == [reader.Groups(tmp_path / "mined.jsonl")[number] for number in range(10)]
    without = reader.Groups(tmp_path / "mined.jsonl", without=("near",))
    assert all(one.question == group[0].question for group in map(without.__getitem__, range(60)) for one in group)


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A tiny model with random weights and a tokenizer of single characters, as write_base leaves a real one."""
    import torch
    from tokenizers import Tokenizer, models, pre_tokenizers, processors
    from transformers import BertConfig, BertModel

    folder = tmp_path_factory.mktemp("reader") / "base"
    torch.manual_seed(7)
    letters = sorted(set("".join([*TEXTS.values(), *(q + a for _, q, a in QUESTIONS)])) - {" "})
    pieces = [("<s>", 0.0), ("<pad>", 0.0), ("</s>", 0.0), ("<unk>", 0.0), *((letter, -5.0) for letter in letters)]
    tokenizer = Tokenizer(models.Unigram(pieces, unk_id=3))
    tokenizer.pre_tokenizer = pre_tokenizers.WhitespaceSplit()
    tokenizer.add_special_tokens(["<s>", "<pad>", "</s>", "<unk>"])
    tokenizer.post_processor = processors.TemplateProcessing(
        single="<s> $A </s>", pair="<s> $A </s> $B </s>", special_tokens=[("<s>", 0), ("</s>", 2)]
    )
    shape = BertConfig(
        vocab_size=len(pieces),
        hidden_size=32,
        num_hidden_layers=3,
        num_attention_heads=2,
        intermediate_size=64,
        max_position_embeddings=512,
    )
    BertModel(shape, add_pooling_layer=False).save_pretrained(folder)
    tokenizer.save(str(folder / "tokenizer.json"))
    return folder


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    """Steps of two groups, each kept."""
    monkeypatch.setattr(reader, "GROUPS", 2)
    monkeypatch.setattr(reader, "SAVED", 1)
    monkeypatch.setattr(reader, "WARM", 2)
    monkeypatch.setattr(reader, "FALL", 0.5)


def weights(model: reader_model.ReaderModel) -> "np.ndarray[tuple[int, ...], np.dtype[np.float32]]":
    return np.concatenate([parameter.detach().numpy().ravel() for parameter in model.parameters()])


def test_training_that_was_stopped_or_made_longer_comes_to_the_same(
    small: None, made_data: None, base: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    groups = reader.Groups(tmp_path / "mined.jsonl")
    folders = [tmp_path / name for name in ("straight", "halting", "longer")]
    for folder in folders:
        folder.mkdir()
    straight = weights(reader.train(base, groups, folders[0], steps=10, layers=3))
    loss, calls = reader._loss, 0

    def stopping(*arguments: object) -> object:
        nonlocal calls
        calls += 1
        if calls in (4, 11):
            raise KeyboardInterrupt
        return loss(*arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(reader, "_loss", stopping)
    for _ in range(2):  # before the rate falls, and after
        with pytest.raises(KeyboardInterrupt):
            reader.train(base, groups, folders[1], steps=10, layers=3)
    monkeypatch.setattr(reader, "_loss", loss)
    np.testing.assert_allclose(weights(reader.train(base, groups, folders[1], steps=10, layers=3)), straight, atol=1e-5)
    # A run of five steps falls from the third on; made longer, it goes on from there.
    short = weights(reader.train(base, groups, folders[2], steps=5, layers=3))
    assert np.abs(short - straight).max() > 1e-4
    np.testing.assert_allclose(weights(reader.train(base, groups, folders[2], steps=10, layers=3)), straight, atol=1e-5)


def test_a_folder_of_another_run_is_refused(small: None, made_data: None, base: Path, tmp_path: Path) -> None:
    reader.train(base, reader.Groups(tmp_path / "mined.jsonl"), tmp_path, steps=4, layers=3)
    with pytest.raises(SystemExit, match=r"run \(4 of 4 steps, 3 layers, without nothing, from the default model\); name another folder"):
        reader.train(base, reader.Groups(tmp_path / "mined.jsonl", without=("near",)), tmp_path, steps=4, layers=3)


def test_training_goes_on_from_a_pack(small: None, made_data: None, base: Path, tmp_path: Path) -> None:
    import torch

    groups = reader.Groups(tmp_path / "mined.jsonl")
    trained = reader.train(base, groups, tmp_path, steps=3, layers=3)
    with torch.no_grad():
        for parameter in trained.parameters():  # biases that are all zero would be one in the graph
            parameter.add_(0.01 * torch.randn_like(parameter))
    title, question, _ = QUESTIONS[0]
    ids = torch.tensor([reader_model.encode(reader_model.tokenizer(base), question, title, TEXTS[title]).ids])
    with torch.no_grad():
        where, verdict = trained.eval()(ids, torch.ones_like(ids))
    reader_model.write_pack(trained, base, tmp_path / "pack")
    again = reader_model.ReaderModel(base, 3)
    reader_model.read_pack(again, tmp_path / "pack")
    with torch.no_grad():
        where_again, verdict_again = again.eval()(ids, torch.ones_like(ids))
    np.testing.assert_allclose(where_again, where, atol=0.05)
    np.testing.assert_allclose(verdict_again, verdict, atol=0.05)
    on = tmp_path / "on"
    on.mkdir()
    reader.train(base, groups, on, steps=1, layers=3, start=tmp_path / "pack")
    with pytest.raises(SystemExit, match=r"from .*pack.*name another folder"):
        reader.train(base, groups, on, steps=1, layers=3)


def test_news_that_stands_in_a_set_that_measures_is_left_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    sets = {
        "percent4": [TEXTS["松江桥"]],
        "rgb_dev": [],
        "news": [f"前言。{TEXTS['松江桥']}", f"2023-08-16 18:24:57，正文：{TEXTS['岭下茶厂']}"],
    }
    for name, texts in sets.items():
        (tmp_path / name).mkdir()
        rows = "".join(json.dumps({"text": text}, ensure_ascii=False) + "\n" for text in texts)
        (tmp_path / name / "corpus.jsonl").write_text(rows, encoding="utf-8")
    monkeypatch.setattr(data, "DATA", tmp_path)
    assert data.news(10) == [TEXTS["岭下茶厂"]]


def test_the_pack_reads_as_the_model_that_was_trained(small: None, made_data: None, base: Path, tmp_path: Path) -> None:
    import torch

    groups = reader.Groups(tmp_path / "mined.jsonl")
    model = reader.train(base, groups, tmp_path, steps=2, layers=3).eval()
    reader_model.write_pack(model, base, tmp_path / "pack")
    assert sorted(path.name for path in (tmp_path / "pack").iterdir()) == ["model.data", "model.onnx", "tokenizer.json"]
    pack = PackReader(tmp_path / "pack")
    tokenizer = reader_model.tokenizer(base)
    for (title, question, _), reading in zip(QUESTIONS, _read_all(pack), strict=True):
        encoded = reader_model.encode(tokenizer, fold(question), fold(title), fold(TEXTS[title]))
        ids = torch.tensor([encoded.ids])
        with torch.no_grad():
            where, verdict = model(ids, torch.ones_like(ids))
        assert reading.verdict == pytest.approx(float(verdict[0]), abs=0.05)
        begins, ends = (where[0, :, side] - where[0, 0, side] for side in (0, 1))
        places = [place for place, is_open in enumerate(encoded.open_to) if is_open and place]
        best = max(float(begins[i] + ends[j]) for i in places for j in places if 0 <= j - i < 80)
        assert reading.spans[0].score == pytest.approx(best, abs=0.1)


def _read_all(pack: PackReader) -> list[Reading]:
    return [pack.read(question, [(title, TEXTS[title])])[0] for title, question, _ in QUESTIONS]


def test_the_base_keeps_words_and_characters_but_no_piece_across_words(made_data: None, tmp_path: Path) -> None:
    from rag.models.pack import source_model
    from rag.settings import DEFAULT_MODEL

    reader_model.write_base(source_model(DEFAULT_MODEL, tmp_path / "source"), tmp_path / "base")
    pieces = [
        piece.replace("▁", "")
        for piece, _ in json.loads((tmp_path / "base" / "tokenizer.json").read_text(encoding="utf-8"))["model"]["vocab"]
    ]
    assert {"公司", "产", "1", "%"} <= set(pieces)
    assert not {"》。", "年的", "),"} & set(pieces)
    tokenizer = reader_model.tokenizer(tmp_path / "base")
    text = fold(TEXTS["河湾造船厂"])
    for answer in ("1958年", "王建国", "18.5亿元", "54%"):
        start = text.index(answer)
        encoded = reader_model.encode(tokenizer, "问题", "", text, start, start + len(answer))
        offsets = tokenizer.encode("问题", text).offsets
        assert encoded.target is not None
        assert (offsets[encoded.target[0]][0], offsets[encoded.target[1]][1]) == (start, start + len(answer))
