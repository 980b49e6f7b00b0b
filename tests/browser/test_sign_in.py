"""Signing in to the chat, in a browser: nothing is shown before a name and its password are right."""

import urllib.request
from urllib.error import HTTPError

import pytest
from playwright.sync_api import Browser, expect

PASSWORD = "暗号八个字以上吧"


def test_who_signs_in_may_ask_and_who_does_not_may_not(browser: Browser, guarded: str) -> None:
    with browser.new_context(locale="zh-CN") as context:
        page = context.new_page()
        page.goto(guarded)
        name, password = page.locator("input[type=text], textarea").first, page.locator("input[type=password]")
        expect(page.get_by_text("请用管理员给的名字和密码登录。")).to_be_visible(timeout=60_000)
        name.fill("wang")
        password.fill("不对的暗号八个字")
        page.get_by_role("button", name="登录").click()
        expect(page.locator("#question textarea")).to_have_count(0)
        password.fill(PASSWORD)
        page.get_by_role("button", name="登录").click()
        expect(page.locator("#question textarea")).to_be_visible(timeout=60_000)
        page.fill("#question textarea", "3号线总投资多少？")
        page.keyboard.press("Enter")
        expect(page.locator("#chat .short")).to_have_text("198亿元", timeout=60_000)


@pytest.mark.parametrize("path", ["config", "gradio_api/info", "gradio_api/call/ask"])
def test_without_signing_in_there_is_nothing_to_be_had(guarded: str, path: str) -> None:
    data = b'{"data": ["x"]}' if "call" in path else None
    asked = urllib.request.Request(f"{guarded}{path}", data=data, headers={"Content-Type": "application/json"})
    with pytest.raises(HTTPError) as refused:
        urllib.request.urlopen(asked, timeout=30)
    assert refused.value.code == 401
