"""What URLs that messages name are owed survives kill -9: reports at the end and on the way."""

from __future__ import annotations

from urllib.parse import quote

from harness import config
from harness.centre import Centre
from harness.gateway import Gateway
from harness.plain_http import Request, ask
from harness.provider import Answer, Provider
from harness.waiting import until

ALLOWED = {"dlr": True, "allow_private_address": True}
SECTIONS = {
    "http": {"listen": "127.0.0.1:0", "kannel": True, "jasmin": True},
    "account": [{**config.BANK, "kannel": {**ALLOWED, "default_sender": "BANK"}, "jasmin": ALLOWED}],
    "route": [{"to": ["telco-a"]}],
}
USER = "username=bank&password=hunter22"


# KN-29, JS-26
def test_reports_at_both_levels_are_told_after_kill_9(start_gateway):
    centre = Centre()
    is_well = False
    provider = Provider(lambda _: Answer(status=200 if is_well else 503, body="ACK/Jasmin"))
    sections = {**SECTIONS, "smsc": [config.smsc(centre.port)]}
    gateway = start_gateway(**sections)
    for_kannel = quote(f"{provider.url}?kind=kannel-%d", safe="")
    kannel = f"/cgi-bin/sendsms?{USER}&to=628111&text=one&dlr-mask=31&dlr-url={for_kannel}"
    assert ask(gateway.http_port, Request(kannel)).status == 202
    for_jasmin = quote(f"{provider.url}?kind=jasmin", safe="")
    jasmin = f"/send?{USER}&to=628222&content=two&dlr-level=3&dlr-method=get&dlr-url={for_jasmin}"
    assert ask(gateway.http_port, Request(jasmin)).status == 200
    centre.submits.collect(lambda _: True, 2, "both messages")
    for number in (1, 2):
        text = f"id:{number:08x} sub:001 dlvrd:001 submit date:2601010000 done date:2601010001 stat:DELIVRD err:000 text:x"
        centre.bring("628111", text.encode(), esm_class=4)
    wanted = {("kannel-8", ""), ("kannel-1", ""), ("jasmin", "1"), ("jasmin", "2")}
    # An endpoint that fails is called less and less, so not each of them need have been tried.
    until(lambda: waits(gateway) == len(wanted) and provider.calls.items(), "all four to wait, one told in vain")
    gateway.kill()

    is_well = True
    before = len(provider.calls.items())
    start_gateway(**sections)
    until(lambda: told(provider, before) == wanted, "all four to be told again")
    provider.stop()
    centre.stop()


def told(provider: Provider, since: int = 0) -> set[tuple[str, str]]:
    calls = provider.calls.items()[since:]
    return {(call.fields["kind"], call.fields.get("level", "")) for call in calls}


def waits(gateway: Gateway) -> float:
    return gateway.metric("estafet_waiting", link="bank/callbacks")
