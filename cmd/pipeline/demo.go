package main

import (
	"context"
	"fmt"
	"path/filepath"
	"time"

	"github.com/spf13/cobra"

	"github.com/customer360/pipeline/pipeline/demo"
	"github.com/customer360/pipeline/pipeline/report"
)

func (a *app) demoCommand() *cobra.Command {
	o := demo.Options{}
	serve, addr := false, ""
	c := &cobra.Command{
		Use:   "demo --out DIR",
		Short: "Write realistic exports and the pipeline.json that reads them",
		Long: "demo writes the exports of a fictional telecom group: three Salesforce orgs, billing, usage and surveys,\n" +
			"dirty in the ways real exports are. DIR/planted.json says exactly what was planted where.\n" +
			"The same seed writes the same bytes on any machine.\n\n" +
			"With --serve it answers as the demo's Salesforce orgs instead, on loopback, one port each: the demo of DIR,\n" +
			"which is written first, without dirt, if DIR is empty. Records change at their SystemModstamp by a clock\n" +
			"that stands still until it is moved: POST {\"advance\":\"24h\"} or {\"to\":\"2026-11-02T01:00:00Z\"} to /simulator/clock.",
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := a.checkDemo(&o); err != nil {
				return err
			}
			if serve {
				return a.serveDemo(cmd.Context(), o, addr)
			}
			if cmd.Flags().Changed("addr") {
				return usagef("--addr is the address of --serve")
			}
			return a.writeDemo(cmd.Context(), o)
		},
	}
	c.Flags().StringVar(&o.Dir, "out", "", "the `DIR` to write to")
	c.Flags().IntVar(&o.Accounts, "accounts", 2000, "how many accounts")
	c.Flags().IntVar(&o.Metered, "metered", 0, "of 1,000 accounts, `N` may have daily usage (default by size: 400, and from 4,000 accounts on fewer, down to 60)")
	c.Flags().Uint64Var(&o.Seed, "seed", 1, "the seed; the same seed writes the same bytes")
	c.Flags().BoolVar(&o.Clean, "clean", false, "plant no dirt; the data is the same otherwise")
	c.Flags().BoolVar(&serve, "serve", false, "answer as the demo's Salesforce orgs until interrupted")
	c.Flags().StringVar(&addr, "addr", "127.0.0.1:8360", "`HOST:PORT` of the first org; the others take the ports after it, 0 any free ones")
	c.Flags().IntVar(&o.Days, "days", 0, "further nights of increments")
	return c
}

// checkDemo checks the options and adds those of the common flags.
func (a *app) checkDemo(o *demo.Options) error {
	if o.Dir == "" {
		return &usageError{err: fmt.Errorf("--out is missing"), hint: "pipeline demo --out demo"}
	}
	if o.Accounts < 1 {
		return usagef("--accounts %d: want at least 1", o.Accounts)
	}
	if a.Flags.AsOf != "" {
		d, err := time.Parse(time.DateOnly, a.Flags.AsOf)
		if err != nil {
			return usagef("--as-of %s: want a date, YYYY-MM-DD", a.Flags.AsOf)
		}
		o.AsOf = d
	}
	if a.Flags.Lake != "" {
		lake, err := relativeTo(o.Dir, a.Flags.Lake)
		if err != nil {
			return err
		}
		o.Lake = lake
	}
	return nil
}

// writeDemo writes a demo to an empty directory and says what it wrote.
func (a *app) writeDemo(ctx context.Context, o demo.Options) error {
	if err := emptyDir(o.Dir); err != nil {
		return err
	}
	began := a.Now()
	s, err := demo.Generate(ctx, o)
	if err != nil {
		return err
	}
	if a.Flags.JSON {
		return a.printJSON(s)
	}
	if !a.Flags.Quiet {
		fmt.Fprintf(a.Stdout, "Wrote %s rows of %s accounts in %s files (%s) to %s in %s\n",
			report.Count(s.Rows), report.Count(int64(s.Accounts)), report.Count(int64(s.Files)), report.Bytes(s.Bytes),
			o.Dir, report.Duration(a.Now().Sub(began).Round(time.Millisecond)))
		fmt.Fprintf(a.Stdout, "Run them with: pipeline run --config %s\n", filepath.Join(o.Dir, "pipeline.json"))
	}
	return nil
}

// relativeTo writes path as seen from dir, so that both can be moved together.
func relativeTo(dir, path string) (string, error) {
	from, err := filepath.Abs(dir)
	if err != nil {
		return "", err
	}
	to, err := filepath.Abs(path)
	if err != nil {
		return "", err
	}
	if rel, err := filepath.Rel(from, to); err == nil {
		return filepath.ToSlash(rel), nil
	}
	return to, nil // another volume: only the absolute path leads there
}
