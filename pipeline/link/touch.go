package link

import (
	"math/bits"
	"slices"
)

// touch says what must be compared again after a change.
type touch struct {
	accounts []bool  // with everything
	names    []bool  // those of such accounts
	brands   []bool  // names: with names alike, as to accounts that share nothing else
	pairs    []int64 // of names, for that
}

// share is how much of all accounts must be compared again.
func (t *touch) share() float64 {
	n := 0
	for _, is := range t.accounts {
		if is {
			n++
		}
	}
	return float64(n) / float64(max(len(t.accounts), 1))
}

// pair says whether two accounts must be compared again. shared is whether they share an
// identifier: then it does not matter what else is called alike.
func (t *touch) pair(c *corpus, a, b int32, shared bool) bool {
	switch {
	case t == nil || t.accounts[a] || t.accounts[b]:
		return true
	case shared:
		return false
	}
	x, y := c.nameOf[a], c.nameOf[b]
	return x >= 0 && y >= 0 && (t.brands[x] || t.brands[y]) && c.alike(x, y)
}

// alike says whether two names, or others they are compared by, have one brand or the same
// letters.
func (c *corpus) alike(x, y int32) bool {
	a, b := c.names[x], c.names[y]
	if x == y || a.core == b.core || a.compact == b.compact {
		return true
	}
	if len(a.aliases)+len(b.aliases) == 0 {
		return false
	}
	for _, p := range variants(a) {
		for _, q := range variants(b) {
			if p.core == q.core || p.compact == q.compact {
				return true
			}
		}
	}
	return false
}

// spellings visits what names that are alike have in common.
func (p *profile) spellings(visit func(string)) {
	visit(p.compact)
	if p.core != p.compact {
		visit(p.core)
	}
	for _, a := range p.aliases {
		a.spellings(visit)
	}
}

// valuesOf collects the identifiers of changed accounts, as they are and as they were: only
// of these may the number of holders be another.
func (s *State) valuesOf(c *corpus, ch *change) map[int64]bool {
	values := map[int64]bool{}
	for i, old := range ch.old {
		if old < 0 {
			for _, id := range c.identifiers[i] {
				values[id.hash] = true
			}
		}
	}
	for old, now := range ch.now {
		if now < 0 {
			for _, id := range s.accounts.identifiers(int32(old)) {
				values[id.hash] = true
			}
		}
	}
	return values
}

// touched finds what a change touches beside the changed accounts: a score also hangs on how
// many accounts have a name or an identifier, in which regions, and under which parents.
// flipped are the identifiers that were of many and no longer are, or the other way round.
func (s *State) touched(c *corpus, ch *change, flipped map[int64]bool) *touch {
	again := s.rekeyed(c)
	t := &touch{accounts: make([]bool, len(c.accounts)), names: slices.Clone(again), brands: make([]bool, len(c.names))}
	s.touchedNames(c, ch, t)
	s.reblock(c, t, again)
	t.pairs = t.brandPairs(c)
	turned := s.turnedRoots(c)
	for i, old := range ch.old {
		n := c.nameOf[i]
		is := old < 0 || (n >= 0 && t.names[n])
		if !is {
			root := int64(0)
			if r := c.root[i]; r >= 0 {
				root = hashRoot(c.rootKeys[r])
			}
			is = root != s.accounts.root[old] || turned[root]
		}
		for _, id := range c.identifiers[i] {
			is = is || flipped[id.hash]
		}
		if is {
			t.accounts[i] = true
			if n >= 0 {
				t.names[n] = true
			}
		}
	}
	return t
}

// touchedNames marks the names of which more is another than the accounts that changed.
func (s *State) touchedNames(c *corpus, ch *change, t *touch) {
	moved := make([]bool, len(c.names)) // an account came, went or changed
	for i, old := range ch.old {
		if n := c.nameOf[i]; old < 0 && n >= 0 {
			moved[n] = true
		}
	}
	left := make([]bool, len(s.named.key))
	for old, now := range ch.now {
		if n := s.accounts.name[old]; now < 0 && n >= 0 {
			left[n] = true
		}
	}
	for i, p := range c.names {
		old := c.oldName[i]
		if old < 0 {
			continue // all its accounts are new
		}
		moved[i] = moved[i] || left[old]
		was := &s.named
		regions := was.regions[old]
		switch {
		case regions != p.regions && max(bits.OnesCount64(regions), popcount(p.regions)) >= 2:
			t.names[i] = true // it may be established now
		case moved[i] && max(was.accounts[old], p.accounts) > mostHolders:
			t.names[i] = true // other accounts stand for it
		}
		b := c.brand[i]
		if was.crowd[old] != c.crowd[b] || was.breadth[old] != c.breadth[b] || was.unsure[old] != c.unsure[i] {
			t.brands[i] = true
		}
	}
}

// turnedRoots are the parents that were of many and no longer are, or the other way round.
func (s *State) turnedRoots(c *corpus) map[int64]bool {
	turned := map[int64]bool{}
	for _, root := range s.manyRoots {
		turned[root] = true
	}
	for r, many := range c.manyRoot {
		if root := hashRoot(c.rootKeys[r]); many && turned[root] {
			delete(turned, root)
		} else if many {
			turned[root] = true
		}
	}
	return turned
}

// brandPairs are the pairs of names that are alike and to be compared again, as a<<32|b with
// a < b. Where too many are alike to be compared all with all, it is left to the blocks.
func (t *touch) brandPairs(c *corpus) []int64 {
	groups := map[string][]int32{}
	for i, is := range t.brands {
		if is {
			c.names[i].spellings(func(s string) { groups[s] = nil })
		}
	}
	for i, p := range c.names {
		p.spellings(func(s string) {
			if list, ok := groups[s]; ok && (len(list) == 0 || list[len(list)-1] != int32(i)) {
				groups[s] = append(list, int32(i))
			}
		})
	}
	for _, list := range groups {
		if len(list) > c.policy.MaxBlock {
			for _, n := range list {
				t.names[n], t.brands[n] = t.names[n] || t.brands[n], false
			}
		}
	}
	var pairs []int64
	for _, list := range groups {
		for i, a := range list {
			for _, b := range list[i+1:] {
				if t.brands[a] || t.brands[b] {
					pairs = append(pairs, int64(a)<<32|int64(b))
				}
			}
		}
	}
	slices.Sort(pairs)
	return slices.Compact(pairs)
}

// kept are the earlier edges that need not be made again, by their accounts' places now.
func (s *State) kept(c *corpus, ch *change, t *touch) []edge {
	var kept []edge
	e := &s.edges
	for i := range e.a {
		a, b := ch.now[e.a[i]], ch.now[e.b[i]]
		if a < 0 || b < 0 {
			continue
		}
		x := edge{a, b, e.logOdds[i], e.confidence[i], e.method[i], e.alone[i], e.refused[i]}
		if t.accounts[a] || t.accounts[b] {
			continue
		}
		if again := t.pair(c, a, b, false); again {
			if shared, _, _ := c.shared(a, b); t.pair(c, a, b, shared != 0) {
				continue
			}
		}
		kept = append(kept, x)
	}
	return kept
}
