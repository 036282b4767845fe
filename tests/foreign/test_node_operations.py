"""Every operation that Node's library knows, as an ESME and as a message centre."""

from __future__ import annotations

import pytest

from harness import config, receipt
from harness.provider import Answer

TO_TELCO = {"from": {"link": "bank"}, "to": ["telco-a"]}
TO_BANK = {"match": {"destination": "1234"}, "to": ["bank"]}
FROM_1234 = {"source_addr": "1234", "source_addr_npi": 1}
TO_628111 = {"destination_addr": "628111", "dest_addr_ton": 1, "dest_addr_npi": 1}


@pytest.mark.parametrize("mode", ["transmitter", "receiver", "transceiver"])
def test_it_binds_in_every_mode(node_esme, mode):
    # V-2, V-5
    esme = node_esme(mode)
    [bound] = esme.expect("bind_resp")
    assert (bound["status"], bound["system_id"]) == (0, "estafet")
    assert esme.ask("unbind")["status"] == 0


def test_a_message_to_several(node_esme, smsc):
    # O-3
    esme = node_esme()
    esme.expect("bind_resp", status=0)
    destinations = [{"destination_addr": number, "dest_addr_ton": 1} for number in ("628111", "bad", "628113")]
    answer = esme.ask(
        "request", command="submit_multi", **FROM_1234, dest_address=destinations, short_message="to all"
    )
    assert (answer["command"], answer["status"]) == ("submit_multi_resp", 0)
    [failed] = answer["unsuccess_sme"]
    assert (failed["destination_addr"], failed["error_status_code"]) == ("bad", 0x0B)
    assert {submit["destination_addr"] for submit in smsc.submits(2)} == {"628111", "628113"}


def test_a_message_in_data_sm(node_esme, smsc):
    # O-7
    esme = node_esme()
    esme.expect("bind_resp", status=0)
    answer = esme.ask("request", command="data_sm", **FROM_1234, **TO_628111, message_payload="in a TLV")
    assert (answer["command"], answer["status"]) == ("data_sm_resp", 0)
    [submit] = smsc.submits()
    assert submit["text"] == "in a TLV"


def test_the_state_of_a_message(node_esme, smsc):
    # O-4
    esme = node_esme()
    esme.expect("bind_resp", status=0)
    message_id = esme.ask("submit", **FROM_1234, **TO_628111, short_message="state?", registered_delivery=1)["message_id"]
    esme.expect("deliver")
    asked = {"command": "query_sm", "message_id": message_id, **FROM_1234}
    answer = esme.ask("request", **asked)
    assert (answer["command"], answer["status"], answer["message_id"]) == ("query_sm_resp", 0, message_id)
    assert answer["message_state"] == receipt.DELIVERED
    assert esme.ask("request", **{**asked, "message_id": "f" * 32})["status"] == 0x0C


def test_a_message_that_waits_is_replaced_and_cancelled(node_esme, smsc):
    # O-5, O-6
    esme = node_esme()
    esme.expect("bind_resp", status=0)
    message_id = esme.ask(
        "submit", **FROM_1234, **TO_628111, short_message="old", schedule_delivery_time="000001000000000R"
    )["message_id"]
    asked = {"message_id": message_id, **FROM_1234}
    answer = esme.ask("request", command="replace_sm", **asked, short_message="new")
    assert (answer["command"], answer["status"]) == ("replace_sm_resp", 0)
    for status in (0, 0x11):
        answer = esme.ask("request", command="cancel_sm", **asked, **TO_628111)
        assert (answer["command"], answer["status"]) == ("cancel_sm_resp", status)
    assert not smsc.events("submit")


def test_texts_with_tlvs_in_its_own_encodings(node_esme, smsc):
    # C-2, C-3, T-1
    esme = node_esme()
    esme.expect("bind_resp", status=0)
    tlvs = {"user_message_reference": 4711, "source_port": 9200}
    for text, data_coding in (("{Halo} €", 0), ("Grüße", 3), ("Привет 😀", 8)):
        assert esme.ask(
            "submit", **FROM_1234, **TO_628111, short_message=text, data_coding=data_coding, **tlvs
        )["status"] == 0
    submits = smsc.submits(3)
    assert [submit["text"] for submit in submits] == ["{Halo} €", "Grüße", "Привет 😀"]
    assert {(submit["user_message_reference"], submit["source_port"]) for submit in submits} == {(4711, 9200)}


@pytest.mark.parametrize(
    ("ids", "receipt_ids", "profile"),
    [
        ("decimal", "decimal", "smpp-3.4"),
        ("text", "text", "smpp-3.4"),
        ("hex", "decimal", "hex-then-decimal"),
        ("decimal", "hex", "decimal-then-hex"),
        ("hex", "HEX", "hex"),
    ],
)
def test_ids_of_a_message_centre_are_matched_however_it_writes_them(
    start_smsc, start_gateway, start_esme, ids, receipt_ids, profile
):
    #
    smsc = start_smsc(ids=ids, receipt_ids=receipt_ids)
    telco = config.smsc(smsc.port, profile=profile)
    gateway = start_gateway(smsc=[telco], account=[config.BANK], route=[TO_TELCO])
    session = start_esme(gateway)
    message_id = session.accepted("628111", b"which one?", registered_delivery=1)
    assert receipt.read(session.next_delivery().short_message).id == message_id
    session.unbind()


def test_a_receipt_before_its_response_is_told(start_smsc, start_gateway, start_esme):
    #
    smsc = start_smsc(early=True)
    gateway = start_gateway(smsc=[config.smsc(smsc.port)], account=[config.BANK], route=[TO_TELCO])
    session = start_esme(gateway)
    ids = [session.accepted("628111", b"early", registered_delivery=1) for _ in range(5)]
    assert sorted(receipt.read(session.next_delivery().short_message).id for _ in ids) == sorted(ids)
    session.unbind()


def test_a_message_centre_that_throttles_now_and_then_gets_all_in_order(smsc, start_gateway, start_esme):
    # W-4: one at a time, so that none is on its way behind the one that is throttled
    telco = config.smsc(smsc.port, window=1)
    gateway = start_gateway(smsc=[telco], account=[config.BANK], route=[TO_TELCO])
    smsc.ask("refuse", statuses=[None, 0x58, None, 0x14])
    session = start_esme(gateway)
    for number in range(6):
        session.accepted("628111", b"number %d" % number)
    assert [submit["text"] for submit in smsc.submits(6)] == [f"number {number}" for number in range(6)]


def test_what_a_mobile_sends_in_data_sm_reaches_the_esme(smsc, start_gateway, start_esme):
    # O-7
    gateway = start_gateway(smsc=[config.smsc(smsc.port)], account=[config.BANK], route=[TO_BANK])
    smsc.expect("bound")
    session = start_esme(gateway)
    answer = smsc.ask(
        "request", command="data_sm", source_addr="628111", destination_addr="1234", message_payload="from a mobile"
    )
    assert (answer["command"], answer["status"]) == ("data_sm_resp", 0)
    delivery = session.next_delivery()
    assert (delivery.source_addr, delivery.short_message) == (b"628111", b"from a mobile")
    session.unbind()


@pytest.mark.parametrize("order", [[0, 1, 2], [2, 1, 0], [1, 2, 0]], ids=str)
def test_a_long_message_of_a_mobile_is_one_call_whatever_the_order_of_its_parts(
    start_smsc, start_provider, start_gateway, order
):
    # N-1, N-3
    smsc, provider = start_smsc(), start_provider(lambda _: Answer(body=""))
    start_gateway(
        smsc=[config.smsc(smsc.port)],
        application=[config.application(provider.url)],
        route=[{"match": {"destination": "1234", "keyword": "GAME"}, "to": ["games"]}],
    )
    smsc.expect("bound")
    text = "GAME " + "".join(f"{number:05}" for number in range(80))
    for number in order:
        octets = bytes([5, 0, 3, 99, 3, number + 1]) + text[number * 153 : number * 153 + 153].encode()
        answer = smsc.ask(
            "deliver", source_addr="628111", destination_addr="1234", esm_class=0x40, hex=octets.hex()
        )
        assert answer["status"] == 0
    [call] = provider.next_calls()
    assert call.fields["text"] == text
    # The next message is the next call: no part came by itself.
    smsc.mobile_sends("628111", "1234", "GAME over")
    assert [call.fields["text"] for call in provider.next_calls(2)] == [text, "GAME over"]
