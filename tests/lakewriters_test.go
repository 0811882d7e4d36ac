package tests

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/customer360/pipeline/pipeline/engine"
)

// TestFaultWriters: eight processes write and are killed every 50 to 300 ms, while readers
// join four tables in the three ways that are promised to be of one state. A fourth way,
// which is not, must show mixes: else the test would see nothing. The writers publish
// through the lake's package, which gives the most versions to mix; those of
// TestFaultRuns are whole runs of the real binary.
func TestFaultWriters(t *testing.T) {
	if testing.Short() {
		t.Skip("takes long; make test-all runs it")
	}
	want := int64(2_000)
	if long() {
		want = 50_000
	}
	dir := quickDir(t)
	root, acks := filepath.Join(dir, "lake"), filepath.Join(dir, "acks")
	publishStates(t, root, 3)
	stop := make(chan struct{})
	var group sync.WaitGroup
	var kills atomic.Int64
	for i := range 8 {
		group.Go(func() {
			rnd := rand.New(rand.NewPCG(uint64(i), 7))
			for !closed(stop) {
				c := worker(root, acks, 0, 30*time.Millisecond)
				out, err := c.StdoutPipe()
				if err == nil {
					err = c.Start()
				}
				if err != nil {
					t.Error(err)
					return
				}
				_, _ = out.Read(make([]byte, 1)) // it is at work now
				time.Sleep(time.Duration(50+rnd.IntN(250)) * time.Millisecond)
				_ = c.Process.Signal(syscall.SIGKILL)
				_ = c.Wait() // it was killed
				kills.Add(1)
			}
		})
	}
	tally := readWhileWritten(t, root, want, func() bool { return len(noted(acks)) >= 10 })
	close(stop)
	group.Wait()
	acknowledged := noted(acks)
	for _, v := range checkLedger(t, memoryEngine(t), root, acknowledged) {
		t.Error(v)
	}
	t.Logf("%d kills, %d versions acknowledged; reads: %s", kills.Load(), len(acknowledged), tally)
	tally.judge(t, want)
	if len(acknowledged) < 10 {
		t.Errorf("only %d versions were acknowledged", len(acknowledged))
	}
}

// tally counts reads.
type tally struct {
	mu                                           sync.Mutex
	reads, mixed, retried, control, controlMixed int64
	byWay                                        map[string]int64
}

func (c *tally) String() string {
	return fmt.Sprintf("%d (%v), %d mixed, %d repeated because their release was gone; control: %d of %d mixed", c.reads, c.byWay, c.mixed, c.retried, c.controlMixed, c.control)
}

func (c *tally) add(t *testing.T, way, answer string, err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	switch {
	case err != nil && gone(err):
		c.retried++
	case err != nil:
		t.Errorf("read by %s: %v", way, err)
	case way == "control":
		c.control++
		if mixed(answer) {
			c.controlMixed++
		}
	default:
		c.reads++
		c.byWay[way]++
		if mixed(answer) {
			c.mixed++
			t.Errorf("mixed by %s: %s", way, answer)
		}
	}
}

func (c *tally) enough(want int64) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.reads >= want && (c.controlMixed > 0 || c.control > 20*want)
}

// judge fails the test if readers saw a mix, or the control, which has to, saw none.
func (c *tally) judge(t *testing.T, want int64) {
	t.Helper()
	if c.mixed > 0 || c.reads < want || c.controlMixed == 0 {
		t.Errorf("mixed %d of %d reads; of the control, which has to see some, %d of %d", c.mixed, c.reads, c.controlMixed, c.control)
	}
}

// gone: ten versions were published between opening a release and reading it.
func gone(err error) bool {
	return strings.Contains(err.Error(), "No files found") || strings.Contains(err.Error(), "No such file") || strings.Contains(err.Error(), "Cannot open file")
}

// readWhileWritten reads in all ways until there were enough reads, and enough was written.
func readWhileWritten(t *testing.T, root string, want int64, written func() bool) *tally {
	c := &tally{byWay: map[string]int64{}}
	limit := 30 * time.Minute
	if long() {
		limit = 4 * time.Hour
	}
	deadline := time.Now().Add(limit)
	var group sync.WaitGroup
	for way, read := range map[string]func(engine.Session) (string, error){
		"release": func(s engine.Session) (string, error) {
			release, err := os.Readlink(filepath.Join(root, "current"))
			if err != nil {
				return "", err
			}
			return tryAsk(s, joined(func(table string) string { return "'" + filepath.Join(root, release, "gold", table+".parquet") + "'" }))
		},
		"customer360.duckdb": func(s engine.Session) (string, error) { return askCatalog(s, root) },
		"pipeline query": func(engine.Session) (string, error) {
			r := pipeline(t, "query", "--lake", root, "--format", "csv", joined(func(table string) string { return "gold." + table }))
			if r.code != 0 {
				return "", fmt.Errorf("exit %d: %s", r.code, r.stderr)
			}
			lines := strings.Split(strings.TrimSpace(r.stdout), "\n")
			return strings.Trim(lines[len(lines)-1], `"`), nil
		},
		"control": func(s engine.Session) (string, error) { // every table by itself, from whatever is there
			var n []string
			for _, table := range ledgerTables {
				one, err := tryAsk(s, "SELECT max(n)::VARCHAR FROM '"+filepath.Join(root, table, "*.parquet")+"'")
				if err != nil {
					return "", err
				}
				n = append(n, one)
			}
			return strings.Join(n, " "), nil
		},
	} {
		sess := memoryEngine(t)
		group.Go(func() {
			for !(c.enough(want) && written()) && time.Now().Before(deadline) && !t.Failed() {
				answer, err := read(sess)
				c.add(t, way, answer, err)
				pause := 2 * time.Millisecond // so that the writers get somewhere on two cores
				if way == "pipeline query" || way == "control" {
					pause = 100 * time.Millisecond // these are dear
				}
				time.Sleep(pause)
			}
		})
	}
	group.Wait()
	return c
}

// askCatalog opens the catalog for one read, and closes it.
func askCatalog(sess engine.Session, root string) (out string, err error) {
	ctx := context.Background()
	if err := sess.Exec(ctx, "ATTACH '"+filepath.Join(root, "current", "customer360.duckdb")+"' AS c (READ_ONLY)"); err != nil {
		return "", err
	}
	out, err = tryAsk(sess, joined(func(table string) string { return "c.gold." + table }))
	return out, errors.Join(err, sess.Exec(ctx, "DETACH c"))
}
