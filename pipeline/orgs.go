package pipeline

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/customer360/pipeline/pipeline/bronze"
	"github.com/customer360/pipeline/pipeline/engine/duckdb"
	"github.com/customer360/pipeline/pipeline/lake"
	"github.com/customer360/pipeline/pipeline/source"
	"github.com/customer360/pipeline/pipeline/source/salesforce"
)

// Network is what sources behind an API need of the world outside; the zero value is the
// world itself.
type Network struct {
	Transport http.RoundTripper
	Sleep     func(context.Context, time.Duration) error
	Log       *slog.Logger
	Kept      func(object string) error // after every durable page: fault injection
	BulkRows  int                       // rows a Bulk page asks for; 0 = 25,000
}

// orgJob is what the extraction of an org's object adds to its bronze job.
type orgJob struct {
	dir     string // resume directory
	outcome salesforce.Outcome
}

// Tables beside that of an object.
const (
	deletedTable  = "__deleted"
	refreshTable  = "__refresh"
	describeTable = "__describe"
)

// IncompleteError says that objects could not be extracted, though others were: those
// are committed to bronze.
type IncompleteError struct{ Errs []error }

func (e *IncompleteError) Error() string {
	lines := []string{plural(len(e.Errs), "object") + " could not be extracted; what the others gave is kept in bronze"}
	for _, err := range e.Errs {
		lines = append(lines, "  "+err.Error())
	}
	return strings.Join(lines, "\n")
}

// Unwrap gives the error of every object.
func (e *IncompleteError) Unwrap() []error { return e.Errs }

// OverBudget tells that nothing is wrong but that the budget of API calls is used up.
func (e *IncompleteError) OverBudget() bool {
	for _, err := range e.Errs {
		if !errors.Is(err, salesforce.ErrBudget) {
			return false
		}
	}
	return len(e.Errs) > 0
}

func incomplete(errs []error) error {
	if len(errs) == 0 {
		return nil
	}
	return &IncompleteError{Errs: errs}
}

func jobErrors(jobs []*bronzeJob) (errs []error) {
	for _, j := range jobs {
		if j.failed != nil {
			errs = append(errs, j.failed)
		}
	}
	return errs
}

// extractOrgs extracts the objects of all orgs, side by side. What is wrong with an org
// as a whole is in broken, and then none of its objects is loaded; what is wrong with one
// object stands in its job. The error is of the run itself.
func (u *run) extractOrgs(ctx context.Context, jobs []*bronzeJob) (broken []error, err error) {
	if _, err := salesforce.Sweep(u.lake.ResumeRoot(), u.Now()); err != nil {
		return nil, fmt.Errorf("sweep unfinished extraction: %w", err)
	}
	bySource := map[string][]*bronzeJob{}
	for _, j := range jobs {
		if j.org != nil {
			bySource[j.source.Name] = append(bySource[j.source.Name], j)
		}
	}
	type ending struct {
		source   string
		started  time.Time
		warnings []string
		err      error
	}
	orgs, err := u.openOrgs(bySource)
	if err != nil {
		return nil, err
	}
	endings := make([]ending, len(u.Config.Pipeline.Sources))
	g, ctx := errgroup.WithContext(ctx)
	for i, src := range u.Config.Pipeline.Sources {
		own := bySource[src.Name]
		if len(own) == 0 {
			continue
		}
		u.Observer.StepStarted(Bronze, "bronze/"+src.Name)
		g.Go(func() error {
			e := &endings[i]
			e.source, e.started = src.Name, u.Now()
			e.warnings, e.err = u.extractOrg(ctx, orgs[src.Name], own)
			return ctx.Err()
		})
	}
	if err := g.Wait(); err != nil {
		return nil, err
	}
	for _, e := range endings {
		u.warn(e.warnings...)
		if e.err != nil {
			broken = append(broken, e.err)
			u.finishWith(Step{Layer: Bronze, Table: "bronze/" + e.source, StartedAt: e.started, Reason: "the org as a whole"}, e.err)
		}
	}
	return broken, nil
}

// openOrgs reads the secrets of all orgs: one that is missing is a fault of the
// configuration, and nothing has happened yet.
func (u *run) openOrgs(jobs map[string][]*bronzeJob) (map[string]*salesforce.Org, error) {
	orgs := map[string]*salesforce.Org{}
	var problems []error
	for _, src := range u.Config.Pipeline.Sources {
		if len(jobs[src.Name]) == 0 {
			continue
		}
		org, err := salesforce.Open(u.Config, src, salesforce.Options{Now: u.Now, Sleep: u.Network.Sleep,
			Transport: u.Network.Transport, Log: u.Network.Log, Kept: u.Network.Kept, BulkRows: u.Network.BulkRows})
		orgs[src.Name], problems = org, append(problems, err)
	}
	return orgs, errors.Join(problems...)
}

// extractOrg extracts the objects of one org.
func (u *run) extractOrg(ctx context.Context, org *salesforce.Org, jobs []*bronzeJob) (warnings []string, err error) {
	src := org.Source
	warnings = org.Warnings()
	if err := org.Connect(ctx); err != nil {
		return warnings, err
	}
	requests := make([]salesforce.Request, len(jobs))
	for i, j := range jobs {
		j.org.dir = u.lake.ResumeDir(src.Name, strings.ToLower(j.object.Name))
		requests[i] = salesforce.Request{Object: j.object, Reads: u.Config.Reads(src, j.object), Mark: markOf(j.mark), Dir: j.org.dir, All: u.opt.Reload,
			Described: func(ctx context.Context) ([]salesforce.Described, error) { return u.described(ctx, j.table) }}
	}
	return warnings, org.ExtractAll(ctx, requests, func(i int, out salesforce.Outcome) {
		j := jobs[i]
		j.org.outcome, j.failed = out, out.Err
		if out.Err != nil {
			return
		}
		for _, b := range out.Extract.Rows {
			j.batches = append(j.batches, bronze.Numbered{Batch: b})
		}
	})
}

// markOf is what an API source remembers of an object; nil if it was never loaded, or
// only from files.
func markOf(w lake.Watermark) *salesforce.Mark {
	upper, err := time.Parse(time.RFC3339Nano, w.Value)
	if w.Kind != lake.WatermarkWindow || err != nil {
		return nil
	}
	return &salesforce.Mark{Upper: upper, Details: w.Details}
}

func watermarkOf(m salesforce.Mark) lake.Watermark {
	return lake.Watermark{Kind: lake.WatermarkWindow, Value: m.Upper.UTC().Format(time.RFC3339Nano), GreatestExportedAt: &m.Upper, Details: m.Details}
}

// described reads the latest description of an object that bronze holds.
func (u *run) described(ctx context.Context, table string) (out []salesforce.Described, err error) {
	files := u.state.files(table + describeTable)
	if len(files) == 0 {
		return nil, nil
	}
	sess, err := u.engine.Session(ctx)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, sess.Close()) }()
	rows, err := sess.Query(ctx, fmt.Sprintf(`SELECT name, type, coalesce(length, ''), coalesce("precision", ''), coalesce(scale, ''), coalesce(selected = 'true', false)
FROM (SELECT *, max(described_at) OVER () AS latest FROM %s) WHERE described_at = latest ORDER BY _seq`, duckdb.ReadParquet(files)))
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	for rows.Next() {
		var d salesforce.Described
		if err := rows.Scan(&d.Name, &d.Type, &d.Length, &d.Precision, &d.Scale, &d.Selected); err != nil {
			return nil, err
		}
		out = append(out, d)
	}
	return out, rows.Err()
}

// loadOrg writes what was extracted of one object into staging, all its tables or none.
// Its error is the run's own; that of the object is kept in the job.
func (u *run) loadOrg(ctx context.Context, j *bronzeJob, marks map[string]lake.Watermark, next *int64) error {
	step := Step{Layer: Bronze, Table: j.table, StartedAt: u.Now(), Calls: j.org.outcome.Calls, BytesIn: j.org.outcome.BytesIn}
	if j.failed != nil {
		u.finishWith(step, j.failed)
		return nil //nolint:nilerr // it is kept in the job
	}
	x := j.org.outcome.Extract
	if x == nil { // its org failed as a whole, and that was told
		return nil
	}
	if x.Skipped != "" {
		step.Status, step.Reason = Skipped, x.Skipped
		u.finish(step)
		return nil
	}
	u.Observer.StepStarted(Bronze, j.table)
	restore := u.state.mark(j.table, j.table+deletedTable, j.table+refreshTable, j.table+describeTable, j.table+"__malformed")
	err := u.loadOrgTables(ctx, j, &step, next)
	if ctx.Err() != nil {
		return ctx.Err()
	}
	if err != nil {
		restore()
		var vanished *bronze.VanishedError
		if errors.As(err, &vanished) { // the next run must ask anew: a permission may be given back
			err = errors.Join(err, os.RemoveAll(j.org.dir))
		}
		j.failed = fmt.Errorf("bronze %s: %w", j.id(), err)
		u.finishWith(step, j.failed)
		return nil
	}
	marks[j.id()] = watermarkOf(x.Mark)
	u.warn(prefixed(j.source.Name+"/", x.Warnings)...)
	step.Transport, step.TransportWhy, step.PagesResumed = x.Mark.Details[salesforce.DetailTransport], x.Mark.Details[salesforce.DetailReason], x.Resumed
	step.WatermarkFrom, step.WatermarkTo = j.mark.GreatestExportedAt, &x.Mark.Upper
	step.Notes = append(step.Notes, x.Notes...)
	step.Reason = fmt.Sprintf("window %s by %s in %s: %s", x.Window, step.Transport, plural(int(step.Calls), "call"), step.TransportWhy)
	if step.RowsOut+step.Deleted == 0 && step.Files == 0 {
		step.Status = Skipped
	}
	u.finishWith(step, nil)
	return nil
}

// loadOrgTables loads the rows, then what they do not tell: deletions, fields that went
// stale, and how the object was described.
func (u *run) loadOrgTables(ctx context.Context, j *bronzeJob, step *Step, next *int64) error {
	x := j.org.outcome.Extract
	held := len(u.state.files(j.table))
	if len(j.batches) > 0 {
		if _, err := u.loadTable(ctx, j.table, bronze.Request{Source: j.source, Object: j.object, Key: j.key, Batches: j.batches, Unhashed: x.Unhashed}, step); err != nil {
			return err
		}
	}
	if err := u.loadDeletions(ctx, j, u.state.files(j.table)[held:], step, next); err != nil {
		return err
	}
	extra := func(table string, key, unhashed []string, batches []source.Batch) error {
		if len(batches) == 0 {
			return nil
		}
		r := bronze.Request{Source: j.source, Object: j.object, Key: key, Unhashed: unhashed, Batches: numbered(batches, next)}
		if table == refreshTable {
			r.Newer = u.state.files(j.table)
		}
		r.Object.Name += table
		_, err := u.loadTable(ctx, j.table+table, r, nil)
		return err
	}
	if err := extra(refreshTable, []string{"Id"}, []string{x.Cursor}, x.Refresh); err != nil {
		return fmt.Errorf("refreshed fields: %w", err)
	}
	if x.Describe == nil {
		return nil
	}
	if err := extra(describeTable, salesforce.DescribeKey, nil, []source.Batch{*x.Describe}); err != nil {
		return fmt.Errorf("description: %w", err)
	}
	return nil
}

// loadDeletions logs what became of records that the object's table does not tell.
func (u *run) loadDeletions(ctx context.Context, j *bronzeJob, fresh []string, step *Step, next *int64) error {
	x := j.org.outcome.Extract
	files := u.state.files(j.table)
	if len(files) == 0 {
		return nil
	}
	sess, err := u.engine.Session(ctx)
	if err != nil {
		return err
	}
	var fields []string
	for _, c := range u.state.columns(j.table) {
		fields = append(fields, c.Name)
	}
	found, err := bronze.FindDeletions(ctx, sess, bronze.DeletionRequest{Object: j.object.Name, Rows: files, New: fresh, Fields: fields,
		Stamp: x.Cursor, Log: u.state.files(j.table + deletedTable), Listed: x.Deleted, IDs: x.IDs, Compared: x.Compared, Snapshot: x.Snapshot,
		At: x.Mark.Upper, Settled: x.Settled, Limit: j.source.Salesforce.ReconcileLimit, Part: u.tx.Part})
	if err = errors.Join(err, sess.Close()); err != nil {
		return err
	}
	if found.Lost > 0 {
		x.Warnings = append(x.Warnings, fmt.Sprintf("%s: %d records of the org were never extracted; the next run reads all of them again", x.Object, found.Lost))
		x.Mark.Details[salesforce.DetailReread] = fmt.Sprintf("the reconciliation found %d records that are not held", found.Lost)
	}
	if found.Gone+found.Revived > 0 {
		x.Notes = append(x.Notes, fmt.Sprintf("comparing all ids: %d gone, %d back", found.Gone, found.Revived))
	}
	if found.Batch == nil {
		return nil
	}
	r := bronze.Request{Source: j.source, Object: j.object, Key: bronze.DeletionKey, Batches: numbered([]source.Batch{*found.Batch}, next)}
	r.Object.Name += deletedTable
	res, err := u.loadTable(ctx, j.table+deletedTable, r, nil)
	if err != nil {
		return fmt.Errorf("deletions: %w", err)
	}
	for _, b := range res.Batches {
		step.Deleted += b.Stored
	}
	return nil
}

// numbered gives batches the next file numbers.
func numbered(batches []source.Batch, next *int64) []bronze.Numbered {
	out := make([]bronze.Numbered, len(batches))
	for i, b := range batches {
		out[i] = bronze.Numbered{Batch: b, FileNo: *next}
		*next++
	}
	return out
}

// dropResume removes the unfinished extraction that is committed now.
func dropResume(jobs []*bronzeJob, marks map[string]lake.Watermark) error {
	for _, j := range jobs {
		if _, committed := marks[j.id()]; !committed || j.org == nil || j.org.dir == "" {
			continue
		}
		if err := os.RemoveAll(j.org.dir); err != nil {
			return fmt.Errorf("remove finished extraction: %w", err)
		}
		_ = os.Remove(filepath.Dir(j.org.dir)) // of the source, if it was the last
	}
	return nil
}

func (u *run) warn(warnings ...string) {
	for _, w := range warnings {
		u.res.Warnings = append(u.res.Warnings, u.Config.Redact.String(w))
	}
}

func prefixed(prefix string, texts []string) []string {
	out := make([]string, len(texts))
	for i, t := range texts {
		out[i] = prefix + t
	}
	return out
}
