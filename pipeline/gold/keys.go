package gold

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/customer360/pipeline/pipeline/config"
	"github.com/customer360/pipeline/pipeline/engine"
)

// KeyReport is what a look at a table's key found.
type KeyReport struct {
	Rows    int64
	Doubles int64  // keys that more than one row has
	Sample  string // one of them
	Nulls   []ColumnNulls
}

// ColumnNulls is a column that must not be NULL and how many rows have none.
type ColumnNulls struct {
	Column string
	Rows   int64
}

// Broken counts what is wrong.
func (r KeyReport) Broken() int64 {
	n := r.Doubles
	for _, c := range r.Nulls {
		n += c.Rows
	}
	return n
}

// ExamineKey looks whether the contract's key is unique in table (an SQL name), and
// whether notNull columns are never NULL. Keys are compared by their 64-bit hashes first,
// which costs a fraction of the memory; only if two hashes are equal by the keys themselves.
func ExamineKey(ctx context.Context, sess engine.Session, table string, key, notNull []string) (KeyReport, error) {
	list := identList(key)
	counts := []string{"count(*)", "count(DISTINCT hash(" + list + "))"}
	for _, c := range notNull {
		counts = append(counts, fmt.Sprintf("count(*) FILTER (WHERE %s IS NULL)", engine.Ident(c)))
	}
	found := make([]int64, len(counts))
	into := make([]any, len(counts))
	for i := range found {
		into[i] = &found[i]
	}
	if err := oneRow(ctx, sess, fmt.Sprintf("SELECT %s FROM %s", strings.Join(counts, ", "), table), into...); err != nil {
		return KeyReport{}, fmt.Errorf("check the key of %s: %w", table, err)
	}
	r := KeyReport{Rows: found[0]}
	for i, c := range notNull {
		if n := found[i+2]; n > 0 {
			r.Nulls = append(r.Nulls, ColumnNulls{c, n})
		}
	}
	if found[1] == r.Rows {
		return r, nil
	}
	doubles := fmt.Sprintf("SELECT coalesce(min(k), ''), count(*) FROM (SELECT concat_ws('|', %[1]s) AS k FROM %[2]s GROUP BY %[1]s HAVING count(*) > 1)", list, table)
	if err := oneRow(ctx, sess, doubles, &r.Sample, &r.Doubles); err != nil {
		return r, fmt.Errorf("check the key of %s: %w", table, err)
	}
	return r, nil
}

func identList(names []string) string {
	out := make([]string, len(names))
	for i, n := range names {
		out[i] = engine.Ident(n)
	}
	return strings.Join(out, ", ")
}

func oneRow(ctx context.Context, sess engine.Session, query string, into ...any) error {
	rows, err := sess.Query(ctx, query)
	if err != nil {
		return err
	}
	defer rows.Close()
	if rows.Next() {
		if err := rows.Scan(into...); err != nil {
			return err
		}
	}
	return rows.Err()
}

// notNull are the columns that a contract never leaves empty.
func notNull(c config.Contract) (names []string) {
	for _, col := range c.Columns {
		if !col.Nullable {
			names = append(names, col.Name)
		}
	}
	return names
}

// checkKeys enforces NOT NULL and uniqueness on what was built.
func (m Model) checkKeys(ctx context.Context, sess engine.Session, table string) error {
	r, err := ExamineKey(ctx, sess, table, m.Key, notNull(m.Contract))
	if err != nil {
		return err
	}
	var broken []error
	report := func(problem string, n int64) {
		broken = append(broken, &SQLError{Path: m.Path, Problem: fmt.Sprintf("%s (%d rows)", problem, n), Err: ErrContract})
	}
	if r.Doubles > 0 {
		report("the key is not unique, e.g. "+r.Sample, r.Doubles)
	}
	for _, c := range r.Nulls {
		report(c.Column+" is NULL", c.Rows)
	}
	return errors.Join(broken...)
}
