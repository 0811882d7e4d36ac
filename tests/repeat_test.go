package tests

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// TestNothingNew: the same as-of and no new file publish nothing.
func TestNothingNew(t *testing.T) {
	t.Parallel()
	root := lakeCopy(t, atOnce(t))
	config := demoConfig(t)
	before := commits(t, root)
	began := time.Now()
	again := runJSON(t, "--config", config, "--lake", root)
	t.Logf("a run with nothing new took %v", time.Since(began).Round(time.Millisecond))
	if again.Published != 0 || commits(t, root) != before {
		t.Errorf("it published version %d", again.Published)
	}
	if w := again.worked(); len(w) > 0 {
		t.Errorf("done again: %v", w)
	}
	out := must(t, "run", "--config", config, "--lake", root)
	if !strings.Contains(out, "Nothing new: version 2 is current") {
		t.Errorf("it does not say so:\n%s", out)
	}
	if r := pipeline(t, "plan", "--exit-code", "--config", config, "--lake", root); r.code != 0 {
		t.Errorf("plan --exit-code says %d:\n%s", r.code, r.stdout)
	}
}

func commits(t testing.TB, root string) int {
	t.Helper()
	entries, err := os.ReadDir(filepath.Join(root, "_lake", "commits"))
	if err != nil {
		t.Fatal(err)
	}
	return len(entries)
}

// TestFullRefreshSameBytes: silver and derived gold are pure functions of bronze,
// configuration and as-of, on any number of threads. A table that came out otherwise
// would be published.
func TestFullRefreshSameBytes(t *testing.T) {
	t.Parallel()
	root := lakeCopy(t, atOnce(t))
	first := tables(t, root, "silver", "gold")
	r := runJSON(t, "--full-refresh", "--config", threaded(t, 1), "--lake", root)
	if r.Published != 0 {
		t.Errorf("on one thread the full refresh published version %d", r.Published)
	}
	built := 0
	for _, s := range r.Steps {
		if s.Status == "done" && s.Reason == "full refresh" {
			built++
		}
	}
	if built < 120 {
		t.Errorf("the full refresh built only %d tables", built)
	}
	same(t, "full refresh on one thread", first, tables(t, root, "silver", "gold"))
	if testing.Short() {
		return // package gold builds every model on 8 threads
	}
	// A lake of its own, so that no file of the first can be taken for the second's.
	other := filepath.Join(t.TempDir(), "lake")
	must(t, "run", "--config", threaded(t, 8), "--lake", other)
	same(t, "another lake on 8 threads", first, tables(t, other, "silver", "gold"))
}

// threaded is the demo's configuration with a number of threads.
func threaded(t *testing.T, threads int) string {
	t.Helper()
	var cfg map[string]any
	readJSON(t, demoConfig(t), &cfg)
	cfg["engine"] = map[string]any{"threads": threads}
	for _, list := range []string{"sources", "rates"} {
		for _, s := range cfg[list].([]any) {
			source := s.(map[string]any)
			source["path"] = filepath.Join(demo(t), source["path"].(string))
		}
	}
	return writeJSON(t, filepath.Join(t.TempDir(), "pipeline.json"), cfg)
}

// TestNightsAtOnce: three nights loaded one at a time, each run for its own day, and
// all at once give the same silver and derived gold, byte for byte. A state table has
// a set for each day that was run; that of the last day is the same, but for tables that
// read the sets of earlier days, which only the nights have.
func TestNightsAtOnce(t *testing.T) {
	t.Parallel()
	last := dates(t)[3]
	same(t, "nights", apartFromPast(t, tables(t, atOnce(t), "silver", "gold"), last), apartFromPast(t, tables(t, nightly(t), "silver", "gold"), last))
}
