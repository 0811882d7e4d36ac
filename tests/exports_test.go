package tests

import (
	"bufio"
	"compress/gzip"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/klauspost/compress/zstd"
	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/unicode"
	"golang.org/x/text/transform"

	"github.com/customer360/pipeline/pipeline/config"
)

var exportDate = regexp.MustCompile(`_(\d{4}-\d{2}-\d{2})\.`)

// exportDates lists the dates in the names of a demo's files.
func exportDates(t testing.TB, dir string) []string {
	t.Helper()
	seen := map[string]bool{}
	eachExport(t, dir, func(_, date string) { seen[date] = true })
	var out []string
	for d := range seen {
		out = append(out, d)
	}
	slices.Sort(out)
	return out
}

// keepUntil removes the files that were exported after a date.
func keepUntil(t testing.TB, dir, last string) {
	t.Helper()
	eachExport(t, dir, func(path, date string) {
		if date > last {
			if err := os.Remove(path); err != nil {
				t.Fatal(err)
			}
		}
	})
}

func eachExport(t testing.TB, dir string, f func(path, date string)) {
	t.Helper()
	err := filepath.WalkDir(filepath.Join(dir, "exports"), func(p string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		if m := exportDate.FindStringSubmatch(filepath.Base(p)); m != nil {
			f(p, m[1])
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

// loadConfig reads the demo's configuration as the program does.
func loadConfig(t testing.TB, path string) *config.Loaded {
	t.Helper()
	cfg, err := config.Load(path, os.LookupEnv)
	if err != nil {
		t.Fatal(err)
	}
	return cfg
}

// exportFile is one export as this test reads it: by the standard library alone.
type exportFile struct {
	name    string // base name
	date    string
	columns map[string]int // lower-case name to place
	records [][]string     // ragged ones too
}

func (f *exportFile) get(record []string, column string) string {
	i, ok := f.columns[strings.ToLower(column)]
	if !ok || i >= len(record) {
		return ""
	}
	return record[i]
}

// exportsOf reads all files of an object, in the order of their dates.
func exportsOf(t testing.TB, src config.Source, obj config.Object) (out []*exportFile) {
	t.Helper()
	for _, pattern := range obj.Files {
		paths, err := filepath.Glob(filepath.Join(src.Path, pattern))
		if err != nil {
			t.Fatal(err)
		}
		for _, p := range paths {
			out = append(out, readExport(t, p, src.CSV))
		}
	}
	slices.SortFunc(out, func(a, b *exportFile) int { return strings.Compare(a.name, b.name) })
	return out
}

func readExport(t testing.TB, path string, opt config.CSV) *exportFile {
	t.Helper()
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	out := &exportFile{name: filepath.Base(path), columns: map[string]int{}}
	if m := exportDate.FindStringSubmatch(out.name); m != nil {
		out.date = m[1]
	}
	r := csv.NewReader(text(t, f, path, opt.Encoding))
	r.FieldsPerRecord = -1
	if opt.Delimiter != "" {
		r.Comma = []rune(opt.Delimiter)[0]
	}
	for {
		record, err := r.Read()
		if errors.Is(err, io.EOF) {
			return out
		}
		if err != nil {
			t.Fatalf("%s: %v", path, err)
		}
		if len(out.columns) == 0 {
			for i, name := range record {
				out.columns[strings.ToLower(name)] = i
			}
			continue
		}
		out.records = append(out.records, record)
	}
}

// text decompresses and decodes to UTF-8 without a byte order mark.
func text(t testing.TB, f io.Reader, path, encoding string) io.Reader {
	t.Helper()
	var err error
	switch filepath.Ext(path) {
	case ".gz":
		f, err = gzip.NewReader(f)
	case ".zst":
		f, err = zstd.NewReader(f)
	}
	if err != nil {
		t.Fatalf("%s: %v", path, err)
	}
	switch encoding {
	case "utf-16":
		f = transform.NewReader(f, unicode.UTF16(unicode.LittleEndian, unicode.UseBOM).NewDecoder())
	case "windows-1252":
		f = charmap.Windows1252.NewDecoder().Reader(f)
	case "iso-8859-1":
		f = charmap.ISO8859_1.NewDecoder().Reader(f)
	case "", "utf-8":
	default:
		t.Fatalf("%s: this test does not know the encoding %q", path, encoding)
	}
	b := bufio.NewReader(f)
	if mark, err := b.Peek(3); err == nil && string(mark) == "\uFEFF" {
		_, _ = b.Discard(3)
	}
	return b
}

// cell prints a value of a result.
func cell(v any) string {
	switch v := v.(type) {
	case nil:
		return "NULL"
	case time.Time:
		if v.Equal(v.Truncate(24 * time.Hour)) {
			return v.Format(time.DateOnly)
		}
		return v.UTC().Format(time.RFC3339Nano)
	case []byte:
		return fmt.Sprintf("%x", v)
	}
	return fmt.Sprint(v)
}
