package tests

import (
	"encoding/json"
	"os"
	"path/filepath"
	"testing"
)

// TestModelsKept: a run that is killed costs the models it was at. The next one takes over
// those that were finished, and gives what a run gives that nobody killed.
func TestModelsKept(t *testing.T) {
	t.Parallel()
	const last = "timeline_events" // by month, so that it takes long enough to be kept
	config := small(t, fewObjects, fewModels(t, last))
	dir := t.TempDir()
	calm, root := filepath.Join(dir, "calm"), filepath.Join(dir, "killed")
	must(t, "run", "--quiet", "--config", config, "--lake", calm)
	kept := filepath.Join(root, "_lake", "resume", "_gold")
	killWhen(t, filepath.Join(kept, "gold."+last, "kept.json"), "run", "--quiet", "--config", config, "--lake", root)
	sound(t, "after the kill", root)

	var report struct {
		Steps []struct{ Table, Reason string }
	}
	if err := json.Unmarshal([]byte(must(t, "run", "--json", "--config", config, "--lake", root)), &report); err != nil {
		t.Fatal(err)
	}
	taken := map[string]bool{}
	for _, s := range report.Steps {
		if s.Reason == "kept from a run that did not finish" {
			taken[s.Table] = true
		}
	}
	if !taken["gold/"+last] {
		t.Errorf("%s was built again; taken over were %v", last, taken)
	}
	same(t, "after a kill", tables(t, calm, "silver", "gold"), tables(t, root, "silver", "gold"))
	if _, err := os.Stat(kept); err == nil {
		t.Errorf("%s is left after publishing", kept)
	}
	tidy(t, root)
}
