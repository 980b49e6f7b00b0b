"""`python -m rag.ingest` as a user meets it, and the unhappy path of everything."""

import json
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

from benchmarks.kill_ingest import inspect, kill_after, touch, write_pages
from rag.assistant import Assistant
from rag.errors import IndexInUse
from rag.ingest import _entries, embedded_text, ingest
from rag.passages import passages
from rag.records import Document
from rag.settings import Options
from rag.storage import Vectors, open_store
from tests import made_files
from tests.bigrams import BigramEncoder
from tests.test_ask import ROOT, run

PAGE = "茶厂的春天\n\n今年春天，岭下茶厂炒制新茶860公斤。\n\n厂长说，明年还要添两口锅。\n"


def test_files_are_added_left_alone_updated_and_pruned(tmp_path: Path) -> None:
    pages, index = tmp_path / "pages", tmp_path / "index"
    pages.mkdir()
    (pages / "one.txt").write_text(PAGE, encoding="utf-8")
    (pages / "two.txt").write_text(PAGE.replace("860", "520"), encoding="utf-8")
    assert len(ingest([pages], index).added) == 2
    assert len(ingest([pages], index).unchanged) == 2
    (pages / "one.txt").write_text(PAGE.replace("860", "999"), encoding="utf-8")
    (pages / "two.txt").unlink()
    kept = ingest([pages], index)
    assert (len(kept.updated), len(kept.removed), kept.documents) == (1, 0, 2)
    pruned = ingest([pages], index, prune=True)
    assert (len(pruned.removed), pruned.documents) == (1, 1)
    with Assistant.open(index) as assistant:
        found = [hit.passage.text for hit in assistant.search("岭下茶厂炒制新茶多少公斤")]
    assert any("999公斤" in text for text in found)
    assert not any("860" in text or "520" in text for text in found)


def test_prune_takes_out_only_what_exists_no_longer(tmp_path: Path) -> None:
    pages, index = tmp_path / "pages", tmp_path / "index"
    (pages / ".hidden").mkdir(parents=True)
    (pages / ".hidden" / "kept.txt").write_text(PAGE, encoding="utf-8")
    (pages / "one.txt").write_text(PAGE.replace("860", "520"), encoding="utf-8")
    ingest([pages / ".hidden" / "kept.txt", pages], index)
    assert ingest([pages], index, prune=True).removed == ()
    (pages / "one.txt").unlink()
    emptied = ingest([pages], index, prune=True)
    assert (emptied.removed, len(emptied.failed)) == ((), 1)


def test_files_of_several_formats_are_read_and_found(tmp_path: Path) -> None:
    (tmp_path / "papers").mkdir()
    for make in (made_files.markdown, made_files.word, made_files.workbook, made_files.records, made_files.table):
        make(tmp_path / "papers")
    report = ingest([tmp_path / "papers"], tmp_path / "index")
    assert (len(report.added), report.failed) == (5, ())
    assert any("公式" in warning for _, warning in report.warnings)
    with Assistant.open(tmp_path / "index") as assistant:
        answer = assistant.answer("三月的产量是多少？")
    assert "2634吨" in answer.text


def test_an_id_that_another_file_has_taken_is_a_failure_of_the_second(tmp_path: Path) -> None:
    for name in ("one.jsonl", "two.jsonl"):
        (tmp_path / name).write_text('{"id": "w1", "text": "岭下茶厂炒制新茶860公斤。"}\n', encoding="utf-8")
    report = ingest([tmp_path / "one.jsonl", tmp_path / "two.jsonl"], tmp_path / "index")
    assert [Path(path).name for path in report.added] == ["one.jsonl"]
    ((path, reason),) = report.failed
    assert path.endswith("two.jsonl")
    assert "one.jsonl" in reason
    assert len(reason.splitlines()) == 1
    again = ingest([tmp_path / "one.jsonl"], tmp_path / "index", rebuild=True)
    assert (again.unchanged, again.documents) == (report.added, 1)


def test_archives_and_old_formats_in_a_folder_are_named(tmp_path: Path) -> None:
    (tmp_path / "papers").mkdir()
    (tmp_path / "papers" / "one.txt").write_text(PAGE, encoding="utf-8")
    (tmp_path / "papers" / "old.doc").write_bytes(b"\xd0\xcf\x11\xe0")
    (tmp_path / "papers" / "all.zip").write_bytes(b"PK")
    (tmp_path / "papers" / "song.mp3").write_bytes(b"ID3")
    (tmp_path / "papers" / "~$old.docx").write_bytes(b"Word's own")
    (tmp_path / "papers" / "program").write_bytes(b"\x7fELF\x00")
    report = ingest([tmp_path / "papers"], tmp_path / "index")
    assert len(report.added) == 1
    assert {Path(path).name: reason.rsplit(": ", 1)[-1].split()[0] for path, reason in report.failed} == {
        "old.doc": "soffice",
        "all.zip": "unzip",
    }


def test_files_are_read_anew_in_another_layout(tmp_path: Path) -> None:
    (tmp_path / "page.txt").write_text("老杨把船拴在岸边，\n走上桥去看了江水。\n（杨 帆）\n", encoding="utf-8")
    assert ingest([tmp_path / "page.txt"], tmp_path / "index").passages == 3
    joined = ingest([tmp_path / "page.txt"], tmp_path / "index", options=Options(layout="newspaper"))
    assert (len(joined.updated), joined.passages) == (1, 1)


def test_a_file_whose_name_is_not_utf8_does_not_keep_the_others_out(tmp_path: Path) -> None:
    (tmp_path / "good.txt").write_text(PAGE, encoding="utf-8")
    Path(os.fsdecode(os.fsencode(tmp_path) + b"/\xd6\xd0.txt")).write_text(PAGE, encoding="utf-8")
    report = ingest([tmp_path], tmp_path / "index")
    assert [Path(path).name for path in report.added] == ["good.txt"]
    assert len(report.failed) == 1
    assert "convmv" in report.failed[0][1]


def test_one_bad_file_does_not_keep_the_others_out(tmp_path: Path) -> None:
    (tmp_path / "good.txt").write_text(PAGE, encoding="utf-8")
    (tmp_path / "empty.txt").write_text("", encoding="utf-8")
    done = run("rag.ingest", str(tmp_path / "*.txt"), "--index", str(tmp_path / "index"), "--json")
    report = json.loads(done.stdout)
    assert done.returncode == 1
    assert [Path(path).name for path in report["added"]] == ["good.txt"]
    assert [Path(failure["path"]).name for failure in report["failed"]] == ["empty.txt"]


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("missing.txt", None),
        ("empty.txt", b""),
        ("blank.txt", b" \n\n "),
        ("binary.txt", bytes(range(256)) * 40),
        ("page.pdf", b"%PDF-1.7"),
    ],
)
def test_what_cannot_be_read_is_one_line_and_leaves_no_index(tmp_path: Path, name: str, content: bytes | None) -> None:
    if content is not None:
        (tmp_path / name).write_bytes(content)
    done = run("rag.ingest", str(tmp_path / name), "--index", str(tmp_path / "index"))
    assert done.returncode == 2
    assert done.stdout == ""
    line = [text for text in done.stderr.splitlines() if text.startswith("error:")]
    assert len(line) == 1
    assert name in line[0]
    assert ": " in line[0].removeprefix("error: ")
    assert not (tmp_path / "index").exists()


def test_no_path_at_all_is_an_error_that_shows_how() -> None:
    done = run("rag.ingest")
    assert done.returncode == 2
    assert "python -m rag.ingest examples" in done.stderr


def test_an_index_of_another_model_is_refused_and_rebuilt_on_demand(tmp_path: Path) -> None:
    index = tmp_path / "index"
    (tmp_path / "page.txt").write_text(PAGE, encoding="utf-8")
    ingest([tmp_path / "page.txt"], index)
    with open_store(index, write=True) as store:
        name, dimension = store.model
        store.reembed(lambda texts: _ones(len(texts), 8), lambda _, passage: passage.text, model="another", dimension=8)
    asked = run("rag.ask", "岭下茶厂炒制新茶多少公斤？", "--index", str(index))
    assert asked.returncode == 2
    assert "another" in asked.stderr
    mend = asked.stderr.strip().rpartition(": ")[2]
    assert mend.startswith("python -m rag.ingest --rebuild --index ")
    assert run(*mend.split()[2:]).returncode == 0
    with open_store(index) as store:
        assert store.model == (name, dimension)
    assert "860公斤" in run("rag.ask", "岭下茶厂炒制新茶多少公斤？", "--index", str(index)).stdout


def test_a_corrupt_catalogue_is_set_aside_by_rebuild_and_nothing_is_lost(tmp_path: Path) -> None:
    index = tmp_path / "index"
    (tmp_path / "page.txt").write_text(PAGE, encoding="utf-8")
    index.mkdir()
    broken = b"garbage " * 1000
    (index / "catalogue.sqlite").write_bytes(broken)
    assert run("rag.ingest", "--rebuild", "--index", str(index)).returncode == 2
    assert run("rag.ingest", str(tmp_path / "page.txt"), "--rebuild", "--index", str(index)).returncode == 0
    assert any(path.read_bytes() == broken for path in index.glob("catalogue.sqlite.broken*"))
    assert run("rag.ask", "岭下茶厂炒制新茶多少公斤？", "--index", str(index)).returncode == 0


def test_an_index_in_use_names_its_holder(tmp_path: Path) -> None:
    index = tmp_path / "index"
    (tmp_path / "page.txt").write_text(PAGE, encoding="utf-8")
    ingest([tmp_path / "page.txt"], index)
    with open_store(index, write=True):
        (tmp_path / "page.txt").write_text(PAGE + "又添了一段话。\n", encoding="utf-8")
        done = run("rag.ingest", str(tmp_path / "page.txt"), "--index", str(index))
        assert done.returncode == 2
        assert f"{os.getpid()}" in done.stderr
        with pytest.raises(IndexInUse):
            ingest([tmp_path / "page.txt"], index)
        assert run("rag.ask", "岭下茶厂炒制新茶多少公斤？", "--index", str(index)).returncode == 0


def test_ingest_killed_ten_times_at_random_moments_leaves_an_index_that_opens_and_answers(tmp_path: Path) -> None:
    pages, index = tmp_path / "pages", tmp_path / "index"
    write_pages(pages, 20)
    command = [sys.executable, "-m", "rag.ingest", str(pages), "--index", str(index)]
    started = time.monotonic()
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True)
    whole = time.monotonic() - started
    for kill in range(10):
        touch(pages, kill)
        while not kill_after(command, random.uniform(0.05, 0.9) * whole):
            touch(pages, kill)
        assert inspect(index) == (20, True, True)


def test_a_first_ingest_killed_early_can_be_run_again(tmp_path: Path) -> None:
    pages, index = tmp_path / "pages", tmp_path / "index"
    write_pages(pages, 4)
    command = [sys.executable, "-m", "rag.ingest", str(pages), "--index", str(index)]
    process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    while process.poll() is None and not (index / "catalogue.sqlite").exists():
        time.sleep(0.002)
    process.send_signal(signal.SIGKILL)
    process.wait()
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True)
    assert inspect(index) == (4, True, True)


def _ones(count: int, dimension: int) -> Vectors:
    return np.full((count, dimension), dimension**-0.5, dtype=np.float32)


def test_an_id_that_stands_in_for_a_title_is_not_embedded() -> None:
    passage = passages(Document("n1", "a.jsonl", "n1", "水厂供水。"))[0]
    assert embedded_text(Document("n1", "a.jsonl", "n1", "水厂供水。"), passage) == "水厂供水。"
    assert embedded_text(Document("n1", "a.jsonl", "水务", "水厂供水。"), passage) == "水务\n水厂供水。"


def test_short_documents_are_encoded_together_and_each_keeps_its_own_vectors(monkeypatch: pytest.MonkeyPatch) -> None:
    texts = [f"第{n}号水厂供水{n * 7}吨。" for n in range(100)] + ["\n".join(f"第{n}段说的是第{n}件事。" for n in range(200)), ""]
    documents = [Document(f"d{n}", "a.jsonl", f"题{n}", text) for n, text in enumerate(texts)]
    encoder = BigramEncoder()
    calls: list[int] = []
    encode = encoder.encode_passages

    def counted(texts: Sequence[str]) -> Vectors:
        calls.append(len(texts))
        return encode(texts)

    monkeypatch.setattr(encoder, "encode_passages", counted)
    heard: list[int] = []
    entries = list(_entries(documents, encoder, lambda step, done, total: heard.append(done)))
    assert [document.id for document, _, _ in entries] == [document.id for document in documents]
    for document, found, vectors in entries:
        assert len(found) == len(vectors)
        for passage, vector in zip(found, vectors, strict=True):
            assert vector == pytest.approx(encoder.encode_question(embedded_text(document, passage)))
    assert max(calls) <= 64
    assert len(calls) <= 8
    assert heard
