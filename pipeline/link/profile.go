package link

import (
	"unicode/utf8"

	"github.com/zeebo/xxh3"
)

// maxWords bounds what is compared of a name.
const maxWords = 14

// profile is a name prepared for comparing.
type profile struct {
	words    []int32
	compact  string
	core     string // without generic and geographic words; compact if nothing is left
	initials string
	legal    string // innermost kind of legal form that says what sort of company it is
	registry string
	weight   float64
	aliases  []*profile // other names it is compared by
	given    []*profile // other names given with it, whether or not it is compared by them

	writtenOut bool // an alias that writes a short form out

	regions  uint64 // bit set of hashed regions where accounts have the name
	accounts int32
}

// profileOf prepares words; the lexicon must be weighed afterwards with finish.
func profileOf(l *lexicon, words []Word) *profile {
	ids := make([]int32, min(len(words), maxWords))
	for i := range ids {
		ids[i] = l.id(words[i])
	}
	return profileOfIDs(l, ids)
}

// profileOfIDs prepares words of the lexicon, of which it keeps the array.
func profileOfIDs(l *lexicon, words []int32) *profile {
	p := &profile{words: words[:min(len(words), maxWords)]}
	var text [256]byte
	all, core, initials := text[:0:128], text[128:128], make([]byte, 0, 16)
	for _, w := range p.words {
		t := l.texts[w]
		all = append(all, t...)
		_, first := utf8.DecodeRuneInString(t)
		initials = append(initials, t[:first]...)
	}
	p.compact, p.initials = string(all), string(initials)
	for _, w := range p.words {
		if l.class[w] == Core || l.class[w] == Number {
			core = append(core, l.texts[w]...)
		}
	}
	if len(core) == len(all) || len(core) == 0 {
		p.core = p.compact
	} else if p.core = string(core); isNumber(p.core) {
		p.core = p.compact
	}
	return p
}

// unclassed are kinds of legal forms that do not tell companies apart.
var unclassed = map[string]bool{"share class": true, "company": true, "trade name": true}

// profileName prepares a name with its aliases.
func profileName(l *lexicon, n Name) *profile {
	p := profileOf(l, n.Words)
	for i := len(n.Legal) - 1; i >= 0 && p.legal == ""; i-- {
		if !unclassed[n.Legal[i]] {
			p.legal = n.Legal[i]
		}
	}
	p.registry = n.Registry
	for _, a := range n.Aliases {
		p.given = append(p.given, profileOf(l, a))
	}
	return p
}

// finish sets what depends on the frequencies.
func (p *profile) finish(l *lexicon) {
	p.weight = 0
	for _, w := range p.words {
		p.weight += l.weight[w]
	}
	for _, a := range p.aliases {
		a.finish(l)
	}
}

// otherNames hashes the names it is compared by beside its own; 0 = none.
func (p *profile) otherNames(l *lexicon) uint64 {
	if len(p.aliases) == 0 {
		return 0
	}
	var text []byte
	for _, a := range p.aliases {
		for _, w := range a.words {
			text = append(append(text, l.texts[w]...), ' ')
		}
		text = append(text, '|')
	}
	return xxh3.Hash(text) | 1
}
