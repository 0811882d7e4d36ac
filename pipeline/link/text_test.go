package link

import (
	"math"
	"math/rand/v2"
	"testing"
)

// TestJaroWinkler holds it against published values (W. Winkler, "Approximate string
// comparator search strategies for very large administrative lists", 2005, table 6).
func TestJaroWinkler(t *testing.T) {
	for _, c := range []struct {
		a, b string
		want float64
	}{
		{"SHACKLEFORD", "SHACKELFORD", 0.982}, {"DUNNINGHAM", "CUNNIGHAM", 0.896}, {"NICHLESON", "NICHULSON", 0.956},
		{"MASSEY", "MASSIE", 0.933}, {"ABROMS", "ABRAMS", 0.922}, {"MARTHA", "MARHTA", 0.961}, {"DWAYNE", "DUANE", 0.840},
		{"", "X", 0}, {"A", "B", 0}, {"SAME", "SAME", 1},
	} {
		if got := jaroWinkler(c.a, c.b, 0); math.Abs(got-c.want) > 0.0006 {
			t.Errorf("jaroWinkler(%q, %q) = %.4f, want %.3f", c.a, c.b, got, c.want)
		}
	}
}

// TestLettersAgainstTables compares both measures with slow ones, on random words.
func TestLettersAgainstTables(t *testing.T) {
	random := rand.New(rand.NewPCG(11, 7))
	alike := 0
	for range 200_000 {
		a := randomWord(random)
		b := misspelt(random, a)
		if random.IntN(4) == 0 {
			b = randomWord(random)
		}
		limit := random.IntN(20)
		if got, want := editDistance(a, b, limit), min(slowEditDistance(shortened(a), shortened(b)), limit+1); got != want && max(len(a), len(b)) <= longestCompared {
			t.Fatalf("editDistance(%q, %q, %d) = %d, want %d", a, b, limit, got, want)
		}
		least := float64(random.IntN(11)) / 10
		want := slowJaroWinkler(shortened(a), shortened(b))
		if want < least {
			want = 0
		}
		if got := jaroWinkler(a, b, least); math.Abs(got-want) > 1e-12 {
			t.Fatalf("jaroWinkler(%q, %q, %v) = %v, want %v", a, b, least, got, want)
		}
		if want > 0.8 {
			alike++
		}
	}
	if alike < 10_000 {
		t.Errorf("only %d pairs were alike", alike)
	}
}

func randomWord(r *rand.Rand) string {
	letters := "abcdefghijklmnopqrstuvwxyz\xc3\xa9"[:2+r.IntN(26)]
	word := make([]byte, r.IntN(20))
	if r.IntN(20) == 0 {
		word = make([]byte, 60+r.IntN(10))
	}
	for i := range word {
		word[i] = letters[r.IntN(len(letters))]
	}
	return string(word)
}

// misspelt changes up to three letters.
func misspelt(r *rand.Rand, s string) string {
	for range r.IntN(4) {
		i := r.IntN(len(s) + 1)
		switch r.IntN(3) {
		case 0:
			s = s[:i] + "x" + s[i:]
		case 1:
			s = s[:i] + s[min(i+1, len(s)):]
		case 2:
			if i+1 < len(s) {
				s = s[:i] + s[i+1:i+2] + s[i:i+1] + s[i+2:]
			}
		}
	}
	return s
}

// slowEditDistance fills the whole table of optimal string alignment.
func slowEditDistance(a, b string) int {
	d := make([][]int, len(a)+1)
	for i := range d {
		d[i] = make([]int, len(b)+1)
		for j := range d[i] {
			cost := 1
			switch {
			case i == 0 || j == 0:
				d[i][j] = i + j
				continue
			case a[i-1] == b[j-1]:
				cost = 0
			}
			d[i][j] = min(d[i-1][j]+1, d[i][j-1]+1, d[i-1][j-1]+cost)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				d[i][j] = min(d[i][j], d[i-2][j-2]+1)
			}
		}
	}
	return d[len(a)][len(b)]
}

// slowJaroWinkler looks for each letter from the start of its window.
func slowJaroWinkler(a, b string) float64 {
	if a == b {
		return 1
	}
	window := max(max(len(a), len(b))/2-1, 0)
	taken := make([]bool, len(b))
	var lettersA, lettersB []byte
	for i := range len(a) {
		for j := max(0, i-window); j < min(len(b), i+window+1); j++ {
			if !taken[j] && a[i] == b[j] {
				taken[j] = true
				lettersA = append(lettersA, a[i])
				break
			}
		}
	}
	for j, is := range taken {
		if is {
			lettersB = append(lettersB, b[j])
		}
	}
	if len(lettersA) == 0 {
		return 0
	}
	moved := 0.0
	for i := range lettersA {
		if lettersA[i] != lettersB[i] {
			moved++
		}
	}
	m, common := float64(len(lettersA)), 0
	jaro := (m/float64(len(a)) + m/float64(len(b)) + (m-moved/2)/m) / 3
	for common < min(4, len(a), len(b)) && a[common] == b[common] {
		common++
	}
	return jaro + float64(common)*0.1*(1-jaro)
}
