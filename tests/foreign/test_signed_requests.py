"""Requests that Python's libraries for HTTP Message Signatures (RFC 9421) sign, by both versions of HTTP."""

from __future__ import annotations

import base64
import datetime
import json
import re
import subprocess
import sys
from types import SimpleNamespace

import httpx
import pytest
from http_message_signatures import HTTPMessageSigner, HTTPSignatureKeyResolver, algorithms

from harness import config
from harness.gateway import ROOT
from harness.waiting import DEADLINE_S, until

SECTION = re.search(r"^## Signed requests\n(.*?)^## ", (ROOT / "docs/http.md").read_text(), re.DOTALL | re.MULTILINE)[1]
#: That of the documentation.
SECRET = re.search('^secret = "([^"]*)"', SECTION, re.MULTILINE)[1]
KEYS = [
    {"name": "cron", "secret": SECRET, "scopes": ["send"]},
    {"name": "clerk", "secret": SECRET, "scopes": ["read"]},
]
COMPONENTS = ("@method", "@authority", "@path", "@query")
MESSAGE = {"from": "BANK", "to": "628111000111", "text": "Your code is 4711"}


class Secret(HTTPSignatureKeyResolver):
    """The same for all keys."""

    def __init__(self, secret: bytes) -> None:
        self._secret = secret

    def resolve_private_key(self, key_id: str) -> bytes:
        return self._secret

    resolve_public_key = resolve_private_key


@pytest.fixture
def gateway(smsc, start_gateway):
    account = {**config.BANK, "signing_key": KEYS}
    gateway = start_gateway(
        smsc=[config.smsc(smsc.port)], account=[account], route=[{"from": {"link": "bank"}, "to": ["telco-a"]}]
    )
    # What was signed in the second of the start may have been used before it.
    with httpx.Client(timeout=DEADLINE_S) as client:
        until(
            lambda: call(client, signed(client, gateway, "GET", "/v1/messages")) == (200, None),
            "a second that is after the start",
        )
    return gateway


@pytest.fixture(params=[False, True], ids=["HTTP/1.1", "HTTP/2"])
def client(request):
    with httpx.Client(http1=not request.param, http2=request.param, timeout=DEADLINE_S) as client:
        yield client


def signed(client, gateway, method: str, path: str, message: dict | None = None, **how) -> httpx.Request:
    """A request with its signature; `how` says otherwise than usual what is signed and with what."""
    body = b"" if message is None else json.dumps(message).encode()
    headers = {"content-type": "application/json"} if body else {}
    request = client.build_request(method, gateway.url + path, headers=headers, content=body or None)
    seen = SimpleNamespace(method=method, url=str(request.url), headers=dict(request.headers))
    secret = how.pop("secret", base64.b64decode(SECRET))
    signer = HTTPMessageSigner(signature_algorithm=algorithms.HMAC_SHA256, key_resolver=Secret(secret))
    settings = {
        "key_id": "bank/cron" if body else "bank/clerk",
        "nonce": str(datetime.datetime.now().timestamp()),
        "covered_component_ids": COMPONENTS,
        **({"body": body} if body else {}),
        **how,
    }
    signer.sign(seen, **settings)
    for name in ("Signature", "Signature-Input", "Content-Digest"):
        value = {key.lower(): value for key, value in seen.headers.items()}.get(name.lower())
        if value is not None:
            request.headers[name] = value
    return request


def call(client, request: httpx.Request) -> tuple[int, str | None]:
    answer = client.send(request)
    return answer.status_code, answer.json().get("code") if answer.is_error else None


def test_the_documented_lines_send_a_message(gateway, smsc):
    [script] = re.findall(r"```python\n(.*?)```", SECTION, re.DOTALL)
    script = script.replace("http://127.0.0.1:8080", gateway.url) + "\n"
    script = script.replace("requests.post(", "answer = requests.post(") + "print(answer.status_code)\n"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=DEADLINE_S)
    assert (done.stdout.strip(), done.returncode) == ("202", 0), done.stderr
    assert smsc.submits()[0]["text"] == MESSAGE["text"]


def test_what_is_signed_is_taken_once(gateway, smsc, client):
    request = signed(client, gateway, "POST", "/v1/messages?", MESSAGE)
    assert call(client, request) == (202, None)
    assert call(client, request) == (401, "replayed_signature")
    request = signed(client, gateway, "GET", "/v1/messages?number=628111000111&limit=1")
    assert call(client, request) == (200, None)
    request = signed(client, gateway, "POST", "/v1/messages", MESSAGE, key_id="bank/clerk")
    assert call(client, request) == (403, "scope_missing")
    smsc.submits()


def test_what_was_changed_or_signed_otherwise_is_refused(gateway, client):
    now = datetime.datetime.now(datetime.UTC)
    old = {"created": now - datetime.timedelta(seconds=301)}
    over = {"created": now - datetime.timedelta(seconds=10), "expires": now - datetime.timedelta(seconds=5)}
    for how, code in [
        ({"secret": b"another secret of thirty-two octets"}, "unauthorised"),
        ({"key_id": "bank/nobody"}, "unauthorised"),
        ({"covered_component_ids": ("@method", "@authority")}, "unfit_signature"),
        (old, "stale_signature"),
        (over, "stale_signature"),
    ]:
        request = signed(client, gateway, "POST", "/v1/messages", MESSAGE, **how)
        assert call(client, request) == (401, code), how

    request = signed(client, gateway, "POST", "/v1/messages", MESSAGE)
    other = request.content.replace(b"4711", b"4712")
    tampered = client.build_request("POST", request.url, headers=request.headers, content=other)
    assert call(client, tampered) == (401, "wrong_digest")
    request = signed(client, gateway, "GET", "/v1/messages?limit=1")
    elsewhere = client.build_request("GET", gateway.url + "/v1/messages?limit=2", headers=request.headers)
    assert call(client, elsewhere) == (401, "unauthorised")
