package config

import (
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"time"
)

// TypeSalesforce is the type of a source that is read through the API of an org.
const TypeSalesforce = "salesforce"

// Salesforce says how an org is reached and how it is read. Durations are written like
// 10m, 20h or 7d.
type Salesforce struct {
	LoginURL         string           `json:"login_url"`                   // the org's My Domain; may hold ${NAME}
	APIVersion       string           `json:"api_version,omitempty"`       // default 64.0
	Auth             SalesforceAuth   `json:"auth"`                        // how to log in
	Transport        string           `json:"transport,omitempty"`         // auto (default) | rest | bulk
	BulkAbove        int              `json:"bulk_above,omitempty"`        // rows from which a window goes to Bulk; default 10000
	BulkDeadline     string           `json:"bulk_deadline,omitempty"`     // how long a job may take; default 2h
	Overlap          string           `json:"overlap,omitempty"`           // read again before the watermark; default 10m
	Lag              string           `json:"lag,omitempty"`               // upper bound = the server's clock less this; default 60s
	Concurrency      int              `json:"concurrency,omitempty"`       // objects read at the same time; default 4
	Budget           SalesforceBudget `json:"budget,omitempty"`            // when to stop asking
	RefreshEvery     string           `json:"refresh_every,omitempty"`     // formula and derived fields; default 20h
	ReconcileEvery   string           `json:"reconcile_every,omitempty"`   // comparison of all ids; default 7d
	ReconcileLimit   int              `json:"reconcile_limit,omitempty"`   // percent of the records that may be gone; default 20
	ReferenceObjects *bool            `json:"reference_objects,omitempty"` // add User, RecordType and the like; default true
	Strict           bool             `json:"strict,omitempty"`            // an expected field that is missing fails its object
}

// SalesforceAuth is the login. Which fields a grant needs is checked.
type SalesforceAuth struct {
	Grant         string  `json:"grant,omitempty"`          // client_credentials (default) | jwt_bearer | refresh_token | access_token | password
	ClientID      string  `json:"client_id,omitempty"`      // consumer key; may hold ${NAME}
	ClientSecret  *Secret `json:"client_secret,omitempty"`  // consumer secret
	PrivateKey    *Secret `json:"private_key,omitempty"`    // jwt_bearer: PEM
	Username      string  `json:"username,omitempty"`       // jwt_bearer, password; may hold ${NAME}
	RefreshToken  *Secret `json:"refresh_token,omitempty"`  // refresh_token: a file, which is replaced when the token rotates
	AccessToken   *Secret `json:"access_token,omitempty"`   // access_token
	Password      *Secret `json:"password,omitempty"`       // password
	SecurityToken *Secret `json:"security_token,omitempty"` // password
	AllowPassword bool    `json:"allow_password,omitempty"` // password: known to retire
}

// SalesforceBudget bounds the use of the org's daily API calls, in percent of its limit.
type SalesforceBudget struct {
	OrgPercent int `json:"org_percent,omitempty"` // stop when everybody together has used so much; default 80
	RunPercent int `json:"run_percent,omitempty"` // stop when this run has used so much; default 25
}

// SalesforceObject says which fields of an object are read, and how.
type SalesforceObject struct {
	Include   []string `json:"include,omitempty"`   // only these fields; default all that can be read
	Exclude   []string `json:"exclude,omitempty"`   // not these
	Expected  []string `json:"expected,omitempty"`  // fields that must be there; those that mappings read are looked for besides
	Strict    *bool    `json:"strict,omitempty"`    // overrides the source's
	Transport string   `json:"transport,omitempty"` // overrides the source's
}

// referenceObjects are the objects that others refer to or that explain them. Currencies
// are only read in orgs that have several.
var referenceObjects = []string{"User", "RecordType", "Product2", "PricebookEntry", "Organization", "CurrencyType", "DatedConversionRate"}

// completeSalesforce fills in the defaults of an org, and adds its reference objects.
func completeSalesforce(s *Source) {
	sf := s.Salesforce
	if sf == nil {
		return // reported by the schema
	}
	for _, text := range []struct {
		to       *string
		fallback string
	}{
		{&sf.APIVersion, "64.0"}, {&sf.Auth.Grant, "client_credentials"}, {&sf.Transport, "auto"}, {&sf.BulkDeadline, "2h"},
		{&sf.Overlap, "10m"}, {&sf.Lag, "60s"}, {&sf.RefreshEvery, "20h"}, {&sf.ReconcileEvery, "7d"},
	} {
		if *text.to == "" {
			*text.to = text.fallback
		}
	}
	for _, number := range []struct {
		to       *int
		fallback int
	}{{&sf.BulkAbove, 10_000}, {&sf.Concurrency, 4}, {&sf.ReconcileLimit, 20}, {&sf.Budget.OrgPercent, 80}, {&sf.Budget.RunPercent, 25}} {
		if *number.to == 0 {
			*number.to = number.fallback
		}
	}
	if sf.ReferenceObjects != nil && !*sf.ReferenceObjects {
		return
	}
	for _, name := range referenceObjects {
		if !hasObject(s.Objects, name) {
			s.Objects = append(s.Objects, Object{Name: name, Optional: true, Added: true})
		}
	}
}

func hasObject(objects []Object, name string) bool {
	for _, o := range objects {
		if strings.EqualFold(o.Name, name) {
			return true
		}
	}
	return false
}

// span is a duration as people write it.
var span = regexp.MustCompile(`^(\d+)(s|m|h|d)$`)

// Span reads a duration like 60s, 10m, 20h or 7d; ok is false for anything else.
func Span(s string) (d time.Duration, ok bool) {
	found := span.FindStringSubmatch(s)
	if found == nil {
		return 0, false
	}
	n, err := strconv.Atoi(found[1])
	unit := map[string]time.Duration{"s": time.Second, "m": time.Minute, "h": time.Hour, "d": 24 * time.Hour}[found[2]]
	return time.Duration(n) * unit, err == nil
}

// Secret is a value that never stands in the configuration itself: "${NAME}" takes it
// from the environment, {"file": "path"} from a file. It is read when it is needed, so
// that commands that only read the lake do without it.
type Secret struct {
	Env  string
	File string // absolute once loaded
}

var secretVariable = regexp.MustCompile(`^\$\{([A-Za-z_][A-Za-z0-9_]*)\}$`)

// UnmarshalJSON accepts "${NAME}" and {"file": "path"}. What it refuses it does not
// repeat: it may be a secret that was written here by mistake.
func (s *Secret) UnmarshalJSON(b []byte) error {
	const want = `want "${NAME}" of an environment variable or {"file": "path"}: secrets do not stand in the configuration`
	var text string
	if json.Unmarshal(b, &text) == nil {
		found := secretVariable.FindStringSubmatch(text)
		if found == nil {
			return errors.New(want)
		}
		*s = Secret{Env: found[1]}
		return nil
	}
	var file map[string]string
	if err := json.Unmarshal(b, &file); err != nil || len(file) != 1 || file["file"] == "" {
		return errors.New(want)
	}
	*s = Secret{File: file["file"]}
	return nil
}

// MarshalJSON writes the form UnmarshalJSON reads: where the secret is, not what it is.
func (s Secret) MarshalJSON() ([]byte, error) {
	if s.File != "" {
		return json.Marshal(map[string]string{"file": s.File})
	}
	return json.Marshal("${" + s.Env + "}")
}

// SecretError says that a secret, or a value from the environment, cannot be had.
type SecretError struct {
	Where  string // the source and field
	Reason string
	Advice string
}

func (e *SecretError) Error() string { return e.Where + ": " + e.Reason }

// Hint says what to do.
func (e *SecretError) Hint() string { return e.Advice }

// Secret reads a secret and makes sure that it is never printed. where names the field
// for people.
func (l *Loaded) Secret(where string, s *Secret) (string, error) {
	value := ""
	switch {
	case s == nil:
		return "", nil
	case s.File != "":
		b, err := os.ReadFile(s.File)
		if err != nil {
			return "", &SecretError{Where: where, Reason: fileTrouble(err) + ": " + s.File, Advice: "write the secret into that file, readable by you only"}
		}
		value = strings.TrimRight(string(b), "\r\n")
	default:
		var ok bool
		if value, ok = l.env(s.Env); !ok {
			return "", &SecretError{Where: where, Reason: "the environment variable " + s.Env + " is not set", Advice: `set it, or name a file: {"file": "path"}`}
		}
	}
	if value == "" {
		return "", &SecretError{Where: where, Reason: "the secret is empty"}
	}
	l.Redact.Add(value)
	return value, nil
}

// Expand replaces ${NAME} in a value that is no secret.
func (l *Loaded) Expand(where, text string) (string, error) {
	var missing string
	out := variable.ReplaceAllStringFunc(text, func(found string) string {
		name := strings.TrimSuffix(strings.TrimPrefix(found, "${"), "}")
		value, ok := l.env(name)
		if !ok {
			missing = name
		}
		l.Redact.note(name, value)
		return value
	})
	if missing != "" {
		return "", &SecretError{Where: where, Reason: "the environment variable " + missing + " is not set", Advice: "set it, or write the value"}
	}
	return out, nil
}

// noteSecrets makes known to the redactor what secrets can be had already, so that not
// even a command that does not need them prints one.
func (l *loading) noteSecrets(p *Pipeline) {
	for i := range p.Sources {
		for _, s := range p.Sources[i].secrets() {
			if s.value.File != "" {
				if !filepath.IsAbs(s.value.File) {
					s.value.File = filepath.Join(l.dir, filepath.FromSlash(s.value.File))
				}
				if b, err := os.ReadFile(s.value.File); err == nil { // else whoever needs it will say
					l.out.Redact.Add(strings.TrimSpace(string(b)))
				}
			} else if value, ok := l.lookup(s.value.Env); ok {
				l.out.Redact.Add(value)
			}
		}
	}
}

// secretField is a field that holds a secret.
type secretField struct {
	name  string
	value *Secret
}

// secrets lists the fields of a source that hold secrets.
func (s *Source) secrets() (out []secretField) {
	if s.Salesforce == nil {
		return nil
	}
	a := &s.Salesforce.Auth
	for _, f := range []secretField{
		{"client_secret", a.ClientSecret}, {"private_key", a.PrivateKey}, {"refresh_token", a.RefreshToken},
		{"access_token", a.AccessToken}, {"password", a.Password}, {"security_token", a.SecurityToken},
	} {
		if f.value != nil {
			out = append(out, f)
		}
	}
	return out
}
