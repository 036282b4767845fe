"""What tests of this repository name in their comments, and the tables of its documents.

A test names what it shows by a comment that begins with it, inside the test or directly above:
`// F-2, X-1: why` in Rust, `# F-2` in Python.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
RUST_TEST = re.compile(r"^\s*#\[(?:\w+::)*test\b")
RUST_FUNCTION = re.compile(r"^(\s*)(?:pub )?(?:async )?fn (\w+)")
RUST_ABOVE = re.compile(r"^\s*(?:#\[|//)")
PYTHON_FUNCTION = re.compile(r"^(\s*)def (test_\w+)")


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


class Naming:
    """How things of one kind are named: `names` is the regular expression of one."""

    def __init__(self, names: str) -> None:
        self._comment = re.compile(rf"^\s*(?://|#)\s*({names}(?:, {names})*)(?=$|[:.,; ])")

    def tests(self) -> list[Test]:
        """All tests, with what they name."""
        return [*self._rust_tests(), *self._python_tests()]

    def _rust_tests(self) -> Iterator[Test]:
        for path in sorted((ROOT / "crates").rglob("*.rs")):
            yield from self._tests_of_a_rust_file(path)

    def _tests_of_a_rust_file(self, path: Path) -> Iterator[Test]:
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
            yield Test(path, function[2], self._named(lines[begin:end]))

    def _python_tests(self) -> Iterator[Test]:
        for path in sorted((ROOT / "tests").rglob("test_*.py")):
            if "node_modules" not in path.parts:
                yield from self._tests_of_a_python_file(path)

    def _tests_of_a_python_file(self, path: Path) -> Iterator[Test]:
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
            yield Test(path, function[2], self._named(lines[begin:end]))

    def _named(self, lines: list[str]) -> tuple[str, ...]:
        """The rules that these lines name, each once."""
        found = (match[1].split(", ") for line in lines if (match := self._comment.match(line)))
        return tuple(dict.fromkeys(rule for group in found for rule in group))


def rows_of(document: Path) -> Iterator[Row]:
    """The rows of all tables of a document."""
    columns: list[str] = []
    for number, line in enumerate(document.read_text(encoding="utf-8").splitlines(), 1):
        if not line.startswith("|"):
            columns = []
            continue
        # A bar within a cell is written \|.
        cells = [cell.strip() for cell in re.split(r"(?<!\\)\|", line)[1:-1]]
        if not columns:
            columns = cells
        elif not set(line) <= set("|-: "):
            yield Row(number, dict(zip(columns, cells, strict=True)))
