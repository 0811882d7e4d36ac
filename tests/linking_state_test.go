package tests

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/customer360/pipeline/pipeline/link/truth"
)

// TestLinkStateOfLake: a lake whose linking starts from the state of the night before holds what
// one holds that compares all accounts each night: when states are damaged or lost, after a
// rollback and at an earlier as-of, too. The lake's own commands know the states.
func TestLinkStateOfLake(t *testing.T) {
	if testing.Short() {
		t.Skip("takes long; make test-all runs it")
	}
	t.Parallel()
	made := truth.Generate(truth.Options{Seed: 77, Accounts: 900}).Accounts
	for i := 800; i < len(made); i++ {
		made[i].Recent = true
	}
	dir, with := group(t, "2026-01-05", made[:800])
	var cfg map[string]any
	readJSON(t, with, &cfg)
	configure := func(lake, accounts string) string {
		words := filepath.Join(dir, lake+"-linking")
		if err := os.Mkdir(words, 0o755); err != nil {
			t.Fatal(err)
		}
		write(t, filepath.Join(words, "update.json"), `{"accounts": `+accounts+`, "days": 7, "states": 2}`)
		cfg["lake"], cfg["linking"] = lake, words
		return writeJSON(t, filepath.Join(dir, lake+".json"), cfg)
	}
	configs := map[string]string{"quick": configure("quick", "0"), "full": configure("full", "1000000000")}
	states := filepath.Join(dir, "quick", "_lake", "state", "link")
	both := func(args ...string) {
		t.Helper()
		for _, config := range configs {
			must(t, append(args, "--config", config)...)
		}
	}
	held := func(lake, at string) string {
		return read(t, filepath.Join(dir, lake), at).one(t, "SELECT md5(string_agg(l::VARCHAR, chr(10) ORDER BY l::VARCHAR)) || (SELECT md5(string_agg(m::VARCHAR, chr(10) ORDER BY m::VARCHAR)) FROM gold.account_members m) FROM gold.account_link l")
	}
	night := func(day string) {
		t.Helper()
		both("run", "--quiet", "--as-of", day)
		if held("quick", "") != held("full", "") {
			t.Errorf("%s: the lakes differ", day)
		}
		if _, err := os.Stat(filepath.Join(states, day, "link.state")); err != nil {
			t.Error(err)
		}
	}
	night("2026-01-05")
	export(t, dir, "2026-01-06", made[:830])
	night("2026-01-06")
	write(t, filepath.Join(states, "2026-01-06", "link.state"), "damaged")
	export(t, dir, "2026-01-07", made[:860])
	night("2026-01-07")
	both("lake", "rollback", "2")
	night("2026-01-07")
	if err := os.RemoveAll(filepath.Join(dir, "quick", "_lake", "state")); err != nil {
		t.Fatal(err)
	}
	export(t, dir, "2026-01-08", made)
	night("2026-01-08")
	both("run", "--quiet", "--as-of", "2026-01-06") // beside the published state
	both("lake", "verify")
	if _, err := os.Stat(filepath.Join(states, "2026-01-06")); err == nil {
		t.Error("an earlier as-of leaves a state")
	}
	if err := os.Mkdir(filepath.Join(states, "2025-12-01"), 0o755); err != nil {
		t.Fatal(err)
	}
	if out := must(t, "lake", "vacuum", "--apply", "--config", configs["quick"]); !strings.Contains(out, "1 state of earlier linking deleted") {
		t.Error(out)
	}
	if _, err := os.Stat(filepath.Join(states, "2026-01-08", "link.state")); err != nil {
		t.Error(err)
	}
}
