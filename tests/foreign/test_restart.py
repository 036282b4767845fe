"""What was acknowledged survives kill -9, and still reaches its owner."""

from __future__ import annotations

import json

from harness import config, receipt
from harness.curl import curl
from harness.esme import RECEIPT
from harness.provider import Answer


def test_messages_and_their_receipts_survive_kill_9(start_smsc, start_gateway, start_esme):
    smsc = start_smsc()
    sections = {
        "smsc": [config.smsc(smsc.port)],
        "account": [config.BANK],
        "route": [{"from": {"link": "bank"}, "to": ["telco-a"]}],
    }
    gateway = start_gateway(**sections)
    smsc.expect("bound")
    smsc.stop()
    session = start_esme(gateway)
    texts = [b"kept %d" % number for number in range(20)]
    ids = [session.accepted("628111", text, registered_delivery=RECEIPT) for text in texts]
    gateway.kill()
    session.close()

    gateway = start_gateway(**sections)
    smsc = start_smsc(port=smsc.port)
    assert [submit["text"].encode() for submit in smsc.submits(20)] == texts
    session = start_esme(gateway)
    told = [receipt.read(session.next_delivery().short_message).id for _ in ids]
    assert sorted(told) == sorted(ids)
    session.unbind()


def test_a_request_that_is_repeated_after_kill_9_is_answered_as_before(start_smsc, start_gateway):
    smsc = start_smsc()
    sections = {
        "smsc": [config.smsc(smsc.port)],
        "account": [config.BANK],
        "route": [{"from": {"link": "bank"}, "to": ["telco-a"]}],
    }

    def post(gateway, text: str):
        return curl(
            "--header", "content-type: application/json",
            "--header", 'Idempotency-Key: "8e03978e-40d5-43dd-bc93-6894a57f9324"',
            "--data", json.dumps({"to": ["628111", "nobody", "628112"], "from": "BANK", "text": text}),
            gateway.url + "/v1/messages",
        )

    gateway = start_gateway(**sections)
    first = post(gateway, "once")
    assert (first.status, "idempotent-replayed" in first.headers) == (202, False)
    smsc.submits(2)
    gateway.kill()

    gateway = start_gateway(**sections)
    again = post(gateway, "once")
    assert (again.status, again.headers["idempotent-replayed"]) == (202, "true")
    assert again.json == first.json
    other = post(gateway, "twice")
    assert (other.status, other.json["code"]) == (422, "idempotency_key_reused")


def test_what_an_smsc_brings_again_after_kill_9_is_the_same_transaction(start_smsc, start_provider, start_gateway):
    # CMN-3
    smsc, provider = start_smsc(), start_provider(lambda call: Answer(body=f"thank you for {call.fields['text']}"))
    sections = {
        "smsc": [config.smsc(smsc.port, duplicate_window_s=600)],
        "application": [config.application(provider.url)],
        "route": [{"match": {"destination": "1234"}, "to": ["games"]}],
    }

    def brings(text: str, **named):
        assert smsc.mobile_sends("628111", "1234", text, **named)["status"] == 0
        return provider.next_calls(text=text)[0].fields["id"]

    gateway = start_gateway(**sections)
    smsc.expect("bound")
    alike = brings("VOTE A")
    named = brings("VOTE B", receipted_message_id="m1")
    # What is acknowledged to the SMSC is on disk, and so is what was before it.
    smsc.expect("receipt_resp", 2)
    gateway.kill()

    start_gateway(**sections)
    smsc.expect("bound", 2)
    for text, more in [("VOTE A", {}), ("VOTE B", {"receipted_message_id": "m1"}), ("VOTE A", {})]:
        assert smsc.mobile_sends("628111", "1234", text, **more)["status"] == 0
    brings("VOTE C")
    calls = provider.next_calls(6)
    again = [(call.fields["id"], call.fields["text"]) for call in calls if call.fields.get("duplicate") == "true"]
    assert sorted(again) == sorted([(alike, "VOTE A"), (named, "VOTE B"), (alike, "VOTE A")])
    texts = [submit["text"] for submit in smsc.submits(3)]
    assert sorted(texts) == [f"thank you for VOTE {letter}" for letter in "ABC"], "one reply for each transaction"


def test_an_acknowledged_message_of_a_mobile_survives_kill_9(start_smsc, start_gateway, start_esme):
    # W-7
    smsc = start_smsc()
    sections = {
        "smsc": [config.smsc(smsc.port)],
        "account": [config.BANK],
        "route": [{"match": {"destination": "1234"}, "to": ["bank"]}],
    }
    gateway = start_gateway(**sections)
    smsc.expect("bound")
    assert smsc.mobile_sends("628111", "1234", "do not lose me")["status"] == 0
    gateway.kill()

    gateway = start_gateway(**sections)
    session = start_esme(gateway, "receiver")
    assert session.next_delivery().short_message == b"do not lose me"
    session.unbind()
