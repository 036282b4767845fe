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
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
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
#: A comment that names rules begins with them.
NAMING = re.compile(rf"^\s*(?://|#)\s*({ID}(?:, {ID})*)(?=$|[:.,; ])")
RUST_TEST = re.compile(r"^\s*#\[(?:\w+::)*test\b")
RUST_FUNCTION = re.compile(r"^(\s*)(?:pub )?(?:async )?fn (\w+)")
RUST_ABOVE = re.compile(r"^\s*(?:#\[|//)")
PYTHON_FUNCTION = re.compile(r"^(\s*)def (test_\w+)")
PYTHON_NAME = re.compile(r"`(\w+)`")


@dataclass(frozen=True)
class Row:
    """A row of a table of the statement: its cells by the names of their columns."""

    line: int
    cells: dict[str, str]


@dataclass(frozen=True)
class Test:
    """A test, and the rules that it names."""

    path: Path
    name: str
    rules: tuple[str, ...]

    def __str__(self) -> str:
        return f"{self.path.relative_to(ROOT)}: {self.name}"


def main(arguments: list[str]) -> int:
    rows = list(statement())
    tests = [*rust_tests(), *python_tests()]
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


def statement() -> Iterator[Row]:
    """The rows of all tables of the statement."""
    columns: list[str] = []
    for number, line in enumerate(STATEMENT.read_text(encoding="utf-8").splitlines(), 1):
        if not line.startswith("|"):
            columns = []
            continue
        # A bar within a cell is written \|.
        cells = [cell.strip() for cell in re.split(r"(?<!\\)\|", line)[1:-1]]
        if not columns:
            columns = cells
        elif not set(line) <= set("|-: "):
            yield Row(number, dict(zip(columns, cells, strict=True)))


def rust_tests() -> Iterator[Test]:
    for path in sorted((ROOT / "crates").rglob("*.rs")):
        yield from tests_of_a_rust_file(path)


def tests_of_a_rust_file(path: Path) -> Iterator[Test]:
    """A test goes from its attributes and comments to the brace that stands where its `fn` stood."""
    lines = path.read_text(encoding="utf-8").splitlines()
    for number, line in enumerate(lines):
        if not RUST_TEST.match(line):
            continue
        begin = end = number
        while begin > 0 and RUST_ABOVE.match(lines[begin - 1]):
            begin -= 1
        while not (function := RUST_FUNCTION.match(lines[end])):
            end += 1
        # One that fits on its line ends there.
        while not lines[end].startswith(function[1] + "}") and not lines[end].rstrip().endswith("{}"):
            end += 1
        yield Test(path, function[2], rules(lines[begin:end]))


def python_tests() -> Iterator[Test]:
    for path in sorted((ROOT / "tests").rglob("test_*.py")):
        if "node_modules" not in path.parts:
            yield from tests_of_a_python_file(path)


def tests_of_a_python_file(path: Path) -> Iterator[Test]:
    """A test goes from its decorators and comments to the next line that is not indented."""
    lines = path.read_text(encoding="utf-8").splitlines()
    for number, line in enumerate(lines):
        function = PYTHON_FUNCTION.match(line)
        if not function:
            continue
        begin = number
        while begin > 0 and lines[begin - 1].strip():
            begin -= 1
        end = number + 1
        # The signature may end on a line of its own.
        while end < len(lines) and (not lines[end] or lines[end][0] in " )"):
            end += 1
        yield Test(path, function[2], rules(lines[begin:end]))


def rules(lines: list[str]) -> tuple[str, ...]:
    """The rules that these lines name, each once."""
    found = (match[1].split(", ") for line in lines if (match := NAMING.match(line)))
    return tuple(dict.fromkeys(rule for group in found for rule in group))


def order(rule: str) -> tuple[int, int]:
    group, number = rule.split("-")
    return ([*RULES, group].index(group), int(number))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
