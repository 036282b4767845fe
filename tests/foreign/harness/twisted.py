"""A message centre on Python's `smpp.twisted3`, the library that Jasmin is built on."""

from __future__ import annotations

import sys
from pathlib import Path

from .peer import Peer

SCRIPT = Path(__file__).resolve().parents[1] / "python" / "smsc.py"


class TwistedSmsc(Peer):
    """It takes binds and submits, gives ids, sends receipts and messages of mobiles.

    Settings: `port` (default: a free one), `password`, `enquire_link_s` (how long a session may be silent until it asks;
    default: it never asks).
    """

    def __init__(self, **settings) -> None:
        super().__init__([sys.executable, str(SCRIPT)], **settings)
        self.port: int = self.expect("listening")[0]["port"]

    def submits(self, count: int = 1, **fields) -> list[dict]:
        """The first `count` submits with these fields."""
        return self.expect("submit", count, **fields)

    def mobile_sends(self, source: str, destination: str, octets: bytes, data_coding: int = 0) -> dict:
        """Delivers a mobile's message; returns the answer."""
        return self.ask(
            "deliver",
            source_addr=source,
            destination_addr=destination,
            short_message=octets.hex(),
            data_coding=data_coding,
        )
