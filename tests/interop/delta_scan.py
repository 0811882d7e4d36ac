"""Reads every gold table with DuckDB's delta_scan and compares it with the lake's files.
Needs the packages of requirements-delta-scan.txt: the extension comes for one version of
duckdb only, which is not that of the other checks."""

import glob
import os
import pathlib
import sys

import duckdb
import duckdb_ext
import delta_lake
from delta_lake import check, columns, content, files, path, states, tables

LAKE = pathlib.Path(sys.argv[1]).resolve()
extension = glob.glob(os.path.join(list(duckdb_ext.__path__)[0], "extensions", "**", "delta.duckdb_extension"), recursive=True)[0]
con = duckdb.connect(config={"allow_unsigned_extensions": "true"})
con.execute(f"LOAD '{extension}'")
con.execute("SET TimeZone = 'UTC'")
for table in tables(LAKE, "gold"):
    sha = states(LAKE, table)[-1][1]
    want = columns(LAKE, sha)
    seen = f"delta_scan('{path(LAKE, table)}')"
    have = [(name, kind) for name, kind, *_ in con.execute(f"DESCRIBE SELECT * FROM {seen}").fetchall()]
    check(f"{table} columns by delta_scan", have == want, f"{[c for c in have if c not in want]}, want {[c for c in want if c not in have]}")
    names = [name for name, _ in want]
    ours, theirs = content(con, files(LAKE, sha), names), content(con, seen, names)
    check(f"{table} content by delta_scan", ours == theirs, f"{theirs}, want {ours}")
print(f"interop: delta_scan of duckdb {duckdb.__version__}: {delta_lake.passed} passed, {delta_lake.failed} failed")
sys.exit(1 if delta_lake.failed else 0)
