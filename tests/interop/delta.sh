#!/usr/bin/env bash
# Reads the Delta logs of a lake with programs that nobody here wrote: PyPI's deltalake,
# DuckDB's delta_scan, and Spark with delta-spark (its jars come from Maven). Before, the
# lake goes on by a night that appends, overwrites and changes columns, is compacted, and
# rolled back until logs have checkpoints. Called by run.sh with a lake of one run.
set -euo pipefail
cd "$(dirname "$0")"
bin=$1 python=$2 config=$3 lake=$4
lake_do() { "$bin" lake "$@" --lake "$lake" >/dev/null; }

"$python" delta_change.py "$config"
"$bin" run --quiet --config "$config" --as-of 2026-11-01
lake_do compact --min-files 2
new=$("$bin" lake log -n 1 --json --lake "$lake" | "$python" -c 'import json,sys; print(json.load(sys.stdin)[0]["version"])')
for _ in 1 2 3 4 5; do
  lake_do rollback 2
  lake_do rollback "$new"
done
status=0
"$python" delta_rs.py "$lake" WRITE/Append WRITE/Overwrite OPTIMIZE/ RESTORE/ || status=1

# install DIRECTORY REQUIREMENTS: packages beside those of the other checks
install() {
  cmp -s "$2" "$1/installed.txt" && return
  rm -rf "$1"
  "$python" -m pip install --quiet --disable-pip-version-check --target "$1" -r "$2" >/dev/null 2>&1 && cp "$2" "$1/installed.txt"
}

if install .venv/delta-scan requirements-delta-scan.txt; then
  PYTHONPATH=.venv/delta-scan "$python" delta_scan.py "$lake" || status=1
else
  echo "interop: delta_scan skipped: the packages of requirements-delta-scan.txt cannot be installed here"
fi

# spark: 0 = held, 1 = did not hold, 2 = cannot run here
spark() {
  install .venv/spark requirements-spark.txt || { echo "interop: Spark skipped: the packages of requirements-spark.txt cannot be installed here"; return 0; }
  command -v java >/dev/null || [ -x "${JAVA_HOME:-}/bin/java" ] || { echo "interop: Spark skipped: no Java"; return 0; }
  local log code=0
  log=$(mktemp)
  PYTHONPATH=.venv/spark "$python" delta_spark.py "$lake" 2>"$log" || code=$?
  if [ $code -ne 0 ] && grep -q "unresolved dependenc\|UnsupportedClassVersionError" "$log"; then
    echo "interop: Spark skipped: its jars cannot be downloaded here, or Java is too old"
    code=0
  elif [ $code -ne 0 ]; then
    tail -n 40 "$log" >&2
  fi
  rm -f "$log"
  return $code
}
spark || status=1

# Another program's work in a log stops the lake, which says what to do.
log=$lake/gold/accounts/_delta_log
last=$(find "$log" -name '*.json' | sort | tail -n 1 | sed 's/.*\///; s/\.json//; s/^0*//')
printf '{"commitInfo":{"operation":"OPTIMIZE","engineInfo":"Other/1.0"}}\n' > "$log/$(printf %020d $((last + 1))).json"
if said=$("$bin" lake recover --lake "$lake" 2>&1); then
  echo "FAIL a foreign commit did not stop recover"; status=1
elif ! grep -q "OPTIMIZE by Other/1.0" <<< "$said" || ! grep -q "move the directory _delta_log away" <<< "$said"; then
  echo "FAIL a foreign commit: $said"; status=1
fi
mv "$log" "$lake/_lake/foreign_log"
lake_do recover
rm -r "$lake/_lake/foreign_log"

# What vacuum takes leaves the logs first; what stays is read as before.
lake_do vacuum --keep-days 0 --keep-versions 3 --grace 0s --apply
lake_do vacuum --keep-days 0 --keep-versions 3 --grace 0s --apply
"$bin" lake verify --lake "$lake" || status=1
"$python" delta_rs.py "$lake" || status=1
exit $status
