"""What a mobile sends goes to a content provider by HTTP, and its answer goes back to the mobile."""

from __future__ import annotations

import re

from harness import config
from harness.provider import Answer, Call

GAME = {"match": {"destination": "1234", "keyword": "GAME"}, "to": ["games"]}


def welcome(call: Call) -> Answer:
    return Answer(body=f"Welcome to the game, {call.fields['from']}!\n")


def test_a_posted_message_is_answered_from_the_short_code(start_smsc, start_provider, start_gateway):
    # CMN-1, CMN-3
    smsc, provider = start_smsc(), start_provider(welcome)
    start_gateway(
        smsc=[config.smsc(smsc.port)], application=[config.application(provider.url)], route=[GAME]
    )
    smsc.expect("bound")
    assert smsc.mobile_sends("628111", "1234", "GAME JOIN", source_addr_ton=1, source_addr_npi=1)["status"] == 0
    [call] = provider.next_calls()
    assert (call.method, call.path) == ("POST", "/mo")
    assert call.content_type.startswith("application/x-www-form-urlencoded")
    assert call.headers["user-agent"].startswith("estafet/")
    assert (call.fields["from"], call.fields["to"], call.fields["text"]) == ("628111", "1234", "GAME JOIN")
    assert call.fields["smsc"] == "telco-a"
    assert re.fullmatch("[0-9a-f]{32}", call.fields["id"])
    [reply] = smsc.submits()
    assert (reply["source_addr"], reply["destination_addr"]) == ("1234", "628111")
    assert reply["text"] == "Welcome to the game, 628111!"


def test_a_provider_may_be_called_by_get_and_answer_in_json(start_smsc, start_provider, start_gateway):
    smsc = start_smsc()
    provider = start_provider(
        lambda _: Answer(content_type="application/json", body='{"reply": "Добро пожаловать 😀"}')
    )
    games = config.application(provider.url, method="GET")
    start_gateway(smsc=[config.smsc(smsc.port)], application=[games], route=[GAME])
    smsc.expect("bound")
    smsc.mobile_sends("628111", "1234", "game & more? ж", data_coding=8)
    [call] = provider.next_calls()
    assert (call.method, call.fields["text"]) == ("GET", "game & more? ж")
    [reply] = smsc.submits()
    assert (reply["data_coding"], reply["text"]) == (8, "Добро пожаловать 😀")


def test_a_long_answer_leaves_in_segments(start_smsc, start_provider, start_gateway):
    smsc = start_smsc()
    provider = start_provider(lambda _: Answer(body="0123456789" * 20))
    start_gateway(
        smsc=[config.smsc(smsc.port)], application=[config.application(provider.url)], route=[GAME]
    )
    smsc.expect("bound")
    smsc.mobile_sends("628111", "1234", "GAME HELP")
    assert "".join(segment["text"] for segment in smsc.submits(2)) == "0123456789" * 20


def test_a_provider_that_fails_is_called_again_with_the_same_id(start_smsc, start_provider, start_gateway):
    # CMN-4
    def recovering(call: Call) -> Answer:
        return Answer(status=503) if call.headers["x-estafet-attempt"] == "1" else Answer(body="back again")

    smsc, provider = start_smsc(), start_provider(recovering)
    start_gateway(
        smsc=[config.smsc(smsc.port)], application=[config.application(provider.url)], route=[GAME]
    )
    smsc.expect("bound")
    smsc.mobile_sends("628111", "1234", "GAME JOIN")
    first, second = provider.next_calls(2)
    assert first.fields["id"] == second.fields["id"]
    [reply] = smsc.submits()
    assert reply["text"] == "back again"


def test_an_empty_answer_is_no_message(start_smsc, start_provider, start_gateway):
    smsc = start_smsc()
    provider = start_provider(lambda call: Answer(body="" if "QUIET" in call.fields["text"] else "loud"))
    start_gateway(
        smsc=[config.smsc(smsc.port)], application=[config.application(provider.url)], route=[GAME]
    )
    smsc.expect("bound")
    smsc.mobile_sends("628111", "1234", "GAME QUIET")
    provider.next_calls()
    smsc.mobile_sends("628111", "1234", "GAME LOUD")
    [reply] = smsc.submits()
    assert reply["text"] == "loud"


def test_a_private_address_is_not_called_unless_the_configuration_says_so(
    start_smsc, start_provider, start_gateway
):
    # WH-3
    smsc, provider = start_smsc(), start_provider(welcome)
    url = provider.url.replace("127.0.0.1", "localhost")
    games = config.application(url, allow_private_address=False, allow_http=True)
    gateway = start_gateway(smsc=[config.smsc(smsc.port)], application=[games], route=[GAME])
    smsc.expect("bound")
    assert smsc.mobile_sends("628111", "1234", "GAME JOIN")["status"] == 0
    event = gateway.expect_log('"games"', "address")
    assert event["level"] == "WARN"
    assert not provider.calls.items()
