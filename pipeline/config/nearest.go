package config

import (
	"fmt"
	"slices"
	"strings"
)

// Nearest returns the name of names that the user most likely meant by got, or ""
// when none is near. Ties go to the first in alphabetical order.
func Nearest(got string, names []string) string {
	sorted := slices.Clone(names)
	slices.Sort(sorted)
	best, bestDistance := "", 1+max(1, len([]rune(got))/3)
	for _, name := range sorted {
		if d := editDistance(strings.ToLower(got), strings.ToLower(name)); d < bestDistance {
			best, bestDistance = name, d
		}
	}
	if best != "" {
		return best
	}
	for _, name := range sorted { // "column" for "source_column"
		if len(got) >= 4 && (strings.Contains(name, got) || strings.Contains(got, name)) {
			return name
		}
	}
	return ""
}

// didYouMean is the hint for a name that does not exist: the nearest valid one, else
// all of them when they are few.
func didYouMean(got string, names []string) string {
	if near := Nearest(got, names); near != "" {
		return fmt.Sprintf("did you mean %q?", near)
	}
	if len(names) == 0 || len(names) > 30 {
		return ""
	}
	sorted := slices.Clone(names)
	slices.Sort(sorted)
	sorted = slices.Compact(sorted)
	return "valid: " + strings.Join(sorted, ", ")
}

// editDistance counts insertions, deletions, replacements and swaps of neighbours.
func editDistance(a, b string) int {
	x, y := []rune(a), []rune(b)
	rows := make([][]int, len(x)+1)
	for i := range rows {
		rows[i] = make([]int, len(y)+1)
		rows[i][0] = i
	}
	for j := range rows[0] {
		rows[0][j] = j
	}
	for i := 1; i <= len(x); i++ {
		for j := 1; j <= len(y); j++ {
			cost := 1
			if x[i-1] == y[j-1] {
				cost = 0
			}
			d := min(rows[i-1][j]+1, rows[i][j-1]+1, rows[i-1][j-1]+cost)
			if i > 1 && j > 1 && x[i-1] == y[j-2] && x[i-2] == y[j-1] {
				d = min(d, rows[i-2][j-2]+1)
			}
			rows[i][j] = d
		}
	}
	return rows[len(x)][len(y)]
}
