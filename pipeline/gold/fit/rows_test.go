package fit

import (
	"context"
	"database/sql"
	"fmt"
	"strings"
	"testing"

	_ "github.com/duckdb/duckdb-go/v2"

	"github.com/customer360/pipeline/pipeline/config"
)

func params() config.Metrics {
	return config.Metrics{"clv.min_churns": 30.0, "clv.min_repeaters": 30.0, "clv.bootstrap_draws": 20.0, "clv.interval": 0.8,
		"clv.horizon_months": 60.0, "clv.annual_discount_rate": 0.1, "clv.max_correlation": 0.3}
}

// The published data through the functions that models name: rows in, rows out.
func TestOrderFunctions(t *testing.T) {
	db := open(t)
	histories := `SELECT x, t_x, "T", x, nullif(zbar, 0), customers FROM read_csv('testdata/cdnow.csv', auto_detect = false, delim = ',', skip = 6,
		columns = {'x': 'DOUBLE', 't_x': 'DOUBLE', 'T': 'DOUBLE', 'zbar': 'DOUBLE', 'customers': 'DOUBLE'}) ORDER BY ALL`
	parameters := call(t, db, orderParameters, histories)
	want := map[string][2]float64{"r": {0.243, 0.005}, "alpha": {4.414, 0.005}, "a": {0.793, 0.005}, "b": {2.426, 0.005}, "p": {6.25, 0.02}, "q": {3.74, 0.02}, "v": {15.44, 0.02}}
	if len(parameters) != len(want) {
		t.Fatalf("%d parameters, want %d", len(parameters), len(want))
	}
	var first []string
	for _, p := range parameters {
		name := p[1].(string)
		near(t, name, p[3].(float64), want[name][0], want[name][1])
		draws := p[4].([]float64)
		if p[2] != "ok" || len(draws) != 20 {
			t.Errorf("%s: %v with %d draws", name, p[2], len(draws))
		}
		first = append(first, fmt.Sprintf("SELECT 0 AS kind, '%s' AS model, '%s' AS parameter, '%s' AS status, %.17g::DOUBLE AS value, %s::DOUBLE[] AS draws, NULL::VARCHAR AS account_id, NULL::VARCHAR AS segment, NULL::DOUBLE, NULL::DOUBLE, NULL::DOUBLE, NULL::DOUBLE, NULL::DOUBLE, NULL::DOUBLE",
			p[0], name, p[2], p[3], strings.ReplaceAll(fmt.Sprint(draws), " ", ", ")))
	}
	if correlation := parameters[6][6].(float64); correlation < 0 || correlation > 0.3 {
		t.Errorf("correlation %v", correlation)
	}

	query := strings.Join(first, " UNION ALL ") + " UNION ALL SELECT 1, NULL, NULL, NULL, NULL, NULL, 'A1', 'S', 2, 30.43, 38.86, 2, 22.35, 30 ORDER BY ALL NULLS LAST"
	scored := call(t, db, orderModel, query)
	if len(scored) != 1 {
		t.Fatalf("%d rows", len(scored))
	}
	row := scored[0]
	near(t, "alive", row[5].(float64), 0.7266, 0.0005)
	// The published 1.226 orders in 39 weeks, scaled by the shape of the curve to 90 days.
	m := BGNBD{0.243, 4.414, 0.793, 2.426}
	c := Repeats{Frequency: 2, Recency: 30.43, Age: 38.86}
	near(t, "orders in 90 days", row[6].(float64)/m.Expected(c, ninetyDays)*m.Expected(c, 39), 1.226, 0.01)
	near(t, "order value", row[9].(float64), 6.25*(15.44+2*22.35)/(2*6.25+3.74-1), 0.1)
	low, high, projected := row[12].(float64), row[13].(float64), row[11].(float64)
	if !(low < projected && projected < high && high < 1.5*low) || row[10] != "gamma_gamma" || row[14] != "ok" {
		t.Errorf("%v", row)
	}
}

// A segment with an answer of its own, one without, and all together.
func TestSurvivalFunction(t *testing.T) {
	rows := call(t, open(t), survivalParameters, `SELECT * FROM (VALUES ('High', 0, true, 131.0), ('High', 1, true, 126), ('High', 2, true, 90), ('High', 3, true, 60), ('High', 4, true, 42), ('High', 5, true, 34), ('High', 6, true, 26), ('High', 7, false, 491),
		('Low', 3, true, 5), ('Low', 7, false, 40)) ORDER BY ALL`)
	if len(rows) != 3 || rows[0][0] != "ALL" || rows[1][1] != "own" || rows[2][1] != "pooled" || rows[2][3] != rows[0][3] || rows[2][7] != int64(5) {
		t.Fatalf("%v", rows)
	}
	near(t, "alpha", rows[1][3].(float64), 0.668, 0.001)
	near(t, "beta", rows[1][4].(float64), 3.806, 0.005)
	if len(rows[1][5].([]float64)) != 20 {
		t.Errorf("draws %v", rows[1][5])
	}
}

func TestWrongParameters(t *testing.T) {
	db := open(t)
	for path, value := range map[string]any{"clv.interval": 1.0, "clv.min_churns": -1.0, "clv.horizon_months": "60"} {
		p := params()
		p[path] = value
		rows, err := db.Query("SELECT 1 WHERE false")
		if err != nil {
			t.Fatal(err)
		}
		err = survivalParameters(context.Background(), rows, p, func(...any) error { return nil })
		_ = rows.Close()
		if err == nil || !strings.Contains(err.Error(), path) {
			t.Errorf("%s = %v: %v", path, value, err)
		}
	}
}

// BenchmarkOrderFunctions is the whole way of 100,000 accounts, rows included.
func BenchmarkOrderFunctions(b *testing.B) {
	db := open(b)
	customers, spends := simulated(BGNBD{0.8, 10, 0.6, 3}, GammaGamma{4, 5, 3000}, 100_000)
	if _, err := db.Exec("CREATE TABLE h (account VARCHAR, x DOUBLE, t_x DOUBLE, age DOUBLE, value DOUBLE)"); err != nil {
		b.Fatal(err)
	}
	spent := 0
	for from := 0; from < len(customers); from += 1000 {
		var values []string
		for i, c := range customers[from : from+1000] {
			value := "NULL"
			if c.Frequency > 0 {
				value = fmt.Sprint(spends[spent].Value)
				spent++
			}
			values = append(values, fmt.Sprintf("('A%d', %v, round(%v * 7) / 7, ceil(%v * 7) / 7, %s)", from+i, c.Frequency, c.Recency, c.Age, value))
		}
		if _, err := db.Exec("INSERT INTO h VALUES " + strings.Join(values, ",")); err != nil {
			b.Fatal(err)
		}
	}
	if _, err := db.Exec("UPDATE h SET x = 0, t_x = 0, value = NULL WHERE t_x = 0"); err != nil { // the first day again
		b.Fatal(err)
	}
	var parameters [][]any
	b.Run("parameters", func(b *testing.B) {
		for b.Loop() {
			parameters = call(b, db, orderParameters, "SELECT x, t_x, age, x, value, count(*)::DOUBLE FROM h GROUP BY ALL ORDER BY ALL")
		}
	})
	if _, err := db.Exec("CREATE TABLE p (model VARCHAR, parameter VARCHAR, status VARCHAR, value DOUBLE, draws DOUBLE[])"); err != nil {
		b.Fatal(err)
	}
	for _, p := range parameters {
		if _, err := db.Exec(fmt.Sprintf("INSERT INTO p VALUES ('%s', '%s', '%s', %v, %s)", p[0], p[1], p[2], p[3], strings.ReplaceAll(fmt.Sprint(p[4]), " ", ", "))); err != nil {
			b.Fatal(err)
		}
	}
	b.Run("scores", func(b *testing.B) {
		for b.Loop() {
			call(b, db, orderModel, "SELECT 0 AS kind, *, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL FROM p UNION ALL SELECT 1, NULL, NULL, NULL, NULL, NULL, account, 'S', x, t_x, age, x, value, 700 FROM h ORDER BY ALL NULLS LAST")
		}
	})
}

func open(t testing.TB) *sql.DB {
	t.Helper()
	db, err := sql.Open("duckdb", "")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	return db
}

// call runs a function over the rows of a query.
func call(t testing.TB, db *sql.DB, f Function, query string) [][]any {
	t.Helper()
	rows, err := db.Query(query) //nolint:rowserrcheck // the function asks
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	p := params()
	if _, ok := t.(*testing.B); ok {
		p["clv.bootstrap_draws"] = 50.0
	}
	var written [][]any
	if err := f(context.Background(), rows, p, func(values ...any) error { written = append(written, values); return nil }); err != nil {
		t.Fatal(err)
	}
	return written
}
