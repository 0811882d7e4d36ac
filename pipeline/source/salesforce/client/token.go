package client

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"

	"golang.org/x/oauth2"
	"golang.org/x/oauth2/clientcredentials"
	"golang.org/x/sync/singleflight"
)

// session is a login: what the token endpoint gave.
type session struct {
	token      Secret
	base       *url.URL
	orgID      string
	userID     string
	generation int // rises with each login; a server may give the same token again
}

// tokens holds the present session of an org and renews it, one login at a time.
type tokens struct {
	org     *org
	base    *url.URL // of the configuration; nil = the reply's
	flight  singleflight.Group
	mu      sync.Mutex
	have    session
	refused error // a refusal for good: to ask again would lock the user out
}

// loginTimeout bounds one login with its retries, loginTry one try of it.
const (
	loginTimeout = 5 * time.Minute
	loginTry     = time.Minute
)

// known is where to send what needs no login.
func (t *tokens) known() session {
	t.mu.Lock()
	defer t.mu.Unlock()
	switch {
	case t.have.base != nil:
		return t.have
	case t.base != nil:
		return session{base: t.base}
	}
	return session{base: t.org.login}
}

// session is the present one, or the first.
func (t *tokens) session(ctx context.Context) (session, error) { return t.renew(ctx, 0) }

// renew gives a session newer than the stale one. Many callers that find a session
// stale at once share one login.
func (t *tokens) renew(ctx context.Context, stale int) (session, error) {
	for {
		t.mu.Lock()
		have, refused := t.have, t.refused
		t.mu.Unlock()
		switch {
		case have.generation > stale:
			return have, nil
		case refused != nil:
			return session{}, refused
		case stale > 0 && !t.org.cfg.Grant.renewable():
			return session{}, &AuthError{Grant: t.org.cfg.Grant.name(), Description: "the access token has ended or was refused"}
		}
		// The login outlives the caller that began it: others wait for it, and a rotated
		// refresh token must be kept once it was given.
		detached := context.WithoutCancel(ctx)
		done := t.flight.DoChan("login", func() (any, error) { return nil, t.login(detached, stale) })
		select {
		case <-ctx.Done():
			return session{}, ctx.Err()
		case result := <-done:
			if result.Err != nil {
				return session{}, result.Err
			}
		}
	}
}

// login makes the next session unless another flight has just done so.
func (t *tokens) login(ctx context.Context, stale int) error {
	t.mu.Lock()
	fresh := t.have.generation > stale
	t.mu.Unlock()
	if fresh {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, loginTimeout)
	defer cancel()
	got, err := t.org.logIn(ctx)
	if err == nil {
		var next session
		if next, err = t.org.newSession(got, t.base); err == nil {
			t.mu.Lock()
			next.generation = t.have.generation + 1
			t.have = next
			t.mu.Unlock()
			return nil
		}
	}
	var auth *AuthError
	if errors.As(err, &auth) && permanent(auth) {
		t.mu.Lock()
		t.refused = err
		t.mu.Unlock()
	}
	return err
}

// permanent says that the same login would be refused again.
func permanent(e *AuthError) bool {
	return e.Status >= 400 && e.Status < 500 && e.Code != "" && e.Code != "rate_limit_exceeded"
}

// newSession reads the reply of a login.
func (c *org) newSession(token *oauth2.Token, base *url.URL) (session, error) {
	s := session{token: NewSecret(token.AccessToken), base: base}
	c.pass(s.token)
	if id, ok := token.Extra("id").(string); ok {
		// …/id/ORG/USER
		if parts := strings.Split(strings.TrimRight(id, "/"), "/"); len(parts) > 2 {
			s.orgID, s.userID = parts[len(parts)-2], parts[len(parts)-1]
		}
	}
	if s.base != nil {
		return s, nil
	}
	text, _ := token.Extra("instance_url").(string)
	if text == "" {
		s.base = c.login
		return s, nil
	}
	var err error
	s.base, err = c.instanceURL(text)
	return s, err
}

// pass makes a learnt secret known to all that print.
func (c *org) pass(s Secret) {
	if s.Empty() {
		return
	}
	c.secrets.pass(s)
	if c.cfg.Learned != nil {
		c.cfg.Learned(s.Reveal())
	}
}

// logIn runs the grant. A clock that is off spoils a signed assertion: once the
// server's time is known from its refusal, it is tried again with that.
func (c *org) logIn(ctx context.Context) (*oauth2.Token, error) {
	attempt := func() (*oauth2.Token, time.Duration, error) {
		_, skew, _ := c.clock.now()
		token, err := c.cfg.Grant.login(ctx, exchange{post: c.postToken, now: c.cfg.Now().Add(skew), aud: c.login.String(), pass: c.pass})
		return token, skew, err
	}
	token, assumed, err := attempt()
	if _, signed := c.cfg.Grant.(JWTBearer); signed && err != nil {
		const matters = time.Minute
		if _, skew, ok := c.clock.now(); ok && (skew-assumed).Abs() >= matters {
			token, _, err = attempt()
		}
	}
	if err == nil {
		return token, nil
	}
	var auth *AuthError
	if errors.As(err, &auth) {
		return nil, err
	}
	return nil, &AuthError{Grant: c.cfg.Grant.name(), Err: err}
}

// postToken sends a form to the token endpoint, with patience for everything but a
// refusal.
func (c *org) postToken(ctx context.Context, id string, secret Secret, form url.Values) (*oauth2.Token, error) {
	p := patience{random: c.cfg.Random}
	for {
		token, err := c.postTokenOnce(ctx, id, secret, form, p.tries > 0)
		if err == nil {
			return token, nil
		}
		p.tries++
		k := classRetry
		if err.Code != "" || err.Status >= 300 && err.Status < 500 && !retried[err.Status] {
			k = classFail // refused, or not the token endpoint at all
		}
		wait, again := p.next(k, err)
		if !again || ctx.Err() != nil {
			return nil, err
		}
		c.cfg.Log.Debug("salesforce login is tried again", "try", p.tries, "wait", wait, "error", err.Error())
		if slept := c.cfg.Sleep(ctx, wait); slept != nil {
			return nil, err
		}
	}
}

func (c *org) postTokenOnce(ctx context.Context, id string, secret Secret, form url.Values, retry bool) (*oauth2.Token, *AuthError) {
	ctx, cancel := context.WithTimeout(ctx, loginTry)
	defer cancel()
	c.meter.call(KindLogin, 0, retry)
	// This one configuration serves all grants: it lets the form name another grant_type,
	// and checks the reply.
	config := clientcredentials.Config{
		ClientID: id, ClientSecret: secret.Reveal(), TokenURL: c.login.String() + "/services/oauth2/token",
		EndpointParams: form, AuthStyle: oauth2.AuthStyleInParams,
	}
	observed := &http.Client{Transport: tokenTransport{c}, CheckRedirect: c.http.CheckRedirect}
	token, err := config.Token(context.WithValue(ctx, oauth2.HTTPClient, observed))
	if err == nil {
		return token, nil
	}
	return nil, c.authError(err)
}

// authError takes from the library's error what is safe to print: its own text holds
// the whole reply.
func (c *org) authError(err error) *AuthError {
	e := &AuthError{Grant: c.cfg.Grant.name()}
	var refused *oauth2.RetrieveError
	if !errors.As(err, &refused) {
		var u *url.Error
		if errors.As(err, &u) {
			e.Err = u.Err
			return e
		}
		e.Err = fmt.Errorf("%w: it holds no token", ErrProtocol)
		return e
	}
	e.Code = c.secrets.clean(refused.ErrorCode)
	e.Description = c.secrets.clean(refused.ErrorDescription)
	if refused.Response != nil {
		e.Status = refused.Response.StatusCode
	}
	if e.Code == "" {
		e.Description = "the answer is no error of OAuth"
	}
	return e
}

// tokenTransport watches the server's clock in replies of the token endpoint.
type tokenTransport struct{ org *org }

func (t tokenTransport) RoundTrip(req *http.Request) (*http.Response, error) {
	sent := t.org.cfg.Now()
	req.Header.Set("User-Agent", t.org.cfg.UserAgent)
	resp, err := t.org.cfg.Transport.RoundTrip(req)
	if err == nil {
		t.org.clock.read(resp.Header, sent, t.org.cfg.Now())
	}
	return resp, err
}

// Identity is who is logged in.
type Identity struct {
	OrgID       string // 18 characters; "" if the grant does not say
	UserID      string
	InstanceURL string
}

// Identity logs in if need be and says as whom.
func (c *Client) Identity(ctx context.Context) (Identity, error) {
	s, err := c.tokens.session(ctx)
	if err != nil {
		return Identity{}, err
	}
	return Identity{OrgID: s.orgID, UserID: s.userID, InstanceURL: s.base.String()}, nil
}
