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
	return examine(ctx, sess, table, key, notNull, false)
}

// examine is ExamineKey. Of a sorted table, which is a file that was written in the order of
// its key, or such files that cannot have a key in common, a key that comes twice stands
// beside itself, which is found for a third of the work.
func examine(ctx context.Context, sess engine.Session, table string, key, notNull []string, sorted bool) (KeyReport, error) {
	list := identList(key)
	hashed, distinct := fmt.Sprintf("SELECT *, hash(%s) AS key_hash FROM %s", list, table), "count(DISTINCT key_hash)"
	if sorted {
		hashed = "SELECT *, lag(key_hash) OVER () AS hash_before FROM (" + hashed + ")"
		distinct = "count(*) FILTER (key_hash IS DISTINCT FROM hash_before)"
	}
	counts := []string{"count(*)", distinct}
	for _, c := range notNull {
		counts = append(counts, fmt.Sprintf("count(*) FILTER (WHERE %s IS NULL)", engine.Ident(c)))
	}
	found := make([]int64, len(counts))
	into := make([]any, len(counts))
	for i := range found {
		into[i] = &found[i]
	}
	if err := oneRow(ctx, sess, fmt.Sprintf("SELECT %s FROM (%s)", strings.Join(counts, ", "), hashed), into...); err != nil {
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

// checkKeys enforces NOT NULL and uniqueness on the files that were built. How often a
// column is NULL stands in their footers; only what does not is counted by reading.
func (m Model) checkKeys(ctx context.Context, sess engine.Session, parts []Part) error {
	files := make([]string, len(parts))
	for i, p := range parts {
		files[i] = p.Path
	}
	if err := sess.RegisterParquet(ctx, "result", m.Name, files, nil); err != nil {
		return err
	}
	told, err := footerNulls(ctx, sess, files)
	if err != nil {
		return fmt.Errorf("read the footers of %s: %w", m.Table(), err)
	}
	var untold []string
	var nulls []ColumnNulls
	for _, c := range notNull(m.Contract) {
		if n, ok := told[c]; !ok {
			untold = append(untold, c)
		} else if n > 0 {
			nulls = append(nulls, ColumnNulls{c, n})
		}
	}
	sorted := len(files) == 1 || m.SliceBy == "" && m.keyBeginsWithPartition()
	r, err := examine(ctx, sess, "result."+engine.Ident(m.Name), m.Key, untold, sorted)
	if err != nil {
		return err
	}
	r.Nulls = append(r.Nulls, nulls...)
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

// footerNulls are the counts of NULL by column, as far as every row group tells them.
// Lists are left out: theirs are counts of elements.
func footerNulls(ctx context.Context, sess engine.Session, files []string) (map[string]int64, error) {
	list := make([]string, len(files))
	for i, f := range files {
		list[i] = engine.Literal(f)
	}
	rows, err := sess.Query(ctx, fmt.Sprintf(`SELECT path_in_schema, CAST(sum(stats_null_count) AS BIGINT) FROM parquet_metadata([%s])
		WHERE NOT contains(path_in_schema, ', ') GROUP BY ALL HAVING count(*) = count(stats_null_count)`, strings.Join(list, ", ")))
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	told := map[string]int64{}
	for rows.Next() {
		var column string
		var n int64
		if err := rows.Scan(&column, &n); err != nil {
			return nil, err
		}
		told[column] = n
	}
	return told, rows.Err()
}
