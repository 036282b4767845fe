"""An account that speaks HTTP alone is told by HTTP what became of its messages."""

from __future__ import annotations

from harness import config
from harness.curl import post
from harness.provider import Answer, Call

TO_TELCO = {"to": ["telco-a"]}
MESSAGE = {"to": "628123456789", "from": "BANK", "text": "Your code is 4711"}


def called(url: str) -> dict:
    """The account of the tests, with a callback."""
    return {**config.BANK, "callback_url": url, "allow_private_address": True}


def test_a_receipt_is_posted_to_the_callback(start_smsc, start_provider, start_gateway):
    smsc, receiver = start_smsc(), start_provider(lambda _: Answer(status=204))
    gateway = start_gateway(smsc=[config.smsc(smsc.port)], account=[called(receiver.url)], route=[TO_TELCO])
    smsc.expect("bound")
    message_id = post(gateway, MESSAGE).json["id"]
    [call] = receiver.next_calls()
    assert (call.method, call.path, call.content_type) == ("POST", "/mo", "application/json")
    told = call.fields
    assert (told["event"], told["id"], told["state"]) == ("receipt", message_id, "delivered")
    assert (told["from"], told["to"], told["segments"]) == ("BANK", "628123456789", 1)
    assert "4711" not in str(told)


def test_a_receipt_is_told_again_until_it_is_taken(start_smsc, start_provider, start_gateway):
    def slow_to_learn(call: Call) -> Answer:
        return Answer(status=404 if call.headers["x-estafet-attempt"] == "1" else 200)

    smsc, receiver = start_smsc(), start_provider(slow_to_learn)
    gateway = start_gateway(smsc=[config.smsc(smsc.port)], account=[called(receiver.url)], route=[TO_TELCO])
    smsc.expect("bound")
    message_id = post(gateway, MESSAGE).json["id"]
    first, second = receiver.next_calls(2)
    assert first.fields == second.fields
    assert second.fields["id"] == message_id


def test_what_a_mobile_sends_can_go_to_the_callback_too(start_smsc, start_provider, start_gateway):
    smsc, receiver = start_smsc(), start_provider(lambda _: Answer(body="not an answer to the mobile"))
    to_bank = {"match": {"destination": "1234"}, "to": ["bank"]}
    start_gateway(smsc=[config.smsc(smsc.port)], account=[called(receiver.url)], route=[to_bank])
    smsc.expect("bound")
    assert smsc.mobile_sends("628111", "1234", "BALANCE ж", data_coding=8)["status"] == 0
    [call] = receiver.next_calls(event="message")
    assert (call.fields["from"], call.fields["to"], call.fields["text"]) == ("628111", "1234", "BALANCE ж")
