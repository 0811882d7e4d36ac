package client

import "bytes"

// A literal is expanded to at most so many digits before or after the point. The
// largest double has 309, the smallest 324 after the point.
const mostZeros = 1100

// decimal is a literal taken apart: sign, digits, and where the point stands.
type decimal struct {
	negative bool
	whole    []byte // digits before the point
	part     []byte // digits after the point
	exponent int
}

// number writes a literal as a plain exact decimal: no exponent, no leading or trailing
// zeros, no plus sign, no negative zero. Nothing passes through a float, so
// 9007199254740993 survives. A text that is no number, or has a fraction where an
// integer is due, is given back as received.
func (w *writer) number(value []byte, integer bool) ([]byte, bool) {
	if out, ok := trimmed(value); ok && (!integer || bytes.IndexByte(out, '.') < 0) {
		return out, true
	}
	d, ok := parseDecimal(value)
	if !ok {
		return w.asReceived(value)
	}
	start := len(w.buf)
	w.buf = append(append(w.buf, d.whole...), d.part...)
	digits := w.since(start)
	start = len(w.buf)
	w.buf = plain(w.buf, d.negative, digits, len(d.whole)+d.exponent)
	out := w.since(start)
	if integer && bytes.IndexByte(out, '.') >= 0 {
		return value, false
	}
	return out, true
}

// trimmed is the common case: 10, -7.25, 10.0, 12.50 – canonical already but for zeros
// at the end. It needs no new bytes. Anything unusual is left to parseDecimal.
func trimmed(value []byte) ([]byte, bool) {
	first := 0
	if value[0] == '-' {
		first = 1
	}
	point := -1
	for i := first; i < len(value); i++ {
		switch ch := value[i]; {
		case ch >= '0' && ch <= '9':
		case ch == '.' && point < 0:
			point = i
		default:
			return nil, false
		}
	}
	if point < 0 {
		point = len(value)
	}
	if point == first || value[first] == '0' {
		return value, first == 0 && len(value) == 1 && value[0] == '0' // not: 0.5, 00, .5, -0, -
	}
	end := len(value)
	for end > point && (value[end-1] == '0' || value[end-1] == '.') {
		end--
	}
	return value[:end], true
}

func allDigits(text []byte) bool {
	for _, ch := range text {
		if ch < '0' || ch > '9' {
			return false
		}
	}
	return len(text) > 0
}

// parseDecimal takes a literal of the form [+-] digits [. digits] [e [+-] digits].
func parseDecimal(value []byte) (decimal, bool) {
	var d decimal
	if value[0] == '-' || value[0] == '+' {
		d.negative = value[0] == '-'
		value = value[1:]
	}
	value, d.whole = leading(value)
	if len(value) > 0 && value[0] == '.' {
		value, d.part = leading(value[1:])
	}
	if len(d.whole)+len(d.part) == 0 {
		return d, false
	}
	if len(value) > 0 && (value[0] == 'e' || value[0] == 'E') {
		var ok bool
		if d.exponent, ok = parseExponent(value[1:]); !ok {
			return d, false
		}
		value = nil
	}
	return d, len(value) == 0
}

// leading splits off the digits that a text begins with.
func leading(value []byte) (rest, digits []byte) {
	n := 0
	for n < len(value) && value[n] >= '0' && value[n] <= '9' {
		n++
	}
	return value[n:], value[:n]
}

func parseExponent(value []byte) (int, bool) {
	negative := false
	if len(value) > 0 && (value[0] == '-' || value[0] == '+') {
		negative = value[0] == '-'
		value = value[1:]
	}
	if !allDigits(value) {
		return 0, false
	}
	n := 0
	for _, ch := range value {
		if n = n*10 + int(ch-'0'); n > mostZeros {
			return 0, false
		}
	}
	if negative {
		n = -n
	}
	return n, true
}

// plain appends digits with a point after the first `point` of them, in the shortest
// plain form.
func plain(out []byte, negative bool, digits []byte, point int) []byte {
	for len(digits) > 0 && digits[0] == '0' {
		digits = digits[1:]
		point--
	}
	for len(digits) > 0 && digits[len(digits)-1] == '0' {
		digits = digits[:len(digits)-1]
	}
	if len(digits) == 0 {
		return append(out, '0')
	}
	if negative {
		out = append(out, '-')
	}
	switch {
	case point <= 0:
		out = append(out, '0', '.')
		out = zeros(out, -point)
		out = append(out, digits...)
	case point >= len(digits):
		out = append(out, digits...)
		out = zeros(out, point-len(digits))
	default:
		out = append(out, digits[:point]...)
		out = append(out, '.')
		out = append(out, digits[point:]...)
	}
	return out
}

func zeros(out []byte, n int) []byte {
	for range n {
		out = append(out, '0')
	}
	return out
}
