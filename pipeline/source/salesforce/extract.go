package salesforce

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/customer360/pipeline/pipeline/config"
	"github.com/customer360/pipeline/pipeline/source"
	"github.com/customer360/pipeline/pipeline/source/salesforce/client"
)

// Request is an object to extract.
type Request struct {
	Object config.Object
	Reads  [][]string // source columns that mappings read, alternatives together
	Mark   *Mark      // what was remembered of it; nil = it was never loaded
	Dir    string     // its resume directory
	// Described is asked for the description before this one, if it changed.
	Described func(ctx context.Context) ([]Described, error)
	All       bool // read all again though a watermark is held
}

// Mark is what is remembered of an object from run to run. It must become durable
// together with the rows of the run it comes from.
type Mark struct {
	Upper   time.Time         // upper bound of the last finished window
	Details map[string]string // by the names below
}

// What a Mark remembers.
const (
	DetailOrg        = "org_id"
	DetailTransport  = "transport"
	DetailReason     = "transport_reason"
	DetailCursor     = "cursor"
	DetailSchema     = "schema_hash"
	DetailDeleted    = "deleted_until"
	DetailRefreshed  = "refreshed_at"
	DetailReconciled = "reconciled_at"
	DetailReread     = "read_all_because" // set for the next run
	DetailFirst      = "first_read_to"    // upper bound of the first window
)

// First is up to when the object was read the first time.
func (m *Mark) First() time.Time { return m.at(DetailFirst) }

func (m *Mark) detail(name string) string {
	if m == nil {
		return ""
	}
	return m.Details[name]
}

// at is a detail that is an instant; the zero time if it was never set.
func (m *Mark) at(name string) time.Time {
	t, err := time.Parse(time.RFC3339Nano, m.detail(name))
	if err != nil {
		return time.Time{}
	}
	return t
}

// Extract is what one run extracted of one object. Its batches stand in the resume
// directory, which is to be removed once they are committed.
type Extract struct {
	Object   string // as the org spells it
	Skipped  string // why there is nothing to load; the rest is empty then
	Mark     Mark
	Window   Window
	Rows     []source.Batch
	Unhashed []string
	Cursor   string
	Describe *source.Batch  // only if it changed
	Deleted  []source.Batch // as getDeleted lists them
	Refresh  []source.Batch
	IDs      []source.Batch // all records: by the reconciliation, or as the object was read as a whole
	Compared bool           // IDs were asked for
	Snapshot bool           // the object was read as a whole, for want of a cursor
	Settled  time.Time      // records stamped before are held, if nothing was lost
	Calls    int64
	BytesIn  int64
	Resumed  int // finished pages of an earlier run that were not read again
	Windows  int
	Notes    []string
	Warnings []string
}

// Outcome is how the extraction of one object ended.
type Outcome struct {
	Extract *Extract
	Err     error
	Calls   int64 // also if it failed
	BytesIn int64
}

// ExtractAll extracts objects side by side, as many as are configured. An object that
// fails, fails alone; but for one thing: when the budget is used up, or the login no
// longer works, what has not begun is not begun. An error of the org as a whole is
// returned beside the outcomes.
func (o *Org) ExtractAll(ctx context.Context, requests []Request, done func(i int, out Outcome)) error {
	for _, r := range requests {
		if held := r.Mark.detail(DetailOrg); held != "" && held != o.ID {
			return &OrgChangedError{Source: o.Source.Name, Held: held, Found: o.ID}
		}
	}
	names := make([]string, len(requests))
	for i, r := range requests {
		names[i] = r.Object.Name
	}
	if err := o.estimate(ctx, names); err != nil {
		return err
	}
	g, ctx := errgroup.WithContext(ctx)
	g.SetLimit(max(1, o.cfg.Concurrency))
	for i, r := range requests {
		g.Go(func() error {
			out := o.extract(ctx, r)
			if out.Err != nil {
				out.Err = o.failed(r.Object.Name, out.Err)
			}
			done(i, out)
			return ctx.Err()
		})
	}
	return g.Wait()
}

// extraction is one object's run.
type extraction struct {
	org     *Org
	request Request
	object  string
	client  *client.Client
	info    client.ObjectInfo
	columns *columns
	journal *journal
	noBulk  string   // why the object does not go by Bulk
	drop    []string // jobs to delete
	first   time.Time
	misfits int64
	stale   bool // what goes stale is read again though it is not due
	out     Extract
}

func (x *extraction) note(format string, args ...any) {
	x.out.Notes = append(x.out.Notes, fmt.Sprintf(format, args...))
}

func (x *extraction) warn(format string, args ...any) {
	x.out.Warnings = append(x.out.Warnings, x.object+": "+fmt.Sprintf(format, args...))
}

// extract extracts one object; once more, if its fields changed on the way.
func (o *Org) extract(ctx context.Context, r Request) (out Outcome) {
	tally := &client.Tally{}
	for again := false; ; again = true {
		x := &extraction{org: o, request: r, object: r.Object.Name, client: o.client.With(tally)}
		out.Err = x.run(ctx)
		x.dropJobs(ctx)
		if x.journal != nil {
			out.Err = errors.Join(out.Err, x.journal.close())
		}
		usage := tally.Usage()
		out.Calls, out.BytesIn = usage.Total(), usage.BytesIn
		if errors.Is(out.Err, errDescribeAgain) && !again && ctx.Err() == nil {
			o.client.Forget(x.object)
			continue
		}
		if out.Err == nil {
			x.out.Calls, x.out.BytesIn = out.Calls, out.BytesIn
			out.Extract = &x.out
		}
		return out
	}
}

func (x *extraction) run(ctx context.Context) error {
	info, ok := x.org.objects[strings.ToLower(x.object)]
	switch {
	case !ok && x.request.Object.Optional:
		x.out.Object, x.out.Skipped = x.object, "the org has no such object, or hides it"
		return nil
	case !ok:
		return &MissingObjectError{Object: x.object}
	case !info.Queryable:
		x.out.Object, x.out.Skipped = x.object, "the org does not let it be queried"
		return nil
	}
	x.info, x.object, x.out.Object = info, info.Name, info.Name
	reread, err := x.describe(ctx)
	if err != nil {
		return err
	}
	now, err := x.serverNow(ctx)
	if err != nil {
		return err
	}
	if err := x.begin(now, reread); err != nil {
		return err
	}
	for _, step := range []func(context.Context) error{x.readRows, x.readDeleted, x.readRefresh, x.readIDs} {
		if err := step(ctx); err != nil {
			return err
		}
	}
	return x.finishAll()
}

// describe decides what is read, and notes how the object changed. It returns why all
// of it has to be read again.
func (x *extraction) describe(ctx context.Context) (reread string, err error) {
	d, err := x.client.Describe(ctx, x.object)
	if errors.Is(err, client.ErrNotFound) || errors.Is(err, client.ErrInvalidType) {
		return "", errors.Join(&MissingObjectError{Object: x.object}, err)
	}
	if err != nil {
		return "", err
	}
	if x.columns, err = x.org.choose(ctx, x.request, d); err != nil {
		return "", err
	}
	c := x.columns
	if len(c.missing) > 0 {
		if x.strict() {
			return "", &MissingFieldsError{Object: x.object, Fields: c.missing}
		}
		x.warn("expected fields are missing or hidden: %s", strings.Join(c.missing, ", "))
	}
	if len(c.absent) > 0 {
		x.note("fields that mappings read and the org does not show: %s", strings.Join(c.absent, ", "))
	}
	mark := x.request.Mark
	reread = mark.detail(DetailReread)
	if x.request.All {
		reread = "asked for"
	}
	if mark == nil || mark.detail(DetailSchema) == c.schemaHash() {
		return reread, nil
	}
	before, err := x.request.Described(ctx)
	if err != nil {
		return "", fmt.Errorf("the description before: %w", err)
	}
	found := c.drift(before)
	for _, n := range found.notes {
		x.warn("%s", n)
	}
	x.stale = found.refresh
	if was := mark.detail(DetailCursor); was != c.cursor && found.reread == "" {
		found.reread = fmt.Sprintf("its cursor was %q and is %q", was, c.cursor)
	}
	if reread == "" {
		reread = found.reread
	}
	return reread, nil
}

func (x *extraction) strict() bool {
	if s := x.request.Object.Salesforce; s != nil && s.Strict != nil {
		return *s.Strict
	}
	return x.org.cfg.Strict
}

// serverNow is the org's clock by its latest reply.
func (x *extraction) serverNow(ctx context.Context) (time.Time, error) {
	if now, ok := x.client.ServerNow(); ok {
		return now, nil
	}
	return x.client.ServerTime(ctx)
}

// begin fixes the window and opens the journal.
func (x *extraction) begin(now time.Time, reread string) error {
	w := x.org.spans.plan(x.request.Mark, now, reread)
	if reread != "" {
		x.note("all of it is read again: %s", reread)
	}
	h := head{Org: x.org.ID, API: x.client.APIVersion(), Columns: x.columns.digest(), Lower: w.Lower, Upper: w.Upper, Began: x.org.options.Now()}
	if x.request.Mark != nil {
		h.Mark = x.request.Mark.Upper
	}
	var why string
	var err error
	if x.journal, why, err = openJournal(x.request.Dir, h, x.org.options.Now()); err != nil {
		return fmt.Errorf("unfinished pages: %w", err)
	}
	if why != "" {
		x.note("unfinished pages of an earlier run are not used: %s", why)
	}
	x.out.Window = Window{x.journal.head.Lower, x.journal.head.Upper}
	x.out.Resumed = x.journal.resumed
	return nil
}

func (x *extraction) readRows(ctx context.Context) error {
	c := x.columns
	t := task{name: taskRows, object: x.object, columns: c.read, header: c.header, derived: c.derived, cursor: c.cursor, all: true}
	return x.read(ctx, t, x.out.Window)
}
