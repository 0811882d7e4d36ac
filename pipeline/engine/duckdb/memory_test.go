package duckdb

import (
	"context"
	"errors"
	"path/filepath"
	"strings"
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
			db.memory.limit, db.memory.most = "10MB", c.most
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
