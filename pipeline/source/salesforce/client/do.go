package client

import (
	"bytes"
	"context"
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"time"
)

// request is one call, which may take several tries.
type request struct {
	kind   Kind
	method string // "" = GET
	path   string // absolute, with its query; relative to the instance
	body   []byte
	header http.Header
	public bool // needs no login
	cursor bool // continues a query: the cursor dies with the session it was made in
	accept int  // a status that is no error beside 2xx
}

// reply is the head of an answer.
type reply struct {
	Status int
	Header http.Header
}

// reader takes the body of one try. It is called anew for every try and must forget
// what it took before.
type reader func(reply, io.Reader) error

// do makes the call until it succeeds, is refused for good, or was tried often enough.
func (c *Client) do(ctx context.Context, r request, read reader) (reply, error) {
	p := patience{random: c.cfg.Random}
	for {
		got, err := c.try(ctx, r, read, p.tries > 0)
		if err == nil {
			return got, nil
		}
		if ctx.Err() != nil {
			return got, fmt.Errorf("salesforce: %s: %w", r.kind, ctx.Err())
		}
		p.tries++
		if c.renewed(ctx, r, err, &p) {
			continue
		}
		wait, again := p.next(classify(err), err)
		if !again {
			return got, p.final(err)
		}
		c.cfg.Log.Debug("salesforce call is tried again", "kind", r.kind, "try", p.tries, "wait", wait, "error", c.secrets.clean(err.Error()))
		if err := c.cfg.Sleep(ctx, wait); err != nil {
			return got, fmt.Errorf("salesforce: %s: %w", r.kind, err)
		}
	}
}

// renewed gets a new token after a 401, once a call. It is false if the call cannot
// go on: a cursor does not outlive the session that made it, so a new token does not
// help to read on.
func (c *Client) renewed(ctx context.Context, r request, err error, p *patience) bool {
	var refused *APIError
	if !errors.As(err, &refused) || refused.Status != http.StatusUnauthorized || p.renewed || r.public {
		return false
	}
	p.renewed = true
	if _, fresh := c.tokens.renew(ctx, refused.session); fresh != nil {
		p.login = fresh
		return false
	}
	if r.cursor {
		refused.what = append(refused.what, ErrLocatorLost)
		return false
	}
	return true
}

// try makes the call once.
func (c *Client) try(ctx context.Context, r request, read reader, retry bool) (reply, error) {
	if err := c.calls.Acquire(ctx, 1); err != nil {
		return reply{}, err
	}
	defer c.calls.Release(1)
	s, err := c.session(ctx, r)
	if err != nil {
		return reply{}, err
	}
	if c.cfg.Before != nil && r.kind != KindVersions {
		if err := c.cfg.Before(r.kind); err != nil {
			return reply{}, &refusedError{kind: r.kind, err: err}
		}
	}
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	req, err := c.build(ctx, r, s)
	if err != nil {
		return reply{}, &refusedError{kind: r.kind, err: err}
	}
	for _, m := range c.meters() {
		m.call(r.kind, int64(len(r.body)), retry)
	}
	sent := c.cfg.Now()
	resp, err := c.http.Do(req) //nolint:bodyclose // take closes it
	if err != nil {
		return reply{}, &TransportError{Kind: r.kind, URL: shown(req.URL), Err: withoutURL(err)}
	}
	c.clock.read(resp.Header, sent, c.cfg.Now())
	for _, m := range c.meters() {
		m.read(resp.Header)
	}
	return c.take(r, s, req, resp, cancel, read)
}

// session is the token to use: asked for at every try, since another call may have
// renewed it.
func (c *Client) session(ctx context.Context, r request) (session, error) {
	if r.public {
		return c.tokens.known(), nil
	}
	return c.tokens.session(ctx)
}

// build makes the HTTP request.
func (c *Client) build(ctx context.Context, r request, s session) (*http.Request, error) {
	target, err := resolve(s.base, r.path)
	if err != nil {
		return nil, err
	}
	method := r.method
	if method == "" {
		method = http.MethodGet
	}
	var body io.Reader
	if r.body != nil {
		body = bytes.NewReader(r.body)
	}
	req, err := http.NewRequestWithContext(ctx, method, target.String(), body)
	if err != nil {
		return nil, errors.New("not a request") // the error would repeat the URL
	}
	for name, values := range r.header {
		req.Header[name] = values
	}
	if req.Header.Get("Accept") == "" {
		req.Header.Set("Accept", "application/json")
	}
	req.Header.Set("Accept-Encoding", "gzip")
	req.Header.Set("User-Agent", c.cfg.UserAgent)
	if r.body != nil {
		req.Header.Set("Content-Type", "application/json; charset=UTF-8")
	}
	if !r.public {
		req.Header.Set("Authorization", "Bearer "+s.token.Reveal())
	}
	return req, nil
}

// resolve puts a path onto the instance. A link that leads to another host is refused:
// the token must not go there.
func resolve(base *url.URL, path string) (*url.URL, error) {
	ref, err := url.Parse(path)
	if err != nil {
		return nil, fmt.Errorf("%w: a link is not a URL", ErrProtocol)
	}
	target := base.ResolveReference(ref)
	if target.Host != base.Host || target.Scheme != base.Scheme || target.User != nil {
		return nil, fmt.Errorf("%w: a link leads to another host, %s", ErrProtocol, target.Host)
	}
	return target, nil
}

// take reads the answer of one try.
func (c *Client) take(r request, s session, req *http.Request, resp *http.Response, cancel context.CancelCauseFunc, read reader) (reply, error) {
	got := reply{Status: resp.StatusCode, Header: resp.Header}
	b := newBody(resp, c.cfg.Stall, cancel)
	defer func() {
		b.close()
		for _, m := range c.meters() {
			m.received(b.wire)
		}
	}()
	if resp.StatusCode >= 300 && resp.StatusCode != r.accept || resp.StatusCode < 200 {
		return got, c.refusal(r, s, req, resp, b)
	}
	err := read(got, b)
	if err == nil {
		// A gzip stream proves itself whole only at its end.
		_, err = io.Copy(io.Discard, b)
	}
	var sink *sinkError
	if err == nil || errors.As(err, &sink) {
		return got, err
	}
	return got, &TransportError{Kind: r.kind, URL: shown(req.URL), Err: err}
}

// TransportError is a call that got no answer, or one that cannot be read.
type TransportError struct {
	Kind  Kind
	URL   string // without the values of its parameters
	Tries int
	Err   error
}

func (e *TransportError) Error() string {
	text := fmt.Sprintf("salesforce: %s: %v", e.URL, e.Err)
	if e.Tries > 1 {
		text += fmt.Sprintf(" (tried %d times)", e.Tries)
	}
	return text
}

// Unwrap gives the cause.
func (e *TransportError) Unwrap() error { return e.Err }

// Hint says what can be done.
func (e *TransportError) Hint() string {
	var host *net.DNSError
	var unknown x509.UnknownAuthorityError
	switch {
	case errors.As(e.Err, &host):
		return "check the login URL, and that this machine can look up names outside"
	case errors.As(e.Err, &unknown):
		return "a proxy seems to sign for the server; add its certificate to the system's (SSL_CERT_FILE)"
	case errors.Is(e.Err, ErrProtocol):
		return "something between here and Salesforce may answer in its place; check the login URL and proxies"
	}
	return ""
}

// withoutURL takes off the layer of net/http that repeats the whole URL.
func withoutURL(err error) error {
	var u *url.Error
	if errors.As(err, &u) {
		return u.Err
	}
	return err
}

// shownParameters are those whose values may stand in errors and logs: they hold no
// data of records.
var shownParameters = map[string]bool{"maxRecords": true, "start": true, "end": true, "sObjects": true}

// shown is the URL as it may be printed.
func shown(u *url.URL) string {
	text := u.Scheme + "://" + u.Host + u.EscapedPath()
	var parts []string
	for _, pair := range strings.Split(u.RawQuery, "&") {
		name, _, _ := strings.Cut(pair, "=")
		switch {
		case name == "":
		case shownParameters[name]:
			parts = append(parts, pair)
		default:
			parts = append(parts, name+"=…")
		}
	}
	if len(parts) > 0 {
		text += "?" + strings.Join(parts, "&")
	}
	return text
}

// getJSON makes a call whose whole answer is one small JSON value.
func (c *Client) getJSON(ctx context.Context, r request, out any) (reply, error) {
	return c.do(ctx, r, func(got reply, body io.Reader) error {
		if got.Status == http.StatusNoContent || got.Status == r.accept {
			return nil
		}
		return decodeJSON(body, out)
	})
}

// decodeJSON reads one value. Its errors carry no part of the text.
func decodeJSON(body io.Reader, out any) error {
	dec := json.NewDecoder(body)
	dec.UseNumber()
	return jsonError(dec.Decode(out))
}

// jsonError tells a reply that ends too early from one that is not JSON.
func jsonError(err error) error {
	switch {
	case err == nil, errors.Is(err, ErrTruncated), errors.Is(err, ErrProtocol):
		return err
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		return ErrTruncated
	}
	return fmt.Errorf("%w: it is not the JSON expected", ErrProtocol)
}

// Get reads any other JSON resource. A path that does not begin with a slash is one
// of the pinned version, e.g. "sobjects/Account/describe/layouts".
func (c *Client) Get(ctx context.Context, kind Kind, path string, out any) error {
	if !strings.HasPrefix(path, "/") {
		path = c.path(path)
	}
	_, err := c.getJSON(ctx, request{kind: kind, path: path}, out)
	return err
}

// retryAfter reads the header of that name: seconds, or a time.
func retryAfter(h http.Header, now time.Time) time.Duration {
	text := strings.TrimSpace(h.Get("Retry-After"))
	if text == "" {
		return 0
	}
	if d, err := time.ParseDuration(text + "s"); err == nil && d > 0 {
		return d
	}
	at, err := http.ParseTime(text)
	if err != nil {
		return 0
	}
	if date, err := http.ParseTime(h.Get("Date")); err == nil {
		now = date
	}
	return max(at.Sub(now), 0)
}
