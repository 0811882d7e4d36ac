package gold

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/customer360/pipeline/pipeline/engine"
)

// BuildInput is what the build of one model is given.
type BuildInput struct {
	AsOf        time.Time
	TimeZone    string                                              // of days; default UTC
	Inputs      map[string][]string                                 // "silver.account", "past.ar_aging" → absolute Parquet files; none = an empty table
	FieldIDs    func(table string, columns []string) map[string]int // stable field ids by column; nil = none are written
	Part        func(name string) string                            // path of a new part file
	Cache       string                                              // a directory of what fits leave for later ones to be quicker; "" = there is none
	Held        []Part                                              // of a partitioned table: its published parts, if its definition made them; empty = none
	SmallInputs int64                                               // bytes of inputs up to which a table with slices is staged in memory; 0 = smallInputs
	SpanRows    int64                                               // how many rows of a partitioned table stand in one file, unless a month has more; 0 = timespan.Rows
}

// Part is one finished Parquet file.
type Part struct {
	Path      string
	Partition string // "" for single, the span (2026-05, 2025, all) for partitioned, the as-of for state
	Rows      int64
	Digest    string // of a span: identifies its rows
	Kept      bool   // it is a part of BuildInput.Held, which nobody wrote again
}

// BuildResult is a table at an as-of.
type BuildResult struct {
	Parts   []Part
	Columns []engine.Column
	Rows    int64
}

// ErrContract is wrapped by errors about results that break the table's contract.
var ErrContract = errors.New("contract broken")

// Build makes one model with a builder of its own.
func (p *Project) Build(ctx context.Context, eng engine.Engine, model string, in BuildInput) (BuildResult, error) {
	b := p.Builder(eng)
	res, err := b.Build(ctx, model, in)
	return res, errors.Join(err, b.Close())
}

func (p *Project) build(ctx context.Context, eng engine.Engine, sess engine.Session, m Model, in BuildInput) (BuildResult, error) {
	if err := p.defineMetrics(ctx, sess, m); err != nil {
		return BuildResult{}, err
	}
	for _, name := range slices.Concat(m.Inputs, m.Past) {
		if err := p.register(ctx, sess, name, in.Inputs[name]); err != nil {
			return BuildResult{}, err
		}
	}
	columns := m.columns(in.FieldIDs)
	if !p.bound { // else its columns are known to be the contract's
		if err := m.checkColumns(ctx, sess); err != nil {
			return BuildResult{}, err
		}
	}
	rows := m.selected()
	if m.Fit != "" {
		lines := in.Part(m.Schema + "-" + m.Name + "-fit")
		defer os.Remove(lines) // staging is swept anyway
		var err error
		if rows, err = p.runFit(ctx, sess, m, in, lines); err != nil {
			return BuildResult{}, err
		}
	}
	var parts []Part
	var err error
	if m.Storage == "partitioned" {
		parts, err = m.writeSpans(ctx, eng, sess, rows, columns, in)
	} else {
		parts, err = m.writeOne(ctx, sess, rows, columns, in)
	}
	res := BuildResult{Parts: parts, Columns: columns}
	for _, part := range parts {
		res.Rows += part.Rows
	}
	return res, err
}

// register shows the files of an input under its name, with its contract's columns.
func (p *Project) register(ctx context.Context, sess engine.Session, name string, files []string) error {
	schema, table, _ := strings.Cut(name, ".")
	contract, _ := p.contract(name)
	var columns []engine.Column
	for _, c := range contract.Columns {
		columns = append(columns, engine.Column{Name: c.Name, Type: c.Type})
	}
	if schema == pastSchema && len(files) > 0 {
		return registerPast(ctx, sess, table, files, columns)
	}
	err := sess.RegisterParquet(ctx, schema, table, files, columns)
	if err != nil && strings.Contains(err.Error(), "not found in FROM clause") {
		return fmt.Errorf("%s was written by an older definition; rebuild it with `pipeline run --layer %s`: %w", name, cmp.Or(map[string]string{"ops": "gold"}[schema], schema), err)
	}
	if err != nil {
		return fmt.Errorf("register %s: %w", name, err)
	}
	return nil
}

// columns are the contract's, with their field ids and what they mean.
func (m Model) columns(ids func(string, []string) map[string]int) []engine.Column {
	columns := make([]engine.Column, len(m.Contract.Columns))
	for i, c := range m.Contract.Columns {
		columns[i] = engine.Column{Name: c.Name, Type: c.Type, Comment: c.Description}
	}
	if ids == nil {
		return columns
	}
	assigned := ids(m.Schema+"/"+m.Name, m.Contract.ColumnNames())
	for i := range columns {
		columns[i].FieldID = assigned[columns[i].Name]
	}
	return columns
}

// checkColumns refuses a result that has a column too many or too few.
func (m Model) checkColumns(ctx context.Context, sess engine.Session) error {
	found, err := sess.Describe(ctx, m.SQL)
	if err != nil {
		return locate(m.Path, m.SQL, err)
	}
	if m.Fit != "" {
		return nil // its rows go to the function, whose rows have the contract's columns
	}
	var have, want []string
	for _, c := range found {
		have = append(have, c.Name)
	}
	for _, c := range m.Contract.Columns {
		want = append(want, c.Name)
	}
	missing, extra := without(want, have), without(have, want)
	if len(missing) == 0 && len(extra) == 0 {
		return nil
	}
	var problems []string
	if len(missing) > 0 {
		problems = append(problems, "missing columns "+quoteList(missing))
	}
	if len(extra) > 0 {
		problems = append(problems, "columns that the contract does not have "+quoteList(extra))
	}
	return &SQLError{Path: m.Path, Problem: strings.Join(problems, ", "), Err: ErrContract,
		Hint: fmt.Sprintf("change the SELECT or schemas/tables/%s/%s.json", m.Schema, m.Name)}
}

func without(names, taken []string) []string {
	return slices.DeleteFunc(slices.Clone(names), func(n string) bool { return slices.Contains(taken, n) })
}

// selected is what the model's SELECT gives, as part of a FROM clause. The file begins
// on the statement's first line, so the engine's line numbers are the file's own.
func (m Model) selected() string {
	return "(" + strings.TrimRight(m.SQL, "; \n\r\t") + "\n) AS model"
}

// typed are rows with the contract's columns, types and order.
func (m Model) typed(rows string) string {
	list := make([]string, len(m.Contract.Columns))
	for i, c := range m.Contract.Columns {
		list[i] = fmt.Sprintf("CAST(%s AS %s) AS %s", engine.Ident(c.Name), c.Type, engine.Ident(c.Name))
	}
	return "SELECT " + strings.Join(list, ", ") + " FROM " + rows
}

func (m Model) orderBy() string {
	return " ORDER BY " + identList(m.Key)
}

// writeOne writes a single table, or one as-of of a state table.
func (m Model) writeOne(ctx context.Context, sess engine.Session, rows string, columns []engine.Column, in BuildInput) ([]Part, error) {
	part := Part{Path: in.Part(m.Schema + "-" + m.Name)}
	if m.Storage == "state" {
		part.Partition = in.AsOf.Format(time.DateOnly)
	}
	var err error
	if part.Rows, err = sess.WriteParquet(ctx, m.typed(rows)+m.orderBy(), part.Path, columns); err != nil {
		return nil, locate(m.Path, m.SQL, err)
	}
	return []Part{part}, m.checkKeys(ctx, sess, []Part{part})
}
