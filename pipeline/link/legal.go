package link

import (
	"fmt"
	"slices"
	"strings"
)

type legalFile struct {
	Schema string       `json:"$schema"`
	Note   string       `json:"note"`
	Forms  []legalEntry `json:"forms"`
}

type legalEntry struct {
	Kind      string   `json:"kind"`
	Place     string   `json:"place"`
	Countries []string `json:"countries"`
	Only      bool     `json:"only"`
	Forms     []string `json:"forms"`
}

// legalForm is one spelling of a legal form.
type legalForm struct {
	kind      string
	countries []string
	only      bool // only for accounts of these countries
}

// legalForms finds legal forms by where they stand.
type legalForms struct {
	tail, head, any map[string][]legalForm
	glued           []gluedForm // longest first
	longest         int         // in words
}

type gluedForm struct {
	text string
	legalForm
}

func compileLegal(file legalFile) (legalForms, error) {
	l := legalForms{tail: map[string][]legalForm{}, head: map[string][]legalForm{}, any: map[string][]legalForm{}}
	for i, e := range file.Forms {
		f := legalForm{kind: e.Kind, countries: e.Countries, only: e.Only}
		for _, form := range e.Forms {
			l.longest = max(l.longest, len(strings.Fields(form)))
			switch e.Place {
			case "tail":
				l.tail[form] = append(l.tail[form], f)
			case "head":
				l.head[form] = append(l.head[form], f)
			case "any":
				l.any[form] = append(l.any[form], f)
			case "glued":
				l.glued = append(l.glued, gluedForm{form, f})
			default:
				return l, fmt.Errorf("legal_forms.json: forms[%d].place: %q is not any, tail, head or glued", i, e.Place)
			}
		}
	}
	slices.SortStableFunc(l.glued, func(a, b gluedForm) int { return len(b.text) - len(a.text) })
	return l, nil
}

// fits says whether one of the forms may be dropped for an account of the country.
func fits(forms []legalForm, country string, needCountry bool) (string, bool) {
	for _, f := range forms {
		if (!f.only && !needCountry) || slices.Contains(f.countries, country) {
			return f.kind, true
		}
	}
	return "", false
}

// strip drops legal forms from words: at the end repeatedly, at the start where the country
// has them there, unambiguous ones anywhere. It never drops the last word that says anything.
// kinds are what was dropped, outermost first.
func (v *Vocabulary) strip(words []string, country string) (rest, kinds []string) {
	words, kinds = v.stripGlued(words)
	words, numbers := v.cutNumbers(words)
	for {
		for len(words) > 1 && words[len(words)-1] == "the" {
			words = words[:len(words)-1]
		}
		n, kind := v.tailForm(words, country)
		if n == 0 {
			break
		}
		words = words[:len(words)-n]
		for len(words) > 1 && v.and[words[len(words)-1]] {
			words = words[:len(words)-1]
		}
		kinds = append(kinds, kind)
	}
	if n, kind := v.headForm(words, country); n > 0 {
		words, kinds = words[n:], append(kinds, kind)
	}
	for from := 0; from < len(words); {
		n, kind := v.longestForm(words[from:], v.legal.any, country, false)
		if n > 0 && v.says(words[:from], words[from+n:]) {
			words = slices.Concat(words[:from], words[from+n:])
			kinds = append(kinds, kind)
			continue
		}
		from++
	}
	words, more := v.cutNumbers(words)
	return slices.Concat(words, more, numbers), kinds
}

// cutNumbers takes numbers from the end, which may stand behind a legal form ("Corp. III").
func (v *Vocabulary) cutNumbers(words []string) (rest, numbers []string) {
	end := len(words)
	for end > 1 {
		w := words[end-1]
		number, roman := v.lastNumbers[w]
		if !roman && !isNumber(w) {
			break
		}
		if roman {
			w = number
		}
		numbers = append([]string{w}, numbers...)
		end--
	}
	return words[:end], numbers
}

// stripAside drops legal forms from what stood in parentheses; here nothing need be left.
func (v *Vocabulary) stripAside(words []string, country string) (rest, kinds []string) {
	if kind, ok := fits(v.legal.tail[strings.Join(words, " ")], country, false); ok {
		return nil, []string{kind}
	}
	return v.strip(words, country)
}

// says reports whether the words hold one that is not a stop word.
func (v *Vocabulary) says(parts ...[]string) bool {
	for _, words := range parts {
		for _, w := range words {
			if !v.stop[w] {
				return true
			}
		}
	}
	return false
}

func (v *Vocabulary) tailForm(words []string, country string) (int, string) {
	for n := min(v.legal.longest, len(words)-1); n > 0; n-- {
		tail := strings.Join(words[len(words)-n:], " ")
		for _, table := range []map[string][]legalForm{v.legal.tail, v.legal.any} {
			if kind, ok := fits(table[tail], country, false); ok && v.says(words[:len(words)-n]) {
				return n, kind
			}
		}
	}
	return 0, ""
}

func (v *Vocabulary) headForm(words []string, country string) (int, string) {
	n, kind := v.longestForm(words, v.legal.head, country, true)
	if n > 0 && v.says(words[n:]) {
		return n, kind
	}
	return 0, ""
}

func (v *Vocabulary) longestForm(words []string, table map[string][]legalForm, country string, needCountry bool) (int, string) {
	for n := min(v.legal.longest, len(words)); n > 0; n-- {
		if kind, ok := fits(table[strings.Join(words[:n], " ")], country, needCountry); ok {
			return n, kind
		}
	}
	return 0, ""
}

// stripGlued drops the forms that scripts without spaces write into the word.
func (v *Vocabulary) stripGlued(words []string) (rest, kinds []string) {
	if !slices.ContainsFunc(words, func(w string) bool { return w[0] >= 0xe0 }) {
		return words, nil
	}
	rest = slices.Clone(words)
	for _, i := range []int{len(rest) - 1, 0} {
		for _, f := range v.legal.glued {
			cut := strings.TrimPrefix(strings.TrimSuffix(rest[i], f.text), f.text)
			if cut == rest[i] || (cut == "" && len(rest) == 1) {
				continue
			}
			kinds = append(kinds, f.kind)
			if cut == "" {
				rest = slices.Delete(rest, i, i+1)
				return rest, kinds
			}
			rest[i] = cut
			break
		}
	}
	return rest, kinds
}
