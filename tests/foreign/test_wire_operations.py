"""Operations beside submit_sm, and sessions of SMPP 3.3 and 5.0, octet by octet."""

from __future__ import annotations

import struct

import pytest

from harness import config
from harness.wire import (
    ALERT_NOTIFICATION,
    BROADCAST_SM,
    CANCEL_BROADCAST_SM,
    CANCEL_SM,
    DATA_SM,
    DELIVER_SM,
    ENQUIRE_LINK,
    GENERIC_NACK,
    OUTBIND,
    QUERY_BROADCAST_SM,
    QUERY_SM,
    REPLACE_SM,
    RESPONSE,
    SUBMIT_MULTI,
    SUBMIT_SM,
    UNBIND,
    Wire,
    bind,
    c_string,
    pdu,
    submit_sm,
    tlv,
)

OTHER = {"name": "other", "password": "hunter22"}
ROUTES = [{"from": {"link": "bank"}, "to": ["telco-a"]}, {"from": {"link": "other"}, "to": ["telco-a"]}]


@pytest.fixture
def two_accounts(smsc, start_gateway):
    """The gateway with two accounts."""
    gateway = start_gateway(smsc=[config.smsc(smsc.port)], account=[config.BANK, OTHER], route=ROUTES)
    smsc.expect("bound")
    return gateway


@pytest.fixture
def wire(two_accounts):
    """A session of 3.4; at the end it must still be alive."""
    with Wire(two_accounts.smpp_port) as wire:
        assert wire.bind("bank", "hunter22").status == 0
        yield wire
        assert wire.ask(pdu(ENQUIRE_LINK, sequence=99)).sequence == 99


@pytest.fixture
def wire_5_0(two_accounts):
    """A session of 5.0."""
    with Wire(two_accounts.smpp_port) as wire:
        assert wire.bind("bank", "hunter22", version=0x50).status == 0
        yield wire


def submit_multi(destinations: list[bytes], count: int | None = None, registered_delivery: int = 0) -> bytes:
    """A submit_multi; a destination is written as it stands on the wire."""
    number = len(destinations) if count is None else count
    body = c_string("") + b"\0\1" + c_string("1234") + bytes([number]) + b"".join(destinations)
    rest = bytes([0, 0, 0, 0, 0, registered_delivery, 0, 0, 0, 6]) + b"to all"
    return pdu(SUBMIT_MULTI, body + rest, sequence=7)


def to(number: str, ton: int = 1) -> bytes:
    """A destination by its number."""
    return bytes([1, ton, 1]) + c_string(number)


def by_id(command: int, message_id: str, source: str = "1234") -> bytes:
    """A query_sm, cancel_sm or replace_sm of this message."""
    named = c_string(message_id) + b"\0\1" + c_string(source)
    body = {
        QUERY_SM: named,
        CANCEL_SM: c_string("") + named + b"\0\0" + c_string(""),
        REPLACE_SM: named + c_string("") + c_string("") + bytes([0, 0, 3]) + b"new",
    }[command]
    return pdu(command, body, sequence=8)


def data_sm(tlvs: bytes, esm_class: int = 0) -> bytes:
    """A data_sm."""
    body = c_string("") + b"\0\1" + c_string("1234") + b"\1\1" + c_string("628111") + bytes([esm_class, 0, 0])
    return pdu(DATA_SM, body + tlvs, sequence=9)


@pytest.mark.parametrize(
    ("octets", "status"),
    [
        (submit_multi([]), 0x33),
        (submit_multi([to("628111")] * 255), 0x33),
        (submit_multi([b"\7" + to("628111")[1:]]), 0x40),
        (submit_multi([b"\2" + c_string("friends")]), 0x44),
        (submit_multi([to("letters")]), 0x0B),
        (submit_multi([to("628111")], count=3), 0x40),
    ],
    ids=["none", "255", "flag 7", "a list", "only a bad one", "fewer than said"],
)
def test_a_message_to_nobody_or_too_many_is_refused(wire, octets, status):
    # O-3, X-13
    answer = wire.ask(octets)
    assert answer.command_id == SUBMIT_MULTI | RESPONSE
    # What fails by destination may be told by destination.
    assert status in (answer.status, *failures(answer).values())


def test_a_message_to_several_fails_by_destination(wire, smsc):
    # O-3, X-13
    answer = wire.ask(submit_multi([to("628111"), to("62ABC"), to("628113")], registered_delivery=1))
    assert (answer.command_id, answer.status, answer.sequence) == (SUBMIT_MULTI | RESPONSE, 0, 7)
    assert failures(answer) == {"62ABC": 0x0B}
    assert {submit["destination_addr"] for submit in smsc.submits(2)} == {"628111", "628113"}
    deliveries = [wire.hear_until(DELIVER_SM) for _ in range(2)]
    for delivery in deliveries:
        assert f"id:{answer.message_id}".encode() in delivery.body
        wire.say(pdu(DELIVER_SM | RESPONSE, b"\0", delivery.sequence))
    assert {number for number in (b"628111", b"628113") for delivery in deliveries if number in delivery.body} == {
        b"628111",
        b"628113",
    }


def test_a_message_to_254_arrives_254_times(wire, smsc):
    # O-3
    numbers = [f"6281{number:06}" for number in range(254)]
    answer = wire.ask(submit_multi([to(number) for number in numbers]))
    assert (answer.status, failures(answer)) == (0, {})
    assert sorted(submit["destination_addr"] for submit in smsc.submits(254)) == numbers


def failures(answer) -> dict[str, int]:
    """The destinations of a submit_multi_resp that failed, with their statuses."""
    _, _, rest = answer.body.partition(b"\0")
    count, rest = (rest[0], rest[1:]) if rest else (0, b"")
    failed = {}
    for _ in range(count):
        number, _, rest = rest[2:].partition(b"\0")
        failed[number.decode()] = struct.unpack(">I", rest[:4])[0]
        rest = rest[4:]
    return failed


def test_a_message_is_asked_about_by_its_owner_alone(two_accounts, wire, smsc):
    # O-4, X-14: another account's id is answered like one that does not exist
    message_id = wire.ask(submit_sm(registered_delivery=1)).message_id
    delivery = wire.hear_until(DELIVER_SM)
    wire.say(pdu(DELIVER_SM | RESPONSE, b"\0", delivery.sequence))
    answer = wire.ask(by_id(QUERY_SM, message_id))
    assert (answer.command_id, answer.status, answer.message_id) == (QUERY_SM | RESPONSE, 0, message_id)
    final_date, state, error = answer.body[33:-2], answer.body[-2], answer.body[-1]
    assert (len(final_date), final_date[-2:], state, error) == (17, b"+\0", 2, 0)
    with Wire(two_accounts.smpp_port) as stranger:
        stranger.bind("other", "hunter22")
        of_others, of_nobody = (stranger.ask(by_id(QUERY_SM, asked)) for asked in (message_id, "f" * 32))
        assert (of_others.status, of_others.body) == (of_nobody.status, of_nobody.body) == (0x0C, b"")
    assert wire.ask(by_id(QUERY_SM, message_id, source="9999")).status == 0x0C
    assert wire.ask(by_id(QUERY_SM, "no id")).status == 0x0C


def test_a_message_that_waits_is_en_route(wire, smsc):
    # O-4
    message_id = wire.ask(submit_sm(schedule="000001000000000R")).message_id
    answer = wire.ask(by_id(QUERY_SM, message_id))
    assert (answer.status, answer.body) == (0, c_string(message_id) + bytes([0, 1, 0]))


def test_data_sm_carries_its_payload(wire, smsc):
    # O-7
    answer = wire.ask(data_sm(tlv(0x0424, b"in a TLV")))
    assert (answer.command_id, answer.status) == (DATA_SM | RESPONSE, 0)
    assert len(answer.message_id) == 32
    [submit] = smsc.submits()
    assert (submit["text"], submit["destination_addr"]) == ("in a TLV", "628111")


def test_data_sm_without_a_payload_is_refused(wire):
    # O-7
    answer = wire.ask(data_sm(b""))
    assert (answer.command_id, answer.status, answer.body) == (DATA_SM | RESPONSE, 0xC3, b"")


@pytest.mark.parametrize("mode", [1, 2])
def test_datagram_mode_is_refused(wire, mode):
    # B-1
    assert wire.ask(submit_sm(esm_class=mode, registered_delivery=1)).status == 0x43
    assert wire.ask(data_sm(tlv(0x0424, b"x"), esm_class=mode)).status == 0x43


@pytest.mark.parametrize("command", [SUBMIT_MULTI, DATA_SM, QUERY_SM, CANCEL_SM, REPLACE_SM, SUBMIT_SM])
def test_operations_before_the_bind_are_refused_in_their_own_response(two_accounts, command):
    # S-1, X-3
    with Wire(two_accounts.smpp_port) as wire:
        answer = wire.ask(pdu(command, bytes(40), sequence=5))
        assert (answer.command_id, answer.status, answer.sequence) == (command | RESPONSE, 0x04, 5)


@pytest.mark.parametrize("command", [OUTBIND, ALERT_NOTIFICATION])
def test_what_has_no_response_is_nacked_at_the_wrong_side(wire, command):
    # S-4
    answer = wire.ask(pdu(command, bytes(8), sequence=5))
    assert (answer.command_id, answer.status, answer.sequence) == (GENERIC_NACK, 0x04, 5)


BROADCASTS = {
    BROADCAST_SM: c_string("") + b"\0\1" + c_string("1234") + c_string("") + bytes(6),
    QUERY_BROADCAST_SM: c_string("1") + b"\0\1" + c_string("1234"),
    CANCEL_BROADCAST_SM: c_string("") + c_string("1") + b"\0\1" + c_string("1234"),
}


@pytest.mark.parametrize("command", BROADCASTS)
def test_broadcasts_are_refused(wire, wire_5_0, command):
    # O-7, V-3, V-6
    answer = wire.ask(pdu(command, BROADCASTS[command], sequence=5))
    assert (answer.command_id, answer.status, answer.sequence) == (GENERIC_NACK, 0x03, 5)
    answer = wire_5_0.ask(pdu(command, BROADCASTS[command], sequence=5))
    assert (answer.command_id, answer.status, answer.sequence) == (command | RESPONSE, 0x101, 5)


def test_a_session_of_5_0_has_what_3_4_has_not(wire_5_0, smsc):
    # B-2, B-3, V-3, V-6, W-6
    taken = wire_5_0.ask(submit_sm(text=b"x" * 255, priority=4, registered_delivery=3))
    assert taken.status == 0
    assert tlv(0x0428, b"\0")[:4] in taken.body
    assert wire_5_0.ask(submit_sm(data_coding=0xA0)).status == 0x104


def test_a_session_of_3_3_is_told_nothing_that_it_does_not_know(two_accounts, smsc):
    # R-1, V-1, V-5
    with Wire(two_accounts.smpp_port) as wire:
        bound = wire.bind("bank", "hunter22", version=0x33)
        assert (bound.status, bound.body) == (0, b"estafet\0")
        message_id = wire.ask(submit_sm(registered_delivery=1)).message_id
        assert len(message_id) <= 8 and int(message_id, 16) >= 0
        delivery = wire.hear_until(DELIVER_SM)
        assert f"id:{message_id}".encode() in delivery.body
        # Nothing follows the text of the receipt: its length says so.
        text = delivery.body[delivery.body.index(b"id:") :]
        assert delivery.body[-len(text) - 1] == len(text)
        wire.say(pdu(DELIVER_SM | RESPONSE, b"\0", delivery.sequence))
        assert wire.ask(by_id(QUERY_SM, message_id)).status == 0


def test_a_pattern_of_addresses_is_not_compiled(two_accounts):
    # S-10
    with Wire(two_accounts.smpp_port) as wire:
        assert wire.ask(bind("bank", "hunter22", address_range="^(((.*)*)*)*$" * 3)).status == 0


def test_fifty_in_flight_are_answered_before_an_unbind(smsc, start_gateway):
    # S-6, X-17
    gateway = start_gateway(
        smsc=[config.smsc(smsc.port)], account=[{**config.BANK, "window": 50}], route=ROUTES[:1]
    )
    with Wire(gateway.smpp_port) as wire:
        wire.bind("bank", "hunter22")
        wire.say(b"".join(submit_sm(sequence=number) for number in range(1, 51)) + pdu(UNBIND, sequence=51))
        answers = [wire.hear() for _ in range(51)]
        assert wire.rest() == b""
    assert (answers[-1].command_id, answers[-1].sequence) == (UNBIND | RESPONSE, 51)
    assert {answer.status for answer in answers} == {0}
    smsc.submits(50)


def test_a_message_that_waits_is_cancelled(wire, smsc):
    # O-5, X-14
    message_id = wire.ask(submit_sm(schedule="000001000000000R", registered_delivery=1)).message_id
    wire.say(by_id(CANCEL_SM, message_id))
    answer = wire.hear_until(CANCEL_SM | RESPONSE)
    assert (answer.status, answer.body) == (0, b"")
    delivery = wire.hear_until(DELIVER_SM)
    assert f"id:{message_id}".encode() in delivery.body and b"stat:DELETED" in delivery.body
    wire.say(pdu(DELIVER_SM | RESPONSE, b"\0", delivery.sequence))
    assert wire.ask(by_id(CANCEL_SM, message_id)).status == 0x11
    assert wire.ask(by_id(QUERY_SM, message_id)).body[-2] == 4
    assert not smsc.events("submit")


def test_a_receipt_does_not_overtake_the_answer_to_the_cancel(wire):
    # O-5
    for _ in range(200):
        message_id = wire.ask(submit_sm(schedule="000001000000000R", registered_delivery=1)).message_id
        assert wire.ask(by_id(CANCEL_SM, message_id)).command_id == CANCEL_SM | RESPONSE
        delivery = wire.hear()
        assert delivery.command_id == DELIVER_SM and f"id:{message_id}".encode() in delivery.body
        wire.say(pdu(DELIVER_SM | RESPONSE, b"\0", delivery.sequence))


def test_all_that_wait_for_somebody_are_cancelled_together(wire, smsc):
    # O-5
    for destination in ("628111", "628111", "628222"):
        wire.ask(submit_sm(schedule="000001000000000R", destination=destination))
    named = c_string("") + c_string("") + b"\0\1" + c_string("1234") + b"\1\1" + c_string("628111")
    assert wire.ask(pdu(CANCEL_SM, named, sequence=8)).status == 0
    assert wire.ask(pdu(CANCEL_SM, named, sequence=9)).status == 0x11


def test_a_message_that_waits_is_replaced(wire, smsc):
    # O-6
    message_id = wire.ask(submit_sm(schedule="000000000002000R", text=b"old")).message_id
    answer = wire.ask(by_id(REPLACE_SM, message_id))
    assert (answer.command_id, answer.status, answer.body) == (REPLACE_SM | RESPONSE, 0, b"")
    [submit] = smsc.submits()
    assert submit["text"] == "new"


def test_another_that_waits_is_replaced_by_a_submit(wire, smsc):
    # B-4
    wire.ask(submit_sm(schedule="000001000000000R", text=b"old"))
    assert wire.ask(submit_sm(text=b"new", replace=1)).status == 0
    assert wire.ask(submit_sm(text=b"nothing to replace", destination="628999", replace=1)).status == 0
    assert [submit["text"] for submit in smsc.submits(2)] == ["new", "nothing to replace"]
    named = c_string("") + c_string("") + b"\0\1" + c_string("1234") + b"\1\1" + c_string("628123456789")
    assert wire.ask(pdu(CANCEL_SM, named, sequence=8)).status == 0x11


@pytest.mark.parametrize(("command", "of_the_delivered"), [(CANCEL_SM, 0x11), (REPLACE_SM, 0x13)])
def test_what_is_anothers_unknown_or_delivered_is_left_alone(two_accounts, wire, smsc, command, of_the_delivered):
    # O-5, O-6, X-14: nobody learns which ids exist
    message_id = wire.ask(submit_sm(registered_delivery=1)).message_id
    delivery = wire.hear_until(DELIVER_SM)
    wire.say(pdu(DELIVER_SM | RESPONSE, b"\0", delivery.sequence))
    assert wire.ask(by_id(command, message_id)).status == of_the_delivered
    with Wire(two_accounts.smpp_port) as stranger:
        stranger.bind("other", "hunter22")
        for asked in (message_id, "f" * 32, "no id"):
            answer = stranger.ask(by_id(command, asked))
            assert (answer.command_id, answer.status, answer.body) == (command | RESPONSE, 0x0C, b""), asked
