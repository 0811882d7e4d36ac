package silver

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/customer360/pipeline/pipeline/config"
)

// finish completes a table once all its inputs are known, and checks that they agree.
func (t *Table) finish(p *Project) []error {
	var problems []error
	if t.rates == nil {
		t.planMoney()
	}
	for _, in := range t.inputs {
		if in.history() != t.history() {
			problems = append(problems, &MappingError{in.mapping.File, "mode", "the mappings of table " + t.Name + " differ in mode"})
		}
		for _, other := range t.inputs {
			if strings.EqualFold(other.Object, in.Object) && other.Source == in.Source {
				in.filters = append(in.filters, other.mapping.Filter)
			}
		}
	}
	t.shareFilters(p)
	slices.Sort(t.DependsOn)
	t.DependsOn = slices.Compact(t.DependsOn)
	return problems
}

// shareFilters collects the filters of mappings to other tables that read the same
// object: together they must claim every row.
func (t *Table) shareFilters(p *Project) {
	for _, in := range t.inputs {
		for _, name := range sortedKeys(p.byName) {
			if name == t.Name {
				continue
			}
			for _, other := range p.byName[name].inputs {
				if other.Source == in.Source && strings.EqualFold(other.Object, in.Object) {
					in.filters = append(in.filters, other.mapping.Filter)
				}
			}
		}
	}
}

// reconstruct checks overlay and blanking.
func (c *inputCompiler) reconstruct() {
	r := c.in.mapping.Reconstruct
	if r == nil {
		return
	}
	if len(c.in.mapping.Created) == 0 {
		c.fail("reconstruct", "needs created: without it nobody knows what existed")
	}
	for _, name := range r.BlankAfterAsOf {
		if col := c.in.byName[name]; col == nil || (col.typ.kind != kindDate && col.typ.kind != kindTimestamp) {
			c.fail("reconstruct.blank_after_as_of", "%q is no mapped date or timestamp column", name)
		}
	}
	o := r.Overlay
	if o == nil {
		return
	}
	target, ok := c.project.contracts[o.Table]
	if !ok {
		c.fail("reconstruct.overlay.table", "there is no silver table %q", o.Table)
		return
	}
	for _, name := range append([]string{o.Key}, o.Order...) {
		if !hasColumn(target, name) {
			c.fail("reconstruct.overlay", "table %s has no column %q", o.Table, name)
		}
	}
	for _, name := range sortedKeys(o.Columns) {
		if c.in.byName[name] == nil {
			c.fail("reconstruct.overlay.columns", "column %q is not mapped", name)
		}
	}
	if len(o.Order) == 0 || len(c.in.keyNames) != 1 {
		c.fail("reconstruct.overlay", "needs order, and a key of one column")
	}
	c.table.DependsOn = append(c.table.DependsOn, o.Table)
}

// SQL returns the statements that build the table if bronze has every column, for
// people to read.
func (t Table) SQL() []string {
	if t.rates != nil {
		return t.rates.describe()
	}
	if len(t.inputs) == 0 {
		return []string{emptySQL(t.Contract)}
	}
	all := func(*inputPlan) []string { return nil }
	groups := groupInputs(t.inputs)
	out := []string{t.versionsSQL(groups, all)}
	for _, g := range groups {
		in := g.lead()
		for _, col := range in.columns {
			if col.ref != nil {
				out = append(out, in.refSQL(col, "key"))
			}
		}
		if r := in.mapping.Reconstruct; r != nil && r.Overlay != nil {
			out = append(out, in.overlaySQL(nil))
		}
	}
	out = append(out, t.parsedSQL(groups, all, true, false))
	if len(t.fx) > 0 {
		out = append(out, t.fxSQL())
	}
	return append(out, t.finalSQL(""))
}

// fingerprint changes when the table's SQL, contract, checks or functions do.
func (t *Table) fingerprint() string {
	h := sha256.New()
	write := func(v any) {
		b, err := json.Marshal(v)
		if err != nil {
			b = []byte(err.Error()) // plain structs always marshal
		}
		fmt.Fprintf(h, "%d:%s\n", len(b), b)
	}
	write(macros)
	write(t.Contract)
	write(t.SQL())
	for _, in := range t.inputs {
		write(in.mapping.Mapping)
		write(phoneFacts(in))
		write([]any{in.Source, in.Object, in.Region, in.namespace, in.currency, in.csv, in.zone, in.pipeline})
	}
	return hex.EncodeToString(h.Sum(nil))
}

// phoneFacts are the options of lookups that do not show in the SQL.
func phoneFacts(in *inputPlan) []string {
	var out []string
	for _, col := range in.columns {
		for _, s := range col.steps {
			if s.lookup != nil && s.lookup.phone != nil {
				out = append(out, fmt.Sprint(col.name, *s.lookup.phone, s.lookup.hint, s.lookup.region))
			}
		}
	}
	return out
}

// References lists what the mappings say about the table's references, once per
// (column, referenced table).
func (t Table) References() []config.Reference {
	var out []config.Reference
	for _, in := range t.inputs {
		for _, r := range in.mapping.References {
			same := func(o config.Reference) bool { return o.Column == r.Column && o.Table == r.Table }
			if !slices.ContainsFunc(out, same) {
				out = append(out, config.Reference{Column: r.Column, Table: r.Table})
			}
		}
	}
	return out
}
