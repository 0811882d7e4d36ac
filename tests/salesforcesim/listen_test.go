package salesforcesim_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/customer360/pipeline/tests/salesforcesim"
)

// Every org has a port of its own; any of them moves the clock of all.
func TestListen(t *testing.T) {
	w := salesforcesim.New(salesforcesim.Options{})
	w.Org(salesforcesim.OrgOptions{Name: "a"})
	w.Org(salesforcesim.OrgOptions{Name: "b"})
	for _, addr := range []string{"0.0.0.0:0", "192.168.1.1:80", ":0", "example.com:80"} {
		if _, err := w.Listen(addr); !errors.Is(err, salesforcesim.ErrNotLoopback) {
			t.Errorf("%s: %v", addr, err)
		}
	}
	l, err := w.Listen("127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error)
	go func() { done <- l.Serve(ctx) }()
	post := func(url, body string) (int, string) {
		resp, err := http.Post(url+"/simulator/clock", "application/json", strings.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		defer resp.Body.Close()
		b, _ := io.ReadAll(resp.Body)
		return resp.StatusCode, strings.TrimSpace(string(b))
	}
	for _, c := range []struct {
		org    int
		body   string
		status int
		answer string
	}{
		{0, `{"advance":"24h"}`, 200, `{"now":"2026-11-02T01:00:00Z"}`},
		{1, `{"to":"2026-11-03T01:00:00Z"}`, 200, `{"now":"2026-11-03T01:00:00Z"}`},
		{1, `{"to":"2026-11-01T01:00:00Z"}`, 409, "the clock never goes back: it is 2026-11-03T01:00:00Z"},
		{0, `{"advance":"soon"}`, 400, "advance: want a duration such as 24h"},
	} {
		if status, answer := post(l.URLs()[c.org], c.body); status != c.status || answer != c.answer {
			t.Errorf("%s: %d %s", c.body, status, answer)
		}
	}
	if got := w.Now(); !got.Equal(time.Date(2026, 11, 3, 1, 0, 0, 0, time.UTC)) {
		t.Errorf("the clock stands at %s", got)
	}
	cancel()
	if err := <-done; err != nil {
		t.Errorf("serve ends with %v", err)
	}
}
