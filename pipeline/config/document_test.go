package config

import (
	"encoding/json"
	"testing"

	"pgregory.net/rapid"
)

// TestDocumentAgreesWithJSON damages a file in every way one edit can: what the
// standard library refuses we refuse with a position inside the file, what it accepts
// we accept but for duplicate fields, and nothing panics.
func TestDocumentAgreesWithJSON(t *testing.T) {
	const whole = `{"a": [1, -2.5e3, "x\"y\u00e9", true, null], "b": {"c": {}, "d": []}, "é": "ü"}`
	rapid.Check(t, func(t *rapid.T) {
		data := []byte(whole)
		at := rapid.IntRange(0, len(data)-1).Draw(t, "at")
		switch rapid.IntRange(0, 2).Draw(t, "kind") {
		case 0:
			data = data[:at]
		case 1:
			data = append(data[:at:at], data[at+1:]...)
		default:
			data[at] = rapid.SampledFrom([]byte("{}[]\",: \n\\/0ax\xff")).Draw(t, "byte")
		}
		problems := &Problems{}
		doc := parseDocument("f.json", data, problems)
		if accepted := json.Valid(data) && doc == nil; accepted && len(problems.List) > 0 && problems.List[0].Message != "the file is not UTF-8" {
			t.Fatalf("refused valid JSON %s: %v", data, problems.List)
		}
		if !json.Valid(data) && doc != nil {
			t.Fatalf("accepted invalid JSON %s", data)
		}
		for _, p := range problems.List {
			if p.Line < 1 || p.Column < 1 {
				t.Fatalf("no position: %v in %s", p, data)
			}
		}
	})
}

func TestNearest(t *testing.T) {
	names := []string{"account_name", "account_id", "source_column", "lake", "csv"}
	for got, want := range map[string]string{
		"acount_name": "account_name", "ACCOUNT_ID": "account_id", "column": "source_column", "lkae": "lake",
		"zzz": "", "favourite": "", "cvs": "csv",
	} {
		if near := Nearest(got, names); near != want {
			t.Errorf("Nearest(%q) = %q, want %q", got, near, want)
		}
	}
}
