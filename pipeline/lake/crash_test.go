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
)

// The crash tests run this test binary again as a child that does one run and kills
// itself at the n-th call of the step hook.
const (
	crashRoot = "LAKE_CRASH_ROOT"
	crashSrc  = "LAKE_CRASH_FIXTURES"
	crashAt   = "LAKE_CRASH_AT"
	// crashNights are published before the run that crashes, which prunes one of them.
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

// crashChild runs the night after crashNights, printing every step it reaches.
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
	l, err := Open(os.Getenv(crashRoot), Options{Now: clock(), Step: step})
	if err != nil {
		return err
	}
	l.keep = crashNights
	return runNight(l, os.Getenv(crashSrc), crashNights+1)
}

// crashLab is a prepared lake before the night that crashes, and what that night does
// when nothing happens.
type crashLab struct {
	*prepared
	fixtures string
	states   map[int64]map[string]string // tables by version
	steps    []string                    // hook calls
}

func newCrashLab(t *testing.T, fixtures string) *crashLab {
	nights := make([]int, crashNights)
	for i := range nights {
		nights[i] = i + 1
	}
	lab := &crashLab{prepared: prepare(t, fixtures, nights...), fixtures: fixtures, states: map[int64]map[string]string{}}
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
	}
	return lab
}

// run runs the child and returns the steps it reached; at = 0 lets it finish.
func (lab *crashLab) run(t *testing.T, at int) []string {
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), crashRoot+"="+lab.root, crashSrc+"="+lab.fixtures, crashAt+"="+strconv.Itoa(at))
	var stderr strings.Builder
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	var exit *exec.ExitError
	killed := errors.As(err, &exit) && exit.Sys().(syscall.WaitStatus).Signal() == syscall.SIGKILL
	if (err != nil && !killed) || killed != (at > 0) {
		t.Fatalf("child (kill at %d): %v\n%s", at, err, stderr.String())
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
func (lab *crashLab) check(reached []string) error {
	ctx := context.Background()
	l, err := Open(lab.root, Options{Now: clock()})
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
	acknowledged := int64(2 * crashNights)
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
	if err := runNight(l, lab.fixtures, crashNights+1); err != nil {
		return fmt.Errorf("run again: %w", err)
	}
	if head, err = l.Head(); err != nil {
		return err
	}
	if diff := cmp.Diff(lab.states[2*crashNights+2], head.Tables); diff != "" {
		return fmt.Errorf("after running again:\n%s", diff)
	}
	if r, err = l.Verify(ctx, true); err != nil || !r.OK() {
		return fmt.Errorf("verify after running again: %+v, %w", r.Problems, err)
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

func TestKilledAtEveryStep(t *testing.T) {
	fixtures := makeParquet(t, nightQueries(crashNights+1))
	labs := []*crashLab{newCrashLab(t, fixtures), newCrashLab(t, fixtures)}
	points := crashPoints(labs[0].steps)
	t.Logf("%d hook calls, killed at %d of them", len(labs[0].steps), len(points))
	var seen sync.Map
	t.Run("points", func(t *testing.T) {
		for w, lab := range labs {
			t.Run(strconv.Itoa(w), func(t *testing.T) {
				t.Parallel()
				for i := w; i < len(points); i += len(labs) {
					lab.reset(t)
					reached := lab.run(t, points[i])
					seen.Store(reached[len(reached)-1], true)
					if err := lab.check(reached); err != nil {
						t.Errorf("killed %s (call %d): %v", reached[len(reached)-1], points[i], err)
					}
				}
			})
		}
	})
	// Those of recovery are the next test's.
	for _, s := range Steps() {
		for _, when := range []string{"before ", "after "} {
			if _, ok := seen.Load(when + string(s)); !ok && s != StepRemoveStray && s != StepSyncStray {
				t.Errorf("never killed %s%s", when, s)
			}
		}
	}
}

func TestKilledDuringRecovery(t *testing.T) {
	lab := newCrashLab(t, makeParquet(t, nightQueries(crashNights+1)))
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
	for _, at := range crashPoints(recovery) {
		lab.reset(t)
		lab.run(t, dead)
		reached := lab.run(t, at)
		if err := lab.check(append(slices.Clone(before), reached...)); err != nil {
			t.Errorf("killed %s: %v", reached[len(reached)-1], err)
		}
	}
}

func reversed(s []string) []string {
	out := slices.Clone(s)
	slices.Reverse(out)
	return out
}
