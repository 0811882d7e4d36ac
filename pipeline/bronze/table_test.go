package bronze

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"pgregory.net/rapid"

	"github.com/customer360/pipeline/pipeline/config"
	"github.com/customer360/pipeline/pipeline/engine"
	"github.com/customer360/pipeline/pipeline/source/csv"
)

// table is a bronze table that grows run by run, as the lake would keep it.
type table struct {
	sess      engine.Session
	dir       string
	object    config.Object
	key       []string
	partBytes int64
	files     []string
	malformed []string
	columns   []engine.Column
	fileNo    int64
	parts     int
}

func newTable(tb interface{ Helper() }, sess engine.Session, dir string, object config.Object, key ...string) *table {
	tb.Helper()
	object.Name = "Account"
	return &table{sess: sess, dir: dir, object: object, key: key}
}

var testClock = time.Date(2026, 11, 22, 3, 0, 0, 0, time.UTC)

// scan reads texts as the files of one run.
func (t *table) scan(texts ...string) ([]Numbered, error) {
	dir, err := os.MkdirTemp(t.dir, "run")
	if err != nil {
		return nil, err
	}
	for i, text := range texts {
		if err := os.WriteFile(filepath.Join(dir, fmt.Sprintf("night%02d.csv", int(t.fileNo)+i+1)), []byte(text), 0o600); err != nil {
			return nil, err
		}
	}
	object := t.object
	object.Files = []string{"*.csv"}
	// The number in the name is made a time, so that equal files of two nights count.
	object.CSV = &config.CSV{ExportedAt: &config.ExportedAt{Pattern: `night(\d+)\.csv`, Layout: "%d"}}
	src := csv.New(config.Source{Name: "sf_ke", Path: dir}, "UTC", t.part)
	found, err := src.Scan(context.Background(), object, func(string) bool { return false })
	if err != nil {
		return nil, err
	}
	var batches []Numbered
	for _, b := range found {
		t.fileNo++
		batches = append(batches, Numbered{Batch: b, FileNo: t.fileNo})
	}
	return batches, nil
}

func (t *table) part(name string) string {
	t.parts++
	return filepath.Join(t.dir, fmt.Sprintf("%s-%d.part", name, t.parts))
}

// run loads texts as one run.
func (t *table) run(texts ...string) (Result, error) {
	batches, err := t.scan(texts...)
	if err != nil {
		return Result{}, err
	}
	return t.load(batches)
}

func (t *table) load(batches []Numbered) (Result, error) {
	ctx := context.Background()
	res, err := Load(ctx, t.sess, Request{
		Source: config.Source{Name: "sf_ke", Region: "Kenya"}, Object: t.object, Key: t.key, Batches: batches,
		Held: t.files, HeldColumns: t.columns, RunID: "01J", ExtractedAt: testClock, Part: t.part, PartBytes: t.partBytes,
	})
	// A new session's catalog is empty; here the session is used again.
	if clean := t.clean(ctx); clean != nil {
		return res, errors.Join(err, clean)
	}
	if err != nil {
		return res, err
	}
	for _, p := range res.Parts {
		t.files = append(t.files, p.Path)
	}
	for _, p := range res.MalformedParts {
		t.malformed = append(t.malformed, p.Path)
	}
	t.columns = res.Columns
	return res, nil
}

func (t *table) clean(ctx context.Context) error {
	rows, err := t.sess.Query(ctx, "SELECT table_name FROM duckdb_tables() WHERE database_name = current_database() AND schema_name = 'main'")
	if err != nil {
		return err
	}
	var names []string
	for rows.Next() {
		var n string
		if err := rows.Scan(&n); err != nil {
			return err
		}
		names = append(names, n)
	}
	if err := errors.Join(rows.Err(), rows.Close()); err != nil {
		return err
	}
	for _, n := range names {
		if err := t.sess.Exec(ctx, "DROP TABLE "+n); err != nil {
			return err
		}
	}
	return t.sess.Exec(ctx, "DROP SCHEMA IF EXISTS held CASCADE")
}

// rows gives columns of all stored rows in the order of the files, one line each.
func (t *table) rows(tb rapid.TB, columns string) []string {
	if len(t.files) == 0 {
		return nil
	}
	quoted := make([]string, len(t.files))
	for i, f := range t.files {
		quoted[i] = engine.Literal(f)
	}
	var out []string
	for _, r := range values(tb, t.sess, "SELECT "+columns+" FROM read_parquet(["+strings.Join(quoted, ", ")+"], union_by_name = true)") {
		out = append(out, strings.ReplaceAll(strings.Join(r, " "), "\x00", "-"))
	}
	return out
}

// version shows a row as file:row, with the mark of a tombstone.
const version = "(_seq >> 32) || ':' || (_seq & 4294967295), Id, Name, if(_is_deleted, 'deleted', 'stored')"

func sums(res Result) string {
	var stored, unchanged, malformed, dead int64
	for _, b := range res.Batches {
		stored, unchanged, malformed, dead = stored+b.Stored, unchanged+b.Unchanged, malformed+b.Malformed, dead+b.Tombstones
	}
	return fmt.Sprintf("%d stored, %d unchanged, %d malformed, %d tombstones", stored, unchanged, malformed, dead)
}
