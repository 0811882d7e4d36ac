package client

import (
	"bytes"
	"errors"
	"fmt"
	"io"
)

// csvScanner splits a Bulk result into records: comma, line feed (or CRLF), fields
// quoted or bare, quotes doubled within quotes. Unlike encoding/csv it keeps every byte
// within quotes – a carriage return too – and tells an unterminated quote from an end.
type csvScanner struct {
	r        io.Reader
	buf      []byte
	pos, end int
	eof      bool
	read     int64
	fields   []fieldAt
	values   [][]byte
}

// fieldAt is where a field stands, counted from the start of its record: the record is
// scanned anew when the buffer moves.
type fieldAt struct {
	from, to int
	escaped  bool // has doubled quotes
}

const (
	csvBuffer = 256 << 10
	// A record of a hundred fields of 128 KB is 13 MB; what is longer is no record.
	longestRecord = 64 << 20
)

func newCSVScanner(r io.Reader) *csvScanner { return &csvScanner{r: r, buf: make([]byte, csvBuffer)} }

// next gives the fields of the next record, valid until the next call; io.EOF after
// the last. With one column an
// empty line is an empty field.
func (s *csvScanner) next() ([][]byte, error) {
	for {
		if s.pos == s.end && s.eof {
			return nil, io.EOF
		}
		if s.pos < s.end {
			n, err := s.scan(s.buf[s.pos:s.end])
			if err != nil {
				return nil, err
			}
			if n > 0 {
				record := s.buf[s.pos : s.pos+n]
				s.pos += n
				return s.cut(record), nil
			}
			if s.eof {
				return nil, fmt.Errorf("%w: a quote is not closed", ErrTruncated)
			}
		}
		if err := s.fill(); err != nil {
			return nil, err
		}
	}
}

// fill reads more behind what is there, making room first.
func (s *csvScanner) fill() error {
	if s.pos > 0 {
		s.end = copy(s.buf, s.buf[s.pos:s.end])
		s.pos = 0
	}
	if s.end == len(s.buf) {
		if len(s.buf) >= longestRecord {
			return fmt.Errorf("%w: a record is longer than %d bytes", ErrProtocol, longestRecord)
		}
		s.buf = append(s.buf, make([]byte, len(s.buf))...)
	}
	n, err := s.r.Read(s.buf[s.end:])
	s.end += n
	s.read += int64(n)
	if errors.Is(err, io.EOF) {
		s.eof, err = true, nil
	}
	return err
}

// scan finds the fields of the record at the start of b and gives its length with line
// ending; 0 = the record goes on beyond b.
func (s *csvScanner) scan(b []byte) (int, error) {
	s.fields = s.fields[:0]
	at := 0
	for {
		f, n, ok := s.field(b[at:])
		if !ok {
			return 0, nil
		}
		f.from += at
		f.to += at
		at += n
		s.fields = append(s.fields, f)
		switch {
		case at == len(b):
			if s.eof {
				return at, nil
			}
			return 0, nil
		case b[at] == ',':
			at++
			if at == len(b) && s.eof {
				s.fields = append(s.fields, fieldAt{from: at, to: at})
				return at, nil
			}
		case b[at] == '\n':
			return at + 1, nil
		case b[at] == '\r' && at+1 < len(b) && b[at+1] == '\n':
			return at + 2, nil
		case b[at] == '\r' && at+1 == len(b) && !s.eof:
			return 0, nil
		default:
			return 0, fmt.Errorf("%w: text follows a closing quote", ErrProtocol)
		}
	}
}

// field finds the field at the start of b and where it ends; false = beyond b.
func (s *csvScanner) field(b []byte) (f fieldAt, n int, ok bool) {
	if len(b) == 0 || b[0] != '"' {
		n = bytes.IndexAny(b, ",\n")
		if n < 0 {
			return fieldAt{to: len(b)}, len(b), s.eof
		}
		if b[n] == '\n' && n > 0 && b[n-1] == '\r' {
			n--
		}
		return fieldAt{to: n}, n, true
	}
	f.from = 1
	at := 1
	for {
		quote := bytes.IndexByte(b[at:], '"')
		if quote < 0 {
			return f, 0, false
		}
		at += quote + 1
		if at == len(b) && !s.eof {
			return f, 0, false // the quote may be one of a pair
		}
		if at == len(b) || b[at] != '"' {
			f.to = at - 1
			return f, at, true
		}
		f.escaped = true
		at++
	}
}

// cut gives the fields of a whole record, with doubled quotes made single in place.
func (s *csvScanner) cut(record []byte) [][]byte {
	s.values = s.values[:0]
	for _, f := range s.fields {
		v := record[f.from:f.to]
		if f.escaped {
			v = single(v)
		}
		s.values = append(s.values, v)
	}
	return s.values
}

func single(v []byte) []byte {
	out := v[:0]
	for {
		quote := bytes.IndexByte(v, '"')
		if quote < 0 {
			return append(out, v...)
		}
		out = append(out, v[:quote+1]...)
		v = v[quote+2:]
	}
}
