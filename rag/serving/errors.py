"""An error as OpenAI's clients read it: `{"error": {"message", "type", "param", "code"}}`."""

from collections.abc import Mapping
from typing import Any


class ApiError(Exception):
    """What a request is refused with: a status of HTTP, one line of what is wrong, and the parameter it is about."""

    def __init__(
        self, status: int, message: str, *, param: str | None = None, code: str | None = None, headers: Mapping[str, str] | None = None
    ) -> None:
        super().__init__(message)
        self.status = status
        self.param = param
        self.code = code
        self.headers = dict(headers or {})

    @property
    def body(self) -> dict[str, Any]:
        """The error in OpenAI's shape."""
        kind = "server_error" if self.status >= 500 else "invalid_request_error"
        return {"error": {"message": str(self), "type": kind, "param": self.param, "code": self.code}}


FAILED = ApiError(500, "the question could not be answered; the server's own record says why, see where it was started")
"""What a client is told of any error that is not its own."""

BUSY = ApiError(503, "too many questions are waiting; ask again in a moment", code="server_busy", headers={"Retry-After": "2"})
"""What a client is told where there is no place in line."""
