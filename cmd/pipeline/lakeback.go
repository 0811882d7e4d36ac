package main

import (
	"cmp"
	"fmt"
	"strings"

	"github.com/oklog/ulid/v2"
	"github.com/spf13/cobra"

	"github.com/customer360/pipeline/pipeline/lake"
	"github.com/customer360/pipeline/pipeline/report"
)

// changeID names a change of the lake that is not a run, as --at understands it.
func (a *app) changeID() string {
	return ulid.MustNew(ulid.Timestamp(a.Now()), ulid.DefaultEntropy()).String()
}

func (a *app) lakeRollback() *cobra.Command {
	o := lake.RollbackOptions{}
	c := &cobra.Command{
		Use: "rollback VERSION|TIME|RUN", Short: "Make the tables of an earlier version current again, as a new version", Args: atArgs(cobra.ExactArgs(1)),
		Long: "rollback publishes a new version whose silver, gold and ops tables are those of an earlier one. Nothing is\n" +
			"deleted: rolling back to the version before undoes it.\n\n" +
			"Bronze stays as it is, with all that was loaded since, and the next run builds from it. If what was loaded is\n" +
			"the trouble, --include-bronze goes back in bronze too: the next run then loads again what came since.",
		Example: "  pipeline lake rollback 41\n  pipeline lake rollback 2026-11-20 --dry-run",
		RunE: func(cmd *cobra.Command, args []string) error {
			l, err := a.openLake()
			if err != nil {
				return err
			}
			o.Run, o.CodeVersion = a.changeID(), currentVersion().String()
			r, err := l.Rollback(cmd.Context(), args[0], o)
			if err != nil {
				return err
			}
			if a.Flags.JSON {
				return a.printJSON(r)
			}
			_, err = fmt.Fprint(a.Stdout, rollbackText(r))
			return err
		},
	}
	c.Flags().BoolVar(&o.IncludeBronze, "include-bronze", false, "bronze and its watermarks too: what was loaded since is loaded again")
	c.Flags().BoolVar(&o.DryRun, "dry-run", false, "only say what would change")
	return c
}

func rollbackText(r lake.RollbackReport) string {
	var b strings.Builder
	if len(r.Changed)+len(r.Dropped) == 0 {
		return fmt.Sprintf("The tables are those of version %d already\n", r.To)
	}
	for _, tables := range byLayer(r.Changed) {
		fmt.Fprintf(&b, "%s as in version %d\n", tables, r.To)
	}
	for _, tables := range byLayer(r.Dropped) {
		fmt.Fprintf(&b, "%s gone: version %d does not have it\n", tables, r.To)
	}
	if r.DryRun {
		fmt.Fprintf(&b, "Would roll back to version %d as of %s (now %d); nothing was changed\n", r.To, r.AsOf, r.From)
	} else {
		fmt.Fprintf(&b, "Published version %d with the tables of version %d as of %s (was %d)\n", r.Version, r.To, r.AsOf, r.From)
	}
	return b.String()
}

// namedTables is how many tables of a layer are named in a text; of more it gives the number.
const namedTables = 8

// byLayer says which tables these are, a layer a line: names such as gold/accounts, in order.
func byLayer(tables []string) (lines []string) {
	for len(tables) > 0 {
		layer, _, _ := strings.Cut(tables[0], "/")
		n := 1
		for n < len(tables) && strings.HasPrefix(tables[n], layer+"/") {
			n++
		}
		line := strings.Join(tables[:n], ", ")
		if n > namedTables {
			line = fmt.Sprintf("%d tables of %s (--json names them)", n, layer)
		}
		lines, tables = append(lines, line), tables[n:]
	}
	return lines
}

func (a *app) lakePin() *cobra.Command {
	var why string
	c := &cobra.Command{
		Use: "pin VERSION|TIME|RUN", Short: "Keep a version from vacuum", Args: atArgs(cobra.ExactArgs(1)),
		Long: "pin keeps all files of a version, however old it gets, until unpin: a year-end, or what an audit looked at. A\n" +
			"version that has expired can be pinned as long as vacuum has not deleted its files. Pinned again with\n" +
			"another --why, it keeps the new reason and its date.",
		Example: "  pipeline lake pin 41 --why \"year-end 2026\"",
		RunE: func(cmd *cobra.Command, args []string) error {
			l, err := a.openLake()
			if err != nil {
				return err
			}
			r, err := l.Pin(cmd.Context(), a.changeID(), args[0], why)
			return a.printPins(r, err, "Version %d is pinned\n")
		},
	}
	c.Flags().StringVar(&why, "why", "", "a `TEXT` that says what it is kept for")
	return c
}

func (a *app) lakeUnpin() *cobra.Command {
	return &cobra.Command{
		Use: "unpin VERSION|TIME|RUN", Short: "Give a pinned version back to vacuum", Args: atArgs(cobra.ExactArgs(1)),
		RunE: func(cmd *cobra.Command, args []string) error {
			l, err := a.openLake()
			if err != nil {
				return err
			}
			r, err := l.Unpin(cmd.Context(), a.changeID(), args[0])
			return a.printPins(r, err, "Version %d is no longer pinned\n")
		},
	}
}

func (a *app) printPins(r lake.PinReport, err error, text string) error {
	if err != nil {
		return err
	}
	if a.Flags.JSON {
		return a.printJSON(r)
	}
	_, err = fmt.Fprintf(a.Stdout, text, cmp.Or(r.Pinned, r.Unpinned))
	return err
}

func (a *app) lakePins() *cobra.Command {
	return &cobra.Command{
		Use: "pins", Short: "List the pinned versions", Args: cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error {
			l, err := a.openLake()
			if err != nil {
				return err
			}
			head, err := l.Head()
			if err != nil {
				return err
			}
			pins := []lake.Pin{}
			if head != nil && head.Pins != nil {
				pins = head.Pins
			}
			if a.Flags.JSON {
				return a.printJSON(pins)
			}
			rows := [][]string{{"VERSION", "PINNED", "WHY"}}
			for _, p := range pins {
				rows = append(rows, []string{fmt.Sprint(p.Version), p.At.UTC().Format("2006-01-02 15:04:05"), p.Why})
			}
			_, err = fmt.Fprint(a.Stdout, report.Table(rows, map[int]bool{0: true}))
			return err
		},
	}
}
