"""What an operator keeps of a Jasmin: read by `estafet import`, checked, served, and used as it was."""

from __future__ import annotations

import json
import re
import subprocess
import urllib.error
import urllib.request
from base64 import b64encode
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlencode

import pytest

from harness.centre import Centre
from harness.gateway import BINARY, Gateway
from harness.kannel import free_ports
from harness.provider import Answer, Provider

FILES = Path(__file__).parent / "jasmin"


class Moved:
    """The gateway that took the files over, between two message centres and a content provider."""

    def __init__(self, folder: Path) -> None:
        self.centres = [Centre(), Centre()]
        self.provider = Provider(lambda _: Answer(body="ACK/Jasmin"))
        self.http_port, smpp_port = free_ports(2)
        places = {"PORT": self.centres[0].port, "OTHER": self.centres[1].port, "HTTP": self.http_port, "SMPP": smpp_port}
        places["CP"] = int(re.search(r":(\d+)/", self.provider.url)[1])
        config = folder / "estafet.toml"
        sources = [self._copy(folder, name, places) for name in ("jasmin.cfg", "operator.jcli")]
        self.report = run("import", "jasmin", *sources, "--output", config)
        config.write_text(config.read_text().replace('data_dir = "data"', f'data_dir = "{folder / "data"}"'))
        # Programs on this machine are told here.
        config.write_text(config.read_text().replace("jasmin = { ", "jasmin = { allow_private_address = true, "))
        run("check", "--config", config)
        self.gateway = Gateway(config)

    def _copy(self, folder: Path, name: str, places: dict) -> Path:
        text = (FILES / name).read_text()
        for place, value in places.items():
            text = text.replace(f"@{place}@", str(value))
        (folder / name).write_text(text)
        return folder / name

    def ask(self, path: str, body: dict | None = None, user: str = "shop", **query: str) -> tuple[int, str]:
        credentials = {"username": user, "password": f"{user}-pw"}
        target = path if body else f"{path}?{urlencode(credentials | query)}"
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(f"http://127.0.0.1:{self.http_port}{target}", data)
        request.add_header("Authorization", "Basic " + b64encode(f"{user}:{user}-pw".encode()).decode())
        try:
            with urllib.request.urlopen(request, timeout=60) as answer:
                return answer.status, answer.read().decode()
        except urllib.error.HTTPError as error:
            with error:
                return error.code, error.read().decode()

    def stop(self) -> None:
        self.gateway.stop()
        for running in [*self.centres, self.provider]:
            running.stop()


def run(*arguments: object) -> str:
    done = subprocess.run([str(BINARY), *map(str, arguments)], capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
    return done.stderr


@pytest.fixture(scope="module")
def moved(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Moved]:
    moved = Moved(tmp_path_factory.mktemp("jasmin"))
    yield moved
    moved.stop()


# JS-36
def test_what_has_no_place_is_named(moved):
    text = (FILES / "operator.jcli").read_text().splitlines()
    for line in ["quota balance", "quota early_percent", "requeue_delay 120", "dlr_expiry 86400", "validity 1440"]:
        number = next(at for at, other in enumerate(text, 1) if line in other)
        assert f"operator.jcli, line {number}: " in moved.report, moved.report
    for words in ["filter night says what routes cannot", "filter tagged says what routes cannot", "mtinterceptor: "]:
        assert words in moved.report, moved.report


# JS-12, JS-16, JS-37
def test_users_send_what_they_may_where_they_did(moved):
    for query, status, text in [
        ({"to": "628111", "content": "one"}, 200, 'Success "'),
        ({"to": "62812", "content": "two"}, 200, 'Success "'),
        ({"to": "49111", "content": "x"}, 400, "Value filter failed for user [shop] (destination_address filter mismatch)."),
        ({"to": "628111", "content": "x", "from": "ME"}, 400, "Authorization failed for user [shop] (Setting source address"),
        ({"to": "628111", "content": "x" * 161}, 400, "Authorization failed for user [shop] (Long content not authorized)."),
    ]:
        said = moved.ask("/send", **query)
        assert said[0] == status and text in said[1], (query, said)
    first = moved.centres[0].submits.expect(lambda one: one.short_message == b"one", "the first")
    assert (first.source, first.destination) == ((5, 0, "SHOP"), (1, 1, "628111"))
    moved.centres[1].submits.expect(lambda one: one.short_message == b"two", "the second")
    assert moved.ask("/send", user="bank", to="49111", content="x", **{"from": "ME"})[0] == 400
    assert moved.ask("/send", user="bank", to="49111", content="three", **{"from": "BANK"})[0] == 200
    moved.centres[0].submits.expect(lambda one: one.short_message == b"three", "the third")
    assert moved.ask("/balance") == (200, '{"balance":"ND","sms_count":"ND"}')
    assert json.loads(moved.ask("/rate", to="628111", content="x")[1]) == {"submit_sm_count": 1, "unit_rate": 0.0}


# JS-31, JS-32, JS-33
def test_a_batch_with_all_its_forms(moved):
    batch = {
        "globals": {"dlr_level": 1},
        "batch_config": {"callback_url": f"{moved.provider.url}?ok=1", "errback_url": f"{moved.provider.url}?ok=0"},
        "messages": [
            {"to": ["628201", 628202], "content": "listed"},
            {"to": "628203", "hex_content": "686578"},
            {"to": "49204", "content": "refused"},
            {"content": "to nobody"},
        ],
    }
    status, said = moved.ask("/secure/sendbatch", batch)
    assert (status, json.loads(said)["data"]["messageCount"]) == (200, 4)
    seen = moved.centres[0].submits
    assert {one.destination[2] for one in seen.collect(lambda one: one.short_message == b"listed", 2, "two")} == {"628201", "628202"}
    seen.expect(lambda one: one.short_message == b"hex", "that in hexadecimal")
    assert {call.fields["to"] for call in moved.provider.next_calls(3, ok="1")} == {"628201", "628202", "628203"}
    refused = moved.provider.next_calls(1, ok="0")[0].fields
    assert (refused["to"], refused["status"]) == ("49204", "0") and "destination_address" in refused["statusText"]
    batch["batch_config"] = {"schedule_at": "86400s"}
    status, said = moved.ask("/secure/sendbatch", batch)
    assert json.loads(said)["data"]["scheduled"] == "86400s"


# JS-23, JS-24, JS-27
def test_receipts_and_messages_of_handsets_come_as_before(moved):
    url = f"{moved.provider.url}?dlr=1"
    query = {"to": "628301", "content": "with receipt", "dlr-url": url, "dlr-level": "3", "dlr-method": "GET"}
    assert moved.ask("/send", **query)[0] == 200
    submits = moved.centres[0].submits
    submits.expect(lambda one: one.short_message == b"with receipt", "the message")
    number = 1 + [one.short_message for one in submits.items()].index(b"with receipt")
    assert moved.provider.next_calls(1, dlr="1", level="1")[0].fields["message_status"] == "ESME_ROK"
    receipt = f"id:{number:08x} sub:001 dlvrd:001 submit date:2601010000 done date:2601010001 stat:DELIVRD err:000 text:"
    moved.centres[0].bring("628301", receipt.encode(), esm_class=4)
    assert moved.provider.next_calls(1, dlr="1", level="2")[0].fields["message_status"] == "DELIVRD"
    moved.centres[0].bring("628301", b"play on")
    call = moved.provider.next_calls(1, content="play on")[0]
    assert (call.method, call.fields["to"], call.fields["origin-connector"]) == ("POST", "1234", "telco-a")
