package lake

import (
	"os"
	"slices"
	"testing"
)

// TestVacuumStates: of what builds left to be quicker, the newest up to the published as-of stays,
// whatever as-of was filled in since.
func TestVacuumStates(t *testing.T) {
	fixtures := makeParquet(t, nightQueries(1))
	l := mustLake(t, Options{})
	mustRun(t, l, fixtures, 1) // as of 2026-11-20
	publishOne(t, l, "RUNH", Publish{Operation: "historical", AsOf: "2026-01-31", Historical: true}, map[string]string{"gold/accounts": fixtures + "/accounts.1.src"})
	for _, day := range []string{"2026-11-18", "2026-11-19", "2026-11-21", "notes"} {
		if err := os.MkdirAll(l.StateDir("link")+"/"+day, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	want := []string{"_lake/state/link/2026-11-18", "_lake/state/link/2026-11-21"}
	for _, apply := range []bool{false, true} {
		r, err := l.Vacuum(t.Context(), VacuumOptions{Run: "V", KeepCommits: 1, Apply: apply})
		if err != nil || !slices.Equal(r.States, want) {
			t.Errorf("%v: %v, %v; want %v", apply, r.States, err, want)
		}
	}
	var left []string
	entries, err := os.ReadDir(l.StateDir("link"))
	for _, e := range entries {
		left = append(left, e.Name())
	}
	if err != nil || !slices.Equal(left, []string{"2026-11-19", "notes"}) {
		t.Errorf("left: %v, %v", left, err)
	}
	wantClean(t, l)
}
