package link

import (
	"cmp"
	"slices"
	"sort"
	"strings"
)

// reblock marks names that may now meet others under a key, or no longer, although neither they
// nor the others changed: those in a block that became large or small, and those next to a name
// that came into a large block or left it.
//
// again marks the names that have other keys than before.
func (s *State) reblock(c *corpus, t *touch, again []bool) {
	was := comparer{lex: s.words.weighed(s.names[0])}
	for _, recent := range []bool{false, true} {
		m := moves{corpus: c, blocks: map[int64]*block{}, recent: recent}
		var sink keySink
		gone := make([]bool, len(s.named.key))
		for old := range gone {
			gone[old] = s.named.recent[old] == recent
		}
		if !slices.Contains(gone, true) {
			continue // whoever is in a block came into it, and is compared with all
		}
		for i, p := range c.names {
			old := c.oldName[i]
			switch stays := old >= 0 && gone[old] && c.recent[i] == recent; {
			case stays && !again[i]:
				gone[old] = false
			case stays:
				gone[old] = false
				m.rekey(int32(i), s.named.profile(was.lex, old), was)
			case c.recent[i] == recent:
				for _, k := range c.blockingKeys(p, &sink) {
					m.at(k).came = append(m.at(k).came, int32(i))
				}
			}
		}
		for old, is := range gone {
			if is {
				p := s.named.profile(was.lex, int32(old))
				place := c.placeOf(p.compact, s.named.key[old])
				for _, k := range was.blockingKeys(p, &sink) {
					m.at(k).went = append(m.at(k).went, place)
				}
			}
		}
		m.mark(t)
	}
}

// rekeyed marks the names of the state that have other keys now, or may have.
func (s *State) rekeyed(c *corpus) []bool {
	turned := make([]bool, len(c.lex.texts)) // words of another frequency
	for w, df := range s.words.names {
		turned[w] = c.lex.df[w] != df
	}
	has := func(p *profile) bool { return slices.ContainsFunc(p.words, func(w int32) bool { return turned[w] }) }
	again := make([]bool, len(c.names))
	for i, p := range c.names {
		if old := c.oldName[i]; old >= 0 {
			again[i] = s.named.recent[old] != c.recent[i] || s.named.otherNames[old] != p.otherNames(c.lex) || has(p) || slices.ContainsFunc(p.aliases, has)
		}
	}
	return again
}

// weighed is the lexicon as it was, for the names that were.
func (s *stateWords) weighed(names int64) *lexicon {
	l := &lexicon{names: int(names), texts: s.text, class: s.class, df: s.names}
	l.weigh()
	return l
}

// profile is a name of the state with the others it was compared by.
func (s *stateNames) profile(l *lexicon, i int32) *profile {
	p := profileOfIDs(l, part(s.word, s.end, i))
	for a := s.firstOther(i); a < s.firstOther(i)+s.others[i]; a++ {
		p.aliases = append(p.aliases, profileOfIDs(l, part(s.otherWord, s.otherEnd, a)))
	}
	return p
}

// firstOther is where the other names of a name begin.
func (s *stateNames) firstOther(i int32) int32 {
	if s.otherAt == nil {
		s.otherAt = make([]int32, len(s.others))
		n := int32(0)
		for k, count := range s.others {
			s.otherAt[k] = n
			n += count
		}
	}
	return s.otherAt[i]
}

// placeOf is the number of the first name that does not stand before one of these letters.
func (c *corpus) placeOf(compact string, key uint64) int32 {
	return int32(sort.Search(len(c.names), func(i int) bool {
		return cmp.Or(strings.Compare(c.names[i].compact, compact), cmp.Compare(c.keys[i], key)) >= 0
	}))
}

// moves are the blocks into which names came, or which they left.
type moves struct {
	*corpus
	blocks map[int64]*block
	recent bool // of recent names, or of the others
}

// block is what moved in a block, by places of names, and who is in it.
type block struct{ came, went, members []int32 }

func (m *moves) at(key int64) *block {
	b := m.blocks[key]
	if b == nil {
		b = &block{}
		m.blocks[key] = b
	}
	return b
}

// rekey moves a name that stays from the keys it had, and has no more, to those it has now.
func (m *moves) rekey(name int32, before *profile, was comparer) {
	var a, b keySink
	old, now := was.blockingKeys(before, &a), m.blockingKeys(m.names[name], &b)
	for _, k := range now {
		if !slices.Contains(old, k) {
			m.at(k).came = append(m.at(k).came, name)
		}
	}
	for _, k := range old {
		if !slices.Contains(now, k) {
			m.at(k).went = append(m.at(k).went, name)
		}
	}
}

// mark touches the names whose pairs a move may change.
func (m *moves) mark(t *touch) {
	if len(m.blocks) == 0 {
		return
	}
	found := make([][]keyed32, (len(m.names)+chunkSize-1)/chunkSize)
	eachChunk(len(m.names), func(chunk, from, to int) {
		var sink keySink
		for i := from; i < to; i++ {
			if m.corpus.recent[i] != m.recent {
				continue
			}
			for _, k := range m.blockingKeys(m.names[i], &sink) {
				if m.blocks[k] != nil {
					found[chunk] = append(found[chunk], keyed32{k, int32(i)})
				}
			}
		}
	})
	for _, list := range found {
		for _, f := range list {
			b := m.blocks[f.key]
			b.members = append(b.members, f.name)
		}
	}
	for key, b := range m.blocks {
		b.mark(t, m.policy, key&1 == 1)
	}
}

type keyed32 struct {
	key  int64
	name int32
}

// mark touches the members of a block whose neighbours are others than before.
func (b *block) mark(t *touch, p *Policy, worth bool) {
	now := len(b.members)
	before := now - len(b.came) + len(b.went)
	switch large := now > p.MaxBlock; {
	case large != (before > p.MaxBlock):
		for _, n := range b.members {
			t.names[n] = true
		}
	case large && worth:
		for _, moved := range [][]int32{b.came, b.went} {
			for _, n := range moved {
				at, _ := slices.BinarySearch(b.members, n)
				for _, near := range b.members[max(0, at-p.Neighbours-1):min(now, at+p.Neighbours+2)] {
					t.names[near] = true
				}
			}
		}
	}
}
