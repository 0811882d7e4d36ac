package soql

import (
	"fmt"
	"strconv"
	"strings"
	"unicode/utf8"
)

// kind is what a token is.
type kind byte

const (
	end kind = iota
	word
	text   // 'quoted'
	number // 12, -3.5, 1e21
	moment // 2026-10-31 or 2026-10-31T00:00:00Z
	symbol
)

type token struct {
	kind  kind
	text  string // unescaped for text
	start int    // byte offset in the query
}

// Error says what is wrong with a query and where.
type Error struct {
	Message string
	Query   string
	At      int // byte offset
}

// Error writes the message as Salesforce does: the place with a caret, then the reason.
func (e *Error) Error() string {
	from, to := max(0, e.At-20), min(len(e.Query), e.At+20)
	for from > 0 && !utf8.RuneStart(e.Query[from]) {
		from--
	}
	for to < len(e.Query) && !utf8.RuneStart(e.Query[to]) {
		to++
	}
	around := strings.Map(func(r rune) rune {
		if r < ' ' {
			return ' '
		}
		return r
	}, e.Query[from:to])
	return fmt.Sprintf("\n%s\n%s^\nERROR at Row:1:Column:%d\n%s", around, strings.Repeat(" ", e.At-from), e.At+1, e.Message)
}

// lex splits a query into tokens. The last one is of kind end.
func lex(query string) ([]token, error) {
	var out []token
	for i := 0; i < len(query); {
		c := query[i]
		var t token
		var n int
		var err error
		switch {
		case c == ' ' || c == '\t' || c == '\n' || c == '\r':
			i++
			continue
		case c == '\'':
			t, n, err = lexText(query, i)
		case isDigit(c) || (c == '-' || c == '+' || c == '.') && i+1 < len(query) && (isDigit(query[i+1]) || query[i+1] == '.'):
			t, n = lexNumber(query, i)
		case isLetter(c):
			n = i + 1
			for n < len(query) && (isLetter(query[n]) || isDigit(query[n]) || query[n] == '.' || query[n] == '%') {
				n++
			}
			t = token{word, query[i:n], i}
		default:
			n = i + 1
			if n < len(query) && strings.Contains("!= <= >= <>", query[i:n+1]) && query[n] != ' ' && c != '=' {
				n++
			}
			if !strings.ContainsRune("=<>!(),:", rune(c)) {
				return nil, &Error{fmt.Sprintf("unexpected token: '%s'", string(firstRune(query[i:]))), query, i}
			}
			t = token{symbol, query[i:n], i}
		}
		if err != nil {
			return nil, err
		}
		out, i = append(out, t), n
	}
	return append(out, token{end, "<EOF>", len(query)}), nil
}

func firstRune(s string) rune {
	r, _ := utf8.DecodeRuneInString(s)
	return r
}

func isDigit(c byte) bool { return c >= '0' && c <= '9' }

func isLetter(c byte) bool { return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c == '_' }

// lexNumber reads a number, a date or a date with time.
func lexNumber(query string, i int) (token, int) {
	n := i + 1
	for n < len(query) && (isDigit(query[n]) || strings.IndexByte(".:-+TZtzEe", query[n]) >= 0) {
		n++
	}
	s := query[i:n]
	if len(s) >= 10 && s[4] == '-' && s[7] == '-' {
		return token{moment, s, i}, n
	}
	if len(s) >= 8 && s[2] == ':' {
		return token{moment, s, i}, n
	}
	return token{number, s, i}, n
}

// lexText reads a quoted string and undoes its escapes.
func lexText(query string, i int) (token, int, error) {
	var b strings.Builder
	for n := i + 1; n < len(query); n++ {
		switch c := query[n]; c {
		case '\'':
			return token{text, b.String(), i}, n + 1, nil
		case '\\':
			n++
			if n == len(query) {
				break
			}
			if query[n] == 'u' && n+4 < len(query) {
				r, err := strconv.ParseUint(query[n+1:n+5], 16, 32)
				if err != nil {
					return token{}, 0, &Error{"Illegal unicode escape", query, n}
				}
				b.WriteRune(rune(r))
				n += 4
				continue
			}
			plain, known := escapes[query[n]]
			if !known {
				return token{}, 0, &Error{fmt.Sprintf("Invalid string literal. Illegal character sequence '\\%c'", query[n]), query, n - 1}
			}
			b.WriteString(plain)
		default:
			b.WriteByte(c)
		}
	}
	return token{}, 0, &Error{"unterminated string literal", query, i}
}

// Escape stands before a wildcard of LIKE that is to be taken literally. No string of
// Salesforce holds it.
const Escape = '\x00'

// escapes of SOQL strings.
var escapes = map[byte]string{
	'n': "\n", 'N': "\n", 'r': "\r", 'R': "\r", 't': "\t", 'T': "\t", 'b': "\b", 'B': "\b", 'f': "\f", 'F': "\f",
	'"': `"`, '\'': "'", '\\': `\`, '_': "\x00_", '%': "\x00%",
}
