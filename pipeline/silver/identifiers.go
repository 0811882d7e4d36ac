package silver

import (
	"strings"
	"unicode"
)

// identifiers lists the names a SQL expression may refer to as columns, lower-case.
// It knows strings, numbers, comments and quoted names, not grammar: keywords and the
// names of types are among them, which does no harm where the list is only matched
// against known columns. Names of functions are left out.
func identifiers(sql string) []string {
	var out []string
	seen := map[string]bool{}
	add := func(name string) {
		if name = strings.ToLower(name); !seen[name] {
			seen[name] = true
			out = append(out, name)
		}
	}
	r := []rune(sql)
	for i := 0; i < len(r); {
		switch c := r[i]; {
		case c == '\'':
			i = skipQuoted(r, i, '\'')
		case c == '-' && i+1 < len(r) && r[i+1] == '-':
			for i < len(r) && r[i] != '\n' {
				i++
			}
		case c == '"':
			end := skipQuoted(r, i, '"')
			if end-1 > i {
				add(strings.ReplaceAll(string(r[i+1:end-1]), `""`, `"`))
			}
			i = end
		case unicode.IsLetter(c) || c == '_':
			end := i
			for end < len(r) && (unicode.IsLetter(r[end]) || unicode.IsDigit(r[end]) || r[end] == '_') {
				end++
			}
			next := end
			for next < len(r) && unicode.IsSpace(r[next]) {
				next++
			}
			if next >= len(r) || r[next] != '(' {
				add(string(r[i:end]))
			}
			i = end
		case unicode.IsDigit(c):
			for i < len(r) && (unicode.IsLetter(r[i]) || unicode.IsDigit(r[i]) || r[i] == '.') {
				i++
			}
		default:
			i++
		}
	}
	return out
}

// skipQuoted returns the index after the quoted text that begins at i.
func skipQuoted(r []rune, i int, quote rune) int {
	for i++; i < len(r); i++ {
		if r[i] != quote {
			continue
		}
		if i+1 < len(r) && r[i+1] == quote {
			i++
			continue
		}
		return i + 1
	}
	return len(r)
}
