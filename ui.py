"""The chat in the browser, `python ui.py`: shows the answers of an Assistant with Gradio; knows nothing of how they are found."""

import argparse
import logging
import os
import shlex
import sys
import threading
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rag.chat.guard import Guard
from rag.chat.history import History, Kept
from rag.chat.html import cards, conversations, ending, plain, reply
from rag.chat.sheet import sheet
from rag.chat.shelf import readings, shelf, understood
from rag.chat.suggestions import suggested
from rag.console import Bar, is_local, run
from rag.errors import DocumentError, IndexInUse, RagError, SettingsError
from rag.library import IN_USE, Library
from rag.records import EVERYWHERE, Passage, Where, as_pattern
from rag.records import Turn as Past
from rag.rendering import as_json, hits_as_json
from rag.settings import Settings, default_collections, default_history, default_users

if TYPE_CHECKING:
    import gradio as gr

    from rag.assistant import Assistant
    from rag.users import Users

AT_ONCE = 8
"""How many questions are answered at the same time; the others wait their turn."""

LARGEST = 256 * 1024 * 1024
"""Bytes that a file may have that is put into a collection here."""

LONGEST = 500
"""Characters that a question may have."""

TRIED_AT_ONCE, WRONG_WAITS = 2, 1.0
"""How many passwords are looked at at the same time, and the seconds that a wrong one is made to wait: who guesses gets nowhere."""

SCRIPT, STYLE = ((files("rag.chat") / name).read_text(encoding="utf-8") for name in ("page.js", "page.css"))

SIGN_IN = "请用管理员给的名字和密码登录。"
WAITING = '<p class="waiting">正在查阅文档…</p>'
STOPPED = '<p class="note">已停止。</p>'
EMPTY = '<p class="note">请先写下想问的问题。</p>'
BAD_DATE = "筛选里的日期请写成 2023、2023-06 或 2023-06-12。"
BROKEN = "这个文档集打不开，请看服务器的记录。"
SORRY = "回答时出了错，请稍后再问一次。"
WELCOME = (
    '<div class="welcome"><p class="seal">据</p><p>写下一个问题，从文档里找答案。</p><p class="hint">文档里没有的，会直说没有。</p></div>'
)
NO_CARDS = '<div class="none">回答里的编号，如 <span class="number">[1]</span>，指向文档的原文。点一下编号，那一段就在这里亮起来。</div>'


@dataclass(frozen=True, slots=True)
class Turn:
    """One question, and the HTML of what is said to it and of the paragraphs cited; `whole` once no more is to come.

    `past` is what the next questions may follow up; None where the answer was stopped or failed. `answer` is
    the answer by the contract of as_json, for those who keep it; `kept` once nothing of it is left to be seen to.
    """

    question: str
    reply: str
    cards: str = ""
    whole: bool = False
    past: Past | None = None
    answer: dict[str, Any] | None = None
    kept: bool = False


def pane(turns: Sequence[Turn]) -> str:
    """The cards of every turn as HTML, those of the last one showing."""
    if not any(turn.cards for turn in turns):
        return NO_CARDS
    sections = []
    for number, turn in enumerate(turns, start=1):
        hidden = "" if number == len(turns) else " hidden"
        held = turn.cards or '<div class="none">这个回答没有引用。</div>'
        sections.append(f'<section id="turn-{number}"{hidden}><div class="asked">{plain(turn.question)}</div>{held}</section>')
    return "".join(sections)


def messages(turns: Iterable[Turn]) -> list[dict[str, str]]:
    """The turns as the chat shows them."""
    return [
        message
        for turn in turns
        for message in (
            {"role": "user", "content": f'<div class="question">{plain(turn.question)}</div>'},
            {"role": "assistant", "content": turn.reply},
        )
    ]


def build(assistant: "Assistant", history: History | None = None, library: Library | None = None) -> "gr.Blocks":
    """The page: the chat at the left; at the right what is cited, the documents of a `library`, and the conversations of a `history`."""
    os.environ["GRADIO_ANALYTICS_ENABLED"] = "False"  # read on import; otherwise it looks up hosts outside
    import gradio as gr
    from gradio.events import api

    ready: dict[str, Any] = {"submit_btn": "发送", "stop_btn": False}
    busy: dict[str, Any] = {"submit_btn": False, "stop_btn": "停止"}

    def skip(count: int) -> tuple[Any, ...]:
        return (gr.skip(),) * count

    def asked_of(collection: str | None) -> "Assistant":
        return library.assistant(collection) if library is not None else assistant

    def respond(question: str, turns: list[Turn], collection: str | None, *wanted: str | None) -> Iterator[tuple[Any, ...]]:
        where = _filters(*wanted)
        if where is None or not question.strip():
            said = EMPTY if where is not None else f'<p class="note">{BAD_DATE}</p>'
            yield *skip(2), [*messages(turns), {"role": "assistant", "content": said}], *skip(2)
            return
        for state, cited in _states(asked_of(collection), question.strip(), turns, where, judged=history is not None):
            asked = [*turns, state]
            controls = (gr.update(value="", **busy), gr.update(interactive=False)) if state.reply == WAITING else skip(2)
            yield *controls, messages(asked), pane(asked) if cited else gr.skip(), asked

    def listed(user: str, conversation: int | None) -> str:
        if history is None:
            return ""
        return conversations([(one.id, one.title, one.updated) for one in history.conversations(user)], conversation)

    def ended(turns: list[Turn], conversation: int | None, request: gr.Request) -> tuple[Any, ...]:
        """Runs after `respond`, also where that was stopped on the way, or had nothing to answer."""
        controls = gr.update(**ready), gr.update(interactive=True)
        if not turns or turns[-1].kept:
            return *controls, *skip(4)
        last, shown = turns[-1], gr.skip()
        if not last.whole:
            last = replace(last, reply=STOPPED if last.reply == WAITING else last.reply + STOPPED, whole=True)
            shown = messages([*turns[:-1], last])
        if history is not None:
            conversation = _keep(history, request.username or "", conversation, len(turns), last)
        return *controls, shown, [*turns[:-1], replace(last, kept=True)], conversation, listed(request.username or "", conversation)

    def picked(choice: gr.SelectData) -> str:
        return str(choice.value["text"])

    def cleared(request: gr.Request) -> tuple[Any, ...]:
        return "", [], NO_CARDS, [], None, listed(request.username or "", None)

    def began(request: gr.Request) -> str:
        return listed(request.username or "", None)

    def wished(wish: str, conversation: int | None, request: gr.Request) -> tuple[Any, ...]:
        """What a link of the page asks for: to open or to drop a conversation, or to note what an answer is worth."""
        user, (what, key, *_) = request.username or "", [*wish.split("-"), ""]
        if history is None or not key.isdecimal():
            return skip(5)
        number = int(key)
        if what in ("good", "bad") and conversation is not None:
            history.judge(user, conversation, number, good=what == "good")
        elif what == "drop":
            history.remove(user, number)
            if number == conversation:
                return [], NO_CARDS, [], None, listed(user, None)
        elif what == "open":
            opened = [_turn(kept) for kept in history.turns(user, number)]
            if opened:
                return messages(opened), pane(opened), opened, number, listed(user, number)
        return *skip(4), listed(user, conversation)

    def pictured(wish: str, turns: list[Turn], collection: str | None) -> Any:
        """The page that a citation stands on, when the page asks for it."""
        what, number, marker, *_ = [*wish.split("-"), "", ""]
        if what != "sheet" or not (number.isdecimal() and marker.isdecimal()) or not 0 < int(number) <= len(turns):
            return gr.skip()
        answer = turns[int(number) - 1].answer
        cited = next((one for one in (answer or {}).get("citations", ()) if one["marker"] == int(marker)), None)
        names = [None] if library is None else [collection, *library.names]
        return _sheet(f"sheet-{number}-{marker}", cited, [asked_of(name) for name in names]) if cited else gr.skip()

    def search(question: str, source: str = "", title: str = "", section: str = "", since: str = "", until: str = "") -> dict[str, Any]:
        """Find the passages for a question, best first; only in documents that meet the filters given, which are those of ask."""
        where = _filters(source, title, section, since, until)
        if len(question) > LONGEST or where is None:
            raise gr.Error(BAD_DATE if where is None else f"问题最多{LONGEST}个字。")
        try:
            return hits_as_json(question, assistant.search(question, where=where))
        except RagError as error:
            _log(error)
            raise gr.Error(SORRY) from error

    def ask(question: str, source: str = "", title: str = "", section: str = "", since: str = "", until: str = "") -> dict[str, Any]:
        """Answer a question from the documents, every statement cited; only from those that meet the filters given.

        A part of the source's path, of the title or of the section; a first and a last date (2023, 2023-06, 2023-06-12).
        """
        where = _filters(source, title, section, since, until)
        if len(question) > LONGEST or where is None:
            raise gr.Error(BAD_DATE if where is None else f"问题最多{LONGEST}个字。")
        try:
            return as_json(assistant.answer(question, where))
        except RagError as error:
            _log(error)
            raise gr.Error(SORRY) from error

    # gr.HTML compiles its value's template with eval, which the Content-Security-Policy forbids: Markdown shows the HTML instead.
    html: dict[str, Any] = {"sanitize_html": True, "latex_delimiters": [], "container": False}
    page = gr.Blocks(title="文据", fill_height=True, fill_width=True, analytics_enabled=False)
    with page:
        turns, conversation = gr.State([]), gr.State(None)
        # The links of the page write here what they want; a person never sees it.
        wish = gr.Textbox(elem_id="wish", label="愿望", show_label=False)
        gr.Markdown(
            '<div class="masthead"><h1>文据</h1><p>只依据文档回答，句句有出处</p>'
            '<p class="take"><a class="export" href="#export">导出对话</a><a class="print" href="#print">打印</a></p></div>',
            elem_id="masthead",
            **html,
        )
        with gr.Row(elem_id="columns"):
            with gr.Column(scale=3, min_width=320, elem_id="talk"):
                chat = gr.Chatbot(
                    elem_id="chat",
                    show_label=False,
                    container=False,
                    height="100%",
                    buttons=[],
                    layout="bubble",
                    placeholder=WELCOME,
                    examples=[{"text": question} for question in suggested(assistant.documents())],
                    latex_delimiters=[],
                    allow_tags=False,
                    group_consecutive_messages=False,
                )
                with gr.Accordion("筛选文档", open=False, elem_id="filters") as filters, gr.Row():
                    field: dict[str, Any] = {"lines": 1, "max_lines": 1, "max_length": 100, "min_width": 110, "scale": 1}
                    wanted = [
                        gr.Textbox(label=label, placeholder=hint, **field)
                        for label, hint in (
                            ("文件", "文件名或文件夹"),
                            ("标题", "标题里的字"),
                            ("栏目", "版面或栏目"),
                            ("起始", "如 2023-06"),
                            ("截止", "如 2023-06-30"),
                        )
                    ]
                with gr.Row(elem_id="asking"):
                    box = gr.Textbox(
                        elem_id="question",
                        label="问题",
                        show_label=False,
                        container=False,
                        placeholder="向文档提问",
                        lines=1,
                        max_lines=4,
                        max_length=LONGEST,
                        autofocus=True,
                        scale=1,
                        **ready,
                    )
                    clear = gr.Button("清空", elem_id="clear", variant="secondary", scale=0, min_width=64)
            with gr.Column(scale=2, min_width=320, elem_id="cited"), gr.Tabs(elem_id="tabs"):
                with gr.Tab("引用", render_children=True):
                    shown = gr.Markdown(NO_CARDS, elem_id="citations", **html)
                    # The picture of a page comes here, and the page's script puts it where it belongs.
                    picture = gr.Markdown(elem_id="sheet", **html)
                with gr.Tab("文档", visible=library is not None, render_children=True):
                    collection = _documents(library, wish, wanted, filters, page) if library is not None else gr.State(None)
                with gr.Tab("历史", visible=history is not None, render_children=True):
                    kept = gr.Markdown(elem_id="conversations", **html)
        quiet: dict[str, Any] = {"show_progress": "hidden", "api_visibility": "private"}
        together: dict[str, Any] = {"concurrency_limit": AT_ONCE, "concurrency_id": "answers"}
        asking = box.submit(respond, [box, turns, collection, *wanted], [box, clear, chat, shown, turns], **quiet, **together)
        after: dict[str, Any] = {"inputs": [turns, conversation], "outputs": [box, clear, chat, turns, conversation, kept], "queue": False}
        asking.then(ended, **after, **quiet)
        box.stop(None, cancels=[asking], **quiet)
        chosen = chat.example_select(picked, None, [box], queue=False, **quiet)
        asked = chosen.then(respond, [box, turns, collection, *wanted], [box, clear, chat, shown, turns], **quiet, **together)
        asked.then(ended, **after, **quiet)
        wish.change(wished, [wish, conversation], [chat, shown, turns, conversation, kept], queue=False, **quiet)
        wish.change(pictured, [wish, turns, collection], [picture], queue=False, **quiet)
        page.load(began, None, [kept], queue=False, **quiet)
        clear.click(cleared, None, [box, chat, shown, turns, conversation, kept], queue=False, **quiet)
        api(ask, api_name="ask", **together)
        api(search, api_name="search", **together)
    return page


def _documents(library: Library, wish: Any, wanted: Sequence[Any], filters: Any, page: Any) -> Any:
    """The pane of the documents: which collection is asked, what it holds, and what is put into it; returns the choice of collection."""
    import gradio as gr

    html: dict[str, Any] = {"sanitize_html": True, "latex_delimiters": [], "container": False}

    def listed(name: str | None, sought: str | None) -> str:
        return shelf(library.holdings(name), library.removals(name), sought=sought or "", fixed=library.fixed)

    def began(name: str | None, sought: str | None) -> tuple[Any, str]:
        return gr.update(choices=library.names), listed(name, sought)

    def chosen(name: str | None, sought: str | None) -> tuple[str, str]:
        try:
            return "", listed(name, sought)
        except RagError as error:
            _log(error)
            return f'<p class="note">{BROKEN}</p>', ""

    def created(new: str, sought: str | None) -> tuple[Any, ...]:
        try:
            name = library.create(new)
        except RagError as error:
            return gr.skip(), gr.skip(), _told(error), gr.skip()
        return gr.update(choices=library.names, value=name), "", "", listed(name, sought)

    def added(files: list[str] | None, name: str | None, sought: str | None) -> Iterator[tuple[Any, ...]]:
        try:
            for states in library.add(name, [Path(file) for file in files or ()]):
                yield gr.update(value=None), readings(states), gr.skip()
        except RagError as error:
            yield None, _told(error), gr.skip()
        yield None, gr.skip(), listed(name, sought)

    def wished(wish: str, name: str | None, sought: str | None) -> Iterator[tuple[Any, ...]]:
        """What a link in the list asks for."""
        what, key, *_ = [*wish.split("-"), ""]
        source = library.source(name, key) if what in ("show", "reread", "remove", "only") else None
        try:
            if what == "show" and source:
                yield "", understood(source, library.understood(name, source)), gr.skip(), gr.skip()
            elif what == "reread" and source:
                for states in library.reread(name, [source]):
                    yield readings(states), *(gr.skip(),) * 3
                yield gr.skip(), listed(name, sought), gr.skip(), gr.skip()
            elif what == "only" and source:
                yield gr.skip(), gr.skip(), as_pattern(source), gr.update(open=True)
            elif what in ("remove", "undo", "list"):
                if what == "remove" and source:
                    library.remove(name, source)
                elif what == "undo":
                    library.restore(name, key)
                yield "", listed(name, sought), gr.skip(), gr.skip()
        except RagError as error:
            yield _told(error), listed(name, sought), gr.skip(), gr.skip()

    collection = gr.Dropdown(library.names, value=library.first, label="文档集", elem_id="collection", min_width=120)
    new = gr.Textbox(
        label="新文档集", placeholder="起个名字，如 县志", submit_btn="新建", max_lines=1, elem_id="new", visible=library.grows
    )
    upload = gr.File(
        label="放进文档集的文件", show_label=False, file_count="multiple", height=112, elem_id="upload", visible=not library.fixed
    )
    news = gr.Markdown(elem_id="news", **html)
    sought = gr.Textbox(label="按名字找", placeholder="文件名或文件夹里的字", max_lines=1, elem_id="sought")
    shown = gr.Markdown(elem_id="shelf", **html)
    quiet: dict[str, Any] = {"show_progress": "hidden", "api_visibility": "private"}
    together: dict[str, Any] = {"concurrency_limit": AT_ONCE, "concurrency_id": "documents"}
    page.load(began, [collection, sought], [collection, shown], queue=False, **quiet)
    collection.change(chosen, [collection, sought], [news, shown], queue=False, **quiet)
    sought.change(listed, [collection, sought], [shown], queue=False, **quiet)
    new.submit(created, [new, sought], [collection, new, news, shown], queue=False, **quiet)
    upload.upload(added, [upload, collection, sought], [upload, news, shown], **together, **quiet)
    wish.change(wished, [wish, collection, sought], [news, shown, wanted[0], filters], **together, **quiet)
    return collection


def _told(error: RagError) -> str:
    """What a visitor is told of an error: its reason in Chinese, and where it has none, that there was one."""
    if not isinstance(error, DocumentError):
        _log(error)
    reason = IN_USE if isinstance(error, IndexInUse) else getattr(error, "reason", "") or SORRY
    return f'<p class="warned">{plain(reason)}</p>'


def _sheet(name: str, cited: dict[str, Any], assistants: Iterable["Assistant"]) -> str:
    """The picture of the page of a citation, from the first index that has its document."""
    for assistant in assistants:
        try:
            document = assistant.document(cited["document_id"])
            return sheet(name, cited, document, assistant.passages(document.id), assistant.digest(document.source))
        except KeyError:
            continue
    return ""


def _filters(*given: str | None) -> Where | None:
    """The documents that are to be searched, by source, title, section, first and last date; None where a date is none.

    A field that was never shown comes as None.
    """
    stripped = [(part or "").strip() for part in given]
    try:
        return Where(*stripped) if any(stripped) else EVERYWHERE
    except ValueError:
        return None


def _keep(history: History, user: str, conversation: int | None, number: int, turn: Turn) -> int | None:
    """Keep a turn; the conversation it is kept in. What cannot be kept is on record, and the chat goes on."""
    past = (turn.past.question, turn.past.answer) if turn.past else None
    try:
        return history.keep(user, conversation, number, Kept(turn.question, turn.reply, turn.cards, past, turn.answer))
    except RagError as error:
        _log(error)
        return conversation


def _turn(kept: Kept) -> Turn:
    past = Past(*kept.past) if kept.past else None
    return Turn(kept.question, kept.reply, kept.cards, whole=True, past=past, answer=dict(kept.answer or {}), kept=True)


def _states(
    assistant: "Assistant", question: str, turns: Sequence[Turn], where: Where = EVERYWHERE, *, judged: bool = False
) -> Iterator[tuple[Turn, bool]]:
    """The turn after `turns` as it grows, and whether its cards have changed; the first one waits, and an error is said in one sentence."""
    number = len(turns) + 1
    now = Turn(question, WAITING)

    def article(document_id: str) -> Sequence[Passage]:
        try:
            return assistant.passages(document_id)
        except KeyError:  # taken out of the index since it was found
            return ()

    yield now, False
    try:
        answer = None
        for answer in assistant.stream(question, where, [turn.past for turn in turns if turn.past]):
            before, now = now, Turn(question, reply(answer, number), cards(answer, number, article))
            yield now, now.cards != before.cards
        if answer:
            now = replace(now, reply=now.reply + ending(answer, number, judged=judged), past=answer.turn, answer=as_json(answer))
        # A turn without any card has yet to take the place of the cards before it.
        yield replace(now, whole=True), not now.cards
    except Exception as error:  # whatever went wrong, the person who asked reads a sentence, and the log has the rest
        _log(error)
        yield Turn(question, f'<p class="note">{SORRY}</p>', whole=True), True


def _log(error: Exception) -> None:
    """Put on record what a visitor is not told: an error of ours in its one line, any other with its traceback."""
    logging.getLogger(__name__).error("%s", error, exc_info=None if isinstance(error, RagError) else error)


def launch(
    assistant: "Assistant",
    *,
    host: str = "127.0.0.1",
    port: int | None = None,
    users: "Users | None" = None,
    history: History | None = None,
    library: Library | None = None,
) -> "gr.Blocks":
    """Serve the chat in the background, on a free port from 7860 where none is given; the page's `local_url` says where.

    Only `users` may open it, where they are given, each by name and password; conversations are kept in `history`, if there is one.
    With a `library`, whose first collection is the assistant's, the page shows the documents, and asks the collection that is chosen.
    Raises SettingsError when the port is taken; `close` the page to stop.
    """
    page = build(assistant, history, library)
    import gradio as gr
    from starlette.middleware import Middleware

    sans = ("system-ui", "-apple-system", "PingFang SC", "Microsoft YaHei", "Noto Sans CJK SC", "Source Han Sans SC", "sans-serif")
    theme = gr.themes.Base(primary_hue="red", neutral_hue="stone", font=sans, font_mono=("ui-monospace", "Consolas", "monospace"))
    try:
        page.launch(
            server_name=host,
            server_port=port,
            prevent_thread_lock=True,
            quiet=True,
            ssr_mode=False,
            footer_links=[],
            run_history=False,
            enable_monitoring=False,
            theme=theme,
            auth=_signing_in(users) if users is not None else None,
            auth_message=SIGN_IN,
            css=STYLE,
            head=f"<script>{SCRIPT}</script>",
            max_file_size=LARGEST,
            app_kwargs={"middleware": [Middleware(Guard, SCRIPT, uploads=library is not None and not library.fixed)]},
        )
    except OSError as error:
        where = host if port is None else f"{host}:{port}"
        raise SettingsError(
            f"nothing can be served on {where}, it is taken or not ours; let a free port be found: python ui.py --port 0"
        ) from error
    return page


def _signing_in(users: "Users") -> Any:
    """Whether a name and a password are those of a user: few are looked at together, and a wrong one waits for its answer."""
    import asyncio

    turns = asyncio.Semaphore(TRIED_AT_ONCE)

    async def allowed(name: str, password: str) -> bool:
        async with turns:
            if await asyncio.to_thread(users.allow, name, password):
                return True
            await asyncio.sleep(WRONG_WAITS)
            return False

    return allowed


def main(arguments: Sequence[str] | None = None) -> int:
    """The command line; serves until it is interrupted, and returns 2 after an error (one line on stderr)."""
    parser = argparse.ArgumentParser(prog="python ui.py", description="Chat with the documents of an index in the browser.")
    parser.add_argument("--index", type=Path, metavar="DIR", help="the index to ask (default: RAG_INDEX, or the checkout's index/)")
    parser.add_argument("--host", default="127.0.0.1", help="the address to listen on (default: %(default)s, this machine only)")
    parser.add_argument("--port", type=int, default=7860, help="the port to listen on (default: %(default)s; 0 takes a free one)")
    parser.add_argument(
        "--users",
        type=Path,
        metavar="FILE",
        help="the users who may sign in, as python -m rag.users writes them (default: RAG_USERS; on this machine alone, nobody has to)",
    )
    parser.add_argument(
        "--history",
        type=Path,
        metavar="FILE",
        help="where conversations are kept (default: RAG_HISTORY, or a file in a folder of the user's)",
    )
    parser.add_argument(
        "--collections",
        type=Path,
        metavar="DIR",
        help="the folder of other indexes to ask, where new ones are made (default: RAG_COLLECTIONS, or one of the user's)",
    )
    parser.add_argument("--read-only", action="store_true", help="let the documents be looked at, and nothing be added or removed")
    options = parser.parse_args(arguments)
    return run(lambda: _serve(options))


def _serve(options: argparse.Namespace) -> int:
    from rag.assistant import Assistant

    settings = Settings.load(users=options.users, history=options.history, collections=options.collections)
    users = _users(options.host, settings.users)
    history = History(settings.history or default_history())
    with Bar() as bar:
        assistant = Assistant.open(options.index, on_progress=bar)
    with assistant, closing(Library(assistant, settings.collections or default_collections(), fixed=options.read_only)) as library:
        page = launch(assistant, host=options.host, port=options.port or None, users=users, history=history, library=library)
        try:
            print(f"文据：{page.local_url}（按 Ctrl+C 停止）", flush=True)
            threading.Event().wait()
        finally:
            page.close(verbose=False)
    return 0


def _users(host: str, path: Path | None) -> "Users | None":
    """Those who have to sign in; None where nobody has to: on an address of this machine alone, when no file of users is named."""
    from rag.users import Users

    if path is None and is_local(host):
        return None
    users = Users(path or default_users())
    if not users:
        where = f" --users {shlex.quote(str(path))}" if path else ""
        raise SettingsError(f"nobody could sign in, and other machines reach {host}; let somebody: python -m rag.users{where} add NAME")
    return users


if __name__ == "__main__":
    sys.exit(main())
