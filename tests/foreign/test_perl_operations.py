"""Every operation that Perl's Net::SMPP knows, as an ESME."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path

import pytest

from harness import config
from harness.waiting import DEADLINE_S
from harness.wire import (
    CANCEL_SM,
    DATA_SM,
    ENQUIRE_LINK,
    QUERY_SM,
    REPLACE_SM,
    RESPONSE,
    SUBMIT_MULTI,
    SUBMIT_SM,
    UNBIND,
)

SCRIPT = Path(__file__).parent / "perl" / "operations.pl"
ADDRESSES = {"source_addr": "1234", "source_addr_npi": 1, "dest_addr_ton": 1, "destination_addr": "628111"}


@pytest.mark.parametrize("mode", ["transmitter", "receiver", "transceiver"])
def test_it_binds_in_every_mode(gateway, mode):
    # V-5
    bound, enquired, unbound = does(gateway.smpp_port, ["enquire_link", {}], ["unbind", {}], mode=mode)
    assert (bound["status"], bound["system_id"]) == (0, "estafet")
    assert (enquired["command"], enquired["status"]) == (ENQUIRE_LINK | RESPONSE, 0)
    assert (unbound["command"], unbound["status"]) == (UNBIND | RESPONSE, 0)


def test_its_operations_are_done(gateway, smsc):
    # O-3, O-4, O-7, T-1
    _, submitted, several, data = does(
        gateway.smpp_port,
        ["submit_sm", {**ADDRESSES, "short_message": "plain", "user_message_reference": "\x12\x34"}],
        ["submit_multi", {**ADDRESSES, "destination_addr": ["628112", "628113"], "short_message": "to both"}],
        ["data_sm", {**ADDRESSES, "message_payload": "in a TLV"}],
    )
    assert [answer["status"] for answer in (submitted, several, data)] == [0, 0, 0]
    commands = [answer["command"] ^ RESPONSE for answer in (submitted, several, data)]
    assert commands == [SUBMIT_SM, SUBMIT_MULTI, DATA_SM]
    assert several["num_unsuccess"] == 0
    submits = {submit["destination_addr"] + " " + submit["text"]: submit for submit in smsc.submits(4)}
    assert sorted(submits) == ["628111 in a TLV", "628111 plain", "628112 to both", "628113 to both"]
    assert submits["628111 plain"]["user_message_reference"] == 0x1234
    message_id = submitted["message_id"]
    _, asked = does(gateway.smpp_port, ["query_sm", {"message_id": message_id, "source_addr": "1234"}])
    assert (asked["command"], asked["status"]) == (QUERY_SM | RESPONSE, 0)
    assert (asked["message_id"], asked["error_code"]) == (message_id, 0)


def test_a_message_that_waits_is_replaced_and_cancelled(gateway, smsc):
    # O-5, O-6
    waiting = {**ADDRESSES, "short_message": "old", "schedule_delivery_time": "000001000000000R"}
    _, submitted = does(gateway.smpp_port, ["submit_sm", waiting])
    named = {"message_id": submitted["message_id"], "source_addr": "1234"}
    _, replaced, cancelled, again = does(
        gateway.smpp_port,
        ["replace_sm", {**named, "short_message": "new"}],
        ["cancel_sm", {**named, "destination_addr": "628111"}],
        ["cancel_sm", {**named, "destination_addr": "628111"}],
    )
    assert [answer["status"] for answer in (replaced, cancelled, again)] == [0, 0, 0x11]
    assert [answer["command"] ^ RESPONSE for answer in (replaced, cancelled)] == [REPLACE_SM, CANCEL_SM]
    assert not smsc.events("submit")


def does(port: int, *operations: list, mode: str = "transceiver") -> list[dict]:
    """Has the ESME bind and do this; returns what it is answered."""
    perl = shutil.which("perl")
    assert perl, "perl is missing: run scripts/test.sh"
    command = [perl, str(SCRIPT), mode, str(port), config.BANK["name"], config.BANK["password"]]
    lines = "".join(json.dumps(operation) + "\n" for operation in operations)
    run = subprocess.run(command, input=lines, capture_output=True, text=True, timeout=2 * DEADLINE_S)
    assert run.returncode == 0, run.stderr
    assert not run.stderr
    return [json.loads(line) for line in run.stdout.splitlines()]
