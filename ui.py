"""The chat in the browser, `python ui.py`: shows the answers of an Assistant with Gradio; knows nothing of how they are found."""

import argparse
import os
import re
import shlex
import sys
import threading
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import replace
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rag.chat.frame import masthead, note, welcome
from rag.chat.guard import Guard
from rag.chat.history import History
from rag.chat.html import conversations, plain
from rag.chat.language import CODES, LABELS, Say, chinese, label, preferred
from rag.chat.sheet import sheet
from rag.chat.shelf import readings, shelf, understood
from rag.chat.suggestions import suggestions
from rag.chat.turns import SORRY, Turn, keep, kept, messages, pane, states, stopped
from rag.console import Bar, is_local, log, run
from rag.errors import DocumentError, IndexInUse, RagError, SettingsError
from rag.library import IN_USE, Library
from rag.records import EVERYWHERE, Where, as_pattern
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

CLEANED = (3600, 24 * 3600)
"""Every so many seconds, what was uploaded so many seconds ago and never taken is deleted."""

LONGEST = 500
"""Characters that a question may have."""

TRIED_AT_ONCE, WRONG_WAITS = 2, 1.0
"""How many passwords are looked at at the same time, and the seconds that a wrong one is made to wait: who guesses gets nowhere."""

SCRIPT, STYLE = ((files("rag.chat") / name).read_text(encoding="utf-8") for name in ("page.js", "page.css"))

SIGN_IN = "请用管理员给的名字和密码登录。Sign in with the name and the password that you were given."
EMPTY = ("请先写下想问的问题。", "Write down a question first.")
BAD_DATE = ("筛选里的日期请写成 2023、2023-06 或 2023-06-12。", "Write dates to filter by as 2023, 2023-06 or 2023-06-12.")
BROKEN = ("这个文档集打不开，请看服务器的记录。", "This collection cannot be opened; see the server's log.")
UNKEPT = ("对话存不下来，也打不开，请看服务器的记录。", "Conversations can be neither kept nor opened; see the server's log.")
TOO_LONG = (f"问题最多{LONGEST}个字。", f"A question has at most {LONGEST} characters.")


def build(assistant: "Assistant", history: History | None = None, library: Library | None = None) -> "gr.Blocks":
    """The page: the chat at the left; at the right what is cited, the documents of a `library`, and the conversations of a `history`."""
    os.environ["GRADIO_ANALYTICS_ENABLED"] = "False"  # read on import; otherwise it looks up hosts outside
    import gradio as gr
    from gradio.events import api

    ready: dict[str, Any] = {"submit_btn": label("发送"), "stop_btn": False}
    busy: dict[str, Any] = {"submit_btn": False, "stop_btn": label("停止")}

    def skip(count: int) -> tuple[Any, ...]:
        return (gr.skip(),) * count

    def asked_of(collection: str | None) -> "Assistant | None":
        """Who answers from a collection; None where it cannot be opened, which is on record then."""
        try:
            return library.assistant(collection) if library is not None else assistant
        except RagError as error:
            log(error)
            return None

    def respond(
        request: gr.Request, question: str, turns: list[Turn], collection: str | None, *wanted: str | None
    ) -> Iterator[tuple[Any, ...]]:
        say = _spoken(request)
        where, answering = _filters(*wanted), asked_of(collection)
        if where is None or answering is None or not question.strip() or len(question) > LONGEST:
            said = BAD_DATE if where is None else BROKEN if answering is None else TOO_LONG if question.strip() else EMPTY
            yield *skip(2), [*messages(turns), {"role": "assistant", "content": note(say, *said)}], *skip(2)
            return
        for state, cited in states(answering, question.strip(), turns, where, say, judged=history is not None):
            asked = [*turns, state]
            controls = (gr.update(value="", **busy), gr.update(interactive=False)) if state.waits else skip(2)
            yield *controls, messages(asked), pane(asked, say) if cited else gr.skip(), asked

    def listed(request: gr.Request, conversation: int | None) -> str:
        if history is None:
            return ""
        say = _spoken(request)
        try:
            found = history.conversations(request.username or "")
        except RagError as error:
            log(error)
            return note(say, *UNKEPT)
        return conversations([(one.id, one.title, one.updated) for one in found], conversation, say)

    def ended(turns: list[Turn], conversation: int | None, request: gr.Request) -> tuple[Any, ...]:
        """Runs after `respond`, also where that was stopped on the way, or had nothing to answer."""
        controls = gr.update(**ready), gr.update(interactive=True)
        if not turns or turns[-1].kept:
            return *controls, *skip(4)
        shown = gr.skip()
        if not turns[-1].whole:
            turns = [*turns[:-1], stopped(turns[-1], _spoken(request))]
            shown = messages(turns)
        if history is not None:
            conversation = keep(history, request.username or "", conversation, turns)
        return *controls, shown, [*turns[:-1], replace(turns[-1], kept=True)], conversation, listed(request, conversation)

    def picked(choice: gr.SelectData) -> str:
        return str(choice.value["text"])

    def cleared(request: gr.Request) -> tuple[Any, ...]:
        return "", [], pane([], _spoken(request)), [], None, listed(request, None), ""

    def began(request: gr.Request) -> tuple[Any, ...]:
        say = _spoken(request)
        return listed(request, None), masthead(say), gr.update(placeholder=welcome(say)), pane([], say)

    def wished(wish: str, conversation: int | None, request: gr.Request) -> tuple[Any, ...]:
        """What a link of the page asks for: to open or to drop a conversation, or to note what an answer is worth."""
        user, (what, key, *_) = request.username or "", [*wish.split("-"), ""]
        number = _number(key)
        if history is None or not number:
            return skip(6)
        try:
            if what in ("good", "bad") and conversation is not None:
                history.judge(user, conversation, number, good=what == "good")
            elif what == "drop":
                history.remove(user, number)
                if number == conversation:
                    return [], pane([], _spoken(request)), [], None, listed(request, None), ""
            elif what == "open" and (opened := kept(history, user, number)):
                return messages(opened), pane(opened, _spoken(request)), opened, number, listed(request, number), ""
        except RagError as error:
            log(error)
        return *skip(4), listed(request, conversation), gr.skip()

    def pictured(wish: str, turns: list[Turn], collection: str | None) -> Any:
        """The page that a citation stands on, when the page asks for it."""
        what, turn, mark, *_ = [*wish.split("-"), "", ""]
        number, marker = _number(turn), _number(mark)
        if what != "sheet" or not 0 < number <= len(turns):
            return gr.skip()
        answer = turns[number - 1].answer
        cited = next((one for one in (answer or {}).get("citations", ()) if one["marker"] == marker), None)
        names = [None] if library is None else [collection, *library.names]
        return sheet(f"sheet-{number}-{marker}", cited, filter(None, map(asked_of, names))) if cited else gr.skip()

    def suggest(collection: str | None) -> Any:
        try:
            answering = asked_of(collection)
            return gr.update(examples=[{"text": question} for question in suggestions(answering)] if answering else [])
        except RagError as error:
            log(error)
            return gr.update(examples=[])

    def checked(question: str, *wanted: str) -> Where:
        where = _filters(*wanted)
        if len(question) > LONGEST or where is None:
            raise gr.Error(chinese(*(BAD_DATE if where is None else TOO_LONG)))
        return where

    @contextmanager
    def said_in_one_sentence() -> Iterator[None]:
        try:
            yield
        except RagError as error:
            log(error)
            raise gr.Error(chinese(*SORRY)) from error

    def search(question: str, source: str = "", title: str = "", section: str = "", since: str = "", until: str = "") -> dict[str, Any]:
        """Find the passages for a question, best first; only in documents that meet the filters given, which are those of ask."""
        where = checked(question, source, title, section, since, until)
        with said_in_one_sentence():
            return hits_as_json(question, assistant.search(question, where=where))

    def ask(question: str, source: str = "", title: str = "", section: str = "", since: str = "", until: str = "") -> dict[str, Any]:
        """Answer a question from the documents, every statement cited; only from those that meet the filters given.

        A part of the source's path, of the title or of the section; a first and a last date (2023, 2023-06, 2023-06-12).
        """
        where = checked(question, source, title, section, since, until)
        with said_in_one_sentence():
            return as_json(assistant.answer(question, where))

    # gr.HTML compiles its value's template with eval, which the Content-Security-Policy forbids: Markdown shows the HTML instead.
    html: dict[str, Any] = {"sanitize_html": True, "latex_delimiters": [], "container": False}
    page = gr.Blocks(title="文据", fill_height=True, fill_width=True, analytics_enabled=False, delete_cache=CLEANED)
    with page:
        turns, conversation = gr.State([]), gr.State(None)
        # The links of the page write here what they want; a person never sees it.
        wish = gr.Textbox(elem_id="wish", label="愿望", show_label=False)
        head = gr.Markdown(masthead(), elem_id="masthead", **html)
        with gr.Row(elem_id="columns"):
            with gr.Column(scale=3, min_width=320, elem_id="talk"):
                chat = gr.Chatbot(
                    elem_id="chat",
                    show_label=False,
                    container=False,
                    height="100%",
                    buttons=[],
                    layout="bubble",
                    placeholder=welcome(),
                    latex_delimiters=[],
                    allow_tags=False,
                    group_consecutive_messages=False,
                )
                with gr.Accordion(label("筛选文档"), open=False, elem_id="filters") as filters, gr.Row():
                    field: dict[str, Any] = {"lines": 1, "max_lines": 1, "max_length": 100, "min_width": 110, "scale": 1}
                    wanted = [
                        gr.Textbox(label=label(name), placeholder=label(hint), **field)
                        for name, hint in (
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
                        label=label("问题"),
                        show_label=False,
                        container=False,
                        placeholder=label("向文档提问"),
                        lines=1,
                        max_lines=4,
                        max_length=LONGEST,
                        autofocus=True,
                        scale=1,
                        **ready,
                    )
                    clear = gr.Button(label("新对话"), elem_id="clear", variant="secondary", scale=0, min_width=80)
            with gr.Column(scale=2, min_width=320, elem_id="cited"), gr.Tabs(elem_id="tabs"):
                with gr.Tab(label("引用"), render_children=True):
                    shown = gr.Markdown(pane([]), elem_id="citations", **html)
                    # The picture of a page comes here, and the page's script puts it where it belongs.
                    picture = gr.Markdown(elem_id="sheet", **html)
                with gr.Tab(label("文档"), visible=library is not None, render_children=True):
                    collection, adding = _documents(library, wish, wanted, filters, page) if library is not None else (gr.State(None), None)
                with gr.Tab(label("历史"), visible=history is not None, render_children=True):
                    past = gr.Markdown(elem_id="conversations", **html)
        quiet: dict[str, Any] = {"show_progress": "hidden", "api_visibility": "private"}
        together: dict[str, Any] = {"concurrency_limit": AT_ONCE, "concurrency_id": "answers"}
        asking = box.submit(respond, [box, turns, collection, *wanted], [box, clear, chat, shown, turns], **quiet, **together)
        after: dict[str, Any] = {"inputs": [turns, conversation], "outputs": [box, clear, chat, turns, conversation, past], "queue": False}
        asking.then(ended, **after, **quiet)
        chosen = chat.example_select(picked, None, [box], queue=False, **quiet)
        asked = chosen.then(respond, [box, turns, collection, *wanted], [box, clear, chat, shown, turns], **quiet, **together)
        asked.then(ended, **after, **quiet)
        box.stop(None, cancels=[asking, asked], **quiet)
        wish.change(wished, [wish, conversation], [chat, shown, turns, conversation, past, picture], queue=False, **quiet)
        wish.change(pictured, [wish, turns, collection], [picture], queue=False, **quiet)
        page.load(began, None, [past, head, chat, shown], queue=False, **quiet)
        for event in (page.load, *((collection.change, adding.then) if adding else ())):
            event(suggest, [collection], [chat], queue=False, **quiet)
        clear.click(cleared, None, [box, chat, shown, turns, conversation, past, picture], queue=False, **quiet)
        api(ask, api_name="ask", **together)
        api(search, api_name="search", **together)
    return page


def _documents(library: Library, wish: Any, wanted: Sequence[Any], filters: Any, page: Any) -> tuple[Any, Any]:
    """The pane of the documents: which collection is asked, what it holds, and what is put into it.

    Returns the choice of collection, and the event of files that have been put in.
    """
    import gradio as gr

    html: dict[str, Any] = {"sanitize_html": True, "latex_delimiters": [], "container": False}

    def listed(name: str | None, sought: str | None, request: gr.Request) -> str:
        say = _spoken(request)
        try:
            return shelf(library.holdings(name), library.removals(name), say, sought=sought or "", fixed=library.fixed)
        except RagError as error:
            log(error)
            return note(say, *BROKEN)

    def began(name: str | None, sought: str | None, request: gr.Request) -> tuple[Any, str]:
        return gr.update(choices=library.names), listed(name, sought, request)

    def chosen(name: str | None, sought: str | None, request: gr.Request) -> tuple[str, str]:
        return "", listed(name, sought, request)

    def created(new: str, sought: str | None, request: gr.Request) -> tuple[Any, ...]:
        try:
            name = library.create(new)
        except RagError as error:
            return gr.skip(), gr.skip(), _told(error, _spoken(request)), gr.skip()
        return gr.update(choices=library.names, value=name), "", "", listed(name, sought, request)

    def added(files: list[str] | None, name: str | None, request: gr.Request) -> Iterator[tuple[Any, ...]]:
        try:
            for states in library.add(name, [Path(file) for file in files or ()]):
                yield None, readings(states, _spoken(request))
        except RagError as error:
            yield None, _told(error, _spoken(request))

    def wished(wish: str, name: str | None, sought: str | None, request: gr.Request) -> Iterator[tuple[Any, ...]]:
        """What a link in the list asks for."""
        say = _spoken(request)
        what, key, *_ = [*wish.split("-"), ""]
        try:
            source = library.source(name, key) if what in ("show", "reread", "remove", "only") else None
            if what == "show" and source:
                yield "", understood(source, library.understood(name, source), say), gr.skip(), gr.skip()
            elif what == "reread" and source:
                for states in library.reread(name, [source]):
                    yield readings(states, say), *(gr.skip(),) * 3
                yield gr.skip(), listed(name, sought, request), gr.skip(), gr.skip()
            elif what == "only" and source:
                yield gr.skip(), gr.skip(), as_pattern(source), gr.update(open=True)
            elif what in ("remove", "undo", "list"):
                if what == "remove" and source:
                    library.remove(name, source)
                elif what == "undo":
                    library.restore(name, key)
                yield "", listed(name, sought, request), gr.skip(), gr.skip()
        except RagError as error:
            yield _told(error, say), listed(name, sought, request), gr.skip(), gr.skip()

    collection = gr.Dropdown(library.names, value=library.first, label=label("文档集"), elem_id="collection", min_width=120)
    new = gr.Textbox(
        label=label("新文档集"),
        placeholder=label("起个名字，如 县志"),
        submit_btn=label("新建"),
        max_lines=1,
        elem_id="new",
        visible=library.grows,
    )
    upload = gr.File(
        label=label("放进文档集的文件"), show_label=False, file_count="multiple", height=112, elem_id="upload", visible=not library.fixed
    )
    news = gr.Markdown(elem_id="news", **html)
    sought = gr.Textbox(label=label("按名字找"), placeholder=label("文件名或文件夹里的字"), max_lines=1, elem_id="sought")
    shown = gr.Markdown(elem_id="shelf", **html)
    quiet: dict[str, Any] = {"show_progress": "hidden", "api_visibility": "private"}
    together: dict[str, Any] = {"concurrency_limit": AT_ONCE, "concurrency_id": "documents"}
    page.load(began, [collection, sought], [collection, shown], queue=False, **quiet)
    collection.change(chosen, [collection, sought], [news, shown], queue=False, **quiet)
    sought.change(listed, [collection, sought], [shown], queue=False, **quiet)
    new.submit(created, [new, sought], [collection, new, news, shown], queue=False, **quiet)
    # Who drops more while files are read is not turned away; the list is that of the collection that is chosen when they are.
    adding = upload.upload(added, [upload, collection], [upload, news], trigger_mode="multiple", **together, **quiet)
    adding.then(listed, [collection, sought], [shown], queue=False, **quiet)
    wish.change(wished, [wish, collection, sought], [news, shown, wanted[0], filters], **together, **quiet)
    return collection, adding


def _told(error: RagError, say: Say) -> str:
    """What a visitor is told of an error: its reason in Chinese, and where it has none, that there was one."""
    if not isinstance(error, DocumentError):
        log(error)
    reason = IN_USE if isinstance(error, IndexInUse) else getattr(error, "reason", "") or say(*SORRY)
    return f'<p class="warned">{plain(reason)}</p>'


def _number(key: str) -> int:
    """The number in a link; 0 where there is none."""
    return int(key) if re.fullmatch("[0-9]{1,9}", key) else 0


def _spoken(request: Any) -> Say:
    """The language of who sent a request (a gr.Request)."""
    return preferred(request.headers.get("accept-language", "") if request.headers else "")


def _filters(*given: str | None) -> Where | None:
    """The documents that are to be searched, by source, title, section, first and last date; None where a date is none.

    A field that was never shown comes as None.
    """
    stripped = [(part or "").strip() for part in given]
    try:
        return Where(*stripped) if any(stripped) else EVERYWHERE
    except ValueError:
        return None


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

    spoken: dict[str, dict[str, str]] = {"en": LABELS} | {code: {name: name for name in LABELS} for code in CODES}
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
            i18n=gr.I18n(**spoken),
            auth=_signing_in(users) if users is not None else None,
            auth_message=SIGN_IN,
            css=STYLE,
            max_file_size=LARGEST,
            app_kwargs={"middleware": [Middleware(Guard, SCRIPT, uploads=library is not None and not library.fixed, local=users is None)]},
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
            known = await asyncio.to_thread(users.allow, name, password)
        if not known:
            await asyncio.sleep(WRONG_WAITS)
        return known

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
