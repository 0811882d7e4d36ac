package gold_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

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
