package pipeline

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/customer360/pipeline/pipeline/config"
	"github.com/customer360/pipeline/pipeline/engine"
	"github.com/customer360/pipeline/pipeline/gold"
	"github.com/customer360/pipeline/pipeline/lake"
	"github.com/customer360/pipeline/pipeline/silver"
)

var numCPU = runtime.NumCPU()

// check runs the checks on the state as it would be published.
func (u *run) check(ctx context.Context) error {
	c := checks{engine: u.engine, silver: u.silver, gold: u.gold, cfg: u.Config, asOf: u.asOfDate(), files: u.state.files}
	if m := u.state.manifests[coverageTable]; m != nil {
		c.coverage = u.state.path(latestSet(m))
	}
	results, err := c.run(ctx)
	if err != nil {
		return err
	}
	u.res.Checks = append(u.res.Checks, results...)
	var failed []string
	for _, c := range u.res.Checks {
		if c.Blocking() {
			failed = append(failed, c.ID)
		}
	}
	if len(failed) > 0 {
		return fmt.Errorf("%w: %s (see `pipeline check --run %s`)", ErrChecksFailed, strings.Join(failed, ", "), u.id)
	}
	return nil
}

// latestSet is the file of the latest run in a table of sets per run; run ids sort by time.
func latestSet(m *lake.Manifest) lake.File {
	return slices.MaxFunc(m.Files, func(a, b lake.File) int { return strings.Compare(a.Partition, b.Partition) })
}

// checks is everything that the checks of one state need.
type checks struct {
	engine   engine.Engine
	silver   *silver.Project
	gold     *gold.Project
	cfg      *config.Loaded
	asOf     time.Time
	files    func(table string) []string
	coverage string // file of what the sources cover in this state, without earlier runs
}

// run runs the checks of the mappings, then those of sql/checks.
func (c checks) run(ctx context.Context) ([]CheckResult, error) {
	mapped, err := silverChecks(ctx, c.engine, c.silver, c.files)
	if err != nil {
		return nil, err
	}
	in := gold.CheckInput{AsOf: c.asOf, TimeZone: c.cfg.TimeZone, Inputs: map[string][]string{}}
	for table := range c.cfg.Contracts {
		files := c.files(table)
		if table == coverageTable && c.coverage != "" {
			files = []string{c.coverage}
		}
		if len(files) > 0 {
			in.Inputs[strings.Replace(table, "/", ".", 1)] = files
		}
	}
	found, err := c.gold.RunChecks(ctx, c.engine, in)
	for _, r := range found {
		mapped = append(mapped, CheckResult{ID: r.ID, Table: r.Table, Severity: r.Severity, Passed: r.Passed(),
			FailingRows: r.Failing, TotalRows: r.Total, SampleKeys: r.Samples, About: r.About, SQL: r.SQL})
	}
	return mapped, err
}

// silverChecks runs the checks of the mappings and counts the orphans.
func silverChecks(ctx context.Context, e engine.Engine, p *silver.Project, files func(string) []string) ([]CheckResult, error) {
	sess, err := e.Session(ctx)
	if err != nil {
		return nil, err
	}
	defer sess.Close()
	tables := map[string][]string{}
	for _, t := range p.Tables() {
		tables[t.Name] = files("silver/" + t.Name)
	}
	found, err := p.Check(ctx, sess, tables)
	if err != nil {
		return nil, err
	}
	out := make([]CheckResult, len(found))
	for i, c := range found {
		out[i] = fromSilver(c)
	}
	return out, nil
}

func fromSilver(c silver.CheckResult) CheckResult {
	return CheckResult{ID: c.ID, Table: c.Table, Column: c.Column, Dimension: c.Dimension, Severity: c.Severity,
		Passed: c.Failing == 0, FailingRows: c.Failing, TotalRows: c.Total, SampleKeys: c.Samples, About: c.About, SQL: c.SQL}
}

// Check runs the checks on a published state, without a lock and without writing.
func Check(ctx context.Context, cfg *config.Loaded, l *lake.Lake, e engine.Engine, at string) (*lake.Commit, []CheckResult, error) {
	view, err := l.View(at)
	if err != nil {
		return nil, nil, err
	}
	commit := view.Commit()
	if commit == nil {
		return nil, nil, &UsageError{Problem: "the lake is empty", Advice: "`pipeline run` fills it"}
	}
	released := commit
	if !view.Historical && commit.Release > 0 {
		if released, err = l.Resolve(strconv.FormatInt(commit.Release, 10)); err != nil {
			return nil, nil, err
		}
	}
	asOf, err := time.Parse(dateLayout, released.AsOf)
	if err != nil {
		return nil, nil, fmt.Errorf("version %d has no as-of: %w", released.Version, err)
	}
	c := checks{engine: e, cfg: cfg, asOf: asOf}
	if c.silver, c.gold, err = compile(ctx, e, cfg); err != nil {
		return nil, nil, err
	}
	if m, err := view.Manifest(coverageTable); err != nil {
		return nil, nil, err
	} else if m != nil {
		c.coverage = filepath.Join(l.Root(), filepath.FromSlash(latestSet(m).Path))
	}
	var broken error
	c.files = func(table string) []string {
		files, err := view.Files(table)
		broken = errors.Join(broken, err)
		return files
	}
	results, err := c.run(ctx)
	return released, results, errors.Join(err, broken)
}
