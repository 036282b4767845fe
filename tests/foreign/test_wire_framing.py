"""Octets on a raw socket: lengths that lie, pieces of PDUs, the golden PDUs."""

from __future__ import annotations

import pytest

from harness import config
from harness.process import peak_kib
from harness.wire import (
    BIND_TRANSCEIVER,
    ENQUIRE_LINK,
    GENERIC_NACK,
    RESPONSE,
    SUBMIT_SM,
    UNBIND,
    Wire,
    bind,
    pdu,
    submit_sm,
)

NACK_OF_A_BAD_LENGTH = pdu(GENERIC_NACK, status=0x02, sequence=0)

GOLDEN_BIND = bytes.fromhex(
    "0000002B 00000009 00000000 00000006 6370303100 736563726574303800 435000 34 00 00 5E393837362400"
)
GOLDEN_SUBMIT = bytes.fromhex(
    "00000048 00000004 00000000 00000002 00 05 00 494E464F00 01 01 36323831323334353637383900"
    "40 00 00 00 00 00 00 00 00 17 0500032A0201 48616C6F201B2864756E69611B29201B65"
)


@pytest.mark.parametrize(
    "octets",
    [
        bytes.fromhex("00000002"),
        bytes.fromhex("0000000200"),
        bytes.fromhex("0000000F"),
        bytes.fromhex("FFFFFFFF"),
        bytes.fromhex("7FFFFFFF 00000004 00000000 00000001"),
        bytes.fromhex("160301020001000001fc0303"),
        b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n",
        b"\0" * 4,
    ],
    ids=["2", "OsmoNITB", "15", "4 GiB", "2 GiB submit", "TLS hello", "HTTP", "0"],
)
def test_a_length_that_cannot_be_ends_the_connection_and_nothing_else(gateway, octets):
    # F-2, F-3, L-1, X-1
    before = peak_kib(gateway.pid)
    with Wire(gateway.smpp_port) as wire:
        wire.say(octets)
        assert wire.rest() in (b"", NACK_OF_A_BAD_LENGTH)
    assert peak_kib(gateway.pid) - before < 16 * 1024
    with Wire(gateway.smpp_port) as wire:
        assert wire.bind("bank", "hunter22").status == 0


def test_a_pdu_longer_than_any_bind_is_not_waited_for_before_the_bind(gateway):
    # F-3
    with Wire(gateway.smpp_port) as wire:
        wire.say((300).to_bytes(4, "big"))
        assert wire.rest() == NACK_OF_A_BAD_LENGTH


def test_the_golden_pdus_are_understood(smsc, start_gateway):
    # F-1, F-8
    gateway = start_golden(smsc, start_gateway)
    with Wire(gateway.smpp_port) as wire:
        bound = wire.ask(GOLDEN_BIND)
        assert (bound.command_id, bound.status, bound.sequence) == (BIND_TRANSCEIVER | RESPONSE, 0, 6)
        assert bound.body == b"estafet\0" + bytes.fromhex("0210 0001 50")
        taken = wire.ask(GOLDEN_SUBMIT)
        assert (taken.command_id, taken.status, taken.sequence) == (SUBMIT_SM | RESPONSE, 0, 2)
        assert len(taken.body) == 33 and taken.body.endswith(b"\0")
    [submit] = smsc.submits()
    assert (submit["text"], submit["udh"]) == ("Halo {dunia} €", ["00032a0201"])
    assert (submit["source_addr_ton"], submit["source_addr"]) == (5, "INFO")


def test_pdus_may_come_octet_by_octet(smsc, start_gateway):
    # F-1
    gateway = start_golden(smsc, start_gateway)
    with Wire(gateway.smpp_port) as wire:
        for octet in GOLDEN_BIND:
            wire.say(bytes([octet]))
        assert wire.hear().status == 0
        for octet in GOLDEN_SUBMIT:
            wire.say(bytes([octet]))
        assert wire.hear().status == 0
    smsc.submits()


def test_many_pdus_may_come_at_once(gateway, smsc):
    # F-1, F-9, X-17: all are answered before the unbind is
    with Wire(gateway.smpp_port) as wire:
        assert wire.bind("bank", "hunter22").status == 0
        submits = [submit_sm(sequence=number, text=b"%d" % number) for number in range(10, 15)]
        wire.say(b"".join(submits) + pdu(ENQUIRE_LINK, sequence=15) + pdu(UNBIND, sequence=16))
        replies = [wire.hear() for _ in range(7)]
        assert replies[-1].command_id == UNBIND | RESPONSE
        assert {reply.sequence: reply.status for reply in replies} == {number: 0 for number in range(10, 17)}
        assert wire.rest() == b""
    assert {submit["text"] for submit in smsc.submits(5)} == {"10", "11", "12", "13", "14"}


@pytest.mark.parametrize("sequence", [0, 1, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF])
def test_any_sequence_number_is_echoed(gateway, sequence):
    # F-8
    with Wire(gateway.smpp_port) as wire:
        wire.bind("bank", "hunter22")
        assert wire.ask(pdu(ENQUIRE_LINK, sequence=sequence)).sequence == sequence
        assert wire.ask(submit_sm(sequence=sequence)).sequence == sequence


def test_who_does_not_bind_in_time_is_hung_up_on_even_if_alive(start_gateway):
    # M-1, X-16
    gateway = start_gateway(smpp={"listen": "127.0.0.1:0", "bind_timeout_s": 1}, account=[config.BANK])
    with Wire(gateway.smpp_port) as wire:
        answer = wire.ask(pdu(ENQUIRE_LINK, sequence=7))
        assert (answer.command_id, answer.status, answer.sequence) == (ENQUIRE_LINK | RESPONSE, 0, 7)
        assert wire.seconds_until_hung_up() < 10


def test_a_bind_of_an_older_client_is_answered_without_tlvs(gateway):
    # V-5
    with Wire(gateway.smpp_port) as wire:
        old = bytearray(bind("bank", "hunter22"))
        old[old.index(b"\x34\0\0\0")] = 0x33
        answer = wire.ask(bytes(old))
        assert (answer.status, answer.body) == (0, b"estafet\0")


def start_golden(smsc, start_gateway):
    """The gateway with the account of the golden PDUs."""
    gateway = start_gateway(
        smsc=[config.smsc(smsc.port)],
        account=[{"name": "cp01", "password": "secret08", "sources": ["INFO"]}],
        route=[{"from": {"link": "cp01"}, "to": ["telco-a"]}],
    )
    smsc.expect("bound")
    return gateway
