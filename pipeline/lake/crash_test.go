package lake

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/customer360/pipeline/pipeline/engine"
	"github.com/customer360/pipeline/pipeline/engine/duckdb"
)

// The crash tests run this test binary again as a child that does one operation and kills
// itself at the n-th call of the step hook.
const (
	crashRoot = "LAKE_CRASH_ROOT"
	crashSrc  = "LAKE_CRASH_FIXTURES"
	crashAt   = "LAKE_CRASH_AT"
	crashOp   = "LAKE_CRASH_OP"
	// crashNights are published before the operation that crashes.
	crashNights = 2
)

func TestMain(m *testing.M) {
	if os.Getenv(crashRoot) == "" {
		os.Exit(m.Run())
	}
	if err := crashChild(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	os.Exit(0)
}

// crashChild does one operation, printing every step it reaches.
func crashChild() error {
	at, err := strconv.Atoi(os.Getenv(crashAt))
	if err != nil {
		return err
	}
	calls := 0
	step := func(name string) error {
		fmt.Println(name)
		if calls++; calls == at {
			_ = syscall.Kill(os.Getpid(), syscall.SIGKILL)
			select {}
		}
		return nil
	}
	l, err := Open(os.Getenv(crashRoot), Options{Now: later(), Step: step})
	if err != nil {
		return err
	}
	l.keep = crashNights
	return crashOps[os.Getenv(crashOp)].do(l, os.Getenv(crashSrc))
}

// crashCase is an operation that is killed. It may be repeated until it succeeds.
type crashCase struct {
	nights int // published before it
	do     func(l *Lake, fixtures string) error
}

// crashOps are all operations that change a lake. A step that none of them takes fails
// TestKilledAtEveryStep: there is no I/O without a case.
var crashOps = map[string]crashCase{
	"night": {crashNights, func(l *Lake, fixtures string) error { return runNight(l, fixtures, crashNights+1) }},
	"rollback": {crashNights + 1, func(l *Lake, _ string) error {
		_, err := l.Rollback(context.Background(), "4", RollbackOptions{Run: "ROLLBACK", IncludeBronze: true})
		return err
	}},
	"pin": {crashNights, func(l *Lake, _ string) error {
		_, err := l.Pin(context.Background(), "PIN", "2", "audit")
		return err
	}},
	"vacuum": {5, func(l *Lake, _ string) error {
		_, err := l.Vacuum(context.Background(), VacuumOptions{Run: "VACUUM", KeepCommits: 2, Apply: true})
		return err
	}},
	"compact": {crashNights + 1, func(l *Lake, _ string) error {
		eng, err := duckdb.Open(context.Background(), engine.Options{Threads: 1})
		if err != nil {
			return err
		}
		defer eng.Close()
		_, err = l.Compact(context.Background(), eng, CompactOptions{Run: "COMPACT", MinFiles: 2})
		return err
	}},
	"keep": {crashNights, keepSomething},
	"mend": {crashNights, mendSomething},
}

// keepSomething is what a run leaves beside the tables: a report, and parts for a later run.
func keepSomething(l *Lake, fixtures string) error {
	ctx := context.Background()
	lock, err := l.Lock("KEEP")
	if err != nil {
		return err
	}
	tx, _, err := l.Begin(ctx, lock, "KEEP")
	if err != nil {
		return errors.Join(err, lock.Close())
	}
	f, err := stage(tx, fixtures+"/static.src", "gold/kept", FileOptions{})
	if err == nil {
		err = tx.Keep("history", "2026-10-31", "key", []StagedFile{{File: f, Part: tx.staged[f.Path]}})
	}
	if err == nil {
		var found bool
		if _, found, err = tx.TakeUp("history", "2026-10-31", "key"); err == nil && !found {
			err = errors.New("what was kept is not there")
		}
	}
	return errors.Join(err, l.ForgetKept("history"), l.WriteRunFile("KEEP", "report.json", []byte("{}")), tx.Close(), lock.Close())
}

// mendSomething builds a file again that is whole, and puts it in the place of itself: the
// invariants must hold before and after every step.
func mendSomething(l *Lake, fixtures string) error {
	lock, err := l.Lock("MEND")
	if err != nil {
		return err
	}
	tx, _, err := l.Begin(context.Background(), lock, "MEND")
	if err != nil {
		return errors.Join(err, lock.Close())
	}
	f, err := stage(tx, fmt.Sprintf("%s/accounts.%d.src", fixtures, crashNights), "gold/accounts", FileOptions{})
	if err == nil {
		err = tx.replace(f.Path, tx.staged[f.Path])
	}
	return errors.Join(err, tx.Close(), lock.Close())
}

// crashLab is a prepared lake before the operation that crashes, and what that does when
// nothing happens.
type crashLab struct {
	*prepared
	op       string
	fixtures string
	states   map[int64]map[string]string // tables by version
	before   int64                       // the head at first
	last     int64                       // the head in the end
	steps    []string                    // hook calls
	files    []string                    // data files in the end
}

func newCrashLab(t *testing.T, fixtures, op string) *crashLab {
	nights := make([]int, crashOps[op].nights)
	for i := range nights {
		nights[i] = i + 1
	}
	lab := &crashLab{prepared: prepare(t, fixtures, nights...), op: op, fixtures: fixtures, states: map[int64]map[string]string{}}
	lab.before = int64(2 * len(nights))
	lab.reset(t)
	lab.steps = lab.run(t, 0)
	l, err := Open(lab.root, Options{})
	if err != nil {
		t.Fatal(err)
	}
	for c, err := range l.Log() {
		if err != nil {
			t.Fatal(err)
		}
		lab.states[c.Version] = c.Tables
		lab.last = max(lab.last, c.Version)
	}
	lab.files = dataFiles(t, l)
	return lab
}

// dataFiles are all files in table directories.
func dataFiles(t *testing.T, l *Lake) (out []string) {
	t.Helper()
	for _, layer := range append([]string{layerBronze}, projectedLayers...) {
		found, err := parquetBelow(l.path(layer))
		if err != nil {
			t.Fatal(err)
		}
		for rel := range found {
			out = append(out, layer+"/"+rel)
		}
	}
	slices.Sort(out)
	return out
}

// run runs the child and returns the steps it reached; at = 0 lets it finish.
func (lab *crashLab) run(t *testing.T, at int) []string {
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), crashRoot+"="+lab.root, crashSrc+"="+lab.fixtures, crashOp+"="+lab.op, crashAt+"="+strconv.Itoa(at))
	var stderr strings.Builder
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	var exit *exec.ExitError
	killed := errors.As(err, &exit) && exit.Sys().(syscall.WaitStatus).Signal() == syscall.SIGKILL
	if (err != nil && !killed) || killed != (at > 0) {
		t.Fatalf("child (%s, kill at %d): %v\n%s", lab.op, at, err, stderr.String())
	}
	return strings.Split(strings.TrimSpace(string(out)), "\n")
}

// crashPoints are the first and the last call of each step, before and after.
func crashPoints(steps []string) []int {
	var points []int
	for i, s := range steps {
		if slices.Index(steps, s) == i || !slices.Contains(steps[i+1:], s) {
			points = append(points, i+1)
		}
	}
	return points
}

// check holds the lake to its promises after a crash that happened at reached.
func (lab *crashLab) check(t *testing.T, reached []string) error {
	ctx := context.Background()
	l, err := Open(lab.root, Options{Now: later()})
	if err != nil {
		return err
	}
	l.keep = crashNights
	if err := lab.readerSeesOneState(l); err != nil {
		return fmt.Errorf("before recovery: %w", err)
	}
	if _, err := l.Recover(ctx); err != nil {
		return fmt.Errorf("recover: %w", err)
	}
	if again, err := l.Recover(ctx); err != nil || !again.Clean() {
		return fmt.Errorf("recover twice: %+v, %w", again, err)
	}
	r, err := l.Verify(ctx, false)
	if err != nil || !r.OK() {
		return fmt.Errorf("verify: %+v, %w", r.Problems, err)
	}
	head, err := l.Head()
	if err != nil {
		return err
	}
	acknowledged := lab.before
	for _, s := range reached {
		if s == "after "+string(StepSyncCommits) {
			acknowledged++
		}
	}
	if head.Version < acknowledged {
		return fmt.Errorf("version %d was acknowledged, the head is %d", acknowledged, head.Version)
	}
	if diff := cmp.Diff(lab.states[head.Version], head.Tables); diff != "" {
		return fmt.Errorf("version %d is not the state of an undisturbed run:\n%s", head.Version, diff)
	}
	return lab.again(t, l)
}

// again repeats the operation: the lake ends as if nothing had happened.
func (lab *crashLab) again(t *testing.T, l *Lake) error {
	if err := crashOps[lab.op].do(l, lab.fixtures); err != nil {
		return fmt.Errorf("again: %w", err)
	}
	head, err := l.Head()
	if err != nil {
		return err
	}
	if diff := cmp.Diff(lab.states[lab.last], head.Tables); diff != "" || head.Version != lab.last {
		return fmt.Errorf("after doing it again the head is %d, want %d:\n%s", head.Version, lab.last, diff)
	}
	if diff := cmp.Diff(lab.files, dataFiles(t, l)); diff != "" {
		return fmt.Errorf("after doing it again other files are there:\n%s", diff)
	}
	if r, err := l.Verify(context.Background(), true); err != nil || !r.OK() {
		return fmt.Errorf("verify after doing it again: %+v, %w", r.Problems, err)
	}
	return lab.readerSeesOneState(l)
}

// readerSeesOneState: what current points to is exactly the tables of one version,
// with its catalog, and nothing outside tables and releases looks like a table.
func (lab *crashLab) readerSeesOneState(l *Lake) error {
	v := l.currentRelease()
	c, err := l.Resolve(strconv.FormatInt(v, 10))
	if err != nil {
		return fmt.Errorf("current points to %d: %w", v, err)
	}
	links, err := l.releaseLinks(c)
	if err != nil {
		return err
	}
	if !l.releaseHolds(v, links) || !l.catalogHolds(v) {
		return fmt.Errorf("release %d is not that version", v)
	}
	hidden, err := parquetBelow(l.path(metaDir))
	if err != nil || len(hidden) > 0 {
		return fmt.Errorf("parquet files in %s: %v, %w", metaDir, hidden, err)
	}
	return nil
}

// faultsLong tells whether the long campaigns were asked for.
func faultsLong() bool { return os.Getenv("FAULTS") == "long" }

// faultsWhole tells whether every call of every operation is killed: in the whole suite it
// is, for the daily one the first and the last of a step are enough.
func faultsWhole() bool { return faultsLong() || !testing.Short() }

// crashPointsOf are the calls of an operation at which it is killed. Every day that is a
// run at the first and last call of each step, and the other operations at the steps that
// no other case has taken before.
func crashPointsOf(op string, steps []string, seen *sync.Map) (points []int) {
	if faultsWhole() {
		for i := range steps {
			points = append(points, i+1)
		}
		return points
	}
	for _, at := range crashPoints(steps) {
		if _, taken := seen.Load(steps[at-1]); !taken || op == "night" || strings.HasSuffix(steps[at-1], string(StepLinkCommit)) {
			points = append(points, at)
		}
	}
	return points
}

// TestKilledAtEveryStep kills real processes before and after their I/O, in the whole suite
// at every call of every operation, with the logs of Delta Lake among them.
func TestKilledAtEveryStep(t *testing.T) {
	fixtures := makeParquet(t, nightQueries(5))
	if faultsWhole() {
		if err := os.WriteFile(withDelta(fixtures), nil, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	var seen sync.Map
	for _, op := range []string{"night", "rollback", "pin", "vacuum", "compact", "keep", "mend"} {
		labs := []*crashLab{newCrashLab(t, fixtures, op)}
		if op == "night" || faultsWhole() {
			labs = append(labs, newCrashLab(t, fixtures, op))
		}
		points := crashPointsOf(op, labs[0].steps, &seen)
		t.Logf("%s: %d hook calls, killed at %d of them", op, len(labs[0].steps), len(points))
		t.Run(op, func(t *testing.T) {
			for w, lab := range labs {
				t.Run(strconv.Itoa(w), func(t *testing.T) {
					t.Parallel()
					for i := w; i < len(points); i += len(labs) {
						lab.reset(t)
						reached := lab.run(t, points[i])
						seen.Store(reached[len(reached)-1], true)
						if err := lab.check(t, reached); err != nil {
							t.Errorf("killed %s (call %d): %v", reached[len(reached)-1], points[i], err)
						}
					}
				})
			}
		})
	}
	// Those of recovery are the next test's.
	for _, s := range Steps() {
		for _, when := range []string{"before ", "after "} {
			if _, ok := seen.Load(when + string(s)); !ok && s != StepRemoveStray && s != StepSyncStray && !slices.Contains(deltaSteps, s) {
				t.Errorf("never killed %s%s", when, s)
			}
		}
	}
}

func TestKilledDuringRecovery(t *testing.T) {
	lab := newCrashLab(t, makeParquet(t, nightQueries(crashNights+1)), "night")
	// Dead after the second commit's files were linked: there is most to take back.
	dead := len(lab.steps) - slices.Index(reversed(lab.steps), "before "+string(StepLinkCommit))
	lab.reset(t)
	before := lab.run(t, dead)
	whole := lab.run(t, 0)
	recovery := whole[:slices.Index(whole, "after "+string(StepMakeStaging))]
	for _, s := range []Step{StepRemoveStray, StepSyncStray, StepRemoveStaging} {
		if !slices.Contains(recovery, "after "+string(s)) {
			t.Errorf("recovery did not take step %s: %v", s, recovery)
		}
	}
	points := crashPoints(recovery)
	if faultsWhole() {
		points = points[:0]
		for i := range recovery {
			points = append(points, i+1)
		}
	}
	t.Logf("recovery: %d hook calls, killed at %d of them", len(recovery), len(points))
	for _, at := range points {
		lab.reset(t)
		lab.run(t, dead)
		reached := lab.run(t, at)
		if err := lab.check(t, append(slices.Clone(before), reached...)); err != nil {
			t.Errorf("killed %s: %v", reached[len(reached)-1], err)
		}
	}
}

func reversed(s []string) []string {
	out := slices.Clone(s)
	slices.Reverse(out)
	return out
}
