// Package exports_test runs the real exports through bronze and silver and compares
// what comes out with what is known of them (facts.json beside each configuration).
package exports_test

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/customer360/pipeline/configs"
	"github.com/customer360/pipeline/pipeline/bronze"
	"github.com/customer360/pipeline/pipeline/config"
	"github.com/customer360/pipeline/pipeline/engine"
	"github.com/customer360/pipeline/pipeline/engine/duckdb"
	"github.com/customer360/pipeline/pipeline/silver"
	"github.com/customer360/pipeline/pipeline/source/csv"
	"github.com/customer360/pipeline/schemas"
)

const data = "../../../shared/data"

// fact is a question to silver and its answer.
type fact struct {
	About string     `json:"about"`
	SQL   string     `json:"sql"`
	Want  [][]string `json:"want"`
}

func TestFacts(t *testing.T) {
	if _, err := os.Stat(data); err != nil {
		t.Skip("skipped: no ../shared/data")
	}
	folders, err := filepath.Glob("*/facts.json")
	if err != nil || len(folders) == 0 {
		t.Fatalf("no facts: %v", err)
	}
	for _, f := range folders {
		t.Run(filepath.Dir(f), func(t *testing.T) {
			text, err := os.ReadFile(f)
			if err != nil {
				t.Fatal(err)
			}
			var facts []fact
			if err := json.Unmarshal(text, &facts); err != nil {
				t.Fatalf("%s: %v", f, err)
			}
			sess := build(t, filepath.Join(filepath.Dir(f), "pipeline.json"))
			for _, x := range facts {
				if diff := cmp.Diff(x.Want, ask(t, sess, x.SQL)); diff != "" {
					t.Errorf("%s (-want +got):\n%s", x.About, diff)
				}
			}
		})
	}
}

// lab is one configuration on its way through the layers.
type lab struct {
	t      *testing.T
	cfg    *config.Loaded
	db     *duckdb.DB
	dir    string
	files  int
	bronze map[string][]string
	silver map[string][]string
}

// build loads and cleans everything a configuration names; the session sees silver.
func build(t *testing.T, file string) engine.Session {
	t.Helper()
	loader := config.Loader{Env: os.LookupEnv, Configs: configs.FS, Schemas: schemas.FS}
	cfg, err := loader.Load(file)
	if err != nil {
		t.Fatal(err)
	}
	db, err := duckdb.Open(t.Context(), engine.Options{Threads: 2, MemoryLimit: "2GB", TempDirectory: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	l := &lab{t: t, cfg: cfg, db: db, dir: t.TempDir(), bronze: map[string][]string{}, silver: map[string][]string{}}
	l.loadAll()
	l.clean()
	sess := l.session()
	must(t, sess.Exec(t.Context(), "CREATE SCHEMA silver"))
	for table, files := range l.silver {
		must(t, sess.Exec(t.Context(), fmt.Sprintf("CREATE VIEW silver.%s AS FROM %s", engine.Ident(table), duckdb.ReadParquet(files))))
	}
	return sess
}

func (l *lab) session() engine.Session {
	sess, err := l.db.Session(l.t.Context())
	must(l.t, err)
	l.t.Cleanup(func() { _ = sess.Close() })
	return sess
}

func (l *lab) part(name string) string {
	l.files++
	return filepath.Join(l.dir, fmt.Sprintf("%d_%s", l.files, strings.ReplaceAll(name, "/", "_")))
}

func (l *lab) loadAll() {
	for _, src := range l.cfg.Pipeline.Sources {
		for _, obj := range src.Objects {
			key, err := l.cfg.ObjectKey(src, obj)
			must(l.t, err)
			l.load(src, obj, key)
		}
	}
	for _, r := range l.cfg.Pipeline.Rates {
		src := r.AsSource()
		l.load(src, src.Objects[0], r.KeyColumns())
	}
}

// load reads one object's files into bronze and checks that no record got lost.
func (l *lab) load(src config.Source, obj config.Object, key []string) {
	batches, err := csv.New(src, l.cfg.Pipeline.TimeZone, l.part).Scan(l.t.Context(), obj, func(string) bool { return false })
	must(l.t, err)
	request := bronze.Request{Source: src, Object: obj, Key: key, RunID: "RUN1", ExtractedAt: time.Date(2026, 6, 1, 0, 0, 0, 0, time.UTC), Part: l.part}
	for _, b := range batches {
		l.files++
		request.Batches = append(request.Batches, bronze.Numbered{Batch: b, FileNo: int64(l.files)})
	}
	result, err := bronze.Load(l.t.Context(), l.session(), request)
	must(l.t, err)
	for _, p := range result.Parts {
		id := src.Name + "/" + strings.ToLower(obj.Name)
		l.bronze[id] = append(l.bronze[id], p.Path)
	}
	for _, b := range result.Batches {
		if b.Malformed > 0 {
			l.t.Errorf("%s %s: %d malformed records", src.Name, b.Name, b.Malformed)
		}
	}
}

func (l *lab) clean() {
	project, err := silver.Compile(l.cfg.Pipeline, l.cfg.Mappings, l.cfg.Contracts)
	must(l.t, err)
	for _, table := range project.Tables() {
		result, err := project.Build(l.t.Context(), l.session(), table.Name,
			silver.BuildInput{AsOf: l.cfg.Pipeline.AsOf, Bronze: l.bronze, Silver: l.silver, Part: l.part})
		must(l.t, err)
		l.silver[table.Name] = []string{result.Part.Path}
	}
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func ask(t *testing.T, sess engine.Session, query string) [][]string {
	t.Helper()
	rows, err := sess.Query(context.Background(), "SELECT CAST(COLUMNS(*) AS VARCHAR) FROM ("+query+")")
	if err != nil {
		t.Fatalf("%s: %v", query, err)
	}
	defer rows.Close()
	columns, err := rows.Columns()
	must(t, err)
	var out [][]string
	for rows.Next() {
		values := make([]sql.NullString, len(columns))
		into := make([]any, len(columns))
		for i := range values {
			into[i] = &values[i]
		}
		must(t, rows.Scan(into...))
		row := make([]string, len(columns))
		for i, v := range values {
			row[i] = v.String
			if !v.Valid {
				row[i] = "NULL"
			}
		}
		out = append(out, row)
	}
	must(t, rows.Err())
	return out
}
