"""Both sides of `smpp34`, a library of Rust with a face for Python: an ESME that binds to us, an SMSC that we bind to."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterator

import pytest
import smpp34

from harness import config, receipt
from harness.curl import post
from harness.smpp34_smsc import RECEIPT, Smpp34Smsc
from harness.waiting import DEADLINE_S

WINDOW = 100
VENDORS_TAG = 0x1500
MOBILE = {"dest_addr_ton": 1, "dest_addr_npi": 1}


@pytest.fixture
def centre(start_gateway) -> Iterator[Smpp34Smsc]:
    """A message centre on that library; the gateway stops before it does."""
    centre = Smpp34Smsc()
    yield centre
    centre.stop()


@pytest.fixture
def between(centre, start_gateway):
    """The gateway, with one account and that message centre."""
    gateway = start_gateway(
        smsc=[config.smsc(centre.port)],
        account=[{**config.BANK, "window": WINDOW}],
        route=[
            {"from": {"link": "bank"}, "to": ["telco-a"]},
            {"match": {"destination": "1234"}, "to": ["bank"]},
        ],
    )
    centre.bound.expect(lambda _: True, "session")
    return gateway


@pytest.fixture
def as_esme(between) -> Callable[[Callable[[smpp34.Smsc], Awaitable]], None]:
    """Binds an ESME on that library, has it do something, and takes leave."""

    async def run(what: Callable[[smpp34.Smsc], Awaitable]) -> None:
        credentials = (config.BANK["name"], config.BANK["password"])
        client = smpp34.Client("127.0.0.1", between.smpp_port, *credentials, bind_type="TRX")
        session = await client.connect()
        await what(session)
        await session.unbind()

    return lambda what: asyncio.run(asyncio.wait_for(run(what), DEADLINE_S))


def test_a_message_and_its_receipt_pass_between_its_two_sides(as_esme, centre):
    # R-5, T-1
    async def send(session):
        extra = smpp34.Tlv(VENDORS_TAG, b"\x00\x01\xff")
        answer = await session.submit_sm(
            "628111", b"halo", source_addr="1234", registered_delivery=RECEIPT, tlvs=[extra], **MOBILE
        )
        assert answer.is_success
        told = await session.next()
        said = receipt.read(told.short_message)
        assert (said.id, said.stat, told.esm_class & 0x3C) == (answer.message_id, "DELIVRD", 4)
        tlvs = {tlv.tag: tlv for tlv in told.tlvs}
        assert tlvs[smpp34.TLV_RECEIPTED_MESSAGE_ID].as_string() == answer.message_id
        assert tlvs[smpp34.TLV_MESSAGE_STATE].as_int() == receipt.DELIVERED

    as_esme(send)
    [submit] = centre.submits.items()
    assert (submit.source, submit.destination, submit.octets) == ("1234", "628111", b"halo")
    assert submit.tlvs[VENDORS_TAG] == b"\x00\x01\xff"
    assert centre.answers.items() == [(submit.message_id, smpp34.ESME_ROK)]


def test_a_long_message_in_a_payload_arrives_whole_and_has_one_receipt(as_esme, centre):
    # N-1, N-4
    text = "".join(f"{number:04}" for number in range(100)).encode()

    async def send(session):
        payload = smpp34.Tlv(smpp34.TLV_MESSAGE_PAYLOAD, text)
        answer = await session.submit_sm(
            "628111", source_addr="1234", registered_delivery=RECEIPT, tlvs=[payload], **MOBILE
        )
        said = receipt.read((await session.next()).short_message)
        assert (said.id, said.sub, said.dlvrd) == (answer.message_id, "003", "003")

    as_esme(send)
    # That library hands requests over side by side, so that their order is not the order of the wire.
    parts = sorted(centre.submits.items(), key=lambda submit: submit.octets[5])
    assert [submit.octets[4:6] for submit in parts] == [b"\x03\x01", b"\x03\x02", b"\x03\x03"]
    assert b"".join(submit.octets[6:] for submit in parts) == text
    assert all(submit.esm_class & 0x40 for submit in parts)


def test_what_the_centre_throttles_comes_again_and_what_it_refuses_is_rejected(as_esme, centre):
    # W-2
    centre.refuse(smpp34.ESME_RTHROTTLED, smpp34.ESME_RINVDSTADR)

    async def send(session):
        answer = await session.submit_sm("628111", b"no", source_addr="1234", registered_delivery=RECEIPT, **MOBILE)
        said = receipt.read((await session.next()).short_message)
        assert (said.id, said.stat) == (answer.message_id, "REJECTD")

    as_esme(send)
    assert not centre.submits.items()


@pytest.mark.parametrize(
    ("octets", "data_coding"), [(b"halo", 0), ("Привет".encode("utf-16-be"), 8)], ids=["GSM", "UCS-2"]
)
def test_what_a_mobile_sends_there_reaches_the_esme_here(as_esme, centre, octets, data_coding):
    # W-7
    async def listen(session):
        status = await asyncio.to_thread(centre.mobile_sends, "628111", "1234", octets, data_coding=data_coding)
        assert status == smpp34.ESME_ROK
        told = await session.next()
        assert (told.source_addr, told.destination_addr) == ("628111", "1234")
        assert (told.data_coding, told.short_message) == (data_coding, octets)

    as_esme(listen)


def test_a_full_window_of_a_thousand_is_answered_and_told(as_esme, centre):
    # W-1
    async def send(session):
        window = asyncio.Semaphore(WINDOW)  # the library's own does not hold anything back

        async def submit(text):
            async with window:
                return await session.submit_sm(
                    "628111", text, source_addr="1234", registered_delivery=RECEIPT, **MOBILE
                )

        texts = [f"one of a thousand: {number}".encode() for number in range(1000)]
        answers = await asyncio.gather(*(submit(text) for text in texts))
        assert {answer.command_status for answer in answers} == {smpp34.ESME_ROK}
        told = [receipt.read((await session.next()).short_message).id for _ in texts]
        assert sorted(told) == sorted(answer.message_id for answer in answers)

    as_esme(send)
    assert len({submit.octets for submit in centre.submits.items()}) == 1000


def test_a_message_by_http_reaches_the_centre(between, centre):
    assert post(between, {"to": "+628111", "from": "1234", "text": "Привет 😀"}).status == 202
    submit = centre.submits.expect(lambda _: True, "submit")
    assert (submit.data_coding, submit.octets.decode("utf-16-be")) == (8, "Привет 😀")
