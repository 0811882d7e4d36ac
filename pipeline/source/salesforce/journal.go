package salesforce

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/zeebo/xxh3"

	"github.com/customer360/pipeline/pipeline/source/salesforce/client"
)

// Life is how long unfinished extraction is kept: as long as the org keeps the results
// of a job.
const Life = 7 * 24 * time.Hour

// journalFile is the file of a resume directory that says what stands in the others. A
// line is added after a page is durable, and is itself made durable before the next page
// is asked for. A last line that is torn does not count.
const journalFile = "journal.jsonl"

// head is the first line: what unfinished extraction is for. It is only gone on with if
// all of it is the same, but for the upper bound, which then stays what it was.
type head struct {
	Format  int       `json:"format"`
	Org     string    `json:"org"`
	API     string    `json:"api"`
	Columns string    `json:"columns"`       // digest
	Mark    time.Time `json:"mark,omitzero"` // watermark it goes on from: once it is committed, it is of no use
	Lower   time.Time `json:"lower,omitzero"`
	Upper   time.Time `json:"upper"`
	Began   time.Time `json:"began"` // by the local clock
}

// entry is a further line: a window of a task as it is now, and the page just finished.
type entry struct {
	Task    string `json:"task"`
	N       int    `json:"n"`
	State   *state `json:"state,omitempty"`
	Page    *page  `json:"page,omitempty"`
	Dropped bool   `json:"dropped,omitempty"` // its pages are void
}

// state is how far a window has been read.
type state struct {
	Window
	Level     int               `json:"level,omitempty"` // how often it was halved
	Transport string            `json:"transport"`
	Reason    string            `json:"reason,omitempty"`
	Forced    bool              `json:"forced,omitempty"`
	Job       string            `json:"job,omitempty"`
	Cursor    client.BulkCursor `json:"cursor,omitzero"`
	LastID    string            `json:"last_id,omitempty"` // REST: of the last finished page
	Total     int64             `json:"total,omitempty"`   // REST: what the first query said there is
	Done      bool              `json:"done,omitempty"`
	Gap       bool              `json:"gap,omitempty"` // getDeleted: the org no longer knows the whole window
}

// page is a finished page: a stretch of a segment file.
type page struct {
	Segment    int    `json:"segment"`
	Offset     int64  `json:"offset"`
	Bytes      int64  `json:"bytes"`
	Rows       int64  `json:"rows"`
	ValueBytes int64  `json:"value_bytes"`
	MaxRecord  int64  `json:"max_record"`
	XXH3       string `json:"xxh3"`
}

// part is a window of a task with its finished pages.
type part struct {
	task  string
	n     int
	state state
	pages []page
}

func (p *part) rows() (n int64) {
	for _, one := range p.pages {
		n += one.Rows
	}
	return n
}

// journal is a resume directory that is open.
type journal struct {
	dir     string
	head    head
	parts   []*part // in order of their number
	file    *os.File
	resumed int // finished pages that an earlier run had left
}

// openJournal goes on with what a directory holds if it is for h, and else empties it.
// Why it was emptied is returned.
func openJournal(dir string, h head, now time.Time) (j *journal, why string, err error) {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return nil, "", err
	}
	h.Format = 1
	j = &journal{dir: dir, head: h}
	if why, err = j.replay(h, now); err != nil {
		return nil, "", err
	}
	if len(j.parts) > 0 && why == "" {
		for _, p := range j.parts {
			if p != nil { // else others took its place
				j.resumed += len(p.pages)
			}
		}
		return j, "", j.reopen()
	}
	return j, why, j.begin(h)
}

// begin empties the directory and writes the first line.
func (j *journal) begin(h head) error {
	if j.file != nil {
		_ = j.file.Close() // it is about to be removed
	}
	if err := os.RemoveAll(j.dir); err != nil {
		return err
	}
	if err := os.MkdirAll(j.dir, 0o755); err != nil {
		return err
	}
	j.head, j.parts, j.resumed = h, nil, 0
	if err := j.reopen(); err != nil {
		return err
	}
	return errors.Join(j.append(h), syncDir(j.dir), syncDir(filepath.Dir(j.dir)))
}

// reopen opens the journal's file to append to.
func (j *journal) reopen() (err error) {
	j.file, err = os.OpenFile(filepath.Join(j.dir, journalFile), os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o644)
	return err
}

func (j *journal) append(line any) error {
	raw, err := json.Marshal(line)
	if err != nil {
		return err
	}
	if _, err := j.file.Write(append(raw, '\n')); err != nil {
		return err
	}
	return j.file.Sync()
}

// note writes a window's state, with the page that led to it.
func (j *journal) note(p *part, finished *page) error {
	if finished != nil {
		p.pages = append(p.pages, *finished)
	}
	return j.append(entry{Task: p.task, N: p.n, State: &p.state, Page: finished})
}

// add begins a window of a task.
func (j *journal) add(task string, s state) (*part, error) {
	p := &part{task: task, n: len(j.parts) + 1, state: s}
	j.parts = append(j.parts, p)
	return p, j.note(p, nil)
}

// drop voids a window's pages: what follows begins in fresh staging.
func (j *journal) drop(p *part) error {
	p.pages = nil
	p.state.Job, p.state.Cursor, p.state.LastID, p.state.Total, p.state.Done = "", client.BulkCursor{}, "", 0, false
	if err := j.append(entry{Task: p.task, N: p.n, State: &p.state, Dropped: true}); err != nil {
		return err
	}
	files, err := filepath.Glob(filepath.Join(j.dir, fmt.Sprintf("%s-%04d-*.csv", p.task, p.n)))
	for _, f := range files {
		err = errors.Join(err, os.Remove(f))
	}
	return err
}

// remove takes a window away that others replace.
func (j *journal) remove(p *part) error {
	p.state.Transport = "" // marks it in the journal
	err := j.drop(p)
	j.parts[p.n-1] = nil
	return err
}

// task lists the windows of a task, the oldest first.
func (j *journal) task(name string) (out []*part) {
	for _, p := range j.parts {
		if p != nil && p.task == name {
			out = append(out, p)
		}
	}
	slices.SortStableFunc(out, func(a, b *part) int { return a.state.Lower.Compare(b.state.Lower) })
	return out
}

func (p *part) segmentName(k int) string { return fmt.Sprintf("%s-%04d-%04d.csv", p.task, p.n, k) }

// close ends the work with the directory and leaves what is in it.
func (j *journal) close() error {
	if j.file == nil {
		return nil
	}
	err := j.file.Close()
	j.file = nil
	return err
}

// replay reads the journal. Anything in it that does not hold makes it worthless: what
// cannot be trusted is read again.
func (j *journal) replay(want head, now time.Time) (why string, err error) {
	raw, err := os.ReadFile(filepath.Join(j.dir, journalFile))
	if errors.Is(err, fs.ErrNotExist) {
		return "", nil
	}
	if err != nil {
		return "", err
	}
	whole := bytes.LastIndexByte(raw, '\n') + 1
	if whole < len(raw) { // torn by a crash
		if err := os.Truncate(filepath.Join(j.dir, journalFile), int64(whole)); err != nil {
			return "", err
		}
	}
	scan := bufio.NewScanner(bytes.NewReader(raw[:whole]))
	scan.Buffer(nil, len(raw)+1)
	var h head
	if !scan.Scan() || json.Unmarshal(scan.Bytes(), &h) != nil {
		return "its journal cannot be read", nil //nolint:nilerr // told as the reason to begin anew
	}
	if why := h.differs(want, now); why != "" {
		return why, nil
	}
	for scan.Scan() {
		var e entry
		if json.Unmarshal(scan.Bytes(), &e) != nil || e.N < 1 || e.N > len(j.parts)+1 || e.State == nil {
			j.parts = nil
			return "its journal cannot be read", nil //nolint:nilerr // told as the reason to begin anew
		}
		j.apply(e)
	}
	for _, p := range j.parts {
		if p != nil && !p.check(j.dir) {
			j.parts = nil
			return "a finished page is not what was written", nil
		}
	}
	j.head = h
	return "", nil
}

// differs says why what an earlier run left is of no use.
func (h head) differs(want head, now time.Time) string {
	switch {
	case h.Format != want.Format || h.API != want.API:
		return "another version wrote it"
	case h.Org != want.Org:
		return "it is of another org"
	case h.Columns != want.Columns:
		return "other fields are read now"
	case !h.Lower.Equal(want.Lower), !h.Mark.Equal(want.Mark):
		return "another window is due"
	case now.Sub(h.Began) >= Life:
		return "it is too old"
	case h.Upper.After(want.Upper):
		return "the org's clock went back"
	}
	return ""
}

func (j *journal) apply(e entry) {
	if e.N == len(j.parts)+1 {
		j.parts = append(j.parts, &part{task: e.Task, n: e.N})
	}
	p := j.parts[e.N-1]
	if p == nil {
		return
	}
	p.state = *e.State
	if e.Dropped {
		p.pages = nil
		if e.State.Transport == "" {
			j.parts[e.N-1] = nil
		}
	}
	if e.Page != nil {
		p.pages = append(p.pages, *e.Page)
	}
}

// check reads the finished pages again: they must be what was written.
func (p *part) check(dir string) bool {
	for _, one := range p.pages {
		f, err := os.Open(filepath.Join(dir, p.segmentName(one.Segment)))
		if err != nil {
			return false
		}
		sum := xxh3.New()
		n, err := io.Copy(sum, io.NewSectionReader(f, one.Offset, one.Bytes))
		_ = f.Close() // read only
		if err != nil || n != one.Bytes || digest(sum) != one.XXH3 {
			return false
		}
	}
	return true
}

func digest(h *xxh3.Hasher) string { return fmt.Sprintf("%016x", h.Sum64()) }

// syncDir makes the names in a directory durable.
func syncDir(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}

// Sweep removes what nobody came back to below a lake's resume directory, and returns
// it as source/object. Names of sources begin with a letter; other directories there are
// not of sources and stay.
func Sweep(root string, now time.Time) (removed []string, err error) {
	dirs, err := filepath.Glob(filepath.Join(root, "[a-z]*", "*"))
	if err != nil {
		return nil, err
	}
	for _, dir := range dirs {
		var h head
		line, readErr := firstLine(filepath.Join(dir, journalFile))
		if readErr == nil && json.Unmarshal(line, &h) == nil && now.Sub(h.Began) < Life {
			continue
		}
		if err := os.RemoveAll(dir); err != nil {
			return removed, err
		}
		rel, err := filepath.Rel(root, dir)
		if err != nil {
			return removed, err
		}
		removed = append(removed, filepath.ToSlash(rel))
	}
	return removed, nil
}

func firstLine(path string) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close() // read only
	line, err := bufio.NewReader(f).ReadBytes('\n')
	return line, err
}
