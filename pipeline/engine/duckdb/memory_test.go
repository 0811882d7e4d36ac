package duckdb

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/customer360/pipeline/pipeline/engine"
)

// greedy is a statement that cannot spill: a list is built in memory.
const greedy = "SELECT len(list(md5(i::VARCHAR) ORDER BY i)) AS n FROM range(300000) r(i)"

// TestOutOfMemory: a statement that runs out is tried again with what the machine has,
// unless somebody has set the limit; then the error says what to set.
func TestOutOfMemory(t *testing.T) {
	ctx := context.Background()
	for _, c := range []struct {
		name, limit, most string
		fails             bool
	}{
		{"nobody set a limit", "", "4GB", false},
		{"too little in the machine", "", "12MB", true},
		{"the limit was set", "10MB", "", true},
	} {
		t.Run(c.name, func(t *testing.T) {
			db, err := Open(ctx, engine.Options{Threads: 1, MemoryLimit: c.limit, TempDirectory: t.TempDir()})
			if err != nil {
				t.Fatal(err)
			}
			defer db.Close()
			if (db.memory.most == "") != (c.limit != "") {
				t.Errorf("limit %q: a second try with %q", c.limit, db.memory.most)
			}
			db.memory.limit, db.memory.lower, db.memory.most = "10MB", MemorySetting("10MB"), c.most
			if _, err := db.db.ExecContext(ctx, MemorySetting("10MB")); err != nil {
				t.Fatal(err)
			}
			s, err := db.Session(ctx)
			if err != nil {
				t.Fatal(err)
			}
			defer s.Close()
			_, written := s.WriteParquet(ctx, greedy, filepath.Join(t.TempDir(), "n.parquet"), nil)
			for what, err := range map[string]error{"write": written, "exec": s.Exec(ctx, "CREATE TABLE n AS "+greedy)} {
				var oom *OutOfMemoryError
				if errors.As(err, &oom) != c.fails || (err != nil) != c.fails {
					t.Errorf("%s: %v", what, err)
				}
				if oom != nil && (strings.Contains(oom.Error(), "SET ") || !strings.Contains(oom.Hint(), "engine.memory_limit")) {
					t.Errorf("%s: %v; %s", what, oom, oom.Hint())
				}
			}
			var limit string
			if err := db.db.QueryRowContext(ctx, "SELECT current_setting('memory_limit')").Scan(&limit); err != nil || limit != "9.5 MiB" {
				t.Errorf("afterwards the limit is %s (%v)", limit, err)
			}
		})
	}
}

// TestNoRoomToSpill: where the disk is full, the error speaks of the disk.
func TestNoRoomToSpill(t *testing.T) {
	ctx, dir := context.Background(), t.TempDir()
	db, err := Open(ctx, engine.Options{Threads: 1, MemoryLimit: "50MB", TempDirectory: dir})
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	s, err := db.Session(ctx)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	const sorted = "CREATE TABLE n AS SELECT md5(i::VARCHAR) AS a FROM range(2000000) r(i) ORDER BY a"
	if err := s.Exec(ctx, sorted); err != nil {
		t.Fatalf("with room on disk: %v", err)
	}
	if err := s.Exec(ctx, "DROP TABLE n; SET max_temp_directory_size = '10MB'"); err != nil {
		t.Fatal(err)
	}
	err = s.Exec(ctx, sorted)
	var oom *OutOfMemoryError
	if !errors.As(err, &oom) || !strings.HasPrefix(oom.Error(), "no room on disk") || strings.Contains(oom.Error(), "\n") || !strings.Contains(oom.Hint(), "free space on the disk of "+dir+",") {
		t.Errorf("%v", err)
	}
}

// TestOutOfMemoryTogether: statements that fit alone, but not beside each other, all end.
// Each writes to a folder, too, where a try that ran out leaves files behind.
func TestOutOfMemoryTogether(t *testing.T) {
	const sessions = 4
	ctx := context.Background()
	db, err := Open(ctx, engine.Options{Threads: 2, MemoryLimit: "100MB", TempDirectory: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	at := func(do func(s *session, dir string) error) (problems []error) {
		problems = make([]error, sessions)
		var all sync.WaitGroup
		begin := make(chan struct{})
		for i := range sessions {
			s, err := db.Session(ctx)
			if err != nil {
				t.Fatal(err)
			}
			dir := filepath.Join(t.TempDir(), "out")
			all.Go(func() {
				<-begin
				problems[i] = errors.Join(do(s.(*session), dir), s.Close())
			})
		}
		close(begin)
		all.Wait()
		return problems
	}
	const large = "SELECT k, len(list(md5((i * 10 + k)::VARCHAR) ORDER BY i)) AS n FROM range(700000) r(i), range(1) q(k) GROUP BY k"
	alone := at(func(s *session, _ string) error {
		_, err := s.conn.ExecContext(ctx, "CREATE TABLE n AS "+large)
		return err
	})
	if !slices.ContainsFunc(alone, isOutOfMemory) {
		t.Fatalf("all fit beside each other, nothing is tried here: %v", alone)
	}
	for i, err := range at(func(s *session, dir string) error {
		if err := s.Exec(ctx, fmt.Sprintf("COPY (%s) TO '%s' (FORMAT parquet, PARTITION_BY (k), OVERWRITE true)", large, dir)); err != nil {
			return err
		}
		rows, err := s.Query(ctx, "SELECT n FROM ("+large+")")
		if err != nil {
			return err
		}
		defer rows.Close()
		var n int64
		for rows.Next() {
			err = errors.Join(err, rows.Scan(&n))
		}
		if n != 700000 {
			return fmt.Errorf("%d rows: %w", n, errors.Join(err, rows.Err()))
		}
		return err
	}) {
		if err != nil {
			t.Errorf("session %d: %v", i, err)
		}
	}
	var limit, threads string
	err = db.db.QueryRowContext(ctx, "SELECT current_setting('memory_limit'), current_setting('threads')").Scan(&limit, &threads)
	if err != nil || limit != "95.3 MiB" || threads != "2" {
		t.Errorf("afterwards the limit is %s, threads %s (%v)", limit, threads, err)
	}
}
