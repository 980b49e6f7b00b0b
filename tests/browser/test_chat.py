"""The chat as a person uses it: real model pack, real index, real browser. WENJU_SCREENSHOTS=DIR keeps pictures of it."""

import threading
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest
from gradio_client import Client  # type: ignore[import-untyped]
from playwright.sync_api import Browser, expect

import ui
from rag.errors import IndexCorrupt
from rag.records import Answer, Document
from tests.browser.talk import Visit
from tests.test_ui import Bare, answered, refused

OUTPUT = "临港新能源产值?"
LOAN = "禾泽农商银行“春耕贷”的年利率是多少？"


def test_an_answer_grows_before_the_eye_and_ends_in_a_marker(visit: Visit) -> None:
    reply = visit.ask(OUTPUT)
    expect(reply.locator(".short")).to_have_text("2634亿元")
    expect(reply.locator(".said")).to_contain_text("2634亿元")
    expect(visit.cite(1, 1)).to_have_text("[1]")
    states = visit.evaluate("window.states")
    assert len(states) > 1, f"the answer came all at once: {states}"
    assert [len(state) for state in states] == sorted(len(state) for state in states)
    assert states[-1].startswith(states[0])
    assert "2634亿元" in states[-1]
    assert not visit.complaints


def test_a_marker_leads_to_the_paragraph_with_the_quoted_words_marked(visit: Visit) -> None:
    reply = visit.ask(OUTPUT)
    expect(visit.card(1, 1)).not_to_have_class("card is-target")
    visit.cite(1, 1).click()
    card = visit.card(1, 1)
    expect(card).to_have_class("card is-target")
    expect(card).to_be_focused()
    expect(card.locator("mark")).to_be_in_viewport(ratio=1)
    quoted = reply.locator(".said").inner_text().removesuffix("[1]")
    assert card.locator("mark").inner_text() == quoted
    assert quoted in card.locator(".text").inner_text()
    assert card.locator(".text").inner_text() != quoted
    for seen in ("《滩涂之上 临港开出新能源汽车城》", "第2段", "examples/page-06-industry.txt 第"):
        expect(card).to_contain_text(seen)
    assert card.evaluate("card => getComputedStyle(card).boxShadow") != "none"


def test_pointing_at_a_marker_shows_its_paragraph_beside_it(visit: Visit) -> None:
    visit.ask(OUTPUT)
    peek = visit.page.locator("#peek")
    visit.cite(1, 1).hover()
    expect(peek).to_be_visible()
    expect(peek.locator("mark")).to_contain_text("2634亿元")
    visit.picture("chat-peek")
    visit.page.mouse.move(0, 0)
    expect(peek).to_be_hidden()


def test_a_cited_paragraph_can_be_read_in_its_article(visit: Visit) -> None:
    visit.ask(OUTPUT)
    card = visit.card(1, 1)
    after = card.locator("details.around").last
    expect(after.locator("p").first).to_be_hidden()
    after.locator("summary").click()
    expect(after.locator("p").first).to_be_visible()
    assert after.locator("p").count() == int(after.locator("summary").inner_text().split()[1])


def test_an_answer_says_how_sure_it_is_and_why_it_was_given(visit: Visit) -> None:
    reply = visit.ask(OUTPUT)
    expect(reply.locator(".support .bar i")).to_be_visible()
    reply.locator(".support summary").click()
    expect(reply.locator(".support .note")).to_be_visible()
    reply.locator(".why summary").click()
    expect(reply.locator(".why tbody tr")).not_to_have_count(0)
    expect(reply.locator(".why")).to_contain_text("检索")
    visit.picture("chat-why")


def test_an_answer_is_copied_as_text_as_markdown_and_as_references(visit: Visit) -> None:
    visit.page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    reply = visit.ask(OUTPUT)
    quote = visit.card(1, 1).locator("mark").inner_text()
    for name, copied in (
        ("复制", f"{quote}[1]"),
        ("Markdown", "**2634亿元**\n\n"),
        ("参考文献", "[1] 陆知行. 滩涂之上 临港开出新能源汽车城[Z]."),
    ):
        reply.locator("a.copy", has_text=name).first.click()
        expect(reply.locator("a.copy", has_text="已复制")).not_to_have_count(0)
        assert visit.evaluate("navigator.clipboard.readText()").startswith(copied)


def test_a_conversation_is_exported_as_markdown(visit: Visit) -> None:
    visit.ask(OUTPUT)
    visit.ask(LOAN)
    visit.ask("明天会下雨吗？")
    with visit.page.expect_download() as waiting:
        visit.page.locator("a.export").click()
    assert waiting.value.suggested_filename.endswith(".md")
    exported = waiting.value.path().read_text(encoding="utf-8")
    assert exported.startswith(f"# 文据 · 对话\n\n## {OUTPUT}\n\n**2634亿元**\n\n")
    assert f"## {LOAN}" in exported
    assert "[^1-1]: " in exported
    assert "[^2-1]: " in exported
    assert "## 明天会下雨吗？" in exported
    assert "没有找到" in exported.partition("## 明天会下雨吗？")[2]


def test_a_question_is_asked_again_or_changed(visit: Visit) -> None:
    first = visit.ask(OUTPUT)
    first.locator("a.edit").click()
    box = visit.page.locator("#question textarea")
    expect(box).to_have_value(OUTPUT)
    expect(box).to_be_focused()
    box.fill("")
    first.locator("a.again").click()
    expect(visit.page.locator("#chat .bot-row .short")).to_have_count(2, timeout=60_000)


def test_the_arrows_go_through_the_markers_and_escape_comes_back(visit: Visit) -> None:
    visit.ask("3号线哪天开通，起步价多少元？")
    links = visit.page.locator("#chat a.cite")
    assert links.count() > 1
    links.first.focus()
    visit.page.keyboard.press("ArrowRight")
    expect(links.nth(1)).to_be_focused()
    visit.page.keyboard.press("ArrowLeft")
    expect(links.first).to_be_focused()
    visit.page.keyboard.press("Enter")
    expect(visit.page.locator("article.card:focus")).to_have_count(1)
    visit.page.keyboard.press("Escape")
    expect(links.first).to_be_focused()


def test_an_empty_chat_suggests_questions_that_have_answers(visit: Visit) -> None:
    suggestion = visit.page.locator("#chat button", has_text="讲了什么？").first
    suggestion.click()
    expect(visit.page.locator("#chat .bot-row .said")).to_be_visible(timeout=60_000)
    expect(visit.page.locator("#chat .bot-row a.cite")).not_to_have_count(0)


def test_the_keyboard_goes_to_the_paragraph_and_back(visit: Visit) -> None:
    visit.ask(OUTPUT)
    visit.cite(1, 1).focus()
    visit.page.keyboard.press("Enter")
    expect(visit.card(1, 1)).to_be_focused()
    visit.page.keyboard.press("Tab")
    expect(visit.card(1, 1).locator(".back")).to_be_focused()
    visit.page.keyboard.press("Enter")
    expect(visit.cite(1, 1)).to_be_focused()


def test_a_marker_of_an_earlier_turn_brings_back_that_turns_paragraphs(visit: Visit) -> None:
    visit.ask(OUTPUT)
    visit.ask("岚溪县2022年产干茶多少吨？")
    expect(visit.card(2, 1)).to_be_visible()
    expect(visit.card(2, 1)).to_contain_text("春茶")
    expect(visit.card(1, 1)).to_be_hidden()
    visit.cite(1, 1).click()
    expect(visit.card(1, 1)).to_have_class("card is-target")
    expect(visit.card(1, 1).locator("mark")).to_be_in_viewport(ratio=1)
    expect(visit.card(1, 1).locator("mark")).to_contain_text("2634亿元")
    expect(visit.card(2, 1)).to_be_hidden()
    visit.picture("chat")
    visit.cite(2, 1).click()
    expect(visit.card(2, 1)).to_have_class("card is-target")
    expect(visit.card(2, 1).locator("mark")).to_contain_text("干茶")
    expect(visit.page.locator(".is-target")).to_have_count(1)


def test_a_refusal_says_so_says_why_and_shows_what_comes_nearest(visit: Visit) -> None:
    reply = visit.ask("2021年临港智能新能源汽车产值是多少？")
    expect(reply.locator(".refusal")).to_have_text("文档没有回答这个问题")
    expect(reply).to_contain_text("2021年")
    expect(reply).to_contain_text("最接近的段落")
    expect(reply.locator(".short, .said, .support")).to_have_count(0)
    visit.cite(1, 1).click()
    expect(visit.card(1, 1)).to_have_class("card is-target")
    expect(visit.card(1, 1).locator("mark")).to_be_in_viewport()
    visit.picture("refusal")


def test_nothing_is_asked_of_any_other_host(visit: Visit) -> None:
    visit.ask(OUTPUT)
    visit.cite(1, 1).click()
    visit.ask("毒蘑菇的广告费是多少？")
    for pane in ("文档", "历史"):
        visit.tab(pane)
    assert visit.requests
    assert visit.asked_outside() == []


@pytest.mark.parametrize("question", ["坏茶厂去年卖出毒蘑菇多少公斤？", "毒蘑菇的广告费是多少？"])
def test_what_a_document_holds_is_shown_and_never_obeyed(visit: Visit, question: str) -> None:
    reply = visit.ask(question)
    card = visit.card(1, 1)
    expect(card).to_contain_text("坏茶厂<script>window.harmed=1</script>")
    expect(card.locator(".text")).to_contain_text("onerror=" if "公斤" in question else "[点这里](javascript:")
    for shown in (reply, card):
        assert shown.locator("script, img, iframe, strong, em, code, a:not([href^='#'])").count() == 0
    assert visit.evaluate("window.harmed") is None
    assert not any("harm.invalid" in url for url in visit.requests)


def test_what_a_person_asks_is_shown_and_never_obeyed(visit: Visit) -> None:
    question = '<img src=x onerror="window.harmed=1"> **粗** [链](javascript:window.harmed=2)'
    visit.ask(question)
    expect(visit.page.locator("#chat .question")).to_have_text(question)
    assert visit.page.locator("#chat .question *").count() == 0
    assert visit.evaluate("window.harmed") is None


def test_the_browser_itself_refuses_what_would_slip_through(visit: Visit) -> None:
    blocked = visit.evaluate("""async () => {
      const blocked = [];
      document.addEventListener("securitypolicyviolation", (event) => blocked.push(event.effectiveDirective));
      const image = document.createElement("img");
      image.src = "http://harm.invalid/a.png";
      const script = document.createElement("script");
      script.textContent = "window.harmed = 1";
      const button = document.createElement("button");
      button.setAttribute("onclick", "window.harmed = 2");
      document.body.append(image, script, button);
      button.click();
      await fetch("http://harm.invalid/").catch(() => {});
      await new Promise((done) => setTimeout(done, 300));
      return blocked.sort();
    }""")
    assert blocked == ["connect-src", "img-src", "script-src-attr", "script-src-elem"]
    assert visit.evaluate("window.harmed") is None
    assert visit.asked_outside(), "the attempts are seen, as any would be"
    visit.requests.clear()


def test_a_phone_shows_the_pane_below_and_scrolls_one_way_only(visit_by_phone: Visit) -> None:
    visit = visit_by_phone
    visit.ask(OUTPUT)
    assert visit.evaluate("document.documentElement.scrollWidth <= innerWidth")
    chat, pane = visit.page.locator("#talk").bounding_box(), visit.page.locator("#cited").bounding_box()
    assert chat is not None
    assert pane is not None
    assert pane["y"] >= chat["y"] + chat["height"]
    visit.picture("phone-answer")
    visit.cite(1, 1).tap()
    expect(visit.card(1, 1).locator("mark")).to_be_in_viewport(ratio=1)
    visit.picture("phone-cited")
    visit.card(1, 1).locator(".back").tap()
    expect(visit.cite(1, 1)).to_be_in_viewport()
    visit.ask("毒蘑菇的广告费是多少？")
    assert visit.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_the_quoted_words_can_be_read_in_the_dark(visit_at_night: Visit) -> None:
    visit = visit_at_night
    visit.ask(OUTPUT)
    visit.cite(1, 1).click()
    ratio = visit.evaluate("""() => {
      const luminance = (color) => {
        const linear = (part) => (part <= 0.03928 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4);
        const [r, g, b] = color.match(/[0-9.]+/g).map((part) => linear(part / 255));
        return 0.2126 * r + 0.7152 * g + 0.0722 * b;
      };
      const style = getComputedStyle(document.querySelector("#cite-1-1 mark"));
      const [low, high] = [luminance(style.color), luminance(style.backgroundColor)].sort((a, b) => a - b);
      return (high + 0.05) / (low + 0.05);
    }""")
    assert ratio > 4.5  # what WCAG 2 asks of text
    visit.picture("dark")


def test_an_empty_question_gets_one_sentence_and_clearing_gets_the_first_page_back(visit: Visit) -> None:
    visit.picture("welcome")
    visit.ask(OUTPUT)
    expect(visit.ask("   ")).to_contain_text("请先写下想问的问题。")
    visit.page.get_by_role("button", name="新对话", exact=True).click()
    expect(visit.page.locator("#chat .bot-row")).to_have_count(0)
    expect(visit.page.locator("#citations .card")).to_have_count(0)
    visit.ask(LOAN)
    expect(visit.card(1, 1)).to_contain_text("3.45%")


class Moody(Bare):
    """An assistant that takes its time, fails, or answers at once, as the question has it."""

    def __init__(self, documents: Sequence[Document] = ()) -> None:
        self.go_on = threading.Event()
        self.documents = documents

    def latest(self, limit: int) -> list[Document]:
        return list(self.documents[:limit])

    def answer(self, question: str, where: object = None, history: object = ()) -> Answer:
        if "慢" in question:
            assert self.go_on.wait(60)
        if "错" in question:
            raise IndexCorrupt("the catalogue at /secret/place is torn; rebuild it: rm it")
        return refused(question) if "没有" in question else answered(question)

    def stream(self, question: str, where: object = None, history: object = ()) -> Iterator[Answer]:
        if "一点点" in question:
            yield answered(question, cut=5)
            while not self.go_on.wait(0.05):
                yield answered(question, cut=9)
        yield self.answer(question)


@pytest.fixture
def moody(browser: Browser) -> Iterator[tuple[Visit, Moody, str]]:
    assistant = Moody()
    page = ui.launch(assistant)  # type: ignore[arg-type]
    try:
        with Visit(browser.new_context(locale="zh-CN").new_page(), str(page.local_url)) as visiting:
            yield visiting, assistant, str(page.local_url)
    finally:
        assistant.go_on.set()
        page.close(verbose=False)


def test_an_error_is_one_chinese_sentence_and_gives_nothing_away(moody: tuple[Visit, Moody, str]) -> None:
    visit, _, _ = moody
    reply = visit.ask("出错")
    assert reply.inner_text().strip() == "回答时出了错，请稍后再问一次。"
    assert "secret" not in visit.page.content()
    expect(visit.ask("再问")).to_contain_text("2634亿元")


def test_stop_ends_an_answer_and_the_next_question_can_be_asked(moody: tuple[Visit, Moody, str]) -> None:
    visit, _, _ = moody
    visit.page.fill("#question textarea", "一点点")
    visit.page.keyboard.press("Enter")
    expect(visit.page.locator("#chat .said")).to_be_visible()
    expect(visit.page.get_by_role("button", name="新对话", exact=True)).to_be_disabled()
    visit.page.get_by_role("button", name="停止").click()
    expect(visit.page.locator("#chat .bot-row").last).to_contain_text("已停止。")
    expect(visit.ask("再问")).to_contain_text("2634亿元")
    expect(visit.cite(2, 1)).to_be_visible()
    expect(visit.page.locator("#chat .bot-row").first).to_contain_text("已停止。")


def test_stop_ends_the_answer_to_a_suggested_question_too(browser: Browser) -> None:
    assistant = Moody([replace(answered("").citations[0].document, title="一点点")])
    page = ui.launch(assistant)  # type: ignore[arg-type]
    try:
        with Visit(browser.new_context(locale="zh-CN").new_page(), str(page.local_url)) as visit:
            visit.page.locator("#chat button", has_text="《一点点》讲了什么？").click()
            expect(visit.page.locator("#chat .said")).to_be_visible()
            visit.page.fill("#question textarea", "这时又问")
            visit.page.keyboard.press("Enter")
            visit.page.wait_for_timeout(500)
            expect(visit.page.locator("#chat .question")).to_have_count(1)
            expect(visit.page.locator("#question textarea")).to_have_value("这时又问")
            visit.page.get_by_role("button", name="停止").click()
            expect(visit.page.locator("#chat .bot-row").last).to_contain_text("已停止。")
            expect(visit.page.locator("#question .submit-button")).to_be_visible()
            assistant.go_on.set()
            visit.page.wait_for_timeout(500)
            expect(visit.page.locator("#chat .bot-row").last).to_contain_text("已停止。")
    finally:
        assistant.go_on.set()
        page.close(verbose=False)


def test_one_slow_answer_holds_up_no_one_else(moody: tuple[Visit, Moody, str]) -> None:
    visit, assistant, address = moody
    with ThreadPoolExecutor() as others:
        slow = others.submit(lambda: Client(address, verbose=False).predict("慢", api_name="/ask"))
        time.sleep(1)
        expect(visit.ask("快")).to_contain_text("2634亿元")
        assert not slow.done()
        assistant.go_on.set()
        assert slow.result(timeout=30)["short"] == "2634亿元"


def test_a_filter_keeps_the_answer_to_the_documents_that_meet_it(visit: Visit) -> None:
    visit.page.get_by_role("button", name="筛选文档").click()
    visit.page.get_by_label("标题").fill("没有这样的标题")
    expect(visit.ask(OUTPUT).locator(".answer")).to_contain_text("没有符合筛选条件的文档")
    visit.page.get_by_label("标题").fill("汽车城")
    visit.page.get_by_label("文件").fill("page-06")
    expect(visit.ask(OUTPUT).locator(".short")).to_have_text("2634亿元")
    visit.picture("filters")
    visit.page.get_by_label("起始").fill("前年")
    visit.page.fill("#question textarea", OUTPUT)
    visit.page.keyboard.press("Enter")
    expect(visit.page.locator("#chat .bot-row").last).to_contain_text("日期请写成")
    assert not visit.complaints
