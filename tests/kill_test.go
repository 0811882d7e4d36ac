package tests

import (
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// TestKill kills the run at random moments, again and again in the same lake, then lets
// it finish: the result is that of a run which was never disturbed.
func TestKill(t *testing.T) {
	kills := 50
	config := demoConfig(t)
	dir := t.TempDir()
	calm := filepath.Join(dir, "calm")
	began := time.Now()
	must(t, "run", "--config", config, "--lake", calm)
	whole := time.Since(began)

	killed := filepath.Join(dir, "killed")
	rnd := rand.New(rand.NewPCG(20261122, 1))
	died, finished := 0, 0
	for i := range kills {
		c := exec.Command(binary, "run", "--quiet", "--config", config, "--lake", killed)
		if err := c.Start(); err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Duration(rnd.Int64N(int64(whole))))
		_ = c.Process.Signal(syscall.SIGKILL)
		_ = c.Wait()
		if c.ProcessState.ExitCode() == 0 {
			finished++
			// Begin anew, so that later kills do not meet a lake with nothing to do.
			if err := os.RemoveAll(killed); err != nil {
				t.Fatal(err)
			}
			continue
		}
		died++
		if _, err := os.Stat(filepath.Join(killed, "_lake", "format.json")); err != nil {
			continue // killed before there was a lake
		}
		readable(t, fmt.Sprintf("after kill %d", i+1), killed)
	}
	must(t, "run", "--quiet", "--config", config, "--lake", killed)
	same(t, "after the kills", tables(t, calm, "silver", "gold"), tables(t, killed, "silver", "gold"))
	if s := strays(t, killed); len(s) > 0 {
		t.Errorf("stray files: %v", s)
	}
	if r := pipeline(t, "lake", "verify", "--lake", killed); r.code != 0 {
		t.Errorf("verify: %s%s", r.stdout, r.stderr)
	}
	t.Logf("%d kills: %d runs died, %d had finished before", kills, died, finished)
	if died < kills/2 {
		t.Errorf("only %d of %d runs were killed at work", died, kills)
	}
}

// readable: what is committed can be read, and current shows nothing half-made.
func readable(t *testing.T, when, root string) {
	t.Helper()
	r := pipeline(t, "lake", "verify", "--quick", "--json", "--lake", root)
	for _, bad := range []string{`"commit"`, `"manifest"`, `"missing"`, `"size"`, `"checksum"`, `"rows"`} {
		if strings.Contains(r.stdout, `"code": `+bad) {
			t.Fatalf("%s: %s", when, r.stdout)
		}
	}
	if _, err := os.Stat(filepath.Join(root, "current")); err == nil {
		if n := query(t, root, "SELECT count(*) FROM gold.customer_360"); n == "0" {
			t.Fatalf("%s: current is empty", when)
		}
	}
}

// TestTwoRuns: the second run of the same lake exits 4 at once.
func TestTwoRuns(t *testing.T) {
	config := demoConfig(t)
	lakeDir := filepath.Join(t.TempDir(), "lake")
	first := exec.Command(binary, "run", "--quiet", "--config", config, "--lake", lakeDir)
	if err := first.Start(); err != nil {
		t.Fatal(err)
	}
	defer func() { _ = first.Wait() }()
	lock := filepath.Join(lakeDir, "_lake", "lock")
	for deadline := time.Now().Add(20 * time.Second); ; time.Sleep(5 * time.Millisecond) {
		if info, err := os.Stat(lock); err == nil && info.Size() > 0 {
			break
		}
		if time.Now().After(deadline) {
			t.Fatal("the first run takes no lock")
		}
	}
	second := pipeline(t, "run", "--config", config, "--lake", lakeDir)
	if second.code != 4 || !strings.Contains(second.stderr, "lock") {
		t.Errorf("the second run: exit %d, want 4\n%s", second.code, second.stderr)
	}
}

// TestInterrupt: Ctrl-C leaves the lake as it was and exits 130.
func TestInterrupt(t *testing.T) {
	config := demoConfig(t)
	lakeDir := filepath.Join(t.TempDir(), "lake")
	c := exec.Command(binary, "run", "--quiet", "--config", config, "--lake", lakeDir)
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	time.Sleep(1500 * time.Millisecond)
	_ = c.Process.Signal(os.Interrupt)
	_ = c.Wait()
	if code := c.ProcessState.ExitCode(); code != 130 {
		t.Fatalf("exit %d, want 130", code)
	}
	if entries, err := os.ReadDir(filepath.Join(lakeDir, "_lake", "tmp")); err == nil && len(entries) > 0 {
		t.Errorf("staging is left: %v", entries)
	}
	if s := strays(t, lakeDir); len(s) > 0 {
		t.Errorf("stray files: %v", s)
	}
}
