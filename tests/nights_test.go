package tests

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"testing"
)

var exportDate = regexp.MustCompile(`_(\d{4}-\d{2}-\d{2})\.`)

// exportDates lists the dates in the names of a demo's files.
func exportDates(t *testing.T, dir string) []string {
	t.Helper()
	seen := map[string]bool{}
	eachExport(t, dir, func(_, date string) { seen[date] = true })
	var out []string
	for d := range seen {
		out = append(out, d)
	}
	slices.Sort(out)
	return out
}

// keepUntil removes the files that were exported after a date.
func keepUntil(t *testing.T, dir, last string) {
	t.Helper()
	eachExport(t, dir, func(path, date string) {
		if date > last {
			if err := os.Remove(path); err != nil {
				t.Fatal(err)
			}
		}
	})
}

func eachExport(t *testing.T, dir string, f func(path, date string)) {
	t.Helper()
	err := filepath.WalkDir(filepath.Join(dir, "exports"), func(p string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		if m := exportDate.FindStringSubmatch(filepath.Base(p)); m != nil {
			f(p, m[1])
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}
