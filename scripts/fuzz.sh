#!/bin/sh
# Runs every target of the fuzzers, or those named, for so many seconds each (60 if not said) and prints what came of it.
#
#   scripts/fuzz.sh [SECONDS [TARGET …]]
#
# What it found worth keeping stays in fuzz/target/found; docs/fuzzing.md says how it becomes corpus.
set -eu
cd "$(dirname "$0")/../fuzz"

seconds=${1:-60}
[ $# -gt 0 ] && shift
[ $# -gt 0 ] || set -- $(for target in fuzz_targets/*.rs; do basename "$target" .rs; done)

# The sanitizer's flags are not of the stable toolchain, which is the only one that is needed otherwise.
export RUSTC_BOOTSTRAP=1
cargo fuzz build

last() { # WORD FILE: the last number behind WORD
    sed -n "s/.*$1:* *\([0-9][0-9]*\).*/\1/p" "$2" | tail -n 1
}

crashes=0
printf '%-14s %14s %10s %10s %8s %8s\n' target executions per_second coverage corpus crashes
for target in "$@"; do
    found=target/found/$target
    log=target/found/$target.log
    mkdir -p "$found" "artifacts/$target"
    marker=$(mktemp)
    cargo fuzz run "$target" "$found" "corpus/$target" -- \
        -max_total_time="$seconds" -max_len=4096 -timeout=10 -rss_limit_mb=1024 -print_final_stats=1 \
        >"$log" 2>&1 || true
    broken=$(find "artifacts/$target" -type f -newer "$marker" | wc -l)
    rm "$marker"
    crashes=$((crashes + broken))
    printf '%-14s %14s %10s %10s %8s %8s\n' "$target" \
        "$(last 'stat::number_of_executed_units' "$log")" "$(last 'stat::average_exec_per_sec' "$log")" \
        "$(last 'cov' "$log")" "$(find "corpus/$target" -type f | wc -l)" "$broken"
done
[ "$crashes" -eq 0 ] || { echo "see fuzz/artifacts and the logs in fuzz/target/found" >&2; exit 1; }
