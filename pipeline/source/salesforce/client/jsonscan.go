package client

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"regexp"
	"unicode/utf16"
	"unicode/utf8"
)

// jsonScanner reads a JSON text as a stream, in a buffer no longer than the longest
// value needs. encoding/json can do the same token by token, several times slower: a night
// of many small objects by REST would spend its time there.
type jsonScanner struct {
	r        io.Reader
	buf      []byte
	pos, end int
	read     int64
	text     []byte  // of the last string that had escapes
	key      []byte  // of the last member
	copied   *[]byte // where to copy what is consumed, if anywhere
}

const (
	jsonBuffer   = 64 << 10
	longestJSON  = 64 << 20
	deepestJSON  = 100
	jsonPatience = 100 // reads without a byte before a reader counts as broken
)

func newJSONScanner(r io.Reader) *jsonScanner {
	return &jsonScanner{r: r, buf: make([]byte, jsonBuffer)}
}

// fill reads more behind what is there; what is consumed makes room.
func (s *jsonScanner) fill() error {
	if s.pos > 0 {
		s.end = copy(s.buf, s.buf[s.pos:s.end])
		s.pos = 0
	}
	if s.end == len(s.buf) {
		if len(s.buf) >= longestJSON {
			return fmt.Errorf("%w: a value is longer than %d bytes", ErrProtocol, longestJSON)
		}
		s.buf = append(s.buf, make([]byte, len(s.buf))...)
	}
	for range jsonPatience {
		n, err := s.r.Read(s.buf[s.end:])
		s.end += n
		s.read += int64(n)
		switch {
		case n > 0:
			return nil
		case errors.Is(err, io.EOF):
			return ErrTruncated
		case err != nil:
			return err
		}
	}
	return io.ErrNoProgress
}

// take consumes bytes of the buffer.
func (s *jsonScanner) take(n int) {
	if s.copied != nil {
		*s.copied = append(*s.copied, s.buf[s.pos:s.pos+n]...)
	}
	s.pos += n
}

// peek gives the next byte that is no white space, without consuming it.
func (s *jsonScanner) peek() (byte, error) {
	for {
		for s.pos < s.end {
			switch ch := s.buf[s.pos]; ch {
			case ' ', '\t', '\n', '\r':
				s.pos++
			default:
				return ch, nil
			}
		}
		if err := s.fill(); err != nil {
			return 0, err
		}
	}
}

var errJSON = fmt.Errorf("%w: it is not the JSON expected", ErrProtocol)

func (s *jsonScanner) expect(want byte) error {
	ch, err := s.peek()
	if err != nil {
		return err
	}
	if ch != want {
		return errJSON
	}
	s.take(1)
	return nil
}

// more says whether another element follows in an object or array, after its first has
// been read, and consumes the comma or the closing byte.
func (s *jsonScanner) more(closing byte) (bool, error) {
	ch, err := s.peek()
	if err != nil {
		return false, err
	}
	if ch != ',' && ch != closing {
		return false, errJSON
	}
	s.take(1)
	return ch == ',', nil
}

// empty says that the object or array just opened ends at once.
func (s *jsonScanner) empty(closing byte) (bool, error) {
	ch, err := s.peek()
	if err == nil && ch == closing {
		s.take(1)
		return true, nil
	}
	return false, err
}

// object reads an object; member must read the value. The key is valid until then.
func (s *jsonScanner) object(member func(key []byte) error) error {
	if err := s.expect('{'); err != nil {
		return err
	}
	if none, err := s.empty('}'); none || err != nil {
		return err
	}
	for {
		key, err := s.string()
		if err != nil {
			return err
		}
		s.key = append(s.key[:0], key...) // what follows may move the buffer
		if err := s.expect(':'); err != nil {
			return err
		}
		if err := member(s.key); err != nil {
			return err
		}
		if more, err := s.more('}'); !more || err != nil {
			return err
		}
	}
}

// array reads an array; element must read one value.
func (s *jsonScanner) array(element func() error) error {
	if err := s.expect('['); err != nil {
		return err
	}
	if none, err := s.empty(']'); none || err != nil {
		return err
	}
	for {
		if err := element(); err != nil {
			return err
		}
		if more, err := s.more(']'); !more || err != nil {
			return err
		}
	}
}

// string reads a string. It is valid until the next read.
func (s *jsonScanner) string() ([]byte, error) {
	ch, err := s.peek()
	if err != nil {
		return nil, err
	}
	if ch != '"' {
		return nil, errJSON
	}
	escaped := false
	for at, quote := 1, 0; ; {
		b := s.buf[s.pos:s.end]
		if quote < at { // else it is known already: a text may have thousands of escapes before it
			quote = len(b) // none so far
			if n := bytes.IndexByte(b[at:], '"'); n >= 0 {
				quote = at + n
			}
		}
		if slash := bytes.IndexByte(b[at:quote], '\\'); slash >= 0 {
			escaped = true
			at += slash + 2 // the escaped byte may be a quote
		} else if quote < len(b) {
			s.take(quote + 1)
			if escaped {
				return s.unescape(b[1:quote])
			}
			return b[1:quote], nil
		} else {
			at = len(b)
		}
		for at >= s.end-s.pos {
			if err := s.fill(); err != nil {
				return nil, err
			}
			quote = 0
		}
	}
}

var jsonEscapes = map[byte]byte{'"': '"', '\\': '\\', '/': '/', 'b': '\b', 'f': '\f', 'n': '\n', 'r': '\r', 't': '\t'}

// unescape writes a string as it is meant.
func (s *jsonScanner) unescape(text []byte) ([]byte, error) {
	out := s.text[:0]
	for {
		slash := bytes.IndexByte(text, '\\')
		if slash < 0 {
			s.text = append(out, text...)
			return s.text, nil
		}
		out = append(out, text[:slash]...)
		text = text[slash+1:] // at least one byte follows, see string
		if text[0] != 'u' {
			ch, known := jsonEscapes[text[0]]
			if !known {
				return nil, errJSON
			}
			out, text = append(out, ch), text[1:]
			continue
		}
		r, ok := hexRune(text)
		if !ok {
			return nil, errJSON
		}
		text = text[5:]
		if utf16.IsSurrogate(r) {
			low, ok := rune(0), false
			if len(text) > 1 && text[0] == '\\' {
				low, ok = hexRune(text[1:])
			}
			if pair := utf16.DecodeRune(r, low); ok && pair != utf8.RuneError {
				r, text = pair, text[6:]
			} else {
				r = utf8.RuneError // half of a pair means nothing
			}
		}
		out = utf8.AppendRune(out, r)
	}
}

// hexRune reads uXXXX.
func hexRune(text []byte) (rune, bool) {
	if len(text) < 5 || text[0] != 'u' {
		return 0, false
	}
	var r rune
	for _, ch := range text[1:5] {
		switch {
		case ch >= '0' && ch <= '9':
			ch -= '0'
		case ch >= 'a' && ch <= 'f':
			ch -= 'a' - 10
		case ch >= 'A' && ch <= 'F':
			ch -= 'A' - 10
		default:
			return 0, false
		}
		r = r<<4 | rune(ch)
	}
	return r, true
}

// literal reads a number, true, false or null. It is valid until the next read.
func (s *jsonScanner) literal() ([]byte, error) {
	if _, err := s.peek(); err != nil {
		return nil, err
	}
	n := 0
	for {
		for s.pos+n < s.end && inLiteral(s.buf[s.pos+n]) {
			n++
		}
		if s.pos+n < s.end {
			break
		}
		if err := s.fill(); err != nil {
			return nil, err
		}
	}
	text := s.buf[s.pos : s.pos+n]
	s.take(n)
	switch string(text) {
	case "true", "false", "null":
		return text, nil
	}
	if n == 0 || text[0] == '.' || text[n-1] == '.' {
		return nil, errJSON
	}
	if _, plain := trimmed(text); !plain && !numberForm.Match(text) {
		return nil, errJSON
	}
	return text, nil
}

// numberForm is JSON's; an exponent of any size is allowed here.
var numberForm = regexp.MustCompile(`^-?[0-9]+(\.[0-9]+)?([eE][-+]?[0-9]+)?$`)

func inLiteral(ch byte) bool {
	return ch >= '0' && ch <= '9' || ch >= 'a' && ch <= 'z' || ch == '-' || ch == '+' || ch == '.' || ch == 'E'
}

// skip reads over a value.
func (s *jsonScanner) skip(depth int) error {
	ch, err := s.peek()
	switch {
	case err != nil:
		return err
	case depth > deepestJSON:
		return errJSON
	case ch == '{':
		return s.object(func([]byte) error { return s.skip(depth + 1) })
	case ch == '[':
		return s.array(func() error { return s.skip(depth + 1) })
	case ch == '"':
		_, err = s.string()
	default:
		_, err = s.literal()
	}
	return err
}

// raw gives a value as it stands in the text, but for white space between its parts.
func (s *jsonScanner) raw() ([]byte, error) {
	var text []byte
	s.copied = &text
	defer func() { s.copied = nil }()
	err := s.skip(0)
	return text, err
}
