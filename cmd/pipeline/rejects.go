package main

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/customer360/pipeline/pipeline/config"
	"github.com/customer360/pipeline/pipeline/engine"
	"github.com/customer360/pipeline/pipeline/lake"
	"github.com/customer360/pipeline/pipeline/report"
)

// rejectFlags say which rejects to show.
type rejectFlags struct {
	at, run, table string
	summary        bool
	format         string
}

func (a *app) rejectsCommand() *cobra.Command {
	f := &rejectFlags{}
	c := &cobra.Command{
		Use:   "rejects",
		Short: "Show what was refused, and why",
		Long: "rejects lists the rows that a mapping refused, the values that it replaced by NULL, and the records of\n" +
			"files that were malformed. Nothing that was refused is lost: fix the mapping or the source and run again.",
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if a.Flags.JSON {
				f.format = "json"
			}
			return a.rejects(cmd.Context(), f)
		},
	}
	atFlag(c, &f.at)
	c.Flags().StringVar(&f.run, "run", "", "the rejects of a `RUN` that failed")
	c.Flags().StringVar(&f.table, "table", "", "only those of this silver or bronze `TABLE`")
	c.Flags().BoolVar(&f.summary, "summary", false, "counts by table, column and rule only")
	c.Flags().StringVar(&f.format, "format", "table", "table, csv, json or markdown")
	return c
}

func (a *app) rejects(ctx context.Context, f *rejectFlags) (err error) {
	l, err := a.openLake()
	if err != nil {
		return err
	}
	db, closeEngine, err := openEngine(ctx, engine.Options{})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, closeEngine()) }()
	sess, err := db.Session(ctx)
	if err != nil {
		return err
	}
	defer sess.Close()
	if err := registerRejects(ctx, sess, l, f); err != nil {
		return err
	}
	query := rejectList
	if f.summary {
		query = rejectSummary
	}
	rows, err := sess.Query(ctx, query, strings.ToLower(f.table))
	if err != nil {
		return fmt.Errorf("rejects: %w", err)
	}
	defer rows.Close()
	n, err := report.Rows(a.Stdout, rows, report.Format(f.format))
	if err == nil && n == 0 && f.format == "table" && !a.Flags.Quiet {
		fmt.Fprintln(a.Stderr, "nothing was rejected")
	}
	return err
}

// One list over the three kinds of refusal.
const rejects = `
WITH all_rejects AS (
  SELECT 'row' AS kind, r.table_name, r.row_key, d.column_name, d.rule, d.raw_value, r.seq
  FROM silver.rejected_row r, unnest(from_json(r.defects, '[{"column":"VARCHAR","rule":"VARCHAR","raw":"VARCHAR"}]')) AS u(x),
       (SELECT u.x."column" AS column_name, u.x.rule AS rule, u.x.raw AS raw_value) d
  UNION ALL
  SELECT 'value', table_name, row_key, column_name, rule, raw_value, seq FROM silver.rejected_value
  UNION ALL
  SELECT 'malformed', source_object, source_file || ':' || line, NULL, reason, left(raw, 200), _seq FROM bronze.malformed
)`

const rejectList = rejects + `
SELECT kind, table_name AS "table", row_key AS "key", column_name AS "column", rule, raw_value AS "value"
FROM all_rejects WHERE $1 = '' OR table_name = $1 ORDER BY kind, table_name, seq, column_name`

const rejectSummary = rejects + `
SELECT kind, table_name AS "table", column_name AS "column", rule, count(*) AS "count", left(min(raw_value), 60) AS example
FROM all_rejects WHERE $1 = '' OR table_name = $1 GROUP BY ALL ORDER BY "count" DESC, kind, "table", "column", rule`

// registerRejects makes silver.rejected_row, silver.rejected_value and bronze.malformed
// visible, from the published state or from what a failed run left behind.
func registerRejects(ctx context.Context, sess engine.Session, l *lake.Lake, f *rejectFlags) error {
	files := map[string][]string{}
	var malformed map[string][]string
	if f.run != "" {
		dir := l.RunDir(f.run)
		if _, err := os.Stat(dir); errors.Is(err, os.ErrNotExist) {
			return &usageError{err: fmt.Errorf("no run %s", f.run), hint: "`pipeline runs` lists them"}
		}
		for _, t := range []string{"rejected_row", "rejected_value"} {
			found, err := filepath.Glob(filepath.Join(dir, t+"_*.parquet"))
			if err != nil {
				return err
			}
			files[t] = found
		}
	} else {
		view, err := l.View(f.at)
		if err != nil {
			return err
		}
		if err := knownTable(view, f.table); err != nil {
			return err
		}
		for _, t := range []string{"rejected_row", "rejected_value"} {
			if files[t], err = view.Files("silver/" + t); err != nil {
				return err
			}
		}
		if malformed, err = malformedFiles(view); err != nil {
			return err
		}
	}
	if err := sess.RegisterParquet(ctx, "silver", "rejected_row", files["rejected_row"], textColumns("table_name", "row_key", "defects", "seq")); err != nil {
		return err
	}
	if err := sess.RegisterParquet(ctx, "silver", "rejected_value", files["rejected_value"], textColumns("table_name", "row_key", "column_name", "rule", "raw_value", "seq")); err != nil {
		return err
	}
	return registerMalformed(ctx, sess, malformed)
}

// knownTable refuses a name that is neither a silver table nor a bronze object: an empty
// list would read as "nothing was rejected".
func knownTable(view *lake.View, name string) error {
	var known []string
	for _, t := range view.Tables() {
		if layer, rest, _ := strings.Cut(t, "/"); layer == "silver" || layer == "bronze" {
			known = append(known, strings.TrimSuffix(path.Base(rest), "__malformed"))
		}
	}
	if name == "" || slices.Contains(known, strings.ToLower(name)) {
		return nil
	}
	hint := "`pipeline rejects --summary` names the tables that have rejects"
	if near := config.Nearest(name, known); near != "" {
		hint = fmt.Sprintf("did you mean %q?", near)
	}
	return &usageError{err: fmt.Errorf("there is no silver table or bronze object %q", name), hint: hint}
}

// malformedFiles are the files of malformed records by "source/object".
func malformedFiles(view *lake.View) (map[string][]string, error) {
	out := map[string][]string{}
	for _, t := range view.Tables() {
		object, ok := strings.CutSuffix(strings.TrimPrefix(t, "bronze/"), "__malformed")
		if !ok {
			continue
		}
		files, err := view.Files(t)
		if err != nil {
			return nil, err
		}
		out[object] = files
	}
	return out, nil
}

// registerMalformed shows all malformed records as one table that names their object.
func registerMalformed(ctx context.Context, sess engine.Session, objects map[string][]string) error {
	cols := textColumns("source_file", "line", "reason", "raw", "_seq")
	if err := sess.RegisterParquet(ctx, "bronze", "none", nil, cols); err != nil {
		return err
	}
	union := "SELECT '' AS source_object, * FROM bronze.none"
	for _, object := range slices.Sorted(maps.Keys(objects)) {
		name := strings.ReplaceAll(object, "/", "__")
		if err := sess.RegisterParquet(ctx, "bronze", name, objects[object], cols); err != nil {
			return err
		}
		union += fmt.Sprintf(" UNION ALL SELECT %s, * FROM bronze.%s", engine.Literal(object[strings.Index(object, "/")+1:]), engine.Ident(name))
	}
	return sess.Exec(ctx, "CREATE VIEW bronze.malformed AS "+union)
}

func textColumns(names ...string) []engine.Column {
	cols := make([]engine.Column, len(names))
	for i, n := range names {
		cols[i] = engine.Column{Name: n, Type: "VARCHAR"}
		if n == "seq" || n == "_seq" || n == "line" {
			cols[i].Type = "BIGINT"
		}
	}
	return cols
}
