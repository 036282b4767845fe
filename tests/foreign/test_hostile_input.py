"""Hostile input of the less usual kinds: others are served meanwhile, memory stays bounded, nothing panics.

What simply comes in quantity is in `test_wire_floods.py`; each single fault is in `test_wire_faults.py`.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from harness import config
from harness.process import peak_kib, resident_kib, sockets
from harness.waiting import DEADLINE_S, until
from harness.wire import (
    BIND_RECEIVER,
    BIND_TRANSCEIVER,
    BIND_TRANSMITTER,
    DELIVER_SM,
    ENQUIRE_LINK,
    GENERIC_NACK,
    RESPONSE,
    SUBMIT_MULTI,
    SUBMIT_SM,
    UNBIND,
    Line,
    Wire,
    bind,
    c_string,
    pdu,
    submit_sm,
    tlv,
)

CROWD = {"name": "crowd", "password": "hunter22", "max_binds": 1000, "window": 100}
ROUTES = [
    {"from": {"link": "bank"}, "to": ["telco-a"]},
    {"from": {"link": "crowd"}, "to": ["telco-a"]},
    {"match": {"destination": "1234"}, "to": ["bank"]},
]
#: What the neighbour sends while somebody is hostile.
NEIGHBOURS_MESSAGES = 50
#: What any of this may cost in resident memory, and each of many connections beside.
GROWTH_MAX_KIB = 48 * 1024
GROWTH_EACH_MAX_KIB = 64


@pytest.fixture
def serve(smsc, start_gateway):
    """Starts the gateway for the hostile and their neighbour; at the end its log tells of no panic."""
    gateways = []

    def serve(*more_smscs: dict, **smpp):
        gateway = start_gateway(
            smpp={"listen": "127.0.0.1:0", **smpp},
            smsc=[config.smsc(smsc.port, window=100), *more_smscs],
            account=[config.BANK, CROWD],
            route=ROUTES,
        )
        smsc.expect("bound")
        gateways.append(gateway)
        return gateway

    yield serve
    for gateway in gateways:
        gateway.stop()
        assert not [event for event in gateway.log() if "panicked" in json.dumps(event)]


@contextmanager
def bounded(gateway, connections: int = 0) -> Iterator[None]:
    """What happens within takes little resident memory at its highest, and no socket for good."""
    memory, count = resident_kib(gateway.pid), sockets(gateway.pid)
    yield
    until(lambda: sockets(gateway.pid) <= count, "the sockets to be closed")
    grown = peak_kib(gateway.pid) - memory
    assert grown < GROWTH_MAX_KIB + connections * GROWTH_EACH_MAX_KIB, f"{grown} KiB more"


def assert_neighbour_is_served(gateway, smsc) -> None:
    """All that the neighbour says meanwhile is answered with OK, and all of it arrives, as does what is sent to him."""
    with Wire(gateway.smpp_port) as wire:
        assert wire.bind("bank", "hunter22").status == 0
        for number in range(NEIGHBOURS_MESSAGES):
            assert wire.ask(submit_sm(source="9999", text=b"%d" % number, sequence=number + 2)).status == 0
        assert smsc.mobile_sends("628111", "1234", "for the neighbour")["status"] == 0
        delivery = wire.hear_until(DELIVER_SM)
        assert delivery.body.endswith(b"for the neighbour")
        wire.say(pdu(DELIVER_SM | RESPONSE, b"\0", delivery.sequence))
        assert wire.ask(pdu(UNBIND, sequence=99)).command_id == UNBIND | RESPONSE
    arrived = smsc.submits(NEIGHBOURS_MESSAGES, source_addr="9999")
    assert [submit["text"] for submit in arrived] == [str(number) for number in range(NEIGHBOURS_MESSAGES)]


def test_five_hundred_halves_of_pdus_wait_without_harm_and_are_read_when_whole(serve, smsc):
    # F-1, F-3
    gateway = serve(bind_timeout_s=60)
    whole = bind("crowd", "hunter22")
    with bounded(gateway, connections=500):
        wires = [Wire(gateway.smpp_port) for _ in range(500)]
        cuts = [1 + number % (len(whole) - 1) for number in range(500)]
        for wire, cut in zip(wires, cuts, strict=True):
            wire.say(whole[:cut])
        assert_neighbour_is_served(gateway, smsc)
        for wire, cut in zip(wires, cuts, strict=True):
            answer = wire.ask(whole[cut:])
            assert (answer.command_id, answer.status) == (BIND_TRANSCEIVER | RESPONSE, 0)
        for wire in wires:
            wire.close()


@pytest.mark.parametrize(
    "octets",
    [
        pdu(SUBMIT_SM | RESPONSE, c_string("never asked"), sequence=77),
        pdu(GENERIC_NACK, sequence=77, status=3),
        pdu(ENQUIRE_LINK),
        pdu(0x99),
    ],
    ids=["responses", "nacks", "enquiries", "unknown commands"],
)
def test_a_message_centre_that_floods_and_never_reads_hurts_nobody_else(serve, smsc, raw_smsc, octets):
    # F-3, F-9, M-5, W-3, X-16, X-18
    gateway = serve(config.smsc(raw_smsc.port, name="telco-b"))
    line = raw_smsc.bound()
    with bounded(gateway):
        with flood(line, octets):
            assert_neighbour_is_served(gateway, smsc)
        raw_smsc.stop()
        until(lambda: gateway.metric("estafet_sessions", link="telco-b") == 0, "the session to be given up")


@contextmanager
def flood(line: Line, octets: bytes) -> Iterator[None]:
    """While this lasts, the line says the same again and again and hears nothing, until it is hung up on."""
    said, under_way = 0, threading.Event()
    piece = octets * (PIECE_OCTETS // len(octets))

    def run() -> None:
        nonlocal said
        try:
            while True:
                line.say(piece)
                said += 1
                if said >= PIECES_MIN:
                    under_way.set()
        except OSError:
            under_way.set()  # nobody listens any more

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    try:
        assert under_way.wait(DEADLINE_S), "the flood does not get under way, nor is it ended"
        yield
    finally:
        line.hang_up()
        thread.join(DEADLINE_S)
        assert not thread.is_alive()
    assert said > 0


@pytest.mark.parametrize("takes_leave", [True, False], ids=["with unbind", "without"])
def test_binding_and_closing_again_and_again_leaves_nothing(serve, smsc, takes_leave):
    # S-6, S-8
    gateway = serve()
    kinds = [BIND_RECEIVER, BIND_TRANSMITTER, BIND_TRANSCEIVER]

    def come_and_go() -> None:
        for number in range(50):
            with Wire(gateway.smpp_port) as wire:
                assert wire.bind("crowd", "hunter22", kinds[number % 3]).status == 0
                if takes_leave:
                    assert wire.ask(pdu(UNBIND, sequence=2)).command_id == UNBIND | RESPONSE

    with bounded(gateway):
        loops = [Loop(come_and_go) for _ in range(4)]
        assert_neighbour_is_served(gateway, smsc)
        for loop in loops:
            loop.finish()
    until(lambda: gateway.metric("estafet_sessions", link="crowd") == 0, "all sessions to be given up")


class Loop:
    """A job on a thread of its own; what it asserts counts."""

    def __init__(self, job) -> None:
        self._failure: BaseException | None = None

        def run() -> None:
            try:
                job()
            except BaseException as failure:
                self._failure = failure

        self._thread = threading.Thread(target=run, daemon=True)
        self._thread.start()

    def finish(self) -> None:
        """Waits for its end, and fails if it failed."""
        self._thread.join(DEADLINE_S)
        assert not self._thread.is_alive(), "it does not come to its end"
        if self._failure is not None:
            raise self._failure


@pytest.mark.parametrize("octets", [b"", b"\0"], ids=["empty", "an octet each"])
def test_a_thousand_tiny_tlvs_in_one_submit_are_relayed(serve, smsc, octets):
    # F-3, T-1, V-7
    gateway = serve()
    tlvs = b"".join(tlv(0x3000 + number, octets) for number in range(1000))
    with bounded(gateway), Wire(gateway.smpp_port) as wire:
        assert wire.bind("crowd", "hunter22").status == 0
        assert wire.ask(submit_sm(text=b"many", tlvs=tlvs)).status == 0
        assert_neighbour_is_served(gateway, smsc)
        [submit] = smsc.submits(text="many")
        assert [submit[str(0x3000 + number)] for number in range(1000)] == [octets.hex()] * 1000
        assert wire.ask(pdu(ENQUIRE_LINK, sequence=3)).sequence == 3


def test_a_thousand_times_the_same_tlv_in_one_submit_is_relayed(serve, smsc):
    # F-3, V-7
    gateway = serve()
    with bounded(gateway), Wire(gateway.smpp_port) as wire:
        assert wire.bind("crowd", "hunter22").status == 0
        assert wire.ask(submit_sm(text=b"again", tlvs=tlv(0x0204, b"\0\1") * 1000)).status == 0
        assert_neighbour_is_served(gateway, smsc)
        [submit] = smsc.submits(text="again")
        assert submit["user_message_reference"] == 1
        assert wire.ask(pdu(ENQUIRE_LINK, sequence=3)).sequence == 3


def test_a_message_of_4000_octets_to_254_arrives_whole_at_each(serve, smsc):
    # F-3, N-1, O-3
    gateway = serve()
    numbers = [f"6281{number:06}" for number in range(254)]
    text = "".join(f"{number:05}" for number in range(800))
    with bounded(gateway), Wire(gateway.smpp_port) as wire:
        assert wire.bind("crowd", "hunter22").status == 0
        assert wire.ask(long_submit_multi(numbers, text.encode())).status == 0
        assert_neighbour_is_served(gateway, smsc)
        parts = smsc.submits(254 * PARTS_OF_4000, source_addr="1234")
    arrived: dict[str, list[tuple[int, str]]] = {number: [] for number in numbers}
    for part in parts:
        arrived[part["destination_addr"]].append((int(part["udh"][0][-2:], 16), part["text"]))
    assert {"".join(said for _, said in sorted(heard)) for heard in arrived.values()} == {text}


def long_submit_multi(numbers: list[str], octets: bytes) -> bytes:
    """A submit_multi with a message_payload."""
    destinations = b"".join(b"\1\1\1" + c_string(number) for number in numbers)
    body = c_string("") + b"\0\1" + c_string("1234") + bytes([len(numbers)]) + destinations + bytes(10)
    return pdu(SUBMIT_MULTI, body + tlv(0x0424, octets), sequence=2)


@pytest.mark.parametrize("sequence", [0, 0x80000000, 0xFFFFFFFF])
def test_a_message_centre_may_number_its_requests_as_it_likes(serve, smsc, raw_smsc, sequence):
    # F-8: also several at a time by the same number
    gateway = serve(config.smsc(raw_smsc.port, name="telco-b"))
    line = raw_smsc.bound()
    message = submit_sm(command=DELIVER_SM, source="628111", destination="1234", sequence=sequence, text=b"odd number")
    with bounded(gateway):
        line.say(message * 3 + pdu(ENQUIRE_LINK, sequence=sequence))
        answers = [line.hear() for _ in range(4)]
        assert {(answer.status, answer.sequence) for answer in answers} == {(0, sequence)}
        kinds = sorted(answer.command_id for answer in answers)
        assert kinds == [DELIVER_SM | RESPONSE] * 3 + [ENQUIRE_LINK | RESPONSE]
        with Wire(gateway.smpp_port) as esme:
            assert esme.bind("bank", "hunter22").status == 0
            for _ in range(3):
                delivery = esme.hear_until(DELIVER_SM)
                assert delivery.body.endswith(b"odd number")
                esme.say(pdu(DELIVER_SM | RESPONSE, b"\0", delivery.sequence))
            assert esme.ask(pdu(UNBIND, sequence=2)).command_id == UNBIND | RESPONSE
        assert_neighbour_is_served(gateway, smsc)


@pytest.mark.parametrize("sequence", [0, 0xFFFFFFFF])
def test_requests_of_an_esme_that_all_have_the_same_number_are_all_answered(serve, smsc, sequence):
    # F-8
    gateway = serve()
    with bounded(gateway), Wire(gateway.smpp_port) as wire:
        assert wire.ask(bind("crowd", "hunter22", sequence=sequence)).sequence == sequence
        wire.say(b"".join(submit_sm(sequence=sequence, text=b"same %d" % number) for number in range(50)))
        answers = [wire.hear() for _ in range(50)]
        assert {(answer.status, answer.sequence) for answer in answers} == {(0, sequence)}
        assert len({answer.message_id for answer in answers}) == 50
        assert_neighbour_is_served(gateway, smsc)
    arrived = smsc.submits(50, source_addr="1234")
    assert {submit["text"] for submit in arrived} == {f"same {number}" for number in range(50)}


def test_an_unbind_amid_the_window_answers_what_came_before_and_takes_nothing_after(serve, smsc):
    #
    gateway = serve()
    with bounded(gateway):
        with Wire(gateway.smpp_port) as wire:
            assert wire.bind("crowd", "hunter22").status == 0
            before = b"".join(submit_sm(sequence=number, text=b"before") for number in range(2, 32))
            after = b"".join(submit_sm(sequence=number, text=b"after") for number in range(33, 63))
            wire.say(before + pdu(UNBIND, sequence=32) + after)
            answers = {}
            while (answer := wire.hear()).command_id != UNBIND | RESPONSE:
                answers[answer.sequence] = answer.status
            assert wire.rest() == b""
        assert {answers.get(number) for number in range(2, 32)} == {0}
        assert 0 not in {answers.get(number) for number in range(33, 63)}
        assert_neighbour_is_served(gateway, smsc)
    assert len(smsc.submits(30, source_addr="1234")) == 30
    assert not [submit for submit in smsc.events("submit") if submit["text"] == "after"]


#: How much a flood says at once, and how often at least unless it is ended before.
PIECE_OCTETS = 64 * 1024
PIECES_MIN = 32
#: 153 characters of the default alphabet in each.
PARTS_OF_4000 = 27
