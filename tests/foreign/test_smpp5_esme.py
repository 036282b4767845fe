"""An ESME on `rusmppyc`, which speaks SMPP 5.0 and nothing else, and cuts texts into parts itself."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import pytest
from rusmppyc import (
    Client,
    DeliverSm,
    Encoder,
    Gsm7BitUnpacked,
    InterfaceVersion,
    MCDeliveryReceipt,
    MessagePayload,
    MessageState,
    MessageSubmissionRequestTlvValue,
    Npi,
    Pdu,
    RegisteredDelivery,
    Ton,
    TlvValue,
    Ucs2,
    UnexpectedResponseException,
)

from harness import config, receipt
from harness.waiting import DEADLINE_S

LONG = "".join(f"{number:04}" for number in range(100))
ADDRESSES = {
    "source_addr": "1234",
    "destination_addr": "628111",
    "dest_addr_ton": Ton.International(),
    "dest_addr_npi": Npi.Isdn(),
}
RECEIPT = {
    "registered_delivery": RegisteredDelivery(
        MCDeliveryReceipt.McDeliveryReceiptRequestedWhereFinalDeliveryOutcomeIsSuccessOrFailure()
    )
}


class Session:
    """A transceiver; deliveries are answered when they are read."""

    def __init__(self, client: Client, events) -> None:
        self.client = client
        self._events = events

    async def next_delivery(self) -> DeliverSm:
        event = await anext(self._events)
        command = event._0
        assert isinstance(command.pdu, Pdu.DeliverSm), event
        await self.client.deliver_sm_resp(command.sequence_number)
        return command.pdu._0

    async def submit(self, *args, **fields) -> str:
        """Submits, insists on OK, and returns the message id."""
        return text_of((await self.client.submit_sm(*args, **fields)).message_id)


@pytest.fixture
def as_esme(gateway) -> Callable:
    """Binds an ESME on that library, has it do something, and takes leave."""

    async def run(what) -> None:
        client, events = await Client.connect(f"smpp://127.0.0.1:{gateway.smpp_port}")
        bound = await client.bind_transceiver(system_id=config.BANK["name"], password=config.BANK["password"])
        assert isinstance(bound.sc_interface_version.value._0, InterfaceVersion.Smpp5_0)
        await what(Session(client, events))
        await client.unbind()

    return lambda what: asyncio.run(asyncio.wait_for(run(what), DEADLINE_S))


def test_a_message_and_its_receipt(as_esme, smsc):
    #
    async def send(session):
        message_id = await session.submit(short_message=b"halo", **ADDRESSES, **RECEIPT)
        told = await session.next_delivery()
        said = receipt.read(bytes(told.short_message))
        assert (said.id, said.stat) == (message_id, "DELIVRD")
        values = [tlv.value for tlv in told.tlvs]
        [receipted] = [value for value in values if isinstance(value, TlvValue.ReceiptedMessageId)]
        assert text_of(receipted._0) == message_id
        [state] = [value for value in values if isinstance(value, TlvValue.MessageState)]
        assert isinstance(state._0, MessageState.Delivered)

    as_esme(send)
    assert smsc.submits()[0]["text"] == "halo"


@pytest.mark.parametrize(
    ("text", "encoder"),
    [
        (LONG, Encoder.Gsm7BitUnpacked(Gsm7BitUnpacked.default())),
        ("ж" * 133, Encoder.Ucs2(Ucs2.default())),
    ],
    ids=["GSM", "UCS-2"],
)
def test_parts_that_it_cut_itself_are_carried_as_they_are(as_esme, smsc, text, encoder):
    # N-1
    parts = Client.submit_sm_multipart(text, encoder=encoder, reference=42, **ADDRESSES, **RECEIPT)

    async def send(session):
        ids = [await session.submit(part) for part in parts]
        told = [receipt.read(bytes((await session.next_delivery()).short_message)).id for _ in parts]
        assert sorted(told) == sorted(ids)

    as_esme(send)
    assert "".join(submit["text"] for submit in smsc.submits(len(parts))) == text


def test_a_payload_arrives_in_parts_and_has_one_receipt(as_esme, smsc):
    # N-4
    payload = MessageSubmissionRequestTlvValue.MessagePayload(MessagePayload(LONG.encode()))

    async def send(session):
        message_id = await session.submit(tlvs=[payload], **ADDRESSES, **RECEIPT)
        said = receipt.read(bytes((await session.next_delivery()).short_message))
        assert (said.id, said.sub, said.dlvrd) == (message_id, "003", "003")

    as_esme(send)
    assert "".join(submit["text"] for submit in smsc.submits(3)) == LONG


def test_what_cannot_be_is_refused_by_name_and_the_session_goes_on(as_esme, smsc):
    async def send(session):
        with pytest.raises(UnexpectedResponseException) as refused:
            await session.submit(short_message=b"when?", schedule_delivery_time="999999999999900+", **ADDRESSES)
        assert "EsmeRinvsched" in str(refused.value)
        await session.submit(short_message=b"here again", **ADDRESSES)

    as_esme(send)
    assert [submit["text"] for submit in smsc.submits()] == ["here again"]


def text_of(octets: list[int]) -> str:
    """A C-Octet String, which that library shows with its end."""
    return bytes(octets).rstrip(b"\x00").decode()
