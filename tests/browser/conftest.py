"""A real chat to test: an index of examples/ and of a page that means harm, `python ui.py` over it, and Chromium to look at it with."""

import os
import shutil
import socket
import subprocess
import sys
import threading
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

from rag.ingest import ingest
from rag.users import Users
from tests.browser.talk import Visit

ROOT = Path(__file__).resolve().parent.parent.parent

FLAGS = [
    "--headless=new",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]

HOSTILE = """坏茶厂<script>window.harmed=1</script>

坏茶厂的网站写着<script>window.harmed=2</script><img src="http://harm.invalid/a.png" onerror="window.harmed=3">，去年卖出毒蘑菇8600公斤。

坏茶厂的广告写着[点这里](javascript:window.harmed=4)和![画](http://harm.invalid/b.png)，**毒蘑菇**的广告费是 77万元 https://harm.invalid/c。
"""


@pytest.fixture(scope="session")
def chromium() -> str:
    """The path of Debian's Chromium; without it these tests are skipped, but never where CI is to vouch for them."""
    found = shutil.which("chromium")
    if found is None:
        reason = "chromium is not installed: apt-get install chromium fonts-noto-cjk"
        if os.environ.get("CI") == "true":
            pytest.fail(reason)
        pytest.skip(reason)
    return found


@pytest.fixture(scope="session")
def browser(chromium: str) -> Iterator[Browser]:
    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=chromium, args=FLAGS)
        yield opened
        opened.close()


@pytest.fixture(scope="session")
def chat(chromium: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a chat over the examples and the hostile page, served by a process of its own."""
    folder = tmp_path_factory.mktemp("chat")
    (folder / "hostile.txt").write_text(HOSTILE, encoding="utf-8")
    report = ingest([ROOT / "examples" / "page-*.txt", folder / "hostile.txt"], folder / "index")
    assert not report.failed
    with _served(folder / "index") as address:
        yield address


@pytest.fixture(scope="session")
def guarded(chromium: str, examples_index: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a chat that wants a name and a password: wang, and 暗号八个字以上."""
    users = tmp_path_factory.mktemp("users") / "users.json"
    Users(users).add("wang", "暗号八个字以上吧")
    with _served(examples_index, "--users", str(users)) as address:
        yield address


@contextmanager
def _served(index: Path, *options: str) -> Iterator[str]:
    """The address of `python ui.py` over an index, in a process of its own."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    kept = ["--history", str(index.parent / "conversations.sqlite")]
    command = [sys.executable, "ui.py", "--index", str(index), "--port", str(port), *kept, *options]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as server:
        stuck = threading.Timer(180, server.kill)
        stuck.start()
        assert server.stdout is not None
        line = server.stdout.readline()
        stuck.cancel()
        address = f"http://127.0.0.1:{port}/"
        assert address in line, f"ui.py said {line!r} instead of its address"
        assert urllib.request.urlopen(address, timeout=30).status == 200
        yield address
        server.terminate()


@pytest.fixture
def visit(browser: Browser, chat: str) -> Iterator[Visit]:
    """A visit to the chat at a desk: a window of 1280 by 800, in Chinese."""
    with _visiting(browser, chat, width=1280, height=800) as visiting:
        yield visiting


@pytest.fixture
def visit_by_phone(browser: Browser, chat: str) -> Iterator[Visit]:
    """A visit to the chat with a phone."""
    with _visiting(browser, chat, width=390, height=844, phone=True) as visiting:
        yield visiting


@pytest.fixture
def visit_at_night(browser: Browser, chat: str) -> Iterator[Visit]:
    """A visit to the chat from a system in dark mode."""
    with _visiting(browser, chat, width=1280, height=800, dark=True) as visiting:
        yield visiting


def _visiting(
    browser: Browser, address: str, *, width: int, height: int, phone: bool = False, dark: bool = False, locale: str = "zh-CN"
) -> Visit:
    context = browser.new_context(
        viewport={"width": width, "height": height},
        locale=locale,
        color_scheme="dark" if dark else "light",
        # Nothing is to be in motion when it is measured or pictured.
        reduced_motion="reduce",
        is_mobile=phone,
        has_touch=phone,
    )
    page: Page = context.new_page()
    return Visit(page, address)
