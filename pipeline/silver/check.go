package silver

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/customer360/pipeline/pipeline/config"
	"github.com/customer360/pipeline/pipeline/engine"
)

// samples is how many keys a check result names.
const samples = 5

// check runs the mappings' checks on the written table, and tells what drifted.
func (b *builder) check(ctx context.Context) error {
	b.noteDrift()
	if err := b.sharedKeys(ctx); err != nil {
		return err
	}
	if err := b.sess.RegisterParquet(ctx, "silver", b.t.Name, []string{b.res.Part.Path}, engineColumns(b.t.Contract, nil)); err != nil {
		return fmt.Errorf("silver %s: %w", b.t.Name, err)
	}
	done := map[string]bool{}
	for _, in := range b.inputs {
		for _, c := range in.mapping.Checks {
			query, column := columnCheckSQL(c)
			if done[c.Name+"\x00"+query] {
				continue
			}
			done[c.Name+"\x00"+query] = true
			result, err := b.result(ctx, query)
			if err != nil {
				return fmt.Errorf("mapping %s, check %s: %w", in.Mapping, c.Name, err)
			}
			result.ID, result.Column, result.Dimension = "silver."+b.t.Name+"."+c.Name, column, "validity"
			if c.Severity != "" {
				result.Severity = c.Severity
			}
			result.About = aboutCheck(c)
			b.res.Checks = append(b.res.Checks, result)
		}
	}
	return nil
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
		return "No row fulfils " + c.SQL + "."
	}
	return fmt.Sprintf("%s is one of %s, or empty.", c.Column, strings.Join(c.Accepted, ", "))
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

// result counts the rows of the finished table that fulfil a condition.
func (b *builder) result(ctx context.Context, condition string) (CheckResult, error) {
	return countFailing(ctx, b.sess, b.t.Contract, condition)
}

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
	sources := map[string]bool{}
	for _, in := range b.inputs {
		sources[in.Source] = true
	}
	if len(sources) < 2 {
		return nil
	}
	bySource := "CASE \"#input\""
	for _, in := range b.inputs {
		bySource += fmt.Sprintf(" WHEN %d THEN %s", in.index, lit(in.Source))
	}
	bySource += " END"
	keys := strings.Join(keyList(len(b.inputs[0].keyNames)), ", ")
	shared := fmt.Sprintf(`SELECT %s AS k FROM versions WHERE "#keyless" IS NULL GROUP BY %s HAVING min(%s) <> max(%s)`,
		rowKeySQL(len(b.inputs[0].keyNames)), keys, bySource, bySource)
	r := CheckResult{ID: "silver." + b.t.Name + ".key_in_two_sources", Table: "silver." + b.t.Name, Column: b.t.Contract.Key[0],
		Dimension: "uniqueness", Severity: "warning", Total: b.res.Part.Rows, About: "No record comes from two sources under one key."}
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

// CheckReferences counts, for every reference that mappings declare, the rows whose
// value is no key of the referenced table. Such rows are kept. It reads finished
// tables, because references may form circles. files gives the files of every table;
// tables without files are taken as empty. A reference into a table that nothing feeds
// is not counted: without a User export, every owner would be an orphan.
func (p *Project) CheckReferences(ctx context.Context, sess engine.Session, files map[string][]string) ([]CheckResult, error) {
	if err := sess.Exec(ctx, "DROP SCHEMA IF EXISTS silver CASCADE; CREATE SCHEMA silver"); err != nil {
		return nil, err
	}
	registered := map[string]bool{}
	register := func(table string) error {
		if registered[table] {
			return nil
		}
		registered[table] = true
		return sess.RegisterParquet(ctx, "silver", table, files[table], engineColumns(p.contracts[table], nil))
	}
	var out []CheckResult
	for _, t := range p.tables {
		for _, r := range t.References() {
			if !p.isFed(r.Table) {
				continue
			}
			target := p.contracts[r.Table]
			if err := errors.Join(register(t.Name), register(r.Table)); err != nil {
				return nil, fmt.Errorf("silver references of %s: %w", t.Name, err)
			}
			condition := fmt.Sprintf("%s IS NOT NULL AND %s <> '' AND %s NOT IN (SELECT %s FROM silver.%s WHERE %s IS NOT NULL)",
				id(r.Column), id(r.Column), id(r.Column), id(target.Key[0]), id(r.Table), id(target.Key[0]))
			result, err := countFailing(ctx, sess, t.Contract, condition)
			if err != nil {
				return nil, fmt.Errorf("silver references of %s: %w", t.Name, err)
			}
			result.ID = fmt.Sprintf("silver.%s.%s_in_%s", t.Name, r.Column, r.Table)
			result.Column, result.Dimension = r.Column, "referential"
			result.About = fmt.Sprintf("Every %s is a row of silver.%s.", r.Column, r.Table)
			out = append(out, result)
		}
	}
	return out, sess.Exec(ctx, "DROP SCHEMA silver CASCADE")
}

func (p *Project) isFed(table string) bool {
	t, ok := p.byName[table]
	return ok && len(t.Inputs) > 0
}
