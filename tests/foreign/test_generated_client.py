"""A client that openapi-python-client writes from the document, used as its user would."""

from __future__ import annotations

import importlib
import re
import subprocess
import sys
from collections.abc import Iterator
from datetime import timedelta
from types import ModuleType, SimpleNamespace

import httpx
import pytest

from harness import config
from harness.gateway import Gateway

#: What that program makes nothing of, each for a reason of its own.
LEFT_OUT = {
    "GET /metrics": "it knows JSON and plain text",
    "GET /v1/dead-letters": "it cannot add fields to one of several kinds of things",
    "GET /v1/inbox": "the same",
}
PACKAGE = "client_of_estafet"
RUN_DEADLINE_S = 200


@pytest.fixture(scope="module")
def package(tmp_path_factory) -> Iterator[str]:
    """Has the client written; says what was said about it."""
    folder = tmp_path_factory.mktemp("written")
    document, settings = folder / "openapi.json", folder / "settings.yaml"
    gateway = Gateway(config.write(folder / "estafet.toml", account=[config.BANK]))
    document.write_text(gateway.get("/v1/openapi.json")[1], encoding="utf-8")
    gateway.stop()
    settings.write_text("post_hooks: []\n", encoding="utf-8")
    command = [sys.executable, "-m", "openapi_python_client", "generate", "--meta", "none"]
    where = ["--path", str(document), "--config", str(settings), "--output-path", str(folder / PACKAGE)]
    run = subprocess.run([*command, *where], capture_output=True, text=True, timeout=RUN_DEADLINE_S)
    assert run.returncode == 0, run.stderr
    with pytest.MonkeyPatch.context() as patched:
        patched.syspath_prepend(str(folder))
        yield run.stdout + run.stderr
        for name in [name for name in sys.modules if name.split(".")[0] == PACKAGE]:
            del sys.modules[name]


@pytest.fixture
def written(package, gateway) -> SimpleNamespace:
    """The client, and who calls the gateway by it with the password of the account."""
    credentials = httpx.BasicAuth(config.BANK["name"], config.BANK["password"])

    def caller():
        return module("client").Client(base_url=gateway.url, httpx_args={"auth": credentials})

    return SimpleNamespace(caller=caller, models=module("models"))


def test_it_is_written_but_for_what_that_program_cannot(package):
    passed_over = re.findall(r"^WARNING parsing (\S+ \S+) within", package, re.MULTILINE)
    assert sorted(passed_over) == sorted(LEFT_OUT)


def test_it_hands_in_finds_and_takes_back(written, smsc):
    message = written.models.MessageRequest(to="+62 811 1", from_="BANK", text="Привет", client_reference="one")
    accepted = call("submit", written, body=message)
    assert (accepted.to, accepted.segments) == ("628111", 1)
    assert smsc.submits()[0]["text"] == "Привет"
    found = call("find", written, accepted.id)
    assert (found.id, found.client_reference) == (accepted.id, "one")
    an_hour_later = found.accepted_at + timedelta(hours=1)
    both = written.models.MessageRequest(to=["628112", "628113"], from_="BANK", text="later", not_before=an_hour_later)
    later = call("submit", written, body=both)
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
    refused = call("find", written, "0" * 32)
    assert isinstance(refused, written.models.FindResponse404)
    assert refused.code == "unknown_message"


def module(name: str) -> ModuleType:
    return importlib.import_module(f"{PACKAGE}.{name}")


def call(operation: str, written, *arguments, **fields):
    """Calls an operation on messages; returns what was answered, as that client understood it."""
    with written.caller() as client:
        return module(f"api.messages.{operation}").sync(*arguments, client=client, **fields)
