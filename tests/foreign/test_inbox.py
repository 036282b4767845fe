"""An account that nobody can call fetches what is told to it, and acknowledges."""

from __future__ import annotations

import threading

import httpx
import pytest

from harness import config
from harness.waiting import DEADLINE_S

TO_POLL = {"match": {"destination": "1234"}, "to": ["poll"]}
TO_TELCO = {"to": ["telco-a"]}
MESSAGE = {"to": "628123456789", "from": "POLL", "text": "Your code is 4711"}


def sections(smsc) -> dict:
    return {"smsc": [config.smsc(smsc.port)], "account": [config.POLL], "route": [TO_POLL, TO_TELCO]}


@pytest.fixture
def poll_gateway(start_smsc, start_gateway):
    """A gateway whose account fetches, and the message centre that it is bound to."""
    smsc = start_smsc()
    gateway = start_gateway(**sections(smsc))
    smsc.expect("bound")
    return gateway, smsc


@pytest.fixture(params=["HTTP/1.1", "HTTP/2"])
def poll(poll_gateway, request):
    """A caller with the credentials of the account, by either version."""
    is_2 = request.param == "HTTP/2"
    url = poll_gateway[0].url
    with httpx.Client(base_url=url, auth=("poll", "hunter22"), timeout=DEADLINE_S, http1=not is_2, http2=is_2) as client:
        yield client


def fetch(client: httpx.Client, **parameters) -> list[dict]:
    answer = client.get("/v1/inbox", params=parameters)
    assert (answer.status_code, answer.headers["content-type"]) == (200, "application/json")
    return answer.json()["items"]


def acknowledge(client: httpx.Client, *items: dict) -> dict:
    answer = client.post("/v1/inbox/ack", json={"ids": [item["ack_id"] for item in items]})
    assert answer.status_code == 200, answer.text
    return answer.json()


def test_receipts_and_messages_are_fetched_and_acknowledged(poll_gateway, poll):
    _, smsc = poll_gateway
    message_id = poll.post("/v1/messages", json=MESSAGE).json()["id"]
    [receipt] = fetch(poll, wait_s=30)
    assert (receipt["event"], receipt["id"], receipt["state"]) == ("receipt", message_id, "delivered")
    assert receipt["ack_id"] == f"receipt_{message_id}"
    assert smsc.mobile_sends("628111", "1234", "BALANCE ж", data_coding=8)["status"] == 0
    [message] = fetch(poll, wait_s=30)
    assert (message["event"], message["from"], message["text"]) == ("message", "628111", "BALANCE ж")
    assert fetch(poll) == [], "both are lent"
    assert acknowledge(poll, receipt, message) == {"acknowledged": 2, "unknown": []}
    assert acknowledge(poll, receipt) == {"acknowledged": 0, "unknown": [receipt["ack_id"]]}


def test_who_waits_is_answered_when_something_comes(poll_gateway, poll):
    heard: list[dict] = []
    waiting = threading.Thread(target=lambda: heard.extend(fetch(poll, wait_s=60)))
    waiting.start()
    poll_gateway[1].mobile_sends("628111", "1234", "AT LAST")
    waiting.join(DEADLINE_S)
    assert [message["text"] for message in heard] == ["AT LAST"]


def test_a_kill_loses_nothing_that_was_not_acknowledged(poll_gateway, start_gateway):
    gateway, smsc = poll_gateway
    with httpx.Client(auth=("poll", "hunter22"), timeout=DEADLINE_S) as client:
        client.base_url = gateway.url
        for number in range(4):
            smsc.mobile_sends("628111", "1234", f"number {number}")
        items: list[dict] = []
        while len(items) < 4:
            items += fetch(client, wait_s=30)
        acknowledge(client, items[0])
        gateway.kill()
        client.base_url = start_gateway(**sections(smsc)).url
        assert acknowledge(client, items[1]) == {"acknowledged": 1, "unknown": []}
        left: list[dict] = []
        while len(left) < 2:
            left += fetch(client, wait_s=30)
        assert [item["text"] for item in left] == ["number 2", "number 3"]
        assert [item["attempt"] for item in left] == [2, 2]
