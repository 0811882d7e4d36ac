package pipeline

import (
	"context"
	"fmt"
	"maps"
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
	c := checks{engine: u.engine, silver: u.silver, gold: u.gold, cfg: u.Config, asOf: u.res.AsOf, path: u.state.path,
		noGold: !u.opt.Layer.includes(Gold), noSilver: !u.builtSilver(), partial: len(u.opt.Tables) > 0, files: func(table string) ([]lake.File, error) { return u.state.setsOf(table, ""), nil }}
	results, err := c.run(ctx)
	if err != nil {
		return err
	}
	keys, err := u.checkKeys(ctx, c)
	if err != nil {
		return err
	}
	u.res.Checks = append(append(u.res.Checks, results...), keys...)
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

// builtSilver tells whether this run built a silver table, be it to the same bytes: a
// mapping of which only a check changed is built again, too.
func (u *run) builtSilver() bool {
	return slices.ContainsFunc(u.res.Steps, func(s Step) bool { return s.Layer == Silver && s.Status == Done })
}

// latestSet are the files of the latest run in a table of sets per run; run ids sort by time.
func latestSet(files []lake.File) []lake.File {
	latest := ""
	for _, f := range files {
		latest = max(latest, f.Partition)
	}
	return slices.DeleteFunc(slices.Clone(files), func(f lake.File) bool { return f.Partition != latest })
}

// checks is everything that the checks of one state need.
type checks struct {
	engine engine.Engine
	silver *silver.Project
	gold   *gold.Project
	cfg    *config.Loaded
	asOf   string
	noGold bool // silver was built alone: gold is still that of the silver before
	// No silver table was built: the checks of the mappings ran when the published ones were.
	noSilver bool
	partial  bool // only some tables were asked for
	files    func(table string) ([]lake.File, error)
	path     func(lake.File) string
}

// run runs the checks of the mappings, then those of sql/checks. As models do, they see
// the set of this as-of in a state table, and the sets before it as its past.
func (c checks) run(ctx context.Context) ([]CheckResult, error) {
	day, err := time.Parse(dateLayout, c.asOf)
	if err != nil {
		return nil, fmt.Errorf("the state has no as-of: %w", err)
	}
	in := gold.CheckInput{AsOf: day, TimeZone: c.cfg.TimeZone, Inputs: map[string][]string{}, NoGold: c.noGold, Partial: c.partial}
	sets := stateTables(c.gold)
	for table := range c.cfg.Contracts {
		files, err := c.files(table)
		if err != nil {
			return nil, err
		}
		name := strings.Replace(table, "/", ".", 1)
		switch {
		case table == coverageTable:
			files = latestSet(files)
		case sets[table]:
			in.Inputs[pastName(table)] = c.paths(files, func(f lake.File) bool { return f.Partition < c.asOf })
			files = slices.DeleteFunc(slices.Clone(files), func(f lake.File) bool { return f.Partition != c.asOf })
		}
		in.Inputs[name] = c.paths(files, nil)
	}
	var mapped []CheckResult
	if !c.noSilver {
		mapped, err = silverChecks(ctx, c.engine, c.silver, func(table string) []string { return in.Inputs[strings.Replace(table, "/", ".", 1)] })
	}
	if err != nil {
		return nil, err
	}
	found, err := c.gold.RunChecks(ctx, c.engine, in)
	for _, r := range found {
		mapped = append(mapped, CheckResult{ID: r.ID, Table: r.Table, Severity: r.Severity, Passed: r.Passed(),
			FailingRows: r.Failing, TotalRows: r.Total, SampleKeys: r.Samples, About: r.About, SQL: r.SQL})
	}
	return mapped, err
}

// paths are where the files stand that keep lets through; nil = all.
func (c checks) paths(files []lake.File, keep func(lake.File) bool) (out []string) {
	for _, f := range files {
		if keep == nil || keep(f) {
			out = append(out, c.path(f))
		}
	}
	return out
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
	c := checks{engine: e, cfg: cfg, asOf: released.AsOf}
	if c.silver, c.gold, err = compile(ctx, e, cfg, boundBefore(l.Root()), false); err != nil {
		return nil, nil, err
	}
	c.files = func(table string) ([]lake.File, error) {
		m, err := view.Manifest(table)
		if m == nil || err != nil {
			return nil, err
		}
		return m.Files, nil
	}
	c.path = func(f lake.File) string { return filepath.Join(l.Root(), filepath.FromSlash(f.Path)) }
	results, err := c.run(ctx)
	for _, layer := range []string{"silver", "gold"} {
		if err != nil {
			break
		}
		tables := slices.DeleteFunc(slices.Sorted(maps.Keys(cfg.Contracts)), func(t string) bool { return !checkedKeys(t, layer) })
		var keys CheckResult
		keys, err = c.keys(ctx, layer, tables)
		results = append(results, keys)
	}
	return released, results, err
}
