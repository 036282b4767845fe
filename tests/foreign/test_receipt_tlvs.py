"""What a message centre's receipt says besides reaches an ESME octet for octet, also after kill -9."""

from __future__ import annotations

from harness import config
from harness.esme import RECEIPT
from harness.wire import DELIVER_SM, RESPONSE, SUBMIT_SM, Wire, c_string, pdu, submit_sm, tlv

BESIDES = (
    tlv(0x1400, b"\0\xff")
    + tlv(0x0423, b"\x08\x01\x02")
    + tlv(0x3FFF, b"")
    + tlv(0x0425, b"\x01")
    + tlv(0x1400, b"twice")
    + tlv(0x0ABC, bytes(range(256)))
)
#: network_error_code as the gateway writes it of the error in the text; the centre's own stands in its place.
OURS = tlv(0x0423, b"\x03\x00\x22")


def test_tlvs_of_a_receipt_survive_kill_9_octet_for_octet(raw_smsc, start_gateway):
    # T-1, R-1, V-7
    sections = {
        "smsc": [config.smsc(raw_smsc.port)],
        "account": [config.BANK],
        "route": [{"from": {"link": "bank"}, "to": ["telco-a"]}],
    }
    gateway = start_gateway(**sections)
    line = raw_smsc.bound()
    with Wire(gateway.smpp_port) as wire:
        assert wire.bind("bank", "hunter22").status == 0
        assert wire.ask(submit_sm(registered_delivery=RECEIPT)).status == 0
        submit = line.hear_until(SUBMIT_SM)
    line.say(pdu(SUBMIT_SM | RESPONSE, c_string("r-1"), submit.sequence))
    said = submit_sm(
        command=DELIVER_SM,
        esm_class=0x04,
        source="628123456789",
        destination="1234",
        text=b"id:r-1 sub:001 dlvrd:000 stat:UNDELIV err:034 text:",
        tlvs=tlv(0x001E, b"r-1\0") + tlv(0x0427, b"\x05") + tlv(0x020A, b"\x0b\x84") + BESIDES,
    )
    line.say(said)
    assert line.hear_until(DELIVER_SM | RESPONSE).status == 0

    gateway.kill()

    gateway = start_gateway(**sections)
    raw_smsc.bound()
    with Wire(gateway.smpp_port) as wire:
        assert wire.bind("bank", "hunter22").status == 0
        receipt = wire.hear_until(DELIVER_SM)
        wire.say(pdu(DELIVER_SM | RESPONSE, c_string(""), receipt.sequence))
    assert receipt.body.endswith(tlv(0x0427, b"\x05") + BESIDES)
    assert OURS not in receipt.body
