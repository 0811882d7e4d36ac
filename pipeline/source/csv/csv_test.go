package csv_test

import (
	"bytes"
	"context"
	"encoding/binary"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"unicode/utf16"

	"github.com/google/go-cmp/cmp"
	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"
	"github.com/rogpeppe/go-internal/txtar"

	"github.com/customer360/pipeline/pipeline/config"
	"github.com/customer360/pipeline/pipeline/source"
	"github.com/customer360/pipeline/pipeline/source/csv"
)

var update = flag.Bool("update", false, "write the results into testdata")

// A case is a txtar archive: csv.json (options of the object, a config.Object), input
// files, and want.
//
// An input is named "in/<file name> <step>...": its lines are Go string literals whose
// values are joined; then the steps apply: utf16le, utf16be, gzip, zstd, twice,
// cut=N (drop the last N bytes), flip=N (invert the byte N before the end), add=TEXT.
func TestCases(t *testing.T) {
	paths, err := filepath.Glob("testdata/*.txtar")
	if err != nil || len(paths) == 0 {
		t.Fatal("no cases", err)
	}
	for _, path := range paths {
		t.Run(strings.TrimSuffix(filepath.Base(path), ".txtar"), func(t *testing.T) {
			a, err := txtar.ParseFile(path)
			if err != nil {
				t.Fatal(err)
			}
			got := runCase(t, a)
			at := slices.IndexFunc(a.Files, func(f txtar.File) bool { return f.Name == "want" })
			if at < 0 {
				a.Files, at = append(a.Files, txtar.File{Name: "want"}), len(a.Files)
			}
			if *update {
				a.Files[at].Data = []byte(got)
				if err := os.WriteFile(path, txtar.Format(a), 0o644); err != nil {
					t.Fatal(err)
				}
				return
			}
			if diff := cmp.Diff(string(a.Files[at].Data), got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func runCase(t *testing.T, a *txtar.Archive) string {
	dir, staging := t.TempDir(), t.TempDir()
	object := config.Object{Name: "Account", Files: []string{"*"}}
	for _, f := range a.Files {
		switch {
		case f.Name == "csv.json":
			if err := json.Unmarshal(f.Data, &object); err != nil {
				t.Fatal(err)
			}
		case strings.HasPrefix(f.Name, "in/"):
			words := strings.Fields(strings.TrimPrefix(f.Name, "in/"))
			if err := os.WriteFile(filepath.Join(dir, words[0]), content(t, f.Data, words[1:]), 0o600); err != nil {
				t.Fatal(err)
			}
		}
	}
	src := csv.New(config.Source{Name: "sf", Path: dir}, "Africa/Johannesburg", func(n string) string { return filepath.Join(staging, n) })
	batches, err := src.Scan(context.Background(), object, func(string) bool { return false })
	var out strings.Builder
	if err != nil {
		fmt.Fprintf(&out, "error: %s\nkind: %s\n", strings.ReplaceAll(err.Error(), dir, "DIR"), kinds(err))
		if left, _ := os.ReadDir(staging); len(left) > 0 {
			fmt.Fprintf(&out, "left behind: %v\n", left)
		}
	}
	for _, b := range batches {
		describe(t, &out, b)
	}
	return out.String()
}

func kinds(err error) string {
	var out []string
	for _, k := range []error{csv.ErrNoFile, csv.ErrUnreadable, csv.ErrEmpty, csv.ErrCorrupt, csv.ErrEncoding, csv.ErrBinary, csv.ErrHeader,
		csv.ErrUnterminated, csv.ErrFooter, csv.ErrMalformed, csv.ErrChanged, csv.ErrOption} {
		if errors.Is(err, k) {
			out = append(out, k.Error())
		}
	}
	return strings.Join(out, ", ")
}

func describe(t *testing.T, out *strings.Builder, b source.Batch) {
	c := b.Clean
	fmt.Fprintf(out, "%s: %d records, %d good with %d bytes, header %q\n", b.Name, b.Records, c.Rows, c.ValueBytes, b.Header)
	if !b.ExportedAt.IsZero() {
		fmt.Fprintf(out, "  exported at %s\n", b.ExportedAt.Format("2006-01-02T15:04:05.999999Z07:00"))
	}
	for _, n := range b.Notes {
		fmt.Fprintf(out, "  note: %s\n", n)
	}
	for _, m := range b.Malformed {
		fmt.Fprintf(out, "  malformed: line %d, offset %d: %s: %.60q\n", m.Line, m.Offset, m.Reason, m.Raw)
	}
	if !c.Temporary {
		fmt.Fprintf(out, "  read as it stands, newline %q\n", c.NewLine)
		return
	}
	text, err := os.ReadFile(c.Path)
	if err != nil {
		t.Fatal(err)
	}
	if len(text) > 2000 {
		fmt.Fprintf(out, "  clean copy of %d bytes\n", len(text))
		return
	}
	fmt.Fprintf(out, "  clean copy:\n")
	for _, line := range bytes.SplitAfter(text, []byte{'\n'}) {
		if len(line) > 0 {
			fmt.Fprintf(out, "    %q\n", line)
		}
	}
}

func content(t *testing.T, data []byte, steps []string) []byte {
	var b []byte
	for _, line := range strings.Split(strings.TrimSpace(string(data)), "\n") {
		if line == "" {
			continue
		}
		literal, times, repeated := strings.Cut(line, "\" x ")
		if repeated {
			literal += "\""
		} else {
			times = "1"
		}
		s, err := strconv.Unquote(literal)
		if err != nil {
			t.Fatalf("%s: %v", line, err)
		}
		n, err := strconv.Atoi(times)
		if err != nil {
			t.Fatal(err)
		}
		b = append(b, strings.Repeat(s, n)...)
	}
	for _, step := range steps {
		name, arg, _ := strings.Cut(step, "=")
		n, _ := strconv.Atoi(arg)
		switch name {
		case "utf16le":
			b = toUTF16(b, binary.LittleEndian)
		case "utf16be":
			b = toUTF16(b, binary.BigEndian)
		case "gzip":
			var w bytes.Buffer
			z := gzip.NewWriter(&w)
			z.Write(b)
			z.Close()
			b = w.Bytes()
		case "twice":
			b = append(b, b...)
		case "zstd":
			z, err := zstd.NewWriter(nil)
			if err != nil {
				t.Fatal(err)
			}
			b = z.EncodeAll(b, nil)
		case "cut":
			b = b[:len(b)-n]
		case "flip":
			b[len(b)-n] ^= 0xff
		case "add":
			b = append(b, arg...)
		default:
			t.Fatalf("unknown step %q", step)
		}
	}
	return b
}

func toUTF16(b []byte, order binary.AppendByteOrder) []byte {
	var out []byte
	for _, u := range utf16.Encode([]rune(string(b))) {
		out = order.AppendUint16(out, u)
	}
	return out
}
