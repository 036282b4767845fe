"""What a content provider answers to a `get-url`: handsets are told the same by Kannel's smsbox and by us."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from harness import config
from harness.centre import Centre
from harness.gateway import Gateway
from harness.kannel import Kannel, smpp_centre
from harness.provider import Answer, Call, Provider

UTF_8 = "; charset=utf-8"
#: Answers that both read alike, by the keyword that asks for each.
ALIKE = {
    "plain": Answer(content_type="text/plain", body="hi"),
    "taken": Answer(status=202, content_type="text/plain", body="hi"),
    "blanks": Answer(content_type="text/plain", body="  hi\r\nho  "),
    "signs": Answer(content_type=f"text/plain{UTF_8}", body="é € ~ {"),
    "latin": Answer(content_type="text/plain; charset=ISO-8859-1", body=b"caf\xe9"),
    "quoted": Answer(content_type='text/plain; charset="ISO-8859-1"', body=b"caf\xe9"),
    "windows": Answer(content_type="text/plain; charset=windows-1252", body=b"\x80 1"),
    "unnamed": Answer(content_type="text/plain", body=b"caf\xe9"),
    "wide": Answer(content_type="text/plain; charset=UCS-2BE", body=b"\x00h\x00\xe9"),
    "narrow": Answer(content_type="text/plain; charset=UTF-16LE", body=b"h\x00\xe9\x00"),
    "dos": Answer(content_type="text/plain; charset=cp850", body=b"caf\x82"),
    "ascii": Answer(content_type="text/plain; charset=us-ascii", body="é"),
    "cased": Answer(content_type="Text/Plain;Charset=UTF-8", body="é"),
    "page": Answer(content_type=f"text/html{UTF_8}", body="<html><body>\n<b>a</b> b<br>c &lt;&gt;</body></html>"),
    "lines": Answer(content_type=f"text/html{UTF_8}", body="hello\n world"),
    "card": Answer(content_type="text/vnd.wap.wml", body="<wml><card><p>one two</p></card></wml>"),
    "octets": Answer(content_type="application/octet-stream", body=b"\x00\xff"),
}
#: What handsets are told in place of an answer, as both configurations say it.
INSTEAD = {
    "empty": (Answer(content_type="text/plain", body=""), b"nothing"),
    "json": (Answer(content_type="application/json", body="{}"), b"sorry"),
    "gone": (Answer(status=404, content_type="text/html", body="no"), b"sorry"),
    "klingon": (Answer(content_type="text/plain; charset=klingon", body="hi"), b"sorry"),
    "created": (Answer(status=201, content_type="text/plain", body="hi"), b"sorry"),
}
#: Where we say more than Kannel: what it says, and what we do.
BETTER = {
    "marked": (Answer(content_type=f"text/plain{UTF_8}", body=b"\xef\xbb\xbfhi"), b"?hi", b"hi"),
    "ended": (Answer(content_type="text/plain", body="hi\n"), b"hi\n", b"hi"),
    "entities": (Answer(content_type=f"text/html{UTF_8}", body="&auml;&euro;1"), b"?uro;1", b"\x7b\x1be1"),
    "scripted": (Answer(content_type=f"text/html{UTF_8}", body="<script>x()</script>a"), b"x()a", b"a"),
}
ANSWERS = ALIKE | {key: answer for key, (answer, *_) in [*INSTEAD.items(), *BETTER.items()]}


def answer(call: Call) -> Answer:
    return ANSWERS[call.fields["k"]]


@pytest.fixture(scope="module")
def centres(tmp_path_factory: pytest.TempPathFactory) -> Iterator[list[Centre]]:
    """The message centres of Kannel and of us."""
    folder: Path = tmp_path_factory.mktemp("answers")
    centres, provider = [Centre(), Centre()], Provider(answer)
    url = f"{provider.url}?k=%k"
    service = {"group": "sms-service", "keyword": "default", "catch-all": "true", "get-url": url}
    service |= {"accept-x-kannel-headers": "true"}
    texts = {"reply-emptymessage": "nothing", "reply-couldnotfetch": "sorry"}
    kannel = Kannel(folder / "kannel", [smpp_centre(centres[0].port), service], texts)
    application = {
        **config.application(url, format="kannel"),
        "max_messages": 1,
        "accept_x_kannel_headers": True,
        "empty_text": "nothing",
        "unreadable_text": "sorry",
        "fallback_text": "sorry",
        "attempts_max": 1,
    }
    ours = Gateway(
        config.write(
            folder / "estafet.toml",
            smsc=[config.smsc(centres[1].port)],
            application=[application],
            route=[{"match": {"destination": "1234"}, "to": ["games"]}],
        )
    )
    kannel.await_online()
    yield centres
    ours.stop()
    kannel.stop()
    for running in [*centres, provider]:
        running.stop()


def told(centre: Centre, keyword: str) -> tuple[int, bytes]:
    """The data_coding and octets that the handset gets."""
    seen = len(centre.submits.items())
    centre.bring("628111", keyword.encode())
    submitted = centre.submits.expect(lambda _: True, f"the answer to {keyword}", since=seen)
    return submitted.data_coding, submitted.short_message


# KN-39
@pytest.mark.parametrize("keyword", ALIKE)
def test_handsets_are_told_the_same(centres, keyword):
    theirs, ours = (told(centre, keyword) for centre in centres)
    assert ours == theirs


# KN-39
@pytest.mark.parametrize("keyword", INSTEAD)
def test_handsets_are_told_the_same_in_place_of_an_answer(centres, keyword):
    theirs, ours = (told(centre, keyword) for centre in centres)
    assert ours == theirs == (0, INSTEAD[keyword][1])


# KN-39
@pytest.mark.parametrize("keyword", BETTER)
def test_handsets_are_told_what_was_meant(centres, keyword):
    theirs, ours = (told(centre, keyword) for centre in centres)
    assert (theirs, ours) == ((0, BETTER[keyword][1]), (0, BETTER[keyword][2]))
