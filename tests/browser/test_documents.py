"""The pane of documents as a person uses it: files put in, understood, asked alone, read again, taken out, put back; a PDF's page."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, FilePayload, Locator, expect

from rag.ingest import ingest
from tests.browser.conftest import _served, _visiting
from tests.browser.talk import Visit
from tests.browser.test_accessibility import found
from tests.made_pdf import drawn, wrapped

BRIDGE = "青石桥去年修好，花了12万元。\n\n桥长30米，宽4米。\n"
TOWER = ["望江塔建于1923年，高41米，是县城里最老的砖塔，塔里的木梯前年换过一次。", "塔下的茶馆每天早上六点开门，来得早的多是附近的老人。"]
FORM: dict[str, str | float | bool | bytes | FilePayload] = {"files": {"name": "a.txt", "mimeType": "text/plain", "buffer": b"x"}}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the index, its files and the collections lie: a text and a PDF, that lie outside of the index."""
    folder = tmp_path_factory.mktemp("documents")
    (folder / "own").mkdir()
    (folder / "own" / "馆.txt").write_text("镇图书馆有藏书8万册。\n", encoding="utf-8")
    drawn(folder / "own" / "塔.pdf", [wrapped(TOWER, 30, 80, 100)])
    ingest([folder / "own"], folder / "index")
    return folder


@pytest.fixture(scope="module")
def address(chromium: str, folder: Path) -> Iterator[str]:
    with _served(folder / "index", "--collections", str(folder / "collections")) as address:
        yield address


@pytest.fixture
def at(browser: Browser, address: str) -> Iterator[Visit]:
    """A visit to the pane of documents."""
    with _visiting(browser, address, width=1280, height=800) as visit:
        visit.tab("文档")
        expect(visit.page.locator("#shelf .counts")).to_be_visible()
        yield visit


def put(visit: Visit, folder: Path, **contents: str | bytes) -> Locator:
    """Put files in, by their names without what comes after a double underscore for the dot; the list of what becomes of them."""
    paths = []
    for name, content in contents.items():
        path = folder / name.replace("__", ".")
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        paths.append(path)
    visit.page.locator("#upload input[type=file]").set_input_files(paths)
    news = visit.page.locator("#news li")
    expect(news).to_have_count(len(contents), timeout=60_000)
    expect(visit.page.locator("#news .is-waiting, #news .is-reading")).to_have_count(0, timeout=60_000)
    return news


def row(visit: Visit, name: str) -> Locator:
    return visit.page.locator("#shelf .held-files li").filter(has_text=name)


def test_what_is_held_is_counted_and_dated(at: Visit) -> None:
    expect(row(at, "own/馆.txt")).to_contain_text("1 篇·1 段·20")
    expect(row(at, "own/塔.pdf")).to_contain_text("读入")


def test_files_put_in_say_what_becomes_of_each_and_answer(at: Visit, folder: Path, tmp_path: Path) -> None:
    news = put(at, tmp_path, 桥__txt=BRIDGE, 空__txt="", 旧__doc=b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600))
    expect(news.nth(0)).to_contain_text("已读入：1 篇，2 段")
    expect(news.nth(1)).to_contain_text("没有读成：文件里没有文字")
    expect(news.nth(2)).to_contain_text("没有读成：这种格式（.doc）读不了")
    expect(row(at, "桥.txt").locator(".name")).to_have_text("桥.txt")
    at.picture("chat-documents")
    assert found(at) == {}
    expect(at.ask("青石桥花了多少钱？").locator(".short")).to_have_text("12万元")
    assert not at.complaints


def test_what_is_put_in_while_others_are_read_waits_its_turn(at: Visit, tmp_path: Path) -> None:
    (tmp_path / "院.txt").write_text("\n\n".join(f"{n}号院有{n + 30}棵树，是前年种的。" for n in range(300)), encoding="utf-8")
    (tmp_path / "泉.txt").write_text("石泉每天出水7吨。\n", encoding="utf-8")
    at.page.locator("#upload input[type=file]").set_input_files(tmp_path / "院.txt")
    expect(at.page.locator("#news .is-reading")).to_be_visible(timeout=30_000)
    at.page.locator("#upload input[type=file]").set_input_files(tmp_path / "泉.txt")
    expect(row(at, "泉.txt")).to_be_visible(timeout=60_000)
    expect(row(at, "院.txt")).to_be_visible()
    expect(at.ask("石泉每天出水多少吨？").locator(".short")).to_have_text("7吨")


def test_files_that_are_dropped_are_read(at: Visit) -> None:
    dropped = at.page.evaluate_handle("""() => {
      const dragged = new DataTransfer();
      for (const [name, text] of [["渡.txt", "渡口有船6条。\\n"], ["坡.txt", "石坡长90米。\\n"]]) dragged.items.add(new File([text], name));
      return dragged;
    }""")
    for event in ("dragenter", "dragover", "drop"):
        at.page.dispatch_event("#upload button", event, {"dataTransfer": dropped})
    expect(at.page.locator("#news li")).to_have_count(2, timeout=60_000)
    expect(at.page.locator("#news .is-added")).to_have_count(2, timeout=60_000)
    expect(at.ask("渡口有多少条船？").locator(".short")).to_have_text("6条")


def test_a_file_shows_how_it_was_understood_and_can_be_asked_alone(at: Visit) -> None:
    at.page.locator("#shelf a.name", has_text="塔.pdf").click()
    expect(at.page.locator("#shelf .understood")).to_contain_text("望江塔建于1923年")
    assert found(at) == {}
    at.page.get_by_text("返回列表").click()
    row(at, "塔.pdf").get_by_text("只问它").click()
    expect(at.page.locator("#filters textarea, #filters input").first).to_have_value("own/塔.pdf")
    expect(at.ask("镇图书馆有多少藏书？").locator(".refusal")).to_be_visible()
    expect(at.ask("望江塔有多高？").locator(".short")).to_contain_text("41米")


def test_what_is_taken_out_is_asked_no_more_until_it_is_put_back(at: Visit, folder: Path) -> None:
    row(at, "馆.txt").get_by_text("移除").click()
    expect(at.page.locator("#shelf .removed")).to_contain_text("已移除馆.txt")
    expect(row(at, "馆.txt")).to_have_count(0)
    expect(at.ask("镇图书馆有多少藏书？").locator(".refusal")).to_be_visible()
    at.tab("文档")
    at.page.get_by_text("撤销").click()
    expect(row(at, "馆.txt")).to_be_visible()
    expect(at.ask("镇图书馆有多少藏书？").locator(".short")).to_have_text("8万册")
    assert (folder / "own" / "馆.txt").exists()


def test_a_file_that_has_changed_is_read_again(at: Visit, folder: Path) -> None:
    path = folder / "own" / "馆.txt"
    before = path.read_text(encoding="utf-8")
    row(at, "馆.txt").get_by_text("重读").click()
    expect(at.page.locator("#news li")).to_contain_text("没有变化")
    path.write_text("镇图书馆有藏书9万册。\n", encoding="utf-8")
    row(at, "馆.txt").get_by_text("重读").click()
    expect(at.page.locator("#news li")).to_contain_text("已更新")
    expect(at.ask("镇图书馆有多少藏书？").locator(".short")).to_have_text("9万册")
    path.write_text(before, encoding="utf-8")
    at.tab("文档")
    row(at, "馆.txt").get_by_text("重读").click()
    expect(at.page.locator("#news li")).to_contain_text("已更新")


def test_collections_are_made_chosen_and_asked_apart(at: Visit, tmp_path: Path) -> None:
    at.page.locator("#new input, #new textarea").fill("../坏")
    at.page.locator("#new").get_by_role("button", name="新建").click()
    expect(at.page.locator("#news")).to_contain_text("名字要有")
    at.page.locator("#new input, #new textarea").fill("县志")
    at.page.locator("#new").get_by_role("button", name="新建").click()
    expect(at.page.locator("#collection input")).to_have_value("县志")
    expect(at.page.locator("#shelf")).to_contain_text("还没有文档")
    put(at, tmp_path, 井__txt="老井的来历\n\n老井深20米。\n")
    suggestion = at.page.locator("#chat button", has_text="《老井的来历》讲了什么？")
    expect(suggestion).to_be_visible()
    expect(at.ask("老井有多深？").locator(".short")).to_have_text("20米")
    expect(at.ask("镇图书馆有多少藏书？").locator(".refusal")).to_be_visible()
    at.tab("文档")
    at.page.locator("#collection input").click()
    at.page.get_by_role("option", name="index").click()
    expect(row(at, "馆.txt")).to_be_visible()
    expect(at.ask("老井有多深？").locator(".refusal")).to_be_visible()
    at.page.get_by_role("button", name="新对话", exact=True).click()
    expect(at.page.locator("#chat .welcome")).to_be_visible()
    expect(suggestion).to_have_count(0)


def test_a_collection_that_cannot_be_opened_says_so_and_leaves_the_others_alone(at: Visit, folder: Path) -> None:
    broken = folder / "collections" / "坏集"
    broken.mkdir(parents=True)
    (broken / "catalogue.sqlite").write_bytes(b"no index" * 99)
    try:
        at.page.reload()
        at.tab("文档")
        at.page.locator("#collection input").click()
        at.page.get_by_role("option", name="坏集").click()
        expect(at.page.locator("#shelf")).to_contain_text("这个文档集打不开")
        expect(at.page.locator("#chat button", has_text="讲了什么？")).to_have_count(0)
        at.page.fill("#question textarea", "望江塔有多高？")
        at.page.keyboard.press("Enter")
        expect(at.page.locator("#chat .bot-row")).to_contain_text("这个文档集打不开")
        at.page.locator("#collection input").click()
        at.page.get_by_role("option", name="index").click()
        at.page.get_by_role("button", name="新对话", exact=True).click()
        expect(at.page.locator("#chat .bot-row")).to_have_count(0)
        at.ask("望江塔有多高？")
        at.cite(1, 1).click()
        expect(at.card(1, 1).locator(".sheet img")).to_be_visible(timeout=30_000)
        assert at.page.locator(".toast-wrap .toast-body").count() == 0
    finally:
        shutil.rmtree(broken)


def test_a_citation_of_a_pdf_shows_the_page_with_its_lines_marked(at: Visit, folder: Path) -> None:
    at.ask("望江塔有多高？")
    at.cite(1, 1).click()
    image = at.card(1, 1).locator(".sheet img")
    expect(image).to_be_visible(timeout=30_000)
    marked = at.evaluate("""async () => {
      const image = document.querySelector("#citations .sheet img");
      await image.decode();
      const canvas = new OffscreenCanvas(image.naturalWidth, image.naturalHeight), pen = canvas.getContext("2d");
      pen.drawImage(image, 0, 0);
      const { data } = pen.getImageData(0, 0, canvas.width, canvas.height);
      let yellow = 0;
      for (let i = 0; i < data.length; i += 4) yellow += data[i] > 240 && data[i + 2] < 190;
      return [canvas.width, yellow];
    }""")
    assert marked[0] > 600
    assert marked[1] > 1000, "no line is marked"
    at.picture("chat-page")
    image.click()
    expect(image).to_have_class("is-large")
    assert found(at) == {}
    (folder / "own" / "塔.pdf").rename(folder / "塔.pdf")
    again = at.ask("望江塔建于哪一年？")
    again.locator("a.cite").first.click()
    expect(at.card(2, 1).locator(".sheet")).to_contain_text("原文件已不在原处")
    (folder / "塔.pdf").rename(folder / "own" / "塔.pdf")
    assert not at.complaints


def test_a_page_of_another_conversation_is_not_shown(at: Visit) -> None:
    at.ask("望江塔有多高？")
    at.cite(1, 1).click()
    expect(at.card(1, 1).locator(".sheet img")).to_be_visible(timeout=30_000)
    at.page.get_by_role("button", name="新对话", exact=True).click()
    expect(at.page.locator("#chat .bot-row")).to_have_count(0)
    at.ask("塔下的茶馆早上几点开门？")
    expect(at.card(1, 1).locator(".sheet a.wish")).to_be_visible()
    expect(at.card(1, 1).locator(".sheet img")).to_have_count(0)
    at.cite(1, 1).click()
    expect(at.card(1, 1).locator(".sheet img")).to_be_visible(timeout=30_000)


def test_the_documents_are_at_hand_on_a_phone(browser: Browser, address: str) -> None:
    with _visiting(browser, address, width=390, height=844, phone=True) as visit:
        visit.tab("文档")
        expect(row(visit, "馆.txt")).to_be_visible()
        assert visit.evaluate("document.documentElement.scrollWidth <= innerWidth")
        visit.page.locator("#tabs").scroll_into_view_if_needed()
        visit.picture("phone-documents")
        assert found(visit) == {}


def test_a_library_that_is_read_only_offers_no_change(browser: Browser, chromium: str, folder: Path) -> None:
    with _served(folder / "index", "--read-only") as address, _visiting(browser, address, width=1280, height=800) as visit:
        visit.tab("文档")
        expect(row(visit, "馆.txt")).to_contain_text("只问它")
        expect(row(visit, "馆.txt")).not_to_contain_text("移除")
        expect(visit.page.locator("#upload")).to_have_count(0)
        assert visit.page.request.post(f"{address}gradio_api/upload", multipart=FORM).status == 403


def test_what_another_site_sends_is_not_taken(at: Visit, address: str) -> None:
    where = f"{address}gradio_api/upload"
    assert at.page.request.post(where, multipart=FORM, headers={"Sec-Fetch-Site": "cross-site"}).status == 403
    assert at.page.request.post(where, multipart=FORM).status == 200
