"""The local store through kills, damage, other processes and other models."""

import json
import os
import random
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from threading import Thread, Timer

import numpy as np
import pytest

from rag.chinese.terms import question_terms
from rag.errors import IndexCorrupt, IndexInUse, IndexMissing, ModelMismatch, RagError
from rag.storage import LocalStore, open_store, set_aside
from rag.storage.catalogue import FILE
from rag.storage.store import Vectors
from rag.storage.vectors import VectorCache
from tests.bigrams import BigramEncoder, entry

ENCODER = BigramEncoder()
ROOT = Path(__file__).resolve().parent.parent
TEXTS = [f"第{n}号渡口在{month}月里运送了{n * 7 + month}位乘客和{n}头牛。" for n in range(1, 21) for month in (3, 9)]
QUESTION = ENCODER.encode_question("三号渡口运送了多少乘客")


def opened(folder: Path, *, write: bool = False, patience: float = 0.0) -> LocalStore:
    return open_store(folder, model="bigrams", dimension=ENCODER.dimension, write=write, create=write, patience=patience)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """An index of two sources."""
    with opened(tmp_path, write=True) as store:
        store.replace("a.txt", [entry("a.txt", "渡口", TEXTS[:20])], "甲")
        store.replace("b.txt", [entry("b.txt", "渡口", TEXTS[20:])], "乙")
    return tmp_path


def answers(store: LocalStore, held: int) -> None:
    """The store holds so many passages and finds every one of them both ways."""
    assert len(store) == held
    assert len(store.nearest(QUESTION, 1000)) == held
    assert len(store.matching(question_terms("渡口"), 1000)) == held
    assert {name for name, _ in store.matching(question_terms("渡口"), 1000)} == {name for name, _ in store.nearest(QUESTION, 1000)}


def python(code: str, *arguments: str | int | Path) -> subprocess.Popen[str]:
    """Another process of this interpreter, with the tests at hand."""
    command = [sys.executable, "-c", code, *map(str, arguments)]
    return subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def one_line_ending_with(error: BaseException, command: str) -> None:
    assert "\n" not in str(error)
    assert str(error).endswith(command), str(error)


# Killed at any moment

WRITES_FOR_EVER = """
import sys, rag.storage.local as local
from pathlib import Path
from tests.test_storage import TEXTS, opened
from tests.bigrams import entry
local._FLUSH_AFTER = 7  # so that kills fall into flushes too
seed, store = int(sys.argv[2]), opened(Path(sys.argv[1]), write=True, patience=30)
print("start", flush=True)
for step in range(seed, 10**6):
    source = f"{step % 5}.txt"
    if step % 11 == 10:
        store.remove(source)
    else:
        store.replace(source, [entry(source, "渡口", TEXTS[step % 17 : step % 17 + 1 + step % 13])], str(step))
    print(step, flush=True)
"""


def expected_after(steps: range) -> dict[str, tuple[str, int]]:
    """Every source with its digest and number of passages after these steps of WRITES_FOR_EVER."""
    held: dict[str, tuple[str, int]] = {}
    for step in steps:
        if step % 11 == 10:
            held.pop(f"{step % 5}.txt", None)
        else:
            held[f"{step % 5}.txt"] = (str(step), 1 + step % 13)
    return held


def test_a_kill_at_any_moment_keeps_what_was_acknowledged(tmp_path: Path) -> None:
    chance, done = random.Random(8), 0
    for _ in range(6):
        process = python(WRITES_FOR_EVER, tmp_path, done)
        assert process.stdout is not None
        assert process.stdout.readline() == "start\n"
        acknowledged = [process.stdout.readline() for _ in range(chance.randint(1, 8))]
        time.sleep(chance.uniform(0, 0.2))
        process.send_signal(signal.SIGKILL)
        acknowledged += process.stdout.readlines()
        process.communicate()
        done = int(acknowledged[-1]) + 1
        with opened(tmp_path) as store:
            found = {d.source: (store.sources()[d.source], len(store.passages(d.id))) for d in store.documents()}
            # The change under way when the kill came is there or it is not.
            assert found in (expected_after(range(done)), expected_after(range(done + 1)))
            done += found != expected_after(range(done))
            answers(store, sum(count for _, count in found.values()))


# Caches that were damaged


def caches(folder: Path) -> list[Path]:
    return sorted([*folder.glob("vectors-*"), *folder.glob("terms-*/*")])


@pytest.mark.parametrize("damage", ["deleted", "cut short", "emptied", "garbage"])
@pytest.mark.parametrize("kind", ["faiss", "json", "term", "idx", "fast", "fieldnorm"])
def test_a_damaged_cache_is_made_anew(folder: Path, kind: str, damage: str) -> None:
    for path in caches(folder):
        if path.suffix == f".{kind}":
            if damage == "deleted":
                path.unlink()
            else:
                content = path.read_bytes()
                path.write_bytes({"cut short": content[: len(content) // 2], "emptied": b"", "garbage": b"\xff{garbage" * 40}[damage])
    with opened(folder) as store:
        answers(store, len(TEXTS))
    with opened(folder, write=True) as store:
        store.replace("c.txt", [entry("c.txt", "渡口", TEXTS[:3])])
    with opened(folder) as store:
        answers(store, len(TEXTS) + 3)


def test_without_any_cache_the_index_answers_and_makes_them(folder: Path) -> None:
    for path in [*folder.glob("vectors-*"), *folder.glob("terms-*")]:
        shutil.rmtree(path) if path.is_dir() else path.unlink()
    with opened(folder) as store:
        answers(store, len(TEXTS))
    assert caches(folder)


def test_files_of_a_commit_that_was_killed_are_not_in_the_way(folder: Path) -> None:
    (terms_folder,) = folder.glob("terms-*")
    before = {name: (terms_folder / name).read_bytes() for name in ("meta.json", "stamp.json")}
    with opened(folder, write=True) as store:
        store.replace("a.txt", [entry("a.txt", "渡口", TEXTS[:15])])
    left = sorted(path.name for path in terms_folder.glob("*.del"))
    assert left
    # As if the process had died before it could say that these files count; the next one gives its own the same names.
    for name, content in before.items():
        (terms_folder / name).write_bytes(content)
    with opened(folder) as store:
        answers(store, len(TEXTS) - 5)


def test_a_cache_that_cannot_be_saved_keeps_nobody_from_reading(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        raise OSError("no space left on device")

    monkeypatch.setattr(VectorCache, "save", full)
    with pytest.raises(RagError) as told, opened(folder, write=True) as writer:
        writer.replace("c.txt", [entry("c.txt", "渡口", TEXTS[:5])])
    one_line_ending_with(told.value, f"df -h {folder}")
    with opened(folder) as reader:
        assert len(reader.nearest(QUESTION, 1000)) == len(TEXTS) + 5
        assert len(reader.matching(question_terms("渡口"), 1000)) >= len(TEXTS)


def test_caches_of_a_catalogue_that_was_here_before_are_not_used(folder: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    other = tmp_path_factory.mktemp("other")
    with opened(other, write=True) as store:
        store.replace("x.txt", [entry("x.txt", "渡口", TEXTS[5:10])])
    for path in folder.glob(f"{FILE}*"):
        path.unlink()
    shutil.copy(other / FILE, folder / FILE)
    with opened(folder) as store:
        answers(store, 5)
    assert len(list(folder.glob("vectors-*"))) == len(list(folder.glob("terms-*"))) == 1


def test_an_older_catalogue_put_back_is_followed(folder: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    copy = tmp_path_factory.mktemp("copy") / FILE
    shutil.copy(folder / FILE, copy)
    with opened(folder, write=True) as store:
        store.remove("a.txt")
    shutil.copy(copy, folder / FILE)
    with opened(folder) as store:
        answers(store, len(TEXTS))


def test_old_caches_are_not_kept(folder: Path) -> None:
    for turn in range(3):
        with opened(folder, write=True) as store:
            store.replace("c.txt", [entry("c.txt", "渡口", TEXTS[turn : turn + 2])])
    assert len(list(folder.glob("vectors-*"))) == len(list(folder.glob("terms-*"))) == 1


def test_an_unchanged_passage_costs_the_caches_nothing(folder: Path) -> None:
    with opened(folder, write=True) as store:
        keys = {key for key, _ in store._current_vectors(store._catalogue.state()).search(QUESTION, 1000)}
        store.replace("a.txt", [entry("a.txt", "渡口", [TEXTS[30], *TEXTS[:20]])])
        after = {key for key, _ in store._current_vectors(store._catalogue.state()).search(QUESTION, 1000)}
        assert keys < after
        assert len(after - keys) == 1


# One writer, any number of readers


def test_a_second_writer_is_told_who_writes(folder: Path) -> None:
    with opened(folder, write=True), pytest.raises(IndexInUse) as told:
        opened(folder, write=True)
    one_line_ending_with(told.value, f"ps -p {os.getpid()}")
    assert "pytest" in str(told.value)
    opened(folder, write=True).close()


def test_a_writer_in_another_process_is_named_and_its_death_frees_the_index(folder: Path) -> None:
    process = python(WRITES_FOR_EVER, folder, 0)
    assert process.stdout is not None
    process.stdout.readline()
    with pytest.raises(IndexInUse) as told:
        opened(folder, write=True)
    one_line_ending_with(told.value, f"ps -p {process.pid}")
    process.kill()
    process.communicate()
    opened(folder, write=True).close()


def test_a_writer_waits_a_little_for_another_to_end(folder: Path) -> None:
    first = opened(folder, write=True)
    closing = Timer(0.3, first.close)
    closing.start()
    opened(folder, write=True, patience=10).close()
    closing.join()


def test_a_reader_sees_what_a_writer_commits(folder: Path) -> None:
    with opened(folder) as reader:
        answers(reader, len(TEXTS))
        with opened(folder, write=True) as writer:
            writer.replace("c.txt", [entry("c.txt", "渡口", TEXTS[:5])])
            assert len(reader.nearest(QUESTION, 1000)) == len(reader) == len(TEXTS) + 5
            # By terms the new ones are found from the writer's next flush on; those that are gone never.
            assert len(reader.matching(question_terms("渡口"), 1000)) == len(TEXTS)
            writer.remove("a.txt")
            assert len(reader.nearest(QUESTION, 1000)) == len(reader) == len(TEXTS) - 15
            assert {name.partition("#")[0] for name, _ in reader.matching(question_terms("渡口"), 5)} == {"b.txt"}
            writer.flush()
            answers(reader, len(TEXTS) - 15)
        answers(reader, len(TEXTS) - 15)


def test_a_reader_opened_while_a_writer_works_misses_no_vector(folder: Path) -> None:
    for path in folder.glob("terms-*"):
        shutil.rmtree(path)
    with opened(folder, write=True) as writer:
        writer.replace("c.txt", [entry("c.txt", "渡口", TEXTS[:5])])
        with opened(folder) as reader:
            # Where nothing is saved, terms too are searched in memory.
            answers(reader, len(TEXTS) + 5)


READS_FOR_EVER = """
import sys
from contextlib import suppress
from pathlib import Path
from tests.test_storage import QUESTION, opened
from rag.chinese.terms import question_terms
store = opened(Path(sys.argv[1]))
print("start", flush=True)
while True:
    found = {name for name, _ in store.nearest(QUESTION, 1000)} | {name for name, _ in store.matching(question_terms("渡口"), 1000)}
    assert found, "nothing found"
    for name in found:
        with suppress(KeyError):  # removed since
            assert store.passage(name).text
    print(len(found), flush=True)
"""


def test_readers_in_other_processes_are_not_disturbed_by_a_writer(folder: Path) -> None:
    readers = [python(READS_FOR_EVER, folder) for _ in range(2)]
    for reader in readers:
        assert reader.stdout is not None
        reader.stdout.readline()
    with opened(folder, write=True, patience=10) as writer:
        for step in range(40):
            source = f"{step % 3}.txt"
            writer.replace(source, [entry(source, "渡口", TEXTS[step % 20 : step % 20 + 10])])
            if step % 4 == 0:
                writer.flush()
    for reader in readers:
        assert reader.poll() is None, reader.communicate()[1]
        reader.kill()
        printed, complaints = reader.communicate()
        assert not complaints
        assert len(printed.split()) > 3


def test_threads_may_share_a_store(folder: Path) -> None:
    failed: list[BaseException] = []

    def ask(store: LocalStore) -> None:
        try:
            for _ in range(20):
                assert len(store.nearest(QUESTION, 5)) == 5
                assert store.matching(question_terms("渡口"), 5)
        except BaseException as error:
            failed.append(error)

    with opened(folder) as reader, opened(folder, write=True) as writer:
        threads = [Thread(target=ask, args=(reader,)) for _ in range(4)]
        for thread in threads:
            thread.start()
        for step in range(10):
            writer.replace("c.txt", [entry("c.txt", "渡口", TEXTS[step : step + 4])])
            writer.flush()
        for thread in threads:
            thread.join()
    assert not failed


def test_a_reader_follows_an_index_that_was_deleted_and_made_again(folder: Path) -> None:
    with opened(folder) as reader:
        answers(reader, len(TEXTS))
        for path in folder.iterdir():
            shutil.rmtree(path) if path.is_dir() else path.unlink()
        with pytest.raises(IndexMissing):
            len(reader)
        with opened(folder, write=True) as writer:
            writer.replace("c.txt", [entry("c.txt", "渡口", TEXTS[:5])])
        answers(reader, 5)


READS_AS_NOBODY = """
import os, sys, faiss, tantivy, filelock
from pathlib import Path
from rag.errors import RagError
from rag.chinese.terms import question_terms
from tests.test_storage import answers, opened
question_terms("渡口")  # what is loaded when first used has to be before the libraries lie out of reach
if os.getuid() == 0:
    os.setgid(65534)
    os.setuid(65534)
try:
    with opened(Path(sys.argv[1])) as store:
        answers(store, int(sys.argv[2]))
        print("answered")
except RagError as error:
    print(error)
try:
    opened(Path(sys.argv[1]), write=True)
except RagError as error:
    print(error)
"""


@pytest.fixture
def unwritable(folder: Path) -> Iterator[Path]:
    """The index, where nobody may write and others may read."""
    above = [path for path in folder.parents if path.owner() == folder.owner()]
    modes = {path: path.stat().st_mode for path in above}
    for path in above:
        path.chmod(path.stat().st_mode | 0o011)
    yield folder
    for path in [folder, *folder.rglob("*")]:
        path.chmod(path.stat().st_mode | 0o700)
    for path, mode in modes.items():
        path.chmod(mode)


def lock_up(folder: Path) -> None:
    for path in [folder, *folder.rglob("*")]:
        path.chmod(path.stat().st_mode & 0o555 | (0o055 if path.is_dir() else 0))


@pytest.mark.parametrize("caches_are", ["there", "behind", "gone"])
def test_an_index_that_may_only_be_read_can_be_read(unwritable: Path, caches_are: str) -> None:
    held = len(TEXTS)
    if caches_are == "behind":
        store = opened(unwritable, write=True)
        store.replace("c.txt", [entry("c.txt", "渡口", TEXTS[:5])])
        store._let_go()
        held += 5
    if caches_are == "gone":
        for path in [*unwritable.glob("vectors-*"), *unwritable.glob("terms-*")]:
            shutil.rmtree(path) if path.is_dir() else path.unlink()
    lock_up(unwritable)
    printed, complaints = python(READS_AS_NOBODY, unwritable, held).communicate()
    assert printed.startswith("answered\n"), printed + complaints
    assert printed.rstrip().endswith(f"chmod u+w {unwritable}")


def test_where_only_reading_is_allowed_an_unclosed_index_is_not_read_in_part(unwritable: Path) -> None:
    process = python(WRITES_FOR_EVER, unwritable, 0)
    assert process.stdout is not None
    process.stdout.readline()
    process.stdout.readline()
    process.kill()
    process.communicate()
    (unwritable / f"{FILE}-shm").unlink()
    lock_up(unwritable)
    printed, complaints = python(READS_AS_NOBODY, unwritable, 0).communicate()
    assert printed.splitlines()[0].endswith(f"python -m rag.ask 你好 --index {unwritable}"), printed + complaints


# Catalogues that cannot be read, and other models


@pytest.mark.parametrize("damage", ["emptied", "garbage", "cut short", "another database", "another version"])
def test_a_catalogue_that_cannot_be_read_says_how_to_mend_it(folder: Path, damage: str) -> None:
    import sqlite3

    path = folder / FILE
    content = path.read_bytes()
    if damage == "another version":
        with sqlite3.connect(path) as db:
            db.execute("UPDATE meta SET schema = 99")
        db.close()
    else:
        path.unlink()
        if damage == "another database":
            with sqlite3.connect(path) as db:
                db.execute("CREATE TABLE t (x)")
            db.close()
        else:
            path.write_bytes({"emptied": b"", "garbage": b"garbage" * 5000, "cut short": content[: len(content) // 2]}[damage])
    for write in (False, True):
        with pytest.raises(IndexCorrupt) as told, opened(folder, write=write) as store:
            store.documents()
        one_line_ending_with(told.value, f"python -m rag.ingest PATH… --rebuild --index {folder}")
    aside = set_aside(folder)
    assert [name.name for name in aside] == [f"{FILE}.broken-1"]
    with opened(folder, write=True) as store:
        store.replace("a.txt", [entry("a.txt", "渡口", TEXTS[:5])])
        answers(store, 5)
    assert [name.name for name in set_aside(folder)] == [f"{FILE}.broken-2"]
    assert aside[0].exists()


def test_damage_in_the_middle_is_told_when_it_is_met(folder: Path) -> None:
    path = folder / FILE
    content = bytearray(path.read_bytes())
    content[4096 * 2 :] = os.urandom(len(content) - 4096 * 2)
    path.write_bytes(content)
    with pytest.raises(IndexCorrupt), opened(folder) as store:
        answers(store, len(TEXTS))


def test_a_log_left_alone_does_not_spoil_a_new_catalogue(tmp_path: Path) -> None:
    (tmp_path / f"{FILE}-wal").write_bytes(b"an old log")
    with opened(tmp_path, write=True) as store:
        store.replace("a.txt", [entry("a.txt", "渡口", TEXTS[:5])])
    assert (tmp_path / f"{FILE}-wal.broken-1").read_bytes() == b"an old log"
    with opened(tmp_path) as store:
        answers(store, 5)


def test_an_index_that_is_missing_says_how_to_build_it(tmp_path: Path) -> None:
    for folder in [tmp_path, tmp_path / "没有 这里"]:
        with pytest.raises(IndexMissing) as told:
            opened(folder)
        with pytest.raises(IndexMissing):
            open_store(folder, model="bigrams", dimension=64, write=True)
    one_line_ending_with(told.value, f"python -m rag.ingest PATH… --index '{tmp_path / '没有 这里'}'")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(("model", "dimension"), [("another", 64), ("bigrams", 32)])
def test_another_model_is_refused_and_never_recorded(folder: Path, model: str, dimension: int) -> None:
    for write in (False, True):
        with pytest.raises(ModelMismatch) as told:
            open_store(folder, model=model, dimension=dimension, write=write, create=write)
    one_line_ending_with(told.value, f"python -m rag.ingest --rebuild --index {folder}")
    assert "bigrams" in str(told.value)
    assert model in str(told.value)
    with open_store(folder) as store:
        assert store.model == ("bigrams", 64)


def test_an_index_can_be_embedded_anew(folder: Path) -> None:
    other = BigramEncoder(32, "smaller")
    told = []
    with opened(folder) as reader:
        answers(reader, len(TEXTS))
        with open_store(folder, write=True) as store:
            store.reembed(
                other.encode_passages,
                lambda _, passage: passage.text,
                model="smaller",
                dimension=32,
                on_progress=lambda done, total: told.append((done, total)),
            )
        with pytest.raises(ModelMismatch):
            reader.nearest(QUESTION, 5)
    assert told[-1] == (len(TEXTS), len(TEXTS))
    with open_store(folder, model="smaller", dimension=32) as store:
        assert len(store.matching(question_terms("渡口"), 100)) == len(TEXTS)
        best, score = store.nearest(other.encode_question(TEXTS[3]), 1)[0]
        assert store.passage(best).text == TEXTS[3]
        assert score == pytest.approx(1, abs=1e-3)
        assert store.sources() == {"a.txt": "甲", "b.txt": "乙"}


def test_embedding_anew_that_breaks_off_leaves_the_index_as_it_was(folder: Path) -> None:
    def fails(_: list[str]) -> Vectors:
        raise OSError("no model")

    with open_store(folder, write=True) as store:
        for encode in (fails, lambda _: np.zeros((1, 1), np.float32)):
            with pytest.raises((OSError, ValueError)):
                store.reembed(encode, lambda _, passage: passage.text, model="smaller", dimension=32)
        answers(store, len(TEXTS))
    with opened(folder) as store:
        answers(store, len(TEXTS))


def test_importing_the_storage_loads_no_heavy_library() -> None:
    code = "import json, sys, rag.storage; print(json.dumps([m for m in ('faiss', 'tantivy', 'filelock', 'rjieba') if m in sys.modules]))"
    printed, complaints = python(code).communicate()
    assert json.loads(printed) == [], complaints


def test_a_folder_that_cannot_be_made_is_told_in_one_line(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("here")
    with pytest.raises(RagError) as told:
        opened(tmp_path / "file", write=True)
    one_line_ending_with(told.value, "export RAG_INDEX=~/wenju")
