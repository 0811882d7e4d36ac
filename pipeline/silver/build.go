package silver

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/customer360/pipeline/pipeline/config"
	"github.com/customer360/pipeline/pipeline/engine"
)

// BuildInput is what a build reads and where it writes.
type BuildInput struct {
	AsOf   string              // YYYY-MM-DD, in the pipeline's time zone
	Bronze map[string][]string // "source/object" (object in lower case) → files; absent = never loaded. Overlays likewise
	Silver map[string][]string // tables of DependsOn → files
	// Part returns the path for a new file.
	Part func(name string) string
	// FieldIDs gives the stable field ids of a silver table's columns; nil = none.
	FieldIDs func(table string, columns []string) map[string]int
	// TableOnly leaves out what accounts for the table: what was refused, counts, checks.
	TableOnly bool
}

// Part is a written file.
type Part struct {
	Path string
	Rows int64
}

// Counts account for the bronze rows of one input:
// Bronze = Superseded + NotYetKnown + SoftDeleted + Rejected + Silver.
type Counts struct {
	Source, Object, Mapping string
	Bronze                  int64 // claimed by the mapping's filter
	Filtered                int64 // not claimed
	Superseded              int64
	NotYetKnown             int64
	SoftDeleted             int64
	Rejected                int64
	Silver                  int64
	RejectedValues          int64
	Rounded                 int64
	Unmapped                int64 // values outside a value table that were kept
	FxMissing               int64
	Reconstructed           int64
	UnreadableStamps        int64 // modification stamps that do not parse: version order rests on the file
	DroppedLoaded           int64 // not yet known only because nothing but the load time says when they were
}

// CheckResult is the outcome of one check.
type CheckResult struct {
	ID, Table, Column, Dimension string
	Severity                     string // error | warning
	Failing, Total               int64
	Samples                      []string
	About                        string
	SQL                          string
}

// BuildResult is a built table.
type BuildResult struct {
	Part           Part
	RejectedRows   Part
	RejectedValues Part
	Counts         []Counts
	Checks         []CheckResult
	Warnings       []string
	Notes          []string // worth knowing, not wrong: columns an export lacks, rows a filter leaves out
	Drift          []Drift
}

// Drift is a source column that a mapping reads and bronze lacks.
type Drift struct {
	Source, Object, Column, Nearest string
}

// ConservationError says that rows got lost or doubled: nothing may be published.
type ConservationError struct {
	Table string
	Problem
}

// Problem is a pair of numbers that should be equal.
type Problem struct {
	What      string
	Want, Got int64
}

func (e *ConservationError) Error() string {
	return fmt.Sprintf("silver %s: %s: want %d, got %d", e.Table, e.What, e.Want, e.Got)
}

// RequiredColumnError says that bronze lacks a column that a mapping requires.
type RequiredColumnError struct {
	Table, File, Source, Object, Column, Nearest string
}

func (e *RequiredColumnError) Error() string {
	msg := fmt.Sprintf("mapping %s: source %s, object %s has no column %q, which is required", e.File, e.Source, e.Object, e.Column)
	if e.Nearest != "" {
		msg += fmt.Sprintf("; the nearest is %q", e.Nearest)
	}
	return msg
}

// builder is one build under way.
type builder struct {
	*Project
	t       *Table
	sess    engine.Session
	in      BuildInput
	inputs  []*inputPlan // those with bronze files
	groups  []*group     // of inputs
	have    map[*inputPlan][]string
	counts  map[int]*Counts // by input, of those with bronze files
	defined map[string]bool // functions that the session has
	res     BuildResult
}

// Build builds one table in the session. The session may be used for further builds.
func (p *Project) Build(ctx context.Context, sess engine.Session, table string, in BuildInput) (BuildResult, error) {
	t := p.byName[table]
	if t == nil {
		return BuildResult{}, fmt.Errorf("there is no silver table %q", table)
	}
	b := &builder{Project: p, t: t, sess: sess, in: in, have: map[*inputPlan][]string{}, counts: map[int]*Counts{}, defined: map[string]bool{}}
	if err := b.prepare(ctx); err != nil {
		return BuildResult{}, err
	}
	err := b.build(ctx)
	if clean := b.clean(ctx); err == nil {
		err = clean
	}
	if err != nil {
		return BuildResult{}, err
	}
	return b.res, nil
}

func (b *builder) build(ctx context.Context) error {
	switch {
	case b.t.rates != nil:
		return b.buildRates(ctx)
	case len(b.inputs) == 0:
		return b.writeAll(ctx, emptySQL(b.t.Contract))
	}
	if err := b.versions(ctx); err != nil {
		return err
	}
	if err := b.parse(ctx); err != nil {
		return err
	}
	if err := b.writeAll(ctx, b.t.finalSQL()); err != nil || b.in.TableOnly {
		return err
	}
	if err := b.account(ctx); err != nil {
		return err
	}
	return b.check(ctx)
}

// clean removes what a build leaves in the session. The small tables that are joined
// with are all in schema lookup.
func (b *builder) clean(ctx context.Context) error {
	const drop = `DROP SCHEMA IF EXISTS bronze CASCADE; DROP SCHEMA IF EXISTS silver CASCADE; DROP SCHEMA IF EXISTS lookup CASCADE;
DROP TABLE IF EXISTS versions; DROP TABLE IF EXISTS parsed; DROP TABLE IF EXISTS fx`
	// The context may be cancelled already; what is dropped is only memory.
	return b.sess.Exec(context.WithoutCancel(ctx), drop)
}

// prepare makes the as-of, bronze and silver tables visible.
func (b *builder) prepare(ctx context.Context) error {
	day, err := time.Parse(time.DateOnly, b.in.AsOf)
	if err != nil {
		return fmt.Errorf("as-of %q is no date: %w", b.in.AsOf, err)
	}
	if err := b.clean(ctx); err != nil {
		return err
	}
	end := day.AddDate(0, 0, 1).Format(time.DateOnly)
	setup := fmt.Sprintf(`CREATE OR REPLACE MACRO as_of() AS DATE %s;
CREATE OR REPLACE MACRO as_of_end() AS timezone(%s, TIMESTAMP %s);
CREATE SCHEMA bronze; CREATE SCHEMA silver; CREATE SCHEMA lookup;`, lit(b.in.AsOf), lit(b.zone), lit(end))
	if err := b.sess.Exec(ctx, setup); err != nil {
		return fmt.Errorf("silver %s: %w", b.t.Name, err)
	}
	for _, d := range b.t.DependsOn {
		if err := b.sess.RegisterParquet(ctx, "silver", d, b.in.Silver[d], engineColumns(b.contracts[d], nil)); err != nil {
			return fmt.Errorf("silver.%s: %w", d, err)
		}
	}
	for _, in := range b.t.inputs {
		if err := b.register(ctx, in); err != nil {
			return err
		}
	}
	b.groups = groupInputs(b.inputs)
	for _, g := range b.groups {
		if err := b.registerGroup(ctx, g); err != nil {
			return err
		}
	}
	return nil
}

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

// versions decides about every bronze row.
func (b *builder) versions(ctx context.Context) error {
	for _, g := range b.groups {
		if err := b.countBronze(ctx, g); err != nil {
			return b.explain(ctx, err)
		}
	}
	return b.run(ctx, "which versions count", b.t.versionsSQL(b.groups, b.columnsOf))
}

// parse creates the lookups and the table parsed.
func (b *builder) parse(ctx context.Context) error {
	reconstructed, err := b.number(ctx, `SELECT count(*) FROM versions WHERE "#reconstructed" OR "#outdated"`)
	if err != nil {
		return err
	}
	for _, g := range b.groups {
		in := g.lead()
		if r := in.mapping.Reconstruct; r != nil && r.Overlay != nil && reconstructed > 0 {
			if err := b.run(ctx, "overlay", in.overlaySQL(b.contracts[r.Overlay.Table].Key)); err != nil {
				return err
			}
		}
		for _, col := range in.columns {
			if col.ref == nil {
				continue
			}
			if err := b.run(ctx, "reference "+col.name, in.refSQL(col, b.contracts[col.ref.table].Key[0])); err != nil {
				return err
			}
		}
	}
	if err := b.fillLookups(ctx); err != nil {
		return err
	}
	if err := b.run(ctx, "columns", b.t.parsedSQL(b.groups, b.columnsOf, reconstructed > 0)); err != nil {
		return err
	}
	if len(b.t.fx) > 0 {
		return b.run(ctx, "exchange rates", b.t.fxSQL())
	}
	return nil
}

// writeAll writes the table and what was refused.
func (b *builder) writeAll(ctx context.Context, query string) error {
	var err error
	if b.res.Part, err = b.write(ctx, b.t.Name, b.t.Contract, query); err != nil || b.in.TableOnly {
		return err
	}
	rows, values := b.contracts[RejectedRowTable], b.contracts[RejectedValueTable]
	rowsSQL, valuesSQL := emptySQL(rows), emptySQL(values)
	if len(b.inputs) > 0 && b.t.rates == nil {
		refused, blanked, err := b.countDefects(ctx)
		if err != nil {
			return err
		}
		if refused > 0 {
			rowsSQL = b.t.rejectedRowsSQL(rows, b.inputs, b.columnsOf)
		}
		if blanked > 0 {
			valuesSQL = b.t.rejectedValuesSQL(values)
		}
	}
	if b.res.RejectedRows, err = b.write(ctx, b.t.Name+"__"+RejectedRowTable, rows, rowsSQL); err != nil {
		return err
	}
	b.res.RejectedValues, err = b.write(ctx, b.t.Name+"__"+RejectedValueTable, values, valuesSQL)
	return err
}

// countDefects counts the refused rows, and those with values that became NULL: most
// tables have none, and then their bronze rows are not looked up again.
func (b *builder) countDefects(ctx context.Context) (refused, blanked int64, err error) {
	query := `SELECT count(*) FILTER ("#rejected"), count(*) FILTER ("#defects" IS NOT NULL AND NOT "#rejected") FROM parsed`
	err = b.each(ctx, query, func(scan func(...any) error) error { return scan(&refused, &blanked) })
	return refused, blanked, err
}

func (b *builder) write(ctx context.Context, name string, contract config.Contract, query string) (Part, error) {
	path := b.in.Part(name)
	if err := b.define(ctx, query); err != nil {
		return Part{}, err
	}
	rows, err := b.sess.WriteParquet(ctx, query, path, engineColumns(contract, b.in.FieldIDs))
	if err != nil {
		return Part{}, fmt.Errorf("silver %s: %w", b.t.Name, err)
	}
	return Part{Path: path, Rows: rows}, nil
}

// run executes a statement of the chain.
func (b *builder) run(ctx context.Context, what, stmt string) error {
	if err := b.define(ctx, stmt); err != nil {
		return err
	}
	if err := b.sess.Exec(ctx, stmt); err != nil {
		return b.explain(ctx, fmt.Errorf("silver %s: %s: %w", b.t.Name, what, err))
	}
	return nil
}

func (b *builder) number(ctx context.Context, query string) (int64, error) {
	var n int64
	err := b.each(ctx, query, func(scan func(...any) error) error { return scan(&n) })
	return n, err
}

func (b *builder) texts(ctx context.Context, query string) ([]string, error) {
	var out []string
	err := b.each(ctx, query, func(scan func(...any) error) error {
		var s string
		if err := scan(&s); err != nil {
			return err
		}
		out = append(out, s)
		return nil
	})
	return out, err
}

// each calls row for every row of a query.
func (b *builder) each(ctx context.Context, query string, row func(scan func(...any) error) error) error {
	if err := b.define(ctx, query); err != nil {
		return err
	}
	rows, err := b.sess.Query(ctx, query)
	if err != nil {
		return fmt.Errorf("silver %s: %w", b.t.Name, err)
	}
	defer rows.Close()
	for rows.Next() {
		if err := row(rows.Scan); err != nil {
			return fmt.Errorf("silver %s: %w", b.t.Name, err)
		}
	}
	return rows.Err()
}
