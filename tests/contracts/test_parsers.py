"""Every parser: exact places, ids that stay, passages that hold the whole text, and nothing but DocumentError from a broken file."""

import zipfile
from bisect import bisect_right
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from rag.documents import PARSERS, RAW_TEXTS, raw_text, read
from rag.errors import DocumentError
from rag.passages import passages
from rag.records import Document
from tests.made_files import MAKERS, Maker

ELSEWHERE = {"", ".txt", ".text", ".htm", ".xhtml", ".pdf"}
"""Suffixes of formats that are tried under another name, or in tests of their own."""
ZIPPED = (".docx", ".xlsx", ".epub")


@pytest.fixture(scope="session")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("formats")


@pytest.fixture(scope="session", params=MAKERS, ids=lambda maker: maker.__name__)
def path(request: pytest.FixtureRequest, folder: Path) -> Path:
    maker: Maker = request.param
    home = folder / maker.__name__
    home.mkdir(exist_ok=True)
    return maker(home)


@pytest.fixture(scope="session")
def documents(path: Path) -> list[Document]:
    return read(path)


def test_every_format_is_tried_here(tmp_path: Path) -> None:
    assert {maker(tmp_path).suffix for maker in MAKERS} == set(PARSERS) - ELSEWHERE


def test_there_is_a_document_and_each_has_text_and_a_title(path: Path, documents: list[Document]) -> None:
    assert documents
    assert all(document.text.strip() and document.title for document in documents)
    assert {document.source for document in documents} == {path.resolve().as_posix()}


def test_ids_are_unique_and_the_same_when_read_again(path: Path, documents: list[Document]) -> None:
    assert len({document.id for document in documents}) == len(documents)
    assert read(path) == documents


def test_headings_and_runs_are_whole_lines_in_order(documents: list[Document]) -> None:
    for document in documents:
        starts = [0, *(i + 1 for i, character in enumerate(document.text) if character == "\n")]
        ends = [start - 1 for start in starts[1:]] + [len(document.text)]
        for heading in document.headings:
            assert ends[starts.index(heading.start)] == heading.end
            assert heading.level >= 1
        for start, end in document.runs:
            assert start in starts
            assert end in ends
            assert not any(start <= heading.start < end for heading in document.headings)
        for ranges in ([(h.start, h.end) for h in document.headings], document.runs):
            assert list(ranges) == sorted(ranges)
            assert all(a[1] < b[0] for a, b in pairwise(ranges))


def test_origins_are_in_order_and_cover_every_character(documents: list[Document]) -> None:
    for document in documents:
        reached = 0
        for origin in document.origins:
            assert document.text[reached : origin.start].strip("\n") == ""
            assert origin.start >= reached
            assert "\n" not in document.text[origin.start : origin.end]
            assert origin.line >= 1
            assert 0 <= origin.raw_start <= origin.raw_end
            reached = origin.end
        assert reached == len(document.text)


def test_origins_of_equal_length_are_the_same_characters_of_the_raw_text(path: Path, documents: list[Document]) -> None:
    if path.suffix not in RAW_TEXTS:
        pytest.skip("the format has no lines of its own")
    raw = raw_text(path)
    starts = [0, *(i + 1 for i, character in enumerate(raw) if character == "\n")]
    for document in documents:
        for origin in document.origins:
            assert origin.raw_end <= len(raw)
            assert bisect_right(starts, origin.raw_start) == origin.line
            if origin.end - origin.start == origin.raw_end - origin.raw_start:
                assert document.text[origin.start : origin.end] == raw[origin.raw_start : origin.raw_end]


def test_a_title_stands_on_the_lines_that_are_told(path: Path, documents: list[Document]) -> None:
    if path.suffix not in RAW_TEXTS:
        pytest.skip("the format has no lines of its own")
    lines = raw_text(path).split("\n")
    for document in documents:
        if told := document.metadata.get("title_lines"):
            first, last = map(int, told.split("-"))
            assert "".join(document.title.split()) in "".join("".join(lines[first - 1 : last]).split())


def test_passages_hold_all_that_is_no_heading(documents: list[Document]) -> None:
    for document in documents:
        covered = bytearray(len(document.text))
        for passage in passages(document):
            assert document.text[passage.start : passage.end] == passage.text
            covered[passage.start : passage.end] = b"\1" * (passage.end - passage.start)
        for heading in document.headings:
            covered[heading.start : heading.end] = b"\1" * (heading.end - heading.start)
        missed = "".join(character for character, held in zip(document.text, covered, strict=True) if not held)
        assert missed.strip() == ""


@pytest.mark.parametrize("suffix", sorted(set(PARSERS) - {".pdf"}))
@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.one_of(st.binary(max_size=400), st.text(alphabet="<>/=\"'&;!-[]()*#|`~_ \n\tabp水厂。1", max_size=200).map(str.encode)))
def test_any_bytes_are_a_document_or_a_document_error(folder: Path, suffix: str, data: bytes) -> None:
    broken = folder / f"任意{suffix}"
    broken.write_bytes(data)
    _read_or_refuse(broken)


CUTS = st.tuples(st.floats(0, 1), st.floats(0, 1), st.binary(max_size=12))
"""From where, how far (of 40 bytes), and what is put there instead."""


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(cuts=st.lists(CUTS, min_size=1, max_size=6), kept=st.one_of(st.just(1.0), st.floats(0, 1)))
def test_a_damaged_file_is_a_document_or_a_document_error(path: Path, cuts: list[tuple[float, float, bytes]], kept: float) -> None:
    broken = path.parent / f"损坏{path.suffix}"
    broken.write_bytes(_damaged(path.read_bytes(), cuts)[: int(path.stat().st_size * kept)])
    _read_or_refuse(broken)


@settings(max_examples=120, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(cuts=st.lists(CUTS, min_size=1, max_size=4), which=st.floats(0, 1))
def test_a_damaged_part_is_a_document_or_a_document_error(path: Path, cuts: list[tuple[float, float, bytes]], which: float) -> None:
    if path.suffix not in ZIPPED:
        pytest.skip("the format has no parts")
    broken = path.parent / f"部件{path.suffix}"
    with zipfile.ZipFile(path) as old, zipfile.ZipFile(broken, "w") as new:
        names = [name for name in old.namelist() if name.endswith(("ml", "rels", "opf", "ncx"))]
        for name in old.namelist():
            part = old.read(name)
            new.writestr(name, _damaged(part, cuts) if name == names[int(which * (len(names) - 1))] else part)
    _read_or_refuse(broken)


def _damaged(data: bytes, cuts: list[tuple[float, float, bytes]]) -> bytes:
    for place, length, instead in cuts:
        start = int(place * len(data))
        data = data[:start] + instead + data[start + int(length * 40) :]
    return data


def _read_or_refuse(path: Path) -> None:
    told = ""
    found: list[Document] = []
    try:
        found = read(path)
    except DocumentError as error:
        told = str(error)
    assert found or (": " in told and "\n" not in told)
    for document in found:
        passages(document)
        assert "".join(document.text[o.start : o.end] for o in document.origins) == document.text.replace("\n", "")
