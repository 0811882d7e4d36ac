package lake

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"testing"
)

// TestMend damages a file, in place, so that its releases are damaged with it, and takes one
// away; a Tx that builds both again mends them, and leaves a file that is whole.
func TestMend(t *testing.T) {
	fixtures := makeParquet(t, nightQueries(2))
	l := prepare(t, fixtures, 1, 2).reset(t)
	s, _ := l.Snapshot(mustHead(t, l))
	paths := map[string]string{}
	for _, table := range []string{"gold/accounts", "silver/account", "silver/user"} {
		m, err := s.Manifest(table)
		if err != nil {
			t.Fatal(err)
		}
		paths[table] = m.Files[0].Path
	}
	damaged := l.abs(paths["gold/accounts"])
	raw, err := os.ReadFile(damaged)
	if err != nil {
		t.Fatal(err)
	}
	raw[len(raw)/2] ^= 1
	if err := errors.Join(os.Chmod(damaged, 0o644), os.WriteFile(damaged, raw, 0o644), os.Remove(l.abs(paths["silver/account"]))); err != nil {
		t.Fatal(err)
	}
	if r, err := l.Verify(t.Context(), false); err != nil || r.OK() {
		t.Fatalf("the damage is not there: %+v, %v", r, err)
	}
	lock, err := l.Lock("MEND")
	if err != nil {
		t.Fatal(err)
	}
	defer lock.Close()
	tx, _, err := l.Begin(t.Context(), lock, "MEND")
	if err != nil {
		t.Fatal(err)
	}
	for table, src := range map[string]string{"gold/accounts": "accounts.2", "silver/account": "account.2", "silver/user": "static"} {
		if _, err := stage(tx, filepath.Join(fixtures, src+".src"), table, FileOptions{}); err != nil {
			t.Fatal(err)
		}
	}
	mended, err := tx.Mend(t.Context())
	if want := []string{paths["gold/accounts"], paths["silver/account"]}; err != nil || !slices.Equal(mended, want) {
		t.Errorf("mended %v, %v; want %v", mended, err, want)
	}
	if again, err := tx.Mend(t.Context()); err != nil || len(again) > 0 {
		t.Errorf("again: %v, %v", again, err)
	}
	if err := tx.Close(); err != nil {
		t.Fatal(err)
	}
	wantClean(t, l)
}

// TestCompactAfterHistorical: a run for an earlier day leaves what is current as it was, so a
// compaction that follows is of the day that is current.
func TestCompactAfterHistorical(t *testing.T) {
	fixtures := makeParquet(t, nightQueries(3))
	l := prepare(t, fixtures, 1, 2, 3).reset(t)
	want := mustHead(t, l).AsOf
	publishOne(t, l, "RUNH", Publish{Operation: "historical", AsOf: "2026-01-31", Historical: true},
		map[string]string{"gold/accounts": fixtures + "/accounts.1.src"})
	r, err := l.Compact(t.Context(), openEngine(t), CompactOptions{Run: "C", MinFiles: 2})
	if err != nil || r.Version == 0 {
		t.Fatalf("%+v, %v", r, err)
	}
	if got := mustHead(t, l).AsOf; got != want || want == "" {
		t.Errorf("as of %s, want %s", got, want)
	}
}

// TestRollbackAcrossRename: the column has its old name and its id again.
func TestRollbackAcrossRename(t *testing.T) {
	fixtures := makeParquet(t, map[string]string{"old": rowsQuery("a", 2), "new": "SELECT id, amount AS total FROM (" + rowsQuery("a", 2) + ")"})
	l := mustLake(t, Options{})
	publish := func(run, src string, columns []Column, m Migration) {
		t.Helper()
		lock, err := l.Lock(run)
		if err != nil {
			t.Fatal(err)
		}
		defer lock.Close()
		tx, _, err := l.Begin(t.Context(), lock, run)
		if err != nil {
			t.Fatal(err)
		}
		f, err := stage(tx, filepath.Join(fixtures, src+".src"), "gold/accounts", FileOptions{})
		if err != nil {
			t.Fatal(err)
		}
		_, err = tx.Publish(t.Context(), Publish{Tables: map[string]Manifest{"gold/accounts": {Storage: StorageSingle, Schema: columns, Files: []File{f}}},
			Migrations: map[string]Migration{"gold/accounts": m}})
		if err := errors.Join(err, tx.Close()); err != nil {
			t.Fatal(err)
		}
	}
	renamed := slices.Clone(idName)
	renamed[1].Name = "total"
	rename := Migration{Rename: map[string]string{"amount": "total"}}
	publish("R1", "old", idName, Migration{})
	publish("R2", "new", renamed, rename)
	if _, err := l.Rollback(t.Context(), "1", RollbackOptions{Run: "BACK"}); err != nil {
		t.Fatal(err)
	}
	s, _ := l.Snapshot(mustHead(t, l))
	m, err := s.Manifest("gold/accounts")
	if err != nil || fmt.Sprint(m.Schema) != fmt.Sprint(idName) || len(m.Dropped) > 0 {
		t.Errorf("%+v, %v", m, err)
	}
	publish("R3", "new", renamed, rename) // and the next run renames it anew
	wantClean(t, l)
}
