package link

import (
	"cmp"
	"math"
	"slices"
)

// scored is a pair with the sum of weights it was given.
type scored struct {
	sum   float64
	same  bool
	fold  uint8
	times float64 // for how many pairs it stands

	customer int32 // of the first account
}

// crossScores gives each pair the sum of weights that were fitted without its customers.
func crossScores(all []sample) []scored {
	var list []scored
	for fold := range uint8(folds) {
		w := regression(without(all, fold))
		for i := range all {
			if s := &all[i]; s.fold == fold {
				list = append(list, scored{dot(&w, &s.v), s.same, fold, s.times, s.customer})
			}
		}
	}
	return list
}

// heldOutBands tells what confidence means for pairs whose customers were used neither for
// the weights nor for the calibration.
func heldOutBands(list []scored, steps []float64) []Band {
	var bands calibration
	for fold := range uint8(folds) {
		var rest []scored
		for _, s := range list {
			if s.fold != fold {
				rest = append(rest, s)
			}
		}
		p := Policy{Calibration: calibrate(rest, steps)}
		for _, s := range list {
			if s.fold == fold {
				bands.add(100*logistic(p.calibrated(s.sum)), s.same, s.customer)
			}
		}
	}
	return bands.table()
}

// pool is neighbouring pairs that are taken together.
type pool struct{ sum, pairs, right float64 }

func (p pool) share() float64 { return p.right / p.pairs }

// calibrate finds what sums of weights turned out to mean: shares of right pairs among pairs
// of like sums, made to rise (isotonic regression on steps).
func calibrate(list []scored, steps []float64) []Knot {
	if len(steps) < 2 {
		return nil
	}
	list = slices.Clone(list)
	slices.SortFunc(list, func(a, b scored) int { return cmp.Compare(a.sum, b.sum) })
	at, _ := slices.BinarySearchFunc(list, steps[0], func(s scored, x float64) int { return cmp.Compare(s.sum, x) })
	var pools []pool
	for i := 1; i < len(steps); i++ {
		var p pool
		for ; at < len(list) && list[at].sum < steps[i]; at++ {
			n := list[at].times
			p.sum += n * list[at].sum
			p.pairs += n
			if list[at].same {
				p.right += n
			}
		}
		if p.pairs > 0 {
			pools = rise(append(pools, p))
		}
	}
	return knots(pools)
}

// rise joins the last pools until shares rise.
func rise(pools []pool) []pool {
	for n := len(pools); n > 1 && pools[n-1].share() < pools[n-2].share(); n-- {
		last := pools[n-1]
		pools = pools[:n-1]
		pools[n-2].sum += last.sum
		pools[n-2].pairs += last.pairs
		pools[n-2].right += last.right
	}
	return pools
}

// knots are the pools as points, with a little of what the regression says where there is
// little data.
func knots(pools []pool) []Knot {
	var out []Knot
	for _, p := range pools {
		mean := p.sum / p.pairs
		share := (p.right + 2*logistic(mean)) / (p.pairs + 2)
		k := Knot{math.Round(mean*1e3) / 1e3, math.Round(logit(min(max(share, 1e-4), 1-1e-4))*1e3) / 1e3}
		if n := len(out); n > 0 {
			k.LogOdds = max(k.LogOdds, out[n-1].LogOdds)
		}
		out = append(out, k)
	}
	return out
}
