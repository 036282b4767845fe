"""What Kannel and Estafet call: the same messages of handsets, the same reports, the same octets."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

import pytest

from harness import config
from harness.centre import Centre
from harness.gateway import Gateway
from harness.kannel import Kannel, smpp_centre
from harness.plain_http import Request, ask
from harness.provider import Answer, Call, Provider
from harness.wire import tlv

#: Keywords of the services, with how each calls.
SERVICES = {"fetch": "get-url", "post": "post-url", "xml": "post-xml"}
ESCAPES = "k=%k&s=%s&r=%r&a=%a&b=%b&e=%e&p=%p&P=%P&q=%q&Q=%Q&i=%i&n=%n&d=%d&A=%A&F=%F&f=%f&B=%B&D=%D&c=%c&C=%C"
ESCAPES += "&m=%m&M=%M&O=%O&u=%u&v=%v&V=%V&R=%R&N=%N&x=%x&y=%y&U=%U&meta=%#smpp#none#"
REPORT = "d=%d&A=%A&F=%F&i=%i&p=%p&P=%P&q=%q&Q=%Q&n=%n&D=%D&e=%#smpp#dlr_err#&k=%k&a=%a&b=%b&C=%C&c=%c&m=%m&M=%M"


class Side:
    """A gateway with the message centre before it and the content provider behind it."""

    def __init__(self, sendsms_port: int, centre: Centre, provider: Provider) -> None:
        self.sendsms_port = sendsms_port
        self.centre = centre
        self.provider = provider
        self._seen = 0

    def next_call(self) -> Call:
        """The next call that nobody looked at yet."""
        call = self.provider.calls.expect(lambda _: True, "a call", since=self._seen)
        self._seen += 1
        return call


@pytest.fixture(scope="module")
def sides(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Side, Side]]:
    """Kannel and ours; both have the same services and the same user."""
    folder: Path = tmp_path_factory.mktemp("calls")
    centres = [Centre(refuses={b"bad": 0x0B}), Centre(refuses={b"bad": 0x0B})]
    providers = [Provider(lambda _: Answer()), Provider(lambda _: Answer())]
    kannel = Kannel(folder / "kannel", [smpp_centre(centres[0].port, allowed_prefix="62;+62"), *services(providers[0].url), USER, *TLVS])
    ours = Gateway(
        config.write(
            folder / "estafet.toml",
            http={"listen": "127.0.0.1:0", "kannel": True},
            smsc=[config.smsc(centres[1].port)],
            account=[{**config.BANK, "kannel": {"default_sender": "BANK", "dlr": True, "allow_private_address": True}}],
            application=applications(providers[1].url),
            route=[
                *[{"match": {"keyword": keyword}, "to": [f"svc-{keyword}"]} for keyword in SERVICES],
                {"from": {"link": "bank"}, "match": {"prefix": "62"}, "to": ["telco-a"]},
            ],
        )
    )
    kannel.await_online()
    yield Side(kannel.sendsms_port, centres[0], providers[0]), Side(ours.http_port, centres[1], providers[1])
    ours.stop()
    kannel.stop()
    for running in [*centres, *providers]:
        running.stop()


#: A TLV for each type that Kannel knows, with a value.
NAMED = {
    "op": ("integer", 0x1401, 2, b"\x01\x02"),
    "id": ("nulterminated", 0x1402, 10, b"a b\0"),
    "raw": ("octetstring", 0x1403, 10, b"x&y"),
}
TLVS = [
    {"group": "smpp-tlv", "name": name, "tag": hex(tag), "type": kind, "length": length}
    for name, (kind, tag, length, _) in NAMED.items()
]
USER = {"group": "sendsms-user", "username": "bank", "password": "hunter22", "default-sender": "BANK"}


def services(url: str) -> list[dict]:
    common = {"group": "sms-service", "max-messages": 0, "send-sender": "true", "catch-all": "true"}
    return [
        {**common, "keyword": keyword, "name": f"svc-{keyword}", key: f"{url}?{ESCAPES}"}
        for keyword, key in SERVICES.items()
    ]


def applications(url: str) -> list[dict]:
    manners = {"fetch": {"format": "kannel"}, "post": {"format": "kannel", "method": "POST"}, "xml": {"format": "kannel-xml"}}
    return [
        {
            "name": f"svc-{keyword}",
            "url": f"{url}?{ESCAPES}",
            "allow_private_address": True,
            "send_sender": True,
            "max_messages": 0,
            "tlv": [{"name": name, "tag": tag, "type": kind, "length": length} for name, (kind, tag, length, _) in NAMED.items()],
            **manner,
        }
        for keyword, manner in manners.items()
    ]


PORTED = b"\x06\x05\x04\x0b\x84\x23\xf0"
#: Texts behind a keyword: how they are coded, and their octets.
TEXTS = {
    "gsm": (0, 0, lambda keyword: keyword.encode() + b" me & \x7b + 100% <x> ~"),
    "ucs2": (8, 0, lambda keyword: f"{keyword} \u0414 & \u00e4".encode("utf-16-be")),
    "flash": (0x10, 0, lambda keyword: keyword.encode() + b" now"),
    "alternative": (0xF1, 0, lambda keyword: keyword.encode() + b" now"),
    "voice-mail": (0xDA, 0, lambda keyword: keyword.encode() + b" waits"),
    "no voice-mail": (0xC0, 0, lambda keyword: keyword.encode() + b" waits"),
    "binary": (4, 0x40, lambda keyword: PORTED + keyword.encode() + b" \xff\x00"),
}


# KN-36, KN-37, KN-38
@pytest.mark.parametrize("keyword", SERVICES)
@pytest.mark.parametrize("text", ["gsm", "ucs2", "flash", "alternative", "voice-mail", "no voice-mail"])
def test_a_message_of_a_handset_is_told_in_the_same_octets(sides, keyword: str, text: str):
    data_coding, esm_class, octets = TEXTS[text]
    told = []
    for side in sides:
        side.centre.bring("628111", octets(keyword), data_coding, esm_class)
        told.append(essence(side.next_call()))
    kannel, ours = told
    assert ours == kannel


# KN-36, KN-37, KN-38: octets have no keyword here, so that they come by the code alone there, too.
def test_a_user_data_header_is_told_in_the_same_octets(sides):
    kannel, _ = sides
    data_coding, esm_class, octets = TEXTS["binary"]
    kannel.centre.bring("628111", octets("post"), data_coding, esm_class)
    headers = dict(essence(kannel.next_call())[2])
    assert (headers["x-kannel-udh"], headers["x-kannel-coding"]) == ("%06%05%04%0B%84%23%F0", "1")


def essence(call: Call) -> tuple:
    """All of a call that does not name its time."""
    headers = {name: value for name, value in call.headers.items() if name.startswith("x-kannel-")}
    headers.pop("x-kannel-time", None)
    body = re.sub(rb"<at>.*</at>", b"<at/>", call.body)
    query = call.query
    if "&C=UTF-16BE&" in query:
        # Kannel parts such a text at octets that look like blanks, within its characters.
        query = re.sub(r"\b[ksra]=[^&]*&", "", query)
    return call.method, query, tuple(sorted(headers.items())), call.content_type, body


# KN-37, KN-38
def test_a_text_that_is_written_anew_is_told_in_the_same_octets(tmp_path, start_gateway):
    """`mo-recode` of smsbox, and our `charset`."""
    centres = [Centre(), Centre()]
    providers = [Provider(lambda _: Answer()), Provider(lambda _: Answer())]
    kannel = Kannel(
        tmp_path / "kannel", [smpp_centre(centres[0].port), *services(providers[0].url)], {"mo-recode": "true"}
    )
    try:
        start_gateway(
            smsc=[config.smsc(centres[1].port)],
            application=[{**application, "charset": "UTF-8"} for application in applications(providers[1].url)],
            route=[{"match": {"keyword": keyword}, "to": [f"svc-{keyword}"]} for keyword in SERVICES],
        )
        kannel.await_online()
        for keyword in ["post", "xml"]:
            data_coding, esm_class, octets = TEXTS["ucs2"]
            told = []
            for centre, provider in zip(centres, providers):
                seen = len(provider.calls.items())
                centre.bring("628111", octets(keyword), data_coding, esm_class)
                told.append(essence(provider.calls.expect(lambda _: True, "a call", since=seen)))
            # The query tells the data_coding, which Kannel makes anew.
            theirs, ours = (call[2:] for call in told)
            assert ours == theirs
            assert "UTF-8" in ours[1]
    finally:
        kannel.stop()
        for running in [*centres, *providers]:
            running.stop()


# KN-27, KN-28, KN-31, KN-32, KN-34
@pytest.mark.parametrize("receiver", ["628111", "%2B628111"])
def test_reports_are_told_in_the_same_octets(sides, receiver: str):
    told = []
    for side in sides:
        before = len(side.centre.submits.items())
        assert send(side, f"to={receiver}&text=hi", 31).status == 202
        calls = [side.next_call()]
        side.centre.submits.collect(lambda _: True, before + 1, "the message")
        receipt = f"id:{before + 1:08x} sub:001 dlvrd:001 submit date:2601010000 done date:2601010001 stat:DELIVRD err:000"
        side.centre.bring("628111", f"{receipt} text:hi".encode(), esm_class=4)
        calls.append(side.next_call())
        told.append([report(call) for call in calls])
    kannel, ours = told
    assert ours == kannel
    assert [query.partition("&")[0] for query in ours] == ["d=8", "d=1"]


# KN-28
@pytest.mark.parametrize("mask", [2, 16, 31])
def test_what_the_smsc_refuses_is_told_in_the_same_octets(sides, mask: int):
    for side in sides:
        assert send(side, "to=628111&text=bad", mask).status == 202
    kannel, ours = (report(side.next_call()) for side in sides)
    assert ours == kannel
    assert ours.startswith("d=16&A=NACK%2F0x0000000b%2FInvalid+Destination+Address&F=&i=telco-a&")


# KN-17, KN-28
@pytest.mark.parametrize("mask", [2, 16, 31])
def test_what_there_is_no_way_for_is_told_in_the_same_octets(sides, mask: int):
    for side in sides:
        said = send(side, "to=4670&text=hi", mask)
        assert (said.status, said.body) == (403, "Not routable. Do not try again.")
    kannel, ours = (report(side.next_call()) for side in sides)
    assert ours == kannel
    assert ours.startswith("d=16&A=NACK%2Fno+SMSC&F=&i=&p=4670&")


def send(side: Side, query: str, mask: int):
    url = quote(f"{side.provider.url}?{REPORT}", safe="")
    query = f"username=bank&password=hunter22&{query}&dlr-mask={mask}&dlr-url={url}"
    return ask(side.sendsms_port, Request(f"/cgi-bin/sendsms?{query}"))


# KN-35, KN-36, KN-37, KN-38
@pytest.mark.parametrize("keyword", SERVICES)
@pytest.mark.parametrize("name", NAMED)
def test_tlvs_are_told_in_the_same_octets(sides, keyword: str, name: str):
    _, tag, _, value = NAMED[name]
    for side in sides:
        side.centre.bring("628111", f"{keyword} me".encode(), tlvs=tlv(tag, value) + tlv(0x1499, b"?"))
    kannel, ours = (essence(side.next_call()) for side in sides)
    assert ours == kannel
    assert name in str(ours)


def report(call: Call) -> str:
    """The query of a report without the minutes that a receipt names."""
    assert (call.method, call.body) == ("GET", b"")
    return re.sub(r"date%3A\d{10}", "date%3A", call.query)
