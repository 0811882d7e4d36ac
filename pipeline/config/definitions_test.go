package config

import (
	"encoding/json"
	"io/fs"
	"strings"
	"testing"

	"github.com/customer360/pipeline/schemas"
)

// TestEveryColumnIsDefined: one entry for every column of gold and ops, complete, and in
// one place only. (An entry without a column is a problem of its file.)
func TestEveryColumnIsDefined(t *testing.T) {
	loaded, err := LoadBuiltin()
	if err != nil {
		t.Fatal(err)
	}
	defined := map[string]MetricDefinition{}
	for _, m := range loaded.MetricDefinitions {
		defined[m.GoldTable+"."+m.GoldColumn] = m
	}
	columns := 0
	for key, c := range loaded.Contracts {
		if c.Layer == "silver" {
			continue
		}
		for _, col := range c.Columns {
			columns++
			table := strings.TrimPrefix(c.Layer+"."+c.Table, "gold.")
			m, ok := defined[table+"."+col.Name]
			if !ok {
				t.Errorf("%s.%s has no entry in configs/%s/%s.json", table, col.Name, definitionsDir, key)
				continue
			}
			for field, text := range map[string]string{"label": m.Label, "description": m.Description, "metric_type": m.MetricType, "grain": m.Grain,
				"unit": m.Unit, "null_rule": m.NullRule, "window_rule": m.WindowRule, "owner": m.Owner, "valid_from": m.ValidFrom} {
				if text == "" {
					t.Errorf("%s.%s has no %s", table, col.Name, field)
				}
			}
			if m.MetricType == "ratio" && m.Expression == "" && m.StandardRef == "" && m.Denominator == "" {
				t.Errorf("%s.%s is a ratio without denominator, expression or reference", table, col.Name)
			}
			if !strings.HasPrefix(col.Description, m.Description) {
				t.Errorf("%s.%s: the contract does not carry its definition: %q", table, col.Name, col.Description)
			}
		}
	}
	if columns < 700 || len(loaded.MetricDefinitions) != columns {
		t.Errorf("%d columns, %d definitions", columns, len(loaded.MetricDefinitions))
	}
}

// TestOneDescription: what columns of gold and ops mean stands in the definitions, not
// also in the contracts.
func TestOneDescription(t *testing.T) {
	for _, layer := range []string{"gold", "ops"} {
		files, err := fs.Glob(schemas.FS, "tables/"+layer+"/*.json")
		if err != nil || len(files) == 0 {
			t.Fatalf("%d contracts, %v", len(files), err)
		}
		for _, file := range files {
			raw, err := fs.ReadFile(schemas.FS, file)
			if err != nil {
				t.Fatal(err)
			}
			var c Contract
			if err := json.Unmarshal(raw, &c); err != nil {
				t.Fatal(err)
			}
			for _, col := range c.Columns {
				if col.Description != "" {
					t.Errorf("%s: the description of %s belongs in configs/%s/%s/%s.json", file, col.Name, definitionsDir, c.Layer, c.Table)
				}
			}
		}
	}
}
