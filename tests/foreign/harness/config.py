"""Configurations of the gateway, written the way that people write them: TOML."""

from __future__ import annotations

import json
from pathlib import Path

#: An account for the tests; its password has the standard's eight characters.
BANK = {"name": "bank", "password": "hunter22"}

#: An account that fetches what is told to it.
POLL = {"name": "poll", "password": "hunter22", "inbox": True}


def smsc(port: int, **more) -> dict:
    """An SMSC at a port of this machine, by the four parameters; `more` overrides."""
    return {
        "name": "telco-a",
        "address": f"127.0.0.1:{port}",
        "system_id": "estafet",
        "password": "secret",
        "bind": "transceiver",
        "sessions": 1,
        "reconnect_max_s": 1,
        **more,
    }


def application(url: str, **more) -> dict:
    """A content provider at a URL of this machine."""
    return {"name": "games", "url": url, "allow_private_address": True, **more}


def write(path: Path, **sections) -> Path:
    """Writes a configuration; `smsc`, `account`, `application` and `route` are lists of tables.

    Both listeners take free ports unless said otherwise, and the store lives beside the file.
    """
    settings = {
        "data_dir": str(path.parent / "data"),
        "smpp": {"listen": "127.0.0.1:0"},
        "http": {"listen": "127.0.0.1:0"},
        **sections,
    }
    path.write_text(render(settings), encoding="utf-8")
    return path


def render(settings: dict) -> str:
    """The settings as TOML: plain values first, then tables, then lists of tables."""
    plain, tables = [], []
    for key, value in settings.items():
        if isinstance(value, dict):
            tables += [f"\n[{key}]", *_pairs(value)]
        elif isinstance(value, list) and all(isinstance(entry, dict) for entry in value):
            for entry in value:
                tables += [f"\n[[{key}]]", *_pairs(entry)]
        else:
            plain.append(f"{key} = {_value(value)}")
    return "\n".join(plain + tables) + "\n"


def _pairs(table: dict) -> list[str]:
    return [f"{key} = {_value(value)}" for key, value in table.items()]


def _value(value) -> str:
    if isinstance(value, dict):
        return "{ " + ", ".join(_pairs(value)) + " }"
    if isinstance(value, list):
        return "[" + ", ".join(_value(entry) for entry in value) + "]"
    return json.dumps(value)
