"""What happens to messages is told while it happens, to readers of server-sent events that others wrote."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Iterator

import httpx
import pytest
from httpx_sse import ServerSentEvent, connect_sse

from harness.curl import post
from harness.gateway import ROOT
from harness.waiting import DEADLINE_S, Feed, follow
from test_documentation import DOCUMENTED_ADDRESS, commands

MESSAGE = {"to": "628123456789", "from": "BANK", "text": "Your code is 4711"}
#: What happens to a message that the centre takes and reports.
LIFE = ["accepted", "attempted", "sent", "receipt", "final"]


@pytest.fixture(params=["HTTP/1.1", "HTTP/2"])
def client(gateway, request):
    """A caller with the credentials of the account, by either version."""
    is_2 = request.param == "HTTP/2"
    login = ("bank", "hunter22")
    with httpx.Client(base_url=gateway.url, auth=login, timeout=DEADLINE_S, http1=not is_2, http2=is_2) as client:
        yield client


def some(events: Iterator[ServerSentEvent], count: int) -> list[ServerSentEvent]:
    return [next(events) for _ in range(count)]


def test_all_that_happens_to_a_message_is_told_in_order(gateway, client):
    with connect_sse(client, "GET", "/v1/events", headers={"accept-encoding": "gzip"}) as source:
        events = source.iter_sse()
        message_id = post(gateway, MESSAGE).json["id"]
        told = some(events, len(LIFE))
        assert [event.event for event in told] == LIFE
        data = [event.json() for event in told]
        assert {step["id"] for step in data} == {message_id}
        assert [step["event"] for step in data] == LIFE
        assert len({event.id for event in told}) == len(LIFE)
        history = client.get(f"/v1/messages/{message_id}").json()["history"]
        assert [{"id": message_id, **step} for step in history] == data
        assert not any("text" in step for step in data)


def test_one_message_is_followed_alone_and_who_comes_again_is_told_so(gateway, client):
    message_id = post(gateway, MESSAGE).json["id"]
    headers = {"last-event-id": "1767225600007-3"}
    with connect_sse(client, "GET", "/v1/events", params={"message": message_id}, headers=headers) as source:
        events = source.iter_sse()
        lagged = next(events)
        assert (lagged.event, lagged.json()) == ("lagged", {"since": "2026-01-01T00:00:00.007Z"})


@pytest.fixture(params=["--http1.1", "--http2-prior-knowledge"])
def curl(gateway, request) -> Iterator[tuple[subprocess.Popen, Feed]]:
    """The documented command line at work, by either version, and what it shows."""
    line, _ = documented()
    process, shown = run(gateway, line, request.param)
    yield process, shown
    process.kill()
    process.wait(DEADLINE_S)


def documented() -> list[list[str]]:
    """The lines of the documentation: all that happens, and some of it."""
    return [call for call in commands(ROOT / "docs/http.md", "curl") if "-N" in call]


def run(gateway, line: list[str], *options: str) -> tuple[subprocess.Popen, Feed]:
    words = [word.replace(DOCUMENTED_ADDRESS, gateway.url) for word in line[1:]]
    command = [shutil.which("curl"), "--silent", *options, *words]
    process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True)
    shown = follow("curl", process.stdout, str.strip)
    shown.expect(lambda said: said == ": from now on", "a greeting")
    return process, shown


def test_the_documented_line_shows_events(gateway, curl):
    message_id = post(gateway, MESSAGE).json["id"]
    _, shown = curl
    shown.expect(lambda said: said == "event: final", "the end of the message")
    data = shown.collect(lambda said: said.startswith("data: "), len(LIFE), "steps")
    steps = [json.loads(said.removeprefix("data: ")) for said in data]
    assert [(step["id"], step["event"]) for step in steps] == [(message_id, event) for event in LIFE]


def test_the_documented_choice_shows_those_events_alone(gateway):
    _, line = documented()
    process, shown = run(gateway, line)
    try:
        post(gateway, MESSAGE)
        message_id = post(gateway, {**MESSAGE, "client_reference": "order-4711"}).json["id"]
        # What was chosen comes with the first count: nothing was told before it.
        shown.expect(lambda said: said.startswith("id: ") and said.endswith("-1"), "the first event")
        data = shown.collect(lambda said: said.startswith("data: "), 1, "an event")
        step = json.loads(data[0].removeprefix("data: "))
        assert (step["id"], step["event"], step["state"]) == (message_id, "final", "delivered")
    finally:
        process.kill()
        process.wait(DEADLINE_S)


def test_a_stop_ends_the_stream_in_good_order(gateway, curl):
    process, _ = curl
    gateway.stop()
    assert process.wait(DEADLINE_S) == 0
