package silver

import (
	"context"
	"errors"
	"fmt"
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
	// Held is what an earlier build left of a partitioned table; nil = everything is built.
	Held *Held
	// SpanRows is how many rows of a partitioned table stand in one file at most, unless they
	// are of one month; 0 = the default.
	SpanRows int64
	// ClusterRows is from how many rows on a partitioned table is put in the order of its event
	// date before its spans are written; 0 = the default.
	ClusterRows int64
	// TableOnly leaves out what accounts for the table: what was refused, counts, checks.
	TableOnly bool
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
	plan    *heldPlan       // what stays of the earlier build; nil = nothing
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
	if errors.Is(err, errSpans) {
		in.Held = nil
		return p.Build(ctx, sess, table, in)
	}
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
	if err := b.writeAll(ctx, b.t.finalSQL("")); err != nil || b.in.TableOnly {
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
DROP SCHEMA IF EXISTS held CASCADE; DROP TABLE IF EXISTS versions; DROP TABLE IF EXISTS matched; DROP TABLE IF EXISTS wanted;
DROP TABLE IF EXISTS parsed; DROP TABLE IF EXISTS fx; DROP TABLE IF EXISTS refused`
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
		g.hashes = b.in.Held != nil && b.t.canHold()
		if err := b.registerGroup(ctx, g); err != nil {
			return err
		}
	}
	return nil
}

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
	if b.usesHeld() {
		if err := b.hold(ctx, reconstructed > 0); err != nil {
			return err
		}
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
	clustered, err := b.clustered(ctx)
	if err != nil {
		return err
	}
	if err := b.run(ctx, "columns", b.t.parsedSQL(b.groups, b.columnsOf, reconstructed > 0, clustered)); err != nil {
		return err
	}
	if len(b.t.fx) > 0 {
		return b.run(ctx, "exchange rates", b.t.fxSQL())
	}
	return nil
}

// writeAll writes the table and what was refused.
func (b *builder) writeAll(ctx context.Context, query string) error {
	err := b.writeTable(ctx, query)
	if err != nil || b.in.TableOnly {
		return err
	}
	rowsSQL, valuesSQL := "", ""
	if len(b.inputs) > 0 && b.t.rates == nil {
		refused, blanked, err := b.countDefects(ctx)
		if err != nil {
			return err
		}
		switch {
		case b.plan != nil:
			rowsSQL = b.t.rejectedRowsSQL(b.inputs, b.columnsOf, []string{b.keptRejectedRowsSQL()})
			valuesSQL = b.t.rejectedValuesSQL("\n  UNION ALL\n  " + b.keptRejectedValuesSQL())
		default:
			if refused > 0 {
				rowsSQL = b.t.rejectedRowsSQL(b.inputs, b.columnsOf, nil)
			}
			if blanked > 0 {
				valuesSQL = b.t.rejectedValuesSQL("")
			}
		}
	}
	if b.res.RejectedRows, err = b.writeRefused(ctx, RejectedRowTable, rowsSQL); err != nil {
		return err
	}
	b.res.RejectedValues, err = b.writeRefused(ctx, RejectedValueTable, valuesSQL)
	return err
}

// writeRefused writes what was refused, by key; no query gives no rows. The rows go into a
// table first: DuckDB 1.5.5 runs out of memory where what it sorts is a UNION of joins, and
// spills where it is a table.
func (b *builder) writeRefused(ctx context.Context, name, query string) (Part, error) {
	contract := b.contracts[name]
	file := b.t.Name + "__" + name
	if query == "" {
		return b.write(ctx, file, contract, emptySQL(contract))
	}
	if err := b.run(ctx, "what was refused", "CREATE TABLE "+refusedTable+" AS "+query); err != nil {
		return Part{}, err
	}
	part, err := b.write(ctx, file, contract, contractSelect(contract, "SELECT * FROM "+refusedTable))
	if err != nil {
		return Part{}, err
	}
	return part, b.run(ctx, "what was refused", "DROP TABLE "+refusedTable)
}

// writeTable writes the table itself: one file, or the spans of a partitioned table.
func (b *builder) writeTable(ctx context.Context, query string) error {
	if b.t.partitioned() && len(b.inputs) > 0 {
		return b.writeSpans(ctx)
	}
	part, err := b.write(ctx, b.t.Name, b.t.Contract, query)
	if b.t.partitioned() {
		part.Label = "all"
	}
	b.res.Parts = []Part{part}
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
