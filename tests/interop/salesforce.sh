#!/usr/bin/env bash
# Reads the Salesforce simulator with clients that nobody here wrote: PyPI's
# simple-salesforce, npm's jsforce, and the describes that CumulusCI recorded from real
# orgs (its source package on PyPI; BSD-3). Called by run.sh with its Python.
set -euo pipefail
cd "$(dirname "$0")"
bin=$1 python=$2
work=$(mktemp -d)
server=
trap '[ -z "$server" ] || kill "$server" 2>/dev/null; rm -rf "$work"' EXIT

"$bin" demo --clean --out "$work/demo" --accounts 250 --days 2 --seed 7 >/dev/null
"$bin" demo --serve --out "$work/demo" --addr 127.0.0.1:0 --json > "$work/orgs.json" &
server=$!
for _ in $(seq 100); do
  [ ! -s "$work/orgs.json" ] || break
  kill -0 "$server" || exit 1
  sleep 0.2
done
# The second org has the most records. Two nights bring deleted ones.
read -r url client secret name <<< "$("$python" -c 'import json,sys; o = json.load(open(sys.argv[1]))["orgs"][1]; print(o["url"], o["client_id"], o["client_secret"], o["name"])' "$work/orgs.json")"
curl -sf -d '{"advance":"48h"}' "$url/simulator/clock" >/dev/null

status=0
"$python" salesforce.py "$url" "$client" "$secret" "$name" || status=1

if ! command -v node >/dev/null || ! command -v npm >/dev/null; then
  echo "interop: jsforce skipped: no Node"
elif [ "$(node -p 'process.versions.node.split(".")[0]')" -lt 20 ]; then
  echo "interop: jsforce skipped: Node is older than 20"
elif ! (cd jsforce && { cmp -s package-lock.json node_modules/installed.json || { npm ci --silent && cp package-lock.json node_modules/installed.json; }; }); then
  echo "interop: jsforce skipped: it cannot be installed here"
else
  node jsforce/check.mjs "$url" "$client" "$secret" || status=1
fi

"$python" recordings.py "$url" "$client" "$secret" .recordings || status=1
if [ -n "$(ls .recordings 2>/dev/null)" ]; then
  RECORDINGS=$PWD/.recordings go test -count 1 . || status=1
fi
exit $status
