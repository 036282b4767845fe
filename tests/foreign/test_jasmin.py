"""Customers of Jasmin with curl, and what is called for them, octet by octet."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import parse_qs

import pytest

from harness import config
from harness.centre import Centre
from harness.curl import Answer as Said
from harness.curl import curl
from harness.gateway import Gateway
from harness.provider import Answer, Call, Provider

CALLED = {**config.BANK, "jasmin": {"dlr": True, "allow_private_address": True}}
UUID = r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"


@dataclass
class Place:
    gateway: Gateway
    centre: Centre
    provider: Provider
    seen: int = 0

    def send(self, *fields: str) -> Said:
        """A form, posted to `/send` with credentials."""
        fields = ("username=bank", "password=hunter22", *fields)
        data = [part for field in fields for part in ("--data-urlencode", field)]
        return curl(*data, f"{self.gateway.url}/send", user=None)

    def next_call(self) -> Call:
        call = self.provider.calls.expect(lambda _: True, "a call", since=self.seen)
        self.seen += 1
        return call

    def bring_receipt(self, number: int, stat: str, error: int) -> None:
        text = f"id:{number:08x} sub:001 dlvrd:000 submit date:2601010000 done date:2601010001 stat:{stat} err:{error:03}"
        self.centre.bring("628111", f"{text} text:hello".encode(), esm_class=4)


@pytest.fixture
def place(start_gateway) -> Iterator[Place]:
    centre = Centre(refuses={b"bad": 0x0B})
    provider = Provider(lambda _: Answer(body="ACK/Jasmin\n"))
    games = config.application(provider.url, format="jasmin")
    gateway = start_gateway(
        http={"listen": "127.0.0.1:0", "jasmin": True},
        smsc=[config.smsc(centre.port)],
        account=[CALLED],
        application=[games],
        route=[{"match": {"destination": "1234"}, "to": ["games"]}, {"match": {"prefix": "62"}, "to": ["telco-a"]}],
    )
    yield Place(gateway, centre, provider)
    provider.stop()
    centre.stop()


def says_who(call: Call) -> tuple[str, str]:
    return call.headers["user-agent"], call.headers["accept"]


# JS-1, JS-8, JS-12, JS-23, JS-24, JS-40
def test_a_message_is_followed_at_both_levels(place):
    said = place.send("to=+628111", "from=1234", "content=two words & é", "dlr-level=3", f"dlr-url={place.provider.url}?a=1")
    assert said.status == 200
    uuid = re.fullmatch(rf'Success "({UUID})"', said.body)[1]
    answered = place.next_call()
    assert (answered.method, answered.query, answered.content_type) == ("POST", "a=1", "application/x-www-form-urlencoded")
    assert says_who(answered) == ("Jasmin gateway/1.0 DLRThrower", "text/plain")
    assert answered.body == f"id={uuid}&level=1&message_status=ESME_ROK&connector=telco-a".encode()
    place.bring_receipt(1, "UNDELIV", 12)
    ended = place.next_call().body.decode()
    date = r"\d{10}"
    assert re.fullmatch(
        rf"id={uuid}&level=2&message_status=UNDELIV&connector=telco-a&id_smsc=00000001&sub=001&dlvrd=000"
        rf"&subdate={date}&donedate={date}&err=012&text=two\+words\+%26\+%C3%A9",
        ended,
    ), ended


# JS-8, JS-23, JS-24, JS-40
def test_a_refusal_of_the_smsc_is_told_by_get(place):
    said = place.send("to=628111", "content=bad", "dlr-level=3", "dlr-method=get", f"dlr-url={place.provider.url}")
    assert said.status == 200
    calls = [place.next_call(), place.next_call()]
    assert {(call.method, call.body) for call in calls} == {("GET", b"")}
    assert {call.content_type for call in calls} == {"application/x-www-form-urlencoded"}
    told = {call.fields["level"]: call.fields["message_status"] for call in calls}
    assert told == {"1": "ESME_RINVDSTADR", "2": "REJECTD"}


# JS-1
def test_a_form_of_curl_in_parts_is_read(place, tmp_path):
    (tmp_path / "text").write_text("from a file & é\n")
    fields = ("username=bank", "password=hunter22", "to=628111", "from=BANK", f"content=<{tmp_path / 'text'}", "coding=0")
    said = curl(*[part for field in fields for part in ("--form", field)], f"{place.gateway.url}/send", user=None)
    assert (said.status, said.body[:9]) == (200, 'Success "'), said.body
    [submitted] = place.centre.submits.collect(lambda _: True, 1, "the message")
    assert (submitted.short_message, submitted.source[2]) == (b"from a file & \x05\n", "BANK")


# JS-4, JS-5, JS-10
def test_octets_and_tlvs_arrive_as_they_were_sent(place):
    said = place.send("to=628111", "hex-content=04140416", "coding=8", "priority=2", 'custom_tlvs={"0x1401:Int2": 7}')
    assert said.status == 200
    [submitted] = place.centre.submits.collect(lambda _: True, 1, "the message")
    assert (submitted.short_message, submitted.data_coding, submitted.priority) == (b"\x04\x14\x04\x16", 8, 2)


# JS-31, JS-33, JS-35
def test_a_batch_tells_of_each_of_its_messages(place):
    batch = {
        "globals": {"from": "1234", "content": "hello"},
        "messages": [{"to": ["628111", "628222"]}, {"to": "4670"}, {"content": "to nobody"}],
        "batch_config": {"callback_url": f"{place.provider.url}?kind=good", "errback_url": f"{place.provider.url}?kind=bad"},
    }
    said = curl("--data", json.dumps(batch), f"{place.gateway.url}/secure/sendbatch")
    assert (said.status, said.json["data"]["messageCount"]) == (200, 3)
    batch_id = said.json["data"]["batchId"]
    told = {}
    for call in [place.next_call() for _ in range(3)]:
        query = {name: values[0] for name, values in parse_qs(call.query).items()}
        assert (call.method, list(query)) == ("GET", ["kind", "batchId", "to", "status", "statusText"])
        assert query["batchId"] == batch_id
        told[query["to"]] = (query["kind"], query["status"], query["statusText"])
    assert told.pop("4670") == ("bad", "0", 'HTTPAPI error: Error "No route found')
    for kind, status, text in told.values():
        assert (kind, status) == ("good", "1")
        assert re.fullmatch(rf'Success "{UUID}"', text)
    wrong = curl("--data", json.dumps(batch), f"{place.gateway.url}/secure/sendbatch", user="bank:wrong")
    description = "Authentication failed for user: bank"
    assert (wrong.status, wrong.json) == (412, {"title": "Authentication failed", "description": description})


# JS-27, JS-28, JS-40
def test_a_message_of_a_handset_is_told_as_to_an_httpccm(place):
    place.centre.bring("628111", "Д a".encode("utf-16-be"), data_coding=8)
    call = place.next_call()
    assert (call.method, call.content_type) == ("POST", "application/x-www-form-urlencoded")
    assert re.fullmatch(
        rb"id=" + UUID.encode() + rb"&from=628111&to=1234&origin-connector=telco-a&content=%04%14%00\+%00a"
        rb"&binary=041400200061&priority=0&coding=8",
        call.body,
    ), call.body
    assert says_who(call) == ("Jasmin gateway/1.0 deliverSmHttpThrower", "text/plain")


# JS-28: throwers.py: a status below 400, and these words alone, in this case; nothing else is for good
def test_a_message_of_a_handset_is_told_until_it_is_acknowledged(start_gateway):
    answers = [
        Answer(status=404, body="ACK/Jasmin"),
        Answer(body="ack/jasmin"),
        Answer(status=202, body="\t ACK/Jasmin \r\n"),
    ]
    centre = Centre()
    provider = Provider(lambda call: answers[int(call.headers["x-estafet-attempt"]) - 1])
    games = config.application(provider.url, format="jasmin", method="GET")
    start_gateway(
        smsc=[config.smsc(centre.port)],
        account=[config.BANK],
        application=[games],
        route=[{"match": {"destination": "1234"}, "to": ["games"]}],
    )
    centre.bring("628111", b"hello")
    calls = provider.next_calls(len(answers))
    assert {call.fields["id"] for call in calls} == {calls[0].fields["id"]}
    assert {(call.method, call.content_type) for call in calls} == {("GET", "application/x-www-form-urlencoded")}
    centre.bring("628111", b"the next")
    assert provider.next_calls(1, content="the next")[0].headers["x-estafet-attempt"] == "1"
    assert len(provider.calls.items()) == len(answers) + 1
    provider.stop()
    centre.stop()


# JS-19, JS-20, JS-21, JS-34
def test_the_odd_forms_of_what_may_be_asked(place):
    url = place.gateway.url
    credentials = "username=bank&password=hunter22"
    assert curl(f"{url}/ping", user=None).body == "Jasmin/PONG"
    assert curl("--header", "accept: application/json", f"{url}/ping", user=None).body == '{"data":"Jasmin/PONG"}'
    assert curl(f"{url}/balance?{credentials}", user=None).json == {"balance": "ND", "sms_count": "ND"}
    rate = {"submit_sm_count": 2, "unit_rate": 0.0}
    assert curl(f"{url}/rate?{credentials}&to=628111&content={'a' * 161}", user=None).json == rate
    assert curl(f"{url}/secure/rate?to=628111&content={'a' * 161}").json == {"data": rate}
    failure = curl(f"{url}/balance?username=bank&password=wrong", user=None)
    assert (failure.status, failure.body) == (403, '"Authentication failure for username:bank"')
