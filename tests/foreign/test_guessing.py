"""Strangers who guess at passwords: what they are told, what the operator is told, and what the owner notices."""

from __future__ import annotations

import subprocess
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest

from harness import config
from harness.curl import Answer, curl
from harness.gateway import BINARY, Gateway
from harness.wire import BIND_TRANSCEIVER, RESPONSE, Wire

FENCED = {"name": "fenced", "password": "hunter22", "allow_from": ["192.0.2.0/24"]}
#: Whatever is wrong with these is not to be told apart.
WRONG = [("nobody", "hunter22"), ("bank", "a guess"), ("bank", ""), ("fenced", "hunter22"), ("fenced", "a guess")]


@pytest.fixture
def gateway(start_gateway) -> Gateway:
    return start_gateway(account=[config.BANK, FENCED])


def call(gateway: Gateway, address: str, account: str, password: str) -> Answer:
    """A call of the HTTP API from one of the addresses of this machine."""
    return curl("--interface", address, f"{gateway.url}/v1/messages", user=f"{account}:{password}")


def bind(gateway: Gateway, address: str, account: str, password: str) -> int:
    """The status of a bind from one of the addresses of this machine."""
    with Wire(gateway.smpp_port, address) as wire:
        answer = wire.bind(account, password)
        assert answer.command_id == BIND_TRANSCEIVER | RESPONSE
        assert answer.status == 0 or answer.body == b""
        return answer.status


def at_once(count: int, what: Callable[[int], object]) -> list:
    """So many of them at the same time."""
    with ThreadPoolExecutor(count) as pool:
        return list(pool.map(what, range(count)))


def timed(what: Callable[[], object]) -> tuple[object, float]:
    since = time.monotonic()
    return what(), time.monotonic() - since


def test_by_http_all_that_is_wrong_is_answered_alike_after_a_second(gateway):
    # S-9: ABU-1
    def attempt(index: int):
        return timed(lambda: call(gateway, "127.0.0.1", *WRONG[index]))

    answers = at_once(len(WRONG), attempt)
    for answer, seconds in answers:
        assert answer.status == 401
        assert 0.9 < seconds < 5
        same = {name: value for name, value in answer.headers.items() if name != "date"}
        first = {name: value for name, value in answers[0][0].headers.items() if name != "date"}
        assert (answer.body, same) == (answers[0][0].body, first)


def test_by_smpp_all_that_is_wrong_is_answered_alike_after_a_second(gateway):
    # S-9, X-5: ABU-1
    def attempt(index: int):
        return timed(lambda: bind(gateway, "127.0.0.1", *WRONG[index]))

    for status, seconds in at_once(len(WRONG), attempt):
        assert status == 0x0D
        assert 0.9 < seconds < 5


def test_who_goes_on_guessing_is_not_heard_by_either_door_whether_the_account_exists_or_not(start_gateway):
    # S-9: ABU-1
    for account in ("bank", "nobody", "fenced"):
        gateway = start_gateway(account=[config.BANK, FENCED])
        assert set(at_once(12, lambda _: bind(gateway, "127.0.0.2", account, "a guess"))) == {0x0D}
        # A right guess is not heard either.
        password = ["a guess", "hunter22"]
        for refused in at_once(2, lambda index: call(gateway, "127.0.0.2", account, password[index])):
            assert (refused.status, refused.json["code"]) == (429, "too_many_failures"), account
            assert int(refused.headers["retry-after"]) >= 1
        # The owner elsewhere is.
        assert bind(gateway, "127.0.0.1", "bank", "hunter22") == 0
        assert call(gateway, "127.0.0.1", "bank", "hunter22").status == 200
        gateway.stop()


def test_the_owner_is_heard_where_he_came_in_before_even_if_others_guess_from_there(gateway):
    # ABU-1
    assert call(gateway, "127.0.0.1", "bank", "hunter22").status == 200
    at_once(24, lambda number: bind(gateway, "127.0.0.1", ("bank", "nobody")[number % 2], "a guess"))
    answer, seconds = timed(lambda: call(gateway, "127.0.0.1", "bank", "hunter22"))
    assert answer.status == 200
    assert bind(gateway, "127.0.0.1", "bank", "hunter22") == 0
    assert seconds < 1
    assert call(gateway, "127.0.0.1", "bank", "a guess").status == 429


def test_a_key_is_made_and_opens_its_scope_whoever_guesses(start_gateway, tmp_path):
    # ABU-1
    made = subprocess.run([BINARY, "key", "--name", "cron", "--scope", "read"], capture_output=True, text=True, check=True)
    first, _, lines = made.stdout.partition("\n")
    key = first.removeprefix("key: ")
    settings = config.write(tmp_path / "estafet.toml", account=[config.BANK])
    settings.write_text(settings.read_text() + lines)
    gateway = Gateway(settings)
    try:
        at_once(12, lambda _: bind(gateway, "127.0.0.1", "bank", "a guess"))
        bearer = ["--oauth2-bearer", key, gateway.url + "/v1/messages"]
        assert curl(*bearer, user=None).status == 200
        refused = curl("--json", '{"to": "628111", "text": "x"}', *bearer, user=None)
        assert (refused.status, refused.json["code"]) == (403, "scope_missing")
        assert curl("--oauth2-bearer", key[:-1], gateway.url + "/v1/messages", user=None).status == 401
        assert key not in str(gateway.log()) and key not in settings.read_text()
    finally:
        gateway.stop()


def test_the_log_says_it_once_and_the_metrics_count_all(gateway):
    # ABU-1
    at_once(12, lambda _: bind(gateway, "127.0.0.2", "bank", "a guess"))
    at_once(3, lambda _: call(gateway, "127.0.0.3", "no\nbody", "a guess"))
    lines = [event for event in gateway.log() if event.get("message") == "login refused"]
    assert [line["peer"] for line in lines] == ["127.0.0.2", "127.0.0.3"]
    assert lines[0]["reason"] == "wrong_password"
    assert lines[1]["account"] == '"no\\nbody"'
    assert "a guess" not in str(gateway.log())
    total = "estafet_logins_refused_total"
    heard = gateway.metric(total, protocol="smpp", reason="wrong_password")
    assert heard + gateway.metric(total, protocol="smpp", reason="too_many_failures") == 12
    assert heard == gateway.metric("estafet_logins_failed_total", link="bank")
    assert gateway.metric(total, protocol="http", reason="unknown_account") == 3


def test_many_addresses_that_guess_at_one_account_are_an_alarm(gateway):
    # ABU-1
    at_once(12, lambda number: bind(gateway, f"127.0.0.{100 + number}", "bank", "a guess"))
    alarm = gateway.expect_log("many addresses guess at this account")
    assert (alarm["link"], alarm["level"]) == ("bank", "ERROR")
    assert gateway.metric("estafet_login_sieges_total", link="bank") == 1
    assert bind(gateway, "127.0.0.1", "bank", "hunter22") == 0
