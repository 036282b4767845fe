"""Files as those have them who run a Kannel: read by `estafet import`, checked, served, and used as they were."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from harness.centre import Centre, Submitted
from harness.gateway import BINARY, Gateway
from harness.kannel import Kannel, free_ports
from harness.plain_http import Request, Said, ask
from harness.provider import Answer, Provider

FILES = Path(__file__).parent / "kannel"


class Moved:
    """A file of Kannel's and the gateway that took it over."""

    def __init__(self, name: str, folder: Path, **places: str | int) -> None:
        self.http_port, smpp_port = free_ports(2)
        text = (FILES / f"{name}.conf").read_text()
        for place, value in {**places, "HTTP": self.http_port, "SMPP": smpp_port, "FOLDER": folder}.items():
            text = text.replace(f"@{place}@", str(value))
        self.text = text
        source, config = folder / f"{name}.conf", folder / "estafet.toml"
        source.write_text(text)
        done = run("import", "kannel", source, "--output", config)
        self.report = done.stderr
        config.write_text(config.read_text().replace('data_dir = "data"', f'data_dir = "{folder / "data"}"'))
        run("check", "--config", config)
        self.config = config.read_text()
        self.gateway = Gateway(config)

    def send(self, query: str) -> Said:
        return ask(self.http_port, Request(f"/cgi-bin/sendsms?{query}"))

    def groups(self) -> list[dict]:
        """The groups of the file."""
        groups = [block.splitlines() for block in re.split(r"\n\n+", self.text)]
        pairs = [[line.split("=", 1) for line in lines if "=" in line and line[:1] != "#"] for lines in groups]
        return [{key.strip(): value.strip().strip('"') for key, value in group} for group in pairs if group]


def run(*arguments: object) -> subprocess.CompletedProcess:
    done = subprocess.run([str(BINARY), *map(str, arguments)], capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
    return done


@pytest.fixture
def move(tmp_path: Path) -> Iterator[Callable[..., Moved]]:
    moved: list[Moved] = []

    def start(name: str, **places: str | int) -> Moved:
        moved.append(Moved(name, tmp_path, **places))
        return moved[-1]

    yield start
    for one in moved:
        one.gateway.stop()


@pytest.fixture
def start_centre() -> Iterator[Callable[[], Centre]]:
    centres: list[Centre] = []

    def start() -> Centre:
        centres.append(Centre())
        return centres[-1]

    yield start
    for centre in centres:
        centre.stop()


@pytest.fixture
def provider() -> Iterator[Provider]:
    answers = {"/game": "<b>caf&eacute;</b> &amp; more", "/post": "", "/xml": "never", "/silent": "never"}
    kinds = {"/game": "text/html", "/xml": "image/gif"}
    running = Provider(lambda call: Answer(200, kinds.get(call.path, "text/plain"), answers.get(call.path, "")))
    yield running
    running.stop()


def port_of(provider: Provider) -> int:
    return int(re.search(r":(\d+)/", provider.url)[1])


def next_submit(centre: Centre, text: bytes) -> Submitted:
    return centre.submits.expect(lambda one: one.short_message == text, f"{text!r}")


# KN-46, KN-39, KN-44, KN-47
def test_a_content_provider_goes_on_as_before(move, start_centre, provider, tmp_path):
    (tmp_path / "terms.txt").write_text("Terms of service")
    centre = start_centre()
    moved = move("provider", PORT=centre.port, CP=port_of(provider))
    centre.bring("628111", b"game on")
    call = provider.calls.expect(lambda call: call.path == "/game", "a call")
    assert (call.fields["text"], call.fields["from"]) == ("game on", "+628111")
    next_submit(centre, b"GAME: caf\x05 & more (c)")
    for text, answer in [
        (b"spiel", b"GAME: caf\x05 & more (c)"),
        (b"post x", b"Tidak ada jawaban"),
        (b"xml x", b"Maaf, jawaban tidak dapat ditampilkan"),
        (b"tos", b"Terms of service"),
        (b"who knows", b"Unknown service"),
    ]:
        centre.bring("628111", text)
        assert next_submit(centre, answer).destination[2] == "628111"
    assert next_submit(centre, b"Tidak ada jawaban").source[2] == "9876"
    said = moved.send("username=cp&password=cp%20secret&to=628222&text=hello&dlr-mask=9")
    assert (said.status, said.body) == (202, "0: Accepted for delivery")
    assert next_submit(centre, b"hello").source[2] == "1234"
    report = provider.calls.expect(lambda call: call.path == "/dlr" and call.fields["d"] == "8", "a report")
    assert (report.fields["p"], report.fields["P"], report.fields["a"]) == ("628222", "1234", "ACK/")
    assert not [call for call in provider.calls.items() if call.path == "/silent"]
    lines = moved.text.splitlines()
    for key in ["sms-resend-freq", "exec", "keyword-regex", "prefix", "strip-keyword", "white-list", "file"]:
        line = next(at for at, line in enumerate(lines, 1) if line.startswith(f"{key} ="))
        assert re.search(rf"line {line}: group [a-z-]+, {key}: \w", moved.report), moved.report


# KN-46
def test_a_bank_keeps_its_links_for_what_they_are_for(move, start_centre):
    centre, other = start_centre(), start_centre()
    moved = move("bank", PORT=centre.port, OTHER=other.port)
    assert moved.config.count("[[smsc]]") == 3 and 'bind = "transmitter+receiver"' in moved.config
    for line in ['address_range = "^777"', "address_range_ton = 1", "enquire_link_s = 20", 'receipt_id = "hex"']:
        assert line in moved.config, moved.config
    path = "/sendsms"

    def send(query: str) -> str:
        return ask(moved.http_port, Request(f"{path}?{query}")).body

    assert send("username=otp&password=otp-pw&to=491111&text=code&from=x") == "0: Accepted for delivery"
    assert next_submit(other, b"code").source == (5, 0, "BANK")
    assert send("username=notify&password=notify-pw&to=62811222&text=note") == "0: Accepted for delivery"
    submitted = next_submit(centre, b"note")
    assert (submitted.source, submitted.destination) == ((5, 0, "MYBANK"), (1, 1, "62811222"))
    for key in ["validityperiod", "service-type", "my-number", "reroute-smsc-id", "alt-addr-charset", "const"]:
        assert f", {key}: " in moved.report, moved.report
    assert "Estafet has nothing of this kind" not in moved.report, moved.report


# KN-46, KN-51
def test_an_aggregator_s_users_send_where_kannel_lets_them(move, start_centre, tmp_path):
    moved = move("aggregator", PORT=start_centre().port)
    old = start_centre()
    groups = [{**group, "port": old.port} if group["group"] == "smsc" else group for group in moved.groups()]
    users = [group for group in groups if group["group"] in ("smsc", "sendsms-user")]
    lists = {"global-sender": "13013", "black-list-regex": r"^(\+|00)?888", "sendsms-chars": "0123456789+"}
    kannel = Kannel(tmp_path / "kannel", users, lists)
    try:
        kannel.await_online(3)
        for user, password in [("one", "p1"), ("two", "p2"), ("three", "p3"), ("four", "p4")]:
            for to in ["628111", "%2B628222", "00628333", "888111", "%2B888111", "62666", "491", "628444+888444"]:
                query = f"/cgi-bin/sendsms?username={user}&password={password}&to={to}&text=x"
                theirs, ours = ask(kannel.sendsms_port, Request(query)), ask(moved.http_port, Request(query))
                if is_refused_by_prefix(user, to):
                    assert (ours.status, ours.body) == DENIED, (user, to, moved.config)
                else:
                    assert (ours.status, ours.body) == (theirs.status, theirs.body), (user, to)
    finally:
        kannel.stop()


def is_refused_by_prefix(user: str, to: str) -> bool:
    """What Kannel's guide refuses and its program does not: who relies on the guide is protected here."""
    number = to.removeprefix("%2B")
    if user == "one":
        return not number.startswith("62")
    return user == "three" and number.startswith("62") and not number.startswith("6281")


DENIED = (400, "Number(s) has/have been denied by white- and/or black-lists.")


# KN-46, KN-52
def test_numbers_are_unified_as_kannel_unifies_them(move, start_centre, provider, tmp_path):
    ours, theirs = start_centre(), start_centre()
    moved = move("numbers", PORT=ours.port, CP=port_of(provider))
    groups = moved.groups()
    own = {"unified-prefix": next(group for group in groups if group["group"] == "core")["unified-prefix"]}
    kept = [{**group, "port": theirs.port} if group["group"] == "smsc" else group for group in groups]
    kannel = Kannel(tmp_path / "kannel", [group for group in kept if group["group"] in SERVED], core=own)
    try:
        kannel.await_online()
        for to in ["0812345678", "%2B62812345678", "0062812345678", "62812345678", "%2B9951234567", "%2B491512345", "991512345"]:
            numbers = [sent(centre, port, to) for centre, port in [(theirs, kannel.sendsms_port), (ours, moved.http_port)]]
            assert numbers[0] == numbers[1], to
        for ton, source in [(0, "0812345678"), (1, "62812345678"), (2, "0812345678"), (2, "812345678"), (1, "0062812345678")]:
            told = []
            for centre in (theirs, ours):
                seen = len(provider.calls.items())
                centre.bring(source, b"hi", ton=ton)
                told.append(provider.calls.expect(lambda _: True, "a call", since=seen).query)
            assert told[0] == told[1], (ton, source)
    finally:
        kannel.stop()


def sent(centre: Centre, port: int, to: str) -> str:
    """The number that a message to this one goes to."""
    seen = len(centre.submits.items())
    said = ask(port, Request(f"/cgi-bin/sendsms?username=u&password=p&text=x&to={to}"))
    assert said.status == 202, (to, said)
    return centre.submits.expect(lambda _: True, f"the message to {to}", since=seen).destination[2]


#: Groups that Kannel itself is given.
SERVED = ("smsc", "sendsms-user", "sms-service")
