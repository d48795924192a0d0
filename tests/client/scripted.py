"""An HTTP server on loopback that answers what a test tells it to, also badly."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


@dataclass(kw_only=True)
class Reply:
    """An answer; with ``cut`` the connection ends after so many bytes of it."""

    status: int = 200
    body: object = None
    headers: dict[str, str] = field(default_factory=dict)
    cut: int | None = None


@dataclass(kw_only=True)
class Heard:
    """A request as it arrived."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes


class Script:
    """Replies in turn, and what was heard."""

    def __init__(self) -> None:
        self.replies: list[Reply] = []
        self.heard: list[Heard] = []
        self.url = ""

    def say(self, *replies: Reply) -> None:
        """Add replies."""
        self.replies += replies

    def keys(self) -> list[str | None]:
        """The Idempotency-Key of each request."""
        return [each.headers.get("idempotency-key") for each in self.heard]


@contextmanager
def scripted() -> Iterator[Script]:
    """A server that follows a script."""
    script = Script()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def answer(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            headers = {name.lower(): value for name, value in self.headers.items()}
            script.heard.append(
                Heard(method=self.command, path=self.path, headers=headers, body=body)
            )
            reply = script.replies.pop(0)
            content = reply.body if isinstance(reply.body, bytes) else json.dumps(reply.body)
            raw = content if isinstance(content, bytes) else content.encode()
            if reply.cut != 0:
                self.send_response(reply.status)
                for name, value in {"Content-Type": "application/json", **reply.headers}.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(raw)))
                self.end_headers()
                self.wfile.write(raw if reply.cut is None else raw[: reply.cut])
            self.close_connection = reply.cut is not None

        do_GET = do_POST = answer  # noqa: N815 - named by the library

        def log_message(self, *_: object) -> None:
            """Keep quiet."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    script.url = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield script
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
