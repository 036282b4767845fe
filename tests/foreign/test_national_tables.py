"""Texts in national language tables (23.038 annex A), written and read by Python's gsmcodecs on the other side."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from gsmcodecs import Codec
from gsmcodecs.charmaps import GSMCHARMAPS

from harness import config
from harness.curl import post
from harness.provider import Answer
from harness.waiting import until
from harness.wire import DELIVER_SM, RESPONSE, SUBMIT_SM, pdu, submit_sm

LANGUAGES = {
    1: "turkish",
    2: "spanish",
    3: "portuguese",
    4: "bengali",
    5: "gujarati",
    6: "hindi",
    7: "kannada",
    8: "malayalam",
    9: "oriya",
    10: "punjabi",
    11: "tamil",
    12: "telugu",
    13: "urdu",
}
ESCAPE = 0x1B
SINGLE, LOCKING = 0x24, 0x25
#: Where gsmcodecs differs from the tables of Android and Mozilla, by language and code: the comma among them.
DISPUTED_LOCKING = {(number, 0x2C) for number in range(4, 14)} | {(7, 0x24)}


def header(*elements: tuple[int, int]) -> bytes:
    """A user data header of shift elements."""
    content = b"".join(bytes([identity, 1, number]) for identity, number in elements)
    return bytes([len(content)]) + content


def tables(kind: str) -> list[int]:
    return [number for number in LANGUAGES if kind in GSMCHARMAPS[number]]


@pytest.fixture
def mobile(raw_smsc, start_provider, start_gateway):
    """Lets a mobile say octets with a header; returns the text that the content provider is told."""
    provider = start_provider(lambda _: Answer(status=204))
    to_games = {"match": {"destination": "1234"}, "to": ["games"]}
    start_gateway(
        smsc=[config.smsc(raw_smsc.port)],
        application=[config.application(provider.url)],
        route=[to_games],
    )
    line = raw_smsc.bound()

    def say(udh: bytes, octets: bytes) -> str:
        deliver = submit_sm(
            command=DELIVER_SM, source="628111", destination="1234", esm_class=0x40, text=udh + octets
        )
        line.say(deliver)
        assert line.hear_until(DELIVER_SM | RESPONSE).status == 0
        [call] = provider.next_calls()
        return call.fields["text"]

    return say


# G-1
@pytest.mark.parametrize("number", tables("locking"), ids=LANGUAGES.get)
def test_every_character_of_a_locking_table_is_read(mobile, number):
    table = GSMCHARMAPS[number]["locking"]["decode"]
    codes = [code for code in sorted(table) if code != ESCAPE and (number, code) not in DISPUTED_LOCKING]
    expected = "".join(chr(table[code]) for code in codes)
    assert mobile(header((LOCKING, number)), bytes(codes)) == expected


# G-1
@pytest.mark.parametrize("number", tables("singleShift"), ids=LANGUAGES.get)
def test_every_character_of_a_single_shift_table_is_read(mobile, number):
    table = GSMCHARMAPS[number]["singleShift"]["decode"]
    codes = [code for code in sorted(table) if code not in (0x0A, 0x0D, ESCAPE)]
    told = mobile(header((SINGLE, number)), b"".join(bytes([ESCAPE, code]) for code in codes))
    assert told == "".join(chr(table[code]) for code in codes)


# G-1, G-2
@pytest.mark.parametrize(
    ("number", "text"),
    [
        (1, "Şişli'de ığdır ağacı, İstanbul'da güneş: " * 3),
        (3, "Amanhã às três horas, não esqueça as lâmpadas e os pães. " * 2),
        (6, "नमस्ते आपका कोड 4711 है। कृपया किसी को न बताएं। धन्यवाद आपका दिन शुभ हो और यह संदेश लंबा है।"),
        (11, "வணக்கம் உங்கள் குறியீடு 4711. இதை யாரிடமும் சொல்ல வேண்டாம் நன்றி மீண்டும் வருக."),
    ],
    ids=["turkish", "portuguese", "hindi", "tamil"],
)
def test_what_is_written_is_read_by_another_codec(raw_smsc, start_gateway, number, text):
    gateway = start_gateway(
        smsc=[config.smsc(raw_smsc.port, national=[LANGUAGES[number]])],
        account=[config.BANK],
        route=[{"to": ["telco-a"]}],
    )
    line = raw_smsc.bound()
    answer = post(gateway, {"from": "1234", "to": "628111000111", "text": text})
    assert answer.status == 202, answer.body
    parts = {}
    for _ in range(answer.json["segments"]):
        submit = line.hear_until(SUBMIT_SM)
        line.say(pdu(SUBMIT_SM | RESPONSE, b"id\0", submit.sequence))
        octets = short_message(submit.body)
        elements, body = elements_of(octets)
        locking = elements.get(LOCKING, b"\0")[0]
        single = elements.get(SINGLE, b"\0")[0]
        assert {locking, single} <= {0, number} and (locking or single), elements
        assert len(body) <= (140 - len(octets) + len(body)) * 8 // 7
        parts[elements.get(0, b"\0\1\1")[2]] = Codec(locking, single).decode(body)[0]
    assert "".join(parts[index] for index in sorted(parts)) == text


# G-1
def test_what_waits_for_who_reads_them_is_read_at_another_smsc(raw_smsc, smsc, start_gateway):
    reads = config.smsc(raw_smsc.port, national=["turkish"], failover_s=1)
    other = config.smsc(smsc.port, name="telco-b")
    to = [{"link": "telco-a", "weight": 1_000_000}, "telco-b"]
    gateway = start_gateway(smsc=[reads, other], account=[config.BANK], route=[{"to": to}])
    raw_smsc.bound()
    until(lambda: gateway.metric("estafet_sessions", link="telco-a") == 1, "the first to be bound")
    text = "Şişli'de ığdır ağacı, İstanbul'da güneş: " * 3
    due = datetime.now(UTC) + timedelta(seconds=4)
    message = {"from": "1234", "to": "628111000111", "text": text, "not_before": due.isoformat()}
    answer = post(gateway, message)
    assert (answer.status, answer.json["segments"]) == (202, 1)
    raw_smsc.stop()
    submits = smsc.submits(2)
    assert {submit["data_coding"] for submit in submits} == {8}
    assert "".join(submit["text"] for submit in submits) == text


def short_message(body: bytes) -> bytes:
    """The short_message of a submit_sm whose text stands there."""
    _, rest = body.split(b"\0", 1)
    _, rest = rest[2:].split(b"\0", 1)
    _, rest = rest[2:].split(b"\0", 1)
    assert rest[0] & 0x40, "it has a header"
    _, rest = rest[3:].split(b"\0", 1)
    _, rest = rest.split(b"\0", 1)
    assert rest[2] == 0, "septets"
    return rest[5 : 5 + rest[4]]


def elements_of(octets: bytes) -> tuple[dict[int, bytes], bytes]:
    """The elements of the header before a body, and the body."""
    end = 1 + octets[0]
    elements, at = {}, 1
    while at < end:
        identity, length = octets[at], octets[at + 1]
        elements[identity] = octets[at + 2 : at + 2 + length]
        at += 2 + length
    return elements, octets[end:]
