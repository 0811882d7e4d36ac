package silver

import (
	"strings"
	"testing"

	"github.com/customer360/pipeline/pipeline/config"
)

// TestOneChainPerMapping: however many sources a mapping reads, the statements of the
// table hold its expressions once, and a source that writes alike adds nothing.
func TestOneChainPerMapping(t *testing.T) {
	mapping := config.LoadedMapping{Set: "crm", File: "crm/opportunity.json", Mapping: config.Mapping{
		TargetTable: "opportunity", SourceObject: "Deal", Key: []string{"opportunity_id"},
		Columns: []config.Column{
			{SourceColumn: []string{"Id"}, TargetColumn: "opportunity_id", DataType: "string"},
			{SourceColumn: []string{"Close"}, TargetColumn: "close_date", DataType: "date", Nullable: true},
			{TargetColumn: "region", DataType: "string", Nullable: true, Expression: "upper(source_region)"},
		}}}
	source := func(name string, dates ...string) config.Source {
		return config.Source{Name: name, Region: "Kenya", Mapping: "crm", CSV: config.CSV{DateFormats: dates}, Objects: []config.Object{{Name: "Deal"}}}
	}
	p, err := Compile(config.Pipeline{Sources: []config.Source{source("a", "%d/%m/%Y"), source("b", "%m/%d/%Y"), source("c", "%d/%m/%Y")}},
		[]config.LoadedMapping{mapping}, contracts(t))
	if err != nil {
		t.Fatal(err)
	}
	table, _ := p.Table("opportunity")
	sql := strings.Join(table.SQL(), "\n")
	for text, want := range map[string]int{
		"upper(source_region)": 1,
		"'%d/%m/%Y'":           1,
		"'%m/%d/%Y'":           1,
	} {
		if got := strings.Count(sql, text); got != want {
			t.Errorf("%s stands %d times in the statements, want %d:\n%s", text, got, want, sql)
		}
	}
}

// TestFunctions: each statement of macros.sql is found with what it calls, and a session
// gets all that a text needs.
func TestFunctions(t *testing.T) {
	if got, want := len(functions()), strings.Count(macros, "CREATE OR REPLACE MACRO"); got != want {
		t.Errorf("found %d functions, the file has %d", got, want)
	}
	for name, f := range functions() {
		for _, used := range f.uses {
			if _, ok := functions()[used]; !ok {
				t.Errorf("%s calls %s, which does not exist", name, used)
			}
		}
	}
	b := &builder{sess: openSession(t, 1), defined: map[string]bool{}}
	query := "SELECT silver_sfdc_id('001bm00001ZL8U9') || silver_company('Äcme Ltd') WHERE silver_double('1') = 1"
	if err := b.define(t.Context(), query); err != nil {
		t.Fatal(err)
	}
	if err := b.sess.Exec(t.Context(), query); err != nil {
		t.Error(err)
	}
}
