package gold

import (
	"context"
	"fmt"
	"strings"

	"github.com/customer360/pipeline/pipeline/config"
	"github.com/customer360/pipeline/pipeline/engine"
)

// pastSchema shows the sets of rows of state tables of earlier as-of dates. Reading them
// is no edge in the build order: they were finished before this as-of began, so a model
// may read the past of tables that are built after it, and its own.
const pastSchema = "past"

// pastFiles holds the files behind pastSchema; models cannot name it.
const pastFiles = "past_files"

// keepsPast tells whether earlier as-of dates of a table can be read.
func keepsPast(c config.Contract) bool { return c.Layer == "gold" && c.Storage == "state" }

// contract finds the contract of a table that models read; past.x has that of gold.x.
func (p *Project) contract(name string) (config.Contract, bool) {
	if table, ok := strings.CutPrefix(name, pastSchema+"."); ok {
		name = "gold." + table
	}
	c, ok := p.contracts[name]
	return c, ok
}

// registerPast shows files of earlier as-of dates with the columns of today's contract.
// They were written by earlier versions of the model: a column that none of them has is
// NULL, one that is gone is left out, and types are today's.
func registerPast(ctx context.Context, sess engine.Session, table string, files []string, columns []engine.Column) error {
	if err := sess.RegisterParquet(ctx, pastFiles, table, files, nil); err != nil {
		return fmt.Errorf("register %s.%s: %w", pastSchema, table, err)
	}
	empty, list := make([]string, len(columns)), make([]string, len(columns))
	for i, c := range columns {
		name := engine.Ident(c.Name)
		empty[i] = fmt.Sprintf("CAST(NULL AS %s) AS %s", c.Type, name)
		list[i] = fmt.Sprintf("CAST(%s AS %s) AS %s", name, c.Type, name)
	}
	view := fmt.Sprintf("CREATE SCHEMA IF NOT EXISTS %[1]s; CREATE VIEW %[1]s.%[2]s AS SELECT %[3]s FROM "+
		"(SELECT %[4]s WHERE false UNION ALL BY NAME SELECT * FROM %[5]s.%[2]s)",
		pastSchema, engine.Ident(table), strings.Join(list, ", "), strings.Join(empty, ", "), pastFiles)
	if err := sess.Exec(ctx, view); err != nil {
		return fmt.Errorf("register %s.%s: %w", pastSchema, table, err)
	}
	return nil
}
