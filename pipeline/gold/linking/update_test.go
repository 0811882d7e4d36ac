package linking

import (
	"context"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/customer360/pipeline/configs"
	"github.com/customer360/pipeline/pipeline/engine"
	"github.com/customer360/pipeline/pipeline/engine/duckdb"
	"github.com/customer360/pipeline/pipeline/gold"
	"github.com/customer360/pipeline/pipeline/link"
	"github.com/customer360/pipeline/pipeline/link/truth"
)

// TestStateIsCache: whatever became of the states of earlier as-ofs, linking comes to what it
// comes to without them, and begins with one where one is of use.
func TestStateIsCache(t *testing.T) {
	ctx := context.Background()
	made := truth.Generate(truth.Options{Seed: 31, Accounts: 700}).Accounts
	for i := 600; i < len(made); i++ {
		made[i].Recent = true
	}
	cache := t.TempDir()
	state := func(day string) string { return filepath.Join(cache, day, "link.state") }
	write := func(file, text string) {
		if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	steps := []struct {
		what, day, policy string
		accounts          int
		before            func()
		began             bool // with a state
	}{
		{"first", "2026-03-02", "entity", 600, nil, false},
		{"a night later", "2026-03-03", "entity", 620, nil, true},
		{"the same as-of again", "2026-03-03", "entity", 630, nil, true},
		{"after the last state was damaged", "2026-03-04", "entity", 650, func() { write(state("2026-03-03"), "x") }, true},
		{"an earlier as-of, of which the state was removed", "2026-03-02", "entity", 610, nil, false},
		{"after a rollback: fewer accounts than the state has", "2026-03-05", "entity", 605, nil, true},
		{"another policy", "2026-03-06", "family", 660, nil, false},
		{"back to the first", "2026-03-06", "entity", 660, nil, false},
		{"after all is lost", "2026-03-07", "entity", 660, func() { os.RemoveAll(cache) }, false},
		{"a file in the place of the directory", "2026-03-08", "entity", 670, func() { os.RemoveAll(cache); write(cache, "") }, false},
		{"nothing there", "2026-03-08", "entity", 670, func() { os.Remove(cache) }, false},
		{"another week", "2026-03-09", "entity", 680, nil, false},
	}
	u := &updates{Accounts: 500, Days: 7, States: 2}
	for _, s := range steps {
		if s.before != nil {
			s.before()
		}
		day, _ := time.Parse(time.DateOnly, s.day)
		linkAt := func(cache string) (text string, began bool) {
			l := newLinker(t, s.policy)
			r, err := u.run(ctx, l, gold.FitInput{AsOf: day, Cache: cache}, made[:s.accounts], nil)
			if err != nil {
				t.Fatal(s.what, err)
			}
			return rows(r), r.State().Runs() > 0
		}
		with, began := linkAt(cache)
		without, _ := linkAt("")
		if with != without {
			t.Errorf("%s: the result is another with the state", s.what)
		}
		if began != s.began {
			t.Errorf("%s: began with a state: %v", s.what, began)
		}
		if n := len(asOfs(cache)); n > 3 { // those of as-ofs after this one stay
			t.Errorf("%s: %d states are kept", s.what, n)
		}
	}
	if _, err := u.run(ctx, newLinker(t, "entity"), gold.FitInput{Cache: filepath.Join(cache, "few")}, made[:400], nil); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(filepath.Join(cache, "few")); err == nil {
		t.Error("few accounts leave a state")
	}
}

// rows are all that a result says.
func rows(r *link.Result) string {
	var b strings.Builder
	for l := range r.Links() {
		fmt.Fprintln(&b, l)
	}
	return b.String() + fmt.Sprint(r.AccountIDs(), r.MasterLabel())
}

func newLinker(t *testing.T, policy string) *link.Linker {
	t.Helper()
	files, err := fs.Sub(configs.FS, "linking")
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	db, err := duckdb.Open(t.Context(), engine.Options{TempDirectory: dir})
	if err != nil {
		t.Fatal(err)
	}
	sess, err := db.Session(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { sess.Close(); db.Close() })
	l, err := Linker(files, policy, sess, dir)
	if err != nil {
		t.Fatal(err)
	}
	return l
}
