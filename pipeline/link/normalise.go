package link

import (
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// NormaliserVersion rises when the same words and data give other names than before, so that
// names kept from an earlier run are made anew.
const NormaliserVersion = 3

// Class says what a word of a name is worth.
type Class uint8

// Classes of words.
const (
	Core       Class = iota // the name itself
	Generic                 // what the company does, how it is built
	Geographic              // where it is
	Number                  // digits, roman numerals
)

// Word is a word of a normalised name.
type Word struct {
	Text  string
	Class Class
}

// Name is a company name in a form that can be compared. A name with any letter or digit, in
// any script, has at least one word; one without (question marks, dashes) has none, and is
// never compared.
type Name struct {
	Words    []Word
	Legal    []string // kinds of the legal forms that were dropped, outermost first
	Registry string   // where it is registered, if a registry appended that
	Aliases  [][]Word // other names given with it: in parentheses, after "trading as"
	key      string
}

// Key identifies what is compared: names with the same key are the same name.
func (n *Name) Key() string { return n.key }

// Compact is the words written together.
func (n *Name) Compact() string { return compact(n.Words) }

func compact(words []Word) string {
	var b strings.Builder
	for _, w := range words {
		b.WriteString(w.Text)
	}
	return b.String()
}

// String is the words with spaces.
func (n *Name) String() string { return spaced(n.Words) }

func spaced(words []Word) string {
	texts := make([]string, len(words))
	for i, w := range words {
		texts[i] = w.Text
	}
	return strings.Join(texts, " ")
}

// Normalise brings a name into a form that can be compared. The country, a code, decides
// which legal forms may be dropped; it may be empty.
func (v *Vocabulary) Normalise(raw, country string) Name {
	text, cyrillic := v.fold(v.addressed(raw))
	if cyrillic && country == "" {
		country = "RU"
	}
	text, registry := v.dropRegistryTail(strings.Join(strings.Fields(text), " "))
	main, asides := splitAsides(text)
	main, marked := v.splitAlias(main)
	asides = append(asides, marked...)

	words, kinds := v.strip(once(v.split(main)), country)
	for _, a := range asides {
		// A place, a trade or a legal form in parentheses qualifies the name; it is no other name.
		if more := v.split(a); v.qualifies(more) || len(words) == 0 {
			more, kind := v.stripAside(more, country)
			words, kinds = append(words, more...), append(kinds, kind...)
		}
	}
	n := Name{Words: v.classify(words), Legal: kinds, Registry: registry}
	if len(n.Words) == 0 {
		n.Words = v.classify(v.split(text))
	}
	for _, a := range asides {
		more := v.split(a)
		if len(more) == 0 || v.qualifies(more) {
			continue
		}
		more, _ = v.strip(more, country)
		alias := v.classify(more)
		if c := compact(alias); utf8.RuneCountInString(c) >= 2 && c != n.Compact() {
			n.Aliases = append(n.Aliases, alias)
		}
	}
	n.key = makeKey(n)
	return n
}

// addressed gives the owner's label of what is no name but a web or e-mail address.
func (v *Vocabulary) addressed(raw string) string {
	text := strings.ToLower(strings.TrimSpace(raw))
	host := ""
	switch {
	case strings.HasPrefix(text, "www."), strings.Contains(text, "://"):
		host = v.domain(text)
	case strings.Contains(text, "@"):
		if _, at, ok := v.email(text); ok && !v.freeMail[at] {
			host = v.domain(at)
		}
	}
	if label := v.label(host); host != "" && hasLetter(label) {
		return label
	}
	return raw
}

func makeKey(n Name) string {
	if len(n.Legal) == 0 && len(n.Aliases) == 0 && n.Registry == "" {
		return n.String()
	}
	parts := []string{n.String(), strings.Join(n.Legal, "+"), n.Registry}
	for _, a := range n.Aliases {
		parts = append(parts, spaced(a))
	}
	return strings.Join(parts, "|")
}

// dropRegistryTail cuts off what registries append: "/DE/", "\NEW\", "/ MA".
func (v *Vocabulary) dropRegistryTail(text string) (rest, tail string) {
	text = strings.TrimSpace(text)
	for _, mark := range []string{"/", "\\"} {
		cut := strings.TrimSuffix(text, mark)
		i := strings.LastIndex(cut, mark)
		if i < 2 {
			continue
		}
		tail = strings.TrimSpace(cut[i+1:])
		n := len(tail)
		if strings.ContainsRune(tail, ' ') || !hasLetter(cut[:i]) {
			continue
		}
		if cut[i-1] == ' ' && v.geographic[tail] { // "Inc. / Delaware"
			return strings.TrimSpace(cut[:i]), tail
		}
		if closed := len(cut) < len(text); (closed && n >= 2 && n <= 5) || (!closed && n == 2 && i >= 8) {
			return strings.TrimSpace(cut[:i]), tail
		}
	}
	return text, ""
}

// splitAsides takes what stands in parentheses out of the text; one that is never closed goes
// to the end.
func splitAsides(text string) (main string, asides []string) {
	if !strings.ContainsAny(text, "([{（") {
		return text, nil
	}
	var b, aside strings.Builder
	depth := 0
	for _, r := range text {
		switch r {
		case '(', '[', '{', '（':
			depth++
			b.WriteByte(' ')
		case ')', ']', '}', '）':
			if depth > 0 {
				depth--
			}
			if depth == 0 {
				asides = append(asides, aside.String())
				aside.Reset()
			}
			b.WriteByte(' ')
		default:
			if depth > 0 {
				aside.WriteRune(r)
			} else {
				b.WriteRune(r)
			}
		}
	}
	if aside.Len() > 0 {
		asides = append(asides, aside.String())
	}
	return b.String(), asides
}

// splitAlias cuts a name at the first marker of another name ("trading as"), if there is
// something on both sides.
func (v *Vocabulary) splitAlias(text string) (main string, aliases []string) {
	for _, marker := range v.aliasMarkers {
		if after, found := strings.CutPrefix(text, marker+" "); found && hasLetter(after) {
			return after, nil
		}
		before, after, found := strings.Cut(text, " "+marker+" ")
		if found && hasLetter(before) && hasLetter(after) {
			return before, []string{after}
		}
	}
	return text, nil
}

// once drops the second half of a name that was written twice.
func once(words []string) []string {
	if n := len(words) / 2; len(words) >= 4 && len(words)%2 == 0 && slices.Equal(words[:n], words[n:]) {
		return words[:n]
	}
	return words
}

func hasLetter(text string) bool {
	return strings.ContainsFunc(text, func(r rune) bool { return unicode.IsLetter(r) || unicode.IsDigit(r) })
}

// split cuts folded text into words: initials are joined, "&" becomes "and" except between
// initials (AT&T), apostrophes vanish.
func (v *Vocabulary) split(text string) []string {
	var words []string
	var word []rune
	var initials int // how many words at the end are single letters that may be joined
	flush := func() {
		if len(word) == 0 {
			return
		}
		words = append(words, string(word))
		if len(word) == 1 && unicode.IsLetter(word[0]) {
			initials++
		} else {
			words, initials = joinInitials(words, initials, 1), 0
		}
		word = word[:0]
	}
	runes := []rune(text)
	for i, r := range runes {
		switch {
		case unicode.IsLetter(r) || unicode.IsDigit(r) || unicode.IsMark(r):
			word = append(word, r)
		case r == '\'' || r == '’' || r == '`' || r == '‘':
		case r == '&' && shortAround(runes, i):
			// AT&T, R&D, B & B: one word.
		case r == '&' || (r == '+' && i+1 < len(runes) && strings.ContainsRune(" ", runes[i+1])):
			flush()
			words, initials = append(joinInitials(words, initials, 0), "and"), 0
		default:
			if (r == ' ' && i+2 < len(runes) && runes[i+1] == '&' && shortAround(runes, i+1)) || (r == ' ' && i > 1 && runes[i-1] == '&' && shortAround(runes, i-1)) {
				continue
			}
			flush()
		}
	}
	flush()
	return joinInitials(words, initials, 0)
}

// joinInitials joins the single letters before the last keep words into one word.
func joinInitials(words []string, initials, keep int) []string {
	if initials < 2 {
		return words
	}
	end := len(words) - keep
	joined := strings.Join(words[end-initials:end], "")
	return append(words[:end-initials], append([]string{joined}, slices.Clone(words[end:])...)...)
}

// shortAround says whether an ampersand stands between letters that are initials: at most two
// without spaces around it, or one letter on either side.
func shortAround(runes []rune, at int) bool {
	left, right, spaces := 0, 0, 0
	i := at - 1
	for ; i >= 0 && runes[i] == ' '; i-- {
		spaces++
	}
	for ; i >= 0 && unicode.IsLetter(runes[i]); i-- {
		left++
	}
	i = at + 1
	for ; i < len(runes) && runes[i] == ' '; i++ {
		spaces++
	}
	for ; i < len(runes) && unicode.IsLetter(runes[i]); i++ {
		right++
	}
	limit := 2
	if spaces > 0 {
		limit = 1
	}
	return left > 0 && right > 0 && left <= limit && right <= limit
}

// qualifies says whether words only qualify a name.
func (v *Vocabulary) qualifies(words []string) bool {
	for i, w := range words {
		c, text := v.class(w, i)
		if c == Core && !v.stop[w] && !v.isForm(w) && utf8.RuneCountInString(text) > 1 {
			return false
		}
	}
	return true
}

func (v *Vocabulary) isForm(word string) bool {
	_, tail := v.legal.tail[word]
	_, anywhere := v.legal.any[word]
	return tail || anywhere
}

// classify makes words of texts: stop words go (unless nothing else is left), abbreviations
// are written out, plurals become singular.
func (v *Vocabulary) classify(texts []string) []Word {
	words := make([]Word, 0, len(texts))
	for i, t := range texts {
		if v.stop[t] {
			continue
		}
		c, text := v.class(t, i)
		words = append(words, Word{text, c})
	}
	if len(words) == 0 {
		for _, t := range texts {
			words = append(words, Word{t, Core})
		}
	}
	return words
}

// class gives the canonical form of a word at a place, and its class.
func (v *Vocabulary) class(word string, at int) (Class, string) {
	if number, ok := v.numbers[word]; ok && at > 0 {
		return Number, number
	}
	if word[0] >= '0' && word[0] <= '9' && isNumber(word) {
		return Number, word
	}
	if full, ok := v.abbreviations[word]; ok && v.geographic[full] {
		return Geographic, full // a place in another language
	}
	if v.geographic[word] {
		return Geographic, word
	}
	if full, ok := v.abbreviations[word]; ok {
		word = full
	}
	if stem := singular(word); stem != word {
		word = stem
		if full, ok := v.abbreviations[word]; ok {
			word = full
		}
	}
	switch {
	case v.geographic[word]:
		return Geographic, word
	case v.generic[word], len(word) == 1:
		return Generic, word
	}
	return Core, word
}

func isNumber(word string) bool {
	return !strings.ContainsFunc(word, func(r rune) bool { return !unicode.IsDigit(r) })
}

// singular drops the plural s of English, French, Spanish and Portuguese words; wrong stems
// (atlas, atla) do no harm, as every name gets the same.
func singular(word string) string {
	n := len(word)
	switch {
	case n < 4 || word[n-1] != 's' || !isPlain(word):
		return word
	case strings.HasSuffix(word, "ies") && n > 4:
		return word[:n-3] + "y"
	case strings.HasSuffix(word, "ss"), strings.HasSuffix(word, "us"), strings.HasSuffix(word, "is"):
		return word
	case strings.HasSuffix(word, "sses"), strings.HasSuffix(word, "xes"), strings.HasSuffix(word, "ches"), strings.HasSuffix(word, "shes"):
		return word[:n-2]
	}
	return word[:n-1]
}
