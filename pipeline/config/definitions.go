package config

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"path"
	"slices"
	"strings"
)

// definitionsDir is where the built-in definitions lie below configs/.
const definitionsDir = "silver_to_gold/definitions"

// sharedDefinitions holds the entries that serve many tables.
const sharedDefinitions = "shared.json"

// definitionFile is one file of definitions and where its entries stand.
type definitionFile struct {
	doc *document
	Definitions
}

// definitions reads what every column of gold and ops means and gives the contracts'
// columns their descriptions. A column of its own table's file wins over the shared one.
func (l *loading) definitions() error {
	t, err := l.tree(l.out.Pipeline.Definitions, definitionsDir, l.Configs)
	if err != nil {
		return err
	}
	shared, err := l.definitionFile(t, sharedDefinitions)
	if err != nil {
		return err
	}
	common := l.entries(shared, nil, nil)
	seen := map[string]bool{}
	for _, key := range slices.Sorted(maps.Keys(l.out.Contracts)) {
		c := l.out.Contracts[key]
		if c.Layer != "gold" && c.Layer != "ops" {
			continue
		}
		own, err := l.definitionFile(t, key+".json")
		if err != nil {
			return err
		}
		l.define(c, own, l.entries(own, common, c.ColumnNames()), common, seen)
	}
	return l.strayDefinitions(t)
}

// definitionFile reads one file; a file that is absent defines nothing.
func (l *loading) definitionFile(t tree, name string) (definitionFile, error) {
	var f definitionFile
	data, err := fs.ReadFile(t, name)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return f, nil
	case err != nil:
		return f, fmt.Errorf("definitions: %w", err)
	}
	f.doc = l.document(t.shown(name), data, definitionsSchema, &f.Definitions)
	return f, nil
}

// entries are the definitions of a file by column, with what same_as and the file's
// defaults add. columns, if not nil, are those that exist.
func (l *loading) entries(f definitionFile, common map[string]Definition, columns []string) map[string]Definition {
	out := map[string]Definition{}
	if f.doc == nil {
		return out
	}
	for i, d := range f.Columns {
		at := indexPath("columns", i)
		report := func(field, message, hint string) {
			l.problems.List = append(l.problems.List, f.doc.problem(field, message, hint))
		}
		if _, twice := out[d.Column]; twice {
			report(joinPath(at, "column"), fmt.Sprintf("column %q is defined twice", d.Column), "")
		}
		if columns != nil && !contains(columns, d.Column) {
			report(joinPath(at, "column"), fmt.Sprintf("the table has no column %q", d.Column), didYouMean(d.Column, columns))
		}
		if d.SameAs != "" {
			base, ok := common[d.SameAs]
			if !ok {
				report(joinPath(at, "same_as"), fmt.Sprintf("%s has no entry %q", sharedDefinitions, d.SameAs), didYouMean(d.SameAs, slices.Sorted(maps.Keys(common))))
			}
			d = d.over(base)
		}
		if d.Description == "" && d.SameAs == "" {
			report(at, `field "description"`+isMissing, "say what the column means, or name a shared entry in same_as")
		}
		out[d.Column] = d.over(Definition{Owner: f.Owner, WindowRule: f.WindowRule, NullRule: f.NullRule, StandardRef: f.StandardRef})
	}
	return out
}

// over returns d with the texts of base where d has none.
func (d Definition) over(base Definition) Definition {
	for _, text := range [][2]*string{
		{&d.Label, &base.Label}, {&d.Description, &base.Description}, {&d.MetricType, &base.MetricType},
		{&d.Numerator, &base.Numerator}, {&d.Denominator, &base.Denominator}, {&d.Expression, &base.Expression},
		{&d.Unit, &base.Unit}, {&d.NullRule, &base.NullRule}, {&d.WindowRule, &base.WindowRule}, {&d.Owner, &base.Owner},
		{&d.StandardRef, &base.StandardRef}, {&d.ValidFrom, &base.ValidFrom},
	} {
		if *text[0] == "" {
			*text[0] = *text[1]
		}
	}
	return d
}

// define makes the rows of ops.metric_definitions of one table and describes its columns.
// A description in the contract itself serves a table that has no definitions.
func (l *loading) define(c Contract, f definitionFile, own, common map[string]Definition, seen map[string]bool) {
	c.Columns = slices.Clone(c.Columns)
	defaults := Definition{Owner: f.Owner, WindowRule: f.WindowRule, NullRule: f.NullRule}
	for i, col := range c.Columns {
		d, ok := own[col.Name]
		if !ok && col.Description == "" {
			if d, ok = common[col.Name]; ok {
				d = d.over(defaults)
			}
		}
		if !ok {
			continue
		}
		m := d.metric(c, col)
		if id := fmt.Sprintf("%s version %d", m.MetricID, m.Version); seen[id] {
			l.problems.List = append(l.problems.List, f.doc.problem("columns", id+" is defined twice, here for "+col.Name, "give the entry another metric_id"))
		} else {
			seen[id] = true
		}
		l.out.MetricDefinitions = append(l.out.MetricDefinitions, m)
		c.Columns[i].Description = m.Comment()
	}
	l.out.Contracts[c.Layer+"/"+c.Table] = c
}

// strayDefinitions refuses files about tables that do not exist.
func (l *loading) strayDefinitions(t tree) error {
	for _, layer := range []string{"gold", "ops"} {
		names, err := jsonFiles(t, layer)
		if err != nil {
			return fmt.Errorf("definitions: %w", err)
		}
		for _, name := range names {
			table := strings.TrimSuffix(path.Base(name), ".json")
			if _, ok := l.out.Contracts[layer+"/"+table]; !ok {
				l.problems.List = append(l.problems.List, Problem{File: t.shown(name),
					Message: fmt.Sprintf("there is no table %s.%s", layer, table), Hint: "name the file after the table"})
			}
		}
	}
	return nil
}

// DefinitionsJSON is what the model of ops.metric_definitions reads.
func (l *Loaded) DefinitionsJSON() (json.RawMessage, error) {
	if len(l.MetricDefinitions) == 0 {
		return json.RawMessage("[]"), nil
	}
	raw, err := json.Marshal(l.MetricDefinitions)
	if err != nil {
		return nil, fmt.Errorf("metric definitions: %w", err)
	}
	return raw, nil
}
