"""Kannel as Debian packages it: bearerbox and smsbox, configured by the test."""

from __future__ import annotations

import shutil
import socket
import subprocess
import urllib.request
from pathlib import Path

from .waiting import DEADLINE_S, until


class Kannel:
    """A running bearerbox with its smsbox; `groups` are further groups of kannel.conf, the others further keys."""

    def __init__(
        self, folder: Path, groups: list[dict], smsbox: dict | None = None, core: dict | None = None
    ) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.admin_port, box_port, self.sendsms_port = free_ports(3)
        self._folder = folder
        core = {
            "group": "core",
            "admin-port": self.admin_port,
            "admin-interface": "127.0.0.1",
            "admin-password": "secret",
            "smsbox-port": box_port,
            "smsbox-interface": "127.0.0.1",
            "log-file": str(folder / "bearerbox.log"),
            "log-level": 0,
            **(core or {}),
        }
        box = {
            "group": "smsbox",
            "bearerbox-host": "127.0.0.1",
            "sendsms-port": self.sendsms_port,
            "sendsms-interface": "127.0.0.1",
            "log-file": str(folder / "smsbox.log"),
            "log-level": 0,
            **(smsbox or {}),
        }
        self._config = folder / "kannel.conf"
        self._config.write_text("\n".join(_group(group) for group in [core, *groups, box]))
        self._programs: list[subprocess.Popen] = []
        try:
            self._start("bearerbox")
            until(lambda: "SMSC connections" in self.status(), "the bearerbox")
            self._start("smsbox")
            until(lambda: "Connected to bearerbox" in self._log("smsbox"), "the smsbox to reach the bearerbox")
            until(lambda: "smsbox:" in self.status(), "the bearerbox to know the smsbox")
        except BaseException:
            self.stop()
            raise

    @property
    def url(self) -> str:
        """Where its sendsms is."""
        return f"http://127.0.0.1:{self.sendsms_port}"

    def status(self) -> str:
        """What the bearerbox says of itself; nothing while nobody answers."""
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.admin_port}/status.txt", timeout=5) as answer:
                return answer.read().decode()
        except OSError:
            return ""

    def await_online(self, links: int = 1) -> None:
        """Waits until so many links to SMSCs are there."""
        until(lambda: self.status().count("(online") >= links, f"{links} links of Kannel")

    def stop(self) -> None:
        for program in reversed(self._programs):
            program.kill()
            program.wait(timeout=DEADLINE_S)
        self._programs.clear()

    def _log(self, name: str) -> str:
        path = self._folder / f"{name}.log"
        return path.read_text(errors="replace") if path.exists() else ""

    def _start(self, name: str) -> None:
        program = shutil.which(name, path="/usr/sbin:/usr/bin:/usr/local/sbin")
        assert program, f"{name} is missing: it is in the Debian package kannel"
        output = (self._folder / f"{name}.out").open("w")
        command = [program, str(self._config)]
        self._programs.append(subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=output, stderr=output))
        output.close()


def smpp_centre(port: int, **more: str) -> dict:
    """The group of a message centre that Kannel binds to; `more` are further keys, with _ for -."""
    return {
        "group": "smsc",
        "smsc": "smpp",
        "smsc-id": "telco-a",
        "host": "127.0.0.1",
        "port": port,
        "transceiver-mode": "true",
        "smsc-username": "kannel",
        "smsc-password": "secret",
        "system-type": "",
        **{key.replace("_", "-"): value for key, value in more.items()},
    }


def free_ports(count: int) -> list[int]:
    """Ports that nobody listens at: Kannel cannot be told to choose."""
    probes = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    ports = [probe.getsockname()[1] for probe in probes]
    for probe in probes:
        probe.close()
    return ports


def _group(keys: dict) -> str:
    return "".join(f'{key} = "{value}"\n' for key, value in keys.items())
