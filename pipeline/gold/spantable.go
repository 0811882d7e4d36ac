package gold

import (
	"context"
	"fmt"

	"github.com/customer360/pipeline/pipeline/engine"
)

// stagedTable holds the rows of a partitioned table while it is cut.
const stagedTable = scratchSchema + ".staged"

// spansFromTable goes by way of a table in the session, sorted, so that a piece stands
// together there and is found by its month; the engine spills what does not fit into memory.
func (m Model) spansFromTable(ctx context.Context, sess engine.Session, rows string, columns []engine.Column, in BuildInput) ([]Part, error) {
	order := m.orderBy()
	if !m.keyBeginsWithPartition() {
		order = " ORDER BY " + monthColumn + ", " + identList(m.Key)
	}
	stage := fmt.Sprintf("CREATE SCHEMA IF NOT EXISTS %s; CREATE OR REPLACE TABLE %s AS %s%s", scratchSchema, stagedTable, m.marked(rows), order)
	if err := sess.Exec(ctx, stage); err != nil {
		return nil, locate(m.Path, m.SQL, err)
	}
	cells, err := m.digestRows(ctx, sess, stagedTable)
	if err != nil {
		return nil, err
	}
	var parts []Part
	for _, p := range m.pieces(cells, in.SpanRows) {
		part, held := p.heldIn(in.Held, m)
		if !held {
			part = Part{Partition: p.label(m), Digest: p.digest, Path: in.Part(m.Schema + "-" + m.Name + "-" + p.label(m))}
			if part.Rows, err = sess.WriteParquet(ctx, m.stagedPiece(p), part.Path, columns); err != nil {
				return nil, fmt.Errorf("write %s: %w", part.Partition, err)
			}
		}
		parts = append(parts, part)
	}
	return parts, nil
}

// stagedPiece selects the rows of a piece in the order of the table's key: the order in which
// they are staged, unless that is by month and then by a key that is none.
func (m Model) stagedPiece(p piece) string {
	query := fmt.Sprintf("SELECT %s FROM %s WHERE %s BETWEEN %d AND %d", identList(m.Contract.ColumnNames()), stagedTable, monthColumn, p.span.From, p.span.To)
	if p.slice >= 0 {
		query += fmt.Sprintf(" AND %s = %d", sliceColumn, p.slice)
	}
	if m.keyBeginsWithPartition() || p.span.From == p.span.To {
		return query
	}
	return query + m.orderBy()
}

func (m Model) keyBeginsWithPartition() bool { return m.Key[0] == m.Contract.PartitionBy }
