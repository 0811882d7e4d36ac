package fit

import "math"

// SBG is the shifted-beta-geometric model of contractual customers: each has a constant
// chance of leaving at the end of a period, and these chances are Beta(Alpha, Beta) over
// customers.
type SBG struct {
	Alpha, Beta float64
}

// Lifetimes counts, for periods 1, 2, … of customers' lives (index 0 is period 1), how
// many began the period and how many of them left in it. Who is still there at the end of
// the data began each period of his life and left in none: that is all censoring needs.
type Lifetimes struct {
	AtRisk, Lost []float64
}

// FromSurvivors makes lifetimes of a survival curve: how many are left after 0, 1, 2, …
// periods of a group that began together.
func FromSurvivors(left ...float64) Lifetimes {
	var l Lifetimes
	for i := 1; i < len(left); i++ {
		l.AtRisk = append(l.AtRisk, left[i-1])
		l.Lost = append(l.Lost, left[i-1]-left[i])
	}
	return l
}

// Add counts customers who lasted that many whole periods and then left, or, if not lost,
// are still there. A customer without one whole period who is still there says nothing.
func (l *Lifetimes) Add(periods int, lost bool, customers float64) {
	last := periods
	if lost {
		last++ // he began one more period, and left in it
	}
	for len(l.AtRisk) < last {
		l.AtRisk, l.Lost = append(l.AtRisk, 0), append(l.Lost, 0)
	}
	for i := range last {
		l.AtRisk[i] += customers
	}
	if lost {
		l.Lost[periods] += customers
	}
}

// Churns is how many left.
func (l Lifetimes) Churns() float64 {
	total := 0.0
	for _, v := range l.Lost {
		total += v
	}
	return total
}

// FitSBG estimates by maximum likelihood.
func FitSBG(l Lifetimes) (SBG, error) {
	return fitSBG(l, []float64{1, 1}, []float64{1, 10}, []float64{10, 300})
}

func fitSBG(l Lifetimes, starts ...[]float64) (SBG, error) {
	if len(l.AtRisk) != len(l.Lost) {
		return SBG{}, invalid("%d periods at risk, %d of losses", len(l.AtRisk), len(l.Lost))
	}
	total, lost := 0.0, 0.0
	for i := range l.AtRisk {
		if r, d := l.AtRisk[i], l.Lost[i]; !finite(r, d) || d < 0 || d > r {
			return SBG{}, invalid("period %d: %v lost of %v", i+1, d, r)
		}
		total += l.AtRisk[i]
		lost += l.Lost[i]
	}
	switch {
	case total == 0:
		return SBG{}, ErrTooFew
	case lost == 0 || lost == total: // nobody left, or everybody at once: any curve of that shape fits
		return SBG{}, ErrDegenerate
	}
	parameters, err := minimum(sbgLikelihood(l, total), starts...)
	if err != nil {
		return SBG{}, err
	}
	return SBG{Alpha: parameters[0], Beta: parameters[1]}, nil
}

// sbgLikelihood goes over periods, with hazard α/(α+β+t−1) in period t. The likelihood of
// whole lives is the product of these hazards and their complements.
func sbgLikelihood(l Lifetimes, total float64) objective {
	return func(logs, gradient []float64) float64 {
		alpha, beta := math.Exp(logs[0]), math.Exp(logs[1])
		sum, dAlpha, dBeta := 0.0, 0.0, 0.0
		for i, r := range l.AtRisk {
			if r == 0 {
				continue
			}
			t, d := float64(i), l.Lost[i]
			sum += d*logs[0] + (r-d)*math.Log(beta+t) - r*math.Log(alpha+beta+t)
			dAlpha += d/alpha - r/(alpha+beta+t)
			dBeta += (r-d)/(beta+t) - r/(alpha+beta+t)
		}
		if gradient != nil {
			gradient[0], gradient[1] = -alpha*dAlpha/total, -beta*dBeta/total
		}
		return -sum / total
	}
}

// Survival is the share of a group that is left after t periods.
func (m SBG) Survival(t float64) float64 { return m.Conditional(0, t) }

// Conditional is the share left after k more periods of those who lasted n.
func (m SBG) Conditional(n, k float64) float64 {
	if k <= 0 {
		return 1
	}
	return math.Exp(logBetaStep(m.Beta+n, m.Alpha, k))
}

// logBetaStep is ln B(x+k, a) − ln B(x, a). For whole k it is a sum of logarithms, which
// has none of the cancellation that differences of logGamma have for large parameters.
func logBetaStep(x, a, k float64) float64 {
	whole := math.Trunc(k)
	sum := 0.0
	for i := range int(whole) {
		sum -= math.Log1p(a / (x + float64(i)))
	}
	if rest := k - whole; rest > 0 {
		y := x + whole
		sum += logGamma(y+rest) - logGamma(y) - logGamma(y+a+rest) + logGamma(y+a)
	}
	return sum
}
