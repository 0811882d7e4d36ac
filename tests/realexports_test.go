package tests

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/json"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/customer360/pipeline/pipeline/engine"
	"github.com/customer360/pipeline/pipeline/engine/duckdb"
)

// realData stands beside the checkout; it is not part of it.
const realData = "../../shared/data"

// fact is a question to the published tables and its answer.
type fact struct {
	About string     `json:"about"`
	SQL   string     `json:"sql"`
	Want  [][]string `json:"want"`
}

// TestRealExports runs exports of real orgs, and rate files of central banks, through
// all layers, and asks what is known of them: facts.json of silver, published.json of
// gold and ops.
func TestRealExports(t *testing.T) {
	if _, err := os.Stat(realData); err != nil {
		t.Skip("skipped: no ../shared/data")
	}
	facts, err := filepath.Glob("exports/*/facts.json") // benchforce, which has to be converted, has a test of its own
	if err != nil || len(facts) == 0 {
		t.Fatalf("no configurations: %v", err)
	}
	for _, file := range facts {
		if _, large := moreExports[filepath.Base(filepath.Dir(file))]; large && testing.Short() {
			continue
		}
		t.Run(filepath.Base(filepath.Dir(file)), func(t *testing.T) {
			t.Parallel()
			config := filepath.Join(filepath.Dir(file), "pipeline.json")
			root := filepath.Join(t.TempDir(), "lake")
			run := func() {
				for _, layer := range layersOf(config) {
					must(t, "run", "--quiet", "--layer", layer, "--config", config, "--lake", root)
				}
			}
			run()
			for _, file := range []string{"facts.json", "published.json"} {
				for _, f := range readFacts(t, filepath.Join(filepath.Dir(config), file)) {
					if diff := cmp.Diff(f.Want, askLake(t, root, f.SQL)); diff != "" {
						t.Errorf("%s (-want +got):\n%s", f.About, diff)
					}
				}
			}
			balanced(t, root)
			must(t, "lake", "verify", "--lake", root)
			before := lakeFiles(t, root)
			run()
			if diff := cmp.Diff(before, lakeFiles(t, root)); diff != "" {
				t.Errorf("a second run changed the lake (-before +after):\n%s", diff)
			}
		})
	}
}

// moreExports are left to the whole suite: they show little that the others do not.
var moreExports = map[string]struct{}{"churn_usage": {}, "dataloader_samples": {}}

// layersOf are the layers that a configuration of tests/exports is run through: rates by
// themselves make no gold.
func layersOf(config string) []string {
	if strings.HasPrefix(filepath.Base(filepath.Dir(config)), "rates_") {
		return []string{"bronze", "silver"}
	}
	return []string{"all"}
}

// balanced asks the checks of every run whether each record is accounted for.
func balanced(t *testing.T, root string) {
	t.Helper()
	got := askLake(t, root, "SELECT count(*) > 0, count(*) FILTER (status <> 'passed') FROM ops.dq_results WHERE dimension = 'conservation'")
	if diff := cmp.Diff([][]string{{"true", "0"}}, got); diff != "" {
		t.Errorf("conservation (-want +got):\n%s", diff)
	}
}

// TestRateExceptions: currencies that a file quotes the other way round are turned.
func TestRateExceptions(t *testing.T) {
	dir := t.TempDir()
	writeFiles(t, dir, map[string]string{
		"rates.csv": "Date,Country,Exchange rate\n2026-02-01,United Kingdom,1.25\n2026-02-01,South Africa,18\n",
		"pipeline.json": `{"as_of": "2026-03-31", "sources": [], "rates": [{"name": "fed", "path": ".", "files": ["rates.csv"], "layout": "fed",
			"base": "USD", "quote": "units_per_base", "exceptions": {"GBP": "base_per_unit"}, "priority": 1, "period": "month",
			"currencies": {"United Kingdom": "GBP", "South Africa": "ZAR"}}]}`,
	})
	root := filepath.Join(dir, "lake")
	for _, layer := range []string{"bronze", "silver"} {
		must(t, "run", "--quiet", "--layer", layer, "--config", filepath.Join(dir, "pipeline.json"))
	}
	want := [][]string{{"GBP", "2026-02-28", "0.8"}, {"ZAR", "2026-02-28", "18.0"}}
	if diff := cmp.Diff(want, askLake(t, root, "SELECT currency_iso_code, rate_date, units_per_usd FROM silver.exchange_rate ORDER BY 1")); diff != "" {
		t.Errorf("rates (-want +got):\n%s", diff)
	}
}

func readFacts(t *testing.T, file string) []fact {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var facts []fact
	if err := json.Unmarshal(text, &facts); err != nil {
		t.Fatalf("%s: %v", file, err)
	}
	return facts
}

// writeFiles makes small files in a directory.
func writeFiles(t *testing.T, dir string, files map[string]string) {
	t.Helper()
	for name, text := range files {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

// openCatalog attaches the published catalogue of a lake, read-only, as any DuckDB does.
func openCatalog(t *testing.T, root string) engine.Session {
	t.Helper()
	db, err := duckdb.Open(t.Context(), engine.Options{Threads: 2})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	s, err := db.Session(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	catalog := filepath.Join(root, "current", "customer360.duckdb")
	if err := s.Exec(t.Context(), "ATTACH "+engine.Literal(catalog)+" AS c (READ_ONLY); USE c"); err != nil {
		t.Fatal(err)
	}
	return s
}

// askLake gives the rows of a query on the published tables, as text.
func askLake(t *testing.T, root, query string) [][]string {
	t.Helper()
	return askSession(t, openCatalog(t, root), "SELECT CAST(COLUMNS(*) AS VARCHAR) FROM ("+query+")")
}

func askSession(t *testing.T, s engine.Session, query string) (out [][]string) {
	t.Helper()
	rows, err := s.Query(context.Background(), query)
	if err != nil {
		t.Fatalf("%s: %v", query, err)
	}
	defer rows.Close()
	columns, err := rows.Columns()
	if err != nil {
		t.Fatal(err)
	}
	for rows.Next() {
		values := make([]sql.NullString, len(columns))
		into := make([]any, len(columns))
		for i := range values {
			into[i] = &values[i]
		}
		if err := rows.Scan(into...); err != nil {
			t.Fatal(err)
		}
		row := make([]string, len(columns))
		for i, v := range values {
			row[i] = v.String
			if !v.Valid {
				row[i] = "NULL"
			}
		}
		out = append(out, row)
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	return out
}

// lakeFiles maps what a lake consists of to its content: commits, manifests and data
// files, links that make up the current release, and the projections' names. Locks,
// reports of runs and staging are no state.
func lakeFiles(t *testing.T, root string) map[string]string {
	t.Helper()
	out := map[string]string{}
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		rel, err := filepath.Rel(root, path)
		if err != nil {
			return err
		}
		switch {
		case rel == "_lake/lock", rel == "_lake/runs", rel == "_lake/tmp":
			if d.IsDir() {
				return fs.SkipDir
			}
			return nil
		case d.IsDir():
			return nil
		case d.Type()&fs.ModeSymlink != 0:
			out[rel], err = os.Readlink(path)
			return err
		}
		data, err := os.ReadFile(path)
		out[rel] = fmt.Sprintf("%x", sha256.Sum256(data))
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}
