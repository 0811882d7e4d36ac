package link

import (
	"cmp"
	"slices"
	"strings"
)

// Bounds of short forms, in letters.
const (
	leastShort = 3
	mostShort  = 8
)

// shortForms are what the names themselves teach of short forms: "Blue Crane Water Board
// (BCWB)" says what BCWB stands for wherever it is written. The values are the words in full.
type shortForms map[int32][]int32

// longForm is a reading of a short form, with the number of names that give it.
type longForm struct {
	words []int32
	text  string
	names int
}

// learnShortForms collects the short forms that names explain: in parentheses, or beside the
// words they stand for. A short form with two readings is none.
func learnShortForms(l *lexicon, names []*profile) shortForms {
	found := map[int32]map[string]*longForm{}
	for _, p := range names {
		l.explained(p, func(short int32, words []int32) {
			var text strings.Builder
			for _, w := range words {
				text.WriteString(l.texts[w])
			}
			if found[short] == nil {
				found[short] = map[string]*longForm{}
			}
			f := found[short][text.String()]
			if f == nil {
				f = &longForm{words: words, text: text.String()}
				found[short][f.text] = f
			}
			f.names++
		})
	}
	forms := shortForms{}
	for short, readings := range found {
		if words, ok := oneReading(readings); ok {
			forms[short] = words
		}
	}
	return forms
}

// oneReading gives the reading with most names, unless another that is no misspelling of it
// has half as many.
func oneReading(readings map[string]*longForm) ([]int32, bool) {
	list := make([]*longForm, 0, len(readings))
	for _, f := range readings {
		list = append(list, f)
	}
	slices.SortFunc(list, func(a, b *longForm) int { return cmp.Or(cmp.Compare(b.names, a.names), cmp.Compare(a.text, b.text)) })
	for _, f := range list[1:] {
		if 2*f.names >= list[0].names && jaroWinkler(f.text, list[0].text, 0.9) == 0 {
			return nil, false
		}
	}
	return list[0].words, true
}

// explained visits the short forms that a name explains.
func (l *lexicon) explained(p *profile, visit func(short int32, words []int32)) {
	for _, a := range p.aliases {
		switch {
		case len(a.words) == 1:
			if run := l.run(a.words[0], p.words); run != nil {
				visit(a.words[0], run)
			}
		case len(a.words) > 1:
			for _, w := range p.words {
				if l.mayBeShort(w) && l.composes(l.texts[w], a.words) {
					visit(w, a.words)
				}
			}
		}
	}
	if len(p.words) < 3 {
		return
	}
	for i, w := range p.words {
		if !l.mayBeShort(w) {
			continue
		}
		for _, side := range [][]int32{p.words[:i], p.words[i+1:]} {
			run := l.run(w, side)
			// Beside its words: right after them or right before.
			if len(run) >= 2 && (&run[0] == &p.words[min(i+1, len(p.words)-1)] || (i > 0 && &run[len(run)-1] == &p.words[i-1])) {
				visit(w, run)
			}
		}
	}
}

func (l *lexicon) mayBeShort(w int32) bool {
	n := len(l.texts[w])
	return n >= leastShort && n <= mostShort && l.class[w] == Core
}

// run finds the neighbouring words that a short form stands for.
func (l *lexicon) run(short int32, words []int32) []int32 {
	if !l.mayBeShort(short) {
		return nil
	}
	for i := range words {
		for j := len(words); j >= i+2; j-- {
			if l.composes(l.texts[short], words[i:j]) {
				return words[i:j]
			}
		}
	}
	return nil
}

// composes says whether a text is made of the starts of all words, in order; of a word not
// all of it but for the last.
func (l *lexicon) composes(text string, words []int32) bool {
	if len(words) == 0 {
		return text == ""
	}
	if len(text) < len(words) {
		return false
	}
	word := l.texts[words[0]]
	for n := 1; n <= min(len(word), len(text)) && word[n-1] == text[n-1]; n++ {
		if l.composes(text[n:], words[1:]) {
			return true
		}
	}
	return false
}

// writeOut gives each name that has a short form another spelling, with the words in full.
func (f shortForms) writeOut(l *lexicon, p *profile) {
	if len(f) == 0 || len(p.words) >= maxWords {
		return
	}
	for i, w := range p.words {
		long, ok := f[w]
		if !ok {
			continue
		}
		rest := slices.Concat(p.words[:i], p.words[i+1:])
		if !slices.ContainsFunc(long, func(x int32) bool { return !slices.Contains(rest, x) }) {
			long = nil // it stands beside its words
		}
		full := slices.Concat(p.words[:i], long, p.words[i+1:])
		q := profileOfIDs(l, full)
		q.writtenOut = true
		p.aliases = append(p.aliases, q)
		return
	}
}
