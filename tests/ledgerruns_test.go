package tests

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"
)

// ledgerProject writes a configuration whose runs are as short as runs of the real binary
// can be, and make what a worker makes: one source with an object o of tokens, and four
// gold tables that each hold the number of tokens. It gives the configuration's path.
func ledgerProject(t testing.TB, dir string) string {
	t.Helper()
	cfg := map[string]any{
		"lake": "lake", "as_of": "2026-01-31", "engine": map[string]any{"threads": 1}, "tables": "tables", "mappings": "mappings",
		"gold_metrics": writeJSON(t, filepath.Join(dir, "gold_metrics.json"), map[string]any{"history": map[string]any{"month_ends": 0}}),
		"sources": []any{map[string]any{"name": "w", "type": "csv", "region": "Kenya", "mapping": "ledger", "id_namespace": "", "path": filepath.Join(dir, "in"),
			"csv": map[string]any{"exported_at": map[string]any{"value": "2026-01-01"}}, "objects": []any{map[string]any{"name": "o", "files": []string{"*.csv"}}}}},
	}
	fewModels(t)(cfg)
	column := func(name, kind string, nullable bool) map[string]any {
		return map[string]any{"name": name, "type": kind, "nullable": nullable}
	}
	contract := func(layer, table, key string, columns ...any) {
		writeJSON(t, filepath.Join(dir, "tables", layer, table+".json"), map[string]any{"layer": layer, "table": table, "grain": "g", "description": "d",
			"key": []string{key}, "storage": "single", "columns": columns})
	}
	contract("silver", "entry", "token", column("token", "VARCHAR", false), column("known_at", "TIMESTAMPTZ", true),
		column("is_deleted", "BOOLEAN", true), column("known_at_basis", "VARCHAR", true))
	writeJSON(t, filepath.Join(dir, "mappings", "ledger", "entry.json"), map[string]any{"source_object": "o", "target_table": "entry", "key": []string{"token"},
		"columns": []any{map[string]any{"source_column": "token", "target_column": "token", "data_type": "string", "nullable": false}}})
	for _, table := range ledgerTables {
		contract("gold", filepath.Base(table), "n", column("n", "BIGINT", false), column("token", "VARCHAR", true))
		write(t, filepath.Join(cfg["sql"].(string), table+".sql"), "-- grain: g\n-- key: n\n-- storage: single\n-- about: a\nSELECT count(*) AS n, max(token) AS token FROM silver.entry")
	}
	return writeJSON(t, filepath.Join(dir, "pipeline.json"), cfg)
}

// tokenFile puts a file with one token among those that runs load; its name says which.
func tokenFile(t testing.TB, config, token string) {
	t.Helper()
	in := filepath.Join(filepath.Dir(config), "in")
	part := filepath.Join(filepath.Dir(config), token+".part")
	write(t, part, "token\n"+token+"\n")
	if err := os.MkdirAll(in, 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.Rename(part, filepath.Join(in, token+".csv")); err != nil { // whole or not at all
		t.Fatal(err)
	}
}

// ledgerLake is a lake of so many runs of the real binary, each with a token of its own.
func ledgerLake(t testing.TB, config, root string, runs int) (tokens []string) {
	t.Helper()
	for i := range runs {
		tokens = append(tokens, fmt.Sprintf("P%d", i))
		tokenFile(t, config, tokens[i])
		must(t, "run", "--quiet", "--config", config, "--lake", root)
	}
	return tokens
}
