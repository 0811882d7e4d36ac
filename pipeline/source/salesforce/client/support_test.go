package client

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"
)

// fakeClock stands still but for sleeps, which cost no real time.
type fakeClock struct {
	mu     sync.Mutex
	now    time.Time
	sleeps []time.Duration
}

func newClock() *fakeClock { return &fakeClock{now: time.Date(2026, 11, 1, 1, 0, 0, 0, time.UTC)} }

func (f *fakeClock) Now() time.Time {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.now
}

func (f *fakeClock) Sleep(ctx context.Context, d time.Duration) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.now = f.now.Add(d)
	f.sleeps = append(f.sleeps, d)
	return ctx.Err()
}

func (f *fakeClock) slept() []time.Duration {
	f.mu.Lock()
	defer f.mu.Unlock()
	return append([]time.Duration(nil), f.sleeps...)
}

// answer is one scripted reply.
type answer struct {
	status  int // 0 = 200
	header  map[string]string
	body    string
	gzip    int  // > 0: compressed; less than the whole length = cut off there
	hangUp  bool // the connection breaks in the body
	request func(*http.Request)
}

// server answers calls in the order of its script, login aside.
type server struct {
	*httptest.Server
	t      *testing.T
	clock  *fakeClock
	mu     sync.Mutex
	script []answer
	calls  []*http.Request
	bodies []string
	logins int
	token  func(n int, form string) answer // nil: token-1, token-2, …
}

func newServer(t *testing.T, script ...answer) *server {
	s := &server{t: t, clock: newClock(), script: script}
	s.Server = httptest.NewServer(http.HandlerFunc(s.serve))
	t.Cleanup(s.Close)
	return s
}

const (
	testOrg  = "00D000000000001AAA"
	testUser = "005000000000001AAA"
)

func (s *server) serve(w http.ResponseWriter, req *http.Request) {
	body, _ := io.ReadAll(req.Body)
	s.mu.Lock()
	var a answer
	if req.URL.Path == "/services/oauth2/token" {
		s.logins++
		a = s.login(s.logins, string(body))
	} else {
		s.calls = append(s.calls, req)
		s.bodies = append(s.bodies, string(body))
		a = answer{status: 599, body: "the script is over"}
		if n := len(s.calls); n <= len(s.script) {
			a = s.script[n-1]
		}
	}
	s.mu.Unlock()
	if a.request != nil {
		a.request(req)
	}
	a.write(w, s.clock.Now())
}

func (s *server) login(n int, form string) answer {
	if s.token != nil {
		return s.token(n, form)
	}
	return tokenAnswer(s.URL, n, "")
}

func tokenAnswer(url string, n int, more string) answer {
	return answer{header: map[string]string{"Content-Type": "application/json"}, body: fmt.Sprintf(
		`{"access_token":"token-%d","instance_url":%q,"id":"%s/id/%s/%s","token_type":"Bearer","issued_at":"1","signature":"s"%s}`,
		n, url, url, testOrg, testUser, more)}
}

func (a answer) write(w http.ResponseWriter, now time.Time) {
	w.Header().Set("Date", now.Format(http.TimeFormat))
	for name, value := range a.header {
		if value == "" {
			w.Header()[name] = nil
			continue
		}
		w.Header().Set(name, value)
	}
	body := []byte(a.body)
	if a.gzip > 0 {
		w.Header().Set("Content-Encoding", "gzip")
		body = zipped(a.body)
		body = body[:min(a.gzip, len(body))]
	}
	if a.hangUp {
		w.Header().Set("Content-Length", fmt.Sprint(len(body)+1000))
	}
	if a.status != 0 {
		w.WriteHeader(a.status)
	}
	_, _ = w.Write(body)
	if a.hangUp {
		w.(http.Flusher).Flush() // else the transport itself takes the call for unanswered
		panic(http.ErrAbortHandler)
	}
}

// client makes a client of the server; edit may change its configuration.
func (s *server) client(edit ...func(*Config)) *Client {
	s.t.Helper()
	cfg := Config{
		LoginURL: s.URL, Grant: ClientCredentials{ID: "app", Secret: NewSecret("planted-client-secret")},
		Transport: &http.Transport{DisableCompression: true},
		Now:       s.clock.Now, Sleep: s.clock.Sleep, Random: func() float64 { return 1 },
	}
	for _, e := range edit {
		e(&cfg)
	}
	c, err := New(cfg)
	if err != nil {
		s.t.Fatal(err)
	}
	return c
}

// done checks that the whole script was used.
func (s *server) done() {
	s.t.Helper()
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.calls) != len(s.script) {
		s.t.Errorf("%d calls were made, %d expected", len(s.calls), len(s.script))
	}
}

func (s *server) uri(i int) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.calls[i].URL.RequestURI()
}

func jsonAnswer(body string) answer {
	return answer{header: map[string]string{"Content-Type": "application/json;charset=UTF-8"}, body: body}
}

func apiError(status int, code, message string) answer {
	a := jsonAnswer(fmt.Sprintf(`[{"message":%q,"errorCode":%q}]`, message, code))
	a.status = status
	return a
}

func html(status int) answer {
	return answer{status: status, header: map[string]string{"Content-Type": "text/html"}, body: "<html><body>Down for maintenance</body></html>"}
}

// page is a reply of a query.
func pageAnswer(total int, next string, records ...string) answer {
	done, link := "true", ""
	if next != "" {
		done, link = "false", fmt.Sprintf(`"nextRecordsUrl":%q,`, next)
	}
	return jsonAnswer(fmt.Sprintf(`{"totalSize":%d,"done":%s,%s"records":[%s]}`, total, done, link, strings.Join(records, ",")))
}

func record(id string) string {
	return fmt.Sprintf(`{"attributes":{"type":"Account","url":"/services/data/v64.0/sobjects/Account/%s"},"Id":%q}`, id, id)
}

// kept is a Sink that keeps rows as texts joined by |, page by page.
type kept struct {
	rows   []string
	begins int
	fail   error // given back by Row
}

func (k *kept) Begin() error {
	k.begins++
	k.rows = nil
	return nil
}

func (k *kept) Row(values [][]byte) error {
	if k.fail != nil {
		return k.fail
	}
	texts := make([]string, len(values))
	for i, v := range values {
		texts[i] = string(v)
	}
	k.rows = append(k.rows, strings.Join(texts, "|"))
	return nil
}

var idColumn = []Column{{Name: "Id", Type: "id"}}
