// Package gold owns the SQL models of the gold layer: it reads them, finds what
// each one needs, orders them, builds them into Parquet and runs the checks.
//
// It must not know bronze, silver's mappings, the lake or the runner: it is given
// SQL text, table contracts, parameters and the files of its inputs, and hands back
// finished parts.
package gold

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strings"

	"github.com/customer360/pipeline/pipeline/config"
	"github.com/customer360/pipeline/pipeline/engine"
)

// Layout of the SQL directory.
const (
	preludeFile = "prelude/duckdb.sql"
	checksDir   = "checks"
)

// modelDirs are the directories with models; each is the schema of the tables in it.
var modelDirs = []string{"gold", "ops"}

// Options is everything a project is made of.
type Options struct {
	SQL         fs.FS             // prelude/, gold/, ops/, checks/
	SQLDir      string            // how messages name that directory; default "sql"
	Contracts   []config.Contract // of all layers
	Metrics     config.Metrics    // parameters by path, e.g. opportunities.win_rate_min_n
	Definitions json.RawMessage   // rows of ops.metric_definitions: a JSON list of objects
	Fits        map[string]Fit    // functions that models name in "-- fit:"
}

// Model is one SQL file that makes one table.
type Model struct {
	Schema   string // gold | ops
	Name     string
	Path     string // as messages name it, e.g. sql/gold/accounts.sql
	SQL      string // the whole file, header included
	Grain    string
	About    string
	Key      []string
	Storage  string   // single | partitioned | state
	Kind     string   // derived | state
	SliceBy  string   // column by whose values a partitioned table is computed piecemeal; "" = at once
	Slices   []string // those values; other rows make one piece more
	Inputs   []string // e.g. "silver.account", sorted
	Past     []string // e.g. "past.ar_aging": state tables whose earlier as-of dates it reads, sorted
	Fit      string   // function that turns the SELECT's rows into the table's; "" = they are the table's
	Params   []string // paths of the parameters it asks for, sorted
	UsesAsOf bool     // false: the table is the same at every as-of
	Contract config.Contract

	refs        []tableRef
	definitions bool     // reads metric_definitions()
	fitParams   []string // what its fit is given
}

// Table is the model's table, e.g. "gold.accounts".
func (m Model) Table() string { return m.Schema + "." + m.Name }

// Project is a set of models and checks that fit together.
type Project struct {
	models    []Model // in build order
	checks    []Check
	contracts map[string]config.Contract // by schema.table
	prelude   prelude
	bound     bool // every model gives the contract's columns
	opt       Options
}

// Load reads and checks every SQL file. All problems are reported at once.
func Load(ctx context.Context, eng engine.Engine, opt Options) (*Project, error) {
	if opt.SQLDir == "" {
		opt.SQLDir = "sql"
	}
	p := &Project{contracts: map[string]config.Contract{}, opt: opt}
	for _, c := range opt.Contracts {
		p.contracts[c.Layer+"."+c.Table] = c
	}
	var err error
	if p.prelude, err = readPrelude(opt.SQL, opt.SQLDir); err != nil {
		return nil, err
	}
	problems := []error{p.loadModels(ctx, eng), p.loadChecks(ctx, eng)}
	for _, m := range p.models {
		problems = append(problems, p.checkRefs(m.Path, m.refs))
	}
	for _, c := range p.checks {
		problems = append(problems, p.checkRefs(c.Path, c.refs))
	}
	if err := errors.Join(problems...); err != nil {
		return nil, err
	}
	if p.models, err = inOrder(p.models); err != nil {
		return nil, err
	}
	return p, nil
}

// Models lists the models in build order.
func (p *Project) Models() []Model { return slices.Clone(p.models) }

// Checks lists the checks by id.
func (p *Project) Checks() []Check { return slices.Clone(p.checks) }

// Model finds a model by table ("gold.accounts") or by bare name.
func (p *Project) Model(name string) (Model, error) {
	for _, m := range p.models {
		if m.Table() == name || m.Name == name {
			return m, nil
		}
	}
	return Model{}, fmt.Errorf("no model %s%s", name, didYouMean(name, p.modelTables()))
}

func (p *Project) modelTables() []string {
	names := make([]string, len(p.models))
	for i, m := range p.models {
		names[i] = m.Table()
	}
	return names
}

// loadModels reads the models; their directories may be absent.
func (p *Project) loadModels(ctx context.Context, eng engine.Engine) error {
	var files []string
	for _, schema := range modelDirs {
		found, err := fs.Glob(p.opt.SQL, schema+"/*.sql")
		if err != nil {
			return err
		}
		files = append(files, found...)
	}
	p.models = make([]Model, len(files))
	// A broken model is kept, so that others do not also fail on it.
	return spread(ctx, eng, len(files), func(engine.Session) error { return nil }, func(sess engine.Session, i int) (err error) {
		p.models[i], err = p.loadModel(ctx, sess, path.Dir(files[i]), files[i])
		return err
	})
}

func (p *Project) loadModel(ctx context.Context, sess engine.Session, schema, file string) (Model, error) {
	m := Model{Schema: schema, Name: strings.TrimSuffix(path.Base(file), ".sql"), Path: path.Join(p.opt.SQLDir, file)}
	text, err := fs.ReadFile(p.opt.SQL, file)
	if err != nil {
		return m, fmt.Errorf("read %s: %w", m.Path, err)
	}
	m.SQL = string(text)
	contract, ok := p.contract(m.Table())
	if !ok {
		return m, &SQLError{Path: m.Path, Line: 1, Problem: fmt.Sprintf("table %s has no contract", m.Table()),
			Hint: fmt.Sprintf("describe it in %s/%s.json below the directory of table contracts (\"tables\" in pipeline.json)", schema, m.Name)}
	}
	m.Contract = contract
	if err := m.readHeader(); err != nil {
		return m, err
	}
	if err := p.checkFit(&m); err != nil {
		return m, err
	}
	st, err := parseStatement(ctx, sess, m.Path, m.SQL)
	if err != nil {
		return m, err
	}
	m.refs = st.tables
	m.Inputs, m.Past = st.inputs()
	uses := p.prelude.uses(st.functionNames())
	m.UsesAsOf, m.definitions = uses.asOf, uses.definitions
	m.Params = append(append(m.Params, uses.params...), st.params()...)
	slices.Sort(m.Params)
	m.Params = slices.Compact(m.Params)
	return m, errors.Join(st.lint(m.Path), p.checkParams(m.Path, st), p.checkPreludeParams(m.Path, uses.params))
}

// checkRefs reports tables that nobody makes, and a past that nobody keeps.
func (p *Project) checkRefs(file string, refs []tableRef) error {
	known := p.modelTables()
	for name, c := range p.contracts {
		if c.Layer == "silver" || name == coverageTable {
			known = append(known, name)
		}
		if keepsPast(c) {
			known = append(known, pastSchema+"."+c.Table)
		}
	}
	var problems []error
	for _, r := range refs {
		if strings.Contains(r.table, ".") && !slices.Contains(known, r.table) { // lint sees to the others
			hint := strings.TrimPrefix(didYouMean(r.table, known), "; ")
			if strings.HasPrefix(r.table, pastSchema+".") {
				hint = "only gold tables with storage state keep earlier as-of dates"
			}
			problems = append(problems, &SQLError{Path: file, Line: r.line, Column: r.column, Problem: "unknown table " + r.table, Hint: hint})
		}
	}
	return errors.Join(problems...)
}

// coverageTable is the one table of the run itself that models may read.
const coverageTable = "ops.source_coverage"

func didYouMean(got string, names []string) string {
	if near := config.Nearest(got, names); near != "" {
		return "; did you mean " + near + "?"
	}
	return ""
}
