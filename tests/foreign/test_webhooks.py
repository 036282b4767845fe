"""What we post is signed so that the library of Standard Webhooks takes it, and dead letters are replayed."""

from __future__ import annotations

import base64
import re

import pytest
from standardwebhooks.webhooks import Webhook, WebhookVerificationError

from harness import config
from harness.curl import curl, post
from harness.gateway import ROOT
from harness.provider import Answer
from harness.waiting import until

TO_TELCO = {"to": ["telco-a"]}
TO_GAMES = {"match": {"destination": "1234"}, "to": ["games"]}
MESSAGE = {"to": "628123456789", "from": "BANK", "text": "Your code is 4711"}
OLD, NEW = ("whsec_" + base64.b64encode(bytes([octet]) * 32).decode() for octet in (1, 2))


def test_a_signature_is_verified_by_the_library_of_others(start_smsc, start_provider, start_gateway):
    smsc, receiver = start_smsc(), start_provider(lambda _: Answer(status=204))
    bank = {**config.BANK, "callback_url": receiver.url, "allow_private_address": True, "callback_secret": [NEW, OLD]}
    gateway = start_gateway(smsc=[config.smsc(smsc.port)], account=[bank], route=[TO_TELCO])
    smsc.expect("bound")
    message_id = post(gateway, MESSAGE).json["id"]
    [call] = receiver.next_calls()
    assert call.headers["webhook-id"] == f"receipt_{message_id}"
    for secret in (OLD, NEW):
        assert Webhook(secret).verify(call.body, call.headers)["id"] == message_id
    with pytest.raises(WebhookVerificationError):
        Webhook(NEW).verify(call.body.replace(b"delivered", b"expired"), call.headers)


def test_the_id_is_the_same_when_it_is_told_again(start_smsc, start_provider, start_gateway):
    def slow_to_learn(call):
        return Answer(status=503 if call.headers["x-estafet-attempt"] == "1" else 204)

    smsc, provider = start_smsc(), start_provider(slow_to_learn)
    games = {**config.application(provider.url), "secret": NEW}
    start_gateway(smsc=[config.smsc(smsc.port)], account=[config.BANK], application=[games], route=[TO_GAMES])
    smsc.expect("bound")
    assert smsc.mobile_sends("628111", "1234", "GAME")["status"] == 0
    first, second = provider.next_calls(2)
    assert first.headers["webhook-id"] == second.headers["webhook-id"]
    assert first.headers["webhook-id"].startswith("message_")
    for call in (first, second):
        Webhook(NEW).verify(call.body, call.headers, json_parse=False)


def test_a_signed_form_is_read_as_the_documentation_says(start_smsc, start_provider, start_gateway):
    blocks = re.findall(r"```python\n(.*?)```", (ROOT / "docs/http.md").read_text(), re.DOTALL)
    [block] = [block for block in blocks if "json_parse=False" in block]
    documented = {}
    exec(block, documented)
    smsc, provider = start_smsc(), start_provider(lambda _: Answer(status=204))
    games = {**config.application(provider.url), "secret": [NEW, OLD]}
    start_gateway(smsc=[config.smsc(smsc.port)], account=[config.BANK], application=[games], route=[TO_GAMES])
    smsc.expect("bound")
    assert smsc.mobile_sends("628111", "1234", "GAME & MORE")["status"] == 0
    [call] = provider.next_calls()
    assert call.content_type.startswith("application/x-www-form-urlencoded")
    for secret in (NEW, OLD):
        fields = documented["fields_of"](call.body, call.headers, secret)
        assert (fields["from"], fields["to"], fields["text"]) == ("628111", "1234", "GAME & MORE")
    for body, headers in [(call.body + b"&x=1", call.headers), (call.body, {**call.headers, "webhook-id": "message_x"})]:
        with pytest.raises(WebhookVerificationError):
            documented["fields_of"](body, headers, NEW)


def test_dead_letters_are_listed_and_replayed_with_curl(start_smsc, start_provider, start_gateway):
    is_back = []
    smsc, provider = start_smsc(), start_provider(lambda _: Answer(status=200 if is_back else 404))
    games = config.application(provider.url, account="bank")
    gateway = start_gateway(
        smsc=[config.smsc(smsc.port)], account=[config.BANK], application=[games], route=[TO_GAMES]
    )
    smsc.expect("bound")
    assert smsc.mobile_sends("628111", "1234", "GAME")["status"] == 0
    provider.next_calls()
    [letter] = until(lambda: curl(gateway.url + "/v1/dead-letters").json["dead_letters"], "a dead letter")
    assert (letter["link"], letter["event"], letter["text"]) == ("games", "message", "GAME")
    is_back.append(True)
    replayed = curl("--request", "POST", gateway.url + "/v1/dead-letters/replay")
    assert (replayed.status, replayed.json) == (200, {"replayed": 1})
    first, again = provider.next_calls(2)
    assert first.fields["id"] == again.fields["id"] == letter["id"]
