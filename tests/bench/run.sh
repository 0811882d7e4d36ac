#!/usr/bin/env bash
# Measures bronze, silver and gold beside bare DuckDB. Environment: ACCOUNTS (100000),
# ROUNDS (1), LAYER (bronze, silver, gold or query; all), BENCH_DIR (tests/bench/out).
# The exports are kept between runs; 100,000 accounts need about 20 GB of disk.
set -euo pipefail
cd "$(dirname "$0")/../.."
dir=${BENCH_DIR:-tests/bench/out}
mkdir -p "$dir"
go build -o "$dir/bench" ./tests/bench
"$dir/bench" "${PIPELINE:-$PWD/bin/pipeline}" "$dir"
