package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"github.com/customer360/pipeline/pipeline/engine"
	"github.com/customer360/pipeline/pipeline/lake"
	"github.com/customer360/pipeline/pipeline/report"
)

func (a *app) queryCommand() *cobra.Command {
	var at, format, output string
	var verify bool
	c := &cobra.Command{
		Use:   "query SQL",
		Short: "Ask the published tables",
		Long: "query runs SQL on one consistent state of the schemas gold, silver and ops, and bronze where it is named\n" +
			"(bronze.\"<source>__<object>\"). SQL is DuckDB's. With - the SQL is read from standard input.",
		Example: "  pipeline query \"SELECT account_name, revenue_ttm_usd FROM gold.customer_360 ORDER BY 2 DESC NULLS LAST LIMIT 5\"\n" +
			"  pipeline query --at 41 --format csv \"FROM gold.accounts\" > accounts.csv\n" +
			"  pipeline query --format parquet --output top.parquet \"FROM gold.customer_360\"",
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			sql := args[0]
			if sql == "-" {
				b, err := io.ReadAll(a.Stdin)
				if err != nil {
					return fmt.Errorf("read standard input: %w", err)
				}
				sql = string(b)
			}
			if a.Flags.JSON {
				format = string(report.FormatJSON)
			}
			return a.query(cmd.Context(), sql, reading{at: at, verify: verify}, format, output)
		},
	}
	atFlag(c, &at)
	c.Flags().BoolVar(&verify, "verify", false, "check the files of the tables that SQL names against their checksums first; other tables are not there")
	c.Flags().StringVar(&format, "format", "table", "table, csv, json, markdown or parquet")
	c.Flags().StringVarP(&output, "output", "o", "", "write to `FILE` instead of standard output")
	return c
}

func (a *app) query(ctx context.Context, sql string, from reading, format, output string) (err error) {
	switch format {
	case "table", "csv", "json", "markdown", "parquet":
	default:
		return usagef("unknown format %q: use table, csv, json, markdown or parquet", format)
	}
	sess, _, closeReader, err := a.openPublished(ctx, from, sql)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, closeReader()) }()
	if format == "parquet" {
		return a.queryParquet(ctx, sess, sql, output)
	}
	rows, err := sess.Query(ctx, sql)
	if err != nil {
		return fmt.Errorf("query: %w", err)
	}
	defer rows.Close()
	return a.write(output, func(w io.Writer) error { // only now: a query that fails leaves the file as it was
		if _, err := report.Rows(w, rows, report.Format(format)); err != nil {
			return fmt.Errorf("query: %w", err)
		}
		return nil
	})
}

// openLake opens the lake that --lake names, else the configuration's. Reading a
// lake needs no configuration.
func (a *app) openLake() (*lake.Lake, error) {
	if err := a.refuseAsOf(); err != nil {
		return nil, err
	}
	root := a.Flags.Lake
	if root == "" {
		loaded, err := a.loadPipeline()
		if err != nil {
			return nil, err
		}
		root = loaded.Lake
	}
	return lake.Open(root, lake.Options{Now: a.Now})
}

// refuseAsOf keeps a reader from taking the published state for that of another day.
func (a *app) refuseAsOf() error {
	if a.Flags.AsOf == "" {
		return nil
	}
	return &usageError{err: fmt.Errorf("--as-of %s says what a run computes; this command reads what is there", a.Flags.AsOf),
		hint: "`pipeline run --as-of " + a.Flags.AsOf + " --out DIR` computes an earlier day; `--at` reads an earlier version"}
}

// register makes the tables visible. The current state has a ready catalog beside it;
// any other state, and bronze, becomes views over its files.
func register(ctx context.Context, sess engine.Session, l *lake.Lake, view *lake.View, sql string) error {
	bronze := strings.Contains(strings.ToLower(sql), "bronze.")
	if catalog, ok := l.Catalog(view.Commit().Release); ok && !view.Historical && !bronze {
		return sess.Exec(ctx, fmt.Sprintf("ATTACH %s AS customer360 (READ_ONLY); USE customer360", engine.Literal(catalog)))
	}
	for _, t := range view.Tables() {
		layer, name, _ := strings.Cut(t, "/")
		if layer == "bronze" && !bronze {
			continue
		}
		files, err := view.Files(t)
		if err != nil {
			return err
		}
		if err := sess.RegisterParquet(ctx, layer, strings.ReplaceAll(name, "/", "__"), files, nil); err != nil {
			return err
		}
	}
	return nil
}

// registerVerified makes those tables visible that sql names, once their files hold against
// their checksums. A table that it names in another way than by its name is not found:
// better no answer than one from files that nobody looked at.
func registerVerified(ctx context.Context, sess engine.Session, view *lake.View, sql string) error {
	sql = strings.ToLower(sql)
	for _, t := range view.Tables() {
		layer, name, _ := strings.Cut(t, "/")
		name = strings.ReplaceAll(name, "/", "__")
		if !strings.Contains(sql, strings.ToLower(name)) {
			continue
		}
		if err := view.Check(t); err != nil {
			return err
		}
		files, err := view.Files(t)
		if err != nil {
			return err
		}
		if err := sess.RegisterParquet(ctx, layer, name, files, nil); err != nil {
			return err
		}
	}
	return nil
}

// queryParquet writes the result as Parquet, through a temporary file because
// Parquet cannot be written to a pipe.
func (a *app) queryParquet(ctx context.Context, sess engine.Session, sql, output string) (err error) {
	if output == "" && isTerminal(a.Stdout) {
		return usagef("parquet is not for terminals: name a file with --output or redirect the output")
	}
	dir, err := os.MkdirTemp("", "pipeline-query")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	path := filepath.Join(dir, "result.parquet")
	if _, err := sess.WriteParquet(ctx, sql, path, nil); err != nil {
		return fmt.Errorf("query: %w", err)
	}
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	defer f.Close()
	w, done, err := a.output(output)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, done()) }()
	_, err = io.Copy(w, f)
	return err
}

// output opens the file that --output names, or stdout.
func (a *app) output(path string) (io.Writer, func() error, error) {
	if path == "" {
		return a.Stdout, func() error { return nil }, nil
	}
	f, err := os.Create(path)
	if err != nil {
		return nil, nil, usagef("--output: %w", err)
	}
	return f, f.Close, nil
}

// write hands f what --output names, or stdout.
func (a *app) write(path string, f func(io.Writer) error) (err error) {
	w, done, err := a.output(path)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, done()) }()
	return f(w)
}
