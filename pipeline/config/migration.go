package config

import "regexp"

// Migration allows changes of a table's columns that are otherwise refused, because who
// reads the table must be told first. It may stay in the file after it has happened.
type Migration struct {
	Table  string            `json:"table"`            // e.g. "gold/accounts"
	Rename map[string]string `json:"rename,omitempty"` // old name -> new name; the column keeps its field id
	Drop   []string          `json:"drop,omitempty"`   // columns that may go
	Retype []string          `json:"retype,omitempty"` // columns whose type may come to hold less
}

var migratable = regexp.MustCompile(`^(silver|gold|ops)/[a-z][a-z0-9_]*$`)

// checkMigrations checks that each is about a table of its own and about different columns.
func (l *loading) checkMigrations(migrations []Migration) {
	seen := map[string]bool{}
	for i, m := range migrations {
		at := indexPath("migrations", i)
		if !migratable.MatchString(m.Table) {
			l.report(at+".table", "not a table of silver, gold or ops", `write for example "gold/accounts"`)
		}
		if seen[m.Table] {
			l.report(at+".table", "an earlier entry is about this table", "put them together")
		}
		seen[m.Table] = true
		if len(m.Rename)+len(m.Drop)+len(m.Retype) == 0 {
			l.report(at, "it allows nothing", `give "rename", "drop" or "retype"`)
		}
		news := map[string]bool{}
		for old, name := range m.Rename {
			if news[name] || old == name {
				l.report(at+".rename."+old, "two columns cannot become one, nor one itself", "give every column a new name of its own")
			}
			news[name] = true
		}
	}
}
