"""Texts that are nearly in the GSM alphabet, of ESMEs on Node's library: what is told of them, and what is kept."""

from __future__ import annotations

import pytest

from harness import config
from harness.curl import curl
from harness.node import NodeEsme
from harness.waiting import until

ENDS = {"source_addr": "1234", "source_addr_npi": 1}
TO_628111 = {"destination_addr": "628111", "dest_addr_ton": 1, "dest_addr_npi": 1}
LATER = {"schedule_delivery_time": "000001000000000R"}


@pytest.fixture
def gateway(smsc, start_gateway):
    """The gateway with an account that wants such texts in that alphabet."""
    bank = {**config.BANK, "transliterate": True}
    return start_gateway(smsc=[config.smsc(smsc.port)], account=[bank], route=[{"to": ["telco-a"]}])


@pytest.fixture
def esme(gateway):
    esme = NodeEsme(port=gateway.smpp_port)
    esme.expect("bind_resp", status=0)
    yield esme
    esme.stop()


def recorded(gateway, message_id: str) -> list[tuple[str, str]]:
    """What the record says was changed."""
    record = until(lambda: curl(f"{gateway.url}/v1/messages/{message_id}"), "a record").json
    return [(one["was"], one["is"]) for one in record.get("transliterated", [])]


def test_what_was_changed_is_answered_and_recorded(gateway, esme, smsc):
    answer = esme.ask("submit", **ENDS, **TO_628111, short_message="“Olá”", data_coding=8)
    assert answer["additional_status_info_text"] == 'transliterated: U+201C="; U+00E1=a; U+201D="'
    assert recorded(gateway, answer["message_id"]) == [("“", '"'), ("á", "a"), ("”", '"')]
    [submit] = smsc.submits()
    assert (submit["text"], submit["data_coding"]) == ('"Ola"', 0)


def test_another_text_is_changed_too(gateway, esme, smsc):
    # O-6, B-4: replace_sm_resp has no room to say it
    waits = esme.ask("submit", **ENDS, **TO_628111, **LATER, short_message="“á”", data_coding=8)
    named = {"command": "replace_sm", "message_id": waits["message_id"], **ENDS}
    assert esme.ask("request", **named, hex="“ã”".encode("utf-16-be").hex())["status"] == 0
    assert recorded(gateway, waits["message_id"]) == [("“", '"'), ("ã", "a"), ("”", '"')]
    answer = esme.ask(
        "submit", **ENDS, **TO_628111, short_message="“õ”", data_coding=8, replace_if_present_flag=1
    )
    assert answer["additional_status_info_text"] == 'transliterated: U+201C="; U+00F5=o; U+201D="'
    assert recorded(gateway, answer["message_id"]) == [("“", '"'), ("õ", "o"), ("”", '"')]
    [submit] = smsc.submits()
    assert submit["text"] == '"o"'


def test_to_several_and_in_data_sm_it_is_changed_and_answered_too(gateway, esme, smsc):
    # O-3, O-7
    to_two = [{"destination_addr": number, "dest_addr_ton": 1} for number in ("628111", "628112")]
    several = {"command": "submit_multi", "dest_address": to_two, "short_message": "“á”"}
    payload = {"command": "data_sm", **TO_628111, "message_payload": "“á”"}
    for what in (several, payload):
        answer = esme.ask("request", **ENDS, **what, data_coding=8)
        assert answer["status"] == 0
        assert answer["additional_status_info_text"] == 'transliterated: U+201C="; U+00E1=a; U+201D="'
        assert recorded(gateway, answer["message_id"]) == [("“", '"'), ("á", "a"), ("”", '"')]
    assert [submit["text"] for submit in smsc.submits(3)] == ['"a"'] * 3
