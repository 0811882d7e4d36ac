package link

import (
	"context"
	"math"
)

// sample is a pair with its label, to fit on.
type sample struct {
	v      vector
	same   bool
	weight float64
}

// Sample collects the considered pairs of labelled accounts.
func (l *Linker) samples(ctx context.Context, data *Labelled) ([]sample, error) {
	accounts, err := sortAccounts(data.Accounts)
	if err != nil {
		return nil, err
	}
	truth := data.truth(accounts)
	var out []sample
	_, err = l.run(ctx, accounts, nil, func(a, b int32, v *vector, _ float64) {
		out = append(out, sample{*v, truth[a] == truth[b], 1})
	})
	return out, err
}

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
			s[i].weight = 100000 / float64(len(s))
		}
		all = append(all, s...)
	}
	w := regress(all, 1)
	l.Policy.Weights = map[string]float64{}
	for i, x := range w {
		if x = math.Round(x*1e4) / 1e4; x != 0 {
			l.Policy.Weights[featureTexts[i].name] = x
		}
	}
	l.Policy.Calibration = nil
	return l.Policy.compile()
}

// regress finds the weights of a logistic regression with a ridge, by Newton steps in one
// weight at a time, which keeps bounds easily.
func regress(samples []sample, ridge float64) [featureCount]float64 {
	// Columns are sparse: most features of most pairs are zero.
	type cell struct {
		row int32
		x   float32
	}
	var columns [featureCount][]cell
	for i := range samples {
		for f, x := range samples[i].v {
			if x != 0 {
				columns[f] = append(columns[f], cell{int32(i), x})
			}
		}
	}
	var w [featureCount]float64
	score := make([]float64, len(samples))
	for range 200 {
		moved := 0.0
		for f := range columns {
			gradient, curvature := -ridge*w[f], ridge
			if feature(f) == fBias {
				gradient, curvature = 0, 1e-6
			}
			for _, c := range columns[f] {
				s := &samples[c.row]
				p := logistic(score[c.row])
				y := 0.0
				if s.same {
					y = 1
				}
				x := float64(c.x)
				gradient += s.weight * x * (y - p)
				curvature += s.weight * x * x * max(p*(1-p), 1e-4)
			}
			step := gradient / curvature
			next := w[f] + min(max(step, -2), 2)
			switch {
			case bounds[f] > 0:
				next = max(next, 0)
			case bounds[f] < 0:
				next = min(next, 0)
			}
			if d := next - w[f]; d != 0 {
				for _, c := range columns[f] {
					score[c.row] += d * float64(c.x)
				}
				w[f] = next
				moved = max(moved, math.Abs(d))
			}
		}
		if moved < 1e-3 {
			break
		}
	}
	return w
}
