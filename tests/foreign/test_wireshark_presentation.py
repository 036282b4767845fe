"""Wireshark reads flash, ports and what waits, as they were said by HTTP."""

from __future__ import annotations

from pathlib import Path

import pytest

from harness import config
from harness.capture import Capture
from harness.curl import post

VOICE, OTHER, VIDEO = ("0", "0"), ("3", "0"), ("3", "1")
KINDS = ["voice", "fax", "email", "other", "video"]


@pytest.fixture
def said(tmp_path: Path, start_smsc, start_gateway):
    """Posts messages with these fields; gives back what Wireshark saw leave: PDUs, and headers."""

    def say(*messages: dict, **profile):
        smsc = start_smsc()
        capture = Capture(tmp_path / "traffic.pcap", [smsc.port])
        try:
            gateway = start_gateway(
                smsc=[{**config.smsc(smsc.port), **profile}],
                account=[config.BANK],
                route=[{"to": ["telco-a"]}],
            )
            segments = 0
            for message in messages:
                answer = post(gateway, {"to": "628111000111", "from": "BANK", **message})
                assert answer.status == 202, answer.body
                segments += answer.json["segments"]
                smsc.submits(segments)
            gateway.stop()
        finally:
            capture.stop()
        ours = f"tcp.dstport == {smsc.port}"
        assert capture.complaints(ours) == []
        submits = [pdu for pdu in capture.pdus(ours) if int(pdu["smpp.command_id"], 16) == 0x04]
        return submits, capture.headers(ours)

    return say


def test_a_flash_is_of_class_0(said):
    # I-4
    submits, headers = said(
        {"text": "Now!", "flash": True}, {"text": "Сейчас!", "flash": True}, {"binary": "00ff", "message_class": 2}
    )
    assert [coding(submit) for submit in submits] == [0xF0, 0x18, 0xF6]
    # Wireshark follows SMPP, which reserves 18.
    assert [classed(submits[0]), classed(submits[2])] == [(0xF, 0), (0xF, 2)]
    assert headers == []


def test_a_flash_goes_by_subunit_where_the_smsc_wants_it_so(said):
    # I-4
    submits, _ = said({"text": "Сейчас!", "flash": True}, message_class="subunit")
    assert [(coding(submit), field(submit, "smpp.dest_addr_subunit")) for submit in submits] == [(8, "0x01")]


def test_ports_stand_in_every_part(said):
    # I-3, G-2
    _, headers = said({"text": "x" * 153, "ports": {"destination": 16000, "source": 16001}})
    assert len(headers) == 2
    for header in headers:
        assert ("destination_port", "16000") in header
        assert ("originator_port", "16001") in header
        assert ("ie_identifier", "0x00") in header


def test_what_waits_is_said_by_data_coding_and_header(said):
    # I-1, I-2
    submits, [voice, cleared] = said(
        {"text": "3 calls", "waiting": {"kind": "voice", "count": 3}},
        {"waiting": [{"kind": kind, "count": 0} for kind in KINDS]},
    )
    assert [coding(submit) for submit in submits] == [0xD8, 0xC0]
    active = [(field(submit, "smpp.dcs.wait_ind"), field(submit, "smpp.dcs.wait_type")) for submit in submits]
    assert active == [("0x01", "0x00"), ("0x00", "0x00")]
    assert waiting(voice) == [(*VOICE, "3", "1")]
    assert waiting(cleared) == [(kind, extended, "0", "0") for kind, extended in [VOICE, ("1", "0"), ("2", "0"), OTHER, VIDEO]]


def test_what_waits_goes_by_tlv_where_the_smsc_wants_it_so(said):
    # I-1, I-2
    [submit], headers = said({"waiting": {"kind": "fax", "count": 3}}, message_waiting="tlv")
    assert (coding(submit), field(submit, "smpp.number_of_messages"), headers) == (0, "3", [])


def coding(submit: dict) -> int:
    return int(submit["smpp.data_coding"], 0)


def classed(submit: dict) -> tuple[int, int]:
    return int(field(submit, "smpp.dcs.sms_coding_group"), 0), int(field(submit, "smpp.dcs.class"), 0)


def field(value, name: str) -> str | None:
    """The first field of this name, at any depth."""
    if isinstance(value, dict):
        if name in value:
            return value[name]
        value = list(value.values())
    found = (field(inner, name) for inner in value) if isinstance(value, list) else iter(())
    return next((one for one in found if one is not None), None)


def waiting(header: list[tuple[str, str]]) -> list[tuple[str, ...]]:
    """What a header says that waits: kind, extension of the kind, count, and whether the message is kept."""
    columns = [
        [value for name, value in header if name == wanted]
        for wanted in ("msg_ind_type", "ext_msg_ind_type", "msg_count", "msg_ind_type_and_stor")
    ]
    return list(zip(*columns, strict=True))
