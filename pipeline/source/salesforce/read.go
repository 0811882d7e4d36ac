package salesforce

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/customer360/pipeline/pipeline/source/salesforce/client"
)

// The tasks of an object's run, as the journal names them.
const (
	taskRows    = "rows"
	taskDeleted = "deleted"
	taskRefresh = "refresh"
	taskIDs     = "ids"
)

// How often a window is tried anew after what may pass.
const (
	maxRestarts = 5 // REST, without a page in between
	maxFresh    = 3 // in fresh staging
)

// task is one thing that is read of an object, in one window or several.
type task struct {
	name    string
	object  string
	columns []client.Column
	header  []string
	derived []derived
	cursor  string // what windows are made of; "" = it is read as a whole
	all     bool   // with deleted and archived records
}

func (t task) where(w Window) []string { return w.where(t.cursor) }

// query is the task's query for a window; after gives the Id behind which it goes on.
func (t task) query(w Window, after string) string {
	s := client.Select{Object: t.object, Where: t.where(w)}
	for _, c := range t.columns {
		s.Fields = append(s.Fields, c.Name)
	}
	if after != "" {
		s.Where = append(s.Where, "Id > "+client.Quote(after))
	}
	return s.String()
}

// ordered is the query by REST: in the order of Ids, so that it can go on anywhere.
func (t task) ordered(w Window, after string) string { return t.query(w, after) + " ORDER BY Id" }

// read brings a task to its end, going on with what an earlier run left.
func (x *extraction) read(ctx context.Context, t task, w Window) error {
	if err := x.obey(x.journal.task(t.name)); err != nil {
		return err
	}
	if len(x.journal.task(t.name)) == 0 {
		c, err := x.transport(ctx, t, w)
		if err != nil {
			return err
		}
		if _, err := x.journal.add(t.name, state{Window: w, Transport: c.transport, Reason: c.reason, Forced: c.forced}); err != nil {
			return err
		}
	}
	for {
		p := x.next(t.name)
		if p == nil {
			return nil
		}
		if err := x.readPart(ctx, t, p); err != nil {
			return err
		}
	}
}

// next is the oldest window of a task that is not done.
func (x *extraction) next(name string) *part {
	for _, p := range x.journal.task(name) {
		if !p.state.Done {
			return p
		}
	}
	return nil
}

// readPart reads one window, restarts it where that helps, and otherwise halves it.
func (x *extraction) readPart(ctx context.Context, t task, p *part) error {
	for fresh := 1; ; fresh++ {
		var err error
		if p.state.Transport == bulk {
			err = x.readBulk(ctx, t, p)
		} else {
			err = x.readREST(ctx, t, p)
		}
		if err == nil {
			p.state.Done = true
			return x.kept(p, nil)
		}
		next, err := x.respond(ctx, t, p, err, fresh)
		if err != nil || next {
			return err
		}
	}
}

// respond decides what to do about a window that could not be read: try it anew, which
// it has prepared; leave it, because others have taken its place (next); or give up.
func (x *extraction) respond(ctx context.Context, t task, p *part, err error, fresh int) (next bool, _ error) {
	var count *client.CountError
	switch {
	case stops(err) || errors.Is(err, client.ErrNoPermission):
		return false, err
	case errors.Is(err, client.ErrInvalidField):
		return false, fmt.Errorf("%w: %w", errDescribeAgain, err)
	case errors.Is(err, client.ErrBulkUnsupported) && p.state.Transport == bulk:
		if p.state.Forced || !x.client.FitsREST(t.ordered(p.state.Window, ""), t.all) {
			return false, err
		}
		x.noBulk = "Bulk does not support the object"
		return false, x.switchTo(p, rest, x.noBulk)
	case errors.Is(err, client.ErrQueryTooLong) && p.state.Transport == rest && !p.state.Forced:
		return false, x.switchTo(p, bulk, "its query does not fit a URL")
	case errors.Is(err, client.ErrQueryTimeout), errors.Is(err, client.ErrJobFailed), errors.Is(err, client.ErrJobDeadline):
		if changed, again := x.fieldsChanged(ctx); again != nil || changed {
			return false, errors.Join(again, map[bool]error{true: errDescribeAgain}[changed])
		}
		return x.smaller(ctx, t, p, err, fresh)
	case errors.Is(err, client.ErrJobGone), errors.As(err, &count), errors.Is(err, client.ErrTruncated), errors.Is(err, client.ErrProtocol):
		if fresh >= maxFresh {
			return false, err
		}
		x.note("%s: window %s is read again: %v", t.name, p.state.Window, err)
		return false, x.discard(p)
	}
	return false, err
}

// switchTo restarts a window by another transport, in fresh staging.
func (x *extraction) switchTo(p *part, transport, reason string) error {
	p.state.Transport, p.state.Reason = transport, reason
	return x.discard(p)
}

// discard voids what was read of a window.
func (x *extraction) discard(p *part) error {
	x.drop = append(x.drop, p.state.Job)
	return x.journal.drop(p)
}

// fieldsChanged asks whether a query failed because its object is no longer what it was:
// a job says so only in words.
func (x *extraction) fieldsChanged(ctx context.Context) (bool, error) {
	x.client.Forget(x.object)
	d, err := x.client.Describe(ctx, x.object)
	if err != nil {
		return false, err
	}
	c, err := x.org.choose(ctx, x.request, d)
	if err != nil {
		return false, err
	}
	return c.digest() != x.columns.digest(), nil
}

// smaller replaces a window that takes too long by its two halves. What has no cursor,
// or is too small, is tried anew, and a job's window by REST in the end.
func (x *extraction) smaller(ctx context.Context, t task, p *part, cause error, fresh int) (next bool, _ error) {
	if t.cursor != "" && p.state.Level < maxHalvings {
		oldest := x.oldest(ctx, t)
		if older, newer, ok := p.state.halve(oldest, x.journal.head.Upper); ok {
			x.note("%s: window %s is halved: %v", t.name, p.state.Window, cause)
			was := p.state
			x.drop = append(x.drop, was.Job)
			if err := x.journal.remove(p); err != nil {
				return false, err
			}
			for _, w := range []Window{older, newer} {
				if _, err := x.journal.add(t.name, state{Window: w, Level: was.Level + 1, Transport: was.Transport, Reason: was.Reason, Forced: was.Forced}); err != nil {
					return false, err
				}
			}
			return true, nil
		}
	}
	switch {
	case fresh < maxFresh:
		return false, x.discard(p)
	case p.state.Transport == bulk && !p.state.Forced && x.client.FitsREST(t.ordered(p.state.Window, ""), t.all) && fresh < 2*maxFresh:
		return false, x.switchTo(p, rest, "its job fails")
	}
	return false, &WindowError{Object: x.object, Window: p.state.Window, Err: cause}
}

// oldest is the stamp of the first record: where halving begins.
func (x *extraction) oldest(ctx context.Context, t task) time.Time {
	if x.first.IsZero() {
		x.first = beginning
		var found firstValue
		columns := []client.Column{{Name: t.cursor, Type: "datetime"}}
		soql := client.Select{Object: t.object, Fields: []string{t.cursor}, OrderBy: []string{t.cursor}, Limit: 1}.String()
		_, _, err := x.client.QueryPage(ctx, client.Query{SOQL: soql, All: true, Columns: columns}, client.QueryCursor{}, &found)
		if at, parseErr := time.Parse(time.RFC3339, string(found)); err == nil && parseErr == nil {
			x.first = at
		}
	}
	return x.first
}

// firstValue is a sink that keeps one value.
type firstValue []byte

// Begin implements client.Sink.
func (f *firstValue) Begin() error { *f = nil; return nil }

// Row implements client.Sink.
func (f *firstValue) Row(values [][]byte) error {
	*f = append((*f)[:0], values[0]...)
	return nil
}

// kept notes a window's state, with a page that is durable.
func (x *extraction) kept(p *part, finished *page) error {
	if err := x.journal.note(p, finished); err != nil {
		return err
	}
	return x.org.options.Kept(x.object)
}

// readREST reads a window page by page. When the cursor is lost, the query begins again
// behind the last Id of the last finished page.
func (x *extraction) readREST(ctx context.Context, t task, p *part) (err error) {
	w, err := newPageWriter(x.journal.dir, p, t.header, t.derived, x.org.prefixes)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, w.close()) }()
	for tries := 1; ; tries++ {
		before := len(p.pages)
		err := x.query(ctx, t, p, w)
		if err == nil {
			break
		}
		var count *client.CountError // then a row of a finished page may be missing
		if len(p.pages) > before {
			tries = 0
		}
		if !client.Restartable(err) || errors.As(err, &count) || tries >= maxRestarts {
			return err
		}
	}
	if got := p.rows(); got < p.state.Total {
		return &client.CountError{What: "totalSize of the window's first query", Want: p.state.Total, Got: got}
	}
	return nil
}

// query runs one query to its end. What the first one of a window says there is holds
// for all that go on from it: fewer rows would mean that a page was not whole.
func (x *extraction) query(ctx context.Context, t task, p *part, w *pageWriter) error {
	q := client.Query{SOQL: t.ordered(p.state.Window, p.state.LastID), All: t.all, Columns: t.columns}
	first := p.state.LastID == ""
	for at := (client.QueryCursor{}); !at.Done; {
		next, got, err := x.client.QueryPage(ctx, q, at, w)
		if err != nil {
			return err
		}
		at = next
		if first {
			p.state.Total = at.Total
		}
		if err := x.finish(p, w, got); err != nil {
			return err
		}
	}
	return nil
}

// finish makes a page durable, then says so in the journal.
func (x *extraction) finish(p *part, w *pageWriter, got client.Page) error {
	done, err := w.finish()
	if err != nil || done == nil {
		return err
	}
	for _, n := range got.Misfits {
		x.misfits += n
	}
	p.state.LastID = string(w.lastID)
	return x.kept(p, done)
}

// readBulk reads a window by a job: the one an earlier run left, if it still is there.
func (x *extraction) readBulk(ctx context.Context, t task, p *part) (err error) {
	var job client.BulkJob
	if p.state.Job != "" {
		job, err = x.client.BulkWait(ctx, p.state.Job, x.org.spans.deadline)
		if ended := jobEnded(err); err != nil && !ended {
			return err
		} else if ended { // a run that was interrupted has aborted it
			if err := x.journal.drop(p); err != nil {
				return err
			}
		}
	}
	if p.state.Job == "" {
		if job, err = x.client.BulkCreate(ctx, client.BulkQuery{SOQL: t.query(p.state.Window, ""), All: t.all}); err != nil {
			return err
		}
		p.state.Job = job.ID
		if err := x.kept(p, nil); err != nil {
			return err
		}
		if job, err = x.client.BulkWait(ctx, p.state.Job, x.org.spans.deadline); err != nil {
			return err
		}
	}
	w, err := newPageWriter(x.journal.dir, p, t.header, t.derived, x.org.prefixes)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, w.close()) }()
	for !p.state.Cursor.Done {
		next, got, err := x.client.BulkPage(ctx, job, t.columns, p.state.Cursor, x.org.options.BulkRows, w)
		if err != nil {
			return err
		}
		p.state.Cursor = next
		if err := x.finish(p, w, got); err != nil {
			return err
		}
	}
	x.drop = append(x.drop, p.state.Job)
	return nil
}

// jobEnded tells that a job cannot give its result any more.
func jobEnded(err error) bool {
	return errors.Is(err, client.ErrJobFailed) || errors.Is(err, client.ErrJobGone) || errors.Is(err, client.ErrVersionRetired) || errors.Is(err, client.ErrNotFound)
}

// dropJobs deletes jobs that are no longer needed. Where that fails, the org does so
// after seven days.
func (x *extraction) dropJobs(ctx context.Context) {
	for _, id := range x.drop {
		if id != "" && ctx.Err() == nil {
			_ = x.client.BulkDelete(ctx, id)
		}
	}
	x.drop = nil
}
