// Command bench puts the pipeline's layers beside the same work done by bare DuckDB
// statements, and prints one table: seconds, processor seconds, peak memory, ratios.
//
// Every side is a process of its own, measured from outside by what the operating
// system says about the finished child; sides run in turn, so that a machine whose
// speed drifts treats them alike. It is a measurement, not a test: nothing fails.
package main

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
)

// bench is one measurement: what is measured and where it is laid out.
type bench struct {
	pipeline string // binary
	self     string
	dir      string
	accounts int
	rounds   int
	only     string // one layer, "" = all
}

func main() {
	if err := run(context.Background(), os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, args []string) error {
	if len(args) == 3 && args[0] == "replay" {
		return replay(ctx, args[1], args[2])
	}
	if len(args) == 3 && args[0] == "multiply" {
		return multiplied(ctx, args[1], args[2])
	}
	if len(args) != 2 {
		return fmt.Errorf("usage: bench PIPELINE DIR, or bench multiply LAKE NEWLAKE (with ACCOUNTS, ROUNDS and LAYER, or COPIES, in the environment)")
	}
	b := bench{pipeline: args[0], dir: args[1], accounts: number("ACCOUNTS", 100000), rounds: number("ROUNDS", 1), only: os.Getenv("LAYER")}
	var err error
	if b.self, err = os.Executable(); err != nil {
		return err
	}
	if b.dir, err = filepath.Abs(b.dir); err != nil {
		return err
	}
	return b.all(ctx)
}

func number(name string, otherwise int) int {
	if n, err := strconv.Atoi(os.Getenv(name)); err == nil && n > 0 {
		return n
	}
	return otherwise
}

func (b bench) path(name string) string { return filepath.Join(b.dir, name) }

// all lays out the inputs, and measures layer by layer.
func (b bench) all(ctx context.Context) error {
	if err := os.MkdirAll(b.dir, 0o755); err != nil {
		return err
	}
	demo, err := b.demo(ctx, "exports", b.accounts)
	if err != nil {
		return err
	}
	fmt.Println(machine())
	fmt.Printf("%d accounts, %s\n\n", b.accounts, demo)
	t := table{}
	t.head()
	for _, layer := range []struct {
		name    string
		measure func(context.Context, *table) error
	}{{"bronze", b.bronze}, {"silver", b.silver}, {"gold", b.gold}, {"query", b.query}} {
		if b.only == "" || b.only == layer.name {
			if err := layer.measure(ctx, &t); err != nil {
				return fmt.Errorf("%s: %w", layer.name, err)
			}
		}
	}
	return nil
}

// demo writes the exports once; a second run of the benchmark finds them.
func (b bench) demo(ctx context.Context, name string, accounts int) (string, error) {
	note := b.path(name + ".json")
	var said string
	if raw, err := os.ReadFile(note); err == nil && json.Unmarshal(raw, &said) == nil {
		return said + " (kept from an earlier run)", nil
	}
	s, err := measure(exec.CommandContext(ctx, b.pipeline, "demo", "--out", b.path(name), "--accounts", strconv.Itoa(accounts), "-q"))
	if err == nil {
		err = withoutHistory(b.path(name))
	}
	if err != nil {
		return "", err
	}
	said = fmt.Sprintf("written in %.1f s with %s", s.wall.Seconds(), s.memory())
	raw, err := json.Marshal(said)
	if err != nil {
		return "", err
	}
	return said, os.WriteFile(note, raw, 0o644)
}

// unboundedConfig is the configuration beside pipeline.json that bounds no memory.
const unboundedConfig = "unbounded.json"

// withoutHistory makes a run compute one as-of only: state tables are not filled at
// earlier dates.
func withoutHistory(dir string) error {
	file := filepath.Join(dir, "pipeline.json")
	raw, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	var cfg map[string]any
	if err := json.Unmarshal(raw, &cfg); err != nil {
		return err
	}
	cfg["gold_metrics"] = "gold_metrics.json"
	if raw, err = json.Marshal(cfg); err != nil {
		return err
	}
	limit, err := bareMemory()
	if err != nil {
		return err
	}
	cfg["engine"] = map[string]any{"memory_limit": limit}
	unbounded, err := json.Marshal(cfg)
	if err != nil {
		return err
	}
	return errors.Join(os.WriteFile(file, raw, 0o644), os.WriteFile(filepath.Join(dir, unboundedConfig), unbounded, 0o644),
		os.WriteFile(filepath.Join(dir, "gold_metrics.json"), []byte(`{"history": {"month_ends": 0}}`), 0o644))
}

// bareMemory is the limit that a DuckDB takes which nobody gives one, e.g. "18.8GiB".
func bareMemory() (limit string, err error) {
	db, err := sql.Open("duckdb", "")
	if err != nil {
		return "", err
	}
	err = db.QueryRow("SELECT replace(current_setting('memory_limit'), ' ', '')").Scan(&limit)
	return limit, errors.Join(err, db.Close())
}

// layer is the command that runs one layer on the benchmark's lake.
func (b bench) layer(ctx context.Context, exports, lake, layer string) *exec.Cmd {
	return exec.CommandContext(ctx, b.pipeline, "run", "--layer", layer, "--full-refresh", "-q",
		"--config", filepath.Join(b.path(exports), "pipeline.json"), "--lake", b.path(lake))
}

// unbounded is layer with as much memory as a bare DuckDB takes, 80 % of the machine.
func (b bench) unbounded(ctx context.Context, layer string) *exec.Cmd {
	cmd := b.layer(ctx, "exports", "lake", layer)
	cmd.Args[slices.Index(cmd.Args, "--config")+1] = filepath.Join(b.path("exports"), unboundedConfig)
	return cmd
}

// checks is the command that runs all checks on what is published.
func (b bench) checks(ctx context.Context) *exec.Cmd {
	return exec.CommandContext(ctx, b.pipeline, "check", "--json", "--config", filepath.Join(b.path("exports"), "pipeline.json"), "--lake", b.path("lake"))
}

// bare is the command that executes recorded statements.
func (b bench) bare(ctx context.Context, script string) *exec.Cmd {
	return exec.CommandContext(ctx, b.self, "replay", b.path(script), b.path("bare"))
}

// pairs measures a and each of the others in turn, rounds times, and keeps each one's
// round of median wall time.
func (b bench) pairs(before func() error, sides ...func() *exec.Cmd) ([]sample, error) {
	all := make([][]sample, len(sides))
	for range b.rounds {
		for i, side := range sides {
			if err := before(); err != nil {
				return nil, err
			}
			s, err := measure(side())
			if err != nil {
				return nil, err
			}
			all[i] = append(all[i], s)
		}
	}
	out := make([]sample, len(sides))
	for i := range all {
		out[i] = median(all[i])
	}
	return out, nil
}

func (b bench) bronze(ctx context.Context, t *table) error {
	plain, hashed, err := b.bareBronze()
	if err != nil {
		return err
	}
	if err := errorsOf(plain.save(b.path("bronze-plain.json")), hashed.save(b.path("bronze-hash.json"))); err != nil {
		return err
	}
	fresh := func() error { return errorsOf(os.RemoveAll(b.path("lake")), os.RemoveAll(b.path("bare"))) }
	s, err := b.pairs(fresh, func() *exec.Cmd { return b.bare(ctx, "bronze-plain.json") },
		func() *exec.Cmd { return b.bare(ctx, "bronze-hash.json") },
		func() *exec.Cmd { return b.layer(ctx, "exports", "lake", "bronze") })
	if err != nil {
		return err
	}
	t.row("bronze", s[2], 0, sample{})
	t.row("  bare COPY with metadata and md5", s[1], 1.5, s[2])
	t.row("  bare plain COPY", s[0], 2.5, s[2])
	return nil
}

func (b bench) silver(ctx context.Context, t *table) error {
	if err := b.ensure(ctx, "bronze"); err != nil {
		return err
	}
	script, err := b.recordSilver(ctx)
	if err != nil {
		return err
	}
	if err := script.save(b.path("silver.json")); err != nil {
		return err
	}
	s, err := b.pairs(func() error { return os.RemoveAll(b.path("bare")) },
		func() *exec.Cmd { return b.bare(ctx, "silver.json") }, func() *exec.Cmd { return b.layer(ctx, "exports", "lake", "silver") })
	if err != nil {
		return err
	}
	t.row("silver", s[1], 0, sample{})
	t.row("  bare compiled statements", s[0], 1.2, s[1])
	return b.handWritten(ctx, t)
}

func (b bench) gold(ctx context.Context, t *table) error {
	if err := b.ensure(ctx, "silver"); err != nil {
		return err
	}
	script, err := b.recordGold(ctx)
	if err != nil {
		return err
	}
	if err := script.save(b.path("gold.json")); err != nil {
		return err
	}
	// Built for the first time, gold is checked and published; built again to the same bytes
	// it is not. So the build is measured on its own, and the checks beside it.
	first := b.layer(ctx, "exports", "lake", "gold")
	first.Args = deleteArg(first.Args, "--full-refresh")
	if _, err := measure(first); err != nil {
		return err
	}
	s, err := b.pairs(func() error { return os.RemoveAll(b.path("bare")) },
		func() *exec.Cmd { return b.bare(ctx, "gold.json") }, func() *exec.Cmd { return b.layer(ctx, "exports", "lake", "gold") },
		func() *exec.Cmd { return b.unbounded(ctx, "gold") }, func() *exec.Cmd { return b.checks(ctx) })
	if err != nil {
		return err
	}
	t.row("gold", s[1], 0, sample{})
	t.row("  bare models in order", s[0], 1.2, s[1])
	t.row("gold, with the memory of the bare side", s[2], 0, sample{})
	t.row("  bare models in order", s[0], 1.2, s[2])
	t.row("pipeline check, silver and gold", s[3], 0, sample{})
	return nil
}

// query measures how long the answer to the smallest question takes.
func (b bench) query(ctx context.Context, t *table) error {
	if err := b.ensure(ctx, "silver"); err != nil {
		return err
	}
	b.rounds = 11
	s, err := b.pairs(func() error { return nil }, func() *exec.Cmd {
		return exec.CommandContext(ctx, b.pipeline, "query", "SELECT 1", "--config", filepath.Join(b.path("exports"), "pipeline.json"), "--lake", b.path("lake"))
	})
	if err != nil {
		return err
	}
	t.row("query 'SELECT 1', median of 11", s[0], 0, sample{})
	return nil
}

// ensure brings the benchmark's lake to a layer that is not itself measured now.
func (b bench) ensure(ctx context.Context, layer string) error {
	if b.only == "" {
		return nil // measured before
	}
	for _, l := range []string{"bronze", "silver"} {
		cmd := b.layer(ctx, "exports", "lake", l)
		cmd.Args = deleteArg(cmd.Args, "--full-refresh")
		if _, err := measure(cmd); err != nil {
			return err
		}
		if l == layer {
			break
		}
	}
	return nil
}

func deleteArg(args []string, name string) []string {
	var out []string
	for _, a := range args {
		if a != name {
			out = append(out, a)
		}
	}
	return out
}
