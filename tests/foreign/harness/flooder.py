"""One who floods, in a process of his own: sessions that say the same again and again until told to end."""

from __future__ import annotations

import os
import selectors
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from .waiting import DEADLINE_S

#: How much is written and read at once.
CHUNK_OCTETS = 64 * 1024


@contextmanager
def flooding(port: int, first: bytes, then: bytes, sessions: int, reads: bool, times_min: int) -> Iterator[None]:
    """While this lasts, and `times_min` times at least, each session says `then`, after `first`.

    What is answered is heard, or left unread. A session that is hung up on is over.
    """
    command = [sys.executable, "-m", "harness.flooder", str(port), first.hex(), str(sessions), str(times_min)]
    process = subprocess.Popen(
        [*command, "reads" if reads else "deaf"],
        cwd=Path(__file__).resolve().parents[1],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        process.stdin.write(then.hex() + "\n")
        process.stdin.flush()
        assert process.stdout.readline() == "flooding\n"
        yield
    finally:
        process.stdin.close()
        try:
            code = process.wait(DEADLINE_S)
        except subprocess.TimeoutExpired:
            process.kill()
            raise
        finally:
            process.stdout.close()
    assert code == 0


def main(port: str, first: str, sessions: str, times_min: str, manner: str) -> None:
    os.nice(5)
    then = bytes.fromhex(sys.stdin.readline())
    over = threading.Event()
    threading.Thread(target=lambda: (sys.stdin.read(), over.set()), daemon=True).start()
    flood = Flood(int(port), bytes.fromhex(first), then, int(sessions), manner == "reads")
    print("flooding", flush=True)
    while flood.goes_on and not (over.is_set() and (manner == "deaf" or flood.times >= int(times_min))):
        flood.step()


class Flood:
    """All sessions of one who floods."""

    def __init__(self, port: int, first: bytes, then: bytes, sessions: int, reads: bool) -> None:
        # Whole PDUs, many at a time, for few calls.
        self._then = then * max(1, CHUNK_OCTETS // len(then))
        self._reads = reads
        self._left: dict[socket.socket, memoryview] = {}
        self._selector = selectors.DefaultSelector()
        self.times = 0
        for _ in range(sessions):
            connection = socket.create_connection(("127.0.0.1", port), DEADLINE_S)
            connection.setblocking(False)
            self._left[connection] = memoryview(first)
            self._selector.register(connection, selectors.EVENT_WRITE | (selectors.EVENT_READ if reads else 0))

    @property
    def goes_on(self) -> bool:
        """Whether anybody is still there."""
        return bool(self._left)

    def step(self) -> None:
        """Writes and reads what there is room and need for."""
        for key, events in self._selector.select(timeout=0.2):
            try:
                if events & selectors.EVENT_READ and not key.fileobj.recv(CHUNK_OCTETS):
                    raise ConnectionResetError
                if events & selectors.EVENT_WRITE:
                    self._write(key.fileobj)
            except BlockingIOError:
                pass
            except ConnectionError:
                self._selector.unregister(key.fileobj)
                del self._left[key.fileobj]
                key.fileobj.close()

    def _write(self, connection: socket.socket) -> None:
        left = self._left[connection]
        if not left:
            left = memoryview(self._then)
            self.times += 1
        self._left[connection] = left[connection.send(left) :]


if __name__ == "__main__":
    main(*sys.argv[1:])
