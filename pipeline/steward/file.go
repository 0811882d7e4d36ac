package steward

import (
	"bytes"
	"cmp"
	"encoding/csv"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"time"

	"golang.org/x/sys/unix"

	source "github.com/customer360/pipeline/pipeline/source/csv"
)

// change adds a line, made of the lines there are on the pair, to the file of its day. Two
// stewards wait for each other; whoever reads sees the file as it was or as it is.
func (b *Book) change(d Decision, line func(history []Decision) (Decision, error)) (file string, err error) {
	if err := b.writable(); err != nil {
		return "", err
	}
	dir, err := os.Open(b.source.Path)
	if err != nil {
		return "", &Error{Problem: "the files of source " + b.source.Name, Err: err, Advice: "create the directory, or correct the source's path"}
	}
	defer dir.Close()
	if err := unix.Flock(int(dir.Fd()), unix.LOCK_EX); err != nil { // until dir is closed
		return "", fmt.Errorf("lock %s: %w", b.source.Path, err)
	}
	all, err := b.read()
	if err != nil {
		return "", err
	}
	add, err := line(of(all, d.pair()))
	if err != nil {
		return "", err
	}
	file, old, err := b.fileFor(d.From)
	if err != nil {
		return "", err
	}
	text, err := b.text(add, len(old) == 0)
	if err != nil {
		return "", err
	}
	return file, replace(dir, file, append(old, text...))
}

// replace writes a file whole or not at all.
func replace(dir *os.File, file string, text []byte) (err error) {
	part, err := os.CreateTemp(dir.Name(), ".decision-*.part") // no glob of a source takes it
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, os.Remove(part.Name()))
		}
	}()
	_, err = part.Write(text)
	if err = errors.Join(err, part.Chmod(0o644), part.Sync(), part.Close()); err != nil {
		return err
	}
	if err = os.Rename(part.Name(), file); err != nil {
		return err
	}
	return dir.Sync()
}

// writable refuses files that we cannot write as they are read.
func (b *Book) writable() error {
	for _, f := range fields {
		if b.column[f] == "" {
			return &Error{Problem: fmt.Sprintf("mapping set %s does not say where %s of a decision stands", b.source.Mapping, strings.TrimPrefix(f, "_")),
				Advice: "compare it with the built-in mapping set steward"}
		}
	}
	if b.object.LoadMode == "snapshot" {
		return &Error{Problem: fmt.Sprintf("source %s takes every file for all decisions there are", b.source.Name), Advice: `decisions are added: set "load_mode": "increment"`}
	}
	return nil
}

// stamps go before the date in the name of a file of ours where others have taken the shorter
// name; they sort behind dates, so that what we add is loaded after what was there.
var stamps = []string{"", "9_", "99_"}

// fileFor gives the file for decisions of a day, and what is in it: one that the source reads
// and that we began, or none has begun.
func (b *Book) fileFor(day time.Time) (file string, old []byte, err error) {
	date := day.In(b.zone).Format(time.DateOnly)
	header, err := b.record(b.header())
	if err != nil {
		return "", nil, err
	}
	for _, pattern := range b.object.Files {
		first := strings.IndexAny(pattern, `*?[\`)
		names := []string{pattern}
		if first >= 0 {
			last := strings.LastIndexAny(pattern, `*?]`)
			names = nil
			for _, s := range stamps {
				names = append(names, pattern[:first]+s+date+pattern[last+1:])
			}
		}
		for _, name := range names {
			if match, err := filepath.Match(pattern, name); err != nil || !match || !strings.HasSuffix(name, ".csv") || !b.dated(name) {
				continue
			}
			file = filepath.Join(b.source.Path, filepath.FromSlash(name))
			old, err = os.ReadFile(file)
			switch {
			case errors.Is(err, fs.ErrNotExist):
				return file, nil, nil
			case err != nil:
				return "", nil, err
			case bytes.HasPrefix(old, header):
				return file, old, nil
			}
		}
	}
	return "", nil, &Error{Problem: fmt.Sprintf("source %s reads no file that a decision could be written to (%s)", b.source.Name, strings.Join(b.object.Files, ", ")),
		Advice: `let it read files by a pattern, for example "manual_account_link_*.csv"`}
}

// dated tells whether the source finds a date in a name, where it looks for one.
func (b *Book) dated(name string) bool {
	e := b.options().ExportedAt
	if e == nil || e.Pattern == "" {
		return true
	}
	re, err := regexp.Compile(e.Pattern)
	return err == nil && re.MatchString(filepath.Base(name))
}

func (b *Book) header() []string {
	names := make([]string, len(fields))
	for i, f := range fields {
		names[i] = b.column[f]
	}
	return names
}

// text is a decision as the source reads it.
func (b *Book) text(d Decision, first bool) ([]byte, error) {
	at, err := b.stamp(d.At)
	if err != nil {
		return nil, err
	}
	from, err := b.stamp(d.From)
	if err != nil {
		return nil, err
	}
	values := []string{d.AccountID, d.MatchedAccountID, d.Decision, d.Reason, d.By, at, fmt.Sprint(d.Deleted), from}
	if encoding := b.options().Encoding; encoding != "" && encoding != "utf-8" {
		for _, v := range values {
			if strings.ContainsFunc(v, func(r rune) bool { return r > 127 }) {
				return nil, &Error{Problem: fmt.Sprintf("%q cannot be written in %s", v, encoding), Advice: "use plain letters"}
			}
		}
	}
	line, err := b.record(values)
	if err != nil || !first {
		return line, err
	}
	header, err := b.record(b.header())
	return append(header, line...), err
}

func (b *Book) record(values []string) ([]byte, error) {
	var out bytes.Buffer
	w := csv.NewWriter(&out)
	w.Comma = rune(cmp.Or(b.options().Delimiter, ",")[0])
	err := w.Write(values)
	w.Flush()
	return out.Bytes(), errors.Join(err, w.Error())
}

// stamp writes an instant as the source reads it.
func (b *Book) stamp(t time.Time) (string, error) {
	formats := b.options().TimestampFormats
	if len(formats) == 0 {
		return t.UTC().Format(time.RFC3339), nil
	}
	layout, err := source.Layout(formats[0])
	if err != nil {
		return "", fmt.Errorf("timestamp format of source %s: %w", b.source.Name, err)
	}
	if strings.HasSuffix(formats[0], "Z") {
		return t.UTC().Format(layout), nil
	}
	return t.In(b.zone).Format(layout), nil
}

// read gives the decisions that our kind of file can hold, of all files of the source, in
// the order in which they are loaded. Lines that cannot be read are the loader's concern.
func (b *Book) read() ([]Decision, error) {
	var names []string
	for _, pattern := range b.object.Files {
		found, err := filepath.Glob(filepath.Join(b.source.Path, filepath.FromSlash(pattern)))
		if err != nil {
			return nil, err
		}
		names = append(names, found...)
	}
	slices.SortFunc(names, func(x, y string) int { return cmp.Or(cmp.Compare(b.date(x), b.date(y)), cmp.Compare(x, y)) })
	var all []Decision
	for _, name := range slices.Compact(names) {
		text, err := os.ReadFile(name)
		if err != nil {
			return nil, err
		}
		all = append(all, b.parse(text)...)
	}
	return all, nil
}

// date is what a file's name says of its day.
func (b *Book) date(name string) string {
	if e := b.options().ExportedAt; e != nil && e.Pattern != "" {
		if re, err := regexp.Compile(e.Pattern); err == nil {
			if m := re.FindStringSubmatch(filepath.Base(name)); len(m) > 1 {
				return m[1]
			}
		}
	}
	return ""
}

func (b *Book) parse(text []byte) (all []Decision) {
	r := csv.NewReader(bytes.NewReader(bytes.TrimPrefix(text, []byte("\uFEFF"))))
	r.Comma, r.FieldsPerRecord = rune(cmp.Or(b.options().Delimiter, ",")[0]), -1
	lines, err := r.ReadAll()
	if err != nil || len(lines) == 0 {
		return nil
	}
	place := map[string]int{}
	for i, name := range lines[0] {
		place[strings.ToLower(strings.TrimSpace(name))] = i
	}
	for _, line := range lines[1:] {
		get := func(field string) string {
			if i, ok := place[strings.ToLower(b.column[field])]; ok && i < len(line) {
				return strings.TrimSpace(line[i])
			}
			return ""
		}
		deleted := strings.ToLower(get("_is_deleted"))
		all = append(all, Decision{AccountID: get("account_id"), MatchedAccountID: get("matched_account_id"), Decision: strings.ToLower(get("decision")),
			Reason: get("reason"), By: get("decided_by"), At: b.instant(get("decided_at")), From: b.instant(get("_counts_from")),
			Deleted: slices.Contains([]string{"true", "1", "y", "yes"}, deleted)})
	}
	return all
}

// instant reads a stamp; zero if it cannot be read.
func (b *Book) instant(text string) time.Time {
	for _, format := range b.options().TimestampFormats {
		if layout, err := source.Layout(format); err == nil {
			zone := b.zone
			if strings.HasSuffix(format, "Z") {
				zone = time.UTC
			}
			if t, err := time.ParseInLocation(layout, text, zone); err == nil {
				return t.UTC()
			}
		}
	}
	t, err := time.Parse(time.RFC3339, text)
	if err != nil {
		return time.Time{}
	}
	return t.UTC()
}
