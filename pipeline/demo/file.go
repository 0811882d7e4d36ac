package demo

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"unicode/utf8"

	"github.com/klauspost/compress/zstd"
)

// file writes one export file.
type file struct {
	system *system
	object *object
	name   string
	line   int64 // of the next record, from 1
	rows   int64
	err    error

	disk    *os.File
	pack    io.WriteCloser // nil if not compressed
	out     *bufio.Writer
	buf     []byte
	scratch []byte
}

func createFile(dir string, s *system, o *object, on day) (*file, error) {
	name := o.name + "_" + on.iso() + s.dialect.suffix
	disk, err := os.Create(filepath.Join(dir, name))
	if err != nil {
		return nil, fmt.Errorf("create export: %w", err)
	}
	f := &file{system: s, object: o, name: name, line: 1, disk: disk}
	var w io.Writer = disk
	switch {
	case strings.HasSuffix(name, ".gz"):
		f.pack, err = gzip.NewWriterLevel(disk, gzip.BestSpeed)
	case strings.HasSuffix(name, ".zst"):
		f.pack, err = zstd.NewWriter(disk, zstd.WithEncoderConcurrency(1), zstd.WithEncoderLevel(zstd.SpeedFastest), zstd.WithWindowSize(1<<18))
	}
	if err != nil {
		return nil, errors.Join(fmt.Errorf("create export: %w", err), disk.Close())
	}
	if f.pack != nil {
		w = f.pack
	}
	f.out = bufio.NewWriterSize(w, 32<<10)
	if s.dialect.bom {
		f.encode([]byte("\uFEFF"))
	}
	f.write(s.dialect.header(o))
	f.rows = 0
	return f, nil
}

// write adds one record, given as a line of text.
func (f *file) write(line []byte) {
	f.line += int64(bytes.Count(line, []byte("\n")))
	f.rows++
	f.encode(line)
}

// encode writes text in the file's encoding.
func (f *file) encode(text []byte) {
	if f.err != nil {
		return
	}
	switch f.system.dialect.csv.Encoding {
	case "windows-1252", "iso-8859-1":
		text, f.err = f.latin(text)
	case "utf-16":
		text = f.utf16(text)
	}
	if f.err == nil {
		_, f.err = f.out.Write(text)
	}
}

// latin turns text into one byte per character. The generator uses none that the
// two encodings write differently.
func (f *file) latin(text []byte) ([]byte, error) {
	f.scratch = f.scratch[:0]
	for len(text) > 0 {
		r, n := utf8.DecodeRune(text)
		if r > 0xFF || r >= 0x80 && r < 0xA0 {
			return nil, fmt.Errorf("%s: character %q is not in %s", f.name, r, f.system.dialect.csv.Encoding)
		}
		f.scratch = append(f.scratch, byte(r))
		text = text[n:]
	}
	return f.scratch, nil
}

// utf16 turns text into UTF-16, low byte first. The generator uses no character
// beyond the basic plane.
func (f *file) utf16(text []byte) []byte {
	f.scratch = f.scratch[:0]
	for len(text) > 0 {
		r, n := utf8.DecodeRune(text)
		f.scratch = append(f.scratch, byte(r), byte(r>>8))
		text = text[n:]
	}
	return f.scratch
}

// close finishes the file.
func (f *file) close() error {
	errs := []error{f.err, f.out.Flush()}
	if f.pack != nil {
		errs = append(errs, f.pack.Close())
	}
	if err := errors.Join(append(errs, f.disk.Close())...); err != nil {
		return fmt.Errorf("write %s: %w", f.name, err)
	}
	return nil
}

// put adds a record.
func (f *file) put(r *record) {
	f.buf = r.appendLine(f.buf[:0])
	f.write(f.buf)
}
