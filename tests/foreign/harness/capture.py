"""Wireshark: captures the loopback traffic of given ports and decodes it."""

from __future__ import annotations

import json
import shutil
import signal
import socket
import struct
import subprocess
import threading
from pathlib import Path

from .waiting import DEADLINE_S

PCAP_HEADER_OCTETS = 24
RECORD_HEADER = struct.Struct("<4I")


class Capture:
    """Captures from its start to its stop, and no packet less.

    Marks, datagrams to a port of our own, are sent in the same stream of packets: when the first
    one shows, everything after it is captured, and when the last one shows, nothing before it is
    missing.
    """

    def __init__(self, path: Path, ports: list[int]) -> None:
        dumpcap = shutil.which("dumpcap")
        assert dumpcap, "dumpcap is missing: run scripts/test.sh"
        self.path, self.ports = path, ports
        self._marks = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._marks.bind(("127.0.0.1", 0))
        tcp = " or ".join(f"tcp port {port}" for port in ports)
        wanted = f"{tcp} or udp dst port {self._marks.getsockname()[1]}"
        self._process = subprocess.Popen(
            [dumpcap, "-q", "-i", "lo", "-P", "-w", "-", "-f", wanted],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )
        self._seen: set[bytes] = set()
        self._changed = threading.Condition()
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()
        try:
            self._mark(b"first mark")
        except BaseException:
            self._end()
            raise

    def stop(self) -> None:
        """Ends the capture once everything that was sent so far is in it."""
        try:
            self._mark(b"last mark")
        finally:
            self._end()

    def pdus(self, sender: str = "tcp") -> list[dict]:
        """Every SMPP PDU that Wireshark sees of `sender` (a display filter), as fields by their names in Wireshark."""
        packets = self._tshark(f"({sender}) && smpp")
        return [pdu for packet in packets for pdu in _as_list(packet["_source"]["layers"]["smpp"])]

    def headers(self, sender: str = "tcp") -> list[list[tuple[str, str]]]:
        """The fields of every user data header in what `sender` (a display filter) sent, in order, flat."""
        packets = self._tshark(f"({sender}) && gsm_sms_ud")
        headers = [header for packet in packets for header in _as_list(packet["_source"]["layers"]["gsm_sms_ud"])]
        return [_fields(header) for header in headers]

    def complaints(self, sender: str) -> list[str]:
        """What Wireshark calls malformed, or an error, in what `sender` (a display filter) sent."""
        found = self._tshark(f"({sender}) && smpp && (_ws.malformed || _ws.expert.severity == error)")
        # What does not even look like SMPP is no smpp packet at all.
        found += self._tshark(f"({sender}) && tcp.len > 0 && !smpp && !({TCP_MATTERS})")
        return [json.dumps(packet["_source"]["layers"]) for packet in found]

    def reassembled(self) -> list[tuple[int, int]]:
        """The long messages that Wireshark puts together: how many segments, and octets without headers."""
        messages = [dict(_flat(packet)) for packet in self._tshark("gsm_sms_ud.fragment.count", "-2")]
        return [
            (int(message["gsm_sms_ud.fragment.count"]), int(message["gsm_sms_ud.reassembled.length"]))
            for message in messages
        ]

    def _tshark(self, display: str, *options: str) -> list[dict]:
        tshark = shutil.which("tshark")
        assert tshark, "tshark is missing: run scripts/test.sh"
        decode_as = [word for port in self.ports for word in ("-d", f"tcp.port=={port},smpp")]
        command = [tshark, "-r", str(self.path), *decode_as, *options, "-Y", display, "-T", "json", "--no-duplicate-keys"]
        run = subprocess.run(command, capture_output=True, text=True, timeout=DEADLINE_S)
        assert run.returncode == 0, run.stderr
        return json.loads(run.stdout)

    def _mark(self, text: bytes) -> None:
        """Sends a mark until it shows in the capture."""
        with self._changed:
            for _ in range(MARKS_MAX):
                self._marks.sendto(text, self._marks.getsockname())
                if self._changed.wait_for(lambda: text in self._seen or not self._reader.is_alive(), MARK_S):
                    break
            else:
                raise AssertionError("dumpcap captures nothing on the loopback interface")
        if text not in self._seen:
            raise AssertionError(f"cannot capture on the loopback interface: {self._process.stderr.read().decode()}")

    def _end(self) -> None:
        if self._process.poll() is None:
            self._process.send_signal(signal.SIGINT)
        self._reader.join(DEADLINE_S)
        self._process.wait(DEADLINE_S)
        self._process.stderr.close()
        self._process.stdout.close()
        self._marks.close()

    def _read(self) -> None:
        """Copies what dumpcap writes to the file, packet by packet, and looks for marks."""
        stream = self._process.stdout
        try:
            with self.path.open("wb") as file:
                file.write(_exactly(stream, PCAP_HEADER_OCTETS))
                while True:
                    header = _exactly(stream, RECORD_HEADER.size)
                    packet = _exactly(stream, RECORD_HEADER.unpack(header)[2])
                    file.write(header + packet)
                    self._note(packet)
        except EOFError:
            pass
        finally:
            with self._changed:
                self._changed.notify_all()

    def _note(self, packet: bytes) -> None:
        for mark in (b"first mark", b"last mark"):
            if packet.endswith(mark):
                with self._changed:
                    self._seen.add(mark)
                    self._changed.notify_all()


def free_port() -> int:
    """A port that nobody listens on at the moment, for those who must know it beforehand."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def _exactly(stream, count: int) -> bytes:
    octets = stream.read(count)
    if len(octets) < count:
        raise EOFError
    return octets


def _as_list(value) -> list:
    return value if isinstance(value, list) else [value]


def _fields(header: dict) -> list[tuple[str, str]]:
    """Every field without others in it, with its name as far as it is of short messages."""
    return [(name.rpartition(".")[2], value) for name, value in _flat(header) if isinstance(value, str)]


def _flat(value):
    """Every field at any depth with its name."""
    if isinstance(value, dict):
        for key, inner in value.items():
            yield key, inner
            yield from _flat(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _flat(inner)


#: Packets that carry no whole PDU of their own, for reasons that are TCP's.
TCP_MATTERS = "tcp.reassembled_in || tcp.segment || tcp.analysis.retransmission"
MARK_S = 0.1
MARKS_MAX = 300
