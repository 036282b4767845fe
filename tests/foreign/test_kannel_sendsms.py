"""The smsbox of Kannel and ours, side by side: the same requests, the same answers, the same messages."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from harness import config
from harness.centre import Centre, Submitted
from harness.gateway import Gateway
from harness.kannel import Kannel, smpp_centre
from harness.plain_http import Request, Said, ask
from harness.waiting import until

SENDSMS = "/cgi-bin/sendsms"
USER = "username=bank&password=hunter22"
HEADERS = {"X-Kannel-Username": "bank", "X-Kannel-Password": "hunter22", "X-Kannel-To": "628111"}
#: A document of one text, in the character set that it declares.
LATIN_XML = '<?xml version="1.0" encoding="ISO-8859-1"?>'
XML = (
    b'<?xml version="1.0"?><message><submit><da><number>628111</number></da><oa><number>4242</number></oa>'
    b"<ud>hello &amp; more</ud><pid>5</pid><dcs><mclass>1</mclass></dcs>"
    b"<from><username>bank</username><password>hunter22</password></from></submit></message>"
)


class Side:
    """A sendsms with the message centre behind it."""

    def __init__(self, port: int, centre: Centre) -> None:
        self.port = port
        self.centre = centre
        self._seen = 0

    def ask(self, request: Request) -> Said:
        return ask(self.port, request)

    def new(self, count: int) -> list[Submitted]:
        """What came since the last time: so many."""
        until(lambda: len(self.centre.submits.items()) >= self._seen + count, f"{count} messages")
        new = self.centre.submits.items()[self._seen :]
        self._seen += len(new)
        return new


@pytest.fixture(scope="module")
def sides(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Side, Side]]:
    """Kannel's smsbox and ours, each with a message centre of its own."""
    folder: Path = tmp_path_factory.mktemp("sides")
    centres = [Centre(), Centre()]
    kannel = Kannel(folder / "kannel", [smpp_centre(centres[0].port), *USERS])
    ours = Gateway(
        config.write(
            folder / "estafet.toml",
            http={"listen": "127.0.0.1:0", "kannel": True},
            smsc=[config.smsc(centres[1].port)],
            account=[
                {**config.BANK, "kannel": {"default_sender": "BANK", "max_messages": 3}},
                {"name": "plain", "password": "hunter22", "kannel": {"max_messages": 1}},
                {"name": "fake", "password": "hunter22", "kannel": {"faked_sender": "FAKE", "max_messages": 1}},
            ],
            route=[{"to": ["telco-a"]}],
        )
    )
    kannel.await_online()
    yield Side(kannel.sendsms_port, centres[0]), Side(ours.http_port, centres[1])
    ours.stop()
    kannel.stop()
    for centre in centres:
        centre.stop()


USERS = [
    {
        "group": "sendsms-user",
        "username": "bank",
        "password": "hunter22",
        "default-sender": "BANK",
        "max-messages": 3,
        "concatenation": "true",
    },
    {"group": "sendsms-user", "username": "plain", "password": "hunter22"},
    {"group": "sendsms-user", "username": "fake", "password": "hunter22", "faked-sender": "FAKE"},
]


def get(query: str) -> Request:
    return Request(f"{SENDSMS}?{query}")


def to_one(query: str, user: str = USER) -> Request:
    return get(f"{user}&to=628111&{query}")


def post(kind: str | None, body: bytes, without: str = "", **headers: str) -> Request:
    said = {name: value for name, value in HEADERS.items() if name != without}
    said |= {f"X-Kannel-{name.replace('_', '-')}": value for name, value in headers.items()}
    if kind is not None:
        said["Content-Type"] = kind
    return Request(SENDSMS, "POST", said, body)


#: Requests that are refused, or do nothing.
REFUSED = [
    *[get(query) for query in ["", "username=bank", f"{USER}&text=x", f"{USER}&to=&text=x", f"{USER}&to=+++&text=x"]],
    *[get(f"{USER}&to={to}&text=x") for to in ["abc", "1;2", "a+b"]],
    *[get(query) for query in ["username=bank&password=wrong&to=1&text=x", "user=who&pass=hunter22&to=1&text=x"]],
    *[
        to_one(f"text=x&{query}")
        for query in [
            "udh=%05",
            "udh=%05%00%03",
            "mclass=4",
            "mclass=-2",
            "pid=256",
            "rpi=3",
            "alt-dcs=2",
            "mwi=8",
            "coding=3",
            "compress=2",
            "validity=-2",
            "deferred=-2",
            "priority=4",
            "priority=-2",
            "dlr-mask=67",
            "dlr-mask=-2",
            "dlr-url=http://",
            "dlr-url=ftp://example.com/",
            "dlrurl=nothing",
            "account=a%5Bb",
            "account=a%0Ab",
            "account=" + 65 * "a",
            "charset=klingon",
            "mclass=9&pid=999&account=%5B",
            "priority=9&charset=klingon",
        ]
    ],
    to_one("text=x", "username=plain&password=hunter22"),
    post("text/html", b"x"),
    post("text/vnd.wap.wml", b"x"),
    post("application/x-www-form-urlencoded", b"text=x"),
    post("application/json", b"{}"),
    post("text/plain", b"x", without="X-Kannel-To"),
    post("text/plain", b"x", To=""),
    post("text/plain", b"x", without="X-Kannel-Password"),
    post("text/html", b"x", without="X-Kannel-Username"),
    post("application/json", b"x", without="X-Kannel-Username"),
    post("text/plain", b"x", UDH="05"),
    post("text/plain", b"x", UDH="zz"),
    post("text/plain", b"x", MClass="7"),
    Request(SENDSMS, "POST", {"Content-Type": "text/xml"}, b"junk"),
    Request(f"{SENDSMS}?{USER}&to=1&text=x", "POST", {"Content-Type": "text/plain"}, b"x"),
    to_one("text=x&charset=GSM"),
    post("text/plain; charset=klingon", b"x"),
    post("text/plain", b"x", DLR_Url="ftp://example.com/"),
    post("text/plain", b"x", Coding="9"),
    *[
        Request(SENDSMS, "POST", {"Content-Type": "text/xml"}, XML.replace(b"<pid>5</pid>", element))
        for element in [b"<pid>x</pid>", b"<pid>5x</pid>", b"<pid></pid>", b"<pid/>", b"<priority>x</priority>", b"<rpi>x</rpi>"]
        + [b"<vp><delay>x</delay></vp>", b"<timing><delay>x</delay></timing>"]
        + [b"<statusrequest><dlr-mask>x</dlr-mask></statusrequest>"]
    ],
    *[Request(path) for path in ["/", "/favicon.ico", "/cgi-bin", "/cgi-bin/", "/cgi-bin/nothing", "/cgi-bin/sendsms/"]],
    *[Request("/nothing", method) for method in ["HEAD", "POST"]],
]

#: Requests that send, with how many segments come of each.
SENT = [
    *[
        (to_one(query), 1)
        for query in [
            "text=hi",
            "text=",
            "",
            "text=%C3%A4%E2%82%AC&unknown=1",
            "text=a+b%2Bc",
            "text=100%",
            "text=a%zzb",
            "text=a%4",
            "text=a&text=b",
            "coding=0&text=%D0%94",
            "coding=2&text=%04%14",
            "coding=2&charset=UTF-8&text=%D0%94",
            "coding=2&charset=UTF-16BE&text=%04%14",
            "coding=1&text=%00%01",
            "charset=latin1&text=%E4",
            "charset=ISO-8859-1&text=%E4",
            "charset=windows-1252&text=%80",
            "charset=utf-8&text=%C3%A4",
            "udh=&text=x",
            "udh=%00&text=x",
            "udh=%05%00%03%07%02%01&text=hi",
            "udh=%05%00%03%07%02%01&text=hi&coding=0",
            "udh=%05%00%03%07%02%01&text=%04%14&coding=2",
            "text=x&pid=5",
            "text=x&pid=x",
            "text=x&pid=5x",
            "text=x&pid=+7",
            "text=x&rpi=0",
            "text=x&rpi=1",
            "text=x&rpi=2",
            "text=x&priority=3",
            "text=x&priority=-1",
            "text=x&binfo=AB",
            "text=x&binfo=ABCDEFGH",
            "text=x&account=abc",
            "text=x&smsc=telco-a",
            "text=x&smsc=unknown",
            "text=x&from=",
            "text=x&from=1234",
            "text=x&from=twelve+chars+x",
            "text=x&dlr-mask=0",
            "text=x&dlr-url=HTTP://a",
            "text=%25%25",
            "text=x%%",
            "text=%%41",
            "text=%2%",
            "text=%%%",
            "te%78t=x",
            "text=a=b;c?d",
            "text=a%0Ab%0D%0Ac",
            "coding=0&text=%C3%A7%60%E2%80%99",
            "charset=UCS-2BE&text=%00A",
            "charset=UCS-2&text=A%00",
            "charset=UTF-16LE&coding=2&text=%14%04",
            "charset=UTF-16&coding=2&text=%FE%FF%04%14",
            "charset=cp932&coding=2&text=%82%A0",
            "charset=cp850&text=%84%82",
            "charset=IBM437&coding=2&text=%84%E0",
            "charset=cp866&coding=2&text=%84",
            "charset=KOI8-R&coding=2&text=%C4",
            "charset=UTF-8//TRANSLIT&text=%C3%A4",
            "udh=%06%05%04%15%82%00%00&text=%E4&charset=latin1&coding=0",
            "udh=%05%00%03%07%02%01&text=hi&mclass=1",
            "udh=%05%00%03%07%02%01&text=hi&mwi=1&coding=0",
            "text=x&mclass=0x1",
            "text=x&mclass=-0",
            "text=x&pid=63",
            "text=x&validity=5&deferred=-1",
            "text=x&meta-data=%3Fsmpp",
            *[f"text=h%C3%A4&meta-data=%3Fsmpp%3Fdata_coding%3D{number}" for number in [0, 3, 4, 8, 9, 240, "8x", "x"]],
            *[
                f"text=h%C3%A4&meta-data=%3Fsmpp%3Fdata_coding%3D8&{query}"
                for query in ["coding=0", "coding=1", "mclass=1", "mwi=1&coding=0", "alt-dcs=1&coding=0", "alt-dcs=0"]
                + ["udh=%05%00%03%07%02%01", "udh=%05%00%03%07%02%01&coding=0"]
            ],
        ]
    ],
    *[(to_one(f"text=xx&mwi={mwi}&coding={coding}"), 1) for mwi in range(8) for coding in range(3)],
    *[
        (to_one(f"text=xx&coding={coding}&mclass={mclass}&alt-dcs={alt}&compress={compress}"), 1)
        for coding in range(3)
        for mclass in ["", 0, 3]
        for alt in ["", 0, 1]
        for compress in ["", 1]
    ],
    (get("user=bank&pass=hunter22&to=628111&text=x"), 1),
    (get(f"user=who&{USER}&to=628111&text=x"), 1),
    (get(f"{USER}&to=1&to=2&text=x"), 1),
    (get(f"{USER}&to=628111+628222+abc+628111&text=x"), 2),
    (to_one("from=1&text=x", "username=fake&password=hunter22"), 1),
    (to_one(f"from=1&text={170 * 'a'}", "username=plain&password=hunter22"), 1),
    (to_one(f"from=1&coding=0&text={100 * '%E2%82%AC'}", "username=plain&password=hunter22"), 1),
    (to_one(f"from=1&coding=1&text={200 * 'b'}", "username=plain&password=hunter22"), 1),
    (to_one(f"from=1&coding=2&text={100 * '%04%14'}", "username=plain&password=hunter22"), 1),
    (to_one(f"from=1&coding=1&udh=%05%00%03%07%02%01&text={200 * 'b'}", "username=plain&password=hunter22"), 1),
    (to_one(f"from=1&coding=0&udh=%05%00%03%07%02%01&text={200 * 'b'}", "username=plain&password=hunter22"), 1),
    (to_one(f"text={500 * 'a'}"), 3),
    (to_one(f"coding=1&text={300 * 'b'}"), 3),
    (to_one(f"coding=2&text={100 * '%04%14'}"), 2),
    *[
        (Request(SENDSMS, "POST", {"Content-Type": "text/xml"}, document), 1)
        for document in [
            XML.replace(b"hello &amp; more", "Д".encode()).replace(b"<mclass>1</mclass>", b"<coding>2</coding>"),
            XML.replace(b"hello &amp; more", b"&#x414;").replace(b"<mclass>1</mclass>", b"<coding>2</coding>"),
            XML.replace(b"hello &amp; more", b"  hello\n "),
            XML.replace(b"<pid>5</pid>", b"<pid>-1</pid><vp><delay>-1</delay></vp>"),
            XML.replace(b"hello &amp; more", b"a+b%2Bc %C3%A4 100%25 %zz"),
            XML.replace(b"hello &amp; more", b"100%"),
            XML.replace(b"hello &amp; more", b"%00%FF").replace(b"<mclass>1</mclass>", b"<coding>1</coding>"),
            XML.replace(b"hello &amp; more", b"%D0%94").replace(b"<mclass>1</mclass>", b"<coding>2</coding>"),
            XML.replace(b"hello &amp; more", b"%E4+%F6").replace(b'<?xml version="1.0"?>', LATIN_XML.encode()),
            XML.replace(b"<mclass>1</mclass>", b"").replace(b"<pid>", b"<meta-data>?smpp?data_coding=8</meta-data><pid>"),
        ]
    ],
    (post("text/plain; charset=", b"\xe4"), 1),
    (post("text/plain", b"h", Meta_Data="?smpp?data_coding=8"), 1),
    (post("application/octet-stream", "ä".encode(), Coding="0"), 1),
    (post("text/plain", b"hi"), 1),
    (post("text/plain", b""), 1),
    (post("text/plain; charset=utf-8", "ä".encode()), 1),
    (post("text/plain", b"\xe4"), 1),
    (post(None, b"hi"), 1),
    (post("application/octet-stream", b"\x00\xff"), 1),
    (post("text/plain", b"ab", Coding="2"), 1),
    (post("text/plain; charset=utf-8", "Д".encode(), Coding="2"), 1),
    (post("text/plain", b"hi", UDH="050003070201"), 1),
    (post("text/plain", b"hi", UDH="%05%00%03%07%02%01"), 1),
    (post("text/plain", b"hi", MClass="1", PID="3", Priority="2", BInfo="AB", RPI="1", Alt_DCS="1", From="123"), 1),
    (post("text/plain", b"hi", To="628111 628222 628222"), 2),
    (Request(SENDSMS, "POST", {"Content-Type": "text/xml"}, XML), 1),
]


# KN-1, KN-4, KN-6, KN-8, KN-9, KN-10, KN-11, KN-13
@pytest.mark.parametrize("request_", REFUSED, ids=str)
def test_what_is_refused_is_refused_in_the_same_words(sides, request_: Request):
    kannel, ours = (side.ask(request_) for side in sides)
    assert shown(ours) == shown(kannel)
    assert ours.status >= 400


# KN-2, KN-5, KN-7, KN-11, KN-12, KN-15, KN-23, KN-25, KN-26
@pytest.mark.parametrize(("request_", "segments"), SENT, ids=str)
def test_what_is_sent_is_answered_and_submitted_alike(sides, request_: Request, segments: int):
    kannel, ours = (side.ask(request_) for side in sides)
    assert shown(ours) == shown(kannel)
    assert (ours.status, ours.body) == (202, "0: Accepted for delivery")
    is_cut = segments > 1
    theirs, own = (sorted((essence(part, is_cut) for part in side.new(segments)), key=repr) for side in sides)
    assert own == theirs
    assert len(own) == segments


# KN-3
@pytest.mark.parametrize("method", ["PUT", "DELETE", "OPTIONS", "PATCH", "WHAT"])
@pytest.mark.parametrize("path", [f"{SENDSMS}?{USER}&to=1&text=x", "/", "/cgi-bin/nothing"])
def test_other_methods_are_answered_without_a_word(sides, method: str, path: str):
    kannel, ours = (side.ask(Request(path, method)) for side in sides)
    assert (ours.status, ours.body) == (kannel.status, kannel.body) == (400, "")


# KN-1
def test_below_our_own_paths_our_own_api_answers(sides):
    _, ours = sides
    said = ours.ask(Request("/v1/nothing"))
    assert (said.status, said.headers["content-type"]) == (404, "application/problem+json")


# KN-3
def test_head_sends_nothing_here(sides):
    """A deliberate difference: Kannel sends by HEAD."""
    _, ours = sides
    said = ours.ask(Request(f"{SENDSMS}?{USER}&to=628111&text=x", "HEAD"))
    assert (said.status, said.body) == (400, "")
    assert ours.ask(to_one("text=last")).status == 202
    assert [submitted.short_message for submitted in ours.new(1)] == [b"last"]
    kannel, _ = sides
    kannel.ask(to_one("text=last"))
    kannel.new(1)


# KN-21
def test_a_kannel_hands_its_messages_to_us_by_http(tmp_path, start_gateway):
    """`smsc = http`, `system-type = kannel`: what only an exact answer counts as success for."""
    centre = Centre()
    gateway = start_gateway(
        http={"listen": "127.0.0.1:0", "kannel": True},
        smsc=[config.smsc(centre.port)],
        account=[config.BANK],
        route=[{"to": ["telco-a"]}],
    )
    upstream = {
        "group": "smsc",
        "smsc": "http",
        "smsc-id": "estafet",
        "system-type": "kannel",
        "send-url": f"{gateway.url}{SENDSMS}",
        "smsc-username": "bank",
        "smsc-password": "hunter22",
    }
    kannel = Kannel(tmp_path / "kannel", [upstream, *USERS])
    try:
        for query in ["text=one", "coding=2&charset=UTF-8&text=%D0%94&x=1", "coding=1&text=%00%01", "text=%C3%A4&mclass=1"]:
            assert ask(kannel.sendsms_port, to_one(query)).status == 202
        centre.submits.collect(lambda _: True, 4, "messages that went through both")
        bodies = {submitted.short_message for submitted in centre.submits.items()}
        assert bodies == {b"one", b"\x04\x14", b"\x00\x01", b"\x7b"}
        log = (tmp_path / "kannel" / "bearerbox.log").read_text(errors="replace")
        assert "FAILED Send" not in log and "got an error back" not in log
    finally:
        kannel.stop()
        centre.stop()


# KN-22
def test_a_kannel_hands_its_messages_to_us_by_smpp(tmp_path, start_gateway):
    centre = Centre()
    gateway = start_gateway(
        smsc=[config.smsc(centre.port)], account=[config.BANK], route=[{"from": {"link": "bank"}, "to": ["telco-a"]}]
    )
    upstream = smpp_centre(gateway.smpp_port, smsc_username="bank", smsc_password="hunter22")
    kannel = Kannel(tmp_path / "kannel", [upstream, *USERS])
    try:
        kannel.await_online()
        for query in ["text=one", "coding=2&text=%04%14", "text=x&mclass=0"]:
            said = ask(kannel.sendsms_port, to_one(query))
            assert (said.status, said.body) == (202, "0: Accepted for delivery")
        centre.submits.collect(lambda _: True, 3, "messages that went through both")
        seen = {(submitted.data_coding, submitted.short_message) for submitted in centre.submits.items()}
        assert seen == {(0, b"one"), (8, b"\x04\x14"), (0xF0, b"x")}
    finally:
        kannel.stop()
        centre.stop()


def shown(said: Said) -> tuple:
    """What a program looks at."""
    kept = ("content-type", "pragma", "cache-control", "content-length")
    return said.status, said.body, {name: said.headers.get(name) for name in kept}


def essence(submitted: Submitted, is_cut: bool) -> tuple:
    """What must be the same, wherever it comes from. Kannel asks for store and forward, we leave that to the SMSC; it
    takes numbers without a plus for national, we take them for international; the reference of parts that were cut is a
    counter."""
    body = submitted.short_message
    if is_cut and submitted.esm_class & 0x40 and body[:3] == b"\x05\x00\x03":
        body = body[:3] + body[4:]
    return (
        submitted.data_coding,
        submitted.esm_class & ~0x03,
        submitted.protocol_id,
        submitted.priority,
        submitted.service_type,
        submitted.source[2],
        submitted.destination[2],
        submitted.registered_delivery,
        body,
    )
