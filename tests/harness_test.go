// Package tests drives the built binary the way its users do: real files, a real lake,
// real processes that are really killed.
package tests

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"testing"

	"github.com/customer360/pipeline/pipeline/engine"
	"github.com/customer360/pipeline/pipeline/engine/duckdb"
	"github.com/customer360/pipeline/pipeline/lake"
)

// binary is the pipeline under test, built once.
var binary string

func TestMain(m *testing.M) {
	if os.Getenv(workerLake) != "" {
		os.Exit(lakeWorker())
	}
	dir, err := os.MkdirTemp("", "pipeline-tests")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	binary = filepath.Join(dir, "pipeline")
	build := exec.Command("go", "build", "-o", binary, "../cmd/pipeline")
	build.Stderr = os.Stderr
	code := 1
	if err := build.Run(); err == nil {
		code = m.Run()
	}
	_ = os.RemoveAll(dir)
	os.Exit(code)
}

// result is what one command line did.
type result struct {
	stdout, stderr string
	code           int
}

// pipeline runs the binary in the repository's tests directory.
func pipeline(t testing.TB, args ...string) result {
	t.Helper()
	return command(t, exec.Command(binary, args...))
}

func command(t testing.TB, c *exec.Cmd) result {
	t.Helper()
	var out, errs bytes.Buffer
	c.Stdout, c.Stderr = &out, &errs
	c.Env = append(os.Environ(), "NO_COLOR=1")
	err := c.Run()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		t.Fatalf("%v: %v", c.Args, err)
	}
	return result{out.String(), errs.String(), c.ProcessState.ExitCode()}
}

// must runs the binary and fails the test unless it exits with 0.
func must(t testing.TB, args ...string) string {
	t.Helper()
	r := pipeline(t, args...)
	if r.code != 0 {
		t.Fatalf("pipeline %v: exit %d\n%s%s", args, r.code, r.stdout, r.stderr)
	}
	return r.stdout
}

// copyTree copies a directory.
func copyTree(t testing.TB, from, to string) {
	t.Helper()
	if err := os.CopyFS(to, os.DirFS(from)); err != nil {
		t.Fatal(err)
	}
}

// runReport is what `run --json` prints.
type runReport struct {
	Run        string      `json:"run"`
	Status     string      `json:"status"`
	AsOf       string      `json:"as_of"`
	Historical bool        `json:"historical"`
	Bronze     int64       `json:"bronze_version"`
	Published  int64       `json:"published_version"`
	Error      string      `json:"error"`
	Steps      []stepRow   `json:"steps"`
	Checks     []checkLine `json:"checks"`
	Warnings   []string    `json:"warnings"`
}

type stepRow struct {
	Layer, Table, Status, Reason string
	In                           int64 `json:"rows_in"`
	Out                          int64 `json:"rows_out"`
	Unchanged                    int64 `json:"rows_unchanged"`
	Malformed                    int64 `json:"rows_malformed"`
	Deleted                      int64 `json:"rows_deleted"`
	Superseded                   int64 `json:"rows_superseded"`
	NotYetKnown                  int64 `json:"rows_not_yet_known"`
	Rejected                     int64 `json:"rows_rejected"`
	RejectedValues               int64 `json:"values_rejected"`
}

type checkLine struct {
	ID, Table, Severity string
	Passed              bool
	Failing             int64 `json:"failing_rows"`
	Total               int64 `json:"total_rows"`
}

// step finds the step of a table; nil if it was not part of the run.
func (r runReport) step(table string) *stepRow {
	for i := range r.Steps {
		if r.Steps[i].Table == table {
			return &r.Steps[i]
		}
	}
	return nil
}

// check finds the result of a check; nil if it did not run.
func (r runReport) check(id string) *checkLine {
	for i := range r.Checks {
		if r.Checks[i].ID == id {
			return &r.Checks[i]
		}
	}
	return nil
}

// worked lists the tables that were worked on.
func (r runReport) worked() (out []string) {
	for _, s := range r.Steps {
		if s.Status != "unchanged" {
			out = append(out, s.Table)
		}
	}
	return out
}

// reports are the runs of a lake, oldest first.
func reports(t testing.TB, root string) (out []runReport) {
	t.Helper()
	if err := json.Unmarshal([]byte(must(t, "runs", "--json", "-n", "0", "--lake", root)), &out); err != nil {
		t.Fatal(err)
	}
	slices.Reverse(out)
	return out
}

func runJSON(t testing.TB, args ...string) runReport {
	t.Helper()
	out := must(t, append([]string{"run", "--json"}, args...)...)
	var r runReport
	if err := json.Unmarshal([]byte(out), &r); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	return r
}

// tables maps every file of the given layers in the published state to its checksum,
// by table and partition. Equal maps are equal tables, byte for byte.
func tables(t testing.TB, root string, layers ...string) map[string]string {
	t.Helper()
	return tablesAt(t, root, "", layers...)
}

func tablesAt(t testing.TB, root, at string, layers ...string) map[string]string {
	t.Helper()
	l, err := lake.Open(root, lake.Options{})
	if err != nil {
		t.Fatal(err)
	}
	view, err := l.View(at)
	if err != nil {
		t.Fatal(err)
	}
	out := map[string]string{}
	for _, name := range view.Tables() {
		for _, layer := range layers {
			if filepath.Dir(name) != layer {
				continue
			}
			m, err := view.Manifest(name)
			if err != nil {
				t.Fatal(err)
			}
			for _, f := range m.Files {
				out[name+"@"+f.Partition] = f.XXH3
			}
		}
	}
	if len(out) == 0 {
		t.Fatalf("no tables of %v in %s", layers, root)
	}
	return out
}

// same compares two states and names the tables that differ.
func same(t testing.TB, what string, a, b map[string]string) {
	t.Helper()
	for name, sum := range a {
		if b[name] != sum {
			t.Errorf("%s: %s differs", what, name)
		}
	}
	for name := range b {
		if _, ok := a[name]; !ok {
			t.Errorf("%s: %s is only in the second", what, name)
		}
	}
}

// query asks the published catalogue of a lake and returns the only value.
func query(t testing.TB, root, sql string) string {
	t.Helper()
	ctx := context.Background()
	db, err := duckdb.Open(ctx, engine.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	s, err := db.Session(ctx)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	catalog := filepath.Join(root, "current", "customer360.duckdb")
	if err := s.Exec(ctx, "ATTACH "+engine.Literal(catalog)+" AS c (READ_ONLY); USE c"); err != nil {
		t.Fatal(err)
	}
	rows, err := s.Query(ctx, "SELECT CAST(x AS VARCHAR) FROM ("+sql+") q(x)")
	if err != nil {
		t.Fatalf("%s: %v", sql, err)
	}
	defer rows.Close()
	var v *string
	if !rows.Next() {
		t.Fatalf("%s: no row: %v", sql, rows.Err())
	}
	if err := rows.Scan(&v); err != nil {
		t.Fatal(err)
	}
	if v == nil {
		return "NULL"
	}
	return *v
}

// strays lists *.parquet files in table directories that no version names.
func strays(t testing.TB, root string) (out []string) {
	t.Helper()
	named := map[string]bool{}
	l, err := lake.Open(root, lake.Options{})
	if err != nil {
		t.Fatal(err)
	}
	for c, err := range l.Log() {
		if err != nil {
			t.Fatal(err)
		}
		snaps := []func(*lake.Commit) (*lake.Snapshot, error){l.Snapshot}
		if c.Historical {
			snaps = append(snaps, l.HistoricalSnapshot)
		}
		for _, open := range snaps {
			snap, err := open(c)
			if err != nil {
				t.Fatal(err)
			}
			for _, name := range snap.Tables() {
				files, err := snap.Files(name)
				if err != nil {
					t.Fatal(err)
				}
				for _, f := range files {
					named[f] = true
				}
			}
		}
	}
	for _, layer := range []string{"bronze", "silver", "gold", "ops"} {
		err := filepath.WalkDir(filepath.Join(l.Root(), layer), func(p string, d fs.DirEntry, err error) error {
			if errors.Is(err, fs.ErrNotExist) {
				return nil
			}
			if err == nil && d.Name() == "_delta_log" {
				return fs.SkipDir // its checkpoints are Parquet, and no data
			}
			if err == nil && filepath.Ext(p) == ".parquet" && !named[p] {
				out = append(out, p)
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	return out
}
