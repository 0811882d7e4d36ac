package silver

import (
	"bytes"
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

var update = flag.Bool("update", false, "write what the cases produce into their files")

// TestCases runs every file of testdata/cases: bronze rows, mapping and as-of against
// silver rows, rejects, counts, checks and warnings.
func TestCases(t *testing.T) {
	files, err := filepath.Glob("testdata/cases/*.json")
	if err != nil || len(files) == 0 {
		t.Fatalf("no cases: %v", err)
	}
	sess := openSession(t, 2)
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".json"), func(t *testing.T) {
			text, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			var c testCase
			d := json.NewDecoder(bytes.NewReader(text))
			d.DisallowUnknownFields()
			if err := d.Decode(&c); err != nil {
				t.Fatalf("%s: %v", file, err)
			}
			got := observe(t, sess, c.build(t, sess, t.TempDir()))
			if *update {
				writeCase(t, file, text, got)
				return
			}
			if diff := cmp.Diff(asJSON(t, c.Want), asJSON(t, got)); diff != "" {
				t.Errorf("%s (-want +got):\n%s", c.About, diff)
			}
		})
	}
}

func asJSON(t *testing.T, v any) any {
	t.Helper()
	b, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	var out any
	if err := json.Unmarshal(b, &out); err != nil {
		t.Fatal(err)
	}
	return out
}

// writeCase replaces "want", the last field of a case file, and keeps the rest as written.
func writeCase(t *testing.T, file string, text []byte, got want) {
	t.Helper()
	head, _, found := bytes.Cut(text, []byte("\n  \"want\":"))
	if !found {
		head = bytes.TrimSuffix(bytes.TrimSpace(text), []byte("}"))
	}
	head = bytes.TrimRight(head, "\n\t ,")
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	e.SetIndent("  ", "  ")
	if err := e.Encode(got); err != nil {
		t.Fatal(err)
	}
	out := append(bytes.Clone(head), ",\n  \"want\": "+strings.TrimSpace(b.String())+"\n}\n"...)
	if err := os.WriteFile(file, out, 0o644); err != nil {
		t.Fatal(err)
	}
}
