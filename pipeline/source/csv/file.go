package csv

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/zeebo/xxh3"

	"github.com/customer360/pipeline/pipeline/source"
)

// More malformed records, or more bytes of them, mean that the dialect is wrong.
const (
	maxMalformed      = 100_000
	maxMalformedBytes = 64 << 20
)

// fileScan reads one file once: it checks and counts the records, and writes a clean
// copy if the file as it stands is nothing for the SQL engine.
type fileScan struct {
	source *Source
	object string
	name   string // relative to the source's directory, with slashes
	opt    options

	batch    source.Batch
	scanner  *scanner
	text     *text
	newline  newline // of the header record
	columns  int
	copy     *cleanCopy // nil while the file itself can be handed on
	blanks   int64
	malBytes int64
	footer   footer
}

func (f *fileScan) path() string {
	return filepath.Join(f.source.config.Path, filepath.FromSlash(f.name))
}

// scan returns nil if the file was loaded before.
func (f *fileScan) scan(ctx context.Context, seen func(id string) bool) (*source.Batch, error) {
	at, byName, err := exportTime(f.name, f.opt.exportedAt, f.opt.zone)
	if err != nil {
		return nil, err
	}
	in, err := os.Open(f.path())
	if err != nil {
		return nil, err
	}
	defer in.Close()
	before, err := in.Stat()
	if err != nil {
		return nil, err
	}
	hash, err := hashOf(ctx, in)
	if err != nil {
		return nil, err
	}
	f.batch = source.Batch{Name: f.name, Hash: identity(hash, at, byName), Bytes: before.Size(), ExportedAt: at}
	if seen(f.batch.Hash) {
		return nil, nil
	}
	if _, err := in.Seek(0, io.SeekStart); err != nil {
		return nil, err
	}
	raw := &hashingReader{r: in, ctx: ctx}
	err = f.read(raw)
	if err == nil && !unchanged(f.path(), before, raw.sum() == hash) {
		err = refuse(ErrChanged, "wait until the export has finished, then run again", "changed while it was read")
	}
	if err == nil {
		err = f.finish(before)
	}
	if err != nil {
		f.copy.abandon()
		return nil, err
	}
	return &f.batch, nil
}

// unchanged says whether the file that was read is the one that still stands there.
func unchanged(path string, before os.FileInfo, sameHash bool) bool {
	after, err := os.Stat(path)
	return err == nil && sameHash && after.Size() == before.Size() && after.ModTime().Equal(before.ModTime())
}

// identity is what makes a file the same file. Two exports of different nights may
// have the same bytes (a record was deleted and came back): both count.
func identity(hash xxh3.Uint128, at time.Time, byName bool) string {
	b := hash.Bytes()
	id := hex.EncodeToString(b[:])
	if byName {
		id += "@" + at.UTC().Format(time.RFC3339Nano)
	}
	return id
}

func hashOf(ctx context.Context, r io.Reader) (xxh3.Uint128, error) {
	h := &hashingReader{r: r, ctx: ctx}
	buf := make([]byte, 256<<10)
	for {
		if _, err := h.Read(buf); errors.Is(err, io.EOF) {
			return h.sum(), nil
		} else if err != nil {
			return xxh3.Uint128{}, err
		}
	}
}

// hashingReader hashes what passes, and stops when the context ends.
type hashingReader struct {
	r   io.Reader
	ctx context.Context
	h   xxh3.Hasher
}

func (h *hashingReader) Read(p []byte) (int, error) {
	if err := h.ctx.Err(); err != nil {
		return 0, err
	}
	n, err := h.r.Read(p)
	_, _ = h.h.Write(p[:n]) // never fails
	return n, err
}

func (h *hashingReader) sum() xxh3.Uint128 { return h.h.Sum128() }

// read goes through all records.
func (f *fileScan) read(raw io.Reader) error {
	t, err := openText(f.name, f.opt.encoding, raw)
	if t != nil {
		defer t.close()
	}
	if err != nil {
		return err
	}
	f.text = t
	f.batch.Notes = append(f.batch.Notes, t.notes...)
	f.scanner = newScanner(t, f.opt.dialect, f.opt.bufferSize, f.opt.maxRecord)
	if err := f.scanner.start(f.opt.skipLines); err != nil {
		return err
	}
	if err := f.readHeader(); err != nil {
		return err
	}
	for {
		rec, err := f.scanner.next()
		if errors.Is(err, io.EOF) {
			return f.endRecords()
		}
		if err != nil {
			return err
		}
		if err := f.take(rec); err != nil {
			return err
		}
	}
}

// take deals with one record behind the header.
func (f *fileScan) take(rec *record) error {
	switch {
	case rec.blank():
		f.blanks++
		f.footer.afterBlank = true
		if f.columns == 1 { // the SQL engine would read a record with an empty field
			return f.startCopy(rec.offset)
		}
		return nil
	case rec.badQuote:
		return f.malformed(rec, "text follows a closing quote; a quote inside a field must be doubled")
	case rec.fields != f.columns:
		return f.malformed(rec, fmt.Sprintf("has %s, the header has %d", count(rec.fields, "field"), f.columns))
	case f.columns == 1 && f.footer.afterBlank && isFooter(string(rec.raw)):
		return f.refuseFooter(rec.line, "remove it from the file")
	}
	f.footer.afterBlank = false
	if err := f.flushFooter(); err != nil {
		return err
	}
	if rec.bare || rec.end != f.newline && rec.end != endOfFile {
		if err := f.startCopy(rec.offset); err != nil {
			return err
		}
	}
	c := &f.batch.Clean
	c.Rows++
	c.ValueBytes += rec.valueBytes
	c.MaxRecord = max(c.MaxRecord, int64(len(rec.raw))+2)
	if f.copy == nil {
		return nil
	}
	if !rec.bare {
		return f.copy.write(rec.raw)
	}
	values, err := f.opt.dialect.split(rec.raw)
	if err != nil {
		return err
	}
	f.copy.record = f.opt.dialect.join(f.copy.record[:0], values)
	c.MaxRecord = max(c.MaxRecord, int64(len(f.copy.record))+2)
	return f.copy.write(f.copy.record)
}

// malformed keeps a record that cannot be loaded. A record of one field may be the
// first of a report footer, so it waits.
func (f *fileScan) malformed(rec *record, reason string) error {
	if err := f.startCopy(rec.offset); err != nil {
		return err
	}
	f.malBytes += int64(len(rec.raw))
	if len(f.batch.Malformed)+len(f.footer.held) >= maxMalformed || f.malBytes > maxMalformedBytes {
		e := refuse(ErrMalformed, "check csv.delimiter, csv.quote and csv.encoding", "has more than %d malformed records", len(f.batch.Malformed)+len(f.footer.held))
		e.Line, e.Offset = rec.line, rec.offset
		return e
	}
	m := source.Malformed{Line: rec.line, Offset: rec.offset, Reason: reason, Raw: string(rec.raw)}
	if rec.fields == 1 && !rec.badQuote {
		f.footer.add(m)
		return nil
	}
	if err := f.flushFooter(); err != nil {
		return err
	}
	f.batch.Malformed = append(f.batch.Malformed, m)
	return nil
}

// startCopy begins the clean copy. What stands before offset is clean already.
func (f *fileScan) startCopy(offset int64) error {
	if f.copy != nil {
		return nil
	}
	hash, _, _ := strings.Cut(f.batch.Hash, "@")
	name := strings.ToLower(fmt.Sprintf("clean-%s-%s-%s", f.source.config.Name, f.object, hash))
	c, err := newCleanCopy(f.source.staging(name), f.newline)
	if err != nil {
		return err
	}
	f.copy = c
	if offset > 0 {
		return c.prefix(f.path(), f.text.bom, offset)
	}
	return nil
}

// finish fills in what is known at the end.
func (f *fileScan) finish(info os.FileInfo) error {
	b := &f.batch
	b.Records = b.Clean.Rows + int64(len(b.Malformed))
	if f.blanks > 0 {
		b.Notes = append(b.Notes, count(int(f.blanks), "blank line")+" ignored")
	}
	c := &b.Clean
	c.Path, c.Delimiter, c.Quote = f.path(), f.opt.dialect.delim, f.opt.dialect.quote
	c.NewLine = f.newline.text()
	c.Size, c.ModTime = info.Size(), info.ModTime()
	if f.copy == nil {
		return nil
	}
	if err := f.copy.close(); err != nil {
		return err
	}
	copied, err := os.Stat(f.copy.path)
	if err != nil {
		return err
	}
	c.Path, c.Temporary = f.copy.path, true
	c.Size, c.ModTime = copied.Size(), copied.ModTime()
	return nil
}

func count(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}
