"""Peers that are programs of their own, driven by lines of JSON."""

from __future__ import annotations

import json
import subprocess
from itertools import count
from pathlib import Path

from .waiting import DEADLINE_S, follow


class Peer:
    """A process that says what happens to it and does as it is told; `command` ends with its script."""

    def __init__(self, command: list[str], **settings) -> None:
        self._process = subprocess.Popen(
            [*command, json.dumps(settings)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            encoding="utf-8",
        )
        self._events = follow(Path(command[-1]).name, self._process.stdout, json.loads)
        self._references = (str(number) for number in count(1))

    def tell(self, do: str, **what) -> None:
        """Gives a command."""
        self._process.stdin.write(json.dumps({"do": do, **what}) + "\n")
        self._process.stdin.flush()

    def ask(self, do: str, **what) -> dict:
        """Gives a command and waits for the event that answers it."""
        reference = next(self._references)
        self.tell(do, ref=reference, **what)
        return self._events.expect(lambda event: event.get("ref") == reference, f"answers to {do}")

    def events(self, kind: str) -> list[dict]:
        """All events of a kind so far."""
        return [event for event in self._events.items() if event["event"] == kind]

    def expect(self, kind: str, count: int = 1, **fields) -> list[dict]:
        """The first `count` events of a kind with these fields; waits for them."""
        def wanted(event) -> bool:
            return event["event"] == kind and all(event.get(key) == value for key, value in fields.items())

        return self._events.collect(wanted, count, f"{kind} events with {fields}")

    def stop(self) -> None:
        """Ends the process, which closes its connections; nothing to do if it has ended before."""
        if self._process.stdin.closed:
            return
        print(f"--- {self._events.name}, {len(self._events.items())} events")
        for event in self._events.items()[-SHOWN_EVENTS:]:
            print(json.dumps(event))
        self._process.stdin.close()
        try:
            self._process.wait(timeout=DEADLINE_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait(timeout=DEADLINE_S)
        self._events.await_end()


SHOWN_EVENTS = 100
