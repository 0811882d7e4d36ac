package csv

import (
	"bufio"
	"encoding/binary"
	"errors"
	"io"
	"unicode/utf16"
	"unicode/utf8"
)

// byteReader decodes a one-byte encoding, and refuses bytes that it does not define.
type byteReader struct {
	r      io.Reader
	name   string
	decode func(byte) rune
	offset int64
	in     [16 << 10]byte
	out    []byte
	err    error
}

// strictLatin1 follows ISO 8859-1, which defines nothing between 0x80 and 0x9F: such a
// byte is Windows-1252 text under the wrong name.
func strictLatin1(b byte) rune {
	if b >= 0x80 && b <= 0x9f {
		return utf8.RuneError
	}
	return rune(b)
}

func (d *byteReader) Read(p []byte) (int, error) {
	for len(d.out) == 0 && d.err == nil {
		n, err := d.r.Read(d.in[:])
		d.err = err
		for i, b := range d.in[:n] {
			r := d.decode(b)
			if r == utf8.RuneError {
				d.err = d.undefined(b, d.offset+int64(i))
				break
			}
			d.out = utf8.AppendRune(d.out, r)
		}
		d.offset += int64(n)
	}
	if len(d.out) == 0 {
		return 0, d.err
	}
	n := copy(p, d.out)
	if d.out = d.out[n:]; len(d.out) == 0 {
		d.out = d.out[:0:0]
	}
	return n, nil
}

func (d *byteReader) undefined(b byte, at int64) error {
	hint := "try csv.encoding \"utf-8\""
	if d.name == latin1Name {
		hint = "try csv.encoding \"windows-1252\""
	}
	e := refuse(ErrEncoding, hint, "byte 0x%02X is not defined in %s", b, d.name)
	e.Offset = at
	return e
}

// utf16Reader decodes UTF-16 and refuses lone surrogates and a half last character.
type utf16Reader struct {
	r      *bufio.Reader
	order  binary.ByteOrder
	offset int64
	out    []byte
	err    error
}

func (u *utf16Reader) Read(p []byte) (int, error) {
	for len(u.out) < len(p) && len(u.out) < 32<<10 && u.err == nil {
		u.err = u.decode()
	}
	if len(u.out) == 0 {
		return 0, u.err
	}
	n := copy(p, u.out)
	u.out = u.out[:copy(u.out, u.out[n:])]
	return n, nil
}

func (u *utf16Reader) decode() error {
	first, err := u.unit()
	if err != nil {
		return err
	}
	r := rune(first)
	if utf16.IsSurrogate(r) {
		second, err := u.unit()
		if err != nil && !errors.Is(err, io.EOF) {
			return err
		}
		if r = utf16.DecodeRune(r, rune(second)); r == utf8.RuneError {
			e := refuse(ErrEncoding, "export it again, as UTF-8 if possible", "holds half a UTF-16 character pair")
			e.Offset = u.offset - 4
			return e
		}
	}
	u.out = utf8.AppendRune(u.out, r)
	return nil
}

func (u *utf16Reader) unit() (uint16, error) {
	var b [2]byte
	n, err := io.ReadFull(u.r, b[:])
	if errors.Is(err, io.ErrUnexpectedEOF) {
		e := refuse(ErrEncoding, "the file is truncated or not UTF-16", "ends with half a UTF-16 character")
		e.Offset = u.offset
		return 0, e
	}
	u.offset += int64(n)
	if err != nil {
		return 0, err
	}
	return u.order.Uint16(b[:]), nil
}
