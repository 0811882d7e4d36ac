package pipeline

import (
	"context"
	"fmt"
	"path"
	"slices"
	"strings"

	"github.com/customer360/pipeline/pipeline/config"
	"github.com/customer360/pipeline/pipeline/docs"
	"github.com/customer360/pipeline/pipeline/engine"
	"github.com/customer360/pipeline/pipeline/gold"
	"github.com/customer360/pipeline/pipeline/question"
	"github.com/customer360/pipeline/pipeline/silver"
)

// Describe is what a configuration makes, ready to be documented: everything is compiled
// as a run would compile it, so the lineage is that of the models themselves.
func Describe(ctx context.Context, e engine.Engine, cfg *config.Loaded) (docs.Site, error) {
	s, g, err := compile(ctx, e, cfg, "", false)
	if err != nil {
		return docs.Site{}, err
	}
	questions, err := question.Load(sqlFiles(cfg))
	if err != nil {
		return docs.Site{}, &DefinitionError{err}
	}
	d := describer{cfg: cfg, silver: s, gold: g}
	var site docs.Site
	for _, layer := range []string{"gold", "ops", "silver"} {
		for _, name := range d.tables(layer) {
			site.Tables = append(site.Tables, d.table(layer, name))
		}
	}
	for _, c := range g.Checks() {
		site.Checks = append(site.Checks, docs.Check{ID: c.ID, Severity: c.Severity, Table: c.Table, About: c.About, Path: c.Path, SQL: c.SQL, Inputs: c.Inputs})
	}
	for _, q := range questions {
		one := docs.Question{ID: q.ID, Title: q.Title, AskedBy: q.AskedBy, About: q.About, SQL: q.SQL, Tables: q.Tables,
			Customer: q.Takes(question.VarCustomer), Owner: q.Takes(question.VarOwner)}
		for _, group := range q.Sources {
			one.Sources = append(one.Sources, question.Alternatives(group))
		}
		site.Questions = append(site.Questions, one)
	}
	return site, nil
}

// commentary is the text of a model's header, with its lines and lists as they stand.
func commentary(sql string) string {
	var lines []string
	for _, line := range strings.Split(sql, "\n") {
		text, ok := strings.CutPrefix(line, "--")
		if !ok {
			break
		}
		text = strings.TrimPrefix(text, " ")
		if name, _, named := strings.Cut(text, ":"); named && slices.Contains(headerFields, name) {
			continue
		}
		lines = append(lines, text)
	}
	return strings.TrimSpace(strings.Join(lines, "\n"))
}

// headerFields are the header lines of a model that pages show elsewhere.
var headerFields = []string{"grain", "key", "storage", "kind", "slices", "fit", "params"}

type describer struct {
	cfg    *config.Loaded
	silver *silver.Project
	gold   *gold.Project
}

func (d describer) tables(layer string) (names []string) {
	for _, c := range d.cfg.Contracts {
		if c.Layer == layer {
			names = append(names, c.Table)
		}
	}
	slices.Sort(names)
	return names
}

func (d describer) table(layer, name string) docs.Table {
	c := d.cfg.Contracts[layer+"/"+name]
	t := docs.Table{Contract: c, Columns: d.columns(c), Operational: layer == "ops"}
	if layer == "silver" {
		d.describeSilver(&t)
		return t
	}
	if m, err := d.gold.Model(layer + "." + name); err == nil {
		t.About, t.Inputs, t.Past, t.Files, t.SQL = commentary(m.SQL), m.Inputs, m.Past, []string{m.Path}, m.SQL
		t.Operational = false
		for _, p := range m.Params {
			t.Params = append(t.Params, docs.Param{Path: p, Value: fmt.Sprint(d.cfg.Metrics[p])})
		}
	}
	return t
}

// columns are the definitions of a table's columns; a column without one says what its
// contract says.
func (d describer) columns(c config.Contract) []config.MetricDefinition {
	out := make([]config.MetricDefinition, len(c.Columns))
	for i, col := range c.Columns {
		out[i] = config.MetricDefinition{GoldColumn: col.Name, Description: col.Description}
		for _, m := range d.cfg.MetricDefinitions {
			if m.GoldColumn == col.Name && (m.GoldTable == c.Table && c.Layer == "gold" || m.GoldTable == c.Layer+"."+c.Table) {
				out[i] = m
			}
		}
	}
	return out
}

// describeSilver names the objects of sources by their mapping set: three orgs that are
// read alike are one box.
func (d describer) describeSilver(t *docs.Table) {
	for _, s := range d.silver.Tables() {
		if s.Name != t.Contract.Table {
			continue
		}
		for _, in := range s.Inputs {
			set := in.Source
			if in.Mapping != "" {
				set = path.Base(path.Dir(in.Mapping))
				t.Files = append(t.Files, in.Mapping)
			}
			t.Inputs = append(t.Inputs, set+"/"+in.Object)
		}
		for _, on := range s.DependsOn {
			t.Inputs = append(t.Inputs, "silver."+strings.TrimPrefix(on, "silver."))
		}
	}
	slices.Sort(t.Files)
	t.Files = slices.Compact(t.Files)
}
