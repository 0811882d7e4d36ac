package salesforcesim_test

import (
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/customer360/pipeline/tests/salesforcesim"
)

func (s *site) grant(form url.Values) answer {
	s.t.Helper()
	return s.do("POST", "/services/oauth2/token", form.Encode(), "Content-Type", "application/x-www-form-urlencoded")
}

// assertion signs a JWT.
func assertion(t *testing.T, key *rsa.PrivateKey, payload string) string {
	t.Helper()
	text := base64.RawURLEncoding.EncodeToString([]byte(`{"alg":"RS256"}`)) + "." + base64.RawURLEncoding.EncodeToString([]byte(payload))
	digest := sha256.Sum256([]byte(text))
	b, err := rsa.SignPKCS1v15(rand.Reader, key, crypto.SHA256, digest[:])
	if err != nil {
		t.Fatal(err)
	}
	return text + "." + base64.RawURLEncoding.EncodeToString(b)
}

func TestGrants(t *testing.T) {
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	s := serve(t, salesforcesim.OrgOptions{Name: "za", JWTKey: &key.PublicKey, TokenLife: time.Hour})
	jwt := func(expires string) string {
		return assertion(t, key, fmt.Sprintf(`{"iss":"za-client","sub":"za@example.com","aud":"https://login.salesforce.com","exp":%s}`, expires))
	}
	soon := s.world.Now().Add(3 * time.Minute).Unix()
	bearer := "urn:ietf:params:oauth:grant-type:jwt-bearer"
	for name, c := range map[string]struct {
		form url.Values
		err  string
	}{
		"client credentials": {url.Values{"grant_type": {"client_credentials"}, "client_id": {"za-client"}, "client_secret": {"za-secret"}}, ""},
		"wrong secret":       {url.Values{"grant_type": {"client_credentials"}, "client_id": {"za-client"}, "client_secret": {"no"}}, "invalid_client: invalid client credentials"},
		"wrong client":       {url.Values{"grant_type": {"client_credentials"}, "client_id": {"no"}, "client_secret": {"za-secret"}}, "invalid_client_id: client identifier invalid"},
		"password":           {url.Values{"grant_type": {"password"}, "client_id": {"za-client"}, "client_secret": {"za-secret"}, "username": {"za@example.com"}, "password": {"za-passwordza-token"}}, ""},
		"no security token":  {url.Values{"grant_type": {"password"}, "client_id": {"za-client"}, "client_secret": {"za-secret"}, "username": {"za@example.com"}, "password": {"za-password"}}, "invalid_grant: authentication failure"},
		"refresh":            {url.Values{"grant_type": {"refresh_token"}, "client_id": {"za-client"}, "refresh_token": {"za-refresh-1"}}, ""},
		"wrong refresh":      {url.Values{"grant_type": {"refresh_token"}, "client_id": {"za-client"}, "refresh_token": {"no"}}, "invalid_grant: expired access/refresh token"},
		"jwt":                {url.Values{"grant_type": {bearer}, "assertion": {jwt(fmt.Sprint(soon))}}, ""},
		"jwt, text":          {url.Values{"grant_type": {bearer}, "assertion": {jwt(fmt.Sprintf("%q", fmt.Sprint(soon)))}}, ""},
		"jwt, late":          {url.Values{"grant_type": {bearer}, "assertion": {jwt("1")}}, "invalid_grant: assertion is expired, or expires too late"},
		"jwt, forged":        {url.Values{"grant_type": {bearer}, "assertion": {jwt(fmt.Sprint(soon)) + "x"}}, "invalid_grant: invalid assertion"},
		"unknown":            {url.Values{"grant_type": {"device"}, "client_id": {"za-client"}, "client_secret": {"za-secret"}}, "unsupported_grant_type: grant type not supported"},
	} {
		a := s.grant(c.form)
		m := a.object(t)
		if c.err != "" {
			if got := fmt.Sprintf("%s: %s", m["error"], m["error_description"]); a.status != 400 || got != c.err {
				t.Errorf("%s: %d %s, want %s", name, a.status, got, c.err)
			}
			continue
		}
		if a.status != 200 || m["token_type"] != "Bearer" || m["instance_url"] != s.base || m["expires_in"] != nil || !strings.HasPrefix(m["access_token"].(string), s.org.Options().ID[:15]+"!") {
			t.Errorf("%s: %d %s", name, a.status, a.body)
		}
		other := *s
		other.token = m["access_token"].(string)
		if a := other.get(strings.TrimPrefix(m["id"].(string), s.base)); a.object(t)["organization_id"] != s.org.Options().ID {
			t.Errorf("%s: identity %d %s", name, a.status, a.body)
		}
		s.world.Advance(time.Minute / 20)
	}
	s.world.Advance(2 * time.Hour)
	if a := s.get("limits"); a.status != 401 || a.problem(t) != (problem{"Session expired or invalid", "INVALID_SESSION_ID"}) {
		t.Errorf("an old session: %d %s", a.status, a.body)
	}
	s.org.CloseGrant("client_credentials")
	if a := s.grant(url.Values{"grant_type": {"client_credentials"}, "client_id": {"za-client"}, "client_secret": {"za-secret"}}); a.status != 400 {
		t.Errorf("a closed grant: %d", a.status)
	}
}

// A refresh token that rotates serves once; a second use gives the grant away.
func TestRefreshTokenRotation(t *testing.T) {
	s := serve(t, salesforcesim.OrgOptions{Name: "za", RotateRefresh: true})
	use := func(token string) answer {
		return s.grant(url.Values{"grant_type": {"refresh_token"}, "client_id": {"za-client"}, "refresh_token": {token}})
	}
	next := use("za-refresh-1").object(t)["refresh_token"]
	if next != "za-refresh-2" {
		t.Fatalf("the next token is %v", next)
	}
	if a := use("za-refresh-2"); a.status != 200 {
		t.Errorf("the second use: %d", a.status)
	}
	if a := use("za-refresh-1"); a.status != 400 {
		t.Errorf("a used token: %d", a.status)
	}
	if a := use("za-refresh-3"); a.status != 400 {
		t.Errorf("after a used token the grant is not revoked: %d", a.status)
	}
}
