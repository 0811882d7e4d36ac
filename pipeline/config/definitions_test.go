package config

import (
	"encoding/json"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

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

// TestDefinitionsOverride: a file of one's own replaces the built-in one of its name, a
// table of one's own uses shared entries, and what nobody defined keeps its contract's text.
func TestDefinitionsOverride(t *testing.T) {
	dir := t.TempDir()
	for name, text := range map[string]string{
		"pipeline.json": `{"definitions": "definitions", "tables": "tables", "sources": [
			{"name": "sf", "type": "csv", "region": "Group", "mapping": "salesforce", "path": "x", "objects": [{"name": "Account", "files": ["Account*.csv"]}]}]}`,
		"tables/gold/mine.json": `{"layer": "gold", "table": "mine", "grain": "thing", "key": ["account_id"], "storage": "single", "columns": [
			{"name": "account_id", "type": "VARCHAR", "nullable": false}, {"name": "worth_usd", "type": "DECIMAL(18,2)", "nullable": true},
			{"name": "note", "type": "VARCHAR", "nullable": true, "description": "As the contract says."}]}`,
		"definitions/gold/mine.json": `{"owner": "me", "columns": [
			{"column": "worth_usd", "same_as": "mrr_usd", "description": "What it is worth a month", "version": 2, "numerator": "a", "denominator": "b"}]}`,
		"definitions/gold/fx_rates.json": `{"owner": "treasury", "columns": [{"column": "rate_day", "description": "Our day."}]}`,
	} {
		file := filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	loaded, err := Load(filepath.Join(dir, "pipeline.json"), nil)
	if err != nil {
		t.Fatal(err)
	}
	got := map[string]MetricDefinition{}
	for _, m := range loaded.MetricDefinitions {
		got[m.GoldTable+"."+m.GoldColumn] = m
	}
	want := MetricDefinition{MetricID: "mine.worth_usd", Version: 2, Label: "Worth USD", Description: "What it is worth a month.", MetricType: "amount", Numerator: "a", Denominator: "b",
		Grain: "thing", Unit: "USD", NullRule: "no source of recurring revenue in the region, or no rate", WindowRule: "at the as-of", Owner: "me", StandardRef: "F01",
		GoldTable: "mine", GoldColumn: "worth_usd", ValidFrom: firstDay}
	if diff := cmp.Diff(want, got["mine.worth_usd"]); diff != "" {
		t.Errorf("an entry with defaults (-want +got):\n%s", diff)
	}
	if m := got["mine.account_id"]; m.NullRule != "never" || m.Owner != "me" || m.Unit != "id" {
		t.Errorf("a shared entry in a table of one's own: %+v", m)
	}
	if m := got["fx_rates.rate_day"]; m.Description != "Our day." || m.Owner != "treasury" {
		t.Errorf("an entry that was replaced: %+v", m)
	}
	if _, ok := got["fx_rates.units_per_usd"]; ok {
		t.Error("a replaced file still defines")
	}
	columns := loaded.Contracts["gold/mine"].Columns
	if columns[1].Description != "What it is worth a month. Unit: USD. NULL: no source of recurring revenue in the region, or no rate. (F01)" || columns[2].Description != "As the contract says." {
		t.Errorf("descriptions %q, %q", columns[1].Description, columns[2].Description)
	}
}
