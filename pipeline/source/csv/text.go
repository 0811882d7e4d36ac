package csv

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"errors"
	"io"
	"strings"
	"unicode/utf8"

	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"
	"golang.org/x/text/encoding/charmap"
)

// Encodings by their configured names.
const (
	utf8Name    = "utf-8"
	utf16Name   = "utf-16"
	utf16LEName = "utf-16le"
	utf16BEName = "utf-16be"
	win1252Name = "windows-1252"
	latin1Name  = "iso-8859-1"
)

// text is a file's content as checked UTF-8 without byte order mark.
type text struct {
	io.Reader
	verbatim bool // the bytes are the file's own (a UTF-8 byte order mark aside)
	bom      int64
	notes    []string
	closers  []func()
}

func (t *text) close() {
	for _, c := range t.closers {
		c()
	}
}

// openText decompresses by suffix or magic number, decodes strictly and refuses NULs.
func openText(name, encoding string, raw io.Reader) (*text, error) {
	t := &text{verbatim: true}
	in := bufio.NewReaderSize(raw, 64<<10)
	plain, err := t.decompress(name, in)
	if err != nil {
		return nil, err
	}
	head, err := plain.Peek(4)
	if err != nil && !errors.Is(err, io.EOF) {
		return t, damaged(err)
	}
	if err := binaryFile(head); err != nil {
		return t, err
	}
	encoding = t.readBOM(head, encoding)
	if _, err := plain.Discard(int(t.bom)); err != nil {
		return t, err
	}
	var r io.Reader = plain
	switch encoding {
	case utf8Name:
	case utf16LEName:
		r, t.verbatim = &utf16Reader{r: plain, order: binary.LittleEndian, offset: t.bom}, false
	case utf16BEName:
		r, t.verbatim = &utf16Reader{r: plain, order: binary.BigEndian, offset: t.bom}, false
	case win1252Name:
		r, t.verbatim = &byteReader{r: plain, name: encoding, decode: charmap.Windows1252.DecodeByte}, false
	case latin1Name:
		r, t.verbatim = &byteReader{r: plain, name: encoding, decode: strictLatin1}, false
	case utf16Name:
		return t, refuse(ErrEncoding, `set csv.encoding to "utf-16le" or "utf-16be"`, "is declared as UTF-16 but has no byte order mark")
	default:
		return t, refuse(ErrOption, "known are utf-8, utf-16, utf-16le, utf-16be, windows-1252, iso-8859-1", "unknown csv.encoding %q", encoding)
	}
	t.Reader = &checkedReader{r: r, offset: t.bom, exact: encoding == utf8Name}
	return t, nil
}

func (t *text) decompress(name string, in *bufio.Reader) (*bufio.Reader, error) {
	magic, err := in.Peek(4)
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, damaged(err)
	}
	isGzip := bytes.HasPrefix(magic, []byte{0x1f, 0x8b})
	isZstd := bytes.Equal(magic, []byte{0x28, 0xb5, 0x2f, 0xfd})
	lower := strings.ToLower(name)
	switch {
	case isGzip:
		z, err := newGzipReader(in)
		if err != nil {
			return nil, damaged(err)
		}
		t.verbatim = false
		return bufio.NewReaderSize(damagedReader{z}, 64<<10), nil
	case isZstd:
		z, err := zstd.NewReader(in, zstd.WithDecoderConcurrency(1), zstd.WithDecoderMaxWindow(128<<20))
		if err != nil {
			return nil, damaged(err)
		}
		t.verbatim = false
		t.closers = append(t.closers, z.Close)
		return bufio.NewReaderSize(damagedReader{z}, 64<<10), nil
	case len(magic) == 0:
		return nil, refuse(ErrEmpty, "an export without records still has a header; check the export", "is empty")
	case strings.HasSuffix(lower, ".gz"), strings.HasSuffix(lower, ".zst"):
		return nil, refuse(ErrCorrupt, "rename it if it is not compressed, or export it again", "is not compressed although its name says so")
	}
	return in, nil
}

// readBOM lets a byte order mark decide the encoding: it cannot be anything else.
func (t *text) readBOM(head []byte, encoding string) string {
	found := ""
	switch {
	case bytes.HasPrefix(head, []byte{0xef, 0xbb, 0xbf}):
		found, t.bom = utf8Name, 3
	case bytes.HasPrefix(head, []byte{0xff, 0xfe}):
		found, t.bom = utf16LEName, 2
	case bytes.HasPrefix(head, []byte{0xfe, 0xff}):
		found, t.bom = utf16BEName, 2
	default:
		return encoding
	}
	if found != encoding && (encoding != utf16Name || found == utf8Name) {
		t.notes = append(t.notes, "the byte order mark says "+found+", read as such")
	}
	return found
}

func binaryFile(head []byte) error {
	for magic, what := range map[string]string{
		"PK\x03\x04": "a ZIP archive or Excel workbook", "%PDF": "a PDF", "PAR1": "a Parquet file",
		"\xd0\xcf\x11\xe0": "an old Excel workbook", "\x1f\x8b": "compressed twice", "\x28\xb5\x2f\xfd": "compressed twice",
	} {
		if strings.HasPrefix(string(head), magic) {
			return refuse(ErrBinary, "export it as CSV", "is not CSV but %s", what)
		}
	}
	return nil
}

func damaged(err error) error {
	var fe *FileError
	if errors.As(err, &fe) {
		return err
	}
	hint, what := "copy or export it again", "compressed data is damaged"
	switch {
	case errors.Is(err, io.ErrUnexpectedEOF), errors.Is(err, io.EOF):
		what, err = "compressed data ends too early: the file is truncated", nil
	case errors.Is(err, gzip.ErrChecksum), errors.Is(err, zstd.ErrCRCMismatch):
		what = "compressed data does not match its checksum"
	}
	fe = refuse(ErrCorrupt, hint, "%s", what)
	fe.Err = err
	return fe
}

// gzipReader reads archives of several members, and takes nothing but members.
type gzipReader struct {
	in *bufio.Reader
	z  *gzip.Reader
}

func newGzipReader(in *bufio.Reader) (*gzipReader, error) {
	z, err := gzip.NewReader(in)
	if err != nil {
		return nil, err
	}
	z.Multistream(false)
	return &gzipReader{in, z}, nil
}

func (g *gzipReader) Read(p []byte) (int, error) {
	n, err := g.z.Read(p)
	if !errors.Is(err, io.EOF) {
		return n, err
	}
	magic, err := g.in.Peek(2)
	switch {
	case len(magic) == 0 && errors.Is(err, io.EOF):
		return n, io.EOF
	case err != nil && !errors.Is(err, io.EOF):
		return n, err
	case !bytes.Equal(magic, []byte{0x1f, 0x8b}):
		return n, refuse(ErrCorrupt, "copy or export it again", "has bytes behind the end of the compressed data")
	}
	if err := g.z.Reset(g.in); err != nil {
		return n, err
	}
	g.z.Multistream(false)
	return n, nil
}

// damagedReader turns what a decompressor complains of into a FileError. That
// includes bytes behind the end of the archive.
type damagedReader struct{ r io.Reader }

func (d damagedReader) Read(p []byte) (int, error) {
	n, err := d.r.Read(p)
	if err != nil && !errors.Is(err, io.EOF) {
		err = damaged(err)
	}
	return n, err
}

// checkedReader lets through only valid UTF-8 without NUL. With an error it returns
// the good bytes before it.
type checkedReader struct {
	r      io.Reader
	offset int64
	exact  bool // offsets are those of the file
	tail   []byte
}

func (c *checkedReader) Read(p []byte) (int, error) {
	n, err := c.r.Read(p)
	data := p[:n]
	if i := bytes.IndexByte(data, 0); i >= 0 {
		return i, c.nul(data, i)
	}
	if bad := c.invalid(data); bad >= 0 {
		return max(0, bad-int(c.offset)), c.undecodable(int64(bad))
	}
	c.offset += int64(n)
	if err == io.EOF && len(c.tail) > 0 {
		return n, c.undecodable(c.offset - int64(len(c.tail)))
	}
	return n, err
}

// invalid gives the offset of the first byte that is not UTF-8, or -1. A sequence cut
// by the end of data is kept for the next call.
func (c *checkedReader) invalid(data []byte) int {
	at, i := int(c.offset)-len(c.tail), 0
	for len(c.tail) > 0 && i < len(data) && !utf8.FullRune(c.tail) {
		c.tail = append(c.tail, data[i])
		i++
	}
	if len(c.tail) > 0 {
		if !utf8.FullRune(c.tail) {
			return -1
		}
		if r, size := utf8.DecodeRune(c.tail); r == utf8.RuneError && size <= 1 || size != len(c.tail) {
			return at
		}
		c.tail = c.tail[:0]
	}
	body := data[i:]
	for k := 1; k <= 3 && k <= len(body); k++ {
		if last := body[len(body)-k]; utf8.RuneStart(last) {
			if tail := body[len(body)-k:]; !utf8.FullRune(tail) {
				c.tail = append(c.tail, tail...)
				body = body[:len(body)-k]
			}
			break
		}
	}
	if utf8.Valid(body) {
		return -1
	}
	for k := 0; ; {
		r, size := utf8.DecodeRune(body[k:])
		if r == utf8.RuneError && size <= 1 {
			return int(c.offset) + i + k
		}
		k += size
	}
}

func (c *checkedReader) undecodable(at int64) error {
	e := refuse(ErrEncoding, `try csv.encoding "windows-1252", or export as UTF-8`, "is not valid UTF-8")
	e.Offset = at
	return e
}

func (c *checkedReader) nul(data []byte, i int) error {
	e := refuse(ErrBinary, "export it again as text", "holds a NUL byte: it is binary or damaged")
	e.Offset = c.offset + int64(i)
	even, odd := 0, 0
	sample := data[:min(len(data), 4096)]
	for k, b := range sample {
		if b == 0 && k%2 == 0 {
			even++
		} else if b == 0 {
			odd++
		}
	}
	if c.exact && c.offset == 0 && even+odd > len(sample)/4 {
		guess := utf16LEName
		if even > odd {
			guess = utf16BEName
		}
		e.Kind, e.Problem, e.Hint = ErrEncoding, "holds NUL bytes as UTF-16 text does", "set csv.encoding to \""+guess+"\""
	}
	return e
}
