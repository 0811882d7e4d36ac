package main

import (
	"fmt"
	"slices"

	"github.com/spf13/cobra"

	"github.com/customer360/pipeline/pipeline"
	"github.com/customer360/pipeline/pipeline/report"
)

func (a *app) runsCommand() *cobra.Command {
	var limit int
	c := &cobra.Command{
		Use:   "runs [RUN]",
		Short: "List the runs, or show one",
		Args:  cobra.MaximumNArgs(1),
		RunE: func(_ *cobra.Command, args []string) error {
			l, err := a.openLake()
			if err != nil {
				return err
			}
			runs, err := pipeline.Reports(l)
			if err != nil {
				return err
			}
			slices.Reverse(runs)
			if len(args) == 1 {
				return a.showRun(runs, args[0])
			}
			if limit > 0 && len(runs) > limit {
				runs = runs[:limit]
			}
			return a.listRuns(runs)
		},
	}
	c.Flags().IntVarP(&limit, "limit", "n", 20, "how many, newest first; 0 = all")
	return c
}

func (a *app) listRuns(runs []*pipeline.Result) error {
	if a.Flags.JSON {
		return a.printJSON(runs)
	}
	rows := [][]string{{"RUN", "STARTED", "AS OF", "LAYER", "TOOK", "RESULT"}}
	for _, r := range runs {
		rows = append(rows, []string{r.Run, r.StartedAt.UTC().Format("2006-01-02 15:04:05"), r.AsOf, string(r.Layer),
			report.Duration(r.FinishedAt.Sub(r.StartedAt)), report.Outcome(r)})
	}
	_, err := fmt.Fprint(a.Stdout, report.Table(rows, nil))
	return err
}

// showRun prints a run's report the way the run printed it.
func (a *app) showRun(runs []*pipeline.Result, id string) error {
	i := slices.IndexFunc(runs, func(r *pipeline.Result) bool { return r.Run == id })
	if i < 0 {
		return &usageError{err: fmt.Errorf("no run %s", id), hint: "`pipeline runs` lists them"}
	}
	if a.Flags.JSON {
		return a.printJSON(runs[i])
	}
	p := &report.Run{Out: a.Stdout, Style: a.style(), Verbose: a.Flags.Verbose}
	p.RunStarted(runs[i])
	for _, s := range runs[i].Steps {
		p.StepFinished(s)
	}
	p.RunFinished(runs[i])
	if e := runs[i].Error; e != "" {
		fmt.Fprintln(a.Stdout, e)
	}
	return nil
}
