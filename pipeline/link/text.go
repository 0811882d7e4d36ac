package link

// jaroWinkler is the Jaro similarity of two strings with Winkler's bonus for a common start.
// It compares bytes: names are mostly ASCII by now, and for others bytes serve as well.
func jaroWinkler(a, b string) float64 {
	if a == b {
		return 1
	}
	if len(a) > 64 {
		a = a[:64]
	}
	if len(b) > 64 {
		b = b[:64]
	}
	if len(a) == 0 || len(b) == 0 {
		return 0
	}
	window := max(max(len(a), len(b))/2-1, 0)
	var taken, hit uint64
	matches := 0
	for i := 0; i < len(a); i++ {
		for j := max(0, i-window); j < min(len(b), i+window+1); j++ {
			if taken&(1<<j) == 0 && a[i] == b[j] {
				taken |= 1 << j
				hit |= 1 << i
				matches++
				break
			}
		}
	}
	if matches == 0 {
		return 0
	}
	moved, j := 0, 0
	for i := 0; i < len(a); i++ {
		if hit&(1<<i) == 0 {
			continue
		}
		for taken&(1<<j) == 0 {
			j++
		}
		if a[i] != b[j] {
			moved++
		}
		j++
	}
	m := float64(matches)
	jaro := (m/float64(len(a)) + m/float64(len(b)) + (m-float64(moved)/2)/m) / 3
	common := 0
	for common < min(4, len(a), len(b)) && a[common] == b[common] {
		common++
	}
	return jaro + float64(common)*0.1*(1-jaro)
}

// editDistance is the number of insertions, deletions, substitutions and swaps of neighbours
// between two strings, or limit+1 if it is more than limit.
func editDistance(a, b string, limit int) int {
	if len(a) > len(b) {
		a, b = b, a
	}
	if len(b)-len(a) > limit {
		return limit + 1
	}
	const longest = 64
	if len(b) > longest {
		a, b = a[:min(len(a), longest)], b[:longest]
	}
	var rows [3][longest + 1]int
	before, last, row := &rows[0], &rows[1], &rows[2]
	for j := 0; j <= len(b); j++ {
		last[j] = j
	}
	for i := 1; i <= len(a); i++ {
		row[0] = i
		least := i
		for j := 1; j <= len(b); j++ {
			cost := 1
			if a[i-1] == b[j-1] {
				cost = 0
			}
			d := min(last[j]+1, row[j-1]+1, last[j-1]+cost)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				d = min(d, before[j-2]+1)
			}
			row[j] = d
			least = min(least, d)
		}
		if least > limit {
			return limit + 1
		}
		before, last, row = last, row, before
	}
	return last[len(b)]
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
