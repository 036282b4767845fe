"""The gateway under test: the real binary, as an operator would run it."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import urllib.error
import urllib.request
from pathlib import Path

from .waiting import DEADLINE_S, follow, until

ROOT = Path(__file__).resolve().parents[3]
BINARY = Path(os.environ.get("ESTAFET_BIN", ROOT / "target" / "debug" / "estafet"))


class Gateway:
    """A running `estafet serve`, ready to be bound to and called."""

    def __init__(self, config: Path, log_level: str = "info") -> None:
        assert BINARY.is_file(), f"{BINARY} is missing: run `cargo build -p gateway` or set ESTAFET_BIN"
        self.config = config
        self.data_dir = config.parent / "data"
        self._ended = False
        self._process = subprocess.Popen(
            [str(BINARY), "--log-format", "json", "--log-level", log_level, "serve", "--config", str(config)],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
            encoding="utf-8",
        )
        self._log = follow("gateway log", self._process.stderr, _event)
        try:
            self.smpp_port = self._listening("smpp")
            self.http_port = self._listening("http")
            until(lambda: self.get("/readyz")[0] == 200, "/readyz to say 200")
        except BaseException:
            self.kill()
            raise

    @property
    def pid(self) -> int:
        return self._process.pid

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.http_port}"

    @property
    def smpp_tls_port(self) -> int:
        return self._listening("smpp by TLS")

    @property
    def https_port(self) -> int:
        return self._listening("https")

    def log(self) -> list[dict]:
        """The log so far, one event each."""
        return self._log.items()

    def expect_log(self, *words: str, since: int = 0) -> dict:
        """Waits for a log event from number `since` on that has all these words in it."""
        return self._log.expect(
            lambda event: all(word in json.dumps(event) for word in words), f"events with {words}", since
        )

    def get(self, path: str) -> tuple[int, str]:
        """Status and body of an HTTP GET without credentials; 0 while nobody answers."""
        try:
            with urllib.request.urlopen(self.url + path, timeout=DEADLINE_S) as answer:
                return answer.status, answer.read().decode()
        except urllib.error.HTTPError as error:
            with error:
                return error.code, error.read().decode()
        except urllib.error.URLError:
            return 0, ""

    def metric(self, name: str, **labels: str) -> float:
        """One sample of /metrics; 0 if it is not there."""
        wanted = {f'{key}="{value}"' for key, value in labels.items()}
        for line in self.get("/metrics")[1].splitlines():
            sample, _, value = line.rpartition(" ")
            found, _, rest = sample.partition("{")
            if found == name and wanted <= set(rest.rstrip("}").split(",")):
                return float(value)
        return 0.0

    def reload(self) -> int:
        """Asks for the configuration to be read again; says how long the log was before."""
        before = len(self.log())
        self._process.send_signal(signal.SIGHUP)
        return before

    def ask_to_stop(self) -> None:
        """Sends SIGTERM and does not wait."""
        self._process.send_signal(signal.SIGTERM)

    def stop(self) -> None:
        """Stops it in an orderly way and insists that it was one; nothing to do if it ended before."""
        if self._ended:
            return
        self.ask_to_stop()
        try:
            code = self._process.wait(timeout=DEADLINE_S)
        except subprocess.TimeoutExpired:
            self.kill()
            raise AssertionError("the gateway did not stop after SIGTERM") from None
        self._end()
        assert code == 0, f"the gateway ended with {code} after SIGTERM"

    def kill(self) -> None:
        """Ends it the hard way."""
        self._process.kill()
        self._process.wait(timeout=DEADLINE_S)
        self._end()

    def _end(self) -> None:
        """Prints the end of the log; pytest shows it if the test failed."""
        self._ended = True
        self._log.await_end()
        print(f"--- gateway log, {self.config}")
        for event in self.log()[-SHOWN_EVENTS:]:
            print(json.dumps(event))

    def _listening(self, what: str) -> int:
        event = self.expect_log(f'"listening for {what}"')
        return int(event["address"].rpartition(":")[2])


def _event(line: str) -> dict:
    """An event of the log; what is no JSON is shown as it is."""
    try:
        return json.loads(line)
    except ValueError:
        return {"not json": line}


SHOWN_EVENTS = 200
