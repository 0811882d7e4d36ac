package gold_test

import (
	"context"
	"database/sql"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/customer360/pipeline/pipeline/config"
	"github.com/customer360/pipeline/pipeline/gold"
	"github.com/customer360/pipeline/pipeline/gold/fit"
)

// running adds up amounts: a row for every thing, written while rows are still read.
func running(_ context.Context, rows *sql.Rows, params config.Metrics, write func(...any) error) error {
	sum := params["a.limit"].(float64)
	for rows.Next() {
		var id string
		var amount float64
		if err := rows.Scan(&id, &amount); err != nil {
			return err
		}
		sum += amount
		if err := write(id, sum/3, time.Date(2026, 2, 28, 0, 0, 0, 0, time.UTC), []string{id, `a "b" <c>`}, sum > 10, nil); err != nil {
			return err
		}
	}
	return nil
}

func fitContract() config.Contract {
	return config.Contract{Layer: "gold", Table: "fitted", Key: []string{"id"}, Storage: "single", Columns: []config.ContractColumn{
		{Name: "id", Type: "VARCHAR"}, {Name: "total", Type: "DOUBLE"}, {Name: "day", Type: "DATE"}, {Name: "tags", Type: "VARCHAR[]"},
		{Name: "is_big", Type: "BOOLEAN"}, {Name: "n", Type: "INTEGER", Nullable: true}}}
}

// TestFit: a function gets the rows of the SELECT in the order of their columns and the
// parameters named for it, and its rows become the table, with all digits.
func TestFit(t *testing.T) {
	eng := openEngine(t, 2)
	head := "-- grain: g\n-- key: id\n-- storage: single\n-- fit: running_1\n-- params: a.limit\n-- about: a\n"
	p, err := smallProject(t, eng, map[string]string{
		"gold/fitted.sql": head + "SELECT x AS name, y FROM (VALUES ('c', 0.1), ('a', 7), ('b', 0.2)) v(x, y) LEFT JOIN silver.thing ON id = x",
		"gold/last.sql":   "-- grain: g\n-- key: id\n-- storage: single\n-- about: a\nSELECT max(id) AS id FROM gold.fitted",
	}, map[string]gold.Fit{"running_1": gold.Numeric(running)}, fitContract(),
		config.Contract{Layer: "gold", Table: "last", Key: []string{"id"}, Storage: "single", Columns: []config.ContractColumn{{Name: "id", Type: "VARCHAR"}}})
	if err != nil {
		t.Fatal(err)
	}
	if err := p.Bind(context.Background(), eng); err != nil {
		t.Fatal(err)
	}
	got, files := built(t, eng, p, "gold.fitted", "2026-06-30", nil)
	want := strings.TrimLeft(`
id | total             | day        | tags             | is_big | n
a  | 4.0               | 2026-02-28 | [a, 'a "b" <c>'] | true   |
b  | 4.066666666666666 | 2026-02-28 | [b, 'a "b" <c>'] | true   |
c  | 4.1               | 2026-02-28 | [c, 'a "b" <c>'] | true   |
`, "\n")
	if d := cmp.Diff(want, got.format()); d != "" {
		t.Error(d)
	}
	last, _ := built(t, eng, p, "gold.last", "2026-06-30", map[string][]string{"gold.fitted": files})
	if d := cmp.Diff("id\nc\n", last.format()); d != "" {
		t.Error(d)
	}
	m, err := p.Model("gold.fitted")
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff([]string{"a.limit"}, m.Params); d != "" || m.Fit != "running_1" {
		t.Errorf("fit %q, params %s", m.Fit, d)
	}
}

// TestFitProblems: what a function must not do names its model.
func TestFitProblems(t *testing.T) {
	eng := openEngine(t, 1)
	fits := gold.Numerics(map[string]fit.Function{
		"few": func(_ context.Context, _ *sql.Rows, _ config.Metrics, write func(...any) error) error {
			return write("a")
		},
		"nan": func(_ context.Context, _ *sql.Rows, _ config.Metrics, write func(...any) error) error {
			return write("a", math.NaN(), "2026-01-01", []string{}, true, 1)
		},
		"twice": func(_ context.Context, _ *sql.Rows, _ config.Metrics, write func(...any) error) error {
			for range 2 {
				if err := write("a", 1.5, "2026-01-01", []string{}, true, 1); err != nil {
					return err
				}
			}
			return nil
		},
		"kind": func(_ context.Context, _ *sql.Rows, _ config.Metrics, write func(...any) error) error {
			return write("a", 1.5, "2026-01-01", []string{}, true, "one")
		},
		"none": func(context.Context, *sql.Rows, config.Metrics, func(...any) error) error { return nil },
	})
	for name, c := range map[string]struct{ header, want string }{
		"few":     {"-- fit: few\n", "1 values, the contract of gold.fitted has 6 columns"},
		"nan":     {"-- fit: nan\n", "column total: json: unsupported value: NaN"},
		"twice":   {"-- fit: twice\n", "the key is not unique, e.g. a"},
		"kind":    {"-- fit: kind\n", "Could not convert string 'one' to INT32"},
		"none":    {"-- fit: none\n", ""},
		"unknown": {"-- fit: other\n", `unknown fit "other"; known: few, kind, nan, none, twice`},
		"params":  {"-- fit: few\n-- params: a.limt\n", `unknown parameter "a.limt"; did you mean a.limit?`},
		"no fit":  {"-- params: a\n", "params without fit"},
	} {
		t.Run(name, func(t *testing.T) {
			p, err := smallProject(t, eng, map[string]string{"gold/fitted.sql": "-- grain: g\n-- key: id\n-- storage: single\n" + c.header + "-- about: a\nSELECT 1 AS x"}, fits, fitContract())
			if err == nil {
				_, err = p.Build(context.Background(), eng, "gold.fitted", gold.BuildInput{AsOf: time.Date(2026, 6, 30, 0, 0, 0, 0, time.UTC), Part: partNames(t.TempDir())})
			}
			switch {
			case c.want == "" && err != nil:
				t.Error(err)
			case c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want) || !strings.Contains(err.Error(), "sql/gold/fitted.sql")):
				t.Errorf("got %v, want %s", err, c.want)
			}
		})
	}
}
