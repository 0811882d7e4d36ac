package csv

import (
	"bytes"
	"errors"
	"fmt"
)

// dialect is how records are told apart.
type dialect struct {
	delim byte
	quote byte // 0 = no quoting
}

// split gives the values of a record's fields, quoting removed. It is for the few
// records that are looked at or written anew.
func (d dialect) split(raw []byte) ([]string, error) {
	var out []string
	s := scanner{d: d, eof: true}
	for p := 0; ; {
		var value []byte
		if d.quote != 0 && p < len(raw) && raw[p] == d.quote {
			end, _, err := s.quoted(raw, p)
			if err != nil || s.rec.badQuote {
				return nil, fmt.Errorf("split record: %w", errors.Join(err, errMore))
			}
			q := []byte{d.quote}
			value = bytes.ReplaceAll(raw[p+1:end-1], append(q, d.quote), q)
			p = end
		} else {
			end := p
			for end < len(raw) && raw[end] != d.delim {
				end++
			}
			value, p = raw[p:end], end
		}
		out = append(out, string(value))
		if p >= len(raw) {
			return out, nil
		}
		p++
	}
}

// join writes values as one record; every field is quoted that needs it.
func (d dialect) join(dst []byte, values []string) []byte {
	for i, v := range values {
		if i > 0 {
			dst = append(dst, d.delim)
		}
		if d.quote == 0 || v != "" && !d.needsQuote(v) {
			dst = append(dst, v...)
			continue
		}
		dst = append(dst, d.quote)
		for j := 0; j < len(v); j++ {
			if v[j] == d.quote {
				dst = append(dst, d.quote)
			}
			dst = append(dst, v[j])
		}
		dst = append(dst, d.quote)
	}
	return dst
}

func (d dialect) needsQuote(v string) bool {
	for i := 0; i < len(v); i++ {
		if c := v[i]; c == d.delim || c == d.quote || c == '\n' || c == '\r' {
			return true
		}
	}
	return false
}
