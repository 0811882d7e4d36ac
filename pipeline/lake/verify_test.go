package lake

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// flip changes one bit of a file.
func flip(t *testing.T, path string, offset int64) {
	t.Helper()
	raw, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if offset < 0 {
		offset += int64(len(raw))
	}
	raw[offset] ^= 1
	replace(t, path, raw)
}

// replace gives a path other bytes; hard links to the old ones keep them.
func replace(t *testing.T, path string, raw []byte) {
	t.Helper()
	if err := errors.Join(os.Remove(path), os.WriteFile(path, raw, 0o644)); err != nil {
		t.Fatal(err)
	}
}

// TestVerifyFindsDamage: every kind of damage is found by the full check and named;
// quick says what the cheap check finds.
func TestVerifyFindsDamage(t *testing.T) {
	fixtures := makeParquet(t, nightQueries(3))
	manifestOf := func(l *Lake, version, table string) string {
		c, err := l.Resolve(version)
		if err != nil {
			t.Fatal(err)
		}
		return l.path(manifestsDir, c.Tables[table]+".json")
	}
	fileOf := func(l *Lake, version, table string) string {
		c, _ := l.Resolve(version)
		s, _ := l.Snapshot(c)
		files, err := s.Files(table)
		if err != nil {
			t.Fatal(err)
		}
		return files[0]
	}
	cases := map[string]struct {
		damage func(l *Lake)
		code   string
		quick  bool
	}{
		"bit in a data file":          {func(l *Lake) { flip(t, fileOf(l, "", "gold/accounts"), 40) }, ProblemChecksum, false},
		"bit in an old data file":     {func(l *Lake) { flip(t, fileOf(l, "2", "gold/accounts"), 40) }, ProblemChecksum, false},
		"bit in a manifest":           {func(l *Lake) { flip(t, manifestOf(l, "", "gold/accounts"), 30) }, ProblemManifest, true},
		"bit in an old manifest":      {func(l *Lake) { flip(t, manifestOf(l, "2", "gold/accounts"), 30) }, ProblemManifest, false},
		"bit in the head":             {func(l *Lake) { flip(t, l.path(commitsDir, commitFile(6)), 100) }, ProblemCommit, true},
		"bit in the head's checksum":  {func(l *Lake) { flip(t, l.path(commitsDir, commitFile(6)), -10) }, ProblemCommit, true},
		"bit in the parent":           {func(l *Lake) { flip(t, l.path(commitsDir, commitFile(5)), 100) }, ProblemCommit, true},
		"bit in an old commit":        {func(l *Lake) { flip(t, l.path(commitsDir, commitFile(2)), 100) }, ProblemCommit, false},
		"missing data file":           {func(l *Lake) { os.Remove(fileOf(l, "", "bronze/crm/account")) }, ProblemMissing, true},
		"missing manifest":            {func(l *Lake) { os.Remove(manifestOf(l, "", "silver/user")) }, ProblemManifest, true},
		"missing commit":              {func(l *Lake) { os.Remove(l.path(commitsDir, commitFile(3))) }, ProblemCommit, true},
		"truncated data file":         {func(l *Lake) { replace(t, fileOf(l, "", "silver/user"), []byte("PAR1")) }, ProblemSize, true},
		"stray file in a table":       {func(l *Lake) { os.WriteFile(l.path("gold/accounts/x.parquet"), nil, 0o644) }, ProblemStray, false},
		"stray table":                 {func(l *Lake) { os.Mkdir(l.path("gold/x"), 0o755); os.WriteFile(l.path("gold/x/x.parquet"), nil, 0o644) }, ProblemStray, false},
		"leftover of a run":           {func(l *Lake) { os.Mkdir(l.path(tmpDir, "DEAD"), 0o755) }, ProblemLeftover, true},
		"foreign file among commits":  {func(l *Lake) { os.WriteFile(l.path(commitsDir, "7.json"), nil, 0o644) }, ProblemCommit, true},
		"current to an older release": {func(l *Lake) { os.Remove(l.path(currentLink)); os.Symlink("releases/2", l.path(currentLink)) }, ProblemProjection, true},
		"current is gone":             {func(l *Lake) { os.Remove(l.path(currentLink)) }, ProblemProjection, true},
		"file gone from the release":  {func(l *Lake) { os.Remove(l.path("current/gold/accounts.parquet")) }, ProblemProjection, true},
		"extra file in the release":   {func(l *Lake) { os.WriteFile(l.path("current/gold/x.parquet"), nil, 0o644) }, ProblemProjection, true},
		"catalog is gone":             {func(l *Lake) { os.Remove(l.path("current", CatalogName)) }, ProblemProjection, true},
		"catalog is another release's": {func(l *Lake) {
			os.Remove(l.path("current", CatalogName))
			os.Link(l.path("releases/2", CatalogName), l.path("current", CatalogName))
		}, ProblemProjection, false},
	}
	p := prepare(t, fixtures, 1, 2, 3)
	wantClean(t, p.reset(t))
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			l := p.reset(t)
			c.damage(l)
			has := func(r VerifyReport) bool {
				return slices.ContainsFunc(r.Problems, func(p Problem) bool { return p.Code == c.code && p.Message != "" && p.Hint != "" })
			}
			if r := mustVerify(t, l, false); !has(r) {
				t.Errorf("full: %+v", r.Problems)
			}
			if r := mustVerify(t, l, true); has(r) != c.quick {
				t.Errorf("quick: %+v", r.Problems)
			}
			_, err := l.Recover(context.Background())
			switch c.code {
			case ProblemProjection, ProblemLeftover: // derived: recovery makes them again
				if err != nil {
					t.Fatal(err)
				}
				if name != "catalog is another release's" {
					wantClean(t, l)
				}
			case ProblemStray: // not ours: recovery must leave it
				if err != nil || mustVerify(t, l, false).OK() {
					t.Errorf("recover took a foreign file away: %v", err)
				}
			}
		})
	}
}

func TestHeadNeverFallsBack(t *testing.T) {
	fixtures := makeParquet(t, nightQueries(2))
	for _, version := range []int64{3, 4} {
		l := mustLake(t, Options{})
		mustRun(t, l, fixtures, 1, 2)
		flip(t, l.path(commitsDir, commitFile(version)), 100)
		if c, err := l.Head(); err == nil {
			t.Errorf("damaged version %d: head is %d", version, c.Version)
		}
		if err := runNight(l, fixtures, 2); err == nil || !strings.Contains(err.Error(), "damaged") {
			t.Errorf("damaged version %d: run: %v", version, err)
		}
	}
}

// TestRunAtWorkIsNoDamage: while a living process holds the lock, its unfinished
// publish is a note.
func TestRunAtWorkIsNoDamage(t *testing.T) {
	fixtures := makeParquet(t, nightQueries(2))
	l := mustLake(t, Options{})
	mustRun(t, l, fixtures, 1)
	var seen []string
	reached := map[string]bool{}
	reader, err := Open(l.Root(), Options{})
	if err != nil {
		t.Fatal(err)
	}
	l.disk.step = func(step string) error {
		if reached[step] {
			return nil
		}
		reached[step] = true
		r, err := reader.Verify(context.Background(), false)
		if err != nil {
			return err
		}
		if !r.OK() {
			t.Errorf("%s: %+v", step, r.Problems)
		}
		seen = append(seen, r.Notes...)
		return nil
	}
	mustRun(t, l, fixtures, 2)
	if !slices.ContainsFunc(seen, func(n string) bool { return strings.Contains(n, "is being published") }) {
		t.Errorf("notes: %v", seen)
	}
	l.disk.step = nil
	wantClean(t, l)
	if entries, _ := os.ReadDir(filepath.Join(l.Root(), tmpDir)); len(entries) > 0 {
		t.Errorf("left in tmp: %v", entries)
	}
}
