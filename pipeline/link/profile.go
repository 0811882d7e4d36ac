package link

import "strings"

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
	aliases  []*profile

	writtenOut bool // an alias that writes a short form out

	regions  uint64 // bit set of hashed regions where accounts have the name
	accounts int32
}

// profileOf prepares words; the lexicon must be weighed afterwards with finish.
func profileOf(l *lexicon, words []Word) *profile {
	if len(words) > maxWords {
		words = words[:maxWords]
	}
	p := &profile{compact: compact(words)}
	var core, initials strings.Builder
	for _, w := range words {
		p.words = append(p.words, l.id(w))
		if w.Class == Core || w.Class == Number {
			core.WriteString(w.Text)
		}
		for _, r := range w.Text {
			initials.WriteRune(r)
			break
		}
	}
	p.core, p.initials = core.String(), initials.String()
	if p.core == "" || isNumber(p.core) {
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
		p.aliases = append(p.aliases, profileOf(l, a))
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
