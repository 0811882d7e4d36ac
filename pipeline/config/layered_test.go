package config

import (
	"errors"
	"io/fs"
	"testing"
	"testing/fstest"
)

// TestLayered: a file above replaces one below, and, where that is asked for, an empty one
// takes it away.
func TestLayered(t *testing.T) {
	lower := fstest.MapFS{"gold/a.sql": {Data: []byte("a")}, "gold/b.sql": {Data: []byte("b")}, "gold/c.sql": {Data: []byte("c")}}
	upper := fstest.MapFS{"gold/b.sql": {Data: []byte("B")}, "gold/c.sql": {}, "gold/d.sql": {Data: []byte("d")}}
	for hides, want := range map[bool]string{false: "a:a b:B c: d:d ", true: "a:a b:B d:d "} {
		l := Layered{Upper: upper, Lower: lower, EmptyHides: hides}
		found, err := fs.Glob(l, "gold/*.sql")
		if err != nil {
			t.Fatal(err)
		}
		got := ""
		for _, name := range found {
			text, err := fs.ReadFile(l, name)
			if err != nil {
				t.Fatal(err)
			}
			got += name[5:6] + ":" + string(text) + " "
		}
		if got != want {
			t.Errorf("hides %v: %s, want %s", hides, got, want)
		}
		if _, err := l.Open("gold/c.sql"); errors.Is(err, fs.ErrNotExist) != hides {
			t.Errorf("hides %v: open gives %v", hides, err)
		}
	}
}
