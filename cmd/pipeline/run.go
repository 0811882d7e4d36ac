package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/spf13/cobra"
	"golang.org/x/term"

	"github.com/customer360/pipeline/pipeline"
	"github.com/customer360/pipeline/pipeline/report"
)

// runFlags are what `run` and `plan` have in common.
type runFlags struct {
	layer       string
	tables      []string
	sources     []string
	fullRefresh bool
	reload      bool
	out         string
	dryRun      bool
}

func (f *runFlags) register(c *cobra.Command) {
	c.Flags().StringVar(&f.layer, "layer", "all", "bronze, silver, gold or all")
	c.Flags().StringSliceVar(&f.tables, "table", nil, "only these bronze objects, silver or gold `TABLES`")
	c.Flags().StringSliceVar(&f.sources, "source", nil, "load only these `SOURCES`; files of exchange rates have names, too")
	c.Flags().BoolVar(&f.fullRefresh, "full-refresh", false, "rebuild silver and derived gold from bronze though nothing changed")
	c.Flags().BoolVar(&f.reload, "reload", false, "read source files again that were loaded before")
	c.Flags().StringVar(&f.out, "out", "", "write the tables to `DIR` instead of publishing them")
}

func (f *runFlags) options(a *app) (pipeline.Options, error) {
	layer, err := pipeline.ParseLayer(f.layer)
	return pipeline.Options{Layer: layer, Tables: f.tables, Sources: f.sources, FullRefresh: f.fullRefresh,
		Reload: f.reload, AsOf: a.Flags.AsOf, Out: f.out}, err
}

func (a *app) runCommand() *cobra.Command {
	f := &runFlags{}
	c := &cobra.Command{
		Use:   "run",
		Short: "Load what is new, rebuild what it changes, check, publish",
		Long: "run takes the lock, loads new files into bronze and commits them, brings silver and gold up to\n" +
			"date as of one date, runs the checks, and publishes all tables at once. If a check of severity\n" +
			"error fails, readers keep the previous state.",
		Example: "  pipeline run --layer all\n  pipeline run --layer gold --as-of 2025-12-31 --out /tmp/year-end",
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if f.dryRun {
				return a.plan(cmd.Context(), f, false)
			}
			return a.runLayers(cmd.Context(), f)
		},
	}
	f.register(c)
	c.Flags().BoolVar(&f.dryRun, "dry-run", false, "only say what would run, as plan does")
	return c
}

func (a *app) runLayers(ctx context.Context, f *runFlags) error {
	opt, err := f.options(a)
	if err != nil {
		return err
	}
	runner, err := a.runner()
	if err != nil {
		return err
	}
	if f.out != "" {
		if err := emptyDir(f.out); err != nil {
			return err
		}
	}
	quiet := report.Run{Out: io.Discard, Quiet: true}
	runner.Observer = &quiet
	if !a.Flags.JSON {
		runner.Observer = &report.Run{Out: a.Stdout, Live: a.live(), Style: a.style(), Quiet: a.Flags.Quiet, Verbose: a.Flags.Verbose}
	}
	res, err := runner.Run(ctx, opt)
	if a.Flags.JSON && res != nil {
		err = errors.Join(err, a.printJSON(res))
	}
	if err != nil {
		return err
	}
	if !a.Flags.JSON && !a.Flags.Quiet && res.Published > 0 && !res.Historical {
		fmt.Fprint(a.Stdout, report.NextSteps(runner.LakeRoot, a.Flags.Config, a.style()))
	}
	return nil
}

// runner makes the domain's runner out of the configuration and the flags.
func (a *app) runner() (*pipeline.Runner, error) {
	loaded, err := a.load()
	if err != nil {
		return nil, err
	}
	return &pipeline.Runner{Config: loaded, LakeRoot: loaded.Pipeline.Lake, Now: a.Now,
		CodeVersion: currentVersion().String()}, nil
}

// style colours stdout if it is a terminal and NO_COLOR is not set.
func (a *app) style() report.Style {
	_, no := a.Env("NO_COLOR")
	return report.Style{On: !no && isTerminal(a.Stdout)}
}

// live is where the progress line goes; nil unless both outputs are terminals.
func (a *app) live() io.Writer {
	if isTerminal(a.Stderr) && isTerminal(a.Stdout) {
		return a.Stderr
	}
	return nil
}

func isTerminal(w io.Writer) bool {
	f, ok := w.(*os.File)
	return ok && term.IsTerminal(int(f.Fd()))
}

// emptyDir makes sure that --out does not mix its tables with anything else.
func emptyDir(dir string) error {
	entries, err := os.ReadDir(dir)
	switch {
	case errors.Is(err, os.ErrNotExist):
		return nil
	case err != nil:
		return usagef("--out: %w", err)
	case len(entries) > 0:
		return &usageError{err: fmt.Errorf("--out %s is not empty", dir), hint: "name a new or empty directory"}
	}
	return nil
}
