"""Reads every gold table of a lake with Spark and delta-spark, at its newest version and at
old ones, and compares it with what DuckDB reads from the lake's files."""

import pathlib
import shutil
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor

import delta_lake
import pyspark
from delta import configure_spark_with_delta_pip
from delta_lake import check, columns, compare, connect, files, manifest, path, sample, states, tables
from pyspark.sql import SparkSession

LAKE = pathlib.Path(sys.argv[1]).resolve()
con = connect()
settings = {
    "spark.sql.extensions": "io.delta.sql.DeltaSparkSessionExtension",
    "spark.sql.catalog.spark_catalog": "org.apache.spark.sql.delta.catalog.DeltaCatalog",
    "spark.jars.ivySettings": str(pathlib.Path(__file__).with_name("ivysettings.xml")),
    "spark.sql.session.timeZone": "UTC",
    # Small tables: more tasks would only wait for each other.
    "spark.sql.shuffle.partitions": "1",
    "spark.databricks.delta.snapshotPartitions": "1",
    # Every table has its own columns: compiled code would be used once.
    "spark.sql.codegen.wholeStage": "false",
    "spark.sql.codegen.factoryMode": "NO_CODEGEN",
    "spark.driver.extraJavaOptions": "-XX:TieredStopAtLevel=1",
    "spark.ui.enabled": "false",
    "spark.ui.showConsoleProgress": "false",
    "spark.driver.memory": "2g",
}
builder = SparkSession.builder.master("local[2]").appName("interop")
for key, value in settings.items():
    builder = builder.config(key, value)
spark = configure_spark_with_delta_pip(builder).getOrCreate()
spark.sparkContext.setLogLevel("ERROR")


def at(table, version):
    return spark.read.format("delta").option("versionAsOf", version).load(path(LAKE, table))


jobs = []
for table in tables(LAKE, "gold"):
    want = states(LAKE, table)
    jobs += [(table, version, want[version][1]) for version in sample(table, range(len(want)))]
with ThreadPoolExecutor(2) as pool:
    for (table, version, sha), seen in zip(jobs, pool.map(lambda job: at(*job[:2]).toArrow(), jobs)):
        compare(con, LAKE, table, sha, f"{table} version {version} by Spark", seen)
read = len(jobs)

# Filters that Spark answers by skipping files, on tables when they had the most files: those with a
# set of rows per as-of, before they were compacted.
skipped = 0
for table in tables(LAKE, "gold"):
    version, (_, sha) = max(enumerate(states(LAKE, table)), key=lambda state: len(manifest(LAKE, state[1][1])["files"]) if state[1][1] else 0)
    days = [name for name, kind in columns(LAKE, sha) if kind in ("DATE", "TIMESTAMP WITH TIME ZONE")]
    if len(manifest(LAKE, sha)["files"]) < 2 or not days:
        continue
    column, ours = days[0], files(LAKE, sha)
    skipped += 1
    # As text: duckdb turns a moment with a time zone into Python's only where pytz is installed.
    middle = con.execute(f"SELECT CAST(quantile_disc({column}, 0.7) AS VARCHAR) FROM {ours}").fetchone()[0].removesuffix("+00")
    frame = at(table, version)
    for condition in (f"{column} >= '{middle}'", f"{column} < '{middle}'", f"{column} IS NULL"):
        have, want = frame.filter(condition).count(), con.execute(f"SELECT count(*) FROM {ours} WHERE {condition}").fetchone()[0]
        check(f"{table} WHERE {condition}", have == want, f"{have}, want {want}")

check("tables of several files were filtered", skipped)
one = path(LAKE, tables(LAKE, "gold")[0])
history = spark.sql(f"DESCRIBE HISTORY delta.`{one}`").collect()
check("DESCRIBE HISTORY names the lake's versions", all("lake version" in h.userMetadata for h in history), history)
newest, oldest = history[0].timestamp, history[-1].timestamp
check("TIMESTAMP AS OF", spark.sql(f"SELECT 1 FROM delta.`{one}` TIMESTAMP AS OF '{newest}'").count() == at(tables(LAKE, 'gold')[0], history[0].version).count(), newest)
# On a copy: Spark writes the rows of an INSERT before it finds that it may not commit them.
copied = tempfile.mkdtemp() + "/table"
shutil.copytree(one, copied)
for statement in (f"DELETE FROM delta.`{copied}`", f"VACUUM delta.`{copied}` RETAIN 1000 HOURS", f"INSERT INTO delta.`{copied}` SELECT * FROM delta.`{copied}`"):
    try:
        spark.sql(statement).collect()
        check(f"Spark may not {statement}", False, "it did")
    except Exception as refused:
        check(f"Spark may not {statement}", "DELTA_UNSUPPORTED_FEATURES_FOR_WRITE" in str(refused), refused)

print(f"interop: Spark {pyspark.__version__}, {read} tables and versions: {delta_lake.passed} passed, {delta_lake.failed} failed")
spark.stop()
shutil.rmtree(pathlib.Path(copied).parent)
sys.exit(1 if delta_lake.failed else 0)
