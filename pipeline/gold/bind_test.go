package gold_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/customer360/pipeline/pipeline/config"
	"github.com/customer360/pipeline/pipeline/gold"
)

// TestBind accepts what is built in, and names file and line of every reference to a
// column that no contract has, before anything is built.
func TestBind(t *testing.T) {
	eng := openEngine(t, 1)
	if err := load(t, eng, options(t)).Bind(context.Background(), eng); err != nil {
		t.Errorf("the built-in SQL: %v", err)
	}
	header := "-- grain: g\n-- key: id\n-- storage: single\n-- about: a\n"
	id := []config.ContractColumn{{Name: "id", Type: "VARCHAR"}}
	p := load(t, eng, gold.Options{
		Contracts: []config.Contract{
			{Layer: "silver", Table: "thing", Key: []string{"id"}, Storage: "single", Columns: id},
			{Layer: "gold", Table: "one", Key: []string{"id"}, Storage: "single", Columns: id},
		},
		SQL: fstest.MapFS{
			"prelude/duckdb.sql": {Data: []byte("SELECT 1;")},
			"gold/one.sql":       {Data: []byte(header + "SELECT idd AS id FROM silver.thing")},
			"checks/c.sql":       {Data: []byte("-- check: c\n-- severity: error\n-- table: gold.one\n-- about: a\nSELECT id FROM gold.one WHERE idx = ''")},
		},
	})
	err := p.Bind(context.Background(), eng)
	var place *gold.SQLError
	if !errors.As(err, &place) {
		t.Fatalf("got %v", err)
	}
	for _, want := range []string{"sql/gold/one.sql:5:8", "sql/checks/c.sql:5:"} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("%s is not named in:\n%v", want, err)
		}
	}
}
