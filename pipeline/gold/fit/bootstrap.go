package fit

import (
	"math"
	"math/rand/v2"
	"slices"
)

// bootstrapSize is how many customers a draw holds at most. From larger sets each draw
// takes that many and its distance from the estimate is scaled to the whole set, so that
// intervals cost the same for a million customers as for five thousand.
const bootstrapSize = 5_000

// bootstrap draws n resamples: weights holds, for each group of alike customers, how many
// of it are in the draw. refit is given the weights and returns the parameters, or false
// where that resample has none; such draws are left out. Parameters come out on the scale
// of the whole set.
func bootstrap(n int, seed uint64, sizes []float64, estimate []float64, refit func(weights []float64) ([]float64, bool)) [][]float64 {
	total := 0.0
	for _, s := range sizes {
		total += s
	}
	share := min(1, bootstrapSize/total)
	random := rand.New(rand.NewPCG(seed, 0x9e3779b97f4a7c15))
	weights := make([]float64, len(sizes))
	var draws [][]float64
	for range n {
		for i, s := range sizes {
			weights[i] = poisson(random, s*share)
		}
		drawn, ok := refit(weights)
		if !ok {
			continue
		}
		for i, v := range drawn {
			drawn[i] = estimate[i] * math.Exp(math.Log(v/estimate[i])*math.Sqrt(share))
		}
		draws = append(draws, drawn)
	}
	return draws
}

// poisson draws from the Poisson distribution: by inversion, and for large means, where
// that takes long, rounded from the normal one.
func poisson(random *rand.Rand, mean float64) float64 {
	if mean > 50 {
		return max(0, math.Round(mean+math.Sqrt(mean)*random.NormFloat64()))
	}
	u, p, k := random.Float64(), math.Exp(-mean), 0.0
	for u > p && k < 1000 {
		u -= p
		k++
		p *= mean / k
	}
	return k
}

// Draws resamples customers and fits each sample again, starting from the estimate.
func (m SBG) Draws(l Lifetimes, n int, seed uint64) []SBG {
	// Lives end in period t lost, or after it censored: what differs of AtRisk from one
	// period to the next and is not lost.
	periods := len(l.AtRisk)
	sizes := make([]float64, 2*periods)
	for i := range periods {
		next := 0.0
		if i+1 < periods {
			next = l.AtRisk[i+1]
		}
		sizes[i], sizes[periods+i] = l.Lost[i], max(0, l.AtRisk[i]-l.Lost[i]-next)
	}
	drawn := bootstrap(n, seed, sizes, []float64{m.Alpha, m.Beta}, func(weights []float64) ([]float64, bool) {
		resample := Lifetimes{AtRisk: make([]float64, periods), Lost: weights[:periods]}
		left := 0.0
		for i := periods - 1; i >= 0; i-- {
			left += weights[i] + weights[periods+i]
			resample.AtRisk[i] = left
		}
		f, err := fitSBG(resample, []float64{m.Alpha, m.Beta})
		return []float64{f.Alpha, f.Beta}, err == nil
	})
	draws := make([]SBG, len(drawn))
	for i, d := range drawn {
		draws[i] = SBG{Alpha: d[0], Beta: d[1]}
	}
	return draws
}

// Draws resamples customers and fits each sample again, starting from the estimate.
func (m BGNBD) Draws(customers []Repeats, n int, seed uint64) []BGNBD {
	sizes := make([]float64, len(customers))
	for i, c := range customers {
		sizes[i] = c.Customers
	}
	estimate := []float64{m.R, m.Alpha, m.A, m.B}
	resample := make([]Repeats, 0, len(customers))
	drawn := bootstrap(n, seed, sizes, estimate, func(weights []float64) ([]float64, bool) {
		resample = resample[:0]
		for i, c := range customers {
			if c.Customers = weights[i]; c.Customers > 0 {
				resample = append(resample, c)
			}
		}
		f, err := fitBGNBD(resample, estimate)
		return []float64{f.R, f.Alpha, f.A, f.B}, err == nil
	})
	draws := make([]BGNBD, len(drawn))
	for i, d := range drawn {
		draws[i] = BGNBD{R: d[0], Alpha: d[1], A: d[2], B: d[3]}
	}
	return draws
}

// Draws resamples customers and fits each sample again, starting from the estimate.
func (m GammaGamma) Draws(customers []Spend, n int, seed uint64) []GammaGamma {
	sizes := make([]float64, len(customers))
	for i, c := range customers {
		sizes[i] = c.Customers
	}
	estimate := []float64{m.P, m.Q, m.V}
	resample := make([]Spend, 0, len(customers))
	drawn := bootstrap(n, seed, sizes, estimate, func(weights []float64) ([]float64, bool) {
		resample = resample[:0]
		for i, c := range customers {
			if c.Customers = weights[i]; c.Customers > 0 {
				resample = append(resample, c)
			}
		}
		f, err := fitGammaGamma(resample, estimate)
		return []float64{f.P, f.Q, f.V}, err == nil
	})
	draws := make([]GammaGamma, len(drawn))
	for i, d := range drawn {
		draws[i] = GammaGamma{P: d[0], Q: d[1], V: d[2]}
	}
	return draws
}

// Quantile is the q-quantile of the values (linear between the two nearest), ok = false
// for none. The values are sorted in place.
func Quantile(values []float64, q float64) (quantile float64, ok bool) {
	if len(values) == 0 {
		return 0, false
	}
	slices.Sort(values)
	at := q * float64(len(values)-1)
	low := int(math.Floor(at))
	high := min(low+1, len(values)-1)
	return values[low] + (at-float64(low))*(values[high]-values[low]), true
}

// Correlation is Pearson's, over weighted pairs; ok = false where one side does not vary.
func Correlation(x, y, weights []float64) (correlation float64, ok bool) {
	n, mx, my := 0.0, 0.0, 0.0
	for i, w := range weights {
		n += w
		mx += w * x[i]
		my += w * y[i]
	}
	mx, my = mx/n, my/n
	xx, yy, xy := 0.0, 0.0, 0.0
	for i, w := range weights {
		xx += w * (x[i] - mx) * (x[i] - mx)
		yy += w * (y[i] - my) * (y[i] - my)
		xy += w * (x[i] - mx) * (y[i] - my)
	}
	c := xy / math.Sqrt(xx*yy)
	return c, finite(c)
}
