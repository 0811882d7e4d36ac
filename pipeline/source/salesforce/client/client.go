// Package client speaks Salesforce's wire: OAuth 2.0, REST and Bulk API 2.0 of one
// org. It owns tokens, retries, limits, describes, SOQL text, streamed pages and the
// canonical text of values.
//
// It must not know the lake, the configuration, or which objects are wanted. It holds
// no result set: a page goes to a Sink record by record. Nothing it returns or logs
// carries a secret.
package client

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"net"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"time"

	"golang.org/x/sync/semaphore"
)

// DefaultAPIVersion is asked for where the configuration names none. It is pinned:
// another version may show other fields.
const DefaultAPIVersion = "64.0"

// Config is what a Client is made of. Everything but the URL and the Grant has a default.
type Config struct {
	LoginURL    string // where tokens come from: the org's My Domain URL
	InstanceURL string // where data comes from; "" = what the token's reply says, else LoginURL
	APIVersion  string // "64.0", "v64.0" or "64"
	Grant       Grant
	Transport   http.RoundTripper
	Now         func() time.Time
	Sleep       func(context.Context, time.Duration) error
	Random      func() float64 // in [0, 1)
	Log         *slog.Logger
	UserAgent   string
	// MaxCalls bounds the calls under way; a page that streams is one. Salesforce
	// refuses more than 25 long calls of an org.
	MaxCalls int
	// Before is asked before every call on the wire, retries included: the place of a
	// budget. Its error ends the operation.
	Before func(Kind) error
	// Learned is told every secret that a run learns (tokens), so that a log's redactor
	// can know them too.
	Learned func(secret string)
	// Stall ends a reply that gives no byte for so long; the page is then tried again.
	Stall time.Duration
}

// Client is one org. It may be used by many goroutines.
type Client struct {
	*org
	tally *Tally // of this handle; nil = none
}

// With gives a handle of the same org, with the same tokens, limits and caches, that
// counts what goes through it into the tally as well.
func (c *Client) With(t *Tally) *Client { return &Client{org: c.org, tally: t} }

// org is what all handles of one org share.
type org struct {
	cfg     Config
	version string
	login   *url.URL
	http    *http.Client
	tokens  *tokens
	calls   *semaphore.Weighted
	meter   meter
	clock   serverClock
	secrets redactor
	cache   describeCache
}

// Defaults of a Config.
const (
	defaultMaxCalls = 10
	defaultStall    = 2 * time.Minute
	// An API call may run ten minutes before its first byte.
	headerTimeout = 10*time.Minute + 30*time.Second
)

// New checks the configuration; it sends nothing.
func New(cfg Config) (*Client, error) {
	cfg = withDefaults(cfg)
	version, err := apiVersion(cfg.APIVersion)
	if err != nil {
		return nil, err
	}
	if cfg.Grant == nil {
		return nil, errors.New("salesforce: no grant: say how to log in")
	}
	if err := cfg.Grant.check(); err != nil {
		return nil, fmt.Errorf("salesforce: login by %s: %w", cfg.Grant.name(), err)
	}
	if cfg.LoginURL == "" {
		cfg.LoginURL = cfg.InstanceURL
	}
	login, err := baseURL(cfg.LoginURL)
	if err != nil {
		return nil, fmt.Errorf("salesforce: login URL: %w", err)
	}
	c := &org{
		cfg: cfg, version: version, login: login,
		http: &http.Client{
			Transport: cfg.Transport,
			// A redirect leads to a login page or to another host; neither is the API.
			CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		},
		calls: semaphore.NewWeighted(int64(cfg.MaxCalls)),
	}
	c.secrets.keep(cfg.Grant.secrets()...)
	instance := (*url.URL)(nil)
	if cfg.InstanceURL != "" {
		if instance, err = c.instanceURL(cfg.InstanceURL); err != nil {
			return nil, err
		}
	}
	c.tokens = &tokens{org: c, base: instance}
	return &Client{org: c}, nil
}

func withDefaults(cfg Config) Config {
	if cfg.Transport == nil {
		cfg.Transport = newTransport(cfg.MaxCalls)
	}
	if cfg.Now == nil {
		cfg.Now = time.Now //nolint:forbidigo // for who brings no clock
	}
	if cfg.Sleep == nil {
		cfg.Sleep = sleep
	}
	if cfg.Random == nil {
		cfg.Random = rand.Float64
	}
	if cfg.Log == nil {
		cfg.Log = slog.New(slog.DiscardHandler)
	}
	if cfg.UserAgent == "" {
		cfg.UserAgent = "customer360-pipeline"
	}
	if cfg.MaxCalls <= 0 {
		cfg.MaxCalls = defaultMaxCalls
	}
	if cfg.Stall <= 0 {
		cfg.Stall = defaultStall
	}
	return cfg
}

// newTransport leaves decompression to us: only so can bytes on the wire be counted
// and a truncated gzip stream be told from a whole one.
func newTransport(calls int) http.RoundTripper {
	dialer := &net.Dialer{Timeout: 30 * time.Second, KeepAlive: 30 * time.Second}
	return &http.Transport{
		Proxy:                 http.ProxyFromEnvironment,
		DialContext:           dialer.DialContext,
		TLSHandshakeTimeout:   20 * time.Second,
		ResponseHeaderTimeout: headerTimeout,
		IdleConnTimeout:       90 * time.Second,
		MaxIdleConnsPerHost:   max(calls, defaultMaxCalls),
		DisableCompression:    true,
		ForceAttemptHTTP2:     true,
	}
}

func sleep(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

var versionForm = regexp.MustCompile(`^v?([1-9][0-9]{1,2})(\.0)?$`)

func apiVersion(text string) (string, error) {
	if text == "" {
		text = DefaultAPIVersion
	}
	m := versionForm.FindStringSubmatch(text)
	if m == nil {
		return "", fmt.Errorf("salesforce: API version %q is not of the form 64.0", text)
	}
	return m[1] + ".0", nil
}

// baseURL takes scheme and host only: a path, query or user in it would be sent, or
// printed, with every call.
func baseURL(text string) (*url.URL, error) {
	u, err := url.Parse(strings.TrimRight(text, "/"))
	switch {
	case err != nil:
		return nil, errors.New("not a URL") // the parser's error would repeat a password in it
	case u.Scheme != "https" && u.Scheme != "http", u.Host == "":
		return nil, errors.New("must be https://host")
	case u.User != nil, u.Path != "", u.RawQuery != "", u.Fragment != "":
		return nil, errors.New("must be scheme and host only, e.g. https://acme.my.salesforce.com")
	}
	return u, nil
}

// instanceURL checks where tokens will be sent: never in clear if the login was not.
func (c *org) instanceURL(text string) (*url.URL, error) {
	u, err := baseURL(text)
	if err != nil {
		return nil, fmt.Errorf("salesforce: instance URL: %w", err)
	}
	if c.login.Scheme == "https" && u.Scheme != "https" {
		return nil, errors.New("salesforce: instance URL: must be https, as the login URL is")
	}
	return u, nil
}

// APIVersion is the version asked for, e.g. "64.0".
func (c *Client) APIVersion() string { return c.version }

// Warnings says what the user should know about the configuration.
func (c *Client) Warnings() []string { return c.cfg.Grant.warnings() }

// path makes the path of a resource of the pinned version.
func (c *org) path(resource string) string {
	return "/services/data/v" + c.version + "/" + resource
}
