"""The parts that tests put together: the gateway, foreign peers, a content provider."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from harness import config
from harness.browser import open_browser
from harness.esme import Esme
from harness.gateway import Gateway
from harness.node import NodeEsme, NodeSmsc
from harness.provider import Answer, Call, Provider
from harness.twisted import TwistedSmsc
from harness.wire import RawSmsc


@pytest.fixture
def start_gateway(tmp_path: Path) -> Iterator[Callable[..., Gateway]]:
    """Starts the gateway with the given sections of its configuration; stops it at the end."""
    running: list[Gateway] = []

    def start(log_level: str = "info", **sections) -> Gateway:
        gateway = Gateway(config.write(tmp_path / "estafet.toml", **sections), log_level)
        running.append(gateway)
        return gateway

    yield start
    for gateway in running:
        gateway.stop()


@pytest.fixture
def start_smsc() -> Iterator[Callable[..., NodeSmsc]]:
    """Starts message centres on Node's library."""
    running: list[NodeSmsc] = []

    def start(**settings) -> NodeSmsc:
        smsc = NodeSmsc(**settings)
        running.append(smsc)
        return smsc

    yield start
    for smsc in running:
        smsc.stop()


@pytest.fixture
def smsc(start_smsc: Callable[..., NodeSmsc]) -> NodeSmsc:
    """A message centre as it should be."""
    return start_smsc()


@pytest.fixture
def start_twisted_smsc() -> Iterator[Callable[..., TwistedSmsc]]:
    """Starts message centres on the library that Jasmin is built on."""
    running: list[TwistedSmsc] = []

    def start(**settings) -> TwistedSmsc:
        smsc = TwistedSmsc(**settings)
        running.append(smsc)
        return smsc

    yield start
    for smsc in running:
        smsc.stop()


@pytest.fixture
def raw_smsc(start_gateway: Callable[..., Gateway]) -> Iterator[RawSmsc]:
    """A message centre that the test plays itself; it hangs up before the gateway would take leave of it."""
    smsc = RawSmsc()
    yield smsc
    smsc.stop()


@pytest.fixture
def gateway(smsc: NodeSmsc, start_gateway: Callable[..., Gateway]) -> Gateway:
    """The gateway with one account whose messages go to one SMSC, bound to it, and one that only fetches."""
    gateway = start_gateway(
        smsc=[config.smsc(smsc.port)],
        account=[config.BANK, config.POLL],
        route=[{"from": {"link": "bank"}, "to": ["telco-a"]}],
    )
    smsc.expect("bound")
    return gateway


@pytest.fixture
def start_esme(start_gateway: Callable[..., Gateway]) -> Iterator[Callable[..., Esme]]:
    """Starts ESMEs on Python's library; hangs up at the end, before the gateway stops."""
    sessions: list[Esme] = []

    def start(gateway: Gateway, mode: str = "transceiver", **credentials) -> Esme:
        port = gateway.smpp_tls_port if credentials.get("tls") else gateway.smpp_port
        session = Esme(port, mode, **credentials)
        sessions.append(session)
        return session

    yield start
    for session in sessions:
        session.close()


@pytest.fixture
def bind(gateway: Gateway, start_esme: Callable[..., Esme]) -> Callable[..., Esme]:
    """Binds ESMEs on Python's library to the gateway with one account."""

    def bind(mode: str = "transceiver", **credentials) -> Esme:
        return start_esme(gateway, mode, **credentials)

    return bind


@pytest.fixture
def node_esme(gateway: Gateway) -> Iterator[Callable[..., NodeEsme]]:
    """Binds ESMEs on Node's library."""
    running: list[NodeEsme] = []

    def start(mode: str = "transceiver") -> NodeEsme:
        esme = NodeEsme(port=gateway.smpp_port, mode=mode)
        running.append(esme)
        return esme

    yield start
    for esme in running:
        esme.stop()


@pytest.fixture
def start_provider() -> Iterator[Callable[[Callable[[Call], Answer]], Provider]]:
    """Starts content providers, each with its rule of what to answer."""
    running: list[Provider] = []

    def start(answer: Callable[[Call], Answer]) -> Provider:
        provider = Provider(answer)
        running.append(provider)
        return provider

    yield start
    for provider in running:
        provider.stop()


@pytest.fixture
def browser():
    """A real browser, without a window."""
    driver = open_browser()
    yield driver
    driver.quit()
