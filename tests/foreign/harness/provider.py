"""A content provider on Python's http.server: it is called with what mobiles send, and may answer.

An account's callback speaks JSON to it; then the fields are those of the object.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

from .waiting import Feed


@dataclass(frozen=True)
class Call:
    """One call as it came."""

    method: str
    path: str
    content_type: str
    headers: dict[str, str]
    fields: dict[str, str]
    #: What stands behind the path, and what was posted, octet for octet.
    query: str = ""
    body: bytes = b""


@dataclass(frozen=True)
class Answer:
    """What is said to a call."""

    status: int = 200
    content_type: str = "text/plain; charset=utf-8"
    body: str | bytes = ""


class Provider:
    """Listens on a free port of this machine; `answer` decides what is said."""

    def __init__(self, answer: Callable[[Call], Answer]) -> None:
        self.calls = Feed("calls of the content provider")
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self.calls, answer))
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)
        self._thread.start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_port}/mo"

    def next_calls(self, count: int = 1, **fields: str) -> list[Call]:
        """The first `count` calls with these fields."""
        return self.calls.collect(
            lambda call: all(call.fields.get(key) == value for key, value in fields.items()),
            count,
            f"calls with {fields}",
        )

    def stop(self) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


def _handler(calls: Feed, answer: Callable[[Call], Answer]) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            self._take(b"")

        def do_POST(self) -> None:
            length = int(self.headers.get("content-length", 0))
            self._take(self.rfile.read(length))

        def log_message(self, *_: object) -> None:
            """Says nothing: the calls are recorded."""

        def _take(self, posted: bytes) -> None:
            content_type = self.headers.get("content-type", "")
            query = urlsplit(self.path).query
            if content_type == "application/json":
                fields = json.loads(posted)
            else:
                form = posted.decode(errors="replace") or query
                fields = {name: values[0] for name, values in parse_qs(form, keep_blank_values=True).items()}
            call = Call(
                self.command,
                urlsplit(self.path).path,
                content_type,
                {name.lower(): value for name, value in self.headers.items()},
                fields,
                query,
                posted,
            )
            said = answer(call)
            calls.put(call)
            body = said.body if isinstance(said.body, bytes) else said.body.encode()
            self.send_response(said.status)
            self.send_header("content-type", said.content_type)
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

    return Handler
