package gold

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"path/filepath"
	"slices"
	"strings"

	"github.com/customer360/pipeline/pipeline/engine"
	"github.com/customer360/pipeline/pipeline/timespan"
)

// cell is the least that is counted of a partitioned table: a month of a slice.
type cell struct {
	slice int // index in Model.Slices; their number for rows of no slice
	month int // see timespan
}

type digests map[cell]timespan.Digest

// piece is what stands in one file of a partitioned table.
type piece struct {
	slice  int // -1: rows of every slice
	span   timespan.Span
	digest string
}

func (p piece) holds(c cell) bool {
	return (p.slice < 0 || p.slice == c.slice) && p.span.Holds(c.month)
}

// label names the piece within its table, e.g. 2026-05 or BILLING-2026-05.
func (p piece) label(m Model) string {
	switch {
	case p.slice < 0:
		return p.span.Label
	case p.slice == len(m.Slices):
		return "other-" + p.span.Label
	}
	return m.Slices[p.slice] + "-" + p.span.Label
}

// heldIn finds the part that has the rows of the piece.
func (p piece) heldIn(held []Part, m Model) (Part, bool) {
	for _, h := range held {
		if h.Partition == p.label(m) && h.Digest == p.digest {
			h.Kept = true
			return h, true
		}
	}
	return Part{}, false
}

// pieces cuts the table: a small one stays whole; else each of its slices is cut by time,
// so that what changes often (contracts) does not stand in a file with what hardly ever
// does (calls of last year). It depends on nothing but the rows.
func (m Model) pieces(cells digests, spanRows int64) (out []piece) {
	spanRows = cmp.Or(spanRows, timespan.Rows)
	total := int64(0)
	for _, d := range cells {
		total += d.Rows
	}
	whole := total <= spanRows || m.SliceBy == ""
	months := map[int]map[int]int64{} // rows by slice and month
	if whole {
		months[-1] = map[int]int64{}
	}
	for c, d := range cells {
		if whole {
			c.slice = -1
		}
		if months[c.slice] == nil {
			months[c.slice] = map[int]int64{}
		}
		months[c.slice][c.month] += d.Rows
	}
	for _, slice := range slices.Sorted(maps.Keys(months)) {
		for _, span := range timespan.Cut(months[slice], spanRows) {
			p := piece{slice: slice, span: span}
			var sum timespan.Digest
			for c, d := range cells {
				if p.holds(c) {
					sum = sum.Add(d)
				}
			}
			p.digest = sum.String()
			out = append(out, p)
		}
	}
	return out
}

// monthSQL is the month of a row.
func (m Model) monthSQL() string { return timespan.MonthSQL(engine.Ident(m.Contract.PartitionBy)) }

// sliceSQL is the slice of a row.
func (m Model) sliceSQL() string {
	if m.SliceBy == "" {
		return "0"
	}
	var b strings.Builder
	b.WriteString("CASE " + engine.Ident(m.SliceBy))
	for i, value := range m.Slices {
		fmt.Fprintf(&b, " WHEN %s THEN %d", engine.Literal(value), i)
	}
	fmt.Fprintf(&b, " ELSE %d END", len(m.Slices))
	return b.String()
}

// digestScratch digests all scratch files.
func (m Model) digestScratch(ctx context.Context, sess engine.Session, dir string) (digests, error) {
	files, err := scratchFiles(dir, piece{slice: -1, span: timespan.All})
	if err != nil || len(files) == 0 {
		return nil, err
	}
	return m.digestRows(ctx, sess, fmt.Sprintf("read_parquet(%s, hive_partitioning = true, hive_types = {'%s': INTEGER, '%s': INTEGER})",
		engine.Literal(filepath.Join(dir, "*", "*", "*", "*.parquet")), sliceColumn, monthColumn))
}

// digestRows digests marked rows.
func (m Model) digestRows(ctx context.Context, sess engine.Session, from string) (digests, error) {
	query := fmt.Sprintf("SELECT %[1]s, %[2]s, %[3]s FROM (SELECT %[1]s, %[2]s, %[4]s AS h FROM %[5]s) GROUP BY ALL",
		sliceColumn, monthColumn, timespan.DigestSQL, hashColumn, from)
	rows, err := sess.Query(ctx, query)
	if err != nil {
		return nil, fmt.Errorf("digest rows: %w", err)
	}
	defer rows.Close()
	out := digests{}
	for rows.Next() {
		var c cell
		var d timespan.Digest
		if err := rows.Scan(&c.slice, &c.month, &d.Rows, &d.Sum, &d.Xor); err != nil {
			return nil, err
		}
		out[c] = d
	}
	return out, rows.Err()
}
