package steward

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/customer360/pipeline/pipeline/config"
)

// book is a source of decisions in a directory of its own.
func book(t *testing.T, glob string) (*Book, string) {
	t.Helper()
	dir := t.TempDir()
	builtin, err := os.ReadFile("../../configs/bronze_to_silver/steward/manual_account_link.json")
	if err != nil || !strings.Contains(string(builtin), "counts_from") {
		t.Fatal("the built-in mapping has no counts_from", err)
	}
	var m config.Mapping
	m.TargetTable, m.SourceObject = "manual_account_link", "manual_account_link"
	for target, source := range map[string]string{"account_id": "account_id", "matched_account_id": "matched_account_id", "decision": "decision", "reason": "reason",
		"decided_by": "decided_by", "decided_at": "decided_at", "_is_deleted": "is_deleted", "_counts_from": "counts_from"} {
		m.Columns = append(m.Columns, config.Column{TargetColumn: target, SourceColumn: config.StringList{source}})
	}
	cfg := &config.Loaded{Mappings: []config.LoadedMapping{{Set: "steward", Mapping: m}}}
	cfg.Sources = []config.Source{{Name: "steward", Type: "csv", Mapping: "steward", Path: dir,
		CSV:     config.CSV{ExportedAt: &config.ExportedAt{Pattern: `_(\d{4}-\d{2}-\d{2})\.csv`}},
		Objects: []config.Object{{Name: "manual_account_link", Files: []string{glob}}}}}
	b, err := Find(cfg, "")
	if err != nil {
		t.Fatal(err)
	}
	return b, dir
}

var noon = time.Date(2026, 6, 30, 12, 0, 0, 0, time.UTC)

func decision(a, b, word, why string, minutes int) Decision {
	at := noon.Add(time.Duration(minutes) * time.Minute)
	return Decision{AccountID: a, MatchedAccountID: b, Decision: word, Reason: why, By: "Ann", At: at, From: at.Add(-time.Second)}
}

// TestUndo walks back over the decisions on a pair, one at a time.
func TestUndo(t *testing.T) {
	b, _ := book(t, "manual_account_link_[0-9]*.csv")
	for _, d := range []Decision{decision("a", "b", Same, `one "group", really`, 0), decision("b", "a", Different, "sold", 1), decision("c", "d", Same, "others", 2)} {
		if _, err := b.Decide(d); err != nil {
			t.Fatal(err)
		}
	}
	force := func() (words []string) {
		t.Helper()
		all, err := b.read()
		if err != nil {
			t.Fatal(err)
		}
		for _, d := range inForce(of(all, [2]string{"a", "b"})) {
			words = append(words, d.AccountID+" "+d.Decision)
		}
		return words
	}
	if d := cmp.Diff([]string{"a same", "a different"}, force()); d != "" {
		t.Error(d)
	}
	for i, want := range []string{Different, Same} {
		undone, _, err := b.Undo(decision("b", "a", "", "oops", 10+i))
		if err != nil || undone.Decision != want {
			t.Errorf("undone %v, %v, want %s", undone, err, want)
		}
	}
	if left := force(); len(left) > 0 {
		t.Errorf("in force: %v", left)
	}
	if _, _, err := b.Undo(decision("a", "b", "", "oops", 20)); !errors.Is(err, ErrNothingToUndo) {
		t.Errorf("got %v", err)
	}
	if _, err := b.Decide(decision("a", "b", Same, "after all", 30)); err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff([]string{"a same"}, force()); d != "" {
		t.Error(d)
	}
}

// TestForeignFile: a file that somebody else wrote stays as it is, and what is added has a
// name that the source reads after it.
func TestForeignFile(t *testing.T) {
	b, dir := book(t, "manual_account_link_[0-9]*.csv")
	const text = "account_id,matched_account_id,decision,reason,decided_by,decided_at,is_deleted\na,b,same,x,bob,2026-06-01T00:00:00Z,false\n"
	foreign := filepath.Join(dir, "manual_account_link_2026-06-30.csv")
	if err := os.WriteFile(foreign, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	file, err := b.Decide(decision("b", "a", Different, "y", 0))
	if err != nil || filepath.Base(file) != "manual_account_link_9_2026-06-30.csv" {
		t.Errorf("%s, %v", file, err)
	}
	if now, err := os.ReadFile(foreign); err != nil || string(now) != text {
		t.Errorf("%s, %v", now, err)
	}
	undone, _, err := b.Undo(decision("a", "b", "", "oops", 1))
	if err != nil || undone.Decision != Different {
		t.Errorf("%+v, %v", undone, err)
	}
	all, err := b.read()
	if err != nil || len(all) != 3 || len(inForce(all)) != 1 || inForce(all)[0].By != "bob" {
		t.Errorf("%+v, %v", all, err)
	}
	one, _ := book(t, "links.csv")
	if _, err := one.Decide(decision("a", "b", Same, "x", 0)); err == nil || !strings.Contains(err.Error(), "reads no file that a decision could be written to") {
		t.Errorf("a name without date: %v", err)
	}
}

// TestTogether: stewards who decide at once lose nothing.
func TestTogether(t *testing.T) {
	b, dir := book(t, "manual_account_link_[0-9]*.csv")
	var wait sync.WaitGroup
	for i := range 8 {
		wait.Go(func() {
			if _, err := b.Decide(decision("a", string(rune('b'+i)), Same, "x", i)); err != nil {
				t.Error(err)
			}
		})
	}
	wait.Wait()
	all, err := b.read()
	entries, dirErr := os.ReadDir(dir)
	if err != nil || dirErr != nil || len(all) != 8 || len(entries) != 1 {
		t.Errorf("%d decisions in %d files: %v %v", len(all), len(entries), err, dirErr)
	}
}
