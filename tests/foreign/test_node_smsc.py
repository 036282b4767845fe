"""The gateway as the client of a message centre on Node's library."""

from __future__ import annotations

import pytest

from harness import config
from harness.waiting import until

TO_TELCO = {"from": {"link": "bank"}, "to": ["telco-a"]}
TO_BANK = {"match": {"destination": "1234"}, "to": ["bank"]}


@pytest.mark.parametrize(
    ("kind", "binds"),
    [
        ("transceiver", ["bind_transceiver", "bind_transceiver"]),
        ("transmitter", ["bind_transmitter", "bind_transmitter"]),
        ("receiver", ["bind_receiver", "bind_receiver"]),
        ("transmitter+receiver", ["bind_receiver", "bind_receiver", "bind_transmitter", "bind_transmitter"]),
    ],
)
def test_it_opens_the_sessions_that_the_configuration_says(smsc, start_gateway, kind, binds):
    start_gateway(smsc=[config.smsc(smsc.port, bind=kind, sessions=2)])
    bound = smsc.expect("bound", len(binds))
    assert sorted(event["command"] for event in bound) == binds
    [first, *_] = smsc.events("bind")
    assert (first["system_id"], first["interface_version"]) == ("estafet", 0x34)


def test_it_answers_and_asks_whether_the_other_side_is_alive(smsc, start_gateway):
    # M-2
    start_gateway(smsc=[config.smsc(smsc.port, enquire_link_s=1)])
    smsc.expect("bound")
    smsc.expect("enquire_link", 2)
    assert smsc.ask("enquire")["status"] == 0


def test_it_binds_again_when_the_connection_is_lost(smsc, start_gateway):
    # M-6
    gateway = start_gateway(smsc=[config.smsc(smsc.port)])
    smsc.expect("bound")
    smsc.ask("drop")
    smsc.expect("bound", 2)
    gateway.expect_log("session with SMSC ended", "telco-a")


def test_it_says_that_its_password_is_refused(start_smsc, start_gateway):
    smsc = start_smsc(password="another")
    gateway = start_gateway(smsc=[config.smsc(smsc.port)])
    event = gateway.expect_log("refuses the bind", "telco-a")
    assert event["level"] == "ERROR"
    assert not smsc.events("bound")


def test_it_unbinds_before_it_stops(smsc, start_gateway):
    # S-6
    gateway = start_gateway(smsc=[config.smsc(smsc.port, sessions=2)])
    smsc.expect("bound", 2)
    until(lambda: gateway.metric("estafet_sessions", link="telco-a") == 2, "the gateway to know that it is bound")
    gateway.ask_to_stop()
    smsc.expect("unbind", 2)


def test_what_a_mobile_sends_reaches_the_esme_as_it_was(smsc, start_gateway, start_esme):
    gateway = start_gateway(smsc=[config.smsc(smsc.port)], account=[config.BANK], route=[TO_TELCO, TO_BANK])
    smsc.expect("bound")
    session = start_esme(gateway)
    answer = smsc.mobile_sends("628111", "1234", "Привет", data_coding=8, source_addr_ton=1, source_addr_npi=1)
    assert answer["status"] == 0
    delivery = session.next_delivery()
    assert (delivery.source_addr, delivery.destination_addr) == (b"628111", b"1234")
    assert (delivery.source_addr_ton, delivery.source_addr_npi) == (1, 1)
    assert delivery.esm_class & 0x3C == 0
    assert (delivery.data_coding, delivery.short_message.decode("utf-16-be")) == (8, "Привет")
    session.unbind()


def test_what_a_mobile_sends_waits_while_the_esme_is_away(smsc, start_gateway, start_esme):
    # W-7: it is acknowledged, so it is kept
    gateway = start_gateway(smsc=[config.smsc(smsc.port)], account=[config.BANK], route=[TO_BANK])
    smsc.expect("bound")
    assert smsc.mobile_sends("628111", "1234", "anybody there?")["status"] == 0
    session = start_esme(gateway, "receiver")
    assert session.next_delivery().short_message == b"anybody there?"
    session.unbind()


def test_what_nobody_wants_is_refused_to_the_smsc(smsc, start_gateway):
    start_gateway(smsc=[config.smsc(smsc.port)])
    smsc.expect("bound")
    assert smsc.mobile_sends("628111", "9999", "hello?")["status"] != 0
