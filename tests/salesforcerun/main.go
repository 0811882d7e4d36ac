// Command salesforcerun shows the way from simulated Salesforce orgs to gold, and holds
// it against the way by CSV: the same demo is served by a simulator and read through its
// API, and written as exports and read as files. After the first load, and after each of
// some nights, every gold table must hold the same rows.
//
// It drives the built binary as a person would, and knows nothing of the simulator but
// its address.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"path/filepath"
	"strings"
	"time"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx, os.Args[1:], os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "salesforcerun:", err)
		os.Exit(1)
	}
}

// settle is how long after midnight a day is read.
const settle = 30 * time.Minute

// walk is one comparison under way.
type walk struct {
	out    io.Writer
	binary string
	dir    string // everything is written below it
	past   bool   // fill earlier dates as well
	orgs   []servedOrg
	base   time.Time
}

func run(ctx context.Context, args []string, out io.Writer) (err error) {
	flags := flag.NewFlagSet("salesforcerun", flag.ContinueOnError)
	binary := flags.String("pipeline", "bin/pipeline", "the pipeline's binary")
	dir := flags.String("dir", "demo-salesforce", "directory to write to; it is emptied")
	accounts := flags.Int("accounts", 300, "how many accounts")
	nights := flags.Int("nights", 3, "how many nights after the first load")
	past := flags.Bool("history", false, "fill the state tables at earlier dates as well, which takes minutes")
	if err := flags.Parse(args); err != nil {
		return err
	}
	w := &walk{out: out, past: *past}
	if w.binary, err = filepath.Abs(*binary); err != nil {
		return err
	}
	if w.dir, err = filepath.Abs(*dir); err != nil {
		return err
	}
	if err := os.RemoveAll(w.dir); err != nil {
		return err
	}
	if err := os.MkdirAll(w.dir, 0o755); err != nil {
		return err
	}
	demo := filepath.Join(w.dir, "demo")
	if err := w.pipeline(ctx, "demo", "--clean", "--out", demo, "--accounts", fmt.Sprint(*accounts), "--days", fmt.Sprint(*nights), "--quiet"); err != nil {
		return err
	}
	stop, err := w.serve(ctx, demo)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, stop()) }()
	if err := w.configure(demo); err != nil {
		return err
	}
	fmt.Fprintf(out, "%d simulated Salesforce orgs with %d accounts stand on this machine. They are read through their API,\nand beside it from CSV exports of the same data: gold must come out the same. What is loaded may differ a little,\nsince the API tells deletions apart and shows record types and price books too. This takes five to ten minutes.\n", len(w.orgs), *accounts)
	for night := range *nights + 1 {
		if err := w.night(ctx, demo, night); err != nil {
			return fmt.Errorf("night %d: %w", night, err)
		}
	}
	fmt.Fprintf(out, "\nGold from the orgs equals gold from their exports, row for row, %d times.\n", *nights+1)
	shown := relative(w.dir)
	fmt.Fprintf(out, `
What you have
  %[1]s/orgs.json            a configuration that reads orgs; docs/salesforce.md is the way to your own
  %[1]s/lake-orgs/current    the tables, as Parquet and for DuckDB

What to try next
  %[2]s query --lake %[1]s/lake-orgs "SELECT account_name, region, revenue_ttm_usd FROM gold.customer_360 ORDER BY 3 DESC NULLS LAST LIMIT 10"
  %[2]s runs --lake %[1]s/lake-orgs --config %[1]s/orgs.json
  %[2]s demo --serve --out %[1]s/demo        the orgs again, to look at: they ended with this command
`, shown, relative(w.binary))
	return nil
}

// night moves the orgs' clock, puts the night's exports where the CSV configuration looks
// for them, runs both, and compares.
func (w *walk) night(ctx context.Context, demo string, night int) error {
	day := w.base.AddDate(0, 0, night)
	asOf := day.Format(time.DateOnly)
	fmt.Fprintf(w.out, "\n%s, as of %s\n", map[bool]string{true: "First load", false: fmt.Sprintf("Night %d", night)}[night == 0], asOf)
	// Before the org's own nightly jobs, which belong to the next day: an API only shows
	// what is, not what was.
	if err := w.moveClock(ctx, day.AddDate(0, 0, 1).Add(settle)); err != nil {
		return err
	}
	if err := w.exports(demo, day); err != nil {
		return err
	}
	for _, way := range []struct{ title, config string }{{"from the orgs", "orgs.json"}, {"from their exports", "exports.json"}} {
		if err := w.load(ctx, way.title, filepath.Join(w.dir, way.config), asOf); err != nil {
			return err
		}
	}
	return w.compare(ctx)
}

// relative is a path as a person in this directory would type it.
func relative(path string) string {
	here, err := os.Getwd()
	if err != nil {
		return path
	}
	short, err := filepath.Rel(here, path)
	if err != nil || strings.HasPrefix(short, "..") {
		return path
	}
	return short
}
