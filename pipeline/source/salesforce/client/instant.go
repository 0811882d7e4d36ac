package client

import "time"

// dateTime writes an instant as RFC 3339 in UTC with milliseconds. It takes seconds
// with or without fraction, and Z, +0000 or +00:00 (or any other offset) behind. What
// does not fit – no such day, or a fraction finer than a millisecond, which would be
// lost – is given back as received.
func (w *writer) dateTime(value []byte) ([]byte, bool) {
	const exact = len("2006-01-02T15:04:05.000Z")
	if len(value) < len("2006-01-02T15:04:05Z") || value[10] != 'T' && value[10] != ' ' || !isDate(value[:10]) {
		return w.asReceived(value)
	}
	c, rest, ok := parseClock(value[11:])
	offset, known := parseOffset(rest)
	if !ok || !known {
		return w.asReceived(value)
	}
	if offset == 0 {
		if len(value) == exact && value[10] == 'T' && value[23] == 'Z' {
			return value, true
		}
		start := len(w.buf)
		w.buf = append(append(w.buf, value[:10]...), 'T')
		w.buf = appendClock(w.buf, c)
		return w.since(start), true
	}
	year, month, day := digits(value[:4]), digits(value[5:7]), digits(value[8:10])
	t := time.Date(year, time.Month(month), day, c.hour, c.minute, c.second, c.milli*int(time.Millisecond), time.UTC).
		Add(-time.Duration(offset) * time.Minute)
	if t.Year() < 0 || t.Year() > 9999 {
		return w.asReceived(value)
	}
	start := len(w.buf)
	w.buf = t.AppendFormat(w.buf, "2006-01-02T15:04:05.000Z")
	return w.since(start), true
}

// looksLikeInstant says that a text of unknown type has exactly the form in which REST
// writes instants. Bulk writes the same value with a Z.
func looksLikeInstant(value []byte) bool {
	const sample = "2020-10-22T21:03:23.000+0000"
	return len(value) == len(sample) && value[10] == 'T' && value[19] == '.' && string(value[23:]) == sample[23:]
}

// timeOfDay writes a time as 21:03:23.000Z. It belongs to no zone; an offset other
// than zero therefore does not fit.
func (w *writer) timeOfDay(value []byte) ([]byte, bool) {
	c, rest, ok := parseClock(value)
	if !ok {
		return w.asReceived(value)
	}
	if len(rest) > 0 {
		if offset, known := parseOffset(rest); !known || offset != 0 {
			return w.asReceived(value)
		}
	}
	const exact = len("15:04:05.000Z")
	if len(value) == exact && value[exact-1] == 'Z' {
		return value, true
	}
	start := len(w.buf)
	w.buf = appendClock(w.buf, c)
	return w.since(start), true
}

// isDate says that a text is an existing day, YYYY-MM-DD.
func isDate(value []byte) bool {
	if len(value) != 10 || value[4] != '-' || value[7] != '-' ||
		!allDigits(value[:4]) || !allDigits(value[5:7]) || !allDigits(value[8:]) {
		return false
	}
	year, month, day := digits(value[:4]), digits(value[5:7]), digits(value[8:])
	if month < 1 || month > 12 || day < 1 || day > 31 {
		return false
	}
	return day <= 28 || time.Date(year, time.Month(month), day, 0, 0, 0, 0, time.UTC).Day() == day
}

type clock struct{ hour, minute, second, milli int }

// parseClock reads hh:mm:ss with up to three significant digits of fraction, and gives
// what follows.
func parseClock(value []byte) (clock, []byte, bool) {
	if len(value) < 8 || value[2] != ':' || value[5] != ':' ||
		!allDigits(value[:2]) || !allDigits(value[3:5]) || !allDigits(value[6:8]) {
		return clock{}, nil, false
	}
	c := clock{hour: digits(value[:2]), minute: digits(value[3:5]), second: digits(value[6:8])}
	if c.hour > 23 || c.minute > 59 || c.second > 59 {
		return clock{}, nil, false
	}
	rest := value[8:]
	if len(rest) == 0 || rest[0] != '.' {
		return c, rest, true
	}
	rest, fraction := leading(rest[1:])
	if len(fraction) == 0 {
		return clock{}, nil, false
	}
	for i, ch := range fraction {
		switch {
		case i < 3:
			c.milli = c.milli*10 + int(ch-'0')
		case ch != '0':
			return clock{}, nil, false
		}
	}
	for i := len(fraction); i < 3; i++ {
		c.milli *= 10
	}
	return c, rest, true
}

// parseOffset reads Z, +hhmm or +hh:mm as minutes east.
func parseOffset(value []byte) (int, bool) {
	if len(value) == 1 && (value[0] == 'Z' || value[0] == 'z') {
		return 0, true
	}
	if len(value) == 6 && value[3] == ':' {
		value = append(append(make([]byte, 0, 5), value[:3]...), value[4:]...)
	}
	if len(value) != 5 || value[0] != '+' && value[0] != '-' || !allDigits(value[1:]) {
		return 0, false
	}
	hours, minutes := digits(value[1:3]), digits(value[3:5])
	if hours > 14 || minutes > 59 {
		return 0, false
	}
	offset := hours*60 + minutes
	if value[0] == '-' {
		offset = -offset
	}
	return offset, true
}

func appendClock(out []byte, c clock) []byte {
	two := func(n int) { out = append(out, byte('0'+n/10), byte('0'+n%10)) }
	two(c.hour)
	out = append(out, ':')
	two(c.minute)
	out = append(out, ':')
	two(c.second)
	return append(out, '.', byte('0'+c.milli/100), byte('0'+c.milli/10%10), byte('0'+c.milli%10), 'Z')
}

// digits is the number that a few digits write.
func digits(text []byte) int {
	n := 0
	for _, ch := range text {
		n = n*10 + int(ch-'0')
	}
	return n
}
