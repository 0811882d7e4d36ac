package pipeline

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/customer360/pipeline/pipeline/config"
	"github.com/customer360/pipeline/pipeline/engine"
	"github.com/customer360/pipeline/pipeline/gold"
	"github.com/customer360/pipeline/pipeline/lake"
	"github.com/customer360/pipeline/pipeline/ops"
)

// coverageTable is what gold asks whether a source is there at all.
const coverageTable = "ops/source_coverage"

// buildGold measures coverage and brings every gold model up to date, in order.
func (u *run) buildGold(ctx context.Context) error {
	cov, err := u.writeCoverage(ctx)
	if err != nil {
		return err
	}
	var jobs []job
	places := map[string]int{}
	for _, m := range u.gold.Models() {
		if !u.offHead() && !selected(u.opt.Tables, m.Name) || u.draft != nil && !u.draft.models[m.Schema+"/"+m.Name] {
			continue
		}
		j := u.modelJob(m, cov)
		for _, in := range m.Inputs {
			if at, ok := places[in]; ok {
				j.needs = append(j.needs, at)
			}
		}
		places[m.Table()] = len(jobs)
		jobs = append(jobs, j)
	}
	if err := inOrder(ctx, u.cores(), jobs); err != nil {
		return err
	}
	if u.draft != nil || !u.state.changed() {
		return nil
	}
	return u.replaceSet(coverageTable, u.id, cov.part)
}

// coverage is what this run says in ops.source_coverage, and a hash of it that does
// not contain the run's id.
type coverage struct {
	rows []ops.Row
	hash string
	part string // once written
}

// coverage measures what each object of each region covers in the silver tables.
func (u *run) coverage(ctx context.Context) (c coverage, err error) {
	sess, err := u.engine.Session(ctx)
	if err != nil {
		return c, err
	}
	defer sess.Close()
	for _, t := range u.silver.Tables() {
		if err := sess.RegisterParquet(ctx, "silver", t.Name, u.state.files("silver/"+t.Name), columnsOf(t.Contract)); err != nil {
			return c, err
		}
	}
	if c.rows, err = ops.Coverage(ctx, sess, u.id, u.feeds()); err != nil {
		return c, err
	}
	said := map[string]string{}
	for i, r := range c.rows {
		copied := maps.Clone(r)
		delete(copied, "run_id")
		said[strconv.Itoa(i)] = fmt.Sprint(copied) // prints maps in the order of their keys
	}
	c.hash = digest(said)
	return c, nil
}

// writeCoverage adds this run's coverage to ops, where gold asks for it.
func (u *run) writeCoverage(ctx context.Context) (coverage, error) {
	if u.state.changed() { // else nothing is built from what it says
		for _, t := range u.silver.Tables() {
			if err := u.verified.check(ctx, u.state.files("silver/"+t.Name)...); err != nil {
				return coverage{}, err
			}
		}
	}
	c, err := u.coverage(ctx)
	if err != nil {
		return c, err
	}
	sess, err := u.engine.Session(ctx)
	if err != nil {
		return c, err
	}
	defer sess.Close()
	contract := u.Config.Contracts[coverageTable]
	c.part = u.part("source_coverage")
	_, err = ops.Write(ctx, sess, contract, u.state.fieldIDs(coverageTable, contract.ColumnNames()), c.rows, c.part)
	return c, err
}

// feeds lists every configured object with the silver tables it feeds.
func (u *run) feeds() []ops.Feed {
	var out []ops.Feed
	for _, src := range u.Config.Pipeline.Sources {
		for _, obj := range src.Objects {
			f := ops.Feed{Source: src.Name, Region: src.Region, Object: strings.ToLower(obj.Name)}
			mark := u.marks[src.Name+"/"+f.Object]
			f.Loaded, f.ExportedAt, f.FirstExportedAt = len(mark.Files) > 0, mark.GreatestExportedAt, earliestExport(mark)
			if mark.Kind == lake.WatermarkWindow { // an org that has no record of it was asked all the same
				f.Loaded, f.FirstExportedAt = true, u.firstWholeDay(mark)
			}
			f.BronzeRows = u.state.rows("bronze/" + src.Name + "/" + f.Object)
			fed := false
			for _, t := range u.silver.Tables() {
				if event, ok := t.FedBy(src.Name, obj.Name); ok && hasColumn(t.Contract, "source_system") {
					f.SilverTable, f.EventSQL, f.HasAccount = t.Name, event, hasColumn(t.Contract, "account_id")
					out = append(out, f)
					fed = true
				}
			}
			if !fed {
				out = append(out, f)
			}
		}
	}
	return out
}

// earliestExport is the first known export time among loaded files; nil if none is known.
func earliestExport(mark lake.Watermark) (first *time.Time) {
	for _, f := range mark.Files {
		if f.ExportedAt != nil && (first == nil || f.ExportedAt.Before(*first)) {
			first = f.ExportedAt
		}
	}
	return first
}

// firstWholeDay is the end of the day that an org's first reading stands for: of the one
// whose midnight is nearest, as an export by night is of the day that ends.
func (u *run) firstWholeDay(mark lake.Watermark) *time.Time {
	first := markOf(mark).First()
	zone, err := time.LoadLocation(u.Config.Pipeline.TimeZone)
	if first.IsZero() || err != nil {
		return nil
	}
	y, m, d := first.In(zone).Add(12 * time.Hour).Date()
	end := time.Date(y, m, d, 0, 0, 0, 0, zone).Add(-time.Millisecond)
	return &end
}

// modelJob is the build of one gold model.
func (u *run) modelJob(m gold.Model, cov coverage) job {
	table := m.Schema + "/" + m.Name
	var fp fingerprint
	var files []lake.StagedFile
	step := Step{Layer: Gold, Table: table}
	begin := func() (func(context.Context) error, error) {
		step.StartedAt = u.Now()
		var err error
		if fp, err = u.goldFingerprint(m, cov); err != nil {
			return nil, err
		}
		step.Reason = because(u.state.fingerprints[table], fp)
		if step.Reason == "" && u.opt.FullRefresh && m.Storage != lake.StorageState {
			step.Reason = "full refresh"
		}
		if step.Reason == "" {
			return nil, nil
		}
		u.Observer.StepStarted(Gold, table)
		in := u.modelInput(m, cov, &step)
		in.Held = u.heldSpans(m, fp)
		return func(ctx context.Context) (err error) {
			var kept bool
			if files, kept, err = u.keptOrRun(ctx, m, in, fp); kept {
				step.Reason = keptReason
			}
			step.Elapsed = u.Now().Sub(step.StartedAt)
			return err
		}, nil
	}
	end := func(err error) error {
		switch {
		case err != nil:
			err = fmt.Errorf("gold %s: %w", m.Name, err)
		case step.Reason == "":
			step.Status, step.Reason, step.RowsOut = Skipped, "definition and inputs are unchanged", u.state.rows(table)
			u.finish(step)
			return nil
		default:
			u.takeModel(m, files, &step, fp)
		}
		u.finishWith(step, err)
		return err
	}
	return job{begin: begin, end: end}
}

// goldFingerprint covers the model, its parameters, its inputs and the as-of if it asks for it.
func (u *run) goldFingerprint(m gold.Model, cov coverage) (fingerprint, error) {
	inputs := map[string]string{}
	for _, in := range m.Inputs {
		name := strings.Replace(in, ".", "/", 1)
		inputs[name] = u.state.hash(name)
		switch {
		case name == coverageTable:
			inputs[name] = cov.hash
		case u.isState(name):
			inputs[name] = setsHash(u.state.setsOf(name, u.res.AsOf))
		}
	}
	for _, in := range m.Past {
		inputs[in] = setsHash(u.state.setsBefore(pastTable(in), u.res.AsOf))
	}
	definition, err := u.gold.Fingerprint(m, "")
	fp := fingerprint{Definition: digest(map[string]string{"model": definition, "time_zone": u.Config.Pipeline.TimeZone}), Inputs: digest(inputs)}
	if m.UsesAsOf || m.Storage == lake.StorageState {
		fp.AsOf = u.res.AsOf
	}
	return fp, err
}

// modelInput is what a model is built from, as the state is now.
func (u *run) modelInput(m gold.Model, cov coverage, step *Step) gold.BuildInput {
	in := gold.BuildInput{AsOf: u.asOfDate(), TimeZone: u.Config.Pipeline.TimeZone, Part: u.part,
		Inputs: map[string][]string{}, FieldIDs: u.state.fieldIDs}
	if !u.offHead() && u.draft == nil {
		in.Cache = u.lake.StateDir(linkState)
	}
	for _, name := range m.Inputs {
		table := strings.Replace(name, ".", "/", 1)
		files := u.state.setsOf(table, "")
		switch {
		case table == coverageTable:
			in.Inputs[name] = []string{cov.part}
			continue
		case u.isState(table):
			files = u.state.setsOf(table, u.res.AsOf)
		}
		in.Inputs[name] = u.state.pathsOf(files)
		step.RowsIn, step.BytesIn = step.RowsIn+rowsOf(files), step.BytesIn+bytesOf(files)
	}
	for _, name := range m.Past {
		files := u.state.setsBefore(pastTable(name), u.res.AsOf)
		in.Inputs[name] = u.state.pathsOf(files)
		step.RowsIn, step.BytesIn = step.RowsIn+rowsOf(files), step.BytesIn+bytesOf(files)
	}
	return in
}

// runModel builds a model beside others; its files are durable, but not yet part of the
// state. It changes nothing of the run.
func (u *run) runModel(ctx context.Context, m gold.Model, in gold.BuildInput) ([]lake.StagedFile, error) {
	if err := u.verified.checkInputs(ctx, in.Inputs); err != nil {
		return nil, err
	}
	out, err := u.models.Build(ctx, m.Table(), in)
	if err != nil {
		return nil, err
	}
	var files []lake.StagedFile
	for _, p := range out.Parts {
		if p.Kept {
			files = append(files, lake.StagedFile{File: u.heldFile(m, p)})
			continue
		}
		o := lake.FileOptions{Partition: p.Partition}
		if p.Digest != "" {
			if o.Facts, err = json.Marshal(spanFacts{p.Digest}); err != nil {
				return nil, err
			}
		}
		f, err := u.add(m.Schema+"/"+m.Name, p.Path, p.Rows, o)
		if err != nil {
			return nil, err
		}
		files = append(files, lake.StagedFile{File: f, Part: p.Path})
	}
	return files, nil
}

// takeModel makes a built model part of the state.
func (u *run) takeModel(m gold.Model, built []lake.StagedFile, step *Step, fp fingerprint) {
	table := m.Schema + "/" + m.Name
	var files []lake.File
	for _, f := range built {
		files = append(files, f.File)
		step.RowsOut += f.Rows
		if f.Part == "" { // published already
			continue
		}
		u.state.paths[f.Path] = f.Part
		step.BytesOut += f.Bytes
		step.Files++
	}
	if m.Storage == lake.StorageState {
		files = append(files, u.otherSets(table, files)...)
	}
	u.state.set(u.manifest(table, files), fp.String())
}

// otherSets are the files of a state table that hold other as-of dates.
func (u *run) otherSets(table string, fresh []lake.File) []lake.File {
	old := u.state.manifests[table]
	if old == nil {
		return nil
	}
	var kept []lake.File
	for _, o := range old.Files {
		if !slices.ContainsFunc(fresh, func(f lake.File) bool { return f.Partition == o.Partition }) {
			kept = append(kept, o)
		}
	}
	return kept
}

// manifest describes a table by its contract.
func (u *run) manifest(table string, files []lake.File) lake.Manifest {
	c := u.Config.Contracts[table]
	slices.SortFunc(files, func(a, b lake.File) int { return strings.Compare(a.Path, b.Path) })
	return lake.Manifest{Table: table, Storage: c.Storage, Files: files, Schema: u.state.schema(table, contractColumns(c))}
}

// columnsOf and hasColumn look at a contract's columns.
func columnsOf(c config.Contract) []engine.Column {
	out := make([]engine.Column, len(c.Columns))
	for i, col := range c.Columns {
		out[i] = engine.Column{Name: col.Name, Type: col.Type}
	}
	return out
}

func hasColumn(c config.Contract, name string) bool { return slices.Contains(c.ColumnNames(), name) }

func contractColumns(c config.Contract) []lake.Column {
	out := make([]lake.Column, len(c.Columns))
	for i, col := range c.Columns {
		out[i] = lake.Column{Name: col.Name, Type: col.Type}
	}
	return out
}
