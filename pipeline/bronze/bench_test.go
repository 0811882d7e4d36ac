package bronze_test

import (
	"bufio"
	"context"
	"fmt"
	"math/rand"
	"os"
	"path/filepath"
	"sort"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/customer360/pipeline/pipeline/bronze"
	"github.com/customer360/pipeline/pipeline/config"
	"github.com/customer360/pipeline/pipeline/engine"
	"github.com/customer360/pipeline/pipeline/engine/duckdb"
	"github.com/customer360/pipeline/pipeline/source/csv"
)

var benchColumns = strings.Split("Id,Name,Type,ParentId,BillingCity,BillingCountry,Phone,Website,Industry,AnnualRevenue,"+
	"NumberOfEmployees,OwnerId,CreatedDate,LastModifiedDate,SystemModstamp,Description", ",")

// benchFile writes accounts as a Salesforce export has them: every field quoted, one
// text in ten with line breaks and quotes.
// Of the keys, twice occur a second time at the end, changed.
func benchFile(tb testing.TB, path string, rows, twice int) int64 {
	tb.Helper()
	f, err := os.Create(path)
	if err != nil {
		tb.Fatal(err)
	}
	w := bufio.NewWriterSize(f, 1<<20)
	fmt.Fprintf(w, "\"%s\"\n", strings.Join(benchColumns, `","`))
	r := rand.New(rand.NewSource(1))
	words := []string{"Acme", "Globex", "Initech", "Umbrella", "Hooli", "Mobile", "Fibre", "Ltd", "Plc, Inc", "Group"}
	for i := range rows + twice {
		i %= rows
		text := fmt.Sprintf("Long text %d about %s", i, words[r.Intn(10)])
		if i%10 == 0 {
			text = "line one\nline \"\"two\"\", and\nthree"
		}
		parent := ""
		if i%3 == 0 {
			parent = fmt.Sprintf("001%015d", r.Intn(rows))
		}
		fmt.Fprintf(w, `"001%015d","%s %s","Customer","%s","Nairobi","Kenya","+254%09d","https://www.ex%d.co.za","Telecom","%d.00","%d","005%015d",`+
			`"2025-%02d-%02dT10:11:12.000Z","2026-%02d-%02dT10:11:12.000Z","2026-%02d-%02dT10:11:12.000Z","%s"`+"\n",
			i, words[r.Intn(10)], words[r.Intn(10)], parent, r.Intn(1e9), i, r.Intn(1e8), r.Intn(5000), i%50,
			i%12+1, i%28+1, i%12+1, i%28+1, i%12+1, i%28+1, text)
	}
	if err := w.Flush(); err != nil {
		tb.Fatal(err)
	}
	info, err := f.Stat()
	if err != nil {
		tb.Fatal(err)
	}
	if err := f.Close(); err != nil {
		tb.Fatal(err)
	}
	return info.Size()
}

// bareCopy is the statement an engineer would write by hand.
func bareCopy(path, out string, withMetadata bool) string {
	types := make([]string, len(benchColumns))
	for i, c := range benchColumns {
		types[i] = engine.Literal(c) + ": 'VARCHAR'"
	}
	sel := "*"
	if withMetadata {
		sorted := append([]string(nil), benchColumns...)
		sort.Slice(sorted, func(a, b int) bool { return strings.ToLower(sorted[a]) < strings.ToLower(sorted[b]) })
		for i, c := range sorted {
			sorted[i] = fmt.Sprintf("'%s\x1f' || %s || '\x1e'", strings.ToLower(c), engine.Ident(c))
		}
		sel = `*, 'sf_group' AS _source_system, 'Group' AS _source_region, 'Account' AS _source_object, 'accounts.csv' AS _source_file,
			TIMESTAMPTZ '2026-11-21 00:00:00+00' AS _extracted_at, TIMESTAMPTZ '2026-11-21 00:00:00+00' AS _watermark, '01J' AS _batch_id,
			4294967296 + row_number() OVER () AS _seq, unhex(md5(concat(` + strings.Join(sorted, ", ") + `))) AS _row_hash, false AS _is_deleted`
	}
	return fmt.Sprintf("COPY (SELECT %s FROM read_csv(%s, auto_detect = false, header = true, delim = ',', quote = '\"', escape = '\"', nullstr = '', "+
		"columns = {%s})) TO %s (FORMAT parquet, COMPRESSION zstd, ROW_GROUP_SIZE 122880)",
		sel, engine.Literal(path), strings.Join(types, ", "), engine.Literal(out))
}

// stage is one bench directory with an engine.
type stage struct {
	b    *testing.B
	dir  string
	sess engine.Session
	best map[string]time.Duration
	cpu  map[string]time.Duration
}

func newStage(b *testing.B) *stage {
	dir := b.TempDir()
	db, err := duckdb.Open(context.Background(), engine.Options{TempDirectory: filepath.Join(dir, "spill")})
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { db.Close() })
	s := &stage{b: b, dir: dir, best: map[string]time.Duration{}, cpu: map[string]time.Duration{}}
	s.session(db)
	return s
}

func (s *stage) session(db *duckdb.DB) {
	sess, err := db.Session(context.Background())
	if err != nil {
		s.b.Fatal(err)
	}
	s.sess = sess
	s.b.Cleanup(func() { sess.Close() })
}

func processorTime(b *testing.B) time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		b.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// timed keeps the shortest time of each step, by the clock and of the processors: on a
// busy machine only the latter compares.
func (s *stage) timed(name string, f func() error) {
	start, before := time.Now(), processorTime(s.b)
	if err := f(); err != nil {
		s.b.Fatal(err)
	}
	if d := processorTime(s.b) - before; s.cpu[name] == 0 || d < s.cpu[name] {
		s.cpu[name] = d
	}
	if d := time.Since(start); s.best[name] == 0 || d < s.best[name] {
		s.best[name] = d
	}
}

// load scans and loads one file over what is held.
func (s *stage) load(name string, fileNo int64, held *bronze.Result) bronze.Result {
	ctx := context.Background()
	object := config.Object{Name: "Account", Files: []string{name}, LoadMode: "snapshot", MissingIsDeleted: true}
	request := bronze.Request{Source: config.Source{Name: "sf_group", Region: "Group"}, Object: object, Key: []string{"Id"}, RunID: "01J",
		ExtractedAt: time.Unix(1763683200, 0), Part: func(n string) string { return filepath.Join(s.dir, fmt.Sprintf("%s-%d.part", n, fileNo)) }}
	if held != nil {
		request.HeldColumns = held.Columns
		for _, p := range held.Parts {
			request.Held = append(request.Held, p.Path)
		}
	}
	s.timed("scan", func() error {
		src := csv.New(config.Source{Name: "sf_group", Path: s.dir}, "UTC", func(n string) string { return filepath.Join(s.dir, n) })
		found, err := src.Scan(ctx, object, func(string) bool { return false })
		for _, f := range found {
			request.Batches = append(request.Batches, bronze.Numbered{Batch: f, FileNo: fileNo})
		}
		return err
	})
	var res bronze.Result
	s.timed("load", func() error {
		var err error
		res, err = bronze.Load(ctx, s.sess, request)
		return err
	})
	return res
}

// reset empties the session for the next turn.
func (s *stage) reset() {
	rows, err := s.sess.Query(context.Background(), "SELECT table_name FROM duckdb_tables() WHERE database_name = current_database() AND schema_name = 'main'")
	if err != nil {
		s.b.Fatal(err)
	}
	var names []string
	for rows.Next() {
		var n string
		if err := rows.Scan(&n); err != nil {
			s.b.Fatal(err)
		}
		names = append(names, n)
	}
	rows.Close()
	for _, n := range names {
		if err := s.sess.Exec(context.Background(), "DROP TABLE "+n); err != nil {
			s.b.Fatal(err)
		}
	}
	if err := s.sess.Exec(context.Background(), "DROP SCHEMA IF EXISTS held CASCADE"); err != nil {
		s.b.Fatal(err)
	}
}

func (s *stage) report(size int64) {
	ours := s.best["scan"] + s.best["load"]
	for name, d := range s.best {
		s.b.ReportMetric(float64(d.Milliseconds()), "ms-"+name)
	}
	s.b.ReportMetric(float64(ours)/float64(s.best["bare"]), "x-bare")
	s.b.ReportMetric(float64(ours)/float64(s.best["plain"]), "x-plain")
	s.b.ReportMetric(float64(s.cpu["scan"]+s.cpu["load"])/float64(s.cpu["bare"]), "cpu-x-bare")
	s.b.ReportMetric(float64(s.cpu["scan"]+s.cpu["load"])/float64(s.cpu["plain"]), "cpu-x-plain")
	s.b.SetBytes(size)
}

// BenchmarkLoad compares scan and load together with bare COPY statements in one run,
// turn by turn: of all columns with the same metadata and hash, and of the columns as
// they are. Ratios are of the shortest turns.
//
//	go test ./pipeline/bronze/ -run '^$' -bench . -benchtime 3x
func BenchmarkLoad(b *testing.B) {
	s := newStage(b)
	path := filepath.Join(s.dir, "accounts.csv")
	size := benchFile(b, path, 1_000_000, 0)
	out := filepath.Join(s.dir, "out.parquet")
	for b.Loop() {
		s.timed("plain", func() error { return s.sess.Exec(context.Background(), bareCopy(path, out, false)) })
		s.timed("bare", func() error { return s.sess.Exec(context.Background(), bareCopy(path, out, true)) })
		s.load("accounts.csv", 1, nil)
		s.reset()
	}
	s.report(size)
}

// BenchmarkLoadTwice is the same with a thousand keys that occur twice.
func BenchmarkLoadTwice(b *testing.B) {
	s := newStage(b)
	path := filepath.Join(s.dir, "accounts.csv")
	size := benchFile(b, path, 1_000_000, 1000)
	out := filepath.Join(s.dir, "out.parquet")
	for b.Loop() {
		s.timed("plain", func() error { return s.sess.Exec(context.Background(), bareCopy(path, out, false)) })
		s.timed("bare", func() error { return s.sess.Exec(context.Background(), bareCopy(path, out, true)) })
		s.load("accounts.csv", 1, nil)
		s.reset()
	}
	s.report(size)
}

// BenchmarkNight loads a full snapshot of which one row in a hundred changed.
func BenchmarkNight(b *testing.B) {
	s := newStage(b)
	first, second := filepath.Join(s.dir, "first.csv"), filepath.Join(s.dir, "second.csv")
	benchFile(b, first, 1_000_000, 0)
	text, err := os.ReadFile(first)
	if err != nil {
		b.Fatal(err)
	}
	changed := strings.ReplaceAll(string(text), "12T10:11:12.000Z\",\"Long text 1", "12T10:11:13.000Z\",\"Long text 1")
	if err := os.WriteFile(second, []byte(changed), 0o600); err != nil {
		b.Fatal(err)
	}
	out := filepath.Join(s.dir, "out.parquet")
	held := s.load("first.csv", 1, nil)
	s.best, s.cpu = map[string]time.Duration{}, map[string]time.Duration{}
	for b.Loop() {
		s.timed("plain", func() error { return s.sess.Exec(context.Background(), bareCopy(second, out, false)) })
		s.timed("bare", func() error { return s.sess.Exec(context.Background(), bareCopy(second, out, true)) })
		s.reset()
		s.load("second.csv", 2, &held)
	}
	s.report(int64(len(text)))
}
