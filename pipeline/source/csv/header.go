package csv

import (
	"errors"
	"fmt"
	"io"
	"strings"
)

// readHeader takes the first record that is not blank.
func (f *fileScan) readHeader() error {
	var rec *record
	for {
		var err error
		rec, err = f.scanner.next()
		if errors.Is(err, io.EOF) {
			return refuse(ErrEmpty, "an export without records still has a header; check the export", "holds no header")
		}
		if err != nil {
			return err
		}
		if !rec.blank() {
			break
		}
		f.blanks++
	}
	fail := func(hint, format string, args ...any) error {
		e := refuse(ErrHeader, hint, format, args...)
		e.Line = rec.line
		return e
	}
	d := f.opt.dialect
	if rec.badQuote {
		return fail("check csv.quote", "header: text follows a closing quote")
	}
	names, err := d.split(rec.raw)
	if err != nil {
		return err
	}
	if other := otherDelimiter(names, d.delim); other != 0 {
		return fail(fmt.Sprintf("set csv.delimiter to %q", other), "header has one column but holds %q", other)
	}
	first := map[string]int{}
	for i, name := range names {
		name = strings.TrimSpace(name)
		if name == "" {
			name = fmt.Sprintf("column_%d", i+1)
		}
		if at, twice := first[strings.ToLower(name)]; twice {
			return fail("rename or leave out one of them", "header names %q twice: columns %d and %d (case does not count)", name, at, i+1)
		}
		first[strings.ToLower(name)] = i + 1
		names[i] = name
	}
	f.batch.Header, f.columns = names, len(names)
	f.newline = rec.end
	f.batch.Clean.MaxRecord = int64(len(rec.raw)) + 2
	asFound := f.text.verbatim && f.opt.skipLines == 0 && f.blanks == 0 && !rec.bare && rec.end != cr
	if asFound {
		return nil
	}
	if err := f.startCopy(0); err != nil {
		return err
	}
	f.copy.record = d.join(nil, names)
	return f.copy.write(f.copy.record)
}

// otherDelimiter finds the delimiter that the file seems to use instead.
func otherDelimiter(names []string, delim byte) rune {
	if len(names) != 1 {
		return 0
	}
	for _, c := range ",;\t|" {
		if byte(c) != delim && strings.ContainsRune(names[0], c) {
			return c
		}
	}
	return 0
}
