package fit

import (
	"errors"
	"fmt"
	"math"

	"gonum.org/v1/gonum/optimize"
)

// Why a model has no estimate. Estimates are never NaN: a fit returns one of these, or
// parameters that are finite and greater than 0.
var (
	ErrTooFew       = errors.New("too few observations")
	ErrDegenerate   = errors.New("the data say nothing about the parameters")
	ErrNotConverged = errors.New("the fit did not converge")
	ErrInvalid      = errors.New("invalid observation")
)

// logLimit keeps parameters within e^±logLimit. Homogeneous customers (a constant hazard,
// nobody ever leaving) have no finite maximum: the likelihood rises, ever less, along a
// ridge. Beyond the limit predictions no longer change, so a soft wall stops there.
const (
	logLimit     = 10.0
	wallSteep    = 1e-2
	gradientGoal = 1e-6 // of the mean log-likelihood, per unit of a log parameter
)

// objective is the mean negative log-likelihood and its gradient, over log parameters.
type objective func(logs, gradient []float64) float64

// minimum finds the parameters (not their logs) where the objective is least, from the
// best of several starting points.
func minimum(f objective, starts ...[]float64) ([]float64, error) {
	var best []float64
	bestAt := math.Inf(1)
	for _, start := range starts {
		logs := descend(walled(f), logged(start))
		gradient := make([]float64, len(logs))
		at := walled(f)(logs, gradient)
		if at < bestAt && largest(gradient) < gradientGoal {
			best, bestAt = logs, at
		}
	}
	if best == nil {
		return nil, ErrNotConverged
	}
	parameters := make([]float64, len(best))
	for i, v := range best {
		parameters[i] = math.Exp(v)
	}
	return parameters, nil
}

// descend runs BFGS, which needs few evaluations; where its line search gives up,
// Nelder–Mead walks on and BFGS polishes. Whether the end is a minimum is for the caller
// to see from the gradient: the optimizer's own status says only why it stopped.
func descend(f objective, start []float64) []float64 {
	p := optimize.Problem{
		Func: func(x []float64) float64 { return f(x, nil) },
		Grad: func(gradient, x []float64) { f(x, gradient) },
	}
	run := func(from []float64, method optimize.Method) []float64 {
		settings := &optimize.Settings{GradientThreshold: gradientGoal / 100, MajorIterations: 1000,
			Converger: &optimize.FunctionConverge{Absolute: 1e-15, Iterations: 50}}
		res, _ := optimize.Minimize(p, from, settings, method)
		if res == nil || math.IsNaN(res.F) || math.IsInf(res.F, 0) {
			return from
		}
		return res.X
	}
	end := run(start, &optimize.BFGS{})
	gradient := make([]float64, len(end))
	if f(end, gradient); largest(gradient) < gradientGoal {
		return end
	}
	return run(run(end, &optimize.NelderMead{}), &optimize.BFGS{})
}

// walled adds the soft wall at logLimit.
func walled(f objective) objective {
	return func(logs, gradient []float64) float64 {
		for _, v := range logs {
			if math.Abs(v) > 4*logLimit { // a line search gone astray: nothing to evaluate there
				return math.Inf(1)
			}
		}
		value := f(logs, gradient)
		for i, v := range logs {
			over := math.Abs(v) - logLimit
			if over <= 0 {
				continue
			}
			value += wallSteep * over * over
			if gradient != nil {
				gradient[i] += 2 * wallSteep * math.Copysign(over, v)
			}
		}
		return value
	}
}

func logged(parameters []float64) []float64 {
	logs := make([]float64, len(parameters))
	for i, v := range parameters {
		logs[i] = math.Log(v)
	}
	return logs
}

func largest(values []float64) float64 {
	m := 0.0
	for _, v := range values {
		if !(math.Abs(v) <= m) { // NaN counts as largest
			m = math.Abs(v)
		}
	}
	return m
}

// logGamma is the logarithm of the gamma function of a positive number.
func logGamma(x float64) float64 {
	v, _ := math.Lgamma(x)
	return v
}

func invalid(format string, args ...any) error {
	return fmt.Errorf("%w: %s", ErrInvalid, fmt.Sprintf(format, args...))
}

func finite(values ...float64) bool {
	for _, v := range values {
		if math.IsNaN(v) || math.IsInf(v, 0) {
			return false
		}
	}
	return true
}

// sampleSize is how many groups of customers are enough to find the neighbourhood of a
// minimum, where the fit of all of them then begins.
const sampleSize = 5_000

// sample takes every nth item of a long list, and all of a short one.
func sample[T any](items []T) []T {
	step := len(items) / sampleSize
	if step < 2 {
		return items
	}
	var taken []T
	for i := 0; i < len(items); i += step {
		taken = append(taken, items[i])
	}
	return taken
}
