"""Bytes become the text that was meant, or an error that says what to do."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rag.documents.encoding import decode
from rag.errors import DocumentError

SIMPLIFIED = "码头上的老人说，今年的海带比去年长得好，一根能有三米多长，晒干以后运到城里去卖。\n"
TRADITIONAL = "碼頭上的老人說，今年的海帶比去年長得好，一根能有三米多長，曬乾以後運到城裡去賣。\n"


@pytest.mark.parametrize(
    ("text", "codec", "name"),
    [
        (SIMPLIFIED, "utf-8", "utf-8"),
        (SIMPLIFIED, "utf-8-sig", "utf-8-sig"),
        (SIMPLIFIED, "utf-16", "utf-16"),
        (SIMPLIFIED, "gb18030", "gb18030"),
        (SIMPLIFIED, "gbk", "gb18030"),
        (TRADITIONAL, "gb18030", "gb18030"),
        (TRADITIONAL, "cp950", "cp950"),
        (TRADITIONAL, "big5", "cp950"),
        (TRADITIONAL + "鰂魚涌、深水埗", "big5hkscs", "big5hkscs"),
    ],
)
def test_each_encoding_is_told_by_its_bytes(text: str, codec: str, name: str) -> None:
    assert decode(text.encode(codec)) == (text, name)


def test_big_endian_utf_16_is_told_by_its_mark() -> None:
    assert decode(b"\xfe\xff" + SIMPLIFIED.encode("utf-16-be")) == (SIMPLIFIED, "utf-16")


def test_an_encoding_that_is_named_is_used() -> None:
    assert decode("天气".encode("utf-16-le"), "utf-16-le") == ("天气", "utf-16-le")
    assert decode("目".encode("gb18030"), "gb18030") == ("目", "gb18030")


@pytest.mark.parametrize("data", ["目".encode("gb18030"), "鱲鱻麤".encode("gb18030"), "龘".encode("gb18030")])
def test_bytes_too_few_or_too_rare_to_tell_are_asked_about(data: bytes) -> None:
    with pytest.raises(DocumentError, match=r"python -m rag\.show FILE --encoding gb18030$"):
        decode(data)


def test_every_line_end_is_one() -> None:
    assert decode("一\r\n二\r三\n四\r\r\n五".encode())[0] == "一\n二\n三\n四\n\n五"


@pytest.mark.parametrize(
    ("data", "what"),
    [
        (b"%PDF-1.7\n...", "PDF"),
        (b"PK\x03\x04\x14\x00", "zip"),
        (b"\x89PNG\r\n\x1a\n", "PNG"),
        (b"abc\x00def", "NUL"),
        (bytes(range(1, 9)) * 20, "control"),
    ],
)
def test_what_is_no_text_is_refused_by_name(data: bytes, what: str) -> None:
    with pytest.raises(DocumentError, match=what):
        decode(data)


@pytest.mark.parametrize(
    ("data", "encoding"), [(b"\xff\xff\xff", "utf-8"), (b"abc", "no-such-codec"), (b"a\x00b", "latin-1"), (b"\\ud800", "unicode_escape")]
)
def test_a_named_encoding_that_does_not_fit_is_an_error(data: bytes, encoding: str) -> None:
    with pytest.raises(DocumentError, match=r"python -m rag\.show FILE$"):
        decode(data, encoding)


@settings(deadline=None)
@given(st.one_of(st.binary(max_size=400), st.text(max_size=60).map(lambda text: text.encode("big5", "ignore"))))
def test_any_bytes_give_text_or_a_document_error(data: bytes) -> None:
    refusal = ""
    try:
        text, name = decode(data)
    except DocumentError as error:
        refusal = str(error)
    if refusal:
        assert "FILE" in refusal.rsplit(": ", 1)[1]
        assert "\n" not in refusal
    else:
        assert data.decode(name).removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n") == text
        assert "\x00" not in text


@settings(deadline=None)
@given(
    st.text(alphabet=st.characters(codec="gb18030", exclude_characters="\r\x00", exclude_categories=("Cc", "Cs", "Co", "Cn")), min_size=1)
)
def test_no_chinese_family_is_taken_for_the_other(text: str) -> None:
    data = (SIMPLIFIED * 5 + text).encode("gb18030")
    assert decode(data) == (SIMPLIFIED * 5 + text, "gb18030")
