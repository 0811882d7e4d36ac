package link

import (
	"cmp"
	"slices"
)

// Measures says how well clusters agree with the truth.
type Measures struct {
	Accounts      int     `json:"accounts"`
	Customers     int     `json:"customers"`      // of the truth
	Found         int     `json:"found"`          // clusters found
	PairPrecision float64 `json:"pair_precision"` // of pairs put together, how many belong together
	PairRecall    float64 `json:"pair_recall"`    // of pairs that belong together, how many were put
	PairF1        float64 `json:"pair_f1"`
	B3Precision   float64 `json:"b3_precision"` // the same, per account and averaged
	B3Recall      float64 `json:"b3_recall"`
	B3F1          float64 `json:"b3_f1"`
	WrongPairs    int     `json:"wrong_pairs"`
	MissedPairs   int     `json:"missed_pairs"`
}

// tally adds up, account by account, how labels agree with the truth, so that several runs
// can be taken together in each of which only some accounts count.
type tally struct {
	accounts, customers, found int
	both, put, wanted          int     // pairs, counted from each of their accounts that counts
	precision, recall          float64 // B³, summed
}

// add takes in the accounts that count; nil = all of them.
func (t *tally) add(labels, truth []int32, counts func(i int) bool) {
	type cell struct{ label, truth int32 }
	cells, found, wanted := map[cell]int{}, map[int32]int{}, map[int32]int{}
	for i := range labels {
		cells[cell{labels[i], truth[i]}]++
		found[labels[i]]++
		wanted[truth[i]]++
	}
	seen, sought := map[int32]bool{}, map[int32]bool{}
	for i := range labels {
		if counts != nil && !counts(i) {
			continue
		}
		both, put, want := cells[cell{labels[i], truth[i]}], found[labels[i]], wanted[truth[i]]
		t.accounts++
		t.both, t.put, t.wanted = t.both+both-1, t.put+put-1, t.wanted+want-1
		t.precision += float64(both) / float64(put)
		t.recall += float64(both) / float64(want)
		seen[labels[i]], sought[truth[i]] = true, true
	}
	t.found, t.customers = t.found+len(seen), t.customers+len(sought)
}

// measures are the shares of what was added up.
func (t *tally) measures() Measures {
	share := func(x, y float64) float64 {
		if y == 0 {
			return 1
		}
		return x / y
	}
	m := Measures{Accounts: t.accounts, Customers: t.customers, Found: t.found}
	m.PairPrecision, m.PairRecall = share(float64(t.both), float64(t.put)), share(float64(t.both), float64(t.wanted))
	m.B3Precision, m.B3Recall = share(t.precision, float64(t.accounts)), share(t.recall, float64(t.accounts))
	m.PairF1, m.B3F1 = harmonic(m.PairPrecision, m.PairRecall), harmonic(m.B3Precision, m.B3Recall)
	m.WrongPairs, m.MissedPairs = (t.put-t.both)/2, (t.wanted-t.both)/2
	return m
}

// measure compares labels with the truth, both per account.
func measure(labels, truth []int32) Measures {
	var t tally
	t.add(labels, truth, nil)
	return t.measures()
}

func harmonic(p, r float64) float64 {
	if p+r == 0 {
		return 0
	}
	return 2 * p * r / (p + r)
}

// Worst is a cluster, or a customer of the truth, that came out wrong.
type Worst struct {
	Kind  string   `json:"kind"` // mixed: one cluster holds several customers; torn: one customer lies in several clusters
	Pairs int      `json:"pairs"`
	Names []string `json:"names"`
}

// worst finds what costs most pairs.
func worst(accounts []Account, labels, truth []int32, most int) []Worst {
	var all []Worst
	for _, side := range []struct {
		kind      string
		by, split []int32
	}{{"mixed", labels, truth}, {"torn", truth, labels}} {
		groups := map[int32][]int32{}
		for i, l := range side.by {
			groups[l] = append(groups[l], int32(i))
		}
		for _, members := range groups {
			parts := map[int32]int{}
			for _, m := range members {
				parts[side.split[m]]++
			}
			if len(parts) < 2 {
				continue
			}
			bad := len(members) * len(members)
			for _, n := range parts {
				bad -= n * n
			}
			slices.SortFunc(members, func(x, y int32) int { return cmp.Or(cmp.Compare(side.split[x], side.split[y]), cmp.Compare(x, y)) })
			w := Worst{Kind: side.kind, Pairs: bad / 2}
			last := int32(-1)
			for _, m := range members {
				mark := ""
				if side.split[m] != last && last >= 0 {
					mark = "| "
				}
				last = side.split[m]
				w.Names = append(w.Names, mark+accounts[m].Name)
			}
			all = append(all, w)
		}
	}
	slices.SortFunc(all, func(x, y Worst) int {
		return cmp.Or(cmp.Compare(y.Pairs, x.Pairs), cmp.Compare(x.Kind, y.Kind), slices.Compare(x.Names, y.Names))
	})
	return all[:min(most, len(all))]
}
