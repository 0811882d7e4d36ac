package silver

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
)

// registerGroup makes the bronze rows of a group visible as one table, and finds out
// what types the expressions of its mapping have.
func (b *builder) registerGroup(ctx context.Context, g *group) error {
	if len(g.inputs) > 1 && g.overlaid(b) {
		if err := b.sess.Exec(ctx, g.unionSQL()); err != nil {
			return fmt.Errorf("bronze of mapping %s: %w", g.lead().Mapping, err)
		}
	} else if len(g.inputs) > 1 {
		var files []string
		for _, in := range g.inputs {
			files = append(files, b.in.Bronze[in.bronze()]...)
		}
		if err := b.sess.RegisterParquet(ctx, "bronze", g.view(), files, nil); err != nil {
			return fmt.Errorf("bronze of mapping %s: %w", g.lead().Mapping, err)
		}
	}
	query := g.lead().expressionsSQL()
	if query == "" {
		return nil
	}
	if err := b.define(ctx, query); err != nil {
		return err
	}
	columns, err := b.sess.Describe(ctx, query)
	if err != nil {
		return b.explain(ctx, fmt.Errorf("silver %s: expressions: %w", b.t.Name, err))
	}
	g.types = map[string]string{}
	for _, c := range columns {
		g.types[c.Name] = c.Type
	}
	return nil
}

// register makes the bronze table of an input visible as bronze.in<n>.
func (b *builder) register(ctx context.Context, in *inputPlan) error {
	name := in.bronze()
	files := b.in.Bronze[name]
	if len(files) == 0 {
		b.res.Counts = append(b.res.Counts, Counts{Source: in.Source, Object: in.Object, Mapping: in.Mapping})
		return nil
	}
	have, err := b.registerOverlaid(ctx, in, files)
	if err != nil {
		return err
	}
	b.inputs = append(b.inputs, in)
	b.have[in] = have
	return b.drift(in, have)
}

func (b *builder) registerBronze(ctx context.Context, view, name string, files []string) ([]string, error) {
	if err := b.sess.RegisterParquet(ctx, "bronze", view, files, nil); err != nil {
		return nil, fmt.Errorf("bronze %s: %w", name, err)
	}
	columns, err := b.sess.Describe(ctx, "SELECT * FROM bronze."+id(view))
	if err != nil {
		return nil, fmt.Errorf("bronze %s: %w", name, err)
	}
	have := make([]string, len(columns))
	for i, c := range columns {
		have[i] = c.Name
	}
	return have, nil
}

// drift reports mapped source columns that bronze lacks. Where several columns feed a
// target, or stamps are looked for, one that exists is enough.
func (b *builder) drift(in *inputPlan, have []string) error {
	known := map[string]bool{}
	for _, h := range have {
		known[strings.ToLower(h)] = true
	}
	var problems []error
	for _, col := range in.columns {
		sources := col.spec.SourceColumn
		if len(sources) == 0 || slices.ContainsFunc(sources, func(s string) bool { return known[strings.ToLower(s)] }) {
			continue
		}
		d := Drift{Source: in.Source, Object: in.Object, Column: sources[0], Nearest: nearest(sources[0], have)}
		if col.spec.Required {
			problems = append(problems, &RequiredColumnError{Table: b.t.Name, File: in.Mapping, Source: d.Source, Object: d.Object, Column: d.Column, Nearest: d.Nearest})
			continue
		}
		b.res.Drift = append(b.res.Drift, d)
	}
	return errors.Join(problems...)
}

func (b *builder) columnsOf(in *inputPlan) []string { return b.have[in] }
