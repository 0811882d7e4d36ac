package pipeline

import (
	"strings"

	"github.com/customer360/pipeline/pipeline/gold"
	"github.com/customer360/pipeline/pipeline/lake"
)

// State tables (G12) hold a set of rows for every as-of that was run. A model that reads
// one by its name sees the set of this as-of alone, and the earlier ones only where it
// asks for the table's past: so nobody adds up months by mistake, and a night does not
// rebuild a table because an older set was added.

// stateTables are the models of a project that make such tables.
func stateTables(p *gold.Project) map[string]bool {
	tables := map[string]bool{}
	for _, m := range p.Models() {
		if m.Storage == lake.StorageState {
			tables[m.Schema+"/"+m.Name] = true
		}
	}
	return tables
}

// isState tells whether a table holds a set of rows per as-of.
func (u *run) isState(table string) bool { return u.stateTables[table] }

// pastTable is the table behind the name of its past: past.ar_aging → gold/ar_aging.
func pastTable(name string) string { return "gold/" + strings.TrimPrefix(name, "past.") }

func pastName(table string) string { return "past." + strings.TrimPrefix(table, "gold/") }
