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

// benchmarkAccounts is LINK_ACCOUNTS, by default 100,000.
func benchmarkAccounts() int {
	if n, err := strconv.Atoi(os.Getenv("LINK_ACCOUNTS")); err == nil {
		return n
	}
	return 100_000
}

// BenchmarkRun links made-up accounts, and says how well.
func BenchmarkRun(b *testing.B) {
	l := newLinker(b, "entity")
	data := truth.Generate(truth.Options{Seed: 2, Accounts: benchmarkAccounts()})
	var r *link.Result
	for b.Loop() {
		var err error
		if r, err = l.Run(context.Background(), data.Accounts, nil); err != nil {
			b.Fatal(err)
		}
	}
	m := r.Measure(data)
	b.ReportMetric(m.PairPrecision, "precision")
	b.ReportMetric(m.PairRecall, "recall")
	b.ReportMetric(m.B3F1, "B³-F1")
}

// BenchmarkUpdate adds a hundredth of new accounts to linked ones, and says how many accounts
// have the assignment that a full run gives them, and how many kept their id.
func BenchmarkUpdate(b *testing.B) {
	n := benchmarkAccounts()
	ctx, l := context.Background(), newLinker(b, "entity")
	data := truth.Generate(truth.Options{Seed: 2, Accounts: n + n/100})
	for i := n; i < len(data.Accounts); i++ {
		data.Accounts[i].Recent = true
	}
	before, err := l.Run(ctx, data.Accounts[:n], nil)
	if err != nil {
		b.Fatal(err)
	}
	state, dir := before.State(), b.TempDir()
	if err := state.Save(dir); err != nil {
		b.Fatal(err)
	}
	var after *link.Result
	for b.Loop() {
		if state, err = link.LoadState(dir); err != nil {
			b.Fatal(err)
		}
		if after, err = l.Update(ctx, data.Accounts, nil, state); err != nil {
			b.Fatal(err)
		}
	}
	b.StopTimer()
	full, err := l.Run(ctx, data.Accounts, nil)
	if err != nil {
		b.Fatal(err)
	}
	b.ReportMetric(100*alike(masters(after), masters(full)), "%as-full")
	ids, _ := before.AssignIDs(nil, nil)
	later, _ := after.AssignIDs(ids, nil)
	now, kept := map[string]string{}, 0
	for _, a := range later {
		now[a.AccountID] = a.MasterAccountID
	}
	for _, a := range ids {
		if now[a.AccountID] == a.MasterAccountID {
			kept++
		}
	}
	b.ReportMetric(100*float64(kept)/float64(len(ids)), "%ids-kept")
}
