"""The formats that are not read, each with the command that makes of it one that is."""

import shlex
from collections.abc import Iterator
from pathlib import Path

from rag.errors import DocumentError
from rag.records import Document
from rag.settings import Options

_UNPACK = {
    ".zip": "unzip {file} -d {stem} && python -m rag.ingest {stem}",
    ".rar": "unar -o {stem} {file} && python -m rag.ingest {stem}",
    ".7z": "7z x -o{stem} {file} && python -m rag.ingest {stem}",
    ".tar": "mkdir -p {stem} && tar -xf {file} -C {stem} && python -m rag.ingest {stem}",
    ".tgz": "mkdir -p {stem} && tar -xf {file} -C {stem} && python -m rag.ingest {stem}",
    ".gz": "gunzip -k {file}",
    ".bz2": "bunzip2 -k {file}",
    ".xz": "unxz -k {file}",
}
_CONVERT = {
    ".doc": "docx",
    ".dot": "docx",
    ".docm": "docx",
    ".rtf": "docx",
    ".odt": "docx",
    ".wps": "docx",
    ".xls": "xlsx",
    ".xlsm": "xlsx",
    ".xlsb": "xlsx",
    ".ods": "xlsx",
    ".et": "xlsx",
    ".ppt": "pdf",
    ".pptx": "pdf",
    ".odp": "pdf",
    ".dps": "pdf",
}
REFUSED = frozenset({*_UNPACK, *_CONVERT, ".ofd"})
"""The suffixes of files that are known and not read."""


def parse(path: Path, options: Options) -> Iterator[Document]:  # noqa: ARG001 - the signature of a parser
    """Raises DocumentError, which ends with the command to unpack or convert the file."""
    with path.open("rb"):
        # A file that is missing or closed to us is told so, not how to convert it.
        pass
    file, suffix = shlex.quote(str(path)), path.suffix.lower()
    if suffix in _UNPACK:
        stem = path.with_name(path.stem.removesuffix(".tar"))
        if path.stem.endswith(".tar"):
            suffix = ".tar"
        command = _UNPACK[suffix].format(file=file, stem=shlex.quote(str(stem)))
        raise DocumentError(
            f"{path.name} is an archive, and its files are read one by one; unpack it: {command}",
            reason="是压缩包，请解开后上传里面的文件",
        )
    if suffix in _CONVERT:
        kind, folder = _CONVERT[suffix], shlex.quote(str(path.parent))
        raise DocumentError(
            f"{path.name}: {suffix} files are not read; convert it with LibreOffice: "
            f"soffice --headless --convert-to {kind} --outdir {folder} {file}",
            reason=f"这种格式（{suffix}）读不了，请另存为 .{kind}",
        )
    saved = shlex.quote(str(path.with_suffix(".pdf")))
    raise DocumentError(
        f"{path.name}: .ofd files are not read; open it in its reader, save it as PDF and read that: python -m rag.show {saved}",
        reason="这种格式（.ofd）读不了，请另存为 PDF",
    )
    yield
