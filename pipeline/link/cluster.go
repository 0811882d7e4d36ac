package link

import (
	"cmp"
	"iter"
	"slices"
)

// clusters is a partition of the accounts that grows by guarded merges.
type clusters struct {
	*corpus
	parent  []int32 // union-find; the representative is the smallest member
	members map[int32][]int32
	root    []int32           // parent company of a cluster, by representative
	apart   map[int32][]int32 // accounts that must not join an account's cluster
}

func newClusters(c *corpus) *clusters {
	k := &clusters{corpus: c, parent: make([]int32, len(c.accounts)), members: map[int32][]int32{}, root: slices.Clone(c.root), apart: map[int32][]int32{}}
	for i := range k.parent {
		k.parent[i] = int32(i)
	}
	return k
}

func (k *clusters) find(a int32) int32 {
	for k.parent[a] != a {
		k.parent[a] = k.parent[k.parent[a]]
		a = k.parent[a]
	}
	return a
}

func (k *clusters) of(representative int32) []int32 {
	if m, ok := k.members[representative]; ok {
		return m
	}
	return []int32{representative}
}

// union joins two clusters by their representatives.
func (k *clusters) union(x, y int32) {
	if x > y {
		x, y = y, x
	}
	k.parent[y] = x
	k.members[x] = append(k.of(x), k.of(y)...)
	delete(k.members, y)
	k.root[x] = max(k.root[x], k.root[y])
}

// refusal says why two clusters may not become one.
type refusal uint8

const (
	allowed refusal = iota
	decidedApart
	otherParent
	unlikeMembers
	sameRegions
)

var refusalWords = [...]string{"", "a steward keeps them apart", "their parent companies differ", "most of their accounts are unlike", "each has accounts in the same regions, and they share nothing but the name"}

// forbidden checks what no score can overrule.
func (k *clusters) forbidden(x, y int32) refusal {
	if p, q := k.root[x], k.root[y]; p >= 0 && q >= 0 && p != q {
		return otherParent
	}
	small, other := k.of(x), y
	if large := k.of(y); len(large) < len(small) {
		small, other = large, x
	}
	for _, a := range small {
		for _, b := range k.apart[a] {
			if k.find(b) == other {
				return decidedApart
			}
		}
	}
	return allowed
}

// unlike compares a sample of both sides.
func (k *clusters) unlike(x, y int32) bool {
	a, b := k.sample(k.of(x)), k.sample(k.of(y))
	if len(a) == 1 && len(b) == 1 {
		return false
	}
	g := k.policy.Guard
	sum, hopeless := 0.0, 0
	for _, i := range a {
		for _, j := range b {
			p := logistic(k.logOdds(i, j))
			sum += p
			if p < g.Hopeless {
				hopeless++
			}
		}
	}
	n := float64(len(a) * len(b))
	if sum/n >= g.Mean && float64(hopeless) <= g.HopelessShare*n {
		return false
	}
	return g.CoreShare == 0 || !k.oneCore(k.of(x), k.of(y), g.CoreShare)
}

// bothEverywhere says whether two clusters have accounts in the same regions and share no
// identifier. A company has one account in a region, seldom two in all of them: those are two
// companies of one name.
func (k *clusters) bothEverywhere(x, y int32) bool {
	least := k.policy.Guard.SameRegions
	a, b := k.of(x), k.of(y)
	if least == 0 || min(len(a), len(b)) < least {
		return false
	}
	regions, common := map[int32]bool{}, map[int32]bool{}
	for _, i := range a {
		regions[k.region[i]] = true
	}
	for _, j := range b {
		if regions[k.region[j]] {
			common[k.region[j]] = true
		}
	}
	if len(common) < least {
		return false
	}
	for _, i := range k.sample(a) {
		for _, j := range k.sample(b) {
			if s, _, _ := k.shared(i, j); s != 0 {
				return false
			}
		}
	}
	return true
}

// sample takes accounts of different names first, by id.
func (k *clusters) sample(members []int32) []int32 {
	n := k.policy.Guard.Sample
	if len(members) <= n {
		return members
	}
	taken := make([]int32, 0, n)
	seen := map[int32]bool{}
	sorted := slices.Clone(members)
	slices.Sort(sorted)
	for _, repeat := range []bool{false, true} {
		for _, m := range sorted {
			if len(taken) < n && seen[k.nameOf[m]] == repeat && !slices.Contains(taken, m) {
				taken = append(taken, m)
				seen[k.nameOf[m]] = true
			}
		}
	}
	return taken
}

// oneCore says whether a distinctive word is in most names of both sides.
func (k *clusters) oneCore(x, y []int32, share float64) bool {
	count := func(members []int32) (map[int32]int, int) {
		words, names, seen := map[int32]int{}, 0, map[int32]bool{}
		for _, m := range members {
			n := k.nameOf[m]
			if n < 0 || seen[n] {
				continue
			}
			seen[n] = true
			names++
			for i, w := range k.names[n].words {
				if k.lex.class[w] == Core && first(k.names[n].words, w) == i {
					words[w]++
				}
			}
		}
		return words, names
	}
	a, na := count(x)
	b, nb := count(y)
	for w, n := range a {
		if float64(n) >= share*float64(na) && float64(b[w]) >= share*float64(nb) {
			return true
		}
	}
	return false
}

// join merges the accounts of decisions, parents and edges, in this order, and says of each
// edge why it was refused. Only clusters of accounts that are touched are made; nil = all.
func (k *clusters) join(decisions []placedDecision, edges []edge, touched []bool) {
	for _, d := range decisions {
		if !d.Same {
			k.apart[d.a], k.apart[d.b] = append(k.apart[d.a], d.b), append(k.apart[d.b], d.a)
		}
	}
	for _, d := range decisions {
		// Stewards who contradict each other: the accounts kept apart stay apart.
		if x, y := k.find(d.a), k.find(d.b); d.Same && x != y && k.forbidden(x, y) == allowed {
			k.union(x, y)
		}
	}
	for a, b := range k.ofOneParent() {
		if touched != nil && !touched[a] {
			continue
		}
		if x, y := k.find(a), k.find(b); x != y && k.forbidden(x, y) == allowed {
			k.union(x, y)
		}
	}
	order := make([]int32, 0, len(edges))
	for i, e := range edges {
		if touched != nil && !touched[e.a] {
			continue
		}
		edges[i].refused = allowed
		if k.policy.sure(e) {
			order = append(order, int32(i))
		}
	}
	slices.SortFunc(order, func(i, j int32) int {
		x, y := &edges[i], &edges[j]
		return cmp.Or(cmp.Compare(y.logOdds, x.logOdds), cmp.Compare(x.a, y.a), cmp.Compare(x.b, y.b))
	})
	for _, i := range order {
		e := &edges[i]
		x, y := k.find(e.a), k.find(e.b)
		if x == y {
			continue
		}
		if e.refused = k.forbidden(x, y); e.refused == allowed && k.unlike(x, y) {
			e.refused = unlikeMembers
		}
		if e.refused == allowed && e.alone && k.bothEverywhere(x, y) {
			e.refused = sameRegions
		}
		if e.refused == allowed {
			k.union(x, y)
		}
	}
}

// ofOneParent yields each account under a parent company with the first one under it.
func (c *corpus) ofOneParent() iter.Seq2[int32, int32] {
	return func(yield func(a, first int32) bool) {
		firstOf := map[int32]int32{}
		for a, r := range c.root {
			if r < 0 || c.manyRoot[r] {
				continue
			}
			b, ok := firstOf[r]
			if !ok {
				firstOf[r] = int32(a)
				continue
			}
			if !yield(int32(a), b) {
				return
			}
		}
	}
}

// labels gives each account the smallest account of its cluster.
func (k *clusters) labels() []int32 {
	labels := make([]int32, len(k.parent))
	for i := range labels {
		labels[i] = k.find(int32(i))
	}
	return labels
}
