package tests

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestNothingNew: the same as-of and no new file publish nothing.
func TestNothingNew(t *testing.T) {
	lakeDir := filepath.Join(t.TempDir(), "lake")
	config := filepath.Join(demo(t, 0), "pipeline.json")
	first := runJSON(t, "--config", config, "--lake", lakeDir)
	if first.Published == 0 {
		t.Fatal("the first run published nothing")
	}
	before := commits(t, lakeDir)
	again := runJSON(t, "--config", config, "--lake", lakeDir)
	if again.Published != 0 || commits(t, lakeDir) != before {
		t.Errorf("the second run published version %d", again.Published)
	}
	for _, s := range again.Steps {
		if s.Status != "unchanged" {
			t.Errorf("%s was done again: %s", s.Table, s.Reason)
		}
	}
	out := must(t, "run", "--config", config, "--lake", lakeDir)
	if !strings.Contains(out, "Nothing new") {
		t.Errorf("it does not say so:\n%s", out)
	}
	if r := pipeline(t, "plan", "--exit-code", "--config", config, "--lake", lakeDir); r.code != 0 {
		t.Errorf("plan --exit-code says %d:\n%s", r.code, r.stdout)
	}
}

func commits(t *testing.T, lakeDir string) int {
	t.Helper()
	entries, err := os.ReadDir(filepath.Join(lakeDir, "_lake", "commits"))
	if err != nil {
		t.Fatal(err)
	}
	return len(entries)
}

// TestFullRefreshSameBytes: silver and derived gold are pure functions of bronze,
// configuration and as-of, on any number of threads.
func TestFullRefreshSameBytes(t *testing.T) {
	dir := t.TempDir()
	copyTree(t, demo(t, 0), filepath.Join(dir, "demo"))
	config := filepath.Join(dir, "demo", "pipeline.json")
	lakeDir := filepath.Join(dir, "lake")
	must(t, "run", "--config", config, "--lake", lakeDir)
	first := tables(t, lakeDir, "silver", "gold")
	for _, threads := range []string{"1", "8"} {
		setThreads(t, config, threads)
		must(t, "run", "--full-refresh", "--config", config, "--lake", lakeDir)
		same(t, "full refresh on "+threads+" threads", first, tables(t, lakeDir, "silver", "gold"))
	}
}

func setThreads(t *testing.T, config, threads string) {
	t.Helper()
	raw, err := os.ReadFile(config)
	if err != nil {
		t.Fatal(err)
	}
	text := string(raw)
	if i := strings.Index(text, `"engine"`); i >= 0 {
		t.Fatal("the demo's configuration has an engine section already")
	}
	if !strings.Contains(text, `"threads"`) {
		text = strings.Replace(text, "{", `{ "engine": {"threads": `+threads+`},`, 1)
	}
	if err := os.WriteFile(config, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}

// TestNightsAtOnce: three nights loaded one at a time, each run for its own day, and
// all at once give the same silver and derived gold.
func TestNightsAtOnce(t *testing.T) {
	const nights = 3
	all := demo(t, nights)
	dir := t.TempDir()

	atOnce := filepath.Join(dir, "at-once")
	must(t, "run", "--config", filepath.Join(all, "pipeline.json"), "--lake", atOnce)

	nightly := filepath.Join(dir, "nightly")
	some := filepath.Join(dir, "demo")
	dates := exportDates(t, all)
	if len(dates) != nights+1 {
		t.Fatalf("export dates %v, want %d", dates, nights+1)
	}
	for _, date := range dates {
		copyTree(t, all, some)
		keepUntil(t, some, date)
		must(t, "run", "--config", filepath.Join(some, "pipeline.json"), "--lake", nightly, "--as-of", date)
		if err := os.RemoveAll(some); err != nil {
			t.Fatal(err)
		}
	}
	same(t, "nights", derived(t, atOnce), derived(t, nightly))
}

// derived are silver and the gold tables that are not accumulated by one as-of.
func derived(t *testing.T, lakeDir string) map[string]string {
	t.Helper()
	out := tables(t, lakeDir, "silver", "gold")
	for name := range out {
		if strings.HasPrefix(name, "gold/ar_aging@") {
			delete(out, name)
		}
	}
	return out
}
