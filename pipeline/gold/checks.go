package gold

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strings"
	"time"

	"github.com/customer360/pipeline/pipeline/engine"
)

// sampleSize is how many offending keys a result names.
const sampleSize = 5

// Check is one SELECT that returns the rows that break a rule.
type Check struct {
	ID       string
	Severity string // error: nothing is published; warning
	Table    string // the table it is about, e.g. gold.accounts
	About    string
	Path     string
	SQL      string
	Inputs   []string
	Past     []string // as of a Model

	refs []tableRef
}

// CheckResult is what a check found.
type CheckResult struct {
	Check
	Failing int64
	Total   int64    // rows of the table it is about
	Samples []string // keys of offending rows, at most five
}

// Passed tells whether no row breaks the rule.
func (r CheckResult) Passed() bool { return r.Failing == 0 }

// CheckInput is the state that checks run on.
type CheckInput struct {
	AsOf     time.Time
	TimeZone string
	Inputs   map[string][]string // as in BuildInput, for every table of the new state
	Only     []string            // ids; empty = all
	NoGold   bool                // gold and ops are not of this state: checks that read them do not run
	Partial  bool                // some tables were asked for: checks that read one that was never built do not run
}

func (p *Project) loadChecks(ctx context.Context, eng engine.Engine) error {
	files, err := fs.Glob(p.opt.SQL, checksDir+"/*.sql")
	if err != nil {
		return err
	}
	loaded := make([]Check, len(files))
	err = spread(ctx, eng, len(files), func(engine.Session) error { return nil }, func(sess engine.Session, i int) (err error) {
		loaded[i], err = p.loadCheck(ctx, sess, files[i])
		return err
	})
	problems := []error{err}
	paths := map[string]string{}
	for _, c := range loaded {
		if c.SQL == "" { // could not be read, which is reported
			continue
		}
		if other, taken := paths[c.ID]; taken {
			problems = append(problems, &SQLError{Path: c.Path, Line: 1, Problem: fmt.Sprintf("check %q is also in %s", c.ID, other)})
		}
		paths[c.ID] = c.Path
		p.checks = append(p.checks, c)
	}
	slices.SortFunc(p.checks, func(a, b Check) int { return strings.Compare(a.ID, b.ID) })
	return errors.Join(problems...)
}

func (p *Project) loadCheck(ctx context.Context, sess engine.Session, file string) (Check, error) {
	c := Check{Path: path.Join(p.opt.SQLDir, file)}
	data, err := fs.ReadFile(p.opt.SQL, file)
	if err != nil {
		return c, fmt.Errorf("read %s: %w", c.Path, err)
	}
	c.SQL = string(data)
	h, err := readHeader(c.Path, c.SQL, []string{"check", "severity", "table", "about"}, nil)
	if err != nil {
		return c, err
	}
	c.ID, c.Severity, c.Table, c.About = h.values["check"], h.values["severity"], h.values["table"], h.values["about"]
	if c.Severity != "error" && c.Severity != "warning" {
		return c, &SQLError{Path: c.Path, Line: h.lines["severity"], Problem: fmt.Sprintf("severity %q", c.Severity), Hint: "valid: error, warning"}
	}
	st, err := parseStatement(ctx, sess, c.Path, c.SQL)
	if err != nil {
		return c, err
	}
	c.Inputs, c.Past = st.inputs()
	c.refs = append(slices.Clone(st.tables), tableRef{table: c.Table, line: h.lines["table"]})
	if !slices.Contains(c.Inputs, c.Table) {
		c.Inputs = append(c.Inputs, c.Table)
	}
	return c, errors.Join(st.lint(c.Path), p.checkParams(c.Path, st))
}

// RunChecks runs every check on the given state. A check that cannot run is an error.
func (p *Project) RunChecks(ctx context.Context, eng engine.Engine, in CheckInput) ([]CheckResult, error) {
	sess, err := eng.Session(ctx)
	if err != nil {
		return nil, err
	}
	defer sess.Close()
	if err := p.begin(ctx, sess, in.AsOf, in.TimeZone); err != nil {
		return nil, err
	}
	registered := map[string]bool{}
	var results []CheckResult
	for _, c := range p.checks {
		if len(in.Only) > 0 && !slices.Contains(in.Only, c.ID) || in.NoGold && c.readsGold() || in.Partial && c.readsUnbuilt(in.Inputs) {
			continue
		}
		for _, name := range slices.Concat(c.Inputs, c.Past) {
			if registered[name] {
				continue
			}
			if err := p.register(ctx, sess, name, in.Inputs[name]); err != nil {
				return results, err
			}
			registered[name] = true
		}
		res, err := p.runCheck(ctx, sess, c)
		if err != nil {
			return results, fmt.Errorf("check %s: %w", c.ID, err)
		}
		results = append(results, res)
	}
	return results, nil
}

func (c Check) readsGold() bool {
	return slices.ContainsFunc(c.Inputs, func(name string) bool { return !strings.HasPrefix(name, "silver.") })
}

// readsUnbuilt tells whether a gold table that the check reads has no file at all; a
// table that was built has one, even without rows.
func (c Check) readsUnbuilt(files map[string][]string) bool {
	return slices.ContainsFunc(c.Inputs, func(name string) bool { return strings.HasPrefix(name, "gold.") && len(files[name]) == 0 })
}

func (p *Project) runCheck(ctx context.Context, sess engine.Session, c Check) (CheckResult, error) {
	res := CheckResult{Check: c}
	columns, err := sess.Describe(ctx, c.SQL)
	if err != nil {
		return res, locate(c.Path, c.SQL, err)
	}
	schema, table, _ := strings.Cut(c.Table, ".")
	query := fmt.Sprintf("WITH offending AS MATERIALIZED (%s\n) SELECT (SELECT count(*) FROM offending), (SELECT count(*) FROM %s.%s), "+
		"(SELECT coalesce(array_to_string(list(k ORDER BY k)[1:%d], chr(31)), '') FROM (SELECT %s AS k FROM offending))",
		strings.TrimRight(c.SQL, "; \n\r\t"), engine.Ident(schema), engine.Ident(table), sampleSize, p.sampleKey(c, columns))
	rows, err := sess.Query(ctx, query)
	if err != nil {
		return res, locate(c.Path, c.SQL, err)
	}
	defer rows.Close()
	var samples string
	if rows.Next() {
		if err := rows.Scan(&res.Failing, &res.Total, &samples); err != nil {
			return res, err
		}
	}
	if samples != "" {
		res.Samples = strings.Split(samples, "\x1f")
	}
	return res, rows.Err()
}

// sampleKey names an offending row: by the table's key where the check returns it, else
// by the check's first column.
func (p *Project) sampleKey(c Check, columns []engine.Column) string {
	have := func(name string) bool {
		return slices.ContainsFunc(columns, func(col engine.Column) bool { return col.Name == name })
	}
	var keys []string
	for _, k := range p.contracts[c.Table].Key {
		if !have(k) {
			keys = nil
			break
		}
		keys = append(keys, `coalesce(CAST(`+engine.Ident(k)+` AS VARCHAR), '\N')`)
	}
	if keys == nil {
		keys = []string{`coalesce(CAST(` + engine.Ident(columns[0].Name) + ` AS VARCHAR), '\N')`}
	}
	return "concat_ws('|', " + strings.Join(keys, ", ") + ")"
}
