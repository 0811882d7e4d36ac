package link

import (
	"math"
	"slices"
)

// classWeight is how much a word of a class says beside a core word of the same rarity.
var classWeight = [...]float64{Core: 1, Generic: 0.5, Geographic: 0.4, Number: 0.6}

// rareEnough is the log rarity from which a word counts in full. A fixed share of the names,
// not of their logarithm, so that weights mean the same in small and large files.
const rareEnough = 8.0

// lexicon knows the words of all names: how rare each is and what it weighs.
type lexicon struct {
	ids    map[string]int32
	texts  []string
	class  []Class
	df     []int32 // in how many distinct names, by level
	names  int     // how many there are, by level
	logN   float64
	idf    []float64
	weight []float64
}

func newLexicon() *lexicon { return &lexicon{ids: map[string]int32{}} }

// id gives the number of a word, adding it if it is new. A name of nothing but words that
// are dropped elsewhere makes them its core: of several classes a word has the first.
func (l *lexicon) id(w Word) int32 {
	if id, ok := l.ids[w.Text]; ok {
		l.class[id] = min(l.class[id], w.Class)
		return id
	}
	id := int32(len(l.texts))
	l.ids[w.Text] = id
	l.texts, l.class, l.df = append(l.texts, w.Text), append(l.class, w.Class), append(l.df, 0)
	return id
}

// leastRounded is the number from which frequencies are rounded.
const leastRounded = 32

// level rounds a frequency to one part in 32: a name more or less then seldom changes what a
// common word weighs in all names that have it.
func level(n int32) int32 {
	step := int32(1)
	for n/step >= leastRounded {
		step *= 2
	}
	return n/step*step + step/2
}

// countWords finds how often words occur: in names of accounts that are not recent, or in all
// names if a word is in none of those. Of names with the same letters one counts.
func (c *corpus) countWords() {
	l := c.lex
	counted, all := make([]int32, len(l.texts)), make([]int32, len(l.texts))
	add := func(to []int32, words []int32) {
		for i, w := range words {
			if first(words, w) == i {
				to[w]++
			}
		}
	}
	names, done := int32(0), false
	for i, p := range c.names {
		if c.newLetters(i) {
			add(all, p.words)
			done = false
		}
		if !c.recent[i] && !done {
			add(counted, p.words)
			names, done = names+1, true
		}
	}
	l.names = int(level(names))
	for w := range l.df {
		if l.df[w] = level(counted[w]); counted[w] == 0 {
			l.df[w] = level(all[w])
		}
	}
}

func first(words []int32, w int32) int {
	for i, x := range words {
		if x == w {
			return i
		}
	}
	return -1
}

// weigh computes rarity and weights from the frequencies.
func (l *lexicon) weigh() {
	l.logN = math.Log(float64(l.names) + 1)
	l.idf, l.weight = make([]float64, len(l.texts)), make([]float64, len(l.texts))
	for i, df := range l.df {
		l.idf[i] = math.Log((float64(l.names) + 1) / (float64(df) + 0.5))
		l.idf[i] = min(max(l.idf[i], 0.1), l.logN)
		l.weight[i] = classWeight[l.class[i]] * min(l.idf[i], rareEnough) / rareEnough
	}
}

// lexicon is the one of the run that left the state.
func (s *stateWords) lexicon(names int64) *lexicon {
	l := &lexicon{ids: make(map[string]int32, len(s.text)+len(s.text)/8), names: int(names),
		texts: slices.Clone(s.text), class: slices.Clone(s.class), df: slices.Clone(s.names)}
	for i, text := range l.texts {
		l.ids[text] = int32(i)
	}
	return l
}
