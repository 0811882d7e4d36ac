package gold

import (
	"bufio"
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/customer360/pipeline/pipeline/config"
	"github.com/customer360/pipeline/pipeline/engine"
)

// Fit turns the rows that a model's SELECT gathers into the rows of its table, where that
// takes more than SQL: fitting a distribution, for instance, or finding out which accounts
// are one customer.
type Fit struct {
	Run func(ctx context.Context, in FitInput, write func(values ...any) error) error
	// Data identifies the data files that the result hangs on beside the rows and the
	// parameters; "" = there are none. It is part of the model's fingerprint.
	Data string
}

// FitInput is what a fit is given.
//
// Rows come in the order of their columns, first column first, so that floating-point
// results do not depend on the engine; DECIMAL columns are better cast to DOUBLE in the
// SELECT. Params holds the parameters that the model names in "-- params:", by path. Once
// the rows were read to their end, Session may be used for set work; Dir is for files that
// the fit removes again.
//
// AsOf is the day the table is of. What stands in Cache may be lost or damaged at any time: a fit
// may be quicker by it, but must come to the same rows without. "" = there is none.
//
// write takes one row, a value for every column of the contract in its order (nil, string,
// bool, integers, float64, time.Time, or a slice of these; no NaN and no infinity), and may
// be called while rows are still being read. A fit must not look at anything else: no
// clock, no chance that is not seeded, no state that the rows hang on.
type FitInput struct {
	Rows    *sql.Rows
	Params  config.Metrics
	Session engine.Session
	Dir     string
	AsOf    time.Time
	Cache   string
}

// Numeric makes a fit of a function that computes with the rows and parameters alone, so
// that such functions need not know this package.
func Numeric(f func(ctx context.Context, rows *sql.Rows, params config.Metrics, write func(values ...any) error) error) Fit {
	return Fit{Run: func(ctx context.Context, in FitInput, write func(values ...any) error) error {
		return f(ctx, in.Rows, in.Params, write)
	}}
}

// Numerics does so for functions by name.
func Numerics[F ~func(ctx context.Context, rows *sql.Rows, params config.Metrics, write func(values ...any) error) error](functions map[string]F) map[string]Fit {
	fits := make(map[string]Fit, len(functions))
	for name, f := range functions {
		fits[name] = Numeric(f)
	}
	return fits
}

// checkFit finds the model's function and the parameters that the model names for it:
// paths, or sections of which all values are meant.
func (p *Project) checkFit(m *Model) error {
	if m.Fit == "" {
		if len(m.Params) > 0 {
			return &SQLError{Path: m.Path, Line: 1, Problem: "params without fit", Hint: "parameters of SQL are found in its text; only a fit needs the list"}
		}
		return nil
	}
	if _, known := p.opt.Fits[m.Fit]; !known {
		return &SQLError{Path: m.Path, Line: 1, Problem: fmt.Sprintf("unknown fit %q", m.Fit),
			Hint: "known: " + strings.Join(slices.Sorted(maps.Keys(p.opt.Fits)), ", ")}
	}
	var paths []string
	for _, name := range m.Params {
		found := len(paths)
		for _, path := range p.opt.Metrics.Paths() {
			if path == name || strings.HasPrefix(path, name+".") {
				paths = append(paths, path)
			}
		}
		if len(paths) == found {
			return &SQLError{Path: m.Path, Line: 1, Problem: fmt.Sprintf("unknown parameter %q", name),
				Hint: strings.TrimPrefix(didYouMean(name, p.opt.Metrics.Paths()), "; ")}
		}
	}
	m.Params, m.fitParams = paths, slices.Clone(paths)
	return nil
}

// runFit gives the function the rows of the SELECT, and its own rows as part of a FROM
// clause. They go through a file, so that neither side is held in memory.
func (p *Project) runFit(ctx context.Context, sess engine.Session, m Model, in BuildInput, file string) (from string, err error) {
	params := config.Metrics{}
	for _, path := range m.fitParams {
		params[path] = p.opt.Metrics[path]
	}
	out, err := os.Create(file)
	if err != nil {
		return "", err
	}
	defer func() { err = errors.Join(err, out.Close()) }()
	w := bufio.NewWriter(out)
	rows, err := sess.Query(ctx, "SELECT * FROM "+m.selected()+" ORDER BY ALL NULLS LAST")
	if err != nil {
		return "", locate(m.Path, m.SQL, err)
	}
	err = p.opt.Fits[m.Fit].Run(ctx, FitInput{Rows: rows, Params: params, Session: sess, Dir: filepath.Dir(file), AsOf: in.AsOf, Cache: in.Cache},
		func(values ...any) error { return m.writeLine(w, values) })
	if err = errors.Join(err, rows.Err(), rows.Close()); err != nil {
		return "", &SQLError{Path: m.Path, Problem: fmt.Sprintf("fit %s: %v", m.Fit, err), Err: err}
	}
	read := make([]string, len(m.Contract.Columns))
	for i, c := range m.Contract.Columns {
		kind := "VARCHAR" // the cast to the contract's type follows
		if strings.HasSuffix(c.Type, "[]") {
			kind = c.Type
		}
		read[i] = engine.Literal(c.Name) + ": " + engine.Literal(kind)
	}
	return fmt.Sprintf("read_json(%s, format = 'newline_delimited', columns = {%s})", engine.Literal(file), strings.Join(read, ", ")), w.Flush()
}

// writeLine writes one row of a fit as a line of JSON, which keeps every digit of a number.
func (m Model) writeLine(w *bufio.Writer, values []any) error {
	columns := m.Contract.Columns
	if len(values) != len(columns) {
		return fmt.Errorf("%d values, the contract of %s has %d columns: %w", len(values), m.Table(), len(columns), ErrContract)
	}
	for i, v := range values {
		if at, ok := v.(time.Time); ok {
			v = at.UTC().Format(time.RFC3339Nano)
			if columns[i].Type == "DATE" {
				v = at.Format(time.DateOnly)
			}
		}
		name, err := json.Marshal(columns[i].Name)
		if err != nil {
			return err
		}
		value, err := json.Marshal(v)
		if err != nil {
			return fmt.Errorf("column %s: %w", columns[i].Name, err)
		}
		mark := byte(',')
		if i == 0 {
			mark = '{'
		}
		_ = w.WriteByte(mark) // an error stays and is seen at Flush
		_, _ = w.Write(name)
		_ = w.WriteByte(':')
		_, _ = w.Write(value)
	}
	_, err := w.WriteString("}\n")
	return err
}
