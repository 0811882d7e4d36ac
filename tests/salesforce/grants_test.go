package salesforce_test

import (
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/pem"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/customer360/pipeline/tests/salesforcesim"
)

// secretFile writes a secret beside the configuration and returns how that names it.
func (b *bench) secretFile(name, text string) map[string]any {
	b.t.Helper()
	if err := os.WriteFile(filepath.Join(b.dir, name), []byte(text), 0o600); err != nil {
		b.t.Fatal(err)
	}
	return map[string]any{"file": name}
}

// reads runs with a login, and wants the one account.
func (b *bench) reads(auth map[string]any) {
	b.t.Helper()
	b.config["auth"], b.held = auth, nil
	b.world.Advance(time.Hour)
	b.must()
	if records, _ := b.lakeState().latest("bronze/sf/account"); len(records) != 1 {
		b.t.Errorf("%d records", len(records))
	}
}

func newLogin(t *testing.T, o salesforcesim.OrgOptions) *bench {
	b := newBench(t, o, "Account")
	b.org.Insert("Account", salesforcesim.Record{"Name": "a"})
	return b
}

// TestSalesforceJWT logs in by a signed assertion.
func TestSalesforceJWT(t *testing.T) {
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	text := pem.EncodeToMemory(&pem.Block{Type: "RSA PRIVATE KEY", Bytes: x509.MarshalPKCS1PrivateKey(key)})
	b := newLogin(t, salesforcesim.OrgOptions{JWTKey: &key.PublicKey})
	b.env["SF_USER"] = b.org.Options().Username
	b.reads(map[string]any{"grant": "jwt_bearer", "client_id": b.org.Options().ClientID, "username": "${SF_USER}", "private_key": b.secretFile("key.pem", string(text))})
}

// TestSalesforceRefreshToken logs in by tokens that serve once: the next run has the next
// one, and a new authorization in the user's own file wins over what was kept.
func TestSalesforceRefreshToken(t *testing.T) {
	b := newLogin(t, salesforcesim.OrgOptions{RotateRefresh: true})
	auth := map[string]any{"grant": "refresh_token", "client_id": b.org.Options().ClientID, "refresh_token": b.secretFile("refresh", b.org.Options().RefreshToken+"\n")}
	var kept []string
	for range 2 {
		b.reads(auth)
		path := filepath.Join(b.dir, "refresh.rotated")
		raw, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o600 {
			t.Errorf("the rotated token can be read by others: %v, %v", info.Mode(), err)
		}
		for _, before := range kept {
			if string(raw) == before {
				t.Error("a token was not replaced")
			}
		}
		kept = append(kept, string(raw))
	}
	if raw, err := os.ReadFile(filepath.Join(b.dir, "refresh")); err != nil || strings.TrimSpace(string(raw)) != b.org.Options().RefreshToken {
		t.Errorf("the user's own file was changed: %q, %v", raw, err)
	}
	b.secretFile("refresh", "of-a-new-authorization")
	b.held = nil
	if _, err := b.run(); err == nil || !strings.Contains(err.Error(), "expired access/refresh token") {
		t.Errorf("a new token in the user's file was not tried: %v", err)
	}
}

// TestSalesforceAccessToken reads with a token somebody else got, and says what to do when
// it has ended.
func TestSalesforceAccessToken(t *testing.T) {
	b := newLogin(t, salesforcesim.OrgOptions{TokenLife: 90 * time.Minute})
	b.env["SF_TOKEN"] = b.org.NewSession()
	auth := map[string]any{"grant": "access_token", "access_token": "${SF_TOKEN}"}
	b.reads(auth)
	b.world.Advance(time.Hour)
	b.held = nil
	if _, err := b.run(); err == nil || !strings.Contains(err.Error(), "access token") {
		t.Errorf("with a token that ended: %v", err)
	}
}

// TestSalesforcePassword logs in the old way, which has to be asked for and is warned of.
func TestSalesforcePassword(t *testing.T) {
	b := newLogin(t, salesforcesim.OrgOptions{})
	o := b.org.Options()
	b.env["SF_PASSWORD"], b.env["SF_TOKEN"] = o.Password, o.SecurityToken
	b.reads(map[string]any{"grant": "password", "client_id": o.ClientID, "client_secret": "${SF_SECRET}", "username": o.Username,
		"password": "${SF_PASSWORD}", "security_token": "${SF_TOKEN}", "allow_password": true})
	b.world.Advance(time.Hour)
	if res := b.must(); !strings.Contains(strings.Join(res.Warnings, "\n"), "2027-02-20") {
		t.Errorf("nothing is said about its end: %q", res.Warnings)
	}
}
