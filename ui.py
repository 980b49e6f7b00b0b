"""The chat in the browser, `python ui.py`: shows the answers of an Assistant with Gradio; knows nothing of how they are found."""

import argparse
import base64
import hashlib
import logging
import os
import re
import shlex
import sys
import threading
from collections.abc import Awaitable, Callable, Iterable, Iterator, MutableMapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path, PurePath
from typing import TYPE_CHECKING, Any

from rag.console import Bar, is_local, run
from rag.errors import RagError, SettingsError
from rag.records import EVERYWHERE, Answer, Citation, Where
from rag.records import Turn as Past
from rag.settings import Settings, default_users

if TYPE_CHECKING:
    import gradio as gr

    from rag.assistant import Assistant
    from rag.users import Users

AT_ONCE = 8
"""How many questions are answered at the same time; the others wait their turn."""

LONGEST = 500
"""Characters that a question may have."""

SUPPORT = ((0.8, "高"), (0.5, "中"), (0.0, "低"))
"""The word for how surely the documents answer, by the least support it is used for."""

TRIED_AT_ONCE, WRONG_WAITS = 2, 1.0
"""How many passwords are looked at at the same time, and the seconds that a wrong one is made to wait: who guesses gets nowhere."""

SIGN_IN = "请用管理员给的名字和密码登录。"
WAITING = '<p class="waiting">正在查阅文档…</p>'
STOPPED = '<p class="note">已停止。</p>'
EMPTY = '<p class="note">请先写下想问的问题。</p>'
BAD_DATE = "筛选里的日期请写成 2023、2023-06 或 2023-06-12。"
SORRY = "回答时出了错，请稍后再问一次。"
WELCOME = (
    '<div class="welcome"><p class="seal">据</p><p>写下一个问题，从文档里找答案。</p><p class="hint">文档里没有的，会直说没有。</p></div>'
)
NO_CARDS = '<div class="none">回答里的编号，如 <span class="number">[1]</span>，指向文档的原文。点一下编号，那一段就在这里亮起来。</div>'


@dataclass(frozen=True, slots=True)
class Turn:
    """One question, and the HTML of what is said to it and of the paragraphs cited; `whole` once no more is to come.

    `past` is what the next questions may follow up; None where the answer was stopped or failed.
    """

    question: str
    reply: str
    cards: str = ""
    whole: bool = False
    past: Past | None = None


def plain(text: str) -> str:
    """`text` as HTML and Markdown that show it and do nothing else.

    Every ASCII mark becomes a character reference, so no tag, link, image, emphasis, formula or template can begin; line ends
    become <br>, since a blank line would end the HTML block for the Markdown parser.
    """
    return _lines(text.strip())


def _lines(text: str) -> str:
    marked = re.sub(r"[!-/:-@\[-`{-~]", lambda mark: f"&#{ord(mark[0])};", text)
    return "<br>".join(re.split(r"[\n\r\v\f\x1c-\x1e\x85\u2028\u2029]+", marked))


def reply(answer: Answer, turn: int) -> str:
    """What the answer says as HTML, each statement followed by links to the cards of `turn`, below a follow-up as it was understood."""
    parts = [f'<p class="note">理解为：{plain(answer.understood)}</p>'] if answer.understood else []
    if answer.refused:
        parts += ['<p class="refusal">文档没有回答这个问题</p>', f"<p>{plain(answer.reason)}</p>"]
        if answer.nearest:
            nearest = "".join(f"<li>{_where(c)}：{_quoted(c)}{_link(c, turn)}</li>" for c in answer.nearest)
            parts.append(f'<p class="nearest">最接近的段落</p><ul>{nearest}</ul>')
        return f'<div class="answer">{"".join(parts)}</div>'
    said = "".join(f"<span>{plain(s.text)}{''.join(_link(c, turn) for c in s.citations)}</span>" for s in answer.statements)
    if answer.short:
        parts.append(f'<p class="short">{plain(answer.short)}</p>')
    parts.append(f'<p class="said">{said}</p>')
    parts += [f'<p class="note">{plain(note)}</p>' for note in (answer.reason, *answer.conflicts, answer.note) if note]
    return f'<div class="answer">{"".join(parts)}</div>'


def support(answer: Answer) -> str:
    """How surely the documents answer, as a line of HTML; nothing for a refusal."""
    word = next(word for least, word in SUPPORT if answer.support >= least)
    return "" if answer.refused else f'<p class="support">支持度：{word}</p>'


def cards(answer: Answer, turn: int) -> str:
    """The cited paragraphs as HTML, one card for each marker."""
    return "".join(_card(citation, turn) for citation in answer.citations)


def _card(citation: Citation, turn: int) -> str:
    document, passage, marker = citation.document, citation.passage, citation.marker
    about = [document.byline, document.date, passage.heading, f"第{passage.number}段"]
    first, last = passage.lines
    # In a file of pages nobody counts lines.
    stands = f"第{'、'.join(map(str, passage.pages))}页" if passage.pages else f"第{first}{f'–{last}' if last != first else ''}行"
    # The folder above tells files of one name apart; the rest of the path is the server's own affair.
    place = f"{'/'.join(PurePath(document.source).parts[-2:])} {stands}"
    text = _lines(passage.text[: citation.start]) + f"<mark>{plain(citation.quote)}</mark>" + _lines(passage.text[citation.end :])
    return (
        f'<article class="card" id="cite-{turn}-{marker}" tabindex="-1">'
        f'<h3 class="title"><span class="number">[{marker}]</span>《{plain(document.title)}》</h3>'
        f'<div class="about">{"<i>·</i>".join(f"<span>{plain(part)}</span>" for part in about if part)}</div>'
        f'<p class="text">{text}</p>'
        f'<div class="place">{plain(place)}<a class="back" href="#from-{turn}-{marker}">返回回答</a></div></article>'
    )


def _link(citation: Citation, turn: int) -> str:
    return f'<a class="cite" href="#cite-{turn}-{citation.marker}" title="看原文">[{citation.marker}]</a>'


def _where(citation: Citation) -> str:
    return f"《{plain(citation.document.title)}》第{citation.passage.number}段"


def _quoted(citation: Citation) -> str:
    return f"“{plain(citation.quote)}”"


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


def build(assistant: "Assistant") -> "gr.Blocks":
    """The page: the chat at the left, the cited paragraphs at the right."""
    os.environ["GRADIO_ANALYTICS_ENABLED"] = "False"  # read on import; otherwise it looks up hosts outside
    import gradio as gr
    from gradio.events import api

    from rag.rendering import as_json

    ready: dict[str, Any] = {"submit_btn": "发送", "stop_btn": False}
    busy: dict[str, Any] = {"submit_btn": False, "stop_btn": "停止"}

    def skip(count: int) -> tuple[Any, ...]:
        return (gr.skip(),) * count

    def respond(question: str, turns: list[Turn], *wanted: str | None) -> Iterator[tuple[Any, ...]]:
        where = _filters(*wanted)
        if where is None or not question.strip():
            said = EMPTY if where is not None else f'<p class="note">{BAD_DATE}</p>'
            yield *skip(2), [*messages(turns), {"role": "assistant", "content": said}], *skip(2)
            return
        for state, cited in _states(assistant, question.strip(), turns, where):
            asked = [*turns, state]
            controls = (gr.update(value="", **busy), gr.update(interactive=False)) if state.reply == WAITING else skip(2)
            yield *controls, messages(asked), pane(asked) if cited else gr.skip(), asked

    def ended(turns: list[Turn]) -> tuple[Any, ...]:
        """Runs after `respond`, also where that was stopped on the way."""
        controls = gr.update(**ready), gr.update(interactive=True)
        if not turns or turns[-1].whole:
            return *controls, *skip(2)
        last = turns[-1]
        said = STOPPED if last.reply == WAITING else last.reply + STOPPED
        turns = [*turns[:-1], replace(last, reply=said, whole=True)]
        return *controls, messages(turns), turns

    def cleared() -> tuple[Any, ...]:
        return "", [], NO_CARDS, []

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
        turns = gr.State([])
        gr.Markdown('<div class="masthead"><h1>文据</h1><p>只依据文档回答，句句有出处</p></div>', elem_id="masthead", **html)
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
                    latex_delimiters=[],
                    allow_tags=False,
                    group_consecutive_messages=False,
                )
                with gr.Accordion("筛选文档", open=False, elem_id="filters"), gr.Row():
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
            with gr.Column(scale=2, min_width=320, elem_id="cited"):
                gr.Markdown("<h2>引用</h2>", **html)
                shown = gr.Markdown(NO_CARDS, elem_id="citations", **html)
        quiet: dict[str, Any] = {"show_progress": "hidden", "api_visibility": "private"}
        together: dict[str, Any] = {"concurrency_limit": AT_ONCE, "concurrency_id": "answers"}
        asking = box.submit(respond, [box, turns, *wanted], [box, clear, chat, shown, turns], **quiet, **together)
        asking.then(ended, [turns], [box, clear, chat, turns], queue=False, **quiet)
        box.stop(None, cancels=[asking], **quiet)
        clear.click(cleared, None, [box, chat, shown, turns], queue=False, **quiet)
        api(ask, api_name="ask", **together)
    return page


def _filters(*given: str | None) -> Where | None:
    """The documents that are to be searched, by source, title, section, first and last date; None where a date is none.

    A field that was never shown comes as None.
    """
    stripped = [(part or "").strip() for part in given]
    try:
        return Where(*stripped) if any(stripped) else EVERYWHERE
    except ValueError:
        return None


def _states(assistant: "Assistant", question: str, turns: Sequence[Turn], where: Where = EVERYWHERE) -> Iterator[tuple[Turn, bool]]:
    """The turn after `turns` as it grows, and whether its cards have changed; the first one waits, and an error is said in one sentence."""
    number = len(turns) + 1
    now = Turn(question, WAITING)
    yield now, False
    try:
        answer = None
        for answer in assistant.stream(question, where, [turn.past for turn in turns if turn.past]):
            before, now = now, Turn(question, reply(answer, number), cards(answer, number))
            yield now, now.cards != before.cards
        # A turn without any card has yet to take the place of the cards before it.
        ended = replace(now, reply=now.reply + (support(answer) if answer else ""), whole=True, past=answer.turn if answer else None)
        yield ended, not now.cards
    except Exception as error:  # whatever went wrong, the person who asked reads a sentence, and the log has the rest
        _log(error)
        yield Turn(question, f'<p class="note">{SORRY}</p>', whole=True), True


def _log(error: Exception) -> None:
    """Put on record what a visitor is not told: an error of ours in its one line, any other with its traceback."""
    logging.getLogger(__name__).error("%s", error, exc_info=None if isinstance(error, RagError) else error)


def launch(assistant: "Assistant", *, host: str = "127.0.0.1", port: int | None = None, users: "Users | None" = None) -> "gr.Blocks":
    """Serve the chat in the background, on a free port from 7860 where none is given; the page's `local_url` says where.

    Only `users` may open it, where they are given, each by name and password. Raises SettingsError when the port is taken; `close` the
    page to stop.
    """
    page = build(assistant)
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
            app_kwargs={"middleware": [Middleware(Guard)]},
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


Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]


class Guard:
    """ASGI middleware: sends a Content-Security-Policy with everything, and takes no uploads, which nothing here asks for.

    Only the server's own files may load, and of inline scripts only those that the page was sent with: a script that came out
    of a document would not run even if it got past the escaping.
    """

    def __init__(self, app: Callable[[Message, Receive, Send], Awaitable[None]]) -> None:
        self._app = app

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        """Pass the request on, unless it is an upload, and put the headers on what comes back."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        start: Message = {}
        body = b""

        async def guarded(message: Message) -> None:
            nonlocal start, body
            if message["type"] == "http.response.start":
                start = message
                if not _is_page(start):
                    await send({**start, "headers": [*start["headers"], *_headers([SCRIPT.encode()])]})
            elif not _is_page(start):
                await send(message)
            else:
                # A page is held back until it is whole: its inline scripts have to be known before its headers go out.
                body += message.get("body", b"")
                if not message.get("more_body"):
                    inline = re.findall(rb"<script(?![^>]*\ssrc=)[^>]*>(.*?)</script>", body, re.DOTALL)
                    await send({**start, "headers": [*start["headers"], *_headers([SCRIPT.encode(), *inline])]})
                    await send({"type": "http.response.body", "body": body})

        if scope["path"].rstrip("/").endswith("/upload"):
            await guarded({"type": "http.response.start", "status": 403, "headers": []})
            await guarded({"type": "http.response.body", "body": b""})
        else:
            await self._app(scope, receive, guarded)


def _is_page(start: Message) -> bool:
    return any(name.lower() == b"content-type" and value.startswith(b"text/html") for name, value in start["headers"])


def _headers(scripts: Iterable[bytes]) -> list[tuple[bytes, bytes]]:
    hashes = " ".join(f"'sha256-{base64.b64encode(hashlib.sha256(script).digest()).decode()}'" for script in scripts)
    policy = (
        f"default-src 'self'; script-src 'self' {hashes}; style-src 'self' 'unsafe-inline'; img-src 'self' data: blob:; "
        "font-src 'self' data:; connect-src 'self'; object-src 'none'; base-uri 'self'; form-action 'self'; frame-ancestors 'self'"
    )
    return [(b"content-security-policy", policy.encode()), (b"x-content-type-options", b"nosniff"), (b"referrer-policy", b"no-referrer")]


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
    options = parser.parse_args(arguments)
    return run(lambda: _serve(options))


def _serve(options: argparse.Namespace) -> int:
    from rag.assistant import Assistant

    users = _users(options.host, Settings.load(users=options.users).users)
    with Bar() as bar:
        assistant = Assistant.open(options.index, on_progress=bar)
    with assistant:
        page = launch(assistant, host=options.host, port=options.port or None, users=users)
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


SCRIPT = """
(() => {
  document.documentElement.lang = "zh-CN";
  // Markers come and go as answers are written, so one listener serves them all; Enter on a link arrives here as a click.
  document.addEventListener("click", (event) => {
    const link = event.target.closest?.("a.cite, a.back");
    if (!link) return;
    event.preventDefault();
    const name = link.getAttribute("href").slice(1);
    if (link.classList.contains("cite")) show(name);
    else back(name);
  });
  function show(name) {
    const card = document.getElementById(name);
    if (!card) return;
    const turn = card.closest("section");
    for (const section of turn.parentElement.querySelectorAll("section")) section.hidden = section !== turn;
    for (const other of document.querySelectorAll(".is-target")) other.classList.remove("is-target");
    card.classList.add("is-target");
    card.focus({ preventScroll: true });
    const calm = matchMedia("(prefers-reduced-motion: reduce)").matches;
    card.scrollIntoView({ behavior: calm ? "auto" : "smooth", block: "start" });
  }
  function back(name) {
    const link = document.querySelector(`a.cite[href="#${name.replace("from", "cite")}"]`);
    link?.focus({ preventScroll: true });
    link?.scrollIntoView({ block: "center" });
  }
  // Gradio names each message by its source, tags and all, and the conversation in English: name them for who listens to the page.
  const names = { bot: "回答", user: "问题" };
  new MutationObserver(() => {
    for (const part of document.querySelectorAll("#chat [role=log], #chat [data-testid=bot], #chat [data-testid=user]")) {
      const name = names[part.dataset.testid] ?? "对话";
      if (part.ariaLabel !== name) part.ariaLabel = name;
    }
  }).observe(document.documentElement, { subtree: true, childList: true, attributeFilter: ["aria-label"] });
})();
"""

STYLE = """
:root {
  --serif: "Songti SC", "Noto Serif CJK SC", "Source Han Serif SC", STSong, serif;
  --ink: #28241d; --soft: #6e6658; --paper: #f6f3ec; --sheet: #fffdf9; --line: #e3dccf; --seal: #a3301f; --on-seal: #fff;
  --seal-soft: #f6e4de; --marked: #ffe698; --target: #fff8e3; --asked: #efe8da;
}
.dark {
  --ink: #ebe5d9; --soft: #a89f90; --paper: #181613; --sheet: #211f1b; --line: #3a362e; --seal: #f0937c; --on-seal: #2a120c;
  --seal-soft: #43261f; --marked: #6a5314; --target: #2d2819; --asked: #343028;
}
body, gradio-app, .gradio-container { background: var(--paper) !important; color: var(--ink) !important; }
.gradio-container .prose, .gradio-container .prose * { color: inherit; opacity: 1 !important; }
.gradio-container main.contain { max-width: 1280px; margin: 0 auto; padding: 0; }
.gradio-container .main.app { padding: 0 clamp(14px, 2.2vw, 28px) !important; }
.gradio-container .block { overflow: visible !important; background: none; border: 0; padding: 0; box-shadow: none; }
.gradio-container .column { gap: 0; }
.gradio-container a:focus-visible, .gradio-container button:focus-visible { outline: 2px solid var(--seal); outline-offset: 2px; }

#masthead .masthead { display: flex; align-items: baseline; gap: 16px; height: 68px; padding-top: 20px; box-sizing: border-box; }
#masthead h1 { margin: 0; color: var(--seal); font: 700 28px/1 var(--serif); letter-spacing: .1em; }
#masthead p { margin: 0; color: var(--soft); font-size: 14px; }

#columns { display: grid; grid-template-columns: minmax(0, 3fr) minmax(0, 2fr); gap: 28px; height: calc(100dvh - 92px); }
#talk, #cited { height: 100%; min-width: 0 !important; flex-wrap: nowrap; }
#chat { flex: 1 1 0; min-height: 0; height: auto !important; background: var(--sheet); }
#chat, #question { border: 1px solid var(--line) !important; border-radius: 14px; }
#chat > .wrapper { height: 100%; }
#chat .icon-button-wrapper { display: none; }
#chat .bubble-wrap { padding: 22px 26px; background: none; }
#chat .message-row { max-width: 100%; margin: 0; padding: 0; }
#chat .message-row.user-row { margin: 6px 0 14px; }
#chat .message-row.bot-row { margin-bottom: 26px; }
#chat .bot-row .flex-wrap { width: 100%; max-width: 100%; }
#chat .message { margin: 0; border: 0; box-shadow: none; color: var(--ink); font-size: 16px; line-height: 1.85; }
#chat .bot.message { padding: 0; background: none; width: 100%; }
#chat .user.message { padding: 6px 16px; border-radius: 14px 14px 4px 14px; background: var(--asked); }
#chat .answer p, #chat .answer ul { margin: 0 0 8px; padding: 0; }
#chat .answer ul { list-style: none; }
#chat .short { font-size: 25px; font-weight: 700; line-height: 1.4; letter-spacing: .01em; }
#chat .refusal { font-size: 19px; font-weight: 700; }
#chat .nearest { margin-top: 14px; color: var(--soft); font-size: 14px; }
#chat .note, #chat .support, #chat .waiting { margin: 6px 0 0; color: var(--soft); font-size: 14px; }
#chat .waiting { animation: breathe 1.6s ease-in-out infinite; }
@keyframes breathe { 50% { opacity: .45; } }
#chat .welcome { text-align: center; line-height: 1.8; }
#chat .welcome p { margin: 0; font-size: 17px; }
#chat .welcome .hint { color: var(--soft); font-size: 14px; }
#chat .welcome .seal {
  width: 64px; height: 64px; margin: 0 auto 20px; border-radius: 10px; background: var(--seal); color: var(--on-seal);
  font: 700 36px/62px var(--serif);
}
.gradio-container .prose a.cite, .gradio-container .prose .number {
  display: inline-block; margin: 0 2px; padding: 0 5px; border-radius: 5px; background: var(--seal-soft); color: var(--seal);
  font-size: 13px; font-weight: 600; line-height: 20px; text-decoration: none; vertical-align: 1px;
}
.gradio-container .prose a.cite:hover { background: var(--seal); color: var(--on-seal); }

#filters { flex: none; margin-top: 12px; padding: 0 4px; }
#filters > button { padding: 2px 4px; color: var(--soft); font-size: 14px; font-weight: 400; }
#filters .row, #filters .form { gap: 8px; border: 0; background: none; box-shadow: none; }
#filters .row { padding-top: 6px; }
#filters label > span { margin: 0 0 2px; padding: 0; background: none; color: var(--soft); font-size: 13px; font-weight: 400; }
#filters input, #filters textarea {
  padding: 5px 9px; border: 1px solid var(--line); border-radius: 9px; background: var(--sheet); color: var(--ink); font-size: 14px;
}
#asking { flex: none; flex-wrap: nowrap; align-items: stretch; gap: 10px; margin-top: 14px; }
#question { background: var(--sheet); }
#question:focus-within { border-color: var(--seal) !important; }
#question .input-container { align-items: flex-end; padding: 6px; background: none; border: 0; }
#question textarea {
  padding: 7px 10px; border: 0; background: none; box-shadow: none; color: var(--ink); font-size: 16px; line-height: 1.6;
}
#question textarea::placeholder { color: var(--soft); opacity: 1; }
#question .submit-button, #question .stop-button {
  flex: none; height: 38px; margin: 0; padding: 0 18px; border: 0; border-radius: 10px;
  background: var(--seal); color: var(--on-seal); font-size: 15px;
}
#question .stop-button { background: var(--soft); color: var(--sheet); }
#clear { border: 1px solid var(--line); border-radius: 14px; background: none; color: var(--soft); font-size: 15px; font-weight: 400; }
#clear:disabled { opacity: .5; }
#clear:hover:enabled { color: var(--ink); }

#cited { overflow-y: auto; overscroll-behavior: contain; scrollbar-width: thin; }
#cited h2 { margin: 0 0 6px; font-size: 17px; line-height: 28px; }
#citations .asked { margin-bottom: 12px; color: var(--soft); font-size: 14px; }
#citations .none { padding: 18px 20px; border: 1px dashed var(--line); border-radius: 14px; color: var(--soft); font-size: 14px; }
#citations .card {
  margin: 0 2px 14px; padding: 16px 20px 14px; border: 1px solid var(--line); border-radius: 14px; background: var(--sheet);
  scroll-margin: 8px; outline: none;
}
#citations .card.is-target { border-color: var(--seal); background: var(--target); box-shadow: 0 0 0 1px var(--seal); }
#citations .title { margin: 0; font-size: 16px; font-weight: 700; line-height: 1.6; }
#citations .about { color: var(--soft); font-size: 13px; line-height: 1.7; }
#citations .about i { margin: 0 6px; font-style: normal; }
#citations .text { margin: 8px 0; font-size: 15px; line-height: 1.9; overflow-wrap: anywhere; }
#citations mark { padding: 2px 0; border-radius: 3px; background: var(--marked); color: inherit; box-decoration-break: clone; }
#citations .place { display: flex; flex-wrap: wrap; justify-content: space-between; gap: 0 12px; color: var(--soft); font-size: 13px; }
#citations .title, #citations .about, #citations .place, #chat .prose { overflow-wrap: anywhere; }
#citations .back { display: none; color: var(--seal); text-decoration: none; }
#citations .is-target .back { display: inline; }
#citations .back:hover { text-decoration: underline; }

@media (max-width: 860px) {
  #masthead .masthead { height: 60px; gap: 10px; }
  #masthead p { font-size: 13px; }
  #columns { display: block; height: auto; }
  #talk, #cited { height: auto; overflow: visible; }
  #chat { flex: none; height: 60dvh !important; min-height: 320px; }
  #chat .bubble-wrap { padding: 16px; }
  #cited { margin: 26px 0; }
}
"""

if __name__ == "__main__":
    sys.exit(main())
