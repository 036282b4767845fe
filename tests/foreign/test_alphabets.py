"""Texts that the gateway encodes and splits, read by others: Python's gsm0338, Python's UTF-16, Wireshark."""

from __future__ import annotations

from pathlib import Path

import gsm0338
import pytest

from harness import config
from harness.capture import Capture
from harness.curl import post
from harness.wire import RESPONSE, SUBMIT_SM, Line, Wire, c_string, pdu, submit_sm, tlv

GSM = gsm0338.Codec()
#: Every character of the default table and of its extension.
EVERY_GSM = (
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿"
    "abcdefghijklmnopqrstuvwxyzäöñüà^{}\\[~]|€"
)


@pytest.fixture
def telco(raw_smsc, start_gateway):
    """The gateway, and the message centre's end of its session."""
    gateway = start_gateway(
        smsc=[config.smsc(raw_smsc.port)],
        account=[config.BANK],
        route=[{"from": {"link": "bank"}, "to": ["telco-a"]}],
    )
    return gateway, raw_smsc.bound()


def sent(gateway, line: Line, text: str) -> tuple[int, list[bytes]]:
    """Hands a text in over HTTP; returns its data_coding and the bodies of its segments without their headers."""
    answer = post(gateway, {"from": "1234", "to": "628111", "text": text})
    assert answer.status in (200, 201, 202), answer.body
    return bodies_at(line)


def bodies_at(line: Line) -> tuple[int, list[bytes]]:
    """What the message centre gets of one message, which it takes: data_coding, bodies without their headers."""
    bodies: dict[int, bytes] = {}
    while True:
        submit = line.hear_until(SUBMIT_SM)
        line.say(pdu(SUBMIT_SM | RESPONSE, c_string(f"{submit.sequence}"), submit.sequence))
        esm_class, data_coding, body = fields(submit.body)
        if not esm_class & 0x40:
            return data_coding, [body]
        assert body[:3] == b"\5\0\3"
        total, number = body[4], body[5]
        bodies[number] = body[6:]
        if len(bodies) == total:
            return data_coding, [bodies[number] for number in sorted(bodies)]


def fields(body: bytes) -> tuple[int, int, bytes]:
    """esm_class, data_coding and short_message of a submit_sm."""
    _, rest = body.split(b"\0", 1)
    _, rest = rest[2:].split(b"\0", 1)
    _, rest = rest[2:].split(b"\0", 1)
    esm_class, rest = rest[0], rest[3:]
    _, rest = rest.split(b"\0", 1)
    _, rest = rest.split(b"\0", 1)
    return esm_class, rest[2], rest[5 : 5 + rest[4]]


@pytest.mark.parametrize(
    ("text", "segments"),
    [
        (EVERY_GSM, 1),
        ("A" * 160, 1),
        ("A" * 161, 2),
        ("A" * 306, 2),
        ("A" * 307, 3),
        ("A" * 159 + "€", 2),
        ("A" * 152 + "€" + "A" * 152, 3),
        (EVERY_GSM * 3, 3),
    ],
    ids=lambda value: f"{len(value)} characters" if isinstance(value, str) else f"{value} segments",
)
def test_gsm_texts_are_read_by_another_codec(telco, text, segments):
    # C-3, G-2, N-1, N-2
    data_coding, bodies = sent(*telco, text)
    assert (data_coding, len(bodies)) == (0, segments)
    # Each segment by itself: none begins or ends within a character.
    assert "".join(GSM.decode(body)[0] for body in bodies) == text


@pytest.mark.parametrize(
    ("text", "segments"),
    [
        ("ж" * 70, 1),
        ("ж" * 71, 2),
        ("ж" * 134, 2),
        ("ж" * 135, 3),
        ("😀" * 35, 1),
        ("😀" * 36, 2),
        ("😀" * 67, 3),
        ("ж" * 66 + "😀" + "ж" * 66, 3),
        ("çáíóú`", 1),
        ("हिन्दी தமிழ் العربية 中文", 1),
    ],
    ids=lambda value: f"{len(value)} characters" if isinstance(value, str) else f"{value} segments",
)
def test_other_texts_are_read_as_utf_16(telco, text, segments):
    # C-3, G-2, N-1, N-2
    data_coding, bodies = sent(*telco, text)
    assert (data_coding, len(bodies)) == (8, segments)
    assert "".join(body.decode("utf-16-be") for body in bodies) == text


@pytest.mark.parametrize(
    ("data_coding", "codec", "text"),
    [
        (5, "shift_jis", "a" + "日本語ｱｲ" * 40),
        (10, "iso2022_jp", "abc" + "日本語のテキスト" * 10 + "def" + "カナ" * 60),
        (13, "euc_jp", "a" + "日本語ｱ" * 40),
        (14, "euc_kr", "a" + "한글 메시지" * 30),
    ],
    ids=["JIS", "ISO-2022-JP", "extended kanji", "KS C 5601"],
)
def test_each_part_of_an_east_asian_text_is_read_by_itself(telco, data_coding, codec, text):
    # N-2, C-2
    gateway, line = telco
    with Wire(gateway.smpp_port) as wire:
        assert wire.bind("bank", "hunter22").status == 0
        payload = tlv(0x0424, text.encode(codec))
        assert wire.ask(submit_sm(text=b"", data_coding=data_coding, tlvs=payload)).status == 0
        said, bodies = bodies_at(line)
    assert said == data_coding
    assert len(bodies) > 2
    assert all(len(body) <= 134 for body in bodies)
    assert "".join(body.decode(codec) for body in bodies) == text


@pytest.mark.parametrize("text", ["0123456789" * 40, "Привет " * 30], ids=["GSM", "UCS-2"])
def test_wireshark_puts_the_segments_together(tmp_path: Path, raw_smsc, start_gateway, text):
    # N-1
    capture = Capture(tmp_path / "long.pcap", [raw_smsc.port])
    try:
        gateway = start_gateway(
            smsc=[config.smsc(raw_smsc.port)],
            account=[config.BANK],
            route=[{"from": {"link": "bank"}, "to": ["telco-a"]}],
        )
        _, bodies = sent(gateway, raw_smsc.bound(), text)
    finally:
        capture.stop()
    assert len(bodies) > 2
    assert capture.reassembled() == [(len(bodies), sum(map(len, bodies)))]
