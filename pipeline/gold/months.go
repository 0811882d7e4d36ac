package gold

import (
	"context"
	"fmt"

	"github.com/customer360/pipeline/pipeline/engine"
)

// unknownMonth is the partition of rows without a date.
const unknownMonth = "unknown"

// monthColumn carries the partition beside the model's own columns until it is written.
const monthColumn = "_partition_month"

// writeMonths writes one part per month of the partition column, and one without rows
// if there are none, because a table always has a file. The result is held once, so
// that the model runs once.
func (m Model) writeMonths(ctx context.Context, sess engine.Session, columns []engine.Column, newPart func(string) string) ([]Part, error) {
	if m.Contract.PartitionBy == "" {
		return nil, &SQLError{Path: m.Path, Problem: "the contract is partitioned but names no partition_by", Err: ErrContract}
	}
	month := fmt.Sprintf("coalesce(strftime(CAST(%s AS TIMESTAMP), '%%Y-%%m'), '%s')", engine.Ident(m.Contract.PartitionBy), unknownMonth)
	// Rows of a month stand together and carry its name, so that writing a month reads
	// little more than that month.
	build := fmt.Sprintf("CREATE SCHEMA result; CREATE TABLE result.built AS SELECT *, %s AS %s FROM (%s) ORDER BY %s",
		month, monthColumn, m.typed(), monthColumn)
	if err := sess.Exec(ctx, build); err != nil {
		return nil, locate(m.Path, m.SQL, err)
	}
	if err := m.checkKeys(ctx, sess, "result/built"); err != nil {
		return nil, err
	}
	months, err := texts(ctx, sess, "SELECT DISTINCT "+monthColumn+" FROM result.built ORDER BY 1")
	if err != nil {
		return nil, err
	}
	if len(months) == 0 {
		months = []string{unknownMonth}
	}
	var parts []Part
	for _, value := range months {
		part := Part{Path: newPart(m.Schema + "-" + m.Name + "-" + value), Partition: value}
		query := fmt.Sprintf("SELECT * EXCLUDE (%s) FROM result.built WHERE %s = %s%s", monthColumn, monthColumn, engine.Literal(value), m.orderBy())
		if part.Rows, err = sess.WriteParquet(ctx, query, part.Path, columns); err != nil {
			return nil, fmt.Errorf("write %s: %w", value, err)
		}
		parts = append(parts, part)
	}
	return parts, nil
}

// texts runs a query of one text column.
func texts(ctx context.Context, sess engine.Session, query string) ([]string, error) {
	rows, err := sess.Query(ctx, query)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var values []string
	for rows.Next() {
		var v string
		if err := rows.Scan(&v); err != nil {
			return nil, err
		}
		values = append(values, v)
	}
	return values, rows.Err()
}
