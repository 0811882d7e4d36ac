package fit

import (
	"context"
	"database/sql"
	"fmt"
	"math"

	"github.com/customer360/pipeline/pipeline/config"
)

const (
	weeksPerMonth = 365.25 / 12 / 7
	ninetyDays    = 90.0 / 7
	quarter       = 3 // months in a step of the interval's projection
)

// orderModel says of each account whether it still orders and what its orders are worth.
// Rows: first one per parameter (0, model, parameter, status, value, draws), then one per
// account (1, account, segment, repeat orders, recency, age, repeats of known value, their
// mean value, mean value of the segment). Written: account, segment, repeats, recency, age,
// chance to be alive, orders in 90 days, orders to the horizon, discounted orders, value of
// an order, basis of that value, projected value with low and high, status.
func orderModel(_ context.Context, rows *sql.Rows, params config.Metrics, write func(values ...any) error) error {
	s, err := newSettings(params)
	if err != nil {
		return err
	}
	scorer := newOrderScorer(s)
	for rows.Next() {
		var row orderRow
		if err := rows.Scan(&row.kind, &row.model, &row.parameter, &row.status, &row.value, &row.draws,
			&row.account, &row.segment, &row.Frequency, &row.Recency, &row.Age, &row.valued, &row.repeatValue, &row.segmentValue); err != nil {
			return err
		}
		if row.kind == 0 {
			if err := scorer.take(row); err != nil {
				return err
			}
			continue
		}
		if len(scorer.orders) == 0 {
			scorer.ready()
		}
		if err := write(scorer.score(row)...); err != nil {
			return err
		}
	}
	return rows.Err()
}

// orderRow is a row of either kind.
type orderRow struct {
	kind                            int
	model, parameter, status        sql.NullString
	value                           sql.NullFloat64
	draws                           any
	account, segment                sql.NullString
	Frequency, Recency, Age, valued sql.NullFloat64
	repeatValue, segmentValue       sql.NullFloat64
}

// orderScorer applies the fitted models. Of both it holds the estimate first, then the
// draws; nothing where a model has no estimate.
type orderScorer struct {
	settings
	orders     []BGNBD
	values     []GammaGamma
	columns    map[string][]float64 // estimate and draws of a parameter, by model.parameter
	months     schedule             // of the estimate
	quarters   schedule             // of the draws
	outlooks   map[ageClass]outlook
	discounted map[ageClass][]float64
}

// ageClass is what the orders of a customer who has not left depend on: many accounts share
// one. The draws look at ages in whole weeks, so that more do.
type ageClass struct{ frequency, weeks float64 }

// outlook is how many orders a customer who has not left will make: in 90 days, to the
// horizon, and to the horizon with each month discounted.
type outlook struct{ soon, horizon, discounted float64 }

func newOrderScorer(s settings) *orderScorer {
	return &orderScorer{settings: s, columns: map[string][]float64{}, outlooks: map[ageClass]outlook{}, discounted: map[ageClass][]float64{},
		months: s.schedule(1), quarters: s.schedule(quarter)}
}

// schedule is the horizon cut into periods: when they end, in weeks, and the mean discount
// factor of their months.
type schedule struct{ ends, factors []float64 }

// schedule cuts it into periods of that many months; the last may be shorter.
func (s settings) schedule(months int) schedule {
	var sch schedule
	for first := 1; first <= s.horizonMonths; first += months {
		last := min(first+months-1, s.horizonMonths)
		sum := 0.0
		for k := first; k <= last; k++ {
			sum += math.Pow(1+s.discountRate, -float64(k)/12)
		}
		sch.ends = append(sch.ends, weeksPerMonth*float64(last))
		sch.factors = append(sch.factors, sum/float64(last-first+1))
	}
	return sch
}

// take notes a parameter.
func (o *orderScorer) take(row orderRow) error {
	if row.status.String != "ok" || !row.value.Valid {
		return nil
	}
	name := row.model.String + "." + row.parameter.String
	items, ok := row.draws.([]any)
	if !ok && row.draws != nil {
		return fmt.Errorf("draws of %s are %T, want a list", name, row.draws)
	}
	column := []float64{row.value.Float64}
	for _, item := range items {
		v, ok := item.(float64)
		if !ok {
			return fmt.Errorf("a draw of %s is %T, want DOUBLE", name, item)
		}
		column = append(column, v)
	}
	o.columns[name] = column
	return nil
}

// ready makes the models of their parameters, once these are all there.
func (o *orderScorer) ready() {
	for _, p := range o.rowsOf(bgnbdName, bgnbdParameters) {
		o.orders = append(o.orders, BGNBD{R: p[0], Alpha: p[1], A: p[2], B: p[3]})
	}
	for _, p := range o.rowsOf(gammaGammaName, gammaGammaParameters) {
		o.values = append(o.values, GammaGamma{P: p[0], Q: p[1], V: p[2]})
	}
}

// rowsOf turns a model's columns into rows; none if a parameter is absent.
func (o *orderScorer) rowsOf(model string, names []string) [][]float64 {
	length := math.MaxInt
	for _, name := range names {
		length = min(length, len(o.columns[model+"."+name]))
	}
	rows := make([][]float64, length)
	for i := range rows {
		for _, name := range names {
			rows[i] = append(rows[i], o.columns[model+"."+name][i])
		}
	}
	return rows
}

// score is the account's row.
func (o *orderScorer) score(row orderRow) []any {
	c := Repeats{Frequency: row.Frequency.Float64, Recency: row.Recency.Float64, Age: row.Age.Float64, Customers: 1}
	known := []any{row.account.String, row.segment.String, int64(c.Frequency), c.Recency, c.Age}
	if len(o.orders) == 0 {
		return append(known, nil, nil, nil, nil, nil, nil, nil, nil, nil, "no_order_model")
	}
	alive := o.orders[0].Alive(c)
	ahead := o.outlook(c)
	discounted := alive * ahead.discounted
	for _, v := range []float64{alive, alive * ahead.soon, alive * ahead.horizon, discounted} {
		known = append(known, rounded(v, scoreDigits))
	}
	value, basis := o.orderValue(row, 0)
	if basis == "" {
		return append(known, nil, nil, nil, nil, nil, "no_order_value")
	}
	low, high := o.bounds(row, c)
	return append(known, value, basis, discounted*value, low, high, "ok")
}

// orderValue is what an order of the account is worth: Gamma-Gamma where it holds and the
// account has repeats of known value, else the mean of its segment. A draw that the values
// do not have stands for the estimate.
func (o *orderScorer) orderValue(row orderRow, draw int) (value float64, basis string) {
	if len(o.values) > 0 && row.valued.Float64 > 0 && row.repeatValue.Float64 > 0 {
		if draw >= len(o.values) {
			draw = 0
		}
		if mean, ok := o.values[draw].Mean(row.valued.Float64, row.repeatValue.Float64); ok {
			return mean, "gamma_gamma"
		}
	}
	if row.segmentValue.Valid {
		return row.segmentValue.Float64, "segment_mean"
	}
	return 0, ""
}

// bounds are the ends of the interval of the projected value over the draws; nil without.
func (o *orderScorer) bounds(row orderRow, c Repeats) (low, high any) {
	var projected []float64
	for i, orders := range o.ifAlive(c) {
		if value, basis := o.orderValue(row, i+1); basis != "" {
			projected = append(projected, o.orders[i+1].Alive(c)*orders*value)
		}
	}
	l, ok := Quantile(projected, (1-o.interval)/2)
	if !ok {
		return nil, nil
	}
	h, _ := Quantile(projected, (1+o.interval)/2)
	return l, h
}

// outlook is the estimate's for the customer's class.
func (o *orderScorer) outlook(c Repeats) outlook {
	class := ageClass{c.Frequency, c.Age}
	known, ok := o.outlooks[class]
	if !ok {
		m := o.orders[0]
		known = outlook{soon: m.IfAlive(c, ninetyDays), horizon: m.IfAlive(c, weeksPerMonth*float64(o.horizonMonths)),
			discounted: m.Discounted(c, o.months.ends, o.months.factors)}
		o.outlooks[class] = known
	}
	return known
}

// ifAlive are the discounted orders of a customer who has not left, one per draw.
func (o *orderScorer) ifAlive(c Repeats) []float64 {
	class := ageClass{c.Frequency, math.Round(c.Age)}
	if known, ok := o.discounted[class]; ok {
		return known
	}
	c.Age = class.weeks
	sums := make([]float64, len(o.orders)-1)
	for i, m := range o.orders[1:] {
		sums[i] = m.Discounted(c, o.quarters.ends, o.quarters.factors)
	}
	o.discounted[class] = sums
	return sums
}
