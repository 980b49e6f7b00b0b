"""Documents that mean harm, in every format, and one of ten million bytes in a line: the chat shows what they say, and obeys nothing."""

import html
import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Locator, expect

from rag.chat.html import MOST_AROUND
from rag.chat.shelf import MOST_SHOWN
from rag.ingest import ingest
from rag.library import key_of
from tests.browser.conftest import _served, _visiting
from tests.browser.talk import Visit

HARM = [
    "<script>window.harmed=1</script>",
    '<img src="http://harm.invalid/a.png" onerror="window.harmed=2">',
    "<svg onload=window.harmed=3><a xlink:href='javascript:window.harmed=4'>图</a></svg>",
    "[点这里](javascript:window.harmed=5)",
    "![画](http://harm.invalid/b.png)",
    "</mark></p></details></article></section><style>body{display:none}</style>",
    '<iframe src="//harm.invalid"></iframe>',
    '<a class="wish" href="#remove-KEY">移除</a>',
    '<a class="cite" href="#cite-1-9">[9]</a><span id="copy-1-plain">假</span>',
    "{{7*7}}${7*7}`x`**粗**$\\href{javascript:x}{y}$~~删~~|甲|乙|",
    "\u202e反\u202c&lt;b&gt;&#60;i&#62;&colon;",
]
"""What would run, load, lead away, take the page apart, or pass for a part of it."""

NAME = "<img src=x onerror=window.harmed=6>&[a](javascript:b).jsonl"

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


def inert(visit: Visit) -> None:
    """Nothing of the documents has become a part of the page, nothing has run, and nothing was asked of anybody."""
    assert visit.evaluate(LISTED) == []
    assert visit.evaluate("window.harmed") is None
    assert visit.asked_outside() == []
    assert visit.complaints == []
    expect(visit.page.locator("#question textarea")).to_be_visible()
    assert visit.page.locator("[id^=copy-1-plain]").count() <= 1


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
    report = ingest([own], folder / "index")
    assert not report.failed
    with _served(folder / "index") as address:
        yield address, keys


def test_harmful_documents_are_text_in_answers_citations_and_conversations(browser: Browser, hostile: tuple[str, dict[str, str]]) -> None:
    with _visiting(browser, hostile[0], width=1280, height=800) as visit:
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
        reply = visit.ask("坏行是谁写的？")
        expect(reply).to_contain_text(HARM[0])
        inert(visit)
        visit.page.reload()
        visit.tab("历史")
        visit.page.locator("#conversations a.open").first.click()
        expect(visit.page.locator("#chat .bot-row")).to_have_count(len(HARM) + 1)
        inert(visit)
        with visit.page.expect_download() as waiting:
            visit.page.get_by_text("导出对话").click()
        exported = Path(waiting.value.path()).read_text(encoding="utf-8")
        assert "window.harmed=1" in exported
        assert not re.search(r"(?<!\\)<(?:script|img|svg|a |iframe|style)|(?<!\\)\]\((?:javascript|http)", exported)


def test_harmful_documents_are_text_where_they_are_listed_and_previewed(browser: Browser, hostile: tuple[str, dict[str, str]]) -> None:
    address, keys = hostile
    with _visiting(browser, address, width=1280, height=800) as visit:
        visit.tab("文档")
        expect(visit.page.locator("#shelf .held-files li")).to_have_count(len(keys))
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
        expect(visit.ask("坏行3号洞去年产毒蘑菇多少公斤？").locator(".short")).to_have_text("8603公斤")
        expect(visit.card(1, 1).locator(".place")).to_contain_text(f"own/{NAME}")
        inert(visit)


def _open_all(details: Locator) -> None:
    details.evaluate_all("(all) => all.forEach((one) => { one.open = true; })")


@pytest.fixture(scope="module")
def endless(chromium: str, tiny_model: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a chat over a file of ten million bytes without a line end, one sentence of which tells of a ferry."""
    folder = tmp_path_factory.mktemp("endless")
    said = [f"{n}号粮仓存着{n * 7 % 9973}吨稻谷，由{'张李王赵刘陈'[n % 6]}姓库员看管。" for n in range(180_000)]
    said.insert(len(said) // 2, "白鹭渡口的渡船每天开行37班。")
    text = "".join(said)
    assert len(text.encode()) > 10_000_000
    (folder / "长.txt").write_text(text, encoding="utf-8")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("RAG_MODEL", str(tiny_model))
        assert not ingest([folder / "长.txt"], folder / "index").failed
        with _served(folder / "index") as address:
            yield address


def test_a_line_of_ten_million_bytes_is_answered_from_and_shown_in_part(browser: Browser, endless: str) -> None:
    with _visiting(browser, endless, width=1280, height=800) as visit:
        expect(visit.ask("白鹭渡口的渡船每天开行多少班？").locator(".short")).to_have_text("37班")
        visit.cite(1, 1).click()
        card = visit.card(1, 1)
        expect(card.locator("mark")).to_contain_text("白鹭渡口的渡船每天开行37班。")
        expect(card.locator("details")).to_have_count(2)
        shown = card.evaluate("(card) => card.textContent.length")
        assert MOST_AROUND < shown < 2 * MOST_AROUND + 3000
        expect(card).to_contain_text("请看原文件")
        visit.tab("文档")
        visit.page.locator("#shelf a.name").click()
        expect(visit.page.locator("#shelf .understood")).to_contain_text("0号粮仓存着0吨稻谷", timeout=30_000)
        shown = visit.page.locator("#shelf").evaluate("(shelf) => shelf.textContent.length")
        assert MOST_SHOWN / 2 < shown < MOST_SHOWN + 5000
        expect(visit.page.locator("#shelf")).to_contain_text("段没有在这里显示")
        inert(visit)
