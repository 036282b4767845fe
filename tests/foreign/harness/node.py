"""Peers on Node's `smpp` library: a message centre and an ESME."""

from __future__ import annotations

import shutil
from pathlib import Path

from .config import BANK
from .peer import Peer

SCRIPTS = Path(__file__).resolve().parents[1] / "node"


class NodePeer(Peer):
    """A script of Node."""

    def __init__(self, script: str, **settings) -> None:
        node = shutil.which("node")
        assert node, "node is missing: run scripts/test.sh"
        assert (SCRIPTS.parent / "node_modules" / "smpp").is_dir(), "npm's smpp is missing: run scripts/test.sh"
        super().__init__([node, str(SCRIPTS / script)], **settings)


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

    def mobile_is_back(self, mobile: str, esme: str, **more) -> None:
        """Sends an alert_notification."""
        numbers = {"source_addr_ton": 1, "source_addr_npi": 1, "esme_addr_ton": 5, "esme_addr_npi": 0}
        self.ask("alert", source_addr=mobile, esme_addr=esme, **numbers, **more)


class NodeEsme(NodePeer):
    """An ESME.

    Settings: `port`, `system_id` and `password` (the bank's unless said otherwise), `mode` (`transceiver` and so on),
    `version`, `ca` (the file of the authority that it trusts: it speaks TLS then).
    """

    def __init__(self, **settings) -> None:
        super().__init__("esme.js", **{"system_id": BANK["name"], "password": BANK["password"], **settings})
