"""Changes a configuration as a user would whose gold gets a column and a wider type."""

import json
import pathlib
import sys

CONFIG, REPOSITORY = pathlib.Path(sys.argv[1]), pathlib.Path(__file__).resolve().parents[2]
CHANGE = CONFIG.parent / "change"


def write(path, text):
    path = CHANGE / path
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


def contract(table, change):
    found = json.loads((REPOSITORY / f"schemas/tables/gold/{table}.json").read_text())
    found.pop("$schema", None)
    change(found["columns"])
    write(f"tables/gold/{table}.json", json.dumps(found))


def widen(columns):
    column = next(c for c in columns if c["type"] == "INTEGER")
    column["type"] = "BIGINT"


contract("leads", lambda columns: columns.append({"name": "first_seen", "type": "TIMESTAMPTZ", "nullable": True}))
contract("dim_date", widen)
model = (REPOSITORY / "sql/gold/leads.sql").read_text()
write("sql/gold/leads.sql", model.replace("AS missing_reason", "AS missing_reason, l.created_at AS first_seen", 1))
defined = json.loads((REPOSITORY / "configs/silver_to_gold/definitions/gold/leads.json").read_text())
defined.pop("$schema", None)
entry = dict(next(c for c in defined["columns"] if c["column"] == "created_at"), column="first_seen")
defined["columns"].append(entry)
write("definitions/gold/leads.json", json.dumps(defined))

config = json.loads(CONFIG.read_text())
config |= {"sql": "change/sql", "tables": "change/tables", "definitions": "change/definitions"}
CONFIG.write_text(json.dumps(config))
