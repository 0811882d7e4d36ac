package tests

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/customer360/pipeline/pipeline/lake"
)

// TestVerifiedReads: a bit that a disk flipped in a table that is read makes a verified
// query and a run fail, say which file it is, and leave the state as it was; what does
// not read the table goes on.
func TestVerifiedReads(t *testing.T) {
	t.Parallel()
	dir := quickDir(t)
	config, root := ledgerProject(t, dir), filepath.Join(dir, "lake")
	ledgerLake(t, config, root, 2)
	verified := func(sql string) result {
		return pipeline(t, "query", "--verify", "--lake", root, "--format", "csv", sql)
	}
	if r := verified("SELECT n FROM gold.a"); r.code != 0 || r.stdout != "n\n2\n" {
		t.Errorf("exit %d: %s%s", r.code, r.stdout, r.stderr)
	}
	if r := verified(`SELECT count(*) AS n FROM Bronze."w__o"`); r.code != 0 || r.stdout != "n\n2\n" {
		t.Errorf("bronze: exit %d: %s%s", r.code, r.stdout, r.stderr)
	}
	if r := verified("SELECT count(*) FROM query_table('bronze.w_' || '_o')"); r.code == 0 {
		t.Errorf("a table that nobody looked at was read: %s", r.stdout)
	}
	tokenFile(t, config, "NEW")
	run := []string{"run", "--quiet", "--config", config, "--lake", root}
	for _, c := range []struct {
		table string
		again []string // a run that reads the table
	}{
		{"gold/a", nil},
		{"silver/entry", append(run, "--layer", "gold", "--full-refresh")},
		{"bronze/w/o", run},
	} {
		before := tables(t, root, "bronze", "silver", "gold")
		mend := flipBit(t, root, c.table)
		name := strings.Replace(strings.Replace(c.table, "/", ".", 1), "w/o", "w__o", 1)
		for _, r := range []result{verified("SELECT count(*) FROM " + name), verified(strings.ToUpper("SELECT count(*) FROM " + name))} {
			if r.code != 1 || r.stdout != "" || !strings.Contains(r.stderr, "xxh3") || !strings.Contains(r.stderr, "hint: ") {
				t.Errorf("%s damaged: exit %d: %s%s", c.table, r.code, r.stdout, r.stderr)
			}
		}
		if r := verified("SELECT n FROM gold.b"); r.code != 0 {
			t.Errorf("%s damaged, another table read: exit %d: %s", c.table, r.code, r.stderr)
		}
		if c.again != nil {
			if r := pipeline(t, c.again...); r.code != 1 || !strings.Contains(r.stderr, "xxh3") {
				t.Errorf("%s damaged: %v: exit %d\n%s", c.table, c.again, r.code, r.stderr)
			}
			same(t, c.table+" damaged", before, tables(t, root, "bronze", "silver", "gold"))
		}
		mend()
	}
	must(t, run...)
	tidy(t, root)
}

// flipBit damages the first file of a table in the middle, and returns what mends it.
func flipBit(t *testing.T, root, table string) (mend func()) {
	t.Helper()
	l, err := lake.Open(root, lake.Options{})
	if err != nil {
		t.Fatal(err)
	}
	view, err := l.View("")
	if err != nil {
		t.Fatal(err)
	}
	files, err := view.Files(table)
	if err != nil || len(files) == 0 {
		t.Fatal(table, files, err)
	}
	raw, err := os.ReadFile(files[0])
	if err != nil {
		t.Fatal(err)
	}
	put := func() {
		if err := os.WriteFile(files[0], raw, 0o444); err != nil { // in place: releases share the file
			t.Fatal(err)
		}
	}
	raw[len(raw)/2] ^= 4
	put()
	return func() {
		raw[len(raw)/2] ^= 4
		put()
	}
}
