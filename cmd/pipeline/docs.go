package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"github.com/customer360/pipeline/pipeline"
	"github.com/customer360/pipeline/pipeline/docs"
	"github.com/customer360/pipeline/pipeline/engine"
	"github.com/customer360/pipeline/pipeline/engine/duckdb"
	"github.com/customer360/pipeline/pipeline/report"
)

// documented is the result of docs.
type documented struct {
	Index     string `json:"index"`
	Tables    int    `json:"tables"`
	Columns   int    `json:"columns"`
	Checks    int    `json:"checks"`
	Questions int    `json:"questions"`
}

func (a *app) docsCommand() *cobra.Command {
	var out string
	c := &cobra.Command{
		Use:   "docs --out DIR",
		Short: "Write browsable documentation",
		Long: "docs writes pages about what the configuration makes: tables, columns and what they mean, lineage drawn from\n" +
			"the sources to gold, checks and questions. The pages need no network and no server. No lake is opened.",
		Example: "  pipeline docs --out site",
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) (err error) {
			if out == "" {
				return &usageError{err: errors.New("docs needs a directory to write to"), hint: "name it with --out DIR"}
			}
			loaded, err := a.load()
			if err != nil {
				return err
			}
			db, err := duckdb.Open(cmd.Context(), engine.Options{})
			if err != nil {
				return err
			}
			defer func() { err = errors.Join(err, db.Close()) }()
			site, err := pipeline.Describe(cmd.Context(), db, loaded)
			if err != nil {
				return &usageError{err: err, hint: hintOf(err)}
			}
			if err := docs.Write(out, site); err != nil {
				if errors.Is(err, os.ErrPermission) {
					return &usageError{err: err, hint: "name another directory with --out"}
				}
				return err
			}
			return a.printDocumented(out, site)
		},
	}
	c.Flags().StringVar(&out, "out", "", "write the pages into this `DIR`")
	return c
}

func (a *app) printDocumented(dir string, site docs.Site) error {
	r := documented{Index: filepath.Join(dir, "index.html"), Tables: len(site.Tables), Checks: len(site.Checks), Questions: len(site.Questions)}
	for _, t := range site.Tables {
		r.Columns += len(t.Columns)
	}
	if a.Flags.JSON {
		return a.printJSON(r)
	}
	_, err := fmt.Fprintf(a.Stdout, "Wrote %s, %s, %s and %s to %s\nOpen it in a browser.\n", report.Plural(r.Tables, "table"),
		report.Plural(r.Columns, "column"), report.Plural(r.Checks, "check"), report.Plural(r.Questions, "question"), r.Index)
	return err
}
