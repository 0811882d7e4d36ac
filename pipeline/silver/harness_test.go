package silver

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"sort"
	"strings"
	"testing"

	"github.com/customer360/pipeline/pipeline/config"
	"github.com/customer360/pipeline/pipeline/engine"
	"github.com/customer360/pipeline/pipeline/engine/duckdb"
)

// testCase is one file under testdata/cases.
type testCase struct {
	About    string                      `json:"about"`
	AsOf     string                      `json:"as_of"`
	Pipeline config.Pipeline             `json:"pipeline"`
	Table    string                      `json:"table"`
	Mappings []caseMapping               `json:"mappings"`
	Bronze   map[string][]bronzeBatch    `json:"bronze"`
	Silver   map[string][]map[string]any `json:"silver,omitempty"`
	Want     want                        `json:"want"`
}

type caseMapping struct {
	Set string `json:"set"`
	config.Mapping
}

// bronzeBatch is one loaded file.
type bronzeBatch struct {
	Run         string              `json:"run"`
	ExtractedAt string              `json:"extracted_at,omitempty"`
	ExportedAt  string              `json:"exported_at,omitempty"`
	Rows        []map[string]string `json:"rows"`
	Deleted     bool                `json:"deleted,omitempty"` // the rows are tombstones
}

type want struct {
	Error          string           `json:"error,omitempty"`
	Rows           []map[string]any `json:"rows"`
	RejectedRows   []map[string]any `json:"rejected_rows,omitempty"`
	RejectedValues []map[string]any `json:"rejected_values,omitempty"`
	Counts         []string         `json:"counts"`
	Checks         []string         `json:"checks,omitempty"`
	Warnings       []string         `json:"warnings,omitempty"`
	Notes          []string         `json:"notes,omitempty"`
}

// contracts reads the silver contracts of the project.
func contracts(t testing.TB) map[string]config.Contract {
	t.Helper()
	files, err := filepath.Glob("../../schemas/tables/silver/*.json")
	if err != nil || len(files) == 0 {
		t.Fatalf("no contracts: %v", err)
	}
	out := map[string]config.Contract{}
	for _, f := range files {
		b, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		var c config.Contract
		if err := json.Unmarshal(b, &c); err != nil {
			t.Fatalf("%s: %v", f, err)
		}
		out["silver/"+c.Table] = c
	}
	return out
}

func openSession(t testing.TB, threads int) engine.Session {
	t.Helper()
	return sessionOf(t, engine.Options{Threads: threads})
}

// sessionOf is a session of an engine with these options.
func sessionOf(t testing.TB, opt engine.Options) engine.Session {
	t.Helper()
	db, err := duckdb.Open(context.Background(), opt)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	s, err := db.Session(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return s
}

// writeBronze writes the batches of an object as bronze would.
func writeBronze(t testing.TB, sess engine.Session, path, source, object string, firstFile int, batches []bronzeBatch) {
	t.Helper()
	names := map[string]bool{}
	for _, b := range batches {
		for _, r := range b.Rows {
			for n := range r {
				names[n] = true
			}
		}
	}
	columns := sortedKeys(names)
	var rows []string
	for i, b := range batches {
		for j, r := range b.Rows {
			values := make([]string, len(columns))
			for k, c := range columns {
				values[k] = "NULL::VARCHAR AS " + id(c)
				if v, ok := r[c]; ok && v != "" {
					values[k] = lit(v) + " AS " + id(c)
				}
			}
			exported := "NULL"
			if b.ExportedAt != "" {
				exported = lit(b.ExportedAt)
			}
			extracted := b.ExtractedAt
			if extracted == "" {
				extracted = "2026-06-01T00:00:00Z"
			}
			seq := int64(firstFile+i)<<32 + int64(j+1)
			values = append(values, fmt.Sprintf("%s AS _source_system, 'x' AS _source_region, %s AS _source_object, 'f' AS _source_file, %s::TIMESTAMPTZ AS _extracted_at, %s::TIMESTAMPTZ AS _watermark, %s AS _batch_id, %d::BIGINT AS _seq, unhex(md5(%s)) AS _row_hash, %t AS _is_deleted",
				lit(source), lit(object), lit(extracted), exported, lit(b.Run), seq, lit(fmt.Sprint(r)), b.Deleted))
			rows = append(rows, "SELECT "+strings.Join(values, ", "))
		}
	}
	if len(rows) == 0 {
		t.Fatal("a batch without rows")
	}
	if _, err := sess.WriteParquet(context.Background(), strings.Join(rows, " UNION ALL "), path, nil); err != nil {
		t.Fatal(err)
	}
}

// built is what a case produced.
type built struct {
	result BuildResult
	err    error
}

func (c testCase) build(t testing.TB, sess engine.Session, dir string) built {
	t.Helper()
	ctx := context.Background()
	var maps []config.LoadedMapping
	for _, m := range c.Mappings {
		maps = append(maps, config.LoadedMapping{Set: m.Set, File: m.Set + "/" + m.TargetTable + ".json", Mapping: m.Mapping})
	}
	all := contracts(t)
	p, err := Compile(c.Pipeline, maps, all)
	if err != nil {
		return built{err: err}
	}
	in := BuildInput{AsOf: c.AsOf, Bronze: map[string][]string{}, Silver: map[string][]string{},
		Part: func(name string) string { return filepath.Join(dir, name+".part") }}
	file := 1
	for _, name := range sortedKeys(c.Bronze) {
		path := filepath.Join(dir, strings.ReplaceAll(name, "/", "_")+".bronze")
		source, object, _ := strings.Cut(name, "/")
		writeBronze(t, sess, path, source, object, file, c.Bronze[name])
		file += len(c.Bronze[name])
		in.Bronze[name] = []string{path}
	}
	for _, table := range sortedKeys(c.Silver) {
		path := filepath.Join(dir, table+".silver")
		writeSilver(t, sess, path, all["silver/"+table], c.Silver[table])
		in.Silver[table] = []string{path}
	}
	res, err := p.Build(ctx, sess, c.Table, in)
	if err == nil {
		checks, checkErr := p.Check(ctx, sess, map[string][]string{c.Table: res.Paths()})
		for _, found := range checks {
			if found.Table == "silver."+c.Table && found.Dimension == "validity" {
				res.Checks = append(res.Checks, found)
			}
		}
		err = checkErr
	}
	return built{res, err}
}

// writeSilver writes given rows of a silver table.
func writeSilver(t testing.TB, sess engine.Session, path string, c config.Contract, rows []map[string]any) {
	t.Helper()
	var selects []string
	for _, r := range rows {
		list := make([]string, len(c.Columns))
		for i, col := range c.Columns {
			value := "NULL"
			if v, ok := r[col.Name]; ok {
				value = lit(fmt.Sprint(v))
			}
			list[i] = fmt.Sprintf("CAST(%s AS %s) AS %s", value, col.Type, id(col.Name))
		}
		selects = append(selects, "SELECT "+strings.Join(list, ", "))
	}
	if _, err := sess.WriteParquet(context.Background(), strings.Join(selects, " UNION ALL "), path, nil); err != nil {
		t.Fatal(err)
	}
}

// readRows reads a Parquet file as text; NULL fields are left out.
func readRows(t testing.TB, sess engine.Session, path string) []map[string]any {
	t.Helper()
	rows, err := sess.Query(context.Background(), "SELECT COLUMNS(*)::VARCHAR FROM read_parquet("+lit(path)+")")
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	names, err := rows.Columns()
	if err != nil {
		t.Fatal(err)
	}
	out := []map[string]any{}
	for rows.Next() {
		values := make([]sql.NullString, len(names))
		into := make([]any, len(names))
		for i := range values {
			into[i] = &values[i]
		}
		if err := rows.Scan(into...); err != nil {
			t.Fatal(err)
		}
		row := map[string]any{}
		for i, v := range values {
			if v.Valid {
				row[names[i]] = v.String
			}
		}
		out = append(out, row)
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	return out
}

// observe turns a build into what a case file says.
func observe(t testing.TB, sess engine.Session, b built) want {
	t.Helper()
	if b.err != nil {
		return want{Error: b.err.Error()}
	}
	w := want{Rows: readRows(t, sess, b.result.Paths()[0]), RejectedRows: readRows(t, sess, b.result.RejectedRows.Path),
		RejectedValues: readRows(t, sess, b.result.RejectedValues.Path), Warnings: b.result.Warnings, Notes: b.result.Notes}
	for _, c := range b.result.Counts {
		text := fmt.Sprintf("%s/%s: bronze %d = superseded %d + not_yet_known %d + soft_deleted %d + rejected %d + silver %d",
			c.Source, c.Object, c.Bronze, c.Superseded, c.NotYetKnown, c.SoftDeleted, c.Rejected, c.Silver)
		for _, extra := range []struct {
			name string
			n    int64
		}{{"filtered", c.Filtered}, {"rejected_values", c.RejectedValues}, {"rounded", c.Rounded}, {"unmapped", c.Unmapped},
			{"fx_missing", c.FxMissing}, {"reconstructed", c.Reconstructed}} {
			if extra.n > 0 {
				text += fmt.Sprintf("; %s %d", extra.name, extra.n)
			}
		}
		w.Counts = append(w.Counts, text)
	}
	sort.Strings(w.Counts)
	for _, c := range b.result.Checks {
		w.Checks = append(w.Checks, fmt.Sprintf("%s (%s): %d of %d %s", c.ID, c.Severity, c.Failing, c.Total, strings.Join(c.Samples, ",")))
	}
	slices.Sort(w.Checks)
	return w
}
