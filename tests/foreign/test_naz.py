"""An ESME on `naz`, which submits what is queued right behind its bind, before it has the answer to that."""

from __future__ import annotations

import asyncio
import logging
from collections import defaultdict

import naz
import pytest

from harness import config, receipt
from harness.waiting import DEADLINE_S

QUEUED = {
    "GSM": ("gsm0338", "@£$¥ èéùìòÇ €[]{}~^"),
    "UCS-2": ("ucs2", "Привет"),
    "Latin-1": ("latin_1", "Grüße"),
    "ASCII": ("ascii", "plain"),
    "long": ("gsm0338", "x" * 160),
}
#: data_coding of what stands in these.
CODINGS = {"gsm0338": 0, "ucs2": 8, "latin_1": 3, "ascii": 1}
OK = 0

# The library leaves its socket to the garbage collector.
pytestmark = pytest.mark.filterwarnings("ignore:unclosed:ResourceWarning")


class Seen(naz.hooks.BaseHook):
    """What comes from the message centre, by its command."""

    def __init__(self) -> None:
        self.came: dict[str, asyncio.Queue] = defaultdict(asyncio.Queue)

    async def to_smsc(self, smpp_command, log_id, hook_metadata, pdu) -> None:
        pass

    async def from_smsc(self, smpp_command, log_id, hook_metadata, status, pdu) -> None:
        await self.came[smpp_command].put((log_id, status.value, pdu))


def test_what_is_queued_before_the_bind_is_all_taken(gateway, smsc):
    # S-1, R-5: its whole queue stands behind its bind in one stretch
    async def run():
        seen = Seen()
        client = naz.Client(
            smsc_host="127.0.0.1",
            smsc_port=gateway.smpp_port,
            system_id=config.BANK["name"],
            password=config.BANK["password"],
            broker=naz.broker.SimpleBroker(maxsize=100),
            hook=seen,
            logger=logging.getLogger("naz"),
            drain_duration=0.01,
        )
        for name, (encoding, text) in QUEUED.items():
            await client.send_message(message(name, encoding, text))
        await client.connect()
        await client.tranceiver_bind()
        working = [asyncio.create_task(work()) for work in (client.dequeue_messages, client.receive_data)]
        answers = [await seen.came["submit_sm_resp"].get() for _ in QUEUED]
        told = [await seen.came["deliver_sm"].get() for _ in QUEUED]
        # Its reader would stumble over the connection that it closes itself.
        for task in working:
            task.cancel()
        await asyncio.gather(*working, return_exceptions=True)
        await client.shutdown()
        return answers, told

    answers, told = asyncio.run(asyncio.wait_for(run(), DEADLINE_S))
    assert [(name, status) for name, status, _ in answers] == [(name, OK) for name in QUEUED]
    ids = [pdu[16:-1].decode() for *_, pdu in answers]
    assert sorted(said(pdu).id for *_, pdu in told) == sorted(ids)
    assert {said(pdu).stat for *_, pdu in told} == {"DELIVRD"}
    submits = {(submit["data_coding"], submit["text"]) for submit in smsc.submits(len(QUEUED))}
    assert submits == {(CODINGS[encoding], text) for encoding, text in QUEUED.values()}


def message(name: str, encoding: str, text: str) -> naz.protocol.SubmitSM:
    """A message to a mobile, with a receipt; `name` comes back with its answer."""
    return naz.protocol.SubmitSM(
        version=1, short_message=text, source_addr="1234", destination_addr="628111", log_id=name, encoding=encoding
    )


def said(deliver_sm: bytes):
    """The receipt in a deliver_sm, which that library leaves as it came."""
    begin = deliver_sm.index(b"id:")
    sm_length = deliver_sm[begin - 1]
    return receipt.read(deliver_sm[begin : begin + sm_length])
