package duckdb

import (
	"bytes"
	"context"
	"errors"
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

// TestComments: what columns mean is in the footer, and in the same bytes every time.
func TestComments(t *testing.T) {
	ctx := context.Background()
	db, err := Open(ctx, engine.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	s, err := db.Session(ctx)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	columns := []engine.Column{{Name: "a", Type: "INTEGER", FieldID: 1, Comment: "it's \"one\"; äöü"}, {Name: "select", Type: "INTEGER", Comment: "two"}, {Name: "b", Type: "INTEGER"}}
	var files [2][]byte
	for i := range files {
		path := filepath.Join(t.TempDir(), "x.parquet")
		if _, err := s.WriteParquet(ctx, `SELECT 1 AS a, 2 AS "select", 3 AS b`, path, columns); err != nil {
			t.Fatal(err)
		}
		var err error
		if files[i], err = os.ReadFile(path); err != nil {
			t.Fatal(err)
		}
		rows, err := s.Query(ctx, "SELECT decode(key), decode(value) FROM parquet_kv_metadata("+engine.Literal(path)+") ORDER BY 1")
		if err != nil {
			t.Fatal(err)
		}
		got := map[string]string{}
		for rows.Next() {
			var k, v string
			if err := rows.Scan(&k, &v); err != nil {
				t.Fatal(err)
			}
			got[k] = v
		}
		if err := errors.Join(rows.Err(), rows.Close()); err != nil {
			t.Fatal(err)
		}
		want := map[string]string{engine.CommentKey + "a": columns[0].Comment, engine.CommentKey + "select": "two"}
		for k, v := range want {
			if got[k] != v {
				t.Errorf("%s is %q, want %q", k, got[k], v)
			}
		}
	}
	if !bytes.Equal(files[0], files[1]) {
		t.Error("two writes give different bytes")
	}
}
