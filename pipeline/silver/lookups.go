package silver

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
)

// fillLookups creates the tables that steps join with.
func (b *builder) fillLookups(ctx context.Context) error {
	done := map[string]bool{}
	for _, g := range b.groups {
		for n, col := range g.lead().columns {
			for _, s := range g.plan(n).stages {
				if s.lookup == nil || done[s.lookup.table] {
					continue
				}
				done[s.lookup.table] = true
				if err := b.fillLookup(ctx, g, n, s.lookup); err != nil {
					return fmt.Errorf("mapping %s, column %s: %w", g.lead().Mapping, col.name, err)
				}
			}
		}
	}
	return nil
}

func (b *builder) fillLookup(ctx context.Context, g *group, column int, l *lookup) error {
	rows := l.rows
	if l.phone != nil {
		keys, err := b.texts(ctx, g.lookupKeysSQL(g.have(b.columnsOf), column, l))
		if err != nil {
			return err
		}
		rows = l.phone.resolve(keys)
	}
	name := "lookup." + id(l.table)
	if err := b.sess.Exec(ctx, "CREATE TABLE "+name+" (k VARCHAR, v VARCHAR)"); err != nil {
		return err
	}
	const batch = 20000
	for chunk := range slices.Chunk(rows, batch) {
		text, err := json.Marshal(chunk)
		if err != nil {
			return err
		}
		insert := "INSERT INTO " + name + ` SELECT r[1], r[2] FROM (SELECT unnest(from_json(CAST(? AS JSON), '[["VARCHAR"]]')) AS r)`
		if err := b.sess.Exec(ctx, insert, string(text)); err != nil {
			return err
		}
	}
	return nil
}

// lookupKeysSQL lists the distinct texts that a lookup of a column will be asked for.
func (g *group) lookupKeysSQL(have []string, column int, l *lookup) string {
	c := &chain{group: g, missing: g.lead().missingSources(have)}
	from, columns := g.latestFrom()
	c.source(from, columns)
	plan := g.plan(column)
	c.raw([]columnPlan{plan}, g.parseMeta())
	i := slices.IndexFunc(plan.stages, func(s stage) bool { return s.lookup != nil && s.lookup.table == l.table })
	for d := range i {
		c.stageLayer([]columnPlan{plan}, d, fmt.Sprintf("step0_%d", d))
	}
	key := plan.stages[i].lookupKey()
	return c.query(fmt.Sprintf("SELECT DISTINCT %s FROM %s r WHERE %s IS NOT NULL", key, c.last(), key))
}
