package tests

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/customer360/pipeline/pipeline/lake"
)

// TestFaultRuns: eight processes of the real binary load tokens into one lake, again and
// again when another holds the lock or when they are killed, which one of them is every 50
// to 300 ms; readers must never see a mix, and each acknowledged version is there once.
func TestFaultRuns(t *testing.T) {
	if testing.Short() {
		t.Skip("takes long; make test-all runs it")
	}
	want, versions := int64(2_000), 4
	if long() {
		want, versions = 50_000, 40
	}
	dir := quickDir(t)
	config, root := ledgerProject(t, dir), filepath.Join(dir, "lake")
	w := &writers{config: config, root: root, tokens: ledgerLake(t, config, root, 3), stop: make(chan struct{}), running: make([]*exec.Cmd, 8)}
	var group sync.WaitGroup
	for i := range w.running {
		group.Go(func() { w.write(t, i) })
	}
	group.Go(w.kill)
	tally := readWhileWritten(t, root, want, func() bool { return w.acknowledgedVersions() >= versions })
	close(w.stop)
	group.Wait()
	for _, v := range checkLedger(t, memoryEngine(t), root, w.tokens) {
		t.Error(v)
	}
	w.eachOnce(t)
	must(t, "run", "--quiet", "--config", config, "--lake", root)
	calm := filepath.Join(dir, "calm")
	must(t, "run", "--quiet", "--config", config, "--lake", calm)
	same(t, "after the kills", tables(t, calm, "silver", "gold"), tables(t, root, "silver", "gold"))
	tidy(t, root)
	t.Logf("%d kills, %d of them of the one at work; %d times the lock was held; %d versions of %d runs acknowledged; reads: %s",
		w.kills, w.hits, w.locked, w.acknowledgedVersions(), len(w.acks), tally)
	tally.judge(t, want)
}

// writers are processes that run, and what became of them.
type writers struct {
	config, root string
	stop         chan struct{}

	mu                  sync.Mutex
	running             []*exec.Cmd // nil where none is under way
	tokens              []string    // of runs that said that all is well
	acks                []runReport // of the same
	kills, hits, locked int
}

// write loads one token after the other, each until a run says that it is there.
func (w *writers) write(t *testing.T, i int) {
	rnd := rand.New(rand.NewPCG(uint64(i), 9))
	for k := 0; !closed(w.stop) && !t.Failed(); k++ {
		token := fmt.Sprintf("W%d-%d", i, k)
		tokenFile(t, w.config, token)
		for !closed(w.stop) && !t.Failed() && !w.run(t, i, token) {
			time.Sleep(time.Duration(100+rnd.IntN(400)) * time.Millisecond)
		}
	}
}

// run makes one attempt, and tells whether it was the last that the token needs.
func (w *writers) run(t *testing.T, i int, token string) bool {
	c := exec.Command(binary, "run", "--json", "--config", w.config, "--lake", w.root)
	var out, errs bytes.Buffer
	c.Stdout, c.Stderr = &out, &errs
	w.mu.Lock()
	err := c.Start()
	w.running[i] = c
	w.mu.Unlock()
	if err != nil {
		t.Error(err)
		return true
	}
	_ = c.Wait() // how it ended is looked at below
	w.mu.Lock()
	defer w.mu.Unlock()
	w.running[i] = nil
	switch code := c.ProcessState.ExitCode(); code {
	case 0:
		var r runReport
		if err := json.Unmarshal(out.Bytes(), &r); err != nil {
			t.Errorf("%v\n%s", err, out.String())
		}
		w.tokens, w.acks = append(w.tokens, token), append(w.acks, r)
		return true
	case 4: // another one is at work
		w.locked++
	case -1: // killed
	default:
		t.Errorf("exit %d: %s", code, errs.String())
	}
	return false
}

// kill ends one process every 50 to 300 ms, any of them. Most are on their way to the lock;
// hits counts those that held it.
func (w *writers) kill() {
	rnd := rand.New(rand.NewPCG(8, 300))
	for !closed(w.stop) {
		time.Sleep(time.Duration(50+rnd.IntN(250)) * time.Millisecond)
		victim := rnd.IntN(len(w.running))
		holder := 0
		if l, err := lake.Open(w.root, lake.Options{Now: time.Now}); err == nil {
			if h, alive := l.Holder(); alive {
				holder = h.PID
			}
		}
		w.mu.Lock()
		if c := w.running[victim]; c != nil && c.Process.Signal(os.Kill) == nil {
			w.kills++
			if c.Process.Pid == holder {
				w.hits++
			}
		}
		w.mu.Unlock()
	}
}

func (w *writers) acknowledgedVersions() (n int) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, r := range w.acks {
		for _, version := range []int64{r.Bronze, r.Published} {
			if version > 0 {
				n++
			}
		}
	}
	return n
}

// eachOnce: what runs said they published is in the chain under their name, and no run is
// there twice with one kind of commit.
func (w *writers) eachOnce(t *testing.T) {
	t.Helper()
	l, err := lake.Open(w.root, lake.Options{})
	if err != nil {
		t.Fatal(err)
	}
	by, made := map[int64]string{}, map[string]int{}
	for c, err := range l.Log() {
		if err != nil {
			t.Fatal(err)
		}
		by[c.Version] = c.Run
		if made[c.Run+" "+c.Operation]++; made[c.Run+" "+c.Operation] > 1 {
			t.Errorf("run %s committed %s twice", c.Run, c.Operation)
		}
	}
	for _, r := range w.acks {
		for _, version := range []int64{r.Bronze, r.Published} {
			if version > 0 && by[version] != r.Run {
				t.Errorf("run %s was told that version %d is its own; it is of %q", r.Run, version, by[version])
			}
		}
	}
}
