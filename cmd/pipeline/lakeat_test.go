package main

import (
	"context"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/customer360/pipeline/pipeline/engine"
	"github.com/customer360/pipeline/pipeline/lake"
)

// smallLake has three versions of gold/health_score, a day apart.
func smallLake(t *testing.T) string {
	t.Helper()
	root := filepath.Join(t.TempDir(), "lake")
	now := time.Date(2026, 11, 20, 20, 26, 26, 4e8, time.UTC)
	l, err := lake.Create(root, lake.Options{Now: func() time.Time { return now }})
	if err != nil {
		t.Fatal(err)
	}
	db, closeEngine, err := openEngine(t.Context(), engine.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer closeEngine()
	sess, err := db.Session(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer sess.Close()
	for _, run := range []string{"R1", "R2", "R3"} {
		if err := publish(t.Context(), l, sess, run); err != nil {
			t.Fatal(err)
		}
		now = now.AddDate(0, 0, 1)
	}
	return root
}

func publish(ctx context.Context, l *lake.Lake, sess engine.Session, run string) error {
	const table = "gold/health_score"
	lock, err := l.Lock(run)
	if err != nil {
		return err
	}
	defer lock.Close()
	tx, _, err := l.Begin(ctx, lock, run)
	if err != nil {
		return err
	}
	defer tx.Close()
	part := tx.Part("health_score")
	if _, err := sess.WriteParquet(ctx, "SELECT '"+run+"' AS id", part, nil); err != nil {
		return err
	}
	f, err := tx.Add(table, part, lake.FileOptions{})
	if err != nil {
		return err
	}
	_, err = tx.Publish(ctx, lake.Publish{Operation: "run", AsOf: "2026-11-19", Tables: map[string]lake.Manifest{
		table: {Storage: lake.StorageSingle, Schema: []lake.Column{{ID: 1, Name: "id", Type: "VARCHAR"}}, Files: []lake.File{f}}}})
	return err
}

// TestLakeAt: what command lines that name a state, or a table of it, are told.
func TestLakeAt(t *testing.T) {
	root := smallLake(t)
	const empty = "name a version, time or run"
	for _, c := range []struct {
		args           []string
		code           int
		stdout, stderr string
	}{
		{[]string{"query", "--at", "", "SELECT 1"}, exitUsage, "", empty},
		{[]string{"query", "--at=", "SELECT 1"}, exitUsage, "", empty},
		{[]string{"ask", "bc1", "--at", " "}, exitUsage, "", empty},
		{[]string{"check", "--at", ""}, exitUsage, "", empty},
		{[]string{"rejects", "--at", ""}, exitUsage, "", empty},
		{[]string{"lake", "rollback", ""}, exitUsage, "", empty},
		{[]string{"lake", "pin", " "}, exitUsage, "", empty},
		{[]string{"lake", "unpin", ""}, exitUsage, "", empty},
		{[]string{"lake", "show", ""}, exitUsage, "", empty},
		{[]string{"lake", "show", "2026-11-31"}, exitFailed, "", "resolve 2026-11-31: no such version, time or run\n"},
		{[]string{"lake", "show", "2026-11-19"}, exitFailed, "", "no version is that old; the first was made at 2026-11-20 20:26:26 UTC"},
		{[]string{"lake", "show", "9"}, exitFailed, "", "resolve 9: no such version, time or run\n"},
		{[]string{"lake", "show", "2", "nope"}, exitUsage, "", "no table nope in this version"},
		{[]string{"lake", "show", "2", "gold.health_score"}, exitUsage, "", "did you mean gold/health_score?"},
		{[]string{"lake", "show", "gold/health_scores"}, exitUsage, "", "did you mean gold/health_score?"},
		{[]string{"lake", "show", "gold/health_score", "2"}, exitDone, "FILE", ""},
		{[]string{"lake", "unpin", "1"}, exitFailed, "", "unpin 1: this version is not pinned\n"},
		{[]string{"lake", "pin", "2", "--why", "audit", "--json"}, exitDone, `"pinned": 2,`, ""},
		{[]string{"lake", "pin", "2", "--why", "year-end"}, exitDone, "Version 2 is pinned\n", ""},
		{[]string{"lake", "pins"}, exitDone, "year-end", ""},
		{[]string{"lake", "unpin", "2", "--json"}, exitDone, "{\n  \"unpinned\": 2,\n  \"version\": 6,\n  \"pins\": []\n}", ""},
		{[]string{"lake", "vacuum", "--json"}, exitDone, `"newly_expired": [],`, ""},
		{[]string{"lake", "compact", "gold/nope"}, exitFailed, "", "compact gold/nope: no such table\n"},
		{[]string{"lake", "show", "2026-11-21 20:26:26"}, exitDone, "Version 2 ", ""},
		{[]string{"query", "--at", "2026-11-21 22:26+02:00", "--format", "csv", "SELECT id FROM gold.health_score"}, exitDone, "id\nR2\n", ""},
	} {
		var stdout, stderr strings.Builder
		code := run(t.Context(), append(c.args, "--lake", root), strings.NewReader(""), &stdout, &stderr)
		if code != c.code || !strings.Contains(stdout.String(), c.stdout) || !strings.Contains(stderr.String(), c.stderr) {
			t.Errorf("%q: exit %d\n%s%s", c.args, code, &stdout, &stderr)
		}
	}
}
