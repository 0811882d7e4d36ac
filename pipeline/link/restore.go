package link

import (
	"slices"
)

// change says which accounts are not as they were in the state a run began with.
type change struct {
	old  []int32 // of each account: its place in the state, -1 = it is new or was changed
	now  []int32 // of each account of the state: its place now, -1 = it is gone or was changed
	many bool    // so many changed that a full run costs no more
}

// mostChanged is the share of accounts from which on an update is no quicker than a full run.
const mostChanged = 0.3

// changes compares accounts with those of the state; both are sorted by id.
func (s *State) changes(accounts []Account) *change {
	ch := &change{old: make([]int32, len(accounts)), now: make([]int32, len(s.accounts.id))}
	now, j, kept := marks(accounts), 0, 0
	for i := range accounts {
		for ; j < len(ch.now) && s.accounts.id[j] < accounts[i].ID; j++ {
			ch.now[j] = -1
		}
		ch.old[i] = -1
		if j < len(ch.now) && s.accounts.id[j] == accounts[i].ID {
			ch.now[j] = -1
			if s.accounts.mark[j] == now[i] {
				ch.old[i], ch.now[j] = int32(j), int32(i)
				kept++
			}
			j++
		}
	}
	for ; j < len(ch.now); j++ {
		ch.now[j] = -1
	}
	moved := len(accounts) - kept + len(ch.now) - kept
	ch.many = float64(moved) > mostChanged*float64(len(accounts))
	return ch
}

// restore prepares all accounts as prepare does, but takes from the state what it holds of
// those that did not change. accounts are sorted.
func restore(v *Vocabulary, p *Policy, accounts []Account, s *State, ch *change) *corpus {
	c := &corpus{policy: p, words: v, accounts: accounts, comparer: comparer{lex: s.words.lexicon(s.names[0])}}
	c.country, c.region = c.places()
	c.restoreNames(s, ch)
	c.identifiers, c.ownPlace = make([][]identifier, len(accounts)), make([]bool, len(accounts))
	var changed []int
	for i, old := range ch.old {
		if old < 0 {
			changed = append(changed, i)
		} else {
			c.ownPlace[i] = s.accounts.ownPlace[old]
		}
	}
	c.findOwnPlaces(slices.Values(changed))
	eachChunk(len(accounts), func(_, from, to int) {
		for i := from; i < to; i++ {
			if old := ch.old[i]; old < 0 {
				c.identifiers[i] = v.hashed(&accounts[i])
			} else {
				c.identifiers[i] = s.accounts.identifiers(old)
			}
		}
	})
	c.root, c.rootKeys = roots(accounts, v.nullValues)
	c.commonRoots()
	return c
}

// identifiers are those of an account of the state.
func (s *stateAccounts) identifiers(i int32) []identifier {
	from := int32(0)
	if i > 0 {
		from = s.end[i-1]
	}
	var ids []identifier
	if n := s.end[i] - from; n > 0 {
		ids = make([]identifier, n)
	}
	for k := range ids {
		ids[k] = identifier{s.kind[from+int32(k)], s.hash[from+int32(k)]}
	}
	return ids
}

// restoreNames makes the distinct names: those of the state that some account still has, and
// those that changed accounts have.
func (c *corpus) restoreNames(s *State, ch *change) {
	fresh, nameAt := c.freshNames(ch)
	at := make(map[uint64]int, len(fresh))
	for i := range fresh {
		at[fresh[i].key] = i
	}
	wanted := make([]bool, len(s.named.key))
	for _, old := range ch.old {
		if old >= 0 && s.accounts.name[old] >= 0 {
			wanted[s.accounts.name[old]] = true
		}
	}
	known := make([]int32, len(fresh)) // the number in the state, -1 = a name not seen before
	for i := range known {
		known[i] = -1
	}
	for old, key := range s.named.key {
		if i, ok := at[key]; ok {
			known[i], wanted[old] = int32(old), true
		}
	}
	names, placeOfOld := s.named.profiles(c.lex, wanted)
	placeOfFresh := make([]int32, len(fresh))
	for i := range fresh {
		if old := known[i]; old >= 0 {
			placeOfFresh[i] = placeOfOld[old]
			continue
		}
		placeOfFresh[i] = int32(len(names))
		names = append(names, spelt{profile: profileName(c.lex, *fresh[i].Name), key: fresh[i].key, old: -1})
	}
	numbers := c.number(names)
	c.nameOf = make([]int32, len(c.accounts))
	for i, old := range ch.old {
		switch {
		case old >= 0 && s.accounts.name[old] >= 0:
			c.nameOf[i] = numbers[placeOfOld[s.accounts.name[old]]]
		case old < 0 && nameAt[i] >= 0:
			c.nameOf[i] = numbers[placeOfFresh[nameAt[i]]]
		default:
			c.nameOf[i] = -1
		}
	}
	c.finishNames()
}

// keyed is a name with its hash.
type keyed struct {
	*Name
	key uint64
}

// freshNames normalises the names of changed accounts. nameAt says where that of each of them
// is, -1 = it has none.
func (c *corpus) freshNames(ch *change) (fresh []keyed, nameAt map[int]int) {
	var changed []int
	for i, old := range ch.old {
		if old < 0 {
			changed = append(changed, i)
		}
	}
	all := make([]Name, len(changed))
	eachChunk(len(changed), func(_, from, to int) {
		for k := from; k < to; k++ {
			all[k] = c.words.nameOf(&c.accounts[changed[k]])
		}
	})
	place := map[string]int{}
	nameAt = make(map[int]int, len(changed))
	for k, i := range changed {
		n := &all[k]
		nameAt[i] = -1
		if len(n.Words) == 0 {
			continue
		}
		at, ok := place[n.key]
		if !ok {
			at = len(fresh)
			place[n.key], fresh = at, append(fresh, keyed{n, hashKey(n)})
		}
		nameAt[i] = at
	}
	return fresh, nameAt
}

// profiles makes the wanted names of the state; places says where each of the state is.
func (s *stateNames) profiles(l *lexicon, wanted []bool) (names []spelt, places []int32) {
	places = make([]int32, len(wanted))
	var old []int32
	for i, want := range wanted {
		places[i] = -1
		if want {
			places[i] = int32(len(old))
			old = append(old, int32(i))
		}
	}
	firstAlias, n := make([]int32, len(wanted)), int32(0)
	for i, count := range s.aliases {
		firstAlias[i] = n
		n += count
	}
	names = make([]spelt, len(old))
	eachChunk(len(old), func(_, from, to int) {
		for k := from; k < to; k++ {
			i := old[k]
			p := profileOfIDs(l, part(s.word, s.end, i))
			p.legal, p.registry = s.legal[i], s.registry[i]
			for a := firstAlias[i]; a < firstAlias[i]+s.aliases[i]; a++ {
				p.given = append(p.given, profileOfIDs(l, part(s.aliasWord, s.aliasEnd, a)))
			}
			names[k] = spelt{profile: p, key: s.key[i], old: i}
		}
	})
	return names, places
}

// part is a list out of many that stand one behind the other.
func part(all, ends []int32, i int32) []int32 {
	from := int32(0)
	if i > 0 {
		from = ends[i-1]
	}
	return all[from:ends[i]:ends[i]]
}
