"""Peers on Node's `smpp` library: a message centre and an ESME, driven by lines of JSON."""

from __future__ import annotations

import json
import shutil
import subprocess
from itertools import count
from pathlib import Path

from .config import BANK
from .waiting import DEADLINE_S, follow

SCRIPTS = Path(__file__).resolve().parents[1] / "node"


class NodePeer:
    """A Node process that says what happens to it and does as it is told."""

    def __init__(self, script: str, **settings) -> None:
        node = shutil.which("node")
        assert node, "node is missing: run scripts/test.sh"
        assert (SCRIPTS.parent / "node_modules" / "smpp").is_dir(), "npm's smpp is missing: run scripts/test.sh"
        self._process = subprocess.Popen(
            [node, str(SCRIPTS / script), json.dumps(settings)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            encoding="utf-8",
        )
        self._events = follow(script, self._process.stdout, json.loads)
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


class NodeSmsc(NodePeer):
    """A message centre: takes binds and submits, gives ids, sends receipts and messages of mobiles.

    Settings: `port` (default: a free one), `password`, `ids` and `receipt_ids` (how it writes ids in responses and in
    receipts: `decimal`, `hex`, `HEX` or `text`), `receipts` (a receipt for each submit that asks for one; default true),
    `early` (the receipt comes before the response), `version` (what it claims to speak; default 0x34), `certificate` and
    `key` (files: it speaks TLS then).
    """

    def __init__(self, **settings) -> None:
        super().__init__("smsc.js", **settings)
        self.port: int = self.expect("listening")[0]["port"]

    def submits(self, count: int = 1, **fields) -> list[dict]:
        """The first `count` submits with these fields."""
        return self.expect("submit", count, **fields)

    def mobile_sends(self, source: str, destination: str, text: str, **more) -> dict:
        """Delivers a mobile's message; returns the answer."""
        return self.ask("deliver", source_addr=source, destination_addr=destination, short_message=text, **more)


class NodeEsme(NodePeer):
    """An ESME.

    Settings: `port`, `system_id` and `password` (the bank's unless said otherwise), `mode` (`transceiver` and so on),
    `version`, `ca` (the file of the authority that it trusts: it speaks TLS then).
    """

    def __init__(self, **settings) -> None:
        super().__init__("esme.js", **{"system_id": BANK["name"], "password": BANK["password"], **settings})


SHOWN_EVENTS = 100
