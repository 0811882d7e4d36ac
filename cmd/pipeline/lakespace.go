package main

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/customer360/pipeline/pipeline"
	"github.com/customer360/pipeline/pipeline/engine"
	"github.com/customer360/pipeline/pipeline/lake"
	"github.com/customer360/pipeline/pipeline/report"
)

func (a *app) lakeVacuum() *cobra.Command {
	o := lake.VacuumOptions{}
	var days int
	c := &cobra.Command{
		Use: "vacuum", Short: "Delete the files of versions that nobody needs any more", Args: cobra.NoArgs,
		Long: "vacuum tells what it would delete; with --apply it does it, in two phases. The first marks old versions as\n" +
			"expired: nobody can open them any more. What only expired versions name is deleted by the first vacuum that\n" +
			"runs after the grace, so that whoever opened one before can finish reading.\n\n" +
			"A version is kept if it was current within the last --keep-days, if it is one of the newest --keep-versions,\n" +
			"or if it is pinned. The files of one whose directory in releases/ is still there stay, too, for those who read\n" +
			"them there; by its version it cannot be opened any more. Only files that a commit names are deleted; the\n" +
			"commits themselves stay.",
		Example: "  pipeline lake vacuum\n  pipeline lake vacuum --apply\n  pipeline lake vacuum --keep-days 7 --keep-versions 3 --grace 0s --apply",
		RunE: func(cmd *cobra.Command, _ []string) error {
			if days < 0 || o.KeepCommits < 1 || o.Grace < 0 {
				return &usageError{err: errors.New("vacuum keeps at least one version, and no negative time"), hint: "see pipeline lake vacuum --help"}
			}
			l, err := a.openLake()
			if err != nil {
				return err
			}
			o.Keep = time.Duration(days) * 24 * time.Hour
			o.Run, o.CodeVersion = a.changeID(), currentVersion().String()
			r, err := l.Vacuum(cmd.Context(), o)
			if err != nil {
				return err
			}
			if a.Flags.JSON {
				if r.Newly == nil {
					r.Newly = []int64{} // a list for programs, even if empty
				}
				return a.printJSON(r)
			}
			_, err = fmt.Fprint(a.Stdout, vacuumText(r, a.Flags.Verbose))
			return err
		},
	}
	f := c.Flags()
	f.IntVar(&days, "keep-days", int(lake.DefaultKeepAge/(24*time.Hour)), "versions that were current within these `DAYS` stay")
	f.IntVar(&o.KeepCommits, "keep-versions", lake.DefaultKeepCommits, "at least so many of the newest versions stay")
	f.DurationVar(&o.Grace, "grace", lake.DefaultGrace, "how long an expired version's files stay for who reads them")
	f.BoolVar(&o.Apply, "apply", false, "mark and delete; without it vacuum only tells")
	return c
}

func vacuumText(r lake.VacuumReport, verbose bool) string {
	var b strings.Builder
	if verbose {
		for _, p := range r.Paths {
			fmt.Fprintln(&b, p)
		}
	}
	would := ""
	if r.DryRun {
		would = "would be "
	}
	removal := func(n lake.Removal) string {
		return fmt.Sprintf("%s (%s) and %s", report.Plural(n.Files, "file"), report.Bytes(n.Bytes), report.Plural(n.Documents, "manifest"))
	}
	if len(r.Newly) > 0 {
		fmt.Fprintf(&b, "%s %smarked as expired: %s\n", report.Plural(len(r.Newly), "version"), would, versionList(r.Newly))
	}
	if len(r.Pinned) > 0 {
		fmt.Fprintf(&b, "kept because they are pinned: %s\n", versionList(r.Pinned))
	}
	if len(r.Released) > 0 {
		fmt.Fprintf(&b, "expired, but files stay while releases/ has them: %s (`pipeline lake pin` keeps one whole)\n", versionList(r.Released))
	}
	if r.Delete != (lake.Removal{}) {
		fmt.Fprintf(&b, "%s %sdeleted\n", removal(r.Delete), would)
	}
	if len(r.States) > 0 {
		fmt.Fprintf(&b, "%s of earlier linking %sdeleted\n", report.Plural(len(r.States), "state"), would)
	}
	if r.Waiting.Files > 0 {
		when := "after the grace"
		if r.Until != "" {
			when = "by a vacuum after " + r.Until
		}
		fmt.Fprintf(&b, "%s (%s) can be deleted %s\n", report.Plural(r.Waiting.Files, "file"), report.Bytes(r.Waiting.Bytes), when)
	}
	switch {
	case b.Len() == 0:
		fmt.Fprintln(&b, "Nothing to vacuum: every version is kept")
	case r.DryRun:
		fmt.Fprintln(&b, "Nothing was changed; --apply does it")
	}
	return b.String()
}

// versionList spells versions, ascending, with neighbours drawn together.
func versionList(versions []int64) string {
	var parts []string
	for i := 0; i < len(versions); {
		j := i
		for j+1 < len(versions) && versions[j+1] == versions[j]+1 {
			j++
		}
		part := fmt.Sprint(versions[i])
		if j > i {
			part += "-" + fmt.Sprint(versions[j])
		}
		parts = append(parts, part)
		i = j + 1
	}
	return strings.Join(parts, ", ")
}

func (a *app) lakeCompact() *cobra.Command {
	o := lake.CompactOptions{}
	var target int64
	c := &cobra.Command{
		Use: "compact [TABLE…]", Short: "Merge many small files of a table into few large ones", Args: cobra.ArbitraryArgs,
		Long: "compact merges small files of bronze, partitioned and ops tables into files of 128 to 256 MB, in a new version\n" +
			"with the same rows: they are counted and hashed before and after, and published only if equal. What was built\n" +
			"from the tables is not built again. The old files stay for earlier versions until vacuum.",
		Example: "  pipeline lake compact --dry-run\n  pipeline lake compact bronze/sf_za/account",
		RunE: func(cmd *cobra.Command, args []string) (err error) {
			if o.MinFiles < 2 || target < 1 {
				return &usageError{err: errors.New("compact needs at least two files and a size of at least 1 MB"), hint: "see pipeline lake compact --help"}
			}
			l, err := a.openLake()
			if err != nil {
				return err
			}
			eng, closeEngine, err := openEngine(cmd.Context(), engine.Options{})
			if err != nil {
				return err
			}
			defer func() { err = errors.Join(err, closeEngine()) }()
			o.Logs = pipeline.RunTables()
			o.Tables, o.MinBytes, o.MaxBytes = args, target<<20, 2*target<<20
			o.Run, o.CodeVersion = a.changeID(), currentVersion().String()
			r, err := l.Compact(cmd.Context(), eng, o)
			if err != nil {
				return err
			}
			if a.Flags.JSON {
				return a.printJSON(r)
			}
			return a.printCompact(r)
		},
	}
	f := c.Flags()
	f.IntVar(&o.MinFiles, "min-files", lake.CompactMinFiles, "merge no fewer `FILES` than this into one")
	f.Int64Var(&target, "target-mb", lake.CompactMin>>20, "files of this many `MB` are left alone; new ones have up to twice as many")
	f.BoolVar(&o.DryRun, "dry-run", false, "only say what would be merged")
	return c
}

func (a *app) printCompact(r lake.CompactReport) error {
	if len(r.Tables) == 0 {
		_, err := fmt.Fprintln(a.Stdout, "Nothing to compact: no table has enough small files")
		return err
	}
	rows := [][]string{{"TABLE", "FILES", "SIZE", "INTO", "SIZE", "ROWS"}}
	for _, t := range r.Tables {
		into, size := "", ""
		if !r.DryRun {
			into, size = fmt.Sprint(t.FilesAfter), report.Bytes(t.BytesAfter)
		}
		rows = append(rows, []string{t.Table, fmt.Sprint(t.FilesBefore), report.Bytes(t.BytesBefore), into, size, report.Count(t.Rows)})
	}
	fmt.Fprint(a.Stdout, report.Table(rows, map[int]bool{1: true, 2: true, 3: true, 4: true, 5: true}))
	text := "Nothing was changed; without --dry-run it is done"
	if !r.DryRun {
		text = fmt.Sprintf("Published version %d: other files, the same rows", r.Version)
	}
	_, err := fmt.Fprintln(a.Stdout, text)
	return err
}
