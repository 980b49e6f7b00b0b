"""Keys of those who may ask: read from a file, compared in constant time; knows nothing of HTTP."""

import hashlib
import hmac
import re
from collections.abc import Iterable
from pathlib import Path

from rag.errors import SettingsError

MAKE = "python -c 'import secrets; print(secrets.token_urlsafe(32))' > wenju.keys"
"""The command that makes a file with one key."""

_HASHED = "sha256:"


class Keys:
    """The keys that are accepted; none at all accepts nobody. Keeps fingerprints only, never a key."""

    def __init__(self, keys: Iterable[str]) -> None:
        """Take keys as they are given, or as "sha256:" and the 64 hex digits of one's SHA-256. ValueError for other digits."""
        self._fingerprints = tuple(_fingerprint(key) for key in keys)

    @classmethod
    def read(cls, path: Path) -> "Keys":
        """The keys of a file, one a line; blank lines and those that begin with # are passed over. SettingsError says what is wrong."""
        try:
            lines = [line.strip() for line in path.read_text(encoding="utf-8-sig").splitlines()]
        except (OSError, UnicodeDecodeError) as error:
            raise SettingsError(f"the keys in {path} cannot be read ({_why(error)}); make them anew: {MAKE}") from error
        given = [line for line in lines if line and not line.startswith("#")]
        if not given:
            raise SettingsError(f"there is no key in {path}; make one: {MAKE}")
        try:
            return cls(given)
        except ValueError as error:
            raise SettingsError(f"{path} has a line of {_HASHED} without 64 hex digits; see which: grep -n {_HASHED} {path}") from error

    def allow(self, key: str) -> bool:
        """Whether this is one of the keys; takes as long for any other, whichever characters they share."""
        asked = hashlib.sha256(key.encode("utf-8", "surrogateescape")).digest()
        # Every key is compared, so that the time says nothing about which of them it was either.
        return any([hmac.compare_digest(asked, known) for known in self._fingerprints])  # noqa: C419


def _fingerprint(key: str) -> bytes:
    if not key.startswith(_HASHED):
        return hashlib.sha256(key.encode()).digest()
    digits = key.removeprefix(_HASHED)
    if not re.fullmatch(r"[0-9a-fA-F]{64}", digits):
        raise ValueError("a SHA-256 has 64 hex digits")
    return bytes.fromhex(digits)


def _why(error: OSError | UnicodeDecodeError) -> str:
    return error.strerror or str(error) if isinstance(error, OSError) else "not UTF-8"
