package lake

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/customer360/pipeline/pipeline/engine"
	"github.com/customer360/pipeline/pipeline/engine/duckdb"
)

// clock is a fixed start that advances by a minute per call.
func clock() func() time.Time {
	now := time.Date(2026, 11, 21, 2, 0, 0, 0, time.UTC)
	return func() time.Time {
		now = now.Add(time.Minute)
		return now
	}
}

// later is such a clock after everything that clock has told.
func later() func() time.Time {
	now := clock()
	return func() time.Time { return now().AddDate(0, 0, 60) }
}

// makeParquet writes one small file per query, <name>.src, and returns the directory.
func makeParquet(tb testing.TB, queries map[string]string) string {
	tb.Helper()
	dir := tb.TempDir()
	ctx := context.Background()
	db, err := duckdb.Open(ctx, engine.Options{Threads: 1})
	if err != nil {
		tb.Fatal(err)
	}
	defer db.Close()
	s, err := db.Session(ctx)
	if err != nil {
		tb.Fatal(err)
	}
	defer s.Close()
	for name, query := range queries {
		if _, err := s.WriteParquet(ctx, query, filepath.Join(dir, name+".src"), nil); err != nil {
			tb.Fatalf("%s: %v", name, err)
		}
	}
	return dir
}

var idName = []Column{{ID: 1, Name: "id", Type: "VARCHAR"}, {ID: 2, Name: "amount", Type: "DECIMAL(18,2)"}}

func rowsQuery(table string, rows int) string {
	return fmt.Sprintf("SELECT '%s-' || i AS id, (i * 1.25)::DECIMAL(18,2) AS amount FROM range(%d) t(i)", table, rows)
}

// nights are the fixtures of a small lake: for every night, files per table.
func nightQueries(nights int) map[string]string {
	q := map[string]string{}
	for n := 1; n <= nights; n++ {
		q[fmt.Sprintf("bronze_account.%d", n)] = rowsQuery(fmt.Sprintf("b%d", n), 3)
		q[fmt.Sprintf("account.%d", n)] = rowsQuery("a", 3*n)
		q[fmt.Sprintf("accounts.%d", n)] = rowsQuery("g", 3*n)
		q[fmt.Sprintf("events.%d", n)] = rowsQuery(fmt.Sprintf("e%d", n), 2)
	}
	q["rejected"] = rowsQuery("r", 0)
	q["static"] = rowsQuery("s", 4)
	return q
}

func stage(t *Tx, src, table string, o FileOptions) (File, error) {
	part := t.Part(filepath.Base(table))
	in, err := os.Open(src)
	if err != nil {
		return File{}, err
	}
	defer in.Close()
	out, err := os.Create(part)
	if err != nil {
		return File{}, err
	}
	if _, err := io.Copy(out, in); err != nil {
		return File{}, errors.Join(err, out.Close())
	}
	if err := out.Close(); err != nil {
		return File{}, err
	}
	return t.Add(table, part, o)
}

// withDelta is the file among the fixtures that makes nights keep Delta logs of gold.
func withDelta(fixtures string) string { return filepath.Join(fixtures, "with-delta") }

// runNight is a whole run as the runner makes one: lock, begin, bronze, the rest. It
// goes on where an earlier attempt of the same night stopped.
func runNight(l *Lake, fixtures string, night int) (err error) {
	ctx := context.Background()
	run := fmt.Sprintf("RUN%04d", night)
	lock, err := l.Lock(run)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, lock.Close()) }()
	tx, _, err := l.Begin(ctx, lock, run)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, tx.Close()) }()
	head, err := l.Head()
	if err != nil {
		return err
	}
	done := int64(0)
	if head != nil {
		done = head.Version
	}
	if done < int64(2*night-1) {
		if err := publishBronze(ctx, l, tx, head, fixtures, night); err != nil {
			return err
		}
	}
	if done < int64(2*night) {
		return publishRest(ctx, l, tx, fixtures, night)
	}
	return nil
}

func publishBronze(ctx context.Context, l *Lake, tx *Tx, head *Commit, fixtures string, night int) error {
	s, err := l.Snapshot(head)
	if err != nil {
		return err
	}
	m := Manifest{Storage: StorageAppend, Schema: idName}
	if prev, err := s.Manifest("bronze/crm/account"); err != nil {
		return err
	} else if prev != nil {
		m.Files = append(m.Files, prev.Files...)
	}
	f, err := stage(tx, fmt.Sprintf("%s/bronze_account.%d.src", fixtures, night), "bronze/crm/account",
		FileOptions{BaseName: fmt.Sprintf("bronze_account_%s_1", tx.Run())})
	if err != nil {
		return err
	}
	m.Files = append(m.Files, f)
	marks, err := l.Watermarks(head)
	if err != nil {
		return err
	}
	w := marks["crm/account"]
	w.Kind = WatermarkFiles
	if w.Files == nil {
		w.Files = map[string]FileMark{}
	}
	w.Files[fmt.Sprintf("hash-%d", night)] = FileMark{Name: fmt.Sprintf("account_%d.csv", night), FileNo: int64(night), Records: 3}
	_, err = tx.Publish(ctx, Publish{Operation: "bronze", Tables: map[string]Manifest{"bronze/crm/account": m},
		Watermarks: map[string]Watermark{"crm/account": w}, NextFileNo: int64(night) + 1})
	return err
}

func publishRest(ctx context.Context, _ *Lake, tx *Tx, fixtures string, night int) error {
	tables := map[string]Manifest{}
	single := map[string]string{
		"silver/account": fmt.Sprintf("account.%d", night), "gold/accounts": fmt.Sprintf("accounts.%d", night),
		"silver/user": "static", "ops/run_log": fmt.Sprintf("accounts.%d", night),
	}
	if night > 2 {
		single["gold/late"] = "static" // a table that earlier versions do not have
	}
	for table, src := range single {
		f, err := stage(tx, filepath.Join(fixtures, src+".src"), table, FileOptions{})
		if err != nil {
			return err
		}
		tables[table] = Manifest{Storage: StorageSingle, Schema: idName, Files: []File{f}}
	}
	for _, target := range []string{"account", "contact"} {
		f, err := stage(tx, filepath.Join(fixtures, "rejected.src"), "silver/rejected_row", FileOptions{Partition: target})
		if err != nil {
			return err
		}
		m := tables["silver/rejected_row"]
		tables["silver/rejected_row"] = Manifest{Storage: StorageState, Schema: idName, Files: append(m.Files, f)}
	}
	events := Manifest{Storage: StoragePartitioned, Schema: idName}
	for n := max(1, night-1); n <= night; n++ {
		f, err := stage(tx, fmt.Sprintf("%s/events.%d.src", fixtures, n), "gold/timeline_events", FileOptions{Partition: fmt.Sprintf("2026-%02d", n)})
		if err != nil {
			return err
		}
		events.Files = append(events.Files, f)
	}
	tables["gold/timeline_events"] = events
	var logs []string
	if _, err := os.Stat(withDelta(fixtures)); err == nil {
		logs = []string{layerGold}
	}
	_, err := tx.Publish(ctx, Publish{Operation: "publish", AsOf: "2026-11-20", Tables: tables, Delta: logs,
		Fingerprints: map[string]string{"gold/accounts": fmt.Sprintf("f%d", night)}})
	return err
}

func mustLake(tb testing.TB, o Options) *Lake {
	tb.Helper()
	if o.Now == nil {
		o.Now = clock()
	}
	l, err := Create(filepath.Join(tb.TempDir(), "lake"), o)
	if err != nil {
		tb.Fatal(err)
	}
	return l
}

func mustRun(tb testing.TB, l *Lake, fixtures string, nights ...int) {
	tb.Helper()
	for _, n := range nights {
		if err := runNight(l, fixtures, n); err != nil {
			tb.Fatalf("night %d: %v", n, err)
		}
	}
}

func mustVerify(tb testing.TB, l *Lake, quick bool) VerifyReport {
	tb.Helper()
	r, err := l.Verify(context.Background(), quick)
	if err != nil {
		tb.Fatalf("verify: %v", err)
	}
	return r
}

func wantClean(tb testing.TB, l *Lake) {
	tb.Helper()
	for _, quick := range []bool{true, false} {
		if r := mustVerify(tb, l, quick); !r.OK() {
			tb.Fatalf("verify (quick %v): %+v", quick, r.Problems)
		}
	}
}

// quickDir is a directory in memory, if there is one: what is killed or damaged by hand
// needs no disk, which is what most of the time goes to.
func quickDir(tb testing.TB) string {
	tb.Helper()
	dir, err := os.MkdirTemp("/dev/shm", "lake-tests")
	if err != nil {
		return tb.TempDir()
	}
	tb.Cleanup(func() { _ = os.RemoveAll(dir) })
	return dir
}

// prepared is a lake made once, of which reset gives fresh copies at one path, so that
// absolute paths in it hold. Files are shared by hard links: who wants to damage one
// must replace it.
type prepared struct{ template, root string }

func prepare(tb testing.TB, fixtures string, nights ...int) *prepared {
	tb.Helper()
	base := quickDir(tb)
	p := &prepared{template: filepath.Join(base, "template"), root: filepath.Join(base, "lake")}
	l, err := Create(p.root, Options{Now: clock()})
	if err != nil {
		tb.Fatal(err)
	}
	mustRun(tb, l, fixtures, nights...)
	if err := os.Rename(p.root, p.template); err != nil {
		tb.Fatal(err)
	}
	return p
}

func (p *prepared) reset(tb testing.TB) *Lake {
	tb.Helper()
	if err := os.RemoveAll(p.root); err != nil {
		tb.Fatal(err)
	}
	err := filepath.WalkDir(p.template, func(from string, e fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		rel, err := filepath.Rel(p.template, from)
		to := filepath.Join(p.root, rel)
		switch {
		case err != nil:
			return err
		case e.IsDir():
			return os.Mkdir(to, 0o755)
		case filepath.Base(from) == "lock": // the one file that is written in place
			return os.WriteFile(to, nil, 0o644)
		}
		return os.Link(from, to)
	})
	if err != nil {
		tb.Fatal(err)
	}
	l, err := Open(p.root, Options{Now: clock()})
	if err != nil {
		tb.Fatal(err)
	}
	return l
}
