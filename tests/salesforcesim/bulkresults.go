package salesforcesim

import (
	"encoding/base64"
	"fmt"
	"io"
	"strconv"
	"strings"
)

// pagesAtOnce is how many URLs resultPages gives.
const pagesAtOnce = 5

func plainf(format string, args ...any) string { return fmt.Sprintf(format, args...) }

// locator hides an offset, as Salesforce's locators do.
func (j *job) locator(offset int) string {
	return base64.RawURLEncoding.EncodeToString(fmt.Appendf(nil, "%s:%d", j.id[6:15], offset))
}

// offset reads a locator.
func (j *job) offset(locator string) (int, bool) {
	if locator == "" || locator == "null" {
		return 0, true
	}
	b, err := base64.RawURLEncoding.DecodeString(locator)
	if err != nil {
		return 0, false
	}
	id, number, _ := strings.Cut(string(b), ":")
	n, err := strconv.Atoi(number)
	return n, err == nil && id == j.id[6:15] && n >= 0 && n <= j.result.size()
}

// finished finds a job whose results can be read.
func (c *call) finished() (*job, *reply) {
	j, r := c.findJob()
	switch {
	case r != nil:
		return nil, r
	case j.state == jobFailed || j.state == jobAborted:
		return nil, fail(400, "INVALIDJOBSTATE", "the results of a job in state %s cannot be read", j.state)
	case j.result == nil:
		return nil, fail(412, "JOB_NOT_COMPLETE", "The job is not complete: %s", j.state)
	}
	return j, nil
}

// span reads maxRecords and the locator.
func (c *call) span(j *job) (from, rows int, problem *reply) {
	q := c.request.URL.Query()
	from, ok := j.offset(q.Get("locator"))
	if !ok {
		return 0, 0, fail(400, "INVALID_QUERY_LOCATOR", "Invalid locator: %s", q.Get("locator"))
	}
	rows = c.org.options.BulkPageRows
	if s := q.Get("maxRecords"); s != "" {
		n, err := strconv.Atoi(s)
		if err != nil || n < 1 {
			return 0, 0, fail(400, "INVALID_FIELD", "maxRecords must be a positive number")
		}
		rows = n
	}
	return from, rows, nil
}

// jobResults answers a page of results.
func (c *call) jobResults() *reply {
	o := c.org
	o.world.mu.Lock()
	defer o.world.mu.Unlock()
	j, r := c.finished()
	if r != nil {
		return r
	}
	from, rows, r := c.span(j)
	if r != nil {
		return r
	}
	to := min(j.result.size(), from+rows)
	if c.faulty(ShortPages) && to-from > 1 {
		to = from + (to-from+1)/2
	}
	claimed, written := to-from, to
	if c.faulty(WrongCount) {
		claimed++
	}
	if c.faulty(LostRows) && to > from {
		written--
	}
	next := "null"
	if to < j.result.size() {
		next = j.locator(to)
	}
	answer := newReply(200, "text/csv; charset=UTF-8", func(w io.Writer) error { return j.writeCSV(w, from, written) })
	return answer.set("Sforce-NumberOfRecords", strconv.Itoa(claimed)).set("Sforce-Locator", next)
}

// jobPages answers with the URLs of pages that can be read side by side.
func (c *call) jobPages() *reply {
	o := c.org
	o.world.mu.Lock()
	defer o.world.mu.Unlock()
	if c.version < 58 {
		return notFound()
	}
	j, r := c.finished()
	if r != nil {
		return r
	}
	from, rows, r := c.span(j)
	if r != nil {
		return r
	}
	path := plainf("/services/data/v%d.0/jobs/query/%s/", c.version, j.id)
	pages, at := []any{}, from
	for len(pages) < pagesAtOnce && (at < j.result.size() || at == 0 && len(pages) == 0) {
		pages = append(pages, map[string]string{"resultUrl": plainf("%sresults?locator=%s&maxRecords=%d", path, j.locator(at), rows)})
		at += rows
	}
	answer := map[string]any{"resultPages": pages, "done": at >= j.result.size()}
	if at < j.result.size() {
		answer["nextRecordsUrl"] = plainf("%sresultPages?locator=%s&maxRecords=%d", path, j.locator(at), rows)
	}
	return jsonReply(200, answer)
}

// writeCSV writes the header and rows [from, to).
func (j *job) writeCSV(w io.Writer, from, to int) error {
	b := make([]byte, 0, flushAt+flushAt/4)
	for i, at := range j.plan.leaves {
		if i > 0 {
			b = append(b, j.style.delimiter...)
		}
		b = append(append(append(b, '"'), at.name...), '"')
	}
	b = append(b, j.style.newline...)
	row := j.result.row(j.version)
	for i := from; i < to; i++ {
		j.result.read(i, row.values, row.far)
		for k, at := range j.plan.leaves {
			if k > 0 {
				b = append(b, j.style.delimiter...)
			}
			b = j.style.append(b, at.field, row.value(at))
		}
		b = append(b, j.style.newline...)
		if len(b) > flushAt {
			if _, err := w.Write(b); err != nil {
				return err
			}
			b = b[:0]
		}
	}
	_, err := w.Write(b)
	return err
}
