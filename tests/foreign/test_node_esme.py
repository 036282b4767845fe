"""An ESME on Node's library."""

from __future__ import annotations

from harness import receipt


def test_it_binds_submits_and_gets_its_receipt(node_esme, smsc):
    esme = node_esme()
    [bound] = esme.expect("bind_resp")
    assert (bound["status"], bound["system_id"], bound["sc_interface_version"]) == (0, "estafet", 0x50)
    answer = esme.ask(
        "submit",
        source_addr="1234",
        destination_addr="628111",
        dest_addr_ton=1,
        dest_addr_npi=1,
        short_message="Halo {dunia} €",
        registered_delivery=1,
    )
    assert answer["status"] == 0
    [submit] = smsc.submits()
    assert submit["text"] == "Halo {dunia} €"
    [delivery] = esme.expect("deliver")
    said = receipt.read(delivery["text"])
    assert said.id == answer["message_id"] == delivery["receipted_message_id"]
    assert delivery["message_state"] == receipt.DELIVERED
    assert esme.ask("enquire")["status"] == 0
    assert esme.ask("unbind")["status"] == 0
    esme.expect("closed")


def test_a_transmitter_and_a_receiver_share_the_work(node_esme):
    sender, listener = node_esme("transmitter"), node_esme("receiver")
    listener.expect("bind_resp", status=0)
    answers = [
        sender.ask(
            "submit", source_addr="1234", destination_addr="628111", short_message="ж" * 30, registered_delivery=1
        )
        for _ in range(20)
    ]
    assert {answer["status"] for answer in answers} == {0}
    told = [receipt.read(delivery["text"]).id for delivery in listener.expect("deliver", 20)]
    assert sorted(told) == sorted(answer["message_id"] for answer in answers)
    assert not sender.events("deliver")
