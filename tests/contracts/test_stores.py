"""Every store, held against brute force on the same vectors and against plain BM25 on the same terms."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace as changed
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rag.chinese.terms import question_terms, terms
from rag.records import Heading, Origin, Where
from rag.storage import LocalStore, MemoryStore, Store, open_store
from rag.storage.store import Entry, Vectors
from tests.bigrams import BigramEncoder, entry

ENCODER = BigramEncoder()

WHO = ["水厂", "图书馆", "车队", "果园", "码头", "学校", "气象站", "养老院"]
WHAT = [
    "今年修好了三条管道",
    "把开门时间延长到晚上九点",
    "新买了十二辆电车",
    "收成比去年多两成",
    "请来一位老木匠修窗",
    "在山坡上种了四百棵树",
    "为孩子们办了一场画展",
]
SENTENCES = [f"{who}{what}。" for who in WHO for what in WHAT]
QUESTIONS = ["水厂修好了几条管道?", "谁在山坡上种了树?", "图书馆几点关门", "画展", "电车和木匠", "没有人提过的鲸鱼"]


class Held:
    """A store that is written to and read from in a certain way, and the vectors it must hold."""

    def __init__(self, write: Callable[[], Store], read: Callable[[], Store]) -> None:
        self.write, self.read = write, read
        self.entries: dict[str, list[Entry]] = {}

    def replace(self, source: str, *entries: Entry) -> None:
        self.write().replace(source, iter(entries), digest=f"{len(entries)}")
        self.entries[source] = list(entries)

    def remove(self, source: str) -> None:
        self.write().remove(source)
        self.entries.pop(source, None)

    def vectors(self) -> dict[str, Vectors]:
        """By passage id, as rounded on storing."""
        found = {}
        for entries in self.entries.values():
            for _, passages, vectors in entries:
                found.update({p.id: v.astype(np.float16).astype(np.float32) for p, v in zip(passages, vectors, strict=True)})
        return found

    def check(self, question: str, k: int) -> None:
        """Hold the store's answers to one question against the reference."""
        store, vectors = self.read(), self.vectors()
        vector = ENCODER.encode_question(question) * np.float32(3.7)
        expected = {name: float(stored @ vector) for name, stored in vectors.items()}
        found = store.nearest(vector, k)
        assert len({name for name, _ in found}) == len(found) == min(k, len(expected))
        assert [score for _, score in found] == pytest.approx(sorted(expected.values(), reverse=True)[:k], abs=1e-5)
        assert [score for _, score in found] == pytest.approx([expected[name] for name, _ in found], abs=1e-5)
        names = list(expected)
        assert store.similarities(vector, names) == pytest.approx([expected[name] for name in names], abs=1e-5)
        assert len(store) == len(expected)
        assert store.sources() == {source: f"{len(self.entries[source])}" for source in sorted(self.entries)}
        wanted = question_terms(question)
        held = {p.id: terms(p.text) for entries in self.entries.values() for _, passages, _ in entries for p in passages}
        fields = {p.id: [*held[p.id], *terms(d.title)] for entries in self.entries.values() for d, passages, _ in entries for p in passages}
        matching = store.matching(wanted, 10_000)
        assert {name for name, _ in matching} == {name for name, has in fields.items() if set(has) & set(wanted)}
        scores = dict(matching)
        assert store.term_scores(wanted, [*names, "没有"]) == pytest.approx([scores.get(name, 0.0) for name in [*names, "没有"]], rel=1e-5)
        assert [passage.id for passage in store.read([*names[::-1], "没有"])] == names[::-1]
        for term in wanted:
            assert store.frequency(term) == sum(term in has for has in held.values())


def memory(_: Path) -> Iterator[Held]:
    """Nothing but Python."""
    store = MemoryStore(ENCODER.dimension)
    yield Held(lambda: store, lambda: store)


def written(folder: Path) -> Iterator[Held]:
    """One local store for both."""
    with _open(folder) as store:
        yield Held(lambda: store, lambda: store)


def reopened(folder: Path) -> Iterator[Held]:
    """Closed after every change, and opened again to be read."""
    open_one: list[LocalStore] = []

    def another(write: bool) -> LocalStore:
        while open_one:
            open_one.pop().close()
        open_one.append(_open(folder, write=write))
        return open_one[0]

    another(write=True)
    yield Held(lambda: another(write=True), lambda: another(write=False))
    open_one[0].close()


def followed(folder: Path) -> Iterator[Held]:
    """Read through a second store, opened before anything was written, while the writer stays open."""
    with _open(folder) as writer, _open(folder, write=False) as reader:

        def read() -> LocalStore:
            writer.flush()
            return reader

        yield Held(lambda: writer, read)


STORES = [memory, written, reopened, followed]


def _open(folder: Path, write: bool = True) -> LocalStore:
    return open_store(folder, model="bigrams", dimension=ENCODER.dimension, write=write, create=write)


@pytest.fixture(params=STORES, ids=lambda kind: kind.__name__)
def held(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Held]:
    yield from request.param(tmp_path)


def test_an_empty_store_finds_nothing(held: Held) -> None:
    held.check("水厂", 5)
    assert held.read().documents() == held.read().latest(5) == []
    assert held.read().matching({}, 5) == []


@pytest.mark.parametrize("k", [0, 1, 7, 1000])
def test_what_is_found_is_what_brute_force_finds(held: Held, k: int) -> None:
    held.replace("a.txt", entry("a.txt", "上", SENTENCES[:30]), entry("a.txt", "下", SENTENCES[30:40]))
    held.replace("b.txt", entry("b.txt", "其余", SENTENCES[40:]))
    for question in QUESTIONS:
        held.check(question, k)


def test_a_source_replaced_is_found_as_it_is_now(held: Held) -> None:
    held.replace("a.txt", entry("a.txt", "上", SENTENCES[:20]))
    held.replace("b.txt", entry("b.txt", "下", SENTENCES[20:40]))
    held.check(QUESTIONS[0], 50)
    # Some stay, some go, some come, and the order is another.
    held.replace("a.txt", entry("a.txt", "上", SENTENCES[45:] + SENTENCES[5:12]))
    for question in QUESTIONS:
        held.check(question, 50)
    held.remove("b.txt")
    held.remove("b.txt")
    for question in QUESTIONS:
        held.check(question, 50)


def test_records_come_back_as_they_were_given(held: Held) -> None:
    given = entry("乙.txt", "标题", SENTENCES[:5])
    origins = (Origin(0, 3, 5, 8, 2, 1, (56.7, 70.9, 283.5, 80.2)), Origin(3, 9, 8, 13, 2))
    document = changed(given[0], byline="本报记者", section="第三版", date="2021-05-04", metadata={"版": "三"}, origins=origins)
    document = changed(document, headings=(Heading(0, 3), Heading(4, 9, 2)), runs=((4, 12),), warnings=("竖排的字没有读。",))
    held.replace("乙.txt", (document, given[1], given[2]), entry("乙.txt", "无文", []))
    held.replace("a.txt", entry("a.txt", "在前", SENTENCES[5:8]))
    store = held.read()
    assert store.document(document.id) == document
    assert store.passages(document.id) == given[1]
    assert [store.passage(p.id) for p in given[1]] == given[1]
    assert [d.id for d in store.documents()] == ["a.txt#在前", "乙.txt#标题", "乙.txt#无文"]
    assert [d.id for d in store.documents(1, 1)] == ["乙.txt#标题"]
    assert [d.id for d in store.documents(2)] == ["乙.txt#无文"]
    assert store.documents(3) == store.documents(0, 0) == store.latest(0) == []
    assert [d.id for d in store.latest(2)] == ["a.txt#在前", "乙.txt#无文"]
    assert store.passages("乙.txt#无文") == []


def test_the_order_of_passages_survives_a_change_in_their_middle(held: Held) -> None:
    held.replace("a.txt", entry("a.txt", "一", SENTENCES[:5]))
    after = entry("a.txt", "一", [SENTENCES[4], SENTENCES[20], SENTENCES[0], SENTENCES[3]])
    held.replace("a.txt", after)
    assert held.read().passages("a.txt#一") == after[1]


def test_the_same_text_in_two_documents_is_found_in_both(held: Held) -> None:
    held.replace("a.txt", entry("a.txt", "一", SENTENCES[:3]))
    held.replace("b.txt", entry("b.txt", "二", SENTENCES[:3]))
    store = held.read()
    vector = ENCODER.encode_question(SENTENCES[0])
    assert {name.partition("#")[0] for name, _ in store.nearest(vector, 2)} == {"a.txt", "b.txt"}
    assert {name.partition("#")[0] for name, _ in store.matching(question_terms(SENTENCES[0]), 2)} == {"a.txt", "b.txt"}
    held.remove("a.txt")
    assert {name.partition("#")[0] for name, _ in held.read().nearest(vector, 9)} == {"b.txt"}


def test_bm25_gives_the_scores_of_the_reference(held: Held) -> None:
    reference = MemoryStore(ENCODER.dimension)
    # Lengths differ, and stay below the length from which tantivy rounds them.
    paragraphs = [text[: 6 + i % 9] for i, text in enumerate(SENTENCES)]
    entries = [titled(entry("a.txt", "水厂的管道", paragraphs[:30]), "大事 › 学校办画展"), entry("a.txt", "别的", paragraphs[30:])]
    reference.replace("a.txt", entries)
    held.replace("a.txt", *entries)
    for question in [*QUESTIONS, "水厂水厂水厂管道"]:
        expected = reference.matching(question_terms(question), 1000)
        found = held.read().matching(question_terms(question), 1000)
        assert [score for _, score in found] == pytest.approx([score for _, score in expected], rel=1e-4)
        assert dict(found) == pytest.approx(dict(expected), rel=1e-4)


def titled(given: Entry, heading: str) -> Entry:
    """The entry with every third passage under a sub-head."""
    document, passages, vectors = given
    return document, [changed(p, heading=heading if i % 3 == 0 else "") for i, p in enumerate(passages)], vectors


def test_a_title_and_a_heading_are_found_but_count_less_than_the_text(held: Held) -> None:
    passages = ["一切照旧。", "码头开工。", "别的事情。"]
    held.replace("a.txt", titled(entry("a.txt", "气象站", passages[:1]), "码头"), entry("a.txt", "其余", passages[1:]))
    store = held.read()
    assert [store.passage(name).text for name, _ in store.matching(question_terms("码头"), 5)] == ["码头开工。", "一切照旧。"]
    assert [store.passage(name).text for name, _ in store.matching(question_terms("气象站"), 5)] == ["一切照旧。"]


WHERE = {
    "everything": (Where(), {"a", "b", "c"}),
    "a part of the path": (Where(source="2023/"), {"a", "b"}),
    "a pattern": (Where(source="*.PDF"), {"b"}),
    "a pattern of a folder": (Where(source="2023/*.txt"), {"a"}),
    "the title, in the other script": (Where(title="產值"), {"a"}),
    "the section": (Where(section="要闻"), {"a", "c"}),
    "since a year": (Where(since="2023"), {"b", "c"}),
    "since a day": (Where(since="2023-06-02"), {"c"}),
    "until a month": (Where(until="2023-06"), {"b"}),
    "until a day before": (Where(until="2023-05-31"), set()),
    "one document": (Where(document="papers/2023/b.pdf#图书馆"), {"b"}),
    "several things at once": (Where(source="paper", section="要闻", since="2024"), {"c"}),
    "nothing there": (Where(title="鲸鱼"), set()),
}


@pytest.mark.parametrize("asked", WHERE)
def test_only_documents_that_meet_what_is_asked_are_searched(held: Held, asked: str) -> None:
    where, expected = WHERE[asked]
    about = [("papers/2023/a.txt", "临港产值", "要闻", ""), ("papers/2023/b.pdf", "图书馆", "生活", "2023-06-01")]
    for source, title, section, date in [*about, ("papers/c.txt", "学校", "国际要闻", "2024-01-05")]:
        document, passages, vectors = entry(source, title, [f"{title}的事。", *SENTENCES[:10]])
        held.replace(source, (changed(document, section=section, date=date), passages, vectors))
    store = held.read()

    def letters(found: list[tuple[str, float]]) -> set[str]:
        return {name.partition(".")[0][-1] for name, _ in found}

    vector = ENCODER.encode_question(SENTENCES[0])
    # Fewer are asked for than stand in those that are left out: filtering comes before choosing.
    assert letters(store.nearest(vector, 33, where)) == expected
    assert letters(store.matching(question_terms(SENTENCES[0]), 33, where)) == expected
    if expected:
        everywhere = dict(store.matching(question_terms(SENTENCES[0]), 1000))
        ((best, score),) = store.matching(question_terms(SENTENCES[0]), 1, where)
        assert score == pytest.approx(max(dict(store.matching(question_terms(SENTENCES[0]), 33, where)).values()), rel=1e-5)
        assert score == pytest.approx(everywhere[best], rel=1e-5)


@pytest.mark.parametrize("date", ["2023年", "23", "2023-6", "昨天", "2023-06-12T00"])
def test_a_date_of_another_form_is_refused(date: str) -> None:
    with pytest.raises(ValueError, match="2023-06"):
        Where(since=date)


def test_a_term_may_hold_any_character(held: Held) -> None:
    held.replace("a.txt", entry("a.txt", "一", ["产量增长12.5%，见c++:3节。", *SENTENCES[:5]]))
    store = held.read()
    for odd in ["12.5%", "AND", "+", 'terms:"x"', "(", "*", "", "\x00", "\\"]:
        assert len(store.matching({odd: 1.0}, 5)) == store.frequency(odd)
    assert store.frequency("12.5%") == 1


def test_what_cannot_be_stored_changes_nothing(held: Held) -> None:
    held.replace("a.txt", entry("a.txt", "一", SENTENCES[:4]))
    document, passages, vectors = entry("b.txt", "二", SENTENCES[4:8])
    taken = changed(passages[0], id=held.read().passages("a.txt#一")[0].id)
    unfit: list[list[Entry]] = [
        [(document, passages, vectors[:2])],
        [(document, passages, vectors[:, :5])],
        [(document, [passages[0], passages[0]], vectors[:2])],
        [(document, [taken, *passages[1:]], vectors)],
        [(document, passages, vectors), (document, [], vectors[:0])],
        [(changed(document, source="c.txt"), passages, vectors)],
        [(changed(document, id="别的"), passages, vectors)],
    ]
    for wrong in unfit:
        with pytest.raises(ValueError, match=r"."):
            held.write().replace("b.txt", wrong)
        with pytest.raises(ValueError, match=r"."):
            held.write().replace("a.txt", wrong)
    held.check(SENTENCES[0], 10)


def test_entries_that_break_off_change_nothing(held: Held) -> None:
    def breaks_off() -> Iterator[Entry]:
        yield entry("a.txt", "新", SENTENCES[8:12])
        raise OSError("the disk is gone")

    held.replace("a.txt", entry("a.txt", "一", SENTENCES[:4]))
    with pytest.raises(OSError, match="gone"):
        held.write().replace("a.txt", breaks_off())
    held.check(SENTENCES[0], 10)


def test_what_is_held_of_each_source_is_counted(held: Held) -> None:
    def dated(title: str, date: str, sentences: list[str], *warnings: str) -> Entry:
        document, passages, vectors = entry("a.txt", title, sentences)
        return changed(document, date=date, warnings=warnings), passages, vectors

    assert held.read().holdings() == []
    held.replace("b.txt", entry("b.txt", "无日期", []))
    held.replace(
        "a.txt", dated("早", "2023-06", SENTENCES[:3], "第2页读不出"), dated("晚", "2024-01-02", SENTENCES[3:8], "第2页读不出", "图")
    )
    first, second = held.read().holdings()
    assert (first.source, first.documents, first.passages, first.since, first.until) == ("a.txt", 2, 8, "2023-06", "2024-01-02")
    assert first.warnings == ("第2页读不出", "图")
    assert datetime.now(UTC) - datetime.fromisoformat(first.added) < timedelta(minutes=1)
    assert (second.source, second.documents, second.passages, second.since, second.until) == ("b.txt", 1, 0, "", "")


def test_what_was_removed_is_put_back_as_it_was(held: Held) -> None:
    held.replace("a.txt", entry("a.txt", "一", SENTENCES[:4]), entry("a.txt", "空", []))
    held.replace("b.txt", entry("b.txt", "二", SENTENCES[4:8]))
    entries, digest = held.read().entries("a.txt")
    assert (digest, [document for document, _, _ in entries]) == ("2", [document for document, _, _ in held.entries["a.txt"]])
    held.remove("a.txt")
    held.check(SENTENCES[0], 10)
    held.replace("a.txt", *entries)
    held.check(SENTENCES[0], 10)
    assert [passages for _, passages, _ in held.read().entries("a.txt")[0]] == [list(passages) for _, passages, _ in entries]


def test_what_is_not_there_is_a_key_error(held: Held) -> None:
    store = held.read()
    for ask in (store.passage, store.document, store.passages, store.entries):
        with pytest.raises(KeyError):
            ask("没有")
    with pytest.raises(KeyError):
        store.similarities(ENCODER.encode_question("甲"), ["没有"])


def test_a_vector_of_another_dimension_is_refused(held: Held) -> None:
    held.replace("a.txt", entry("a.txt", "一", SENTENCES[:4]))
    for wrong in [np.zeros(3, np.float32), np.zeros((1, ENCODER.dimension), np.float32)]:
        with pytest.raises(ValueError, match="shape"):
            held.read().nearest(wrong, 3)


@pytest.mark.parametrize("kind", STORES, ids=lambda kind: kind.__name__)
@settings(max_examples=12, deadline=None)
@given(
    changes=st.lists(
        st.tuples(st.sampled_from(["a.txt", "b.txt", "c.txt"]), st.none() | st.lists(st.sampled_from(SENTENCES), max_size=12)),
        min_size=1,
        max_size=8,
    ),
    k=st.integers(1, 40),
)
def test_no_sequence_of_changes_leads_astray(
    kind: Callable[[Path], Iterator[Held]], changes: list[tuple[str, list[str] | None]], k: int
) -> None:
    with TemporaryDirectory() as folder, contextmanager(kind)(Path(folder)) as held:
        for source, paragraphs in changes:
            if paragraphs is None:
                held.remove(source)
            else:
                half = len(paragraphs) // 2
                held.replace(source, entry(source, "一", paragraphs[:half]), entry(source, "二", paragraphs[half:]))
            held.check(QUESTIONS[k % len(QUESTIONS)], k)
