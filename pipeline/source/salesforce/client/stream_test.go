package client

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"runtime"
	"strings"
	"sync/atomic"
	"testing"
	"time"
)

// A page of 26 MB passes through in a few buffers: no page is ever held whole.
func TestPagesStream(t *testing.T) {
	const records, length = 400, 64 << 10
	long := strings.Repeat("x", length)
	s := newServer(t)
	s.Config.Handler = http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		switch {
		case strings.Contains(req.URL.Path, "/token"):
			tokenAnswer(s.URL, 1, "").write(w, s.clock.Now())
		case strings.Contains(req.URL.Path, "/results"):
			w.Header().Set("Sforce-Locator", "null")
			_, _ = io.WriteString(w, "\"Text\"\n")
			for range records {
				_, _ = io.WriteString(w, `"`+long+"\"\n")
			}
		default:
			_, _ = fmt.Fprintf(w, `{"totalSize":%d,"done":true,"records":[{"Text":"a"}`, records)
			for range records - 1 {
				_, _ = io.WriteString(w, `,{"Text":"`+long+`"}`)
			}
			_, _ = io.WriteString(w, "]}")
		}
	})
	c := s.client()
	columns := []Column{{"Text", "textarea"}}
	for name, read := range map[string]func(Sink) (Page, error){
		"REST": func(sink Sink) (Page, error) {
			_, page, err := c.QueryPage(context.Background(), Query{SOQL: "S", Columns: columns}, QueryCursor{}, sink)
			return page, err
		},
		"Bulk": func(sink Sink) (Page, error) {
			_, page, err := c.BulkPage(context.Background(), jobOf(records), columns, BulkCursor{}, 0, sink)
			return page, err
		},
	} {
		t.Run(name, func(t *testing.T) {
			var sink heapSink
			runtime.GC()
			before := heap()
			page, err := read(&sink)
			if err != nil || page.Rows != records || page.Bytes < (records-1)*length {
				t.Fatalf("%+v, %v", page, err)
			}
			if grown := int64(sink.most) - int64(before); grown > 8<<20 {
				t.Errorf("the heap grew by %d MB", grown>>20)
			}
		})
	}
}

// heapSink looks at the live heap now and then.
type heapSink struct {
	n    int
	most uint64
}

func (*heapSink) Begin() error { return nil }

func (s *heapSink) Row([][]byte) error {
	if s.n++; s.n%100 == 0 {
		runtime.GC()
		s.most = max(s.most, heap())
	}
	return nil
}

func heap() uint64 {
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}

// Two API versions: every path has the version asked for, once.
func TestVersionIsInEveryPath(t *testing.T) {
	for _, version := range []string{"64.0", "66.0"} {
		s := newServer(t, limitsAnswer, jsonAnswer(describeText), pageAnswer(0, ""), jobAnswer(JobUploadComplete, ""), jsonAnswer(`{"a":1}`))
		c := s.client(func(cfg *Config) { cfg.APIVersion = version })
		ctx := context.Background()
		_, err1 := c.Limits(ctx)
		_, err2 := c.Describe(ctx, "Account")
		_, err3 := pages(c, accountQuery)
		_, err4 := c.BulkCreate(ctx, BulkQuery{SOQL: "x"})
		var out map[string]int
		err5 := c.Get(ctx, KindOther, "sobjects/Account/updated", &out)
		if err := errors.Join(err1, err2, err3, err4, err5); err != nil || out["a"] != 1 {
			t.Fatal(err)
		}
		for i := range s.calls {
			if !strings.HasPrefix(s.uri(i), "/services/data/v"+version+"/") || strings.Count(s.uri(i), "/services/") != 1 {
				t.Errorf("asked for %s", s.uri(i))
			}
		}
	}
}

func TestConnectionLost(t *testing.T) {
	s := newServer(t)
	var calls atomic.Int32
	s.Config.Handler = http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		if strings.Contains(req.URL.Path, "/token") {
			tokenAnswer(s.URL, 1, "").write(w, s.clock.Now())
			return
		}
		calls.Add(1)
		panic(http.ErrAbortHandler)
	})
	_, err := s.client().Limits(context.Background())
	var lost *TransportError
	if !errors.As(err, &lost) || lost.Tries != 6 || calls.Load() < 6 || len(s.clock.slept()) != 5 {
		t.Errorf("%v after %d calls and %v", err, calls.Load(), s.clock.slept())
	}
	if strings.Contains(err.Error(), "Get \"") {
		t.Errorf("%v repeats the URL", err)
	}
}

func TestLiterals(t *testing.T) {
	at := time.Date(2026, 11, 1, 3, 4, 5, 678999999, time.FixedZone("", 7200))
	if got := DateTime(at); got != "2026-11-01T01:04:05.678Z" {
		t.Errorf("DateTime gives %s", got)
	}
	if got := Date(at); got != "2026-11-01" {
		t.Errorf("Date gives %s", got)
	}
	if got := In("Name", []string{"a", "b'"}); got != `Name IN ('a','b\'')` {
		t.Errorf("In gives %s", got)
	}
}

func TestHints(t *testing.T) {
	for _, c := range []struct {
		err  interface{ Hint() string }
		says string
	}{
		{&JobError{ID: "750"}, "Bulk Data Load Jobs"},
		{&APIError{Status: 302}, "My Domain"},
		{&APIError{what: []error{ErrDailyLimit}}, "24 hours"},
		{&TransportError{Err: ErrProtocol}, "proxies"},
		{&AuthError{Code: "invalid_grant", Description: "expired access/refresh token"}, "authorize again"},
	} {
		if !strings.Contains(c.err.Hint(), c.says) {
			t.Errorf("%v: hint %q", c.err, c.err.Hint())
		}
	}
}
