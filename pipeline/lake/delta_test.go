package lake

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/parquet-go/parquet-go"

	"github.com/customer360/pipeline/pipeline/lake/delta"
)

const (
	deltaRoot = "LAKE_DELTA_ROOT"
	deltaSrc  = "LAKE_DELTA_FIXTURES"
	// deltaRuns are published before the run that crashes.
	deltaRuns = 5
)

// deltaQueries: a table that is replaced by every run, one that grows, one that stays,
// and a table whose columns change.
func deltaQueries() map[string]string {
	q := map[string]string{"still": rowsQuery("s", 4), "unportable": "SELECT 1::UBIGINT AS id"}
	for n := 1; n <= deltaRuns+1; n++ {
		q[fmt.Sprintf("whole.%d", n)] = rowsQuery("w", n)
		q[fmt.Sprintf("grows.%d", n)] = rowsQuery(fmt.Sprintf("g%d", n), 2)
		wide := "SELECT 'a' AS id, 1.50::DECIMAL(18,2) AS amount"
		if n >= 3 {
			wide += ", TIMESTAMPTZ '2026-01-02 03:04:05.678901Z' AS seen, ['x', NULL] AS tags, NULL::DOUBLE AS nothing"
		}
		q[fmt.Sprintf("wide.%d", n)] = wide
	}
	return q
}

func deltaColumns(n int) []Column {
	columns := slices.Clone(idName)
	if n >= 3 {
		columns = append(columns, Column{3, "seen", "TIMESTAMPTZ"}, Column{4, "tags", "VARCHAR[]"}, Column{5, "nothing", "DOUBLE"})
	}
	return columns
}

// deltaRun publishes one version. The last one takes every step there is on logs: a new
// table, a checkpoint, expired versions, a layer without logs.
func deltaRun(l *Lake, fixtures string, n int) error {
	l.every = 2
	p := Publish{Operation: "publish", Delta: []string{"gold", "silver"}, AsOf: fmt.Sprintf("2026-11-%02d", n)}
	if n > deltaRuns {
		p.Delta, p.KeepFrom = []string{"gold"}, 3
	}
	tx, done, err := beginRun(l, n)
	if err != nil {
		return err
	}
	head, err := l.Head()
	if err != nil || head != nil && head.Version >= int64(n) {
		return errors.Join(err, done())
	}
	p.Tables = map[string]Manifest{}
	one := func(table, src, storage string, columns []Column, o FileOptions) error {
		f, err := stage(tx, filepath.Join(fixtures, src+".src"), table, o)
		m := p.Tables[table]
		p.Tables[table] = Manifest{Storage: storage, Schema: columns, Files: append(m.Files, f)}
		return err
	}
	err = errors.Join(
		one("gold/whole", fmt.Sprintf("whole.%d", n), StorageSingle, idName, FileOptions{}),
		one("gold/still", "still", StorageSingle, idName, FileOptions{}),
		one("gold/wide", fmt.Sprintf("wide.%d", n), StorageSingle, deltaColumns(n), FileOptions{}),
		one("silver/account", "still", StorageSingle, idName, FileOptions{}))
	for i := 1; i <= n && err == nil; i++ {
		err = one("gold/grows", fmt.Sprintf("grows.%d", i), StorageState, idName, FileOptions{Partition: fmt.Sprintf("2026-%02d", i)})
	}
	if n > deltaRuns && err == nil {
		err = one("gold/late", "still", StorageSingle, idName, FileOptions{})
	}
	if err == nil {
		_, err = tx.Publish(context.Background(), p)
	}
	return errors.Join(err, done())
}

func beginRun(l *Lake, n int) (*Tx, func() error, error) {
	run := fmt.Sprintf("RUN%04d", n)
	lock, err := l.Lock(run)
	if err != nil {
		return nil, nil, err
	}
	tx, _, err := l.Begin(context.Background(), lock, run)
	if err != nil {
		return nil, nil, errors.Join(err, lock.Close())
	}
	return tx, func() error { return errors.Join(tx.Close(), lock.Close()) }, nil
}

func deltaLake(t *testing.T, fixtures string, runs int) *Lake {
	t.Helper()
	l := mustLake(t, Options{})
	for n := 1; n <= runs; n++ {
		if err := deltaRun(l, fixtures, n); err != nil {
			t.Fatalf("run %d: %v", n, err)
		}
	}
	return l
}

// logFiles are the bytes of all logs, by path.
func logFiles(t *testing.T, l *Lake) map[string]string {
	t.Helper()
	out := map[string]string{}
	err := filepath.WalkDir(l.root, func(p string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() || filepath.Base(filepath.Dir(p)) != delta.LogDir {
			return err
		}
		raw, err := os.ReadFile(p)
		rel, _ := filepath.Rel(l.root, p)
		out[rel] = string(raw)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func readLog(t *testing.T, l *Lake, table string, version int64) *delta.State {
	t.Helper()
	list, err := delta.List(l.deltaDir(table))
	if err != nil {
		t.Fatal(err)
	}
	if version < 0 {
		version = list.Tail()
	}
	s, err := list.Read(version, l.deltaOwner(table))
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestDeltaFollowsTheLake(t *testing.T) {
	t.Parallel()
	fixtures := makeParquet(t, deltaQueries())
	l := deltaLake(t, fixtures, deltaRuns)
	wantClean(t, l)
	for table, want := range map[string]int64{"gold/whole": 4, "gold/grows": 4, "gold/still": 0, "gold/wide": 1, "silver/account": 0} {
		if s := readLog(t, l, table, -1); s.Version != want {
			t.Errorf("%s: version %d of the log, want %d", table, s.Version, want)
		}
	}
	if s := readLog(t, l, "gold/grows", 2); len(s.Files()) != 3 || s.Lake != 3 {
		t.Errorf("gold/grows at version 2: %d files, version %d of the lake", len(s.Files()), s.Lake)
	}
	raw, err := os.ReadFile(filepath.Join(l.deltaDir("gold/wide"), delta.CommitName(1)))
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		`\"elementType\":\"string\"`, `{\"name\":\"seen\",\"type\":\"timestamp\"`, `"txn":{"appId":"customer360-lake-` + l.id + `","version":3,`,
		`\"minValues\":{\"id\":\"a\",\"amount\":1.50,\"seen\":\"2026-01-02T03:04:05.678Z\"}`, `\"maxValues\":{\"id\":\"a\",\"amount\":1.50,\"seen\":\"2026-01-02T03:04:05.679Z\"}`,
		`\"nullCount\":{\"id\":0,\"amount\":0,\"seen\":0,\"nothing\":1}`,
	} {
		if !strings.Contains(string(raw), want) {
			t.Errorf("the second version of gold/wide lacks %s:\n%s", want, raw)
		}
	}
	info, err := os.Stat(filepath.Join(l.deltaDir("gold/wide"), delta.CommitName(1)))
	if c, _ := l.Resolve("3"); err != nil || !info.ModTime().Equal(c.CreatedAt) {
		t.Errorf("time of the log's version: %v, %v", info.ModTime(), err)
	}
	before := logFiles(t, l)
	if r, err := l.Recover(context.Background()); err != nil || !r.Clean() {
		t.Errorf("recover found work: %+v, %v", r, err)
	}

	// Logs are derived: made again from the commits they are the same, byte by byte.
	for table := range map[string]bool{"gold/whole": true, "gold/wide": true, "gold/grows": true, "silver/account": true} {
		if err := os.RemoveAll(l.deltaDir(table)); err != nil {
			t.Fatal(err)
		}
	}
	if r := mustVerify(t, l, true); len(r.Problems) != 4 || r.Problems[0].Code != ProblemDelta {
		t.Errorf("verify without logs: %+v", r.Problems)
	}
	r, err := l.Recover(context.Background())
	if err != nil || len(r.Delta) != 4 {
		t.Fatalf("recover: %+v, %v", r, err)
	}
	if diff := cmp.Diff(before, logFiles(t, l)); diff != "" {
		t.Errorf("logs made again:\n%s", diff)
	}
	wantClean(t, l)
}

func TestDeltaCompactRollbackDrop(t *testing.T) {
	t.Parallel()
	fixtures := makeParquet(t, deltaQueries())
	l := deltaLake(t, fixtures, 2)
	old, err := l.Resolve("1")
	if err != nil {
		t.Fatal(err)
	}
	s, _ := l.Snapshot(old)
	m, err := s.Manifest("gold/grows")
	if err != nil {
		t.Fatal(err)
	}
	for _, step := range []struct {
		p      Publish
		files  int
		expect string
	}{
		{Publish{Operation: "rollback", Tables: map[string]Manifest{"gold/grows": *m}}, 1, `"operation":"RESTORE"`},
		{Publish{Operation: "drop", Drop: []string{"gold/grows"}}, 0, `"operation":"DELETE"`},
		{Publish{Operation: "compact", Tables: map[string]Manifest{"gold/grows": *m}}, 1, `"dataChange":false`},
	} {
		tx, done, err := beginRun(l, 9)
		if err != nil {
			t.Fatal(err)
		}
		_, err = tx.Publish(context.Background(), step.p)
		if err := errors.Join(err, done()); err != nil {
			t.Fatal(err)
		}
		state := readLog(t, l, "gold/grows", -1)
		raw, err := os.ReadFile(filepath.Join(l.deltaDir("gold/grows"), delta.CommitName(state.Version)))
		if err != nil || len(state.Files()) != step.files || !strings.Contains(string(raw), step.expect) {
			t.Errorf("%s: %d files, %v\n%s", step.p.Operation, len(state.Files()), err, raw)
		}
		wantClean(t, l)
	}
}

// TestDeltaForeignCommit: a log that another program wrote into, or that is damaged,
// stops whatever would write, with a hint; verify names it; moved away, it is made again.
func TestDeltaForeignCommit(t *testing.T) {
	t.Parallel()
	fixtures := makeParquet(t, deltaQueries())
	l := deltaLake(t, fixtures, 3)
	dir := l.deltaDir("gold/whole")
	flip := func(name string) func() error {
		return func() error {
			file := filepath.Join(dir, name)
			raw, err := os.ReadFile(file)
			if err != nil {
				return err
			}
			raw[len(raw)/2] ^= 1
			return errors.Join(os.Remove(file), os.WriteFile(file, raw, 0o644))
		}
	}
	for name, c := range map[string]struct {
		harm  func() error
		stops error // nil = only verify finds it
	}{
		"a commit": {func() error {
			return os.WriteFile(filepath.Join(dir, delta.CommitName(3)), []byte(`{"commitInfo":{"operation":"OPTIMIZE","engineInfo":"Other/1.0"}}`+"\n"), 0o644)
		}, delta.ErrForeign},
		"the log of another table": {func() error {
			return errors.Join(os.RemoveAll(dir), os.CopyFS(dir, os.DirFS(l.deltaDir("gold/grows"))))
		}, nil},
		"a hole":                    {func() error { return os.Remove(filepath.Join(dir, delta.CommitName(1))) }, delta.ErrDamaged},
		"an empty version":          {func() error { return os.Truncate(filepath.Join(dir, delta.CommitName(2)), 0) }, delta.ErrDamaged},
		"a flipped bit":             {flip(delta.CommitName(2)), delta.ErrDamaged},
		"a flipped bit of the past": {flip(delta.CommitName(1)), nil},
		"a flipped checkpoint":      {flip(delta.CheckpointName(2)), nil},
		"a foreign checkpoint":      {func() error { return foreignCheckpoint(dir, 2) }, delta.ErrForeign},
		"one where none is due":     {func() error { return foreignCheckpoint(dir, 1) }, delta.ErrForeign},
		"a checkpoint in two parts": {func() error {
			return os.WriteFile(filepath.Join(dir, "00000000000000000001.checkpoint.0000000001.0000000002.parquet"), nil, 0o644)
		}, delta.ErrForeign},
		"a pointer of another program": {pointTo(dir, `{"version":2,"size":4}`), delta.ErrForeign},
		"a pointer to other bytes":     {pointTo(dir, `{"version":2,"size":4,"sizeInBytes":1,"numOfAddFiles":1}`), delta.ErrDamaged},
		"a pointer to nothing":         {pointTo(dir, `{"version":1,"size":4,"sizeInBytes":1,"numOfAddFiles":1}`), delta.ErrDamaged},
		"a checkpoint of no version":   {func() error { return os.WriteFile(filepath.Join(dir, delta.CheckpointName(7)), nil, 0o644) }, delta.ErrForeign},
	} {
		t.Run(name, func(t *testing.T) {
			if err := c.harm(); err != nil {
				t.Fatal(err)
			}
			if c.stops != nil && mustVerify(t, l, true).OK() {
				t.Error("verify --quick is clean")
			}
			if r := mustVerify(t, l, false); r.OK() || r.Problems[0].Code != ProblemDelta || r.Problems[0].Hint == "" {
				t.Errorf("verify: %+v", r.Problems)
			}
			_, err := l.Recover(context.Background())
			var told interface{ Hint() string }
			if c.stops != nil && (!errors.Is(err, c.stops) || !errors.As(err, &told) || !strings.Contains(told.Hint(), "move the directory _delta_log away")) {
				t.Errorf("recover: %v", err)
			}
			if c.stops != nil {
				if err := deltaRun(l, fixtures, 4); !errors.Is(err, c.stops) {
					t.Errorf("run: %v", err)
				}
			}
			if err := os.RemoveAll(dir); err != nil {
				t.Fatal(err)
			}
			if _, err := l.Recover(context.Background()); err != nil {
				t.Fatal(err)
			}
			wantClean(t, l)
		})
	}
}

// foreignCheckpoint is what another program's checkpoint looks like, with its pointer.
func foreignCheckpoint(dir string, version int64) error {
	var b bytes.Buffer
	w := parquet.NewGenericWriter[struct{ A int }](&b, parquet.CreatedBy("parquet-rs", "58.0", ""))
	if err := errors.Join(w.Close(), os.RemoveAll(filepath.Join(dir, delta.CheckpointName(version)))); err != nil {
		return err
	}
	last := fmt.Sprintf(`{"version":%d,"size":4,"sizeInBytes":%d,"numOfAddFiles":1}`, version, b.Len())
	return errors.Join(os.WriteFile(filepath.Join(dir, delta.CheckpointName(version)), b.Bytes(), 0o644), pointTo(dir, last)())
}

func pointTo(dir, content string) func() error {
	return func() error {
		file := filepath.Join(dir, delta.LastCheckpoint)
		if err := os.Remove(file); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
		return os.WriteFile(file, []byte(content), 0o644)
	}
}

// TestDeltaForeignLogHoldsUpNoOther: a run does not begin beside a foreign log. If one
// turns foreign under a run, the version is published and the error says what lags.
func TestDeltaForeignLogHoldsUpNoOther(t *testing.T) {
	t.Parallel()
	fixtures := makeParquet(t, deltaQueries())
	l := deltaLake(t, fixtures, 3)
	dir := l.deltaDir("gold/grows") // before others in every order
	if err := foreignCheckpoint(dir, 1); err != nil {
		t.Fatal(err)
	}
	// Others are brought forward even so.
	if err := os.RemoveAll(l.deltaDir("gold/whole")); err != nil {
		t.Fatal(err)
	}
	_, _, err := beginRun(l, 4)
	var logs *DeltaError
	if !errors.As(err, &logs) || !errors.Is(err, delta.ErrForeign) || !slices.Equal(logs.Tables, []string{"gold/grows"}) ||
		!strings.Contains(err.Error(), `the Delta log of gold/grows cannot be carried on: `) || !strings.Contains(err.Error(), "parquet-rs") ||
		!strings.Contains(logs.Hint(), "move the directory _delta_log away") {
		t.Errorf("begin: %v", err)
	}
	if s := readLog(t, l, "gold/whole", -1); s.Lake != 3 {
		t.Errorf("gold/whole shows version %d", s.Lake)
	}
	mend := func() {
		t.Helper()
		if err := os.Rename(dir, filepath.Join(t.TempDir(), "log")); err != nil {
			t.Fatal(err)
		}
		if r, err := l.Recover(context.Background()); err != nil || !slices.Equal(r.Delta, []string{"gold/grows"}) {
			t.Fatalf("recover: %+v, %v", r, err)
		}
		wantClean(t, l)
	}
	mend()

	l.disk.step = func(at string) error {
		if at == "before "+string(StepRenameCurrent) {
			return foreignCheckpoint(dir, 1)
		}
		return nil
	}
	err = deltaRun(l, fixtures, 4)
	l.disk.step = nil
	var late *ProjectionError
	if !errors.As(err, &late) || !strings.Contains(err.Error(), "version 4 is published and current shows it, but the Delta log of gold/grows cannot") ||
		!strings.Contains(late.Hint(), "move the directory _delta_log away") || strings.Contains(late.Hint(), "or the next run") {
		t.Errorf("publish: %v", err)
	}
	if s := readLog(t, l, "gold/whole", -1); s.Lake != 4 || l.currentRelease() != 4 {
		t.Errorf("gold/whole shows version %d, current %d", s.Lake, l.currentRelease())
	}
	mend()
}

func TestDeltaErrorShortensLists(t *testing.T) {
	t.Parallel()
	e := &DeltaError{Tables: []string{"gold/a", "gold/b", "gold/c", "gold/d"}, Err: errors.Join(errors.New("one"), errors.New("two"))}
	if got := e.Error(); got != "the Delta logs of gold/a, gold/b, gold/c and 1 more cannot be carried on: one" {
		t.Error(got)
	}
}

func TestDeltaOfUnportableColumns(t *testing.T) {
	t.Parallel()
	fixtures := makeParquet(t, deltaQueries())
	l := deltaLake(t, fixtures, 1)
	tx, done, err := beginRun(l, 2)
	if err != nil {
		t.Fatal(err)
	}
	f, err := stage(tx, filepath.Join(fixtures, "unportable.src"), "bronze/crm/odd", FileOptions{})
	if err != nil {
		t.Fatal(err)
	}
	_, err = tx.Publish(context.Background(), Publish{Delta: []string{"gold", "bronze"}, Tables: map[string]Manifest{
		"bronze/crm/odd": {Storage: StorageAppend, Schema: []Column{{1, "id", "UBIGINT"}}, Files: []File{f}}}})
	if err := errors.Join(err, done()); err != nil {
		t.Fatal(err)
	}
	r := mustVerify(t, l, false)
	if !r.OK() || !slices.ContainsFunc(r.Notes, func(n string) bool { return strings.Contains(n, "bronze/crm/odd has no Delta log") }) {
		t.Errorf("verify: %+v", r)
	}
}

// TestDeltaTrimmed: what vacuum may take ages out of the logs first.
func TestDeltaTrimmed(t *testing.T) {
	t.Parallel()
	l := deltaLake(t, makeParquet(t, deltaQueries()), deltaRuns+1)
	wantClean(t, l)
	list, err := delta.List(l.deltaDir("gold/whole"))
	if err != nil || list.First() != 2 || list.Tail() != 5 || list.Commits[0] != 2 {
		t.Errorf("log that keeps version 3 of the lake: %+v, %v", list, err)
	}
	if s := readLog(t, l, "gold/whole", 2); s.Lake != 3 || len(s.Files()) != 1 {
		t.Errorf("oldest version of the log: %+v", s)
	}
	if _, err := os.Stat(l.deltaDir("silver/account")); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("log of a layer without logs: %v", err)
	}
	if s := readLog(t, l, "gold/still", -1); s.Version != 0 {
		t.Errorf("log of an unchanged table: version %d", s.Version)
	}
}

// TestDeltaKilledAtEveryStep kills a run at every step on logs. Recovery gives the logs
// of an undisturbed run, byte by byte.
func TestDeltaKilledAtEveryStep(t *testing.T) {
	t.Parallel()
	if os.Getenv(deltaRoot) != "" {
		deltaChild(t)
		return
	}
	fixtures := makeParquet(t, deltaQueries())
	base := t.TempDir()
	p := &prepared{template: filepath.Join(base, "template"), root: filepath.Join(base, "lake")}
	l, err := Create(p.root, Options{Now: clock()})
	if err != nil {
		t.Fatal(err)
	}
	for n := 1; n <= deltaRuns; n++ {
		if err := deltaRun(l, fixtures, n); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Rename(p.root, p.template); err != nil {
		t.Fatal(err)
	}
	run := func(at int) []string {
		cmd := exec.Command(os.Args[0], "-test.run", "^"+t.Name()+"$")
		cmd.Env = append(os.Environ(), deltaRoot+"="+p.root, deltaSrc+"="+fixtures, crashAt+"="+strconv.Itoa(at))
		out, err := cmd.Output()
		var exit *exec.ExitError
		if killed := errors.As(err, &exit) && exit.Sys().(syscall.WaitStatus).Signal() == syscall.SIGKILL; killed != (at > 0) {
			t.Fatalf("child, kill at %d: %v\n%s", at, err, out)
		}
		var steps []string
		for line := range strings.Lines(string(out)) {
			if step, ok := strings.CutPrefix(line, "step "); ok {
				steps = append(steps, strings.TrimSpace(step))
			}
		}
		return steps
	}
	p.reset(t)
	steps := run(0)
	whole, err := Open(p.root, Options{Now: clock()})
	if err != nil {
		t.Fatal(err)
	}
	want := logFiles(t, whole)
	killed, times := map[string]bool{}, 0
	for i, step := range steps {
		at := i + 1
		// The first call of each step, and the last where half-way is a state; or all.
		first, last := slices.Index(steps, step) == i, !slices.Contains(steps[at:], step)
		if !strings.HasSuffix(step, "-delta") || !faultsWhole() && !first && !(last && strings.Contains(step, string(StepLinkDelta))) {
			continue
		}
		killed[steps[at-1]] = true
		times++
		l := p.reset(t)
		run(at)
		l.every = 2
		if _, err := l.Recover(context.Background()); err != nil {
			t.Fatalf("killed %s: %v", steps[at-1], err)
		}
		if r := mustVerify(t, l, true); !r.OK() {
			t.Errorf("killed %s: %+v", steps[at-1], r.Problems)
		}
		if diff := cmp.Diff(want, logFiles(t, l)); diff != "" {
			t.Errorf("killed %s: logs differ\n%s", steps[at-1], diff)
		}
	}
	t.Logf("killed at %d of %d hook calls", times, len(steps))
	for _, s := range deltaSteps {
		if !killed["before "+string(s)] || !killed["after "+string(s)] {
			t.Errorf("never killed at %s", s)
		}
	}
}

var deltaSteps = []Step{StepWriteDelta, StepMakeDelta, StepLinkDelta, StepSyncDelta, StepPointDelta, StepTrimDelta, StepForgetDelta}

func deltaChild(t *testing.T) {
	at, err := strconv.Atoi(os.Getenv(crashAt))
	if err != nil {
		t.Fatal(err)
	}
	calls := 0
	now := clock()
	for range deltaRuns + 1 { // the time at which an undisturbed run would be
		now()
	}
	l, err := Open(os.Getenv(deltaRoot), Options{Now: now, Step: func(name string) error {
		fmt.Println("step " + name)
		if calls++; calls == at {
			_ = syscall.Kill(os.Getpid(), syscall.SIGKILL)
			select {}
		}
		return nil
	}})
	if err != nil {
		t.Fatal(err)
	}
	if err := deltaRun(l, os.Getenv(deltaSrc), deltaRuns+1); err != nil {
		t.Fatal(err)
	}
}
