package link

import (
	"context"
	"math"
)

// sample is a pair of accounts with its label, to fit on.
type sample struct {
	v      vector
	same   bool
	fold   uint8   // of the pair
	other  uint8   // of the second customer, if that is another one
	weight float64 // in the regression
	times  float64 // for how many pairs it stands

	customer int32 // of the first account
}

// folds is into how many parts customers are divided to fit on some and test on others.
const folds = 5

// foldOf gives the part a customer is in.
func foldOf(cluster string) uint8 {
	return uint8(uint64(hashIdentifier(domainIdentifier, "fold|"+cluster).hash) >> 9 % folds)
}

// samples collects the considered pairs of labelled accounts.
func (l *Linker) samples(ctx context.Context, data *Labelled) ([]sample, error) {
	accounts, err := sortAccounts(data.Accounts)
	if err != nil {
		return nil, err
	}
	truth, fold := data.truth(accounts)
	var out []sample
	_, err = l.run(ctx, accounts, nil, &observer{inOrder: true, see: func(a, b int32, v *vector, _ float64) {
		out = append(out, sample{*v, truth[a] == truth[b], fold[a], fold[b], 1, 1, truth[a]})
	}})
	return out, err
}

// filePairs is what each file counts for, however many pairs it has.
const filePairs = 100000

// Fit fits the weights of the policy to labelled files by logistic regression, each file
// counting alike, and the calibration on top. Weights stay within their bounds. The
// calibration is found on scores that each pair was given by weights fitted without its
// customers: what was fitted looks surer than it is. The returned bands say what confidence
// would mean for customers on whom neither weights nor calibration were fitted.
func (l *Linker) Fit(ctx context.Context, files []*Labelled) ([]Band, error) {
	all, err := l.allSamples(ctx, files)
	if err != nil {
		return nil, err
	}
	return l.fit(all), l.Policy.compile()
}

// allSamples collects the pairs of all files, each file weighing alike.
func (l *Linker) allSamples(ctx context.Context, files []*Labelled) ([]sample, error) {
	var all []sample
	for _, f := range files {
		s, err := l.samples(ctx, f)
		if err != nil {
			return nil, err
		}
		for i := range s {
			s[i].weight = filePairs / float64(len(s))
		}
		all = append(all, s...)
	}
	return all, nil
}

// fit sets weights and calibration.
func (l *Linker) fit(all []sample) []Band {
	w := regression(all)
	l.Policy.Weights = map[string]float64{}
	for i, x := range w {
		if x = math.Round(x*1e4) / 1e4; x != 0 {
			l.Policy.Weights[featureTexts[i].name] = x
		}
	}
	scores := crossScores(all)
	l.Policy.Calibration = calibrate(scores, l.Policy.Steps)
	return heldOutBands(scores, l.Policy.Steps)
}

// regression fits weights, first roughly and then to the pairs that are hard to tell.
func regression(all []sample) [featureCount]float64 {
	rough := regress(thin(all, nil), 1)
	return regress(thin(all, &rough), 1)
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
			hopeless = dot(w, &s.v) < -4
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

// without leaves out the pairs of customers of one fold. Of pairs of two customers more are
// lost than of pairs of one: those that are left count for more, so that chances stay alike.
func without(all []sample, fold uint8) []sample {
	const more = folds / (folds - 1.0)
	var kept []sample
	for _, s := range all {
		if s.fold == fold || s.other == fold {
			continue
		}
		if !s.same {
			s.weight, s.times = s.weight*more, s.times*more
		}
		kept = append(kept, s)
	}
	return kept
}
