package client

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
)

// Query is a query by REST.
type Query struct {
	SOQL      string
	All       bool     // queryAll: deleted, merged and archived records too
	Columns   []Column // in the order rows are wanted
	BatchSize int      // records per page asked for, 200 to 2000; 0 = 2000. Pages may be smaller
}

// QueryCursor is where a query stands between two pages. Its zero value is the start.
type QueryCursor struct {
	Next  string `json:"next,omitempty"` // the server's link
	Rows  int64  `json:"rows"`           // that came so far
	Total int64  `json:"total"`          // that the server says there are
	Done  bool   `json:"done"`
}

const largestBatch = 2000

// QueryPage reads one page into the sink and says where the query stands then. A page
// that breaks is read again. When the query is done, as many rows have come as the
// server said: otherwise there is a CountError.
//
// An error that is Restartable means that the cursor cannot be read on: run the query
// again from the last Id of the last finished page.
func (c *Client) QueryPage(ctx context.Context, q Query, at QueryCursor, sink Sink) (QueryCursor, Page, error) {
	if at.Done {
		return at, Page{}, errors.New("salesforce: query: there is no page after the last")
	}
	l, err := newLayout(q.Columns)
	if err != nil {
		return at, Page{}, err
	}
	batch := q.BatchSize
	if batch <= 0 || batch > largestBatch {
		batch = largestBatch
	}
	r := request{
		kind: KindQuery, path: c.queryPath(q.SOQL, q.All),
		header: http.Header{"Sforce-Query-Options": {"batchSize=" + strconv.Itoa(batch)}},
	}
	if at.Next != "" {
		r.kind, r.path, r.cursor = KindQueryMore, at.Next, true
	}
	next, page := at, Page{}
	_, err = c.do(ctx, r, func(_ reply, body io.Reader) error {
		row, err := newRow(l, sink)
		if err != nil {
			return err
		}
		list := &records{list: "records", row: row}
		if err := list.read(body); err != nil {
			return err
		}
		page = row.page
		next, err = advance(at, list, page.Rows)
		return err
	})
	if err != nil {
		return at, Page{}, err
	}
	return next, page, nil
}

// advance checks what a page says of itself against what came, and of the query
// against what came so far. That the server asks to stop is not enough to be done.
func advance(at QueryCursor, list *records, rows int64) (QueryCursor, error) {
	total, known := list.number("totalSize")
	done, said := list.boolean("done")
	if !known || !said {
		return at, fmt.Errorf("%w: it has no totalSize or done", ErrProtocol)
	}
	next := QueryCursor{Next: list.text("nextRecordsUrl"), Rows: at.Rows + rows, Total: total, Done: done}
	short := &CountError{What: "totalSize of the query", Want: total, Got: next.Rows}
	switch {
	case next.Rows > total:
		return at, short
	case done && next.Rows != total:
		return at, short
	case done:
		next.Next = ""
		return next, nil
	case next.Next == "":
		return at, fmt.Errorf("%w: the query is not done, but there is no link to more", ErrProtocol)
	case next.Next == at.Next || rows == 0:
		return at, fmt.Errorf("%w: the query does not get on", ErrProtocol)
	}
	return next, nil
}
