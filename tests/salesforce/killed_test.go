package salesforce_test

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/customer360/pipeline/tests/salesforcesim"
)

// TestSalesforceKilled kills real processes while they extract by Bulk and by REST, and
// changes the org in between. In the end the lake holds each record as the org does, and
// no page of a job that was finished was asked for again.
func TestSalesforceKilled(t *testing.T) {
	attempts := 9
	if testing.Short() {
		attempts = 5
	}
	p := newOutside(t, salesforcesim.OrgOptions{PageRows: 25}, "Account", "Contact")
	p.config["bulk_above"] = 1500
	var ids []string
	for i := range 2000 {
		ids = append(ids, p.org.Insert("Account", salesforcesim.Record{"Name": fmt.Sprint("account ", i)}))
	}
	for i := range 1000 {
		p.org.Insert("Contact", salesforcesim.Record{"LastName": fmt.Sprint("contact ", i), "AccountId": ids[i]})
	}
	p.org.Script(salesforcesim.Fault{On: salesforcesim.JobResults, Times: -1, Do: salesforcesim.ShortPages}) // each half of what is left
	p.world.Advance(time.Hour)
	random := rand.New(rand.NewPCG(20261122, 4))
	finished, died := map[string]bool{}, 0
	for i := range attempts {
		at, wait := 9+random.IntN(8), time.Duration(random.IntN(12))*time.Millisecond // among pages
		switch {
		case i%3 == 0 && i > 0: // any time up to the commit, or after it
			at, wait = 6, time.Duration(random.IntN(1000))*time.Millisecond
		case i > 3: // it may be a small run by now
			at = 6 + random.IntN(5)
		}
		if p.kill(at, wait) {
			died++
		}
		p.noneOf(finished)
		for page := range p.finishedPages("account") {
			finished[page] = true
		}
		p.org.Update("Account", ids[random.IntN(500)], salesforcesim.Record{"Name": fmt.Sprint("changed ", i)})
		p.org.Delete("Account", ids[500+i])
		p.org.HardDelete("Account", ids[600+i])
		p.org.Insert("Contact", salesforcesim.Record{"LastName": fmt.Sprint("late ", i)})
		p.world.Advance(2 * time.Minute)
	}
	if died < attempts/2 || len(finished) < 3 {
		t.Errorf("of %d processes %d were killed at work, with %d finished pages", attempts, died, len(finished))
	}
	for range 2 {
		p.gate.from(nil)
		if out, code := p.call("run", "--layer", "bronze"); code != 0 {
			t.Fatalf("a run that nobody kills exits %d:\n%s", code, out)
		}
		p.noneOf(finished)
		p.world.Advance(11 * time.Minute)
	}
	if diff := p.differs([]string{"Account", "Contact"}, nil); diff != "" {
		t.Error(diff)
	}
	if out, code := p.call("lake", "verify"); code != 0 || !strings.Contains(out, "clean") {
		t.Errorf("verify exits %d: %s", code, out)
	}
	if left, _ := filepath.Glob(filepath.Join(p.dir, "lake", "_lake", "resume", "*", "*")); len(left) > 0 {
		t.Errorf("left behind: %v", left)
	}
	t.Logf("%d processes died, with %d finished pages", died, len(finished))
}

// kill starts a run and kills it some time after a request. It tells whether the process
// was still at work.
func (p *outside) kill(at int, wait time.Duration) bool {
	p.t.Helper()
	c := p.command("run", "--layer", "bronze", "--quiet")
	var said strings.Builder
	c.Stderr = &said
	strike := make(chan struct{}, 1)
	p.gate.from(func(n int, _ http.ResponseWriter, _ *http.Request) bool {
		if n == at {
			strike <- struct{}{}
		}
		return false
	})
	if err := c.Start(); err != nil {
		p.t.Fatal(err)
	}
	done := make(chan struct{})
	go func() {
		_ = c.Wait() // how it ended is asked below
		close(done)
	}()
	select {
	case <-done:
	case <-strike:
		time.Sleep(wait)
	}
	_ = c.Process.Signal(syscall.SIGKILL) // it may have ended
	<-done
	status, ok := c.ProcessState.Sys().(syscall.WaitStatus)
	killed := ok && status.Signaled()
	if !killed && c.ProcessState.ExitCode() != 0 {
		p.t.Errorf("a run exits %d: %s", c.ProcessState.ExitCode(), said.String())
	}
	return killed
}

// noneOf checks that the last process asked for no page of which a journal had said that
// it was finished.
func (p *outside) noneOf(finished map[string]bool) {
	p.t.Helper()
	for _, page := range p.gate.asked() {
		if finished[page] {
			p.t.Errorf("a finished page was asked for again: %s", page)
		}
	}
}

// finishedPages reads in an object's journal which pages of jobs are finished.
func (p *outside) finishedPages(object string) map[string]bool {
	raw, err := os.ReadFile(filepath.Join(p.dir, "lake", "_lake", "resume", "sf", object, "journal.jsonl"))
	if err != nil {
		return nil // nothing is unfinished
	}
	out, locators := map[string]bool{}, map[int]string{}
	for line := range strings.Lines(string(raw)) {
		var e struct {
			N     int
			Page  *struct{}
			State struct {
				Job    string
				Cursor struct{ Locator string }
			}
		}
		if json.Unmarshal([]byte(line), &e) != nil {
			continue // torn
		}
		if e.Page != nil && e.State.Job != "" {
			out[pageKey(e.State.Job, locators[e.N])] = true
		}
		locators[e.N] = e.State.Cursor.Locator
	}
	return out
}
