"""`python -m rag.evaluate` on a small test set of made-up sentences: real model pack, real index, real answers."""

import json
import os
import re
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from rag.assistant import Assistant
from rag.evaluate import evaluate, main
from rag.ingest import EMBEDDING, ingest
from rag.records import Answer, Where
from rag.scoring import RANKING, plain
from rag.testset import read
from tests.test_ask import ROOT, run

Row = dict[str, Any]

CORPUS: list[Row] = [
    {"id": "tea-1", "title": "岭下茶厂的春天", "text": "今年春天，茶厂炒制新茶860公斤。厂长说，明年还要添两口锅。"},
    {"id": "tea-2", "title": "坡上茶厂的春天", "text": "今年春天，茶厂炒制新茶520公斤。厂里的老师傅带了三名徒弟。"},
    {"id": "library", "title": "望河镇图书馆", "text": "望河镇图书馆新馆于2021年5月4日开放。\n新馆藏书12万册，阅览座位有800个。"},
    {"id": "bridge", "title": "青石桥", "text": "青石桥全长146米，由工程师郑望川设计，2009年建成通车。"},
    {"id": "bridge-again", "title": "青石桥志", "text": "青石桥是郑望川设计的第一座桥，桥上有石狮36只。"},
    {"id": "school", "title": "松岗小学", "text": "松岗小学有学生412名，教师27名，操场跑道长200米。"},
    {"id": 7, "title": "渡口", "text": "白鹭渡口每天开船18班，最后一班是晚上9点半。"},
    {"id": "market", "title": "早市", "text": "南门早市有摊位96个，每逢农历初五、初十开市。"},
]

QUESTIONS: list[Row] = [
    {"id": "q1", "question": "岭下茶厂炒制新茶多少公斤？", "gold": ["tea-1"], "answers": ["860公斤"], "answerable": True},
    {"id": "q2", "question": "茶厂炒制新茶多少公斤？", "gold": ["tea-2"], "context": "tea-2", "answers": ["520公斤"], "answerable": True},
    {
        "id": "q3",
        "question": "望河镇图书馆新馆哪天开放？",
        "gold": ["library"],
        "references": ["图书馆新馆于2021年5月4日开放。", "从不见报的一句话"],
        "answers": [["2021年5月4日", "5月4日"]],
        "answerable": True,
    },
    {
        "id": "q4",
        "question": "青石桥是谁设计的？",
        "gold": ["bridge", "bridge-again"],
        "negatives": ["school"],
        "answers": ["郑望川"],
        "answerable": True,
    },
    {"id": "q5", "question": "松岗小学有学生和教师各多少名？", "gold": ["school"], "answers": [["412名"], ["27名"]], "answerable": True},
    # Gold and answer are wrong on purpose: a figure that cannot fall short of 1 measures nothing.
    {"id": "q6", "question": "白鹭渡口每天开船多少班？", "gold": ["market"], "answers": ["96班"], "answerable": True},
    {"id": "q7", "question": "火星上有多少只企鹅？", "gold": [], "answers": [], "answerable": False},
    {"id": "q8", "question": "青石桥1998年的维修费用是多少亿元？", "gold": ["bridge"], "answers": ["无法回答"], "answerable": False},
    {"id": "q9", "question": "南门早市有摊位多少个？", "gold": ["market"], "answers": ["96个"]},
    {"id": "q10", "question": "最后一班船是几点？", "gold": [7], "context": 7, "answers": [], "answerable": True},
]  # fmt: skip


def write(folder: Path, corpus: list[Row] = CORPUS, questions: list[Row] = QUESTIONS) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    for name, rows in (("corpus", corpus), ("queries", questions)):
        (folder / f"{name}.jsonl").write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), encoding="utf-8")
    return folder


@pytest.fixture(scope="module")
def dataset(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write(tmp_path_factory.mktemp("sets") / "made up")


@pytest.fixture(scope="module")
def index(dataset: Path) -> Path:
    """The index of the test set, kept."""
    folder = dataset.parent / "index"
    ingest([dataset / "corpus.jsonl"], folder)
    return folder


@pytest.fixture(scope="module")
def figures(dataset: Path, index: Path) -> dict[str, Any]:
    return evaluate(dataset, index)


@pytest.fixture(scope="module")
def answers(index: Path) -> Mapping[str, Answer]:
    """The answers to the questions, asked of the assistant itself."""
    with Assistant.open(index) as assistant:
        return {row["id"]: assistant.answer(row["question"], where=Where(document=str(row.get("context", "")))) for row in QUESTIONS}


def _said(answer: Answer) -> str:
    return "".join(statement.text for statement in answer.statements)


def test_search_is_scored_over_answerable_questions_with_gold(figures: dict[str, Any], index: Path) -> None:
    search = figures["search"]
    assert list(search) == ["questions", *RANKING]
    to_find = [row for row in QUESTIONS if row["id"] not in ("q7", "q8")]
    assert search["questions"] == len(to_find) == 8
    ranks = []
    with Assistant.open(index) as assistant:
        for row in to_find:
            found = list(dict.fromkeys(hit.document.id for hit in assistant.search(row["question"], limit=30)))
            ranks.append(1 + min(found.index(str(gold)) for gold in row["gold"]))
    assert ranks[5] > 1, "the gold of q6 is wrong"
    for k in (1, 3, 5, 10):
        assert search[f"R@{k}"] == pytest.approx(sum(rank <= k for rank in ranks) / 8)
    assert search["MRR@10"] == pytest.approx(sum(1 / rank for rank in ranks) / 8)
    assert 0 < search["R@1"] < 1
    assert search["R@10"] == 1, "the collection has 8 documents"


def test_answers_are_scored_with_refusals_as_0(figures: dict[str, Any], answers: Mapping[str, Answer]) -> None:
    accepted = {"q1": "860公斤", "q2": "520公斤", "q3": "2021年5月4日", "q4": "郑望川", "q6": "96班", "q9": "96个"}
    scored = figures["answers"]
    assert scored["questions"] == 7, "all with answers that are not unanswerable"
    assert scored["EM_F1_questions"] == 6, "without q5, which requires two things"
    exact = [plain(answers[name].short or _said(answers[name])).rstrip("。") == wanted for name, wanted in accepted.items()]
    assert scored["EM"] == pytest.approx(sum(exact) / 6)
    assert 0 < scored["EM"] < 1
    contained = [wanted in plain(_said(answers[name])) for name, wanted in accepted.items()]
    both = "412名" in plain(_said(answers["q5"])) and "27名" in plain(_said(answers["q5"]))
    assert scored["contained"] == pytest.approx(sum([*contained, both]) / 7)
    assert scored["EM"] <= scored["F1"] <= 1


def test_a_question_with_a_context_is_answered_from_that_document_alone(answers: Mapping[str, Answer], tmp_path: Path) -> None:
    assert "520公斤" in _said(answers["q2"])
    assert {citation.document.id for citation in answers["q2"].citations} == {"tea-2"}
    for context, contained in (("tea-2", 1.0), ("tea-1", 0.0), ("bridge", 0.0)):
        write(tmp_path, questions=[QUESTIONS[1] | {"context": context}])
        assert evaluate(tmp_path)["answers"]["contained"] == contained, context


def test_refusals_are_counted_over_the_questions_that_say_whether_they_are_answerable(
    figures: dict[str, Any], answers: Mapping[str, Answer]
) -> None:
    refusal = figures["refusal"]
    assert (refusal["answerable"], refusal["unanswerable"]) == (7, 2), "q9 does not say"
    refused = {name for name, answer in answers.items() if answer.refused and name != "q9"}
    assert refusal["refused"] == len(refused)
    assert {"q7", "q8"} <= refused
    assert refusal["recall"] == 1
    assert refusal["precision"] == pytest.approx(2 / len(refused))
    assert refusal["false_refusals"] == pytest.approx((len(refused) - 2) / 7)


def test_citations_are_scored_against_references_or_else_gold(figures: dict[str, Any], answers: Mapping[str, Answer]) -> None:
    by_gold = {"q1": {"tea-1"}, "q4": {"bridge", "bridge-again"}, "q5": {"school"}, "q6": {"market"}, "q9": {"market"}}
    scores = []
    for name, gold in by_gold.items():
        if not answers[name].refused:
            cited = {citation.document.id for citation in answers[name].citations}
            scores.append((len(cited & gold) / len(cited), len(cited & gold) / len(gold)))
    assert not answers["q3"].refused
    right = ["新馆于2021年5月4日开放" in citation.passage.text for citation in answers["q3"].citations]
    scores.append((sum(right) / len(right), 0.5 * any(right)))  # the other reference is in no document
    citations = figures["citations"]
    assert citations["questions"] == len(scores), "q2 and q10 are asked of one document and have no references"
    assert citations["precision"] == pytest.approx(sum(precision for precision, _ in scores) / len(scores))
    assert citations["recall"] == pytest.approx(sum(recall for _, recall in scores) / len(scores))
    assert 0 < citations["recall"] < citations["precision"] < 1, "the gold of q6 is wrong"


def test_seconds_are_measured_of_search_and_of_whole_answers(figures: dict[str, Any]) -> None:
    for times in figures["seconds"].values():
        assert list(times) == ["p50", "p95", "p99"]
        assert 0 < times["p50"] <= times["p95"] <= times["p99"]


def test_passages_of_one_document_rank_once(tmp_path: Path) -> None:
    crowd = {"id": "crowd", "text": "\n".join(f"第{n}个渡口每天开船{n}班，船上可坐{n + 10}人，风大时停开。" for n in range(1, 13))}
    single = {"id": "single", "text": "松岗小学有学生412名，教师27名。"}
    questions = [{"id": 1, "question": "哪个渡口每天开船？", "gold": ["single"], "answerable": True}]
    figures = evaluate(write(tmp_path, [crowd, single], questions), search_only=True)
    assert figures["passages"] > 10
    assert (figures["search"]["R@1"], figures["search"]["MRR@10"]) == (0, 0.5)


def test_documents_that_read_the_same_are_all_found(tmp_path: Path) -> None:
    text = "白鹭渡口每天开船18班，最后一班是晚上9点半。"
    corpus = [{"id": name, "title": "渡口", "text": text} for name in ("morning", "evening")] + CORPUS[:2]
    questions = [{"id": 1, "question": "白鹭渡口每天开船多少班？", "gold": ["morning", "evening"], "answerable": True}]
    assert evaluate(write(tmp_path, corpus, questions), search_only=True)["search"]["nDCG@10"] == pytest.approx(1)


def test_the_json_has_the_same_keys_whatever_was_measured(dataset: Path, index: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([str(dataset), "--index", str(index), "--json"]) == 0
    whole = json.loads(capsys.readouterr().out)
    assert main([str(dataset), "--index", str(index), "--json", "--search-only", "--questions", "4"]) == 0
    printed = capsys.readouterr().out
    assert len(printed.splitlines()) == 1
    search_only = json.loads(printed)
    assert list(whole) == [
        "dataset", "model", "documents", "passages", "questions", "search", "answers", "refusal", "citations", "seconds",
    ]  # fmt: skip
    assert {name: list(part) for name, part in whole.items() if isinstance(part, dict)} == {
        name: list(part) for name, part in search_only.items() if isinstance(part, dict)
    }
    assert (whole["dataset"], whole["documents"], whole["questions"]) == ("made up", 8, {"asked": 10, "of": 10})
    assert search_only["questions"] == {"asked": 4, "of": 10}
    assert search_only["answers"] == {"questions": 0, "EM": None, "F1": None, "contained": None, "EM_F1_questions": 0}
    assert search_only["seconds"]["answer"] == {"p50": None, "p95": None, "p99": None}
    assert search_only["seconds"]["search"]["p50"] > 0


def test_the_table_is_aligned_and_names_the_measures(dataset: Path, index: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([str(dataset), "--index", str(index)]) == 0
    head, *table = capsys.readouterr().out.splitlines()
    assert head.startswith("made up: 10 of 10 questions, 8 documents, ")
    rows = {match[1]: match[2] for line in table if (match := re.match(r"(\S+(?: \S+)?) {2,}(\S.*)", line))}
    assert list(rows) == [
        *RANKING, "EM", "F1", "contained", "refusal precision", "refusal recall", "false refusals", "citation precision", "citation recall",
        "seconds", "search", "answer",
    ]  # fmt: skip
    assert re.fullmatch(r"1\.000 +8", rows["R@10"])
    assert len({len(line) for line in table[1:16]}) == 1, "the figures of a column end below one another"


def test_a_sample_is_the_same_every_time_and_smaller_than_the_whole(dataset: Path, index: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []
    search = Assistant.search

    def noted(assistant: Assistant, question: str, *arguments: Any, **named: Any) -> Any:
        asked.append(question)
        return search(assistant, question, *arguments, **named)

    monkeypatch.setattr(Assistant, "search", noted)
    samples = []
    for _ in range(2):
        asked.clear()
        assert evaluate(dataset, index, questions=4, search_only=True)["questions"] == {"asked": 4, "of": 10}
        samples.append(asked[1:])  # the first one is asked once more, before anything is timed
    assert samples[0] == samples[1]
    assert len(set(samples[0])) == 4
    order = [row["question"] for row in QUESTIONS]
    assert samples[0] == sorted(samples[0], key=order.index) != order[:4]
    assert evaluate(dataset, index, questions=99, search_only=True)["questions"] == {"asked": 10, "of": 10}


def test_an_index_that_is_named_is_kept_and_not_read_into_again(dataset: Path, tmp_path: Path) -> None:
    steps: list[str] = []
    kept = tmp_path / "kept"
    first = evaluate(dataset, kept, search_only=True)
    made = (kept / "catalogue.sqlite").stat().st_mtime_ns
    second = evaluate(dataset, kept, lambda step, done, total: steps.append(step), search_only=True)
    assert (kept / "catalogue.sqlite").stat().st_mtime_ns == made
    assert second["search"] == first["search"]
    assert "asking" in steps
    assert EMBEDDING not in steps


def test_without_an_index_nothing_is_left_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    temporary, default = tmp_path / "temporary", tmp_path / "default"
    temporary.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(temporary))
    monkeypatch.setenv("RAG_INDEX", str(default))
    evaluate(write(tmp_path / "set", questions=QUESTIONS[:1]), search_only=True)
    assert list(temporary.iterdir()) == []
    assert not default.exists(), "the user's own index is left alone"


def test_an_index_of_other_documents_is_refused_and_left_as_it_is(
    dataset: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    page = tmp_path / "own.txt"
    page.write_text("自己的文档。\n", encoding="utf-8")
    own = tmp_path / "own"
    ingest([page], own)
    assert main([str(dataset), "--index", str(own)]) == 2
    error = capsys.readouterr().err
    assert error.startswith(f"error: {own} holds {page}")
    assert error.endswith(f"python -m rag.evaluate '{dataset}' --index '{own}-made up'\n")
    with Assistant.open(own) as assistant:
        assert [document.source for document in assistant.documents()] == [str(page)]


def test_an_index_of_another_model_is_refused(
    dataset: Path, index: Path, tiny_model: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("RAG_MODEL", str(tiny_model))
    assert main([str(dataset), "--index", str(index)]) == 2
    assert "--rebuild" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"question": None}, 'line 1 has no "question" that is a string'),
        ({"gold": ["tea-9"]}, "\"gold\" of line 1 names 'tea-9', which is no document of corpus.jsonl"),
        ({"gold": "tea-1"}, '"gold" of line 1 is no list of ids'),
        ({"gold": [True]}, '"gold" of line 1 is no list of ids'),
        ({"context": "tea-9"}, "\"context\" of line 1 names 'tea-9', which is no document of corpus.jsonl"),
        ({"context": ["tea-1"]}, '"context" of line 1 is no id'),
        ({"answerable": "no"}, '"answerable" of line 1 is neither true nor false'),
        ({"answers": "860公斤"}, '"answers" of line 1 is no list of strings, or of lists of them'),
        ({"answers": [860]}, '"answers" of line 1 is no list of strings, or of lists of them'),
        ({"answers": [[]]}, '"answers" of line 1 is no list of strings, or of lists of them'),
        ({"references": "860公斤"}, '"references" of line 1 is no list of strings'),
        ({"id": "q2"}, "lines 1 and 2 have the same id 'q2'"),
        ({"id": " "}, 'line 1 is no JSON object with an "id"'),
    ],
)
def test_a_question_that_is_none_is_one_line_that_ends_with_the_mend(
    change: Row, message: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write(tmp_path, questions=[QUESTIONS[0] | change, QUESTIONS[1]])
    assert main([str(tmp_path)]) == 2
    printed = capsys.readouterr()
    assert printed.out == ""
    queries = tmp_path / "queries.jsonl"
    number = 2 if "lines" in message else 1
    assert printed.err == f"error: {queries}: {message}; look at it: sed -n {number}p {queries}\n"


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("queries.jsonl", b"", "is empty"),
        ("queries.jsonl", b'{"id": "a", "question": "?"}\n\n{"id": \n', "line 3 is no JSON object"),
        ("queries.jsonl", b'["a"]\n', "line 1 is no JSON object"),
        ("queries.jsonl", "问题".encode("gb18030"), "is not in UTF-8"),
        ("queries.jsonl", None, "cannot be read (No such file or directory)"),
        ("corpus.jsonl", None, "cannot be read (No such file or directory)"),
        ("corpus.jsonl", b'{"id": "a"', "line 1 is no JSON object"),
        ("corpus.jsonl", b'{"id": "a", "text": "a."}\n{"id": "a", "text": "b."}', "lines 1 and 2 have the same id 'a'"),
    ],
)
def test_a_file_that_is_missing_or_broken_is_one_line_that_ends_with_the_mend(
    name: str, content: bytes | None, message: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write(tmp_path)
    if content is None:
        (tmp_path / name).unlink()
    else:
        (tmp_path / name).write_bytes(content)
    assert main([str(tmp_path)]) == 2
    error = capsys.readouterr().err
    assert error.startswith(f"error: {tmp_path / name}")
    assert message in error
    assert error.count("\n") == 1
    assert re.search(r": (sed -n \dp|ls -l|iconv .*) \S+\n$", error)


def test_a_document_without_text_is_an_error_of_the_corpus(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write(tmp_path, corpus=[*CORPUS, {"id": "empty", "text": " "}])
    assert main([str(tmp_path)]) == 2
    assert capsys.readouterr().err.endswith(f"look at it: sed -n 9p {tmp_path / 'corpus.jsonl'}\n")


def test_a_folder_that_is_not_there_is_one_line_that_ends_with_the_mend(tmp_path: Path) -> None:
    asked = run("rag.evaluate", str(tmp_path / "none"))
    assert asked.returncode == 2
    assert asked.stdout == ""
    assert asked.stderr == (
        f"error: {tmp_path / 'none'} is no folder; name one that holds corpus.jsonl and queries.jsonl: ls -l {tmp_path}\n"
    )


@pytest.mark.parametrize("number", ["0", "-3", "many", "1.5"])
def test_a_sample_of_no_size_is_refused(number: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit, match="2"):
        main(["anywhere", f"--questions={number}"])
    assert f"{number!r} is no whole number from 1" in capsys.readouterr().err


def test_without_ir_measures_the_error_comes_before_any_work(
    dataset: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setitem(sys.modules, "ir_measures", None)
    assert main([str(dataset), "--index", str(tmp_path / "index")]) == 2
    assert capsys.readouterr().err.endswith("install it: pip install 'wenju[evaluate]'\n")
    assert not (tmp_path / "index").exists()


def test_a_blank_question_is_asked_like_any_other(tmp_path: Path) -> None:
    questions = [QUESTIONS[0], QUESTIONS[0] | {"id": "blank", "question": ""}]
    figures = evaluate(write(tmp_path, questions=questions))
    assert (figures["refusal"]["refused"], figures["refusal"]["false_refusals"]) == (1, 0.5)
    assert figures["answers"]["EM"] == 0.5
    assert figures["citations"] == {"questions": 1, "precision": 1, "recall": 1}, "a refusal cites nothing that could be scored"


def test_markers_are_no_part_of_an_answer(tmp_path: Path) -> None:
    figures = evaluate(write(tmp_path, questions=[QUESTIONS[0] | {"answers": ["[1]"]}]))
    assert figures["refusal"]["refused"] == 0
    assert figures["answers"]["contained"] == 0


def test_files_may_begin_with_a_byte_order_mark(tmp_path: Path) -> None:
    for file in write(tmp_path, questions=QUESTIONS[:1]).iterdir():
        file.write_bytes(b"\xef\xbb\xbf" + file.read_bytes())
    assert evaluate(tmp_path, search_only=True)["search"]["R@10"] == 1


def test_ids_are_those_that_the_documents_get(tmp_path: Path) -> None:
    questions = [{"id": 3, "question": "?", "gold": [" tea-1 ", 7], "context": 7}]
    (question,) = read(write(tmp_path, questions=questions))
    assert (question.id, question.gold, question.context) == ("3", frozenset({"tea-1", "7"}), "7")
    assert question.answerable is None


def test_help_and_import_load_no_heavy_library() -> None:
    heavy = ("torch", "transformers", "sentence_transformers", "gradio", "faiss", "onnxruntime", "tantivy", "numpy", "ir_measures")
    script = (
        "import sys, runpy, contextlib, io\n"
        "sys.argv = ['rag.evaluate', '--help']\n"
        "import rag.evaluate\n"
        "del sys.modules['rag.evaluate']\n"
        "with contextlib.redirect_stdout(io.StringIO()) as printed, contextlib.suppress(SystemExit):\n"
        "    runpy.run_module('rag.evaluate', run_name='__main__')\n"
        "assert 'exit codes: 0 measured, 2 error' in printed.getvalue()\n"
        f"print([name for name in {heavy!r} if name in sys.modules])\n"
    )
    found = subprocess.run([sys.executable, "-c", script], cwd=ROOT, env=os.environ, capture_output=True, text=True, check=True)
    assert found.stdout.strip() == "[]"
