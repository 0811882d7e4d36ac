package main

import (
	"context"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/customer360/pipeline/pipeline/report"
)

func (a *app) planCommand() *cobra.Command {
	f := &runFlags{}
	exitCode := false
	c := &cobra.Command{
		Use:   "plan",
		Short: "Say what a run would do now, and why",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return a.plan(cmd.Context(), f, exitCode)
		},
	}
	f.register(c)
	c.Flags().BoolVar(&exitCode, "exit-code", false, "exit 3 if something would run")
	return c
}

func (a *app) plan(ctx context.Context, f *runFlags, exitCode bool) error {
	opt, err := f.options(a)
	if err != nil {
		return err
	}
	runner, err := a.runner()
	if err != nil {
		return err
	}
	p, err := runner.Plan(ctx, opt)
	if err != nil {
		return err
	}
	if a.Flags.JSON {
		err = a.printJSON(p)
	} else {
		_, err = fmt.Fprint(a.Stdout, report.Plan(p, a.style(), a.Flags.Verbose))
	}
	if err != nil {
		return err
	}
	if exitCode && (len(p.Items) > 0 || p.History != nil) {
		return errChanges
	}
	return nil
}
