package salesforce_test

import (
	"encoding/json"
	"io"
	"io/fs"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/customer360/pipeline/tests/salesforcesim"
)

// TestSalesforceSecretsOutside plants secrets, lets the org repeat them and the tokens in
// its errors, and looks for them in all that processes print and leave: of runs that fail
// and of one that does not.
func TestSalesforceSecretsOutside(t *testing.T) {
	const planted, wrong, password, security = `planted"secret&1`, `mistaken"secret&2`, `pass"word&3`, `secur"ity&4`
	p := newOutside(t, salesforcesim.OrgOptions{ClientSecret: planted}, "Account")
	p.org.Insert("Account", salesforcesim.Record{"Name": "a"})
	p.world.Advance(time.Hour)
	p.env["SF_PASSWORD"], p.env["SF_SECURITY"] = password, security
	credentials := p.config["auth"]
	for _, c := range []struct {
		name, secret string
		instead      func(int, http.ResponseWriter, *http.Request) bool
		commands     [][]string
		code         int
	}{
		{"a wrong secret", wrong, repeatLogin, [][]string{{"run", "--json", "-v"}, {"run", "-v"}, {"doctor", "--json"}}, 1},
		{"a wrong password", wrong, repeatLogin, [][]string{{"run", "-v"}, {"run", "--json", "-v"}}, 1},
		{"an error that repeats the token", planted, repeatToken, [][]string{{"run", "-v"}, {"run", "--json", "-v"}, {"doctor"}, {"doctor", "--json"}}, 1},
		{"a job that repeats the token", planted, repeatTokenInJob, [][]string{{"run", "-v"}}, 1},
		{"nothing wrong", planted, nil, [][]string{{"run", "-v"}, {"run", "--json", "-v", "--reload"}, {"doctor", "--json"}}, 0},
	} {
		p.env["SF_SECRET"] = c.secret
		p.config["transport"] = map[bool]string{true: "bulk", false: "auto"}[c.name == "a job that repeats the token"]
		p.config["auth"] = credentials
		if c.name == "a wrong password" {
			p.config["auth"] = map[string]any{"grant": "password", "client_id": p.org.Options().ClientID, "client_secret": "${SF_SECRET}", "username": "user@example.com",
				"password": "${SF_PASSWORD}", "security_token": "${SF_SECURITY}", "allow_password": true}
		}
		p.held = nil
		p.gate.from(c.instead)
		if testing.Short() {
			c.commands = c.commands[:1+len(c.commands)/3]
		}
		for _, args := range c.commands {
			if args[0] == "run" {
				args = append(args, "--layer", "bronze")
			}
			out, code := p.call(args...)
			if code != c.code {
				t.Errorf("%s: %v exits %d, want %d:\n%s", c.name, args, code, c.code, out)
			}
			if c.code != 0 && !strings.Contains(out, "[redacted]") && !strings.Contains(out, "***") {
				t.Errorf("%s: %v does not tell what the org said, so the search proves nothing:\n%s", c.name, args, out)
			}
		}
		p.readTree()
	}
	secrets := []string{planted, wrong, password, security, password + security}
	for token := range p.gate.tokens {
		secrets = append(secrets, token)
	}
	if n := len(p.gate.tokens); n < 2 {
		t.Errorf("only %d tokens were seen", n)
	}
	for _, secret := range secrets {
		quoted, err := json.Marshal(secret)
		if err != nil {
			t.Fatal(err)
		}
		_, tail, _ := strings.Cut(secret, "!") // a token is its org's id, and what is secret
		for _, form := range []string{secret, url.QueryEscape(secret), url.PathEscape(secret), strings.Trim(string(quoted), `"`), strings.ReplaceAll(secret, `"`, `\"`), tail[:min(16, len(tail))]} {
			if at := strings.Index(p.said.String(), form); form != "" && at >= 0 {
				t.Errorf("%q was left somewhere: …%s", form, p.said.String()[max(0, at-200):at+len(form)])
			}
		}
	}
	if !strings.Contains(p.said.String(), "${SF_SECRET}") { // the tree was read, so the search is no empty one
		t.Error("nothing was looked at")
	}
}

// readTree takes in all files of the bench: configuration, lake, what is unfinished.
func (p *outside) readTree() {
	p.t.Helper()
	err := filepath.WalkDir(p.dir, func(path string, e fs.DirEntry, err error) error {
		if err != nil || !e.Type().IsRegular() {
			return err
		}
		raw, err := os.ReadFile(path)
		p.said.Write(raw)
		return err
	})
	if err != nil {
		p.t.Fatal(err)
	}
}

// repeatLogin answers a login with all that it was given.
func repeatLogin(_ int, w http.ResponseWriter, r *http.Request) bool {
	if r.URL.Path != "/services/oauth2/token" {
		return false
	}
	raw, err := io.ReadAll(r.Body)
	form, formErr := url.ParseQuery(string(raw))
	if err != nil || formErr != nil {
		return false
	}
	answer(w, map[string]string{"error": "invalid_client", "error_description": "no: " + form.Get("client_secret") + " of " + string(raw)})
	return true
}

// repeatToken answers a query for accounts with the token, in two forms.
func repeatToken(_ int, w http.ResponseWriter, r *http.Request) bool {
	if !strings.Contains(r.URL.Query().Get("q"), "FROM Account") {
		return false
	}
	said := r.Header.Get("Authorization")
	answer(w, []map[string]any{{"errorCode": "MALFORMED_QUERY", "message": "not by " + said + " or " + url.QueryEscape(said), "fields": []string{said}}})
	return true
}

// repeatTokenInJob refuses to make a job, with the token.
func repeatTokenInJob(_ int, w http.ResponseWriter, r *http.Request) bool {
	if r.Method != http.MethodPost || !strings.HasSuffix(r.URL.Path, "/jobs/query") {
		return false
	}
	answer(w, []map[string]any{{"errorCode": "API_ERROR", "message": "not by " + r.Header.Get("Authorization")}})
	return true
}

func answer(w http.ResponseWriter, body any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(http.StatusBadRequest)
	_ = json.NewEncoder(w).Encode(body) // a client that went away is no matter
}
