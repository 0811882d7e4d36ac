package link

import (
	"math"
	"math/bits"
	"strings"
)

// comparer compares prepared names.
type comparer struct{ lex *lexicon }

// screen says from the features of words alone whether letters could still make a pair
// worth keeping; nil = always.
type screen func(v *vector) bool

// alignment says which words of two names belong together.
type alignment struct {
	a, b       *profile
	usedA      [maxWords]bool
	usedB      [maxWords]bool
	same       float64 // weight of words that are the same
	alike      float64 // weight of words that are alike, times how much
	lost       float64 // weight lost by spelling
	known      float64 // weight of words alike that are both well known
	idf        float64 // sum of rarity of the same words
	acronym    float64 // weight explained by initials
	firstAlike bool
}

// compare fills in the features of two names. It stops and reports false if they are not
// worth it.
func (c comparer) compare(a, b *profile, v *vector, worth screen) bool {
	if len(a.aliases)+len(b.aliases) == 0 {
		if !c.pair(a, b, v, worth) {
			return false
		}
		c.context(a, b, v)
		return true
	}
	c.pair(a, b, v, nil)
	best := *v
	for _, x := range variants(a) {
		for _, y := range variants(b) {
			if x == a && y == b {
				continue
			}
			var w vector
			c.pair(x, y, &w, nil)
			if w[fDice]+w[fExact]+w[fContained] > best[fDice]+best[fExact]+best[fContained] {
				if x.writtenOut || y.writtenOut {
					w[fShortForm] = 1
				} else {
					w[fAlias] = 1
				}
				best = w
			}
		}
	}
	*v = best
	c.context(a, b, v)
	return true
}

// context adds what hangs on the names as a whole, not on one of their spellings.
func (c comparer) context(a, b *profile, v *vector) {
	c.legal(a, b, v)
	if popcount(a.regions) >= 2 && popcount(b.regions) >= 2 && a.regions&b.regions != 0 && v[fExact] == 0 {
		v[fEstablished] = 1
	}
}

func popcount(x uint64) int { return bits.OnesCount64(x) }

func variants(p *profile) []*profile {
	if len(p.aliases) == 0 {
		return []*profile{p}
	}
	return append([]*profile{p}, p.aliases...)
}

func (c comparer) legal(a, b *profile, v *vector) {
	if a.registry != "" && b.registry != "" && a.registry != b.registry {
		v[fRegistry] = 1
	}
	classA, _, _ := strings.Cut(a.legal, "/")
	classB, _, _ := strings.Cut(b.legal, "/")
	switch {
	case a.legal != "" && b.legal != "" && a.legal != b.legal && classA == classB:
		v[fLegalSpelling] = 1
	case a.legal != "" && b.legal != "" && a.legal != b.legal:
		v[fLegalBoth] = 1
	case a.legal != b.legal:
		v[fLegalExtra] = 1
	}
}

// pair compares two spellings.
func (c comparer) pair(a, b *profile, v *vector, worth screen) bool {
	al := alignment{a: a, b: b}
	c.align(&al)
	matched := al.same + al.alike
	v[fBias] = 1
	exact := a.compact == b.compact
	switch {
	case exact && equalWords(a.words, b.words):
		v[fExact] = 1
	case exact:
		v[fExact], v[fCompactJoin] = 1, 1
	case a.core == b.core && len(a.core) > 1:
		v[fCore] = 1
	}
	if a.weight+b.weight > 0 {
		v[fDice] = float32(2 * matched / (a.weight + b.weight))
		v[fCover] = float32(min(1, matched/max(min(a.weight, b.weight), 0.01)))
	}
	if exact {
		v[fDice], v[fCover] = 1, 1
	}
	c.information(&al, v, exact)
	c.leftover(&al, v)
	c.firstWords(&al, v)
	v[fTypo], v[fTypoKnown], v[fAcronymWord] = float32(al.lost), float32(al.known), float32(al.acronym)
	if v[fExact] == 0 && isInitials(a, b) {
		v[fAcronym] = 1
	}
	if !exact && len(a.words) == len(b.words) && v[fCoreBoth] == 0 && v[fDice] > 0.999 {
		v[fOrder] = 1
	}
	if worth != nil && !worth(v) {
		return false
	}
	c.letters(a, b, v)
	if n := min(len(a.compact), len(b.compact)); n <= 5 {
		v[fShort] = float32(6-n) / 5
	}
	if matched == 0 && v[fAcronym] == 0 && v[fJaroWinkler] == 0 {
		v[fUnlike] = 1
	}
	return true
}

func equalWords(a, b []int32) bool {
	if len(a) != len(b) {
		return false
	}
	for i := range a {
		if a[i] != b[i] {
			return false
		}
	}
	return true
}

// information measures whether the words in common could be in common by chance: the sum of
// their rarities against the number of names.
func (c comparer) information(al *alignment, v *vector, exact bool) {
	idf := al.idf
	if exact && idf == 0 {
		for _, w := range al.a.words {
			idf += c.lex.idf[w]
		}
	}
	gain := idf - c.lex.logN
	v[fInformation] = float32(min(max(gain, 0), 8) / 8)
	v[fCoincidence] = float32(min(max(-gain, 0), 8) / 8)
	if exact {
		v[fExactCoincidence] = float32(min(max(3-gain, 0), 8) / 8)
	}
}

// align finds the words that belong together: the same, alike, written as one, initials.
func (c comparer) align(al *alignment) {
	a, b, l := al.a, al.b, c.lex
	for i, w := range a.words {
		for j, x := range b.words {
			if w == x && !al.usedB[j] {
				al.usedA[i], al.usedB[j] = true, true
				al.same += l.weight[w]
				al.idf += l.idf[w]
				break
			}
		}
	}
	c.alignJoined(a, b, &al.usedA, &al.usedB, al)
	c.alignJoined(b, a, &al.usedB, &al.usedA, al)
	c.alignAlike(al)
	c.alignInitials(a, b, &al.usedA, &al.usedB, al)
	c.alignInitials(b, a, &al.usedB, &al.usedA, al)
}

// alignJoined finds a word of a that is two or three neighbours of b written together.
func (c comparer) alignJoined(a, b *profile, usedA, usedB *[maxWords]bool, al *alignment) {
	for i, w := range a.words {
		if usedA[i] {
			continue
		}
		text := c.lex.texts[w]
		for j := range b.words {
			rest, k, weight := text, j, 0.0
			for k < len(b.words) && !usedB[k] && rest != "" && strings.HasPrefix(rest, c.lex.texts[b.words[k]]) {
				rest = rest[len(c.lex.texts[b.words[k]]):]
				weight += c.lex.weight[b.words[k]]
				k++
			}
			if rest != "" || k-j < 2 {
				continue
			}
			usedA[i] = true
			for ; j < k; j++ {
				usedB[j] = true
			}
			// Half of what both sides weigh, so that twice the match is their sum.
			al.same += (weight + c.lex.weight[w]) / 2
			al.idf += c.lex.idf[w]
			break
		}
	}
}

// alignAlike pairs the words left by spelling, the best first.
func (c comparer) alignAlike(al *alignment) {
	l := c.lex
	for {
		best, bi, bj := 0.0, -1, -1
		for i, w := range al.a.words {
			if al.usedA[i] || l.class[w] == Number {
				continue
			}
			for j, x := range al.b.words {
				if al.usedB[j] || l.class[x] == Number {
					continue
				}
				s := typo(l.texts[w], l.texts[x])
				if s > best && l.df[w] >= 3 && l.df[x] >= 3 && abs(len(l.texts[w])-len(l.texts[x])) > 2 {
					continue // two words, both well known, one the start of the other
				}
				if s > best {
					best, bi, bj = s, i, j
				}
			}
		}
		if bi < 0 {
			return
		}
		w, x := al.a.words[bi], al.b.words[bj]
		al.usedA[bi], al.usedB[bj] = true, true
		weight := (l.weight[w] + l.weight[x]) / 2
		al.alike += weight * best
		al.lost += weight * (1 - best) * 4
		al.idf += min(l.idf[w], l.idf[x]) * best * best
		if l.df[w] >= 3 && l.df[x] >= 3 {
			al.known += weight
		}
		al.firstAlike = al.firstAlike || (bi == 0 && bj == 0)
	}
}

func abs(x int) int { return max(x, -x) }

// alignInitials finds a word of a that is the initials of neighbours of b.
func (c comparer) alignInitials(a, b *profile, usedA, usedB *[maxWords]bool, al *alignment) {
	for i, w := range a.words {
		text := c.lex.texts[w]
		n := len(text)
		if usedA[i] || n < 2 || n > 7 || c.lex.class[w] != Core {
			continue
		}
		for j := 0; j+n <= len(b.words); j++ {
			weight, k := 0.0, 0
			for ; k < n && !usedB[j+k] && c.lex.texts[b.words[j+k]][0] == text[k]; k++ {
				weight += c.lex.weight[b.words[j+k]]
			}
			if k < n {
				continue
			}
			usedA[i] = true
			for ; k > 0; k-- {
				usedB[j+k-1] = true
			}
			al.acronym += (weight + c.lex.weight[w]) / 2 * min(1, float64(n-1)/3)
			al.alike += (weight + c.lex.weight[w]) / 2 * 0.8
			break
		}
	}
}

// leftover describes the words that have no counterpart.
func (c comparer) leftover(al *alignment, v *vector) {
	la, ca := c.left(al.a, &al.usedA)
	lb, cb := c.left(al.b, &al.usedB)
	both := func(k Class) float32 { return float32(min(la[k], lb[k])) }
	one := func(k Class) float32 { return float32(math.Abs(la[k] - lb[k])) }
	if v[fExact] == 1 {
		return
	}
	v[fCoreBoth], v[fCoreExtra] = min(both(Core), 2), min(one(Core), 2)
	if n := max(ca, cb); n >= 2 {
		v[fCoreExtraRare] = float32(min(n-1, 3))
	}
	flag := func(x bool) float32 {
		if x {
			return 1
		}
		return 0
	}
	v[fNumberBoth] = flag(la[Number] > 0 && lb[Number] > 0)
	v[fNumberExtra] = flag((la[Number] > 0) != (lb[Number] > 0))
	v[fPlaceBoth] = flag(la[Geographic] > 0 && lb[Geographic] > 0)
	v[fPlaceExtra] = flag((la[Geographic] > 0) != (lb[Geographic] > 0))
	v[fGenericBoth], v[fGenericExtra] = both(Generic), min(one(Generic), 1.5)
	if !c.hasCore(al.a, &al.usedA) && !c.hasCore(al.b, &al.usedB) {
		v[fNoCore], v[fNoCorePlaces] = 1, v[fPlaceBoth]
	}
	noCore := la[Core] == 0 && lb[Core] == 0 && la[Number] == 0 && lb[Number] == 0
	v[fNumberOnly] = flag(la[Core]+lb[Core]+la[Generic]+lb[Generic]+la[Geographic]+lb[Geographic] == 0 && la[Number]+lb[Number] > 0)
	place, trade := la[Geographic]+lb[Geographic] > 0, la[Generic]+lb[Generic] > 0
	v[fPlaceOnly] = flag(noCore && place && !trade && v[fExact] == 0)
	v[fGenericOnly] = flag(noCore && trade && !place && v[fExact] == 0)
	if min(la[Core], lb[Core]) == 0 && al.same+al.alike > 0 && (la[Core] == 0 && c.hasCore(al.a, &al.usedA) || lb[Core] == 0 && c.hasCore(al.b, &al.usedB)) {
		v[fContained] = 1
		v[fContainedInformation] = float32(min(al.idf/max(c.lex.logN, 1), 1.5))
	}
}

// left sums the weights of unmatched words by class, and counts the distinctive ones.
func (c comparer) left(p *profile, used *[maxWords]bool) (sums [4]float64, core int) {
	for i, w := range p.words {
		if used[i] {
			continue
		}
		sums[c.lex.class[w]] += c.lex.weight[w]
		if c.lex.class[w] == Core {
			core++
		}
	}
	return sums, core
}

// hasCore says whether a distinctive word of the name was matched.
func (c comparer) hasCore(p *profile, used *[maxWords]bool) bool {
	for i, w := range p.words {
		if used[i] && c.lex.class[w] == Core {
			return true
		}
	}
	return false
}

// letters compares the names as strings.
func (c comparer) letters(a, b *profile, v *vector) {
	if v[fExact] == 1 {
		v[fJaroWinkler], v[fEdits] = 1, 1
		return
	}
	const alike = 0.8
	jw := jaroWinkler(a.compact, b.compact, alike)
	if jw == 0 {
		return
	}
	v[fJaroWinkler] = float32((jw - alike) / (1 - alike))
	longest := max(len(a.compact), len(b.compact))
	limit := longest * 3 / 10
	if d := editDistance(a.compact, b.compact, limit); d <= limit {
		v[fEdits] = float32(1 - float64(d)/float64(longest)/0.3)
	}
}

func (c comparer) firstWords(al *alignment, v *vector) {
	if len(al.a.words) == 0 || len(al.b.words) == 0 {
		return
	}
	switch {
	case v[fExact] == 1 || al.a.words[0] == al.b.words[0]:
		v[fFirstWord] = 1
	case al.firstAlike || (al.usedA[0] && al.usedB[0]):
		v[fFirstFuzzy] = 1
	default:
		v[fFirstDiffers] = 1
	}
}

// isInitials says whether one name is one word that is the initials of the other.
func isInitials(a, b *profile) bool {
	if len(a.words) > len(b.words) {
		a, b = b, a
	}
	return len(a.words) == 1 && len(b.words) >= 2 && len(a.compact) >= 2 && len(b.initials) >= 2 &&
		(a.compact == b.initials || (len(b.initials) >= 3 && len(a.compact) >= 3 && strings.HasPrefix(b.initials, a.compact) && len(b.initials)-len(a.compact) <= 1))
}
