#!/usr/bin/env python3
"""Fails if a dependency has a licence that we do not want, or is one that we do not want.

Asks cargo for everything that the workspace needs on this platform, build and test tools included.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys

ALLOWED = {
    "0BSD",
    "Apache-2.0",
    "BSD-2-Clause",
    "BSD-3-Clause",
    "BSL-1.0",
    "CC0-1.0",
    "CDLA-Permissive-2.0",
    "ISC",
    "MIT",
    "MIT-0",
    "MPL-2.0",
    "Unicode-3.0",
    "Unicode-DFS-2016",
    "Unlicense",
    "Zlib",
}
#: Exceptions that only widen the licence that they stand with.
ALLOWED_EXCEPTIONS = {"LLVM-exception"}
#: A second TLS or cryptography stack.
BANNED = {"aws-lc-rs", "aws-lc-sys", "native-tls", "openssl", "openssl-sys"}


def main() -> int:
    packages = dependencies()
    complaints = [complaint for package in packages if (complaint := judge(package))]
    for complaint in sorted(complaints):
        print(complaint, file=sys.stderr)
    print(f"{len(packages)} dependencies looked at, {len(complaints)} complaints")
    return 1 if complaints or not packages else 0


def dependencies() -> list[dict]:
    """Every package that the workspace needs on this platform, without its own members."""
    host = re.search(r"^host: (\S+)$", run("rustc", "-vV"), re.MULTILINE)[1]
    metadata = json.loads(run("cargo", "metadata", "--format-version=1", "--locked", f"--filter-platform={host}"))
    needed = {node["id"] for node in metadata["resolve"]["nodes"]} - set(metadata["workspace_members"])
    return [package for package in metadata["packages"] if package["id"] in needed]


def judge(package: dict) -> str | None:
    """What is wrong with a package, if anything is."""
    name = f"{package['name']} {package['version']}"
    if package["name"] in BANNED:
        return f"{name}: not wanted here"
    if not package["license"]:
        return f"{name}: says no licence"
    if not is_allowed(package["license"]):
        return f"{name}: {package['license']}"
    return None


def is_allowed(expression: str) -> bool:
    """Whether an SPDX expression leaves us a choice of allowed licences; `/` is an old form of OR."""
    tokens = re.findall(r"[()]|[\w.+-]+", expression.replace("/", " OR "))
    allowed = _any_of(tokens)
    return allowed and not tokens


def _any_of(tokens: list[str]) -> bool:
    allowed = _all_of(tokens)
    while tokens and tokens[0] == "OR":
        tokens.pop(0)
        allowed = _all_of(tokens) or allowed
    return allowed


def _all_of(tokens: list[str]) -> bool:
    allowed = _one(tokens)
    while tokens and tokens[0] == "AND":
        tokens.pop(0)
        allowed = _one(tokens) and allowed
    return allowed


def _one(tokens: list[str]) -> bool:
    if not tokens:
        return False
    token = tokens.pop(0)
    if token == "(":
        allowed = _any_of(tokens)
        return bool(tokens) and tokens.pop(0) == ")" and allowed
    allowed = token in ALLOWED
    if tokens and tokens[0] == "WITH":
        tokens.pop(0)
        allowed = bool(tokens) and tokens.pop(0) in ALLOWED_EXCEPTIONS and allowed
    return allowed


def run(*command: str) -> str:
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


if __name__ == "__main__":
    sys.exit(main())
