package tests

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/customer360/pipeline/pipeline/lake"
)

// shape is what a gold table of the ledger looks like: its columns as "name type" or "name
// type NOT NULL", its SELECT, and what the configuration allows to happen to it.
type shape struct {
	name    string
	columns []string
	sql     string
	allowed map[string]any
	refused string // what the refusal says; "" = it is built
	code    int
	ids     string // field ids in the files, and types, as another reader sees them
}

// shapes follow one another in gold/a, which begins as n BIGINT NOT NULL, token VARCHAR.
var shapes = []shape{
	{name: "as it was", columns: []string{"n BIGINT NOT NULL", "token VARCHAR"}, sql: "count(*) AS n, max(token) AS token",
		ids: "1 n INT64, 2 token BYTE_ARRAY"},
	{name: "a nullable column comes", columns: []string{"n BIGINT NOT NULL", "day DATE", "token VARCHAR"}, sql: "count(*) AS n, DATE '2026-01-01' AS day, max(token) AS token",
		ids: "1 n INT64, 3 day INT32, 2 token BYTE_ARRAY"},
	{name: "a type gets wider", columns: []string{"n DECIMAL(38,2) NOT NULL", "day DATE", "token VARCHAR"}, sql: "count(*) AS n, DATE '2026-01-01' AS day, max(token) AS token",
		ids: "1 n FIXED_LEN_BYTE_ARRAY, 3 day INT32, 2 token BYTE_ARRAY"},
	{name: "a type gets narrower", columns: []string{"n INTEGER NOT NULL", "day DATE", "token VARCHAR"}, sql: "count(*) AS n, DATE '2026-01-01' AS day, max(token) AS token",
		refused: "column n would change from DECIMAL(38,2) to INTEGER", code: 2},
	{name: "the same with a migration", columns: []string{"n INTEGER NOT NULL", "day DATE", "token VARCHAR"}, sql: "count(*) AS n, DATE '2026-01-01' AS day, max(token) AS token",
		allowed: map[string]any{"retype": []string{"n"}}, ids: "1 n INT32, 3 day INT32, 2 token BYTE_ARRAY"},
	{name: "a column is renamed", columns: []string{"n INTEGER NOT NULL", "day DATE", "entry VARCHAR"}, sql: "count(*) AS n, DATE '2026-01-01' AS day, max(token) AS entry",
		refused: "column token would be dropped", code: 2},
	{name: "the same with a migration", columns: []string{"n INTEGER NOT NULL", "day DATE", "entry VARCHAR"}, sql: "count(*) AS n, DATE '2026-01-01' AS day, max(token) AS entry",
		allowed: map[string]any{"rename": map[string]string{"token": "entry"}}, ids: "1 n INT32, 3 day INT32, 2 entry BYTE_ARRAY"},
	{name: "a column goes", columns: []string{"n INTEGER NOT NULL", "entry VARCHAR"}, sql: "count(*) AS n, max(token) AS entry",
		refused: "column day would be dropped", code: 2},
	{name: "the same with a migration", columns: []string{"n INTEGER NOT NULL", "entry VARCHAR"}, sql: "count(*) AS n, max(token) AS entry",
		allowed: map[string]any{"drop": []string{"day"}}, ids: "1 n INT32, 2 entry BYTE_ARRAY"},
	{name: "a column that went comes again, as another", columns: []string{"n INTEGER NOT NULL", "entry VARCHAR", "late BOOLEAN"}, sql: "count(*) AS n, max(token) AS entry, true AS late",
		ids: "1 n INT32, 2 entry BYTE_ARRAY, 4 late BOOLEAN"},
	{name: "a type that not every reader knows", columns: []string{"n INTEGER NOT NULL", "entry VARCHAR", "late BOOLEAN", "at TIME"}, sql: "count(*) AS n, max(token) AS entry, true AS late, TIME '10:00' AS at",
		refused: "TIME", code: 2},
	{name: "NULL where there must be none", columns: []string{"n INTEGER NOT NULL", "entry VARCHAR NOT NULL", "late BOOLEAN"}, sql: "count(*) AS n, CAST(NULL AS VARCHAR) AS entry, true AS late",
		refused: "entry", code: 1},
}

// TestSchemaChanges changes a table night by night with the real binary: what readers
// survive happens, the rest only with a migration, and a column keeps its field id in
// the Parquet files for as long as it lives. What is refused leaves the state as it was.
func TestSchemaChanges(t *testing.T) {
	t.Parallel()
	dir := quickDir(t)
	config, root := ledgerProject(t, dir), filepath.Join(dir, "lake")
	tokenFile(t, config, "P0")
	sess := memoryEngine(t)
	first := ""
	for _, s := range shapes {
		s.write(t, config)
		before := ""
		if first != "" {
			before = fmt.Sprint(tables(t, root, "silver", "gold"))
		}
		r := pipeline(t, "run", "--quiet", "--config", config, "--lake", root)
		if r.code != s.code {
			t.Fatalf("%s: exit %d, want %d\n%s%s", s.name, r.code, s.code, r.stdout, r.stderr)
		}
		if s.code != 0 {
			if !strings.Contains(r.stderr, s.refused) {
				t.Errorf("%s: it does not say %q:\n%s", s.name, s.refused, r.stderr)
			}
			if strings.Contains(s.refused, "would") && !strings.Contains(r.stderr, `"migrations"`) {
				t.Errorf("%s: it does not say what to do:\n%s", s.name, r.stderr)
			}
			if after := fmt.Sprint(tables(t, root, "silver", "gold")); after != before {
				t.Errorf("%s: it was refused, and changed\n%s\nto\n%s", s.name, before, after)
			}
			continue
		}
		if first == "" {
			first = latest(t, root)
		}
		file := filepath.Join(root, "current", "gold", "a.parquet")
		if got := ask(t, sess, "SELECT string_agg(field_id || ' ' || name || ' ' || type, ', ') FROM parquet_schema('"+file+"') WHERE num_children IS NULL"); got != s.ids {
			t.Errorf("%s: the file has %s, want %s", s.name, got, s.ids)
		}
	}
	if got := must(t, "query", "--lake", root, "--at", first, "--format", "csv", "SELECT n, token FROM gold.a"); got != "n,token\n1,P0\n" {
		t.Errorf("the first version shows %s", got)
	}
	tidy(t, root)
}

// write makes gold/a such a table.
func (s shape) write(t *testing.T, config string) {
	t.Helper()
	var cfg map[string]any
	readJSON(t, config, &cfg)
	var columns []any
	for _, c := range s.columns {
		def, required := strings.CutSuffix(c, " NOT NULL")
		name, kind, _ := strings.Cut(def, " ")
		columns = append(columns, map[string]any{"name": name, "type": kind, "nullable": !required})
	}
	writeJSON(t, filepath.Join(filepath.Dir(config), "tables", "gold", "a.json"), map[string]any{"layer": "gold", "table": "a", "grain": "g", "description": "d",
		"key": []string{"n"}, "storage": "single", "columns": columns})
	write(t, filepath.Join(cfg["sql"].(string), "gold", "a.sql"), "-- grain: g\n-- key: n\n-- storage: single\n-- about: a\nSELECT "+s.sql+" FROM silver.entry")
	delete(cfg, "migrations")
	if s.allowed != nil {
		s.allowed["table"] = "gold/a"
		cfg["migrations"] = []any{s.allowed}
	}
	writeJSON(t, config, cfg)
}

// latest is the newest version of a lake.
func latest(t *testing.T, root string) string {
	t.Helper()
	l, err := lake.Open(root, lake.Options{})
	if err != nil {
		t.Fatal(err)
	}
	head, err := l.Head()
	if err != nil || head == nil {
		t.Fatal(head, err)
	}
	return fmt.Sprint(head.Version)
}

// TestCompactSets merges the sets of several runs into one file, over their labels: nothing
// is lost, nothing is built again, and no run is logged twice.
func TestCompactSets(t *testing.T) {
	if testing.Short() {
		t.Skip("takes long; make test-all runs it")
	}
	t.Parallel()
	dir := quickDir(t)
	config, root := ledgerProject(t, dir), filepath.Join(dir, "lake")
	ledgerLake(t, config, root, 3)
	const log = "SELECT count(*) || ' ' || count(DISTINCT run_id) FROM ops.run_log"
	runs := read(t, root, "").one(t, log)
	must(t, "lake", "compact", "--min-files", "2", "--lake", root)
	for _, table := range []string{"ops/run_log", "ops/dq_results", "bronze/w/o"} {
		l, err := lake.Open(root, lake.Options{})
		if err != nil {
			t.Fatal(err)
		}
		view, err := l.View("")
		if err != nil {
			t.Fatal(err)
		}
		m, err := view.Manifest(table)
		if err != nil || len(m.Files) != 1 || len(m.Files[0].Compacted) < 3 {
			t.Errorf("%s: %d files, %v", table, len(m.Files), err)
		}
	}
	if got := read(t, root, "").one(t, log); got != runs {
		t.Errorf("the log has %s rows and runs after compaction, %s before", got, runs)
	}
	if r := runJSON(t, "--config", config, "--lake", root); r.Bronze != 0 || r.Published != 0 {
		t.Errorf("after compaction these are worked on: %v", r.worked())
	}
	tokenFile(t, config, "NEW")
	must(t, "run", "--quiet", "--config", config, "--lake", root)
	if got, want := read(t, root, "").one(t, "SELECT (count(*) = count(DISTINCT (run_id, step)))::VARCHAR || ' ' || count(DISTINCT run_id) FROM ops.run_log"), "true 5"; got != want {
		t.Errorf("the log after the next run: %s, want %s", got, want)
	}
	if got := read(t, root, "").one(t, "SELECT n::VARCHAR FROM gold.a"); got != "4" {
		t.Errorf("%s tokens in the end", got)
	}
	tidy(t, root)
	if _, err := os.Stat(filepath.Join(root, "current", "customer360.duckdb")); err != nil {
		t.Error(err)
	}
}
