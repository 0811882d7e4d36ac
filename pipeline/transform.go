package pipeline

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/customer360/pipeline/pipeline/bronze"
	"github.com/customer360/pipeline/pipeline/engine"
	"github.com/customer360/pipeline/pipeline/lake"
	"github.com/customer360/pipeline/pipeline/silver"
)

// buildSilver brings every silver table up to date, in dependency order.
func (u *run) buildSilver(ctx context.Context) error {
	var jobs []job
	places := map[string]int{}
	for _, t := range u.silver.Tables() {
		if !u.offHead() && !selected(u.opt.Tables, t.Name) {
			continue
		}
		j := u.silverJob(ctx, t)
		for _, d := range t.DependsOn {
			if at, ok := places[d]; ok {
				j.needs = append(j.needs, at)
			}
		}
		places[t.Name] = len(jobs)
		jobs = append(jobs, j)
	}
	return inOrder(ctx, u.cores(), jobs)
}

// warnOfUnloaded names the sources of which bronze has nothing while it has others. A load
// with --source leaves the rest out, exchange rates among them, and their silver tables then
// look like those of sources that have no rows.
func (u *run) warnOfUnloaded() error {
	jobs, err := bronzeJobs(u.Config, u.marks, nil, nil)
	if err != nil {
		return err
	}
	loaded, some := map[string]bool{}, false
	var unloaded []string
	for _, j := range jobs {
		if u.state.hash(j.table) != "" {
			loaded[j.source.Name], some = true, true
		}
		if !j.object.Optional {
			unloaded = append(unloaded, j.source.Name)
		}
	}
	slices.Sort(unloaded)
	unloaded = slices.DeleteFunc(slices.Compact(unloaded), func(name string) bool { return loaded[name] })
	if some && len(unloaded) > 0 {
		u.warn(fmt.Sprintf("nothing was ever loaded from %s; taken as empty until pipeline run --layer bronze --source %s",
			strings.Join(unloaded, ", "), strings.Join(unloaded, ",")))
	}
	return nil
}

// silverJob is the build of one silver table.
func (u *run) silverJob(ctx context.Context, t silver.Table) job {
	table := "silver/" + t.Name
	var fp fingerprint
	var built silverTable
	step := Step{Layer: Silver, Table: table}
	begin := func() (func(context.Context) error, error) {
		fp = u.silverFingerprint(t)
		step.StartedAt = u.Now()
		step.Reason = because(u.state.fingerprints[table], fp)
		if step.Reason == "" && u.opt.FullRefresh {
			step.Reason = "full refresh"
		}
		if step.Reason == "" {
			return nil, nil
		}
		u.Observer.StepStarted(Silver, table)
		in, err := u.silverInput(ctx, t, &step)
		if err != nil {
			return nil, err
		}
		return func(ctx context.Context) (err error) {
			built, err = u.runSilver(ctx, t, in)
			step.Elapsed = u.Now().Sub(step.StartedAt)
			return err
		}, nil
	}
	end := func(err error) error {
		if step.Reason == "" {
			step.Status, step.Reason, step.RowsOut = Skipped, "definition and inputs are unchanged", u.state.rows(table)
			u.finish(step)
			return nil
		}
		if err == nil {
			err = u.takeSilver(t, built, &step, fp)
		}
		if err != nil {
			err = fmt.Errorf("silver %s: %w", t.Name, err)
		}
		u.finishWith(step, err)
		return err
	}
	return job{begin: begin, end: end}
}

// silverFingerprint covers the bronze objects, the silver tables it refers to and the as-of.
func (u *run) silverFingerprint(t silver.Table) fingerprint {
	inputs := map[string]string{}
	for _, in := range t.Inputs {
		name := "bronze/" + in.Source + "/" + strings.ToLower(in.Object)
		inputs[name] = u.state.hash(name)
		for _, overlay := range silver.Overlays {
			if h := u.state.hash(name + overlay); h != "" {
				inputs[name+overlay] = h
			}
		}
	}
	for _, d := range t.DependsOn {
		inputs["silver/"+d] = u.state.hash("silver/" + d)
	}
	fp := fingerprint{Definition: t.Fingerprint, AsOf: u.res.AsOf, Inputs: digest(inputs)}
	if len(t.DependsOn) > 0 {
		fp.Silver = u.silverDigest(t, u.state.hash)
	}
	return fp
}

// silverInput is what a table is built from, as the state is now.
func (u *run) silverInput(ctx context.Context, t silver.Table, step *Step) (in silver.BuildInput, err error) {
	in = silver.BuildInput{AsOf: u.res.AsOf, Bronze: map[string][]string{}, Silver: map[string][]string{}, Part: u.part, TableOnly: u.draft != nil,
		FieldIDs: func(table string, columns []string) map[string]int { return u.state.fieldIDs("silver/"+table, columns) }}
	files := func(table string) []string {
		step.BytesIn += bytesOf(u.state.setsOf(table, ""))
		return u.state.files(table)
	}
	for _, i := range t.Inputs {
		name := i.Source + "/" + strings.ToLower(i.Object)
		in.Bronze[name] = files("bronze/" + name)
		for _, overlay := range silver.Overlays {
			in.Bronze[name+overlay] = files("bronze/" + name + overlay)
		}
	}
	for _, d := range t.DependsOn {
		in.Silver[d] = files("silver/" + d)
	}
	in.Held, err = u.held(ctx, t)
	return in, err
}

// silverTable is a table that was built and is durable, but not yet part of the state.
type silverTable struct {
	silver.BuildResult
	files []lake.StagedFile
}

// runSilver builds a table beside others; it changes nothing of the run.
func (u *run) runSilver(ctx context.Context, t silver.Table, in silver.BuildInput) (out silverTable, err error) {
	sess, err := u.engine.Session(ctx)
	if err != nil {
		return out, err
	}
	defer func() { err = errors.Join(err, sess.Close()) }()
	if err := u.verified.checkInputs(ctx, in.Bronze, in.Silver, heldFiles(in.Held)); err != nil {
		return out, err
	}
	if out.BuildResult, err = u.silver.Build(ctx, sess, t.Name, in); err != nil {
		return out, err
	}
	for _, p := range out.Parts {
		o := lake.FileOptions{Partition: p.Label}
		if p.Label != "" {
			if o.Facts, err = json.Marshal(p.Facts); err != nil {
				return out, err
			}
		}
		f, err := u.add("silver/"+t.Name, p.Path, p.Rows, o)
		if err != nil {
			return out, err
		}
		out.files = append(out.files, lake.StagedFile{File: f, Part: p.Path})
	}
	return out, nil
}

// takeSilver makes a built table part of the state.
func (u *run) takeSilver(t silver.Table, out silverTable, step *Step, fp fingerprint) error {
	table := "silver/" + t.Name
	files := u.keptFiles(table, out.Kept)
	for _, f := range out.files {
		u.state.paths[f.Path] = f.Part
		step.BytesOut += f.Bytes
		step.Files++
		files = append(files, f.File)
	}
	u.state.set(u.manifest(table, files), fp.String())
	if u.draft != nil {
		return nil // what it refuses is told once, for the run's own as-of
	}
	for reject, part := range map[string]silver.Part{silver.RejectedRowTable: out.RejectedRows, silver.RejectedValueTable: out.RejectedValues} {
		if err := u.replaceRejects("silver/"+reject, t.Name, part); err != nil {
			return err
		}
	}
	u.note(t, out.BuildResult, step)
	return nil
}

// note carries the counts of a build into its step, and its findings into the run.
func (u *run) note(t silver.Table, out silver.BuildResult, step *Step) {
	for _, c := range out.Counts {
		step.RowsIn += c.Bronze
		step.Superseded += c.Superseded
		step.NotYetKnown += c.NotYetKnown
		step.Deleted += c.SoftDeleted
		step.Rejected += c.Rejected
		step.RejectedValues += c.RejectedValues
		step.FxMissing += c.FxMissing
		sum := c.Superseded + c.NotYetKnown + c.SoftDeleted + c.Rejected + c.Silver
		u.res.Checks = append(u.res.Checks, CheckResult{
			ID: "conservation." + t.Name + "." + c.Source + "." + strings.ToLower(c.Object), Table: "silver." + t.Name,
			Dimension: "conservation", Severity: "error", Passed: sum == c.Bronze,
			FailingRows: max(c.Bronze-sum, sum-c.Bronze), TotalRows: c.Bronze,
			About: "Every bronze row is superseded, not yet known, deleted, rejected or in silver.",
		})
	}
	step.RowsOut = out.Rows()
	step.Notes = append(append(step.Notes, out.Warnings...), out.Notes...)
	u.res.Warnings = append(u.res.Warnings, out.Warnings...)
	for _, c := range out.Checks {
		u.res.Checks = append(u.res.Checks, fromSilver(c))
	}
}

// replaceSet makes a part the rows of one partition of a state table, and leaves the
// other partitions as they are.
func (u *run) replaceSet(table, partition, part string) error {
	f, err := u.tx.Add(table, part, lake.FileOptions{Partition: partition})
	if err != nil {
		return err
	}
	u.state.paths[f.Path] = part
	files := []lake.File{f}
	if old := u.state.manifests[table]; old != nil {
		for _, o := range old.Files {
			if o.Partition != partition {
				files = append(files, o)
			}
		}
	}
	u.state.set(u.manifest(table, files), "")
	return nil
}

// replaceRejects keeps what one silver table refused; a table that refused nothing has
// no file, but the table of rejects itself always has one.
func (u *run) replaceRejects(table, refusing string, part silver.Part) error {
	if part.Path != "" && (part.Rows > 0 || u.state.manifests[table] == nil) {
		return u.replaceSet(table, refusing, part.Path)
	}
	old := u.state.manifests[table]
	if old == nil {
		return nil
	}
	kept := slices.DeleteFunc(slices.Clone(old.Files), func(f lake.File) bool { return f.Partition == refusing && f.Rows > 0 })
	if len(kept) == 0 && part.Path != "" {
		return u.replaceSet(table, refusing, part.Path)
	}
	if len(kept) > 0 {
		u.state.set(u.manifest(table, kept), "")
	}
	return nil
}

// appendParts adds new files to a bronze table.
func (u *run) appendParts(table, base string, parts []bronze.Part, columns []engine.Column, step *Step) error {
	if len(parts) == 0 {
		return nil
	}
	m := lake.Manifest{Table: table, Storage: lake.StorageAppend}
	for _, c := range columns {
		m.Schema = append(m.Schema, lake.Column{ID: c.FieldID, Name: c.Name, Type: c.Type})
	}
	if old := u.state.manifests[table]; old != nil {
		m.Files = append(m.Files, old.Files...)
	}
	for i, p := range parts {
		f, err := u.tx.Add(table, p.Path, lake.FileOptions{BaseName: fmt.Sprintf("%s_%d", base, i+1)})
		if err != nil {
			return err
		}
		u.state.paths[f.Path] = p.Path
		m.Files = append(m.Files, f)
		if step != nil {
			step.BytesOut += f.Bytes
			step.Files++
		}
	}
	u.state.set(m, "")
	return nil
}
