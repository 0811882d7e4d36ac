package gold

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/customer360/pipeline/pipeline/engine"
)

// unknownMonth is the partition of rows without a date.
const unknownMonth = "unknown"

// monthColumn carries the partition beside the model's own columns until it is written.
const monthColumn = "_partition_month"

// scratchSchema holds a view of each month's scratch files.
const scratchSchema = "scratch"

// scratchRows is the row group of scratch files: small, because one is held in memory
// for every month that is being written.
const scratchRows = 8192

// writeMonths writes one part per month of the partition column, and one without rows
// if there are none, because a table always has a file.
//
// The table may be far larger than memory. So the model's rows first go as they come to
// scratch files by month, one slice of the model after another, and then every month is
// read back, sorted and written. Only a month is ever sorted, and only the joins of one
// slice are held at once.
func (m Model) writeMonths(ctx context.Context, sess engine.Session, rows string, columns []engine.Column, in BuildInput) (parts []Part, err error) {
	if m.Contract.PartitionBy == "" {
		return nil, &SQLError{Path: m.Path, Problem: "the contract is partitioned but names no partition_by", Err: ErrContract}
	}
	scratch := in.Part(m.Schema + "-" + m.Name + "-scratch")
	if err := os.Mkdir(scratch, 0o755); err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(scratch)) }()
	if err := m.writeScratch(ctx, sess, rows, scratch, m.sliceConditions(in.bytes())); err != nil {
		return nil, err
	}
	months, err := scratchMonths(scratch)
	if err != nil {
		return nil, err
	}
	if len(months) == 0 {
		months[unknownMonth] = nil
	}
	for _, month := range slices.Sorted(maps.Keys(months)) {
		part := Part{Path: in.Part(m.Schema + "-" + m.Name + "-" + month), Partition: month}
		if err := sess.RegisterParquet(ctx, scratchSchema, month, months[month], columns); err != nil {
			return nil, err
		}
		query := "SELECT * FROM " + scratchSchema + "." + engine.Ident(month) + m.orderBy()
		if part.Rows, err = sess.WriteParquet(ctx, query, part.Path, columns); err != nil {
			return nil, fmt.Errorf("write %s: %w", month, err)
		}
		parts = append(parts, part)
	}
	return parts, m.checkKeys(ctx, sess, parts)
}

// writeScratch writes the model's rows to dir/<slice>/<month column>=<month>/*.parquet,
// in no order. A try that ran out of memory leaves files behind, which the next one overwrites.
func (m Model) writeScratch(ctx context.Context, sess engine.Session, rows, dir string, slices []string) error {
	month := fmt.Sprintf("coalesce(strftime(CAST(%s AS TIMESTAMP), '%%Y-%%m'), '%s')", engine.Ident(m.Contract.PartitionBy), unknownMonth)
	for i, slice := range slices {
		query := fmt.Sprintf("COPY (SELECT *, %s AS %s FROM (%s) WHERE %s) TO %s (FORMAT parquet, PARTITION_BY (%s), ROW_GROUP_SIZE %d, OVERWRITE true)",
			month, monthColumn, m.typed(rows), slice, engine.Literal(filepath.Join(dir, strconv.Itoa(i))), monthColumn, scratchRows)
		if err := sess.Exec(ctx, query); err != nil {
			return locate(m.Path, m.SQL, err)
		}
	}
	return nil
}

// smallInputs are inputs (as Parquet) whose joins fit into memory together: then a model
// is computed at once, which is cheaper than slice after slice.
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
func (m Model) sliceConditions(bytes int64) []string {
	if m.SliceBy == "" || bytes <= smallInputs {
		return []string{"true"}
	}
	column := engine.Ident(m.SliceBy)
	var conditions, values []string
	for _, value := range m.Slices {
		values = append(values, engine.Literal(value))
		conditions = append(conditions, column+" = "+engine.Literal(value))
	}
	rest := fmt.Sprintf("(%s IS NULL OR %s NOT IN (%s))", column, column, strings.Join(values, ", "))
	return append(conditions, rest)
}

// scratchMonths lists the scratch files of every month.
func scratchMonths(dir string) (map[string][]string, error) {
	months := map[string][]string{}
	err := filepath.WalkDir(dir, func(file string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		month, found := strings.CutPrefix(filepath.Base(filepath.Dir(file)), monthColumn+"=")
		if !found {
			return fmt.Errorf("scratch file %s belongs to no month", file)
		}
		months[month] = append(months[month], file)
		return nil
	})
	return months, err
}
