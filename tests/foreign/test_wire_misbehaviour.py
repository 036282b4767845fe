"""ESMEs and message centres as they really are: each habit that is known to hurt, and what must hold all the same.

A test here names a case of section 21 of the conformance statement.
"""

from __future__ import annotations

import contextlib

import pytest

from harness import config, receipt
from harness.curl import curl
from harness.waiting import until
from harness.wire import (
    BIND_RECEIVER,
    BIND_TRANSCEIVER,
    BIND_TRANSMITTER,
    DELIVER_SM,
    ENQUIRE_LINK,
    RESPONSE,
    SUBMIT_SM,
    UNBIND,
    Wire,
    bind,
    c_string,
    pdu,
    submit_sm,
    tlv,
)

TO_TELCO = {"from": {"link": "bank"}, "to": ["telco-a"]}
TO_BANK = {"match": {"destination": "1234"}, "to": ["bank"]}


@pytest.fixture
def wire(gateway):
    """A bound session."""
    with Wire(gateway.smpp_port) as wire:
        assert wire.bind("bank", "hunter22").status == 0
        yield wire


def test_a_peer_that_asks_for_no_sign_of_life_but_gives_one_stays(start_gateway):
    # M-2
    gateway = start_gateway(smpp={"listen": "127.0.0.1:0", "enquire_link_s": 1}, account=[config.BANK])
    with Wire(gateway.smpp_port) as wire:
        wire.bind("bank", "hunter22")
        for _ in range(2):
            asked = wire.hear()
            assert asked.command_id == ENQUIRE_LINK
            wire.say(pdu(ENQUIRE_LINK | RESPONSE, sequence=asked.sequence))
        assert wire.ask(pdu(ENQUIRE_LINK, sequence=9)).sequence == 9


def test_a_peer_that_numbers_its_signs_of_life_itself_stays(start_gateway):
    # M-2, M-3: as old versions of Python's smpplib do, and what is built on them
    timers = {"listen": "127.0.0.1:0", "enquire_link_s": 1, "enquire_link_timeout_s": 2}
    gateway = start_gateway(smpp=timers, account=[config.BANK])
    with Wire(gateway.smpp_port) as wire:
        wire.bind("bank", "hunter22")
        # The third is more than the time of the first one later.
        for number in (1001, 1002, 1003, 1004):
            assert wire.hear().command_id == ENQUIRE_LINK
            wire.say(pdu(ENQUIRE_LINK | RESPONSE, sequence=number))
        assert wire.ask(pdu(ENQUIRE_LINK, sequence=9)).sequence == 9


def test_what_stands_right_behind_a_bind_is_served_after_it(gateway, smsc):
    # S-1
    with Wire(gateway.smpp_port) as wire:
        wire.say(bind("bank", "hunter22") + submit_sm(text=b"at once") + pdu(ENQUIRE_LINK, sequence=3))
        heard = [wire.hear() for _ in range(3)]
    assert [answer.status for answer in heard] == [0, 0, 0]
    # An enquire_link has nothing to wait for but the bind.
    assert sorted(answer.sequence for answer in heard) == [1, 2, 3] and heard[0].sequence == 1
    assert smsc.submits()[0]["text"] == "at once"


def test_what_stands_behind_a_bind_that_fails_is_not_taken(gateway, smsc):
    # S-1, S-9
    with Wire(gateway.smpp_port) as wire:
        wire.say(bind("bank", "wrong") + submit_sm(text=b"no"))
        heard = [wire.hear() for _ in range(2)]
    assert [(answer.sequence, answer.status) for answer in heard] == [(1, 0x0D), (2, 0x04)]
    assert not smsc.events("submit")


def test_a_peer_that_gives_no_sign_of_life_is_cut(start_gateway):
    # M-2, M-3
    timers = {"listen": "127.0.0.1:0", "enquire_link_s": 1, "enquire_link_timeout_s": 1}
    gateway = start_gateway(smpp=timers, account=[config.BANK])
    with Wire(gateway.smpp_port) as wire:
        wire.bind("bank", "hunter22")
        assert wire.hear().command_id == ENQUIRE_LINK
        assert wire.seconds_until_hung_up() < 10
    until(lambda: gateway.metric("estafet_sessions", link="bank") == 0, "the session to be given up")


def test_what_a_peer_never_confirms_is_kept_for_one_that_does(smsc, start_gateway):
    # M-3, S-8, W-5
    timers = {"listen": "127.0.0.1:0", "response_timeout_s": 1}
    gateway = start_gateway(smpp=timers, smsc=[config.smsc(smsc.port)], account=[config.BANK], route=[TO_BANK])
    smsc.expect("bound")
    with Wire(gateway.smpp_port) as silent:
        silent.bind("bank", "hunter22", BIND_RECEIVER)
        assert smsc.mobile_sends("628111", "1234", "are you there?")["status"] == 0
        first, again = silent.hear_until(DELIVER_SM), silent.hear_until(DELIVER_SM)
        assert first.body == again.body
    with Wire(gateway.smpp_port) as careful:
        careful.bind("bank", "hunter22", BIND_RECEIVER)
        taken = careful.hear_until(DELIVER_SM)
        assert taken.body == first.body
        careful.say(pdu(DELIVER_SM | RESPONSE, b"\0", taken.sequence))
        # It comes no more: after an orderly leave nothing was left unread.
        assert careful.ask(pdu(UNBIND, sequence=2)).command_id == UNBIND | RESPONSE


@pytest.mark.parametrize("kind", [BIND_RECEIVER, BIND_TRANSMITTER, BIND_TRANSCEIVER])
def test_peers_that_vanish_right_after_the_bind_leave_nothing_behind(gateway, kind):
    # S-6, S-8
    for _ in range(30):
        with Wire(gateway.smpp_port) as wire:
            assert wire.bind("bank", "hunter22", kind).status == 0
    until(lambda: gateway.metric("estafet_sessions", link="bank") == 0, "all sessions to be given up")


def test_peers_that_vanish_before_the_answer_to_their_bind_leave_nothing_behind(gateway):
    # S-6, S-8: were their places not given back, the eleventh would be refused
    for _ in range(30):
        with Wire(gateway.smpp_port) as wire:
            wire.say(bind("bank", "hunter22"))

    def all_places_are_given_back():
        # Not the gauge of sessions: it is 0 before the first of these binds is read, too.
        with contextlib.ExitStack() as wires:
            return all(
                wires.enter_context(Wire(gateway.smpp_port)).bind("bank", "hunter22").status == 0 for _ in range(10)
            )

    until(all_places_are_given_back, "all places to be given back")


def test_a_bind_for_every_message_is_served(gateway, smsc):
    # S-6, S-8
    for number in range(30):
        with Wire(gateway.smpp_port) as wire:
            assert wire.bind("bank", "hunter22", BIND_TRANSMITTER).status == 0
            assert wire.ask(submit_sm(text=b"number %d" % number)).status == 0
            assert wire.ask(pdu(UNBIND, sequence=3)).command_id == UNBIND | RESPONSE
    assert [submit["text"] for submit in smsc.submits(30)] == [f"number {number}" for number in range(30)]


def test_a_peer_that_ignores_being_throttled_gets_no_more_through(smsc, start_gateway):
    # W-2, X-15: it goes on and on at full speed
    gateway = start_gateway(
        smsc=[config.smsc(smsc.port)], account=[{**config.BANK, "rate": 2, "window": 50}], route=[TO_TELCO]
    )
    with Wire(gateway.smpp_port) as wire:
        wire.bind("bank", "hunter22")
        statuses = []
        for batch in range(20):
            numbers = range(batch * 50 + 1, batch * 50 + 51)
            wire.say(b"".join(submit_sm(sequence=number) for number in numbers))
            answers = [wire.hear() for _ in numbers]
            assert sorted(answer.sequence for answer in answers) == list(numbers)
            statuses += [answer.status for answer in answers]
    assert set(statuses) == {0, 0x58}
    smsc.submits(statuses.count(0))
    assert statuses.count(0x58) > len(statuses) / 2


def test_a_validity_that_has_ended_is_refused_and_a_schedule_in_the_past_is_now(wire, smsc):
    # D-3
    assert wire.ask(submit_sm(validity="200101000000000+")).status == 0x62
    assert wire.ask(submit_sm(schedule="200101000000000+", text=b"better late")).status == 0
    [submit] = smsc.submits()
    assert (submit["text"], submit["schedule_delivery_time"]) == ("better late", "")


def test_a_response_after_the_time_for_it_counts_all_the_same(raw_smsc, start_gateway):
    # M-3, R-4
    telco = config.smsc(raw_smsc.port, response_timeout_s=1, on_unknown="hold")
    gateway = start_gateway(smsc=[telco], account=[config.BANK], route=[TO_TELCO])
    line = raw_smsc.bound()
    with Wire(gateway.smpp_port) as wire:
        wire.bind("bank", "hunter22")
        message_id = wire.ask(submit_sm(registered_delivery=1)).message_id
        submit = line.hear_until(SUBMIT_SM)
        until(lambda: "outcome_unknown" in record_of(gateway, message_id), "the time for the response to end")
        line.say(pdu(SUBMIT_SM | RESPONSE, c_string("late-1"), submit.sequence))
        line.say(receipt_of("late-1", sequence=1))
        delivery = wire.hear_until(DELIVER_SM)
        assert f"id:{message_id}".encode() in delivery.body and b"stat:DELIVRD" in delivery.body
    assert line.hear_until(DELIVER_SM | RESPONSE).status == 0


@pytest.mark.parametrize(
    ("octets", "data_coding"),
    [
        ("привет".encode(), 0),
        ("привет".encode("cp1251"), 0),
        (bytes(range(0x80, 0x100)), 0),
        ("\ufeffпривет".encode("utf-16-le"), 8),
        ("\ufeffпривет".encode("utf-16-be"), 8),
        (b"\xd8\x00\xd8\x00", 8),
        (b"\x1b", 0),
    ],
    ids=["UTF-8", "CP1251", "upper half", "little-endian", "byte order mark", "half pairs", "a lone escape"],
)
def test_bodies_that_are_not_what_they_are_said_to_be_harm_nobody(gateway, smsc, octets, data_coding):
    # C-3: taken or refused in words; whoever takes them next gets something that he can read
    with Wire(gateway.smpp_port) as wire:
        wire.bind("bank", "hunter22")
        answer = wire.ask(submit_sm(text=octets, data_coding=data_coding))
        assert answer.status in (0, 0x01, 0x45), hex(answer.status)
        assert wire.ask(submit_sm(text=b"next", sequence=3)).status == 0
    taken = 2 if answer.status == 0 else 1
    assert smsc.submits(taken)[-1]["text"] == "next"


def test_half_a_character_of_ucs_2_is_refused(wire):
    # C-3
    assert wire.ask(submit_sm(text=b"abc", data_coding=8)).status == 0x01


@pytest.mark.parametrize(
    ("destination", "status"),
    [("+628123", 0), ("00628123", 0), ("62 812 3", 0x0B), ("62-812-3", 0x0B), ("(62)8123", 0x0B), ("+", 0x0B)],
)
def test_numbers_as_people_write_them_are_taken_or_refused_by_name(wire, destination, status):
    #
    assert wire.ask(submit_sm(destination=destination)).status == status


@pytest.mark.parametrize(
    "fields",
    [
        {"source": "BANK", "source_ton": 0},
        {"source": "BANK", "source_ton": 1},
        {"source": "1234", "source_ton": 5, "source_npi": 0},
        {"source": "1234", "source_ton": 1},
        {"destination_ton": 0, "destination_npi": 0},
        {"destination_ton": 2, "destination_npi": 8},
    ],
    ids=["name as unknown", "name as number", "number as name", "short code as number", "unknown", "national"],
)
def test_types_that_do_not_suit_their_address_are_carried_as_they_are(wire, smsc, fields):
    #
    assert wire.ask(submit_sm(**fields)).status == 0
    [submit] = smsc.submits()
    wanted = {"source": "1234", "source_ton": 0, "source_npi": 1, "destination_ton": 1, "destination_npi": 1} | fields
    assert submit["source_addr"] == wanted["source"]
    assert (submit["source_addr_ton"], submit["source_addr_npi"]) == (wanted["source_ton"], wanted["source_npi"])
    assert (submit["dest_addr_ton"], submit["dest_addr_npi"]) == (
        wanted["destination_ton"],
        wanted["destination_npi"],
    )


def test_a_part_that_is_too_long_for_the_air_is_refused(wire):
    # N-1: there is no room for another header beside its own, nor can a part have parts
    assert wire.ask(submit_sm(text=concatenation(2, 1) + bytes(135), esm_class=0x40, data_coding=4)).status == 0x01
    sar = tlv(0x020C, b"\0\7") + tlv(0x020E, b"\2") + tlv(0x020F, b"\1")
    assert wire.ask(submit_sm(text=b"x" * 154, tlvs=sar)).status == 0x01
    assert wire.ask(submit_sm(text=bytes(135), tlvs=sar, data_coding=4)).status == 0x01
    assert wire.ask(submit_sm(text=b"x" * 153, tlvs=sar)).status == 0


def test_parts_that_are_alone_early_or_impossible_are_carried_as_they_are(wire, smsc):
    # N-1, N-3
    parts = [(1, 1), (3, 3), (3, 1), (2, 3), (2, 0), (0, 0)]
    for sequence, (total, number) in enumerate(parts, 2):
        octets = concatenation(total, number) + b"part"
        assert wire.ask(submit_sm(text=octets, esm_class=0x40, sequence=sequence)).status == 0
    assert [submit["udh"] for submit in smsc.submits(len(parts))] == [
        [f"000307{total:02x}{number:02x}"] for total, number in parts
    ]


def test_a_next_part_that_waits_for_the_receipt_of_the_first_arrives(wire, smsc):
    # N-4, R-5: each part that the ESME made is a message with its own receipt
    for number in (1, 2, 3):
        octets = concatenation(3, number) + b"part"
        message_id = wire.ask(
            submit_sm(text=octets, esm_class=0x40, registered_delivery=1, sequence=number + 1)
        ).message_id
        delivery = wire.hear_until(DELIVER_SM)
        assert f"id:{message_id}".encode() in delivery.body
        wire.say(pdu(DELIVER_SM | RESPONSE, b"\0", delivery.sequence))
    assert len(smsc.submits(3)) == 3


def test_a_message_centre_that_answers_with_padding_or_without_a_body_keeps_its_session(raw_smsc, start_gateway):
    # F-7: the frame is sound, so the answer counts
    gateway = start_gateway(smsc=[config.smsc(raw_smsc.port)], account=[config.BANK], route=[TO_TELCO])
    line = raw_smsc.bound()
    answers = [
        (0, c_string("id-1") + b"\0\0\0"),
        (0, c_string("id-2") + b"\x14"),
        (0, b""),
        (0x0B, b""),
        (0x0B, b"\0"),
        (0x0B, c_string("id-3")),
    ]
    with Wire(gateway.smpp_port) as wire:
        wire.bind("bank", "hunter22")
        for sequence, (status, body) in enumerate(answers, 2):
            message_id = wire.ask(submit_sm(sequence=sequence)).message_id
            submit = line.hear_until(SUBMIT_SM)
            line.say(pdu(SUBMIT_SM | RESPONSE, body, submit.sequence, status))
            wanted = "handed_over" if status == 0 else "rejected"
            until(lambda: wanted in record_of(gateway, message_id), f"{message_id} to be {wanted}")
    assert line.ask(pdu(ENQUIRE_LINK, sequence=70)).sequence == 70


def test_responses_to_nothing_from_a_message_centre_change_nothing(raw_smsc, start_gateway):
    # F-9, S-5, X-18: a pending submit fails only when sequence and id match
    gateway = start_gateway(smsc=[config.smsc(raw_smsc.port)], account=[config.BANK], route=[TO_TELCO])
    line = raw_smsc.bound()
    with Wire(gateway.smpp_port) as wire:
        wire.bind("bank", "hunter22")
        message_id = wire.ask(submit_sm(registered_delivery=1)).message_id
        submit = line.hear_until(SUBMIT_SM)
        line.say(
            pdu(SUBMIT_SM | RESPONSE, c_string("no"), submit.sequence + 1000, status=0x0B)
            + pdu(DELIVER_SM | RESPONSE, b"\0", submit.sequence, status=0x0B)
            + pdu(ENQUIRE_LINK | RESPONSE, b"", submit.sequence)
            + pdu(0x80000099, b"", submit.sequence, status=0xFFFFFFFF)
            + pdu(SUBMIT_SM | RESPONSE, c_string("right"), submit.sequence)
            + pdu(SUBMIT_SM | RESPONSE, c_string("again"), submit.sequence, status=0x0B)
        )
        line.say(receipt_of("right", sequence=1))
        delivery = wire.hear_until(DELIVER_SM)
        assert f"id:{message_id}".encode() in delivery.body
    assert line.hear_until(DELIVER_SM | RESPONSE).status == 0


@pytest.mark.parametrize("status", [0x03, 0], ids=["with its status", "with status 0"])
def test_a_nack_of_a_message_centre_fails_the_message_that_it_names(raw_smsc, start_gateway, status):
    # S-5
    gateway = start_gateway(smsc=[config.smsc(raw_smsc.port)], account=[config.BANK], route=[TO_TELCO])
    line = raw_smsc.bound()
    with Wire(gateway.smpp_port) as wire:
        wire.bind("bank", "hunter22")
        message_id = wire.ask(submit_sm(registered_delivery=1)).message_id
        submit = line.hear_until(SUBMIT_SM)
        line.say(pdu(0x80000000, b"", submit.sequence, status))
        delivery = wire.hear_until(DELIVER_SM)
        assert f"id:{message_id}".encode() in delivery.body and b"stat:REJECTD" in delivery.body


def record_of(gateway, message_id: str) -> str:
    """What the HTTP API has to say about a message, as JSON."""
    return curl(f"{gateway.url}/v1/messages/{message_id}").body


def concatenation(total: int, number: int) -> bytes:
    """The user data header of a part, with reference 7."""
    return bytes([5, 0, 3, 7, total, number])


def receipt_of(message_id: str, sequence: int) -> bytes:
    """The receipt that a message centre sends about a message."""
    date = "2507010830"
    text = f"id:{message_id} sub:001 dlvrd:001 submit date:{date} done date:{date} stat:DELIVRD err:000 text:-"
    tlvs = tlv(0x001E, c_string(message_id)) + tlv(0x0427, bytes([receipt.DELIVERED]))
    return submit_sm(
        command=DELIVER_SM,
        sequence=sequence,
        source="628123456789",
        destination="1234",
        esm_class=0x04,
        text=text.encode(),
        tlvs=tlvs,
    )
