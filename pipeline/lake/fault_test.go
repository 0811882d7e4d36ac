package lake

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"pgregory.net/rapid"
)

func TestSecondWriter(t *testing.T) {
	l := mustLake(t, Options{})
	lock, err := l.Lock("RUN0001")
	if err != nil {
		t.Fatal(err)
	}
	_, err = l.Lock("RUN0002")
	var locked *LockedError
	if !errors.As(err, &locked) || locked.Run != "RUN0001" || locked.PID != os.Getpid() || locked.Since.IsZero() {
		t.Fatalf("second lock: %+v, %v", locked, err)
	}
	if _, err := l.Recover(context.Background()); !errors.As(err, &locked) {
		t.Errorf("recover under a run: %v", err)
	}
	if _, err := l.Relocate(context.Background()); !errors.As(err, &locked) {
		t.Errorf("relocate under a run: %v", err)
	}
	if err := lock.Close(); err != nil {
		t.Fatal(err)
	}
	if _, alive := l.Holder(); alive {
		t.Error("a released lock has a holder")
	}
	if lock, err = l.Lock("RUN0002"); err != nil {
		t.Fatal(err)
	}
	lock.Close()
	if _, _, err := l.Begin(context.Background(), lock, "RUN0002"); err == nil {
		t.Error("began under a released lock")
	}
}

// TestLostRace: a version that appears in spite of the lock is found at the commit
// point and nothing of the loser stays.
func TestLostRace(t *testing.T) {
	fixtures := makeParquet(t, nightQueries(2))
	l := mustLake(t, Options{})
	mustRun(t, l, fixtures, 1)
	other, err := Open(l.Root(), Options{Now: clock()})
	if err != nil {
		t.Fatal(err)
	}
	fired := false
	l.disk.step = func(at string) error {
		if at != "before "+string(StepLinkCommit) || fired {
			return nil
		}
		fired = true
		if err := os.Remove(l.path(lockFile)); err != nil { // as on a file system whose locks do not work
			return err
		}
		// Not Begin: that would sweep the run at work. Publish alone is what races.
		tx := &Tx{lake: other, run: "OTHER", dir: other.path(tmpDir, "OTHER"), staged: map[string]string{}, added: map[string]File{}}
		if err := os.Mkdir(tx.dir, 0o755); err != nil {
			return err
		}
		if _, err := tx.Publish(context.Background(), Publish{Operation: "race"}); err != nil {
			return err
		}
		return tx.Close()
	}
	if err := runNight(l, fixtures, 2); !errors.Is(err, ErrConflict) {
		t.Fatalf("lost race: %v", err)
	}
	l.disk.step = nil
	if head, err := l.Head(); err != nil || head.Run != "OTHER" || head.Version != 3 {
		t.Fatalf("head: %+v, %v", head, err)
	}
	wantClean(t, l)
}

// TestFailureAtEveryStep: an error from any step leaves the old or the new state, and
// says which; Close leaves nothing behind, without recovery.
func TestFailureAtEveryStep(t *testing.T) {
	fixtures := makeParquet(t, nightQueries(2))
	p := prepare(t, fixtures, 1)
	for _, s := range Steps() {
		points := []string{"before " + string(s)}
		if s == StepLinkCommit || s == StepSyncCommits {
			points = append(points, "after "+string(s)) // the outcome is the other one
		}
		for _, at := range points {
			l := p.reset(t)
			fired := false
			l.disk.step = func(step string) error {
				if step != at || fired {
					return nil
				}
				fired = true
				return &fs.PathError{Op: "inject", Path: at, Err: syscall.ENOSPC}
			}
			err := runNight(l, fixtures, 2)
			if !fired {
				continue // a step that a run without pruning or strays does not take
			}
			if !errors.Is(err, syscall.ENOSPC) || !errors.Is(err, ErrNoSpace) && !errors.Is(err, ErrUnknownOutcome) {
				t.Errorf("%s: %v", at, err)
			}
			l.disk.step = nil
			wantAfterFailure(t, l, at, fixtures)
		}
	}
}

func wantAfterFailure(t *testing.T, l *Lake, at, fixtures string) {
	t.Helper()
	ctx := context.Background()
	r, err := l.Verify(ctx, false)
	if err != nil {
		t.Fatalf("%s: %v", at, err)
	}
	for _, p := range r.Problems {
		if p.Code != ProblemProjection && p.Code != ProblemLeftover {
			t.Errorf("%s: %+v", at, p)
		}
	}
	if _, err := l.Recover(ctx); err != nil {
		t.Fatalf("%s: recover: %v", at, err)
	}
	if err := runNight(l, fixtures, 2); err != nil {
		t.Fatalf("%s: run again: %v", at, err)
	}
	if head, err := l.Head(); err != nil || head.Version != 4 {
		t.Errorf("%s: head %+v, %v", at, head, err)
	}
	if r := mustVerify(t, l, true); !r.OK() {
		t.Errorf("%s: %+v", at, r.Problems)
	}
}

func TestProjectionErrorNamesTheVersion(t *testing.T) {
	fixtures := makeParquet(t, nightQueries(1))
	l := mustLake(t, Options{Step: func(at string) error {
		if at == "before "+string(StepLinkRelease) {
			return syscall.EPERM
		}
		return nil
	}})
	var pe *ProjectionError
	if err := runNight(l, fixtures, 1); !errors.As(err, &pe) || pe.Version != 2 || !errors.Is(err, ErrNoHardLinks) {
		t.Fatalf("%v", err)
	}
	if head, err := l.Head(); err != nil || head.Version != 2 {
		t.Fatalf("the commit stays: %+v, %v", head, err)
	}
}

func TestCancelledBeforeTheCommit(t *testing.T) {
	fixtures := makeParquet(t, nightQueries(2))
	l := mustLake(t, Options{})
	mustRun(t, l, fixtures, 1)
	ctx, cancel := context.WithCancel(context.Background())
	lock, _ := l.Lock("RUN0002")
	defer lock.Close()
	tx, _, err := l.Begin(ctx, lock, "RUN0002")
	if err != nil {
		t.Fatal(err)
	}
	l.disk.step = func(at string) error {
		if at == "after "+string(StepSyncManifests) {
			cancel()
		}
		return nil
	}
	if err := publishRest(ctx, l, tx, fixtures, 2); !errors.Is(err, context.Canceled) {
		t.Fatalf("publish: %v", err)
	}
	if err := tx.Close(); err != nil {
		t.Fatal(err)
	}
	if head, _ := l.Head(); head.Version != 2 {
		t.Errorf("head %d", head.Version)
	}
	lock.Close()
	wantClean(t, l)
}

// TestSweepKeepsWhatItCannotJudge: with the chain unreadable, nothing is removed.
func TestSweepKeepsWhatItCannotJudge(t *testing.T) {
	fixtures := makeParquet(t, nightQueries(3))
	l := mustLake(t, Options{})
	mustRun(t, l, fixtures, 1, 2)
	boom := errors.New("boom")
	l.disk.step = func(at string) error {
		if at == "before "+string(StepLinkCommit) {
			flip(t, l.path(commitsDir, commitFile(2)), 100)
			return boom
		}
		return nil
	}
	if err := runNight(l, fixtures, 3); !errors.Is(err, boom) || !errors.Is(err, ErrCorrupt) {
		t.Fatalf("%v", err)
	}
	l.disk.step = nil
	for _, keep := range []string{"bronze/crm/account/bronze_account_RUN0003_1.parquet", tmpDir + "/RUN0003/intent.json"} {
		if _, err := os.Stat(l.path(keep)); err != nil {
			t.Errorf("%s is gone: %v", keep, err)
		}
	}
	flip(t, l.path(commitsDir, commitFile(2)), 100) // restored from a backup
	r, err := l.Recover(context.Background())
	if err != nil || len(r.Runs) != 1 || len(r.Removed) == 0 {
		t.Fatalf("recover: %+v, %v", r, err)
	}
	wantClean(t, l)
}

// TestReadOnlyLake reads from a lake without write permission, and fails to lock it.
func TestReadOnlyLake(t *testing.T) {
	if os.Getuid() == 0 {
		readOnlyAsNobody(t)
		return
	}
	fixtures := makeParquet(t, nightQueries(1))
	l := mustLake(t, Options{})
	mustRun(t, l, fixtures, 1)
	freeze(t, l.Root())
	wantReadOnly(t, l.Root())
}

func freeze(t *testing.T, root string) {
	var dirs []string
	err := filepath.WalkDir(root, func(p string, e fs.DirEntry, err error) error {
		if err == nil && e.IsDir() {
			dirs = append(dirs, p)
		} else if err == nil && filepath.Base(p) == "lock" {
			err = os.Chmod(p, 0o444)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, d := range dirs {
		if err := os.Chmod(d, 0o555); err != nil {
			t.Fatal(err)
		}
	}
	t.Cleanup(func() {
		for _, d := range dirs {
			os.Chmod(d, 0o755)
		}
	})
}

func wantReadOnly(t *testing.T, root string) {
	t.Helper()
	l, err := Open(root, Options{Now: clock()})
	if err != nil {
		t.Fatal(err)
	}
	for _, quick := range []bool{true, false} {
		if r, err := l.Verify(context.Background(), quick); err != nil || !r.OK() {
			t.Errorf("verify (quick %v): %+v, %v", quick, r.Problems, err)
		}
	}
	v, err := l.View("")
	if err != nil {
		t.Fatal(err)
	}
	if files, err := v.Files("gold/accounts"); err != nil || len(files) != 1 {
		t.Errorf("files: %v, %v", files, err)
	}
	_, err = l.Lock("RUN0002")
	var e *Error
	if !errors.Is(err, ErrReadOnly) || !errors.As(err, &e) || e.Hint() == "" {
		t.Errorf("lock: %v", err)
	}
	if _, err := Create(filepath.Join(root, "below"), Options{Now: clock()}); !errors.Is(err, ErrReadOnly) {
		t.Errorf("create: %v", err)
	}
}

func TestAssignIDs(t *testing.T) {
	name := rapid.SampledFrom(strings.Split("a b c d e f g h i j k A B", " "))
	columns := rapid.Custom(func(t *rapid.T) []Column {
		names := rapid.SliceOfNDistinct(name, 1, 8, strings.ToLower).Draw(t, "names")
		out := make([]Column, len(names))
		for i, n := range names {
			out[i] = Column{Name: n, Type: "VARCHAR"}
		}
		return out
	})
	rapid.Check(t, func(t *rapid.T) {
		ids := map[string]int{} // every name's id, for ever
		var prev *Manifest
		for i := range rapid.IntRange(1, 6).Draw(t, "versions") {
			next := Manifest{Table: "gold/t", Storage: StorageSingle, Schema: AssignIDs(prev, columns.Draw(t, fmt.Sprint("v", i))),
				Files: []File{{Path: "gold/t/t.parquet"}}}
			used := map[int]string{}
			for n, id := range ids {
				used[id] = n
			}
			for _, c := range next.Schema {
				n := strings.ToLower(c.Name)
				if id, ok := ids[n]; ok && id != c.ID {
					t.Fatalf("%s had id %d, now %d", n, id, c.ID)
				}
				if other, ok := used[c.ID]; ok && other != n || c.ID < 1 {
					t.Fatalf("%s got id %d of %s", n, c.ID, other)
				}
				ids[n], used[c.ID] = c.ID, n
			}
			settled, err := next.settle("gold/t", prev, false)
			if err != nil {
				t.Fatal(err)
			}
			if len(settled.Dropped)+len(settled.Schema) != len(ids) {
				t.Fatalf("%d dropped and %d present of %d", len(settled.Dropped), len(settled.Schema), len(ids))
			}
			prev = &settled
		}
	})
}

func TestWatermarkSegmentsStay(t *testing.T) {
	w := Watermark{Kind: WatermarkFiles, Files: map[string]FileMark{}}
	for i := range 2*segmentSize + 3 {
		w.Files[fmt.Sprintf("h%d", i)] = FileMark{Name: "f", FileNo: int64(i + 1)}
	}
	first := w.segments()
	w.Files["new"] = FileMark{Name: "f", FileNo: 1 << 40}
	second := w.segments()
	if len(first) != 3 || len(second) != 3 {
		t.Fatalf("%d and %d segments", len(first), len(second))
	}
	for i := range first {
		a, _ := encodeJSON(first[i])
		b, _ := encodeJSON(second[i])
		if same := string(a) == string(b); same != (i < 2) {
			t.Errorf("segment %d: same %v", i, same)
		}
	}
	l := mustLake(t, Options{})
	publishOne(t, l, "R1", Publish{Watermarks: map[string]Watermark{"a/b": w}}, nil)
	head, _ := l.Head()
	if got, err := l.Watermarks(head); err != nil || len(got["a/b"].Files) != len(w.Files) || got["a/b"].Files["new"] != w.Files["new"] {
		t.Errorf("%v", err)
	}
	wantClean(t, l)
}

// readOnlyAsNobody runs the test as a user whom permissions bind.
func readOnlyAsNobody(t *testing.T) {
	dir, err := os.MkdirTemp("", "lake-nobody")
	if err != nil {
		t.Fatal(err)
	}
	defer os.RemoveAll(dir)
	binary := filepath.Join(dir, "lake.test")
	if err := errors.Join(os.Chmod(dir, 0o777), os.Link(os.Args[0], binary), os.Chmod(binary, 0o755)); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(binary, "-test.run=^TestReadOnlyLake$", "-test.v")
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "TMPDIR="+dir, "HOME="+dir)
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: 65534, Gid: 65534}}
	out, err := cmd.CombinedOutput()
	if err != nil || !strings.Contains(string(out), "--- PASS: TestReadOnlyLake") {
		t.Fatalf("as another user: %v\n%s", err, out)
	}
}
