package link

import (
	"math"

	"gonum.org/v1/gonum/mat"
)

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
