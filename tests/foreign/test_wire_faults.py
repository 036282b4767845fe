"""Faults in PDUs that are framed well: each has its answer, and the session stays."""

from __future__ import annotations

import time

import pytest

from harness import config
from harness.wire import (
    BIND_RECEIVER,
    BIND_TRANSCEIVER,
    DELIVER_SM,
    ENQUIRE_LINK,
    GENERIC_NACK,
    RESPONSE,
    SUBMIT_SM,
    UNBIND,
    Wire,
    bind,
    pdu,
    submit_sm,
    tlv,
)


@pytest.fixture
def wire(gateway):
    """A bound session; at the end it must still be alive."""
    with Wire(gateway.smpp_port) as wire:
        assert wire.bind("bank", "hunter22").status == 0
        yield wire
        assert wire.ask(pdu(ENQUIRE_LINK, sequence=99)).sequence == 99


@pytest.mark.parametrize("command_id", [0x00000099, 0x00000022, 0x00010200, 0x00000000])
def test_an_unknown_command_is_nacked(wire, command_id):
    #
    answer = wire.ask(pdu(command_id, b"whatever", sequence=4711))
    assert (answer.command_id, answer.status, answer.sequence) == (GENERIC_NACK, 0x03, 4711)
    assert answer.body == b""


def test_an_unknown_command_is_nacked_before_the_bind_too(gateway):
    #
    with Wire(gateway.smpp_port) as wire:
        answer = wire.ask(pdu(0x99, sequence=5))
        assert (answer.command_id, answer.status, answer.sequence) == (GENERIC_NACK, 0x03, 5)


def test_a_submit_before_the_bind_is_refused_and_the_bind_still_possible(gateway):
    # S-1, X-3
    with Wire(gateway.smpp_port) as wire:
        answer = wire.ask(submit_sm(sequence=5))
        assert (answer.command_id, answer.status, answer.sequence) == (SUBMIT_SM | RESPONSE, 0x04, 5)
        assert wire.bind("bank", "hunter22").status == 0


def test_a_submit_on_a_receiver_is_refused(gateway):
    #
    with Wire(gateway.smpp_port) as wire:
        assert wire.bind("bank", "hunter22", BIND_RECEIVER).status == 0
        answer = wire.ask(submit_sm())
        assert (answer.command_id, answer.status) == (SUBMIT_SM | RESPONSE, 0x04)


def test_a_deliver_sm_from_an_esme_is_refused(wire):
    #
    answer = wire.ask(submit_sm(command=DELIVER_SM))
    assert (answer.command_id, answer.status) == (DELIVER_SM | RESPONSE, 0x04)


def test_a_second_bind_is_refused(wire):
    # S-2, X-4
    answer = wire.bind("bank", "hunter22")
    assert (answer.command_id, answer.status) == (BIND_TRANSCEIVER | RESPONSE, 0x05)


@pytest.mark.parametrize(
    ("system_id", "password", "status"),
    [("s" * 16, "hunter22", 0x0F), ("bank", "p" * 65, 0x0E), ("bank", "hunter21", 0x0D), ("", "", 0x0D)],
    ids=["long system_id", "long password", "wrong password", "nothing"],
)
def test_a_wrong_bind_is_refused_without_a_body(gateway, system_id, password, status):
    # F-5, S-3, X-5
    with Wire(gateway.smpp_port) as wire:
        answer = wire.bind(system_id, password)
        assert (answer.status, answer.body) == (status, b"")


def test_guessing_passwords_ends_the_connection(gateway):
    # S-3
    with Wire(gateway.smpp_port) as wire:
        for _ in range(3):
            assert wire.bind("bank", "wrong").status == 0x0D
        assert wire.rest() == b""


def test_every_refused_bind_says_the_same_and_takes_as_long(start_gateway):
    # S-3, S-9, X-5: an unknown account, a wrong password, an address of others, one bind too many
    fenced = {"name": "fenced", "password": "hunter22", "allow_from": ["192.0.2.0/24"]}
    gateway = start_gateway(account=[{**config.BANK, "max_binds": 1}, fenced])
    with Wire(gateway.smpp_port) as first:
        assert first.bind("bank", "hunter22").status == 0
        for credentials in (("nobody", "hunter22"), ("bank", "wrong"), ("fenced", "hunter22"), ("bank", "hunter22")):
            with Wire(gateway.smpp_port) as wire:
                since = time.monotonic()
                answer = wire.bind(*credentials)
                assert (answer.command_id, answer.status) == (BIND_TRANSCEIVER | RESPONSE, 0x0D), credentials
                assert answer.body == b"", credentials
                assert time.monotonic() - since >= 0.9, credentials


@pytest.mark.parametrize(
    ("fields", "status"),
    [
        (b"\0\0\x01" + b"1234\0" + b"\x01\x01" + b"628123456789", 0x02),
        (b"\0\0\x01" + b"1234", 0x02),
        (b"", 0x02),
        (b"CMT", 0x02),
    ],
    ids=["destination_addr", "source_addr", "nothing", "service_type"],
)
def test_a_field_without_its_end_is_refused_with_its_pdu(wire, fields, status):
    # F-4, X-6
    answer = wire.ask(pdu(SUBMIT_SM, fields))
    assert (answer.command_id, answer.status, answer.body) == (SUBMIT_SM | RESPONSE, status, b"")


def test_a_text_longer_than_its_pdu_is_refused_and_nothing_read_beyond(wire):
    # F-4, X-6
    answer = wire.ask(submit_sm(text=b"short", sm_length=200) + pdu(ENQUIRE_LINK, sequence=55) * 20)
    assert (answer.command_id, answer.status) == (SUBMIT_SM | RESPONSE, 0x01)
    assert [wire.hear().sequence for _ in range(20)] == [55] * 20


def test_every_cut_of_a_submit_is_refused_or_taken_and_never_hurts(wire):
    # F-4: the header is right for what comes
    whole = submit_sm(tlvs=tlv(0x0204, b"\0\1"))[16:]
    for length in range(len(whole)):
        answer = wire.ask(pdu(SUBMIT_SM, whole[:length], sequence=length + 1))
        assert (answer.command_id, answer.sequence) == (SUBMIT_SM | RESPONSE, length + 1)
        taken = length == len(whole) - 6  # all but the TLV
        assert (answer.status == 0) == taken, f"cut to {length} octets: {answer.status:#x}"


def name_of(value) -> str | None:
    """Names the case of a table of wrong values."""
    return ",".join(f"{key}={shown!r:.30}" for key, shown in value.items()) if isinstance(value, dict) else None


def assert_refused(wire: Wire, fields: dict, status: int) -> None:
    """Such a submit_sm is refused with this status and nothing else."""
    answer = wire.ask(submit_sm(**fields))
    assert (answer.command_id, f"{answer.status:#x}") == (SUBMIT_SM | RESPONSE, f"{status:#x}")
    assert answer.body == b""


@pytest.mark.parametrize(
    ("fields", "status"),
    [
        ({"destination": ""}, 0x0B),
        ({"destination": "62812ABC"}, 0x0B),
        ({"destination": "6" * 21}, 0x0B),
        ({"destination": "6" * 200}, 0x0B),
        ({"destination_ton": 9}, 0x50),
        ({"destination_npi": 7}, 0x51),
    ],
    ids=name_of,
)
def test_a_destination_that_cannot_be_is_refused(wire, fields, status):
    # F-5, X-7
    assert_refused(wire, fields, status)


@pytest.mark.parametrize(
    ("fields", "status"),
    [
        ({"source": "x" * 12, "source_ton": 5, "source_npi": 0}, 0x0A),
        ({"source": "x" * 21}, 0x0A),
        ({"source_ton": 9}, 0x48),
        ({"source_npi": 7}, 0x49),
    ],
    ids=name_of,
)
def test_a_source_that_cannot_be_is_refused(wire, fields, status):
    # F-5, X-8
    assert_refused(wire, fields, status)


@pytest.mark.parametrize(
    ("fields", "status"),
    [
        ({"esm_class": 0x3C}, 0x43),
        ({"registered_delivery": 0x80}, 0x07),
        ({"registered_delivery": 0x20}, 0x07),
        ({"priority": 9}, 0x06),
        ({"priority": 4}, 0x06),
        ({"replace": 2}, 0x54),
        ({"data_coding": 0xA0}, 0x45),
        ({"service_type": "TOOLONG"}, 0x15),
        ({"service_type": "A-B"}, 0x15),
        ({"default_message": 1}, 0x63),
    ],
    ids=name_of,
)
def test_a_flag_that_cannot_be_is_refused(wire, fields, status):
    # B-1, B-2, B-3, F-5, X-9
    assert_refused(wire, fields, status)


@pytest.mark.parametrize(
    ("fields", "status"),
    [
        ({"schedule": "120231000000000+"}, 0x61),
        ({"schedule": "99"}, 0x61),
        ({"schedule": " " * 16}, 0x61),
        ({"schedule": "261301000000000+"}, 0x61),
        ({"schedule": "261201240000000+"}, 0x61),
        ({"schedule": "261201000000049+"}, 0x61),
        ({"schedule": "261201000000000X"}, 0x61),
        ({"schedule": "0" * 40}, 0x61),
        ({"validity": "120231000000000+"}, 0x62),
        ({"validity": "200101000000000+"}, 0x62),
        ({"schedule": "000001000000000R", "validity": "000000010000000R"}, 0x62),
    ],
    ids=name_of,
)
def test_a_time_that_cannot_be_is_refused(wire, fields, status):
    # D-3, F-5, X-10
    assert_refused(wire, fields, status)


@pytest.mark.parametrize(
    ("fields", "status"),
    [
        ({"text": b"x" * 255}, 0x01),
        ({"text": b"", "esm_class": 0x40}, 0x01),
        ({"text": b"\x09\x00", "esm_class": 0x40}, 0x01),
    ],
    ids=name_of,
)
def test_a_body_that_cannot_be_is_refused(wire, fields, status):
    # O-1, O-2, U-1, X-12
    assert_refused(wire, fields, status)


def test_a_body_in_more_parts_than_a_message_may_have_is_refused(wire):
    # beside a header of 100 octets, 34 have room in each of 255 parts
    header = bytes([100, 0x70, 98]) + bytes(98)
    payload = tlv(0x0424, header + bytes(255 * 34 + 1))
    assert_refused(wire, {"text": b"", "tlvs": payload, "data_coding": 4, "esm_class": 0x40}, 0x01)


def test_an_empty_message_is_taken(wire, smsc):
    #
    assert wire.ask(submit_sm(text=b"")).status == 0
    [submit] = smsc.submits()
    assert submit["text"] == ""


@pytest.mark.parametrize("text", [b"halo", b""], ids=["with a text", "without"])
@pytest.mark.parametrize(
    ("tlvs", "status"),
    [
        (tlv(0x0204, b"\0\1", length=5), 0xC0),
        (tlv(0x1400, b"", length=0xFFFF), 0xC0),
        (b"\x02", 0xC0),
        (b"\x02\x04\x00", 0xC0),
        (tlv(0x0204, b"\0\1\2"), 0xC2),
        (tlv(0x0424, b"one") + tlv(0x0424, b"two"), 0xC1),
    ],
    ids=["length beyond the end", "64 KiB", "1 stray octet", "3 stray octets", "wrong length", "two bodies"],
)
def test_a_broken_tlv_is_refused(wire, text, tlvs, status):
    # F-6, X-11
    answer = wire.ask(submit_sm(text=text, tlvs=tlvs))
    assert (answer.command_id, f"{answer.status:#x}") == (SUBMIT_SM | RESPONSE, f"{status:#x}")


def test_unknown_tlvs_are_no_error(wire, smsc):
    # V-7, T-1
    assert wire.ask(submit_sm(tlvs=tlv(0x1400, b"1001234567890") + tlv(0x3FFF, b""))).status == 0
    [submit] = smsc.submits()
    assert bytes.fromhex(submit[str(0x1400)]) == b"1001234567890"


def test_a_source_that_is_not_the_accounts_is_refused(smsc, start_gateway):
    #
    gateway = start_gateway(
        smsc=[config.smsc(smsc.port)],
        account=[{**config.BANK, "sources": ["1234", "BANK"]}],
        route=[{"from": {"link": "bank"}, "to": ["telco-a"]}],
    )
    with Wire(gateway.smpp_port) as wire:
        wire.bind("bank", "hunter22")
        assert wire.ask(submit_sm(source="4321")).status == 0x0A
        assert wire.ask(submit_sm(source="BANK", source_ton=5)).status == 0


def test_more_than_the_rate_is_throttled_and_nothing_goes_unanswered(smsc, start_gateway):
    # W-2, X-15
    gateway = start_gateway(
        smsc=[config.smsc(smsc.port)],
        account=[{**config.BANK, "rate": 5, "window": 100}],
        route=[{"from": {"link": "bank"}, "to": ["telco-a"]}],
    )
    smsc.expect("bound")
    with Wire(gateway.smpp_port) as wire:
        wire.bind("bank", "hunter22")
        wire.say(b"".join(submit_sm(sequence=number) for number in range(1, 51)))
        answers = [wire.hear() for _ in range(50)]
    statuses = [answer.status for answer in answers]
    assert set(statuses) == {0, 0x58}
    assert sorted(answer.sequence for answer in answers) == list(range(1, 51))
    assert statuses.count(0) == len(smsc.submits(statuses.count(0)))


def test_more_than_the_window_is_answered_and_an_ok_is_kept(gateway, smsc):
    # W-1, X-15, X-17: the window is 10, what is beyond it is refused in words
    with Wire(gateway.smpp_port) as wire:
        wire.bind("bank", "hunter22")
        wire.say(b"".join(submit_sm(sequence=number) for number in range(1, 51)) + pdu(UNBIND, sequence=51))
        answers = [wire.hear() for _ in range(51)]
        assert wire.rest() == b""
    assert answers[-1].command_id == UNBIND | RESPONSE
    taken = [answer for answer in answers[:-1] if answer.status == 0]
    assert {answer.status for answer in answers[:-1]} <= {0, 0x58}
    assert len(taken) >= 10
    smsc.submits(len(taken))


def test_responses_to_nothing_are_dropped(wire):
    # F-9, X-18
    for octets in (
        pdu(DELIVER_SM | RESPONSE, b"\0", sequence=77),
        pdu(ENQUIRE_LINK | RESPONSE, sequence=78),
        pdu(SUBMIT_SM | RESPONSE, b"id\0", sequence=79, status=0xFFFFFFFF),
        pdu(GENERIC_NACK, sequence=80, status=0x03),
        pdu(0x80000099, sequence=81),
    ):
        wire.say(octets)
    assert wire.ask(pdu(ENQUIRE_LINK, sequence=82)).sequence == 82


def test_a_flood_of_enquiries_is_answered_or_ended_but_does_no_harm(gateway):
    #
    with Wire(gateway.smpp_port) as flood:
        flood.bind("bank", "hunter22")
        flood.say(pdu(ENQUIRE_LINK) * 5000)
        with Wire(gateway.smpp_port) as wire:
            assert wire.bind("bank", "hunter22").status == 0
            assert wire.ask(submit_sm()).status == 0


def test_a_peer_that_vanishes_after_its_request_loses_nobody_elses(gateway, smsc):
    # section 21: dropped right after a request, without unbind
    for number in range(5):
        with Wire(gateway.smpp_port) as wire:
            wire.bind("bank", "hunter22")
            assert wire.ask(submit_sm(text=b"gone %d" % number)).status == 0
    assert {submit["text"] for submit in smsc.submits(5)} == {f"gone {number}" for number in range(5)}


def test_a_binds_pdu_may_be_followed_by_more_before_its_answer(gateway, smsc):
    # an impatient peer: what comes before the verdict is refused or waits, and is always answered
    with Wire(gateway.smpp_port) as wire:
        wire.say(bind("bank", "hunter22", sequence=1) + submit_sm(sequence=2))
        answers = {answer.sequence: answer for answer in (wire.hear(), wire.hear())}
        assert answers[1].status == 0
        assert answers[2].status in (0, 0x04)
