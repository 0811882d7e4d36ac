package client

import (
	"context"
	"fmt"
	"net/http"
	"sync"
	"time"
)

// serverClock remembers the Date header of the latest reply. A window's upper bound
// comes from it, since rows are stamped by the server's clock and not by ours.
type serverClock struct {
	mu   sync.Mutex
	date time.Time     // the server's
	skew time.Duration // server − local
}

func (s *serverClock) read(h http.Header, sent, received time.Time) {
	date, err := http.ParseTime(h.Get("Date"))
	if err != nil {
		return
	}
	s.mu.Lock()
	s.date = date.UTC()
	s.skew = date.Sub(sent.Add(received.Sub(sent) / 2))
	s.mu.Unlock()
}

func (s *serverClock) now() (time.Time, time.Duration, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.date, s.skew, !s.date.IsZero()
}

// ServerNow is the Date header of the latest reply: never later than the server's
// present time. false: no reply yet, or none had the header.
func (c *Client) ServerNow() (time.Time, bool) {
	date, _, ok := c.clock.now()
	return date, ok
}

// Skew is how far the server's clock is ahead of ours. The header has whole seconds.
func (c *Client) Skew() (time.Duration, bool) {
	_, skew, ok := c.clock.now()
	return skew, ok
}

// ServerTime asks the server for its time, by a call that needs no login and counts
// against no limit.
func (c *Client) ServerTime(ctx context.Context) (time.Time, error) {
	var versions []Version
	reply, err := c.getJSON(ctx, request{kind: KindVersions, path: "/services/data/"}, &versions)
	if err != nil {
		return time.Time{}, err
	}
	date, err := http.ParseTime(reply.Header.Get("Date"))
	if err != nil {
		return time.Time{}, fmt.Errorf("salesforce: server time: %w: no Date header", ErrProtocol)
	}
	return date.UTC(), nil
}

// Version is one API version that the org offers.
type Version struct {
	Label   string `json:"label"`
	URL     string `json:"url"`
	Version string `json:"version"`
}

// Versions lists what the org offers.
func (c *Client) Versions(ctx context.Context) ([]Version, error) {
	var versions []Version
	_, err := c.getJSON(ctx, request{kind: KindVersions, path: "/services/data/"}, &versions)
	return versions, err
}
