package csv

import (
	"fmt"
	"path/filepath"
	"regexp"
	"strings"
	"time"

	"github.com/customer360/pipeline/pipeline/config"
)

// strptime is the part of strptime that Go layouts can express.
var strptime = map[byte]string{
	'Y': "2006", 'y': "06", 'm': "01", 'd': "02", 'H': "15", 'I': "03", 'M': "04", 'S': "05",
	'p': "PM", 'b': "Jan", 'B': "January", 'a': "Mon", 'A': "Monday", 'j': "002", 'z': "-0700",
	'f': "999999", 'F': "2006-01-02", 'T': "15:04:05", 'D': "01/02/06", '%': "%",
}

// goLayout turns a strptime layout into Go's. It says whether the layout has a time
// of day.
func goLayout(layout string) (goForm string, hasTime bool, err error) {
	var b strings.Builder
	for i := 0; i < len(layout); i++ {
		if layout[i] != '%' || i+1 == len(layout) {
			b.WriteByte(layout[i])
			continue
		}
		i++
		part, ok := strptime[layout[i]]
		if !ok {
			return "", false, fmt.Errorf("unknown part %%%c in layout %q", layout[i], layout)
		}
		hasTime = hasTime || strings.IndexByte("HIMST", layout[i]) >= 0
		b.WriteString(part)
	}
	return b.String(), hasTime, nil
}

// Layout turns a strptime layout into Go's, for those who write what a source reads.
func Layout(strptime string) (string, error) {
	layout, _, err := goLayout(strptime)
	return layout, err
}

// endOfDay is the last microsecond of the day that t is in.
func endOfDay(t time.Time) time.Time {
	y, m, d := t.Date()
	return time.Date(y, m, d+1, 0, 0, 0, 0, t.Location()).Add(-time.Microsecond)
}

// exportTime finds out when a file was exported. byName says that the name tells it.
func exportTime(name string, e *config.ExportedAt, zone *time.Location) (at time.Time, byName bool, err error) {
	switch {
	case e == nil:
		return time.Time{}, false, nil
	case e.Pattern == "":
		at, err = fixedTime(e.Value, zone)
		return at, false, err
	}
	re, err := regexp.Compile(e.Pattern)
	if err != nil {
		return time.Time{}, false, refuse(ErrOption, "", "exported_at.pattern: %v", err)
	}
	m := re.FindStringSubmatch(filepath.Base(name))
	if len(m) < 2 {
		return time.Time{}, false, refuse(ErrOption, "rename the file, narrow the object's globs, or correct the pattern",
			"its name does not match exported_at.pattern %q", e.Pattern)
	}
	layout := e.Layout
	if layout == "" {
		layout = "%Y-%m-%d"
	}
	form, hasTime, err := goLayout(layout)
	if err != nil {
		return time.Time{}, false, refuse(ErrOption, "", "exported_at.layout: %v", err)
	}
	at, err = time.ParseInLocation(form, m[1], zone)
	if err != nil {
		return time.Time{}, false, refuse(ErrOption, "", "%q in its name is not a time of layout %q", m[1], layout)
	}
	if !hasTime {
		at = endOfDay(at)
	}
	return at.UTC(), true, nil
}

func fixedTime(value string, zone *time.Location) (time.Time, error) {
	if value == "" {
		return time.Time{}, nil
	}
	for _, form := range []string{time.RFC3339Nano, "2006-01-02T15:04:05", "2006-01-02 15:04:05", "2006-01-02T15:04", "2006-01-02 15:04"} {
		if at, err := time.ParseInLocation(form, value, zone); err == nil {
			return at.UTC(), nil
		}
	}
	at, err := time.ParseInLocation(time.DateOnly, value, zone)
	if err != nil {
		return time.Time{}, refuse(ErrOption, "", "exported_at.value %q is no ISO date or time", value)
	}
	return endOfDay(at).UTC(), nil
}
