package bronze

import (
	"context"
	"fmt"
	"os"
	"slices"
	"sort"
	"strings"

	"github.com/customer360/pipeline/pipeline/engine"
	"github.com/customer360/pipeline/pipeline/source"
)

// entry is one batch in the engine: a table of its records, f0, f1, … in file order.
type entry struct {
	raw    string
	batch  *Numbered
	fields []int  // place in the schema of each column
	base   int64  // _seq before the first row
	place  string // SQL of a row's place in the file, from 0
	skip   string // table of the rows that equal an earlier version; "" = none was looked for
	rows   int64  // to be written
	dead   bool   // tombstones: the table has the columns of the schema, h and s
}

// readRaw brings the clean records into the engine, and makes sure that the engine
// found what the source had found.
//
// The reader runs on one thread: splitting a file between threads means guessing
// whether a line break stands inside quotes. What follows runs on all of them, and as
// the rows of the table keep the order of the file, their rowid numbers them without a
// window that would again be one thread's work.
func (l *load) readRaw(ctx context.Context, e entry) error {
	c := e.batch.Clean
	if c.Temporary {
		defer os.Remove(c.Path)
	}
	if err := unchanged(c); err != nil {
		return err
	}
	if err := l.sess.Exec(ctx, fmt.Sprintf("CREATE TABLE %s AS SELECT * FROM %s", e.raw, readCSV(c, len(e.fields)))); err != nil {
		return fmt.Errorf("read %s: %w", c.Path, err)
	}
	if err := unchanged(c); err != nil {
		return err
	}
	sums := make([]string, len(e.fields))
	for i := range e.fields {
		sums[i] = fmt.Sprintf("coalesce(sum(strlen(f%d)), 0)", i)
	}
	var rows, bytes int64
	if err := l.row(ctx, fmt.Sprintf("SELECT count(*), (%s)::BIGINT FROM %s", strings.Join(sums, " + "), e.raw), &rows, &bytes); err != nil {
		return err
	}
	if rows != c.Rows || bytes != c.ValueBytes {
		return fmt.Errorf("%w: the file has %d good records with %d bytes of values, the engine read %d with %d", ErrConservation, c.Rows, c.ValueBytes, rows, bytes)
	}
	if rows >= SeqPerFile {
		return fmt.Errorf("%w: %d records are more than a file may have", ErrConservation, rows)
	}
	return nil
}

// unchanged guards against a file that is written to between check and read.
func unchanged(c source.CleanCSV) error {
	info, err := os.Stat(c.Path)
	if err != nil {
		return err
	}
	if info.Size() != c.Size || !info.ModTime().Equal(c.ModTime) {
		return fmt.Errorf("%w: %s; run again when the export has finished", ErrChanged, c.Path)
	}
	return nil
}

// readCSV leaves the engine's reader nothing to guess. It does not say strict_mode =
// true although that is the default: said aloud, it made DuckDB 1.5.5 read no row at
// all of some files with CRLF, without an error.
func readCSV(c source.CleanCSV, columns int) string {
	types := make([]string, columns)
	for i := range types {
		types[i] = fmt.Sprintf("'f%d': 'VARCHAR'", i)
	}
	quote := ""
	if c.Quote != 0 {
		quote = string(rune(c.Quote))
	}
	return fmt.Sprintf("read_csv(%s, auto_detect = false, header = true, columns = {%s}, delim = %s, quote = %s, escape = %s, "+
		"nullstr = '', allow_quoted_nulls = true, new_line = %s, parallel = false, compression = 'none', max_line_size = %d)",
		engine.Literal(c.Path), strings.Join(types, ", "), engine.Literal(string(rune(c.Delimiter))), engine.Literal(quote), engine.Literal(quote),
		engine.Literal(strings.NewReplacer("\r", `\r`, "\n", `\n`).Replace(c.NewLine)), max(c.MaxRecord+16, 2<<20))
}

// hash is the SQL of a row's hash: over the fields in order of their lower-case names,
// but for those that are told to be left out.
func (l *load) hash(fields []int) string {
	type named struct {
		lower string
		at    int
	}
	var list []named
	for i, at := range fields {
		name := l.schema.fields[at].Name
		if !slices.ContainsFunc(l.Unhashed, func(u string) bool { return strings.EqualFold(u, name) }) {
			list = append(list, named{strings.ToLower(name), i})
		}
	}
	sort.Slice(list, func(a, b int) bool { return list[a].lower < list[b].lower })
	parts := make([]string, len(list))
	for i, n := range list {
		parts[i] = fmt.Sprintf("%s || f%d || '\x1e'", engine.Literal(n.lower+"\x1f"), n.at)
	}
	return "unhex(md5(concat(" + strings.Join(parts, ", ") + ")))"
}

// key is the SQL of a key. Values hold no NUL (sources refuse them), so it separates
// and marks without doubt. A row without a full key is its own key.
func key(columns []string, hash string) string {
	whole := "chr(0) || hex(" + hash + ")"
	if len(columns) == 0 {
		return whole
	}
	return "coalesce(" + strings.Join(columns, " || chr(0) || ") + ", " + whole + ")"
}

// keyColumns names the key's columns in the engine's table of a batch.
func (l *load) keyColumns(e entry) []string {
	var out []string
	for _, k := range l.Key {
		at := l.schema.find(k)
		for i, f := range e.fields {
			if f == at {
				out = append(out, fmt.Sprintf("f%d", i))
			}
		}
	}
	return out
}

func (l *load) row(ctx context.Context, query string, to ...any) error {
	rows, err := l.sess.Query(ctx, query)
	if err != nil {
		return err
	}
	defer rows.Close()
	if !rows.Next() {
		if err := rows.Err(); err != nil {
			return err
		}
		return fmt.Errorf("no row from %s", query)
	}
	return rows.Scan(to...)
}
