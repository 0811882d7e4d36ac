package lake

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestOpenAndCreate(t *testing.T) {
	root := filepath.Join(t.TempDir(), "lake")
	if _, err := Open(root, Options{}); !errors.Is(err, ErrNoLake) {
		t.Fatalf("open of nothing: %v", err)
	}
	l, err := Create(root, Options{Now: clock()})
	if err != nil {
		t.Fatal(err)
	}
	again, err := Create(root, Options{Now: clock()})
	if err != nil || again.ID() != l.ID() {
		t.Fatalf("second create: %v, id %s and %s", err, l.ID(), again.ID())
	}
	if head, err := l.Head(); head != nil || err != nil {
		t.Fatalf("head of an empty lake: %v, %v", head, err)
	}
	if s, err := l.Snapshot(nil); err != nil || len(s.Tables()) != 0 {
		t.Fatalf("empty snapshot: %v", err)
	}
	wantClean(t, l)
	format := filepath.Join(root, formatFile)
	os.Remove(format)
	os.WriteFile(format, []byte(`{"lake_id":"x","layout_version":2}`), 0o644)
	if _, err := Create(root, Options{Now: clock()}); !errors.Is(err, ErrNewerFormat) {
		t.Fatalf("newer layout: %v", err)
	}
}

func TestRunOfTwoCommits(t *testing.T) {
	fixtures := makeParquet(t, nightQueries(3))
	l := mustLake(t, Options{})
	mustRun(t, l, fixtures, 1, 2, 3)
	wantClean(t, l)

	head, err := l.Head()
	if err != nil {
		t.Fatal(err)
	}
	if head.Version != 6 || head.Release != 6 || head.NextFileNo != 4 || head.Fingerprints["gold/accounts"] != "f3" {
		t.Errorf("head: %+v", head)
	}
	marks, err := l.Watermarks(head)
	if err != nil || len(marks["crm/account"].Files) != 3 {
		t.Errorf("watermarks: %+v, %v", marks, err)
	}
	s, _ := l.Snapshot(head)
	files, err := s.Files("bronze/crm/account")
	if err != nil || len(files) != 3 || filepath.Base(files[2]) != "bronze_account_RUN0003_1.parquet" {
		t.Errorf("bronze files: %v, %v", files, err)
	}
	first, _ := l.Resolve("2")
	old, _ := l.Snapshot(first)
	if old.Hash("silver/user") != s.Hash("silver/user") || old.Hash("gold/accounts") == s.Hash("gold/accounts") {
		t.Error("an unchanged table keeps its manifest, a changed one does not")
	}
	if m, err := s.Manifest("silver/rejected_row"); err != nil || len(m.Files) != 2 || m.Rows() != 0 {
		t.Errorf("empty state table: %+v, %v", m, err)
	}
	m, _ := s.Manifest("gold/accounts")
	if f := m.Files[0]; f.Min["id"] != "g-0" || f.Max["amount"] != "10.00" || f.Rows != 9 {
		t.Errorf("bounds: %+v", f)
	}
	if m, err := s.Manifest("gold/none"); m != nil || err != nil {
		t.Errorf("absent table: %v, %v", m, err)
	}
}

func TestReadersSeeTheRelease(t *testing.T) {
	fixtures := makeParquet(t, nightQueries(2))
	l := mustLake(t, Options{})
	mustRun(t, l, fixtures, 1, 2)
	if target, _ := os.Readlink(filepath.Join(l.Root(), "current")); target != "releases/4" {
		t.Errorf("current -> %s", target)
	}
	db, err := sql.Open("duckdb", filepath.Join(l.Root(), "current", CatalogName)+"?access_mode=read_only")
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	for query, want := range map[string]int{
		"SELECT count(*) FROM gold.accounts":                                                      6,
		"SELECT count(*) FROM gold.timeline_events":                                               4,
		"SELECT count(*) FROM silver.rejected_row":                                                0,
		"SELECT count(*) FROM ops.run_log":                                                        6,
		fmt.Sprintf("SELECT count(*) FROM '%s/current/gold/accounts.parquet'", l.Root()):          6,
		fmt.Sprintf("SELECT count(*) FROM '%s/current/gold/timeline_events/*.parquet'", l.Root()): 4,
	} {
		var n int
		if err := db.QueryRow(query).Scan(&n); err != nil || n != want {
			t.Errorf("%s: %d, %v; want %d", query, n, err, want)
		}
	}
}

func TestRelocate(t *testing.T) {
	fixtures := makeParquet(t, nightQueries(2))
	base := t.TempDir()
	l, err := Create(filepath.Join(base, "here"), Options{Now: clock()})
	if err != nil {
		t.Fatal(err)
	}
	mustRun(t, l, fixtures, 1, 2)
	// A name with quotes, blanks and glob characters must work too.
	moved := filepath.Join(base, "it's [a] new place*")
	if err := os.Rename(l.Root(), moved); err != nil {
		t.Fatal(err)
	}
	if l, err = Open(moved, Options{Now: clock()}); err != nil {
		t.Fatal(err)
	}
	r := mustVerify(t, l, true)
	if len(r.Problems) != 1 || r.Problems[0].Code != ProblemProjection || !strings.Contains(r.Problems[0].Hint, "relocate") {
		t.Fatalf("a moved lake: %+v", r.Problems)
	}
	if _, ok := l.Catalog(4); ok {
		t.Fatal("a moved lake's catalog is offered, though it leads to the old place")
	}
	releases, err := l.Relocate(context.Background())
	if err != nil || !cmp.Equal(releases, []int64{4, 2}) {
		t.Fatalf("relocate: %v, %v", releases, err)
	}
	wantClean(t, l)
	if _, ok := l.Catalog(4); !ok {
		t.Fatal("no catalog after relocate")
	}
	rows, err := catalogRows(context.Background(), filepath.Join(l.releaseDir(2), CatalogName))
	if err != nil || rows["gold/accounts"] != 3 {
		t.Fatalf("older release: %v, %v", rows, err)
	}
}

func TestReleasesArePruned(t *testing.T) {
	fixtures := makeParquet(t, nightQueries(KeepReleases+2))
	l := mustLake(t, Options{})
	for n := 1; n <= KeepReleases+2; n++ {
		mustRun(t, l, fixtures, n)
	}
	all, err := l.releases()
	if err != nil || len(all) != KeepReleases || all[0] != 2*(KeepReleases+2) {
		t.Fatalf("releases: %v, %v", all, err)
	}
	wantClean(t, l)
	v, err := l.View("2")
	if err != nil {
		t.Fatal(err)
	}
	if m, err := v.Manifest("gold/accounts"); err != nil || m.Rows() != 3 {
		t.Fatalf("a version without a release is still readable: %v, %v", m, err)
	}
}

func TestResolve(t *testing.T) {
	fixtures := makeParquet(t, nightQueries(2))
	now := clock()
	l := mustLake(t, Options{Now: func() time.Time { return now().Add(400 * time.Millisecond) }})
	mustRun(t, l, fixtures, 1, 2)
	at := map[int64]time.Time{}
	var order []int64
	for c, err := range l.Log() {
		if err != nil {
			t.Fatal(err)
		}
		at[c.Version] = c.CreatedAt
		order = append(order, c.Version)
	}
	if !cmp.Equal(order, []int64{4, 3, 2, 1}) {
		t.Errorf("log: %v", order)
	}
	for name, want := range map[string]int64{
		"": 4, "1": 1, "3": 3, "RUN0001": 2, "RUN0002": 4, "2026-11-21": 4, "2027-01-01": 4,
		at[3].Format(time.RFC3339): 3, at[3].Format(time.RFC3339Nano): 3, at[3].Add(-time.Nanosecond).Format(time.RFC3339Nano): 2,
		at[3].Format("2006-01-02 15:04:05"): 3, at[3].Add(-time.Second).Format("2006-01-02 15:04:05"): 2, at[3].Format("2006-01-02 15:04"): 3,
		at[3].In(time.FixedZone("", 2*3600)).Format("2006-01-02 15:04:05-07:00"): 3,
		"5": 0, "0": 0, "-1": 0, "nobody": 0, "2026-11-20": 0,
	} {
		c, err := l.Resolve(name)
		if want == 0 {
			if !errors.Is(err, ErrNotFound) {
				t.Errorf("%q: %v, %v", name, c, err)
			}
			continue
		}
		if err != nil || c.Version != want {
			t.Errorf("%q: %v, %v; want %d", name, c, err, want)
		}
	}
}

func TestParseMoment(t *testing.T) {
	for at, want := range map[string]string{
		"2026-11-23":                     "2026-11-23T23:59:59.999999999Z",
		"2026-11-23 20:26":               "2026-11-23T20:26:59.999999999Z",
		"2026-11-23T20:26":               "2026-11-23T20:26:59.999999999Z",
		" 2026-11-23 20:26:26 ":          "2026-11-23T20:26:26.999999999Z",
		"2026-11-23T20:26:26Z":           "2026-11-23T20:26:26.999999999Z",
		"2026-11-23 20:26:26Z":           "2026-11-23T20:26:26.999999999Z",
		"2026-11-23 20:26Z":              "2026-11-23T20:26:59.999999999Z",
		"2026-11-23 22:25:00+02:00":      "2026-11-23T20:25:00.999999999Z",
		"2026-11-23 22:25:00.25+02":      "2026-11-23T20:25:00.25Z",
		"2026-11-23T20:26:26.0":          "2026-11-23T20:26:26Z",
		"2026-11-23 20:26:26.123456789":  "2026-11-23T20:26:26.123456789Z",
		"2026-11-23T22:26:26.5+02:00":    "2026-11-23T20:26:26.5Z",
		"2026-11-31":                     "",
		"2026-11-23 25:00":               "",
		"2026-11-23  20:26:26":           "",
		"20:26:26":                       "",
		"2026-11-23 20:26:26 gold/users": "",
		"41":                             "",
	} {
		got, ok := parseMoment(at)
		if ok != (want != "") || ok && got.UTC().Format(time.RFC3339Nano) != want {
			t.Errorf("%q: %s, %v; want %s", at, got.UTC().Format(time.RFC3339Nano), ok, want)
		}
	}
}

func TestHistoricalCommit(t *testing.T) {
	fixtures := makeParquet(t, nightQueries(2))
	l := mustLake(t, Options{})
	mustRun(t, l, fixtures, 1, 2)
	before, _ := l.Head()
	c := publishOne(t, l, "RUNH", Publish{Operation: "historical", AsOf: "2026-01-31", Historical: true},
		map[string]string{"gold/accounts": fixtures + "/accounts.1.src"})
	if !cmp.Equal(before.Tables, c.Tables) || c.Release != before.Release || !c.Historical {
		t.Fatalf("the current state changed: %+v", c)
	}
	wantClean(t, l)
	for at, want := range map[string]int64{"": 6, "5": 3, "RUNH": 3, "4": 6, "2026-11-22": 6} {
		v, err := l.View(at)
		if err != nil {
			t.Fatalf("%q: %v", at, err)
		}
		m, err := v.Manifest("gold/accounts")
		if err != nil || m.Rows() != want || v.Historical != (want == 3) {
			t.Errorf("%q: %v rows, %v; want %d", at, m.Rows(), err, want)
		}
		if !v.Has("bronze/crm/account") || v.Has("silver/account") != (want == 6) {
			t.Errorf("%q: tables %v", at, v.Tables())
		}
	}
}

// publishOne publishes single-file tables from fixture files.
func publishOne(tb testing.TB, l *Lake, run string, p Publish, files map[string]string) *Commit {
	tb.Helper()
	ctx := context.Background()
	lock, err := l.Lock(run)
	if err != nil {
		tb.Fatal(err)
	}
	defer lock.Close()
	tx, _, err := l.Begin(ctx, lock, run)
	if err != nil {
		tb.Fatal(err)
	}
	p.Tables = map[string]Manifest{}
	for table, src := range files {
		f, err := stage(tx, src, table, FileOptions{})
		if err != nil {
			tb.Fatal(err)
		}
		p.Tables[table] = Manifest{Storage: StorageSingle, Schema: idName, Files: []File{f}}
	}
	c, err := tx.Publish(ctx, p)
	if err != nil {
		tb.Fatal(err)
	}
	if err := tx.Close(); err != nil {
		tb.Fatal(err)
	}
	return c
}

func TestExpiredVersionSaysSo(t *testing.T) {
	fixtures := makeParquet(t, nightQueries(2))
	l := mustLake(t, Options{})
	mustRun(t, l, fixtures, 1, 2)
	old, _ := l.Resolve("2")
	publishOne(t, l, "VACUUM", Publish{Operation: "vacuum", KeepFrom: 4}, nil)
	if err := os.Remove(l.path(manifestsDir, old.Tables["gold/accounts"]+".json")); err != nil {
		t.Fatal(err)
	}
	if _, err := l.View("2"); !errors.Is(err, ErrExpired) {
		t.Errorf("view of an expired version: %v", err)
	}
	if _, err := l.View("4"); err != nil {
		t.Errorf("view of a kept version: %v", err)
	}
}

func TestPublishRefuses(t *testing.T) {
	fixtures := makeParquet(t, nightQueries(1))
	l := mustLake(t, Options{})
	mustRun(t, l, fixtures, 1)
	lock, err := l.Lock("RUN9")
	if err != nil {
		t.Fatal(err)
	}
	defer lock.Close()
	tx, _, err := l.Begin(context.Background(), lock, "RUN9")
	if err != nil {
		t.Fatal(err)
	}
	add := func(table, name, partition string) File {
		f, err := stage(tx, filepath.Join(fixtures, name+".src"), table, FileOptions{Partition: partition})
		if err != nil {
			t.Fatal(err)
		}
		return f
	}
	f, g := add("gold/accounts", "static", ""), add("gold/accounts", "account.1", "")
	for name, p := range map[string]Publish{
		"no files":        {Tables: map[string]Manifest{"gold/accounts": {Storage: StorageSingle, Schema: idName}}},
		"two files":       {Tables: map[string]Manifest{"gold/accounts": {Storage: StorageSingle, Schema: idName, Files: []File{f, g}}}},
		"listed twice":    {Tables: map[string]Manifest{"gold/accounts": {Storage: StorageSingle, Schema: idName, Files: []File{f, f}}}},
		"storage flips":   {Tables: map[string]Manifest{"gold/accounts": {Storage: StorageState, Schema: idName, Files: []File{f}}}},
		"id changes":      {Tables: map[string]Manifest{"gold/accounts": {Storage: StorageSingle, Schema: []Column{{2, "id", "VARCHAR"}}, Files: []File{f}}}},
		"id is reused":    {Tables: map[string]Manifest{"gold/accounts": {Storage: StorageSingle, Schema: []Column{{2, "new", "VARCHAR"}}, Files: []File{f}}}},
		"foreign file":    {Tables: map[string]Manifest{"gold/other": {Storage: StorageSingle, Schema: idName, Files: []File{f}}}},
		"unknown file":    {Tables: map[string]Manifest{"gold/other": {Storage: StorageSingle, Schema: idName, Files: []File{{Path: "gold/other/x.parquet"}}}}},
		"bad table":       {Tables: map[string]Manifest{"../gold": {Storage: StorageSingle, Schema: idName, Files: []File{f}}}},
		"file number":     {NextFileNo: 1},
		"historic bronze": {Historical: true, Tables: map[string]Manifest{"bronze/a/b": {Storage: StorageAppend, Schema: idName}}},
	} {
		if c, err := tx.Publish(context.Background(), p); err == nil || c != nil {
			t.Errorf("%s: published", name)
		}
	}
	if err := tx.Close(); err != nil {
		t.Fatal(err)
	}
	if head, _ := l.Head(); head.Version != 2 {
		t.Errorf("head %d", head.Version)
	}
	wantClean(t, l)
}

// TestTableIsCutOtherwise: a table that was one file may become several, and one again, for
// every reader and in the projections.
func TestTableIsCutOtherwise(t *testing.T) {
	fixtures := makeParquet(t, map[string]string{"a": rowsQuery("a", 5), "b": rowsQuery("b", 7)})
	l := mustLake(t, Options{})
	for i, c := range []struct {
		storage string
		parts   []string
		rows    int64
		visible string
	}{
		{StorageSingle, []string{"a"}, 5, "t.parquet"},
		{StoragePartitioned, []string{"a", "b"}, 12, "t"},
		{StorageSingle, []string{"b"}, 7, "t.parquet"},
	} {
		run := fmt.Sprintf("R%d", i+1)
		lock, err := l.Lock(run)
		if err != nil {
			t.Fatal(err)
		}
		tx, _, err := l.Begin(t.Context(), lock, run)
		if err != nil {
			t.Fatal(err)
		}
		m := Manifest{Storage: c.storage, Schema: idName}
		for _, part := range c.parts {
			f, err := stage(tx, filepath.Join(fixtures, part+".src"), "gold/t", FileOptions{Partition: part})
			if err != nil {
				t.Fatal(err)
			}
			m.Files = append(m.Files, f)
		}
		if _, err := tx.Publish(t.Context(), Publish{Tables: map[string]Manifest{"gold/t": m}}); err != nil {
			t.Fatal(err)
		}
		if err := errors.Join(tx.Close(), lock.Close()); err != nil {
			t.Fatal(err)
		}
		head, err := l.Head()
		if err != nil {
			t.Fatal(err)
		}
		s, err := l.Snapshot(head)
		if err != nil {
			t.Fatal(err)
		}
		if got, err := s.Manifest("gold/t"); err != nil || got.Storage != c.storage || rowsOf(got.Files) != c.rows {
			t.Errorf("version %d: %+v, %v", i+1, got, err)
		}
		if found, err := filepath.Glob(filepath.Join(l.Root(), "current", "gold", "*")); err != nil || len(found) != 1 || filepath.Base(found[0]) != c.visible {
			t.Errorf("version %d: readers see %v, %v", i+1, found, err)
		}
	}
	wantClean(t, l)
}

func TestDroppedColumnKeepsItsID(t *testing.T) {
	fixtures := makeParquet(t, map[string]string{"a": "SELECT 1 AS id, 2 AS amount", "b": "SELECT 1 AS id", "c": "SELECT 1 AS id, 3 AS price"})
	l := mustLake(t, Options{})
	publishOne(t, l, "R1", Publish{}, map[string]string{"gold/t": fixtures + "/a.src"})
	var prev *Manifest
	for i, names := range [][]Column{{{Name: "id", Type: "VARCHAR"}}, {{Name: "id", Type: "VARCHAR"}, {Name: "price", Type: "VARCHAR"}},
		{{Name: "amount", Type: "VARCHAR"}, {Name: "id", Type: "VARCHAR"}}} {
		run := fmt.Sprintf("R%d", i+2)
		head, _ := l.Head()
		s, _ := l.Snapshot(head)
		prev, _ = s.Manifest("gold/t")
		lock, _ := l.Lock(run)
		tx, _, err := l.Begin(context.Background(), lock, run)
		if err != nil {
			t.Fatal(err)
		}
		f, err := stage(tx, fixtures+"/"+string(rune('b'+i%2))+".src", "gold/t", FileOptions{})
		if err != nil {
			t.Fatal(err)
		}
		m := Manifest{Storage: StorageSingle, Schema: AssignIDs(prev, names), Files: []File{f}}
		if _, err := tx.Publish(context.Background(), Publish{Tables: map[string]Manifest{"gold/t": m}, Migrations: map[string]Migration{"gold/t": {Drop: []string{"amount", "price"}}}}); err != nil {
			t.Fatal(err)
		}
		tx.Close()
		lock.Close()
	}
	head, _ := l.Head()
	s, _ := l.Snapshot(head)
	m, _ := s.Manifest("gold/t")
	if m.Schema[0].ID != 2 || m.Schema[1].ID != 1 || len(m.Dropped) != 1 || m.Dropped[0].ID != 3 {
		t.Errorf("%+v", m)
	}
}
