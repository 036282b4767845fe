"""SMPP by hand: octets on a raw socket, for what no library would send."""

from __future__ import annotations

import socket
import struct
import time
from dataclasses import dataclass
from typing import Self

from .waiting import DEADLINE_S

BIND_RECEIVER, BIND_TRANSMITTER, BIND_TRANSCEIVER, OUTBIND = 0x01, 0x02, 0x09, 0x0B
QUERY_SM, SUBMIT_SM, DELIVER_SM, REPLACE_SM, CANCEL_SM = 0x03, 0x04, 0x05, 0x07, 0x08
UNBIND, ENQUIRE_LINK = 0x06, 0x15
SUBMIT_MULTI, ALERT_NOTIFICATION, DATA_SM = 0x21, 0x102, 0x103
BROADCAST_SM, QUERY_BROADCAST_SM, CANCEL_BROADCAST_SM = 0x111, 0x112, 0x113
GENERIC_NACK = 0x80000000
RESPONSE = 0x80000000


@dataclass(frozen=True)
class Reply:
    """A PDU as it came."""

    command_id: int
    status: int
    sequence: int
    body: bytes

    @property
    def message_id(self) -> str:
        """The C-octet string that the body begins with."""
        return self.body.split(b"\0", 1)[0].decode("latin-1")


class Line:
    """One end of a connection on which anything can be said."""

    def __init__(self, connected: socket.socket) -> None:
        self._socket = connected
        self._socket.settimeout(DEADLINE_S)
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def __enter__(self) -> Self:
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

    def hear_until(self, command_id: int) -> Reply:
        """The next PDU of a kind; what comes before it is dropped, but enquiries are answered."""
        while (heard := self.hear()).command_id != command_id:
            if heard.command_id == ENQUIRE_LINK:
                self.say(pdu(ENQUIRE_LINK | RESPONSE, sequence=heard.sequence))
        return heard

    def close(self) -> None:
        """Hangs up without a word."""
        self._socket.close()

    def hang_up(self) -> None:
        """Hangs up at once, also for those who are talking or listening on other threads."""
        try:
            self._socket.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass  # the other side was first

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


class Wire(Line):
    """The end of an ESME; `address` is the one that it comes from."""

    def __init__(self, port: int, address: str = "127.0.0.1") -> None:
        super().__init__(socket.create_connection(("127.0.0.1", port), DEADLINE_S, source_address=(address, 0)))

    def bind(
        self, system_id: str, password: str, command: int = BIND_TRANSCEIVER, version: int = 0x34
    ) -> Reply:
        """Binds, as SMPP 3.4 unless told otherwise."""
        return self.ask(bind(system_id, password, command, version=version))


class RawSmsc:
    """A message centre that says what the test has it say: it only listens."""

    def __init__(self) -> None:
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._listener.settimeout(DEADLINE_S)
        self.port: int = self._listener.getsockname()[1]
        self._lines: list[Line] = []

    def accept(self) -> Line:
        """The next connection."""
        line = Line(self._listener.accept()[0])
        self._lines.append(line)
        return line

    def bound(self, version: int | None = 0x34) -> Line:
        """The next connection, once its bind is taken; `version` is what we say that we speak, if anything."""
        line = self.accept()
        bind = line.hear()
        assert bind.command_id in (BIND_RECEIVER, BIND_TRANSMITTER, BIND_TRANSCEIVER)
        said = b"" if version is None else tlv(0x0210, bytes([version]))
        line.say(pdu(bind.command_id | RESPONSE, c_string("raw") + said, bind.sequence))
        return line

    def stop(self) -> None:
        self._listener.close()
        for line in self._lines:
            line.close()


def pdu(command_id: int, body: bytes = b"", sequence: int = 1, status: int = 0) -> bytes:
    """A PDU with a right length."""
    return struct.pack(">4I", 16 + len(body), command_id, status, sequence) + body


def bind(
    system_id: str,
    password: str,
    command: int = BIND_TRANSCEIVER,
    sequence: int = 1,
    version: int = 0x34,
    address_range: str = "",
) -> bytes:
    """A bind, as SMPP 3.4 unless told otherwise."""
    body = c_string(system_id) + c_string(password) + c_string("") + bytes([version, 0, 0])
    return pdu(command, body + c_string(address_range), sequence)


def submit_sm(
    *,
    command: int = SUBMIT_SM,
    sequence: int = 2,
    service_type: str = "",
    source: str = "1234",
    source_ton: int = 0,
    source_npi: int = 1,
    destination: str = "628123456789",
    destination_ton: int = 1,
    destination_npi: int = 1,
    esm_class: int = 0,
    protocol_id: int = 0,
    priority: int = 0,
    schedule: str = "",
    validity: str = "",
    registered_delivery: int = 0,
    replace: int = 0,
    data_coding: int = 0,
    default_message: int = 0,
    text: bytes = b"halo",
    sm_length: int | None = None,
    tlvs: bytes = b"",
) -> bytes:
    """A submit_sm (or a deliver_sm, by `command`), right unless told otherwise."""
    length = len(text) if sm_length is None else sm_length
    body = (
        c_string(service_type)
        + bytes([source_ton, source_npi])
        + c_string(source)
        + bytes([destination_ton, destination_npi])
        + c_string(destination)
        + bytes([esm_class, protocol_id, priority])
        + c_string(schedule)
        + c_string(validity)
        + bytes([registered_delivery, replace, data_coding, default_message, length])
        + text
        + tlvs
    )
    return pdu(command, body, sequence)


def tlv(tag: int, value: bytes, length: int | None = None) -> bytes:
    """A TLV; `length` may lie."""
    return struct.pack(">HH", tag, len(value) if length is None else length) + value


def c_string(text: str) -> bytes:
    return text.encode("latin-1") + b"\0"
