package gold_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/customer360/pipeline/pipeline/config"
	"github.com/customer360/pipeline/pipeline/engine"
	"github.com/customer360/pipeline/pipeline/engine/duckdb"
	"github.com/customer360/pipeline/pipeline/gold"
)

func TestExamineKey(t *testing.T) {
	db, err := duckdb.Open(t.Context(), engine.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	sess, err := db.Session(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer sess.Close()
	for name, c := range map[string]struct {
		rows string
		want gold.KeyReport
	}{
		"sound":          {"('a', 1), ('a', 2), ('b', 1)", gold.KeyReport{Rows: 3}},
		"no rows":        {"", gold.KeyReport{}},
		"two keys twice": {"('b', 1), ('a', 2), ('a', 2), ('b', 1), ('c', 1)", gold.KeyReport{Rows: 5, Doubles: 2, Sample: "a|2"}},
		"a NULL in it":   {"('a', NULL), ('a', 2)", gold.KeyReport{Rows: 2, Nulls: []gold.ColumnNulls{{Column: "n", Rows: 1}}}},
	} {
		t.Run(name, func(t *testing.T) {
			stmt := "CREATE OR REPLACE TABLE keyed (id VARCHAR, n INTEGER)"
			if c.rows != "" {
				stmt += "; INSERT INTO keyed VALUES " + c.rows
			}
			if err := sess.Exec(t.Context(), stmt); err != nil {
				t.Fatal(err)
			}
			got, err := gold.ExamineKey(t.Context(), sess, "keyed", []string{"id", "n"}, []string{"id", "n"})
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Error(diff)
			}
			if broken := got.Broken() > 0; broken != (c.want.Doubles > 0 || c.want.Nulls != nil) {
				t.Errorf("broken: %t", broken)
			}
		})
	}
}

// TestDoubledKeyInMonths: the key is looked for in every file of a table by month, and across
// its files where it does not tell the month.
func TestDoubledKeyInMonths(t *testing.T) {
	eng := openEngine(t, 2)
	const rows, each = 300_000, 10_000 // rows, and how many stand in a month
	for name, c := range map[string]struct {
		key    []string
		month  string // number of a row's month
		double string
	}{
		"sound":           {[]string{"day", "id"}, "i // 10000", "false"},
		"sound, id first": {[]string{"id", "day"}, "i // 10000", "false"},
		"within a month":  {[]string{"day", "id"}, "i // 10000", "i = 155001"},
		"last of all":     {[]string{"day", "id"}, "i // 10000", "i = 299999"},
		"across months":   {[]string{"id"}, "i % 30", "i = 155001"},
	} {
		contract := config.Contract{Layer: "gold", Table: "keyed", Key: c.key, Storage: "partitioned", PartitionBy: "day", Columns: []config.ContractColumn{
			{Name: "id", Type: "BIGINT"}, {Name: "day", Type: "DATE"}}}
		sql := fmt.Sprintf("-- grain: g\n-- key: %s\n-- storage: partitioned\n-- about: a\nSELECT CASE WHEN %s THEN i - 1 ELSE i END AS id, CAST(DATE '2024-01-01' + to_months(CAST(%s AS INTEGER)) AS DATE) AS day FROM range(%d) r(i) ORDER BY hash(i)",
			strings.Join(c.key, ", "), c.double, c.month, rows)
		p, err := smallProject(t, eng, map[string]string{"gold/keyed.sql": sql}, nil, contract)
		if err != nil {
			t.Fatal(err)
		}
		res, err := p.Build(t.Context(), eng, "gold.keyed", gold.BuildInput{AsOf: time.Date(2026, 6, 30, 0, 0, 0, 0, time.UTC), Part: partNames(t.TempDir()), SpanRows: each})
		if sound := c.double == "false"; sound && (err != nil || len(res.Parts) != rows/each) || !sound && (err == nil || !strings.Contains(err.Error(), "the key is not unique")) {
			t.Errorf("%s: %d parts, %v", name, len(res.Parts), err)
		}
	}
}

// TestDoubledKeyIsFound: wherever in a table two rows with one key stand, beside which
// border of vectors and row groups.
func TestDoubledKeyIsFound(t *testing.T) {
	eng := openEngine(t, 2)
	const rows = 400_000
	contract := config.Contract{Layer: "gold", Table: "keyed", Key: []string{"id", "name"}, Storage: "single", Columns: []config.ContractColumn{
		{Name: "id", Type: "BIGINT"}, {Name: "name", Type: "VARCHAR"}, {Name: "n", Type: "BIGINT"}}}
	for _, twice := range []int{0, 1, 2047, 2048, 122_879, 122_880, 200_000, rows - 2, rows} { // the last is in no row
		sql := fmt.Sprintf("-- grain: g\n-- key: id, name\n-- storage: single\n-- about: a\nSELECT CASE WHEN i = %d THEN i - 1 ELSE i END AS id, 'x' AS name, i AS n FROM range(%d) r(i) ORDER BY hash(i)", twice+1, rows)
		p, err := smallProject(t, eng, map[string]string{"gold/keyed.sql": sql}, nil, contract)
		if err != nil {
			t.Fatal(err)
		}
		_, err = p.Build(t.Context(), eng, "gold.keyed", gold.BuildInput{AsOf: time.Date(2026, 6, 30, 0, 0, 0, 0, time.UTC), Part: partNames(t.TempDir())})
		want := fmt.Sprintf("the key is not unique, e.g. %d|x (1 rows)", twice)
		if sound := twice == rows; sound && err != nil || !sound && (err == nil || !strings.Contains(err.Error(), want)) {
			t.Errorf("%d twice: %v", twice, err)
		}
	}
}
