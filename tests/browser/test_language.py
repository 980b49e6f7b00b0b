"""The page speaks English to a browser that does, and Chinese to every other; the answers are in Chinese."""

import re
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

import ui
from tests.browser.conftest import _visiting

ABOUT = (
    "#masthead p",
    "#filters",
    "#asking",
    "#tabs [role=tablist]",
    "#chat .support summary",
    "#chat .acts",
    "#chat .why",
    "#conversations span",
)


def test_an_english_browser_is_spoken_to_in_english_and_answered_in_chinese(browser: Browser, chat: str) -> None:
    with _visiting(browser, chat, width=1280, height=800, locale="en-GB") as visit:
        page = visit.page
        expect(page.locator("#chat .welcome")).to_contain_text("Write down a question")
        expect(page.locator("html")).to_have_attribute("lang", "en")
        reply = visit.ask("临港新能源产值?")
        expect(reply.locator(".short")).to_have_text("2634亿元")
        page.locator("#filters > button").click()
        page.locator("#chat .support summary").click()
        visit.tab("Citations")
        expect(page.locator("#citations .around summary").first).to_contain_text("Before")
        said = "".join(text for part in ABOUT for text in page.locator(part).all_inner_texts())
        # Titles of documents stand in the table of the hits, and questions are held for the links that ask them again.
        said = re.sub(r"《[^》]*》第\d+段", "", said)
        assert not re.findall(r"[\u4e00-\u9fff]+", said)
        visit.tab("Documents")
        shelf = page.locator("#shelf")
        expect(shelf.locator(".counts")).to_contain_text(re.compile(r"\d+ files, \d+ documents, \d+ passages"))
        expect(shelf).to_contain_text("Read again")
        refusal = visit.ask("临港2019年新能源产值?")
        expect(refusal.locator(".refusal")).to_have_text("The documents do not answer this")
        visit.picture("chat-english")
        assert not visit.complaints


@pytest.mark.parametrize("locale", ["zh-TW", "zh-Hans-CN", "zh-HK"])
def test_any_chinese_browser_is_spoken_to_in_chinese(browser: Browser, chat: str, locale: str) -> None:
    with _visiting(browser, chat, width=1280, height=800, locale=locale) as visit:
        expect(visit.page.locator("#chat .welcome")).to_contain_text("写下一个问题")
        expect(visit.page.locator("#tabs [role=tab]").first).to_have_text("引用")
        expect(visit.page.locator("#question .submit-button")).to_have_text("发送")


def test_what_gradio_itself_says_is_chinese_too(browser: Browser, chat: str, tmp_path: Path) -> None:
    large = tmp_path / "大.txt"
    with large.open("wb") as file:
        file.truncate(ui.LARGEST + 1)
    with _visiting(browser, chat, width=1280, height=800) as visit:
        visit.tab("文档")
        visit.page.locator("#upload input[type=file]").set_input_files(large)
        toast = visit.page.locator(".toast-body")
        expect(toast).to_contain_text("出错了")
        expect(toast).to_contain_text('文件太大（最多 256 MB）："大.txt"')
        visit.page.route("**/queue/join*", lambda route: route.abort())
        visit.page.fill("#question textarea", "临港新能源产值?")
        visit.page.keyboard.press("Enter")
        expect(toast.last).to_contain_text("与服务器的连接断了")


def test_a_browser_of_another_language_is_spoken_to_in_english(browser: Browser, chat: str) -> None:
    with _visiting(browser, chat, width=1280, height=800, locale="de-DE") as visit:
        expect(visit.page.locator("#chat .welcome")).to_contain_text("Write down a question")
        expect(visit.page.locator("#tabs [role=tab]").first).to_have_text("Citations")
