"""Documents that mean harm, in every format, and one of ten million bytes in a line: the chat shows what they say, and obeys nothing."""

import html
import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Dialog, FilePayload, Locator, expect

from rag.chat.export import MOST_NAMED, as_markdown, as_plain
from rag.chat.html import MOST_AROUND, cards, ending, reply
from rag.chat.shelf import MOST_SHOWN, understood
from rag.ingest import ingest
from rag.library import key_of
from rag.records import Answer, Citation, Hit
from tests.browser.conftest import _served, _visiting
from tests.browser.talk import Visit
from tests.test_ui import PASSAGE, QUOTE, answered

HARM = [
    "<script>window.harmed=1</script>",
    '<img src="http://harm.invalid/a.png" onerror="window.harmed=2">',
    "<svg onload=window.harmed=3><a xlink:href='javascript:window.harmed=4'>图</a></svg>",
    "[点这里](javascript:window.harmed=5)",
    "![画](http://harm.invalid/b.png)",
    "</mark></p></details></article></section><style>body{display:none}</style>",
    '<iframe src="data:text/html,<script>alert(1)</script>"></iframe>',
    '<a class="wish" href="#remove-KEY">移除</a>',
    '<a class="wish" href="#list-0">回</a><a class="drop" href="#drop-1">删</a>',
    '<a class="cite" href="#cite-1-9">[9]</a><span id="copy-1-plain">假</span>',
    "{{7*7}}${7*7}`x`**粗**$\\href{javascript:x}{y}$~~删~~|甲|乙|",
    "## 头 ``` --- | - | > 引 \u200b\u2066\u202e反\u202c&lt;b&gt;&#60;i&#62;&colon;",
]
"""What would run, load, lead away, take the page apart, or pass for a part of it."""

NAME = "<img src=x onerror=window.harmed=6>&[a](javascript:b).jsonl"
SHORT = "影山<img src=//h.io>"
"""A title that is short enough to be asked about: the question is the page's own, and the title is in it."""

KINDS = "文标页行"


def _cave(kind: str, number: int) -> str:
    """A paragraph that a question asks for, and that means harm."""
    return f"坏{kind}{number}号洞去年产毒蘑菇{8600 + number}公斤，洞口写着{HARM[number]}。"


LISTED = """() => [...document.querySelectorAll("#chat, #citations, #shelf, #news, #conversations, #peek, #sheet")].flatMap(
  (root) => [...root.querySelectorAll("*")].flatMap((part) => [
    ...(/^(script|style|link|meta|base|iframe|object|embed|form|math|img)$/i.test(part.tagName) && !/\\.cls-1 /.test(part.textContent)
      ? [part.outerHTML] : []),
    ...[...part.attributes].filter(({ name, value }) =>
      name.startsWith("on") || (/href|src|action|data$/.test(name) && !value.startsWith("#"))).map(({ name, value }) => `${name}=${value}`),
  ]))"""
"""What in the parts of the page that show documents could do anything: tags (but the style of an icon of Gradio's), handlers, addresses."""

STRANGE = """() => {
  const ours = {
    "#chat": /^#(cite-\\d+-\\d+|copy-\\d+-(plain|markdown|references)|(asked|good|bad)-\\d+)$/,
    "#citations": /^#(from|sheet)-\\d+-\\d+$/,
    "#conversations": /^#(open|drop)-\\d+$/,
    "#shelf": /^#((show|only|reread|remove)-[0-9a-f]{16}|undo-\\d+|list-0)$/,
    "#news": /^$/,
  };
  const ids = [...document.querySelectorAll("[id]")].map((part) => part.id);
  return [
    ...Object.entries(ours).flatMap(([pane, form]) => [...document.querySelectorAll(`${pane} a`)]
      .map((link) => link.getAttribute("href")).filter((href) => !form.test(href) && !(pane === "#chat" && href === null))),
    ...[...document.querySelectorAll("#chat a.cite")].map((link) => link.hash.slice(1)).filter((id) => !document.getElementById(id)),
    ...ids.filter((id, place) => /^(cite|copy|asked|turn|sheet|made)-/.test(id) && ids.indexOf(id) !== place),
  ];
}"""
"""Links that the page does not make where they are, markers that lead nowhere, and places of ours that there are twice."""


def inert(visit: Visit) -> None:
    """Nothing of the documents has become a part of the page, nothing has run, and nothing was asked of anybody."""
    assert visit.evaluate(LISTED) == []
    assert visit.evaluate(STRANGE) == []
    assert visit.evaluate("window.harmed") is None
    assert visit.asked_outside() == []
    assert visit.complaints == []
    for ours in ("#question textarea", "#masthead h1", "#tabs [role=tablist]"):
        expect(visit.page.locator(ours).first).to_be_visible()


@contextmanager
def _wary(browser: Browser, address: str) -> Iterator[Visit]:
    """A visit that no dialog may be opened in."""
    opened: list[str] = []

    def closed(dialog: Dialog) -> None:
        opened.append(dialog.message)
        dialog.dismiss()

    with _visiting(browser, address, width=1280, height=800) as visit:
        visit.page.on("dialog", closed)
        yield visit
        assert opened == []


def _harmless(markdown: str) -> bool:
    """Whether every tag, image and link in the Markdown is escaped."""
    return not re.search(r"(?<!\\)<(?:script|img|svg|a |iframe|object|style)|(?<!\\)\]\((?:javascript|http)", markdown)


@pytest.fixture(scope="module")
def hostile(chromium: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, dict[str, str]]]:
    """The address of a chat over documents that mean harm, and the key of each of them."""
    folder = tmp_path_factory.mktemp("hostile")
    own = folder / "own"
    own.mkdir()
    names = ["坏.txt", "坏.md", "坏.html", NAME]
    keys = {name: key_of((own / name).as_posix()) for name in names}
    said = {kind: [_cave(kind, n).replace("KEY", keys[name]) for n in range(len(HARM))] for kind, name in zip(KINDS, names, strict=True)}
    (own / names[0]).write_text("\n\n".join([f"坏文{HARM[0]}", *said["文"]]), encoding="utf-8")
    # What is marked as text in Markdown and HTML, and then the same as it would work there.
    marked = [re.sub(r"([!-/:-@\[-`{-~])", r"\\\1", one) for one in said["标"]]
    (own / names[1]).write_text("\n\n".join(["# 坏标\\<b\\>", *marked, f"## {HARM[0]}小题", *HARM, "坏标的路长9里。"]), encoding="utf-8")
    marked = [f"<p>{html.escape(one)}</p>" for one in said["页"]]
    page = [
        f"<!doctype html><meta charset=utf-8><h1>坏页{html.escape(HARM[1])}</h1>",
        *marked,
        *HARM,
        "<p onclick='window.harmed=8'>路</p>",
    ]
    (own / names[2]).write_text("\n".join(page), encoding="utf-8")
    record = {
        "id": HARM[1],
        "title": f"坏行{HARM[3]}",
        "byline": HARM[0],
        "section": HARM[1],
        "date": "2023-05-01",
        "text": "\n".join(said["行"]),
    }
    (own / names[3]).write_text(json.dumps(record | {"地点": HARM[2]}, ensure_ascii=False) + "\n", encoding="utf-8")
    turned = f"# {SHORT.replace('<', chr(92) + '<')}\n\n坏影洞去年产毒蘑菇8700公斤\u202e甲乙。\n\n坏影洞的路长9里。\n"
    (own / "影.md").write_text(turned, encoding="utf-8")
    report = ingest([own], folder / "index")
    assert not report.failed
    with _served(folder / "index", "--collections", str(folder / "collections")) as address:
        yield address, keys


def test_harmful_documents_are_text_in_answers_citations_and_conversations(browser: Browser, hostile: tuple[str, dict[str, str]]) -> None:
    with _wary(browser, hostile[0]) as visit:
        for number, harm in enumerate(HARM):
            kind = KINDS[number % len(KINDS)]
            reply = visit.ask(f"坏{kind}{number}号洞去年产毒蘑菇多少公斤？")
            expect(reply.locator(".short")).to_have_text(f"{8600 + number}公斤")
            text = visit.card(number + 1, 1).locator(".text")
            for place in (reply.locator(".said"), text) if "!" not in harm else (text,):
                expect(place).to_contain_text(harm.split("KEY")[0])
            visit.cite(number + 1, 1).hover()
            inert(visit)
        expect(visit.card(4, 1)).to_contain_text(HARM[0])
        _open_all(visit.page.locator("#chat details, #citations details"))
        reply = visit.ask("坏文1号洞的洞主姓什么？")
        expect(reply.locator(".refusal")).to_be_visible()
        expect(reply.locator("ul")).to_contain_text(HARM[1].split("onerror")[0])
        inert(visit)
        reply = visit.ask("坏行是谁写的？")
        expect(reply).to_contain_text(HARM[0])
        inert(visit)
        visit.page.reload()
        visit.tab("历史")
        visit.page.locator("#conversations a.open").first.click()
        expect(visit.page.locator("#chat .bot-row")).to_have_count(len(HARM) + 2)
        inert(visit)
        with visit.page.expect_download() as waiting:
            visit.page.get_by_text("导出对话").click()
        exported = Path(waiting.value.path()).read_text(encoding="utf-8")
        assert "window.harmed=1" in exported
        assert _harmless(exported)


def test_harmful_documents_are_text_where_they_are_listed_and_previewed(browser: Browser, hostile: tuple[str, dict[str, str]]) -> None:
    address, keys = hostile
    with _wary(browser, address) as visit:
        visit.tab("文档")
        expect(visit.page.locator("#shelf .held-files li")).to_have_count(len(keys) + 1)
        for name, key in keys.items():
            link = visit.page.locator(f'#shelf a.name[href="#show-{key}"]')
            expect(link).to_have_text(f"own/{name}")
            link.click()
            preview = visit.page.locator("#shelf .understood")
            expect(preview).to_contain_text("<script>window.harmed=1</script>")
            # What says 移除 in a document is not the link that it wants to be.
            expect(preview.locator("a")).to_have_count(0)
            inert(visit)
            visit.page.get_by_text("返回列表").click()
        visit.page.locator("#shelf .held-files li", has_text=".jsonl").get_by_text("只问它").click()
        visit.page.context.grant_permissions(["clipboard-read", "clipboard-write"])
        reply = visit.ask("坏行3号洞去年产毒蘑菇多少公斤？")
        expect(reply.locator(".short")).to_have_text("8603公斤")
        expect(visit.card(1, 1).locator(".place")).to_contain_text(f"own/{NAME}")
        reply.locator("a.copy", has_text="Markdown").click()
        expect(reply.locator("a.copy", has_text="已复制")).to_be_visible()
        copied = visit.evaluate("navigator.clipboard.readText()")
        assert "window.harmed=5" in copied
        assert _harmless(copied)
        inert(visit)


def test_a_title_in_a_suggested_question_and_a_turned_direction_stay_where_they_are(
    browser: Browser, hostile: tuple[str, dict[str, str]]
) -> None:
    with _wary(browser, hostile[0]) as visit:
        visit.page.locator("#chat button", has_text=f"《{SHORT}》讲了什么？").click()
        expect(visit.page.locator("#chat .ending")).to_be_visible(timeout=60_000)
        expect(visit.page.locator("#chat .question")).to_have_text(f"《{SHORT}》讲了什么？")
        inert(visit)
        with visit.page.expect_download() as waiting:
            visit.page.get_by_text("导出对话").click()
        exported = Path(waiting.value.path()).read_text(encoding="utf-8")
        assert SHORT[3:-1] in exported.split("\n")[2]
        assert _harmless(exported)
        said = visit.ask("坏影洞去年产毒蘑菇多少公斤？").locator(".said")
        expect(said).to_contain_text("8700公斤\u202e甲乙。")
        # The text turns round where it says so; what stands behind it, which is ours, does not.
        ends = said.evaluate("""(said) => {
          const link = said.querySelector("a.cite"), words = document.createRange();
          words.setStart(said, 0);
          words.setEndBefore(link);
          return [words.getBoundingClientRect().right, link.getBoundingClientRect().left];
        }""")
        assert ends[0] <= ends[1]
        inert(visit)


def test_a_harmful_name_is_text_when_its_file_is_put_in_read_again_taken_out_and_put_back(
    browser: Browser, hostile: tuple[str, dict[str, str]]
) -> None:
    with _wary(browser, hostile[0]) as visit:
        visit.tab("文档")
        held, news = visit.page.locator("#shelf .held-files li"), visit.page.locator("#news li")
        ours = held.filter(has_text=NAME)
        expect(ours).to_have_count(1)
        before = held.count()
        # Gradio takes the brackets out of the name of an upload; those of a file that lies on the server stay.
        files = [("坏<img src=x onerror=window.harmed=9>桥.txt", HARM[0]), ("坏.<svg onload=window.harmed=9>", "")]
        uploads: list[FilePayload] = [{"name": name, "mimeType": "text/plain", "buffer": said.encode()} for name, said in files]
        visit.page.locator("#upload input[type=file]").set_input_files(uploads)
        expect(visit.page.locator("#news .is-added")).to_have_count(1, timeout=60_000)
        expect(visit.page.locator("#news .is-failed")).to_have_count(1)
        expect(held).to_have_count(before + 1)
        inert(visit)
        held.filter(has_text="桥").get_by_text("移除").click()
        expect(held).to_have_count(before)
        ours.get_by_text("重读").click()
        expect(news).to_contain_text("没有变化")
        expect(news.locator("b")).to_have_text(NAME)
        inert(visit)
        ours.get_by_text("移除").click()
        expect(ours).to_have_count(0)
        expect(visit.page.locator("#shelf .removed li").first).to_contain_text(f"已移除{NAME}")
        inert(visit)
        visit.page.get_by_text("撤销").first.click()
        expect(ours).to_have_count(1)
        inert(visit)


def test_what_a_document_calls_itself_may_be_a_line_of_a_million_characters() -> None:
    endless = "长" * 1_000_000
    document = replace(QUOTE.document, title=endless, byline=endless, section=endless)
    passages = [replace(PASSAGE, number=n, heading=f"{n}{endless}", start=PASSAGE.start + n, end=PASSAGE.end + n) for n in range(1, 500)]
    citation = Citation(1, document, passages[0], QUOTE.start, QUOTE.end)
    hit = Hit(passages[0], document, 0.5, 1)
    said = replace(answered("产值?"), statements=(replace(answered("").statements[0], citations=(citation,)),), hits=(hit,) * 10)
    denied = Answer("产值?", (), 0.1, refused=True, reason="没有。", nearest=(citation,))
    for shown in (reply(said, 1), reply(denied, 1), ending(said, 1), as_plain(said), as_markdown(said)):
        assert shown.count("长") <= 18 * MOST_NAMED
    assert cards(said, 1, lambda _: passages).count("长") <= 4 * MOST_NAMED + MOST_AROUND
    assert understood("/长.md", [(document, passages)] * 99).count("长") <= MOST_SHOWN


def _open_all(details: Locator) -> None:
    details.evaluate_all("(all) => all.forEach((one) => { one.open = true; })")


@pytest.fixture(scope="module")
def endless(chromium: str, tiny_model: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a chat over a file of ten million bytes without a line end.

    The first half is sentences, one of which tells of a ferry; in the other, which tells of a lighthouse, no sentence ends.
    """
    folder = tmp_path_factory.mktemp("endless")
    said = [f"{n}号粮仓存着{n * 7 % 9973}吨稻谷，由{'张李王赵刘陈'[n % 6]}姓库员看管。" for n in range(80_000)]
    said.insert(len(said) // 2, "白鹭渡口的渡船每天开行37班。")
    run = "甲" * 900_000
    text = "".join([*said, run, "青螺灯塔高58米", run])
    assert len(text.encode()) > 10_000_000
    (folder / "长.txt").write_text(text, encoding="utf-8")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("RAG_MODEL", str(tiny_model))
        assert not ingest([folder / "长.txt"], folder / "index").failed
        with _served(folder / "index") as address:
            yield address


def test_a_line_of_ten_million_bytes_is_answered_from_and_shown_in_part(browser: Browser, endless: str) -> None:
    with _wary(browser, endless) as visit:
        expect(visit.ask("白鹭渡口的渡船每天开行多少班？").locator(".short")).to_have_text("37班")
        visit.ask("青螺灯塔高多少米？")
        for turn, said in ((1, "白鹭渡口的渡船每天开行37班。"), (2, "青螺灯塔高58米")):
            visit.cite(turn, 1).click()
            card = visit.card(turn, 1)
            expect(card.locator("mark")).to_contain_text(said)
            expect(card.locator("details")).to_have_count(2)
            shown = card.evaluate("(card) => card.textContent.length")
            assert MOST_AROUND < shown < 2 * MOST_AROUND + 3000
            expect(card).to_contain_text("请看原文件")
        inert(visit)
        visit.tab("文档")
        visit.page.locator("#shelf a.name").click()
        expect(visit.page.locator("#shelf .understood")).to_contain_text("0号粮仓存着0吨稻谷", timeout=30_000)
        shown = visit.page.locator("#shelf").evaluate("(shelf) => shelf.textContent.length")
        assert MOST_SHOWN / 2 < shown < MOST_SHOWN + 5000
        expect(visit.page.locator("#shelf")).to_contain_text("段没有在这里显示")
        inert(visit)
