package client

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"testing/iotest"
	"time"

	"pgregory.net/rapid"
)

// csvAnswer is a page of results; rows < 0 leaves the count out, locator "" leaves the
// locator out.
func csvAnswer(rows int, locator, body string) answer {
	a := answer{header: map[string]string{"Content-Type": "text/csv; charset=UTF-8"}, body: body}
	if rows >= 0 {
		a.header["Sforce-NumberOfRecords"] = strconv.Itoa(rows)
	}
	if locator != "" {
		a.header["Sforce-Locator"] = locator
	}
	return a
}

func jobAnswer(state string, more string) answer {
	return jsonAnswer(fmt.Sprintf(`{"id":"750000000000001AAA","operation":"queryAll","object":"Account","state":%q,"apiVersion":64.0%s}`, state, more))
}

func jobOf(records int64) BulkJob {
	j := BulkJob{ID: "750000000000001AAA", State: JobComplete}
	if records >= 0 {
		j.Processed = &records
	}
	return j
}

// download reads a job to its end from a cursor.
func download(c *Client, job BulkJob, at BulkCursor) (rows []string, last BulkCursor, err error) {
	for !at.Done {
		var sink kept
		if at, _, err = c.BulkPage(context.Background(), job, idColumn, at, 2, &sink); err != nil {
			return rows, at, err
		}
		rows = append(rows, sink.rows...)
	}
	return rows, at, nil
}

func TestBulkPages(t *testing.T) {
	const header = "\"Id\"\n"
	one := csvAnswer(2, "MTAw", header+"\"a\"\n\"b\"\n")
	two := csvAnswer(1, "null", header+"\"c\"\n")
	hangUp, cut, trailer := one, one, one
	hangUp.hangUp = true
	cut.gzip = 30
	trailer.gzip = len(zipped(one.body)) - 2
	never := func(a answer) []answer { return []answer{a, a, a, a, a, a} }
	cases := []struct {
		name    string
		records int64 // of the job; -1 = not said
		script  []answer
		rows    string
		want    error
		count   bool
	}{
		{name: "two pages", records: 3, script: []answer{one, two}, rows: "a b c"},
		{name: "no count of the job", records: -1, script: []answer{one, two}, rows: "a b c"},
		{name: "bare fields, CRLF and a BOM", records: 3, script: []answer{csvAnswer(3, "null", "\ufeffid\r\na\r\nb\r\nc\r\n")}, rows: "a b c"},
		{name: "no line ending at the end", records: 1, script: []answer{csvAnswer(1, "null", "Id\na")}, rows: "a"},
		{name: "none", records: 0, script: []answer{csvAnswer(0, "null", header)}},
		{name: "none, not even a header", records: 0, script: []answer{csvAnswer(0, "null", "")}},
		{name: "null quoted and bare", records: 2, script: []answer{csvAnswer(2, "null", "Id\n\"\"\n\n")}, rows: " "},
		{name: "connection breaks", records: 3, script: []answer{hangUp, one, two}, rows: "a b c"},
		{name: "truncated gzip", records: 3, script: []answer{cut, one, two}, rows: "a b c"},
		{name: "gzip without its end", records: 3, script: []answer{trailer, one, two}, rows: "a b c"},
		{name: "cut within a quote", records: 3, script: []answer{csvAnswer(2, "MTAw", header+"\"a\"\n\"b"), one, two}, rows: "a b c"},
		{name: "html instead", records: 3, script: []answer{html(200), one, two}, rows: "a b c"},
		{name: "401 in mid-download", records: 3, script: []answer{one, apiError(401, "INVALID_SESSION_ID", "x"), two}, rows: "a b c"},
		// Pitfall: a proxy strips the headers and a full result looks empty.
		{name: "no NumberOfRecords", records: 3, script: []answer{csvAnswer(-1, "MTAw", one.body), csvAnswer(-1, "null", two.body)}, rows: "a b c"},
		{name: "no locator, but the job's count says it is the end", records: 3, script: []answer{one, csvAnswer(-1, "", two.body)}, rows: "a b c"},
		{name: "no locator before the end", records: 3, script: never(csvAnswer(2, "", one.body)), want: ErrProtocol},
		{name: "no locator and no count", records: -1, script: never(csvAnswer(2, "", one.body)), want: ErrProtocol},
		{name: "no headers and no body", records: 3, script: never(csvAnswer(-1, "null", "")), want: ErrTruncated},
		{name: "fewer than the page's count", records: 3, script: append([]answer{one}, never(csvAnswer(2, "null", two.body))...), rows: "a b", count: true},
		{name: "fewer than the job's count", records: 4, script: append([]answer{one}, never(two)...), rows: "a b", count: true},
		{name: "more than the job's count", records: 1, script: never(one), count: true},
		{name: "a lost row comes at the second try", records: 3, script: []answer{csvAnswer(2, "MTAw", header+"\"a\"\n"), one, two}, rows: "a b c"},
		{name: "endless locator", records: 9, script: append([]answer{one}, never(one)...), rows: "a b", want: ErrProtocol},
		{name: "no header row", records: 1, script: never(csvAnswer(1, "null", "\"a\"\n")), want: ErrProtocol},
		{name: "ragged", records: 1, script: never(csvAnswer(1, "null", "Id\na,b\n")), want: ErrProtocol},
		{name: "not complete", records: 3, script: []answer{apiError(412, "JOB_NOT_COMPLETE", "not yet")}, want: ErrJobNotComplete},
		{name: "not complete, newer", records: 3, script: []answer{apiError(400, "INVALIDJOBSTATE", "not yet")}, want: ErrJobNotComplete},
		{name: "another version's job", records: 3, script: []answer{apiError(409, "INVALID", "version")}, want: ErrVersionRetired},
		{name: "gone", records: 3, script: []answer{one, apiError(404, "NOT_FOUND", "no")}, rows: "a b", want: ErrJobGone},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			s := newServer(t, c.script...)
			rows, last, err := download(s.client(), jobOf(c.records), BulkCursor{})
			s.done()
			var count *CountError
			switch {
			case strings.Join(rows, " ") != c.rows:
				t.Errorf("rows %q, not %q", rows, c.rows)
			case (err != nil) != (c.want != nil || c.count), c.want != nil && !errors.Is(err, c.want), c.count && !errors.As(err, &count):
				t.Errorf("error %v", err)
			case int64(len(rows)) != last.Rows:
				t.Errorf("the cursor has %d rows", last.Rows)
			}
		})
	}
}

// A download goes on from a kept cursor: the finished page is not asked for again.
func TestBulkResumes(t *testing.T) {
	s := newServer(t, csvAnswer(1, "null", "Id\nc\n"))
	rows, last, err := download(s.client(), jobOf(3), BulkCursor{Locator: "MTAw", Rows: 2, Pages: 1})
	if err != nil || strings.Join(rows, " ") != "c" || last.Rows != 3 || last.Pages != 2 {
		t.Errorf("%v %+v %v", rows, last, err)
	}
	if want := "/services/data/v64.0/jobs/query/750000000000001AAA/results?maxRecords=2&locator=MTAw"; s.uri(0) != want {
		t.Errorf("asked for %s", s.uri(0))
	}
}

func TestBulkJob(t *testing.T) {
	ctx := context.Background()
	s := newServer(t, jobAnswer(JobUploadComplete, ""), jobAnswer(JobUploadComplete, ""), jobAnswer(JobInProgress, ""),
		html(503), jobAnswer(JobComplete, `,"numberRecordsProcessed":7`), answer{status: 204}, apiError(404, "NOT_FOUND", "gone already"))
	c := s.client()
	job, err := c.BulkCreate(ctx, BulkQuery{SOQL: "SELECT Id FROM Account", All: true})
	if err != nil {
		t.Fatal(err)
	}
	if s.bodies[0] != `{"columnDelimiter":"COMMA","contentType":"CSV","lineEnding":"LF","operation":"queryAll","query":"SELECT Id FROM Account"}` {
		t.Errorf("sent %s", s.bodies[0])
	}
	job, err = c.BulkWait(ctx, job.ID, 0)
	if n, known := job.Records(); err != nil || n != 7 || !known {
		t.Errorf("%+v, %v", job, err)
	}
	ms := time.Millisecond
	if waits := s.clock.slept(); !equalWaits(waits, []time.Duration{200 * ms, 400 * ms, time.Second}) {
		t.Errorf("waited %v", waits)
	}
	for range 2 {
		if err := c.BulkDelete(ctx, job.ID); err != nil {
			t.Error(err)
		}
	}
	s.done()
}

func TestBulkJobEndsBadly(t *testing.T) {
	cases := []struct {
		name     string
		script   []answer
		deadline time.Duration
		want     error
		message  string
		aborts   bool
	}{
		{name: "failed", script: []answer{jobAnswer(JobFailed, `,"errorMessage":"TXN_SECURITY"`)}, want: ErrJobFailed, message: "TXN_SECURITY"},
		// Pitfall: Failed without errorMessage was taken for success.
		{name: "failed without a word", script: []answer{jobAnswer(JobFailed, "")}, want: ErrJobFailed, message: "no reason given"},
		{name: "aborted by somebody", script: []answer{jobAnswer(JobAborted, "")}, want: ErrJobFailed},
		{name: "gone", script: []answer{apiError(404, "NOT_FOUND", "x")}, want: ErrJobGone},
		{name: "deadline", script: []answer{jobAnswer(JobInProgress, ""), jobAnswer(JobInProgress, ""), jobAnswer(JobAborted, "")}, deadline: 500 * time.Millisecond, want: ErrJobDeadline, aborts: true},
		{name: "deadline, but just finished", script: []answer{jobAnswer(JobInProgress, ""), jobAnswer(JobInProgress, ""), apiError(400, "INVALIDJOBSTATE", "complete")}, deadline: 500 * time.Millisecond, want: ErrJobDeadline, aborts: true},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			s := newServer(t, c.script...)
			_, err := s.client().BulkWait(context.Background(), "750", c.deadline)
			s.done()
			if !errors.Is(err, c.want) || !strings.Contains(err.Error(), c.message) {
				t.Errorf("got %v", err)
			}
			if last := s.calls[len(s.calls)-1]; c.aborts != (last.Method == http.MethodPatch) {
				t.Errorf("the last call was %s", last.Method)
			}
		})
	}
}

func TestBulkWaitAbortsOnCancel(t *testing.T) {
	s := newServer(t, jobAnswer(JobInProgress, ""), jobAnswer(JobAborted, ""))
	ctx, cancel := context.WithCancel(context.Background())
	c := s.client(func(cfg *Config) {
		cfg.Sleep = func(ctx context.Context, _ time.Duration) error {
			cancel()
			return ctx.Err()
		}
	})
	if _, err := c.BulkWait(ctx, "750", 0); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
	s.done()
	if s.bodies[1] != `{"state":"Aborted"}` {
		t.Errorf("sent %s", s.bodies[1])
	}
}

func TestBulkRefusals(t *testing.T) {
	cases := []struct {
		reply answer
		want  error
	}{
		{apiError(400, "INVALIDENTITY", "Entity 'X' is not supported by the Bulk API."), ErrBulkUnsupported},
		{apiError(400, "FEATURENOTENABLED", "Async API not enabled"), ErrBulkUnsupported},
		{apiError(400, "EXCEEDEDQUOTA", "Max bulk v2 query jobs (10000) per 24 hrs has been reached"), ErrDailyLimit},
		{apiError(400, "INVALID_FIELD", "No such column"), ErrInvalidField},
	}
	for _, c := range cases {
		s := newServer(t, c.reply)
		if _, err := s.client().BulkCreate(context.Background(), BulkQuery{SOQL: "x"}); !errors.Is(err, c.want) {
			t.Errorf("%v is not %v", err, c.want)
		}
	}
}

// Whatever is written as CSV – quoted or bare, LF or CRLF, cut into any chunks – is
// read back byte for byte.
func TestCSVRoundTrip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		width := rapid.IntRange(1, 4).Draw(t, "width")
		table := rapid.SliceOfN(rapid.SliceOfN(rapid.StringMatching("[ab \",\n\r\x00é]{0,8}"), width, width), 0, 6).Draw(t, "table")
		end := rapid.SampledFrom([]string{"\n", "\r\n"}).Draw(t, "end")
		var text strings.Builder
		for _, record := range table {
			for i, v := range record {
				if i > 0 {
					text.WriteByte(',')
				}
				if strings.ContainsAny(v, "\",\n\r") || rapid.Bool().Draw(t, "quoted") {
					v = `"` + strings.ReplaceAll(v, `"`, `""`) + `"`
				}
				text.WriteString(v)
			}
			text.WriteString(end)
		}
		chunks := rapid.SampledFrom([]func(io.Reader) io.Reader{iotest.OneByteReader, iotest.HalfReader, iotest.DataErrReader}).Draw(t, "chunks")
		s := newCSVScanner(chunks(strings.NewReader(text.String())))
		s.buf = s.buf[:rapid.IntRange(1, 64).Draw(t, "buffer")]
		for i, want := range table {
			got, err := s.next()
			if err != nil {
				t.Fatal(err)
			}
			for j := range want {
				if len(got) != width || string(got[j]) != want[j] {
					t.Fatalf("record %d of %q is %q", i, text.String(), got)
				}
			}
		}
		if got, err := s.next(); err == nil {
			t.Fatalf("%q has one more record: %q", text.String(), got)
		}
	})
}
