"""Opens the zip archives that .docx, .xlsx and .epub files are: safely, and with an error that says what a broken one is.

Parsing XML here expands no entities: a file that declares any is refused.
"""

import lzma
import shlex
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from typing import IO, Literal, Self, cast
from xml.etree.ElementTree import Element, ParseError, XMLPullParser

from rag.errors import DocumentError

_MOST = 2_000_000_000
_ENOUGH, _RATIO = 200_000_000, 200
_CHUNK = 1 << 18
_BROKEN = (
    zipfile.BadZipFile,
    zlib.error,
    EOFError,
    NotImplementedError,
    RuntimeError,
    ValueError,
    LookupError,
    OverflowError,
    lzma.LZMAError,
)
_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_CONTAINER = "META-INF/container.xml"
_KINDS = {"word": ".docx", "xl": ".xlsx", "ppt": ".pptx"}
_OLD = {".docx": ".doc", ".xlsx": ".xls"}
_LOCKED = "文件有密码，请先去掉密码"
_STARTS = ((b"%PDF-", ".pdf"), (b"{\\rtf", ".rtf"))


class Archive:
    """The parts of a zip archive. `path` is its file, for errors, all of which are DocumentErrors of one line."""

    def __init__(self, path: Path, archive: zipfile.ZipFile) -> None:
        self.path = path
        self._archive = archive
        self._names = {name.lower(): name for name in archive.namelist()}

    def __contains__(self, name: str) -> bool:
        return name.lower() in self._names

    def size(self, name: str = "") -> int:
        """How many bytes a part has, or all of them together; 0 where there is no such part."""
        if name and name not in self:
            return 0
        return sum(info.file_size for info in ([self._archive.getinfo(self._names[name.lower()])] if name else self._archive.infolist()))

    def read(self, name: str) -> bytes:
        """The bytes of a part; b"" where there is no such part."""
        if name not in self:
            return b""
        with self.open(name) as part:
            return part.read()

    @contextmanager
    def open(self, name: str) -> Iterator[IO[bytes]]:
        """A part to be read from."""
        try:
            with self._archive.open(self._names[name.lower()]) as part:
                yield part
        except _BROKEN as error:
            raise broken(self.path, f"its part {name} is damaged") from error

    def xml(self, name: str) -> Element | None:
        """The root of a part that is XML; None where there is no such part."""
        root = None
        for _, element in self.events(name, "start"):
            if root is None:
                root = element
        return root

    def events(self, name: str, *kinds: Literal["start", "end"]) -> Iterator[tuple[str, Element]]:
        """The starts and ends of the elements of a part as it is read, in order; none where there is no such part."""
        if name not in self:
            return
        parser: XMLPullParser[Element] = XMLPullParser(kinds)
        tail = b""
        try:
            with self.open(name) as part:
                while chunk := part.read(_CHUNK):
                    # UTF-16 has a NUL beside each of these letters.
                    if b"<!ENTITY" in (tail + chunk).replace(b"\0", b""):
                        raise broken(self.path, f"its part {name} declares entities, which no office program writes")
                    tail = chunk[-16:]
                    parser.feed(chunk)
                    yield from cast(Iterator[tuple[str, Element]], parser.read_events())
                parser.close()
                yield from cast(Iterator[tuple[str, Element]], parser.read_events())
        except ParseError as error:
            raise broken(self.path, f"its part {name} is no well-formed XML ({error})") from error

    def related(self, name: str) -> dict[str, tuple[str, str]]:
        """What an Office part refers to: from relation ids to (the last word of its type, the part's name)."""
        part = PurePosixPath(name)
        root = self.xml(str(part.parent / "_rels" / f"{part.name}.rels"))
        found: dict[str, tuple[str, str]] = {}
        for relation in root if root is not None else ():
            target = relation.get("Target", "")
            if relation.get("TargetMode") != "External":
                place = target.lstrip("/") if target.startswith("/") else resolved(part.parent, target)
                found[relation.get("Id", "")] = (relation.get("Type", "").rpartition("/")[2], place)
        return found

    @classmethod
    @contextmanager
    def opened(cls, path: Path, suffix: str) -> Iterator[Self]:
        """The archive that a file of this suffix is; DocumentError where it is none, another kind of file, or a bomb."""
        with path.open("rb") as file:
            start = file.read(8)
            if not start:
                raise DocumentError(f"{path.name} is empty; look at it: ls -l {shlex.quote(str(path))}", reason="文件是空的")
            if not start.startswith(b"PK"):
                raise _other(path, suffix, start, file)
        try:
            archive = zipfile.ZipFile(path)
        except _BROKEN as error:
            raise broken(path, "its archive is cut short or damaged") from error
        with archive:
            _check_size(path, archive)
            if any(info.flag_bits & 1 for info in archive.infolist()):
                raise DocumentError(f"{path.name} is encrypted; save it without a password and read that: {_show(path)}", reason=_LOCKED)
            opened = cls(path, archive)
            kind = ".epub" if _CONTAINER in opened else _KINDS.get(opened.main().partition("/")[0], "")
            if kind and kind != suffix:
                raise _misnamed(path, kind)
            if not kind:
                raise broken(path, f"it is a zip archive, but of no {suffix} file", f"是压缩包，不是 {suffix} 文件，请解开后上传里面的文件")
            yield opened

    def main(self) -> str:
        """The part that an Office file begins with; "" where it names none that it has."""
        parts = [part for kind, part in self.related("").values() if kind == "officeDocument"]
        return next((part for part in parts if part in self), "")


def resolved(folder: PurePosixPath, target: str) -> str:
    """The name of the part that `target` is, seen from `folder`."""
    parts: list[str] = []
    for part in (folder / target).parts:
        if part == "..":
            parts = parts[:-1]
        elif part != ".":
            parts.append(part)
    return "/".join(parts)


def local(tag: object) -> str:
    """The name of an XML element or attribute without its namespace; "" for what is no element."""
    return tag.rpartition("}")[2] if isinstance(tag, str) else ""


def attribute(element: Element, name: str) -> str:
    """An attribute whatever its namespace: strict and transitional Office files differ in theirs."""
    found = element.get(name)
    if found is None:
        found = next((value for key, value in element.items() if local(key) == name), "")
    return found


def broken(path: Path, what: str, reason: str = "") -> DocumentError:
    """The error for a damaged file, whose reason is just that where none is given."""
    suffix = path.suffix.lower().lstrip(".")
    if suffix == "epub":
        return DocumentError(
            f"{path.name} cannot be read: {what}; get it anew, then: {_show(path)}", reason=reason or "电子书已损坏，请重新获取"
        )
    quoted = shlex.quote(str(path))
    return DocumentError(
        f"{path.name} cannot be read: {what}; open it in an office program and save it anew, or have that tried: "
        f"soffice --headless --convert-to {suffix} --outdir repaired {quoted}",
        reason=reason or "文件已损坏，请用办公软件打开后另存一份",
    )


def _check_size(path: Path, archive: zipfile.ZipFile) -> None:
    size = sum(info.file_size for info in archive.infolist())
    packed = max(path.stat().st_size, 1)
    if size > _MOST or (size > _ENOUGH and size > _RATIO * packed):
        raise DocumentError(
            f"{path.name} would unpack to {size / 1e6:,.0f} MB, which no honest file of {packed / 1e6:,.1f} MB does; see what it holds: "
            f"unzip -l {shlex.quote(str(path))}",
            reason=f"解开后有 {size / 1e6:,.0f} MB，不像正常的文件",
        )


def _other(path: Path, suffix: str, start: bytes, file: IO[bytes]) -> DocumentError:
    """The error for a file that is no zip archive at all."""
    quoted = shlex.quote(str(path))
    if start == _OLE:
        # The directory of an OLE file names its streams in UTF-16; that of an encrypted document holds this one.
        if "EncryptedPackage".encode("utf-16-le") in file.read(1 << 26):
            return DocumentError(f"{path.name} is locked with a password; save it without one and read that: {_show(path)}", reason=_LOCKED)
        old = _OLD.get(suffix, ".doc")
        renamed = shlex.quote(str(path.with_suffix(old)))
        return DocumentError(
            f"{path.name} is an old {old} file; rename and convert it: "
            f"mv {quoted} {renamed} && soffice --headless --convert-to {suffix[1:]} {renamed}",
            reason=f"其实是旧的 {old} 文件，请另存为 {suffix}",
        )
    for mark, other in _STARTS:
        if start.startswith(mark):
            return _misnamed(path, other)
    if b"\0" not in start and start.lstrip().startswith(b"<"):
        return _misnamed(path, ".html")
    return DocumentError(
        f"{path.name} is no {suffix} file, nor any archive; see what it is: head -c 300 {quoted}",
        reason=f"不是 {suffix} 文件，请检查后缀",
    )


def _misnamed(path: Path, suffix: str) -> DocumentError:
    renamed = shlex.quote(str(path.with_suffix(suffix)))
    return DocumentError(
        f"{path.name} is really a {suffix} file; name it so: mv {shlex.quote(str(path))} {renamed}",
        reason=f"其实是 {suffix} 文件，请改好后缀",
    )


def _show(path: Path) -> str:
    return f"python -m rag.show {shlex.quote(str(path))}"
