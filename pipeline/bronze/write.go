package bronze

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/customer360/pipeline/pipeline/engine"
)

// writtenPart is a part that later tombstones may copy from.
type writtenPart struct {
	path   string
	fields int // how many fields the schema had
}

// flush writes the pending entries as one part, ordered by _seq, and frees them.
func (l *load) flush(ctx context.Context) error {
	if err := l.sess.Exec(ctx, dropCompared); err != nil {
		return err
	}
	var selects []string
	var rows int64
	for _, e := range l.pending {
		if e.rows > 0 {
			rows += e.rows
			selects = append(selects, l.selectEntry(e))
		}
	}
	if rows > 0 {
		path, err := l.writeOrdered(ctx, strings.Join(selects, " UNION ALL "), rows)
		if err != nil {
			return err
		}
		l.result.Parts = append(l.result.Parts, Part{Path: path, Rows: rows})
		l.written = append(l.written, writtenPart{path: path, fields: len(l.schema.fields)})
	}
	for _, e := range l.pending {
		drop := "DROP TABLE " + e.raw
		if e.skip != "" {
			drop += "; DROP TABLE " + e.skip
		}
		if err := l.sess.Exec(ctx, drop); err != nil {
			return err
		}
	}
	l.pending, l.pendingLen = nil, 0
	return nil
}

// writeOrdered writes rows by _seq. The engine keeps the order of tables that it writes one
// after the other, so the rows are sorted only if it did not: that costs more than all the
// rest. What is sorted is the file: DuckDB 1.5.5 spills then, whatever the query is made of.
func (l *load) writeOrdered(ctx context.Context, query string, rows int64) (string, error) {
	unordered := ""
	for _, kind := range []string{"", "-sorted"} {
		path := l.Part(l.partName(kind, len(l.result.Parts)))
		n, err := l.sess.WriteParquet(ctx, query, path, l.schema.columns())
		if err != nil {
			return "", err
		}
		if n != rows {
			return "", fmt.Errorf("%w: %d rows to store, %d written", ErrConservation, rows, n)
		}
		if unordered != "" {
			if err := os.Remove(unordered); err != nil {
				return "", err
			}
		}
		var misplaced int64
		check := fmt.Sprintf("SELECT count(*) FROM (SELECT _seq <= lag(_seq) OVER () AS late FROM read_parquet(%s)) WHERE late", engine.Literal(path))
		if err := l.row(ctx, check, &misplaced); err != nil {
			return "", err
		}
		if misplaced == 0 {
			return path, nil
		}
		unordered, query = path, fmt.Sprintf("SELECT * FROM read_parquet(%s) ORDER BY _seq", engine.Literal(path))
	}
	return "", fmt.Errorf("%w: rows are not in order after sorting", ErrConservation)
}

func (l *load) partName(kind string, n int) string {
	return strings.ToLower(fmt.Sprintf("bronze-%s-%s%s-%d", l.Source.Name, l.Object.Name, kind, n+1))
}

// selectEntry gives an entry's rows the columns of the table.
func (l *load) selectEntry(e entry) string {
	b := e.batch
	values := map[string]string{
		"_source_system": engine.Literal(l.Source.Name),
		"_source_region": engine.Literal(l.Source.Region),
		"_source_object": engine.Literal(l.Object.Name),
		"_source_file":   engine.Literal(filepath.ToSlash(b.Name)),
		"_extracted_at":  instant(l.ExtractedAt),
		"_watermark":     instant(b.ExportedAt),
		"_batch_id":      engine.Literal(l.RunID),
		"_seq":           fmt.Sprintf("%s + %d", e.place, e.base+1),
		"_is_deleted":    "false",
	}
	if e.dead {
		values["_seq"], values["_row_hash"], values["_is_deleted"] = "s", "h", "true"
	} else {
		values["_row_hash"] = l.hash(e.fields)
	}
	var list []string
	for at, f := range l.schema.fields {
		list = append(list, e.column(at)+" AS "+engine.Ident(f.Name))
	}
	for _, m := range metadata {
		list = append(list, fmt.Sprintf("(%s)::%s AS %s", values[m.Name], m.Type, engine.Ident(m.Name)))
	}
	return "SELECT " + strings.Join(list, ", ") + " FROM " + e.raw
}

// instant is the SQL of an instant; the zero time is not known.
func instant(t time.Time) string {
	if t.IsZero() {
		return "NULL"
	}
	return "TIMESTAMPTZ '" + t.UTC().Format("2006-01-02 15:04:05.000000") + "+00'"
}

// malformedColumns is the table of records that could not be loaded.
var malformedColumns = [...]engine.Column{
	{Name: "source_file", Type: "VARCHAR", FieldID: 1},
	{Name: "line", Type: "BIGINT", FieldID: 2},
	{Name: "byte_offset", Type: "BIGINT", FieldID: 3},
	{Name: "reason", Type: "VARCHAR", FieldID: 4},
	{Name: "raw", Type: "VARCHAR", FieldID: 5},
	{Name: "_seq", Type: "BIGINT", FieldID: 6},
	{Name: "_batch_id", Type: "VARCHAR", FieldID: 7},
	{Name: "_extracted_at", Type: "TIMESTAMP WITH TIME ZONE", FieldID: 8},
}

// malformed writes the malformed records of all batches. Their _seq counts them within
// their file.
func (l *load) malformed(ctx context.Context) error {
	l.result.MalformedColumns = append([]engine.Column(nil), malformedColumns[:]...)
	var total int64
	for i := range l.Batches {
		if len(l.Batches[i].Malformed) == 0 {
			continue
		}
		if total == 0 {
			if err := l.sess.Exec(ctx, "CREATE TABLE malformed (source_file VARCHAR, line BIGINT, byte_offset BIGINT, reason VARCHAR, raw VARCHAR, _seq BIGINT)"); err != nil {
				return err
			}
		}
		total += int64(len(l.Batches[i].Malformed))
		if err := l.insertMalformed(ctx, &l.Batches[i]); err != nil {
			return fmt.Errorf("keep malformed records of %s: %w", l.Batches[i].Name, err)
		}
	}
	if total == 0 {
		return nil
	}
	query := fmt.Sprintf("SELECT *, %s AS _batch_id, %s AS _extracted_at FROM malformed ORDER BY _seq", engine.Literal(l.RunID), instant(l.ExtractedAt))
	path := l.Part(l.partName("-malformed", 0))
	n, err := l.sess.WriteParquet(ctx, query, path, malformedColumns[:])
	if err != nil {
		return err
	}
	if n != total {
		return fmt.Errorf("%w: %d malformed records, %d written", ErrConservation, total, n)
	}
	l.result.MalformedParts = []Part{{Path: path, Rows: n}}
	return l.sess.Exec(ctx, "DROP TABLE malformed")
}

func (l *load) insertMalformed(ctx context.Context, b *Numbered) error {
	const atOnce = 500
	for from := 0; from < len(b.Malformed); from += atOnce {
		to := min(from+atOnce, len(b.Malformed))
		var rows []string
		var args []any
		for i, m := range b.Malformed[from:to] {
			rows = append(rows, "(?, ?, ?, ?, ?, ?)")
			args = append(args, b.Name, m.Line, m.Offset, m.Reason, m.Raw, b.FileNo*SeqPerFile+int64(from+i)+1)
		}
		if err := l.sess.Exec(ctx, "INSERT INTO malformed VALUES "+strings.Join(rows, ", "), args...); err != nil {
			return err
		}
	}
	return nil
}
