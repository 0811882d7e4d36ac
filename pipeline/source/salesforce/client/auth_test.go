package client

import (
	"context"
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"
)

func TestGrantForms(t *testing.T) {
	cases := []struct {
		grant Grant
		want  url.Values
	}{
		{ClientCredentials{ID: "app", Secret: NewSecret("hush")}, url.Values{"grant_type": {"client_credentials"}, "client_id": {"app"}, "client_secret": {"hush"}}},
		{RefreshToken{ID: "app", Store: &FileStore{Path: filepath.Join(t.TempDir(), "token"), Seed: NewSecret("seed-1")}}, url.Values{"grant_type": {"refresh_token"}, "client_id": {"app"}, "refresh_token": {"seed-1"}}},
		{Password{ID: "app", Secret: NewSecret("hush"), Username: "u@x", Password: NewSecret("pass"), SecurityToken: NewSecret("WORD"), OptIn: true}, url.Values{"grant_type": {"password"}, "client_id": {"app"}, "client_secret": {"hush"}, "username": {"u@x"}, "password": {"passWORD"}}},
	}
	for _, c := range cases {
		t.Run(c.grant.name(), func(t *testing.T) {
			s := newServer(t, limitsAnswer)
			s.token = func(n int, form string) answer {
				if got, _ := url.ParseQuery(form); got.Encode() != c.want.Encode() {
					t.Errorf("sent %s, not %s", got.Encode(), c.want.Encode())
				}
				return tokenAnswer(s.URL, n, "")
			}
			client := s.client(func(cfg *Config) { cfg.Grant = c.grant })
			if _, err := client.Limits(context.Background()); err != nil {
				t.Fatal(err)
			}
			if got := s.calls[0].Header.Get("Authorization"); got != "Bearer token-1" {
				t.Errorf("called with %q", got)
			}
			who, err := client.Identity(context.Background())
			if err != nil || who.OrgID != testOrg || who.UserID != testUser || s.logins != 1 {
				t.Errorf("%+v, %v, %d logins", who, err, s.logins)
			}
		})
	}
}

func testKey(t *testing.T) (*rsa.PrivateKey, Secret) {
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	return key, NewSecret(string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der})))
}

// The assertion is signed, names the user, and follows the server's clock once that is
// known to differ.
func TestJWTBearer(t *testing.T) {
	key, text := testKey(t)
	s := newServer(t, limitsAnswer)
	serverNow := s.clock.Now().Add(10 * time.Minute)
	s.token = func(n int, form string) answer {
		values, _ := url.ParseQuery(form)
		claims := verified(t, &key.PublicKey, values.Get("assertion"))
		if claims.Issuer != "app" || claims.Subject != "u@x" || claims.Audience != "https://login.salesforce.com" || values.Get("grant_type") != "urn:ietf:params:oauth:grant-type:jwt-bearer" {
			t.Errorf("claims %+v in %v", claims, values["grant_type"])
		}
		a := tokenAnswer(s.URL, n, "")
		if expires := time.Unix(claims.Expires, 0); !expires.After(serverNow) || expires.After(serverNow.Add(5*time.Minute)) {
			a = jsonAnswer(`{"error":"invalid_grant","error_description":"expired authorization code"}`)
			a.status = 400
		}
		return withHeader(a, "Date", serverNow.Format(http.TimeFormat))
	}
	c := s.client(func(cfg *Config) {
		cfg.Grant = JWTBearer{ID: "app", Username: "u@x", Audience: "https://login.salesforce.com", Key: text}
	})
	if _, err := c.Limits(context.Background()); err != nil || s.logins != 2 {
		t.Errorf("%v after %d logins", err, s.logins)
	}
}

type claims struct {
	Issuer   string `json:"iss"`
	Subject  string `json:"sub"`
	Audience string `json:"aud"`
	Expires  int64  `json:"exp"`
}

func verified(t *testing.T, key *rsa.PublicKey, assertion string) (c claims) {
	parts := strings.Split(assertion, ".")
	if len(parts) != 3 {
		t.Fatalf("no assertion")
	}
	sum := sha256.Sum256([]byte(parts[0] + "." + parts[1]))
	signature, err1 := base64.RawURLEncoding.DecodeString(parts[2])
	body, err2 := base64.RawURLEncoding.DecodeString(parts[1])
	if err := errors.Join(err1, err2, rsa.VerifyPKCS1v15(key, crypto.SHA256, sum[:], signature), json.Unmarshal(body, &c)); err != nil {
		t.Fatal(err)
	}
	return c
}

func TestConfigurationIsRefused(t *testing.T) {
	credentials := ClientCredentials{ID: "app", Secret: NewSecret("s")}
	cases := []struct {
		name string
		cfg  Config
		want string
	}{
		{"no grant", Config{LoginURL: "https://x"}, "no grant"},
		// Pitfall: a library takes an empty security token for client credentials.
		{"password without opting in", Config{LoginURL: "https://x", Grant: Password{ID: "a", Secret: NewSecret("s"), Username: "u", Password: NewSecret("p")}}, "opt in"},
		{"no secret", Config{LoginURL: "https://x", Grant: ClientCredentials{ID: "a"}}, "consumer secret"},
		{"a key that is none", Config{LoginURL: "https://x", Grant: JWTBearer{ID: "a", Username: "u", Key: NewSecret("secret-key")}}, "not PEM"},
		{"no URL", Config{Grant: credentials}, "https://host"},
		{"a URL with a path", Config{LoginURL: "https://x/services", Grant: credentials}, "scheme and host only"},
		{"a URL with a password", Config{LoginURL: "https://u:secret-key@x", Grant: credentials}, "scheme and host only"},
		{"a version that is none", Config{LoginURL: "https://x", APIVersion: "latest", Grant: credentials}, "64.0"},
		{"data in clear", Config{LoginURL: "https://x", InstanceURL: "http://y", Grant: credentials}, "must be https"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			_, err := New(c.cfg)
			if err == nil || !strings.Contains(err.Error(), c.want) || strings.Contains(err.Error(), "secret-key") {
				t.Errorf("got %v", err)
			}
		})
	}
	for in, want := range map[string]string{"": "64.0", "v66.0": "66.0", "58": "58.0"} {
		c, err := New(Config{LoginURL: "https://x", APIVersion: in, Grant: credentials})
		if err != nil || c.APIVersion() != want {
			t.Errorf("version %q: %v", in, err)
		}
	}
	p := Password{OptIn: true, ID: "a", Secret: NewSecret("s"), Username: "u", Password: NewSecret("p")}
	c, err := New(Config{LoginURL: "https://x", Grant: p})
	if err != nil || len(c.Warnings()) != 1 || !strings.Contains(c.Warnings()[0], "2027-02-20") {
		t.Errorf("the password grant does not warn: %v", err)
	}
}

func tokenError(status int, code, description string) answer {
	a := jsonAnswer(fmt.Sprintf(`{"error":%q,"error_description":%q}`, code, description))
	a.status = status
	return a
}

func TestLoginErrors(t *testing.T) {
	cases := []struct {
		name   string
		reply  answer
		logins int
		hint   string
		code   string
	}{
		{"refused", tokenError(400, "invalid_grant", "authentication failure"), 1, "security token", "invalid_grant"},
		{"not approved", tokenError(400, "invalid_grant", "user hasn't approved this consumer"), 1, "Permitted Users", "invalid_grant"},
		{"no run-as user", tokenError(400, "invalid_grant", "no client credentials user enabled"), 1, "Run As", "invalid_grant"},
		{"wrong app", tokenError(400, "invalid_client_id", "client identifier invalid"), 1, "consumer key", "invalid_client_id"},
		{"down", html(503), 6, "", ""},
		{"not the token endpoint", html(404), 1, "", ""},
		{"no token in it", jsonAnswer(`{}`), 6, "", ""},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			s := newServer(t)
			s.token = func(int, string) answer { return c.reply }
			client := s.client()
			for range 2 {
				_, err := client.Limits(context.Background())
				var auth *AuthError
				if !errors.As(err, &auth) || !errors.Is(err, ErrUnauthorized) || auth.Code != c.code || !strings.Contains(auth.Hint(), c.hint) {
					t.Errorf("got %v with hint %q", err, auth.Hint())
				}
				if c.code == "" {
					break
				}
			}
			// A refusal for good is not repeated: it would lock the user out.
			if s.logins != c.logins {
				t.Errorf("%d logins, not %d", s.logins, c.logins)
			}
		})
	}
}

// Pitfall: eight workers that find the session dead made eight logins, in a data race.
func TestRefreshIsSingleFlight(t *testing.T) {
	const workers = 8
	s := newServer(t)
	dead := true
	var mu sync.Mutex
	var together sync.WaitGroup
	together.Add(workers)
	s.Config.Handler = http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		mu.Lock()
		defer mu.Unlock()
		switch {
		case req.URL.Path == "/services/oauth2/token":
			s.logins++
			// Salesforce may well give the same token again.
			tokenAnswer(s.URL, 1, "").write(w, s.clock.Now())
			if s.logins > 1 {
				dead = false
			}
		case dead:
			mu.Unlock()
			together.Done()
			together.Wait() // all hold the dead session at once
			mu.Lock()
			apiError(401, "INVALID_SESSION_ID", "Session expired or invalid").write(w, s.clock.Now())
		default:
			limitsAnswer.write(w, s.clock.Now())
		}
	})
	c := s.client()
	var wg sync.WaitGroup
	for range workers {
		wg.Add(1)
		go func() {
			defer wg.Done()
			if _, err := c.Limits(context.Background()); err != nil {
				t.Error(err)
			}
		}()
	}
	wg.Wait()
	if s.logins != 2 {
		t.Errorf("%d logins instead of 2", s.logins)
	}
}

// A caller that comes when another's login has just ended takes that one.
func TestLoginIsNotRepeated(t *testing.T) {
	s := newServer(t)
	c := s.client()
	for range 2 {
		if err := c.tokens.login(context.Background(), 0); err != nil {
			t.Fatal(err)
		}
	}
	if s.logins != 1 {
		t.Errorf("%d logins", s.logins)
	}
}

func TestAccessTokenEnds(t *testing.T) {
	s := newServer(t, limitsAnswer, apiError(401, "INVALID_SESSION_ID", "Session expired or invalid"))
	c := s.client(func(cfg *Config) { cfg.Grant = AccessToken{Token: NewSecret("given-token")} })
	if _, err := c.Limits(context.Background()); err != nil {
		t.Fatal(err)
	}
	_, err := c.Limits(context.Background())
	if !errors.Is(err, ErrUnauthorized) || !strings.Contains(err.Error(), "ended") || s.logins != 0 {
		t.Errorf("got %v after %d logins", err, s.logins)
	}
}

// Pitfall: refresh tokens are used once. The new one is on disk before anything else
// happens, and the next process begins with it.
func TestRefreshTokenRotates(t *testing.T) {
	path := filepath.Join(t.TempDir(), "token.json")
	s := newServer(t, limitsAnswer, apiError(401, "INVALID_SESSION_ID", "x"), limitsAnswer, limitsAnswer, limitsAnswer)
	valid := "seed-token"
	s.token = func(n int, form string) answer {
		values, _ := url.ParseQuery(form)
		if values.Get("refresh_token") != valid {
			return tokenError(400, "invalid_grant", "expired access/refresh token")
		}
		valid = fmt.Sprintf("refresh-%d", n)
		return tokenAnswer(s.URL, n, fmt.Sprintf(`,"refresh_token":%q`, valid))
	}
	open := func(seed string) *Client {
		return s.client(func(cfg *Config) {
			cfg.Grant = RefreshToken{ID: "app", Store: &FileStore{Path: path, Seed: NewSecret(seed)}}
		})
	}
	first := open("seed-token")
	for range 2 {
		if _, err := first.Limits(context.Background()); err != nil {
			t.Fatal(err)
		}
		if text, _ := os.ReadFile(path); !strings.Contains(string(text), valid) {
			t.Fatal("the new token is not on disk")
		}
	}
	if _, err := open("seed-token").Limits(context.Background()); err != nil {
		t.Fatalf("another process: %v", err)
	}
	// A new seed: the user has authorized again.
	valid = "second-seed"
	if _, err := open("second-seed").Limits(context.Background()); err != nil {
		t.Fatalf("a new seed: %v", err)
	}
	if info, _ := os.Stat(path); info.Mode().Perm() != 0o600 {
		t.Errorf("mode %v", info.Mode())
	}
	if left, _ := filepath.Glob(filepath.Join(filepath.Dir(path), "*.part")); len(left) > 0 {
		t.Errorf("left behind: %v", left)
	}
}

// What keeps a token from being stored is found out before the present one is used up.
func TestRefreshTokenIsNotUsedUpInVain(t *testing.T) {
	s := newServer(t)
	c := s.client(func(cfg *Config) {
		cfg.Grant = RefreshToken{ID: "app", Store: &FileStore{Path: filepath.Join(t.TempDir(), "missing", "token"), Seed: NewSecret("seed-token")}}
	})
	if _, err := c.Limits(context.Background()); !errors.Is(err, os.ErrNotExist) || s.logins != 0 {
		t.Errorf("%v after %d logins", err, s.logins)
	}
}

// Two stores of one file, as two processes have them, never use one token twice.
func TestFileStoreLocks(t *testing.T) {
	path := filepath.Join(t.TempDir(), "token.json")
	valid, n := "seed-token", 0
	var wg sync.WaitGroup
	for range 4 {
		wg.Add(1)
		go func() {
			defer wg.Done()
			store := &FileStore{Path: path, Seed: NewSecret("seed-token")}
			for range 3 {
				err := store.Rotate(context.Background(), func(_ context.Context, present Secret) (Secret, error) {
					if present.Reveal() != valid {
						return Secret{}, fmt.Errorf("used %q, valid is %q", present.Reveal(), valid)
					}
					n++
					valid = fmt.Sprintf("token-%d", n)
					return NewSecret(valid), nil
				})
				if err != nil {
					t.Error(err)
				}
			}
		}()
	}
	wg.Wait()
	if n != 12 {
		t.Errorf("%d rotations", n)
	}
}
