package pipeline

import (
	"context"
	"errors"
	"fmt"
	"runtime"
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
	results, err := runChecks(ctx, u.engine, u.gold, u.Config, u.asOfDate(), u.state.files)
	if err != nil {
		return err
	}
	references, err := u.checkReferences(ctx)
	if err != nil {
		return err
	}
	u.res.Checks = append(append(u.res.Checks, references...), results...)
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

// checkReferences counts the orphans: rows that name a key which no row has.
func (u *run) checkReferences(ctx context.Context) ([]CheckResult, error) {
	sess, err := u.engine.Session(ctx)
	if err != nil {
		return nil, err
	}
	defer sess.Close()
	files := map[string][]string{}
	for _, t := range u.silver.Tables() {
		files[t.Name] = u.state.files("silver/" + t.Name)
	}
	found, err := u.silver.CheckReferences(ctx, sess, files)
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

// runChecks registers every table there is and runs every check whose tables exist.
func runChecks(ctx context.Context, e engine.Engine, g *gold.Project, cfg *config.Loaded, asOf time.Time, files func(string) []string) ([]CheckResult, error) {
	in := gold.CheckInput{AsOf: asOf, TimeZone: cfg.Pipeline.TimeZone, Inputs: map[string][]string{}}
	for table := range cfg.Contracts {
		if f := files(table); len(f) > 0 {
			in.Inputs[strings.Replace(table, "/", ".", 1)] = f
		}
	}
	found, err := g.RunChecks(ctx, e, in)
	if err != nil {
		return nil, err
	}
	out := make([]CheckResult, len(found))
	for i, c := range found {
		out[i] = CheckResult{ID: c.ID, Table: c.Table, Severity: c.Severity, Passed: c.Passed(),
			FailingRows: c.Failing, TotalRows: c.Total, SampleKeys: c.Samples, About: c.About, SQL: c.SQL}
	}
	return out, nil
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
	_, g, err := compile(ctx, e, cfg)
	if err != nil {
		return nil, nil, err
	}
	var broken error
	results, err := runChecks(ctx, e, g, cfg, asOf, func(table string) []string {
		files, err := view.Files(table)
		broken = errors.Join(broken, err)
		return files
	})
	return released, results, errors.Join(err, broken)
}
