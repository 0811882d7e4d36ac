package main

import (
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"github.com/customer360/pipeline/pipeline/config"
	"github.com/customer360/pipeline/pipeline/lake"
	"github.com/customer360/pipeline/pipeline/report"
)

func (a *app) lakeCommand() *cobra.Command {
	c := &cobra.Command{Use: "lake", Short: "Look after the lake: versions, rollback, checks, space"}
	c.AddCommand(a.lakeLog(), a.lakeShow(), a.lakeVerify(), a.lakeRecover(), a.lakeRelocate(),
		a.lakeRollback(), a.lakePin(), a.lakeUnpin(), a.lakePins(), a.lakeVacuum(), a.lakeCompact())
	return c
}

func (a *app) lakeLog() *cobra.Command {
	var limit int
	c := &cobra.Command{
		Use: "log", Short: "List the versions, newest first", Args: cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error {
			l, err := a.openLake()
			if err != nil {
				return err
			}
			var commits []*lake.Commit
			for c, err := range l.Log() {
				if err != nil {
					return err
				}
				commits = append(commits, c)
				if limit > 0 && len(commits) == limit {
					break
				}
			}
			if a.Flags.JSON {
				return a.printJSON(commits)
			}
			rows := [][]string{{"VERSION", "COMMITTED", "OPERATION", "AS OF", "TABLES", "RUN"}}
			var head *lake.Commit
			for _, c := range commits {
				op := c.Operation
				if head == nil {
					head = c
				}
				if !head.Keeps(c.Version) {
					op += " (expired)"
				}
				if c.Historical {
					op += " (historical)"
				}
				rows = append(rows, []string{fmt.Sprint(c.Version), c.CreatedAt.UTC().Format("2006-01-02 15:04:05"), op, c.AsOf, fmt.Sprint(len(c.Tables)), c.Run})
			}
			_, err = fmt.Fprint(a.Stdout, report.Table(rows, map[int]bool{0: true, 4: true}))
			return err
		},
	}
	c.Flags().IntVarP(&limit, "limit", "n", 20, "how many, newest first; 0 = all")
	return c
}

func (a *app) lakeShow() *cobra.Command {
	return &cobra.Command{
		Use: "show [VERSION|TIME|RUN] [TABLE]", Short: "Show a version's tables, or one table's files", Args: atArgs(cobra.MaximumNArgs(2)),
		RunE: func(_ *cobra.Command, args []string) error {
			at, table := "", ""
			for i, arg := range args {
				// A name without a slash is no table, but better called that than a second version.
				if strings.Contains(arg, "/") || i == 1 && at != "" {
					table = arg
				} else {
					at = arg
				}
			}
			l, err := a.openLake()
			if err != nil {
				return err
			}
			view, err := l.View(at)
			if err != nil {
				return err
			}
			if view.Commit() == nil {
				return &usageError{err: fmt.Errorf("the lake is empty"), hint: "`pipeline run` fills it"}
			}
			if table != "" {
				return a.showTable(view, table)
			}
			return a.showVersion(view)
		},
	}
}

func (a *app) showVersion(view *lake.View) error {
	c := view.Commit()
	if a.Flags.JSON {
		return a.printJSON(c)
	}
	fmt.Fprintf(a.Stdout, "Version %d · %s · %s · as of %s · run %s\n", c.Version, c.Operation, c.CreatedAt.UTC().Format("2006-01-02 15:04:05"), c.AsOf, c.Run)
	rows := [][]string{{"TABLE", "STORAGE", "FILES", "ROWS", "SIZE", "MANIFEST"}}
	for _, t := range view.Tables() {
		m, err := view.Manifest(t)
		if err != nil {
			return err
		}
		rows = append(rows, []string{t, m.Storage, fmt.Sprint(len(m.Files)), report.Count(m.Rows()), report.Bytes(m.Bytes()), view.Hash(t)[:12]})
	}
	_, err := fmt.Fprint(a.Stdout, report.Table(rows, map[int]bool{2: true, 3: true, 4: true}))
	return err
}

func (a *app) showTable(view *lake.View, table string) error {
	m, err := view.Manifest(table)
	if err != nil {
		return err
	}
	if m == nil {
		hint := "`pipeline lake show` lists them"
		if near := config.Nearest(strings.Replace(table, ".", "/", 1), view.Tables()); near != "" {
			hint = fmt.Sprintf("did you mean %s?", near)
		}
		return &usageError{err: fmt.Errorf("no table %s in this version", table), hint: hint}
	}
	if a.Flags.JSON {
		return a.printJSON(m)
	}
	rows := [][]string{{"ID", "COLUMN", "TYPE"}}
	for _, c := range m.Schema {
		rows = append(rows, []string{fmt.Sprint(c.ID), c.Name, c.Type})
	}
	fmt.Fprintln(a.Stdout, report.Table(rows, map[int]bool{0: true}))
	rows = [][]string{{"FILE", "PARTITION", "ROWS", "SIZE", "XXH3"}}
	for _, f := range m.Files {
		rows = append(rows, []string{f.Path, f.Partition, report.Count(f.Rows), report.Bytes(f.Bytes), f.XXH3})
	}
	_, err = fmt.Fprint(a.Stdout, report.Table(rows, map[int]bool{2: true, 3: true}))
	return err
}
