"""Reads a lake with PyPI's duckdb and pyarrow and compares it with `pipeline query`."""

import csv
import io
import pathlib
import subprocess
import sys

import duckdb
import pyarrow
import pyarrow.parquet

BINARY, LAKE = sys.argv[1], pathlib.Path(sys.argv[2])
CURRENT = (LAKE / "current").resolve()  # one release for all reads
EMPTY = (
    "SELECT account_id, COUNT(*) FROM gold.accounts GROUP BY account_id HAVING COUNT(*) > 1",
    "SELECT DISTINCT currency FROM gold.revenue_metrics WHERE currency != 'USD'",
    "SELECT * FROM gold.opportunities WHERE account_id NOT IN (SELECT account_id FROM gold.accounts)",
)
WHOLE_NUMBERS = ("BIGINT", "INTEGER", "SMALLINT", "TINYINT", "DECIMAL")
UNPORTABLE = ("UBIGINT", "UINTEGER", "USMALLINT", "UTINYINT", "HUGEINT", "UHUGEINT", "TIME", "INTERVAL", "UNION", "BIT", "ENUM")

passed = failed = 0


def check(what, ok, seen=""):
    global passed, failed
    if ok:
        passed += 1
    else:
        failed += 1
        print(f"FAIL {what}: {seen}")


def pipeline(sql):
    """The rows of `pipeline query`, as text."""
    out = subprocess.run([BINARY, "query", "--lake", str(LAKE), "--format", "csv", "-"], input=sql, text=True, capture_output=True, check=True)
    return list(csv.reader(io.StringIO(out.stdout)))[1:]


def text(rows):
    return [["" if v is None else str(v) for v in row] for row in rows]


def content(table, columns):
    """A query for what two readers of a table must agree on."""
    parts = ["count(*)"]
    for name, kind in columns:
        quoted = '"' + name.replace('"', '""') + '"'
        if kind.startswith(WHOLE_NUMBERS):
            parts.append(f"coalesce(sum({quoted})::VARCHAR, '')")
        else:
            parts.append(f"count({quoted})::VARCHAR || ' ' || coalesce(min({quoted})::VARCHAR, '') || ' ' || coalesce(max({quoted})::VARCHAR, '')")
    return f"SELECT '{table}', " + " || '|' || ".join(parts) + f" AS content FROM {table}"


def files_of(layer, table):
    single = CURRENT / layer / f"{table}.parquet"
    return [single] if single.exists() else sorted((CURRENT / layer / table).glob("*.parquet"))


def check_files(layer, table, columns, rows):
    """The Parquet files by themselves: duckdb without the catalogue, and pyarrow."""
    files = files_of(layer, table)
    check(f"{layer}.{table} has files", files)
    where = "read_parquet([" + ", ".join(f"'{f}'" for f in files) + "], union_by_name = true)"
    found = con.execute(f"SELECT count(*) FROM {where}").fetchone()[0]
    check(f"{layer}.{table} rows of its files", found == rows, f"{found}, want {rows}")
    metas = [pyarrow.parquet.ParquetFile(f) for f in files]
    found = sum(m.metadata.num_rows for m in metas)
    check(f"{layer}.{table} rows by pyarrow", found == rows, f"{found}, want {rows}")
    kinds = dict(columns)
    ids = None
    for m in metas:
        schema = m.schema_arrow
        check(f"{layer}.{table} columns by pyarrow", schema.names == [name for name, _ in columns], schema.names)
        own = {f.name: int((f.metadata or {}).get(b"PARQUET:field_id", b"-1")) for f in schema}
        check(f"{layer}.{table} field ids", min(own.values()) > 0 and len(set(own.values())) == len(own), own)
        check(f"{layer}.{table} field ids are the same in all files", ids is None or ids == own, own)
        ids = own
        for f in schema:
            kind = kinds[f.name]
            if kind == "TIMESTAMP WITH TIME ZONE":
                check(f"{layer}.{table}.{f.name} is an instant", pyarrow.types.is_timestamp(f.type) and f.type.tz == "UTC", f.type)
            if kind.startswith("DECIMAL"):
                check(f"{layer}.{table}.{f.name} is {kind}", str(f.type).upper().replace("DECIMAL128", "DECIMAL").replace(" ", "") == kind, f.type)


con = duckdb.connect(str(CURRENT / "customer360.duckdb"), read_only=True)
con.execute("SET TimeZone = 'UTC'")
tables = con.execute("SELECT table_schema, table_name FROM information_schema.tables WHERE table_schema IN ('gold', 'silver', 'ops') ORDER BY ALL").fetchall()
check("the catalogue has tables of all layers", {layer for layer, _ in tables} == {"gold", "ops", "silver"} and len(tables) > 60, len(tables))

queries = []
instants = decimals = 0
for layer, table in tables:
    columns = [(name, kind) for name, kind, *_ in con.execute(f'DESCRIBE {layer}."{table}"').fetchall()]
    for name, kind in columns:
        check(f"{layer}.{table}.{name} has a portable type", not kind.startswith(UNPORTABLE) or kind.startswith("TIMESTAMP"), kind)
        check(f"{layer}.{table}.{name} is no instant without zone", kind != "TIMESTAMP", kind)
        instants += kind == "TIMESTAMP WITH TIME ZONE"
        decimals += kind.startswith("DECIMAL")
    rows = con.execute(f'SELECT count(*) FROM {layer}."{table}"').fetchone()[0]
    check_files(layer, table, columns, rows)
    queries.append(content(f'{layer}."{table}"', columns))
check("there are instants and decimals", instants > 50 and decimals > 50, (instants, decimals))

everything = " UNION ALL ".join(queries) + " ORDER BY 1"
ours = {table: content for table, content in pipeline(everything)}
for table, seen in text(con.execute(everything).fetchall()):
    check(f"{table} reads the same", ours.get(table) == seen, f"pipeline {ours.get(table)}\n     duckdb {seen}")
check("both see the same tables", len(ours) == len(tables), len(ours))

for sql in EMPTY:
    check(sql, con.execute(sql).fetchall() == [])
    check("pipeline query: " + sql, pipeline(sql) == [])
top = con.execute(f"SELECT account_name FROM '{CURRENT}/gold/customer_360.parquet' WHERE account_name IS NOT NULL").fetchall()
check("customer_360 is read in place", len(top) > 100, len(top))

print(f"interop: duckdb {duckdb.__version__}, pyarrow {pyarrow.__version__}: {passed} passed, {failed} failed")
sys.exit(1 if failed else 0)
