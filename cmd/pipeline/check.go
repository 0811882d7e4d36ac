package main

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/spf13/cobra"

	"github.com/customer360/pipeline/pipeline"
	"github.com/customer360/pipeline/pipeline/engine"
	"github.com/customer360/pipeline/pipeline/lake"
	"github.com/customer360/pipeline/pipeline/report"
)

func (a *app) checkCommand() *cobra.Command {
	var at, run string
	c := &cobra.Command{
		Use:   "check",
		Short: "Run the data checks on the published tables, or show those of a run",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			results, title, err := a.checkResults(cmd.Context(), at, run)
			if err != nil {
				return err
			}
			return a.showChecks(title, results)
		},
	}
	atFlag(c, &at)
	c.Flags().StringVar(&run, "run", "", "show what the checks of this `RUN` found")
	return c
}

func (a *app) checkResults(ctx context.Context, at, run string) (_ []pipeline.CheckResult, _ string, err error) {
	if err := a.refuseAsOf(); err != nil {
		return nil, "", err
	}
	loaded, err := a.load()
	if err != nil {
		return nil, "", err
	}
	l, err := lake.Open(loaded.Pipeline.Lake, lake.Options{Now: a.Now})
	if err != nil {
		return nil, "", err
	}
	if run != "" {
		runs, err := pipeline.Reports(l)
		if err != nil {
			return nil, "", err
		}
		i := slices.IndexFunc(runs, func(r *pipeline.Result) bool { return r.Run == run })
		if i < 0 {
			return nil, "", &usageError{err: fmt.Errorf("no run %s", run), hint: "`pipeline runs` lists them"}
		}
		return runs[i].Checks, "Checks of run " + run, nil
	}
	db, closeEngine, err := openEngine(ctx, engine.Options{Threads: loaded.Pipeline.Engine.Threads, MemoryLimit: loaded.Pipeline.Engine.MemoryLimit})
	if err != nil {
		return nil, "", err
	}
	defer func() { err = errors.Join(err, closeEngine()) }()
	commit, results, err := pipeline.Check(ctx, loaded, l, db, at)
	if err != nil {
		return nil, "", err
	}
	return results, fmt.Sprintf("Checks of version %d · as of %s", commit.Version, commit.AsOf), nil
}

func (a *app) showChecks(title string, results []pipeline.CheckResult) error {
	r := pipeline.Result{Checks: results}
	passed, warnings, failed := r.CheckTally()
	if a.Flags.JSON {
		if err := a.printJSON(results); err != nil {
			return err
		}
	} else {
		fmt.Fprint(a.Stdout, report.Checks(title, results, a.style(), a.Flags.Verbose))
		fmt.Fprintf(a.Stdout, "%d passed, %d warnings, %d errors\n", passed, warnings, failed)
	}
	if failed > 0 {
		return errReported
	}
	return nil
}
