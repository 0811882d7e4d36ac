package client

import (
	"strings"
	"unicode/utf8"
)

// form is how values of a described type are written in their one canonical text.
type form uint8

const (
	formText     form = iota // bytes as received
	formInteger              // plain digits: 10.0 and 1e1 are 10
	formDecimal              // plain, exact, no trailing zeros: 10.0 is 10, 1e21 is written out
	formBoolean              // true or false
	formDateTime             // 2020-10-22T21:03:23.000Z
	formDate                 // 2020-10-22
	formTime                 // 21:03:23.000Z
	formAny                  // as received, but what has exactly the form of an instant is written as one
)

// forms are the described types that REST and Bulk spell differently. Every other type
// is text: id, reference, string, textarea, picklist, multipicklist, email, phone, url,
// encryptedstring, combobox and those to come.
var forms = map[string]form{
	"int":      formInteger,
	"long":     formInteger,
	"double":   formDecimal,
	"currency": formDecimal,
	"percent":  formDecimal,
	"boolean":  formBoolean,
	"datetime": formDateTime,
	"date":     formDate,
	"time":     formTime,
	"anyType":  formAny,
}

// Canonical writes a value of a described type in its one canonical text: the same
// bytes whether it came by REST (the JSON string's content, or the literal) or by Bulk
// (the CSV field). Empty stays empty and means NULL. false: the value does not fit its
// type and is given back as received.
func Canonical(kind, text string) (string, bool) {
	var w writer
	out, fits := w.canonical(forms[kind], []byte(text))
	return string(out), fits
}

// writer makes canonical texts. What has to be written anew goes into its buffer, which
// serves a whole row; slices of it stay valid until reset.
type writer struct{ buf []byte }

func (w *writer) reset() { w.buf = w.buf[:0] }

// since is what was written from an offset on.
func (w *writer) since(start int) []byte { return w.buf[start:len(w.buf):len(w.buf)] }

// keep copies a value into the buffer.
func (w *writer) keep(value []byte) []byte {
	start := len(w.buf)
	w.buf = append(w.buf, value...)
	return w.since(start)
}

// canonical gives the canonical text: value itself, or a part of it, where that is
// canonical already, which is the rule.
func (w *writer) canonical(f form, value []byte) ([]byte, bool) {
	if len(value) == 0 {
		return value, true
	}
	switch f {
	case formInteger:
		return w.number(value, true)
	case formDecimal:
		return w.number(value, false)
	case formBoolean:
		return w.boolean(value)
	case formDateTime:
		return w.dateTime(value)
	case formDate:
		if !isDate(value) {
			return w.asReceived(value)
		}
		return value, true
	case formTime:
		return w.timeOfDay(value)
	case formAny:
		if looksLikeInstant(value) {
			if out, fits := w.dateTime(value); fits {
				return out, true
			}
		}
	}
	return w.text(value)
}

// text keeps what is UTF-8. Other bytes cannot be stored as text: each becomes U+FFFD,
// as in JSON, and the value counts as one that does not fit.
func (w *writer) text(value []byte) ([]byte, bool) {
	if utf8.Valid(value) {
		return value, true
	}
	start := len(w.buf)
	for len(value) > 0 {
		r, n := utf8.DecodeRune(value)
		w.buf = utf8.AppendRune(w.buf, r) // RuneError is U+FFFD
		value = value[n:]
	}
	return w.since(start), false
}

// asReceived gives back a value that does not fit its type.
func (w *writer) asReceived(value []byte) ([]byte, bool) {
	out, _ := w.text(value)
	return out, false
}

func (w *writer) boolean(value []byte) ([]byte, bool) {
	if string(value) == "true" || string(value) == "false" {
		return value, true
	}
	for _, name := range []string{"true", "false"} {
		if strings.EqualFold(name, string(value)) {
			start := len(w.buf)
			w.buf = append(w.buf, name...)
			return w.since(start), true
		}
	}
	return w.asReceived(value)
}
