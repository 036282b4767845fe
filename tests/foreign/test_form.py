"""The form of docs/http.md in a real browser: what its user is shown, and what arrives at the message centre."""

from __future__ import annotations

import re

import pytest

from harness.browser import send_form
from harness.curl import curl
from harness.gateway import ROOT
from test_documentation import DOCUMENTED_ADDRESS

[FORM] = re.findall(r"```html\n(.*?)```", (ROOT / "docs/http.md").read_text(), re.DOTALL)
FIELDS = {"account": "bank", "password": "hunter22", "to": "+62 811-1000-111", "text": "Grüße & <b>mehr</b> „4711“"}


@pytest.fixture
def send(gateway, browser, tmp_path):
    """Sends the form with these fields, and gives what its user is shown then."""

    def send(**fields) -> tuple[str, str, dict[str, str]]:
        page = FORM.replace(DOCUMENTED_ADDRESS, gateway.url)
        assert gateway.url in page
        return send_form(browser, page, tmp_path, **{**FIELDS, **fields})

    return send


def test_what_is_filled_in_arrives_and_its_user_is_told_so(gateway, smsc, send):
    title, text, facts = send()
    assert (title, facts["Segments"]) == ("Accepted", "1")
    assert "The message to 628111000111 is on its way." in text
    [submit] = smsc.submits()
    assert (submit["destination_addr"], submit["text"]) == ("628111000111", FIELDS["text"])
    assert curl(f"{gateway.url}/v1/messages/{facts['Id']}").json["to"] == "628111000111"


def test_who_is_refused_reads_why(gateway, send):
    title, text, facts = send(to="mother<script>")
    assert (title, facts) == ("Not sent", {"Code": "bad_destination", "Field": "to"})
    assert "Nothing was sent: " in text
    title, text, facts = send(password="wrong")
    assert (title, facts) == ("Not sent", {"Code": "unauthorised"})
    assert curl(f"{gateway.url}/v1/messages").json["messages"] == []


def test_a_browser_that_knows_the_password_sends_nothing_for_another_page(gateway, browser, send):
    # Its user looked at something of the API before, and was asked who calls.
    browser.get(gateway.url.replace("://", "://bank:hunter22@") + "/v1/messages")
    assert '"messages"' in browser.page_source
    title, _, facts = send(account="", password="")
    assert (title, facts) == ("Not sent", {"Code": "unauthorised"})
    assert curl(f"{gateway.url}/v1/messages").json["messages"] == []
