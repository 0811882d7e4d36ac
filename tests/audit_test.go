package tests

import (
	"context"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
)

// TestAudit recomputes key figures of gold from bronze, by SQL that shares nothing with
// the mappings and the models (audit/*.sql: the exports' side, "-- gold", gold's side).
// Both sides give labels and amounts; they must be the same labels and, to the cent that
// rounding by record or by account may cost, the same amounts.
func TestAudit(t *testing.T) {
	t.Parallel()
	root := atOnce(t)
	r := read(t, root, "")
	r.exec(t, fmt.Sprintf("CREATE TEMP MACRO as_of_day() AS DATE '%s'", reports(t, root)[0].AsOf))
	for _, statement := range strings.Split(auditFile(t, "prelude.sql"), ";\n") {
		r.exec(t, statement)
	}
	files, err := filepath.Glob("audit/*.sql")
	if err != nil {
		t.Fatal(err)
	}
	compared := 0
	for _, file := range files {
		name := filepath.Base(file)
		if name == "prelude.sql" {
			continue
		}
		t.Run(strings.TrimSuffix(name, ".sql"), func(t *testing.T) {
			exports, gold, found := strings.Cut(auditFile(t, name), "-- gold\n")
			if !found {
				t.Fatal("no gold side")
			}
			want, got := r.amounts(t, exports), r.amounts(t, gold)
			for label, w := range want {
				g, ok := got[label]
				if !ok || math.Abs(g-w) > 0.05+1e-5*math.Abs(w) {
					t.Errorf("%s: %.2f by the exports, %.2f in gold", label, w, g)
				}
				compared++
			}
			for label, g := range got {
				if _, ok := want[label]; !ok {
					t.Errorf("%s: %.2f in gold, nothing in the exports", label, g)
				}
			}
		})
	}
	if compared < 30 {
		t.Errorf("only %d figures were compared", compared)
	}
}

func auditFile(t *testing.T, name string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("audit", name))
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func (r *reader) exec(t testing.TB, sql string) {
	t.Helper()
	if strings.TrimSpace(sql) == "" {
		return
	}
	if err := r.s.Exec(context.Background(), sql); err != nil {
		t.Fatalf("%s: %v", sql, err)
	}
}

// amounts are the rows of a query of two columns, label and number.
func (r *reader) amounts(t testing.TB, sql string) map[string]float64 {
	t.Helper()
	out := map[string]float64{}
	for _, row := range r.rows(t, "SELECT CAST(x AS VARCHAR), CAST(y AS DOUBLE) FROM ("+sql+") q(x, y)") {
		v, err := strconv.ParseFloat(row[1], 64)
		if err != nil {
			t.Fatalf("%s: %v", row[0], err)
		}
		out[row[0]] = v
	}
	return out
}
