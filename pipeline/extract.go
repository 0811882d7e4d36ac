package pipeline

import (
	"context"
	"errors"
	"fmt"
	"path"
	"slices"
	"sort"
	"strings"

	"golang.org/x/sync/errgroup"

	"github.com/customer360/pipeline/pipeline/bronze"
	"github.com/customer360/pipeline/pipeline/config"
	"github.com/customer360/pipeline/pipeline/lake"
	"github.com/customer360/pipeline/pipeline/source/csv"
)

// bronzeJob is one object of one source: what was found and where it goes.
type bronzeJob struct {
	source  config.Source
	object  config.Object
	key     []string
	table   string // bronze/<source>/<object>
	mark    lake.Watermark
	batches []bronze.Numbered

	org    *orgJob // of an API source; nil for files
	failed error   // why an object of an API source could not be extracted
}

func (j *bronzeJob) id() string { return j.source.Name + "/" + strings.ToLower(j.object.Name) }

// bronzeJobs lists the objects of the selected sources, rates included, in the order
// they are loaded: by object, then source.
func bronzeJobs(cfg *config.Loaded, marks map[string]lake.Watermark, sources, tables []string) ([]*bronzeJob, error) {
	var jobs []*bronzeJob
	add := func(src config.Source, obj config.Object, key []string) {
		j := &bronzeJob{source: src, object: obj, key: key}
		j.table = "bronze/" + j.id()
		j.mark = marks[j.id()]
		if src.Type == config.TypeSalesforce {
			j.org, j.key = &orgJob{}, []string{"Id"}
		}
		jobs = append(jobs, j)
	}
	for _, src := range cfg.Pipeline.Sources {
		for _, obj := range src.Objects {
			if !selected(sources, src.Name) || !selected(tables, obj.Name) {
				continue
			}
			key, err := cfg.ObjectKey(src, obj)
			if err != nil {
				return nil, err
			}
			add(src, obj, key)
		}
	}
	for _, rate := range cfg.Pipeline.Rates {
		if selected(sources, rate.Name) && selected(tables, config.RateObject) {
			src := rate.AsSource()
			add(src, src.Objects[0], rate.KeyColumns())
		}
	}
	sort.SliceStable(jobs, func(a, b int) bool {
		x, y := jobs[a], jobs[b]
		if path.Base(x.table) != path.Base(y.table) {
			return path.Base(x.table) < path.Base(y.table)
		}
		return x.source.Name < y.source.Name
	})
	return jobs, nil
}

func selected(names []string, name string) bool {
	if len(names) == 0 {
		return true
	}
	for _, n := range names {
		if strings.EqualFold(n, name) {
			return true
		}
	}
	return false
}

// extract loads what is new at the sources and commits it with its watermarks. Files are
// looked at first: a bad one stops the run before an org is asked. An object of an org
// that fails, fails alone: what the others gave is committed, and the error says so.
func (u *run) extract(ctx context.Context) error {
	jobs, err := bronzeJobs(u.Config, u.marks, u.opt.Sources, u.opt.Tables)
	if err != nil {
		return err
	}
	if err := u.scan(ctx, jobs); err != nil {
		return err
	}
	if err := u.lake.NeedSpace("run", newBytes(jobs)/bronzeShrinks); err != nil {
		return err
	}
	broken, err := u.extractOrgs(ctx, jobs)
	if err != nil {
		return err
	}
	if len(u.marks) == 0 && !slices.ContainsFunc(jobs, func(j *bronzeJob) bool { return len(j.batches) > 0 || j.org != nil }) {
		u.res.Warnings = append(u.res.Warnings, "no source has a file yet: all tables are empty")
	}
	next := int64(1)
	if u.head != nil {
		next = max(next, u.head.NextFileNo)
	}
	next = number(jobs, next)
	marks := map[string]lake.Watermark{}
	for _, j := range jobs {
		if j.org != nil {
			err = u.loadOrg(ctx, j, marks, &next)
		} else {
			err = u.load(ctx, j, marks)
		}
		if err != nil {
			return err
		}
	}
	if err := u.commitBronze(ctx, marks, next); err != nil {
		return err
	}
	if err := dropResume(jobs, marks); err != nil {
		return err
	}
	return incomplete(append(broken, jobErrors(jobs)...))
}

// bronzeShrinks is how much smaller the rows of a file become at best: a run is refused
// only where it surely does not fit.
const bronzeShrinks = 10

// newBytes is the size of the new files, unpacked.
func newBytes(jobs []*bronzeJob) (n int64) {
	for _, j := range jobs {
		for _, b := range j.batches {
			n += b.Clean.Size
		}
	}
	return n
}

// commitBronze makes the new rows durable, together with the watermarks that say so.
func (u *run) commitBronze(ctx context.Context, marks map[string]lake.Watermark, next int64) error {
	if len(marks) == 0 {
		return nil
	}
	pub := lake.Publish{Operation: "extract", ConfigHash: u.Config.Hash, CodeVersion: u.CodeVersion,
		Tables: map[string]lake.Manifest{}, Watermarks: marks, NextFileNo: next}
	for t := range u.state.built {
		pub.Tables[t] = *u.state.manifests[t]
	}
	c, err := u.tx.Publish(ctx, pub)
	if c != nil {
		u.res.Bronze = c.Version
	}
	if err != nil {
		return fmt.Errorf("commit bronze: %w", err)
	}
	u.state.settle()
	for id, m := range marks {
		u.marks[id] = m
	}
	return nil
}

// scan lets the sources find, decode, check and count their new files. All bad files
// are reported at once: nobody wants to mend them one run at a time.
func (u *run) scan(ctx context.Context, jobs []*bronzeJob) error {
	g, ctx := errgroup.WithContext(ctx)
	g.SetLimit(max(1, u.cores()))
	problems := make([]error, len(jobs))
	for i, j := range jobs {
		if j.org != nil {
			continue
		}
		g.Go(func() error {
			src := csv.New(j.source, u.Config.Pipeline.TimeZone, u.tx.Part)
			batches, err := src.Scan(ctx, j.object, func(hash string) bool {
				_, seen := j.mark.Files[hash]
				return seen && !u.opt.Reload
			})
			if ctx.Err() != nil {
				return ctx.Err()
			}
			problems[i] = err
			for _, b := range batches {
				j.batches = append(j.batches, bronze.Numbered{Batch: b})
			}
			return nil
		})
	}
	if err := g.Wait(); err != nil {
		return err
	}
	u.warn(readTwice(jobs)...)
	return errors.Join(problems...)
}

// readTwice warns of new files that several objects of a source load: rarely is that
// meant.
func readTwice(jobs []*bronzeJob) (warnings []string) {
	first := map[string]string{}
	for _, j := range jobs {
		for _, b := range j.batches {
			file := j.source.Name + "/" + b.Name
			if other, twice := first[file]; twice {
				warnings = append(warnings, fmt.Sprintf("%s is loaded as %s and as %s; if that is not meant, narrow \"files\" of one of them", file, other, j.object.Name))
			}
			first[file] = j.object.Name
		}
	}
	return warnings
}

// number gives every new file its number, which _seq is made of: by export time, then
// source, object and name; files without an export time come last.
func number(jobs []*bronzeJob, next int64) int64 {
	type place struct {
		job *bronzeJob
		i   int
	}
	var all []place
	for _, j := range jobs {
		for i := range j.batches {
			all = append(all, place{j, i})
		}
	}
	sort.SliceStable(all, func(a, b int) bool {
		x, y := all[a], all[b]
		bx, by := x.job.batches[x.i], y.job.batches[y.i]
		if !bx.ExportedAt.Equal(by.ExportedAt) {
			if bx.ExportedAt.IsZero() || by.ExportedAt.IsZero() {
				return by.ExportedAt.IsZero()
			}
			return bx.ExportedAt.Before(by.ExportedAt)
		}
		if x.job.id() != y.job.id() {
			return x.job.id() < y.job.id()
		}
		return bx.Name < by.Name
	})
	for _, p := range all {
		p.job.batches[p.i].FileNo = next
		next++
	}
	for _, j := range jobs {
		sort.SliceStable(j.batches, func(a, b int) bool { return j.batches[a].FileNo < j.batches[b].FileNo })
	}
	return next
}

// EmptySnapshotError refuses a full state without records. An export that failed often
// leaves only its header; taken at its word it would delete everything.
type EmptySnapshotError struct {
	File string
	Held int64
}

func (e *EmptySnapshotError) Error() string {
	return fmt.Sprintf("%s holds no record; as a snapshot it would delete all %d records held", e.File, e.Held)
}

// Hint says what to do.
func (e *EmptySnapshotError) Hint() string {
	return "export it again, or take the file away; if the records really are gone, set missing_is_deleted to false and filter them in the mapping"
}

// load writes one object's new rows into staging and notes its new watermark.
func (u *run) load(ctx context.Context, j *bronzeJob, marks map[string]lake.Watermark) error {
	step := Step{Layer: Bronze, Table: j.table, StartedAt: u.Now()}
	if len(j.batches) == 0 {
		step.Status, step.Reason = Skipped, "no new file"
		u.finish(step)
		return nil
	}
	u.Observer.StepStarted(Bronze, j.table)
	err := u.loadObject(ctx, j, &step, marks)
	if err != nil {
		err = fmt.Errorf("bronze %s: %w", j.id(), err)
	}
	u.finishWith(step, err)
	return err
}

func (u *run) loadObject(ctx context.Context, j *bronzeJob, step *Step, marks map[string]lake.Watermark) error {
	res, err := u.loadTable(ctx, j.table, bronze.Request{Source: j.source, Object: j.object, Key: j.key, Batches: j.batches}, step)
	if err != nil {
		return err
	}
	marks[j.id()] = advance(j.mark, res.Batches, u.state.manifests[j.table])
	step.WatermarkFrom, step.WatermarkTo = j.mark.GreatestExportedAt, marks[j.id()].GreatestExportedAt
	for _, b := range res.Batches {
		if b.Records == b.Malformed && b.Tombstones > 0 {
			return &EmptySnapshotError{File: b.Name, Held: b.Tombstones}
		}
	}
	step.Reason = plural(len(j.batches), "new file")
	for _, b := range j.batches {
		step.BytesIn += b.Bytes
	}
	drifted := drift(res.Drift)
	step.Notes = append(step.Notes, drifted...)
	for _, d := range drifted {
		u.res.Warnings = append(u.res.Warnings, j.id()+": "+d)
	}
	return nil
}

// loadTable writes the new rows of a bronze table into staging and makes them part of
// the state; step, if given, gets their counts.
func (u *run) loadTable(ctx context.Context, table string, r bronze.Request, step *Step) (res bronze.Result, err error) {
	sess, err := u.engine.Session(ctx)
	if err != nil {
		return res, err
	}
	defer func() { err = errors.Join(err, sess.Close()) }()
	r.Held, r.HeldColumns = u.state.files(table), u.state.columns(table)
	if err := u.verified.check(ctx, r.Held...); err != nil {
		return res, err
	}
	r.RunID, r.ExtractedAt, r.Part = u.id, u.start, u.tx.Part
	if res, err = bronze.Load(ctx, sess, r); err != nil {
		return res, err
	}
	base := fmt.Sprintf("bronze_%s_%s", path.Base(table), u.id)
	if err := u.appendParts(table, base, res.Parts, res.Columns, step); err != nil {
		return res, err
	}
	if err := u.appendParts(table+"__malformed", base+"_malformed", res.MalformedParts, res.MalformedColumns, nil); err != nil {
		return res, err
	}
	if step == nil {
		return res, nil
	}
	for _, b := range res.Batches {
		step.RowsIn += b.Records
		step.RowsOut += b.Stored
		step.Unchanged += b.Unchanged
		step.Malformed += b.Malformed
		step.Deleted += b.Tombstones
		step.Notes = append(step.Notes, b.Notes...)
	}
	return res, nil
}

// drift says how the header changed. It stops nothing, but whoever maps the columns
// must hear of it.
func drift(d bronze.Drift) (found []string) {
	if len(d.Missing) > 0 {
		found = append(found, "gone from the export, NULL in its new rows: "+strings.Join(d.Missing, ", "))
	}
	if len(d.New) > 0 {
		found = append(found, "new in the export, kept in bronze: "+strings.Join(d.New, ", "))
	}
	return found
}

// stampField is the field of Salesforce's exports that says when a record changed.
const stampField = "SystemModstamp"

// advance adds the loaded files to a watermark. Which files were loaded decides what
// is new; the greatest export time, and the greatest stamp of a record where the table
// has the field, are only reported.
func advance(old lake.Watermark, loaded []bronze.BatchResult, table *lake.Manifest) lake.Watermark {
	next := lake.Watermark{Kind: lake.WatermarkFiles, Files: map[string]lake.FileMark{}, GreatestExportedAt: old.GreatestExportedAt}
	for h, m := range old.Files {
		next.Files[h] = m
	}
	for _, b := range loaded {
		mark := lake.FileMark{Name: b.Name, FileNo: b.FileNo, Records: b.Records}
		if at := b.ExportedAt; !at.IsZero() {
			mark.ExportedAt = &at
			if next.GreatestExportedAt == nil || at.After(*next.GreatestExportedAt) {
				next.GreatestExportedAt = &at
			}
		}
		next.Files[b.Hash] = mark
	}
	if table == nil { // no record was ever stored
		return next
	}
	greatest := ""
	for _, f := range table.Files {
		greatest = max(greatest, f.Max[stampField])
	}
	if greatest != "" {
		next.Details = map[string]string{"greatest_" + stampField: greatest}
	}
	return next
}

func (u *run) finish(s Step) {
	s.Error, s.Reason = u.Config.Redact.String(s.Error), u.Config.Redact.String(s.Reason)
	for i, n := range s.Notes {
		s.Notes[i] = u.Config.Redact.String(n)
	}
	u.res.Steps = append(u.res.Steps, s)
	u.Observer.StepFinished(s)
}

// finishWith closes a step that was started, with its error if it failed.
func (u *run) finishWith(s Step, err error) {
	if s.Elapsed == 0 {
		s.Elapsed = u.Now().Sub(s.StartedAt)
	}
	if s.Status == "" {
		s.Status = Done
	}
	if err != nil {
		s.Status, s.Error = Failed, err.Error()
	}
	u.finish(s)
}

func (u *run) cores() int {
	if n := u.Config.Pipeline.Engine.Threads; n > 0 {
		return n
	}
	return numCPU
}
