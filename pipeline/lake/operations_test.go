package lake

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/customer360/pipeline/pipeline/engine"
	"github.com/customer360/pipeline/pipeline/engine/duckdb"
)

func openEngine(tb testing.TB) engine.Engine {
	tb.Helper()
	eng, err := duckdb.Open(context.Background(), engine.Options{Threads: 1})
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { eng.Close() })
	return eng
}

func mustHead(tb testing.TB, l *Lake) *Commit {
	tb.Helper()
	head, err := l.Head()
	if err != nil {
		tb.Fatal(err)
	}
	return head
}

// TestRollback: an old map becomes current in a new version, bronze stays, and the next
// run goes on from there.
func TestRollback(t *testing.T) {
	fixtures := makeParquet(t, nightQueries(3))
	p := prepare(t, fixtures, 1, 2, 3)
	l := p.reset(t)
	old, _ := l.Resolve("4")
	before := mustHead(t, l)
	dry, err := l.Rollback(t.Context(), "4", RollbackOptions{Run: "DRY", DryRun: true})
	if err != nil || dry.Version != 0 || len(dry.Changed) == 0 || !slices.Equal(dry.Dropped, []string{"gold/late"}) {
		t.Fatalf("dry run: %+v, %v", dry, err)
	}
	if mustHead(t, l).Version != before.Version {
		t.Fatal("a dry run made a version")
	}
	r, err := l.Rollback(t.Context(), "4", RollbackOptions{Run: "BACK"})
	if err != nil || r.Version != 7 {
		t.Fatalf("%+v, %v", r, err)
	}
	head := mustHead(t, l)
	if diff := cmp.Diff(projected(old.Tables), projected(head.Tables)); diff != "" {
		t.Error(diff)
	}
	if head.Tables["bronze/crm/account"] != before.Tables["bronze/crm/account"] || !cmp.Equal(head.Watermarks, before.Watermarks) {
		t.Error("bronze went back too")
	}
	if head.AsOf != old.AsOf || !maps.Equal(head.Fingerprints, old.Fingerprints) || l.currentRelease() != 7 {
		t.Errorf("head %+v, current %d", head, l.currentRelease())
	}
	wantClean(t, l)
	if again, err := l.Rollback(t.Context(), "4", RollbackOptions{Run: "AGAIN"}); err != nil || again.Version != 0 {
		t.Errorf("a second rollback to the same made version %d, %v", again.Version, err)
	}
	for at, want := range map[string]string{"1": "nothing to read", "99": "no such version", "": "no such version", "2020-01-01": "no version is that old"} {
		if _, err := l.Rollback(t.Context(), at, RollbackOptions{Run: "BAD"}); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("to %q: %v", at, err)
		}
	}
}

func TestRollbackWithBronze(t *testing.T) {
	fixtures := makeParquet(t, nightQueries(3))
	l := prepare(t, fixtures, 1, 2, 3).reset(t)
	old, _ := l.Resolve("4")
	if _, err := l.Rollback(t.Context(), "4", RollbackOptions{Run: "BACK", IncludeBronze: true}); err != nil {
		t.Fatal(err)
	}
	head := mustHead(t, l)
	if !cmp.Equal(head.Tables, old.Tables) || !cmp.Equal(head.Watermarks, old.Watermarks) || head.NextFileNo != 4 {
		t.Errorf("%+v", head)
	}
	wantClean(t, l)
}

// TestRollbackKeepsFieldIDs: a column that came later keeps its id after going back.
func TestRollbackKeepsFieldIDs(t *testing.T) {
	fixtures := makeParquet(t, map[string]string{"two": rowsQuery("a", 2), "three": "SELECT 'a' AS id, 1::DECIMAL(18,2) AS amount, 'x' AS extra"})
	l := mustLake(t, Options{})
	schema := append(slices.Clone(idName), Column{ID: 3, Name: "extra", Type: "VARCHAR"})
	for i, columns := range [][]Column{idName, schema} {
		err := l.change(t.Context(), "FIRST", func(*Tx, *Commit) error { return nil })
		if i == 0 && !errors.Is(err, ErrNotFound) {
			t.Fatalf("a change of an empty lake: %v", err)
		}
		lock, err := l.Lock("R")
		if err != nil {
			t.Fatal(err)
		}
		tx, _, err := l.Begin(t.Context(), lock, "R")
		if err != nil {
			t.Fatal(err)
		}
		f, err := stage(tx, filepath.Join(fixtures, []string{"two", "three"}[i]+".src"), "gold/accounts", FileOptions{})
		if err != nil {
			t.Fatal(err)
		}
		m := Manifest{Storage: StorageSingle, Schema: columns, Files: []File{f}}
		if _, err := tx.Publish(t.Context(), Publish{Tables: map[string]Manifest{"gold/accounts": m}}); err != nil {
			t.Fatal(err)
		}
		if err := errors.Join(tx.Close(), lock.Close()); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := l.Rollback(t.Context(), "1", RollbackOptions{Run: "BACK"}); err != nil {
		t.Fatal(err)
	}
	s, _ := l.Snapshot(mustHead(t, l))
	m, _ := s.Manifest("gold/accounts")
	got := AssignIDs(m, []Column{{Name: "id"}, {Name: "other"}, {Name: "extra"}})
	if len(m.Schema) != 2 || got[1].ID != 4 || got[2].ID != 3 {
		t.Errorf("schema %v, next ids %v", m.Schema, got)
	}
}

// TestVacuum: what expires, what stays, and in which order.
func TestVacuum(t *testing.T) {
	fixtures := makeParquet(t, nightQueries(5))
	p := prepare(t, fixtures, 1, 2, 3, 4, 5)
	l := p.reset(t)
	now := time.Date(2027, 2, 1, 0, 0, 0, 0, time.UTC)
	l.now = func() time.Time { return now }
	l.keep = 1
	if _, err := l.Recover(t.Context()); err != nil { // prunes all releases but one
		t.Fatal(err)
	}
	o := VacuumOptions{Run: "V1", Keep: DefaultKeepAge, KeepCommits: 3, Grace: time.Hour}
	if pin, err := l.Pin(t.Context(), "P1", "2", "audit"); err != nil || pin.Version != 11 {
		t.Fatalf("%+v, %v", pin, err)
	}
	files := dataFiles(t, l)
	dry, err := l.Vacuum(t.Context(), o)
	if err != nil || !dry.DryRun || dry.KeepFrom != 8 || !slices.Equal(dry.Newly, []int64{1, 3, 4, 5, 6, 7}) || !slices.Equal(dry.Pinned, []int64{2}) || dry.Waiting.Files == 0 || dry.Delete.Files != 0 {
		t.Fatalf("dry run: %+v, %v", dry, err)
	}
	o.Apply = true
	marked, err := l.Vacuum(t.Context(), o)
	if err != nil || marked.Marked != 12 || marked.Delete.Files != 0 || marked.Waiting.Files != dry.Waiting.Files || marked.Until == "" {
		t.Fatalf("mark: %+v, %v", marked, err)
	}
	if diff := cmp.Diff(files, dataFiles(t, l)); diff != "" {
		t.Fatalf("marking deleted:\n%s", diff)
	}
	wantClean(t, l)
	for at, expired := range map[string]bool{"2": false, "4": true, "8": false} {
		if _, err := l.View(at); errors.Is(err, ErrExpired) != expired {
			t.Errorf("--at %s: %v", at, err)
		}
	}
	now = now.Add(2 * time.Hour)
	o.Run = "V2"
	gone, err := l.Vacuum(t.Context(), o)
	if err != nil || gone.Delete.Files != dry.Waiting.Files || gone.Delete.Documents == 0 || gone.Marked != 0 {
		t.Fatalf("delete: %+v, %v", gone, err)
	}
	wantClean(t, l)
	for _, at := range []string{"2", "8", "9", "10"} {
		view, err := l.View(at)
		if err != nil {
			t.Fatal(err)
		}
		for _, table := range view.Tables() {
			files, err := view.Files(table)
			if err != nil {
				t.Errorf("--at %s: %v", at, err)
			}
			for _, f := range files {
				if _, err := os.Stat(f); err != nil {
					t.Errorf("--at %s: %v", at, err)
				}
			}
		}
	}
	if _, err := l.Pin(t.Context(), "P2", "4", ""); !errors.Is(err, ErrExpired) {
		t.Errorf("pinned what is gone: %v", err)
	}
	if _, err := l.Rollback(t.Context(), "4", RollbackOptions{Run: "BACK"}); !errors.Is(err, ErrExpired) {
		t.Errorf("rolled back to what is gone: %v", err)
	}
	o.Run = "V3"
	if r, err := l.Vacuum(t.Context(), o); err != nil || r.Marked != 0 || r.Delete.Files != 0 {
		t.Errorf("a vacuum with nothing to do: %+v, %v", r, err)
	}
	if r, err := l.Rollback(t.Context(), "2", RollbackOptions{Run: "BACK2"}); err != nil || r.Version == 0 {
		t.Errorf("back to the pinned version: %+v, %v", r, err)
	}
	wantClean(t, l)
}

// TestPinAgain: a new reason replaces the old one in a new version; nothing else does.
func TestPinAgain(t *testing.T) {
	fixtures := makeParquet(t, nightQueries(1))
	l := prepare(t, fixtures, 1).reset(t)
	var first time.Time
	for i, c := range []struct {
		why, want string
		version   int64
	}{{"audit", "audit", 3}, {"", "audit", 0}, {"audit", "audit", 0}, {"year-end", "year-end", 4}} {
		r, err := l.Pin(t.Context(), fmt.Sprintf("P%d", i), "2", c.why)
		if err != nil || r.Version != c.version || len(r.Pins) != 1 {
			t.Fatalf("%q: %+v, %v", c.why, r, err)
		}
		if i == 0 {
			first = r.Pins[0].At
		}
		if got := mustHead(t, l).Pins; len(got) != 1 || got[0].Why != c.want || !got[0].At.Equal(first) {
			t.Errorf("%q: %+v", c.why, got)
		}
	}
	wantClean(t, l)
}

// TestUnpinHasItsGrace: a reader of a version that was pinned until now may still be at it.
func TestUnpinHasItsGrace(t *testing.T) {
	fixtures := makeParquet(t, nightQueries(4))
	l := prepare(t, fixtures, 1, 2, 3, 4).reset(t)
	now := time.Date(2027, 2, 1, 0, 0, 0, 0, time.UTC)
	l.now = func() time.Time { return now }
	l.keep = 1
	o := VacuumOptions{KeepCommits: 1, Grace: time.Hour, Apply: true}
	if _, err := l.Pin(t.Context(), "P1", "2", ""); err != nil {
		t.Fatal(err)
	}
	vacuum := func(run string, after time.Duration) VacuumReport {
		t.Helper()
		now = now.Add(after)
		o.Run = run
		r, err := l.Vacuum(t.Context(), o)
		if err != nil {
			t.Fatal(err)
		}
		return r
	}
	vacuum("V1", time.Hour)
	vacuum("V2", 2*time.Hour)
	if _, err := l.View("2"); err != nil {
		t.Fatal(err)
	}
	if _, err := l.Unpin(t.Context(), "P2", "2"); err != nil {
		t.Fatal(err)
	}
	if r := vacuum("V3", time.Minute); r.Delete.Files != 0 || r.Waiting.Files == 0 {
		t.Errorf("within the grace: %+v", r)
	}
	if r := vacuum("V4", 2*time.Hour); r.Delete.Files == 0 {
		t.Errorf("after the grace: %+v", r)
	}
	if _, err := l.Unpin(t.Context(), "P3", "2"); !errors.Is(err, ErrNotFound) {
		t.Errorf("unpinned twice: %v", err)
	}
	wantClean(t, l)
}

// TestVacuumKeepsWhatIsServed: as long as a release is on disk, its version is whole.
func TestVacuumKeepsWhatIsServed(t *testing.T) {
	fixtures := makeParquet(t, nightQueries(3))
	l := prepare(t, fixtures, 1, 2, 3).reset(t)
	l.now = later()
	files := dataFiles(t, l)
	r, err := l.Vacuum(t.Context(), VacuumOptions{Run: "V", KeepCommits: 1, Apply: true})
	if err != nil || !slices.Equal(r.Released, []int64{2, 4}) {
		t.Fatalf("%+v, %v", r, err)
	}
	if diff := cmp.Diff(files, dataFiles(t, l)); diff != "" {
		t.Errorf("files of served versions went:\n%s", diff)
	}
	wantClean(t, l)
}

// TestVacuumKeepsWhatReadersSee: the version that current shows can be opened by its number,
// though it is not among the newest to change a table.
func TestVacuumKeepsWhatReadersSee(t *testing.T) {
	fixtures := makeParquet(t, nightQueries(3))
	l := prepare(t, fixtures, 1, 2, 3).reset(t)
	shown := mustHead(t, l).Release
	publishOne(t, l, "RUNH", Publish{Operation: "historical", AsOf: "2026-01-31", Historical: true},
		map[string]string{"gold/accounts": fixtures + "/accounts.1.src"})
	l.now = later()
	r, err := l.Vacuum(t.Context(), VacuumOptions{Run: "V", KeepCommits: 1, Apply: true})
	if err != nil || r.KeepFrom != shown {
		t.Fatalf("%+v, %v", r, err)
	}
	if _, err := l.View(fmt.Sprint(shown)); err != nil {
		t.Error(err)
	}
}

// TestVacuumRefusesWhatItCannotJudge: with a kept manifest damaged, nothing is deleted.
func TestVacuumRefusesWhatItCannotJudge(t *testing.T) {
	fixtures := makeParquet(t, nightQueries(5))
	l := prepare(t, fixtures, 1, 2, 3, 4, 5).reset(t)
	l.now, l.keep = later(), 1
	flip(t, l.documentPath(mustHead(t, l).Tables["silver/user"]), 30)
	before := dataFiles(t, l)
	if _, err := l.Vacuum(t.Context(), VacuumOptions{Run: "V", KeepCommits: 1, Apply: true}); !errors.Is(err, ErrCorrupt) {
		t.Errorf("%v", err)
	}
	if diff := cmp.Diff(before, dataFiles(t, l)); diff != "" {
		t.Error(diff)
	}
}

// TestCompact: many files become one, with the same rows under the same ids, and the state
// tables keep their sets apart.
func TestCompact(t *testing.T) {
	fixtures := makeParquet(t, nightQueries(4))
	l := prepare(t, fixtures, 1, 2, 3, 4).reset(t)
	eng := openEngine(t)
	before := mustHead(t, l)
	o := CompactOptions{Run: "C1", MinFiles: 2, DryRun: true}
	dry, err := l.Compact(t.Context(), eng, o)
	if err != nil || len(dry.Tables) != 1 || dry.Tables[0].Table != "bronze/crm/account" || dry.Tables[0].FilesBefore != 4 {
		t.Fatalf("dry run: %+v, %v", dry, err)
	}
	o.DryRun = false
	r, err := l.Compact(t.Context(), eng, o)
	if err != nil || r.Version != 9 || r.Tables[0].FilesAfter != 1 || r.Tables[0].Rows != 12 || r.Tables[0].ContentHash == "" {
		t.Fatalf("%+v, %v", r, err)
	}
	s, _ := l.Snapshot(mustHead(t, l))
	m, _ := s.Manifest("bronze/crm/account")
	if len(m.Files) != 1 || len(m.Files[0].Compacted) != 4 || m.Rows() != 12 {
		t.Errorf("%+v", m)
	}
	if l.currentRelease() != before.Release {
		t.Error("a new release though readers see nothing new")
	}
	wantClean(t, l)
	o.Run = "C2"
	if r, err := l.Compact(t.Context(), eng, o); err != nil || r.Version != 0 {
		t.Errorf("again: %+v, %v", r, err)
	}
	l.now, l.keep = later(), 1
	if _, err := l.Vacuum(t.Context(), VacuumOptions{Run: "V", KeepCommits: 1, Apply: true}); err != nil {
		t.Fatal(err)
	}
	if n := len(dataFiles(t, l)); n >= 30 {
		t.Errorf("%d files are left", n)
	}
	wantClean(t, l)
}

// TestCompactProvesContent: a file that is damaged is not made true by merging it, and a
// writer that changes rows is found.
func TestCompactProvesContent(t *testing.T) {
	fixtures := makeParquet(t, nightQueries(3))
	p := prepare(t, fixtures, 1, 2, 3)
	l := p.reset(t)
	s, _ := l.Snapshot(mustHead(t, l))
	files, _ := s.Files("bronze/crm/account")
	flip(t, files[1], 40)
	if _, err := l.Compact(t.Context(), openEngine(t), CompactOptions{Run: "C", MinFiles: 2}); !errors.Is(err, ErrCorrupt) {
		t.Errorf("damaged input: %v", err)
	}
	l = p.reset(t)
	for name, tamper := range map[string]string{"lost": " WHERE id <> 'b1-0'", "doubled": " UNION ALL (SELECT * FROM (SELECT 'b1-0' AS id, 0::DECIMAL(18,2) AS amount))",
		"changed": " WHERE id <> 'b1-2' UNION ALL SELECT 'b1-2', 2.51::DECIMAL(18,2)"} {
		eng := &tamperer{Engine: openEngine(t), with: tamper}
		var ce *ContentError
		if r, err := l.Compact(t.Context(), eng, CompactOptions{Run: "C", MinFiles: 2}); !errors.As(err, &ce) || r.Version != 0 {
			t.Errorf("%s: %+v, %v", name, r, err)
		}
	}
	wantClean(t, l)
}

// tamperer is an engine that writes other rows than it was asked to.
type tamperer struct {
	engine.Engine
	with string
}

type tamperingSession struct {
	engine.Session
	with string
}

func (e *tamperer) Session(ctx context.Context) (engine.Session, error) {
	s, err := e.Engine.Session(ctx)
	return &tamperingSession{s, e.with}, err
}

func (s *tamperingSession) WriteParquet(ctx context.Context, query, path string, columns []engine.Column) (int64, error) {
	return s.Session.WriteParquet(ctx, query+s.with, path, columns)
}

func TestNeedSpace(t *testing.T) {
	l := mustLake(t, Options{})
	err := l.NeedSpace("compact", 1<<60)
	var e *Error
	if !errors.Is(err, ErrNoSpace) || !errors.As(err, &e) || e.Hint() == "" || !strings.Contains(err.Error(), "MB are free") {
		t.Errorf("%v", err)
	}
	if err := l.NeedSpace("compact", 1); err != nil {
		t.Error(err)
	}
}
