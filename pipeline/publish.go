package pipeline

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"sort"
	"strings"
	"time"

	"github.com/customer360/pipeline/pipeline/lake"
	"github.com/customer360/pipeline/pipeline/ops"
)

// publish makes silver, gold and ops of this run the state that readers see.
func (u *run) publish(ctx context.Context) error {
	if err := u.writeOps(ctx); err != nil {
		return err
	}
	pub := lake.Publish{Operation: "publish", AsOf: u.res.AsOf, ConfigHash: u.Config.Hash, CodeVersion: u.CodeVersion,
		Tables: map[string]lake.Manifest{}, Fingerprints: map[string]string{}, Historical: u.res.Historical,
		Migrations: migrations(u.Config), Delta: u.Config.Pipeline.DeltaLayers()}
	for _, t := range slices.Concat(slices.Collect(maps.Keys(u.state.built)), slices.Collect(maps.Keys(u.state.noted))) {
		pub.Tables[t] = *u.state.manifests[t]
	}
	if u.res.Historical {
		for t, m := range u.state.manifests {
			if !strings.HasPrefix(t, "bronze/") {
				pub.Tables[t] = *m
			}
		}
	}
	u.state.fingerprints[boundMark] = u.gold.Digest()
	for t, f := range u.state.fingerprints {
		pub.Fingerprints[t] = f
	}
	c, err := u.tx.Publish(ctx, pub)
	if c != nil { // published and durable, even if its release could not be made yet
		u.res.Published = c.Version
	}
	if err != nil {
		return fmt.Errorf("publish: %w", err)
	}
	if u.res.History != nil {
		err = u.lake.ForgetKept(historyWork)
	}
	return errors.Join(err, u.lake.ForgetKept(modelWork))
}

// RunTables are the tables that get a set of rows per run, which nobody replaces or asks
// for by itself once it is published.
func RunTables() []string { return []string{"ops/run_log", "ops/dq_results"} }

// writeOps adds this run, and earlier ones that published nothing, to the ops tables.
func (u *run) writeOps(ctx context.Context) error {
	results := []*Result{u.res}
	pending, err := u.pendingReports()
	if err != nil {
		return err
	}
	if !u.res.Historical {
		results = append(results, pending...)
	}
	sess, err := u.engine.Session(ctx)
	if err != nil {
		return err
	}
	defer sess.Close()
	u.res.FinishedAt = u.Now() // all is done but the commit that says so
	for _, r := range results {
		for table, rows := range map[string][]ops.Row{"run_log": runLog(r), "dq_results": dqResults(r)} {
			name := "ops/" + table
			contract := u.Config.Contracts[name]
			part := u.tx.Part(table + "_" + r.Run)
			if _, err := ops.Write(ctx, sess, contract, u.state.fieldIDs(name, contract.ColumnNames()), rows, part); err != nil {
				return err
			}
			if err := u.replaceSet(name, r.Run, part); err != nil {
				return err
			}
		}
	}
	return nil
}

// runLog has a row per table that was worked on, and one for the run itself.
func runLog(r *Result) []ops.Row {
	base := func(step string) ops.Row {
		return ops.Row{"run_id": r.Run, "step": step, "as_of_date": r.AsOf, "config_hash": r.ConfigHash, "code_version": r.CodeVersion}
	}
	whole := base("run")
	whole["layer"], whole["status"] = r.Layer, r.Status
	if r.Status == "" {
		whole["status"] = Done
	}
	whole["started_at"] = r.StartedAt.UTC().Format(time.RFC3339Nano)
	whole["finished_at"] = r.FinishedAt.UTC().Format(time.RFC3339Nano)
	if r.Error != "" {
		whole["error"] = r.Error
	}
	rows := []ops.Row{whole}
	for _, s := range r.Steps {
		if s.Status == Skipped {
			continue
		}
		row := base(s.Table)
		if s.AsOf != "" {
			row["as_of_date"] = s.AsOf
		}
		row["layer"], row["table_name"], row["status"] = s.Layer, s.Table, s.Status
		row["started_at"] = s.StartedAt.UTC().Format(time.RFC3339Nano)
		row["finished_at"] = s.StartedAt.Add(s.Elapsed).UTC().Format(time.RFC3339Nano)
		row["rows_in"], row["rows_out"], row["rows_rejected"], row["bytes_in"], row["bytes_out"] = s.RowsIn, s.RowsOut, s.Rejected+s.Malformed, s.BytesIn, s.BytesOut
		if at := s.WatermarkFrom; at != nil {
			row["watermark_from"] = at.UTC().Format(time.RFC3339Nano)
		}
		if at := s.WatermarkTo; at != nil {
			row["watermark_to"] = at.UTC().Format(time.RFC3339Nano)
		}
		if s.Error != "" {
			row["error"] = s.Error
		}
		rows = append(rows, row)
	}
	return rows
}

func dqResults(r *Result) []ops.Row {
	var rows []ops.Row
	for _, c := range r.Checks {
		row := ops.Row{"run_id": r.Run, "check_id": c.ID, "table_name": c.Table, "column_name": c.Column, "dimension": c.Dimension,
			"severity": c.Severity, "failing_rows": c.FailingRows, "total_rows": c.TotalRows, "threshold": 1.0,
			"status": "passed", "sample_keys": c.SampleKeys, "sql_text": c.SQL}
		if !c.Passed {
			row["status"] = "failed"
		}
		if c.TotalRows > 0 {
			row["pass_rate"] = 1 - float64(c.FailingRows)/float64(c.TotalRows)
		}
		rows = append(rows, row)
	}
	return rows
}

const reportFile = "report.json"

// keepReport leaves the run's report, and the rejects of a run that failed, where
// `runs`, `check` and `rejects --run` find them.
func (u *run) keepReport() error {
	dir := u.lake.RunDir(u.id)
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return fmt.Errorf("keep the run's report: %w", err)
	}
	b, err := json.MarshalIndent(u.res, "", "  ")
	if err != nil {
		return fmt.Errorf("keep the run's report: %w", err)
	}
	b = []byte(u.Config.Redact.String(string(b)))
	if err := u.lake.WriteRunFile(u.id, reportFile, append(b, '\n')); err != nil {
		return fmt.Errorf("keep the run's report: %w", err)
	}
	if u.res.Status != Failed {
		return nil
	}
	for _, table := range []string{"rejected_row", "rejected_value"} {
		for i, path := range u.state.staged("silver/" + table) {
			if err := copyFile(path, filepath.Join(dir, fmt.Sprintf("%s_%d.parquet", table, i+1))); err != nil {
				return fmt.Errorf("keep the run's rejects: %w", err)
			}
		}
	}
	return nil
}

func copyFile(from, to string) (err error) {
	in, err := os.Open(from)
	if err != nil {
		return err
	}
	defer in.Close()
	out, err := os.Create(to)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, out.Close()) }()
	_, err = io.Copy(out, in)
	return err
}

// pendingReports are runs that are not yet in ops.run_log, oldest first.
func (u *run) pendingReports() ([]*Result, error) {
	known := map[string]bool{u.id: true}
	if m := u.state.manifests["ops/run_log"]; m != nil {
		for _, f := range m.Files {
			for _, o := range f.Origins() {
				known[o.Partition] = true
			}
		}
	}
	all, err := Reports(u.lake)
	if err != nil {
		return nil, err
	}
	var out []*Result
	for _, r := range all {
		if !known[r.Run] {
			out = append(out, r)
		}
	}
	return out, nil
}

// Reports reads the reports of all runs that left one, oldest first.
func Reports(l *lake.Lake) ([]*Result, error) {
	paths, err := filepath.Glob(filepath.Join(l.RunDir("*"), reportFile))
	if err != nil {
		return nil, err
	}
	sort.Strings(paths) // run ids sort by time
	var out []*Result
	for _, p := range paths {
		b, err := os.ReadFile(p)
		if err != nil {
			return nil, err
		}
		r := &Result{}
		if err := json.Unmarshal(b, r); err != nil {
			return nil, fmt.Errorf("%s: %w", p, err)
		}
		out = append(out, r)
	}
	return out, nil
}

// writeOut leaves the tables in a directory of the user's, one file or folder each.
func (u *run) writeOut() error {
	for _, t := range append(append(u.state.tables("silver/"), u.state.tables("gold/")...), u.state.tables("ops/metric")...) {
		m := u.state.manifests[t]
		for i, path := range u.state.files(t) {
			to := filepath.Join(u.opt.Out, filepath.FromSlash(t)+".parquet")
			if m.Storage != "single" {
				to = filepath.Join(u.opt.Out, filepath.FromSlash(t), fmt.Sprintf("%04d.parquet", i+1))
			}
			if err := os.MkdirAll(filepath.Dir(to), 0o755); err != nil {
				return err
			}
			if err := copyFile(path, to); err != nil {
				return fmt.Errorf("write %s: %w", to, err)
			}
		}
	}
	return nil
}
