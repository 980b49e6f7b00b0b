"""Conversations are kept, each its user's own; what people thought of answers becomes a test set that rag.evaluate reads."""

import json
import stat
import threading
from dataclasses import replace
from pathlib import Path

import pytest

from rag import feedback
from rag.chat.history import LONGEST_TITLE, History, Kept
from rag.errors import RagError
from rag.rendering import as_json
from rag.testset import read
from tests.test_ui import QUOTE, answered, refused

KEPT = Kept("产值?", "<p>2634亿元</p>", "<article></article>", ("产值?", "2634亿元。"), as_json(answered("产值?")))


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "deep" / "conversations.sqlite"


def test_a_conversation_is_there_after_a_restart_the_latest_first(path: Path) -> None:
    first = History(path).keep("wang", None, [KEPT])
    second = History(path).keep("wang", None, [replace(KEPT, question="面积?\n" + "长" * 99)])
    assert [one.id for one in History(path).conversations("wang")] == [second, first]
    assert History(path).keep("wang", first, [KEPT, replace(KEPT, past=None, answer=None)]) == first
    assert [one.id for one in History(path).conversations("wang")] == [first, second]
    assert History(path).turns("wang", first) == [KEPT, replace(KEPT, past=None, answer=None)]
    assert [one.title for one in History(path).conversations("wang")] == ["产值?", ("面积? " + "长" * 99)[:LONGEST_TITLE]]


def test_nobody_sees_or_changes_what_is_another_users(path: Path) -> None:
    history = History(path)
    mine = history.keep("wang", None, [KEPT])
    assert history.conversations("li") == []
    assert history.turns("li", mine) == []
    assert not history.judge("li", mine, 1, good=False)
    history.remove("li", mine)
    theirs = history.keep("li", mine, [replace(KEPT, question="别人的?")])
    assert theirs != mine
    assert history.turns("wang", mine) == [KEPT]


def test_what_two_pages_go_on_with_at_the_same_time_is_both_kept(path: Path) -> None:
    history = History(path)
    asked = [replace(KEPT, question=question) for question in ("产值?", "面积?", "人口?")]
    first = history.keep("wang", None, asked[:1])
    assert history.keep("wang", first, asked[:2]) == first
    second = history.keep("wang", first, [asked[0], asked[2]])
    assert second != first
    assert history.turns("wang", first) == asked[:2]
    assert history.turns("wang", second) == [asked[0], asked[2]]


def test_a_conversation_goes_on_whole_after_it_was_removed_in_another_page(path: Path) -> None:
    history = History(path)
    asked = [replace(KEPT, question=question) for question in ("产值?", "面积?")]
    gone = history.keep("wang", None, asked[:1])
    history.remove("wang", gone)
    other = history.keep("wang", None, asked[1:])
    again = history.keep("wang", gone, asked)
    assert len({gone, other, again}) == 3
    assert history.turns("wang", again) == asked
    assert history.turns("wang", other) == asked[1:]
    assert not history.judge("wang", gone, 1, good=True)


def test_the_file_is_for_its_owners_eyes(path: Path) -> None:
    History(path)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_what_is_removed_is_gone_with_its_turns(path: Path) -> None:
    history = History(path)
    gone = history.keep("", None, [KEPT])
    history.judge("", gone, 1, good=True)
    history.remove("", gone)
    assert history.conversations("") == []
    assert list(history.judged()) == []


def test_many_may_write_at_the_same_time(path: Path) -> None:
    def work(user: str) -> None:
        history = History(path)
        key = None
        for number in range(1, 9):
            key = history.keep(user, key, [KEPT] * number)

    users = [f"u{n}" for n in range(6)]
    threads = [threading.Thread(target=work, args=(user,)) for user in users]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    history = History(path)
    assert all(len(history.turns(user, one.id)) == 8 for user in users for one in history.conversations(user))


def test_a_file_that_is_no_database_is_named_with_what_mends_it(path: Path) -> None:
    path.parent.mkdir()
    path.write_text("这不是数据库" * 100, encoding="utf-8")
    with pytest.raises(RagError, match="mv "):
        History(path)
    with pytest.raises(RagError, match="--history"):
        History(path / "under" / "a-file.sqlite")


def test_judged_answers_become_a_test_set(path: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    history = History(path)
    for number, (said, good) in enumerate(((answered("产值?"), True), (refused("2021年?"), True), (answered("几家?"), False)), start=1):
        key = history.keep("", None, [replace(KEPT, question=said.question, answer=as_json(said))])
        assert history.judge("", key, 1, good=good)
        assert key == number
    history.keep("", None, [replace(KEPT, question="没人评过?")])
    folder = tmp_path / "set"
    assert feedback.main([str(folder), "--history", str(path)]) == 0
    assert "3 questions" in capsys.readouterr().out
    right, none, wrong = read(folder)
    assert (right.text, right.gold, right.answers, right.answerable) == ("产值?", frozenset({QUOTE.passage.id}), ("2634亿元",), True)
    assert (none.gold, none.answerable) == (frozenset(), False)
    assert (wrong.gold, wrong.answers, wrong.answerable) == (frozenset(), (), None)
    texts = [json.loads(line)["text"] for line in (folder / "corpus.jsonl").read_text(encoding="utf-8").splitlines()]
    assert texts == [QUOTE.passage.text]


def test_without_judgements_there_is_no_test_set(path: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert feedback.main([str(tmp_path / "set"), "--history", str(path)]) == 2
    History(path)
    assert feedback.main([str(tmp_path / "set"), "--history", str(path)]) == 2
    first, second = capsys.readouterr().err.splitlines()
    assert first.endswith(f"python ui.py --history {path}")
    assert second.endswith("python ui.py")
