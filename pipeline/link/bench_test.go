package link_test

import (
	"context"
	"io/fs"
	"os"
	"strconv"
	"testing"

	"github.com/customer360/pipeline/configs"
	"github.com/customer360/pipeline/pipeline/engine"
	"github.com/customer360/pipeline/pipeline/engine/duckdb"
	"github.com/customer360/pipeline/pipeline/link"
	"github.com/customer360/pipeline/pipeline/link/truth"
)

// newLinker opens a linker on the built-in data.
func newLinker(t testing.TB, policy string) *link.Linker {
	t.Helper()
	files, err := fs.Sub(configs.FS, "linking")
	if err != nil {
		t.Fatal(err)
	}
	words, err := link.LoadVocabulary(files)
	if err != nil {
		t.Fatal(err)
	}
	p, err := link.LoadPolicy(files, policy)
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	db, err := duckdb.Open(context.Background(), engine.Options{TempDirectory: dir})
	if err != nil {
		t.Fatal(err)
	}
	sess, err := db.Session(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { sess.Close(); db.Close() })
	return &link.Linker{Vocabulary: words, Policy: p, Session: sess, Dir: dir}
}

// BenchmarkRun links made-up accounts; LINK_ACCOUNTS says how many (default 100,000).
func BenchmarkRun(b *testing.B) {
	n := 100_000
	if s := os.Getenv("LINK_ACCOUNTS"); s != "" {
		n, _ = strconv.Atoi(s)
	}
	l := newLinker(b, "entity")
	data := truth.Generate(truth.Options{Seed: 2, Accounts: n})
	for b.Loop() {
		if _, err := l.Run(context.Background(), data.Accounts, nil); err != nil {
			b.Fatal(err)
		}
	}
}
