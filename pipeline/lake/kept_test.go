package lake

import (
	"context"
	"os"
	"path/filepath"
	"testing"
)

// TestKept: a run takes up what one before it had finished, if it was made from the same
// and is still what it was; and can publish it.
func TestKept(t *testing.T) {
	src := makeParquet(t, map[string]string{"first": rowsQuery("a", 3), "second": rowsQuery("b", 2)})
	l, err := Create(filepath.Join(t.TempDir(), "lake"), Options{Now: clock()})
	if err != nil {
		t.Fatal(err)
	}
	work := func(run string, do func(*Tx)) {
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
		do(tx)
		if err := tx.Close(); err != nil {
			t.Fatal(err)
		}
	}
	var made []File
	work("RUN1", func(tx *Tx) {
		var files []StagedFile
		for i, name := range []string{"first", "second"} {
			f, err := stage(tx, filepath.Join(src, name+".src"), []string{"gold/scores", "gold/debts"}[i], FileOptions{Partition: "2026-10-31"})
			if err != nil {
				t.Fatal(err)
			}
			made = append(made, f)
			files = append(files, StagedFile{File: f, Part: tx.staged[f.Path]})
		}
		if err := tx.Keep("history", "2026-10-31", "key", files); err != nil {
			t.Fatal(err)
		}
		if err := tx.Keep("history", "2026-09-30", "key", nil); err != nil {
			t.Fatal(err)
		}
	}) // and dies without publishing
	work("RUN2", func(tx *Tx) {
		for piece, want := range map[string]int{"2026-10-31": 2, "2026-09-30": 0} {
			if _, found, err := tx.TakeUp("history", piece, "another key"); found || err != nil {
				t.Errorf("%s was taken up though it was made from something else (%v)", piece, err)
			}
			files, found, err := tx.TakeUp("history", piece, "key")
			if !found || err != nil || len(files) != want {
				t.Fatalf("%s: %d files, found %v, %v; want %d", piece, len(files), found, err, want)
			}
			tables := map[string]Manifest{}
			for i, f := range files {
				if f.Path != made[i].Path || f.XXH3 != made[i].XXH3 || f.Rows != made[i].Rows {
					t.Errorf("took up %+v, kept %+v", f.File, made[i])
				}
				tables[filepath.ToSlash(filepath.Dir(f.Path))] = Manifest{Storage: StorageState, Schema: idName, Files: []File{f.File}}
			}
			if want == 0 {
				continue
			}
			if _, err := tx.Publish(context.Background(), Publish{Operation: "publish", AsOf: "2026-10-31", Tables: tables}); err != nil {
				t.Fatal(err)
			}
		}
	})
	part := keptPart(l.keptDir("history", "2026-10-31"), 1)
	if err := os.Remove(part); err != nil { // it shares its bytes with the published file
		t.Fatal(err)
	}
	damaged, err := os.ReadFile(filepath.Join(src, "first.src"))
	if err == nil {
		err = os.WriteFile(part, damaged, 0o644)
	}
	if err != nil {
		t.Fatal(err)
	}
	work("RUN3", func(tx *Tx) {
		if _, found, err := tx.TakeUp("history", "2026-10-31", "key"); found || err != nil {
			t.Errorf("took up a file that is not the one that was kept (%v)", err)
		}
		if _, found, err := tx.TakeUp("history", "2026-08-31", "key"); found || err != nil {
			t.Errorf("took up what nobody kept (%v)", err)
		}
	})
	if err := l.ForgetKept("history"); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(filepath.Dir(l.keptDir("history", "x"))); err == nil {
		t.Error("what was kept is still there")
	}
	if r, err := l.Verify(t.Context(), false); err != nil || len(r.Problems) > 0 {
		t.Errorf("verify: %v %v", r.Problems, err)
	}
}
