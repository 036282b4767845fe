"""Delivery receipts as SMPP 3.4 appendix B has them, read by somebody who is strict."""

from __future__ import annotations

import re
from dataclasses import dataclass

APPENDIX_B = re.compile(
    r"id:(?P<id>\S+) sub:(?P<sub>\d{3}) dlvrd:(?P<dlvrd>\d{3}) "
    r"submit date:(?P<submit_date>\d{10}) done date:(?P<done_date>\d{10}) "
    r"stat:(?P<stat>[A-Z]{7}) err:(?P<err>\d{3}) text:(?P<text>.{0,20})",
    re.DOTALL,
)

DELIVERED, EXPIRED, UNDELIVERABLE, REJECTED = 2, 3, 5, 8


@dataclass(frozen=True)
class Receipt:
    """The text of a receipt, field by field."""

    id: str
    sub: str
    dlvrd: str
    submit_date: str
    done_date: str
    stat: str
    err: str
    text: str


def read(text: bytes | str) -> Receipt:
    """Reads a receipt; any deviation from the form fails."""
    if isinstance(text, bytes):
        text = text.decode("ascii")
    match = APPENDIX_B.fullmatch(text)
    assert match, f"not a receipt as appendix B has it: {text!r}"
    return Receipt(**match.groupdict())
