package silver

import (
	"strings"
	"testing"

	"github.com/customer360/pipeline/pipeline/config"
)

// TestNeverNull: what the contract says is never NULL is mapped, and not nullable.
func TestNeverNull(t *testing.T) {
	all := contracts(t)
	user := all["silver/user"]
	user.Columns = append([]config.ContractColumn(nil), user.Columns...)
	for i, c := range user.Columns {
		if c.Name == "user_name" {
			user.Columns[i].Nullable = false
		}
	}
	all["silver/user"] = user
	id := config.Column{TargetColumn: "user_id", DataType: "string", SourceColumn: config.StringList{"Id"}}
	name := config.Column{TargetColumn: "user_name", DataType: "string", SourceColumn: config.StringList{"Name"}}
	nullable := name
	nullable.Nullable = true
	for want, columns := range map[string][]config.Column{
		"user_name is not mapped": {id}, "user_name is nullable": {id, nullable}, "": {id, name}} {
		m := config.Mapping{TargetTable: "user", SourceObject: "User", Key: []string{"user_id"}, Columns: columns}
		_, err := Compile(config.Pipeline{Sources: []config.Source{{Name: "sf", Type: "csv", Region: "Kenya", Mapping: "salesforce",
			Objects: []config.Object{{Name: "User", Files: []string{"x"}}}}}},
			[]config.LoadedMapping{{Set: "salesforce", File: "salesforce/user.json", Mapping: m}}, all)
		if (err == nil) != (want == "") || err != nil && !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v", want, err)
		}
	}
}
