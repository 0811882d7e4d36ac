package fit

import (
	"context"
	"database/sql"
	"math"

	"github.com/customer360/pipeline/pipeline/config"
)

// Names of the order models and of their parameters, in the tables.
const (
	bgnbdName      = "bg_nbd"
	gammaGammaName = "gamma_gamma"
)

var (
	bgnbdParameters      = []string{"r", "alpha", "a", "b"}
	gammaGammaParameters = []string{"p", "q", "v"}
)

// orderParameters fits how often accounts order (BG/NBD) and what their orders are worth
// (Gamma-Gamma). Rows: repeat orders, weeks from the first to the last order, weeks from
// the first to now, repeat orders of known value, their mean value, how many such accounts.
// Written, a row per parameter: model, parameter, status, value, draws, accounts,
// correlation (of frequency and value, Gamma-Gamma only).
func orderParameters(_ context.Context, rows *sql.Rows, params config.Metrics, write func(values ...any) error) error {
	s, err := newSettings(params)
	if err != nil {
		return err
	}
	var customers []Repeats
	var spends []Spend
	for rows.Next() {
		var c Repeats
		var valued float64
		var value sql.NullFloat64
		if err := rows.Scan(&c.Frequency, &c.Recency, &c.Age, &valued, &value, &c.Customers); err != nil {
			return err
		}
		customers = append(customers, c)
		if valued > 0 && value.Float64 > 0 {
			spends = append(spends, Spend{Frequency: valued, Value: value.Float64, Customers: c.Customers})
		}
	}
	if err := rows.Err(); err != nil {
		return err
	}
	if err := s.writeOrders(customers, write); err != nil {
		return err
	}
	return s.writeValues(spends, write)
}

func (s settings) writeOrders(customers []Repeats, write func(values ...any) error) error {
	repeaters := 0.0
	for _, c := range customers {
		if c.Frequency > 0 {
			repeaters += c.Customers
		}
	}
	var m BGNBD
	err := ErrTooFew
	if repeaters >= s.minCustomers {
		m, err = FitBGNBD(customers)
	}
	status, err := reason(err)
	if err != nil {
		return err
	}
	var draws [][]float64
	if status == "ok" {
		for _, d := range m.Draws(customers, s.draws, seed) {
			draws = append(draws, []float64{d.R, d.Alpha, d.A, d.B})
		}
	}
	total := 0.0
	for _, c := range customers {
		total += c.Customers
	}
	return writeParameters(write, bgnbdName, bgnbdParameters, status, []float64{m.R, m.Alpha, m.A, m.B}, draws, total, nil)
}

// writeValues fits the values. The model supposes that values do not go with frequency;
// where they do, its status says so and nobody may use it.
func (s settings) writeValues(spends []Spend, write func(values ...any) error) error {
	total := 0.0
	for _, c := range spends {
		total += c.Customers
	}
	var m GammaGamma
	err := ErrTooFew
	if total >= s.minCustomers {
		m, err = FitGammaGamma(spends)
	}
	status, err := reason(err)
	if err != nil {
		return err
	}
	var shown any
	if correlation, ok := spendCorrelation(spends); ok {
		shown = correlation
		if status == "ok" && math.Abs(correlation) > s.maxCorrelation {
			status = "correlated"
		}
	}
	var draws [][]float64
	if status == "ok" {
		for _, d := range m.Draws(spends, s.draws, seed) {
			draws = append(draws, []float64{d.P, d.Q, d.V})
		}
	}
	return writeParameters(write, gammaGammaName, gammaGammaParameters, status, []float64{m.P, m.Q, m.V}, draws, total, shown)
}

func spendCorrelation(spends []Spend) (float64, bool) {
	frequencies, values, weights := make([]float64, len(spends)), make([]float64, len(spends)), make([]float64, len(spends))
	for i, c := range spends {
		frequencies[i], values[i], weights[i] = c.Frequency, c.Value, c.Customers
	}
	return Correlation(frequencies, values, weights)
}

func writeParameters(write func(values ...any) error, model string, names []string, status string, values []float64, draws [][]float64, total float64, correlation any) error {
	for i, name := range names {
		var value, drawn any
		if status == "ok" || status == "correlated" {
			column := make([]float64, len(draws))
			for j, d := range draws {
				column[j] = rounded(d[i], parameterDigits)
			}
			value, drawn = rounded(values[i], parameterDigits), column
		}
		if err := write(model, name, status, value, drawn, int64(total), correlation); err != nil {
			return err
		}
	}
	return nil
}
