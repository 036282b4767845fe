"""A message centre that takes everything, shows what came, field by field, and brings what it is told to."""

from __future__ import annotations

import threading
from dataclasses import dataclass

from .waiting import Feed, until
from .wire import BIND_RECEIVER, BIND_TRANSCEIVER, BIND_TRANSMITTER, DELIVER_SM, RESPONSE, SUBMIT_SM, Line, RawSmsc
from .wire import Reply, c_string, pdu, tlv

BINDS = (BIND_RECEIVER, BIND_TRANSMITTER, BIND_TRANSCEIVER)


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
        self._lines: list[Line] = []
        self._brought = 0
        self.submits = Feed("submits")
        threading.Thread(target=self._take_binds, daemon=True).start()

    @property
    def port(self) -> int:
        return self._smsc.port

    def stop(self) -> None:
        self._smsc.stop()

    def bring(
        self,
        source: str,
        text: bytes,
        data_coding: int = 0,
        esm_class: int = 0,
        to: str = "1234",
        tlvs: bytes = b"",
        ton: int = 1,
    ) -> None:
        """Delivers a message of a handset, or a receipt, by the session that bound last."""
        until(lambda: self._lines, "somebody to bind")
        self._brought += 1
        body = c_string("") + bytes([ton, 1]) + c_string(source) + bytes([0, 1]) + c_string(to)
        body += bytes([esm_class, 0, 0]) + c_string("") + c_string("") + bytes([0, 0, data_coding, 0, len(text)]) + text
        self._lines[-1].say(pdu(DELIVER_SM, body + tlvs, 1_000_000 + self._brought))

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
                if not heard.command_id & RESPONSE:
                    line.say(self._answer(heard))
                if heard.command_id in BINDS:
                    self._lines.append(line)
        except (OSError, AssertionError):
            pass  # hung up

    def _answer(self, heard: Reply) -> bytes:
        body, status = b"", 0
        if heard.command_id in BINDS:
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
