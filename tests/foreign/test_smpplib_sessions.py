"""Sessions of a Python ESME: binding, refusals, states, enquire_link, unbinding."""

from __future__ import annotations

import time

import pytest
import smpplib.consts as smpp

from harness import config
from harness.esme import submission


@pytest.mark.parametrize("mode", ["transmitter", "receiver", "transceiver"])
def test_every_kind_of_bind_is_answered_with_our_name_and_version(bind, mode):
    # V-5
    session = bind(mode)
    assert session.is_bound
    assert session.bind_resp.system_id == b"estafet"
    assert session.bind_resp.sc_interface_version == 0x50
    session.unbind()


def test_an_account_may_bind_several_times_up_to_its_limit(start_gateway, start_esme):
    # S-8, X-5
    gateway = start_gateway(account=[{**config.BANK, "max_binds": 2}])
    first, second = start_esme(gateway), start_esme(gateway, "receiver")
    third = start_esme(gateway)
    assert first.is_bound and second.is_bound
    assert third.bind_resp.status == smpp.SMPP_ESME_RBINDFAIL
    second.unbind()
    assert start_esme(gateway).is_bound


@pytest.mark.parametrize(
    "credentials",
    [{"password": "wrong"}, {"system_id": "nobody"}, {"system_id": "fenced", "password": "hunter22"}],
    ids=["wrong password", "unknown account", "address not allowed"],
)
def test_every_refused_bind_looks_the_same_and_takes_its_time(start_gateway, credentials, start_esme):
    # S-3, S-9, X-5
    fenced = {"name": "fenced", "password": "hunter22", "allow_from": ["192.0.2.0/24"]}
    gateway = start_gateway(account=[config.BANK, fenced])
    since = time.monotonic()
    session = start_esme(gateway, **credentials)
    assert session.bind_resp.status == smpp.SMPP_ESME_RBINDFAIL
    assert session.bind_resp.length == 16
    assert time.monotonic() - since >= 0.9
    session.close()


def test_a_receiver_may_not_submit(bind):
    # S-1, X-3
    session = bind("receiver")
    session.client.state = smpp.SMPP_CLIENT_STATE_BOUND_TRX  # the library would not send it otherwise
    response = session.submit("628111", b"from a receiver")
    assert (response.command, response.status) == ("submit_sm_resp", smpp.SMPP_ESME_RINVBNDSTS)
    session.unbind()


def test_a_second_bind_on_a_bound_session_is_refused_and_the_session_stays(bind):
    # S-2, X-4
    session = bind()
    session.client.state = smpp.SMPP_CLIENT_STATE_OPEN
    response = session.request("bind_transceiver", **BANK_AGAIN)
    assert response.status == smpp.SMPP_ESME_RALYBND
    session.client.state = smpp.SMPP_CLIENT_STATE_BOUND_TRX
    session.accepted("628111", b"still bound")


def test_both_sides_may_ask_whether_the_other_is_alive(start_gateway, start_esme):
    # M-2
    gateway = start_gateway(smpp={"listen": "127.0.0.1:0", "enquire_link_s": 1}, account=[config.BANK])
    session = start_esme(gateway)
    session.await_enquiry()
    assert not session.request("enquire_link").is_error()
    session.await_enquiry()
    session.unbind()


def test_after_unbind_the_session_is_gone_and_the_gateway_knows_it(gateway, bind):
    # S-6
    session = bind()
    assert gateway.metric("estafet_sessions", link="bank") == 1
    session.unbind()
    gateway.expect_log('"ESME gone"', '"bank"')
    assert gateway.metric("estafet_sessions", link="bank") == 0


def test_sessions_are_unbound_when_the_gateway_stops(start_gateway, start_esme):
    # S-7
    gateway = start_gateway(account=[config.BANK])
    session = start_esme(gateway)
    gateway.ask_to_stop()
    session.await_unbind()
    gateway.stop()
    session.close()


def test_what_no_route_leads_to_is_refused(start_gateway, start_esme):
    gateway = start_gateway(account=[config.BANK])
    session = start_esme(gateway)
    response = session.request("submit_sm", **submission("628111", b"where to?"))
    assert response.status == smpp.SMPP_ESME_RINVDSTADR
    session.unbind()


BANK_AGAIN = {"system_id": "bank", "password": "hunter22", "interface_version": 0x34}
