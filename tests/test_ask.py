"""`python -m rag.ask` as a user meets it: real process, real model pack, real index of the examples."""

import json
import os
import subprocess
import sys
from itertools import pairwise
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent


def run(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", *arguments], cwd=ROOT, env=os.environ | environment, capture_output=True, text=True, timeout=600
    )


def test_the_main_job_names_the_figure_and_cites_its_paragraph(examples_index: Path) -> None:
    asked = run("rag.ask", "临港新能源产值?", "--index", str(examples_index))
    assert asked.returncode == 0, asked.stderr
    answer, _, citation = asked.stdout.partition("\n\n")
    assert "2634亿元" in answer
    assert answer.endswith("[1]")
    title, place, paragraph = citation.splitlines()[:3]
    assert title.startswith("[1] 《滩涂之上 临港开出新能源汽车城》")
    assert "第2段" in title
    source, _, lines = place.strip().rpartition(":")
    first, last = map(int, lines.split("-"))
    assert "2634" in "".join((ROOT / source).read_text(encoding="utf-8").splitlines()[first - 1 : last])
    assert "【" in paragraph
    assert answer.removesuffix("[1]") in paragraph.replace("【", "").replace("】", "")


def test_json_is_the_contract_and_its_offsets_are_true(examples_index: Path) -> None:
    asked = run("rag.ask", "临港新能源产值?", "--index", str(examples_index), "--json")
    answer = json.loads(asked.stdout)
    assert set(answer) == {
        "question", "understood", "answer", "short", "support", "refused", "reason", "statements", "nearest", "citations", "conflicts",
        "writer", "note", "hits", "seconds",
    }  # fmt: skip
    assert answer["short"] == "2634亿元"
    assert 0.5 < answer["support"] <= 1
    (statement,) = answer["statements"]
    citation = answer["citations"][statement["citations"][0] - 1]
    assert set(citation) == {
        "marker", "passage_id", "document_id", "source", "title", "paragraph", "pages", "lines", "start", "end", "quote", "text",
    }  # fmt: skip
    assert citation["text"][citation["start"] : citation["end"]] == citation["quote"] == statement["text"]
    assert [hit["score"] for hit in answer["hits"]] == sorted((hit["score"] for hit in answer["hits"]), reverse=True)
    assert {"vector", "terms", "coverage", "proximity", "phrase", "reading"} == set(answer["hits"][0]["parts"])


def test_a_question_about_another_year_is_refused_with_its_reason_and_what_comes_nearest(examples_index: Path) -> None:
    asked = run("rag.ask", "2021年临港智能新能源汽车产值是多少？", "--index", str(examples_index), "--json")
    answer = json.loads(asked.stdout)
    assert asked.returncode == 1
    assert answer["refused"]
    assert answer["statements"] == []
    assert "2021年" in answer["reason"]
    assert "2634亿元" in answer["citations"][answer["nearest"][0] - 1]["text"]


def test_a_refusal_reads_as_one(examples_index: Path) -> None:
    asked = run("rag.ask", "火星上有多少只企鹅？", "--index", str(examples_index))
    assert asked.returncode == 1
    assert asked.stdout.startswith("无法回答：")


def test_the_same_question_has_the_same_answer_every_time(examples_index: Path) -> None:
    first, second = (
        json.loads(run("rag.ask", "澜州图书馆新馆在哪里？", "--index", str(examples_index), "--json").stdout) for _ in range(2)
    )
    assert {k: v for k, v in first.items() if k != "seconds"} == {k: v for k, v in second.items() if k != "seconds"}


def test_streamed_output_ends_as_the_whole_answer(examples_index: Path) -> None:
    streamed = run("rag.ask", "临港新能源产值?", "--index", str(examples_index), "--stream")
    whole = run("rag.ask", "临港新能源产值?", "--index", str(examples_index))
    assert streamed.stdout == whole.stdout
    states = run("rag.ask", "临港新能源产值?", "--index", str(examples_index), "--stream", "--json").stdout.splitlines()
    texts = [json.loads(state)["answer"] for state in states]
    assert len(texts) > 1
    assert all(after.startswith(before) for before, after in pairwise(texts))


@pytest.mark.parametrize("question", ["", "???", "   "])
def test_an_empty_question_is_refused_and_says_so(examples_index: Path, question: str) -> None:
    asked = run("rag.ask", question, "--index", str(examples_index))
    assert asked.returncode == 1
    assert "没有看到问题" in asked.stdout


def test_an_index_that_is_not_there_is_one_line_that_ends_with_the_mend(tmp_path: Path) -> None:
    asked = run("rag.ask", "产值?", "--index", str(tmp_path / "none"))
    assert asked.returncode == 2
    assert asked.stdout == ""
    assert len(asked.stderr.splitlines()) == 1
    assert "python -m rag.ingest" in asked.stderr
    assert not (tmp_path / "none").exists()


def test_a_corrupt_index_is_one_line_that_ends_with_the_mend(tmp_path: Path) -> None:
    (tmp_path / "catalogue.sqlite").write_bytes(b"not a database at all" * 100)
    asked = run("rag.ask", "产值?", "--index", str(tmp_path))
    assert asked.returncode == 2
    assert len(asked.stderr.splitlines()) == 1
    assert "--rebuild" in asked.stderr


def test_the_passages_found_are_shown_with_why_and_what_stands_around_them(examples_index: Path) -> None:
    index = ("--index", str(examples_index))
    shown = run("rag.ask", "临港新能源产值?", *index, "--hits", "2", "--neighbours", "1")
    assert shown.returncode == 0, shown.stderr
    assert "1. 《滩涂之上 临港开出新能源汽车城》" in shown.stdout
    assert all(name in shown.stdout for name in ("得分", "语义", "词语", "覆盖", "同句", "连写", "┊"))
    found = json.loads(run("rag.ask", "临港新能源产值?", *index, "--hits", "2", "--neighbours", "1", "--json").stdout)
    assert found["question"] == "临港新能源产值?"
    first, second = found["hits"]
    assert set(first) == {
        "passage_id", "document_id", "score", "parts", "copies", "text", "source", "title", "paragraph", "pages", "lines",
        "before", "after",
    }  # fmt: skip
    assert "2634亿元" in first["text"]
    assert first["score"] >= second["score"]
    assert len(first["before"]) == len(first["after"]) == 1
    assert first["text"] not in first["before"] + first["after"]
    # Who asks for neighbours asks for passages.
    assert "┊" in run("rag.ask", "临港新能源产值?", *index, "--neighbours", "1").stdout


def test_a_filter_leaves_other_documents_out_and_a_wrong_one_is_said(examples_index: Path) -> None:
    index = ("--index", str(examples_index))
    found = json.loads(run("rag.ask", "临港新能源产值?", *index, "--source", "page-04*", "--hits", "--json").stdout)
    assert {Path(hit["source"]).name for hit in found["hits"]} == {"page-04-livelihood.txt"}
    refused = run("rag.ask", "临港新能源产值?", *index, "--since", "2999")
    assert (refused.returncode, refused.stdout) == (1, "无法回答：没有符合筛选条件的文档，请放宽条件再问。\n")
    nothing = run("rag.ask", "临港新能源产值?", *index, "--title", "没有", "--hits")
    assert (nothing.returncode, nothing.stdout) == (1, "没有找到任何段落。\n")
    for wrong in (("--until", "去年"), ("--hits", "0")):
        said = run("rag.ask", "临港新能源产值?", *index, *wrong)
        assert said.returncode == 2
        assert wrong[1] in said.stderr.splitlines()[-1]


@pytest.mark.parametrize("module", ["rag.ask", "rag.ingest", "rag.show", "rag.evaluate", "rag.serve", "rag.mcp_server"])
def test_help_and_import_load_no_heavy_library(module: str) -> None:
    heavy = ("torch", "transformers", "sentence_transformers", "gradio", "faiss", "onnxruntime", "tantivy", "numpy", "fastapi", "mcp")
    script = (
        "import sys, runpy, contextlib, io\n"
        f"sys.argv = ['{module}', '--help']\n"
        "import rag\n"
        "with contextlib.redirect_stdout(io.StringIO()), contextlib.suppress(SystemExit):\n"
        f"    runpy.run_module('{module}', run_name='__main__')\n"
        f"print([name for name in {heavy!r} if name in sys.modules])\n"
    )
    found = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=True)
    assert found.stdout.strip() == "[]"


def test_answering_loads_no_torch(examples_index: Path) -> None:
    script = (
        "import sys\n"
        "from rag import Assistant\n"
        "with Assistant.open(sys.argv[1]) as assistant:\n"
        "    assert not assistant.answer('临港新能源产值?').refused\n"
        "print([name for name in ('torch', 'transformers', 'sentence_transformers', 'gradio') if name in sys.modules])\n"
    )
    found = subprocess.run([sys.executable, "-c", script, str(examples_index)], cwd=ROOT, capture_output=True, text=True, check=True)
    assert found.stdout.strip() == "[]"
