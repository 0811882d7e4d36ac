package demo

import (
	"context"
	"maps"
	"testing"
)

// Without dirt the demo is the same but for what was planted.
func TestCleanDemoLacksOnlyTheDirt(t *testing.T) {
	var made [2]Summary
	for i, clean := range []bool{false, true} {
		var err error
		if made[i], err = Generate(context.Background(), Options{Dir: t.TempDir(), Accounts: 60, Days: 1, Clean: clean}); err != nil {
			t.Fatal(err)
		}
	}
	dirty, clean := made[0], made[1]
	additional := int64(0)
	for _, kind := range []string{"duplicate_row", "stale_duplicate", "duplicate_id15", "blank_key", "unparsable_key", "ragged"} {
		additional += int64(dirty.Planted[kind])
	}
	if clean.Rows != dirty.Rows-additional || additional == 0 || clean.Files != dirty.Files {
		t.Errorf("clean: %d rows in %d files; dirty: %d rows, %d of them added, in %d files", clean.Rows, clean.Files, dirty.Rows, additional, dirty.Files)
	}
	if want := map[string]int{"duplicate_account": dirty.Planted["duplicate_account"]}; !maps.Equal(clean.Planted, want) {
		t.Errorf("planted in a clean demo: %v, want %v", clean.Planted, want)
	}
}
