"""Content providers as partners really write them: XML, JSON, legacy queries, Kannel's and Jasmin's forms."""

from __future__ import annotations

import json
import xml.etree.ElementTree as ElementTree
from urllib.parse import parse_qs, unquote_to_bytes

from harness import config
from harness.curl import post
from harness.provider import Answer, Call

GAME = {"match": {"destination": "1234"}, "to": ["games"]}
TEXT = "join <A> & \"B\" caf\u00e9"


def play(start_smsc, start_provider, start_gateway, answer, text=TEXT, url="", **application):
    """A mobile sends a text to the partner; the call that was made, and what the mobile got."""
    smsc, provider = start_smsc(), start_provider(answer)
    games = config.application(provider.url + url, **application)
    start_gateway(smsc=[config.smsc(smsc.port)], application=[games], route=[GAME])
    smsc.expect("bound")
    smsc.mobile_sends("628111", "1234", text, data_coding=8, source_addr_ton=1, source_addr_npi=1)
    [call] = provider.next_calls()
    [reply] = smsc.submits()
    return call, reply


def test_a_partner_who_speaks_xml(start_smsc, start_provider, start_gateway):
    def answer(call: Call) -> Answer:
        mo = ElementTree.fromstring(call.body)
        said = ElementTree.Element("response")
        ElementTree.SubElement(said, "status").text = "0"
        ElementTree.SubElement(said, "text").text = f"{mo.findtext('msisdn')}: {mo.findtext('sms')}"
        return Answer(content_type="text/xml", body=ElementTree.tostring(said, encoding="ISO-8859-1"))

    call, reply = play(
        start_smsc,
        start_provider,
        start_gateway,
        answer,
        format="xml",
        charset="ISO-8859-1",
        body='<?xml version="1.0" encoding="ISO-8859-1"?>'
        '<mo trx="{id}"><msisdn>{from}</msisdn><adn>{to}</adn><sms>{text}</sms></mo>',
        success={"status": [200], "body_contains": "<status>0</status>"},
        reply={"xml": "/response/text"},
    )
    assert call.content_type == "text/xml; charset=ISO-8859-1"
    assert b"caf\xe9" in call.body
    assert ElementTree.fromstring(call.body).findtext("adn") == "1234"
    assert reply["text"] == f"628111: {TEXT}"


def test_a_partner_who_speaks_json(start_smsc, start_provider, start_gateway):
    def answer(call: Call) -> Answer:
        said = {"result": {"code": 10, "texts": [call.fields["sms"]["text"].upper()]}}
        return Answer(content_type="application/json", body=json.dumps(said))

    call, reply = play(
        start_smsc,
        start_provider,
        start_gateway,
        answer,
        format="json",
        body='{"trx": "{id}", "sms": {"from": "{from}", "text": "{text}"}, "try": {attempt}}',
        headers={"X-Api-Key": "k3y", "X-Trx": "{id}"},
        success={"body_matches": '"code": (10|11)'},
        reply={"json": "/result/texts/0"},
    )
    assert (call.fields["sms"]["text"], call.fields["try"]) == (TEXT, 1)
    assert (call.headers["x-api-key"], call.headers["x-trx"]) == ("k3y", call.fields["trx"])
    assert reply["text"] == TEXT.upper()


def test_a_legacy_partner_with_a_query_in_latin_1(start_smsc, start_provider, start_gateway):
    call, reply = play(
        start_smsc,
        start_provider,
        start_gateway,
        lambda _: Answer(content_type="text/html", body="0|d\u00e9j\u00e0 vu".encode("latin-1")),
        method="GET",
        charset="ISO-8859-1",
        fields={"msisdn": "from", "sms": "text", "trx_id": "id", "sid": "to"},
        constants={"cp_name": "estafet", "pwd": "s&cret"},
        success={"body_matches": "^0[|]"},
        reply="body",
        reply_characters_max=6,
    )
    fields = {name: values[0] for name, values in parse_qs(call.query, encoding="latin-1").items()}
    assert (fields["cp_name"], fields["pwd"]) == ("estafet", "s&cret")
    assert (fields["msisdn"], fields["sms"], fields["sid"]) == ("628111", TEXT, "1234")
    assert reply["text"] == "0|d\u00e9j\u00e0"


def test_a_get_url_of_kannel(start_smsc, start_provider, start_gateway):
    call, reply = play(
        start_smsc,
        start_provider,
        start_gateway,
        lambda _: Answer(content_type="text/plain", body="welcome"),
        url="?k=%k&first=%s&rest=%r&all=%a&p=%p&P=%P&i=%i&t=%t&c=%c&C=%C&pct=100%25",
        format="kannel",
        charset="UTF-8",
    )
    fields = {name: values[0] for name, values in parse_qs(call.query).items()}
    assert (fields["k"], fields["first"], fields["rest"]) == ("join", "<A>", '& "B" caf\u00e9')
    assert (fields["all"], fields["p"], fields["P"], fields["i"]) == (TEXT, "+628111", "1234", "telco-a")
    assert (fields["c"], fields["C"], fields["pct"]) == ("0", "UTF-8", "100%")
    assert len(fields["t"]) == len("2026-01-01 00:00:00")
    assert reply["text"] == "welcome"


def test_a_connector_of_jasmin(start_smsc, start_provider, start_gateway):
    smsc = start_smsc()
    provider = start_provider(
        lambda call: Answer(body="ACK/Jasmin" if call.headers["x-estafet-attempt"] == "2" else "not yet")
    )
    games = config.application(provider.url, format="jasmin")
    start_gateway(smsc=[config.smsc(smsc.port)], application=[games], route=[GAME])
    smsc.expect("bound")
    smsc.mobile_sends("628111", "1234", TEXT, data_coding=8)
    first, second = provider.next_calls(2)
    assert first.body == second.body
    pairs = dict(pair.split(b"=") for pair in second.body.split(b"&"))
    assert unquote_to_bytes(pairs[b"content"].replace(b"+", b" ")) == TEXT.encode("utf-16-be")
    assert pairs[b"binary"].decode() == TEXT.encode("utf-16-be").hex()
    assert (pairs[b"coding"], pairs[b"origin-connector"]) == (b"8", b"telco-a")


def test_a_reply_by_a_later_message_and_a_quota(start_smsc, start_provider, start_gateway):
    # CMN-5
    smsc, provider = start_smsc(), start_provider(lambda _: Answer())
    gateway = start_gateway(
        smsc=[config.smsc(smsc.port)],
        application=[config.application(provider.url, account="bank")],
        account=[config.BANK],
        route=[GAME],
    )
    smsc.expect("bound")
    smsc.mobile_sends("628111", "1234", "GAME", source_addr_ton=1, source_addr_npi=1)
    [call] = provider.next_calls()
    message = {"to": "628111", "trx_id": call.fields["id"], "text": "You have won"}
    assert post(gateway, message).status == 202
    [reply] = smsc.submits()
    assert (reply["source_addr"], reply["destination_addr"]) == ("1234", "628111")
    refused = post(gateway, message)
    assert (refused.status, refused.json["code"]) == (422, "reply_quota")


def test_a_partner_who_is_away_does_not_leave_the_mobile_without_a_word(start_smsc, start_provider, start_gateway):
    # CMN-4
    call, reply = play(
        start_smsc,
        start_provider,
        start_gateway,
        lambda _: Answer(status=500),
        attempts_max=1,
        fallback_text="Sorry",
    )
    assert (call.fields["text"], reply["text"]) == (TEXT, "Sorry")
