"""Receipts on their way back to a Python ESME."""

from __future__ import annotations

import re

from harness import config, receipt
from harness.esme import RECEIPT

SMSC_RECEIPT = 0x04


def test_a_receipt_names_the_id_of_the_response_and_looks_like_appendix_b(bind):
    #
    session = bind()
    message_id = session.accepted("628111", b"Is it there yet, or not?", registered_delivery=RECEIPT)
    assert re.fullmatch("[0-9a-f]{32}", message_id)
    delivery = session.next_delivery()
    assert delivery.esm_class & 0x3C == SMSC_RECEIPT
    assert (delivery.source_addr, delivery.destination_addr) == (b"628111", b"1234")
    assert delivery.data_coding == 0
    said = receipt.read(delivery.short_message)
    assert (said.id, said.stat, said.err) == (message_id, "DELIVRD", "000")
    assert (said.sub, said.dlvrd, said.text) == ("001", "001", "Is it there yet, or ")
    assert delivery.receipted_message_id.rstrip(b"\0").decode() == message_id
    assert delivery.message_state == receipt.DELIVERED


def test_nobody_who_did_not_ask_gets_a_receipt(bind, smsc):
    # B-2
    session = bind()
    session.accepted("628111", b"no receipt, please")
    asked = session.accepted("628111", b"a receipt, please", registered_delivery=RECEIPT)
    assert receipt.read(session.next_delivery().short_message).id == asked
    assert not session.delivered
    assert [submit["registered_delivery"] & 3 for submit in smsc.submits(2)] == [0, 1]


def test_a_failed_delivery_is_told_with_its_state_and_error(start_smsc, start_gateway, start_esme):
    smsc = start_smsc(receipts=False)
    gateway = start_gateway(smsc=[config.smsc(smsc.port)], account=[config.BANK], route=[TO_TELCO])
    session = start_esme(gateway)
    message_id = session.accepted("628111", b"in vain", registered_delivery=RECEIPT)
    [submit] = smsc.submits()
    answer = smsc.ask(
        "receipt",
        id=submit["message_id"],
        source_addr="628111",
        destination_addr="1234",
        stat="UNDELIV",
        state=receipt.UNDELIVERABLE,
        err="027",
    )
    assert answer["status"] == 0
    delivery = session.next_delivery()
    said = receipt.read(delivery.short_message)
    assert (said.id, said.stat, said.dlvrd, said.err) == (message_id, "UNDELIV", "000", "027")
    assert delivery.message_state == receipt.UNDELIVERABLE
    session.unbind()


def test_a_message_that_the_smsc_rejects_is_told_as_rejected(bind, smsc):
    # 0x0B is for good
    smsc.ask("refuse", statuses=[0x0B])
    session = bind()
    message_id = session.accepted("628111", b"unwelcome", registered_delivery=RECEIPT)
    said = receipt.read(session.next_delivery().short_message)
    assert (said.id, said.stat) == (message_id, "REJECTD")


def test_only_failures_are_told_to_those_who_asked_for_failures(bind, smsc):
    # B-2: 2 is "failure only"
    session = bind()
    session.accepted("628111", b"this one arrives", registered_delivery=2)
    smsc.expect("receipt_resp")
    smsc.ask("refuse", statuses=[0x0B])
    failed = session.accepted("628111", b"this one does not", registered_delivery=2)
    assert receipt.read(session.next_delivery().short_message).id == failed
    assert not session.delivered


def test_a_receipt_arrives_at_whichever_receiver_of_the_account_is_there(bind):
    # S-8: the session that submitted cannot receive, and the first receiver is gone
    sender, first = bind("transmitter"), bind("receiver")
    one = sender.accepted("628111", b"one", registered_delivery=RECEIPT)
    assert receipt.read(first.next_delivery().short_message).id == one
    first.unbind()
    second = bind("receiver")
    two = sender.accepted("628111", b"two", registered_delivery=RECEIPT)
    assert receipt.read(second.next_delivery().short_message).id == two


def test_a_receipt_waits_for_its_owner(bind, smsc):
    sender = bind("transmitter")
    message_id = sender.accepted("628111", b"read it later", registered_delivery=RECEIPT)
    sender.unbind()
    smsc.expect("receipt_resp")
    assert receipt.read(bind("receiver").next_delivery().short_message).id == message_id


def test_a_text_id_and_a_receipt_without_tlvs_find_their_message(start_smsc, start_gateway, start_esme):
    # V-5: a message centre that speaks 3.3 and gives ids that are no numbers
    smsc = start_smsc(ids="text", version=0x33)
    gateway = start_gateway(smsc=[config.smsc(smsc.port)], account=[config.BANK], route=[TO_TELCO])
    session = start_esme(gateway)
    message_id = session.accepted("628111", b"old ways", registered_delivery=RECEIPT, user_message_reference=7)
    assert receipt.read(session.next_delivery().short_message).id == message_id
    [submit] = smsc.submits()
    assert submit["message_id"].startswith("Node-")
    assert "user_message_reference" not in submit
    session.unbind()


TO_TELCO = {"from": {"link": "bank"}, "to": ["telco-a"]}
