"""A client that openapi-python-client writes from the document, used as its user would."""

from __future__ import annotations

import importlib
import subprocess
import sys
from types import ModuleType, SimpleNamespace

import httpx
import pytest

from harness import config
from harness.waiting import DEADLINE_S

#: What that program makes nothing of, each for a reason of its own.
LEFT_OUT = {
    "GET /metrics": "it knows JSON and plain text",
    "GET /v1/dead-letters": "it cannot add fields to one of several kinds of things",
    "GET /v1/inbox": "the same",
}
PACKAGE = "client_of_estafet"


@pytest.fixture
def written(gateway, tmp_path, monkeypatch) -> SimpleNamespace:
    """The client: what was said while it was written, and who writes and reads by it."""
    document, settings = tmp_path / "openapi.json", tmp_path / "settings.yaml"
    document.write_text(gateway.get("/v1/openapi.json")[1], encoding="utf-8")
    settings.write_text("post_hooks: []\n", encoding="utf-8")
    command = [sys.executable, "-m", "openapi_python_client", "generate", "--meta", "none"]
    where = ["--path", str(document), "--config", str(settings), "--output-path", str(tmp_path / PACKAGE)]
    run = subprocess.run([*command, *where], capture_output=True, text=True, timeout=4 * DEADLINE_S)
    assert run.returncode == 0, run.stderr
    monkeypatch.syspath_prepend(str(tmp_path))
    yield SimpleNamespace(said=run.stdout + run.stderr, caller=lambda: caller(gateway), models=module("models"))
    for name in [name for name in sys.modules if name.split(".")[0] == PACKAGE]:
        del sys.modules[name]


def test_it_is_written_but_for_what_that_program_cannot(written):
    passed_over = [line for line in written.said.splitlines() if line.startswith("WARNING parsing")]
    assert sorted(line.split(" within ")[0].removeprefix("WARNING parsing ") for line in passed_over) == sorted(LEFT_OUT)


def test_it_hands_in_finds_and_takes_back(written, smsc):
    message = written.models.MessageRequest(to="+62 811 1", from_="BANK", text="Привет", client_reference="one")
    accepted = call("submit", written, body=message)
    assert (accepted.to, accepted.segments) == ("628111", 1)
    assert smsc.submits()[0]["text"] == "Привет"
    found = call("find", written, accepted.id)
    assert (found.id, found.client_reference) == (accepted.id, "one")
    later = call("submit", written, body=written.models.MessageRequest(
        to=["628112", "628113"], from_="BANK", text="later", not_before=found.accepted_at.replace(year=2100)
    ))
    assert [message.to for message in later] == ["628112", "628113"]
    cancelled = call("cancel", written, later[0].id)
    assert cancelled.id == later[0].id
    listed = call("search", written, number="628113")
    assert [message.id for message in listed.messages] == [later[1].id]


def test_a_form_of_it_has_what_is_needed_and_no_more(written, smsc):
    accepted = call("send_form", written, body=written.models.SendForm(to="628111", text="by form", from_="1234"))
    assert accepted.to == "628111"
    assert smsc.submits()[0]["text"] == "by form"


def test_what_is_refused_has_a_type_of_its_own(written):
    refused = call("submit", written, body=written.models.MessageRequest(to="nobody", from_="BANK", text="x"))
    assert isinstance(refused, written.models.SubmitResponse422)


def caller(gateway):
    """Somebody who calls the gateway with the password of the account."""
    credentials = httpx.BasicAuth(config.BANK["name"], config.BANK["password"])
    return module("client").Client(base_url=gateway.url, httpx_args={"auth": credentials})


def module(name: str) -> ModuleType:
    return importlib.import_module(f"{PACKAGE}.{name}")


def call(operation: str, written, *arguments, **fields):
    """Calls an operation on messages; returns what was answered, as that client understood it."""
    with written.caller() as client:
        return module(f"api.messages.{operation}").sync(*arguments, client=client, **fields)
