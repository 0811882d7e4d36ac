package silver

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/customer360/pipeline/pipeline/config"
	"github.com/customer360/pipeline/pipeline/engine"
)

// samples is how many keys a check result names.
const samples = 5

// check tells what only the build can see: what drifted, and keys that two sources claim.
func (b *builder) check(ctx context.Context) error {
	b.noteDrift()
	return b.sharedKeys(ctx)
}

// columnChecks runs the checks of a table's mappings on the finished table, which is
// registered in the session.
func (t *Table) columnChecks(ctx context.Context, sess engine.Session) ([]CheckResult, error) {
	var out []CheckResult
	done := map[string]bool{}
	for _, in := range t.inputs {
		for _, c := range in.mapping.Checks {
			condition, column := columnCheckSQL(c)
			if done[c.Name+"\x00"+condition] {
				continue
			}
			done[c.Name+"\x00"+condition] = true
			result, err := countFailing(ctx, sess, t.Contract, condition)
			if err != nil {
				return nil, fmt.Errorf("mapping %s, check %s: %w", in.Mapping, c.Name, err)
			}
			result.ID, result.Column, result.Dimension = "silver."+t.Name+"."+c.Name, column, "validity"
			if c.Severity != "" {
				result.Severity = c.Severity
			}
			result.About = aboutCheck(c)
			out = append(out, result)
		}
	}
	return out, nil
}

// noteDrift tells, in one line per object, which mapped columns bronze lacks.
func (b *builder) noteDrift() {
	for _, in := range b.inputs {
		var names []string
		for _, d := range b.res.Drift {
			if d.Source != in.Source || d.Object != in.Object {
				continue
			}
			name := d.Column
			if d.Nearest != "" {
				name += fmt.Sprintf(" (nearest: %q)", d.Nearest)
			}
			if !slices.Contains(names, name) {
				names = append(names, name)
			}
		}
		if len(names) > 0 {
			b.note("%s/%s lacks mapped columns, they are read as empty: %s", in.Source, in.Object, strings.Join(names, ", "))
		}
	}
}

func aboutCheck(c config.ColumnCheck) string {
	if c.SQL != "" {
		return "Rows where " + c.SQL + ". Correct them in the source, or change the check in the mapping."
	}
	return fmt.Sprintf("%s should be one of %s, or empty. Add a new value to the mapping, or correct it in the source.", c.Column, strings.Join(c.Accepted, ", "))
}

// columnCheckSQL is the condition under which a row fails.
func columnCheckSQL(c config.ColumnCheck) (condition, column string) {
	if c.SQL != "" {
		return "coalesce((" + c.SQL + "), false)", c.Column
	}
	if len(c.Accepted) == 0 {
		return id(c.Column) + " IS NULL", c.Column
	}
	return fmt.Sprintf("coalesce(CAST(%s AS VARCHAR) NOT IN (%s), false)", id(c.Column), literals(c.Accepted)), c.Column
}

// countFailing counts the rows of a registered table that fulfil a condition.
func countFailing(ctx context.Context, sess engine.Session, c config.Contract, condition string) (CheckResult, error) {
	key := make([]string, len(c.Key))
	for i, k := range c.Key {
		key[i] = "coalesce(CAST(" + id(k) + " AS VARCHAR), '')"
	}
	from := "silver." + id(c.Table)
	sample := fmt.Sprintf("SELECT concat_ws('|', %s) FROM %s WHERE %s ORDER BY ALL LIMIT %d", strings.Join(key, ", "), from, condition, samples)
	r := CheckResult{Table: "silver." + c.Table, Severity: "warning",
		SQL: fmt.Sprintf("SELECT * FROM %s WHERE %s", from, condition)}
	if err := queryRow(ctx, sess, fmt.Sprintf("SELECT count(*) FILTER (%s), count(*) FROM %s", condition, from), &r.Failing, &r.Total); err != nil {
		return r, err
	}
	if r.Failing == 0 {
		return r, nil
	}
	rows, err := sess.Query(ctx, sample)
	if err != nil {
		return r, err
	}
	defer rows.Close()
	for rows.Next() {
		var s string
		if err := rows.Scan(&s); err != nil {
			return r, err
		}
		r.Samples = append(r.Samples, s)
	}
	return r, rows.Err()
}

func queryRow(ctx context.Context, sess engine.Session, query string, into ...any) error {
	rows, err := sess.Query(ctx, query)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		if err := rows.Scan(into...); err != nil {
			return err
		}
	}
	return rows.Err()
}

// sharedKeys checks that no key comes from two sources: within one id namespace that
// means that two systems claim one record.
func (b *builder) sharedKeys(ctx context.Context) error {
	number := map[string]int{} // of each source
	source := "CASE \"#input\""
	for _, in := range b.inputs {
		if _, ok := number[in.Source]; !ok {
			number[in.Source] = len(number)
		}
		source += fmt.Sprintf(" WHEN %d THEN %d", in.index, number[in.Source])
	}
	source += " END"
	if len(number) < 2 {
		return nil
	}
	key := keyList(len(b.inputs[0].keyNames))
	// Grouped by a hash first: next to no key is left then, and the keys of a large table do
	// not fit into memory.
	shared := fmt.Sprintf(`SELECT %[1]s AS k FROM versions
WHERE "#keyless" IS NULL AND hash(%[2]s) IN (SELECT hash(%[2]s) FROM versions WHERE "#keyless" IS NULL GROUP BY ALL HAVING min(%[3]s) <> max(%[3]s))
GROUP BY %[2]s HAVING min(%[3]s) <> max(%[3]s)`, rowKeySQL(len(key)), strings.Join(key, ", "), source)
	r := CheckResult{ID: "silver." + b.t.Name + ".key_in_two_sources", Table: "silver." + b.t.Name, Column: b.t.Contract.Key[0],
		Dimension: "uniqueness", Severity: "warning", Total: b.res.Rows(), About: "No record comes from two sources under one key."}
	var err error
	if r.Failing, err = b.number(ctx, "SELECT count(*) FROM ("+shared+")"); err != nil {
		return err
	}
	if r.Failing > 0 {
		if r.Samples, err = b.texts(ctx, shared+fmt.Sprintf(" ORDER BY k LIMIT %d", samples)); err != nil {
			return err
		}
	}
	b.res.Checks = append(b.res.Checks, r)
	return nil
}

// Check runs the checks of the mappings, and counts the orphans, on finished tables. It
// is given the files of every silver table, for references may form circles.
func (p *Project) Check(ctx context.Context, sess engine.Session, files map[string][]string) ([]CheckResult, error) {
	if err := sess.Exec(ctx, "DROP SCHEMA IF EXISTS silver CASCADE; CREATE SCHEMA silver"); err != nil {
		return nil, err
	}
	for _, t := range p.tables {
		if err := sess.RegisterParquet(ctx, "silver", t.Name, files[t.Name], engineColumns(t.Contract, nil)); err != nil {
			return nil, fmt.Errorf("check silver %s: %w", t.Name, err)
		}
	}
	var out []CheckResult
	for _, t := range p.tables {
		columns, err := t.columnChecks(ctx, sess)
		if err != nil {
			return nil, err
		}
		references, err := p.orphans(ctx, sess, t)
		if err != nil {
			return nil, fmt.Errorf("silver references of %s: %w", t.Name, err)
		}
		out = append(append(out, columns...), references...)
	}
	return out, sess.Exec(ctx, "DROP SCHEMA silver CASCADE")
}

// orphans counts, per reference, the rows that name a key which no row has. A table
// that nothing feeds has no keys, and says nothing about those who name them.
func (p *Project) orphans(ctx context.Context, sess engine.Session, t *Table) ([]CheckResult, error) {
	var out []CheckResult
	for _, r := range t.References() {
		if !p.isFed(r.Table) {
			continue
		}
		key := id(p.contracts[r.Table].Key[0])
		condition := fmt.Sprintf("%s IS NOT NULL AND %s <> '' AND %s NOT IN (SELECT %s FROM silver.%s WHERE %s IS NOT NULL)",
			id(r.Column), id(r.Column), id(r.Column), key, id(r.Table), key)
		result, err := countFailing(ctx, sess, t.Contract, condition)
		if err != nil {
			return nil, err
		}
		result.ID = fmt.Sprintf("silver.%s.%s_in_%s", t.Name, r.Column, r.Table)
		result.Column, result.Dimension = r.Column, "referential"
		result.About = fmt.Sprintf("%s names no row of silver.%s; the row is kept. Load the missing records, or correct the id in the source.", r.Column, r.Table)
		out = append(out, result)
	}
	return out, nil
}

func (p *Project) isFed(table string) bool {
	t, ok := p.byName[table]
	return ok && len(t.Inputs) > 0
}
