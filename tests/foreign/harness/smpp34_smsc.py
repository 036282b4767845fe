"""A message centre on `smpp34`, whose core is a library of Rust."""

from __future__ import annotations

import asyncio
import socket
import threading
from concurrent.futures import Future
from dataclasses import dataclass
from itertools import count

import smpp34

from .waiting import DEADLINE_S, Feed

RECEIPT = 1


@dataclass(frozen=True)
class Submitted:
    """What came in a submit_sm, and the id that it was given."""

    message_id: str
    source: str
    destination: str
    esm_class: int
    data_coding: int
    octets: bytes
    tlvs: dict[int, bytes]


class Smpp34Smsc:
    """It takes every bind and every submit, and says by receipt that it was delivered if that was asked."""

    def __init__(self) -> None:
        self.port = _free_port()
        self.submits = Feed("submits of smpp34")
        self.answers = Feed("answers to smpp34")
        self.bound = Feed("sessions of smpp34")
        self._sessions: dict[str, smpp34.Esme] = {}
        self._refusals: list[int] = []
        self._loop = asyncio.new_event_loop()
        self._server = smpp34.Server("127.0.0.1", self.port, system_id="telco")
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()
        self._run(self._start())
        self._serving = asyncio.run_coroutine_threadsafe(self._serve(), self._loop)

    def refuse(self, *statuses: int) -> None:
        """The next submits are refused with these statuses."""
        self._refusals = list(statuses)

    def mobile_sends(self, source: str, destination: str, octets: bytes, **fields) -> int:
        """Delivers a mobile's message by a session; returns the status of the answer."""
        return self._run(self._deliver(destination, octets, source_addr=source, **fields))

    def stop(self) -> None:
        self._serving.cancel()
        self._run(self._stop())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(DEADLINE_S)
        self._loop.close()

    def _run(self, work):
        future: Future = asyncio.run_coroutine_threadsafe(work, self._loop)
        return future.result(DEADLINE_S)

    async def _start(self) -> None:
        await self._server.start()

    async def _stop(self) -> None:
        await self._server.stop()

    async def _serve(self) -> None:
        ids = (f"34-{number:06}" for number in count(1))
        while True:
            event = await self._server.next()
            if isinstance(event, smpp34.Esme):
                self._sessions[event.session_id] = event
                self.bound.put(event.system_id)
            elif isinstance(event, smpp34.Unbound):
                self._sessions.pop(event.session_id, None)
            elif self._refusals:
                event.reject(self._refusals.pop(0))
            else:
                await self._take(event, next(ids))

    async def _take(self, event: smpp34.SubmitSmEvent, message_id: str) -> None:
        event.accept(message_id)
        self.submits.put(
            Submitted(
                message_id=message_id,
                source=event.source_addr,
                destination=event.destination_addr,
                esm_class=event.esm_class,
                data_coding=event.data_coding,
                octets=event.short_message,
                tlvs={tlv.tag: tlv.value for tlv in event.tlvs},
            )
        )
        if event.registered_delivery & RECEIPT:
            text = (
                f"id:{message_id} sub:001 dlvrd:001 submit date:2507010830 done date:2507010831 "
                "stat:DELIVRD err:000 text:-"
            )
            status = await self._deliver(
                event.source_addr, text.encode(), source_addr=event.destination_addr, esm_class=4
            )
            self.answers.put((message_id, status))

    async def _deliver(self, destination: str, octets: bytes, **fields) -> int:
        session = next(session for session in self._sessions.values() if session.can_receive)
        answer = await session.deliver_sm(
            destination, octets, source_addr_ton=1, source_addr_npi=1, dest_addr_npi=1, **fields
        )
        return answer.command_status


def _free_port() -> int:
    """The library does not say which port it took, so it is told one."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]
