package bronze

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/customer360/pipeline/pipeline/config"
	"github.com/customer360/pipeline/pipeline/engine"
	"github.com/customer360/pipeline/pipeline/engine/duckdb"
	"github.com/customer360/pipeline/pipeline/source/csv"
)

func session(tb testing.TB) engine.Session {
	tb.Helper()
	return sessionOf(tb, engine.Options{})
}

// sessionOf is a session of an engine with these options, which spills beside the test's files.
func sessionOf(tb testing.TB, opt engine.Options) engine.Session {
	tb.Helper()
	opt.TempDirectory = filepath.Join(tb.TempDir(), "spill")
	db, err := duckdb.Open(context.Background(), opt)
	if err != nil {
		tb.Fatal(err)
	}
	sess, err := db.Session(context.Background())
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() {
		if err := sess.Close(); err != nil {
			tb.Error(err)
		}
		if err := db.Close(); err != nil {
			tb.Error(err)
		}
	})
	return sess
}

// values reads a table of text in order; NULL is "\x00".
func values(tb rapid.TB, sess engine.Session, query string) [][]string {
	rows, err := sess.Query(context.Background(), query)
	if err != nil {
		tb.Fatalf("%s: %v", query, err)
	}
	defer rows.Close()
	names, err := rows.Columns()
	if err != nil {
		tb.Fatal(err)
	}
	var out [][]string
	for rows.Next() {
		cells := make([]any, len(names))
		for i := range cells {
			cells[i] = new(any)
		}
		if err := rows.Scan(cells...); err != nil {
			tb.Fatal(err)
		}
		row := make([]string, len(names))
		for i, c := range cells {
			if v := *c.(*any); v == nil {
				row[i] = "\x00"
			} else {
				row[i] = fmt.Sprint(v)
			}
		}
		out = append(out, row)
	}
	if err := rows.Err(); err != nil {
		tb.Fatalf("%s: %v", query, err)
	}
	return out
}

// Whatever the source accepts, the engine must read as the same values: with quotes,
// delimiters and line breaks anywhere, and wherever the reader's buffers end.
func TestEngineReadsWhatTheSourceCounted(t *testing.T) {
	sess := session(t)
	dir := t.TempDir()
	ctx := context.Background()
	n := 0
	rapid.Check(t, func(rt *rapid.T) {
		n++
		delim := rapid.SampledFrom([]string{",", ";", "\t", "|"}).Draw(rt, "delimiter")
		newline := rapid.SampledFrom([]string{"\n", "\r\n", "\r"}).Draw(rt, "newline")
		columns := rapid.IntRange(1, 5).Draw(rt, "columns")
		piece := rapid.OneOf(
			rapid.SampledFrom([]string{"", "", "a", "\"", "\"\"", "\n", "\r\n", "\r", ",", ";", "\t", "|", " ", "NULL", "\\", "#", "'", "é", "日本", "😀", "\ufeff"}),
			rapid.StringN(0, 12, -1), rapid.StringMatching(`[a-z]{0,200}`))
		field := rapid.Custom(func(t *rapid.T) string {
			return strings.ReplaceAll(strings.ToValidUTF8(strings.Join(rapid.SliceOfN(piece, 0, 4).Draw(t, "pieces"), ""), "?"), "\x00", "")
		})
		rows := rapid.SliceOfN(rapid.SliceOfN(field, columns, columns), 0, 60).Draw(rt, "rows")
		quoteAll := rapid.Bool().Draw(rt, "quote all")
		var b strings.Builder
		if rapid.Bool().Draw(rt, "byte order mark") {
			b.WriteString("\ufeff")
		}
		header := make([]string, columns)
		want := [][]string(nil)
		for i := range header {
			header[i] = fmt.Sprintf("c%d", i)
		}
		write := func(row []string) {
			for i, v := range row {
				if i > 0 {
					b.WriteString(delim)
				}
				if quoteAll || strings.ContainsAny(v, "\"\r\n"+delim) || columns == 1 && v == "" {
					v = `"` + strings.ReplaceAll(v, `"`, `""`) + `"`
				}
				b.WriteString(v)
			}
			b.WriteString(newline)
		}
		write(header)
		for _, r := range rows {
			write(r)
			row := make([]string, columns)
			for i, v := range r {
				if row[i] = v; v == "" {
					row[i] = "\x00"
				}
			}
			want = append(want, row)
		}
		text := b.String()
		if rapid.Bool().Draw(rt, "no last newline") && len(rows) > 0 {
			text = strings.TrimSuffix(text, newline)
		}
		name := fmt.Sprintf("f%d.csv", n)
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			rt.Fatal(err)
		}
		src := csv.New(config.Source{Name: "s", Path: dir}, "UTC", func(n string) string { return filepath.Join(dir, n) })
		batches, err := src.Scan(ctx, config.Object{Name: "o", Files: []string{name}, CSV: &config.CSV{Delimiter: delim}}, func(string) bool { return false })
		if err != nil {
			rt.Fatalf("%q: %v", text, err)
		}
		c := batches[0].Clean
		if int(c.Rows) != len(rows) || len(batches[0].Malformed) > 0 {
			rt.Fatalf("%q: %d rows, malformed %v", text, c.Rows, batches[0].Malformed)
		}
		small := int64(rapid.IntRange(int(c.MaxRecord)+16, int(c.MaxRecord)+600).Draw(rt, "buffer"))
		query := readCSV(c, columns)
		shrunk := strings.Replace(query, "max_line_size = 2097152", fmt.Sprintf("max_line_size = %d, buffer_size = %d", c.MaxRecord+8, small), 1)
		if shrunk == query {
			rt.Fatal("the reader's options changed")
		}
		for _, q := range []string{query, shrunk} {
			if diff := cmp.Diff(want, values(rt, sess, "SELECT * FROM "+q)); diff != "" {
				rt.Fatalf("%q\n%s\n%s", text, q, diff)
			}
		}
		l := &load{sess: sess, schema: newSchema(nil)}
		e := entry{raw: fmt.Sprintf("raw_%d", n), batch: &Numbered{Batch: batches[0]}, fields: make([]int, columns)}
		if err := l.readRaw(ctx, e); err != nil {
			rt.Fatalf("%q: %v", text, err)
		}
		if err := sess.Exec(ctx, "DROP TABLE "+e.raw); err != nil {
			rt.Fatal(err)
		}
	})
}
