package question

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/customer360/pipeline/pipeline/engine"
)

// Coverage says which regions have a source, by silver table.
type Coverage map[string][]string

// customersTable is the silver table whose regions are those where customers are.
const customersTable = "silver.account"

// ReadCoverage reads ops.source_coverage of the latest run in the session.
func ReadCoverage(ctx context.Context, sess engine.Session) (Coverage, error) {
	rows, err := sess.Query(ctx, `SELECT DISTINCT 'silver.' || silver_table, source_region FROM ops.source_coverage
		WHERE run_id = (SELECT max(run_id) FROM ops.source_coverage) AND is_available AND silver_table <> '' ORDER BY ALL`)
	if err != nil {
		return nil, fmt.Errorf("source coverage: %w", err)
	}
	defer rows.Close()
	c := Coverage{}
	for rows.Next() {
		var table, region string
		if err := rows.Scan(&table, &region); err != nil {
			return nil, fmt.Errorf("source coverage: %w", err)
		}
		c[table] = append(c[table], region)
	}
	return c, rows.Err()
}

// Missing lists the groups of alternatives of which no region has a source: without
// them there is no answer.
func (c Coverage) Missing(q Question) (groups [][]string) {
	for _, group := range q.Sources {
		if len(c.regions(group)) == 0 {
			groups = append(groups, group)
		}
	}
	return groups
}

// Partial lists regions that have accounts but lack a source that others have: the
// answer does not speak for them.
func (c Coverage) Partial(q Question) (notes []string) {
	for _, group := range q.Sources {
		have := c.regions(group)
		var without []string
		for _, region := range c[customersTable] {
			if !slices.Contains(have, region) {
				without = append(without, region)
			}
		}
		if len(without) > 0 && len(have) > 0 {
			notes = append(notes, fmt.Sprintf("no source in %s: %s", strings.Join(without, ", "), Alternatives(group)))
		}
	}
	return notes
}

func (c Coverage) regions(group []string) []string {
	var out []string
	for _, table := range group {
		out = append(out, c[table]...)
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// Alternatives writes a group for people: "asset or contract".
func Alternatives(group []string) string {
	names := make([]string, len(group))
	for i, t := range group {
		names[i] = strings.ReplaceAll(strings.TrimPrefix(t, "silver."), "_", " ")
	}
	if len(names) == 1 {
		return names[0]
	}
	return strings.Join(names[:len(names)-1], ", ") + " or " + names[len(names)-1]
}
