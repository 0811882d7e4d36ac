package csv

import (
	"bytes"
	"context"
	stdcsv "encoding/csv"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/customer360/pipeline/pipeline/config"
)

// records scans text with a buffer so small that every boundary occurs.
func records(text []byte, bufferSize int) (values [][]string, bytesOfValues int64, err error) {
	d := dialect{delim: ',', quote: '"'}
	s := newScanner(bytes.NewReader(text), d, bufferSize, defaultMaxRecord)
	if err := s.start(0); err != nil {
		return nil, 0, err
	}
	for {
		rec, err := s.next()
		if errors.Is(err, io.EOF) {
			return values, bytesOfValues, nil
		}
		if err != nil {
			return nil, 0, err
		}
		if rec.blank() {
			continue
		}
		if rec.badQuote {
			return nil, 0, stdcsv.ErrQuote
		}
		if rec.bare && bytes.IndexByte(rec.raw, '\r') < 0 {
			return nil, 0, stdcsv.ErrBareQuote
		}
		row, err := d.split(rec.raw)
		if err != nil {
			return nil, 0, err
		}
		if len(row) != rec.fields {
			return nil, 0, errors.New("split and parse disagree")
		}
		values = append(values, row)
		bytesOfValues += rec.valueBytes
	}
}

// The scanner must agree with encoding/csv wherever both have an opinion. It differs
// on purpose: quotes in unquoted fields are text, carriage returns inside quotes stay,
// and a file may end its lines with carriage returns.
func FuzzScanner(f *testing.F) {
	for _, seed := range []string{"a,b\n1,2\n", "a,\"b\"\r\n\"x\"\"y\",\"1\n2\"\n", "\"", "a\n\n\nb", ",\n,", "\"a\"b\n", "a\"b\n", "a\r", "\"a\r\nb\"\r\n"} {
		f.Add([]byte(seed), uint8(3))
	}
	f.Fuzz(func(t *testing.T, text []byte, size uint8) {
		if bytes.IndexByte(text, 0) >= 0 {
			return
		}
		got, total, err := records(text, int(size)+2)
		again, _, againErr := records(text, 1<<16)
		if diff := cmp.Diff(got, again); diff != "" || (err == nil) != (againErr == nil) {
			t.Fatalf("%q: the buffer's size matters: %v, %v\n%s", text, err, againErr, diff)
		}
		if bytes.Contains(text, []byte("\r")) && !bytes.Contains(text, []byte("\r\n")) {
			return // lone carriage returns end lines, or are text: our own rule
		}
		r := stdcsv.NewReader(bytes.NewReader(text))
		r.FieldsPerRecord = -1
		want, wantErr := r.ReadAll()
		if err != nil || wantErr != nil {
			if wantErr == nil {
				t.Fatalf("%q: refused (%v), encoding/csv reads %q", text, err, want)
			}
			return
		}
		var sum int64
		for i, row := range got {
			for j, v := range row {
				sum += int64(len(v))
				got[i][j] = strings.ReplaceAll(v, "\r\n", "\n")
			}
		}
		if sum != total {
			t.Fatalf("%q: %d bytes of values, counted %d", text, sum, total)
		}
		if bytes.Contains(bytes.ReplaceAll(text, []byte("\r\n"), nil), []byte("\r")) {
			return
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Fatalf("%q\n%s", text, diff)
		}
	})
}

// What is written with any dialect is read back, through any buffer.
func TestScannerReadsWhatJoinWrote(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		d := dialect{delim: rapid.SampledFrom([]byte(",;\t|")).Draw(t, "delimiter"), quote: '"'}
		value := rapid.StringMatching("[a-z,;|\t\"\n\r é]{0,8}")
		row := rapid.SliceOfN(value, 1, 4)
		rows := rapid.SliceOfN(row, 1, 20).Draw(t, "rows")
		end := rapid.SampledFrom([]string{"\n", "\r\n", "\r"}).Draw(t, "newline")
		var text []byte
		for _, r := range rows {
			text = append(d.join(text, r), end...)
		}
		s := newScanner(bytes.NewReader(text), d, rapid.IntRange(2, 40).Draw(t, "buffer"), defaultMaxRecord)
		s.crEnds = end == "\r"
		for i, want := range rows {
			rec, err := s.next()
			if err != nil {
				t.Fatalf("record %d: %v", i, err)
			}
			got, err := d.split(rec.raw)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(want, got); diff != "" || rec.fields != len(want) || rec.badQuote || rec.bare {
				t.Fatalf("record %d of %q: %+v\n%s", i, text, rec, diff)
			}
		}
		if _, err := s.next(); !errors.Is(err, io.EOF) {
			t.Fatalf("want the end, got %v", err)
		}
	})
}

// Memory follows the longest record, not the file.
func TestScannerBufferStaysSmall(t *testing.T) {
	text := io.LimitReader(endless("1,\"two\",three\n"), 64<<20)
	s := newScanner(text, dialect{',', '"'}, 1<<20, defaultMaxRecord)
	var n int64
	for {
		rec, err := s.next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		n += int64(rec.fields)
	}
	if n < 14_000_000 || len(s.buf) != 1<<20 {
		t.Fatalf("%d fields, buffer %d", n, len(s.buf))
	}
}

type endless string

func (e endless) Read(p []byte) (int, error) {
	n := 0
	for n+len(e) <= len(p) {
		n += copy(p[n:], e)
	}
	if n == 0 {
		n = copy(p, e)
	}
	return n, nil
}

func TestUnreadable(t *testing.T) {
	dir := t.TempDir()
	src := New(config.Source{Name: "sf", Path: filepath.Join(dir, "absent")}, "UTC", nil)
	all := func(string) bool { return false }
	object := config.Object{Name: "Account", Files: []string{"*.csv"}}
	if _, err := src.Scan(context.Background(), object, all); !errors.Is(err, ErrNoFile) || !strings.Contains(err.Error(), "directory does not exist") {
		t.Errorf("missing directory: %v", err)
	}
	if err := os.Symlink(filepath.Join(dir, "nowhere"), filepath.Join(dir, "a.csv")); err != nil {
		t.Skip("no symbolic links")
	}
	src = New(config.Source{Name: "sf", Path: dir}, "UTC", nil)
	_, err := src.Scan(context.Background(), object, all)
	if !errors.Is(err, ErrUnreadable) || !errors.Is(err, os.ErrNotExist) {
		t.Errorf("unreadable file: %v", err)
	}
}

func TestLoadedFilesAreSkipped(t *testing.T) {
	dir := t.TempDir()
	write := func(text string) {
		if err := os.WriteFile(filepath.Join(dir, "a.csv"), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	seen := map[string]bool{}
	scan := func() int {
		src := New(config.Source{Name: "sf", Path: dir}, "UTC", func(n string) string { return filepath.Join(dir, n) })
		batches, err := src.Scan(context.Background(), config.Object{Name: "A", Files: []string{"*.csv"}}, func(h string) bool { return seen[h] })
		if err != nil {
			t.Fatal(err)
		}
		for _, b := range batches {
			seen[b.Hash] = true
		}
		return len(batches)
	}
	write("Id\n1\n")
	if n := scan(); n != 1 {
		t.Fatalf("first: %d", n)
	}
	if n := scan(); n != 0 {
		t.Fatalf("again: %d", n)
	}
	write("Id\n2\n")
	if n := scan(); n != 1 {
		t.Fatalf("changed: %d", n)
	}
}

// A file that grows while it is read is refused.
func TestChangedWhileRead(t *testing.T) {
	path := filepath.Join(t.TempDir(), "a.csv")
	if err := os.WriteFile(path, []byte("Id\n1\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	before, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	if !unchanged(path, before, true) {
		t.Error("nothing changed")
	}
	if unchanged(path, before, false) {
		t.Error("content changed")
	}
	if err := os.Chtimes(path, time.Time{}, before.ModTime().Add(time.Second)); err != nil {
		t.Fatal(err)
	}
	if unchanged(path, before, true) {
		t.Error("time changed")
	}
}
