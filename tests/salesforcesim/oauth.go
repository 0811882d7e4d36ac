package salesforcesim

import (
	"crypto"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"
)

// grants are the sessions of an org and the secrets that open them.
type grants struct {
	mu       sync.Mutex
	sessions map[string]time.Time // access token → when it ends
	refresh  string               // the refresh token that serves; "" after the grant was revoked
	used     map[string]bool      // refresh tokens that served already
	seed     uint64
	issued   uint64
	closed   map[string]bool // grant types that are switched off
}

func newGrants(o OrgOptions, seed uint64) grants {
	return grants{sessions: map[string]time.Time{}, refresh: o.RefreshToken, used: map[string]bool{}, seed: seed, closed: map[string]bool{}}
}

// CloseGrant switches a grant type off: its answer is invalid_grant.
func (o *Org) CloseGrant(grantType string) {
	o.grants.mu.Lock()
	defer o.grants.mu.Unlock()
	o.grants.closed[grantType] = true
}

// EndSessions ends every session.
func (o *Org) EndSessions() {
	o.grants.mu.Lock()
	defer o.grants.mu.Unlock()
	clear(o.grants.sessions)
}

// NewSession opens a session without OAuth and returns its access token.
func (o *Org) NewSession() string {
	now := o.world.Now()
	o.grants.mu.Lock()
	defer o.grants.mu.Unlock()
	return o.open(now)
}

// open makes an access token. The lock of grants is held.
func (o *Org) open(now time.Time) string {
	g := &o.grants
	g.issued++
	random := sha256.Sum256(fmt.Appendf(nil, "%d/%d", g.seed, g.issued))
	token := o.options.ID[:15] + "!" + base64.RawURLEncoding.EncodeToString(random[:])
	g.sessions[token] = now.Add(o.options.TokenLife)
	return token
}

func (o *Org) endSession(token string) {
	o.grants.mu.Lock()
	defer o.grants.mu.Unlock()
	delete(o.grants.sessions, token)
}

// checkSession answers a call whose session does not serve.
func (o *Org) checkSession(c *call) *reply {
	kind, token, _ := strings.Cut(c.request.Header.Get("Authorization"), " ")
	if !strings.EqualFold(kind, "Bearer") && !strings.EqualFold(kind, "OAuth") {
		token = ""
	}
	now := o.world.Now()
	o.grants.mu.Lock()
	defer o.grants.mu.Unlock()
	if until, known := o.grants.sessions[token]; !known || now.After(until) {
		return fail(401, "INVALID_SESSION_ID", "Session expired or invalid").set("WWW-Authenticate", "Token")
	}
	return nil
}

// bearer is the token a request carries.
func bearer(r *http.Request) string {
	_, token, _ := strings.Cut(r.Header.Get("Authorization"), " ")
	return token
}

func grantError(code, description string) *reply {
	return jsonReply(400, map[string]string{"error": code, "error_description": description})
}

// token answers the token endpoint.
func (c *call) token() *reply {
	if c.request.Method != http.MethodPost {
		return grantError("invalid_request", "must use HTTP POST")
	}
	if err := c.request.ParseForm(); err != nil {
		return grantError("invalid_request", err.Error())
	}
	form := c.request.PostForm
	id, secret := form.Get("client_id"), form.Get("client_secret")
	if user, password, ok := c.request.BasicAuth(); ok {
		id, secret = user, password
	}
	o := c.org
	now := o.world.Now()
	o.grants.mu.Lock()
	defer o.grants.mu.Unlock()
	grant := form.Get("grant_type")
	if o.grants.closed[grant] {
		return grantError("invalid_grant", "no client credentials user enabled")
	}
	if grant == "urn:ietf:params:oauth:grant-type:jwt-bearer" {
		if err := o.checkAssertion(form.Get("assertion"), now, c.base); err != nil {
			return grantError("invalid_grant", err.Error())
		}
		return c.opened(now, "")
	}
	if id != o.options.ClientID {
		return grantError("invalid_client_id", "client identifier invalid")
	}
	if grant != "refresh_token" || secret != "" {
		if secret != o.options.ClientSecret {
			return grantError("invalid_client", "invalid client credentials")
		}
	}
	switch grant {
	case "client_credentials":
		return c.opened(now, "")
	case "password":
		if form.Get("username") != o.options.Username || form.Get("password") != o.options.Password+o.options.SecurityToken {
			return grantError("invalid_grant", "authentication failure")
		}
		return c.opened(now, "")
	case "refresh_token":
		return c.refresh(form.Get("refresh_token"), now)
	}
	return grantError("unsupported_grant_type", "grant type not supported")
}

// refresh answers the refresh token grant. Where tokens rotate, one that served
// already gives the grant away: it is revoked.
func (c *call) refresh(token string, now time.Time) *reply {
	o := c.org
	g := &o.grants
	if g.used[token] {
		g.refresh = ""
	}
	if token == "" || token != g.refresh {
		return grantError("invalid_grant", "expired access/refresh token")
	}
	if !o.options.RotateRefresh {
		return c.opened(now, "")
	}
	g.used[token] = true
	g.refresh = fmt.Sprintf("%s-refresh-%d", o.options.Name, len(g.used)+1)
	return c.opened(now, g.refresh)
}

// opened answers with a new session.
func (c *call) opened(now time.Time, refresh string) *reply {
	o := c.org
	identity := c.base + "/id/" + o.options.ID + "/" + o.me()
	issued := strconv.FormatInt(now.UnixMilli(), 10)
	signature := sha256.Sum256([]byte(identity + issued))
	r := map[string]string{"access_token": o.open(now), "instance_url": c.base, "id": identity, "token_type": "Bearer", "issued_at": issued,
		"signature": base64.StdEncoding.EncodeToString(signature[:]), "scope": "api refresh_token"}
	if refresh != "" {
		r["refresh_token"] = refresh
	}
	return jsonReply(200, r)
}

// claims of a JWT. exp may be a number or a text: clients send both.
type claims struct {
	Issuer   string          `json:"iss"`
	Subject  string          `json:"sub"`
	Audience string          `json:"aud"`
	Expires  json.RawMessage `json:"exp"`
}

// checkAssertion checks a JWT as the JWT bearer grant does.
func (o *Org) checkAssertion(assertion string, now time.Time, base string) error {
	parts := strings.Split(assertion, ".")
	if len(parts) != 3 || o.options.JWTKey == nil {
		return fmt.Errorf("invalid assertion")
	}
	payload, err := base64.RawURLEncoding.DecodeString(parts[1])
	if err != nil {
		return fmt.Errorf("invalid assertion")
	}
	signature, err := base64.RawURLEncoding.DecodeString(parts[2])
	if err != nil {
		return fmt.Errorf("invalid assertion")
	}
	digest := sha256.Sum256([]byte(parts[0] + "." + parts[1]))
	if rsa.VerifyPKCS1v15(o.options.JWTKey, crypto.SHA256, digest[:], signature) != nil {
		return fmt.Errorf("invalid assertion")
	}
	var c claims
	if json.Unmarshal(payload, &c) != nil {
		return fmt.Errorf("invalid assertion")
	}
	expires, err := strconv.ParseInt(strings.Trim(string(c.Expires), `"`), 10, 64)
	switch {
	case c.Issuer != o.options.ClientID:
		return fmt.Errorf("client identifier invalid")
	case c.Subject != o.options.Username:
		return fmt.Errorf("user hasn't approved this consumer")
	case c.Audience != base && c.Audience != "https://login.salesforce.com" && c.Audience != "https://test.salesforce.com":
		return fmt.Errorf("audience is invalid")
	case err != nil || expires <= now.Unix() || expires > now.Add(5*time.Minute).Unix():
		return fmt.Errorf("assertion is expired, or expires too late")
	}
	return nil
}

func (c *call) revoke() *reply {
	c.org.endSession(c.request.FormValue("token"))
	return newReply(200, "", nil)
}

// userinfo answers OpenID's question for the user.
func (c *call) userinfo() *reply {
	if r := c.org.checkSession(c); r != nil {
		return r.orStatus(403)
	}
	o := c.org
	return jsonReply(200, map[string]any{"sub": c.base + "/id/" + o.options.ID + "/" + o.me(), "user_id": o.me(), "organization_id": o.options.ID, "preferred_username": o.options.Username,
		"name": "Integration User", "email": o.options.Username, "email_verified": true, "active": true, "user_type": "STANDARD", "language": "en_US", "locale": "en_GB", "utcOffset": 0,
		"urls": map[string]string{"rest": c.base + "/services/data/v{version}/", "query": c.base + "/services/data/v{version}/query/"}})
}

// identity answers the URL that a token's id is.
func (c *call) identity() *reply {
	if r := c.org.checkSession(c); r != nil {
		return r.orStatus(403)
	}
	o := c.org
	return jsonReply(200, map[string]any{"id": c.base + "/id/" + o.options.ID + "/" + o.me(), "asserted_user": true, "user_id": o.me(), "organization_id": o.options.ID,
		"username": o.options.Username, "nick_name": "integration", "display_name": "Integration User", "email": o.options.Username, "email_verified": true,
		"first_name": "Integration", "last_name": "User", "timezone": "Europe/London", "active": true, "user_type": "STANDARD", "language": "en_US", "locale": "en_GB", "utcOffset": 0,
		"urls": map[string]string{"rest": c.base + "/services/data/v{version}/", "sobjects": c.base + "/services/data/v{version}/sobjects/", "query": c.base + "/services/data/v{version}/query/"}})
}

// orStatus replaces the status.
func (r *reply) orStatus(status int) *reply {
	r.status = status
	return r
}
