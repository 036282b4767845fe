#!/usr/bin/env python3
"""Fails if a checklist of another gateway says what no test shows, or a test names a line that is not there.

Reads the checklists of docs/from-kannel.md and docs/from-jasmin.md, and from all tests of the repository the lines
that they name: `// KN-8: why` in Rust, `# JS-3` in Python. With --list it prints every line with its tests.
"""

from __future__ import annotations

import sys
from collections import defaultdict
from collections.abc import Iterator

from naming import ROOT, Naming, Row, Test, rows_of

#: The prefix of the lines of a checklist, and where it is.
CHECKLISTS = {"KN": ROOT / "docs" / "from-kannel.md", "JS": ROOT / "docs" / "from-jasmin.md"}
#: What may be said of a line, at the start of its last cell. What is there, as it was or otherwise, must be shown.
SHOWN = {"the same", "otherwise"}
VERDICTS = SHOWN | {"not here"}


def main(arguments: list[str]) -> int:
    complaints: list[str] = []
    for prefix, document in CHECKLISTS.items():
        shown = defaultdict(list)
        for test in Naming(rf"{prefix}-\d+").tests():
            for line in test.rules:
                shown[line].append(test)
        rows = [row for row in rows_of(document) if row.cells.get("line", "").startswith(prefix)]
        if arguments == ["--list"]:
            print_lines(rows, shown)
        complaints += [f"{document.name}: {complaint}" for complaint in complaints_of(prefix, rows, shown)]
        by_verdict = [f"{sum(verdict_of(row) == verdict for row in rows)} {verdict}" for verdict in sorted(VERDICTS)]
        print(f"{document.name}: {len(rows)} lines: {', '.join(by_verdict)}")
    for complaint in complaints:
        print(complaint, file=sys.stderr)
    return 1 if complaints else 0


def complaints_of(prefix: str, rows: list[Row], shown: dict[str, list[Test]]) -> Iterator[str]:
    """What is wrong about the lines of one checklist."""
    lines = [row.cells["line"] for row in rows]
    if lines != [f"{prefix}-{number}" for number in range(1, len(lines) + 1)]:
        yield "the lines do not count up from 1"
    for row in rows:
        line, verdict = row.cells["line"], verdict_of(row)
        if verdict is None:
            yield f"{line} has no verdict"
        if verdict in SHOWN and not shown.get(line):
            yield f"{line} is said to be {verdict}, but no test names it"
        if verdict == "not here" and shown.get(line):
            yield f"{line} is said to be not here, but {shown[line][0]} names it"
        if verdict != "the same" and ":" not in row.cells["here"]:
            yield f"{line} says that it is {verdict}, and not how or why"
    for line, tests in shown.items():
        if line not in lines:
            yield f"{line} is not there, but {tests[0]} names it"


def verdict_of(row: Row) -> str | None:
    return next((verdict for verdict in VERDICTS if row.cells["here"].startswith(verdict)), None)


def print_lines(rows: list[Row], shown: dict[str, list[Test]]) -> None:
    for row in rows:
        print(f"{row.cells['line']} {row.cells['here']}")
        for test in shown.get(row.cells["line"], []):
            print(f"    {test}")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
