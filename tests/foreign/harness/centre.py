"""A message centre that takes everything and shows what came, field by field."""

from __future__ import annotations

import threading
from dataclasses import dataclass

from .waiting import Feed
from .wire import BIND_RECEIVER, BIND_TRANSCEIVER, BIND_TRANSMITTER, RESPONSE, SUBMIT_SM, Line, RawSmsc, Reply
from .wire import c_string, pdu, tlv


@dataclass(frozen=True)
class Submitted:
    """The fields of a submit_sm."""

    service_type: str
    source: tuple[int, int, str]
    destination: tuple[int, int, str]
    esm_class: int
    protocol_id: int
    priority: int
    schedule: str
    validity: str
    registered_delivery: int
    data_coding: int
    short_message: bytes


class Centre:
    """It answers each submit_sm with an id that counts up; `texts` that are refused get the status."""

    def __init__(self, refuses: dict[bytes, int] | None = None) -> None:
        self._smsc = RawSmsc()
        self._refuses = refuses or {}
        self.submits = Feed("submits")
        threading.Thread(target=self._take_binds, daemon=True).start()

    @property
    def port(self) -> int:
        return self._smsc.port

    def stop(self) -> None:
        self._smsc.stop()

    def _take_binds(self) -> None:
        try:
            while True:
                line = self._smsc.accept()
                threading.Thread(target=self._converse, args=(line,), daemon=True).start()
        except OSError:
            pass  # stopped

    def _converse(self, line: Line) -> None:
        try:
            while True:
                heard = line.hear()
                line.say(self._answer(heard))
        except (OSError, AssertionError):
            pass  # hung up

    def _answer(self, heard: Reply) -> bytes:
        body, status = b"", 0
        if heard.command_id in (BIND_RECEIVER, BIND_TRANSMITTER, BIND_TRANSCEIVER):
            body = c_string("centre") + tlv(0x0210, b"\x34")
        elif heard.command_id == SUBMIT_SM:
            submitted = parse(heard.body)
            status = self._refuses.get(submitted.short_message, 0)
            self.submits.put(submitted)
            body = c_string(f"{len(self.submits.items()):08x}") if status == 0 else b""
        return pdu(heard.command_id | RESPONSE, body, heard.sequence, status)


def parse(body: bytes) -> Submitted:
    """Reads the mandatory fields of a submit_sm (SMPP 3.4, 4.4.1)."""
    at = 0

    def text() -> str:
        nonlocal at
        end = body.index(b"\0", at)
        value, at = body[at:end].decode("latin-1"), end + 1
        return value

    def octet() -> int:
        nonlocal at
        at += 1
        return body[at - 1]

    service_type = text()
    source = (octet(), octet(), text())
    destination = (octet(), octet(), text())
    esm_class, protocol_id, priority = octet(), octet(), octet()
    schedule, validity, registered_delivery = text(), text(), octet()
    octet()
    data_coding = octet()
    octet()
    length = octet()
    return Submitted(
        service_type, source, destination, esm_class, protocol_id, priority, schedule, validity,
        registered_delivery, data_coding, body[at : at + length],
    )
