package fit

import (
	"math"

	"gonum.org/v1/gonum/mathext"
)

// BGNBD is the BG/NBD model of customers who order when they like: while alive a customer
// orders at a rate that is Gamma(R, Alpha) over customers, and after each order leaves for
// good with a chance that is Beta(A, B).
type BGNBD struct {
	R, Alpha, A, B float64
}

// Repeats is what the model needs of a customer: the orders after the first (days with
// an order, not documents), the time from first to last, and from first to now.
type Repeats struct {
	Frequency float64 // orders after the first
	Recency   float64 // first to last order
	Age       float64 // first order to now
	Customers float64 // how many are alike; at least 1
}

// minRepeaters: below it four parameters cannot be told apart.
const minRepeaters = 10

// FitBGNBD estimates by maximum likelihood.
func FitBGNBD(customers []Repeats) (BGNBD, error) {
	starts := [][]float64{{1, meanGap(customers), 1, 2.5}, {0.25, meanGap(customers) / 4, 0.8, 2.5}}
	if few := sample(customers); len(few) < len(customers) {
		if m, err := fitBGNBD(few, starts...); err == nil {
			starts = [][]float64{{m.R, m.Alpha, m.A, m.B}}
		}
	}
	return fitBGNBD(customers, starts...)
}

// meanGap scales the starting point to the unit of time: the ages over the repeats.
func meanGap(customers []Repeats) float64 {
	age, orders := 0.0, 0.0
	for _, c := range customers {
		age += c.Age * c.Customers
		orders += c.Frequency * c.Customers
	}
	if gap := age / orders; finite(gap) && gap > 0 {
		return gap
	}
	return 1
}

func fitBGNBD(customers []Repeats, starts ...[]float64) (BGNBD, error) {
	total, repeaters := 0.0, 0.0
	most := 0
	for i, c := range customers {
		if !finite(c.Frequency, c.Recency, c.Age, c.Customers) || c.Frequency < 0 || c.Frequency != math.Trunc(c.Frequency) ||
			c.Recency < 0 || c.Age < c.Recency || c.Customers <= 0 || (c.Frequency == 0) != (c.Recency == 0) {
			return BGNBD{}, invalid("customer %d: %+v", i+1, c)
		}
		total += c.Customers
		if c.Frequency > 0 {
			repeaters += c.Customers
		}
		most = max(most, int(c.Frequency))
	}
	if repeaters < minRepeaters {
		return BGNBD{}, ErrTooFew
	}
	p, err := minimum(bgnbdLikelihood(customers, total, most), starts...)
	if err != nil {
		return BGNBD{}, err
	}
	return BGNBD{R: p[0], Alpha: p[1], A: p[2], B: p[3]}, nil
}

// perFrequency are the terms of the likelihood that depend on the frequency only, which
// takes few values however many customers there are.
type perFrequency struct{ log, dR, dA, dB float64 }

func bgnbdLikelihood(customers []Repeats, total float64, most int) objective {
	terms := make([]perFrequency, most+1)
	used := make([]bool, most+1)
	for _, c := range customers {
		used[int(c.Frequency)] = true
	}
	return func(logs, gradient []float64) float64 {
		m := BGNBD{R: math.Exp(logs[0]), Alpha: math.Exp(logs[1]), A: math.Exp(logs[2]), B: math.Exp(logs[3])}
		m.tabulate(terms, used, logs[1], gradient != nil)
		sum, dR, dAlpha, dA, dB := 0.0, 0.0, 0.0, 0.0, 0.0
		for _, c := range customers {
			n, x := c.Customers, c.Frequency
			t := terms[int(x)]
			logAge := math.Log(m.Alpha + c.Age)
			value := t.log - (m.R+x)*logAge
			// What it adds that he may have left with his last order.
			left, logRecency := 0.0, 0.0
			if x > 0 {
				logRecency = math.Log(m.Alpha + c.Recency)
				left = math.Exp(logs[2] - math.Log(m.B+x-1) + (m.R+x)*(logAge-logRecency))
				value += math.Log1p(left)
			}
			sum += n * value
			if gradient == nil {
				continue
			}
			share := left / (1 + left)
			if math.IsInf(left, 1) {
				share = 1
			}
			dR += n * (t.dR - logAge + share*(logAge-logRecency))
			dAlpha += n * (m.R/m.Alpha - (m.R+x)*((1-share)/(m.Alpha+c.Age)+share/(m.Alpha+c.Recency)))
			dA += n * (t.dA + share/m.A)
			dB += n * t.dB
			if x > 0 {
				dB -= n * share / (m.B + x - 1)
			}
		}
		if gradient != nil {
			gradient[0], gradient[1], gradient[2], gradient[3] = -m.R*dR/total, -m.Alpha*dAlpha/total, -m.A*dA/total, -m.B*dB/total
		}
		return -sum / total
	}
}

// tabulate fills ln[Γ(r+x)/Γ(r) · α^r · B(a, b+x)/B(a, b)] and its derivatives.
func (m BGNBD) tabulate(terms []perFrequency, used []bool, logAlpha float64, derivatives bool) {
	for i := range terms {
		if !used[i] {
			continue
		}
		x := float64(i)
		terms[i] = perFrequency{log: logGamma(m.R+x) - logGamma(m.R) + m.R*logAlpha + logBetaStep(m.B, m.A, x)}
		if derivatives {
			whole := mathext.Digamma(m.A+m.B) - mathext.Digamma(m.A+m.B+x)
			terms[i].dR = mathext.Digamma(m.R+x) - mathext.Digamma(m.R) + logAlpha
			terms[i].dA = whole
			terms[i].dB = whole + mathext.Digamma(m.B+x) - mathext.Digamma(m.B)
		}
	}
}

// Alive is the chance that the customer has not left. Without a repeat it is 1: the model
// lets customers leave after a repeat only.
func (m BGNBD) Alive(c Repeats) float64 {
	if c.Frequency == 0 {
		return 1
	}
	odds := math.Log(m.A) - math.Log(m.B+c.Frequency-1) + (m.R+c.Frequency)*(math.Log(m.Alpha+c.Age)-math.Log(m.Alpha+c.Recency))
	return 1 / (1 + math.Exp(odds))
}

// Expected is how many orders the customer is expected to make in the next t units of time.
func (m BGNBD) Expected(c Repeats, t float64) float64 { return m.Alive(c) * m.IfAlive(c, t) }

// IfAlive is the same of a customer known not to have left. It depends on his frequency
// and age only.
//
// The textbook form is a difference of terms with the Gauss hypergeometric function 2F1,
// divided by a−1: it fails at a = 1 and for b+x below 1−a, and cancels where t is short.
// The same number is a sum of positive terms: the chance that a customer who never leaves
// makes more than j orders (a negative binomial tail), times the chance of not leaving
// after any of j orders,
//
//	Σ_j P(N > j) · B(a, b+x+j)/B(a, b+x),   N ~ NB(r+x, t/(α+T+t)).
func (m BGNBD) IfAlive(c Repeats, t float64) float64 {
	if !(t > 0) {
		return 0
	}
	shape, a, b := m.R+c.Frequency, m.A, m.B+c.Frequency
	z := t / (m.Alpha + c.Age + t)
	logStay := -shape * math.Log1p(t/(m.Alpha+c.Age)) // ln P(N = 0)
	if logStay < -600 {
		return m.ifAliveLong(shape, a, b, z)
	}
	p := math.Exp(logStay)
	tail, stays, sum := 1-p, 1.0, 0.0
	if logStay > -1e-3 {
		tail = -math.Expm1(logStay)
	}
	for j := 0.0; tail > 0 && j < maxTerms; j++ {
		term := tail * stays
		sum += term
		if term < 1e-14*sum && j > shape*z/(1-z) {
			break
		}
		stays *= (b + j) / (a + b + j)
		p *= (shape + j) / (j + 1) * z
		tail -= p
	}
	return sum
}

// maxTerms bounds sums over numbers of orders, far beyond any customer's.
const maxTerms = 1e6

// ifAliveLong is the sum for so many orders that P(N = 0) underflows: the tail comes from
// the incomplete beta function.
func (m BGNBD) ifAliveLong(shape, a, b, z float64) float64 {
	stays, sum := 1.0, 0.0
	for j := 0.0; j < maxTerms; j++ {
		term := mathext.RegIncBeta(j+1, shape, z) * stays
		sum += term
		if term < 1e-14*sum {
			break
		}
		stays *= (b + j) / (a + b + j)
	}
	return sum
}

// Discounted is the expected number of orders of a customer who has not left, in periods
// that end at the given times from now, each weighted by its period's discount factor.
func (m BGNBD) Discounted(c Repeats, ends, factors []float64) float64 {
	sum, before := 0.0, 0.0
	for i, end := range ends {
		now := m.IfAlive(c, end)
		sum += factors[i] * (now - before)
		before = now
	}
	return sum
}
