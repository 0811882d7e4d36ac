package main

import (
	"bytes"
	"context"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/customer360/pipeline/pipeline/config"
	"github.com/customer360/pipeline/pipeline/report"
	"github.com/customer360/pipeline/pipeline/source/csv"
)

// examineSources looks for the files of every object and at their first bytes, and asks
// the orgs.
func (a *app) examineSources(ctx context.Context, d *diagnosis, l *config.Loaded) {
	unmapped := l.Unmapped()
	sources := slices.Clone(l.Sources)
	for _, r := range l.Rates {
		sources = append(sources, r.AsSource())
	}
	for _, s := range sources {
		if s.Type == config.TypeSalesforce {
			a.examineOrg(ctx, d, l, s)
			continue
		}
		if info, err := os.Stat(s.Path); err != nil || !info.IsDir() {
			d.add(levelProblem, s.Name, `make it, or correct "path" of the source`, "there is no directory %s", s.Path)
			continue
		}
		for _, o := range s.Objects {
			about := s.Name + "/" + o.Name
			examineObject(d, about, s.Path, o)
			if slices.Contains(unmapped, about) {
				d.add(levelNote, about, "", "has no mapping: it is kept in bronze only")
			}
		}
		for _, file := range csv.SharedFiles(s) {
			d.add(levelNote, s.Name+"/"+file.Objects[1], `if that is not meant, narrow "files" of one of them`, "%s is read as %s too", file.File, file.Objects[0])
		}
	}
}

// examineObject reports how many files an object has and which cannot be read.
func examineObject(d *diagnosis, about, dir string, o config.Object) {
	var found []string
	for _, pattern := range o.Files {
		names, err := filepath.Glob(filepath.Join(dir, pattern))
		if err != nil {
			continue // the configuration's check has refused bad patterns
		}
		found = append(found, names...)
	}
	slices.Sort(found)
	found = slices.Compact(found)
	switch {
	case len(found) == 0 && o.Optional:
		d.add(levelNote, about, "", "no file, which is allowed")
		return
	case len(found) == 0:
		d.add(levelProblem, about, `put the files there, correct "files", or say "optional": true`,
			"no file matches %s below %s", strings.Join(o.Files, ", "), dir)
		return
	}
	good, total := 0, int64(0)
	for _, name := range found {
		trouble, size := firstBytes(name, *o.CSV)
		if trouble != "" {
			d.add(levelProblem, about, "export it again, or correct the csv options", "%s: %s", filepath.Base(name), trouble)
			continue
		}
		good++
		total += size
	}
	if good > 0 {
		d.add(levelOK, about, "", "%s, %s", report.Plural(good, "file"), byteSize(total))
	}
}

// firstBytes says what the beginning of a file tells is wrong with it, and its size.
func firstBytes(name string, options config.CSV) (trouble string, size int64) {
	f, err := os.Open(name)
	if err != nil {
		return openTrouble(err), 0
	}
	defer f.Close() // read only
	info, err := f.Stat()
	if err != nil {
		return err.Error(), 0
	}
	if info.IsDir() {
		return "it is a directory", 0
	}
	head := make([]byte, 4096)
	n, err := io.ReadFull(f, head)
	if err != nil && !errors.Is(err, io.EOF) && !errors.Is(err, io.ErrUnexpectedEOF) {
		return err.Error(), 0
	}
	return headTrouble(strings.ToLower(filepath.Ext(name)), head[:n], options), info.Size()
}

// headTrouble judges the first bytes by what the name and the options promise.
func headTrouble(ext string, head []byte, options config.CSV) string {
	magics := []struct {
		ext, kind string
		magic     []byte
	}{
		{".gz", "gzip", []byte{0x1f, 0x8b}},
		{".zst", "zstd", []byte{0x28, 0xb5, 0x2f, 0xfd}},
		{".zip", "zip", []byte("PK\x03\x04")},
		{".xls", "Excel", []byte{0xd0, 0xcf, 0x11, 0xe0}},
		{".parquet", "Parquet", []byte("PAR1")},
	}
	if len(head) == 0 {
		return "the file is empty: not even a header"
	}
	for _, m := range magics {
		is, named := bytes.HasPrefix(head, m.magic), ext == m.ext
		switch {
		case is && named && (ext == ".gz" || ext == ".zst"):
			return ""
		case is && (m.ext == ".gz" || m.ext == ".zst"):
			return "it is " + m.kind + ", so its name must end in " + m.ext
		case is:
			return "it is " + m.kind + ", not CSV"
		case named && (ext == ".gz" || ext == ".zst"):
			return "its name ends in " + ext + ", but it is not " + m.kind
		}
	}
	wide := bytes.HasPrefix(head, []byte{0xff, 0xfe}) || bytes.HasPrefix(head, []byte{0xfe, 0xff})
	says := strings.HasPrefix(options.Encoding, "utf-16")
	switch {
	case wide && !says:
		return `it is UTF-16; say "encoding": "utf-16"`
	case !says && bytes.IndexByte(head, 0) >= 0:
		return "it holds NUL bytes: binary, or UTF-16 without a mark"
	case !says && !bytes.Contains(headerLine(head), []byte(options.Delimiter)):
		return delimiterTrouble(headerLine(head), options)
	}
	return ""
}

// delimiterTrouble names the delimiter the header seems to have. One column is fine.
func delimiterTrouble(header []byte, options config.CSV) string {
	for _, other := range []string{",", ";", "\t", "|"} {
		if other != options.Delimiter && bytes.Count(header, []byte(other)) >= 2 {
			return `the header has no "` + options.Delimiter + `"; say "delimiter": "` + strings.ReplaceAll(other, "\t", `\t`) + `"`
		}
	}
	return ""
}

func headerLine(head []byte) []byte {
	if end := bytes.IndexAny(head, "\r\n"); end >= 0 {
		return head[:end]
	}
	return head
}

func openTrouble(err error) string {
	switch {
	case errors.Is(err, fs.ErrPermission):
		return "it may not be read"
	case errors.Is(err, fs.ErrNotExist):
		return "it is a link to nothing"
	}
	return err.Error()
}
