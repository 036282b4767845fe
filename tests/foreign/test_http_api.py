"""The HTTP API, called with curl."""

from __future__ import annotations

import gzip
import json
import subprocess
from datetime import datetime
from urllib.parse import quote

import pytest
import requests

from harness import config
from harness.curl import Answer, curl, post, run_curl
from harness.waiting import DEADLINE_S, until


def test_a_message_is_sent_and_its_record_tells_its_whole_story(gateway, smsc):
    answer = post(gateway, {"to": "+628123456789", "from": "1234", "text": "Halo {dunia} €"})
    assert answer.status == 202
    assert (answer.json["state"], answer.json["segments"], answer.json["to"]) == ("enroute", 1, "628123456789")
    assert answer.headers["location"] == "/v1/messages/" + answer.json["id"]
    [submit] = smsc.submits()
    assert (submit["source_addr"], submit["destination_addr"]) == ("1234", "628123456789")
    assert (submit["dest_addr_ton"], submit["dest_addr_npi"]) == (1, 1)
    assert submit["text"] == "Halo {dunia} €"
    record = final_record(gateway, answer.json["id"])
    assert record["state"] == "delivered"
    assert (record["origin"], record["target"], record["direction"]) == ("bank", "telco-a", "mt")
    assert submit["message_id"] in json.dumps(record["history"])
    assert datetime.fromisoformat(record["accepted_at"]) <= datetime.fromisoformat(record["final_at"])
    assert "Halo" not in json.dumps(record)


def test_curl_sends_and_asks_by_http_2(gateway, smsc):
    message = {"to": "628111", "from": "BANK", "text": "by HTTP/2"}
    run = run_curl("--http2-prior-knowledge", "--json", json.dumps(message), gateway.url + "/v1/messages")
    assert run.returncode == 0, run.stderr
    assert run.stdout.startswith("HTTP/2 202")
    assert smsc.submits()[0]["text"] == "by HTTP/2"


def test_curl_is_answered_by_gzip_and_sends_it(gateway, smsc, tmp_path):
    answer = curl("--compressed", gateway.url + "/metrics", user=None)
    assert answer.headers["content-encoding"] == "gzip"
    assert answer.body.endswith("# EOF\n")
    body = tmp_path / "message.gz"
    body.write_bytes(gzip.compress(json.dumps({"to": "628111", "from": "BANK", "text": "zipped"}).encode()))
    how = ["--header", "content-type: application/json", "--data-binary", f"@{body}", gateway.url + "/v1/messages"]
    assert curl("--header", "content-encoding: gzip", *how).status == 202
    assert smsc.submits()[0]["text"] == "zipped"
    refused = curl("--header", "content-encoding: br", *how)
    assert (refused.status, refused.json["code"]) == (415, "unsupported_media_type")


@pytest.mark.parametrize("version", ["--http1.1", "--http2-prior-knowledge"])
@pytest.mark.parametrize("expect", ["expect:", "expect: 100-continue"])
def test_curl_sees_why_a_large_body_is_refused_before_it_was_read(gateway, tmp_path, version, expect):
    body = tmp_path / "large.json"
    body.write_bytes(b" " * 5_000_000)
    how = [version, "--header", expect, "--data-binary", f"@{body}"]
    json_type = ["--header", "content-type: application/json"]
    for more, path, user, status, code in [
        (json_type, "/v1/messages", "bank:hunter22", 413, "body_too_large"),
        (json_type, "/v1/messages", None, 401, "unauthorised"),
        ([], "/v1/messages", "bank:hunter22", 415, "unsupported_media_type"),
        ([], "/v1/nothing", None, 404, "unknown_path"),
    ]:
        assert_problem(curl(*how, *more, gateway.url + path, user=user), status, code)


def test_requests_sees_why_a_large_body_is_refused_and_goes_on(gateway):
    with requests.Session() as session:
        for _ in range(3):
            answer = session.post(gateway.url + "/v1/messages", json={"text": "x" * 5_000_000}, timeout=DEADLINE_S)
            assert (answer.status_code, answer.json()["code"]) == (401, "unauthorised")
            assert answer.headers["connection"] == "close"
        short = session.post(gateway.url + "/v1/messages", json={"text": "x" * 1000}, timeout=DEADLINE_S)
        assert short.status_code == 401 and "connection" not in short.headers


FETCH = """
const [url] = process.argv.slice(1);
const answer = await fetch(url, { method: "POST", body: "x".repeat(5_000_000), headers: { "content-type": "application/json" } });
console.log(answer.status, (await answer.json()).code);
"""


def test_fetch_of_node_sees_why_a_large_body_is_refused(gateway):
    run = subprocess.run(
        ["node", "--input-type=module", "--eval", FETCH, gateway.url + "/v1/messages"],
        capture_output=True, text=True, timeout=DEADLINE_S,
    )
    assert run.stdout.split() == ["401", "unauthorised"], run.stderr


def test_a_message_may_be_sent_by_a_query(gateway, smsc):
    answer = curl(
        "--get",
        "--data-urlencode", "account=bank",
        "--data-urlencode", "password=hunter22",
        "--data-urlencode", "to=+628123456789",
        "--data-urlencode", "from=BANK",
        "--data-urlencode", "text=Привет & até logo",
        gateway.url + "/v1/send",
        user=None,
    )
    assert answer.status == 202
    assert len(answer.json["id"]) == 32
    [submit] = smsc.submits()
    assert (submit["text"], submit["source_addr"], submit["source_addr_ton"]) == ("Привет & até logo", "BANK", 5)


@pytest.mark.parametrize("to", ["+62 811-000-111", "0062811000111", "62.811.000.111", "+62 (811) 000/111"])
def test_numbers_are_taken_as_people_write_them(gateway, smsc, to):
    #
    answer = post(gateway, {"to": to, "from": "+62 21 555-1234", "text": "x"})
    assert (answer.status, answer.json["to"]) == (202, "62811000111")
    [submit] = smsc.submits()
    assert (submit["destination_addr"], submit["dest_addr_ton"]) == ("62811000111", 1)
    assert (submit["source_addr"], submit["source_addr_ton"]) == ("62215551234", 1)
    found = until(lambda: curl(gateway.url + f"/v1/messages?number={quote(to)}").json["messages"], "the message to be found")
    assert [message["id"] for message in found] == [answer.json["id"]]


def test_a_text_that_is_nearly_gsm_stays_in_one_segment_and_answer_and_record_say_how(gateway, smsc):
    answer = post(gateway, {"to": "628111", "from": "BANK", "text": "“Olá” " + "x" * 140, "transliterate": True})
    assert (answer.status, answer.json["segments"]) == (202, 1)
    assert answer.json["transliterated"] == [
        {"was": "“", "is": '"'},
        {"was": "á", "is": "a"},
        {"was": "”", "is": '"'},
    ]
    [submit] = smsc.submits()
    assert (submit["text"], submit["data_coding"]) == ('"Ola" ' + "x" * 140, 0)
    assert final_record(gateway, answer.json["id"])["transliterated"] == answer.json["transliterated"]


def test_octets_with_a_header_are_sent_as_they_are(gateway, smsc):
    message = {"to": "628111", "from": "1234", "binary": "0106", "udh": "0605040B8423F0", "data_coding": 245}
    assert post(gateway, message).status == 202
    [submit] = smsc.submits()
    assert (submit["udh"], submit["octets"], submit["data_coding"]) == (["05040b8423f0"], "0106", 245)


def test_many_messages_are_sent_at_once_and_each_has_its_answer(gateway, smsc):
    messages = [{"to": f"62811{number}", "from": "1234", "text": f"number {number}"} for number in range(3)]
    answer = post(gateway, [*messages, {"to": "nobody", "text": "never"}])
    assert answer.status == 202
    *accepted, refused = answer.json
    assert len({item["id"] for item in accepted}) == 3
    assert (refused["to"], refused["problem"]["code"]) == ("nobody", "bad_destination")
    assert {submit["text"] for submit in smsc.submits(3)} == {"number 0", "number 1", "number 2"}


def test_messages_are_found_by_number_newest_first_page_by_page(gateway, smsc):
    ids = [post(gateway, {"to": "628777", "from": "1234", "text": f"{n}"}).json["id"] for n in range(3)]
    post(gateway, {"to": "628888", "from": "1234", "text": "another"})
    smsc.expect("receipt_resp", 4)
    search = gateway.url + "/v1/messages?number=628777&limit=2"
    first = until(lambda: whole_page(curl(search).json, 2), "the messages to be found")
    second = curl(f"{search}&cursor={first['next']}").json
    found = [message["id"] for message in first["messages"] + second["messages"]]
    assert found == ids[::-1]
    assert second["next"] is None


def test_nobody_sees_the_messages_of_others(smsc, start_gateway):
    # ABU-5
    gateway = start_gateway(
        smsc=[config.smsc(smsc.port)],
        account=[config.BANK, {"name": "shop", "password": "counter1"}],
        route=[{"to": ["telco-a"]}],
    )
    message_id = post(gateway, {"to": "628111", "from": "1234", "text": "private"}).json["id"]
    theirs = curl(f"{gateway.url}/v1/messages/{message_id}", user="shop:counter1")
    unknown = curl(f"{gateway.url}/v1/messages/{'0' * 32}", user="shop:counter1")
    assert (theirs.status, theirs.body) == (unknown.status, unknown.body)
    assert theirs.status == 404
    assert curl(gateway.url + "/v1/messages", user="shop:counter1").json["messages"] == []


def test_one_account_may_use_both_doors(gateway, start_esme):
    session = start_esme(gateway)
    message_id = session.accepted("628111", b"by SMPP", registered_delivery=1)
    session.next_delivery()
    assert final_record(gateway, message_id)["state"] == "delivered"
    session.unbind()


@pytest.mark.parametrize("user", ["bank:wrong", "nobody:hunter22", None])
def test_who_is_not_known_is_told_nothing(gateway, user):
    answer = post(gateway, {"to": "628111", "text": "let me in"}, user=user)
    assert_problem(answer, 401, "unauthorised")
    assert answer.headers["www-authenticate"].startswith('Basic realm="estafet"')


@pytest.mark.parametrize(
    ("message", "status", "code", "field"),
    [
        ('{"to": "628111", ', 400, "bad_json", None),
        ({"to": "628111", "text": "x", "colour": "red"}, 400, "bad_json", "colour"),
        ({"to": "628111", "text": "x", "receipt": "yes"}, 400, "bad_json", "receipt"),
        ({"to": "somebody", "text": "x"}, 422, "bad_destination", "to"),
        ({"to": "628111"}, 422, "bad_value", "text"),
        ({"to": "628111", "text": "x" * 60_000}, 422, "bad_length", "text"),
        ({"to": "628111", "text": "x" * 5_000_000}, 413, "body_too_large", None),
        ({"to": "628111", "text": "x", "validity_s": 0}, 422, "bad_value", "validity_s"),
        ({"to": "628111", "text": "x", "validity_s": 604801}, 422, "bad_value", "validity_s"),
        ({"to": "628111", "text": "x", "not_before": "2036-01-01T00:00:00+25:00"}, 422, "bad_value", "not_before"),
        ({"to": "+62 (0) 811", "text": "x"}, 422, "bad_destination", "to"),
    ],
    ids=[
        *["torn", "unknown field", "a text for a boolean", "no number", "no text"],
        *["too long", "far too long", "no time", "too much time", "an hour that no zone has", "a 0 that some dial"],
    ],
)
def test_what_is_wrong_is_said_for_people_and_programs(gateway, tmp_path, message, status, code, field):
    # the body goes by a file: a command line cannot be that long
    body = tmp_path / "body.json"
    body.write_text(message if isinstance(message, str) else json.dumps(message))
    answer = post(gateway, f"@{body}")
    assert_problem(answer, status, code)
    assert answer.json.get("field") == field


def test_paths_and_methods_that_do_not_exist_are_problems_too(gateway):
    assert_problem(curl(gateway.url + "/v1/nothing"), 404, "unknown_path")
    assert_problem(curl("--request", "DELETE", gateway.url + "/v1/messages"), 405, "unknown_method")


def test_more_than_the_rate_is_told_to_wait(smsc, start_gateway):
    gateway = start_gateway(
        smsc=[config.smsc(smsc.port)],
        account=[{**config.BANK, "rate": 1}],
        route=[{"to": ["telco-a"]}],
    )
    answer = post(gateway, [{"to": "628111", "from": "1234", "text": "x"}] * 20)
    codes = [item.get("problem", {}).get("code") for item in answer.json]
    assert answer.status == 202
    assert None in codes and "throttled" in codes


def test_health_is_shown_to_everybody(gateway):
    assert curl(gateway.url + "/healthz", user=None).status == 200
    ready = curl(gateway.url + "/readyz", user=None)
    assert (ready.status, ready.json["ready"]) == (200, True)


def assert_problem(answer: Answer, status: int, code: str) -> None:
    """The answer is a problem of RFC 9457."""
    assert (answer.status, answer.headers["content-type"]) == (status, "application/problem+json")
    assert (answer.json["status"], answer.json["code"]) == (status, code)
    assert answer.json["title"] and answer.json["detail"] and answer.json["type"]


def final_record(gateway, message_id: str) -> dict:
    """The record of a message once it has its final state."""

    def asked():
        answer = curl(f"{gateway.url}/v1/messages/{message_id}")
        return answer.json if answer.status == 200 and "final_at" in answer.json else None

    return until(asked, "a final state")


def whole_page(page: dict, count: int) -> dict | None:
    return page if len(page["messages"]) == count and page["next"] else None
