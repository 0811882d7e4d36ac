package tests

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/customer360/pipeline/pipeline/engine"
	"github.com/customer360/pipeline/pipeline/engine/duckdb"
	"github.com/customer360/pipeline/pipeline/lake"
)

// worker is a process that publishes states.
func worker(root, acks string, count int, pause time.Duration) *exec.Cmd {
	c := exec.Command(os.Args[0])
	c.Env = append(os.Environ(), workerLake+"="+root, workerAcks+"="+acks, fmt.Sprint(workerCount, "=", count), fmt.Sprint(workerPause, "=", pause))
	return c
}

// publishStates publishes states in this process.
func publishStates(t testing.TB, root string, count int) {
	t.Helper()
	l, err := lake.Create(root, lake.Options{Now: time.Now})
	for i := 0; err == nil && i < count; i++ {
		err = publishState(l, "", fmt.Sprintf("P%d-%d", i, time.Now().UnixNano()))
	}
	if err != nil {
		t.Fatal(err)
	}
}

// quickDir is a directory in memory, if there is one: who is killed needs no disk, and eight
// writers that wait for one get nowhere.
func quickDir(t testing.TB) string {
	t.Helper()
	dir, err := os.MkdirTemp("/dev/shm", "lake-tests")
	if err != nil {
		return t.TempDir()
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	return dir
}

// linkTree makes to a copy of a lake that shares its files, which are never written to; but
// for the lock, which is.
func linkTree(t testing.TB, from, to string) {
	t.Helper()
	err := errors.Join(os.RemoveAll(to), filepath.WalkDir(from, func(path string, e fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		rel, err := filepath.Rel(from, path)
		at := filepath.Join(to, rel)
		switch {
		case err != nil:
			return err
		case e.IsDir():
			return os.MkdirAll(at, 0o755)
		case e.Name() == "lock":
			return os.WriteFile(at, nil, 0o644)
		}
		return os.Link(path, at)
	}))
	if err != nil {
		t.Fatal(err)
	}
}

func memoryEngine(t testing.TB) engine.Session {
	t.Helper()
	db, err := duckdb.Open(context.Background(), engine.Options{Threads: 1})
	if err != nil {
		t.Fatal(err)
	}
	s, err := db.Session(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = s.Close()
		_ = db.Close()
	})
	return s
}

// checkLedger holds a lake against what was acknowledged: after recovery everything
// verifies, every acknowledged token is there exactly once, rows and watermark agree, and
// the four tables are of one state. It returns the violations.
func checkLedger(t testing.TB, sess engine.Session, root string, acknowledged []string) (violations []string) {
	t.Helper()
	bad := func(format string, args ...any) { violations = append(violations, fmt.Sprintf(format, args...)) }
	ctx := context.Background()
	l, err := lake.Open(root, lake.Options{Now: time.Now})
	if err != nil {
		if len(acknowledged) > 0 {
			bad("%d states were acknowledged and there is no lake: %v", len(acknowledged), err)
		}
		return violations
	}
	if _, err := l.Recover(ctx); err != nil {
		bad("recover: %v", err)
		return violations
	}
	r, err := l.Verify(ctx, false)
	if err != nil || !r.OK() {
		bad("verify: %v %+v", err, r.Problems)
		return violations
	}
	view, err := l.View("")
	if err != nil {
		bad("view: %v", err)
		return violations
	}
	if view.Commit() == nil {
		if len(acknowledged) > 0 {
			bad("%d states were acknowledged and none is there", len(acknowledged))
		}
		return violations
	}
	files, err := view.Files("bronze/w/o")
	if err != nil {
		bad("bronze: %v", err)
		return violations
	}
	tokens := strings.Fields(ask(t, sess, "SELECT string_agg(token, ' ') FROM "+duckdb.ReadParquet(files)))
	marks, err := l.Watermarks(view.Commit())
	if err != nil {
		bad("watermarks: %v", err)
	}
	seen, marked := map[string]int{}, map[string]int{}
	for _, f := range marks["w/o"].Files {
		marked[strings.TrimSuffix(f.Name, ".csv")]++
	}
	for _, token := range tokens {
		if seen[token]++; marked[token] != 1 || seen[token] > 1 {
			bad("token %s is there %d times, marked %d times", token, seen[token], marked[token])
		}
	}
	if len(marks["w/o"].Files) != len(seen) {
		bad("%d rows, %d marks", len(seen), len(marks["w/o"].Files))
	}
	for _, token := range acknowledged {
		if seen[token] != 1 {
			bad("token %s was acknowledged and is there %d times", token, seen[token])
		}
	}
	if !slices.Contains(view.Tables(), ledgerTables[0]) {
		return violations // bronze was committed, and nothing else yet
	}
	if s := ask(t, sess, joined(func(table string) string {
		files, err := view.Files("gold/" + table)
		if err != nil {
			bad("%s: %v", table, err)
		}
		return duckdb.ReadParquet(files)
	})); mixed(s) {
		bad("the tables are of several states: %s", s)
	}
	return violations
}

// joined is a query over the four tables, each read from what from gives.
func joined(from func(table string) string) string {
	return fmt.Sprintf("SELECT concat_ws(' ', a.n, b.n, c.n, d.n) FROM (SELECT max(n) AS n FROM %s) a, (SELECT max(n) AS n FROM %s) b, (SELECT max(n) AS n FROM %s) c, (SELECT max(n) AS n FROM %s) d",
		from("a"), from("b"), from("c"), from("d"))
}

// mixed says whether an answer to joined shows more than one state, or less.
func mixed(answer string) bool {
	n := strings.Fields(answer)
	slices.Sort(n)
	return len(n) != 4 || n[0] != n[3]
}

func ask(t testing.TB, sess engine.Session, query string) string {
	t.Helper()
	s, err := tryAsk(sess, query)
	if err != nil {
		t.Fatalf("%s: %v", query, err)
	}
	return s
}

// tryAsk returns the one text that a query gives.
func tryAsk(sess engine.Session, query string) (out string, err error) {
	rows, err := sess.Query(context.Background(), query)
	if err != nil {
		return "", err
	}
	defer rows.Close()
	for rows.Next() {
		if err := rows.Scan(&out); err != nil {
			return "", err
		}
	}
	return out, rows.Err()
}
