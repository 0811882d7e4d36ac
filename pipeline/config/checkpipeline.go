package config

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"time"
	_ "time/tzdata" // time zones load on machines without a zone database
)

// report adds a problem at a field of pipeline.json.
func (l *loading) report(field, message, hint string) {
	l.problems.List = append(l.problems.List, l.main.problem(field, message, hint))
}

// checkPipeline checks what a schema cannot: names that refer to other things.
func (l *loading) checkPipeline(sets []string) {
	p := &l.out.Pipeline
	l.checkZone("time_zone", p.TimeZone)
	l.checkDate("as_of", p.AsOf)
	if m := p.Engine.MemoryLimit; m != "" && !memoryLimit.MatchString(m) {
		l.report("engine.memory_limit", fmt.Sprintf("%q is no amount of memory", m), `write for example "3GB"`)
	}
	if len(p.Sources)+len(p.Rates) == 0 {
		l.report("sources", "want at least 1 entry", "")
	}
	l.checkMigrations(p.Migrations)
	names := map[string]string{}
	for i, s := range p.Sources {
		l.checkName(names, indexPath("sources", i), s.Name)
		l.checkSource(indexPath("sources", i), s, sets)
	}
	priorities := map[int]string{}
	for i, r := range p.Rates {
		at := indexPath("rates", i)
		l.checkName(names, at, r.Name)
		if other, taken := priorities[r.Priority]; taken {
			l.report(at+".priority", fmt.Sprintf("priority %d is also that of %s", r.Priority, other), "give every rate source its own; 1 is asked first")
		}
		priorities[r.Priority] = r.Name
		l.checkRate(at, r)
	}
}

var memoryLimit = regexp.MustCompile(`^\d+(\.\d+)? ?([KMGT]i?B|B|%)$`)

// checkName keeps names of sources and rate sources apart.
func (l *loading) checkName(names map[string]string, at, name string) {
	if other, taken := names[name]; taken && name != "" {
		l.report(at+".name", fmt.Sprintf("the name %q is also that of %s", name, other), "names of sources and rate sources must differ: they are directories of the lake")
		return
	}
	names[name] = at
}

func (l *loading) checkSource(at string, s Source, sets []string) {
	if s.Mapping != "" && !contains(sets, s.Mapping) {
		hint := didYouMean(s.Mapping, sets)
		if len(sets) == 0 {
			hint = `put its mappings into a directory of that name below the directory "mappings" names`
		}
		l.report(at+".mapping", fmt.Sprintf("there is no mapping set %q", s.Mapping), hint)
	}
	l.checkTypes(at, s)
	l.checkCSV(at+".csv", s.CSV)
	names := map[string]string{}
	for i, o := range s.Objects {
		where := at + "." + indexPath("objects", i)
		lower := strings.ToLower(o.Name)
		if _, taken := names[lower]; taken {
			l.report(where+".name", fmt.Sprintf("object %q is configured twice", o.Name), "list all its files in one place")
		}
		names[lower] = where
		if o.MissingIsDeleted && o.LoadMode != "snapshot" {
			l.report(where+".missing_is_deleted", `only means something with "load_mode": "snapshot"`, "")
		}
		l.checkGlobs(where+".files", o.Files)
		l.checkCSV(where+".csv", *o.CSV)
		if _, err := objectKey(s, o, l.out.Mappings); err != nil {
			l.report(where, "the mappings disagree about its key: "+err.Error(), `say which source columns identify a record: "key": [...]`)
		}
	}
}

func (l *loading) checkGlobs(field string, globs []string) {
	for i, g := range globs {
		if _, err := filepath.Match(g, ""); err != nil {
			l.report(indexPath(field, i), fmt.Sprintf("%q is no file pattern: %v", g, err), "* and ? stand for characters, [a-z] for one of a range")
		}
	}
}

// written tells whether one of the fields stands in the file, so that what is wrong on
// one level is not said again of the levels that inherit it.
func (l *loading) written(fields ...string) bool {
	return slices.ContainsFunc(fields, func(field string) bool {
		_, ok := l.main.places[field]
		return ok
	})
}

func (l *loading) checkCSV(at string, c CSV) {
	if l.written(at + ".time_zone") {
		l.checkZone(at+".time_zone", c.TimeZone)
	}
	if c.Decimal == c.Thousands && l.written(at+".decimal", at+".thousands") {
		l.report(at+".thousands", fmt.Sprintf("%q is also the decimal sign", c.Thousands), "")
	}
	if len([]rune(c.Quote)) > 1 && l.written(at+".quote") {
		l.report(at+".quote", fmt.Sprintf("%q is not one character", c.Quote), "")
	}
	if c.Quote == c.Delimiter && l.written(at+".quote", at+".delimiter") {
		l.report(at+".quote", fmt.Sprintf("%q is also the delimiter", c.Quote), "")
	}
	for _, list := range []struct {
		field   string
		formats []string
	}{{"date_formats", c.DateFormats}, {"timestamp_formats", c.TimestampFormats}} {
		if !l.written(at + "." + list.field) {
			continue
		}
		for i, f := range list.formats {
			if bad := badFormat(f); bad != "" {
				l.report(indexPath(at+"."+list.field, i), bad, "the letters are strptime's, for example %d/%m/%Y %H:%M:%S")
			}
		}
	}
	if c.ExportedAt != nil && l.written(at+".exported_at") {
		l.checkExportedAt(at+".exported_at", *c.ExportedAt)
	}
}

// badFormat says what is wrong with a strptime format.
func badFormat(format string) string {
	if !strings.Contains(format, "%") {
		return fmt.Sprintf("%q has no %%-field", format)
	}
	for i := 0; i < len(format); i++ {
		if format[i] != '%' {
			continue
		}
		i++
		if i < len(format) && format[i] == '-' { // %-d: without leading zero
			i++
		}
		if i >= len(format) || !strings.ContainsRune("aAbBcdDfFgGHIjmMnpSTuUVwWxXyYzZ%", rune(format[i])) {
			return fmt.Sprintf("%q is no date format", format)
		}
	}
	return ""
}

func (l *loading) checkExportedAt(at string, e ExportedAt) {
	switch {
	case e.Pattern == "" && e.Value == "":
		l.report(at, `give "pattern" or "value"`, "")
		return
	case e.Pattern != "" && e.Value != "":
		l.report(at, `"pattern" and "value" exclude each other`, "")
		return
	case e.Value != "":
		if !isInstant(e.Value) {
			l.report(at+".value", fmt.Sprintf("%q is no date or timestamp", e.Value), "write 2026-11-21 or 2026-11-21T18:00:00Z")
		}
		return
	}
	re, err := regexp.Compile(e.Pattern)
	switch {
	case err != nil:
		l.report(at+".pattern", err.Error(), "the syntax is RE2's")
	case re.NumSubexp() != 1:
		l.report(at+".pattern", fmt.Sprintf("the pattern has %s, want exactly one", plural(re.NumSubexp(), "group")),
			`put round brackets about the date, (?:…) about anything else: "_(\\d{4}-\\d{2}-\\d{2})\\.csv"`)
	}
	if bad := badFormat(e.Layout); bad != "" {
		l.report(at+".layout", bad, "the letters are strptime's, for example %Y-%m-%d")
	}
}

func isInstant(s string) bool {
	return slices.ContainsFunc([]string{time.DateOnly, time.RFC3339Nano, "2006-01-02T15:04:05", time.DateTime}, func(layout string) bool {
		_, err := time.Parse(layout, s)
		return err == nil
	})
}

func (l *loading) checkRate(at string, r Rate) {
	for currency, quote := range r.Exceptions {
		if quote == r.Quote && quote != "" {
			l.report(at+".exceptions."+currency, "is no exception: all rates of the file are quoted so", "")
		}
	}
	if r.Columns != (RateColumns{}) && r.Layout != "generic" {
		l.report(at+".columns", `only means something with "layout": "generic"`, "")
	}
	if r.Layout == "fed" && len(r.Currencies) == 0 {
		l.report(at, `layout "fed" names countries: field "currencies"`+isMissing, `for example "currencies": {"South Africa": "ZAR"}`)
	}
	if r.Path == "" {
		l.report(at+".path", "field \"path\""+isMissing, "name the directory of the rate files")
	}
	l.checkGlobs(at+".files", r.Files)
	l.checkCSV(at+".csv", r.CSV)
}

func (l *loading) checkZone(field, zone string) {
	if zone == "" {
		return
	}
	if _, err := time.LoadLocation(zone); err != nil || zone == "Local" {
		l.report(field, fmt.Sprintf("unknown time zone %q", zone), "use an IANA name such as Africa/Nairobi or UTC")
	}
}

func (l *loading) checkDate(field, date string) {
	if date == "" {
		return
	}
	if _, err := time.Parse(time.DateOnly, date); err != nil {
		l.report(field, fmt.Sprintf("%q is no date", date), "write YYYY-MM-DD")
	}
}

// checkDirectories refuses directories that are not there, and goes on with the
// built-in ones to find what else is wrong.
func (l *loading) checkDirectories(p *Pipeline) {
	for _, dir := range []pathField{{"mappings", &p.Mappings}, {"sql", &p.SQL}, {"definitions", &p.Definitions}, {"tables", &p.Tables}, {"linking", &p.Linking}} {
		if *dir.value != "" && !l.isDirectory(dir.name, *dir.value) {
			*dir.value = ""
		}
	}
}

func (l *loading) isDirectory(field, path string) bool {
	info, err := os.Stat(path)
	switch {
	case err == nil && info.IsDir():
		return true
	case errors.Is(err, fs.ErrNotExist):
		l.report(field, fmt.Sprintf("there is no directory %s", l.show(path)), "")
	case err != nil:
		l.report(field, fileTrouble(err), "")
	default:
		l.report(field, fmt.Sprintf("%s is not a directory", l.show(path)), "")
	}
	return false
}
