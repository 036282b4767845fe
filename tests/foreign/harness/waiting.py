"""Waiting for what other processes say, always with a deadline."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import TextIO, TypeVar

T = TypeVar("T")

#: How long anything may take that has to happen, in seconds: a slow machine is no failure.
DEADLINE_S = 30.0


class Feed:
    """Items that a thread brings, such as the lines of a log, kept in their order."""

    def __init__(self, name: str) -> None:
        self.name = name
        self._items: list = []
        self._closed = False
        self._changed = threading.Condition()

    def put(self, item) -> None:
        with self._changed:
            self._items.append(item)
            self._changed.notify_all()

    def close(self) -> None:
        """Nothing more will come."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()

    def items(self) -> list:
        """All that came so far."""
        with self._changed:
            return list(self._items)

    def await_end(self, deadline_s: float = DEADLINE_S) -> None:
        """Waits until nothing more will come."""
        with self._changed:
            assert self._changed.wait_for(lambda: self._closed, deadline_s), f"{self.name} does not end"

    def expect(
        self,
        wanted: Callable[[object], bool],
        what: str,
        since: int = 0,
        deadline_s: float = DEADLINE_S,
    ):
        """The first item from number `since` on that is wanted; waits for it."""
        return self.collect(wanted, 1, what, since, deadline_s)[0]

    def collect(
        self,
        wanted: Callable[[object], bool],
        count: int,
        what: str,
        since: int = 0,
        deadline_s: float = DEADLINE_S,
    ) -> list:
        """The first `count` items from number `since` on that are wanted; waits for them."""
        end = time.monotonic() + deadline_s
        with self._changed:
            while True:
                found = [item for item in self._items[since:] if wanted(item)]
                if len(found) >= count:
                    return found[:count]
                left = end - time.monotonic()
                if left <= 0 or self._closed:
                    raise AssertionError(self._complaint(what, count, len(found), since))
                self._changed.wait(left)

    def _complaint(self, what: str, count: int, found: int, since: int) -> str:
        why = "it ended" if self._closed else "the time is up"
        latest = "\n".join(f"  {item}" for item in self._items[since:][-20:])
        return f"{self.name}: {found} of {count} {what}, and {why}; the latest:\n{latest}"


def follow(name: str, stream: TextIO, parse: Callable[[str], object]) -> Feed:
    """Reads lines in the background until the stream ends; `parse` makes items of them."""
    feed = Feed(name)

    def read() -> None:
        with stream:
            for line in stream:
                feed.put(parse(line.rstrip("\n")))
        feed.close()

    threading.Thread(target=read, name=name, daemon=True).start()
    return feed


def until(question: Callable[[], T], what: str, deadline_s: float = DEADLINE_S) -> T:
    """Asks until the answer is true, and returns it. For things that can only be polled."""
    end = time.monotonic() + deadline_s
    pause = threading.Event()
    while True:
        answer = question()
        if answer:
            return answer
        if time.monotonic() > end:
            raise AssertionError(f"in vain waited for {what}; the last answer was {answer!r}")
        pause.wait(POLL_S)


POLL_S = 0.02
