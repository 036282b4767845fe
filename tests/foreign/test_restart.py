"""What was acknowledged survives kill -9, and still reaches its owner."""

from __future__ import annotations

from harness import config, receipt
from harness.esme import RECEIPT


def test_messages_and_their_receipts_survive_kill_9(start_smsc, start_gateway, start_esme):
    smsc = start_smsc()
    sections = {
        "smsc": [config.smsc(smsc.port)],
        "account": [config.BANK],
        "route": [{"from": {"link": "bank"}, "to": ["telco-a"]}],
    }
    gateway = start_gateway(**sections)
    smsc.expect("bound")
    smsc.stop()
    session = start_esme(gateway)
    texts = [b"kept %d" % number for number in range(20)]
    ids = [session.accepted("628111", text, registered_delivery=RECEIPT) for text in texts]
    gateway.kill()
    session.close()

    gateway = start_gateway(**sections)
    smsc = start_smsc(port=smsc.port)
    assert [submit["text"].encode() for submit in smsc.submits(20)] == texts
    session = start_esme(gateway)
    told = [receipt.read(session.next_delivery().short_message).id for _ in ids]
    assert sorted(told) == sorted(ids)
    session.unbind()


def test_an_acknowledged_message_of_a_mobile_survives_kill_9(start_smsc, start_gateway, start_esme):
    # W-7
    smsc = start_smsc()
    sections = {
        "smsc": [config.smsc(smsc.port)],
        "account": [config.BANK],
        "route": [{"match": {"destination": "1234"}, "to": ["bank"]}],
    }
    gateway = start_gateway(**sections)
    smsc.expect("bound")
    assert smsc.mobile_sends("628111", "1234", "do not lose me")["status"] == 0
    gateway.kill()

    gateway = start_gateway(**sections)
    session = start_esme(gateway, "receiver")
    assert session.next_delivery().short_message == b"do not lose me"
    session.unbind()
