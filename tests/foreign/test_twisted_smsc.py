"""The gateway as the client of a message centre on Python's `smpp.twisted3`, the library that Jasmin is built on."""

from __future__ import annotations

import gsm0338
import pytest

from harness import config, receipt
from harness.curl import post
from harness.esme import RECEIPT
from harness.waiting import until

GSM = gsm0338.Codec()
TO_TELCO = {"from": {"link": "bank"}, "to": ["telco-a"]}
TO_BANK = {"match": {"destination": "1234"}, "to": ["bank"]}


@pytest.fixture
def smsc(start_twisted_smsc):
    """A message centre as it should be."""
    return start_twisted_smsc()


@pytest.fixture
def connect(start_gateway):
    """Starts the gateway with one account, bound to a message centre."""

    def connect(smsc, **more):
        gateway = start_gateway(
            smsc=[config.smsc(smsc.port, **more)], account=[config.BANK], route=[TO_TELCO, TO_BANK]
        )
        smsc.expect("bound")
        return gateway

    return connect


@pytest.mark.parametrize(
    ("kind", "binds"),
    [
        ("transceiver", ["bind_transceiver", "bind_transceiver"]),
        ("transmitter", ["bind_transmitter", "bind_transmitter"]),
        ("receiver", ["bind_receiver", "bind_receiver"]),
        ("transmitter+receiver", ["bind_receiver", "bind_receiver", "bind_transmitter", "bind_transmitter"]),
    ],
)
def test_it_opens_the_sessions_that_the_configuration_says(smsc, start_gateway, kind, binds):
    start_gateway(smsc=[config.smsc(smsc.port, bind=kind, sessions=2)])
    assert sorted(event["command"] for event in smsc.expect("bound", len(binds))) == binds


def test_it_says_that_its_password_is_refused(start_twisted_smsc, start_gateway):
    # That library answers a bind that it refuses, but leaves the connection open: to hang up is ours.
    smsc = start_twisted_smsc(password="another")
    gateway = start_gateway(smsc=[config.smsc(smsc.port)])
    assert gateway.expect_log("refuses the bind", "telco-a")["level"] == "ERROR"
    smsc.expect("closed")
    assert not smsc.events("bound")


def test_it_answers_when_the_other_side_asks_whether_it_is_alive(start_twisted_smsc, connect):
    # M-2
    smsc = start_twisted_smsc(enquire_link_s=1)
    connect(smsc)
    smsc.expect("enquire_link_resp", 2, status="ESME_ROK")
    assert smsc.ask("enquire")["status"] == "ESME_ROK"


def test_it_asks_whether_the_other_side_is_alive(smsc, connect):
    # M-2
    connect(smsc, enquire_link_s=1)
    smsc.expect("enquire_link", 2)


def test_it_binds_again_when_the_connection_is_lost(smsc, connect):
    # M-6
    gateway = connect(smsc)
    smsc.ask("drop")
    smsc.expect("bound", 2)
    assert post(gateway, {"to": "628111", "from": "1234", "text": "here again"}).status == 202
    assert text_of(smsc.submits()) == "here again"


def test_it_answers_an_unbind_and_binds_again(smsc, connect):
    # S-6
    gateway = connect(smsc)
    smsc.ask("leave")
    smsc.expect("closed")
    smsc.expect("bound", 2)
    assert post(gateway, {"to": "628111", "from": "1234", "text": "here again"}).status == 202
    assert text_of(smsc.submits()) == "here again"


def test_what_was_taken_while_the_message_centre_was_away_arrives_when_it_is_back(start_twisted_smsc, connect):
    # M-6
    smsc = start_twisted_smsc()
    gateway = connect(smsc)
    smsc.stop()
    texts = [f"kept {number}" for number in range(20)]
    for text in texts:
        assert post(gateway, {"to": "628111", "from": "1234", "text": text}).status == 202
    smsc = start_twisted_smsc(port=smsc.port)
    assert [text_of([submit]) for submit in smsc.submits(20)] == texts


def test_it_unbinds_before_it_stops(smsc, start_gateway):
    # S-6
    gateway = start_gateway(smsc=[config.smsc(smsc.port, sessions=2)])
    smsc.expect("bound", 2)
    until(lambda: gateway.metric("estafet_sessions", link="telco-a") == 2, "the gateway to know that it is bound")
    gateway.ask_to_stop()
    smsc.expect("unbind", 2)


@pytest.mark.parametrize(
    ("text", "data_coding", "parts"),
    [
        ("Halo {dunia} €, ¿à Øslo?", 0, 1),
        ("Привет 😀", 8, 1),
        ("".join(f"{number:04}" for number in range(100)), 0, 3),
        ("ж" * 66 + "😀" + "ж" * 66, 8, 3),
    ],
    ids=["GSM", "UCS-2", "long GSM", "long UCS-2"],
)
def test_a_message_by_http_arrives_as_it_was(smsc, connect, text, data_coding, parts):
    # N-1, N-2
    gateway = connect(smsc)
    assert post(gateway, {"to": "+628111", "from": "1234", "text": text}).status == 202
    submits = smsc.submits(parts)
    assert text_of(submits) == text
    assert {submit["data_coding"] for submit in submits} == {data_coding}
    assert {submit["destination_addr"] for submit in submits} == {"628111"}
    assert {submit["dest_addr_ton"] for submit in submits} == {"INTERNATIONAL"}
    assert_counted(submits)


@pytest.mark.parametrize(
    ("octets", "data_coding", "parts"),
    [(b"halo", 0, 1), ("Привет".encode("utf-16-be"), 8, 1), (b"0123456789" * 40, 0, 3)],
    ids=["GSM", "UCS-2", "long"],
)
def test_a_message_of_an_esme_arrives_and_its_receipt_comes_back(smsc, connect, start_esme, octets, data_coding, parts):
    # N-4, R-5
    session = start_esme(connect(smsc))
    fields = {"message_payload": octets, "data_coding": data_coding, "registered_delivery": RECEIPT}
    message_id = session.accepted("628111", None, **fields)
    submits = smsc.submits(parts)
    assert b"".join(bytes.fromhex(submit["octets"]) for submit in submits) == octets
    assert_counted(submits)
    said = receipt.read(session.next_delivery().short_message)
    assert (said.id, said.sub, said.dlvrd, said.stat) == (message_id, f"{parts:03}", f"{parts:03}", "DELIVRD")
    assert {told["status"] for told in smsc.expect("receipt_resp", parts)} == {"ESME_ROK"}
    session.unbind()
    assert not session.delivered


def test_what_it_refuses_is_rejected_and_what_it_throttles_comes_again(smsc, connect, start_esme):
    # R-5, W-2
    session = start_esme(connect(smsc))
    smsc.ask("refuse", statuses=["ESME_RTHROTTLED", "ESME_RINVDSTADR"])
    message_id = session.accepted("628111", b"first slowed, then refused", registered_delivery=RECEIPT)
    said = receipt.read(session.next_delivery().short_message)
    assert (said.id, said.stat) == (message_id, "REJECTD")
    assert [event["status"] for event in smsc.events("refused")] == ["ESME_RTHROTTLED", "ESME_RINVDSTADR"]
    session.unbind()


@pytest.mark.parametrize(
    ("octets", "data_coding"), [(b"halo", 0), ("Привет".encode("utf-16-be"), 8)], ids=["GSM", "UCS-2"]
)
def test_what_a_mobile_sends_reaches_the_account(smsc, connect, start_esme, octets, data_coding):
    # W-7
    session = start_esme(connect(smsc))
    assert smsc.mobile_sends("628111", "1234", octets, data_coding)["status"] == "ESME_ROK"
    delivery = session.next_delivery()
    assert (delivery.source_addr, delivery.destination_addr) == (b"628111", b"1234")
    assert (delivery.data_coding, delivery.short_message) == (data_coding, octets)
    session.unbind()


def test_what_nobody_wants_is_refused_to_it(smsc, connect):
    gateway = connect(smsc)
    assert smsc.mobile_sends("628111", "9999", b"hello?")["status"] != "ESME_ROK"
    until(lambda: gateway.metric("estafet_sessions", link="telco-a") == 1, "the session to be there still")


def text_of(submits: list[dict]) -> str:
    """The text of all parts together, by Python's own alphabets."""
    octets = b"".join(bytes.fromhex(submit["octets"]) for submit in submits)
    return octets.decode("utf-16-be") if submits[0]["data_coding"] == 8 else GSM.decode(octets)[0]


def assert_counted(submits: list[dict]) -> None:
    """As that library reads their headers, the parts are of one message and count from 1; one alone has no header."""
    if len(submits) == 1:
        assert submits[0]["part"] is None
        return
    assert len({submit["part"][0] for submit in submits}) == 1
    assert [submit["part"][1:] for submit in submits] == [[len(submits), n] for n in range(1, len(submits) + 1)]
