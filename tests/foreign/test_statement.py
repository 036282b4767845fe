"""The table of TLVs of the conformance statement, line by line, through the running gateway."""

from __future__ import annotations

import re
from pathlib import Path

from harness import config
from harness.wire import RESPONSE, SUBMIT_SM, Wire, c_string, pdu, submit_sm, tlv

STATEMENT = Path(__file__).resolve().parents[2] / "docs" / "conformance.md"
ROW = re.compile(r"^\| ([0-9A-F]{4}) \| (\w+) \| (\d+)(?: (to|or) (\d+))? \|")
TABLE = [match.groups() for line in STATEMENT.read_text().splitlines() if (match := ROW.match(line))]
#: TLVs that mean something to the gateway, so that they are not relayed as they are.
MEANT = {
    "message_payload",
    "qos_time_to_live",
    "sar_msg_ref_num",
    "sar_total_segments",
    "sar_segment_seqnum",
}


def test_known_tlvs_are_relayed_bit_for_bit_and_have_their_lengths(raw_smsc, start_gateway):
    # F-6, T-1, V-2, V-7, X-11
    gateway = start_gateway(
        smsc=[config.smsc(raw_smsc.port)],
        account=[config.BANK],
        route=[{"from": {"link": "bank"}, "to": ["telco-a"]}],
    )
    line = raw_smsc.bound()
    assert len(TABLE) > 60
    with Wire(gateway.smpp_port) as wire:
        assert wire.bind("bank", "hunter22").status == 0
        for tag, name, shortest, between, longest in TABLE:
            tag, shortest, longest = int(tag, 16), int(shortest), int(longest or shortest)
            gap = set(range(shortest + 1, longest)) if between == "or" else set()
            for octets in {shortest, min(longest, 4096)} if name not in MEANT else ():
                sent = tlv(tag, bytes(octets)) + tlv(0x1400, b"vendor")
                assert wire.ask(submit_sm(tlvs=sent)).status == 0, f"{name} of {octets} octets"
                submit = line.hear_until(SUBMIT_SM)
                line.say(pdu(SUBMIT_SM | RESPONSE, c_string(f"{submit.sequence}"), submit.sequence))
                assert submit.body.endswith(sent), f"{name} of {octets} octets"
            for octets in ({shortest - 1, longest + 1} | gap) & set(range(0, 0xFFFF)):
                assert wire.ask(submit_sm(tlvs=tlv(tag, bytes(octets)))).status == 0xC2, f"{name}, {octets} octets"
