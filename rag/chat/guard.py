"""What stands between the chat and the network: the headers of every answer, and what is not let in."""

import base64
import hashlib
import re
from collections.abc import Awaitable, Callable, Iterable, MutableMapping
from typing import Any

from rag.console import is_called_locally

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]


MISCALLED = (
    "没有设登录时，文据只应答对 localhost 的访问。要从别处来用，请让人登录：python ui.py --users FILE\n"
    "Where nobody signs in, Wenju answers to localhost alone; let people sign in: python ui.py --users FILE\n"
)
"""What is said to who calls this server by another name than one of this machine."""


UNUSED = frozenset({"process_recording", "deep_link"})
"""What Gradio offers beside what the page uses, and that writes."""


class Guard:
    """ASGI middleware: puts `script` into the page, sends a Content-Security-Policy with everything, and lets nothing be written that
    another site's page sends.

    Only the server's own files may load, and of inline scripts only those that the page was sent with: a script that came out of a
    document would not run even if it got past the escaping. Uploads are taken only where there are `uploads`. Where nobody signs in
    (`local`), those alone are answered who call this server by a name of this machine.
    """

    def __init__(
        self, app: Callable[[Message, Receive, Send], Awaitable[None]], script: str, *, uploads: bool = False, local: bool = False
    ) -> None:
        self._app = app
        self._script = script.encode()
        self._uploads = uploads
        self._local = local

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        """Pass the request on, unless it is none that may be, and put the headers on what comes back."""
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
                    await send({**start, "headers": [*start["headers"], *_headers([])]})
            elif not _is_page(start):
                await send(message)
            else:
                # A page is held back until it is whole: its inline scripts have to be known before its headers go out.
                body += message.get("body", b"")
                if not message.get("more_body"):
                    # Gradio would run the script of a page only after it has chosen a language, which the script has a say in.
                    body = body.replace(b"<head>", b"<head><script>" + self._script + b"</script>", 1)
                    inline = re.findall(rb"<script(?![^>]*\ssrc=)[^>]*>(.*?)</script>", body, re.DOTALL)
                    sized = [(name, value) for name, value in start["headers"] if name.lower() != b"content-length"]
                    length = (b"content-length", str(len(body)).encode())
                    await send({**start, "headers": [*sized, length, *_headers(inline)]})
                    await send({"type": "http.response.body", "body": body})

        if self._local and not is_called_locally(dict(scope["headers"]).get(b"host", b"")):
            await guarded({"type": "http.response.start", "status": 421, "headers": [(b"content-type", b"text/plain; charset=utf-8")]})
            await guarded({"type": "http.response.body", "body": MISCALLED.encode()})
        elif self._refused(scope):
            await guarded({"type": "http.response.start", "status": 403, "headers": []})
            await guarded({"type": "http.response.body", "body": b""})
        else:
            await self._app(scope, receive, guarded)

    def _refused(self, scope: Message) -> bool:
        # A browser says where a request comes from; others who send one need no help of another site's page.
        elsewhere = any(name == b"sec-fetch-site" and value == b"cross-site" for name, value in scope["headers"])
        called = scope["path"].rstrip("/").rpartition("/")[2]
        writes = called in UNUSED or (called == "upload" and not self._uploads)
        return (elsewhere and scope["method"] not in ("GET", "HEAD")) or writes


def _is_page(start: Message) -> bool:
    return any(name.lower() == b"content-type" and value.startswith(b"text/html") for name, value in start["headers"])


def _headers(scripts: Iterable[bytes]) -> list[tuple[bytes, bytes]]:
    hashes = " ".join(f"'sha256-{base64.b64encode(hashlib.sha256(script).digest()).decode()}'" for script in scripts)
    policy = (
        f"default-src 'self'; script-src 'self' {hashes}; style-src 'self' 'unsafe-inline'; img-src 'self' data: blob:; "
        "font-src 'self' data:; connect-src 'self'; object-src 'none'; base-uri 'self'; form-action 'self'; frame-ancestors 'self'"
    )
    return [(b"content-security-policy", policy.encode()), (b"x-content-type-options", b"nosniff"), (b"referrer-policy", b"no-referrer")]
