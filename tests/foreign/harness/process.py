"""What a process takes of the machine, by /proc."""

from __future__ import annotations

import os
from pathlib import Path


def resident_kib(pid: int) -> int:
    """The memory that a process has now, in KiB."""
    return _status_kib(pid, "VmRSS:")


def peak_kib(pid: int) -> int:
    """The most memory that a process ever had, in KiB."""
    return _status_kib(pid, "VmHWM:")


def sockets(pid: int) -> int:
    """How many sockets a process has open."""
    folder = Path(f"/proc/{pid}/fd")
    return sum(1 for name in os.listdir(folder) if _target(folder / name).startswith("socket:"))


def _target(link: Path) -> str:
    try:
        return os.readlink(link)
    except FileNotFoundError:
        return ""


def _status_kib(pid: int, name: str) -> int:
    status = Path(f"/proc/{pid}/status").read_text()
    [line] = [line for line in status.splitlines() if line.startswith(name)]
    return int(line.split()[1])
