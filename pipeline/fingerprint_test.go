package pipeline

import (
	"testing"
	"time"
)

func TestBecause(t *testing.T) {
	base := fingerprint{Definition: "d", AsOf: "2026-11-20", Inputs: "i"}
	for name, c := range map[string]struct {
		was, want string
		now       fingerprint
	}{
		"first":      {"", "never built", base},
		"unchanged":  {base.String(), "", base},
		"definition": {base.String(), "its definition changed", fingerprint{"e", "2026-11-20", "i", ""}},
		"inputs":     {base.String(), "its inputs changed", fingerprint{"d", "2026-11-20", "j", ""}},
		"as-of":      {base.String(), "as-of moved from 2026-11-20 to 2026-11-21", fingerprint{"d", "2026-11-21", "i", ""}},
		"all": {base.String(), "its definition changed, its inputs changed, as-of moved from 2026-11-20 to 2026-11-21",
			fingerprint{"e", "2026-11-21", "j", ""}},
	} {
		if got := because(c.was, c.now); got != c.want {
			t.Errorf("%s: got %q, want %q", name, got, c.want)
		}
	}
}

// TestDigest: the order of a map does not matter, names and values do not run together.
func TestDigest(t *testing.T) {
	a := digest(map[string]string{"x": "1", "y": "2"})
	if b := digest(map[string]string{"y": "2", "x": "1"}); a != b {
		t.Error("depends on order")
	}
	if digest(map[string]string{"x": "1y", "": ""}) == digest(map[string]string{"x1": "y", "": ""}) {
		t.Error("name and value run together")
	}
}

// TestAsOf: the flag wins over the configuration, and the default is yesterday where
// the company is.
func TestAsOf(t *testing.T) {
	now := time.Date(2026, 11, 21, 22, 30, 0, 0, time.UTC) // already the 22nd in Nairobi
	for name, c := range map[string]struct{ flag, configured, zone, want string }{
		"yesterday in UTC":     {"", "", "", "2026-11-20"},
		"yesterday in Nairobi": {"", "", "Africa/Nairobi", "2026-11-21"},
		"configured":           {"", "2026-06-30", "Africa/Nairobi", "2026-06-30"},
		"flag":                 {"2025-12-31", "2026-06-30", "", "2025-12-31"},
	} {
		got, err := resolveAsOf(c.flag, c.configured, c.zone, now)
		if err != nil || got != c.want {
			t.Errorf("%s: got %q, %v, want %q", name, got, err, c.want)
		}
	}
	for _, bad := range []string{"31.12.2025", "2025-02-30", "yesterday"} {
		if _, err := resolveAsOf(bad, "", "", now); err == nil {
			t.Errorf("%q is taken for a date", bad)
		}
	}
}
