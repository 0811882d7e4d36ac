package fit

import (
	"math"

	"gonum.org/v1/gonum/mathext"
)

// GammaGamma is the model of order values: a customer's orders vary around his own mean,
// Gamma with shape P, and the means vary over customers, inverse Gamma(Q, V). It supposes
// that the values have nothing to do with how often he orders.
type GammaGamma struct {
	P, Q, V float64
}

// Spend is what the model needs of a customer: the mean value of his repeat orders.
type Spend struct {
	Frequency float64 // orders after the first, at least 1
	Value     float64 // their mean value, greater than 0
	Customers float64 // how many are alike
}

// FitGammaGamma estimates by maximum likelihood.
func FitGammaGamma(customers []Spend) (GammaGamma, error) {
	mean := meanSpend(customers)
	starts := [][]float64{{1, 3, 2 * mean}, {5, 4, mean / 2}, {20, 10, mean / 2}}
	if few := sample(customers); len(few) < len(customers) {
		if m, err := fitGammaGamma(few, starts...); err == nil {
			starts = [][]float64{{m.P, m.Q, m.V}}
		}
	}
	return fitGammaGamma(customers, starts...)
}

func meanSpend(customers []Spend) float64 {
	sum, n := 0.0, 0.0
	for _, c := range customers {
		sum += c.Value * c.Customers
		n += c.Customers
	}
	if mean := sum / n; finite(mean) && mean > 0 {
		return mean
	}
	return 1
}

func fitGammaGamma(customers []Spend, starts ...[]float64) (GammaGamma, error) {
	total, repeated := 0.0, 0.0
	low, high := math.Inf(1), 0.0
	for i, c := range customers {
		if !finite(c.Frequency, c.Value, c.Customers) || c.Frequency < 1 || c.Value <= 0 || c.Customers <= 0 {
			return GammaGamma{}, invalid("customer %d: %+v", i+1, c)
		}
		total += c.Customers
		if c.Frequency > 1 {
			repeated += c.Customers
		}
		low, high = min(low, c.Value), max(high, c.Value)
	}
	switch {
	case total < minRepeaters:
		return GammaGamma{}, ErrTooFew
	case low == high || repeated == 0: // nothing varies, or within and between cannot be told apart
		return GammaGamma{}, ErrDegenerate
	}
	// The unit of money is divided out, so that the limits mean the same for any currency.
	unit := meanSpend(customers)
	scaled := make([][]float64, len(starts))
	for i, s := range starts {
		scaled[i] = []float64{s[0], s[1], s[2] / unit}
	}
	p, err := minimum(gammaGammaLikelihood(customers, total, unit), scaled...)
	if err != nil {
		return GammaGamma{}, err
	}
	return GammaGamma{P: p[0], Q: p[1], V: p[2] * unit}, nil
}

func gammaGammaLikelihood(customers []Spend, total, unit float64) objective {
	logValues, classes := make([]float64, len(customers)), make([]int, len(customers))
	var frequencies []float64 // the few that occur; classes says which a customer has
	known := map[float64]int{}
	for i, c := range customers {
		class, ok := known[c.Frequency]
		if !ok {
			class = len(frequencies)
			known[c.Frequency] = class
			frequencies = append(frequencies, c.Frequency)
		}
		logValues[i], classes[i] = math.Log(c.Value/unit), class
	}
	terms := make([]gammaTerms, len(frequencies))
	return func(at, gradient []float64) float64 {
		p, q, v := math.Exp(at[0]), math.Exp(at[1]), math.Exp(at[2])
		for i, x := range frequencies {
			terms[i] = newGammaTerms(p, q, x, gradient != nil)
		}
		sum, dP, dQ, dV := 0.0, 0.0, 0.0, 0.0
		for i, c := range customers {
			n, x := c.Customers, c.Frequency
			t, logValue := terms[classes[i]], logValues[i]
			both := x*c.Value/unit + v
			logBoth := math.Log(both)
			sum += n * (t.log + q*at[2] + (p*x-1)*logValue + p*x*t.logX - (p*x+q)*logBoth)
			if gradient != nil {
				dP += n * (t.dP + x*(logValue+t.logX-logBoth))
				dQ += n * (t.dQ + at[2] - logBoth)
				dV += n * (q/v - (p*x+q)/both)
			}
		}
		if gradient != nil {
			gradient[0], gradient[1], gradient[2] = -p*dP/total, -q*dQ/total, -v*dV/total
		}
		return -sum / total
	}
}

// gammaTerms are ln[Γ(px+q)/(Γ(px)Γ(q))] and its derivatives, and ln x.
type gammaTerms struct{ log, dP, dQ, logX float64 }

func newGammaTerms(p, q, x float64, derivatives bool) gammaTerms {
	t := gammaTerms{log: logGamma(p*x+q) - logGamma(p*x) - logGamma(q), logX: math.Log(x)}
	if derivatives {
		whole := mathext.Digamma(p*x + q)
		t.dP = x * (whole - mathext.Digamma(p*x))
		t.dQ = whole - mathext.Digamma(q)
	}
	return t
}

// Mean is the expected value of the customer's orders, between his own mean and that of
// all. ok is false where the model has no mean (P·x + Q ≤ 1).
func (m GammaGamma) Mean(frequency, value float64) (mean float64, ok bool) {
	weight := m.P*frequency + m.Q - 1
	if weight <= 0 {
		return 0, false
	}
	return m.P * (m.V + frequency*value) / weight, true
}
