package config

import (
	"encoding/json"
	"io"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"sync"
)

// redacted stands where a secret stood.
const redacted = "***"

// secretName tells by its name that an environment variable is not for printing.
var secretName = regexp.MustCompile(`(?i)(secret|token|password|passwd|credential|private|api_?key)`)

// Redactor replaces secrets in anything that is about to be printed. The zero value
// knows none. It is safe for concurrent use: secrets are also learnt on the way, when an
// org gives a token.
type Redactor struct {
	mu      sync.RWMutex
	secrets []string
}

// Add makes a value a secret, also as it stands in JSON and in addresses. Values shorter
// than four characters are ignored: they would blot out ordinary text.
func (r *Redactor) Add(secret string) {
	if len(secret) < 4 {
		return
	}
	forms := []string{secret, url.QueryEscape(secret), url.PathEscape(secret)}
	if quoted, err := json.Marshal(secret); err == nil { // a string always marshals
		forms = append(forms, strings.Trim(string(quoted), `"`))
	}
	if lines := strings.Split(secret, "\n"); len(lines) > 1 { // a key in PEM: no line of it, either
		for _, line := range lines {
			if line = strings.TrimSpace(line); len(line) >= 16 && !strings.HasPrefix(line, "-----") {
				forms = append(forms, line)
			}
		}
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, form := range forms {
		if !slices.Contains(r.secrets, form) {
			r.secrets = append(r.secrets, form)
		}
	}
	slices.SortFunc(r.secrets, func(a, b string) int { return len(b) - len(a) }) // a secret may contain another
}

// note adds the value of an environment variable if its name says it is a secret.
func (r *Redactor) note(name, value string) {
	if secretName.MatchString(name) {
		r.Add(value)
	}
}

// String returns s without secrets.
func (r *Redactor) String(s string) string {
	r.mu.RLock()
	defer r.mu.RUnlock()
	for _, secret := range r.secrets {
		s = strings.ReplaceAll(s, secret, redacted)
	}
	return s
}

// Writer returns a writer that removes secrets. Each Write is taken as a whole, as
// loggers write lines: a secret split over two writes is not recognised.
func (r *Redactor) Writer(w io.Writer) io.Writer { return redactingWriter{r, w} }

type redactingWriter struct {
	redactor *Redactor
	to       io.Writer
}

// Write implements io.Writer.
func (w redactingWriter) Write(p []byte) (int, error) {
	if _, err := io.WriteString(w.to, w.redactor.String(string(p))); err != nil {
		return 0, err
	}
	return len(p), nil
}
