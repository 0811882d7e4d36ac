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
func benchFile(tb testing.TB, path string, rows int) int64 {
	tb.Helper()
	f, err := os.Create(path)
	if err != nil {
		tb.Fatal(err)
	}
	w := bufio.NewWriterSize(f, 1<<20)
	fmt.Fprintf(w, "\"%s\"\n", strings.Join(benchColumns, `","`))
	r := rand.New(rand.NewSource(1))
	words := []string{"Acme", "Globex", "Initech", "Umbrella", "Hooli", "Mobile", "Fibre", "Ltd", "Plc, Inc", "Group"}
	for i := range rows {
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

// BenchmarkLoad compares scan and load together with bare COPY statements in one run,
// turn by turn. Ratios are of the fastest turns.
//
//	go test ./pipeline/bronze/ -run '^$' -bench Load -benchtime 3x
func BenchmarkLoad(b *testing.B) {
	ctx := context.Background()
	dir := b.TempDir()
	path := filepath.Join(dir, "accounts.csv")
	size := benchFile(b, path, 1_000_000)
	db, err := duckdb.Open(ctx, engine.Options{TempDirectory: filepath.Join(dir, "spill")})
	if err != nil {
		b.Fatal(err)
	}
	defer db.Close()
	out := filepath.Join(dir, "out.parquet")
	best := map[string]time.Duration{}
	timed := func(name string, f func() error) {
		start := time.Now()
		if err := f(); err != nil {
			b.Fatal(err)
		}
		if d := time.Since(start); best[name] == 0 || d < best[name] {
			best[name] = d
		}
	}
	for b.Loop() {
		sess, err := db.Session(ctx)
		if err != nil {
			b.Fatal(err)
		}
		timed("plain", func() error { return sess.Exec(ctx, bareCopy(path, out, false)) })
		timed("bare", func() error { return sess.Exec(ctx, bareCopy(path, out, true)) })
		var batches []bronze.Numbered
		timed("scan", func() error {
			src := csv.New(config.Source{Name: "sf_group", Path: dir}, "UTC", func(n string) string { return filepath.Join(dir, n) })
			found, err := src.Scan(ctx, config.Object{Name: "Account", Files: []string{"accounts.csv"}}, func(string) bool { return false })
			for _, f := range found {
				batches = append(batches, bronze.Numbered{Batch: f, FileNo: 1})
			}
			return err
		})
		timed("load", func() error {
			_, err := bronze.Load(ctx, sess, bronze.Request{Source: config.Source{Name: "sf_group", Region: "Group"},
				Object: config.Object{Name: "Account"}, Key: []string{"Id"}, Batches: batches, RunID: "01J",
				ExtractedAt: time.Unix(1763683200, 0), Part: func(n string) string { return filepath.Join(dir, n+".part") }})
			return err
		})
		if err := sess.Close(); err != nil {
			b.Fatal(err)
		}
	}
	ours := best["scan"] + best["load"]
	for name, d := range best {
		b.ReportMetric(float64(d.Milliseconds()), "ms-"+name)
	}
	b.ReportMetric(float64(ours)/float64(best["bare"]), "x-bare")
	b.ReportMetric(float64(ours)/float64(best["plain"]), "x-plain")
	b.SetBytes(size)
}
