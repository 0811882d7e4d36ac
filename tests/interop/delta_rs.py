"""Reads every table of a lake with the deltalake package, at its newest version and at old
ones, and the newest with DuckDB's delta_scan where that extension is installed."""

import pathlib
import sys

import deltalake
from delta_lake import check, columns, commits, compare, connect, content, files, path, sample, states, tables
import delta_lake

LAKE = pathlib.Path(sys.argv[1]).resolve()
con = connect()


def lake_versions(table):
    """Version of the log to version of the lake, as the log itself tells."""
    history = deltalake.DeltaTable(path(LAKE, table)).history()
    return {h["version"]: h["lakeVersion"] for h in history}


def check_statistics(table, version, sha):
    """What files tell of their columns must be true, or readers skip what they should read."""
    actions = deltalake.DeltaTable(path(LAKE, table), version=version).get_add_actions(flatten=True)
    con.register("actions", actions)
    have = {name for name, *_ in con.execute("DESCRIBE actions").fetchall()}
    rows = con.execute("SELECT sum(num_records) FROM actions").fetchone()[0]
    facts = [f"count(*) = {rows}"]
    for name, kind in columns(LAKE, sha):
        quoted = '"' + name + '"'
        for fact, told, aggregate in ((f"null_count.{name}", "sum", f"count(*) FILTER ({quoted} IS NULL)"), (f"min.{name}", "min", f"min({quoted})"), (f"max.{name}", "max", f"max({quoted})")):
            if fact not in have or kind.endswith("[]"):
                continue
            value, some = con.execute(f'SELECT {told}("{fact}")::VARCHAR, count("{fact}") = count(*) FROM actions').fetchone()
            if value is None or not some:
                continue
            value = "'" + value.replace("'", "''") + "'"
            if told == "sum":
                facts.append(f"{aggregate} = {value}::BIGINT")
            elif kind.startswith(("VARCHAR", "TIMESTAMP")):  # shortened text and rounded instants still bound
                facts.append(f"coalesce({aggregate} {'>=' if told == 'min' else '<='} {value}::{kind}, true)")
            else:
                facts.append(f"{aggregate} = {value}::{kind}")
    seen = con.execute("SELECT " + ", ".join(facts) + f" FROM {files(LAKE, sha)}").fetchone()
    wrong = [fact for fact, holds in zip(facts, seen) if not holds]
    check(f"{table} version {version}: statistics", not wrong, wrong)
    con.unregister("actions")
    return len(facts)


facts = 0
for layer in ("gold", "silver", "ops"):
    for table in tables(LAKE, layer):
        want, have = states(LAKE, table), lake_versions(table)
        check(f"{table}: versions of its log", sorted(have.values()) == [v for v, _ in want][-len(have):], f"{have}, want {want}")
        versions = sorted(have)
        for version in sample(table, versions) if layer == "gold" else versions[-1:]:
            sha = dict(want)[have[version]]
            found = deltalake.DeltaTable(path(LAKE, table), version=version)
            compare(con, LAKE, table, sha, f"{table} version {version} by deltalake", found.to_pyarrow_table())
            facts += check_statistics(table, version, sha) if sha and version == versions[-1] else 0
check("statistics were compared", facts > 1000, facts)

# What the lake's operations made of the logs.
operations = {}
for table in tables(LAKE, "gold") + tables(LAKE, "ops"):
    for h in deltalake.DeltaTable(path(LAKE, table)).history():
        operations.setdefault(h["operation"] + "/" + h["operationParameters"].get("mode", ""), []).append((table, h["version"]))
for wanted in sys.argv[2:]:
    check(f"a version by {wanted}", wanted in operations, {k: len(v) for k, v in operations.items()})

# Other programs are kept from writing.
one = path(LAKE, tables(LAKE, "gold")[0])
for what, act in {
    "append": lambda: deltalake.write_deltalake(one, deltalake.DeltaTable(one).to_pyarrow_table(), mode="append"),
    "overwrite": lambda: deltalake.write_deltalake(one, deltalake.DeltaTable(one).to_pyarrow_table(), mode="overwrite"),
    "delete": lambda: deltalake.DeltaTable(one).delete(),
}.items():
    try:
        act()
        check(f"deltalake may not {what}", False, "it did")
    except Exception as refused:
        check(f"deltalake may not {what}", "writtenByItsLakeOnly" in str(refused), refused)

print(f"interop: deltalake {deltalake.__version__}, {len(commits(LAKE))} versions of the lake: {delta_lake.passed} passed, {delta_lake.failed} failed")
sys.exit(1 if delta_lake.failed else 0)
