#!/usr/bin/env bash
# Account linking beside Splink and dedupe, in pinned versions, on the same accounts: halves of
# labelled files (LINKING_DATA) that nobody was fitted on, and made-up accounts. Every result is
# measured by measure.py, which also checks what `pipeline link evaluate` says of itself. Where
# Python or the registry is absent it says "skipped" and why, and succeeds.
#
# ACCOUNTS, SEED: of the made-up accounts.
set -euo pipefail
cd "$(dirname "$0")"
bin=${PIPELINE:-$PWD/../../bin/pipeline}
data=${LINKING_DATA:-$PWD/../../../shared/data/linking}
skip() { echo "linking: skipped: $*"; exit 0; }

command -v python3 >/dev/null || skip "no python3"
if ! .venv/bin/python -c 'import sys' 2>/dev/null; then
  rm -rf .venv
  python3 -m venv .venv >/dev/null 2>&1 || { rm -rf .venv; skip "python3 has no venv"; }
fi
if ! cmp -s requirements.txt .venv/installed.txt; then
  .venv/bin/python -m pip install --quiet --disable-pip-version-check -r requirements.txt || skip "the packages of requirements.txt cannot be installed here"
  cp requirements.txt .venv/installed.txt
fi
[ -x "$bin" ] || { echo "linking: there is no $bin; run make build first" >&2; exit 2; }

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
compare() { .venv/bin/python compare.py "$@" --evaluation "$work/said.json" --cpu "$(awk 'END {print $1 + $2}' "$work/cpu")" 2>>"$work/log"; }
# evaluate links accounts, and leaves what it found, what it says of it and the seconds it took.
TIMEFORMAT='%U %S'
evaluate() { { time "$bin" link evaluate "$@" --clusters "$work/clusters.csv" --json >"$work/said.json"; } 2>"$work/cpu"; }

echo "| Accounts | Tool | Pairs: precision / recall / F1 | B³ F1 | CPU | |"
echo "|---|---|---|---|---|---|"
# Labelled files: fitted on the customers of half a, measured on those of half b.
half() {
  local name=$1 file=$2 policy=$3
  [ -r "$file" ] || { echo "| $name | skipped: there is no ${file##*/} | | | | |"; return; }
  mkdir "$work/$policy" && cp ../../configs/linking/*.json "$work/$policy"
  "$bin" link fit --data "$work/$policy" --policy "$policy" --half a --truth "$file" --out "$work/$policy.json" >/dev/null
  mv "$work/$policy.json" "$work/$policy/$policy.json"
  evaluate --data "$work/$policy" --policy "$policy" --half b --accounts "$file"
  compare "$name" "$file" "$work/clusters.csv" --tools splink,dedupe
}
half "listed companies, half b" "$data/us_listed_dev.csv" entity
half "affiliations, half b" "$data/ietf_dev.csv" family

accounts=${ACCOUNTS:-100000}
"$bin" link generate --accounts "$accounts" --seed "${SEED:-4002}" --out "$work/made.csv" >/dev/null
evaluate --accounts "$work/made.csv"
compare "$accounts made-up accounts" "$work/made.csv" "$work/clusters.csv" --tools splink
