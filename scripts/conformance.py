#!/usr/bin/env python3
"""Fails if the conformance statement says what no test shows, or leaves something out.

Reads the tables of docs/conformance.md, and from all tests of the repository the rules that they name:
`// F-2, X-1: why` in Rust, `# F-2` in Python, inside a test or directly above it. With --list it prints every
rule with its verdict and its tests.
"""

from __future__ import annotations

import re
import sys
from collections import defaultdict
from collections.abc import Iterator

from naming import ROOT, Naming, Row, Test, rows_of

STATEMENT = ROOT / "docs" / "conformance.md"
#: The groups of rules, and how many rules each has.
RULES = {
    "V": 7,
    "T": 1,
    "F": 9,
    "S": 10,
    "M": 6,
    "W": 7,
    "B": 5,
    "D": 4,
    "O": 7,
    "R": 5,
    "L": 1,
    "G": 3,
    "C": 4,
    "N": 4,
    "U": 1,
    "P": 3,
    "I": 5,
    "X": 18,
}
#: What may be said about a rule. What is done, differently or not, and what is refused must be shown.
SHOWN = {"complies", "differs", "refused"}
VERDICTS = SHOWN | {"not applicable"}

ID = r"[A-Z]-\d+"
PYTHON_NAME = re.compile(r"`(\w+)`")


def main(arguments: list[str]) -> int:
    rows = list(rows_of(STATEMENT))
    tests = Naming(ID).tests()
    shown = defaultdict(list)
    for test in tests:
        for rule in test.rules:
            shown[rule].append(test)
    if arguments == ["--list"]:
        print_rules(rows, shown)
    complaints = [*complaints_of_rules(rows, shown), *complaints_of_rows(rows, {test.name for test in tests})]
    for complaint in complaints:
        print(complaint, file=sys.stderr)
    named = sum(1 for rule in shown if shown[rule])
    print(f"{len(rows)} rows, {named} rules named by {len(tests)} tests, {len(complaints)} complaints")
    return 1 if complaints else 0


def complaints_of_rules(rows: list[Row], shown: dict[str, list[Test]]) -> Iterator[str]:
    """What is wrong about the rules: none may be missing, shown by nothing, or named by mistake."""
    verdicts: dict[str, str] = {}
    for row in rows:
        rule = row.cells.get("rule id")
        if rule is None:
            continue
        if rule in verdicts:
            yield f"{STATEMENT.name}:{row.line}: {rule} is there twice"
        verdicts[rule] = row.cells["verdict"]
    wanted = {f"{group}-{number}" for group, count in RULES.items() for number in range(1, count + 1)}
    for rule in sorted(wanted - verdicts.keys(), key=order):
        yield f"{rule}: the statement says nothing about it"
    for rule in sorted(verdicts.keys() - wanted, key=order):
        yield f"{rule}: there is no such rule"
    for rule, tests in sorted(shown.items(), key=lambda item: order(item[0])):
        if rule not in verdicts:
            yield f"{rule}: the statement does not have it, but {tests[0]} names it"
    for rule, verdict in verdicts.items():
        if verdict in SHOWN and not shown.get(rule):
            yield f"{rule}: said to be {verdict}, but no test names it"
        if verdict not in SHOWN and shown.get(rule):
            yield f"{rule}: said to be {verdict}, but {shown[rule][0]} names it"


def complaints_of_rows(rows: list[Row], names: set[str]) -> Iterator[str]:
    """What is wrong about single rows: an odd verdict, no reason for one, or a test that is not there."""
    for row in rows:
        where = f"{STATEMENT.name}:{row.line}"
        verdict = row.cells.get("verdict", "complies")
        if verdict not in VERDICTS:
            yield f"{where}: {verdict!r} is no verdict"
        if verdict != "complies" and not row.cells.get("how, or why not", "-"):
            yield f"{where}: {verdict} without a reason"
        if "tests" not in row.cells:
            continue
        named = PYTHON_NAME.findall(row.cells["tests"])
        if verdict in SHOWN and not named:
            yield f"{where}: {verdict} without a test"
        for name in named:
            if name not in names:
                yield f"{where}: there is no test {name}"


def print_rules(rows: list[Row], shown: dict[str, list[Test]]) -> None:
    for row in rows:
        rule = row.cells.get("rule id")
        if rule is None:
            continue
        print(f"{rule} {row.cells['verdict']}")
        for test in shown.get(rule, []):
            print(f"    {test}")


def order(rule: str) -> tuple[int, int]:
    group, number = rule.split("-")
    return ([*RULES, group].index(group), int(number))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
