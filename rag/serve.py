"""Serves answers over HTTP, to OpenAI's clients as well: `python -m rag.serve`."""

import argparse
import signal
import socket
import sys
from collections.abc import Sequence
from pathlib import Path

from rag.console import Bar, is_local, run
from rag.errors import SettingsError
from rag.settings import Settings

LINGER = 5
"""Seconds that answers under way have to come to their end when the server is stopped."""


def main(arguments: Sequence[str] | None = None) -> int:
    """The command line; serves until it is stopped, and returns 2 after an error (one line on stderr)."""
    parser = argparse.ArgumentParser(
        prog="python -m rag.serve",
        description="Serve answers from the documents of an index over HTTP: OpenAI's chat completions, and an API of our own.",
        epilog="described at /openapi.json; exit codes: 0 stopped by SIGTERM, 130 by Ctrl+C, 2 error",
    )
    parser.add_argument("--index", type=Path, metavar="DIR", help="the index to ask (default: RAG_INDEX, or the checkout's index/)")
    parser.add_argument("--host", default="127.0.0.1", help="the address to listen on (default: %(default)s, this machine only)")
    parser.add_argument("--port", type=_port, default=8000, help="the port to listen on (default: %(default)s; 0 takes a free one)")
    parser.add_argument(
        "--keys",
        type=Path,
        metavar="FILE",
        help="the keys of those who may ask, one a line, as they are or as sha256:HEX (default: RAG_KEYS, or none)",
    )
    parser.add_argument(
        "--references", action="store_true", help="end chat messages with where their markers lead to, for clients that show no annotations"
    )
    options = parser.parse_args(arguments)
    return run(lambda: _serve(options))


def _port(given: str) -> int:
    if not given.isdecimal() or int(given) > 65535:
        raise argparse.ArgumentTypeError(f"{given!r} is no port; it is a number from 0 to 65535")
    return int(given)


def _serve(options: argparse.Namespace) -> int:
    from rag.serving.keys import MAKE, Keys

    settings = Settings.load(index=options.index, keys=options.keys)
    keys = Keys.read(settings.keys) if settings.keys else None
    if keys is None and not is_local(options.host):
        again = f"python -m rag.serve --host {options.host or '0.0.0.0'} --keys wenju.keys"
        raise SettingsError(f"other machines can reach {options.host or 'every address'}, which wants keys; make one: {MAKE} && {again}")
    signal.signal(signal.SIGTERM, _stop)
    with _listening(options.host, options.port) as listener:
        import uvicorn

        from rag.assistant import Assistant
        from rag.serving.app import build

        with Bar() as bar:
            assistant = Assistant.open(settings.index, on_progress=bar)
        with assistant:
            config = uvicorn.Config(
                build(assistant, keys, references=options.references),
                log_level="warning",
                access_log=False,
                server_header=False,
                timeout_graceful_shutdown=LINGER,
            )
            host, port = listener.getsockname()[:2]
            print(f"文据：http://{f'[{host}]' if ':' in host else host}:{port}/v1（按 Ctrl+C 停止）", flush=True)
            uvicorn.Server(config).run(sockets=[listener])
    return 0


def _stop(*_: object) -> None:
    # The server takes the signal while it runs, ends, and hands it on to here: leave by way of everything that is to be closed.
    raise SystemExit(0)


def _listening(host: str, port: int) -> socket.socket:
    """A socket that listens; SettingsError where that cannot be had."""
    try:
        family, _, _, _, address = socket.getaddrinfo(host or None, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)[0]
        return socket.create_server(address[:2], family=family)
    except OSError as error:
        raise SettingsError(
            f"nothing can be served on {host}:{port} ({error.strerror}); let a free port be found: python -m rag.serve --port 0"
        ) from error


if __name__ == "__main__":
    sys.exit(main())
