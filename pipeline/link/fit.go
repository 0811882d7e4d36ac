package link

import (
	"cmp"
	"context"
	"math"
	"slices"

	"gonum.org/v1/gonum/mat"
)

// sample is a pair with its label, to fit on.
type sample struct {
	v      vector
	same   bool
	weight float64
}

// samples collects the considered pairs of labelled accounts.
func (l *Linker) samples(ctx context.Context, data *Labelled) ([]sample, error) {
	accounts, err := sortAccounts(data.Accounts)
	if err != nil {
		return nil, err
	}
	truth := data.truth(accounts)
	var out []sample
	_, err = l.run(ctx, accounts, nil, nil, &observer{inOrder: true, see: func(a, b int32, v *vector, _ float64) {
		out = append(out, sample{*v, truth[a] == truth[b], 1})
	}})
	return out, err
}

// filePairs is what each file counts for, however many pairs it has.
const filePairs = 100000

// Fit fits the weights of the policy to labelled files by logistic regression, each file
// counting alike, and the calibration on top. Weights stay within their bounds.
func (l *Linker) Fit(ctx context.Context, files []*Labelled) error {
	var all []sample
	for _, f := range files {
		s, err := l.samples(ctx, f)
		if err != nil {
			return err
		}
		for i := range s {
			s[i].weight = filePairs / float64(len(s))
		}
		all = append(all, s...)
	}
	rough := regress(thin(all, nil), 1)
	w := regress(thin(all, &rough), 1)
	l.Policy.Weights = map[string]float64{}
	for i, x := range w {
		if x = math.Round(x*1e4) / 1e4; x != 0 {
			l.Policy.Weights[featureTexts[i].name] = x
		}
	}
	for i := range all {
		all[i].weight = 1 // a pair is a pair when it comes to what confidence means
	}
	l.Policy.Calibration = calibrate(all, &w)
	return l.Policy.compile()
}

// thinned is how many hopeless pairs one stands for.
const thinned = 20

// thin keeps what there is to learn from: pairs that belong together, and those that look as
// if they did; of the others, every twentieth with twenty times the weight. Without weights
// to tell them by, of pairs that do not belong together every twentieth is kept.
func thin(samples []sample, w *[featureCount]float64) []sample {
	var kept []sample
	for i, s := range samples {
		hopeless := !s.same
		if w != nil && hopeless {
			sum := 0.0
			for f, x := range s.v {
				sum += w[f] * float64(x)
			}
			hopeless = sum < -4
		}
		switch {
		case !hopeless:
			kept = append(kept, s)
		case i%thinned == 0:
			s.weight *= thinned
			kept = append(kept, s)
		}
	}
	return kept
}

// problem is a logistic regression with a ridge and bounded weights.
type problem struct {
	samples []sample
	ridge   float64
}

// loss is the negative log likelihood with the ridge.
func (p *problem) loss(w *[featureCount]float64) float64 {
	total := 0.0
	for i := range p.samples {
		s := &p.samples[i]
		x := dot(w, &s.v)
		if s.same {
			x = -x
		}
		if x > 30 {
			total += s.weight * x
		} else {
			total += s.weight * math.Log1p(math.Exp(x))
		}
	}
	for f := 1; f < int(featureCount); f++ {
		total += p.ridge / 2 * w[f] * w[f]
	}
	return total
}

func dot(w *[featureCount]float64, v *vector) float64 {
	x := 0.0
	for f, y := range v {
		if y != 0 {
			x += w[f] * float64(y)
		}
	}
	return x
}

// slopes gives the descent of the loss and its curvature.
func (p *problem) slopes(w *[featureCount]float64) (g [featureCount]float64, h *[featureCount][featureCount]float64) {
	h = &[featureCount][featureCount]float64{}
	for f := range h {
		h[f][f] = p.ridge
		g[f] = -p.ridge * w[f]
	}
	g[fBias], h[fBias][fBias] = 0, 1e-6
	for i := range p.samples {
		s := &p.samples[i]
		q := logistic(dot(w, &s.v))
		y := 0.0
		if s.same {
			y = 1
		}
		d, c := s.weight*(y-q), s.weight*q*(1-q)
		var set [featureCount]int
		n := 0
		for f, x := range s.v {
			if x != 0 {
				set[n] = f
				n++
				g[f] += d * float64(x)
			}
		}
		for a, f := range set[:n] {
			cx := c * float64(s.v[f])
			for _, e := range set[:a+1] {
				h[f][e] += cx * float64(s.v[e])
			}
		}
	}
	return g, h
}

// regress finds the weights by Newton's method; a weight that would cross its bound stays on it.
func regress(samples []sample, ridge float64) [featureCount]float64 {
	p := &problem{samples, ridge}
	var w [featureCount]float64
	loss := p.loss(&w)
	for range 60 {
		g, h := p.slopes(&w)
		var free []int
		for f := range w {
			if held := bounds[f] != 0 && w[f] == 0 && g[f]*float64(bounds[f]) <= 0; !held {
				free = append(free, f)
			}
		}
		step := solve(h, &g, free)
		better := false
		for size := 1.0; size > 1e-4; size /= 2 {
			next := w
			for i, f := range free {
				next[f] += size * step[i]
				if bounds[f] != 0 && next[f]*float64(bounds[f]) < 0 {
					next[f] = 0
				}
			}
			if l := p.loss(&next); l < loss-1e-6*math.Abs(loss)*size {
				w, loss, better = next, l, true
				break
			}
		}
		if !better {
			break
		}
	}
	return w
}

// solve solves the Newton equation for the free weights.
func solve(h *[featureCount][featureCount]float64, g *[featureCount]float64, free []int) []float64 {
	n := len(free)
	a, b := mat.NewSymDense(n, nil), mat.NewVecDense(n, nil)
	for i, f := range free {
		for j, e := range free[:i+1] {
			a.SetSym(i, j, h[max(f, e)][min(f, e)])
		}
		a.SetSym(i, i, a.At(i, i)+1e-6)
		b.SetVec(i, g[f])
	}
	var c mat.Cholesky
	x := mat.NewVecDense(n, nil)
	if c.Factorize(a) {
		if err := c.SolveVecTo(x, b); err == nil {
			return x.RawVector().Data
		}
	}
	for i, f := range free { // not positive definite: a step downhill
		x.SetVec(i, g[f]/h[f][f])
	}
	return x.RawVector().Data
}

// calibrate finds what sums of weights turned out to mean: shares of right pairs among pairs
// of like sums, made to rise.
func calibrate(samples []sample, w *[featureCount]float64) []Knot {
	type scored struct {
		sum    float64
		weight float64
		right  float64
	}
	list := make([]scored, len(samples))
	for i := range samples {
		s := &samples[i]
		list[i] = scored{sum: dot(w, &s.v), weight: s.weight}
		if s.same {
			list[i].right = s.weight
		}
	}
	slices.SortFunc(list, func(a, b scored) int { return cmp.Compare(a.sum, b.sum) })
	edges := []float64{-6, -4.5, -3.3, -2.4, -1.6, -0.9, -0.3, 0.3, 0.9, 1.6, 2.4, 3.3, 4.5, 6}
	var pools []scored // means; merged where they fall
	at := 0
	for i := 0; i+1 < len(edges); i++ {
		var pool scored
		for ; at < len(list) && list[at].sum < edges[i+1]; at++ {
			if list[at].sum >= edges[i] {
				pool.sum += list[at].sum * list[at].weight
				pool.weight += list[at].weight
				pool.right += list[at].right
			}
		}
		if pool.weight == 0 {
			continue
		}
		pools = append(pools, pool)
		for n := len(pools); n > 1 && pools[n-1].right*pools[n-2].weight < pools[n-2].right*pools[n-1].weight; n-- {
			last := pools[n-1]
			pools = pools[:n-1]
			pools[n-2].sum += last.sum
			pools[n-2].weight += last.weight
			pools[n-2].right += last.right
		}
	}
	var out []Knot
	for _, p := range pools {
		mean := p.sum / p.weight
		// A little of what the regression says, where there is little data.
		prior := logistic(mean)
		share := (p.right + 2*prior) / (p.weight + 2)
		out = append(out, Knot{math.Round(mean*1e3) / 1e3, math.Round(logit(min(max(share, 1e-4), 1-1e-4))*1e3) / 1e3})
	}
	for i := 1; i < len(out); i++ {
		out[i].LogOdds = max(out[i].LogOdds, out[i-1].LogOdds)
	}
	return out
}
