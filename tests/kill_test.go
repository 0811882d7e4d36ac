package tests

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"
)

// fewObjects make a short run through all layers, together with someModels: one table of
// every kind of storage, and what they read.
var fewObjects = []string{"sf_za/Account", "sf_za/Opportunity", "sf_za/OpportunityStage", "billing_za/billing_account", "billing_za/invoice", "billing_za/payment"}

var someModels = []string{"opportunities", "pipeline_daily", "ar_aging"}

// long tells whether the long campaigns were asked for.
func long() bool { return os.Getenv("FAULTS") == "long" }

// TestKill kills runs at random moments, one after the other in the same lake, then
// lets one finish: the result is that of a run that was never disturbed. Some lakes are
// empty at first, others hold an earlier state, which readers must go on seeing.
func TestKill(t *testing.T) {
	t.Parallel()
	kills, inARow, seeds, models := 50, 10, []uint64{20261122}, fewModels(t, someModels...)
	if testing.Short() {
		kills, inARow = 10, 5
	}
	if long() {
		kills, seeds, models = 250, []uint64{1, 2, 3, 4}, nil
	}
	config := small(t, fewObjects, models)
	dir := t.TempDir()
	earlier := filepath.Join(dir, "earlier")
	must(t, "run", "--quiet", "--config", config, "--lake", earlier, "--source", "sf_za", "--source", "rates")
	calm := lakeCopy(t, earlier)
	began := time.Now()
	must(t, "run", "--quiet", "--config", config, "--lake", calm)
	k := &killer{config: config, root: filepath.Join(dir, "killed"), whole: time.Since(began),
		seen: []string{customers(t, earlier), customers(t, calm)}}
	for _, seed := range seeds {
		k.rnd = rand.New(rand.NewPCG(seed, 1))
		k.died, k.finished, k.readers = 0, 0, 0
		for i := range kills {
			if i%inARow == 0 { // in turns with nothing and with an earlier state
				k.earlier = ""
				if i%(2*inARow) == inARow {
					k.earlier = earlier
				}
				k.begin(t)
			}
			k.kill(t, i)
		}
		must(t, "run", "--quiet", "--config", config, "--lake", k.root)
		same(t, "after the kills", tables(t, calm, "silver", "gold"), tables(t, k.root, "silver", "gold"))
		tidy(t, k.root)
		t.Logf("seed %d: %d kills: %d runs died, %d of them with something published before them; %d had finished", seed, kills, k.died, k.readers, k.finished)
		if k.died < kills*3/4 || k.readers < kills/5 {
			t.Errorf("only %d of %d runs were killed at work", k.died, kills)
		}
	}
}

// killer runs and kills the program.
type killer struct {
	config, root   string
	whole          time.Duration // of a run that nobody kills
	earlier        string        // the lake to begin with; "" = none
	rnd            *rand.Rand
	seen           []string // what readers may see: the earlier state or the whole one
	died, finished int
	readers        int // kills after which there was a state to read
}

// begin makes the lake anew.
func (k *killer) begin(t *testing.T) {
	t.Helper()
	if err := os.RemoveAll(k.root); err != nil {
		t.Fatal(err)
	}
	if k.earlier != "" {
		copyTree(t, k.earlier, k.root)
		must(t, "lake", "relocate", "--lake", k.root)
	}
}

// kill lets a run live for a while. Every third dies while it publishes, which takes
// so short a time that random moments would hardly meet it.
func (k *killer) kill(t *testing.T, i int) {
	t.Helper()
	held := len(files(t, k.root))
	c := exec.Command(binary, "run", "--quiet", "--config", k.config, "--lake", k.root)
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	done := make(chan struct{})
	go func() {
		_ = c.Wait()
		close(done)
	}()
	wait := time.Duration(k.rnd.Int64N(int64(k.whole)))
	if i%3 == 2 {
		for deadline := time.Now().Add(2 * k.whole); time.Now().Before(deadline) && len(files(t, k.root)) == held && !closed(done); {
			time.Sleep(4 * time.Millisecond)
		}
		wait = time.Duration(k.rnd.Int64N(int64(60 * time.Millisecond)))
	}
	select {
	case <-done:
	case <-time.After(wait):
	}
	_ = c.Process.Signal(syscall.SIGKILL)
	<-done
	if c.ProcessState.ExitCode() == 0 {
		k.finished++
		k.begin(t) // so that later kills do not meet a lake with nothing to do
		return
	}
	k.died++
	if _, err := os.Stat(filepath.Join(k.root, "_lake", "format.json")); err != nil {
		return // killed before there was a lake
	}
	sound(t, fmt.Sprintf("after kill %d", i+1), k.root)
	if _, err := os.Stat(filepath.Join(k.root, "current")); err == nil {
		k.readers++
		if n := customers(t, k.root); !slices.Contains(k.seen, n) {
			t.Errorf("after kill %d readers see %s, want one of %v", i+1, n, k.seen)
		}
	}
}

func closed(c chan struct{}) bool {
	select {
	case <-c:
		return true
	default:
		return false
	}
}

// files lists what stands in the table directories of a layer and in releases.
func files(t *testing.T, root string) []string {
	t.Helper()
	var out []string
	for _, pattern := range []string{"bronze/*/*/*", "silver/*/*", "gold/*/*", "releases/*"} {
		found, err := filepath.Glob(filepath.Join(root, pattern))
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, found...)
	}
	return out
}

// customers is what readers of current see, over several tables in one query.
func customers(t *testing.T, root string) string {
	t.Helper()
	return query(t, root, `SELECT concat_ws(' ', (SELECT count(*) FROM gold.account_members), (SELECT sum(outstanding_usd) FROM gold.ar_aging),
		(SELECT count(*) FROM gold.pipeline_daily), (SELECT count(*) FROM gold.invoices), (SELECT sum(deal_value_usd) FROM gold.opportunities), (SELECT count(*) FROM silver.payment))`)
}

// sound: whatever is committed can be read. A run that died may leave files which the
// next one sweeps; those are no damage.
func sound(t *testing.T, when, root string) {
	t.Helper()
	var report struct {
		Problems []struct{ Code, Path, Message string }
	}
	out := pipeline(t, "lake", "verify", "--quick", "--json", "--lake", root).stdout
	if err := json.Unmarshal([]byte(out), &report); err != nil {
		t.Fatalf("%s: %v\n%s", when, err, out)
	}
	for _, p := range report.Problems {
		switch p.Code {
		case "stray", "leftover", "projection", "delta": // what the next run, or recover, completes
		default:
			t.Errorf("%s: %s %s: %s", when, p.Code, p.Path, p.Message)
		}
	}
}

// tidy: nothing is left of runs that died, and everything verifies.
func tidy(t *testing.T, root string) {
	t.Helper()
	if s := strays(t, root); len(s) > 0 {
		t.Errorf("stray files: %v", s)
	}
	for _, dir := range []string{"_lake/tmp"} {
		if entries, err := os.ReadDir(filepath.Join(root, dir)); err == nil && len(entries) > 0 {
			t.Errorf("%s still holds %v", dir, entries)
		}
	}
	if r := pipeline(t, "lake", "verify", "--lake", root); r.code != 0 || !strings.Contains(r.stdout, "clean") {
		t.Errorf("verify: %s%s", r.stdout, r.stderr)
	}
}

// TestTwoRuns: the second run of the same lake exits 4 at once, and does no harm to the first.
func TestTwoRuns(t *testing.T) {
	t.Parallel()
	config := small(t, fewObjects, fewModels(t, someModels...))
	root := filepath.Join(t.TempDir(), "lake")
	first := exec.Command(binary, "run", "--quiet", "--config", config, "--lake", root)
	if err := first.Start(); err != nil {
		t.Fatal(err)
	}
	var failed error
	done := make(chan struct{})
	go func() {
		failed = first.Wait()
		close(done)
	}()
	untilLocked(t, root)
	second := pipeline(t, "run", "--config", config, "--lake", root)
	still := !closed(done)
	if second.code != 4 || !strings.Contains(second.stderr, "lock") || !strings.Contains(second.stderr, fmt.Sprint(first.Process.Pid)) {
		t.Errorf("the second run: exit %d, want 4 and the first one's process id\n%s", second.code, second.stderr)
	}
	if !still {
		t.Error("the second run waited for the first")
	}
	<-done
	if failed != nil {
		t.Errorf("the first run: %v", failed)
	}
	tidy(t, root)
	must(t, "query", "--lake", root, "SELECT 1") // readers need no lock
}

func untilLocked(t *testing.T, root string) {
	t.Helper()
	lock := filepath.Join(root, "_lake", "lock")
	for deadline := time.Now().Add(30 * time.Second); ; time.Sleep(2 * time.Millisecond) {
		if info, err := os.Stat(lock); err == nil && info.Size() > 0 {
			return
		}
		if time.Now().After(deadline) {
			t.Fatal("the run takes no lock")
		}
	}
}

// TestInterrupt: Ctrl-C exits 130 and leaves the lake as it was.
func TestInterrupt(t *testing.T) {
	t.Parallel()
	config := small(t, fewObjects, fewModels(t, someModels...))
	root := filepath.Join(t.TempDir(), "lake")
	must(t, "run", "--quiet", "--config", config, "--lake", root, "--source", "sf_za", "--source", "rates")
	before := tables(t, root, "silver", "gold", "ops")
	for _, sig := range []os.Signal{os.Interrupt, syscall.SIGTERM} {
		c := exec.Command(binary, "run", "--quiet", "--full-refresh", "--layer", "silver", "--config", config, "--lake", root)
		if sig == os.Interrupt { // while bronze or silver is under way
			c = exec.Command(binary, "run", "--quiet", "--config", config, "--lake", root)
		}
		var errs strings.Builder
		c.Stderr = &errs
		if err := c.Start(); err != nil {
			t.Fatal(err)
		}
		staging := filepath.Join(root, "_lake", "tmp")
		for deadline := time.Now().Add(30 * time.Second); time.Now().Before(deadline); time.Sleep(time.Millisecond) {
			if parts, _ := filepath.Glob(filepath.Join(staging, "*", "*.part")); len(parts) > 0 {
				break
			}
		}
		_ = c.Process.Signal(sig)
		_ = c.Wait()
		if code := c.ProcessState.ExitCode(); code != 130 || !strings.Contains(errs.String(), "interrupted") {
			t.Errorf("%v: exit %d, want 130\n%s", sig, code, errs.String())
		}
		same(t, "after "+sig.String(), before, tables(t, root, "silver", "gold", "ops"))
		tidy(t, root)
	}
	must(t, "run", "--quiet", "--config", config, "--lake", root)
	tidy(t, root)
}
