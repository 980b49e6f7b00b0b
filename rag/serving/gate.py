"""What a request has to pass before anybody reads it: the name it calls this server by, its key, its size. ASGI middleware."""

from typing import TYPE_CHECKING

from rag.console import is_called_locally
from rag.serving.errors import ApiError
from rag.serving.keys import Keys

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

LARGEST = 1_000_000
"""Bytes that the body of a request may have."""

OPEN = frozenset({"/health"})
"""What needs no key."""

_HEADERS = ((b"x-content-type-options", b"nosniff"), (b"cache-control", b"no-store"))


class Gate:
    """Lets through requests with one of the `keys`; without keys, those that call this server by a name of this machine alone.

    A page of the web can have its own name lead to this machine, and then ask as if it came from here (DNS rebinding): where no key
    tells a stranger apart, the name does. A body is let through up to `LARGEST`.
    """

    def __init__(self, app: "ASGIApp", keys: Keys | None) -> None:
        self._app = app
        self._keys = keys

    async def __call__(self, scope: "Scope", receive: "Receive", send: "Send") -> None:
        """Pass the request on, or refuse it in OpenAI's shape."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        headers = dict(scope["headers"])

        async def guarded(message: "Message") -> None:
            if message["type"] == "http.response.start":
                message = {**message, "headers": [*message["headers"], *_HEADERS]}
            await send(message)

        try:
            self._admit(scope["path"], headers)
        except ApiError as error:
            from starlette.responses import JSONResponse

            await JSONResponse(error.body, error.status, error.headers)(scope, receive, guarded)
            return
        read = 0

        async def measured() -> "Message":
            nonlocal read
            message = await receive()
            read += len(message.get("body", b""))
            if read > LARGEST:  # a body sent in pieces, which never said how long it would be
                from starlette.exceptions import HTTPException

                raise HTTPException(413, _too_large().args[0])
            return message

        await self._app(scope, measured, guarded)

    def _admit(self, path: str, headers: dict[bytes, bytes]) -> None:
        if self._keys is None:
            if not is_called_locally(headers.get(b"host", b"")):
                raise ApiError(
                    421, "without keys, this server answers to localhost alone; serve with keys: python -m rag.serve --keys FILE"
                )
        elif path not in OPEN and not self._keys.allow(_bearer(headers.get(b"authorization", b""))):
            message = "a key is needed that this server knows: Authorization: Bearer KEY"
            raise ApiError(401, message, code="invalid_api_key", headers={"WWW-Authenticate": "Bearer"})
        length = headers.get(b"content-length", b"0")
        if length.isdigit() and int(length) > LARGEST:
            raise _too_large()


def _bearer(authorization: bytes) -> str:
    scheme, _, key = authorization.decode("utf-8", "surrogateescape").partition(" ")
    return key.strip() if scheme.lower() == "bearer" else ""


def _too_large() -> ApiError:
    return ApiError(413, f"the request has more than {LARGEST} bytes; ask with fewer or shorter messages", code="request_too_large")
