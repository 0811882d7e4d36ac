package tests

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	runner "github.com/customer360/pipeline/pipeline"
	"github.com/customer360/pipeline/pipeline/engine"
	"github.com/customer360/pipeline/pipeline/engine/duckdb"
	"github.com/customer360/pipeline/pipeline/gold"
	"github.com/customer360/pipeline/pipeline/lake"
	sqlfiles "github.com/customer360/pipeline/sql"
)

// pastObjects are enough for every state table's main inputs: deals, cases, bills, debts
// and use of one region.
var pastObjects = []string{"sf_za/User", "sf_za/Account", "sf_za/Opportunity", "sf_za/OpportunityHistory", "sf_za/OpportunityStage", "sf_za/Asset",
	"sf_za/Case", "sf_za/CaseHistory", "billing_za/billing_account", "billing_za/invoice", "billing_za/payment", "usage_za"}

// pastDemo is a copy of the demo's exports until a date, with a configuration that reads
// only some of them and fills two month ends.
func pastDemo(t *testing.T, until string, models func(cfg map[string]any)) (config, exports string) {
	t.Helper()
	dir := t.TempDir()
	copyTree(t, demo(t), dir)
	keepUntil(t, dir, until)
	metrics := writeJSON(t, filepath.Join(dir, "gold_metrics.json"), map[string]any{"history": map[string]any{"month_ends": 2, "days_before": []int{30}}})
	config = small(t, pastObjects, func(cfg map[string]any) {
		cfg["gold_metrics"] = metrics
		if models != nil {
			models(cfg)
		}
		for _, list := range []string{"sources", "rates"} {
			for _, s := range cfg[list].([]any) {
				source := s.(map[string]any)
				rel, err := filepath.Rel(demo(t), source["path"].(string))
				if err != nil {
					t.Fatal(err)
				}
				source["path"] = filepath.Join(dir, rel)
			}
		}
	})
	return config, filepath.Join(dir, "exports")
}

// out gives the files of a state written to a directory by content, "gold/x" or
// "gold/x@as-of" to bytes, in the order of their names.
func out(t *testing.T, root, config, asOf string) map[string]string {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "out")
	must(t, "run", "--layer", "gold", "--config", config, "--lake", root, "--as-of", asOf, "--out", dir)
	files := map[string]string{}
	err := filepath.WalkDir(filepath.Join(dir, "gold"), func(p string, d os.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		b, err := os.ReadFile(p)
		table, _ := filepath.Rel(dir, p)
		files[strings.TrimSuffix(filepath.ToSlash(table), ".parquet")] = string(b)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return files
}

// goldFiles are the same of a version in the lake.
func goldFiles(t *testing.T, root, at string) map[string]string {
	t.Helper()
	files := map[string]string{}
	r := read(t, root, at)
	for _, table := range r.view.Tables() {
		if !strings.HasPrefix(table, "gold/") {
			continue
		}
		m, err := r.view.Manifest(table)
		if err != nil {
			t.Fatal(err)
		}
		for i, f := range m.Files {
			b, err := os.ReadFile(filepath.Join(root, f.Path))
			if err != nil {
				t.Fatal(err)
			}
			name := table
			if m.Storage != "single" {
				name = fmt.Sprintf("%s/%04d", table, i+1)
			}
			files[name] = string(b)
		}
	}
	return files
}

// statesAt are the state tables' sets of rows of one as-of, table to checksum.
func statesAt(t *testing.T, root, asOf string) map[string]string {
	t.Helper()
	sets := map[string]string{}
	for name, sum := range tables(t, root, "gold") {
		if table, partition, _ := strings.Cut(name, "@"); partition == asOf {
			sets[table] = sum
		}
	}
	return sets
}

// statePartitions are the as-of dates that the state tables of a lake hold; all hold the same.
func statePartitions(t *testing.T, root string) (dates []string) {
	t.Helper()
	byTable := map[string][]string{}
	for name := range tables(t, root, "gold") {
		if table, partition, _ := strings.Cut(name, "@"); len(partition) == len(time.DateOnly) {
			byTable[table] = append(byTable[table], partition)
		}
	}
	for table, held := range byTable {
		slices.Sort(held)
		if dates != nil && !slices.Equal(dates, held) {
			t.Errorf("%s holds %v, another table %v", table, held, dates)
		}
		dates = held
	}
	if len(byTable) < 2 {
		t.Fatalf("state tables: %v", byTable)
	}
	return dates
}

// killWhen starts a run and kills it as soon as a file is there.
func killWhen(t *testing.T, file string, args ...string) {
	t.Helper()
	c := exec.Command(binary, args...)
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	done := make(chan struct{})
	go func() {
		_ = c.Wait()
		close(done)
	}()
	for !closed(done) {
		if _, err := os.Stat(file); err == nil {
			_ = c.Process.Signal(syscall.SIGKILL)
			break
		}
		time.Sleep(2 * time.Millisecond)
	}
	<-done
	if c.ProcessState.ExitCode() >= 0 {
		t.Fatalf("the run ended with %d before it could be killed", c.ProcessState.ExitCode())
	}
}

// TestHistory: the first run fills state tables at earlier dates, with what a run for that
// date gives, and goes on where one that was killed in the filling had come to; the nights after it add theirs and leave the others alone; and a run for a
// day in the past gives what was stored on that day.
func TestHistory(t *testing.T) {
	if testing.Short() {
		t.Skip("skipped: fills the past of a lake, which `make test-all` waits for")
	}
	t.Parallel()
	nightly := dates(t)
	first := date(t, nightly[0])
	models := fewModels(t, "health_score", "ar_aging", "account_metrics") // TestLaterChangesNothing computes all
	if long() {
		models = nil
	}
	config, _ := pastDemo(t, nightly[0], models)
	root := filepath.Join(t.TempDir(), "lake")
	want := []string{first.AddDate(0, 0, -first.Day()).Format(time.DateOnly), first.AddDate(0, 0, -30).Format(time.DateOnly)}
	want = append(want, date(t, want[0]).AddDate(0, 0, -date(t, want[0]).Day()).Format(time.DateOnly))
	slices.Sort(want)
	want = slices.Compact(want)

	var planned struct {
		History struct {
			Dates     []string `json:"dates"`
			Predicted int64    `json:"predicted_ns"`
		} `json:"history"`
	}
	if err := json.Unmarshal([]byte(must(t, "plan", "--json", "--config", config, "--lake", root, "--as-of", nightly[0])), &planned); err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(planned.History.Dates, want) || planned.History.Predicted <= 0 {
		t.Errorf("planned %v, want %v", planned.History, want)
	}
	kept := filepath.Join(root, "_lake", "resume", "_history")
	killWhen(t, filepath.Join(kept, want[0], "kept.json"), "run", "--quiet", "--config", config, "--lake", root, "--as-of", nightly[0])
	text := must(t, "run", "--config", config, "--lake", root, "--as-of", nightly[0])
	if !strings.Contains(text, "had been finished by a run before") {
		t.Errorf("the run after one that was killed began the history anew:\n%s", text)
	}
	if _, err := os.Stat(kept); err == nil {
		t.Errorf("%s is left after the history was published", kept)
	}
	for _, d := range want {
		if !strings.Contains(text, " history ✓ "+d) {
			t.Errorf("the report does not tell of %s:\n%s", d, text)
		}
	}
	if !strings.Contains(text, fmt.Sprintf("history: filled %d earlier dates in", len(want))) {
		t.Errorf("the report does not say how long it took:\n%s", text)
	}
	if held := statePartitions(t, root); !slices.Equal(held, append(slices.Clone(want), nightly[0])) {
		t.Fatalf("the state tables hold %v, want %v and %s", held, want, nightly[0])
	}
	if n := query(t, root, "SELECT count(*) FROM ops.run_log WHERE layer = 'history' AND status = 'done'"); n != fmt.Sprint(len(want)) {
		t.Errorf("%s dates in ops.run_log", n)
	}
	if s := must(t, "run", "--config", config, "--lake", root, "--as-of", nightly[0]); !strings.Contains(s, "Nothing new") {
		t.Errorf("the history is filled again:\n%s", s)
	}
	sameAsOut(t, root, config, want[len(want)-1])

	stored := []map[string]string{goldFiles(t, root, "")}
	nightly = []string{nightly[0], nightly[nights]}
	for _, night := range nightly[1:] {
		config, _ := pastDemo(t, night, models)
		must(t, "run", "--config", config, "--lake", root, "--as-of", night)
		stored = append(stored, goldFiles(t, root, ""))
	}
	if held := statePartitions(t, root); !slices.Equal(held, append(slices.Clone(want), nightly...)) {
		t.Errorf("after the nights the state tables hold %v", held)
	}
	before := tables(t, root, "gold")
	config, _ = pastDemo(t, nightly[len(nightly)-1], models)
	for i, night := range nightly[:len(nightly)-1] {
		same(t, "stored on "+night+" and computed now", stored[i], out(t, root, config, night))
	}
	must(t, "run", "--full-refresh", "--config", config, "--lake", root, "--as-of", nightly[len(nightly)-1])
	same(t, "a full refresh", before, tables(t, root, "gold"))
	quality := query(t, root, "SELECT string_agg(DISTINCT history_quality) FROM gold.account_metrics WHERE source_region = 'South Africa'")
	if quality != "observed" {
		t.Errorf("history_quality of %s is %s", nightly[len(nightly)-1], quality)
	}
	if s := strays(t, root); len(s) > 0 {
		t.Errorf("stray files: %v", s)
	}
}

// sameAsOut holds the sets of rows that were filled at a date against those of a run for it.
func sameAsOut(t *testing.T, root, config, day string) {
	t.Helper()
	computed := out(t, root, config, day)
	r := read(t, root, "")
	n := 0
	for table := range statesAt(t, root, day) {
		m, err := r.view.Manifest(table)
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range m.Files {
			if f.Partition != day {
				continue
			}
			b, err := os.ReadFile(filepath.Join(root, f.Path))
			if err != nil {
				t.Fatal(err)
			}
			found := false
			for name, text := range computed {
				found = found || strings.HasPrefix(name, table+"/") && text == string(b)
			}
			if n++; !found {
				t.Errorf("%s at %s differs from a run for that day", table, day)
			}
		}
	}
	if n == 0 {
		t.Errorf("nothing is stored at %s", day)
	}
}

// TestLaterChangesNothing: what is exported after a day, and what a file already says of
// the days after it, alters nothing of that day.
func TestLaterChangesNothing(t *testing.T) {
	t.Parallel()
	nightly := dates(t)
	day, after := nightly[1], nightly[nights]
	then, _ := pastDemo(t, day, nil)
	now, exports := pastDemo(t, after, nil)
	for _, file := range []string{"billing_za/invoice", "sf_za/OpportunityHistory", "sf_za/Case"} {
		addFuture(t, filepath.Join(exports, file+"_"+day+".csv"), day)
	}
	states := make([]map[string]string, 2)
	for i, config := range []string{then, now} {
		root := filepath.Join(t.TempDir(), "lake")
		must(t, "run", "--layer", "bronze", "--config", config, "--lake", root)
		states[i] = out(t, root, config, day)
	}
	if len(states[0]) < 20 {
		t.Errorf("only %d files", len(states[0]))
	}
	same(t, "without and with what came later", states[0], states[1])
}

// addFuture repeats the last record of an export with its dates of a day moved twenty
// days on: a bill, a change of stage or a change of a case that is still to come.
func addFuture(t *testing.T, file, day string) {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(strings.TrimRight(string(text), "\r\n"), "\n")
	last := lines[len(lines)-1]
	future := date(t, day).AddDate(0, 0, 20)
	moved := strings.NewReplacer(day, future.Format(time.DateOnly), strings.ReplaceAll(day, "-", "/"), future.Format("2006/01/02"), "INV-", "NEW-", "008Za", "008Zb").Replace(last)
	if moved == last || !strings.Contains(moved, future.Format("01")) {
		t.Fatalf("%s: no date to move in %s", file, last)
	}
	write(t, file, string(text)+strings.TrimRight(moved, "\r")+"\n")
}

// apartFromPast leaves out the sets of rows of state tables of earlier days, and the
// tables that read them, themselves or through others.
func apartFromPast(t *testing.T, all map[string]string, last string) map[string]string {
	t.Helper()
	ctx := context.Background()
	db, err := duckdb.Open(ctx, engine.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	cfg := loadConfig(t, demoConfig(t))
	fits, err := runner.Fits(cfg)
	if err != nil {
		t.Fatal(err)
	}
	opt := gold.Options{SQL: sqlfiles.FS, Metrics: cfg.Metrics, Fits: fits}
	for _, c := range cfg.Contracts {
		opt.Contracts = append(opt.Contracts, c)
	}
	project, err := gold.Load(ctx, db, opt)
	if err != nil {
		t.Fatal(err)
	}
	readers := map[string]bool{}
	for _, m := range project.Models() { // in build order
		// Ids are carried from night to night, and must come out as they do at once.
		carried := m.Table() == "gold.master_ids"
		readers[m.Table()] = len(m.Past) > 0 && !carried || slices.ContainsFunc(m.Inputs, func(in string) bool { return readers[in] })
	}
	kept := maps.Clone(all)
	for name := range all {
		table, partition, _ := strings.Cut(name, "@")
		state := cfg.Contracts[table].Storage == lake.StorageState && strings.HasPrefix(table, "gold/")
		if readers[strings.Replace(table, "/", ".", 1)] || state && partition != last {
			delete(kept, name)
		}
	}
	if len(kept) < len(all)/2 {
		t.Errorf("only %d of %d files are compared", len(kept), len(all))
	}
	return kept
}
