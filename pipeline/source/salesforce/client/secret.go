package client

import (
	"log/slog"
	"net/url"
	"slices"
	"strings"
	"sync"
)

const redacted = "[redacted]"

// Secret is a text that never prints. The text sits behind a function, so that not
// even reflection (%#v, %+v of a struct that holds it) shows it.
type Secret struct{ reveal func() string }

// NewSecret wraps a text; an empty text is the zero Secret.
func NewSecret(text string) Secret {
	if text == "" {
		return Secret{}
	}
	return Secret{reveal: func() string { return text }}
}

// Reveal gives the text, to be sent and never to be printed.
func (s Secret) Reveal() string {
	if s.reveal == nil {
		return ""
	}
	return s.reveal()
}

// Empty says that there is no text.
func (s Secret) Empty() bool { return s.reveal == nil }

// String hides the text.
func (s Secret) String() string {
	if s.Empty() {
		return ""
	}
	return redacted
}

// GoString hides the text.
func (s Secret) GoString() string { return s.String() }

// MarshalText hides the text from JSON and from text encoders.
func (s Secret) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// LogValue hides the text from slog.
func (s Secret) LogValue() slog.Value { return slog.StringValue(s.String()) }

// redactor takes known secrets out of texts that servers wrote: an error description
// may echo the assertion it refuses, a proxy's page the header it did not like.
type redactor struct {
	mu     sync.RWMutex
	fixed  []string // of the configuration: kept for good
	passed []string // tokens and assertions: they come and go
}

// A shorter text is not searched for: a one-letter password would hide every message.
const shortestRedacted = 4

// A server echoes what it has just been sent: the newest tokens are enough.
const tokensRemembered = 100

// keep makes secrets of the configuration known.
func (r *redactor) keep(secrets ...Secret) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.fixed = remember(r.fixed, secrets)
}

// pass makes secrets known that are used for a while.
func (r *redactor) pass(secrets ...Secret) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.passed = remember(r.passed, secrets)
	if n := len(r.passed) - tokensRemembered; n > 0 {
		r.passed = slices.Clone(r.passed[n:])
	}
}

func remember(known []string, secrets []Secret) []string {
	for _, s := range secrets {
		// A server may echo a form as it was sent.
		for _, text := range []string{s.Reveal(), url.QueryEscape(s.Reveal())} {
			if len(text) >= shortestRedacted && !slices.Contains(known, text) {
				known = append(known, text)
			}
		}
	}
	return known
}

// clean gives the text without the known secrets.
func (r *redactor) clean(text string) string {
	r.mu.RLock()
	defer r.mu.RUnlock()
	for _, known := range [][]string{r.fixed, r.passed} {
		for _, s := range known {
			text = strings.ReplaceAll(text, s, redacted)
		}
	}
	return text
}
