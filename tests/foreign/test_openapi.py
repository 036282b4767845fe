"""The OpenAPI document, by others: a validator reads it, schemathesis tries to refute it, a browser uses it."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
import requests
from hypothesis import HealthCheck, given, seed, settings
from hypothesis.strategies import data, from_regex, lists
from openapi_spec_validator import OpenAPIV31SpecValidator
from selenium.webdriver.common.by import By
from selenium.webdriver.support.select import Select
from selenium.webdriver.support.wait import WebDriverWait

from harness import config
from harness.curl import curl, post
from harness.gateway import Gateway
from harness.provider import Answer
from harness.waiting import DEADLINE_S, until

HARNESS = Path(__file__).parent / "harness"

#: Test cases of each operation and kind of test, and how long all may take.
EXAMPLES = 25
RUN_DEADLINE_S = 400

#: Operations whose answer has no end; test_events.py reads it.
ENDLESS = ["follow"]

#: Checks of schemathesis that do not apply, and why.
LEFT_OUT = {
    "use_after_free": "a message that was taken back stays on record: GET shows that it was deleted",
    "ensure_resource_availability": "GET of what was just accepted is tried all the same, by the links of the document",
    "object_level_authorization": "it wants a second account; the Rust tests have one (ABU-5)",
}


@pytest.fixture
def open_gateway(start_gateway) -> Gateway:
    """A gateway whose messages wait, as its SMSC is away, and whose account fetches what it is told."""
    return start(start_gateway, inbox=True)


def start(start_gateway, **account) -> Gateway:
    bank = {**config.BANK, "rate": 100_000, **account}
    return start_gateway(
        smsc=[config.smsc(1)],
        account=[bank],
        route=[{"from": {"link": "bank"}, "to": ["telco-a"]}],
    )


def test_the_document_is_one(open_gateway: Gateway):
    status, text = open_gateway.get("/v1/openapi.json")
    assert status == 200
    document = json.loads(text)
    OpenAPIV31SpecValidator(document).validate()
    assert document["openapi"].startswith("3.1.")
    assert "/v1/messages/{id}" in document["paths"]


def test_the_api_does_what_the_document_says(open_gateway: Gateway, tmp_path: Path):
    phases = "examples,coverage,fuzzing,stateful"
    refute(open_gateway, tmp_path, phases, "--exclude-tag", "dead letters", "--exclude-operation-id", *ENDLESS)


def test_dead_letters_are_as_the_document_says(start_gateway, start_provider, tmp_path: Path):
    receiver = start_provider(lambda _: Answer(status=410))
    gateway = start(start_gateway, callback_url=receiver.url, allow_private_address=True)
    accepted = post(gateway, [{"to": f"62811100011{digit}", "text": "x"} for digit in range(3)]).json
    for message in accepted:
        assert curl("--request", "DELETE", f"{gateway.url}/v1/messages/{message['id']}").status == 200
    until(lambda: len(letters(gateway)) == 3, "three dead letters")
    refute(gateway, tmp_path, "examples,coverage,fuzzing", "--include-tag", "dead letters")


def test_callback_urls_and_numbers_are_taken_that_the_document_admits(start_gateway):
    gateway = start(start_gateway, callback_url="http://127.0.0.1:9/", allow_private_address=True)
    schemas = json.loads(gateway.get("/v1/openapi.json")[1])["components"]["schemas"]

    @seed(4711)
    @settings(max_examples=20, deadline=None, database=None, suppress_health_check=list(HealthCheck))
    @given(data())
    def check(drawn):
        some = {name: from_regex(re.compile(schemas[name]["pattern"])) for name in ("CallbackUrl", "Number")}
        urls = drawn.draw(lists(some["CallbackUrl"].filter(lambda url: len(url) <= 2048), min_size=20, max_size=20))
        numbers = drawn.draw(lists(some["Number"].filter(lambda number: len(number) <= 200), min_size=20, max_size=20))
        messages = [{"to": number, "text": "x", "callback_url": url.strip("\n")} for number, url in zip(numbers, urls)]
        answer = requests.post(f"{gateway.url}/v1/messages", json=messages, auth=("bank", "hunter22"), timeout=DEADLINE_S)
        refused = [(message, said["problem"]) for message, said in zip(messages, answer.json()) if "problem" in said]
        # A URL may be one that must not be called.
        assert not [each for each in refused if each[1]["code"] != "callback_not_allowed"]

    check()


def letters(gateway: Gateway) -> list[dict]:
    return curl(f"{gateway.url}/v1/dead-letters").json["dead_letters"]


def refute(gateway: Gateway, folder: Path, phases: str, *which: str) -> None:
    """Has schemathesis call these operations, and insists that everything was as the document has it."""
    settings = folder / "schemathesis.toml"
    settings.write_text(
        "[checks]\n"
        'positive_data_acceptance.expected-statuses = ["2xx", 403, 404, 409, 422]\n'
        # What has no room in a form, a URL or a head is refused before anybody looks at what it says.
        "negative_data_rejection.expected-statuses = [400, 401, 403, 404, 405, 413, 414, 415, 422, 429, 431]\n"
    )
    run = subprocess.run(
        [
            *[str(Path(sys.executable).parent / "schemathesis"), "--config-file", str(settings), "--no-color"],
            *["run", f"{gateway.url}/v1/openapi.json", "--auth", "bank:hunter22", *which],
            *["--checks", "all", "--exclude-checks", ",".join(LEFT_OUT)],
            *["--phases", phases, "--mode", "all"],
            *["--max-examples", str(EXAMPLES), "--generation-deterministic"],
            *["--continue-on-failure", "--workers", "1", "--report-dir", str(folder)],
        ],
        env={**os.environ, "PYTHONPATH": str(HARNESS), "SCHEMATHESIS_HOOKS": "schemathesis_checks"},
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=RUN_DEADLINE_S,
    )
    print(run.stdout[-30_000:], run.stderr[-5_000:])
    assert run.returncode == 0, "see the report above"


class Page:
    """The page to try the API, as a person uses it."""

    def __init__(self, browser, url: str) -> None:
        self._browser = browser
        browser.get(url)
        self._until(lambda: self.element("request").is_displayed())

    def element(self, name: str):
        return self._browser.find_element(By.ID, name)

    def write(self, name: str, text: str) -> None:
        self.element(name).clear()
        self.element(name).send_keys(text)

    def choose(self, list_of: str, value: str) -> None:
        Select(self.element(list_of)).select_by_value(value)

    def send(self) -> tuple[int, str]:
        """Status and body of the answer."""
        self.element("send").click()
        self._until(lambda: self.element("answer").get_attribute("data-done") == "true")
        return int(self.element("status").text.split()[0]), self.element("said").text

    def _until(self, condition) -> None:
        WebDriverWait(self._browser, DEADLINE_S).until(lambda _: condition())


def test_the_page_sends_a_message_and_finds_it(open_gateway: Gateway, browser):
    page = Page(browser, f"{open_gateway.url}/v1/docs")
    page.choose("operation", "submit")
    page.choose("example", "one")
    assert page.send()[0] == 401

    page.write("account", "bank")
    page.write("password", "hunter22")
    page.write("parameter-Idempotency-Key", "of-the-browser")
    status, said = page.send()
    assert status == 202
    assert re.search(r"^location: /v1/messages/[0-9a-f]{32}$", page.element("headers").text, re.MULTILINE)
    accepted = json.loads(said)
    status, said = page.send()
    assert (status, json.loads(said)) == (202, accepted), "the key was sent"
    assert "idempotent-replayed: true" in page.element("headers").text

    page.choose("operation", "find")
    page.write("parameter-id", accepted["id"])
    status, said = page.send()
    assert (status, json.loads(said)["to"]) == (200, "628111000111")

    page.choose("operation", "search")
    page.write("parameter-limit", "1001")
    status, said = page.send()
    assert (status, json.loads(said)["field"]) == (422, "limit")
    loaded = browser.execute_script("return performance.getEntriesByType('resource').map(entry => entry.name)")
    assert loaded and all(name.startswith(open_gateway.url) for name in loaded)
    faults = [entry for entry in browser.get_log("browser") if "the server responded with" not in entry["message"]]
    assert faults == []
