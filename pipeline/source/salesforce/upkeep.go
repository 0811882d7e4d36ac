package salesforce

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"time"

	"github.com/customer360/pipeline/pipeline/source"
	"github.com/customer360/pipeline/pipeline/source/salesforce/client"
)

// deletedHeader names what getDeleted gives.
var deletedHeader = []string{"id", "deleted_at"}

// readDeleted asks for deletions since the last time: records that left the recycle bin
// are in no query any more. Their log is short; what it no longer knows, the
// reconciliation finds.
func (x *extraction) readDeleted(ctx context.Context) error {
	mark := x.request.Mark
	if mark == nil || x.columns.cursor == "" || !x.info.Replicateable || strings.EqualFold(x.object, "CurrencyType") {
		return nil
	}
	until := x.out.Window.Upper.Add(x.org.spans.lag)
	from := mark.at(DetailDeleted).Add(-x.org.spans.overlap)
	earliest := until.AddDate(0, 0, -deletedDays)
	gap := from.Before(earliest)
	if gap {
		from = earliest
	}
	if len(x.journal.task(taskDeleted)) == 0 {
		if until.Sub(from) <= minWindow {
			return nil
		}
		if _, err := x.journal.add(taskDeleted, state{Window: Window{from, until}, Transport: "getDeleted", Gap: gap}); err != nil {
			return err
		}
	}
	for {
		p := x.next(taskDeleted)
		if p == nil {
			return nil
		}
		if err := x.listDeleted(ctx, p); err != nil {
			return err
		}
	}
}

// listDeleted asks for the deletions of one window.
func (x *extraction) listDeleted(ctx context.Context, p *part) (err error) {
	if err := x.journal.drop(p); err != nil { // it is one call: begun is not done
		return err
	}
	w, err := newPageWriter(x.journal.dir, p, deletedHeader, nil, nil)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, w.close()) }()
	found, err := x.client.Deleted(ctx, x.object, p.state.Lower, p.state.Upper, w)
	switch {
	case errors.Is(err, client.ErrTooManyIDs):
		older, newer, ok := p.state.halve(p.state.Lower, p.state.Upper)
		if !ok || p.state.Level >= maxHalvings {
			return &WindowError{Object: x.object, Window: p.state.Window, Err: err}
		}
		was := p.state
		if err := x.journal.remove(p); err != nil {
			return err
		}
		for _, half := range []Window{older, newer} {
			if _, err := x.journal.add(taskDeleted, state{Window: half, Level: was.Level + 1, Transport: was.Transport, Gap: was.Gap}); err != nil {
				return err
			}
		}
		return nil
	case errors.Is(err, client.ErrDeletedWindow):
		x.note("the org lists no deletions for %s: all ids are compared instead", p.state.Window)
		p.state.Done, p.state.Gap = true, true
		return x.kept(p, nil)
	case err != nil:
		return err
	}
	done, err := w.finish()
	if err != nil {
		return err
	}
	if !found.EarliestAvailable.IsZero() && found.EarliestAvailable.After(p.state.Lower) {
		p.state.Gap = true
	}
	if covered := found.LatestCovered; !covered.IsZero() && covered.Before(p.state.Upper) && covered.After(p.state.Lower) {
		p.state.Upper = covered
	}
	p.state.Done = true
	return x.kept(p, done)
}

// due tells whether so much time has passed since an instant.
func (x *extraction) due(detail string, every time.Duration) bool {
	return x.out.Window.Upper.Sub(x.request.Mark.at(detail)) >= every
}

// readRefresh reads again what goes stale, of all records.
func (x *extraction) readRefresh(ctx context.Context) error {
	c := x.columns
	if c.refresh == nil || x.request.Mark == nil || !x.stale && !x.due(DetailRefreshed, x.org.spans.refresh) {
		return nil
	}
	t := task{name: taskRefresh, object: x.object, columns: c.refresh, cursor: c.cursor, all: true}
	for _, col := range c.refresh {
		t.header = append(t.header, col.Name)
	}
	return x.read(ctx, t, Window{})
}

// readIDs reads the ids of all records, to find those that were deleted without a trace.
func (x *extraction) readIDs(ctx context.Context) error {
	c := x.columns
	if x.request.Mark == nil || c.cursor == "" {
		return nil
	}
	gap := false
	for _, p := range x.journal.task(taskDeleted) {
		gap = gap || p.state.Gap
	}
	if !gap && !x.due(DetailReconciled, x.org.spans.reconcile) {
		return nil
	}
	t := task{name: taskIDs, object: x.object, cursor: c.cursor, all: true}
	for _, name := range []string{"Id", "IsDeleted", c.cursor} {
		if at := c.at(name); at >= 0 {
			t.columns, t.header = append(t.columns, c.read[at]), append(t.header, c.read[at].Name)
		}
	}
	return x.read(ctx, t, Window{})
}

// finishAll hands over what was read, and what is to be remembered.
func (x *extraction) finishAll() (err error) {
	out, c, upper := &x.out, x.columns, x.out.Window.Upper
	out.Cursor, out.Unhashed = c.cursor, c.unhashed()
	if out.Rows, err = x.journal.batches(taskRows, x.object, c.header); err != nil {
		return err
	}
	if out.Deleted, err = x.journal.batches(taskDeleted, x.object, deletedHeader); err != nil {
		return err
	}
	refreshHeader := make([]string, len(c.refresh))
	for i, col := range c.refresh {
		refreshHeader[i] = col.Name
	}
	if out.Refresh, err = x.journal.batches(taskRefresh, x.object, refreshHeader); err != nil {
		return err
	}
	if err := x.handOverIDs(); err != nil {
		return err
	}
	rows := x.journal.task(taskRows)
	out.Windows = len(rows)
	details := map[string]string{DetailOrg: x.org.ID, DetailCursor: c.cursor, DetailSchema: c.schemaHash(),
		DetailTransport: rows[0].state.Transport, DetailReason: rows[0].state.Reason,
		DetailDeleted: x.until(taskDeleted, DetailDeleted), DetailRefreshed: x.until(taskRefresh, DetailRefreshed), DetailReconciled: x.until(taskIDs, DetailReconciled)}
	if details[DetailFirst] = x.request.Mark.detail(DetailFirst); details[DetailFirst] == "" {
		details[DetailFirst] = upper.UTC().Format(time.RFC3339Nano)
	}
	out.Mark = Mark{Upper: upper, Details: details}
	if x.request.Mark.detail(DetailSchema) != details[DetailSchema] {
		if out.Describe, err = x.describeBatch(); err != nil {
			return err
		}
	}
	if x.misfits > 0 {
		x.warn("%d values do not fit the type they are described with; they are kept as received", x.misfits)
	}
	return nil
}

// handOverIDs takes all ids from the reconciliation, or from reading the object as a whole.
func (x *extraction) handOverIDs() (err error) {
	out, c := &x.out, x.columns
	if c.cursor == "" {
		out.Compared, out.Snapshot, out.IDs = x.request.Mark != nil, true, out.Rows
		return nil
	}
	var header []string
	for _, name := range []string{"Id", "IsDeleted", c.cursor} {
		if at := c.at(name); at >= 0 {
			header = append(header, c.read[at].Name)
		}
	}
	if out.IDs, err = x.journal.batches(taskIDs, x.object, header); err != nil {
		return err
	}
	out.Compared = len(x.journal.task(taskIDs)) > 0
	if out.Compared {
		out.Settled = out.Window.Upper.Add(-x.org.spans.overlap)
	}
	return nil
}

// until is the instant that is remembered of a task: that of this run if it was done, or
// if this is the first, else what it was.
func (x *extraction) until(task, detail string) string {
	at := x.out.Window.Upper
	if parts := x.journal.task(task); task == taskDeleted && len(parts) > 0 {
		at = parts[len(parts)-1].state.Upper
	} else if len(parts) == 0 && x.request.Mark != nil {
		return x.request.Mark.detail(detail)
	}
	return at.UTC().Format(time.RFC3339Nano)
}

// describeBatch writes the description for bronze.
func (x *extraction) describeBatch() (*source.Batch, error) {
	p, err := x.journal.add("describe", state{Window: x.out.Window, Transport: "describe"})
	if err != nil {
		return nil, err
	}
	w, err := newPageWriter(x.journal.dir, p, DescribeColumns, nil, nil)
	if err != nil {
		return nil, err
	}
	hash := x.columns.schemaHash()
	err = w.Begin()
	for _, f := range x.columns.fields {
		row := append(append([]string{client.DateTime(x.out.Window.Upper)}, f.describe()...), hash, x.client.APIVersion(), x.org.ID)
		values := make([][]byte, len(row))
		for i, v := range row {
			values[i] = []byte(v)
		}
		err = errors.Join(err, w.Row(values))
	}
	done, finishErr := w.finish()
	if err = errors.Join(err, finishErr, w.close()); err != nil {
		return nil, err
	}
	p.state.Done = true
	if err := x.journal.note(p, done); err != nil {
		return nil, err
	}
	all, err := x.journal.batches("describe", x.object, DescribeColumns)
	if err != nil || len(all) == 0 {
		return nil, err
	}
	return &all[len(all)-1], nil
}

// batchName says of a batch's rows what they are: bronze keeps it as _source_file.
func batchName(object string, p *part, n int) string {
	return fmt.Sprintf("%04d %s %s %s by %s", n+1, object, p.task, p.state.Window, p.state.Transport)
}

// Dir is the resume directory of an object below a lake's.
func Dir(root, source, object string) string {
	return filepath.Join(root, source, strings.ToLower(object))
}
