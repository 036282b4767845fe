"""What an operator does and looks at: reloading, metrics, logs without secrets."""

from __future__ import annotations

import json
import re
import subprocess
from base64 import b64encode

from harness import config
from harness.curl import curl, post
from harness.gateway import BINARY
from harness.provider import Answer
from harness.waiting import DEADLINE_S

SHOP = {"name": "shop", "password": "counter1"}

SAMPLE = re.compile(r'[a-z_:][a-z0-9_:]*(\{[a-z_]+="[^"]*"(,[a-z_]+="[^"]*")*\})? [-+0-9.eEinfNa]+')


def test_a_wrong_file_is_refused_by_its_line_and_the_old_one_stays(start_gateway, start_esme):
    gateway = start_gateway(account=[config.BANK])
    right = gateway.config.read_text()
    line = right.count("\n") + 1
    gateway.config.write_text(right + "[smpp_typo]\n")
    since = gateway.reload()
    event = gateway.expect_log("old one stays", f"line {line}", since=since)
    assert event["level"] == "ERROR"
    session = start_esme(gateway)
    assert session.is_bound
    session.unbind()


def test_a_file_whose_parts_do_not_go_together_is_refused_by_its_line(start_gateway):
    gateway = start_gateway(account=[config.BANK])
    right = gateway.config.read_text()
    gateway.config.write_text(right + '\n[[route]]\nto = ["nowhere"]\n')
    since = gateway.reload()
    gateway.expect_log("old one stays", f"line {right.count(chr(10)) + 3}", "nowhere", since=since)


def test_a_right_file_adds_an_account_and_leaves_sessions_alone(start_gateway, start_esme):
    gateway = start_gateway(account=[config.BANK])
    session = start_esme(gateway)
    assert not start_esme(gateway, system_id="shop", password="counter1").is_bound
    config.write(gateway.config, account=[config.BANK, SHOP])
    since = gateway.reload()
    gateway.expect_log("configuration reloaded", since=since)
    shop = start_esme(gateway, system_id="shop", password="counter1")
    assert shop.is_bound
    assert not session.request("enquire_link").is_error()
    for esme in (shop, session):
        esme.unbind()


def test_an_account_that_is_dropped_is_unbound(start_gateway, start_esme):
    gateway = start_gateway(account=[config.BANK, SHOP])
    session = start_esme(gateway, system_id="shop", password="counter1")
    config.write(gateway.config, account=[config.BANK])
    gateway.reload()
    session.await_unbind()
    session.close()
    assert not start_esme(gateway, system_id="shop", password="counter1").is_bound


def test_an_smsc_that_is_added_is_bound_to_and_one_that_is_dropped_is_left(start_smsc, start_gateway):
    first, second = start_smsc(), start_smsc()
    gateway = start_gateway(smsc=[config.smsc(first.port)])
    first.expect("bound")
    gateway.expect_log("bound to SMSC", "telco-a")  # it has read the answer too
    config.write(gateway.config, smsc=[config.smsc(second.port, name="telco-b")])
    gateway.reload()
    second.expect("bound")
    first.expect("unbind")


def test_check_names_the_line_of_a_mistake(tmp_path):
    path = config.write(tmp_path / "wrong.toml", account=[{"name": "bank", "pasword": "x"}])
    line = path.read_text().splitlines().index('pasword = "x"') + 1
    run = subprocess.run(
        [str(BINARY), "check", "--config", str(path)], capture_output=True, text=True, timeout=DEADLINE_S
    )
    assert run.returncode != 0
    said = run.stdout + run.stderr
    assert f"line {line}" in said or "[[account]]" in said


def test_metrics_are_well_formed_and_count_what_happened(gateway, bind, smsc):
    session = bind()
    session.accepted("628111", b"counted", registered_delivery=1)
    session.next_delivery()
    assert session.submit("not a number", b"refused").is_error()
    answer = curl(gateway.url + "/metrics", user=None)
    assert answer.headers["content-type"].startswith("application/openmetrics-text")
    *lines, end = answer.body.rstrip("\n").split("\n")
    assert end == "# EOF"
    samples = [line for line in lines if not line.startswith("#")]
    assert samples and all(SAMPLE.fullmatch(sample) for sample in samples)
    assert gateway.metric("estafet_messages_received_total", link="bank") == 1
    assert gateway.metric("estafet_messages_refused_total", link="bank") == 1
    assert gateway.metric("estafet_receipts_received_total", link="telco-a") == 1
    assert gateway.metric("estafet_deliveries_total", link="telco-a", outcome="sent") == 1
    assert gateway.metric("estafet_sessions", link="telco-a") == 1
    assert gateway.metric("estafet_store_healthy") == 1


def test_neither_texts_nor_passwords_get_out(start_smsc, start_provider, start_gateway, start_esme):
    """Canaries are planted in everything secret; only the journal, which holds the texts, may have them."""
    smsc = start_smsc(password="CanarySm")
    provider = start_provider(lambda _: Answer(body="CanaryReply"))
    gateway = start_gateway(
        smsc=[config.smsc(smsc.port, password="CanarySm")],
        account=[{"name": "bank", "password": "CanaryPw"}],
        application=[config.application(provider.url)],
        route=[{"match": {"destination": "1234"}, "to": ["games"]}, {"to": ["telco-a"]}],
        log_level="debug",
    )
    smsc.expect("bound")
    for credentials in ({"password": "CanaryNo"}, {"system_id": "nobody", "password": "CanaryNo"}):
        start_esme(gateway, **credentials).close()
    session = start_esme(gateway, password="CanaryPw")
    session.accepted("628111", b"CanaryText", registered_delivery=1)
    session.next_delivery()
    session.accepted("628111", "CanaryText".encode("utf-16-be"), data_coding=8)
    assert session.submit("oops", b"CanaryRefused").is_error()
    smsc.mobile_sends("628111", "1234", "CanaryMobile")
    post(gateway, {"to": "628111", "from": "1234", "text": "CanaryHttp"}, user="bank:CanaryPw")
    post(gateway, {"to": "oops", "text": "CanaryRefused"}, user="bank:CanaryPw")
    post(gateway, '{"to": "628111", "text": "CanaryTorn', user="bank:CanaryPw")
    post(gateway, {"to": "628111", "text": "CanaryNo"}, user="bank:CanaryNo")
    query = "/v1/send?account=bank&password=CanaryPw&to=628111&from=1234&text=CanaryQuery"
    assert curl(gateway.url + query, user=None).status == 202
    smsc.submits(5)
    session.unbind()
    metrics = gateway.get("/metrics")[1]
    gateway.stop()

    for event in gateway.log():
        assert_clean("the log", json.dumps(event).encode())
    assert_clean("the metrics", metrics.encode())
    files = [path for path in gateway.data_dir.rglob("*") if path.is_file()]
    journal = [path for path in files if "journal" in path.relative_to(gateway.data_dir).parts]
    assert any(b"CanaryText" in path.read_bytes() for path in journal), "the canaries were not where they live"
    for path in set(files) - set(journal):
        assert_clean(str(path), path.read_bytes())


def assert_clean(where: str, octets: bytes) -> None:
    """No canary is there, in no disguise that we can think of."""
    for disguise in (b"Canary", "Canary".encode("utf-16-be"), b"Canary".hex().encode(), b64encode(b"Canary")):
        assert disguise not in octets, f"a canary is in {where}"
