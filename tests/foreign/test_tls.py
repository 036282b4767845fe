"""TLS with other people's software: Python's ssl under smpplib, `openssl`, curl, Node."""

from __future__ import annotations

import re
import ssl
import time
from collections.abc import Callable

import pytest
import smpplib.consts as smpp

from harness import config, receipt
from harness.certificates import Authority, Identity, openssl
from harness.curl import curl, run_curl
from harness.esme import RECEIPT
from harness.gateway import Gateway
from harness.node import NodeEsme
from harness.waiting import DEADLINE_S
from harness.wire import GENERIC_NACK, Wire, pdu

ROUTE = [{"from": {"link": "bank"}, "to": ["telco-a"]}]
#: What `openssl` still speaks TLS 1.1 with.
OLD = ["-cipher", "ALL:@SECLEVEL=0"]


@pytest.fixture
def authority(tmp_path) -> Authority:
    return Authority(tmp_path, "authority")


@pytest.fixture
def own(authority) -> Identity:
    """What the gateway shows."""
    return authority.identity("own", "localhost")


@pytest.fixture
def start_secured(own, smsc, start_gateway) -> Callable[..., Gateway]:
    """Starts the gateway with TLS for SMPP and HTTP; `more` are further keys of `[smpp]`."""

    def start(accounts: list[dict] | None = None, **more) -> Gateway:
        listen = {"listen": "127.0.0.1:0", "tls_listen": "127.0.0.1:0", **own.lines}
        gateway = start_gateway(
            smpp={**listen, **more},
            http=listen,
            smsc=[config.smsc(smsc.port)],
            account=accounts or [config.BANK],
            route=ROUTE,
        )
        smsc.expect("bound")
        return gateway

    return start


def s_client(port: int, *arguments: str, fails: bool = False):
    """Shakes hands by `openssl s_client`, and takes leave."""
    return openssl("s_client", "-connect", f"127.0.0.1:{port}", "-servername", "localhost", *arguments, fails=fails)


def shown_at(port: int) -> str:
    """The fingerprint of the certificate that is shown at a port."""
    shown = s_client(port, "-showcerts").stdout
    return openssl("x509", "-noout", "-fingerprint", "-sha256", said=shown).stdout.strip().partition("=")[2]


def test_an_esme_on_smpplib_submits_and_gets_its_receipt(start_secured, start_esme, authority, smsc):
    # L-1
    session = start_esme(start_secured(), tls=authority.client())
    assert session.is_bound
    message_id = session.accepted("628111000111", b"by TLS", registered_delivery=RECEIPT)
    assert smsc.submits()[0]["text"] == "by TLS"
    said = receipt.read(session.next_delivery().short_message)
    assert (said.id, said.stat) == (message_id, "DELIVRD")
    session.unbind()


def test_many_messages_pass_in_both_directions_at_a_time(start_secured, start_esme, authority, smsc):
    # L-1: several PDUs in a record, and PDUs over several records
    session = start_esme(start_secured(), tls=authority.client())
    text = b"x" * 160
    ids = {session.accepted("628111000111", text, registered_delivery=RECEIPT) for _ in range(100)}
    assert {receipt.read(session.next_delivery().short_message).id for _ in ids} == ids


def test_an_esme_on_node_binds_by_ssmpp(start_secured, authority, smsc):
    # L-1
    esme = NodeEsme(port=start_secured().smpp_tls_port, ca=str(authority.file))
    try:
        assert esme.expect("bind_resp")[0]["status"] == 0
        answer = esme.ask("submit", destination_addr="628111000111", short_message="from Node", registered_delivery=1)
        assert answer["status"] == 0
        [delivery] = esme.expect("deliver")
        assert answer["message_id"] in delivery["text"]
    finally:
        esme.stop()


@pytest.mark.parametrize("door", ["smpp_tls_port", "https_port"])
@pytest.mark.parametrize("version", ["1.2", "1.3"])
def test_these_versions_are_spoken(start_secured, authority, own, door, version):
    # L-1: with a certificate for the name, of the authority
    port = getattr(start_secured(), door)
    verify = ["-CAfile", str(authority.file), "-verify_return_error", "-verify_hostname", "localhost"]
    shaken = s_client(port, f"-tls{version.replace('.', '_')}", "-brief", *verify)
    assert f"Protocol version: TLSv{version}" in shaken.stderr
    assert "Verification: OK" in shaken.stderr
    assert shown_at(port) == own.fingerprint


@pytest.mark.parametrize("door", ["smpp_tls_port", "https_port"])
@pytest.mark.parametrize("version", ["-tls1", "-tls1_1"])
def test_older_versions_are_refused(start_secured, door, version):
    # L-1: by us, for the version
    port = getattr(start_secured(), door)
    refused = s_client(port, version, *OLD, fails=True)
    assert re.search("alert (protocol version|handshake failure)", refused.stderr)
    s_client(port, "-tls1_2", *OLD)


def test_a_name_that_is_not_ours_and_an_authority_that_is_not_are_noticed_outside(start_secured, authority, tmp_path):
    # L-1
    port = start_secured().smpp_tls_port
    s_client(port, "-CAfile", str(authority.file), "-verify_return_error", "-verify_hostname", "other", fails=True)
    stranger = Authority(tmp_path, "stranger")
    s_client(port, "-CAfile", str(stranger.file), "-verify_return_error", fails=True)


def test_certificates_are_read_again_without_dropping_a_bind(start_secured, start_esme, authority, own, smsc):
    # L-1
    gateway = start_secured()
    session = start_esme(gateway, tls=authority.client())
    before = own.fingerprint
    own.replace_by(authority.identity("next", "localhost"))
    assert shown_at(gateway.smpp_tls_port) == before, "nothing changes by itself"

    gateway.expect_log("reloaded", since=gateway.reload())

    assert own.fingerprint != before
    assert shown_at(gateway.smpp_tls_port) == own.fingerprint == shown_at(gateway.https_port)
    session.accepted("628111000111", b"the session that was there")
    assert start_esme(gateway, tls=authority.client()).is_bound

    own.certificate.write_text("no certificate", encoding="utf-8")
    gateway.expect_log(str(own.certificate), since=gateway.reload())
    assert start_esme(gateway, tls=authority.client()).is_bound, "what was there before still counts"
    session.accepted("628111000111", b"and the session is still there")


def test_a_certificate_of_the_account_is_needed_where_it_names_one(start_secured, start_esme, authority):
    # L-1, S-9
    mine, other = authority.identity("mine", "bank.example"), authority.identity("other", "shop.example")
    named = {**config.BANK, "client_certificate": mine.fingerprint}
    shop = {"name": "shop", "password": "hunter33", "client_certificate": [other.fingerprint]}
    free = {"name": "free", "password": "hunter44"}
    gateway = start_secured([named, shop, free])

    def status(system_id: str, password: str, shown: Identity | None) -> tuple[int, float]:
        since = time.monotonic()
        session = start_esme(gateway, system_id=system_id, password=password, tls=authority.client(shown))
        return session.bind_resp.status, time.monotonic() - since

    assert status("bank", "hunter22", mine)[0] == smpp.SMPP_ESME_ROK
    assert status("shop", "hunter33", other)[0] == smpp.SMPP_ESME_ROK
    assert status("free", "hunter44", None)[0] == smpp.SMPP_ESME_ROK
    for wrong in [("bank", "hunter22", other), ("bank", "hunter22", None), ("bank", "wrong", mine)]:
        refusal, seconds = status(*wrong)
        assert refusal == smpp.SMPP_ESME_RBINDFAIL, wrong
        assert seconds >= 0.9, wrong
    in_the_clear = start_esme(gateway)
    assert in_the_clear.bind_resp.status == smpp.SMPP_ESME_RBINDFAIL


def test_a_certificate_of_our_authority_counts_by_its_name_as_long_as_it_is_valid(
    start_secured, start_esme, authority, tmp_path
):
    # L-1
    named = {**config.BANK, "client_certificate": "bank.example"}
    gateway = start_secured([named], tls_client_ca=str(authority.file))

    def status(shown: Identity) -> int:
        return start_esme(gateway, tls=authority.client(shown)).bind_resp.status

    assert status(authority.identity("mine", "bank.example")) == smpp.SMPP_ESME_ROK
    assert status(authority.identity("other", "shop.example")) == smpp.SMPP_ESME_RBINDFAIL
    expired = authority.identity("expired", "bank.example", until="20210101000000Z")
    forged = Authority(tmp_path, "stranger").identity("forged", "bank.example")
    for shown, alert in [(expired, "certificate expired"), (forged, "unknown ca")]:
        # With TLS 1.2 the client hears in the handshake what it is refused for.
        refused = s_client(
            gateway.smpp_tls_port, "-tls1_2", "-cert", str(shown.certificate), "-key", str(shown.key), fails=True
        )
        assert f"alert {alert}" in refused.stderr
        gateway.expect_log("no TLS with this peer")


def test_curl_sends_and_asks_by_https(start_secured, authority, smsc, tmp_path):
    # L-1
    gateway = start_secured()
    url = f"https://localhost:{gateway.https_port}/v1/messages"
    trusting = ["--cacert", str(authority.file)]
    sent = curl(*trusting, "--json", '{"from": "BANK", "to": "628111000111", "text": "by https"}', url)
    assert sent.status == 202
    assert smsc.submits()[0]["text"] == "by https"
    assert curl(*trusting, f"{url}/{sent.json['id']}").json["id"] == sent.json["id"]
    assert curl(*trusting, url, user="bank:wrong").status == 401
    stranger = Authority(tmp_path, "stranger")
    assert run_curl("--cacert", str(stranger.file), url).returncode == 60, "not to be trusted"


@pytest.mark.parametrize(("asked", "spoken"), [("--http2", "HTTP/2 200"), ("--http1.1", "HTTP/1.1 200")])
def test_curl_agrees_on_a_version_of_http_by_tls(start_secured, authority, asked, spoken):
    gateway = start_secured()
    run = run_curl(asked, "--cacert", str(authority.file), f"https://localhost:{gateway.https_port}/v1/messages")
    assert run.returncode == 0, run.stderr
    assert run.stdout.startswith(spoken)


def test_who_speaks_in_the_clear_on_a_port_of_tls_is_hung_up_on(start_secured, start_esme, authority):
    # L-1, X-1
    gateway = start_secured()
    for port in (gateway.smpp_tls_port, gateway.https_port):
        for said in (pdu(0x15), b"GET / HTTP/1.1\r\nhost: x\r\n\r\n", b"hello"):
            with Wire(port) as wire:
                wire.say(said)
                # An alert of TLS at most, and then the end.
                heard = wire.rest()
                assert heard == b"" or heard[0] == 0x15, heard
    gateway.expect_log("no TLS with this peer")
    gateway.expect_log("no TLS with this caller")
    assert start_esme(gateway, tls=authority.client()).is_bound


def test_a_hello_of_tls_on_a_clear_port_is_refused_at_once(start_secured, start_esme):
    # L-1, F-2, X-1
    gateway = start_secured()
    for port in (gateway.smpp_port, gateway.http_port):
        since = time.monotonic()
        s_client(port, fails=True)
        assert time.monotonic() - since < DEADLINE_S / 3
    context = ssl.create_default_context()
    incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
    with pytest.raises(ssl.SSLWantReadError):
        context.wrap_bio(incoming, outgoing, server_hostname="localhost").do_handshake()
    with Wire(gateway.smpp_port) as wire:
        answer = wire.ask(outgoing.read())
        assert (answer.command_id, answer.status) == (GENERIC_NACK, 0x02)
        assert wire.rest() == b""
    assert start_esme(gateway).is_bound


def test_a_handshake_that_is_never_finished_ends_with_the_time_to_bind(start_secured):
    # M-1, L-1: ABU-2
    gateway = start_secured(bind_timeout_s=1)
    with Wire(gateway.smpp_tls_port) as wire:
        wire.say(b"\x16\x03\x01\x02\x00")
        assert 0.5 < wire.seconds_until_hung_up() < DEADLINE_S / 3
    gateway.expect_log("no TLS with this peer in time")


@pytest.fixture
def secured_smsc(start_smsc, authority):
    """A message centre on Node that speaks TLS."""
    shown = authority.identity("smsc", "smsc.example")
    return start_smsc(certificate=str(shown.certificate), key=str(shown.key)), shown


@pytest.mark.parametrize("known_by", ["its name", "its address", "its fingerprint"])
def test_an_smsc_is_bound_to_by_tls(secured_smsc, start_gateway, start_esme, authority, known_by):
    # L-1
    smsc, shown = secured_smsc
    keys = {
        "its name": {"tls_ca": str(authority.file), "tls_server_name": "smsc.example"},
        "its address": {"tls_ca": str(authority.file)},
        "its fingerprint": {"tls_fingerprint": shown.fingerprint},
    }
    telco = config.smsc(smsc.port, tls=True, **keys[known_by])
    gateway = start_gateway(smsc=[telco], account=[config.BANK], route=ROUTE)
    smsc.expect("bound")
    session = start_esme(gateway)
    message_id = session.accepted("628111000111", b"to an SMSC by TLS", registered_delivery=RECEIPT)
    assert smsc.submits()[0]["text"] == "to an SMSC by TLS"
    assert receipt.read(session.next_delivery().short_message).id == message_id


@pytest.mark.parametrize(
    ("wrong", "why"),
    [("authority", "UnknownIssuer"), ("name", "not valid for"), ("fingerprint", "ApplicationVerificationFailure")],
)
def test_an_smsc_that_may_be_another_is_told_nothing(secured_smsc, start_gateway, authority, tmp_path, wrong, why):
    # L-1: neither system_id nor password
    smsc, _ = secured_smsc
    keys = {
        "authority": {"tls_ca": str(Authority(tmp_path, "stranger").file), "tls_server_name": "smsc.example"},
        "name": {"tls_ca": str(authority.file), "tls_server_name": "other.example"},
        "fingerprint": {"tls_fingerprint": authority.identity("other", "smsc.example").fingerprint},
    }
    gateway = start_gateway(smsc=[config.smsc(smsc.port, tls=True, **keys[wrong])])
    gateway.expect_log("telco-a", why)
    assert smsc.events("bind") == []


def test_an_smsc_that_does_not_speak_tls_is_told_nothing_and_said_so(smsc, start_gateway, authority):
    # L-1
    gateway = start_gateway(smsc=[config.smsc(smsc.port, tls=True, tls_ca=str(authority.file))])
    gateway.expect_log("telco-a", "cannot connect")
    assert smsc.events("bind") == []
