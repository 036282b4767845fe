"""A Kannel that stays in front of us: its receipts come back to the programs that call it, however its links are made."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import quote

import pytest

from harness import config
from harness.centre import Centre
from harness.gateway import Gateway
from harness.kannel import Kannel, free_ports, smpp_centre
from harness.plain_http import Request, ask
from harness.provider import Answer, Provider

USER = {"group": "sendsms-user", "username": "shop", "password": "shop-pw", "default-sender": "SHOP"}
#: `dlr` of the account that Kannel has here.
REPORTS = {"dlr": True, "allow_private_address": True}


class Chain:
    """A program, its Kannel, we, and the message centre."""

    def __init__(
        self, folder: Path, groups: Callable[[Gateway], list[dict]], start: Callable[..., Gateway], account: dict
    ) -> None:
        self.provider, self.centre = Provider(lambda _: Answer()), Centre()
        self.kannel: Kannel | None = None
        self.gateway = start(
            http={"listen": "127.0.0.1:0", "kannel": True},
            smsc=[config.smsc(self.centre.port)],
            account=[{**config.BANK, "kannel": REPORTS, **account}],
            route=[{"from": {"link": "bank"}, "to": ["telco-a"]}, {"match": {"destination": "1234"}, "to": ["bank"]}],
        )
        upstream = groups(self.gateway)
        self.kannel = Kannel(folder / "kannel", [*upstream, self._service(), USER])
        self.kannel.await_online(len(upstream))

    def send(self, text: str) -> None:
        url = quote(f"{self.provider.url}?d=%d&of={text}", safe="")
        query = f"username=shop&password=shop-pw&to=628111&text={text}&dlr-mask=27&dlr-url={url}"
        said = ask(self.kannel.sendsms_port, Request(f"/cgi-bin/sendsms?{query}"))
        assert (said.status, said.body) == (202, "0: Accepted for delivery")

    def deliver(self, number: int) -> None:
        """Has the message centre say that its message with this number was delivered."""
        receipt = f"id:{number:08x} sub:001 dlvrd:001 submit date:2601010000 done date:2601010001 stat:DELIVRD err:000 text:"
        self.centre.bring("628111", receipt.encode(), esm_class=4)

    def told(self, kind: int, of: str) -> None:
        self.provider.next_calls(1, d=str(kind), of=of)

    def stop(self) -> None:
        if self.kannel:
            self.kannel.stop()
        self.centre.stop()
        self.provider.stop()

    def _service(self) -> dict:
        url = f"{self.provider.url}?mo=%a&from=%p"
        return {"group": "sms-service", "keyword": "default", "catch-all": "true", "get-url": url, "max-messages": 0}


@pytest.fixture
def chain(tmp_path: Path, start_gateway: Callable[..., Gateway]) -> Iterator[Callable[..., Chain]]:
    chains: list[Chain] = []

    def start(groups: Callable[[Gateway], list[dict]], **account: str) -> Chain:
        chains.append(Chain(tmp_path, groups, start_gateway, account))
        return chains[-1]

    yield start
    for one in chains:
        one.stop()


def transceiver(**more: str) -> Callable[[Gateway], list[dict]]:
    return lambda gateway: [link(gateway, **more)]


def pair(**more: str) -> Callable[[Gateway], list[dict]]:
    """A group that sends and one that receives, as before there were transceivers."""

    def groups(gateway: Gateway) -> list[dict]:
        sender = {**link(gateway, **more), "transceiver-mode": "false"}
        receiver = {key: value for key, value in sender.items() if key not in ("port", "transceiver-mode")}
        return [sender, {**receiver, "receive-port": gateway.smpp_port}]

    return groups


def link(gateway: Gateway, **more: str) -> dict:
    return smpp_centre(gateway.smpp_port, smsc_username="bank", smsc_password="hunter22", **more)


# KN-22: with a msg-id-type Kannel takes ids for numbers of 64 bits, which those of SMPP 3.3 fit into.
@pytest.mark.parametrize("way", [transceiver, pair])
@pytest.mark.parametrize("keys", [{}, {"interface_version": "33"}, {"interface_version": "33", "msg_id_type": "3"}])
def test_receipts_find_their_messages(chain, way, keys):
    find_their_messages(chain(way(**keys)))


# KN-22, R-3: so do short ids, which are written for each msg-id-type as it reads them.
@pytest.mark.parametrize("way", [transceiver, pair])
@pytest.mark.parametrize(
    ("msg_id_type", "profile"),
    [("0x00", "decimal"), ("0x01", "hex-then-decimal"), ("0x02", "decimal-then-hex"), ("0x03", "hex")],
)
def test_receipts_find_their_messages_by_short_ids(chain, way, msg_id_type, profile):
    find_their_messages(chain(way(msg_id_type=msg_id_type), message_ids="short", profile=profile))


def find_their_messages(going: Chain) -> None:
    for number, text in enumerate(["one", "two"], 1):
        going.send(text)
        going.centre.submits.collect(lambda _: True, number, "the message")
        going.told(8, text)
    going.deliver(2)
    going.told(1, "two")
    assert not [call for call in going.provider.calls.items() if (call.fields["d"], call.fields["of"]) == ("1", "one")]
    going.deliver(1)
    going.told(1, "one")
    going.centre.bring("628111", b"hello there")
    assert going.provider.next_calls(1, mo="hello there")


# KN-22
def test_texts_in_the_alphabet_of_the_link_arrive(chain):
    going = chain(transceiver(alt_charset="ISO-8859-1"))
    going.send("caf%C3%A9")
    assert going.centre.submits.expect(lambda _: True, "the message").data_coding == 0


# KN-21, KN-22
def test_reports_come_back_through_a_kannel_that_calls_us_by_http(chain):
    (port,) = free_ports(1)

    def groups(gateway: Gateway) -> list[dict]:
        return [
            {
                "group": "smsc",
                "smsc": "http",
                "smsc-id": "estafet",
                "system-type": "kannel",
                "send-url": f"{gateway.url}/cgi-bin/sendsms",
                "smsc-username": "bank",
                "smsc-password": "hunter22",
                "port": port,
                "dlr-url": f"http://127.0.0.1:{port}/sms?username=bank&password=hunter22",
            }
        ]

    going = chain(groups)
    going.send("one")
    going.centre.submits.collect(lambda _: True, 1, "the message")
    going.told(8, "one")
    going.deliver(1)
    going.told(1, "one")
