"""The collections of a chat: what is put in is found, what fails says why, and what is taken out comes back as it was."""

import json
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from rag.assistant import Assistant
from rag.errors import DocumentError
from rag.ingest import ingest
from rag.library import FILES, GONE, IN_USE, REMOVED, Library, Reading, key_of
from rag.storage import open_store

BRIDGE = "青石桥去年修好，花了12万元。\n"
LIBRARY = "镇图书馆有藏书8万册。\n"


@pytest.fixture(scope="module")
def models(examples_index: Path) -> Iterator[Assistant]:
    """An assistant whose models the others share."""
    with Assistant.open(examples_index) as assistant:
        yield assistant


@pytest.fixture
def library(models: Assistant, tmp_path: Path) -> Iterator[Library]:
    """A library over an index of one file that lies elsewhere."""
    (tmp_path / "own").mkdir()
    (tmp_path / "own" / "馆.txt").write_text(LIBRARY, encoding="utf-8")
    ingest([tmp_path / "own"], tmp_path / "index", encoder=models.encoder)
    with models.beside(tmp_path / "index") as assistant:
        library = Library(assistant, tmp_path / "collections")
        yield library
        library.close()


def upload(tmp_path: Path, name: str, content: str | bytes) -> Path:
    """A file as a browser leaves it: in a folder of its own."""
    folder = tmp_path / f"upload-{len(list(tmp_path.glob('upload-*')))}"
    folder.mkdir()
    path = folder / name
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


def last(states: Iterator[list[Reading]]) -> list[Reading]:
    *_, end = states
    return end


def wait(holds: Callable[[], bool]) -> None:
    """Until something holds that a thread is about to bring about."""
    end = time.monotonic() + 60
    while not holds():
        assert time.monotonic() < end
        time.sleep(0.05)


def short(library: Library, question: str, name: str | None = None) -> str:
    return library.assistant(name).answer(question).short


def test_what_is_added_is_read_before_the_eye_and_answers(library: Library, tmp_path: Path) -> None:
    states = list(
        library.add(None, [upload(tmp_path, "桥.txt", BRIDGE), upload(tmp_path, "空.txt", ""), upload(tmp_path, "图.png", b"\x89PNG")])
    )
    fates = [[reading.fate for reading in state] for state in states]
    assert fates[0] == ["waiting"] * 3
    assert ["reading", "waiting", "waiting"] in fates
    assert fates[-1] == ["added", "failed", "failed"]
    bridge, empty, picture = states[-1]
    assert bridge.holding
    assert (bridge.holding.documents, bridge.holding.passages) == (1, 1)
    assert "没有文字" in empty.reason
    assert ".png" in picture.reason
    assert short(library, "修青石桥花了多少钱？") == "12万元"
    # Of what could not be read nothing is left, and of the upload neither.
    assert sorted(path.name for path in (tmp_path / "index" / FILES).iterdir()) == ["桥.txt"]
    assert not list(tmp_path.glob("upload-*/桥.txt"))


def test_a_long_file_says_how_much_of_it_is_done(library: Library, tmp_path: Path) -> None:
    text = "".join(f"第{number}户人家今年收了{number + 3}筐梨。\n\n" for number in range(150))
    seen = {(reading.done, reading.total) for state in library.add(None, [upload(tmp_path, "梨.txt", text)]) for reading in state}
    assert len([done for done, total in seen if total]) > 1


def test_the_same_characters_are_kept_once_and_one_name_does_not_replace_another(library: Library, tmp_path: Path) -> None:
    last(library.add(None, [upload(tmp_path, "桥.txt", BRIDGE)]))
    again = last(
        library.add(
            None,
            [upload(tmp_path, "桥.txt", BRIDGE), upload(tmp_path, "桥.txt", "白石桥花了90万元。\n"), upload(tmp_path, "桥.txt", BRIDGE)],
        )
    )
    assert [reading.fate for reading in again] == ["unchanged", "added", "unchanged"]
    assert sorted(path.name for path in (tmp_path / "index" / FILES).iterdir()) == ["桥 (2).txt", "桥.txt"]
    assert short(library, "白石桥花了多少钱？") == "90万元"
    assert short(library, "青石桥花了多少钱？") == "12万元"


def test_what_is_removed_is_gone_and_comes_back_as_it_was(library: Library, tmp_path: Path) -> None:
    last(library.add(None, [upload(tmp_path, "桥.txt", BRIDGE)]))
    source = next(holding.source for holding in library.holdings(None) if "桥" in holding.source)
    before = library.assistant(None).search("青石桥")
    removal = library.remove(None, source)
    assert removal
    assert not Path(source).exists()
    assert library.assistant(None).answer("修青石桥花了多少钱？").refused
    assert library.source(None, key_of(source)) is None
    assert [one.source for one in library.removals(None)] == [source]
    assert library.restore(None, removal.key) == source
    assert Path(source).read_text(encoding="utf-8") == BRIDGE
    assert library.assistant(None).search("青石桥") == before
    assert library.removals(None) == []
    assert library.restore(None, removal.key) is None
    assert library.remove(None, "没有.txt") is None


def test_a_file_that_lies_elsewhere_stays_there(library: Library, tmp_path: Path) -> None:
    own = (tmp_path / "own" / "馆.txt").as_posix()
    assert library.remove(None, own)
    assert Path(own).exists()
    assert library.holdings(None) == []


def test_what_is_there_again_is_not_put_back_over_it(library: Library, tmp_path: Path) -> None:
    own = (tmp_path / "own" / "馆.txt").as_posix()
    removal = library.remove(None, own)
    assert removal
    ingest([own], tmp_path / "index")
    with pytest.raises(DocumentError) as error:
        library.restore(None, removal.key)
    assert error.value.reason
    assert [one.key for one in library.removals(None)] == [removal.key]


def test_a_closed_library_leaves_no_removed_file(library: Library, tmp_path: Path) -> None:
    last(library.add(None, [upload(tmp_path, "桥.txt", BRIDGE)]))
    library.remove(None, library.holdings(None)[0].source)
    assert list((tmp_path / "index" / REMOVED).iterdir())
    library.close()
    assert not list((tmp_path / "index" / REMOVED).iterdir())


def test_files_are_read_again_where_they_have_changed(library: Library, tmp_path: Path) -> None:
    own = tmp_path / "own" / "馆.txt"
    assert [reading.fate for reading in last(library.reread(None, [own.as_posix()]))] == ["unchanged"]
    own.write_text("镇图书馆有藏书9万册。\n", encoding="utf-8")
    assert [reading.fate for reading in last(library.reread(None, [own.as_posix()]))] == ["updated"]
    assert short(library, "镇图书馆有多少藏书？") == "9万册"
    own.unlink()
    (gone,) = last(library.reread(None, [own.as_posix()]))
    assert (gone.fate, gone.reason) == ("failed", GONE)
    assert short(library, "镇图书馆有多少藏书？") == "9万册"


def test_collections_are_apart_and_outlive_the_process(library: Library, tmp_path: Path) -> None:
    assert library.names == ["index"]
    assert library.create("  县志  ") == "县志"
    last(library.add("县志", [upload(tmp_path, "桥.txt", BRIDGE)]))
    assert short(library, "修青石桥花了多少钱？", "县志") == "12万元"
    assert library.assistant(None).answer("修青石桥花了多少钱？").refused
    again = Library(library.assistant(None), tmp_path / "collections")
    assert again.names == ["index", "县志"]
    assert [holding.passages for holding in again.holdings("县志")] == [1]
    again.close()
    assert library.assistant("没有这个") is library.assistant(None)


@pytest.mark.parametrize("name", ["", "  ", "../上", "a/b", ".藏", "index", "长" * 41, "换\x00行", "con:"])
def test_a_name_that_is_none_makes_no_collection(library: Library, tmp_path: Path, name: str) -> None:
    with pytest.raises(DocumentError) as error:
        library.create(name)
    assert error.value.reason
    assert not (tmp_path / "collections").exists()


def test_a_fixed_library_changes_nothing(library: Library, tmp_path: Path) -> None:
    fixed = Library(library.assistant(None), tmp_path / "collections", fixed=True)
    own = fixed.holdings(None)[0].source
    for change in (
        lambda: last(fixed.add(None, [upload(tmp_path, "桥.txt", BRIDGE)])),
        lambda: last(fixed.reread(None, [own])),
        lambda: fixed.remove(None, own),
        lambda: fixed.restore(None, "1"),
        lambda: fixed.create("新"),
    ):
        with pytest.raises(DocumentError):
            change()
    assert [holding.source for holding in fixed.holdings(None)] == [own]
    assert not (tmp_path / "index" / FILES).exists()


def test_an_index_that_another_process_writes_to_is_said_to_be_in_use(library: Library, tmp_path: Path) -> None:
    with open_store(tmp_path / "index", write=True):
        (reading,) = last(library.add(None, [upload(tmp_path, "桥.txt", BRIDGE)]))
    assert (reading.fate, reading.reason) == ("failed", IN_USE)
    assert not list((tmp_path / "index" / FILES).iterdir())


def test_two_who_add_at_the_same_time_both_succeed(library: Library, tmp_path: Path) -> None:
    uploads = [upload(tmp_path, f"{number}号.txt", f"{number}号院有{number + 30}棵树。\n") for number in range(4)]
    ends: list[Reading] = []
    threads = [threading.Thread(target=lambda path=path: ends.extend(last(library.add(None, [path])))) for path in uploads]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [end.fate for end in ends] == ["added"] * 4
    assert len(library.holdings(None)) == 5


def test_whoever_stops_listening_leaves_nothing_half_done(library: Library, tmp_path: Path) -> None:
    reading = library.add(None, [upload(tmp_path, "桥.txt", BRIDGE), upload(tmp_path, "井.txt", "老井深20米。\n")])
    for state in reading:
        if state[0].fate == "reading":
            break
    reading.close()  # type: ignore[attr-defined]
    wait(lambda: short(library, "老井有多深？") == "20米")


def test_whoever_stops_listening_is_not_made_to_wait_and_leaves_no_file_that_could_not_be_read(library: Library, tmp_path: Path) -> None:
    long = "\n\n".join(f"{number}号院有{number + 30}棵树，都是前年春天种下的。" for number in range(400))
    reading = library.add(None, [upload(tmp_path, "院.txt", long), upload(tmp_path, "空.txt", "")])
    for state in reading:
        if state[0].fate == "reading":
            break
    reading.close()  # type: ignore[attr-defined]
    assert len(library.holdings(None)) == 1, "it went on without us"
    wait(lambda: len(library.holdings(None)) == 2)
    wait(lambda: [path.name for path in (tmp_path / "index" / FILES).iterdir()] == ["院.txt"])


def test_of_one_name_put_in_by_many_at_the_same_time_none_is_lost(library: Library, tmp_path: Path) -> None:
    uploads = []
    for number in range(8):
        (tmp_path / str(number)).mkdir()
        uploads.append(upload(tmp_path / str(number), "报告.txt", f"{number}号院有{number + 30}棵树。\n"))
    threads = [threading.Thread(target=lambda path=path: last(library.add(None, [path]))) for path in uploads]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    kept = {path.read_text(encoding="utf-8") for path in (tmp_path / "index" / FILES).iterdir()}
    assert kept == {f"{number}号院有{number + 30}棵树。\n" for number in range(8)}


def test_how_a_source_is_understood_is_told_from_the_index(library: Library, tmp_path: Path) -> None:
    rows = [{"id": "r1", "text": "一。", "title": "甲"}, {"id": "r2", "text": "二。", "title": "乙"}]
    lines = "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)
    last(library.add(None, [upload(tmp_path, "两篇.jsonl", lines)]))
    source = library.holdings(None)[0].source
    understood = library.understood(None, source)
    assert [(document.title, [passage.text for passage in passages]) for document, passages in understood] == [
        ("甲", ["一。"]),
        ("乙", ["二。"]),
    ]
    assert library.understood(None, "没有.txt") == []
