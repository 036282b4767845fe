"""SMPP by hand: octets on a raw socket, for what no library would send."""

from __future__ import annotations

import socket
import struct
import time
from dataclasses import dataclass

from .waiting import DEADLINE_S

BIND_RECEIVER, BIND_TRANSMITTER, BIND_TRANSCEIVER = 0x01, 0x02, 0x09
SUBMIT_SM, DELIVER_SM = 0x04, 0x05
UNBIND, ENQUIRE_LINK = 0x06, 0x15
GENERIC_NACK = 0x80000000
RESPONSE = 0x80000000


@dataclass(frozen=True)
class Reply:
    """A PDU as it came."""

    command_id: int
    status: int
    sequence: int
    body: bytes


class Wire:
    """A connection on which anything can be said."""

    def __init__(self, port: int) -> None:
        self._socket = socket.create_connection(("127.0.0.1", port), timeout=DEADLINE_S)
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def __enter__(self) -> Wire:
        return self

    def __exit__(self, *_: object) -> None:
        self._socket.close()

    def say(self, octets: bytes) -> None:
        self._socket.sendall(octets)

    def hear(self) -> Reply:
        """The next PDU."""
        header = self._exactly(16)
        length, command_id, status, sequence = struct.unpack(">4I", header)
        assert 16 <= length <= 72 * 1024, f"a PDU of {length} octets"
        return Reply(command_id, status, sequence, self._exactly(length - 16))

    def ask(self, octets: bytes) -> Reply:
        """Says something, and hears what comes next."""
        self.say(octets)
        return self.hear()

    def bind(self, system_id: str, password: str, command: int = BIND_TRANSCEIVER) -> Reply:
        """Binds as SMPP 3.4."""
        return self.ask(bind(system_id, password, command))

    def rest(self) -> bytes:
        """All that still comes until the other side hangs up."""
        octets = b""
        try:
            while part := self._socket.recv(4096):
                octets += part
        except ConnectionResetError:
            pass
        return octets

    def seconds_until_hung_up(self) -> float:
        """How long the other side keeps the connection."""
        since = time.monotonic()
        self.rest()
        return time.monotonic() - since

    def _exactly(self, count: int) -> bytes:
        octets = b""
        while len(octets) < count:
            part = self._socket.recv(count - len(octets))
            assert part, f"hung up after {octets.hex()!r}"
            octets += part
        return octets


def pdu(command_id: int, body: bytes = b"", sequence: int = 1, status: int = 0) -> bytes:
    """A PDU with a right length."""
    return struct.pack(">4I", 16 + len(body), command_id, status, sequence) + body


def bind(system_id: str, password: str, command: int = BIND_TRANSCEIVER, sequence: int = 1) -> bytes:
    """A bind as SMPP 3.4."""
    body = c_string(system_id) + c_string(password) + c_string("") + b"\x34\x00\x00" + c_string("")
    return pdu(command, body, sequence)


def submit_sm(
    *,
    command: int = SUBMIT_SM,
    sequence: int = 2,
    service_type: str = "",
    source: str = "1234",
    source_ton: int = 0,
    destination: str = "628123456789",
    destination_ton: int = 1,
    destination_npi: int = 1,
    esm_class: int = 0,
    priority: int = 0,
    schedule: str = "",
    validity: str = "",
    registered_delivery: int = 0,
    replace: int = 0,
    data_coding: int = 0,
    text: bytes = b"halo",
    sm_length: int | None = None,
    tlvs: bytes = b"",
) -> bytes:
    """A submit_sm (or a deliver_sm, by `command`), right unless told otherwise."""
    length = len(text) if sm_length is None else sm_length
    body = (
        c_string(service_type)
        + bytes([source_ton, 1])
        + c_string(source)
        + bytes([destination_ton, destination_npi])
        + c_string(destination)
        + bytes([esm_class, 0, priority])
        + c_string(schedule)
        + c_string(validity)
        + bytes([registered_delivery, replace, data_coding, 0, length])
        + text
        + tlvs
    )
    return pdu(command, body, sequence)


def tlv(tag: int, value: bytes, length: int | None = None) -> bytes:
    """A TLV; `length` may lie."""
    return struct.pack(">HH", tag, len(value) if length is None else length) + value


def c_string(text: str) -> bytes:
    return text.encode("latin-1") + b"\0"
