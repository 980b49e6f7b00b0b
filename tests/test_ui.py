"""The chat without a browser: what it makes of an answer, what it serves, and what it refuses to."""

import html
import json
import re
import subprocess
import sys
import urllib.request
from collections.abc import Iterator, Sequence
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path
from urllib.error import HTTPError

import pytest
from gradio_client import Client  # type: ignore[import-untyped]
from gradio_client.exceptions import AppError  # type: ignore[import-untyped]
from hypothesis import given
from hypothesis import strategies as st

import ui
from rag.chat import turns as chat
from rag.chat.export import as_markdown, as_plain, reference
from rag.chat.html import cards, ending, plain, reply
from rag.chat.language import label, preferred
from rag.chat.suggestions import suggested
from rag.errors import IndexCorrupt, SettingsError
from rag.records import EVERYWHERE, Answer, Citation, Document, Hit, Passage, Statement, Turn, Where
from rag.rendering import as_json, as_text, hits_as_json

ROOT = Path(__file__).resolve().parent.parent

TEXT = "变化写在数字里。2022年，产值达到2634亿元。"
DOCUMENT = Document("d", "/home/someone/pages/industry.txt", "汽车城", TEXT, byline="陆知行")
PASSAGE = Passage("p", "d", 2, "一座工厂", TEXT, 0, len(TEXT), (9, 12))
QUOTE = Citation(1, DOCUMENT, PASSAGE, 8, len(TEXT))


def answered(question: str, cut: int | None = None) -> Answer:
    """An answer of one statement; with `cut`, as it is while only so many characters are written."""
    statement = Statement(QUOTE.quote, (QUOTE,)) if cut is None else Statement(QUOTE.quote[:cut], ())
    return Answer(question, (statement,), 0.9, refused=False, short="2634亿元")


def refused(question: str) -> Answer:
    """A refusal that names what comes nearest."""
    return Answer(question, (), 0.1, refused=True, reason="文档没有给出2021年的内容。", nearest=(QUOTE,))


def nowhere(_: str) -> list[Passage]:
    """The paragraphs of an article that is no longer there."""
    return []


class Tags(HTMLParser):
    """The tags, the attributes and the text of HTML, as a browser would find them."""

    def __init__(self, source: str) -> None:
        super().__init__(convert_charrefs=True)
        self.tags: list[str] = []
        self.attributes: set[str] = set()
        self.text = ""
        self.feed(source)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes |= {name for name, _ in attrs}

    def handle_data(self, data: str) -> None:
        self.text += data


@given(st.text(st.characters(categories=["L", "N", "P", "S", "Zs"])))
def test_any_text_is_shown_as_it_is_and_leaves_nothing_to_interpret(text: str) -> None:
    shown = plain(text)
    assert Tags(shown).tags == []
    assert html.unescape(shown) == text.strip()
    left = re.sub(r"&#\d+;", "", shown)
    assert not re.search(r"[!-/:-@\[-`{-~]", left), "an ASCII mark may be Markdown"


def test_lines_end_without_ending_the_block_for_markdown() -> None:
    assert plain("一\n\n# 二\r\n三\u2028四") == "一<br>&#35; 二<br>三<br>四"


def test_an_answer_stands_above_its_statements_each_with_its_marker() -> None:
    shown = reply(answered("产值?"), 3)
    assert Tags(shown).text == "2634亿元2022年，产值达到2634亿元。[1]"
    assert shown.index('class="short"') < shown.index('class="said"')
    assert '<a class="cite" href="#cite-3-1"' in shown
    assert 'id="cite-3-1"' in cards(answered("产值?"), 3, nowhere)


def test_what_remains_unanswered_and_what_contradicts_is_said_too() -> None:
    shown = reply(replace(answered("产值?"), reason="文档没有提到“利润”。", conflicts=("两处说法不一。",)), 1)
    assert Tags(shown).text.endswith("两处说法不一。文档没有提到“利润”。")


def test_a_refusal_gives_its_reason_and_links_to_what_comes_nearest() -> None:
    shown = reply(refused("2021年?"), 1)
    assert Tags(shown).text.startswith("文档没有回答这个问题文档没有给出2021年的内容。最接近的段落")
    assert '<a class="cite" href="#cite-1-1"' in shown
    assert "支持度" not in ending(refused("2021年?"), 1)


@pytest.mark.parametrize(("support", "word"), [(0.95, "高"), (0.8, "高"), (0.5, "中"), (0.49, "低"), (0.0, "低")])
def test_support_is_a_word(support: float, word: str) -> None:
    assert Tags(ending(replace(answered("产值?"), support=support), 1)).text.startswith(
        f"支持度：{word}（{max(1, round(10 * support))}/10）"
    )


def test_a_conflict_leads_to_each_of_its_sources() -> None:
    shown = reply(replace(answered("产值?"), conflicts=("各处说法不一：3亿元[1]，4亿元[2]。",)), 2)
    assert '<p class="conflict">' in shown
    assert all(f'href="#cite-2-{marker}">[{marker}]</a>' in shown for marker in (1, 2))


def test_a_card_stands_in_its_article_with_the_paragraphs_around_it_folded() -> None:
    others = [
        Passage(str(place), "d", number, "产业", text, place, place + 2, (1, 1))
        for number, place, text in ((1, -3, "前面"), (3, 90, "后面"), (4, 95, "最后"))
    ]
    card = cards(answered("产值?"), 1, lambda _: [others[0], PASSAGE, *others[1:]])
    assert (
        card.index("前文 1 段")
        < card.index("前面")
        < card.index("<mark>")
        < card.index("后文 2 段")
        < card.index("后面")
        < card.index("最后")
    )
    assert card.count("<details") == 2
    long = [Passage(str(n), "d", n, "", "长" * 5000, 1000 * n, 1000 * n + 1, (1, 1)) for n in range(1, 9)]
    assert "另有6段" in cards(answered("产值?"), 1, lambda _: [PASSAGE, *long])


def test_an_answer_can_be_taken_away_as_text_as_markdown_and_as_references() -> None:
    said = answered("产值?")
    assert as_plain(said) == f"{QUOTE.quote}[1]\n\n[1] {reference(QUOTE)}"
    assert reference(QUOTE) == "陆知行. 汽车城[Z]. industry.txt: 第2段."
    assert (
        reference(replace(QUOTE, document=replace(DOCUMENT, byline="", date="2024-09-01"))) == "汽车城[Z]. industry.txt, 2024-09-01: 第2段."
    )
    assert as_markdown(said).startswith(f"**2634亿元**\n\n{QUOTE.quote}[^1]\n\n[^1]: ")
    wild = replace(said, short="**a** [x](http://y)", conflicts=("说法不一：1[1]。",))
    assert r"\*\*a\*\* \[x\](http://y)" in as_markdown(wild)
    assert "说法不一：1[^1]。" in as_markdown(wild)
    assert as_plain(refused("2021年?")) == as_markdown(refused("2021年?")) == "文档没有给出2021年的内容。"


def test_why_an_answer_was_given_shows_what_was_found_and_how_long_it_took() -> None:
    hit = Hit(PASSAGE, DOCUMENT, 0.731, 1, {"vector": 0.66, "reading": 0.4})
    shown = ending(replace(answered("产值?"), hits=(hit,), seconds={"search": 0.1, "total": 0.25}), 1)
    text = Tags(shown).text
    assert all(part in text for part in ("《汽车城》第2段", "0.73", "语义（7/10）", "阅读（4/10）", "检索 0.10 秒", "共 0.25 秒"))


def test_an_empty_chat_suggests_what_has_an_answer() -> None:
    documents = [replace(DOCUMENT, id=f"d{n}", title=f"第{n}篇", date=f"202{n}-01-01", byline="") for n in range(6)]
    assert suggested(documents) == [f"《第{n}篇》讲了什么？" for n in (5, 4, 3, 2)]
    assert suggested([*documents, DOCUMENT])[-1] == "《汽车城》是谁写的？"
    assert suggested([]) == suggested([replace(DOCUMENT, title="d"), replace(DOCUMENT, title="长" * 60)]) == []


def test_a_card_says_where_the_paragraph_stands_and_marks_the_quote() -> None:
    card = cards(answered("产值?"), 1, nowhere)
    assert Tags(card).text == f"[1]《汽车城》返回回答陆知行·一座工厂·第2段{TEXT}pages/industry.txt 第9–12行"
    assert f"里。<mark>{QUOTE.quote}</mark></p>" in card
    assert "someone" not in card


def test_in_print_it_is_the_page_that_says_where_the_paragraph_stands() -> None:
    passage = Passage("p", "d", 2, "", "项目：桥面\n项目：引道", 0, 11, (40, 41), (3,))
    citation = Citation(1, replace(DOCUMENT, source="/home/someone/pages/桥.pdf", text=passage.text), passage, 0, 5)
    answer = Answer("桥面?", (Statement(citation.quote, (citation,)),), 0.9, refused=False)
    assert "pages/桥.pdf 第3页" in Tags(cards(answer, 1, nowhere)).text
    assert "</mark><br>项目" in cards(answer, 1, nowhere)
    printed = as_text(answer)
    assert "桥.pdf 第3页" in printed
    assert "\n    【项目：桥面】\n    项目：引道" in printed


def test_a_document_that_means_harm_adds_no_tag_and_no_attribute() -> None:
    bad = '<img src="http://harm.invalid" onerror=alert(1)>\n\n![a](http://b)'
    document = replace(DOCUMENT, title=bad, byline=bad, date=bad, source=f"/a/{bad}", text=bad)
    passage = replace(PASSAGE, heading=bad, text=bad)
    citation = Citation(1, document, passage, 3, 9)
    answer = Answer(bad, (Statement(bad, (citation,)),), 0.9, refused=False, short=bad, reason=bad, conflicts=(bad,))
    denied = Answer(bad, (), 0.1, refused=True, reason=bad, nearest=(citation,))
    for said in (answer, denied):
        turn = chat.Turn(bad, reply(said, 1), cards(said, 1, nowhere))
        shown = Tags("".join(message["content"] for message in chat.messages([turn])) + chat.pane([turn]))
        assert {"img", "script"}.isdisjoint(shown.tags)
        assert shown.attributes <= {"class", "href", "id", "tabindex", "title", "hidden"}


def test_a_follow_up_is_shown_as_it_was_understood_above_its_answer_and_a_whole_question_is_not() -> None:
    for said in (answered("那2022年呢?"), refused("那2022年呢?")):
        shown = reply(replace(said, understood="2022年<b>产值</b>?"), 1)
        assert shown.startswith('<div class="answer"><p class="note">理解为：2022年')
        assert Tags(shown).tags.count("b") == 0
        assert "理解为" not in reply(said, 1)


def test_a_terminal_shows_a_follow_up_as_it_was_understood_first() -> None:
    for said in (answered("那2022年呢?"), refused("那2022年呢?")):
        assert as_text(replace(said, understood="2022年产值?")).splitlines()[0] == "（理解为：2022年产值?）"
        assert "理解为" not in as_text(said)
        assert as_json(said)["understood"] == ""
    assert as_json(replace(answered("那2022年呢?"), understood="2022年产值?"))["understood"] == "2022年产值?"


class Bare:
    """What the chat asks of an assistant beside answers, where there is no document."""

    def latest(self, limit: int) -> list[Document]:
        return []

    def passages(self, document_id: str) -> list[Passage]:
        raise KeyError(document_id)


class Remembering(Bare):
    """An assistant that keeps the histories it was given, or fails."""

    def __init__(self) -> None:
        self.histories: list[Sequence[Turn]] = []

    def stream(self, question: str, where: Where = EVERYWHERE, history: Sequence[Turn] = ()) -> Iterator[Answer]:
        self.histories.append(history)
        yield answered(question, 5)
        if "错" in question:
            raise IndexCorrupt("torn; rebuild it: rm it")
        yield replace(refused(question) if "2021" in question else answered(question), understood=f"{question}产值")


def test_the_turns_that_were_answered_or_refused_are_the_history_and_those_that_were_stopped_or_failed_are_not() -> None:
    assistant = Remembering()
    turns: list[chat.Turn] = []
    for question in ("2022年", "错", "2021年", "2023年"):
        *growing, (last, _) = chat.states(assistant, question, turns)  # type: ignore[arg-type]
        assert all(state.past is None for state, _ in growing), "a turn that is stopped on the way is none of the past"
        turns.append(last)
    answer = Turn("2022年产值", QUOTE.quote)
    assert assistant.histories == [[], [answer], [answer], [answer, Turn("2021年产值", "")]]


def test_the_pane_shows_the_last_turn_and_keeps_the_others() -> None:
    turns = [chat.Turn("一", "", "<p>甲</p>"), chat.Turn("二", "", "<p>乙</p>")]
    assert re.findall(r'<section id="(turn-\d)"( hidden)?>', chat.pane(turns)) == [("turn-1", " hidden"), ("turn-2", "")]


def test_help_loads_no_heavy_library() -> None:
    script = (
        "import contextlib, sys, ui\n"
        "with contextlib.suppress(SystemExit): ui.main(['--help'])\n"
        "print(*{name.partition('.')[0] for name in sys.modules}, file=sys.stderr)"
    )
    asked = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=True)
    assert "--port" in asked.stdout
    assert {"gradio", "faiss", "onnxruntime", "torch", "transformers", "sentence_transformers", "numpy"}.isdisjoint(asked.stderr.split())


def test_an_index_that_is_not_there_is_one_line_and_exit_2(tmp_path: Path) -> None:
    asked = subprocess.run([sys.executable, "ui.py", "--index", str(tmp_path / "none")], cwd=ROOT, capture_output=True, text=True)
    assert asked.returncode == 2
    assert len(asked.stderr.splitlines()) == 1
    assert asked.stdout == ""


class Ready(Bare):
    """An assistant that has its answer at hand, or fails."""

    def answer(self, question: str, where: object = None) -> Answer:
        if "错" in question:
            raise IndexCorrupt("/secret/place is torn; rebuild it: rm it")
        return answered(question)

    def search(self, question: str, where: object = None) -> list[Hit]:
        if "错" in question:
            raise IndexCorrupt("/secret/place is torn; rebuild it: rm it")
        return [
            Hit(cited.passage, cited.document, 0.5, rank, {"vector": 0.5}) for rank, cited in enumerate(answered(question).citations, 1)
        ]


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    page = ui.launch(Ready())  # type: ignore[arg-type]
    yield str(page.local_url)
    page.close(verbose=False)


def test_the_only_public_endpoints_are_ask_and_search_and_they_keep_the_contract(address: str) -> None:
    with urllib.request.urlopen(f"{address}gradio_api/info", timeout=30) as response:
        described = json.load(response)
    assert list(described["named_endpoints"]) == ["/ask", "/search"]
    assert described["unnamed_endpoints"] == {}
    client = Client(address, verbose=False)
    assert client.predict("产值?", api_name="/ask") == as_json(answered("产值?"))
    assert client.predict("产值?", api_name="/search") == hits_as_json("产值?", Ready().search("产值?"))


@pytest.mark.parametrize("name", ["/ask", "/search"])
@pytest.mark.parametrize(("question", "said"), [("错", chat.SORRY[0]), ("长" * 501, "问题最多500个字。")])
def test_an_endpoint_that_fails_says_so_in_one_chinese_sentence(address: str, name: str, question: str, said: str) -> None:
    with pytest.raises(AppError) as failure:
        Client(address, verbose=False).predict(question, api_name=name)
    assert str(failure.value) == said


@pytest.mark.parametrize(
    ("host", "status"),
    [("localhost", 200), ("127.0.0.1:80", 200), ("[::1]:7860", 200), ("harm.invalid", 421), ("127.0.0.1.harm.invalid", 421)],
)
def test_where_nobody_signs_in_only_this_machines_names_are_answered_to(address: str, host: str, status: int) -> None:
    request = urllib.request.Request(address, headers={"Host": host})
    try:
        with urllib.request.urlopen(request, timeout=30) as response:
            found, said = response.status, ""
    except HTTPError as error:
        found, said = error.code, error.read().decode()
    assert found == status
    assert ("--users" in said) == (status != 200)


def test_nothing_can_be_uploaded(address: str) -> None:
    for path in ("gradio_api/upload", "gradio_api/upload/", "gradio_api/process_recording", "gradio_api/deep_link?session_hash=x"):
        body = b'--x\r\nContent-Disposition: form-data; name="files"; filename="a.txt"\r\n\r\nharm\r\n--x--\r\n'
        request = urllib.request.Request(address + path, data=body, headers={"Content-Type": "multipart/form-data; boundary=x"})
        with pytest.raises(HTTPError) as refusal:
            urllib.request.urlopen(request, timeout=30)
        assert refusal.value.code == 403


def test_the_policy_names_no_host_but_our_own_and_no_inline_script_but_the_pages(address: str) -> None:
    with urllib.request.urlopen(address, timeout=30) as response:
        policy = response.headers["Content-Security-Policy"]
        page = response.read().decode()
    assert page.rstrip().endswith("</html>")
    rules = dict(rule.split(maxsplit=1) for rule in policy.split("; "))
    assert rules["default-src"] == "'self'"
    assert "unsafe" not in rules["script-src"]
    assert len(re.findall("'sha256-", rules["script-src"])) > 1
    assert not re.search(r"https?:|\*", policy)
    with urllib.request.urlopen(f"{address}gradio_api/info", timeout=30) as response:
        assert "default-src 'self'" in response.headers["Content-Security-Policy"]


@pytest.mark.parametrize(
    ("header", "spoken"),
    [("", "甲"), ("*", "甲"), ("zh-CN,zh;q=0.9,en;q=0.8", "甲"), ("ZH-tw", "甲"), ("en-US,en;q=0.9,zh;q=0.8", "a"), ("de", "a")],
)
def test_a_browser_is_spoken_to_in_the_language_it_wants_first(header: str, spoken: str) -> None:
    assert preferred(header)("甲", "a") == spoken


def test_a_label_has_to_have_its_english() -> None:
    assert "\\u5f15\\u7528" in label("引用")
    with pytest.raises(KeyError):
        label("没有")


def test_a_port_that_is_taken_says_how_to_choose_another(address: str) -> None:
    with pytest.raises(SettingsError, match="--port"):
        ui.launch(Ready(), port=int(address.rstrip("/").rpartition(":")[2]))  # type: ignore[arg-type]


def test_the_chat_talks_to_the_assistant_and_knows_nothing_below_it() -> None:
    imported = set(re.findall(r"^\s*(?:from|import) (rag[\w.]*)", (ROOT / "ui.py").read_text(encoding="utf-8"), re.MULTILINE))
    assert imported <= {
        "rag.assistant",
        "rag.chat.frame",
        "rag.chat.guard",
        "rag.chat.history",
        "rag.chat.html",
        "rag.chat.language",
        "rag.chat.sheet",
        "rag.chat.shelf",
        "rag.chat.suggestions",
        "rag.chat.turns",
        "rag.console",
        "rag.errors",
        "rag.library",
        "rag.records",
        "rag.rendering",
        "rag.settings",
        "rag.users",
    }
