package main

import (
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"github.com/customer360/pipeline/pipeline/report"
)

func (a *app) lakeVerify() *cobra.Command {
	var quick bool
	c := &cobra.Command{
		Use: "verify", Short: "Check every checksum, the chain of commits and what is derived from it", Args: cobra.NoArgs,
		Long: "verify reads the lake and changes nothing. It exits 1 if anything does not hold. With --quick only the newest\n" +
			"version is looked at, by size.",
		RunE: func(cmd *cobra.Command, _ []string) error {
			l, err := a.openLake()
			if err != nil {
				return err
			}
			r, err := l.Verify(cmd.Context(), quick)
			if err != nil {
				return err
			}
			if a.Flags.JSON {
				err = a.printJSON(r)
			} else {
				s := a.style()
				for _, p := range r.Problems {
					fmt.Fprintf(a.Stdout, "%s %s %s: %s\n", s.Bad("✗"), p.Code, p.Path, p.Message)
					if p.Hint != "" {
						fmt.Fprintln(a.Stdout, "  "+p.Hint)
					}
				}
				for _, n := range r.Notes {
					fmt.Fprintln(a.Stdout, s.Dim("note: "+n))
				}
				verdict := s.Good("clean")
				if !r.OK() {
					verdict = s.Bad(report.Plural(len(r.Problems), "problem"))
				}
				_, err = fmt.Fprintf(a.Stdout, "Version %d: %s · %s, %s, %s (%s read)\n", r.Head, verdict, report.Plural(r.Commits, "commit"),
					report.Plural(r.Manifests, "manifest"), report.Plural(r.Files, "file"), report.Bytes(r.Bytes))
			}
			if err == nil && !r.OK() {
				return errReported
			}
			return err
		},
	}
	c.Flags().BoolVar(&quick, "quick", false, "only the newest version, by size")
	return c
}

func (a *app) lakeRecover() *cobra.Command {
	return &cobra.Command{
		Use: "recover", Short: "Bring the lake in order after a crash", Args: cobra.NoArgs,
		Long: "recover removes what a killed run left and brings current/ up to the newest version. Every run does this first;\n" +
			"the command is for when no run is due.",
		RunE: func(cmd *cobra.Command, _ []string) error {
			l, err := a.openLake()
			if err != nil {
				return err
			}
			r, err := l.Recover(cmd.Context())
			if err != nil {
				return err
			}
			if a.Flags.JSON {
				return a.printJSON(r)
			}
			if r.Clean() {
				_, err = fmt.Fprintln(a.Stdout, "Nothing to recover")
				return err
			}
			for _, run := range r.Runs {
				fmt.Fprintf(a.Stdout, "removed what run %s left in staging\n", run)
			}
			for _, f := range r.Removed {
				fmt.Fprintf(a.Stdout, "removed %s, which no version names\n", f)
			}
			_, err = fmt.Fprintln(a.Stdout, "The lake is in order")
			return err
		},
	}
}

func (a *app) lakeRelocate() *cobra.Command {
	return &cobra.Command{
		Use: "relocate", Short: "Rewrite customer360.duckdb after the lake was moved", Args: cobra.NoArgs,
		Long: "The views of customer360.duckdb hold absolute paths. After the lake's directory was moved or copied, relocate\n" +
			"writes them for its present place.",
		RunE: func(cmd *cobra.Command, _ []string) error {
			l, err := a.openLake()
			if err != nil {
				return err
			}
			releases, err := l.Relocate(cmd.Context())
			if err != nil {
				return err
			}
			if a.Flags.JSON {
				return a.printJSON(map[string]any{"root": l.Root(), "releases": releases})
			}
			list := make([]string, len(releases))
			for i, r := range releases {
				list[i] = fmt.Sprint(r)
			}
			if len(list) == 0 {
				_, err = fmt.Fprintln(a.Stdout, "All releases already point to", l.Root())
				return err
			}
			_, err = fmt.Fprintf(a.Stdout, "Rewrote releases %s for %s\n", strings.Join(list, ", "), l.Root())
			return err
		},
	}
}
