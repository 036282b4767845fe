"""The gateway as the client of a message centre on Perl's Net::SMPP, which does not say which version it speaks."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from harness import config, receipt
from harness.esme import RECEIPT
from harness.peer import Peer

SCRIPT = Path(__file__).parent / "perl" / "smsc.pl"
TO_TELCO = {"from": {"link": "bank"}, "to": ["telco-a"]}
TO_BANK = {"match": {"destination": "1234"}, "to": ["bank"]}


@pytest.fixture
def smsc(start_gateway):
    """A message centre on that library; the gateway stops before it does."""
    perl = shutil.which("perl")
    assert perl, "perl is missing: run scripts/test.sh"
    smsc = Peer([perl, str(SCRIPT)])
    yield smsc
    smsc.stop()


@pytest.fixture
def bind(smsc, start_gateway, start_esme):
    """Binds an ESME to a gateway between both; more is said of the SMSC."""

    def bind(**more):
        port = smsc.expect("listening")[0]["port"]
        gateway = start_gateway(
            smsc=[config.smsc(port, **more)], account=[config.BANK], route=[TO_TELCO, TO_BANK]
        )
        smsc.expect("bound", interface_version=0x34)
        return start_esme(gateway)

    return bind


def test_messages_of_all_alphabets_arrive_and_their_receipts_come_back(smsc, bind):
    # its ids are hexadecimal, in responses and receipts
    session = bind()
    texts = {0: b"halo \x1be", 8: "Привет 😀".encode("utf-16-be"), 3: b"caf\xe9", 4: b"\x00\xff"}
    ids = [
        session.accepted("628111", text, data_coding=coding, registered_delivery=RECEIPT)
        for coding, text in texts.items()
    ]
    submits = smsc.expect("submit", len(texts))
    assert {submit["data_coding"]: bytes.fromhex(submit["short_message"]) for submit in submits} == texts
    told = [receipt.read(session.next_delivery().short_message) for _ in ids]
    assert {(said.id, said.stat) for said in told} == {(message_id, "DELIVRD") for message_id in ids}
    smsc.expect("deliver_resp", len(ids), status=0)


def test_who_says_nothing_of_its_version_gets_no_tlvs(smsc, bind):
    # V-1, V-5, N-4
    session = bind()
    session.accepted("628111", b"numbered", user_message_reference=7)
    message_id = session.accepted("628111", None, message_payload=b"0123456789" * 40, registered_delivery=RECEIPT)
    submits = smsc.expect("submit", 4)
    assert {submit["tlvs"] for submit in submits} == {""}
    parts = [bytes.fromhex(submit["short_message"]) for submit in submits[1:]]
    assert [part[:3] + part[4:6] for part in parts] == [bytes([5, 0, 3, 3, number]) for number in (1, 2, 3)]
    assert b"".join(part[6:] for part in parts) == b"0123456789" * 40
    said = receipt.read(session.next_delivery().short_message)
    assert (said.id, said.sub, said.dlvrd) == (message_id, "003", "003")


def test_it_gets_tlvs_where_the_configuration_says_that_it_knows_them(smsc, bind):
    # V-5
    bind(unstated_version="3.4").accepted("628111", b"numbered", user_message_reference=7)
    assert smsc.expect("submit")[0]["tlvs"] == "user_message_reference"


def test_what_a_mobile_sends_there_reaches_the_esme_here(smsc, bind):
    # W-7
    session = bind(enquire_link_s=1)
    smsc.expect("enquire_link")
    text = "Привет".encode("utf-16-be")
    mobile = {"source_addr": "628111", "source_addr_ton": 1, "source_addr_npi": 1, "destination_addr": "1234"}
    answer = smsc.ask("deliver_sm", **mobile, data_coding=8, short_message=text.hex())
    assert answer["status"] == 0
    came = session.next_delivery()
    assert (came.source_addr, came.destination_addr, came.short_message) == (b"628111", b"1234", text)
