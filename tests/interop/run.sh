#!/usr/bin/env bash
# Reads a lake with other people's clients, PyPI's duckdb, pyarrow and deltalake, Spark, and the Salesforce
# simulator with simple-salesforce and jsforce, in versions that are pinned. Prints "N passed, N failed"; where Python or the registry is
# absent it says "skipped" and why, and succeeds.
set -euo pipefail
cd "$(dirname "$0")"
bin=${PIPELINE:-$PWD/../../bin/pipeline}
skip() { echo "interop: skipped: $*"; exit 0; }

command -v python3 >/dev/null || skip "no python3"
if ! .venv/bin/python -c 'import sys' 2>/dev/null; then
  rm -rf .venv
  python3 -m venv .venv >/dev/null 2>&1 || { rm -rf .venv; skip "python3 has no venv"; }
fi
.venv/bin/python -m pip --version >/dev/null 2>&1 || skip "python3 has no pip"
if ! cmp -s requirements.txt .venv/installed.txt; then
  .venv/bin/python -m pip install --quiet --disable-pip-version-check -r requirements.txt || skip "the packages of requirements.txt cannot be installed here"
  cp requirements.txt .venv/installed.txt
fi
[ -x "$bin" ] || { echo "interop: there is no $bin; run make build first" >&2; exit 2; }

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
"$bin" demo --out "$work/demo" --accounts "${ACCOUNTS:-200}" --seed 7 --lake "$work/lake" >/dev/null
# One as-of is enough for other programs to read: no history of state tables.
sed -i '1s/{/{ "history": {"month_ends": 0},/' "$work/demo/gold_metrics.json"
# Every layer gets Delta logs.
sed -i '1s/{/{ "delta": ["gold", "silver", "ops"],/' "$work/demo/pipeline.json"
"$bin" run --quiet --config "$work/demo/pipeline.json"
status=0
.venv/bin/python check.py "$bin" "$work/lake" || status=1
./delta.sh "$bin" "$PWD/.venv/bin/python" "$work/demo/pipeline.json" "$work/lake" || status=1
./salesforce.sh "$bin" "$PWD/.venv/bin/python" || status=1
exit $status
