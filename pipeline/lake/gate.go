package lake

import (
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// Migration is what somebody explicitly allows to happen to a table's columns, beside
// what is always allowed: new columns and wider types.
type Migration struct {
	Rename map[string]string // old name to new; the column keeps its field id
	Drop   []string
	Retype []string // columns whose type may change in any way
}

// SchemaError says that a table's columns would change in a way that its readers must be
// told of first.
type SchemaError struct {
	Table    string
	Problems []string
	Allow    Migration // what would let it pass
}

func (e *SchemaError) Error() string {
	return fmt.Sprintf("table %s: %s", e.Table, strings.Join(e.Problems, "; "))
}

// Hint says what to do.
func (e *SchemaError) Hint() string {
	allow := fmt.Sprintf(`"table": %q`, e.Table)
	for _, part := range []struct {
		name  string
		value any
		has   bool
	}{{"rename", e.Allow.Rename, len(e.Allow.Rename) > 0}, {"drop", e.Allow.Drop, len(e.Allow.Drop) > 0}, {"retype", e.Allow.Retype, len(e.Allow.Retype) > 0}} {
		if raw, err := json.Marshal(part.value); err == nil && part.has {
			allow += fmt.Sprintf(", %q: %s", part.name, raw)
		}
	}
	hint := `undo the change of the table's contract, or allow it in pipeline.json: "migrations": [{` + allow + `}]`
	if len(e.Allow.Rename) > 0 {
		hint += ` ("drop" instead of "rename" if the new column is another one)`
	}
	return hint
}

var (
	portableName    = regexp.MustCompile(`^[a-z][a-z0-9_]*$`)
	portableType    = regexp.MustCompile(`^(VARCHAR|BOOLEAN|SMALLINT|INTEGER|BIGINT|DOUBLE|DATE|TIMESTAMPTZ|TIMESTAMP WITH TIME ZONE|BLOB|DECIMAL\(\d+, ?\d+\))(\[\])*$`)
	decimalType     = regexp.MustCompile(`^DECIMAL\((\d+), ?(\d+)\)$`)
	integerDigits   = map[string]int{"SMALLINT": 5, "INTEGER": 10, "BIGINT": 19}
	timestampSpells = strings.NewReplacer("TIMESTAMP WITH TIME ZONE", "TIMESTAMPTZ", ", ", ",")
)

// CheckSchema is the gate that silver, gold and ops tables pass: types and names that
// every reader of Parquet and Delta has, and only such changes of prev (nil = a new table)
// as readers survive or m allows. Bronze keeps what a source said and passes unseen.
func CheckSchema(table string, prev *Manifest, columns []Column, m Migration) error {
	if layerOf(table) == layerBronze {
		return nil
	}
	e := &SchemaError{Table: table}
	for _, c := range columns {
		if !portableName.MatchString(c.Name) {
			e.Problems = append(e.Problems, fmt.Sprintf("column %q is not in snake_case, which not every reader takes", c.Name))
		}
		if !portableType.MatchString(c.Type) {
			e.Problems = append(e.Problems, fmt.Sprintf("column %s has type %s, which not every reader knows; use VARCHAR, BOOLEAN, INTEGER, BIGINT, DOUBLE, DECIMAL, DATE, TIMESTAMPTZ or a list of them", c.Name, c.Type))
		}
	}
	if prev != nil {
		e.changes(prev, columns, m)
	}
	if len(e.Problems) > 0 {
		return e
	}
	return nil
}

// changes tells which columns of prev would be lost or get a type that holds less.
func (e *SchemaError) changes(prev *Manifest, columns []Column, m Migration) {
	for _, old := range prev.Schema {
		name := m.Renamed(old.Name)
		i := slices.IndexFunc(columns, named(name))
		switch {
		case i < 0 && !contains(m.Drop, old.Name):
			e.Problems = append(e.Problems, fmt.Sprintf("column %s would be dropped", old.Name))
			if next := successor(prev, old, columns); next == "" {
				e.Allow.Drop = append(e.Allow.Drop, old.Name)
			} else {
				e.Allow.Rename = with(e.Allow.Rename, old.Name, next)
			}
		case i >= 0 && !widens(old.Type, columns[i].Type) && !contains(m.Retype, name):
			e.Problems = append(e.Problems, fmt.Sprintf("column %s would change from %s to %s, which does not hold all its values", name, old.Type, columns[i].Type))
			e.Allow.Retype = append(e.Allow.Retype, name)
		}
	}
	for old := range m.Rename {
		if name := m.Rename[old]; len(e.Problems) > 0 && !slices.ContainsFunc(prev.Schema, named(old)) && !slices.ContainsFunc(prev.Schema, named(name)) {
			e.Problems = append(e.Problems, fmt.Sprintf("the migration renames %s, which the table does not have", old))
		}
	}
	slices.Sort(e.Problems)
}

func named(name string) func(Column) bool {
	return func(c Column) bool { return strings.EqualFold(c.Name, name) }
}

func with(m map[string]string, key, value string) map[string]string {
	if m == nil {
		m = map[string]string{}
	}
	m[key] = value
	return m
}

// successor is the only new column of a lost column's type: perhaps it was renamed. "" if
// there is none, or several, or several such columns were lost.
func successor(prev *Manifest, lost Column, columns []Column) string {
	for _, c := range prev.Schema {
		if c.Name != lost.Name && c.Type == lost.Type && !slices.ContainsFunc(columns, named(c.Name)) {
			return ""
		}
	}
	next := ""
	for _, c := range columns {
		if c.Type != lost.Type || slices.ContainsFunc(prev.Schema, named(c.Name)) {
			continue
		}
		if next != "" {
			return ""
		}
		next = c.Name
	}
	return next
}

// Renamed is the new name of a column.
func (m Migration) Renamed(name string) string {
	for old, next := range m.Rename {
		if strings.EqualFold(old, name) {
			return next
		}
	}
	return name
}

// Retypes says whether the type of a column may come to hold less.
func (m Migration) Retypes(name string) bool { return contains(m.Retype, name) }

func contains(names []string, name string) bool {
	return slices.ContainsFunc(names, func(n string) bool { return strings.EqualFold(n, name) })
}

// widens says whether every value of type a is one of type b.
func widens(a, b string) bool {
	a, b = timestampSpells.Replace(a), timestampSpells.Replace(b)
	if a == b {
		return true
	}
	if strings.HasSuffix(a, "[]") && strings.HasSuffix(b, "[]") {
		return widens(strings.TrimSuffix(a, "[]"), strings.TrimSuffix(b, "[]"))
	}
	digits, scale, isNumber := exact(a)
	wider, widerScale, isExact := exact(b)
	switch {
	case isNumber && isExact:
		return widerScale >= scale && wider-widerScale >= digits-scale
	case b == "DOUBLE":
		return isNumber && digits <= 15 && scale == 0
	}
	return false
}

// exact gives digits and scale of an integer or decimal type.
func exact(t string) (digits, scale int, ok bool) {
	if n, ok := integerDigits[t]; ok {
		return n, 0, true
	}
	if m := decimalType.FindStringSubmatch(t); m != nil {
		digits, _ = strconv.Atoi(m[1]) // digits: the pattern says so
		scale, _ = strconv.Atoi(m[2])
		return digits, scale, true
	}
	return 0, 0, false
}

// Migrated is the manifest as field ids see it after renames: nil stays nil. A rename whose
// new name is there already has happened before.
func (m *Manifest) Migrated(by Migration) *Manifest {
	if m == nil || len(by.Rename) == 0 {
		return m
	}
	out := *m
	out.Schema = slices.Clone(m.Schema)
	for i, c := range out.Schema {
		name := by.Renamed(c.Name)
		if !slices.ContainsFunc(m.Schema, func(o Column) bool { return strings.EqualFold(o.Name, name) }) {
			out.Schema[i].Name = name
		}
	}
	return &out
}
