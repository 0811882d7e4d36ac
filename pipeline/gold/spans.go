package gold

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/customer360/pipeline/pipeline/engine"
	"github.com/customer360/pipeline/pipeline/timespan"
)

// scratchSchema holds a view of the scratch files of every piece.
const scratchSchema = "scratch"

// scratchRows is the row group of scratch files: small, because one is held in memory
// for every month that is being written.
const scratchRows = 8192

// writeSpans writes a partitioned table: one part per slice of the model and span of its
// partition column (see timespan), and one without rows if there are none, because a table
// always has a file. A part with the rows that it had in the published table is not written
// again: its file stays.
//
// The model's rows are first put down as they come, then counted and hashed, and then every
// piece is written by itself. Where they are put down depends on their size: in a table of
// the session, or, of a model with slices, in scratch files.
func (m Model) writeSpans(ctx context.Context, eng engine.Engine, sess engine.Session, rows string, columns []engine.Column, in BuildInput) ([]Part, error) {
	if m.Contract.PartitionBy == "" {
		return nil, &SQLError{Path: m.Path, Problem: "the contract is partitioned but names no partition_by", Err: ErrContract}
	}
	var parts []Part
	var err error
	if m.SliceBy != "" && in.bytes() > cmp.Or(in.SmallInputs, smallInputs) {
		parts, err = m.spansFromFiles(ctx, eng, sess, rows, columns, in)
	} else {
		parts, err = m.spansFromTable(ctx, sess, rows, columns, in)
	}
	if err != nil {
		return nil, err
	}
	return parts, m.checkKeys(ctx, sess, parts)
}

// spansFromFiles goes by way of scratch files. The table may be far larger than memory: only
// a piece is ever sorted, and only the joins of one slice are held at once.
func (m Model) spansFromFiles(ctx context.Context, eng engine.Engine, sess engine.Session, rows string, columns []engine.Column, in BuildInput) (parts []Part, err error) {
	scratch := in.Part(m.Schema + "-" + m.Name + "-scratch")
	if err := os.Mkdir(scratch, 0o755); err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(scratch)) }()
	if err := m.writeScratch(ctx, sess, rows, scratch, m.sliceConditions()); err != nil {
		return nil, err
	}
	cells, err := m.digestScratch(ctx, sess, scratch)
	if err != nil {
		return nil, err
	}
	pieces := m.pieces(cells, in.SpanRows)
	parts = make([]Part, len(pieces))
	return parts, spread(ctx, eng, len(pieces), func(engine.Session) error { return nil }, func(own engine.Session, i int) (err error) {
		part, held := pieces[i].heldIn(in.Held, m)
		if !held {
			part, err = m.writePiece(ctx, own, pieces[i], scratch, columns, in)
		}
		parts[i] = part
		return err
	})
}

// writePiece writes the scratch rows of a piece in the order of the table's key.
func (m Model) writePiece(ctx context.Context, sess engine.Session, p piece, scratch string, columns []engine.Column, in BuildInput) (Part, error) {
	files, err := scratchFiles(scratch, p)
	if err != nil {
		return Part{}, err
	}
	part := Part{Partition: p.label(m), Digest: p.digest}
	if err := sess.RegisterParquet(ctx, scratchSchema, part.Partition, files, columns); err != nil {
		return Part{}, err
	}
	part.Path = in.Part(m.Schema + "-" + m.Name + "-" + part.Partition)
	if part.Rows, err = sess.WriteParquet(ctx, "SELECT * FROM "+scratchSchema+"."+engine.Ident(part.Partition)+m.orderBy(), part.Path, columns); err != nil {
		return Part{}, fmt.Errorf("write %s: %w", part.Partition, err)
	}
	return part, nil
}

// Columns of scratch rows beside the table's: slice and month, which are their directories,
// and a hash of the row.
const (
	sliceColumn = "_partition_slice"
	monthColumn = "_partition_month"
	hashColumn  = "_row_hash"
)

// marked are the model's rows with those columns.
func (m Model) marked(rows string) string {
	return fmt.Sprintf("SELECT *, %s AS %s, %s AS %s, %s AS %s FROM (%s)",
		m.sliceSQL(), sliceColumn, m.monthSQL(), monthColumn, timespan.HashSQL(m.Contract.ColumnNames()), hashColumn, m.typed(rows))
}

// writeScratch writes the model's rows to
// dir/<n>/<slice column>=<slice>/<month column>=<month>/*.parquet, in no order. What a try
// left that ran out of memory is written over.
func (m Model) writeScratch(ctx context.Context, sess engine.Session, rows, dir string, slices []string) error {
	for i, slice := range slices {
		query := fmt.Sprintf("COPY (%s WHERE %s) TO %s (FORMAT parquet, PARTITION_BY (%s, %s), ROW_GROUP_SIZE %d, OVERWRITE true)",
			m.marked(rows), slice,
			engine.Literal(filepath.Join(dir, strconv.Itoa(i))), sliceColumn, monthColumn, scratchRows)
		if err := sess.Exec(ctx, query); err != nil {
			return locate(m.Path, m.SQL, err)
		}
	}
	return nil
}

// scratchFiles lists the scratch files of a piece.
func scratchFiles(dir string, p piece) (files []string, err error) {
	err = filepath.WalkDir(dir, func(file string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		month, badMonth := scratchValue(filepath.Dir(file), monthColumn)
		slice, badSlice := scratchValue(filepath.Dir(filepath.Dir(file)), sliceColumn)
		if err := errors.Join(badMonth, badSlice); err != nil {
			return err
		}
		if p.holds(cell{slice, month}) {
			files = append(files, file)
		}
		return nil
	})
	slices.Sort(files)
	return files, err
}

// scratchValue is the value of a partition column that a directory stands for.
func scratchValue(dir, column string) (int, error) {
	text, found := strings.CutPrefix(filepath.Base(dir), column+"=")
	n, err := strconv.Atoi(text)
	if !found || err != nil {
		return 0, fmt.Errorf("scratch directory %s has no %s", dir, column)
	}
	return n, nil
}

// smallInputs are inputs (as Parquet) whose joins and rows fit into memory together: then a
// model with slices is computed at once, which is cheaper than slice after slice.
const smallInputs = 64 << 20

// bytes is the size of all inputs.
func (in BuildInput) bytes() (n int64) {
	for _, files := range in.Inputs {
		for _, file := range files {
			if info, err := os.Stat(file); err == nil { // else reading it says so
				n += info.Size()
			}
		}
	}
	return n
}

// sliceConditions are conditions of which every row meets exactly one: one for each
// value of the model's slices, and one for rows with none of them.
func (m Model) sliceConditions() []string {
	column := engine.Ident(m.SliceBy)
	var conditions, values []string
	for _, value := range m.Slices {
		values = append(values, engine.Literal(value))
		conditions = append(conditions, column+" = "+engine.Literal(value))
	}
	rest := fmt.Sprintf("(%s IS NULL OR %s NOT IN (%s))", column, column, strings.Join(values, ", "))
	return append(conditions, rest)
}
