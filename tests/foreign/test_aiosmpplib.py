"""An ESME on `aiosmpplib`, which writes its messages itself: alphabets, parts, times; and reads its receipts."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import datetime, timedelta, timezone
from logging import NullHandler

import pytest
from aiosmpplib import ESME, DeliverSm, PhoneNumber, SubmitSm, SubmitSmResp
from aiosmpplib.hook import AbstractHook

from harness import config
from harness.waiting import DEADLINE_S

LONG = "".join(f"{number:04}" for number in range(100))
UDHI = 0x40

# The library leaves its socket to the garbage collector.
pytestmark = pytest.mark.filterwarnings("ignore:unclosed:ResourceWarning")


class Seen(AbstractHook):
    """What the library hands to its user."""

    def __init__(self) -> None:
        self.responses: asyncio.Queue[SubmitSmResp] = asyncio.Queue()
        self.deliveries: asyncio.Queue[DeliverSm] = asyncio.Queue()

    async def sending(self, smpp_message, pdu, client_id) -> None:
        pass

    async def received(self, smpp_message, pdu, client_id) -> None:
        if isinstance(smpp_message, SubmitSmResp):
            await self.responses.put(smpp_message)
        elif isinstance(smpp_message, DeliverSm):
            await self.deliveries.put(smpp_message)

    async def send_error(self, smpp_message, error, client_id) -> None:
        raise error


@pytest.fixture
def as_esme(gateway) -> Callable:
    """Binds an ESME on that library, has it do something, and takes leave."""

    async def run(what) -> None:
        seen = Seen()
        esme = ESME(
            smsc_host="127.0.0.1",
            smsc_port=gateway.smpp_port,
            system_id=config.BANK["name"],
            password=config.BANK["password"],
            hook=seen,
            log_handler=NullHandler(),
        )
        running = asyncio.create_task(esme.start())
        await what(esme, seen)
        await esme.stop()
        await running

    return lambda what: asyncio.run(asyncio.wait_for(run(what), DEADLINE_S))


@pytest.mark.parametrize("text", ["halo", "Halo {dunia} €", "Привет 😀"], ids=["ASCII", "GSM", "UCS-2"])
def test_a_text_arrives_and_its_receipt_is_correlated(as_esme, smsc, text):
    #
    async def send(esme, seen):
        await esme.broker.enqueue(message(text))
        response = await seen.responses.get()
        told = await seen.deliveries.get()
        assert (response.command_status.name, told.log_id) == ("ESME_ROK", "ours")
        said = told.parse_receipt()
        assert (said["id"], said["stat"], said["dlvrd"]) == (response.message_id, "DELIVRD", 1)

    as_esme(send)
    [submit] = smsc.submits()
    assert submit["text"] == text


def test_parts_of_its_own_arrive_as_parts(as_esme, smsc):
    # N-1
    async def send(esme, seen):
        await esme.broker.enqueue(message(LONG, esm_class=UDHI, auto_message_payload=False))
        # The library tells of the whole message when its last part has been told.
        assert (await seen.responses.get()).command_status.name == "ESME_ROK"
        assert (await seen.deliveries.get()).parse_receipt()["stat"] == "DELIVRD"

    as_esme(send)
    assert "".join(submit["text"] for submit in smsc.submits(3)) == LONG


def test_a_payload_arrives_in_parts_and_has_one_receipt(as_esme, smsc):
    # N-4
    async def send(esme, seen):
        await esme.broker.enqueue(message(LONG))
        response = await seen.responses.get()
        said = (await seen.deliveries.get()).parse_receipt()
        assert (said["id"], said["sub"], said["dlvrd"]) == (response.message_id, 3, 3)

    as_esme(send)
    assert "".join(submit["text"] for submit in smsc.submits(3)) == LONG


@pytest.mark.parametrize("past", [timedelta(hours=-1), timedelta(days=-30)], ids=str)
def test_an_expiry_that_is_over_is_refused(as_esme, smsc, past):
    # D-3
    async def send(esme, seen):
        over = datetime.now(timezone(timedelta(hours=7))) + past
        await esme.broker.enqueue(message("too late", validity_period=over))
        assert (await seen.responses.get()).command_status.name == "ESME_RINVEXPIRY"

    as_esme(send)
    assert not smsc.events("submit")


@pytest.mark.parametrize(
    "validity",
    [timedelta(hours=2), datetime.now(timezone(timedelta(hours=7))) + timedelta(hours=2)],
    ids=["relative", "absolute, in another zone"],
)
def test_a_validity_in_any_form_is_taken(as_esme, smsc, validity):
    # D-1, D-2
    async def send(esme, seen):
        await esme.broker.enqueue(message("in time", validity_period=validity))
        assert (await seen.deliveries.get()).parse_receipt()["stat"] == "DELIVRD"

    as_esme(send)
    assert smsc.submits()[0]["text"] == "in time"


def message(text: str, **fields) -> SubmitSm:
    """A message from a short code to a mobile, with a receipt."""
    return SubmitSm(
        short_message=text, source=PhoneNumber("1234"), destination=PhoneNumber("628111"), log_id="ours", **fields
    )
