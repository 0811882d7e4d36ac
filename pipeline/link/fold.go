package link

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/unicode/norm"
)

// fold writes text in lower case without marks, Cyrillic and Greek in Latin letters. Scripts
// whose marks are vowels (Devanagari, Thai and others) keep them. cyrillic says that the text
// was written in Cyrillic, where Russian legal forms may be expected.
func (v *Vocabulary) fold(text string) (folded string, cyrillic bool) {
	if isPlain(text) {
		return strings.ToLower(text), false
	}
	text = norm.NFKC.String(repair(text))
	var bare strings.Builder
	base := rune(0)
	for _, r := range norm.NFD.String(strings.ToLower(text)) {
		switch {
		case unicode.Is(unicode.Mn, r) && unicode.In(base, unicode.Latin, unicode.Greek, unicode.Cyrillic, unicode.Arabic, unicode.Hebrew):
			continue
		case !unicode.Is(unicode.Mn, r):
			base = r
		}
		cyrillic = cyrillic || unicode.Is(unicode.Cyrillic, r)
		bare.WriteRune(r)
	}
	var out strings.Builder
	for _, r := range norm.NFC.String(v.sequences.Replace(bare.String())) {
		if latin, ok := v.letters[r]; ok {
			out.WriteString(latin)
		} else {
			out.WriteRune(r)
		}
	}
	if hasLetter(text) && !hasLetter(out.String()) {
		return bare.String(), cyrillic // signs alone that Latin has no letter for, like the hard sign
	}
	return out.String(), cyrillic
}

func isPlain(text string) bool {
	for i := 0; i < len(text); i++ {
		if text[i] >= utf8.RuneSelf {
			return false
		}
	}
	return true
}

// repair undoes UTF-8 that was read as Windows-1252, as often as it was done: only text that
// is again valid UTF-8 beyond ASCII is taken, and only if letters are left of letters.
func repair(text string) string {
	for range 3 {
		raw, err := charmap.Windows1252.NewEncoder().String(text)
		if err != nil || raw == text || !utf8.ValidString(raw) || isPlain(raw) || strings.ContainsRune(raw, utf8.RuneError) {
			break
		}
		if hasLetter(text) && !hasLetter(raw) {
			break // Ë© would be a tone mark
		}
		text = raw
	}
	if !utf8.ValidString(text) {
		text = strings.ToValidUTF8(text, " ")
	}
	return text
}
