"""Long messages: one of the ESME, several segments at the message centre, one receipt."""

from __future__ import annotations

from harness import receipt
from harness.esme import RECEIPT

CONCATENATION = "0003"


def test_400_characters_leave_in_3_segments_and_come_back_as_one_receipt(bind, smsc):
    # N-1, N-4, R-5
    text = "".join(f"{number:04}" for number in range(100))
    session = bind()
    message_id = session.accepted("628111", None, message_payload=text.encode(), registered_delivery=RECEIPT)
    segments = smsc.submits(3)
    assert [len(segment["text"]) for segment in segments] == [153, 153, 94]
    assert "".join(segment["text"] for segment in segments) == text
    assert all(segment["registered_delivery"] & 3 == 1 for segment in segments)
    assert all(segment["esm_class"] & 0x40 for segment in segments)
    assert_concatenated(segments)
    smsc.expect("receipt_resp", 3, status=0)
    said = receipt.read(session.next_delivery().short_message)
    assert (said.id, said.sub, said.dlvrd, said.stat) == (message_id, "003", "003", "DELIVRD")
    session.unbind()
    assert not session.delivered


def test_a_long_ucs_2_text_is_split_between_characters(bind, smsc):
    # N-2: the pair of 😀 would be torn at 67 units
    text = "ж" * 66 + "😀" + "ж" * 66
    bind().accepted("628111", None, message_payload=text.encode("utf-16-be"), data_coding=8)
    segments = smsc.submits(3)
    assert [segment["text"] for segment in segments] == ["ж" * 66, "😀" + "ж" * 65, "ж"]
    assert_concatenated(segments)


def test_long_octets_keep_their_own_header_in_every_segment(bind, smsc):
    ports = bytes.fromhex("0605040b8423f0")
    octets = bytes(range(250))
    bind().accepted("628111", None, message_payload=ports + octets, esm_class=0x40, data_coding=0xF5)
    segments = smsc.submits(2)
    assert "".join(segment["octets"] for segment in segments) == octets.hex()
    for segment in segments:
        assert "05040b8423f0" in segment["udh"]
        assert len(bytes.fromhex(segment["octets"])) + 1 + len(bytes.fromhex("".join(segment["udh"]))) <= 140
    assert_concatenated(segments)


def test_a_segment_that_fails_fails_the_message(bind, smsc):
    #
    session = bind()
    smsc.ask("refuse", statuses=[None, 0x45])
    message_id = session.accepted("628111", None, message_payload=b"x" * 200, registered_delivery=RECEIPT)
    said = receipt.read(session.next_delivery().short_message)
    assert (said.id, said.sub, said.dlvrd) == (message_id, "002", "001")
    assert said.stat in ("REJECTD", "UNDELIV")


def assert_concatenated(segments: list[dict]) -> None:
    """The segments carry one 8-bit reference, their number, and count from 1."""
    headers = [element for segment in segments for element in segment["udh"] if element.startswith(CONCATENATION)]
    references = {header[4:6] for header in headers}
    assert len(references) == 1
    assert [header[6:] for header in headers] == [
        f"{len(segments):02x}{number:02x}" for number in range(1, len(segments) + 1)
    ]
