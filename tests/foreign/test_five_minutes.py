"""The first section of docs/http.md, done as it stands there: what is started, written and shown."""

from __future__ import annotations

import re
import shlex
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from harness.browser import send_form
from harness.capture import free_port
from harness.curl import curl
from harness.gateway import BINARY, ROOT, Gateway
from harness.waiting import DEADLINE_S, Feed, follow

SECTION = re.search(r"^## Five minutes\n(.*?)^## ", (ROOT / "docs/http.md").read_text(), re.DOTALL | re.MULTILINE)[1]
HANDSET = "628111000222"


def block(language: str, which: int = 0) -> str:
    return re.findall(rf"```{language}\n(.*?)```", SECTION, re.DOTALL)[which]


def lines(program: str) -> list[list[str]]:
    text = SECTION.replace("\\\n", " ")
    return [shlex.split(line) for line in text.split("\n") if line.startswith(f"    {program} ")]


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Callable[[list[str]], Feed]]:
    """Starts programs and gives what they print; ends them."""
    running: list[subprocess.Popen] = []

    def run(command: list[str]) -> Feed:
        process = subprocess.Popen(
            command, cwd=tmp_path, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True, encoding="utf-8"
        )
        running.append(process)
        return follow(command[0], process.stdout, str)

    yield run
    for process in running:
        process.terminate()
        process.wait(timeout=DEADLINE_S)


def test_a_newcomer_gets_a_receipt_and_answers_a_handset(tmp_path, start, browser):
    ports = {"9000": str(free_port()), "2776": str(free_port()), "2775": "0", "8080": "0"}

    def here(text: str) -> str:
        return re.sub("|".join(ports), lambda found: ports[found[0]], text)

    (tmp_path / "provider.py").write_text(here(block("python")))
    (tmp_path / "estafet.toml").write_text(here(block("toml")).replace('"data"', f'"{tmp_path}/data"'))
    [provider] = lines("python3")
    simulate, serve = lines("estafet")
    assert (provider[1:], serve[1:]) == (["provider.py"], ["serve", "--config", "estafet.toml"])
    said = start([sys.executable, "-u", "provider.py"])
    smsc = start([str(BINARY.absolute()), *[here(word) for word in simulate[1:]]])
    smsc.expect(lambda line: line.startswith("SMSC at"), "an SMSC that listens")
    gateway = Gateway(tmp_path / "estafet.toml")
    try:
        said.expect(lambda line: line.strip() == f"message: {HANDSET} wrote HELLO THERE", "the handset's message")
        smsc.expect(lambda line: "submits: 1, accepted: 1," in line, "the answer to the handset")
        ports["8080"] = str(gateway.http_port)
        send, ask = lines("curl")
        message = curl(*[here(word) for word in send[1:]], user=None).json
        expect_receipt(said, message["id"])
        ours, answer, question = curl(*[here(word) for word in ask[1:]], user=None).json["messages"]
        assert (ours["id"], ours["state"]) == (message["id"], "delivered")
        assert (answer["direction"], answer["in_reply_to"], question["direction"]) == ("mt", question["id"], "mo")
        expect_receipt(said, run_python(here(block("python", 1)), tmp_path).strip())
        by_form = {"account": "bank", "password": "hunter22", "to": "+62 811-1000-111", "text": "Grüße"}
        title, _, facts = send_form(browser, here(block("html")), tmp_path, **by_form)
        assert title == "Accepted"
        expect_receipt(said, facts["Id"])
    finally:
        gateway.stop()


def expect_receipt(said: Feed, message_id: str) -> None:
    wanted = f"receipt: {message_id} to 628111000111 is delivered"
    said.expect(lambda line: line.strip() == wanted, "the receipt")


def run_python(script: str, folder: Path) -> str:
    command = [sys.executable, "-c", script]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=DEADLINE_S)
    assert done.returncode == 0, done.stderr
    return done.stdout
