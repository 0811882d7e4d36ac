package main

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"github.com/customer360/pipeline/pipeline/report"
)

// loaded is what `run --json` says of a run, as far as it is told here.
type loaded struct {
	Published int64 `json:"published_version"`
	Steps     []struct {
		Layer   string `json:"layer"`
		Rows    int64  `json:"rows_out"`
		Deleted int64  `json:"rows_deleted"`
		Calls   int64  `json:"api_calls"`
	} `json:"steps"`
}

// load runs all layers and tells in a line what came.
func (w *walk) load(ctx context.Context, title, config, asOf string) error {
	began := time.Now()
	fmt.Fprintf(w.out, "  %-19s ", title)
	raw, err := w.command(ctx, "run", "--layer", "all", "--json", "--config", config, "--as-of", asOf).Output()
	if err != nil {
		return fmt.Errorf("%s: %w", title, err)
	}
	var l loaded
	if err := json.Unmarshal(raw, &l); err != nil {
		return fmt.Errorf("%s: %w", title, err)
	}
	var objects int
	var rows, deleted, calls int64
	for _, s := range l.Steps {
		if s.Layer == "bronze" {
			objects++
			rows, deleted, calls = rows+s.Rows, deleted+s.Deleted, calls+s.Calls
		}
	}
	said := []string{report.Count(rows) + " new versions of records"}
	if deleted > 0 {
		said = append(said, "and "+report.Plural(int(deleted), "deletion"))
	}
	said = append(said, fmt.Sprintf("in %d objects", objects))
	if calls > 0 {
		said = append(said, fmt.Sprintf("by %s API calls", report.Count(calls)))
	}
	fmt.Fprintf(w.out, "%s; version %d of the tables after %s\n", strings.Join(said, " "), l.Published, report.Duration(time.Since(began).Round(100*time.Millisecond)))
	return nil
}
