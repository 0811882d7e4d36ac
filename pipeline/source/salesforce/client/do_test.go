package client

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"
)

// limits is the simplest call: one small JSON object.
var limitsAnswer = jsonAnswer(`{"DailyApiRequests":{"Max":100000,"Remaining":98000}}`)

func withHeader(a answer, name, value string) answer {
	header := map[string]string{name: value}
	for k, v := range a.header {
		header[k] = v
	}
	a.header = header
	return a
}

func TestRetry(t *testing.T) {
	down := html(503)
	cut := limitsAnswer
	cut.hangUp = true
	zippedCut := limitsAnswer
	zippedCut.gzip = 30
	trailerCut := limitsAnswer
	trailerCut.gzip = len(zipped(limitsAnswer.body)) - 3 // all data, but no proof of it
	concurrent := apiError(403, "REQUEST_LIMIT_EXCEEDED", "ConcurrentRequests (Concurrent API Requests) Limit exceeded.")
	second := time.Second
	cases := []struct {
		name   string
		script []answer
		waits  []time.Duration // with a draw of 1
		want   error           // nil = success
		status int
	}{
		{name: "first try", script: []answer{limitsAnswer}},
		{name: "gzip", script: []answer{{body: limitsAnswer.body, gzip: 1 << 20}}},
		{name: "html 503 then well", script: []answer{down, limitsAnswer}, waits: []time.Duration{second}},
		{name: "full jitter doubles", script: []answer{down, down, down, down, down, limitsAnswer}, waits: []time.Duration{second, 2 * second, 4 * second, 8 * second, 16 * second}},
		{name: "six tries", script: []answer{down, down, down, down, down, down}, waits: []time.Duration{second, 2 * second, 4 * second, 8 * second, 16 * second}, status: 503},
		{name: "406 empty", script: []answer{{status: 406}, limitsAnswer}, waits: []time.Duration{second}},
		{name: "420 without body", script: []answer{{status: 420}, limitsAnswer}, waits: []time.Duration{second}},
		{name: "429 with retry-after", script: []answer{withHeader(answer{status: 429}, "Retry-After", "7"), limitsAnswer}, waits: []time.Duration{7 * second}},
		{name: "503 with retry-after as a date", script: []answer{withHeader(down, "Retry-After", "Sun, 01 Nov 2026 01:00:30 GMT"), limitsAnswer}, waits: []time.Duration{30 * second}},
		{name: "retry-after of a day is a refusal", script: []answer{withHeader(answer{status: 429}, "Retry-After", "86400")}, status: 429},
		{name: "truncated body", script: []answer{cut, limitsAnswer}, waits: []time.Duration{second}},
		{name: "truncated gzip", script: []answer{zippedCut, limitsAnswer}, waits: []time.Duration{second}},
		{name: "gzip without its end", script: []answer{trailerCut, limitsAnswer}, waits: []time.Duration{second}},
		{name: "html with 200", script: []answer{html(200), limitsAnswer}, waits: []time.Duration{second}},
		{name: "empty with 200", script: []answer{jsonAnswer(""), limitsAnswer}, waits: []time.Duration{second}},
		{name: "never JSON", script: []answer{html(200), html(200), html(200), html(200), html(200), html(200)}, waits: []time.Duration{second, 2 * second, 4 * second, 8 * second, 16 * second}, want: ErrProtocol},
		{name: "redirect to a login page", script: []answer{withHeader(answer{status: 302}, "Location", "/login")}, status: 302},
		{name: "daily limit", script: []answer{apiError(403, "REQUEST_LIMIT_EXCEEDED", "TotalRequests Limit exceeded.")}, want: ErrDailyLimit, status: 403},
		{name: "daily limit by the meter", script: []answer{withHeader(apiError(403, "REQUEST_LIMIT_EXCEEDED", "no"), "Sforce-Limit-Info", "api-usage=15000/15000")}, want: ErrDailyLimit, status: 403},
		{name: "some limit, org not used up", script: []answer{withHeader(apiError(403, "REQUEST_LIMIT_EXCEEDED", "no"), "Sforce-Limit-Info", "api-usage=1/15000"), limitsAnswer}, waits: []time.Duration{second}},
		{name: "concurrent limit", script: []answer{concurrent, concurrent, limitsAnswer}, waits: []time.Duration{second, 2 * second}},
		{name: "concurrent limit for too long", script: []answer{concurrent, concurrent, concurrent, concurrent, concurrent, concurrent, concurrent, concurrent, concurrent, concurrent}, waits: []time.Duration{second, 2 * second, 4 * second, 8 * second, 16 * second, 32 * second, 60 * second, 60 * second, 60 * second}, want: ErrConcurrentLimit, status: 403},
		{name: "disabled api", script: []answer{apiError(403, "API_DISABLED_FOR_ORG", "API is not enabled")}, want: ErrNoPermission, status: 403},
		{name: "retired version", script: []answer{apiError(410, "UNSUPPORTED_API_VERSION", "gone")}, want: ErrVersionRetired, status: 410},
		{name: "too long a URL", script: []answer{html(414)}, want: ErrQueryTooLong, status: 414},
		{name: "missing", script: []answer{apiError(404, "NOT_FOUND", "The requested resource does not exist")}, want: ErrNotFound, status: 404},
		{name: "malformed", script: []answer{apiError(400, "MALFORMED_QUERY", "unexpected token")}, status: 400},
		{name: "query timeout is for the caller", script: []answer{apiError(500, "QUERY_TIMEOUT", "Your query request was running for too long.")}, want: ErrQueryTimeout, status: 500},
		{name: "401 once", script: []answer{apiError(401, "INVALID_SESSION_ID", "Session expired or invalid"), limitsAnswer}},
		{name: "401 twice", script: []answer{apiError(401, "INVALID_SESSION_ID", "Session expired or invalid"), apiError(401, "INVALID_SESSION_ID", "Session expired or invalid")}, want: ErrUnauthorized, status: 401},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			s := newServer(t, c.script...)
			limits, err := s.client().Limits(context.Background())
			s.done()
			if waits := s.clock.slept(); !equalWaits(waits, c.waits) {
				t.Errorf("waited %v, not %v", waits, c.waits)
			}
			var api *APIError
			switch {
			case c.want == nil && c.status == 0:
				if err != nil || limits["DailyApiRequests"].Remaining != 98000 {
					t.Errorf("got %v, %v", limits, err)
				}
			case c.want != nil && !errors.Is(err, c.want):
				t.Errorf("%v is not %v", err, c.want)
			case c.status != 0 && (!errors.As(err, &api) || api.Status != c.status):
				t.Errorf("%v is no APIError of status %d", err, c.status)
			}
			if err != nil && strings.Contains(err.Error(), "maintenance") {
				t.Errorf("%v repeats a page", err)
			}
		})
	}
}

func equalWaits(a, b []time.Duration) bool {
	if len(a) != len(b) {
		return false
	}
	for i := range a {
		if a[i] != b[i] {
			return false
		}
	}
	return true
}

func TestErrorSaysWhatToDo(t *testing.T) {
	cases := []struct{ code, hint string }{
		{"OPERATION_TOO_LARGE", "View All Data"},
		{"TXN_SECURITY_METERING_ERROR", "transaction security policy"},
		{"INVALID_FIELD", "field-level security"},
	}
	for _, c := range cases {
		s := newServer(t, apiError(400, c.code, "no"))
		_, err := s.client().Count(context.Background(), "SELECT COUNT() FROM Task", true)
		var api *APIError
		if !errors.As(err, &api) || !strings.Contains(api.Hint(), c.hint) {
			t.Errorf("%v: the hint does not name %q", err, c.hint)
		}
		if strings.Contains(err.Error(), "SELECT") || strings.Contains(err.Error(), "COUNT") {
			t.Errorf("%v repeats the query", err)
		}
	}
}

func TestCancelled(t *testing.T) {
	s := newServer(t, html(503), html(503))
	ctx, cancel := context.WithCancel(context.Background())
	c := s.client(func(cfg *Config) {
		cfg.Sleep = func(ctx context.Context, _ time.Duration) error {
			cancel()
			return ctx.Err()
		}
	})
	if _, err := c.Limits(ctx); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
	if n := c.Usage().Calls[KindLimits]; n != 1 {
		t.Errorf("%d calls after cancellation", n)
	}
}

func TestStalledReplyIsTriedAgain(t *testing.T) {
	release := make(chan struct{})
	stalled := limitsAnswer
	var n atomic.Int32
	s := newServer(t, limitsAnswer, limitsAnswer)
	slow := http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		if strings.HasSuffix(req.URL.Path, "/limits") {
			if n.Add(1) == 1 {
				_, _ = w.Write([]byte(`{"Daily`))
				w.(http.Flusher).Flush()
				<-release
				return
			}
			stalled.write(w, s.clock.Now())
			return
		}
		tokenAnswer(s.URL, 1, "").write(w, s.clock.Now())
	})
	s.Config.Handler = slow
	defer close(release)
	c := s.client(func(cfg *Config) { cfg.Stall = 30 * time.Millisecond })
	if _, err := c.Limits(context.Background()); err != nil || n.Load() != 2 {
		t.Errorf("%d calls, %v", n.Load(), err)
	}
}

func TestBudgetIsAskedBeforeEveryCall(t *testing.T) {
	spent := errors.New("spent")
	asked := 0
	s := newServer(t, html(503), html(503))
	c := s.client(func(cfg *Config) {
		cfg.Before = func(Kind) error {
			if asked++; asked > 2 {
				return spent
			}
			return nil
		}
	})
	if _, err := c.Limits(context.Background()); !errors.Is(err, spent) {
		t.Errorf("got %v", err)
	}
	s.done()
}

func TestMeter(t *testing.T) {
	cases := []struct {
		name, header string
		org, app     Gauge
	}{
		{name: "alone", header: "api-usage=18/5000", org: Gauge{18, 5000, true}},
		// Pitfall: an anchored pattern switches the check off.
		{name: "with bursts", header: "api-usage=10018/100000; api-bursts=1/750", org: Gauge{10018, 100000, true}},
		{name: "with app", header: "api-usage=25/5000; per-app-api-usage=17/250(appName=sample-connected-app)", org: Gauge{25, 5000, true}, app: Gauge{17, 250, true}},
		{name: "app first", header: "per-app-api-usage=17/250(appName=x), api-usage=25/5000", org: Gauge{25, 5000, true}, app: Gauge{17, 250, true}},
		{name: "app alone", header: "per-app-api-usage=17/250", app: Gauge{17, 250, true}},
		{name: "blanks and case", header: "API-Usage = 3 / 9", org: Gauge{3, 9, true}},
		{name: "nonsense", header: "usage unknown"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			var m meter
			m.read(http.Header{"Sforce-Limit-Info": {c.header}})
			if u := m.usage(); u.Org != c.org || u.App != c.app {
				t.Errorf("read %+v and %+v", u.Org, u.App)
			}
		})
	}
}

func TestTally(t *testing.T) {
	s := newServer(t, limitsAnswer, html(503), limitsAnswer)
	c := s.client()
	var tally Tally
	_, err1 := c.Limits(context.Background())
	_, err2 := c.With(&tally).Limits(context.Background())
	if err := errors.Join(err1, err2); err != nil {
		t.Fatal(err)
	}
	all, one := c.Usage(), tally.Usage()
	if all.Calls[KindLimits] != 3 || one.Calls[KindLimits] != 2 || one.Retries != 1 || all.Total() != 3 || all.Calls[KindLogin] != 1 {
		t.Errorf("all %+v, one %+v", all, one)
	}
	if one.Org != (Gauge{2000, 100000, true}) || one.BytesIn == 0 || all.BytesIn <= one.BytesIn {
		t.Errorf("all %+v, one %+v", all, one)
	}
}

func TestServerClock(t *testing.T) {
	s := newServer(t, withHeader(limitsAnswer, "Date", "Sun, 01 Nov 2026 01:05:00 GMT"), jsonAnswer(`[{"label":"Summer '25","url":"/services/data/v64.0","version":"64.0"}]`))
	c := s.client()
	if _, ok := c.ServerNow(); ok {
		t.Error("the server's time is known before any call")
	}
	if _, err := c.Limits(context.Background()); err != nil {
		t.Fatal(err)
	}
	now, _ := c.ServerNow()
	skew, _ := c.Skew()
	if !now.Equal(time.Date(2026, 11, 1, 1, 5, 0, 0, time.UTC)) || skew != 5*time.Minute {
		t.Errorf("server %v, skew %v", now, skew)
	}
	if asked, err := c.ServerTime(context.Background()); err != nil || !asked.Equal(s.clock.Now()) {
		t.Errorf("asked: %v, %v", asked, err)
	}
}
