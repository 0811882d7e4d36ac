package demo

import (
	"bytes"
	"compress/gzip"
	"context"
	"encoding/binary"
	"encoding/csv"
	"io"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"unicode/utf16"

	"github.com/klauspost/compress/zstd"
)

// table is an export file as read back: the tests trust nothing of the writer.
type table struct {
	object *object
	rows   [][]string
	lines  []int
	column map[string]int // by name, without regard to case
}

func (t *table) get(row []string, name string) string {
	i, ok := t.column[strings.ToLower(name)]
	if !ok {
		panic("no column " + name + " in " + t.object.name)
	}
	return row[i]
}

const sampleAccounts = 1200

// demoOf generates the demo of the tests once: 1,200 accounts and three nights.
var demoOf = sync.OnceValues(func() (Summary, error) {
	dir, err := os.MkdirTemp("", "demo")
	if err != nil {
		return Summary{}, err
	}
	return Generate(context.Background(), Options{Dir: dir, Accounts: sampleAccounts, Days: 3})
})

func TestMain(m *testing.M) {
	code := m.Run()
	if s, err := demoOf(); err == nil {
		os.RemoveAll(s.Dir)
	}
	os.Exit(code)
}

func sample(t *testing.T) Summary {
	t.Helper()
	s, err := demoOf()
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// content returns the text of a file as UTF-8, without BOM.
func content(t *testing.T, path, encoding string) string {
	t.Helper()
	raw, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	var r io.Reader = bytes.NewReader(raw)
	switch {
	case strings.HasSuffix(path, ".gz"):
		if r, err = gzip.NewReader(r); err != nil {
			t.Fatal(err)
		}
	case strings.HasSuffix(path, ".zst"):
		if r, err = zstd.NewReader(r); err != nil {
			t.Fatal(err)
		}
	}
	b, err := io.ReadAll(r)
	if err != nil {
		t.Fatalf("%s: %v", path, err)
	}
	switch encoding {
	case "utf-16":
		units := make([]uint16, len(b)/2)
		for i := range units {
			units[i] = binary.LittleEndian.Uint16(b[2*i:])
		}
		b = []byte(string(utf16.Decode(units)))
	case "windows-1252", "iso-8859-1":
		runes := make([]rune, len(b))
		for i, c := range b {
			runes[i] = rune(c)
		}
		b = []byte(string(runes))
	}
	return strings.TrimPrefix(string(b), "\uFEFF")
}

func tablePath(dir string, s *system, o *object, on day) string {
	return filepath.Join(dir, "exports", s.name, o.name+"_"+on.iso()+s.dialect.suffix)
}

// load reads a file; a nil table means there is none.
func load(t *testing.T, dir string, s *system, o *object, on day) *table {
	t.Helper()
	path := tablePath(dir, s, o, on)
	if _, err := os.Stat(path); err != nil {
		return nil
	}
	r := csv.NewReader(strings.NewReader(content(t, path, s.dialect.csv.Encoding)))
	r.Comma = rune(s.dialect.delimiter()[0])
	r.FieldsPerRecord = -1
	out := &table{object: o, column: map[string]int{}}
	for n := 0; ; n++ {
		row, err := r.Read()
		if err == io.EOF {
			return out
		}
		if err != nil {
			t.Fatalf("%s: %v", path, err)
		}
		if n == 0 {
			for i, name := range row {
				out.column[strings.ToLower(name)] = i
			}
			continue
		}
		line, _ := r.FieldPos(0)
		out.rows, out.lines = append(out.rows, row), append(out.lines, line)
	}
}

// baseDay is the as-of date of the tests' demo.
func baseDay(t *testing.T) day {
	o := Options{Dir: "x"}
	if err := o.fill(); err != nil {
		t.Fatal(err)
	}
	return dayOf(o.AsOf)
}

// each visits every base file but the rates.
func each(t *testing.T, visit func(s *system, tb *table)) {
	t.Helper()
	dir, on := sample(t).Dir, baseDay(t)
	for _, s := range systems() {
		for _, o := range s.objects {
			if tb := load(t, dir, s, o, on); tb != nil {
				visit(s, tb)
			}
		}
	}
}

// whole loads one object of every org.
func whole(t *testing.T, list []system, o *object) []*table {
	t.Helper()
	var out []*table
	for i := range list {
		if tb := load(t, sample(t).Dir, &list[i], o, baseDay(t)); tb != nil {
			out = append(out, tb)
		}
	}
	return out
}
