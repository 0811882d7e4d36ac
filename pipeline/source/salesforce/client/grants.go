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
	"net/url"
	"time"

	"golang.org/x/oauth2"
)

// Grant is a way to log in: ClientCredentials, JWTBearer, RefreshToken, AccessToken or
// Password.
type Grant interface {
	name() string
	check() error
	secrets() []Secret
	warnings() []string
	renewable() bool // can be used more than once
	login(ctx context.Context, e exchange) (*oauth2.Token, error)
}

// exchange sends one form to the token endpoint. now is the server's time as far as it
// is known.
type exchange struct {
	post func(ctx context.Context, id string, secret Secret, form url.Values) (*oauth2.Token, error)
	now  time.Time
	aud  string
	pass func(Secret) // a secret that is about to be sent
}

// ClientCredentials logs in as the app's Run As user: the default for servers.
type ClientCredentials struct {
	ID     string
	Secret Secret
}

func (g ClientCredentials) name() string       { return "client_credentials" }
func (g ClientCredentials) secrets() []Secret  { return []Secret{g.Secret} }
func (g ClientCredentials) warnings() []string { return nil }
func (g ClientCredentials) renewable() bool    { return true }

func (g ClientCredentials) check() error {
	if g.ID == "" || g.Secret.Empty() {
		return errors.New("consumer key and consumer secret are needed")
	}
	return nil
}

func (g ClientCredentials) login(ctx context.Context, e exchange) (*oauth2.Token, error) {
	return e.post(ctx, g.ID, g.Secret, url.Values{"grant_type": {"client_credentials"}})
}

// JWTBearer logs in as Username by an assertion signed with the app's key.
type JWTBearer struct {
	ID       string
	Username string
	Audience string // "" = the login URL
	Key      Secret // PEM, PKCS #1 or #8
}

func (g JWTBearer) name() string       { return "jwt_bearer" }
func (g JWTBearer) secrets() []Secret  { return []Secret{g.Key} }
func (g JWTBearer) warnings() []string { return nil }
func (g JWTBearer) renewable() bool    { return true }

func (g JWTBearer) check() error {
	if g.ID == "" || g.Username == "" {
		return errors.New("consumer key and user name are needed")
	}
	_, err := rsaKey(g.Key)
	return err
}

func (g JWTBearer) login(ctx context.Context, e exchange) (*oauth2.Token, error) {
	assertion, err := g.assertion(e)
	if err != nil {
		return nil, err
	}
	e.pass(assertion)
	return e.post(ctx, "", Secret{}, url.Values{
		"grant_type": {"urn:ietf:params:oauth:grant-type:jwt-bearer"},
		"assertion":  {assertion.Reveal()},
	})
}

// Salesforce takes assertions that end within five minutes.
const assertionLife = 3 * time.Minute

func (g JWTBearer) assertion(e exchange) (Secret, error) {
	key, err := rsaKey(g.Key)
	if err != nil {
		return Secret{}, err
	}
	audience := g.Audience
	if audience == "" {
		audience = e.aud
	}
	claims, err := json.Marshal(map[string]any{
		"iss": g.ID, "sub": g.Username, "aud": audience, "exp": e.now.Add(assertionLife).Unix(),
	})
	if err != nil {
		return Secret{}, err
	}
	encode := base64.RawURLEncoding.EncodeToString
	text := encode([]byte(`{"alg":"RS256"}`)) + "." + encode(claims)
	digest := sha256.Sum256([]byte(text))
	signature, err := rsa.SignPKCS1v15(rand.Reader, key, crypto.SHA256, digest[:])
	if err != nil {
		return Secret{}, errors.New("the key cannot sign")
	}
	return NewSecret(text + "." + encode(signature)), nil
}

// rsaKey reads a key. Its errors tell nothing of the key.
func rsaKey(text Secret) (*rsa.PrivateKey, error) {
	block, _ := pem.Decode([]byte(text.Reveal()))
	if block == nil {
		return nil, errors.New("the private key is not PEM")
	}
	if key, err := x509.ParsePKCS1PrivateKey(block.Bytes); err == nil {
		return key, nil
	}
	if any, err := x509.ParsePKCS8PrivateKey(block.Bytes); err == nil {
		if key, ok := any.(*rsa.PrivateKey); ok {
			return key, nil
		}
	}
	return nil, errors.New("the private key is not an RSA key in PKCS #1 or PKCS #8 (an encrypted key must be decrypted first)")
}

// RefreshToken logs in by a refresh token, which the server may replace at each use.
type RefreshToken struct {
	ID     string
	Secret Secret // "" = the app has none
	Store  TokenStore
}

// TokenStore keeps the refresh token between runs.
type TokenStore interface {
	// Rotate calls use with the present token. If use gives another one, Rotate returns
	// only when that one is durable. No two Rotates of one store overlap, in any process:
	// a token that is used twice revokes the grant.
	Rotate(ctx context.Context, use func(context.Context, Secret) (Secret, error)) error
}

func (g RefreshToken) name() string       { return "refresh_token" }
func (g RefreshToken) secrets() []Secret  { return []Secret{g.Secret} }
func (g RefreshToken) warnings() []string { return nil }
func (g RefreshToken) renewable() bool    { return true }

func (g RefreshToken) check() error {
	if g.ID == "" || g.Store == nil {
		return errors.New("consumer key and refresh token are needed")
	}
	return nil
}

func (g RefreshToken) login(ctx context.Context, e exchange) (*oauth2.Token, error) {
	var token *oauth2.Token
	err := g.Store.Rotate(ctx, func(ctx context.Context, present Secret) (Secret, error) {
		e.pass(present)
		got, err := e.post(ctx, g.ID, g.Secret, url.Values{
			"grant_type": {"refresh_token"}, "refresh_token": {present.Reveal()},
		})
		if err != nil {
			return Secret{}, err
		}
		token = got
		next := NewSecret(got.RefreshToken)
		e.pass(next)
		return next, nil
	})
	return token, err
}

// AccessToken uses a token that somebody else got. It ends and cannot be renewed.
type AccessToken struct{ Token Secret }

func (g AccessToken) name() string       { return "access_token" }
func (g AccessToken) secrets() []Secret  { return []Secret{g.Token} }
func (g AccessToken) warnings() []string { return nil }
func (g AccessToken) renewable() bool    { return false }

func (g AccessToken) check() error {
	if g.Token.Empty() {
		return errors.New("a token is needed")
	}
	return nil
}

func (g AccessToken) login(context.Context, exchange) (*oauth2.Token, error) {
	return &oauth2.Token{AccessToken: g.Token.Reveal()}, nil
}

// Password logs in by user name and password. Salesforce retires the grant; it is here
// for orgs that have nothing else yet, and only if OptIn says so. SOAP's login() is not
// offered: API version 65 has it no more, and it ends with Summer '27.
type Password struct {
	ID            string
	Secret        Secret
	Username      string
	Password      Secret
	SecurityToken Secret // appended to the password; "" = the network is trusted
	OptIn         bool
}

func (g Password) name() string { return "password" }
func (g Password) secrets() []Secret {
	return []Secret{g.Secret, g.both(), g.Password, g.SecurityToken}
}
func (g Password) renewable() bool { return true }
func (g Password) both() Secret    { return NewSecret(g.Password.Reveal() + g.SecurityToken.Reveal()) }

func (g Password) warnings() []string {
	return []string{"login by user name and password is being retired: orgs created since Summer '26 refuse it, all others from 2027-02-20; change to client_credentials or jwt_bearer"}
}

func (g Password) check() error {
	switch {
	case !g.OptIn:
		return errors.New("this grant is being retired by Salesforce; use client_credentials or jwt_bearer, or opt in explicitly")
	case g.ID == "" || g.Secret.Empty() || g.Username == "" || g.Password.Empty():
		return errors.New("consumer key, consumer secret, user name and password are needed")
	}
	return nil
}

func (g Password) login(ctx context.Context, e exchange) (*oauth2.Token, error) {
	return e.post(ctx, g.ID, g.Secret, url.Values{
		"grant_type": {"password"}, "username": {g.Username}, "password": {g.both().Reveal()},
	})
}
