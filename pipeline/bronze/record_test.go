package bronze

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"pgregory.net/rapid"

	"github.com/customer360/pipeline/pipeline/engine"
	"github.com/customer360/pipeline/pipeline/engine/duckdb"
	"github.com/customer360/pipeline/pipeline/source"
)

// TestAppendRecord reads back what sources write as clean CSV: the engine must find the
// same values, whatever bytes they hold.
func TestAppendRecord(t *testing.T) {
	ctx := context.Background()
	e, err := duckdb.Open(ctx, engine.Options{Threads: 1})
	if err != nil {
		t.Fatal(err)
	}
	defer e.Close()
	path := filepath.Join(t.TempDir(), "clean.csv")
	pieces := []string{"", "a", " ", ",", `"`, "\n", "\r", "\r\n", "\t", "\x00", "é", "😀", "#N/A", `\`, "'", "2026-11-01"}
	value := rapid.Custom(func(t *rapid.T) string {
		out := ""
		for range rapid.IntRange(0, 4).Draw(t, "pieces") {
			out += rapid.SampledFrom(pieces).Draw(t, "piece")
		}
		return out
	})
	rapid.Check(t, func(t *rapid.T) {
		columns := rapid.IntRange(1, 4).Draw(t, "columns")
		rows := rapid.SliceOfN(rapid.SliceOfN(value, columns, columns), 0, 8).Draw(t, "rows")
		header := make([]string, columns)
		for i := range header {
			header[i] = fmt.Sprintf("Field%d", i)
		}
		file := source.AppendRecord(nil, texts(header))
		longest := len(file)
		for _, r := range rows {
			record := source.AppendRecord(nil, texts(r))
			longest = max(longest, len(record))
			file = append(file, record...)
		}
		if err := os.WriteFile(path, file, 0o644); err != nil {
			t.Fatal(err)
		}
		clean := source.Clean(int64(len(rows)), 0, int64(longest))
		clean.Path = path
		sess, err := e.Session(ctx)
		if err != nil {
			t.Fatal(err)
		}
		defer sess.Close()
		if err := sess.Exec(ctx, "CREATE TABLE raw AS SELECT * FROM "+readCSV(clean, columns)); err != nil {
			t.Fatalf("%v\n%q", err, file)
		}
		got, err := sess.Query(ctx, "SELECT * FROM raw ORDER BY rowid")
		if err != nil {
			t.Fatal(err)
		}
		defer got.Close()
		n := 0
		for ; got.Next(); n++ {
			values, to := make([]*string, columns), make([]any, columns)
			for i := range values {
				to[i] = &values[i]
			}
			if err := got.Scan(to...); err != nil {
				t.Fatal(err)
			}
			for i, v := range values {
				if n < len(rows) && (v == nil) != (rows[n][i] == "") || v != nil && *v != rows[n][i] {
					t.Fatalf("row %d, column %d differs from %q\n%q", n, i, rows[n][i], file)
				}
			}
		}
		if err := got.Err(); err != nil || n != len(rows) {
			t.Fatalf("%v: %d rows of %d\n%q", err, n, len(rows), file)
		}
	})
}
