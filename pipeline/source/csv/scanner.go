package csv

import (
	"bytes"
	"errors"
	"io"
)

// A record longer than this is taken for an unterminated quote.
const defaultMaxRecord = 64 << 20

// Line endings as found.
type newline uint8

const (
	endOfFile newline = iota // the last record has none
	lf
	crlf
	cr
)

// record is one record as it stands in the text. raw is valid until the next call.
type record struct {
	raw        []byte // without line ending
	end        newline
	fields     int
	valueBytes int64
	line       int64 // 1-based line of its start
	offset     int64 // byte offset of its start in the decoded text
	bare       bool  // a quote or carriage return stands in an unquoted field
	badQuote   bool  // text follows a closing quote: not a record of the format
}

// blank says that the line holds nothing at all.
func (r *record) blank() bool { return len(r.raw) == 0 }

// scanner splits checked text into records. It keeps one buffer that is as long as
// the longest record needs.
type scanner struct {
	r         io.Reader
	d         dialect
	crEnds    bool // carriage returns end lines (set by the caller after the header)
	maxRecord int
	buf       []byte
	pos, end  int
	eof       bool
	line      int64
	offset    int64 // of buf[pos]
	rec       record
}

func newScanner(r io.Reader, d dialect, bufferSize, maxRecord int) *scanner {
	return &scanner{r: r, d: d, maxRecord: maxRecord, buf: make([]byte, bufferSize), line: 1}
}

var errMore = errors.New("record goes on beyond the buffer")

// next gives the next record, io.EOF after the last one.
func (s *scanner) next() (*record, error) {
	for {
		b := s.buf[s.pos:s.end]
		if len(b) == 0 && s.eof {
			return nil, io.EOF
		}
		var n int
		err := errMore
		if len(b) > 0 {
			s.rec = record{line: s.line, offset: s.offset}
			n, err = s.parse(b)
		}
		if err == nil {
			s.pos += n
			s.offset += int64(n)
			return &s.rec, nil
		}
		if !errors.Is(err, errMore) {
			return nil, err
		}
		if err := s.fill(); err != nil {
			return nil, err
		}
	}
}

// fill reads more text behind what is unread.
func (s *scanner) fill() error {
	if s.pos > 0 {
		s.end = copy(s.buf, s.buf[s.pos:s.end])
		s.pos = 0
	}
	if s.end > s.maxRecord {
		return s.tooLong()
	}
	if s.end == len(s.buf) {
		grown := make([]byte, 2*len(s.buf))
		copy(grown, s.buf[:s.end])
		s.buf = grown
	}
	for s.end < len(s.buf) {
		n, err := s.r.Read(s.buf[s.end:])
		s.end += n
		if err == io.EOF {
			s.eof = true
			return nil
		}
		if err != nil {
			return s.locate(err)
		}
	}
	return nil
}

// locate adds the line to an error of the text below, which knows only its offset.
func (s *scanner) locate(err error) error {
	var fe *FileError
	if errors.As(err, &fe) && fe.Line == 0 && fe.Offset >= 0 {
		fe.Line = s.line + s.linesIn(s.buf[s.pos:s.end])
	}
	return err
}

// tooLong names the quote that was never closed, if there is one.
func (s *scanner) tooLong() error {
	rest := scanner{d: s.d, crEnds: s.crEnds, eof: true, line: s.line, offset: s.offset}
	if _, err := rest.parse(s.buf[:s.end]); err != nil {
		return err
	}
	err := refuse(ErrUnterminated, "", "record is longer than %d MiB", s.maxRecord>>20)
	err.Line, err.Offset = s.line, s.offset
	err.Hint = "a quote that is never closed swallows the rest of the file: close it or double it"
	return err
}

// parse splits the first record off b. Most lines hold no quote: they are found and
// checked by whole-line searches, which run at memory speed.
func (s *scanner) parse(b []byte) (int, error) {
	if s.crEnds {
		return s.parseFields(b)
	}
	n := bytes.IndexByte(b, '\n')
	line, used := b, len(b)
	if n >= 0 {
		line, used = b[:n], n+1
	}
	if s.d.quote != 0 && bytes.IndexByte(line, s.d.quote) >= 0 {
		return s.parseFields(b)
	}
	if n < 0 && !s.eof {
		return 0, errMore
	}
	r := &s.rec
	if n >= 0 {
		r.end = lf
	}
	if last := len(line) - 1; last >= 0 && line[last] == '\r' {
		line = line[:last]
		r.end = crlf
		if n < 0 {
			r.end = cr
		}
	}
	delims := bytes.Count(line, []byte{s.d.delim})
	r.raw, r.fields = line, delims+1
	r.valueBytes = int64(len(line) - delims)
	r.bare = bytes.IndexByte(line, '\r') >= 0
	s.line++
	return used, nil
}

// parseFields splits the first record off b field by field.
func (s *scanner) parseFields(b []byte) (int, error) {
	r, p := &s.rec, 0
	for {
		var values int
		var err error
		if s.d.quote != 0 && p < len(b) && b[p] == s.d.quote {
			p, values, err = s.quoted(b, p)
		} else {
			start := p
			p, err = s.unquoted(b, p)
			values = p - start
		}
		if err != nil {
			return 0, err
		}
		r.fields++
		r.valueBytes += int64(values)
		if p < len(b) && b[p] == s.d.delim {
			p++
			if p == len(b) && !s.eof {
				return 0, errMore
			}
			continue
		}
		used, end := s.lineEnd(b, p)
		r.raw, r.end = b[:p], end
		s.line += s.linesIn(b[:used])
		return used, nil
	}
}

// quoted reads the quoted field that opens at b[p]. It returns where it ends and how
// many bytes its value has.
func (s *scanner) quoted(b []byte, p int) (end, values int, err error) {
	open := p
	p++
	doubled := 0
	for {
		n := bytes.IndexByte(b[p:], s.d.quote)
		if n < 0 {
			return 0, 0, s.unclosed(b, open)
		}
		p += n + 1
		if p == len(b) {
			if !s.eof {
				return 0, 0, errMore
			}
			break
		}
		if b[p] != s.d.quote {
			break
		}
		doubled++
		p++
	}
	values = p - open - 2 - doubled
	if p < len(b) && b[p] == '\r' && p+1 == len(b) && !s.eof {
		return 0, 0, errMore
	}
	if s.fieldEnds(b, p) {
		return p, values, nil
	}
	// Text after the closing quote: the record is kept as malformed up to where an
	// unquoted field would end.
	s.rec.badQuote = true
	p, err = s.unquoted(b, p)
	return p, values, err
}

func (s *scanner) unclosed(b []byte, open int) error {
	if !s.eof {
		return errMore
	}
	err := refuse(ErrUnterminated, "", "the quote that opens here is not closed")
	err.Line = s.line + int64(bytes.Count(b[:open], []byte{'\n'}))
	err.Offset = s.offset + int64(open)
	err.Hint = "close it, or double a quote that belongs to the text"
	return err
}

// unquoted finds the end of the unquoted field that starts at b[p].
func (s *scanner) unquoted(b []byte, p int) (int, error) {
	delim, quote := s.d.delim, s.d.quote
	for ; p < len(b); p++ {
		c := b[p]
		if c > '\r' && c != delim && c != quote {
			continue
		}
		switch {
		case c == delim || c == '\n':
			return p, nil
		case c == '\r':
			if p+1 == len(b) && !s.eof {
				return 0, errMore
			}
			if s.fieldEnds(b, p) {
				return p, nil
			}
			s.rec.bare = true
		case c == quote && quote != 0:
			s.rec.bare = true
		}
	}
	if !s.eof {
		return 0, errMore
	}
	return p, nil
}

// fieldEnds says whether a field may end before b[p]. A carriage return in a file
// whose lines end otherwise is text, unless it is the very last byte.
func (s *scanner) fieldEnds(b []byte, p int) bool {
	if p == len(b) {
		return true
	}
	switch b[p] {
	case s.d.delim, '\n':
		return true
	case '\r':
		return s.crEnds || p+1 == len(b) || b[p+1] == '\n'
	}
	return false
}

// lineEnd takes the line ending at b[p].
func (s *scanner) lineEnd(b []byte, p int) (int, newline) {
	switch {
	case p == len(b):
		return p, endOfFile
	case b[p] == '\n':
		return p + 1, lf
	case p+1 < len(b) && b[p+1] == '\n':
		return p + 2, crlf
	}
	return p + 1, cr
}

func (s *scanner) linesIn(b []byte) int64 {
	n := bytes.Count(b, []byte{'\n'})
	if s.crEnds {
		n += bytes.Count(b, []byte{'\r'}) - bytes.Count(b, []byte("\r\n"))
	}
	return int64(n)
}

// start finds out how lines end and skips the lines before the header.
func (s *scanner) start(skip int) error {
	for known := false; !known; {
		if err := s.fill(); err != nil {
			return err
		}
		known, s.crEnds = s.lineEnds()
		known = known || s.eof
	}
	for ; skip > 0; skip-- {
		if err := s.skipLine(); err != nil {
			return err
		}
	}
	return nil
}

func (s *scanner) skipLine() error {
	end := byte('\n')
	if s.crEnds {
		end = '\r'
	}
	for {
		b := s.buf[s.pos:s.end]
		n := bytes.IndexByte(b, end)
		if n < 0 && !s.eof {
			if err := s.fill(); err != nil {
				return err
			}
			continue
		}
		if n < 0 {
			n = len(b) - 1
		}
		s.pos += n + 1
		s.offset += int64(n + 1)
		s.line++
		return nil
	}
}

// lineEnds looks for the end of the first line. It may not be known yet; if it is, cr
// says whether it is a lone carriage return.
func (s *scanner) lineEnds() (known, cr bool) {
	b, inQuotes := s.buf[:s.end], false
	for i, c := range b {
		switch {
		case c == s.d.quote && c != 0:
			inQuotes = !inQuotes
		case inQuotes:
		case c == '\n':
			return true, false
		case c == '\r' && i+1 < len(b):
			return true, b[i+1] != '\n'
		}
	}
	return false, false
}
