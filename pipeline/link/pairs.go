package link

import (
	"cmp"
	"runtime"
	"slices"
	"sync"
)

// Method is what links two accounts.
type Method uint8

// Methods, the strongest first.
const (
	Manual Method = iota
	ParentCompany
	ExactName
	Contact
	FuzzyName
)

var methodNames = [...]string{"manual", "parent", "exact", "contact", "fuzzy"}

func (m Method) String() string { return methodNames[m] }

// edge is a pair of accounts above the review line.
type edge struct {
	a, b       int32
	logOdds    float32
	confidence float32
	method     Method
	alone      bool    // nothing but the name speaks for it
	refused    refusal // why it was not followed
}

// observer is told of every pair that was scored, for measuring and fitting; from all cores
// at once unless it wants them in order.
type observer struct {
	see     func(a, b int32, v *vector, logOdds float64)
	inOrder bool
}

// eachChunkInOrder makes rows from parts of 0..n on all cores and puts them in order.
func eachChunkInOrder[T any](n int, produce func(from, to int) []T, put func(...T) error) error {
	parts := (n + chunkSize - 1) / chunkSize
	type result struct {
		rows  []T
		ready chan struct{}
	}
	results := make([]result, parts)
	for i := range results {
		results[i].ready = make(chan struct{})
	}
	limit := make(chan struct{}, 4*runtime.GOMAXPROCS(0))
	next := make(chan int)
	var wait sync.WaitGroup
	for range runtime.GOMAXPROCS(0) {
		wait.Go(func() {
			for i := range next {
				results[i].rows = produce(i*chunkSize, min(n, (i+1)*chunkSize))
				close(results[i].ready)
			}
		})
	}
	go func() {
		for i := range parts {
			limit <- struct{}{}
			next <- i
		}
		close(next)
	}()
	var failed error
	for i := range results {
		<-results[i].ready
		if failed == nil && len(results[i].rows) > 0 {
			failed = put(results[i].rows...)
		}
		results[i].rows = nil
		<-limit
	}
	wait.Wait()
	return failed
}

// scorer turns pairs of names and of accounts into edges.
type scorer struct {
	*corpus
	holders [][]int32 // accounts of each name, by country, then id
	observe *observer // nil = nobody listens
	least   float64   // log-odds below which nothing is kept
	most    float64   // what accounts without a shared identifier can add at most
	worth   screen
}

func newScorer(c *corpus, observe *observer) *scorer {
	s := &scorer{corpus: c, observe: observe, holders: make([][]int32, len(c.names)), least: logit(c.policy.ReviewAt / 100)}
	for i, n := range c.nameOf {
		if n >= 0 {
			s.holders[n] = append(s.holders[n], int32(i))
		}
	}
	for _, h := range s.holders {
		slices.SortStableFunc(h, func(x, y int32) int { return cmp.Compare(c.country[x], c.country[y]) })
	}
	w := &c.policy.weights
	s.most = max(0, w[fCountrySame]) + max(0, w[fSameRegion], w[fSameRegionOther]) + max(0, w[fOwnPlace]) - min(0, w[fLegalBoth]+w[fLegalSpelling]+w[fLegalExtra]+w[fPlaceBoth]+w[fPlaceExtra]+w[fNoCorePlaces]) - min(0, w[fPlaceOnly])
	most := s.most + max(0, w[fJaroWinkler]) + max(0, w[fEdits])
	s.worth = func(v *vector) bool { return s.policy.calibrated(s.policy.sum(v)+most) >= s.least }
	return s
}

// edges are the pairs above the review line of those that t wants compared; nil = all.
func (s *scorer) edges(namePairs, accountPairs []int64, t *touch) ([]edge, error) {
	var edges []edge
	collect := func(e ...edge) error { edges = append(edges, e...); return nil }
	steps := []struct {
		n     int
		score func(i int, out *[]edge)
	}{
		{len(s.names), func(i int, out *[]edge) { s.scoreHolders(int32(i), t, out) }},
		{len(namePairs), func(i int, out *[]edge) { s.scoreNames(namePairs[i], t, out) }},
		{len(accountPairs), func(i int, out *[]edge) {
			s.scoreAccounts(int32(accountPairs[i]>>32), int32(accountPairs[i]&0x7fffffff), nil, out)
		}},
	}
	for _, step := range steps {
		produce := func(from, to int) []edge {
			var out []edge
			for i := from; i < to; i++ {
				step.score(i, &out)
			}
			return out
		}
		if s.observe != nil && s.observe.inOrder {
			if err := collect(produce(0, step.n)...); err != nil {
				return nil, err
			}
			continue
		}
		if err := eachChunkInOrder(step.n, produce, collect); err != nil {
			return nil, err
		}
	}
	sortEdges(edges)
	return slices.CompactFunc(edges, func(x, y edge) bool { return x.a == y.a && x.b == y.b }), nil
}

func sortEdges(edges []edge) { slices.SortFunc(edges, byAccounts) }

func byAccounts(x, y edge) int {
	return cmp.Or(cmp.Compare(x.a, y.a), cmp.Compare(x.b, y.b), cmp.Compare(y.logOdds, x.logOdds))
}

// mergeEdges puts two sorted lists together. A pair in both is taken from the second.
func mergeEdges(kept, made []edge) []edge {
	all := make([]edge, 0, len(kept)+len(made))
	for len(kept) > 0 && len(made) > 0 {
		x, y := kept[0], made[0]
		switch order := cmp.Or(cmp.Compare(x.a, y.a), cmp.Compare(x.b, y.b)); {
		case order < 0:
			all, kept = append(all, x), kept[1:]
		case order > 0:
			all, made = append(all, y), made[1:]
		default:
			kept = kept[1:]
		}
	}
	return append(append(all, kept...), made...)
}

// scoreHolders compares the accounts of one name: all with all, or with their neighbours if
// there are many.
func (s *scorer) scoreHolders(name int32, t *touch, out *[]edge) {
	h := s.holders[name]
	if len(h) < 2 || (t != nil && !t.names[name] && !t.brands[name]) {
		return
	}
	var v vector
	s.compareNames(name, name, &v, nil)
	reach := len(h)
	if len(h) > s.policy.MaxShared {
		reach = s.policy.Neighbours
	}
	for i := range h {
		for j := i + 1; j < min(len(h), i+1+reach); j++ {
			if t.pair(s.corpus, h[i], h[j], false) {
				s.scoreAccounts(h[i], h[j], &v, out)
			}
		}
	}
}

// mostHolders bounds how many accounts of each of two names are compared.
const mostHolders = 12

// scoreNames compares the accounts of two names, if the names leave any hope without a shared
// identifier; accounts that share one come by themselves.
func (s *scorer) scoreNames(pair int64, t *touch, out *[]edge) {
	x, y := int32(pair>>32), int32(pair&0x7fffffff)
	var v vector
	worth := s.worth
	if s.observe != nil {
		worth = nil
	}
	if !s.compareNames(x, y, &v, worth) || (worth != nil && s.policy.calibrated(s.policy.sum(&v)+s.most) < s.least) {
		return
	}
	hx, hy := s.holders[x], s.holders[y]
	for _, a := range hx[:min(len(hx), mostHolders)] {
		for _, b := range hy[:min(len(hy), mostHolders)] {
			if t.pair(s.corpus, a, b, false) {
				s.scoreAccounts(a, b, &v, out)
			}
		}
	}
}

// scoreAccounts scores two accounts, whose names may have been compared already.
func (s *scorer) scoreAccounts(a, b int32, named *vector, out *[]edge) {
	if a > b {
		a, b = b, a
	}
	var v vector
	support := s.pairFeatures(a, b, named, &v)
	if named != nil && support != 0 {
		return // comes with the pairs of accounts
	}
	logOdds := s.policy.calibrated(s.policy.sum(&v))
	if s.observe != nil {
		s.observe.see(a, b, &v, logOdds)
	}
	if logOdds < s.least {
		return
	}
	method := FuzzyName
	switch {
	case v[fExact] == 1 && v[fAlias] == 0:
		method = ExactName
	case support != 0:
		method = Contact
	}
	*out = append(*out, edge{a, b, float32(logOdds), float32(100 * logistic(logOdds)), method, support == 0 && v[fParent] == 0, allowed})
}
