"""What a message centre on Node's library says of messages that it has: receipts and acknowledgements of all kinds."""

from __future__ import annotations

import pytest

from harness import config, receipt
from harness.esme import RECEIPT

TO_TELCO = {"from": {"link": "bank"}, "to": ["telco-a"]}
TO_BANK = {"match": {"destination": "1234"}, "to": ["bank"]}

MESSAGE_TYPE = 0x3C
SMSC_RECEIPT, DELIVERY_ACK, USER_ACK, ABORT = 0x04, 0x08, 0x10, 0x18
#: A receipt and an intermediate notification at once.
BOTH = 0x24
#: message_state of SMPP 5.0: not tried yet.
SCHEDULED = 0


@pytest.fixture
def smsc(start_smsc):
    """A message centre that sends the receipts that it is told to."""
    return start_smsc(receipts=False)


@pytest.fixture
def gateway(smsc, start_gateway):
    """The gateway between that message centre and the bank."""
    gateway = start_gateway(smsc=[config.smsc(smsc.port)], account=[config.BANK], route=[TO_TELCO, TO_BANK])
    smsc.expect("bound")
    return gateway


@pytest.fixture
def sent(smsc, bind):
    """A session of the bank, the id of its message, and that which the message centre gave it."""
    session = bind()
    message_id = session.accepted("628111", b"hello", registered_delivery=RECEIPT)
    return session, message_id, smsc.submits()[0]["message_id"]


def says(smsc, esm_class: int, text: str, **more) -> None:
    """Delivers something about a message; it must be taken."""
    assert smsc.mobile_sends("628111", "1234", text, esm_class=esm_class, **more)["status"] == 0


def told(session) -> tuple[str, str]:
    """The id and the state of the next delivery, which must be a receipt."""
    delivery = session.next_delivery()
    assert delivery.esm_class & MESSAGE_TYPE == SMSC_RECEIPT
    said = receipt.read(delivery.short_message)
    return said.id, said.stat


def test_a_state_that_there_is_not_ends_nothing(gateway, smsc, sent):
    # V-3
    session, message_id, remote_id = sent
    says(smsc, SMSC_RECEIPT, f"id:{remote_id} stat:PERHAPS err:000", receipted_message_id=remote_id, message_state=77)
    says(smsc, SMSC_RECEIPT, f"id:{remote_id} err:000", receipted_message_id=remote_id)
    says(smsc, SMSC_RECEIPT, f"id:{remote_id} stat:SCHEDULED", message_state=SCHEDULED)
    assert gateway.metric("estafet_receipts_unreadable_total", link="telco-a") == 2
    event = gateway.expect_log("a receipt cannot be applied", "telco-a")
    assert "PERHAPS" not in str(event)
    says(smsc, SMSC_RECEIPT, f"id:{remote_id} stat:DELIVRD err:000", message_state=receipt.DELIVERED)
    assert told(session) == (message_id, "DELIVRD")
    assert not session.delivered


def test_acknowledgements_of_one_message_are_told_each(smsc, sent):
    session, _, remote_id = sent
    kinds = [DELIVERY_ACK, USER_ACK, ABORT]
    for kind in kinds:
        says(smsc, kind, "seen", receipted_message_id=remote_id)
    for kind in kinds:
        delivery = session.next_delivery()
        assert (delivery.esm_class & MESSAGE_TYPE, delivery.short_message) == (kind, b"seen")
        assert not delivery.receipted_message_id, "the bank does not know that id"


@pytest.mark.parametrize(("stat", "state"), [("DELIVRD", 2), ("UNDELIV", 5)])
def test_what_says_to_be_a_receipt_and_a_notification_is_what_its_state_says(smsc, sent, stat, state):
    # B-1, R-2
    session, message_id, remote_id = sent
    says(smsc, BOTH, f"id:{remote_id} stat:ENROUTE err:000", message_state=1)
    says(smsc, BOTH, f"id:{remote_id} stat:{stat} err:000", message_state=state)
    assert told(session) == (message_id, stat)
    assert not session.delivered
