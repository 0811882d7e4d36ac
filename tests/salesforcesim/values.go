package salesforcesim

import (
	"bytes"
	"strconv"
	"strings"
	"time"
)

// stampLayout is the canonical text of an instant: fixed width, so that it sorts.
const stampLayout = "2006-01-02T15:04:05.000Z"

func stamped(t time.Time) string { return t.UTC().Format(stampLayout) }

// canonical turns what a test or an export gives into the text rows hold.
func canonical(f *Field, value string) string {
	switch t := f.facts(); {
	case value == "":
		return ""
	case t.numeric || t.whole:
		return plainNumber(value)
	case f.Type == "boolean":
		return strings.ToLower(value)
	case f.Type == "datetime":
		if at, ok := parseInstant(value); ok {
			return stamped(at)
		}
	case f.Type == "id" || f.Type == "reference":
		return fullID(value)
	}
	return value
}

func parseInstant(value string) (time.Time, bool) {
	for _, layout := range []string{"2006-01-02T15:04:05.999Z07:00", "2006-01-02T15:04:05.999Z0700"} {
		if at, err := time.Parse(layout, value); err == nil {
			return at, true
		}
	}
	return time.Time{}, false
}

// plainNumber writes a number without an exponent, digit for digit.
func plainNumber(s string) string {
	at := strings.IndexAny(s, "eE")
	if at < 0 {
		return s
	}
	exp, err := strconv.Atoi(s[at+1:])
	if err != nil || exp > 400 || exp < -400 {
		return s
	}
	sign, digits := "", s[:at]
	if digits != "" && (digits[0] == '-' || digits[0] == '+') {
		sign, digits = strings.TrimPrefix(digits[:1], "+"), digits[1:]
	}
	whole, fraction, _ := strings.Cut(digits, ".")
	digits, point := whole+fraction, len(whole)+exp
	if point <= 0 {
		digits, point = strings.Repeat("0", 1-point)+digits, 1
	}
	if point > len(digits) {
		digits += strings.Repeat("0", point-len(digits))
	}
	whole, fraction = strings.TrimLeft(digits[:point], "0"), strings.TrimRight(digits[point:], "0")
	if whole == "" {
		whole = "0"
	}
	if fraction != "" {
		fraction = "." + fraction
	}
	return sign + whole + fraction
}

// appendDecimal writes a number as Salesforce does: whole ones with a zero after the
// point.
func appendDecimal(dst []byte, plain string) []byte {
	dst = append(dst, plain...)
	if strings.IndexByte(plain, '.') < 0 {
		dst = append(dst, ".0"...)
	}
	return dst
}

// appendExponent writes a number of at least so many digits before the point with an
// exponent, digit for digit: 1.0E21.
func appendExponent(dst []byte, plain string, from int) []byte {
	digits := strings.TrimPrefix(plain, "-")
	whole, fraction, _ := strings.Cut(digits, ".")
	if len(whole) < from {
		return appendDecimal(dst, plain)
	}
	if len(digits) < len(plain) {
		dst = append(dst, '-')
	}
	rest := strings.TrimRight(whole[1:]+fraction, "0")
	if rest == "" {
		rest = "0"
	}
	dst = append(append(append(dst, whole[0], '.'), rest...), 'E')
	return strconv.AppendInt(dst, int64(len(whole)-1), 10)
}

const hexDigits = "0123456789abcdef"

// appendString writes a JSON string.
func appendString(dst []byte, s string) []byte {
	dst = append(dst, '"')
	from := 0
	for i := range len(s) {
		c := s[i]
		if c >= ' ' && c != '"' && c != '\\' && c != 0x7F {
			continue
		}
		dst = append(dst, s[from:i]...)
		from = i + 1
		switch c {
		case '"', '\\':
			dst = append(dst, '\\', c)
		case '\n':
			dst = append(dst, '\\', 'n')
		case '\r':
			dst = append(dst, '\\', 'r')
		case '\t':
			dst = append(dst, '\\', 't')
		default:
			dst = append(dst, '\\', 'u', '0', '0', hexDigits[c>>4], hexDigits[c&15])
		}
	}
	return append(append(dst, s[from:]...), '"')
}

// appendJSON writes a value as the REST API does.
func appendJSON(dst []byte, f *Field, value string) []byte {
	t := f.facts()
	switch {
	case value == "" && f.Type == "boolean":
		return append(dst, "false"...)
	case value == "":
		return append(dst, "null"...)
	case t.numeric:
		return appendExponent(dst, value, 21)
	case t.bare:
		return append(dst, value...)
	case f.Type == "datetime":
		return append(append(append(dst, '"'), strings.TrimSuffix(value, "Z")...), `+0000"`...)
	}
	return appendString(dst, value)
}

// csvStyle is how Bulk results are written.
type csvStyle struct {
	delimiter, newline string
	offset             bool // +0000 for Z
	plain, exponent    bool // numbers
	bareNull           bool
}

// append writes a value as Bulk results do.
func (s *csvStyle) append(dst []byte, f *Field, value string) []byte {
	if value == "" && f.Type != "boolean" {
		if s.bareNull {
			return dst
		}
		return append(dst, '"', '"')
	}
	dst = append(dst, '"')
	t := f.facts()
	switch {
	case value == "":
		dst = append(dst, "false"...)
	case (t.numeric || t.whole) && s.exponent:
		dst = appendExponent(dst, value, 8)
	case t.numeric || t.whole:
		if dst = append(dst, value...); !s.plain && strings.IndexByte(value, '.') < 0 {
			dst = append(dst, ".0"...)
		}
	case f.Type == "datetime" && s.offset:
		dst = append(append(dst, strings.TrimSuffix(value, "Z")...), "+0000"...)
	default:
		from := len(dst)
		dst = append(dst, value...)
		if strings.IndexByte(value, '"') >= 0 {
			dst = append(dst[:from], bytes.ReplaceAll(dst[from:], []byte{'"'}, []byte{'"', '"'})...)
		}
	}
	return append(dst, '"')
}
