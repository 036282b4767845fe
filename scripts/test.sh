#!/usr/bin/env bash
# Checks everything: format, lints, unit and integration tests, documentation, licences, the conformance
# statement, the demo, and the gateway between foreign SMPP software (tests/foreign). Installs what is
# missing first: Debian packages as root, Python and npm packages into this working copy. Nothing is skipped.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

step="the start"
trap 'echo "FAILED: ${step}" >&2' ERR

heading() {
    step="$1"
    printf '\n=== %s\n' "$1"
}

# Notes the Debian package of a program, if the program is not there.
missing=()
need() {
    local package="$1"
    shift
    "$@" >/dev/null 2>&1 || missing+=("$package")
}

# Debian has it where only root looks for programs.
find_kannel() {
    PATH="${PATH}:/usr/sbin" command -v bearerbox smsbox
}

find_missing_packages() {
    missing=()
    need gcc command -v cc
    need curl command -v curl
    need openssl command -v openssl
    need python3 command -v python3
    need python3-venv python3 -c 'import ensurepip, venv'
    need tshark command -v tshark
    need tshark command -v dumpcap
    need libnet-smpp-perl perl -MNet::SMPP -MJSON::PP -e 1
    need kannel find_kannel
    need chromium command -v chromium
    need chromium-driver command -v chromedriver
    need nodejs command -v node
    need npm command -v npm
}

install_packages() {
    find_missing_packages
    [ "${#missing[@]}" -eq 0 ] && return
    if [ "$(id -u)" -ne 0 ] || ! command -v apt-get >/dev/null; then
        echo "These Debian packages (or their like) are missing; install them first: ${missing[*]}" >&2
        return 1
    fi
    export DEBIAN_FRONTEND=noninteractive
    apt-get update -qq
    apt-get install -y -qq --no-install-recommends "${missing[@]}" </dev/null
    find_missing_packages
    if [ "${#missing[@]}" -ne 0 ]; then
        echo "Still missing after the installation: ${missing[*]}" >&2
        return 1
    fi
}

install_python_packages() {
    [ -x .venv/bin/python ] || python3 -m venv .venv
    .venv/bin/python -m pip install --quiet --disable-pip-version-check --requirement tests/foreign/requirements.txt
}

install_npm_packages() {
    npm --prefix tests/foreign ci --ignore-scripts --no-audit --no-fund --loglevel=error
}

heading "Debian packages"
install_packages
heading "Python packages"
install_python_packages
heading "npm packages"
install_npm_packages

if ! command -v cargo >/dev/null; then
    echo "cargo is missing: install Rust $(sed -n 's/^rust-version = "\(.*\)"/\1/p' Cargo.toml) or later" >&2
    exit 1
fi

heading "Format"
cargo fmt --all --check
heading "Lints"
cargo clippy --workspace --all-targets --locked -- -D warnings
heading "Unit and integration tests"
if ! unshare --user --map-root-user --mount mount -t tmpfs none /mnt 2>/dev/null; then
    echo "NOT TRIED: flt_3_a_full_disk_is_told_apart_from_a_broken_one needs a mount in a namespace," \
        "which this machine does not allow" >&2
fi
cargo test --workspace --locked
heading "Documentation"
RUSTDOCFLAGS="-D warnings" cargo doc --workspace --no-deps --locked
heading "Licences"
.venv/bin/python scripts/licences.py
heading "Conformance statement"
.venv/bin/python scripts/conformance.py
heading "Checklists of other gateways"
.venv/bin/python scripts/compatibility.py
export ESTAFET_BIN="${CARGO_TARGET_DIR:-${PWD}/target}/debug/estafet"
heading "Demo"
cargo build --locked -p gateway
"${ESTAFET_BIN}" demo --once
heading "Foreign software"
.venv/bin/python -m pytest tests/foreign --numprocesses 2
