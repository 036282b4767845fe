"""alert_notification: from message centres to ESMEs that others wrote, who asked to know when a mobile is back."""

from __future__ import annotations

import pytest

from harness import config
from harness.node import NodeEsme
from harness.waiting import until
from harness.wire import (
    ALERT_NOTIFICATION,
    BIND_RECEIVER,
    ENQUIRE_LINK,
    GENERIC_NACK,
    RESPONSE,
    SUBMIT_SM,
    Wire,
    c_string,
    pdu,
    submit_sm,
    tlv,
)

SHOP = {"name": "shop", "password": "hunter22"}
TO_TELCO = {"match": {"prefix": "628"}, "to": ["telco-a"]}
TO_BANK = {"match": {"destination": "1234"}, "to": ["bank"]}
SET_DPF = 0x0421
#: From a mobile to an ESME, with TLVs that are known, unknown, empty and there twice.
ALERT = (
    b"\1\1"
    + c_string("628111")
    + b"\5\0"
    + c_string("SHOP")
    + tlv(0x1400, b"\0\xff")
    + tlv(0x0422, b"\2")
    + tlv(0x3FFF, b"")
    + tlv(0x1400, b"twice")
)


@pytest.fixture
def behind(start_gateway):
    """Starts the gateway between a message centre and two ESMEs."""

    def behind(smsc):
        return start_gateway(smsc=[config.smsc(smsc.port)], account=[config.BANK, SHOP], route=[TO_TELCO, TO_BANK])

    return behind


@pytest.mark.parametrize("version", [0x34, 0x50])
def test_an_alert_reaches_who_asked_bit_for_bit(raw_smsc, behind, version):
    # O-7, V-7
    gateway = behind(raw_smsc)
    telco = raw_smsc.bound()
    with Wire(gateway.smpp_port) as shop, Wire(gateway.smpp_port) as bank:
        shop.bind("shop", "hunter22", version=version)
        bank.bind("bank", "hunter22", version=version)
        shop.say(submit_sm(source="SHOP", source_ton=5, source_npi=0, destination="628111", tlvs=tlv(SET_DPF, b"\1")))
        asked = telco.hear_until(SUBMIT_SM)
        assert asked.body.endswith(tlv(SET_DPF, b"\1"))
        telco.say(pdu(SUBMIT_SM | RESPONSE, c_string("c-1"), asked.sequence))
        shop.hear_until(SUBMIT_SM | RESPONSE)
        telco.say(pdu(ALERT_NOTIFICATION, ALERT, sequence=7))
        told = shop.hear()
        assert (told.command_id, told.status, told.body) == (ALERT_NOTIFICATION, 0, ALERT)
        # Nobody else hears of it, and nobody answers it.
        for line in (bank, shop):
            assert line.ask(pdu(ENQUIRE_LINK, sequence=9)).command_id == ENQUIRE_LINK | RESPONSE
        assert telco.ask(pdu(ENQUIRE_LINK, sequence=9)).command_id == ENQUIRE_LINK | RESPONSE


def test_it_passes_from_one_side_of_nodes_library_to_the_other(smsc, behind):
    # O-7
    gateway = behind(smsc)
    smsc.expect("bound")
    bank = NodeEsme(port=gateway.smpp_port)
    shop = NodeEsme(port=gateway.smpp_port, system_id="shop")
    try:
        for esme in (bank, shop):
            esme.expect("bind_resp", status=0)
        asked = {"source_addr": "SHOP", "source_addr_ton": 5, "destination_addr": "628111", "short_message": "there?"}
        assert shop.ask("submit", **asked, set_dpf=1)["status"] == 0
        assert smsc.submits()[0]["set_dpf"] == 1
        smsc.mobile_is_back("628111", "SHOP", ms_availability_status=0)
        [alert] = shop.expect("alert")
        assert (alert["source_addr"], alert["source_addr_ton"], alert["source_addr_npi"]) == ("628111", 1, 1)
        assert (alert["esme_addr"], alert["esme_addr_ton"], alert["esme_addr_npi"]) == ("SHOP", 5, 0)
        assert alert["ms_availability_status"] == 0
        assert bank.ask("enquire")["status"] == 0
        assert not bank.events("alert")
    finally:
        bank.stop()
        shop.stop()


def test_smpplib_hears_from_nodes_library_by_the_route(smsc, behind, start_esme):
    # O-7
    gateway = behind(smsc)
    smsc.expect("bound")
    session = start_esme(gateway, "receiver")
    smsc.mobile_is_back("628111", "1234", ms_availability_status=1)
    assert_told(session.next_alert(), ton=5, npi=0, status=1)
    session.unbind()


def test_smpplib_hears_from_twisteds_library_by_the_route(start_twisted_smsc, behind, start_esme):
    # O-7
    smsc = start_twisted_smsc()
    gateway = behind(smsc)
    smsc.expect("bound")
    session = start_esme(gateway)
    smsc.ask("alert", mobile="628111", esme="1234")
    assert_told(session.next_alert(), ton=0, npi=1, status=0)
    session.unbind()


def assert_told(alert, ton: int, npi: int, status: int) -> None:
    """That the mobile 628111 is back, to 1234."""
    assert (alert.source_addr, alert.source_addr_ton, alert.source_addr_npi) == (b"628111", 1, 1)
    assert (alert.esme_addr, alert.esme_addr_ton, alert.esme_addr_npi) == (b"1234", ton, npi)
    assert alert.ms_availability_status == status


def test_who_speaks_3_3_hears_nothing_of_it(smsc, behind):
    # V-1
    gateway = behind(smsc)
    smsc.expect("bound")
    with Wire(gateway.smpp_port) as wire:
        wire.bind("bank", "hunter22", BIND_RECEIVER, version=0x33)
        smsc.mobile_is_back("628111", "1234", ms_availability_status=0)
        until(lambda: counted(gateway, "no_session") == 1, "it is dropped")
        assert wire.ask(pdu(ENQUIRE_LINK, sequence=9)).command_id == ENQUIRE_LINK | RESPONSE


def test_what_belongs_to_nobody_is_counted_and_logged_without_numbers(smsc, start_gateway):
    # O-7
    gateway = start_gateway(
        log_level="debug", smsc=[config.smsc(smsc.port)], account=[config.BANK], route=[TO_TELCO, TO_BANK]
    )
    smsc.expect("bound")
    smsc.mobile_is_back("628111", "5678", ms_availability_status=0)
    smsc.mobile_is_back("628111", "1234", ms_availability_status=0)
    until(lambda: (counted(gateway, "no_account"), counted(gateway, "no_session")) == (1, 1), "both are dropped")
    event = gateway.expect_log("belongs to no account", "telco-a")
    assert "628111" not in str(event)
    gateway.expect_log("alert_notification is dropped", "telco-a", "no session")


def test_a_broken_one_is_passed_over(raw_smsc, behind):
    # O-7, X-11
    gateway = behind(raw_smsc)
    telco = raw_smsc.bound()
    with Wire(gateway.smpp_port) as bank:
        bank.bind("bank", "hunter22")
        right = ALERT.replace(c_string("SHOP"), c_string("1234"))
        for broken in (b"", right[:5], right + b"\x04\x22\0\xff\0"):
            telco.say(pdu(ALERT_NOTIFICATION, broken, sequence=7))
        telco.say(pdu(ALERT_NOTIFICATION, right, sequence=8))
        assert bank.hear().body == right
        assert telco.ask(pdu(ENQUIRE_LINK, sequence=9)).command_id != GENERIC_NACK


def counted(gateway, outcome: str) -> float:
    return gateway.metric("estafet_alerts_total", link="telco-a", outcome=outcome)
