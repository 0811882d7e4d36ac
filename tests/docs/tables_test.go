// Package docs keeps the generated documents current: they are written from what the
// program itself reads, so they cannot say anything else.
package docs

import (
	"flag"
	"fmt"
	"maps"
	"os"
	"path"
	"slices"
	"strings"
	"testing"

	"github.com/customer360/pipeline/pipeline/config"
)

var update = flag.Bool("update", false, "write the documents")

const tablesIntro = `# Tables

Written from the contracts in ` + "`schemas/tables`" + ` and the definitions in ` + "`configs/silver_to_gold/definitions`" + `; a run fails if a table
breaks its contract. ` + "`pipeline docs --out DIR`" + ` writes the same as pages, with lineage, checks and questions; [metrics.md](metrics.md) lists
the measures by formula.

- **grain** says what one row is, **key** what is unique and never NULL, **storage** how the table is kept: ` + "`single`" + ` is one file,
  ` + "`partitioned`" + ` files by month of a date column (by year, or one, where there are few rows), ` + "`state`" + ` one set of rows per as-of or run that later runs do not rewrite.
- Instants are ` + "`TIMESTAMPTZ`" + ` in UTC. Amounts in USD end in ` + "`_usd`" + `; beside them stand the original amount, ` + "`currency_iso_code`" + ` and ` + "`fx_rate`" + `
  (units of the currency per 1 USD). NULL means that a source is missing or a rule forbids an answer; it never means zero.
`

// TestTables compares docs/tables.md with the contracts.
func TestTables(t *testing.T) {
	var b strings.Builder
	b.WriteString(tablesIntro)
	loaded := builtin(t)
	for _, layer := range []string{"gold", "silver", "ops"} {
		fmt.Fprintf(&b, "\n## %s\n", layer)
		for _, key := range slices.Sorted(maps.Keys(loaded.Contracts)) {
			if c := loaded.Contracts[key]; c.Layer == layer {
				b.WriteString(table(c))
			}
		}
	}
	compare(t, "../../docs/tables.md", b.String())
}

func builtin(t *testing.T) *config.Loaded {
	t.Helper()
	loaded, err := config.LoadBuiltin()
	if err != nil {
		t.Fatal(err)
	}
	return loaded
}

func table(c config.Contract) string {
	var b strings.Builder
	fmt.Fprintf(&b, "\n### %s.%s\n\n", c.Layer, c.Table)
	if c.Description != "" {
		b.WriteString(c.Description + "\n\n")
	}
	storage := c.Storage
	if c.PartitionBy != "" {
		storage += " by " + c.PartitionBy
	}
	fmt.Fprintf(&b, "Grain: %s · key: `%s` · storage: %s\n\n| column | type | |\n|---|---|---|\n", c.Grain, strings.Join(c.Key, ", "), storage)
	for _, col := range c.Columns {
		note := col.Description
		if !col.Nullable {
			note = strings.TrimSpace("never NULL. " + note)
		}
		fmt.Fprintf(&b, "| %s | %s | %s |\n", col.Name, col.Type, strings.ReplaceAll(note, "|", `\|`))
	}
	return b.String()
}

func compare(t *testing.T, file, want string) {
	t.Helper()
	if *update {
		if err := os.WriteFile(file, []byte(want), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	got, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if string(got) != want {
		t.Errorf("%s is not current: run go test ./tests/docs -update", path.Base(file))
	}
}
