package link

import "math/bits"

// longestCompared is up to where long names are compared as strings: their letters are the
// bits of a word.
const longestCompared = 64

// letterBits says for each byte at which places of a string it stands.
type letterBits [256]uint64

func (l *letterBits) of(s string) {
	for i := 0; i < len(s); i++ {
		l[s[i]] |= 1 << i
	}
}

func shortened(s string) string { return s[:min(len(s), longestCompared)] }

// jaroWinkler is the Jaro similarity of two strings with Winkler's bonus for a common start,
// or 0 if it is less than least. It compares bytes: names are mostly ASCII by now, and for
// others bytes serve as well.
func jaroWinkler(a, b string, least float64) float64 {
	if a == b {
		return 1
	}
	a, b = shortened(a), shortened(b)
	if len(a) == 0 || len(b) == 0 {
		return 0
	}
	common := 0
	for common < min(4, len(a), len(b)) && a[common] == b[common] {
		common++
	}
	similarity := func(m, moved float64) float64 {
		jaro := (m/float64(len(a)) + m/float64(len(b)) + (m-moved/2)/m) / 3
		return jaro + float64(common)*0.1*(1-jaro)
	}
	// Most pairs are too unlike: first by their lengths, then by their letters in any order.
	if similarity(float64(min(len(a), len(b))), 0) < least {
		return 0
	}
	hit, taken := matches(a, b)
	m := float64(bits.OnesCount64(taken))
	if m == 0 || similarity(m, 0) < least {
		return 0
	}
	moved := 0.0
	for ; hit != 0; hit, taken = hit&(hit-1), taken&(taken-1) {
		if a[bits.TrailingZeros64(hit)] != b[bits.TrailingZeros64(taken)] {
			moved++
		}
	}
	if s := similarity(m, moved); s >= least {
		return s
	}
	return 0
}

// matches says which letters of a have one of their own in b that is not far off, and which
// of b those are.
func matches(a, b string) (hit, taken uint64) {
	var places letterBits
	places.of(b)
	window := max(max(len(a), len(b))/2-1, 0)
	for i := 0; i < len(a); i++ {
		near := (uint64(1)<<(i+window+1) - 1) &^ (uint64(1)<<max(0, i-window) - 1)
		if free := places[a[i]] & near &^ taken; free != 0 {
			taken |= free & -free
			hit |= 1 << i
		}
	}
	return hit, taken
}

// editDistance is the number of insertions, deletions, substitutions and swaps of neighbours
// between two strings, or limit+1 if it is more than limit. It is the bit-parallel way of
// H. Hyyrö, "A bit-vector algorithm for computing Levenshtein and Damerau edit distances"
// (2003): a bit per letter of a says whether the distance rises or falls there.
func editDistance(a, b string, limit int) int {
	if max(len(a), len(b))-min(len(a), len(b)) > limit {
		return limit + 1
	}
	a, b = shortened(a), shortened(b)
	if len(a) == 0 {
		return min(len(b), limit+1)
	}
	var places letterBits
	places.of(a)
	last := uint64(1) << (len(a) - 1)
	rises, falls, same, placesBefore := ^uint64(0), uint64(0), uint64(0), uint64(0)
	distance := len(a)
	for j := 0; j < len(b); j++ {
		at := places[b[j]]
		swapped := (^same & at) << 1 & placesBefore
		same = (at&rises + rises) ^ rises | at | falls | swapped
		up, down := falls|^(same|rises), same&rises
		if up&last != 0 {
			distance++
		}
		if down&last != 0 {
			distance--
		}
		if distance-(len(b)-1-j) > limit {
			return limit + 1
		}
		up, down = up<<1|1, down<<1
		rises, falls, placesBefore = down|^(same|up), up&same, at
	}
	return distance
}

// typo says how alike two words are that may be one word misspelt or cut short; 0 = they are
// two words.
func typo(a, b string) float64 {
	if len(a) > len(b) {
		a, b = b, a
	}
	if len(a) >= 4 && b[:len(a)] == a {
		return 0.75 + 0.25*float64(len(a))/float64(len(b))
	}
	limit := 0
	switch {
	case len(b) >= 10:
		limit = 2
	case len(b) >= 5 && len(a) >= 4:
		limit = 1
	}
	if limit == 0 || len(b)-len(a) > limit {
		return 0
	}
	d := editDistance(a, b, limit)
	if d > limit {
		return 0
	}
	return 1 - float64(d)/float64(len(b))
}
