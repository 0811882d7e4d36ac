package duckdb

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"testing"

	"github.com/customer360/pipeline/pipeline/engine"
)

func TestSessionsAreIsolated(t *testing.T) {
	ctx := context.Background()
	db, err := Open(ctx, engine.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	a, err := db.Session(ctx)
	if err != nil {
		t.Fatal(err)
	}
	defer a.Close()
	b, err := db.Session(ctx)
	if err != nil {
		t.Fatal(err)
	}
	defer b.Close()
	if err := a.RegisterParquet(ctx, "gold", "t", nil, []engine.Column{{Name: "x", Type: "INTEGER"}}); err != nil {
		t.Fatal(err)
	}
	if err := a.Exec(ctx, "SELECT * FROM gold.t"); err != nil {
		t.Fatal(err)
	}
	if err := b.Exec(ctx, "SELECT * FROM gold.t"); err == nil {
		t.Fatal("a table of one session is visible in another")
	}
}

func TestWriteParquetSameBytesOnAnyThreads(t *testing.T) {
	ctx := context.Background()
	query := "SELECT i AS k, md5(i::VARCHAR) AS v, ['x', (i % 7)::VARCHAR] AS l FROM range(300000) r(i) ORDER BY v"
	cols := []engine.Column{{Name: "k", FieldID: 1}, {Name: "v", FieldID: 2}, {Name: "l", FieldID: 3}}
	var first []byte
	for _, threads := range []int{1, 8} {
		db, err := Open(ctx, engine.Options{Threads: threads})
		if err != nil {
			t.Fatal(err)
		}
		s, err := db.Session(ctx)
		if err != nil {
			t.Fatal(err)
		}
		path := filepath.Join(t.TempDir(), "t.part")
		n, err := s.WriteParquet(ctx, query, path, cols)
		if err != nil || n != 300000 {
			t.Fatalf("wrote %d rows, err %v", n, err)
		}
		b, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if first == nil {
			first = b
		} else if !bytes.Equal(first, b) {
			t.Fatal("bytes differ between 1 and 8 threads")
		}
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
		if err := db.Close(); err != nil {
			t.Fatal(err)
		}
	}
}
