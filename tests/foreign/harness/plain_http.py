"""Requests as they stand: nothing is encoded, added or followed."""

from __future__ import annotations

import http.client
from dataclasses import dataclass, field

from .waiting import DEADLINE_S


@dataclass(frozen=True)
class Request:
    """A request; `target` is path and query as they go out."""

    target: str
    method: str = "GET"
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes | None = None

    def __str__(self) -> str:
        return f"{self.method} {self.target[-100:]} {self.headers} {self.body!r}"


@dataclass(frozen=True)
class Said:
    """What was answered."""

    status: int
    headers: dict[str, str]
    body: str


def ask(port: int, request: Request) -> Said:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=DEADLINE_S)
    try:
        connection.putrequest(request.method, request.target, skip_accept_encoding=True)
        for name, value in request.headers.items():
            connection.putheader(name, value)
        if request.body is not None:
            connection.putheader("Content-Length", str(len(request.body)))
        connection.endheaders(request.body)
        answer = connection.getresponse()
        headers = {name.lower(): value for name, value in answer.getheaders()}
        return Said(answer.status, headers, answer.read().decode("latin-1"))
    finally:
        connection.close()
