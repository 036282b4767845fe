"""Wireshark finds nothing wrong in any kind of PDU that the gateway sends, in either role."""

from __future__ import annotations

from pathlib import Path

from harness import config
from harness.capture import Capture, free_port
from harness.waiting import until
from harness.wire import (
    ALERT_NOTIFICATION,
    BIND_RECEIVER,
    BIND_TRANSCEIVER,
    BIND_TRANSMITTER,
    BROADCAST_SM,
    CANCEL_SM,
    DATA_SM,
    DELIVER_SM,
    ENQUIRE_LINK,
    GENERIC_NACK,
    QUERY_SM,
    REPLACE_SM,
    RESPONSE,
    SUBMIT_MULTI,
    SUBMIT_SM,
    UNBIND,
    Wire,
    pdu,
    submit_sm,
    tlv,
)
from test_wire_operations import BROADCASTS, by_id, data_sm, submit_multi, to

BINDS = {BIND_TRANSMITTER, BIND_RECEIVER, BIND_TRANSCEIVER}
#: What a server sends.
TO_ESMES = {command | RESPONSE for command in BINDS} | {
    SUBMIT_SM | RESPONSE,
    SUBMIT_MULTI | RESPONSE,
    DATA_SM | RESPONSE,
    QUERY_SM | RESPONSE,
    CANCEL_SM | RESPONSE,
    REPLACE_SM | RESPONSE,
    BROADCAST_SM | RESPONSE,
    DELIVER_SM,
    ALERT_NOTIFICATION,
    ENQUIRE_LINK,
    ENQUIRE_LINK | RESPONSE,
    UNBIND,
    UNBIND | RESPONSE,
    GENERIC_NACK,
}
#: What a client sends.
TO_SMSCS = BINDS | {
    SUBMIT_SM,
    DELIVER_SM | RESPONSE,
    DATA_SM | RESPONSE,
    ENQUIRE_LINK,
    ENQUIRE_LINK | RESPONSE,
    UNBIND,
}
#: How long messages leave, by the name of the SMSC.
LONG = {"udh": "smpp-3.4", "udh16": "udh-16", "sar": "sar", "whole": "message-payload"}
TEXT = b"0123456789" * 40


def test_wireshark_finds_nothing_wrong_in_any_pdu_that_we_send(tmp_path: Path, start_smsc, start_gateway):
    smscs = {name: start_smsc() for name in (*LONG, "transmitter+receiver")}
    listen = free_port()
    capture = Capture(tmp_path / "every.pcap", [listen, *(smsc.port for smsc in smscs.values())])
    try:
        gateway = start_gateway(
            smpp={"listen": f"127.0.0.1:{listen}", "enquire_link_s": 1},
            smsc=[*(smsc_table(name, smsc) for name, smsc in smscs.items())],
            account=[config.BANK],
            route=[
                *({"match": {"destination": f"62800{at}"}, "to": [name]} for at, name in enumerate(LONG)),
                {"match": {"destination": "1234"}, "to": ["bank"]},
                {"from": {"link": "bank"}, "to": ["udh"]},
            ],
        )
        for smsc in smscs.values():
            smsc.expect("bound")
        converse_as_esmes(listen)
        converse_as_smscs(smscs)
        hear_of_a_mobile(listen, smscs["udh"])
        with Wire(listen) as last:
            last.bind("bank", "hunter22", BIND_TRANSMITTER)
            gateway.ask_to_stop()
            last.hear_until(UNBIND)
            last.say(pdu(UNBIND | RESPONSE, sequence=1))
        gateway.stop()
    finally:
        capture.stop()
    to_esmes = f"tcp.srcport == {listen}"
    to_smscs = " || ".join(f"tcp.dstport == {smsc.port}" for smsc in smscs.values())
    for sender, wanted in ((to_esmes, TO_ESMES), (to_smscs, TO_SMSCS)):
        assert capture.complaints(sender) == []
        sent = {int(pdu["smpp.command_id"], 16) for pdu in capture.pdus(sender)}
        assert sent == wanted, f"{[hex(id) for id in sent ^ wanted]}"


def smsc_table(name: str, smsc) -> dict:
    """An SMSC whose name says how it is spoken to."""
    more = {"profile": LONG[name]} if name in LONG else {"bind": name}
    return config.smsc(smsc.port, name=name, enquire_link_s=1, **more)


def converse_as_esmes(port: int) -> None:
    """Says everything that an ESME can say, and what it cannot."""
    for kind in (BIND_TRANSMITTER, BIND_RECEIVER):
        with Wire(port) as wire:
            assert wire.bind("bank", "hunter22", kind).status == 0
            assert wire.bind("bank", "hunter22", kind).status == 0x05
            assert wire.ask(pdu(UNBIND, sequence=2)).command_id == UNBIND | RESPONSE
    for version in (0x33, 0x34, 0x50):
        with Wire(port) as wire:
            assert wire.bind("bank", "hunter22", version=version).status == 0
            ids = []
            for at in range(len(LONG)):
                wire.say(submit_sm(destination=f"62800{at}", text=b"", tlvs=tlv(0x0424, TEXT), registered_delivery=1))
                ids.append(wire.hear_until(SUBMIT_SM | RESPONSE).message_id)
            for octets, answer in (
                (submit_multi([to("628111"), to("bad")]), SUBMIT_MULTI),
                (data_sm(tlv(0x0424, b"x")), DATA_SM),
                (data_sm(b""), DATA_SM),
                (by_id(QUERY_SM, ids[0]), QUERY_SM),
                (by_id(QUERY_SM, "f" * 32), QUERY_SM),
                (by_id(CANCEL_SM, ids[0]), CANCEL_SM),
                (by_id(REPLACE_SM, ids[0]), REPLACE_SM),
                (submit_sm(destination="bad"), SUBMIT_SM),
                (pdu(ENQUIRE_LINK), ENQUIRE_LINK),
            ):
                wire.say(octets)
                wire.hear_until(answer | RESPONSE)
            wire.say(pdu(BROADCAST_SM, BROADCASTS[BROADCAST_SM]))
            wire.hear_until(BROADCAST_SM | RESPONSE if version == 0x50 else GENERIC_NACK)
            wire.hear_until(ENQUIRE_LINK)


def hear_of_a_mobile(port: int, smsc) -> None:
    """A mobile is reachable again."""
    with Wire(port) as wire:
        assert wire.bind("bank", "hunter22").status == 0
        smsc.mobile_is_back("628111", "1234", ms_availability_status=0)
        wire.hear_until(ALERT_NOTIFICATION)


def converse_as_smscs(smscs: dict) -> None:
    """Receipts came already; a mobile's message, by data_sm too, and signs of life."""
    smsc = smscs["udh"]
    smsc.mobile_sends("628111", "1234", "from a mobile")
    smsc.ask("request", command="data_sm", source_addr="628111", destination_addr="1234", message_payload="x")
    smsc.ask("enquire")
    smsc.expect("enquire_link")
    until(lambda: smscs["sar"].events("submit"), "segments by sar")
