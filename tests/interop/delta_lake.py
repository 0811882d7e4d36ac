"""What a lake holds by its own commits, read by DuckDB from the listed files; and how what
another program read is compared with it. Shared by delta_rs.py and delta_spark.py."""

import json
import pathlib
import re

import duckdb

SAME = {"TIMESTAMPTZ": "TIMESTAMP WITH TIME ZONE", "JSON": "VARCHAR"}
WHOLE = ("gold/leads", "gold/dim_date", "gold/health_score")  # a new column, a wider type, rows added
passed = failed = 0


def check(what, ok, seen=""):
    global passed, failed
    if ok:
        passed += 1
    else:
        failed += 1
        print(f"FAIL {what}: {str(seen)[:600]}")


def connect():
    con = duckdb.connect()
    con.execute("SET TimeZone = 'UTC'")
    return con


def commits(lake):
    """The commits, oldest first."""
    found = sorted(p for p in (lake / "_lake/commits").iterdir() if re.fullmatch(r"[0-9]{20}\.json", p.name))
    return [json.loads(p.read_bytes()) for p in found]


def states(lake, table):
    """The different states of a table, oldest first: what the versions of its log must show."""
    out = []
    for commit in commits(lake):
        sha = commit["tables"].get(table, "")  # "" = the table was not there, after a rollback
        if out[-1][1] != sha if out else sha:
            out.append((commit["version"], sha))
    return out


def manifest(lake, sha):
    return json.loads((lake / "_lake/manifests" / f"{sha}.json").read_bytes())


def files(lake, sha):
    names = ", ".join(f"'{lake / f['path']}'" for f in manifest(lake, sha)["files"])
    return f"read_parquet([{names}], union_by_name = true)"


def columns(lake, sha):
    return [(c["name"], SAME.get(c["type"], c["type"])) for c in manifest(lake, sha)["schema"]]


def content(con, relation, names):
    """Rows and a sum over the hashes of all rows, whatever their order."""
    row = ", ".join(f"coalesce(\"{n}\"::VARCHAR, '␀')" for n in names)
    return con.execute(f"SELECT count(*), coalesce(sum(hash(concat_ws('␟', {row})))::VARCHAR, '') FROM {relation}").fetchone()


def compare(con, lake, table, sha, what, arrow):
    """Compares an Arrow table with what DuckDB reads from the lake's files."""
    if sha == "":
        check(f"{what} is empty", arrow.num_rows == 0, arrow.num_rows)
        return
    want = columns(lake, sha)
    con.register("seen", arrow)
    have = [(name, kind) for name, kind, *_ in con.execute("DESCRIBE seen").fetchall()]
    check(f"{what} columns", have == want, f"{[c for c in have if c not in want]}, want {[c for c in want if c not in have]}")
    if have == want:
        names = [name for name, _ in want]
        types = ", ".join(f'"{name}"::{kind} AS "{name}"' for name, kind in want)
        ours = content(con, f"(SELECT {types} FROM {files(lake, sha)})", names)
        theirs = content(con, "seen", names)
        check(f"{what} content", ours == theirs, f"{theirs}, want {ours}")
    con.unregister("seen")


def sample(table, versions):
    """The oldest version and the newest, which is read from a checkpoint; of some tables all."""
    return [v for v in versions if v in (versions[0], versions[-1]) or table in WHOLE]


def tables(lake, layer):
    return sorted(t for t in commits(lake)[-1]["tables"] if t.startswith(layer + "/"))


def path(lake, table):
    return str(pathlib.Path(lake) / table)
