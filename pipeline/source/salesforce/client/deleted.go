package client

import (
	"context"
	"fmt"
	"io"
	"net/url"
	"time"
)

// DeletedWindow is what a list of deleted records covers.
type DeletedWindow struct {
	EarliestAvailable time.Time // the log begins here; deletions before are not known
	LatestCovered     time.Time
	Records           int64
}

// Bounds of getDeleted. The server keeps 15 days and wants more than a minute.
const (
	deletedDays     = 14 * 24 * time.Hour
	deletedGrace    = time.Hour
	shortestDeleted = time.Minute
)

// Deleted lists the records of an object deleted in [start, end): rows of Id and the
// instant of deletion. The server ignores seconds, so both bounds are cut to the minute
// here; the next window should start at LatestCovered. ErrTooManyIDs: halve the window.
func (c *Client) Deleted(ctx context.Context, object string, start, end time.Time, sink Sink) (DeletedWindow, error) {
	start, end = start.UTC().Truncate(time.Minute), end.UTC().Truncate(time.Minute)
	if err := c.checkDeleted(object, start, end); err != nil {
		return DeletedWindow{}, err
	}
	l, err := newLayout([]Column{{Name: "id", Type: "id"}, {Name: "deletedDate", Type: "datetime"}})
	if err != nil {
		return DeletedWindow{}, err
	}
	const form = "2006-01-02T15:04:05+00:00"
	path := fmt.Sprintf("sobjects/%s/deleted/?start=%s&end=%s", object, url.QueryEscape(start.Format(form)), url.QueryEscape(end.Format(form)))
	var window DeletedWindow
	_, err = c.do(ctx, request{kind: KindDeleted, path: c.path(path)}, func(_ reply, body io.Reader) error {
		row, err := newRow(l, sink)
		if err != nil {
			return err
		}
		list := &records{list: "deletedRecords", row: row}
		if err := list.read(body); err != nil {
			return err
		}
		window, err = deletedWindow(list, row.page.Rows)
		return err
	})
	return window, err
}

func (c *Client) checkDeleted(object string, start, end time.Time) error {
	now, known := c.ServerNow()
	if !known {
		now = c.cfg.Now()
	}
	switch {
	case !ValidName(object):
		return fmt.Errorf("salesforce: getDeleted: %q is not an object's name", object)
	case end.Sub(start) <= shortestDeleted:
		return fmt.Errorf("salesforce: getDeleted %s: %w: it must be longer than a minute", object, ErrDeletedWindow)
	case now.Sub(start) > deletedDays+deletedGrace:
		return fmt.Errorf("salesforce: getDeleted %s: %w: it begins more than 14 days ago", object, ErrDeletedWindow)
	}
	return nil
}

func deletedWindow(list *records, rows int64) (DeletedWindow, error) {
	earliest, err1 := parseInstant(list.text("earliestDateAvailable"))
	latest, err2 := parseInstant(list.text("latestDateCovered"))
	if err1 != nil || err2 != nil {
		return DeletedWindow{}, fmt.Errorf("%w: it does not say what it covers", ErrProtocol)
	}
	return DeletedWindow{EarliestAvailable: earliest, LatestCovered: latest, Records: rows}, nil
}

// parseInstant reads an instant in any of the API's forms.
func parseInstant(text string) (time.Time, error) {
	canonical, fits := Canonical("datetime", text)
	if !fits || canonical == "" {
		return time.Time{}, fmt.Errorf("%w: %q is no instant", ErrProtocol, text)
	}
	return time.Parse("2006-01-02T15:04:05.000Z", canonical)
}
