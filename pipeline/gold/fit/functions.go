// Package fit holds the calculations of gold models that take more than SQL: the
// statistics behind customer lifetime value. They are the shifted-beta-geometric model of
// contractual survival (Fader and Hardie 2007), the BG/NBD model of repeat orders (Fader,
// Hardie and Lee 2005) and the Gamma-Gamma model of order values (Fader and Hardie 2013),
// each with its estimation and its predictions.
//
// The models of customers are pure numerics, numbers in and numbers out; the functions
// here carry rows of a gold model to them and back. The package must not know gold models,
// tables or the lake, nor the clock or chance: bootstrap draws come from a seed, and the
// same data in the same order give the same bits.
package fit

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strconv"

	"github.com/customer360/pipeline/pipeline/config"
)

// Function is what a model names in "-- fit:". It reads rows to their end and writes a
// value for every column of the model's table, row by row.
type Function = func(ctx context.Context, rows *sql.Rows, params config.Metrics, write func(values ...any) error) error

// Functions are all functions by the name that models use. A name ends in a version,
// which must rise with every change of results: the tables are built again only when the
// model's text changes.
func Functions() map[string]Function {
	return map[string]Function{
		"survival_parameters_1": survivalParameters,
		"order_parameters_1":    orderParameters,
		"order_model_1":         orderModel,
	}
}

// seed is where all draws begin; what it is does not matter.
const seed = 20050501

// settings are the parameters that the functions share.
type settings struct {
	minChurns, minCustomers float64
	draws                   int
	interval                float64
	horizonMonths           int
	discountRate            float64
	maxCorrelation          float64
}

// newSettings takes those that the model names; the others stay 0.
func newSettings(params config.Metrics) (settings, error) {
	var s settings
	var draws, horizon float64
	for path, target := range map[string]*float64{
		"clv.min_churns": &s.minChurns, "clv.min_repeaters": &s.minCustomers, "clv.bootstrap_draws": &draws, "clv.interval": &s.interval,
		"clv.horizon_months": &horizon, "clv.annual_discount_rate": &s.discountRate, "clv.max_correlation": &s.maxCorrelation,
	} {
		value, ok := params[path].(float64)
		if !ok || value < 0 {
			return s, fmt.Errorf("parameter %s is %v, want a number of at least 0", path, params[path])
		}
		*target = value
	}
	if s.interval >= 1 {
		return s, fmt.Errorf("parameter clv.interval is %v, want a share below 1", s.interval)
	}
	s.draws, s.horizonMonths = int(draws), int(horizon)
	return s, nil
}

// reason says in one word why there is no estimate; an error that is none of these is the
// caller's.
func reason(err error) (string, error) {
	switch {
	case err == nil:
		return "ok", nil
	case errors.Is(err, ErrTooFew):
		return "too_few", nil
	case errors.Is(err, ErrDegenerate):
		return "degenerate", nil
	case errors.Is(err, ErrNotConverged):
		return "not_converged", nil
	default:
		return "", err
	}
}

// Digits that the tables hold. The rest of a parameter is where the optimizer happened to
// stop, the rest of a score the noise of logarithms; both differ between processors.
const (
	parameterDigits = 7
	scoreDigits     = 10
)

// rounded is the number to that many significant digits.
func rounded(number float64, digits int) float64 {
	r, err := strconv.ParseFloat(strconv.FormatFloat(number, 'g', digits, 64), 64)
	if err != nil {
		return number
	}
	return r
}
