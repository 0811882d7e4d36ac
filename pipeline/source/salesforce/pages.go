package salesforce

import (
	"bufio"
	"errors"
	"os"
	"path/filepath"

	"github.com/zeebo/xxh3"

	"github.com/customer360/pipeline/pipeline/source"
)

// segmentBytes is after how much a further segment file is begun. Bronze reads a segment
// at once.
const segmentBytes = 128 << 20

// pageWriter takes the rows of one window, page after page, into segment files. It holds
// a row and a buffer, whatever the page's size.
type pageWriter struct {
	dir      string
	part     *part
	header   []string
	derived  []derived
	prefixes map[string]string

	file   *os.File
	out    *bufio.Writer
	sum    *xxh3.Hasher
	size   int64 // of the segment up to the last finished page
	now    page  // the page under way
	record []byte
	values [][]byte
	lastID []byte
}

// newPageWriter goes on behind the finished pages of a window.
func newPageWriter(dir string, p *part, header []string, derived []derived, prefixes map[string]string) (*pageWriter, error) {
	w := &pageWriter{dir: dir, part: p, header: header, derived: derived, prefixes: prefixes, sum: xxh3.New()}
	if len(p.pages) == 0 {
		return w, nil
	}
	last := p.pages[len(p.pages)-1]
	w.now.Segment, w.size = last.Segment, last.Offset+last.Bytes
	var err error
	w.file, err = os.OpenFile(filepath.Join(dir, p.segmentName(last.Segment)), os.O_RDWR, 0o644)
	w.out = bufio.NewWriterSize(w.file, 256<<10)
	return w, err
}

// Begin throws away what came since the last finished page. It implements client.Sink.
func (w *pageWriter) Begin() error {
	w.now = page{Segment: w.now.Segment, Offset: w.size}
	w.sum.Reset()
	w.lastID = w.lastID[:0]
	if w.file == nil {
		return nil
	}
	if w.size >= segmentBytes {
		err := w.file.Close()
		w.file, w.size, w.now.Offset = nil, 0, 0
		w.now.Segment++
		return err
	}
	w.out.Reset(w.file)
	if err := w.file.Truncate(w.size); err != nil {
		return err
	}
	_, err := w.file.Seek(w.size, 0)
	return err
}

// Row writes a record, with the columns that are made of it. It implements client.Sink.
func (w *pageWriter) Row(values [][]byte) error {
	if w.file == nil {
		if err := w.create(); err != nil {
			return err
		}
	}
	w.lastID = append(w.lastID[:0], values[0]...)
	w.values = append(w.values[:0], values...)
	for _, d := range w.derived {
		w.values = append(w.values, w.objectOf(values[d.from]))
	}
	for _, v := range w.values {
		w.now.ValueBytes += int64(len(v))
	}
	w.record = source.AppendRecord(w.record[:0], w.values)
	w.now.Rows++
	w.now.Bytes += int64(len(w.record))
	w.now.MaxRecord = max(w.now.MaxRecord, int64(len(w.record)))
	_, err := w.sum.Write(w.record)
	if err == nil {
		_, err = w.out.Write(w.record)
	}
	return err
}

// objectOf is the object an id points to, by its first three characters.
func (w *pageWriter) objectOf(id []byte) []byte {
	if len(id) < 3 {
		return nil
	}
	return []byte(w.prefixes[string(id[:3])])
}

// create begins a segment with its header.
func (w *pageWriter) create() (err error) {
	w.file, err = os.Create(filepath.Join(w.dir, w.part.segmentName(w.now.Segment)))
	if err != nil {
		return err
	}
	w.out = bufio.NewWriterSize(w.file, 256<<10)
	names := make([][]byte, len(w.header))
	for i, name := range w.header {
		names[i] = []byte(name)
	}
	line := source.AppendRecord(nil, names)
	w.size, w.now.Offset = int64(len(line)), int64(len(line))
	_, err = w.out.Write(line)
	return errors.Join(err, w.out.Flush()) // Begin throws away what is only in the buffer
}

// finish makes the page durable. A page without rows is none.
func (w *pageWriter) finish() (*page, error) {
	if w.now.Rows == 0 {
		return nil, nil
	}
	if err := errors.Join(w.out.Flush(), w.file.Sync()); err != nil {
		return nil, err
	}
	done := w.now
	done.XXH3 = digest(w.sum)
	w.size = done.Offset + done.Bytes
	return &done, nil
}

// close ends the writing; what is not finished does not count.
func (w *pageWriter) close() error {
	if w.file == nil {
		return nil
	}
	err := w.file.Close()
	w.file = nil
	return err
}

// batches hands over the finished pages of a task, a batch per segment. Whatever stands
// behind the last finished page of a segment is cut off first.
func (j *journal) batches(task, object string, header []string) ([]source.Batch, error) {
	var out []source.Batch
	for _, p := range j.task(task) {
		var b *source.Batch
		for i, one := range p.pages {
			if i == 0 || one.Segment != p.pages[i-1].Segment {
				out = append(out, source.Batch{Name: batchName(object, p, len(out)), ExportedAt: j.head.Upper, Header: header, Clean: source.Clean(0, 0, 0)})
				b = &out[len(out)-1]
				b.Clean.Path = filepath.Join(j.dir, p.segmentName(one.Segment))
			}
			b.Clean.Rows += one.Rows
			b.Clean.ValueBytes += one.ValueBytes
			b.Clean.MaxRecord = max(b.Clean.MaxRecord, one.MaxRecord)
			b.Clean.Size = one.Offset + one.Bytes
		}
	}
	for i := range out {
		b := &out[i]
		b.Records = b.Clean.Rows
		b.Bytes = b.Clean.Size
		if err := os.Truncate(b.Clean.Path, b.Clean.Size); err != nil {
			return nil, err
		}
		info, err := os.Stat(b.Clean.Path)
		if err != nil {
			return nil, err
		}
		b.Clean.ModTime = info.ModTime()
	}
	return out, nil
}
