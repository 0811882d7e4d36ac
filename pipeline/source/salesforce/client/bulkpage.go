package client

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
)

// BulkCursor is where a download stands between two pages. Its zero value is the
// start. Kept beside durable pages, it lets another run go on: a locator stays good
// while its job exists.
type BulkCursor struct {
	Locator string `json:"locator,omitempty"`
	Rows    int64  `json:"rows"`  // that came so far
	Pages   int    `json:"pages"` // that came so far
	Done    bool   `json:"done"`
}

const bulkPageRecords = 25000

// BulkPage reads one page of a complete job into the sink and says where the download
// stands then. maxRecords of 0 is 25,000. A page that breaks, or does not have as many
// records as its header says, is read again. When the download is done, as many records
// have come as the job has.
func (c *Client) BulkPage(ctx context.Context, job BulkJob, columns []Column, at BulkCursor, maxRecords int, sink Sink) (BulkCursor, Page, error) {
	if at.Done {
		return at, Page{}, errors.New("salesforce: bulk query: there is no page after the last")
	}
	l, err := newLayout(columns)
	if err != nil {
		return at, Page{}, err
	}
	if maxRecords <= 0 {
		maxRecords = bulkPageRecords
	}
	path := c.jobPath(job.ID) + "/results?maxRecords=" + strconv.Itoa(maxRecords)
	if at.Locator != "" {
		path += "&locator=" + url.QueryEscape(at.Locator)
	}
	r := request{kind: KindBulkPage, path: path, header: http.Header{"Accept": {"text/csv"}}}
	next, page := at, Page{}
	_, err = c.do(ctx, r, func(got reply, body io.Reader) error {
		row, err := newRow(l, sink)
		if err != nil {
			return err
		}
		if err := readCSV(row, body, nothingExpected(got, job)); err != nil {
			return err
		}
		page = row.page
		next, err = advanceBulk(job, at, got, page.Rows)
		return err
	})
	if err != nil {
		return at, Page{}, err
	}
	return next, page, nil
}

// nothingExpected says that a body without even a header row is whole.
func nothingExpected(got reply, job BulkJob) bool {
	if n, known := recordsSaid(got); known {
		return n == 0
	}
	n, known := job.Records()
	return known && n == 0
}

// readCSV reads the records of one page.
func readCSV(r *row, body io.Reader, mayBeEmpty bool) error {
	s := newCSVScanner(body)
	header, err := s.next()
	switch {
	case errors.Is(err, io.EOF) && mayBeEmpty:
		return nil
	case errors.Is(err, io.EOF):
		return fmt.Errorf("%w: there is no header row", ErrTruncated)
	case err != nil:
		return err
	}
	order, err := r.order(header)
	if err != nil {
		return err
	}
	for {
		fields, err := s.next()
		if errors.Is(err, io.EOF) {
			r.page.Bytes = s.read
			return nil
		}
		if err != nil {
			return err
		}
		if len(fields) != len(order) {
			return fmt.Errorf("%w: record %d has %d fields instead of %d", ErrProtocol, r.page.Rows+1, len(fields), len(order))
		}
		r.begin()
		for i, column := range order {
			if column >= 0 {
				r.put(column, fields[i])
			}
		}
		if err := r.end(); err != nil {
			return err
		}
	}
}

// order says which column each field of the header is; -1 = one that is not wanted.
// Every column must be there: a page that begins with a record instead of a header is
// refused here, and loses nothing.
func (l *layout) order(header [][]byte) ([]int, error) {
	header[0] = bytes.TrimPrefix(header[0], []byte("\ufeff"))
	order := make([]int, len(header))
	found := make([]bool, len(l.columns))
	for i, name := range header {
		order[i] = -1
		column, ok := l.column(string(name))
		if !ok {
			continue
		}
		if found[column] {
			return nil, fmt.Errorf("%w: the header has %s twice", ErrProtocol, l.columns[column].Name)
		}
		found[column], order[i] = true, column
	}
	for i, ok := range found {
		if !ok {
			return nil, fmt.Errorf("%w: the header lacks %s", ErrProtocol, l.columns[i].Name)
		}
	}
	return order, nil
}

// recordsSaid reads the page's count. A header that is absent says nothing; it does
// not say none.
func recordsSaid(got reply) (int64, bool) {
	n, err := strconv.ParseInt(strings.TrimSpace(got.Header.Get("Sforce-NumberOfRecords")), 10, 64)
	return n, err == nil && n >= 0
}

// advanceBulk checks a page against its header, and the download against its job.
func advanceBulk(job BulkJob, at BulkCursor, got reply, rows int64) (BulkCursor, error) {
	if said, known := recordsSaid(got); known && said != rows {
		return at, &CountError{What: "Sforce-NumberOfRecords of the page", Want: said, Got: rows}
	}
	total, known := job.Records()
	next := BulkCursor{Locator: strings.TrimSpace(got.Header.Get("Sforce-Locator")), Rows: at.Rows + rows, Pages: at.Pages + 1}
	switch {
	case strings.EqualFold(next.Locator, "null"):
		next.Done = true
	case next.Locator == "":
		// A proxy may have taken the header off. The job's own count tells the end.
		if next.Done = known && next.Rows == total; !next.Done {
			return at, fmt.Errorf("%w: there is no Sforce-Locator", ErrProtocol)
		}
	case next.Locator == at.Locator || rows == 0:
		return at, fmt.Errorf("%w: the download does not get on", ErrProtocol)
	}
	if known && (next.Rows > total || next.Done && next.Rows != total) {
		return at, &CountError{What: "numberRecordsProcessed of the job", Want: total, Got: next.Rows}
	}
	if next.Done {
		next.Locator = ""
	}
	return next, nil
}
