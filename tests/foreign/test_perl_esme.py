"""An ESME on Perl's Net::SMPP."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path

from harness import config, receipt
from harness.waiting import DEADLINE_S

SCRIPT = Path(__file__).parent / "perl" / "esme.pl"


def test_it_binds_submits_gets_its_receipt_and_unbinds(gateway, smsc):
    events = converse(gateway.smpp_port, config.BANK["password"], "from Perl with love")
    assert [event["event"] for event in events] == ["bind_resp", "submit_resp", "deliver", "unbind_resp"]
    bound, submitted, delivery, unbound = events
    assert (bound["status"], bound["system_id"]) == (0, "estafet")
    assert (submitted["status"], unbound["status"]) == (0, 0)
    said = receipt.read(delivery["short_message"])
    assert said.id == submitted["message_id"] == delivery["receipted_message_id"].rstrip("\0")
    assert (said.stat, said.text) == ("DELIVRD", "from Perl with love")
    assert delivery["message_state"] == receipt.DELIVERED
    [submit] = smsc.submits()
    assert submit["text"] == "from Perl with love"


def test_its_wrong_password_is_refused(gateway):
    [bound] = converse(gateway.smpp_port, "wrong", "never sent")
    assert bound["status"] == 0x0D


def converse(port: int, password: str, text: str) -> list[dict]:
    """Runs the ESME and returns what it says."""
    perl = shutil.which("perl")
    assert perl, "perl is missing: run scripts/test.sh"
    command = [perl, str(SCRIPT), str(port), config.BANK["name"], password, "1234", "628111", text]
    run = subprocess.run(command, capture_output=True, text=True, timeout=2 * DEADLINE_S)
    assert run.returncode == 0, run.stderr
    assert not run.stderr
    return [json.loads(line) for line in run.stdout.splitlines()]
