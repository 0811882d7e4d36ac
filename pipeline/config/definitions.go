package config

import (
	"errors"
	"fmt"
	"io/fs"
	"strings"
)

// definitionsFile is where the built-in metric definitions lie below configs/.
const definitionsFile = "silver_to_gold/metric_definitions.json"

// definitions reads what every metric means.
func (l *loading) definitions() error {
	data, err := fs.ReadFile(l.Configs, definitionsFile)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("built-in metric definitions: %w", err)
	}
	doc := l.document("built-in "+definitionsFile, data, definitionsSchema, &l.out.MetricDefinitions)
	if doc == nil {
		return nil
	}
	seen := map[string]bool{}
	for i, d := range l.out.MetricDefinitions {
		at := indexPath("", i)
		report := func(field, message, hint string) {
			l.problems.List = append(l.problems.List, doc.problem(joinPath(at, field), message, hint))
		}
		id := fmt.Sprintf("%s version %d", d.MetricID, d.Version)
		if seen[id] {
			report("metric_id", id+" is defined twice", "")
		}
		seen[id] = true
		if d.GoldTable == "" {
			continue
		}
		table, ok := l.out.Contracts["gold/"+strings.TrimPrefix(d.GoldTable, "gold.")]
		switch {
		case !ok:
			report("gold_table", fmt.Sprintf("there is no gold table %q", d.GoldTable), "")
		case d.GoldColumn != "" && !contains(columnNames(table), d.GoldColumn):
			report("gold_column", fmt.Sprintf("table %s has no column %q", d.GoldTable, d.GoldColumn), didYouMean(d.GoldColumn, columnNames(table)))
		}
	}
	return nil
}
