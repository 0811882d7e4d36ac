// Package csv reads records from CSV files.
//
// It owns everything between the bytes of a file and a clean stream of records:
// finding files, decompressing, decoding, telling records apart, counting them, and
// saying precisely why a file is refused. It reads every byte before the SQL engine
// does, because an engine's CSV reader may lose rows on broken input without a word.
// It must not know the lake, the meaning of columns, or how records are stored.
package csv

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"slices"
	"strings"
	"syscall"
	"time"

	"github.com/customer360/pipeline/pipeline/config"
	"github.com/customer360/pipeline/pipeline/source"
)

// Source reads the files of one configured source. It is safe for concurrent use.
type Source struct {
	config   config.Source
	timeZone string
	staging  func(name string) string
}

// New reads the files of src. timeZone is the pipeline's; staging gives the path of a
// new scratch file, which the consumer of a batch removes (CleanCSV.Temporary).
func New(src config.Source, timeZone string, staging func(name string) string) *Source {
	return &Source{config: src, timeZone: timeZone, staging: staging}
}

// options is how the files of one object are written, checked.
type options struct {
	dialect    dialect
	encoding   string
	strip      bool // report footers
	skipLines  int
	exportedAt *config.ExportedAt
	zone       *time.Location
	bufferSize int
	maxRecord  int
}

// Scan finds the object's files, and decodes, checks and counts those that were not
// loaded before. seen is asked with a batch's Hash. The batches come in order of file
// name. If any file is refused the error names every refused file, and no batch is
// returned: a run loads all of what it found or nothing.
func (s *Source) Scan(ctx context.Context, object config.Object, seen func(hash string) bool) ([]source.Batch, error) {
	opt, err := s.options(object)
	if err != nil {
		return nil, err
	}
	names, err := s.find(object)
	if err != nil {
		return nil, err
	}
	var batches []source.Batch
	var problems []error
	at := map[string]int{} // identity to batch
	for _, name := range names {
		f := fileScan{source: s, object: object.Name, name: name, opt: opt}
		batch, err := f.scan(ctx, func(id string) bool {
			i, twice := at[id]
			if twice {
				batches[i].Notes = append(batches[i].Notes, name+" is the same file, loaded once")
			}
			return twice || seen(id)
		})
		switch {
		case ctx.Err() != nil:
			discard(batches)
			return nil, ctx.Err()
		case err != nil:
			problems = append(problems, named(err, f.path()))
		case batch != nil:
			at[batch.Hash] = len(batches)
			batches = append(batches, *batch)
		}
	}
	if len(problems) > 0 {
		discard(batches)
		return nil, errors.Join(problems...)
	}
	return batches, nil
}

// discard removes the scratch files of batches that nobody will consume.
func discard(batches []source.Batch) {
	for _, b := range batches {
		if b.Clean.Temporary {
			_ = os.Remove(b.Clean.Path) // staging is swept anyway
		}
	}
}

// named puts the file's name into an error that came from below.
func named(err error, path string) error {
	var fe *FileError
	if errors.As(err, &fe) {
		fe.File = path
		return err
	}
	e := refuse(ErrUnreadable, "", "cannot be read")
	if errors.Is(err, syscall.ENOSPC) { // it is not the file's fault
		e = refuse(ErrUnreadable, "free some space where the lake is; nothing was loaded", "no room for its cleaned copy in the lake")
	}
	e.File, e.Err = path, err
	return e
}

// find lists the object's files by name, each once.
func (s *Source) find(object config.Object) ([]string, error) {
	fail := func(kind error, hint, format string, args ...any) error {
		e := refuse(kind, hint, format, args...)
		e.File = s.config.Path
		return e
	}
	info, err := os.Stat(s.config.Path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, fail(ErrNoFile, fmt.Sprintf("correct the path of source %q", s.config.Name), "directory does not exist")
	case err != nil:
		return nil, named(err, s.config.Path)
	case !info.IsDir():
		return nil, fail(ErrNoFile, fmt.Sprintf("the path of source %q names the directory of its files", s.config.Name), "is not a directory")
	}
	dir := os.DirFS(s.config.Path)
	var names []string
	for _, pattern := range object.Files {
		found, err := fs.Glob(dir, pattern)
		if err != nil {
			return nil, fail(ErrOption, "", "files pattern %q of %s: %v", pattern, object.Name, err)
		}
		for _, name := range found {
			if info, err := fs.Stat(dir, name); err == nil && info.IsDir() {
				continue
			}
			names = append(names, name)
		}
	}
	if len(names) == 0 && !object.Optional {
		return nil, fail(ErrNoFile, `export them, correct "files", or set "optional": true`, "no file of %s matches %s", object.Name, strings.Join(object.Files, ", "))
	}
	slices.Sort(names)
	return slices.Compact(names), nil
}

func (s *Source) options(object config.Object) (options, error) {
	c := config.Pipeline{TimeZone: s.timeZone}.EffectiveCSV(s.config, object)
	fail := func(format string, args ...any) (options, error) {
		e := refuse(ErrOption, "", format, args...)
		e.File = s.config.Name + "/" + object.Name
		return options{}, e
	}
	o := options{encoding: encodingName(c.Encoding), strip: c.Footer == "strip", skipLines: c.SkipLines,
		exportedAt: c.ExportedAt, bufferSize: 1 << 20, maxRecord: defaultMaxRecord}
	switch c.Delimiter {
	case ",", ";", "\t", "|":
		o.dialect.delim = c.Delimiter[0]
	default:
		return fail(`csv.delimiter %q is none of "," ";" "\t" "|"`, c.Delimiter)
	}
	switch {
	case c.Quote == "none":
	case len(c.Quote) == 1 && c.Quote[0] > ' ' && c.Quote[0] < 0x7f && c.Quote != c.Delimiter:
		o.dialect.quote = c.Quote[0]
	default:
		return fail(`csv.quote %q is neither one character nor "none"`, c.Quote)
	}
	zone, err := time.LoadLocation(c.TimeZone)
	if err != nil {
		return fail("csv.time_zone: %v", err)
	}
	o.zone = zone
	return o, nil
}

// encodingName takes the usual spellings of the encodings.
func encodingName(name string) string {
	lower := strings.ToLower(name)
	switch lower {
	case "", "utf8":
		return utf8Name
	case "utf16":
		return utf16Name
	case "utf16le", "utf16-le", "utf-16-le":
		return utf16LEName
	case "utf16be", "utf16-be", "utf-16-be":
		return utf16BEName
	case "cp1252", "windows1252":
		return win1252Name
	case "latin1", "latin-1", "iso8859-1":
		return latin1Name
	}
	return lower
}
