// Package docs keeps the generated documents current: they are written from what the
// program itself reads, so they cannot say anything else.
package docs

import (
	"encoding/json"
	"flag"
	"fmt"
	"io/fs"
	"os"
	"path"
	"strings"
	"testing"

	"github.com/customer360/pipeline/pipeline/config"
	"github.com/customer360/pipeline/schemas"
)

var update = flag.Bool("update", false, "write the documents")

const tablesIntro = `# Tables

Written from the contracts in ` + "`schemas/tables`" + `; a run fails if a table breaks its contract.

- **grain** says what one row is, **key** what is unique and never NULL, **storage** how the table is kept: ` + "`single`" + ` is one file,
  ` + "`partitioned`" + ` one file a month, ` + "`state`" + ` one set of rows per as-of or run that later runs do not rewrite.
- Instants are ` + "`TIMESTAMPTZ`" + ` in UTC. Amounts in USD end in ` + "`_usd`" + `; beside them stand the original amount, ` + "`currency_iso_code`" + ` and ` + "`fx_rate`" + `
  (units of the currency per 1 USD). NULL means that a source is missing or a rule forbids an answer; it never means zero.
`

// TestTables compares docs/tables.md with the contracts.
func TestTables(t *testing.T) {
	var b strings.Builder
	b.WriteString(tablesIntro)
	for _, layer := range []string{"gold", "silver", "ops"} {
		files, err := fs.Glob(schemas.FS, "tables/"+layer+"/*.json")
		if err != nil || len(files) == 0 {
			t.Fatalf("contracts of %s: %d found, %v", layer, len(files), err)
		}
		fmt.Fprintf(&b, "\n## %s\n", layer)
		for _, f := range files {
			raw, err := fs.ReadFile(schemas.FS, f)
			if err != nil {
				t.Fatal(err)
			}
			var c config.Contract
			if err := json.Unmarshal(raw, &c); err != nil {
				t.Fatalf("%s: %v", path.Base(f), err)
			}
			b.WriteString(table(c))
		}
	}
	compare(t, "../../docs/tables.md", b.String())
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
