package timespan

import (
	"database/sql"
	"fmt"
	"slices"
	"testing"

	_ "github.com/duckdb/duckdb-go/v2"
)

func TestCut(t *testing.T) {
	for name, c := range map[string]struct {
		rows map[int]int64
		want []string
	}{
		"empty":     {nil, []string{"all"}},
		"few":       {map[int]int64{2024_01: 5, 0: 5}, []string{"all"}},
		"years":     {map[int]int64{2023_12: 4, 2024_01: 5, 2024_02: 5, 0: 1}, []string{"unknown", "2023", "2024"}},
		"months":    {map[int]int64{2023_12: 4, 2024_01: 5, 2024_02: 6}, []string{"2023", "2024-01", "2024-02"}},
		"no rows":   {map[int]int64{2023_12: 0, 2024_01: 50, 2024_03: 0}, []string{"2024-01"}},
		"year full": {map[int]int64{2024_01: 5, 2024_12: 5, 2025_01: 1}, []string{"2024", "2025"}},
	} {
		var got []string
		for _, s := range Cut(c.rows, 10) {
			got = append(got, s.Label)
		}
		if !slices.Equal(got, c.want) {
			t.Errorf("%s: %v, want %v", name, got, c.want)
		}
	}
}

// TestCondition: every day is in the span that its month number says, and in no other.
func TestCondition(t *testing.T) {
	db, err := sql.Open("duckdb", "")
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if _, err := db.Exec("SET TimeZone = 'UTC'; SET threads = 1"); err != nil {
		t.Fatal(err)
	}
	rows := map[int]int64{0: 20, 1_01: 20, 2023_12: 2, 2024_02: 20, 2024_12: 20, 9999_12: 20}
	spans := Cut(rows, 10)
	days := []string{"NULL", "'infinity'", "'0001-01-01'", "'2023-12-31'", "'2024-02-29'", "'2024-12-31'", "'9999-12-31'", "'0044-03-15 (BC)'", "'10000-01-01'"}
	for _, kind := range []string{"DATE", "TIMESTAMPTZ"} {
		for _, day := range days {
			value := fmt.Sprintf("CAST(%s AS %s)", day, kind)
			var month int
			if err := db.QueryRow("SELECT " + MonthSQL(value)).Scan(&month); err != nil {
				t.Fatal(err)
			}
			for _, s := range spans {
				var in sql.NullBool
				if err := db.QueryRow("SELECT " + s.Condition(value, kind)).Scan(&in); err != nil {
					t.Fatal(err)
				}
				if in.Bool != s.Holds(month) {
					t.Errorf("%s %s, month %d, span %s: condition %v, holds %v", kind, day, month, s.Label, in.Bool, s.Holds(month))
				}
			}
		}
	}
}
