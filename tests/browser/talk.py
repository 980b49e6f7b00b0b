"""What a visitor does to the chat and sees of it."""

import os
from pathlib import Path
from types import TracebackType
from typing import Any
from urllib.parse import urlsplit

from playwright.sync_api import Locator, Page, expect

WATCH = """() => {
  window.states = [];
  new MutationObserver(() => {
    const said = [...document.querySelectorAll("#chat .said")].at(-1)?.innerText;
    if (said && said !== window.states.at(-1)) window.states.push(said);
  }).observe(document.body, { subtree: true, childList: true, characterData: true });
}"""


class Visit:
    """A page of the chat, and everything it asked the network for, said on the console or failed at.

    No visit ends well that asked for anything of another origin than its own.
    """

    def __init__(self, page: Page, address: str) -> None:
        self.page = page
        self.origin = urlsplit(address).netloc
        self.requests: list[str] = []
        self.complaints: list[str] = []
        page.context.on("request", lambda request: self.requests.append(request.url))
        page.on("websocket", lambda socket: self.requests.append(socket.url))
        page.on("console", lambda message: self.complaints.append(message.text) if message.type == "error" else None)
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        page.goto(address)
        expect(page.locator("#question textarea")).to_be_visible(timeout=60_000)
        page.evaluate(WATCH)

    def ask(self, question: str) -> Locator:
        """Ask a question, and wait for the whole of what is said to it."""
        before = self.page.locator("#chat .bot-row").count()
        self.page.fill("#question textarea", question)
        self.page.keyboard.press("Enter")
        expect(self.page.locator("#chat .bot-row")).to_have_count(before + 1, timeout=60_000)
        expect(self.page.locator("#question .submit-button")).to_be_visible(timeout=60_000)
        reply = self.page.locator("#chat .bot-row").last
        expect(reply.locator(".waiting")).to_have_count(0)
        return reply

    def tab(self, name: str) -> None:
        """Turn to one of the panes at the right: 引用, 文档, 历史."""
        self.page.locator("#tabs").get_by_role("tab", name=name).click()

    def cite(self, turn: int, marker: int) -> Locator:
        """The first link of a marker; the card it leads to is `card`."""
        return self.page.locator(f'#chat a.cite[href="#cite-{turn}-{marker}"]').first

    def card(self, turn: int, marker: int) -> Locator:
        """The card of a marker."""
        return self.page.locator(f"#cite-{turn}-{marker}")

    def evaluate(self, script: str) -> Any:
        """What a script finds in the page."""
        return self.page.evaluate(script)

    def asked_outside(self) -> list[str]:
        """What was asked of any other origin."""
        return [url for url in self.requests if urlsplit(url).scheme not in ("data", "blob") and urlsplit(url).netloc != self.origin]

    def picture(self, name: str) -> None:
        """Save what is seen in the folder WENJU_SCREENSHOTS, where that is set."""
        if folder := os.environ.get("WENJU_SCREENSHOTS"):
            self.page.mouse.move(0, 0)
            self.page.wait_for_timeout(300)
            self.page.screenshot(path=Path(folder) / f"{name}.png")

    def __enter__(self) -> "Visit":
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.page.context.close()
        if error is None:
            assert self.asked_outside() == []
