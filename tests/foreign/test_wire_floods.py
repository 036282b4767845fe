"""Floods: whatever comes in whatever quantity, memory stays flat, descriptors come back, others are served.

With ESTAFET_FLOOD=20 in the environment everything comes in twenty times the quantity.
"""

from __future__ import annotations

import os
import struct
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest

from harness import config
from harness.flooder import flooding
from harness.process import peak_kib, sockets
from harness.waiting import DEADLINE_S, until
from harness.wire import (
    BIND_RECEIVER,
    BIND_TRANSCEIVER,
    DELIVER_SM,
    ENQUIRE_LINK,
    GENERIC_NACK,
    RESPONSE,
    SUBMIT_SM,
    Wire,
    bind,
    pdu,
    submit_sm,
    tlv,
)

SCALE = int(os.environ.get("ESTAFET_FLOOD", "1"))
FLOODERS = 4
#: How often one who floods says his piece at least; he goes on as long as the neighbour is not served.
TIMES_MIN = 10 * SCALE
#: What the neighbour sends while the flood lasts.
NEIGHBOURS_MESSAGES = 100 * SCALE
WINDOW = 10
#: What a flood may cost: buffers of its connections, and what the store and the allocator take beside. Only
#: the long one fills the buffers that the store writes with, and binds thousands; more of it costs no more.
GROWTH_MAX_KIB = (48 if SCALE == 1 else 128) * 1024
GROWTH_EACH_MAX_KIB = 256
#: Of the thousand that an address may have.
UNBOUND_PER_ADDRESS = 800

BIND = bind("crowd", "hunter22")
CROWD = {"name": "crowd", "password": "hunter22", "max_binds": 1000 * SCALE, "window": 10, "rate": 20}
ROUTES = [
    {"from": {"link": "bank"}, "to": ["telco-a"]},
    {"from": {"link": "crowd"}, "to": ["telco-a"]},
    {"match": {"destination": "1234"}, "to": ["bank"]},
    {"match": {"destination": "5678"}, "to": ["crowd"]},
]


@pytest.fixture
def besieged(smsc, start_gateway):
    """The gateway with an account for those who flood and one for their neighbour."""
    gateway = start_gateway(
        smpp={"listen": "127.0.0.1:0", "bind_timeout_s": 2},
        smsc=[config.smsc(smsc.port, window=100)],
        account=[config.BANK, CROWD],
        route=ROUTES,
    )
    smsc.expect("bound")
    return gateway


@contextmanager
def bounded(gateway, connections: int) -> Iterator[None]:
    """What happens within costs little memory, and no descriptor for good."""
    memory, count = peak_kib(gateway.pid), sockets(gateway.pid)
    yield
    until(lambda: sockets(gateway.pid) <= count, "the sockets to be closed")
    grown = peak_kib(gateway.pid) - memory
    assert grown < GROWTH_MAX_KIB + connections * GROWTH_EACH_MAX_KIB, f"{grown} KiB more"


@contextmanager
def meanwhile(*jobs: Callable[[], None]) -> Iterator[None]:
    """What others do meanwhile, each on a thread of its own, until they are done or hung up on."""

    def run(job: Callable[[], None]) -> None:
        try:
            job()
        except ConnectionError:
            pass

    threads = [threading.Thread(target=run, args=(job,), daemon=True) for job in jobs]
    for thread in threads:
        thread.start()
    yield
    for thread in threads:
        thread.join(DEADLINE_S)
        assert not thread.is_alive(), "one of them is neither served nor hung up on"


def strangers(port: int, count: int) -> Iterator[Wire]:
    """So many connections, from as many addresses as it takes for none to have more than it may."""
    return (Wire(port, f"127.0.0.{2 + number // UNBOUND_PER_ADDRESS}") for number in range(count))


def assert_neighbour_is_served(gateway, smsc) -> None:
    """All that the neighbour says meanwhile is answered with OK, and all of it arrives."""
    known = len(smsc.events("submit"))
    with Wire(gateway.smpp_port) as wire:
        assert wire.bind("bank", "hunter22").status == 0
        for first in range(0, NEIGHBOURS_MESSAGES, WINDOW):
            numbers = range(first, first + WINDOW)
            wire.say(b"".join(submit_sm(source="9999", text=b"%d" % number, sequence=number) for number in numbers))
            answers = [wire.hear() for _ in numbers]
            assert {(answer.command_id, answer.status) for answer in answers} == {(SUBMIT_SM | RESPONSE, 0)}
    mine = smsc.expect("submit", NEIGHBOURS_MESSAGES, source_addr="9999")
    assert [submit["text"] for submit in mine] == [str(number) for number in range(NEIGHBOURS_MESSAGES)]
    assert len(smsc.events("submit")) >= known + NEIGHBOURS_MESSAGES


LARGE = submit_sm(text=b"", data_coding=4, tlvs=tlv(0x0424, bytes(134 * 110)))
TLV_BOMB = submit_sm(tlvs=tlv(0x3FFF, b"") * 4000)
FLOODS = {
    "enquire_link": pdu(ENQUIRE_LINK) * 20,
    "unknown commands": pdu(0x99, bytes(100)) * 200,
    "binds": bind("crowd", "hunter22") * 200,
    "wrong state": submit_sm(command=DELIVER_SM) * 200,
    "malformed": pdu(SUBMIT_SM, bytes(60)) * 200,
    "refused": submit_sm(destination="nobody") * 200,
    "submits": submit_sm() * 100,
    "large submits": LARGE,
    "ten thousand TLVs": TLV_BOMB * 3,
    "malformed TLVs": submit_sm(tlvs=tlv(0x3FFF, b"") * 3000 + b"\0") * 3,
    "responses": pdu(DELIVER_SM | RESPONSE, b"\0", sequence=77) * 199 + pdu(0x99),
    "nacks": pdu(GENERIC_NACK, sequence=5, status=3) * 199 + pdu(0x99),
}


@pytest.mark.parametrize("octets", FLOODS.values(), ids=FLOODS.keys())
def test_a_flood_of_any_pdu_is_answered_or_ended_and_hurts_nobody_else(besieged, smsc, octets):
    # F-3, W-2, X-15, X-16: ABU-3, ABU-4
    with bounded(besieged, FLOODERS):
        with flooding(besieged.smpp_port, BIND, octets, FLOODERS, reads=True, times_min=TIMES_MIN):
            assert_neighbour_is_served(besieged, smsc)


@pytest.mark.parametrize("octets", FLOODS.values(), ids=FLOODS.keys())
def test_a_flood_from_those_who_do_not_read_is_ended_and_hurts_nobody_else(besieged, smsc, octets):
    # F-3, M-5, W-3: ABU-3; the answers that nobody reads wait in the peer's socket, not in our memory
    with bounded(besieged, FLOODERS):
        with flooding(besieged.smpp_port, BIND, octets, FLOODERS, reads=False, times_min=TIMES_MIN):
            assert_neighbour_is_served(besieged, smsc)


@pytest.mark.parametrize("announced", [17, 256, 4096, 16 * 1024, 72 * 1024, 1 << 24, 0xFFFFFFFF])
def test_announced_lengths_cost_nothing(besieged, smsc, announced):
    # F-2, F-3, X-1: ABU-3; two hundred PDUs are announced of which nothing comes
    count = 200 * SCALE
    with bounded(besieged, 0):
        wires = list(strangers(besieged.smpp_port, count))
        for wire in wires:
            wire.say(struct.pack(">4I", announced, BIND_TRANSCEIVER, 0, 1))
        assert_neighbour_is_served(besieged, smsc)
        for wire in wires:
            # Too long for a bind: at once; else with the time for the bind.
            heard = wire.rest()
            assert heard in (b"", pdu(GENERIC_NACK, status=2, sequence=0))
            wire.close()


def test_announced_lengths_cost_nothing_after_the_bind_either(smsc, start_gateway):
    # F-3: the most that a bound peer may announce, two hundred times
    gateway = start_gateway(smsc=[config.smsc(smsc.port)], account=[config.BANK, CROWD], route=ROUTES)
    smsc.expect("bound")
    with bounded(gateway, 0):
        wires = []
        for wire in strangers(gateway.smpp_port, 200 * SCALE):
            wires.append(wire)
            assert wire.bind("crowd", "hunter22").status == 0
            wire.say(struct.pack(">4I", 16 * 1024, SUBMIT_SM, 0, 2) + b"CMT")
        assert_neighbour_is_served(gateway, smsc)
        for wire in wires:
            wire.close()


def test_connections_that_say_nothing_are_ended_in_time(besieged, smsc):
    # M-1: ABU-2
    with bounded(besieged, 0):
        wires = list(strangers(besieged.smpp_port, 400 * SCALE))
        assert_neighbour_is_served(besieged, smsc)
        for wire in wires:
            assert wire.rest() == b""
            wire.close()


def test_connections_that_drip_are_ended_in_time(besieged, smsc):
    # M-1, M-5: ABU-2; an octet at a time, never a whole bind
    with bounded(besieged, 0):
        drops = [pdu(ENQUIRE_LINK), bind("crowd", "hunter22")[:-1]]
        wires = list(strangers(besieged.smpp_port, 40 * SCALE))
        drippers = [dripping(wire, drops[number % 2]) for number, wire in enumerate(wires)]
        with meanwhile(*drippers):
            assert_neighbour_is_served(besieged, smsc)
        for wire in wires:
            wire.close()


def dripping(wire: Wire, octets: bytes) -> Callable[[], None]:
    """Says this octet by octet, more slowly than a bind may come, until it is hung up on."""

    def run() -> None:
        pause = threading.Event()
        while True:
            for octet in octets:
                wire.say(bytes([octet]))
                pause.wait(0.1)

    return run


def test_a_bound_session_that_drips_is_served_at_its_own_pace(besieged, smsc):
    # F-1, M-5
    with Wire(besieged.smpp_port) as slow:
        slow.bind("crowd", "hunter22")
        *octets, last = submit_sm(text=b"slowly")
        for octet in octets:
            slow.say(bytes([octet]))
        assert_neighbour_is_served(besieged, smsc)
        assert slow.ask(bytes([last])).status == 0
    assert smsc.submits(text="slowly")


def test_connections_that_come_and_go_leave_nothing(besieged, smsc):
    # S-6: ABU-2
    def come_and_go() -> None:
        for number in range(100 * SCALE):
            with Wire(besieged.smpp_port) as wire:
                if number % 2:
                    wire.say(bind("crowd", "hunter22")[: number % 40])

    with bounded(besieged, 0):
        with meanwhile(*[come_and_go] * FLOODERS):
            assert_neighbour_is_served(besieged, smsc)


def test_guesses_of_passwords_from_many_connections_do_not_lock_the_owner_out(besieged, smsc):
    # S-3, S-9: ABU-1
    def guess() -> None:
        with Wire(besieged.smpp_port, "127.0.0.2") as wire:
            answer = wire.bind("bank", "a guess")
            assert (answer.status, answer.body) == (0x0D, b"")
            assert wire.rest() == b""

    with bounded(besieged, 0):
        with meanwhile(*[guess] * (30 * SCALE)):
            assert_neighbour_is_served(besieged, smsc)


def test_a_window_that_is_never_answered_holds_its_own_messages_only(besieged, smsc):
    # S-8, W-1, W-5: twenty sessions take ten messages each and confirm none
    wires = [Wire(besieged.smpp_port) for _ in range(20)]
    for wire in wires:
        assert wire.bind("crowd", "hunter22", BIND_RECEIVER).status == 0
    with bounded(besieged, 0):
        for number in range(300):
            smsc.tell("deliver", source_addr="628111", destination_addr="5678", short_message=f"{number}")
        taken = [[wire.hear_until(DELIVER_SM) for _ in range(10)] for wire in wires]
        assert len({delivery.body for deliveries in taken for delivery in deliveries}) == 200
        assert_neighbour_is_served(besieged, smsc)
        assert smsc.mobile_sends("628111", "1234", "for the neighbour")["status"] == 0
        with Wire(besieged.smpp_port) as neighbour:
            neighbour.bind("bank", "hunter22", BIND_RECEIVER)
            assert neighbour.hear_until(DELIVER_SM).body.endswith(b"for the neighbour")
        for wire in wires:
            wire.close()
    with Wire(besieged.smpp_port) as careful:
        careful.bind("crowd", "hunter22", BIND_RECEIVER)
        texts = set()
        while len(texts) < 300:
            delivery = careful.hear_until(DELIVER_SM)
            careful.say(pdu(DELIVER_SM | RESPONSE, b"\0", delivery.sequence))
            texts.add(delivery.body)


def test_long_messages_that_are_never_finished_take_bounded_memory(raw_smsc, start_gateway):
    # N-3: ABU-4; first parts of 255, each of another message
    count, at_once = 5000 * SCALE, 50
    gateway = start_gateway(
        reassembly={"parts_max": 500},
        smsc=[config.smsc(raw_smsc.port)],
        account=[config.BANK],
        route=[{"match": {"destination": "1234"}, "to": ["bank"]}],
    )
    line = raw_smsc.bound()
    memory = peak_kib(gateway.pid)
    for first in range(0, count, at_once):
        numbers = range(first, first + at_once)
        line.say(b"".join(unfinished(number) for number in numbers))
        assert {line.hear_until(DELIVER_SM | RESPONSE).status for _ in numbers} == {0}
    line.say(submit_sm(command=DELIVER_SM, source="628111", destination="1234", text=b"whole", sequence=1))
    assert line.hear_until(DELIVER_SM | RESPONSE).status == 0
    assert peak_kib(gateway.pid) - memory < GROWTH_MAX_KIB
    with Wire(gateway.smpp_port) as esme:
        esme.bind("bank", "hunter22", BIND_RECEIVER)
        while not (delivery := esme.hear_until(DELIVER_SM)).body.endswith(b"whole"):
            esme.say(pdu(DELIVER_SM | RESPONSE, b"\0", delivery.sequence))


def unfinished(number: int) -> bytes:
    """The first of 255 parts of a message that nobody will finish."""
    header = bytes([6, 8, 4]) + struct.pack(">H", number & 0xFFFF) + bytes([255, 1])
    return submit_sm(
        command=DELIVER_SM,
        source=f"6281{number % 97:06}",
        destination="1234",
        esm_class=0x40,
        text=header + b"x" * 130,
        sequence=number + 1,
    )
