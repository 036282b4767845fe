"""The HTTP API, called with curl as a person or a script would."""

from __future__ import annotations

import json
import shutil
import subprocess
from dataclasses import dataclass

from .gateway import Gateway
from .waiting import DEADLINE_S


@dataclass(frozen=True)
class Answer:
    """What curl got."""

    status: int
    headers: dict[str, str]
    body: str

    @property
    def json(self):
        return json.loads(self.body)


def curl(*arguments: str, user: str | None = "bank:hunter22") -> Answer:
    """Runs curl as a person would, and insists on an answer."""
    run = run_curl(*arguments, user=user)
    assert run.returncode == 0, run.stderr
    head, _, body = run.stdout.replace("\r\n", "\n").partition("\n\n")
    while head.startswith("HTTP/1.1 100"):
        # A long body is announced, and welcomed, before it is sent.
        head, _, body = body.partition("\n\n")
    status, *lines = head.split("\n")
    headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
    return Answer(int(status.split()[1]), headers, body)


def run_curl(*arguments: str, user: str | None = "bank:hunter22") -> subprocess.CompletedProcess:
    """Runs curl, whatever comes of it."""
    program = shutil.which("curl")
    assert program, "curl is missing: run scripts/test.sh"
    credentials = ["--user", user] if user else []
    command = [program, "--silent", "--show-error", "--include", "--max-time", str(DEADLINE_S)]
    return subprocess.run([*command, *credentials, *arguments], capture_output=True, text=True)


def post(gateway: Gateway, message: object, **options) -> Answer:
    """Hands a message in; a text is taken as the body that it is."""
    body = message if isinstance(message, str) else json.dumps(message)
    return curl("--header", "content-type: application/json", "--data", body, gateway.url + "/v1/messages", **options)
