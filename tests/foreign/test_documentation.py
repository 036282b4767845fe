"""What the documentation tells people to type works as it stands there."""

from __future__ import annotations

import re
import shlex
import subprocess
from pathlib import Path

import pytest

from harness.curl import curl
from harness.gateway import BINARY, ROOT
from harness.waiting import DEADLINE_S

DOCUMENTED_ADDRESS = "http://127.0.0.1:8080"
AN_ID = re.compile("/v1/messages/[0-9a-f]{32}$")


@pytest.mark.parametrize("document", ["README.md", "docs/http.md"])
def test_every_curl_line_works(gateway, smsc, document):
    # What goes on without end is in test_events.py.
    calls = [call for call in commands(ROOT / document, "curl") if "-N" not in call]
    assert calls, f"{document} shows no curl line"
    for call in calls:
        # Nothing is there to be waited for.
        arguments = [word.replace(DOCUMENTED_ADDRESS, gateway.url).replace("wait_s=30", "wait_s=0") for word in call[1:]]
        answer = curl(*arguments, user=None)
        # A documented id is nobody's: everything but the message is right.
        if any("trx_id" in word for word in arguments):
            expected = {(404, "reply_to_unknown")}
        elif any(AN_ID.search(word) for word in arguments):
            expected = {(404, "unknown_message")}
        else:
            expected = {(200, None), (202, None)}
        code = answer.json.get("code") if answer.status >= 400 else None
        assert (answer.status, code) in expected, f"{document}: {shlex.join(call)}: {answer.status} {answer.body}"
    smsc.submits()


def test_the_configuration_of_the_readme_is_right_and_routes_as_it_says(tmp_path):
    readme = (ROOT / "README.md").read_text()
    [configuration] = re.findall(r"```toml\n(.*?)```", readme, re.DOTALL)
    (tmp_path / "estafet.toml").write_text(configuration)
    assert run(["check", "--config", "estafet.toml"], tmp_path).returncode == 0
    routes = [command for command in commands(ROOT / "README.md", "estafet") if command[1] == "route"]
    assert routes, "the README shows no routing question"
    for command in routes:
        answer = run(command[1:], tmp_path)
        assert answer.returncode == 0, answer.stderr
        assert "games" in answer.stdout


def test_the_programs_and_the_page_of_the_readme_are_those_that_are_tried():
    # test_five_minutes.py runs those of docs/http.md.
    blocks = re.compile(r"```(?:python|html)\n.*?```", re.DOTALL)
    shown = blocks.findall((ROOT / "README.md").read_text())
    assert len(shown) == 2
    assert set(shown) <= set(blocks.findall((ROOT / "docs/http.md").read_text()))


def commands(document: Path, program: str) -> list[list[str]]:
    """Every command line of a program in the indented blocks of a document, as words."""
    text = document.read_text().replace("\\\n", " ")
    lines = [line.strip() for line in text.split("\n") if line.startswith(f"    {program} ")]
    return [shlex.split(line, comments=True) for line in lines]


def run(arguments: list[str], directory: Path) -> subprocess.CompletedProcess[str]:
    command = [str(BINARY.absolute()), *arguments]
    return subprocess.run(command, cwd=directory, capture_output=True, text=True, timeout=DEADLINE_S)
