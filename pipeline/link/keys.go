package link

import (
	"slices"
	"unicode/utf8"

	"github.com/zeebo/xxh3"
)

// keySink collects the blocking keys of a name, without repeats.
type keySink struct {
	keys []int64
	text []byte
}

// Kinds of keys.
const (
	keyCompact  = 'C'
	keyCore     = 'B'
	keyWord     = 't'
	keyRarest   = 'r'
	keyWords    = 'P'
	keyDeletion = 'd'
	keyPrefix   = 'x'
	keyInitials = 'a'
)

// add hashes a key; the lowest bit says whether a large block of it is worth a look.
func (s *keySink) add(kind byte, parts ...string) {
	s.text = append(s.text[:0], kind)
	for _, p := range parts {
		s.text = append(append(s.text, p...), 0x1f)
	}
	key := int64(xxh3.Hash(s.text) &^ 1)
	if kind == keyCompact || kind == keyRarest || kind == keyPrefix {
		key |= 1
	}
	if !slices.Contains(s.keys, key) {
		s.keys = append(s.keys, key)
	}
}

// blockingKeys gives the keys under which a name meets the names it may be the same as.
func (c comparer) blockingKeys(p *profile, s *keySink) []int64 {
	s.keys = s.keys[:0]
	c.keysOf(p, s)
	for _, a := range p.aliases {
		c.keysOf(a, s)
	}
	return s.keys
}

func (c comparer) keysOf(p *profile, s *keySink) {
	if len(p.words) == 0 {
		return
	}
	l := c.lex
	s.add(keyCompact, p.compact)
	if len(p.core) >= 3 && p.core != p.compact {
		s.add(keyCompact, p.core)
		s.add(keyCore, p.core)
	} else {
		s.add(keyCore, p.compact)
	}
	rare := slices.Clone(p.words)
	slices.SortStableFunc(rare, func(x, y int32) int {
		// The order must not hang on the number a word happens to have.
		switch wx, wy := l.weight[x], l.weight[y]; {
		case wx > wy:
			return -1
		case wx < wy:
			return 1
		}
		return 0
	})
	rare = slices.Compact(rare)
	s.add(keyRarest, l.texts[rare[0]])
	for _, w := range rare[:min(3, len(rare))] {
		s.add(keyWord, l.texts[w])
	}
	if len(p.words) >= 2 {
		s.add(keyWord, l.texts[p.words[0]]+l.texts[p.words[1]])
	}
	four := rare[:min(4, len(rare))]
	for i := range four {
		for j := i + 1; j < len(four); j++ {
			x, y := l.texts[four[i]], l.texts[four[j]]
			if x > y {
				x, y = y, x
			}
			s.add(keyWords, x, y)
		}
	}
	c.deletions(l.texts[p.words[0]], s)
	if rare[0] != p.words[0] {
		c.deletions(l.texts[rare[0]], s)
	}
	if len(p.compact) > 7 {
		s.add(keyPrefix, p.compact[:7])
	}
	if n := len(p.initials); n >= 2 && n <= 8 {
		s.add(keyInitials, p.initials)
	}
	for _, w := range p.words[:min(3, len(p.words))] {
		if t := l.texts[w]; len(t) >= 2 && len(t) <= 8 && l.class[w] == Core {
			s.add(keyInitials, t)
		}
	}
}

// deletions are a word's first nine letters, whole and with each letter left out: two words
// one edit apart share one of them.
func (c comparer) deletions(word string, s *keySink) {
	if len(word) < 5 || !utf8.ValidString(word) {
		return
	}
	word = word[:min(9, len(word))]
	s.add(keyDeletion, word)
	for i := range word {
		s.add(keyDeletion, word[:i]+word[i+1:])
	}
}
