"""Conversations in the chat: they outlive a reload, can be opened and dropped, and their answers judged."""

from pathlib import Path

from playwright.sync_api import Browser, expect

import ui
from rag.chat.history import History
from tests.browser.talk import Visit
from tests.browser.test_chat import Moody

OUTPUT = "临港新能源产值?"


def test_a_conversation_is_opened_again_after_a_reload_goes_on_and_is_dropped(visit: Visit) -> None:
    visit.ask(OUTPUT)
    page = visit.page
    page.reload()
    expect(page.locator("#question textarea")).to_be_visible(timeout=60_000)
    visit.tab("历史")
    ours = page.locator("#conversations li", has_text=OUTPUT).first
    ours.locator("a.open").click()
    expect(page.locator("#chat .bot-row .short")).to_have_text("2634亿元")
    expect(page.locator("#conversations li.current")).to_have_count(1)
    visit.cite(1, 1).click()
    expect(visit.card(1, 1)).to_be_focused()
    reply = visit.ask("那2021年呢？")
    expect(reply).to_contain_text("理解为")
    visit.tab("历史")
    visit.picture("chat-history")
    count = page.locator("#conversations li").count()
    page.locator("#conversations li.current a.drop").click()
    expect(page.locator("#conversations li.current a.drop")).to_have_text("确定删除？")
    expect(page.locator("#chat .bot-row")).to_have_count(2)
    page.locator("#conversations li.current a.drop").click()
    expect(page.locator("#conversations li")).to_have_count(count - 1)
    expect(page.locator("#chat .bot-row")).to_have_count(0)
    assert not visit.complaints


def test_an_answer_is_judged(visit: Visit) -> None:
    reply = visit.ask(OUTPUT)
    useful = reply.locator("a.judge", has_text="有用")
    with visit.page.expect_response(lambda response: "predict" in response.url) as heard:
        useful.click()
    assert heard.value.ok
    expect(useful).to_have_class("judge is-chosen")
    reply.locator("a.judge", has_text="没用").click()
    expect(useful).not_to_have_class("judge is-chosen")


def test_a_chat_whose_conversations_cannot_be_kept_goes_on_and_says_so(browser: Browser, tmp_path: Path) -> None:
    path = tmp_path / "conversations.sqlite"
    page = ui.launch(Moody(), history=History(path))  # type: ignore[arg-type]
    try:
        with Visit(browser.new_context(locale="zh-CN").new_page(), str(page.local_url)) as visit:
            visit.ask("产值?")
            visit.tab("历史")
            expect(visit.page.locator("#conversations a.open")).to_have_count(1)
            for other in tmp_path.glob("*-wal"):
                other.unlink()
            path.write_bytes("这不是数据库".encode() * 1000)
            expect(visit.ask("面积?")).to_contain_text("2634亿元")
            expect(visit.page.locator("#conversations")).to_contain_text("对话存不下来")
            visit.page.locator("#chat .judge").first.click()
            expect(visit.ask("人口?")).to_contain_text("2634亿元")
            expect(visit.page.locator(".toast-body")).to_have_count(0)
    finally:
        page.close(verbose=False)


def test_an_empty_question_changes_nothing_of_what_is_kept(visit: Visit) -> None:
    reply = visit.ask(OUTPUT)
    with visit.page.expect_response(lambda response: "predict" in response.url):
        reply.locator("a.judge", has_text="有用").click()
    visit.tab("历史")
    count = visit.page.locator("#conversations li").count()
    visit.page.locator("#question textarea").press("Enter")
    expect(visit.page.locator("#chat .bot-row").last).to_contain_text("请先写下想问的问题。")
    expect(visit.page.locator("#conversations li")).to_have_count(count)
    expect(visit.page.locator("#chat .bot-row .short")).to_have_count(1)
