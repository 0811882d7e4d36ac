package gold_test

import (
	"encoding/json"
	"path/filepath"
	"testing"
)

// TestDefinitions holds the metric definitions against the contracts: a metric names a
// table and column that exist, and says when it is NULL.
func TestDefinitions(t *testing.T) {
	columns := map[string]bool{}
	for _, c := range contracts(t) {
		for _, col := range c.Columns {
			columns[c.Layer+"."+c.Table+"."+col.Name] = true
		}
	}
	var rows []map[string]any
	if err := json.Unmarshal(read(t, filepath.Join(root, "configs/silver_to_gold/metric_definitions.json")), &rows); err != nil {
		t.Fatal(err)
	}
	if len(rows) < 30 {
		t.Fatalf("only %d definitions", len(rows))
	}
	for _, r := range rows {
		place, _ := r["gold_table"].(string)
		column, _ := r["gold_column"].(string)
		if !columns["gold."+place+"."+column] {
			t.Errorf("%v: no column gold.%s.%s", r["metric_id"], place, column)
		}
		for _, field := range []string{"label", "description", "metric_type", "grain", "unit", "null_rule", "window_rule", "standard_ref", "valid_from"} {
			if s, _ := r[field].(string); s == "" {
				t.Errorf("%v has no %s", r["metric_id"], field)
			}
		}
		if r["metric_type"] == "ratio" && (r["numerator"] == nil || r["denominator"] == nil) {
			t.Errorf("%v is a ratio without numerator or denominator", r["metric_id"])
		}
	}
}
