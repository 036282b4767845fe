"""Wireshark decodes what the gateway says on both of its sides: nothing malformed, everything as meant."""

from __future__ import annotations

from pathlib import Path

import pytest

from harness import config, receipt
from harness.capture import Capture, free_port
from harness.esme import RECEIPT, UDHI
from harness.wire import ENQUIRE_LINK, Wire, pdu

LONG = "0123456789" * 40
#: A service indication by WAP push: ports, WSP, WBXML. Wireshark looks into all of it.
WAP_PUSH = bytes.fromhex(
    "06 05 04 0B 84 23 F0 01 06 06 03 AE 81 EA AF 82 02 05 6A 00 45 C6 0D 03 65 78 61 6D 70 6C 65 00 85 03 69 6E"
    "62 6F 78 00 11 03 69 64 31 00 07 0A C3 06 20 12 05 17 08 30 10 C3 04 20 12 05 18 01 03 59 6F 75 20 68 61 76"
    "65 20 6D 61 69 6C 00 01 01"
)
REQUESTS = {
    "bind_transceiver": 0x09,
    "submit_sm": 0x04,
    "deliver_sm": 0x05,
    "unbind": 0x06,
    "enquire_link": 0x15,
}


@pytest.fixture
def seen(tmp_path: Path, start_smsc, start_gateway, start_esme):
    """A busy conversation of every kind that the gateway knows, as Wireshark saw it."""
    smsc = start_smsc()
    listen = free_port()
    capture = Capture(tmp_path / "traffic.pcap", [listen, smsc.port])
    try:
        gateway = start_gateway(
            smpp={"listen": f"127.0.0.1:{listen}", "enquire_link_s": 1},
            smsc=[config.smsc(smsc.port, sessions=2, enquire_link_s=1)],
            account=[config.BANK],
            route=[
                {"from": {"link": "bank"}, "to": ["telco-a"]},
                {"match": {"destination": "1234"}, "to": ["bank"]},
            ],
        )
        smsc.expect("bound", 2)
        ids = converse(gateway, smsc, start_esme)
    finally:
        capture.stop()
    # What the gateway sends, on its one side and on its other.
    ours = f"tcp.srcport == {listen} || tcp.dstport == {smsc.port}"
    return capture, ours, ids, smsc


def converse(gateway, smsc, start_esme) -> list[str]:
    """Says a bit of everything; returns the ids of the messages."""
    refused = start_esme(gateway, password="wrong")
    assert not refused.is_bound
    refused.close()
    session = start_esme(gateway)
    ids = [
        session.accepted("628111", b"plain", registered_delivery=RECEIPT),
        session.accepted("628111", "Привет".encode("utf-16-be"), data_coding=8, registered_delivery=RECEIPT),
        session.accepted(
            "628111",
            WAP_PUSH,
            esm_class=UDHI,
            data_coding=0xF5,
            registered_delivery=RECEIPT,
            user_message_reference=4711,
        ),
        session.accepted("628111", None, message_payload=LONG.encode(), registered_delivery=RECEIPT),
    ]
    for _ in ids:
        session.next_delivery()
    smsc.mobile_sends("628111", "1234", "from a mobile", source_addr_ton=1, source_addr_npi=1)
    session.next_delivery()
    session.await_enquiry()
    smsc.expect("enquire_link")
    session.unbind()
    with Wire(gateway.smpp_port) as wire:
        wire.ask(pdu(ENQUIRE_LINK))
        wire.ask(pdu(0x99))
    gateway.stop()
    return ids


def test_wireshark_understands_everything_as_it_was_meant(seen):
    # P-3
    capture, ours, ids, smsc = seen
    assert capture.complaints(ours) == []
    pdus = capture.pdus()
    for name, command_id in REQUESTS.items():
        requests, responses = of(pdus, command_id), of(pdus, command_id | 0x80000000)
        assert requests, f"no {name} was captured"
        assert len(responses) == len(requests), f"{name}: {len(requests)} requests, {len(responses)} responses"
    assert_binds(pdus)
    assert_submits(pdus, ids, smsc)
    assert_deliveries(pdus, ids)
    [nack] = of(pdus, 0x80000000)
    assert int(nack["smpp.command_status"], 16) == 0x03


def assert_binds(pdus: list[dict]) -> None:
    """Three binds were taken, with the version that we speak, and one was refused."""
    responses = of(pdus, 0x80000009)
    statuses = sorted(int(response["smpp.command_status"], 16) for response in responses)
    assert statuses == [0, 0, 0, 0x0D]
    ours = [response for response in responses if response.get("smpp.system_id") == "estafet"]
    assert [version(response) for response in ours] == [0x50]
    assert {bind["smpp.system_id"] for bind in of(pdus, 0x09)} == {"bank", "estafet"}


def assert_submits(pdus: list[dict], ids: list[str], smsc) -> None:
    """Every message was submitted once to us and once per segment by us."""
    submits = of(pdus, 0x04)
    # The gateway asks for receipts of every segment, as did the ESME of every message.
    assert {int(submit["smpp.regdel.receipt"], 0) for submit in submits} == {1}
    codings = sorted(data_coding(submit) for submit in submits)
    # The long one came in one piece and left in three.
    assert codings == sorted([0, 8, 0xF5, 0] + [0, 8, 0xF5, 0, 0, 0])
    answered = {response["smpp.message_id"] for response in of(pdus, 0x80000004)}
    assert answered == set(ids) | {submit["message_id"] for submit in smsc.events("submit")}
    references = [tlvs(submit).get("smpp.user_message_reference") for submit in submits]
    assert [int(found, 0) for found in references if found is not None] == [4711, 4711]


def assert_deliveries(pdus: list[dict], ids: list[str]) -> None:
    """One receipt for each message came to the ESME, with our id and its state."""
    receipts = [tlvs(delivery) for delivery in of(pdus, 0x05)]
    ours = [found for found in receipts if found.get("smpp.receipted_message_id") in ids]
    assert sorted(found["smpp.receipted_message_id"] for found in ours) == sorted(ids)
    assert {int(found["smpp.message_state"], 0) for found in ours} == {receipt.DELIVERED}


def of(pdus: list[dict], command_id: int) -> list[dict]:
    return [pdu for pdu in pdus if int(pdu["smpp.command_id"], 16) == command_id]


def tlvs(pdu: dict) -> dict:
    """The TLVs of a PDU by their names, flat."""
    return {key: value for key, value in flat(pdu) if key.startswith("smpp.")}


def flat(value):
    """Every field at any depth with its name."""
    if isinstance(value, dict):
        for key, inner in value.items():
            yield key, inner
            yield from flat(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from flat(inner)


def data_coding(pdu: dict) -> int:
    return int(tlvs(pdu)["smpp.data_coding"], 0)


def version(pdu: dict) -> int:
    return int(tlvs(pdu)["smpp.SC_interface_version"], 0)
