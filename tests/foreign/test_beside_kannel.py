"""The benchmark beside Kannel runs with the Kannel that is installed, and judges both by the same books."""

from __future__ import annotations

import json
import subprocess

from harness.gateway import BINARY

FAULTS = ["not_accepted", "lost", "duplicated", "without_receipt", "receipts_twice"]


def test_a_small_comparison_loses_nothing(tmp_path):
    report = tmp_path / "report.json"
    command = [BINARY, "bench", "kannel", "--messages", "400", "--kannel-messages", "200", "--runs", "1"]
    command += ["--data-dir", tmp_path, "--json", report]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    subjects = json.loads(report.read_text())["subjects"]
    for name in ["estafet", "estafet-batched", "estafet-bulk", "kannel"]:
        figures = subjects[name]["median"]
        assert figures["receipts_per_s"] > 0, name
        assert [figures[fault] for fault in FAULTS] == [0] * len(FAULTS), (name, figures)
